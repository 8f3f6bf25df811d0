"""What a page says about its article: headline, authors, dates, language, images, the CMS's own id. Pure.

Every value is one the page states; what it does not state stays empty. Dates carry where they were found.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from archive import address, dates
from archive.digest import skeleton

_ARTICLE_TYPES = re.compile(r"(?:Article|BlogPosting|Report|Posting)$")
_PUBLISHED = ("article:published_time", "og:article:published_time", "og:published_time", "analyticsattributes.articledate")
_MODIFIED = ("article:modified_time", "og:article:modified_time", "og:updated_time", "revision_date")
_PUBLISHED_LATE = (
    "datepublished",
    "publishdate",
    "publish-date",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "parsely-pub-date",
    "pubdate",
)
_SUBTITLE = ("entry-sub-title", "post-sub-title", "sub-title", "subtitle", "article-subtitle", "entry-subtitle")
_DATE_CLASSES = frozenset((
    "date", "tie-date", "post-date", "entry-date", "meta-date", "published", "article-date", "ArticleHeader_date",
    "wp-block-post-date", "posted-on",
))  # fmt: skip
_AUTHOR_CLASSES = frozenset((
    "author-name", "meta-author", "post-meta-author", "byline", "author", "vcard", "fn", "wp-block-post-author__name",
))  # fmt: skip
_ASIDE = frozenset(("aside", "nav"))
_ASIDE_NAMES = re.compile(
    r"related|sidebar|(?:^| )widget|comment|check-also|breaking|ticker|latest|popular|author-b|about-author", re.I
)
_HEADLINE = 15  # letters: the only <h1> of a page, if shorter, may be the name of the site or of a section
_POST_LINK = re.compile(r"[?&]p=(\d+)")
_SUFFIX = re.compile(r"\s+[|\-–—»›•:]\s+")

Dated = dict[str, str]  # value: ISO 8601; source: where it was found


@dataclass(frozen=True, slots=True)
class Head:
    """The machine-readable part of a page, gathered in one walk."""

    meta: dict[str, str]  # name or property, lower case → first content
    links: dict[str, str]  # rel → first href, absolute
    ld: dict[str, Any]  # the article's JSON-LD object, or {}
    title: str  # of <title>
    language: str
    body_class: str


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


def head_of(tree: Any, url: str) -> Head:
    """Meta elements, links, JSON-LD, title, language and body class of a page fetched from `url`."""
    meta: dict[str, str] = {}
    links: dict[str, str] = {}
    for element in tree.iter("meta", "link"):
        if element.tag == "meta":
            name = (element.get("property") or element.get("name") or element.get("itemprop") or "").strip().lower()
            if name and (content := (element.get("content") or "").strip()):
                meta.setdefault(name, content)
        elif element.get("href"):
            for rel in (element.get("rel") or "").lower().split():
                links.setdefault(rel, _absolute(url, element.get("href")))
    body = tree.find(".//body")
    return Head(
        meta=meta,
        links=links,
        ld=_article_object(tree),
        title=_line(tree.findtext(".//title") or ""),
        language=(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "").strip(),
        body_class=(body.get("class") or "") if body is not None else "",
    )


def read(tree: Any, head: Head, url: str, headers: Iterable[tuple[str, str]], zone: str, *, title_path: str = "") -> Metadata:
    """What the page states. `zone` is that of dates without an offset, `title_path` the layout's XPath of the headline."""
    return Metadata(
        title=_title(tree, head, title_path),
        subtitle=_subtitle(tree, head),
        authors=_authors(tree, head),
        published=_published(tree, head, zone),
        modified=_first_date(_stated(head, _MODIFIED, "dateModified"), zone),
        language=_language(head),
        canonical=head.links.get("canonical") or _absolute(url, head.meta.get("og:url", "")) or url,
        post=post_id(head, headers),
        image=_absolute(url, head.meta.get("og:image", "") or _text(head.ld.get("image"))),
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


def _article_object(tree: Any) -> dict[str, Any]:
    """The first JSON-LD object that is an article (schema.org/Article and what is under it)."""
    for script in tree.iter("script"):
        if "ld+json" not in (script.get("type") or "") or not script.text:
            continue
        try:
            data = orjson.loads(re.sub(r"[\x00-\x1f]+", " ", script.text).strip().removeprefix("<!--").removesuffix("-->"))
        except orjson.JSONDecodeError:
            continue
        for one in _objects(data):
            if any(_ARTICLE_TYPES.search(kind) for kind in _texts(one.get("@type"))):
                return one
    return {}


def _objects(data: Any) -> Iterator[dict[str, Any]]:
    if isinstance(data, list):
        for one in data:
            yield from _objects(one)
    elif isinstance(data, dict):
        yield data
        yield from _objects(data.get("@graph"))


def _title(tree: Any, head: Head, path: str) -> str:
    """The headline a reader sees, where the page's own metadata bears it out; else what the metadata says."""
    if path:
        found = tree.xpath(path)
        text = _line(found[0] if isinstance(found[0], str) else "".join(found[0].itertext())) if found else ""
        if text:
            return text
    stated = [t for t in (_line(_text(head.ld.get("headline"))), _line(head.meta.get("og:title", ""))) if t]
    headings = [text for h1 in tree.iter("h1") if (text := _line("".join(h1.itertext())))]
    borne_out = [h for h in headings if any(_same_line(h, other) for other in stated or [head.title])]
    if borne_out:
        return max(borne_out, key=len)
    if len(headings) == 1 and (not stated or len(skeleton(headings[0])) >= _HEADLINE):
        return headings[0]
    return stated[0] if stated else _without_site(head)


def _same_line(heading: str, stated: str) -> bool:
    """Is one of two lines the other, or most of it (a title with the site's name, a headline cut at 110 characters)?"""
    one, other = sorted((skeleton(heading), skeleton(stated)), key=len)
    return 2 * len(one) > len(other) and one in other


def _without_site(head: Head) -> str:
    """<title> without the site's name, which stands last or first."""
    parts = _SUFFIX.split(head.title)
    site = skeleton(head.meta.get("og:site_name", ""))
    if len(parts) > 1 and site and site in (skeleton(parts[-1]), skeleton(parts[0])):
        cut = parts[-1] if skeleton(parts[-1]) == site else parts[0]
        return head.title.removesuffix(cut).removeprefix(cut).strip(" |-–—»›•:")
    return head.title


def _subtitle(tree: Any, head: Head) -> str:
    stated = _line(_text(head.ld.get("alternativeHeadline")))
    return stated or next((_line("".join(one.itertext())) for one in _with_class(tree, frozenset(_SUBTITLE))), "")


def _authors(tree: Any, head: Head) -> tuple[str, ...]:
    names = [_line(name) for name in _texts(head.ld.get("author"))]
    names = names or [
        _line(v) for k in ("author", "article:author", "dc.creator", "byl") if (v := head.meta.get(k, "")) and "://" not in v
    ]
    if not any(names):
        names = [
            _line("".join(one.itertext()))
            for one in tree.iter("a")
            if "author" in (one.get("rel") or "").split() and not _beside(one)
        ]
    if not any(names):
        first = next(
            (one for one in _with_class(tree, _AUTHOR_CLASSES) if len(_line("".join(one.itertext()))) in range(2, 80)), None
        )
        names = [_line("".join(first.itertext()))] if first is not None else []
    return tuple(dict.fromkeys(name for name in names if name and "://" not in name))


def _published(tree: Any, head: Head, zone: str) -> Dated | None:
    """In the order of FACTS: meta, JSON-LD, time elements, further metas, the line a reader sees; None when unknown."""
    stated = (*_stated(head, _PUBLISHED, "datePublished"), *_times(tree), *((n, head.meta.get(n, "")) for n in _PUBLISHED_LATE))
    found = _first_date(stated, zone)
    if found:
        return found
    for one in _with_class(tree, _DATE_CLASSES):
        if value := dates.printed("".join(one.itertext()), zone):
            return {"value": value, "source": "page"}
    return None


def _stated(head: Head, names: tuple[str, ...], ld_key: str) -> tuple[tuple[str, str], ...]:
    metas = tuple((name, head.meta.get(name, "")) for name in names)
    return (*metas[:1], (f"json-ld:{ld_key}", _text(head.ld.get(ld_key))), *metas[1:])


def _first_date(stated: Iterable[tuple[str, str]], zone: str) -> Dated | None:
    found = ((source, dates.machine(text, zone)) for source, text in stated if text)
    return next(({"value": value, "source": source} for source, value in found if value), None)


def _times(tree: Any) -> Iterator[tuple[str, str]]:
    """<time> elements that say they are the article's own date of publication, never those of a comment or list."""
    for time in tree.iter("time"):
        classes = frozenset((time.get("class") or "").split()) | frozenset((time.getparent().get("class") or "").split())
        own = classes & _DATE_CLASSES or time.get("itemprop") == "datePublished" or time.get("pubdate") is not None
        if own and time.get("datetime") and not _beside(time):
            yield "time", time.get("datetime")


def _with_class(tree: Any, names: frozenset[str]) -> Iterator[Any]:
    """Elements with one of the class names that are not part of a box beside the article."""
    for element in tree.iterfind(".//*[@class]"):
        if not names.isdisjoint(element.get("class").split()) and not _beside(element):
            yield element


def _beside(element: Any) -> bool:
    return any(
        one.tag in _ASIDE or (one.tag not in ("body", "html") and _ASIDE_NAMES.search(f"{one.get('class')} {one.get('id')}"))
        for one in (element, *element.iterancestors())
    )


def _language(head: Head) -> str:
    stated = head.language or _text(head.ld.get("inLanguage")) or head.meta.get("og:locale", "")
    return re.split("[-_]", stated)[0].lower()


def _absolute(base: str, link: str) -> str:
    try:
        return address.absolute(base, link) if link else ""
    except ValueError:  # not an address at all
        return ""


def _texts(value: Any) -> list[str]:
    """The strings of a JSON-LD value: itself, the name or url of an object, or those of a list."""
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, dict):
        value = value.get("name") or value.get("url") or value.get("@value")
    return [value] if isinstance(value, str) else []


def _text(value: Any) -> str:
    return next(iter(_texts(value)), "")


def _line(text: str) -> str:
    """One line as a reader sees it; entities that a plugin escaped twice are resolved, invisible letters stay."""
    return re.sub(r"[ \t\r\n\f]+", " ", html.unescape(text)).strip(" ")
