"""What a page says about its article: headline, people, dates, section, tags, language, the CMS's own id. Pure.

    head_of   the machine-readable part (meta, link, JSON-LD), one look
    read      all of it with what the page shows, one walk over the elements (marks)
    with_text what the article's first and last lines add: byline, agency, place (stated)

Every value is one the page states; what it does not state stays empty. Dates carry where they were found and how sure they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from archive import address
from archive.digest import skeleton
from archive.metadata import jsonld, marks, people, stated, topics, when
from archive.metadata.marks import line
from archive.metadata.titles import headline, subtitle, title_element
from archive.metadata.when import Dated

__all__ = ["Dated", "Head", "Metadata", "head_of", "not_free", "post_id", "read", "with_text"]

_POST_LINK = re.compile(r"[?&]p=(\d+)")
_RELS = ("canonical", "shortlink")
_SOURCE_METAS = ("source", "news_source", "article:source", "dc.source", "dcterms.source", "og:source", "news:source", "agency")
_SOURCE_CUE = re.compile(r"^\s*(?:المصدر|المصادر|source|via|منبع)\s*[:：|-]?\s*", re.I)


@dataclass(frozen=True, slots=True)
class Head:
    """The machine-readable part of a page, gathered in one walk."""

    meta: dict[str, str]  # name or property, lower case → first content
    links: dict[str, str]  # canonical, shortlink → first href, absolute
    ld: dict[str, Any]  # the article's JSON-LD object, or {}
    title: str  # of <title>
    language: str
    body_class: str
    many: dict[str, list[str]]  # name or property → every content, where it is repeated or a list of words
    page: dict[str, Any]  # the JSON-LD object of the page, where none is an article's
    crumbs: list[str]  # names of the breadcrumb trail


@dataclass(frozen=True, slots=True)
class Metadata:
    title: str = ""
    subtitle: str = ""
    authors: tuple[str, ...] = ()
    published: Dated | None = None
    modified: Dated | None = None
    language: str = ""
    canonical: str = ""
    post: str = ""
    image: str = ""  # the page's own choice (og:image)
    byline: str = ""  # as printed in the text: «دارا مراد_xeber24.net»
    agency: tuple[str, ...] = ()  # whose text it is, as stated
    place: str = ""  # of the dateline
    section: str = ""
    tags: tuple[str, ...] = ()


def head_of(tree: Any, url: str) -> Head:
    """Meta elements, links, JSON-LD, title, language and body class of a page fetched from `url`."""
    many: dict[str, list[str]] = {}
    links: dict[str, str] = {}
    for element in tree.iter("meta", "link"):
        if element.tag == "meta":
            name = element.get("property") or element.get("name") or element.get("itemprop") or ""
            if name and (content := (element.get("content") or "").strip()):
                many.setdefault(name.strip().lower(), []).append(content)
        elif element.get("href"):
            for rel in (element.get("rel") or "").lower().split():
                if rel in _RELS and rel not in links:
                    links[rel] = _absolute(url, element.get("href"))
    body = tree.find(".//body")
    found = jsonld.objects(tree)
    ld = jsonld.article(found, links.get("canonical") or url)
    return Head(
        meta={name: contents[0] for name, contents in many.items()},
        links=links,
        ld=ld,
        title=line(tree.findtext(".//title") or ""),
        language=(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip(),
        body_class=(body.get("class") or "") if body is not None else "",
        many=many,
        page={} if ld else jsonld.page(found),
        crumbs=jsonld.crumbs(found),
    )


def read(
    tree: Any,
    head: Head,
    url: str,
    headers: Iterable[tuple[str, str]],
    zone: str,
    *,
    title_path: str = "",
    captured: datetime | None = None,
) -> Metadata:
    """What the page states. `zone` is that of dates without an offset, `title_path` the layout's XPath of the headline,
    `captured` when the page was fetched: what «منذ ٣ ساعات» is counted from."""
    seen = marks.gather(tree)
    element, title = title_element(tree, title_path)
    if not title:
        element, title = headline(seen, head.meta, head.ld, head.title, address.host_of(url))
    if element is not None:
        seen.headed(element)
    sources = when.Sources(head.meta, head.ld, head.page, seen, tree, url, zone, captured)
    published = when.published(sources)
    authors = people.authors(seen, head.meta, head.ld, _site(head, url))
    return Metadata(
        title=title,
        subtitle=subtitle(seen, head.ld, title),
        authors=authors,
        published=published,
        modified=when.modified(sources, published),
        language=_language(head),
        canonical=head.links.get("canonical") or _absolute(url, head.meta.get("og:url", "")) or url,
        post=post_id(head, headers),
        image=_absolute(url, head.meta.get("og:image", "") or jsonld.text(head.ld.get("image"))),
        agency=_agency(seen, head, authors),
        section=topics.section(seen, head.meta, head.ld, head.crumbs, title),
        tags=topics.tags(seen, head.many, head.ld),
    )


def with_text(meta: Metadata, lines: Sequence[str], outlet: Sequence[str] = (), removed: Sequence[str] = ()) -> Metadata:
    """`meta` with what the first and last lines of the text state, and those that the reading removed (its log). `outlet`: how
    the outlet is called. Agencies of the text go first; its names are authors beside those whom the page names."""
    said = stated.of_lines(lines, outlet, removed)
    known = {name.casefold() for name in meta.authors}
    return replace(
        meta,
        byline=said.byline,
        authors=(*meta.authors, *(name for name in said.names if name.casefold() not in known)),
        agency=tuple(dict.fromkeys((*said.agency, *meta.agency))),
        place=said.place or meta.place,
    )


def post_id(head: Head | None, headers: Iterable[tuple[str, str]]) -> str:
    """WordPress's id of the post: Link header, shortlink, body class; "" where none tells."""
    for name, value in headers:
        if name.lower() == "link":
            for part in value.split(","):
                if "shortlink" in part and (found := _POST_LINK.search(part)):
                    return found[1]
    if head is None:
        return ""
    found = _POST_LINK.search(head.links.get("shortlink", "")) or re.search(r"\bpostid-(\d+)\b", head.body_class)
    return found[1] if found else ""


