"""Who wrote an article, as the page states it outside the text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from archive.digest import skeleton
from archive.metadata import jsonld
from archive.metadata.marks import Marks, line, line_of, shown_by

_METAS = (
    "author", "article:author", "article:author_name", "dc.creator", "dcterms.creator", "byl", "parsely-author",
    "sailthru.author", "citation_author", "rbauthors", "article.author", "cxenseparse:author", "og:article:author",
    "author_name",
)  # fmt: skip
_CUE = re.compile(
    r"^(?:[\W_]*(?:بقلم|كتبت?ه?|كتبها|الكاتبة?|بواسطة|بواسطه|إعداد(?: وتحرير)?|اعداد|المحررة?|نویسنده|توسط|"
    r"نشره|نشرها|written by|posted by|reported by|by|von|par|por)(?=[\s:：/|–-])[\s:：/|–-]*)+|^\s*(?:by|بقلم|بواسطة)\s*$",
    re.I,
)
_NO_NAME = re.compile(r"://|^\S+@\S+$|^@|\d{4}|\d:\d\d|^(?:twitter|facebook|telegram|whatsapp|youtube)$", re.I)
_DESK = re.compile(
    r"(?:من )?(?:طاقم|هيئة|فريق|أسرة|قسم) ?ال?تحرير|\S{0,20} ?(?:staff|editorial|newsroom)", re.I
)  # nobody by name
_LONGEST = 80
_MOST = 20


def authors(marks: Marks, meta: dict[str, str], ld: dict[str, Any], site: frozenset[str]) -> tuple[str, ...]:
    """Names, from the surest statement: JSON-LD, meta elements, microdata and RDFa, rel=author, what is called an author.

    `site`: skeletons of what the site is called. A statement that only names the site is used when nothing says more.
    """
    ours: tuple[str, ...] = ()
    for names in _statements(marks, meta, ld):
        found = tuple(dict.fromkeys(name for one in names if (name := clean(one))))[:_MOST]
        if any(skeleton(name) not in site for name in found):
            return found
        ours = ours or found
    return ours


def _statements(marks: Marks, meta: dict[str, str], ld: dict[str, Any]) -> Iterator[list[str]]:
    """The names that each place has, the surest first."""
    yield jsonld.texts(ld.get("author")) or jsonld.texts(ld.get("creator"))
    yield from (meta.get(name, "").split(";") for name in _METAS)
    yield _shown(marks, marks.by_prop.get("author", []))
    yield _shown(marks, marks.by_rel.get("author", []))
    called = _shown(marks, _innermost(marks.by_class.get("author", [])))
    yield [one for one in called if clean(one) and not _DESK.fullmatch(clean(one))][:1]


def _innermost(elements: list[Any]) -> list[Any]:
    """Those that hold none of the others that name somebody: `author-name` in `byline`."""
    outer = {above for one in elements if clean(_name_in(one)) for above in one.iterancestors()}
    return [one for one in elements if one not in outer]


def clean(text: str) -> str:
    """A name without «بقلم» and the like; "" for an address or what is no name."""
    name = _CUE.sub("", line(text)).strip(" \t,،;؛:|–-")
    return "" if _NO_NAME.search(name) or not re.search(r"[^\W\d_]{2}", name) else name


def _shown(marks: Marks, elements: list[Any]) -> list[str]:
    """Texts of elements that are short enough for a name; of microdata about a person, the person's name."""
    found: list[str] = []
    outer: list[Any] = []
    for one in elements:
        inside = any(above in outer for above in one.iterancestors())
        if not inside and (text := _name_in(one)) and (one.tag == "meta" or marks.own(one)):
            outer.append(one)
            found.append(text)
    return found


def _name_in(element: Any) -> str:
    if element.get("content"):
        return str(element.get("content"))
    inner = [one for one in element.iter("*") if "name" in (one.get("itemprop") or one.get("property") or "").lower().split()]
    text = (inner[0].get("content") or line_of(inner[0])) if inner else shown_by(element, _LONGEST)
    return text if 2 <= len(text) < _LONGEST else ""
