"""What an article's page says beside the text: what was stated where, the citation, the proof. Pure; no HTML is made here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from archive.web.views import calm

if TYPE_CHECKING:
    from archive.catalog.rows import ArticleRow, VersionRow

CHANNELS = {"rest": "REST list", "feed": "feed", "sitemap": "sitemap", "archive": "section page", "home": "front page"}
CLASSES = {
    "content": "read",
    "not-modified": "unchanged",
    "gone": "gone",
    "blocked": "blocked",
    "broken": "broken",
    "elsewhere": "leads elsewhere",
    "not-article": "not an article",
}
CONFIDENCE = {
    "stated": "stated for programs",
    "printed": "printed on the page",
    "url": "the day in the address",
    "relative": "counted back from the capture",
    "low": "contradicted elsewhere on the page",
}
RELATIONS = {"identical": "identical", "contains": "contains", "derived": "derived"}
ACTIONS = (  # DAG, what it does, the field of its form that names the article
    ("prove_article", "Prove it", "article"),
    ("capture_url", "Capture it now", "urls"),
    ("watch_page", "Watch the page", "urls"),
    ("hold_article", "Put on legal hold", "article"),
    ("restrict_article", "Withhold it", "article"),
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A date as the page states it: where it stood, how sure it is, the line as printed."""

    word: str
    value: str
    source: str = ""
    confidence: str = ""
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    word: str
    path: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What the catalog and the log know of a version's capture. `first`: the first leaf of its file, None: not logged yet.

    `size`: leaves of the log that the catalog has seen.
    """

    first: int | None
    size: int


def dates(version: VersionRow, snapshot: Mapping[str, Any]) -> list[Stated]:
    """When it was published and changed, as the page says it."""
    out = []
    for word, name in (("Published", "published"), ("Modified", "modified")):
        told = snapshot.get(name)
        told = told if isinstance(told, Mapping) else {}
        value = str(told.get("value") or getattr(version, name))
        sure = CONFIDENCE.get(str(told.get("confidence") or "stated"), "") if told else ""
        out.append(Stated(word, value, str(told.get("source") or ""), sure, str(told.get("printed") or "")))
    return out


def actions(row: ArticleRow, may: Callable[[str], bool]) -> list[Action]:
    """Links to the forms of what can be done with this article, filled in."""
    given = {"article": row.article, "urls": row.url}
    return [
        Action(word, f"/do/{dag}?{urlencode({field: given[field]})}", may(dag))
        for dag, word, field in ACTIONS
        if field != "urls" or row.url.startswith(("https://", "http://"))
    ]


def cite(row: ArticleRow, version: VersionRow, headline: str, outlet: str) -> list[str]:
    """The lines of a citation: headline, outlet, address, when it was captured, SHA-256 of what came, and the record."""
    address = version.url or row.url
    return [
        calm(headline) or address,
        calm(outlet),
        calm(address),
        version.time[:19] + "Z",
        f"SHA-256 {version.payload.rpartition(':')[2]}",
        version.record.strip("<>"),
    ]


def replay(base: str, version: VersionRow, url: str) -> str:
    """Address of the capture in a replay program such as pywb (14 digits of its time, then the address); "" without one."""
    if not base or not url.startswith(("https://", "http://")):
        return ""
    digits = "".join(c for c in version.time[:19] if c.isdigit())
    return f"{base.rstrip('/')}/{digits}/{quote(url, safe=_URL)}"


_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL = ":/?#[]@!$&'()*+,;=%~-._"


def turning(text: str) -> list[str]:
    """The names of the characters in a text that turn the reading order of what follows them (UAX #9), each once."""
    kinds = ("LRE", "RLE", "LRO", "RLO", "LRI", "RLI", "FSI")
    return sorted({f"U+{ord(c):04X}" for c in text if unicodedata.bidirectional(c) in kinds})


def shown_pictures(pictures: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The pictures of a snapshot; `show`: it may be asked for as a picture. Never SVG, whatever its type says."""
    found, seen = list[dict[str, Any]](), set[str]()
    for one in pictures:
        sha = str(one.get("sha256") or "")
        wanted = _SHA256.fullmatch(sha) is not None and "svg" not in str(one.get("mime") or "").lower()
        found.append({**one, "show": wanted and sha not in seen, "caption": calm(str(one.get("caption") or ""))})
        seen.add(sha)
    return found
