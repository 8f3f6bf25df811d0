"""The section an article stands in, and the words it is filed under, as the page states them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from archive.digest import skeleton
from archive.metadata import jsonld
from archive.metadata.marks import Marks, line, line_of, shown_by

_SECTIONS = (
    "article:section", "og:article:section", "og:section", "section", "parsely-section", "articlesection", "article.section",
    "cxenseparse:category", "dc.subject.section", "category", "sailthru.section", "news_section",
)  # fmt: skip
_KEYWORDS = ("news_keywords", "parsely-tags", "sailthru.tags", "article.tags", "dc.subject", "dcterms.subject", "keywords")
_SPLIT = re.compile(r"[,،;؛|]")
_TAG_LINK = re.compile(r"/(?:tags?|topics?|keyword|hashtag|وسم|كلمات)/|[?&]tag=", re.I)
_LONGEST = 100  # letters of one
_MOST = 50


def section(marks: Marks, meta: dict[str, str], ld: dict[str, Any], crumbs: list[str], title: str) -> str:
    """The section by name: meta elements, JSON-LD, microdata, WordPress's link of the category, the last breadcrumb."""
    return next((text for one in _sections(marks, meta, ld, crumbs, title) if (text := _word(one))), "")


def _sections(marks: Marks, meta: dict[str, str], ld: dict[str, Any], crumbs: list[str], title: str) -> Iterator[str]:
    yield meta.get(_SECTIONS[0], "")
    yield jsonld.text(ld.get("articleSection"))
    yield from (meta.get(name, "") for name in _SECTIONS[1:])
    yield from (one.get("content") or line_of(one) for one in marks.by_prop.get("section", ()))
    yield from (line_of(one) for one in marks.by_rel.get("category", ()) if marks.own(one))
    yield from [name for name in crumbs[1:] if skeleton(name) != skeleton(title)][-1:]
    yield from _called(marks)
    yield from _crumbs(marks, title)


def tags(marks: Marks, many: dict[str, list[str]], ld: dict[str, Any]) -> tuple[str, ...]:
    """The words it is filed under, from the first place that has any. `many`: every content of each repeated meta element."""
    for words in _tags(marks, many, ld):
        parts = (part for one in words for part in _SPLIT.split(one))
        found = tuple(dict.fromkeys(word for part in parts if (word := _word(part).lstrip("#"))))
        if found:
            return found[:_MOST]
    return ()


def _tags(marks: Marks, many: dict[str, list[str]], ld: dict[str, Any]) -> Iterator[Iterable[str]]:
    yield many.get("article:tag", [])
    yield jsonld.texts(ld.get("keywords"))
    links = (one for one in marks.by_rel.get("tag", ()) if "category" not in (one.get("rel") or "") and not marks.beside(one))
    yield (line_of(one) for one in links if _TAG_LINK.search(unquote(one.get("href") or "")) or not _is_category(one))
    yield (one.get("content") or line_of(one) for one in marks.by_prop.get("keywords", ()))
    yield (line_of(link) for one in marks.by_class.get("tags", ()) if marks.own(one) for link in _tag_links(one))
    yield from (many.get(name, []) for name in _KEYWORDS)


def _called(marks: Marks) -> Iterable[str]:
    """What is called the category of the article, next to its headline: the first link in it, or its text."""
    for one in marks.by_class.get("section", ()):
        if marks.own(one):
            link = one if one.tag == "a" else next(one.iter("a"), None)
            yield line_of(link) if link is not None else shown_by(one)


def _crumbs(marks: Marks, title: str) -> Iterable[str]:
    """The last link of a breadcrumb trail that the page shows, after the home page's."""
    for one in marks.by_class.get("crumbs", ()):
        names = [name for link in one.iter("a") if (name := line_of(link)) and skeleton(name) != skeleton(title)]
        yield from names[1:][-1:]


def _tag_links(element: Any) -> list[Any]:
    """The links of a list of tags: those that lead to one."""
    links = [element] if element.tag == "a" else list(element.iter("a"))
    return [one for one in links if _TAG_LINK.search(unquote(one.get("href") or ""))]


def _is_category(element: Any) -> bool:
    return bool(re.search(r"/(?:category|section|cat)/", element.get("href") or ""))


def _word(text: str) -> str:
    """One name of a section or tag; "" for an address, or a text."""
    word = line(text).strip(" ,،;؛|»›/")
    return word if len(word) <= _LONGEST and "://" not in word else ""
