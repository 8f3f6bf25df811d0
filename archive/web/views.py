"""From rows and snapshots to what the templates print. Pure; no HTML is made here."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from archive.compare import Span, compare, invisible

if TYPE_CHECKING:
    from archive.catalog.pairs import Pair
    from archive.catalog.rows import ArticleRow, CaptureRow, EventRow, HistoryRow, SeedLinkRow, VersionRow

# kind → (word, sign, tone). The sign says it without colour; the tone is a class in style.css.
KINDS = {
    "new": ("New", "+", "new"),
    "headline": ("Headline edited", "✎", "edit"),
    "body": ("Text edited", "✎", "edit"),
    "orthographic": ("Spelling marks", "◌", "quiet"),
    "gone": ("Gone", "✕", "gone"),
    "returned": ("Returned", "↩", "new"),
    "moved": ("Moved", "→", "quiet"),
}
FLAGS = {
    "numbers": "numbers changed",
    "negations": "a negation changed",
    "uncaptured": "never captured",
    "post": "another post id",
}
STATES = {
    "new": "not captured yet",
    "live": "live",
    "edited": "live, edited",
    "returned": "live again",
    "paywalled": "behind a paywall",
    "gone": "gone",
    "moved": "moved",
    "elsewhere": "leads elsewhere",
    "blocked": "blocked",
    "broken": "broken",
    "not-article": "not an article",
}
CONTEXT = 1  # unchanged paragraphs shown on either side of a change
_RTL = {"ar", "arc", "ckb", "dv", "fa", "he", "ku", "ps", "sd", "syr", "ug", "ur", "yi"}
_REORDER = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
Piece = tuple[str, str, tuple[str, ...]]  # op, text, invisible characters to be named


def direction(language: str, text: str) -> str:
    """rtl or ltr: of the language if it is known, else of the letters that are the majority."""
    main = language.lower().replace("_", "-").split("-")[0]
    if main:
        return "rtl" if main in _RTL else "ltr"
    letters = [unicodedata.bidirectional(c) for c in text[:2000]]
    right = sum(c in ("R", "AL") for c in letters)
    return "rtl" if right > sum(c == "L" for c in letters) else "ltr"


def chips(kinds: Iterable[str], flags: Iterable[str] = ()) -> list[tuple[str, str, str]]:
    """(word, sign, tone) of each kind and flag; an unknown one is shown as it is."""
    shown = [KINDS.get(kind, (kind, "•", "quiet")) for kind in kinds]
    return shown + [(FLAGS.get(flag, flag), "!", "flag") for flag in flags]


def calm(text: str) -> str:
    """A title for a list: without the characters that reorder what stands around them (UAX #9 overrides, embeddings)."""
    return text.translate(_REORDER).strip()


def minute(time: str) -> str:
    """2026-11-22T01:12:00.123456Z → 2026-11-22 01:12."""
    return time[:16].replace("T", " ")


def digest(value: str) -> str:
    """sha256:0123…: the hex alone."""
    return value.rpartition(":")[2]


def percent(share: Any) -> str:
    return f"{100 * float(share or 0):.1f} %"


FILTERS = {
    "calm": calm,
    "chips": chips,
    "clock": lambda time: time[11:16],
    "digest": digest,
    "minute": minute,
    "percent": percent,
}


def changes(
    rows: list[EventRow], outlets: list[tuple[str, str]], *, outlet: str, kind: str, before: str, older: str
) -> Mapping[str, Any]:
    """Values of changes.html. `outlets`: (name, title); `older`: cursor of the next page."""
    return {
        "days": [(date, list(events)) for date, events in groupby(rows, key=lambda row: row.time[:10])],
        "outlets": outlets,
        "titles": dict(outlets),
        "kinds": [(name, word) for name, (word, _, _) in KINDS.items()],
        "outlet": outlet,
        "kind": kind,
        "before": before,
        "older": older,
    }


def article(found: HistoryRow, title: str, number: int, snapshot: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Values of article.html: version `number` (0: there is none), and `snapshot` of it when the bucket has one."""
    version = next((v for v in found.versions if v.number == number), None)
    links = [link for link in found.links if link.version == number]
    text = str((snapshot or {}).get("faithful") or (snapshot or {}).get("text") or "")
    language = version.language if version else ""
    return {
        **_head(found, title),
        "version": version,
        "snapshot": snapshot,
        "headline": str(
            (snapshot or {}).get("title") or (version.title if version else "") or found.article.title or found.article.url
        ),
        "paragraphs": list(enumerate(text.splitlines(), 1)),
        "dir": direction(language, text or found.article.title),
        "language": language,
        "links": [_link(link) for link in links],
        "linked": {m for link in links for _, m in link.detail.get("paragraphs", [])},
        "versions": list(reversed(found.versions)),
        "captures": _runs(found.captures),
        "authors": [str(name) for name in (snapshot or {}).get("authors") or []],
        "stated": _said(snapshot or {}),
        "pictures": _pictures(snapshot or {}),
        "videos": [one for one in (snapshot or {}).get("videos") or [] if isinstance(one, Mapping)],
    }


def compare_page(
    found: HistoryRow, title: str, pair: tuple[int, int], old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
) -> Mapping[str, Any]:
    """Values of compare.html: versions `pair`, with their snapshots when the bucket has them."""
    a, b = (next(v for v in found.versions if v.number == n) for n in pair)
    values = {**_head(found, title), "a": a, "b": b, "versions": list(found.versions), "missing": [], "facts": _facts(a, b)}
    if old is None or new is None:
        missing = [v.number for v, snapshot in ((a, old), (b, new)) if snapshot is None]
        return {**values, "missing": missing, "dir": "auto", "language": "", "headline": [], "blocks": [], "counts": (0, 0)}
    texts = [str(s.get("faithful") or s.get("text") or "") for s in (old, new)]
    spans = compare(*texts)
    return {
        **values,
        "dir": direction(b.language, texts[1] or texts[0]),
        "language": b.language,
        "headline": [p for s in compare(str(old.get("title") or ""), str(new.get("title") or "")) for p in _pieces(s)],
        "blocks": blocks(spans),
        "counts": tuple(sum(len(s.text.split()) for s in spans if s.op == op) for op in ("delete", "insert")),
        "facts": [*_facts(a, b), *_snapshot_facts(old, new)],
    }


def blocks(spans: list[Span]) -> list[tuple[str, list[list[Piece]]]]:
    """Paragraphs of pieces, in blocks: ("changed", …), ("near", …) beside a change, ("far", …) to be folded away."""
    paragraphs = _paragraphs(spans)
    changed = [any(op != "equal" for op, _, _ in paragraph) for paragraph in paragraphs]
    kinds = []
    for n, is_changed in enumerate(changed):
        near = any(changed[max(0, n - CONTEXT) : n + CONTEXT + 1])
        kinds.append("changed" if is_changed else "near" if near else "far")
    return [
        (kind, [paragraph for _, paragraph in group])
        for kind, group in groupby(zip(kinds, paragraphs, strict=True), key=lambda pair: pair[0])
    ]


def _paragraphs(spans: list[Span]) -> list[list[Piece]]:
    """The spans cut at line ends. A line end that only one version has, inside text that both have, is shown as ¶."""
    out: list[list[Piece]] = [[]]
    ends: list[str] = []  # op of the line end after each paragraph but the last
    for span in spans:
        for n, part in enumerate(span.text.split("\n")):
            if n:
                ends.append(span.op)
                out.append([])
            out[-1] += _pieces(Span(span.op, part))
    for op, before, after in zip(ends, out, out[1:], strict=False):
        if op != "equal" and _shared(before) and _shared(after):
            before.append((op, "¶", ()))
    return [paragraph for paragraph in out if any(text.strip() for _, text, _ in paragraph)]


def _shared(paragraph: list[Piece]) -> bool:
    return any(op == "equal" and text.strip() for op, text, _ in paragraph)


def _pieces(span: Span) -> list[Piece]:
    """The span, the spaces at its end apart, so that a mark ends where its word ends."""
    if span.op == "equal":
        return [("equal", span.text, ())] if span.text else []
    word = span.text.rstrip(" \t\xa0")
    marked: list[Piece] = [(span.op, word, tuple(invisible(word)))] if word else []
    spaces = span.text[len(word) :]
    return [*marked, ("equal", spaces, ())] if spaces else marked


def _head(found: HistoryRow, title: str) -> dict[str, Any]:
    row = found.article
    return {
        "row": row,
        "title": calm(row.title) or row.url,
        "outlet": title,
        "state": STATES.get(row.state, row.state),
        "events": list(reversed(found.events)),
    }


def _link(link: SeedLinkRow) -> dict[str, Any]:
    """A seed link with its shares in both directions; 0 of 0 where the snapshot does not say."""
    nothing = {"shared": 0, "of": 0, "share": 0.0}
    detail = link.detail
    return {
        "name": link.name,
        "sha256": link.sha256,
        "relation": link.relation,
        "set": link.seed_set,
        "seed_in_article": {**nothing, **(detail.get("seed_in_article") or {})},
        "article_in_seed": {**nothing, **(detail.get("article_in_seed") or {})},
        "paragraphs": [(pair[0], pair[1]) for pair in detail.get("paragraphs") or []],
        "recipe": str(detail.get("recipe", "")),
    }


def elsewhere(pairs: Iterable[Pair], mine: ArticleRow, title: Callable[[str], str]) -> list[dict[str, Any]]:
    """Articles that share this one's text: how much of each is in the other, and which was captured first."""
    out = []
    for pair in pairs:
        link = pair.link
        first = (link.outlet, link.article) == (mine.outlet, mine.article)
        shares = [link.detail["first_in_second"], link.detail["second_in_first"]]
        times = [(link.captured, link.published), (link.other_captured, link.other_published)]
        out.append(
            {
                "relation": link.relation,
                "outlet": title(link.other_outlet if first else link.outlet),
                "article": link.other if first else link.article,
                "version": link.other_version if first else link.version,
                "title": calm(pair.other_title if first else pair.title) or (pair.other_url if first else pair.url),
                "first": first,
                "shares": shares if first else shares[::-1],  # of this article there; of that one here
                "times": times if first else times[::-1],
            }
        )
    return out


def _pictures(snapshot: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a snapshot says of its pictures; snapshots of before pictures were captured have their addresses alone."""
    rows = snapshot.get("pictures") or snapshot.get("images") or []
    names = ("url", "role", "caption", "sha256", "missing", "mime", "captured")
    return [{name: str(one.get(name) or "") for name in names} for one in rows if isinstance(one, Mapping)]


def _runs(captures: tuple[CaptureRow, ...]) -> list[tuple[CaptureRow, CaptureRow, int]]:
    """(newest, oldest, how many) of each unbroken row of sightings with the same outcome, newest first."""
    newest_first = list(reversed(captures))
    out = []
    for _, group in groupby(newest_first, key=lambda c: (c.klass, c.reason, c.status, c.body)):
        rows = list(group)
        out.append((rows[0], rows[-1], len(rows)))
    return out


def _facts(a: VersionRow, b: VersionRow) -> list[tuple[str, str, str]]:
    """(what, before, after) of the versions' own facts that differ."""
    named = (("Published", "published"), ("Modified", "modified"), ("Language", "language"), ("Address", "url"))
    pairs = [(word, str(getattr(a, name)), str(getattr(b, name))) for word, name in named]
    return [(word, old, new) for word, old, new in pairs if old != new]


def _snapshot_facts(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    def names(snapshot: Mapping[str, Any]) -> str:
        return "، ".join(map(str, snapshot.get("authors") or []))

    def pictures(snapshot: Mapping[str, Any]) -> str:
        return "\n".join(f"{one['url']} {one['sha256'][:12]}".strip() for one in _pictures(snapshot))

    pairs = (
        ("Subtitle", str(old.get("subtitle") or ""), str(new.get("subtitle") or "")),
        ("Authors", names(old), names(new)),
        ("Pictures", pictures(old), pictures(new)),
    )
    before, after = dict(_said(old)), dict(_said(new))
    named = _SAID if "byline" in old and "byline" in new else {}  # snapshots of before there were any say nothing of them
    others = ((word, before.get(word, ""), after.get(word, "")) for word in named)
    return [pair for pair in (*pairs, *others) if pair[1] != pair[2]]


_SAID = {"Byline": "byline", "Agency": "agency", "Place": "place", "Section": "section", "Tags": "tags"}


def _said(snapshot: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, as stated) of the facts of a snapshot that a page may state, those that it does."""
    found = ((word, snapshot.get(name) or "") for word, name in _SAID.items())
    return [(word, "، ".join(map(str, said)) if isinstance(said, list) else str(said)) for word, said in found if said]
