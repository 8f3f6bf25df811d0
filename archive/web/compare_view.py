"""Values of compare.html: two versions of an article, word by word. Pure; no HTML is made here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archive.compare import compare
from archive.web.article_view import SAID, head, pictures, said
from archive.web.paragraphs import blocks, direction, pieces

if TYPE_CHECKING:
    from archive.catalog.rows import HistoryRow, VersionRow


def compare_page(
    found: HistoryRow, title: str, pair: tuple[int, int], old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Values of compare.html: versions `pair`, with their snapshots when the bucket has them."""
    a, b = (next(v for v in found.versions if v.number == n) for n in pair)
    values = {**head(found, title), "a": a, "b": b, "versions": list(found.versions), "missing": [], "facts": _facts(a, b)}
    if old is None or new is None:
        missing = [v.number for v, snapshot in ((a, old), (b, new)) if snapshot is None]
        return {**values, "missing": missing, "dir": "auto", "language": "", "headline": [], "blocks": [], "counts": (0, 0)}
    texts = [str(s.get("faithful") or s.get("text") or "") for s in (old, new)]
    spans = compare(*texts)
    return {
        **values,
        "dir": direction(b.language, texts[1] or texts[0]),
        "language": b.language,
        "headline": [p for s in compare(str(old.get("title") or ""), str(new.get("title") or "")) for p in pieces(s)],
        "blocks": blocks(spans),
        "counts": tuple(sum(len(s.text.split()) for s in spans if s.op == op) for op in ("delete", "insert")),
        "facts": [*_facts(a, b), *_snapshot_facts(old, new)],
    }


def _facts(a: VersionRow, b: VersionRow) -> list[tuple[str, str, str]]:
    """(what, before, after) of the versions' own facts that differ."""
    named = (("Published", "published"), ("Modified", "modified"), ("Language", "language"), ("Address", "url"))
    pairs = [(word, str(getattr(a, name)), str(getattr(b, name))) for word, name in named]
    return [(word, old, new) for word, old, new in pairs if old != new]


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
