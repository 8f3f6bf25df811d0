"""Values of compare.html: two versions of an article, word by word. Pure; no HTML is made here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from archive.collate import NEGATION, NUMBER, SPELLING, Piece, collate, count, respelled
from archive.web import paper
from archive.web.article_view import SAID, head, pictures, said
from archive.web.iri import readable
from archive.web.paragraphs import direction

if TYPE_CHECKING:
    from archive.catalog.rows import HistoryRow, VersionRow


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asked for: versions by number, `view` "" (one text) or "side", spelling unified, only what changed."""

    a: int
    b: int
    view: str = ""
    fold: bool = False
    only: bool = False

    def link(self, **other: Any) -> str:
        """The query of the same page asked for otherwise."""
        return urlencode(
            {name: int(v) if isinstance(v, bool) else v for name, v in asdict(replace(self, **other)).items() if v}
        )


def compare_page(
    found: HistoryRow, title: str, asked: Asked, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Values of compare.html: the versions asked for, with their snapshots when the bucket has them."""
    a, b = (next(v for v in found.versions if v.number == n) for n in (asked.a, asked.b))
    values = {**head(found, title), "a": a, "b": b, "versions": list(found.versions), "asked": asked, "facts": _facts(a, b)}
    if old is None or new is None:
        missing = [v.number for v, snapshot in ((a, old), (b, new)) if snapshot is None]
        return {**values, "missing": missing, "dir": "auto", "language": ""}
    texts = [str(s.get("faithful") or s.get("text") or "") for s in (old, new)]
    titles = [" ".join(str(s.get("title") or "").split("\n")) for s in (old, new)]
    headline, body = collate(*titles, fold=asked.fold), collate(*texts, fold=asked.fold)
    return {
        **values,
        "missing": [],
        "dir": direction(b.language, texts[1] or texts[0]),
        "language": b.language,
        "headline": _laid_out(headline, asked),
        "body": _laid_out(body, asked),
        "places": _places(body, asked),
        "counts": _counts([*headline, *body]),
        "respelled": respelled([*headline, *body]),
        "facts": [*_facts(a, b), *_snapshot_facts(old, new)],
    }


def _laid_out(pieces: list[Piece], asked: Asked) -> list[Any]:
    """Rows (side by side) or paragraphs with whether they are near a change (one text)."""
    return list(paper.rows(pieces)) if asked.view else list(paper.merged(pieces))


def _places(pieces: list[Piece], asked: Asked) -> list[int]:
    """The numbers, from 1, of the rows or paragraphs that changed: where a reader may jump to."""
    changed = [row.changed for row in paper.rows(pieces)] if asked.view else [one.changed for one, _ in paper.merged(pieces)]
    return [n for n, yes in enumerate(changed, 1) if yes]


def _counts(pieces: Iterable[Piece]) -> Counter[str]:
    """Words that went and came; of both sides, numbers, negations and words that are only spelled otherwise."""
    found = Counter[str]()
    for piece in pieces:
        if piece.op != "equal":
            found[piece.op] += count(piece.text)
            for mark in (NUMBER, NEGATION, SPELLING):
                found[mark] += mark in piece.marks
    return found


def _facts(a: VersionRow, b: VersionRow) -> list[tuple[str, str, str]]:
    """(what, before, after) of the versions' own facts that differ."""
    named = (("Published", "published"), ("Modified", "modified"), ("Language", "language"), ("Address", "url"))
    pairs = [(word, str(getattr(a, name)), str(getattr(b, name))) for word, name in named]
    return [(word, *(_addresses(old, new) if word == "Address" else (old, new))) for word, old, new in pairs if old != new]


def _addresses(old: str, new: str) -> tuple[str, str]:
    """As people read them, unless they differ only in how they are spelled."""
    shown = (readable(old), readable(new))
    return shown if shown[0] != shown[1] else (old, new)


def _snapshot_facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    def names(snapshot: Mapping[str, Any]) -> str:
        return "، ".join(map(str, snapshot.get("authors") or []))

    def shown(snapshot: Mapping[str, Any]) -> str:
        return "\n".join(f"{one['url']} {one['sha256'][:12]}".strip() for one in pictures(snapshot))

    pairs = (
        ("Subtitle", str(old.get("subtitle") or ""), str(new.get("subtitle") or "")),
        ("Authors", names(old), names(new)),
        ("Pictures", shown(old), shown(new)),
    )
    before, after = dict(said(old)), dict(said(new))
    named = SAID if "byline" in old and "byline" in new else {}  # snapshots of before there were any say nothing of them
    others = ((word, before.get(word, ""), after.get(word, "")) for word in named)
    return [pair for pair in (*pairs, *others) if pair[1] != pair[2]]
