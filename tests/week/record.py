"""What was done to the sites: the answer sheet, kept by who did it, with the time before and after."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

TEXT = frozenset({"headline", "body", "orthographic"})
EVENT = {"publish": "new", "slug": "moved", "migrate": "moved", "trash": "gone", "delete": "gone", "mass": "gone"} | {
    "restore": "returned",
    "typo": "orthographic",
    "title": "headline",
}  # every other kind of edit: body
FOREVER = float("inf")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one article. Times are seconds since 1970; the change happened between them."""

    site: str
    post: str
    what: str  # publish, slug, migrate, trash, delete, mass, restore, or a kind of edit
    before: float
    after: float
    path: str  # where the article is (or was) now
    was_path: str = ""  # before the change
    silent: bool = False

    @property
    def event(self) -> str:
        """The kind of event it must lead to; "" when nothing can be seen of it, or more than one kind would be right."""
        kind = EVENT.get(self.what, "body")
        moves = self.path != self.was_path
        if kind == "moved":
            return kind if moves else ""
        return "" if kind == "returned" and moves else kind

    @property
    def sort(self) -> str:
        """What of the article it changes: being there (new, gone, back), its text, its path."""
        kind = EVENT.get(self.what, "body")
        return {"new": "new", "gone": "gone", "returned": "back", "moved": "path"}.get(kind, "text")


@dataclass
class Record:
    """Changes in the order they were made; `paths` has every path of every post, base load included."""

    began: float = 0.0
    ended: float = 0.0
    changes: list[Change] = field(default_factory=list)
    paths: dict[str, dict[str, list[str]]] = field(default_factory=dict)  # site → post → paths, first to last
    outage: tuple[str, float, float] = ("", 0.0, 0.0)
    faults: dict[str, int] = field(default_factory=dict)  # what the fault proxy did, by fault; "pass": nothing
    others: list[dict[str, object]] = field(default_factory=list)  # theme, permalink, outage: changes of a whole site

    def add(self, change: Change) -> None:
        self.changes.append(change)
        self.note_path(change.site, change.post, change.path)

    def note_path(self, site: str, post: str, path: str) -> None:
        known = self.paths.setdefault(site, {}).setdefault(post, [])
        if path and (not known or known[-1] != path):
            known.append(path)

    def save(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, file: Path) -> Record:
        row = json.loads(file.read_text("utf-8"))
        return cls(**{**row, "changes": [Change(**c) for c in row["changes"]], "outage": tuple(row["outage"])})


ENDED_BY = {
    "new": frozenset({"gone"}),
    "gone": frozenset({"back"}),
    "back": frozenset({"gone", "path"}),
    "path": frozenset({"gone", "path"}),
    "text": frozenset({"text", "gone"}),
}


def until(change: Change, later: list[Change]) -> float:
    """When the state that the change made ended: the next change of the same article that ends it began then."""
    return next((c.before for c in later if c.sort in ENDED_BY[change.sort] and (c.sort != "path" or c.event)), FOREVER)
