"""Who wrote an article, as the page states it outside the text. Pure."""

from __future__ import annotations

import re
from typing import Any

from archive.metadata import jsonld
from archive.metadata.marks import Marks, line, line_of

_METAS = (
    "author", "article:author", "article:author_name", "dc.creator", "dcterms.creator", "byl", "parsely-author", "sailthru.author",
    "citation_author", "rbauthors", "article.author", "cxenseparse:author", "og:article:author", "author_name",
)  # fmt: skip
_CUE = re.compile(
    r"^(?:[\W_]*(?:بقلم|كتبت?ه?|كتبها|الكاتبة?|بواسطة|بواسطه|إعداد(?: وتحرير)?|اعداد|المحررة?|نویسنده|توسط|written by|posted by|reported by|"
    r"by|von|par|por)(?=[\s:：/|–-])[\s:：/|–-]*)+",
    re.I,
)
_LONGEST = 80
_MOST = 20


def authors(marks: Marks, meta: dict[str, str], ld: dict[str, Any]) -> tuple[str, ...]:
    """Names, from the surest statement: JSON-LD, meta elements, microdata and RDFa, rel=author, what is called an author."""
    for names in (
        jsonld.texts(ld.get("author")) or jsonld.texts(ld.get("creator")),
        *([part for part in meta.get(name, "").split(";")] for name in _METAS),
        _shown(marks, marks.by_prop.get("author", [])),
        _shown(marks, marks.by_rel.get("author", [])),
        _shown(marks, marks.by_class.get("author", []))[:1],
    ):
        found = tuple(dict.fromkeys(name for one in names if (name := clean(one))))
        if found:
            return found[:_MOST]
    return ()


def clean(text: str) -> str:
    """A name without «بقلم» and the like; "" for an address or what is no name."""
    name = _CUE.sub("", line(text)).strip(" \t,،;؛:|–-")
    return "" if "://" in name or not re.search(r"[^\W\d_]{2}", name) else name


def _shown(marks: Marks, elements: list[Any]) -> list[str]:
    """Texts of elements that are short enough for a name; of microdata about a person, the person's name."""
    found: list[str] = []
    outer: list[Any] = []
    for one in elements:
        if one.tag != "meta" and not marks.own(one):
            continue
        if any(above is one for above in outer) or any(above in outer for above in one.iterancestors()):
            continue
        outer.append(one)
        if text := _name_in(one):
            found.append(text)
    return found


def _name_in(element: Any) -> str:
    if element.get("content"):
        return str(element.get("content"))
    inner = [one for one in element.iter("*") if "name" in (one.get("itemprop") or one.get("property") or "").lower().split()]
    text = (inner[0].get("content") or line_of(inner[0])) if inner else line_of(element)
    return text if 2 <= len(text) < _LONGEST else ""
