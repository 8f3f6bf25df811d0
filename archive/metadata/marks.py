"""Elements of a page that say something of its article, gathered in one walk; and which of them are another article's. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

_NUMBERED = re.compile(r"\d")  # ids of single elements, which would fill the cache of names
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
UPDATED = re.compile(r"updat|modif|changed|revised", re.I)
_PUBLISHED = re.compile(r"publish", re.I)
_DATE = frozenset((
    "date", "time", "datetime", "timestamp", "published", "publish", "pubdate", "postdate", "posted", "calendar", "created",
))  # fmt: skip
_NO_DATE = frozenset((
    "today", "current", "now", "reading", "read", "duration", "timeline", "countdown", "timer", "picker", "weather", "hijri",
    "prayer", "event", "events", "archive", "copyright", "ticker", "schedule", "live", "video", "audio", "expire", "birth",
))  # fmt: skip
_AUTHOR = frozenset(
    ("author", "authors", "byline", "byl", "writer", "reporter", "journalist", "autor", "auteur", "vcard", "fn")
)
_NO_AUTHOR = frozenset((
    "box", "bio", "about", "avatar", "img", "image", "pic", "photo", "thumb", "desc", "description", "social", "posts", "more",
    "icon", "icons", "related", "list", "follow", "comment", "comments", "role", "job", "email", "twitter", "reading", "date",
    "time", "count", "position", "share",
))  # fmt: skip
_SUBTITLE = frozenset(("subtitle", "subheadline", "subheading", "standfirst", "dek", "deck", "subtitulo"))
_META = frozenset(("meta", "info", "byline", "postmeta", "details", "header"))
_SECTION = frozenset(("category", "categories", "cat", "cats", "channel", "rubric", "topic"))
_SOURCE = frozenset(("source", "agency", "attribution", "sources"))
_CRUMBS = frozenset(("breadcrumb", "breadcrumbs", "crumbs", "crumb"))
_TAGS = frozenset(("tag", "tags", "tagcloud", "keywords", "hashtags"))
_HEADLINE = frozenset(("title", "headline"))
_OF_ARTICLE = frozenset(("entry", "post", "article", "news", "story", "single", "page", "main", "item"))

_PROPS = {
    "datepublished": "published", "created": "published", "datecreated": "created", "issued": "published", "date": "published",
    "datemodified": "modified", "modified": "modified", "author": "author", "creator": "author", "headline": "headline",
    "alternativeheadline": "subtitle", "articlesection": "section", "keywords": "keywords", "sourceorganization": "source",
}  # fmt: skip
_ASIDE = frozenset(("aside", "nav"))
_ASIDE_NAMES = re.compile(
    r"related|sidebar|(?:^| )widget|(?:^|[ _-])(?:recent|trending|most-?read|more-?news|you-?may|recommend)|comment|check-also"
    r"|breaking|ticker|latest|popular|author-b|about-author|carousel|footer-?(?:widget|top)|site-footer|offcanvas|mega-?menu",
    re.I,
)
_SITE_TOP = re.compile(
    r"(?:^|[ _-])(?:top-?(?:bar|nav|head\w*|menu)|site-header|main-nav|navbar|masthead|menu|today|clock)", re.I
)
_CARD = 800  # letters: a box about another article is smaller
_HEADING_LINK = 25  # letters of a link that is a headline
_SENTENCE = 60  # letters of a paragraph; a box has one as teaser, at most
_NEAR = 4  # steps up from the headline to where what stands above it is still its own


@dataclass(slots=True)
class Marks:
    """What `gather` found, each list in document order."""

    headings: list[Any] = field(default_factory=list)  # <h1>
    titles: list[Any] = field(default_factory=list)  # other elements that are called the title of a post
    times: list[Any] = field(default_factory=list)  # <time>, and what else has a machine's date
    by_class: dict[str, list[Any]] = field(default_factory=dict)
    by_prop: dict[str, list[Any]] = field(default_factory=dict)  # microdata and RDFa
    by_rel: dict[str, list[Any]] = field(default_factory=dict)
    _beside: dict[Any, bool] = field(default_factory=dict)
    _above: dict[Any, int] = field(default_factory=dict)  # ancestors of the headline → steps up from it
    _order: dict[Any, bool] = field(default_factory=dict)  # of what was gathered: does it stand before the headline?

    def beside(self, element: Any) -> bool:
        """Is it part of a box beside the article: a sidebar, comments, other articles?"""
        passed = []
        answer = False
        while element is not None and element.tag not in ("body", "html") and element not in self._above:
            known = self._beside.get(element)
            if known is not None:
                answer = known
                break
            passed.append(element)
            if element.tag in _ASIDE or _ASIDE_NAMES.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
                answer = True
                break
            element = element.getparent()
        self._beside.update(dict.fromkeys(passed, answer))
        return answer

    def own(self, element: Any) -> bool:
        """Is it the article's: not beside it, not in a box about another, not in the top of the site?"""
        if self.beside(element):
            return False
        one = element
        while one is not None and one not in self._above:
            if _is_card(one, element) or (self._order.get(element) and _is_top(one)):
                return False
            one = one.getparent()
        return not self._above or not self._order.get(element) or self._above.get(one, 99) <= _NEAR

    def headed(self, headline: Any) -> None:
        """Tell which element is the headline: nothing that holds it is beside the article."""
        self._beside.clear()
        self._above = {headline: 0}
        self._above.update((one, steps) for steps, one in enumerate(headline.iterancestors(), 1))
        gathered = [headline, *self.titles, *self.times]
        for group in (self.by_class, self.by_prop, self.by_rel):
            gathered += [one for found in group.values() for one in found]
        self._order = _before(headline, gathered)


