"""What the demo says: the newsroom's acts beside what the archive saw of them. Pure; the demo prints the lines.

Arabic goes out in logical order between FSI and PDI (Unicode UAX #9): shaping and reordering is the terminal's work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archive.address import article_id
from archive.cli.common import isolate

if TYPE_CHECKING:
    from archive.catalog.rows import EventRow

EDITS = frozenset({"headline", "body"})
_ACTS = {
    "publish": "publishes",
    "body": "changes a number, and tells nobody",
    "headline": "rewrites a headline",
    "spelling": "changes only the spelling",
    "delete": "deletes",
    "restore": "puts back",
}
_WORDS = {
    "new": "new article",
    "headline": "headline edit",
    "body": "body edit",
    "orthographic": "spelling",
    "gone": "gone",
    "returned": "returned",
}


Links = Callable[[str], Iterable[tuple[str, str]]]  # article id → (seed file, relation) of its versions


@dataclass
class Story:
    """What happened so far. `site`: the newsroom's address, without a slash at its end.

    `missing` says what must still happen before the demo has shown its point.
    """

    site: str
    page: Callable[[str], str]  # article id → its page in the Airflow UI
    links: Links
    published: set[str] = field(default_factory=set)  # articles that came out while we watched
    counts: Counter[str] = field(default_factory=Counter)
    edited: EventRow | None = None
    gone: EventRow | None = None
    fresh: EventRow | None = None  # an article that was published while we watched
    linked: set[str] = field(default_factory=set)  # names of seed files that an article links to
    _told: set[tuple[str, str, tuple[str, ...]]] = field(default_factory=set)

    def act(self, row: Mapping[str, Any]) -> str:
        """The line for one act of the newsroom, as its ledger has it; "" for its opening."""
        if row["kind"] == "publish":
            self.published.add(article_id(self.site + row["path"]))
        return f"newsroom  {_ACTS[row['kind']]}: {isolate(row['title'])}" if row["kind"] in _ACTS else ""

    def tell(self, changes: Iterable[EventRow]) -> list[str]:
        """The lines for those changes that were not told yet, oldest first."""
        lines: list[str] = []
        for change in sorted(changes, key=lambda c: (c.time, c.article)):
            key = (change.article, change.time, change.kinds)
            if key not in self._told:
                self._told.add(key)
                self._remember(change)
                lines += self._lines(change)
        return lines

    @property
    def missing(self) -> tuple[str, ...]:
        wanted = {"a new article": self.fresh, "an edit": self.edited, "a deletion": self.gone, "a seed link": self.linked}
        return tuple(name for name, found in wanted.items() if not found)

    @property
    def unseen(self) -> frozenset[str]:
        """Kinds of change that the newsroom's first cycle has and the archive has not shown yet."""
        return frozenset(_WORDS) - {kind for kind, count in self.counts.items() if count}

    @property
    def versions(self) -> int:
        return self.counts["versions"]

    def _remember(self, change: EventRow) -> None:
        kinds = set(change.kinds)
        self.counts.update(kinds)
        self.counts["versions"] += bool(kinds & (EDITS | {"new", "orthographic"}))
        if "new" in kinds and change.article in self.published:
            self.fresh = self.fresh or change
        if EDITS & kinds:
            self.edited = self.edited or change
        if "gone" in kinds:
            self.gone = self.gone or change

    def _lines(self, change: EventRow) -> list[str]:
        what = ", ".join(_WORDS.get(kind, kind) for kind in change.kinds)
        flags = f" ({', '.join(change.flags)})" if change.flags else ""
        version = f", version {change.version}" if change.version else ""
        tombstone = ", tombstone kept, every version stays" if "gone" in change.kinds else ""
        lines = [f"archive   {what}{flags}{version}{tombstone}: {isolate(change.title)}"]
        if {*EDITS, "gone"} & set(change.kinds):
            lines.append(f"          {self.page(change.article)}")
        if "new" in change.kinds:
            found = sorted(set(self.links(change.article)))
            self.linked |= {name for name, _ in found}
            lines += [f"          seed link: {relation} {name}" for name, relation in found]
        return lines


def summary(story: Story, seconds: float, verified: str, signed: Sequence[str]) -> list[str]:
    """The last lines: what was archived, that it holds, how long it took. `signed`: lines about the log's checkpoint."""
    counts = story.counts
    lines = [
        f"archived  {counts['new']} articles, {story.versions} versions "
        f"({counts['headline']} headline, {counts['body']} body, {counts['orthographic']} spelling), "
        f"{counts['gone']} gone, {counts['returned']} returned, {len(story.linked)} seed files linked",
        f"verified  {verified}",
        *(f"{'signed' if number == 0 else '':<9} {line}" for number, line in enumerate(signed)),
        f"elapsed   {seconds:.0f} s",
    ]
    for word, change in (("new", story.fresh), ("edited", story.edited), ("deleted", story.gone)):
        if change is not None:
            lines.append(f"{word:<9} {story.page(change.article)}  {isolate(change.title)}")
    return lines