def not_free(head: Head) -> bool:
    """Does the article say that it is shown to who pays (schema.org/isAccessibleForFree)?"""
    return str(head.ld.get("isAccessibleForFree", "")).strip().lower() in ("false", "no")


def _agency(seen: marks.Marks, head: Head, authors: tuple[str, ...]) -> tuple[str, ...]:
    """Agencies that the page names outside the text: as source, or as the author."""
    named = [
        *jsonld.texts(head.ld.get("sourceOrganization")),
        *(head.meta.get(name, "") for name in _SOURCE_METAS),
        *(one.get("content") or marks.line_of(one) for one in seen.by_prop.get("source", ())),
        *(marks.line_of(one) for one in seen.by_class.get("source", ()) if seen.own(one)),
        *authors,
    ]
    found: dict[str, None] = {}
    for text in named:
        name = _SOURCE_CUE.sub("", line(text)).strip(" |.()")
        if name and len(name) < 80:
            found.update(dict.fromkeys(stated.agencies(name)))
    return tuple(found)


def _site(head: Head, url: str) -> frozenset[str]:
    """Skeletons of what the site is called: by itself, by its publisher, by its host."""
    host = address.host_of(url)
    names = (head.meta.get("og:site_name", ""), jsonld.text(head.ld.get("publisher")), host, host.split(".")[0])
    return frozenset(skeleton(name) for name in names) - {""}


def _language(head: Head) -> str:
    said = head.language or jsonld.text(head.ld.get("inLanguage")) or head.meta.get("og:locale", "")
    return re.split("[-_]", said)[0].lower()


def _absolute(base: str, link: str) -> str:
    try:
        return address.absolute(base, link) if link else ""
    except ValueError:  # not an address at all
        return ""