def gather(tree: Any) -> Marks:
    """One walk over the elements of a page."""
    marks = Marks()
    root = tree.find(".//body")
    for element in (root if root is not None else tree).iter("*"):
        tag, attributes = element.tag, element.attrib
        if tag == "h1":
            marks.headings.append(element)
        elif tag == "time" or (tag == "abbr" and "title" in attributes):
            marks.times.append(element)
        if not attributes:
            continue
        own, number = element.get("class") or "", element.get("id") or ""  # ASP.NET has ids where others have classes
        if own or number:
            for kind in kinds_of(own if _NUMBERED.search(number) else f"{own} {number}"):
                marks.by_class.setdefault(kind, []).append(element)
        if prop := element.get("itemprop") or element.get("property"):
            for name in prop.lower().split():
                if kind := _PROPS.get(re.split("[:/#]", name)[-1], ""):
                    marks.by_prop.setdefault(kind, []).append(element)
        if tag == "a" and (rel := element.get("rel")):
            for name in rel.lower().split():
                if name in ("author", "tag", "category"):
                    marks.by_rel.setdefault(name, []).append(element)
    marks.titles = marks.by_class.pop("title", [])
    return marks


@lru_cache(maxsize=8192)
def kinds_of(names: str) -> tuple[str, ...]:
    """What class and id call an element: date, updated, author, subtitle, title, section, crumbs, tags, source, meta."""
    found: dict[str, None] = {}
    for name in names.split()[:20]:
        words = {word.lower() for word in _WORD.findall(name[:60])}
        if UPDATED.search(name):
            found["updated"] = None
        elif words & _DATE and not words & _NO_DATE:
            found["date"] = None
        if words & _AUTHOR and not words & _NO_AUTHOR:
            found["author"] = None
        if words & _SUBTITLE or ("sub" in words and words & {"title", "headline", "heading", "head"}):
            found["subtitle"] = None
        elif words & _HEADLINE and words & _OF_ARTICLE:
            found["title"] = None
        if words & _SECTION:
            found["section"] = None
        if words & _SOURCE:
            found["source"] = None
        if words & _CRUMBS:
            found["crumbs"] = None
        if words & _TAGS:
            found["tags"] = None
        if words & _META and words & _OF_ARTICLE:
            found["meta"] = None
    if "date" in found and "updated" in found and _PUBLISHED.search(names):  # WordPress: «published updated», never changed
        del found["updated"]
    return tuple(found)


def line_of(element: Any) -> str:
    """The text under an element as one line."""
    return line("".join(element.itertext()))


def parts_of(element: Any) -> str:
    """The text under an element as one line, scripts left out; letters of different elements do not grow together."""
    pieces = [element.text or ""]
    for one in element.iterdescendants():
        for text in ("" if one.tag in ("script", "style") else one.text or "", one.tail or ""):
            if text and pieces[-1][-1:].isalnum() and text[0].isalnum():
                pieces.append(" ")
            if text:
                pieces.append(text)
    return line("".join(pieces))


def line(text: str) -> str:
    """One line as a reader sees it; entities that a plugin escaped twice are resolved, invisible letters stay."""
    return re.sub(r"[ \t\r\n\f]+", " ", html.unescape(text)).strip(" ")


def _before(headline: Any, elements: list[Any]) -> dict[Any, bool]:
    """Does each element stand before the headline? By the way down from the common ancestor; siblings are compared by index."""
    way = {one: child for child, one in _steps(headline)}
    answer: dict[Any, bool] = {}
    for element in elements:
        child = element
        parent = child.getparent()
        while parent is not None and parent not in way:
            child, parent = parent, parent.getparent()
        if element in way or parent is None or parent is headline:
            answer[element] = False
        else:
            answer[element] = parent.index(child) < parent.index(way[parent])
    return answer


def _steps(element: Any) -> list[tuple[Any, Any]]:
    """(child, ancestor) on the way up."""
    found = [(element, element)]
    child = element
    for ancestor in element.iterancestors():
        found.append((child, ancestor))
        child = ancestor
    return found


def _is_card(element: Any, inside: Any) -> bool:
    """Is `element` a small box with a headline of its own, or a link that is one? `inside` is what is asked about."""
    size = 0
    for text in element.itertext():
        size += len(text.strip())
        if size > _CARD:
            return False
    if sum(len(line_of(one)) >= _SENTENCE for one in element.iter("p")) > 1:
        return False  # the body of a brief, with a link to another article in it
    for heading in element.iter("h2", "h3", "h4"):
        if heading is not inside and "subtitle" not in kinds_of(heading.get("class") or ""):
            return True
    return any(len(line_of(one)) >= _HEADING_LINK for one in element.iter("a"))


def _is_top(element: Any) -> bool:
    return element.tag in ("header", "nav") or bool(_SITE_TOP.search(f"{element.get('class') or ''} {element.get('id') or ''}"))
