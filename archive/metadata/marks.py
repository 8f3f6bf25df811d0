"""Elements of a page that say something of its article, gathered in one walk; and which of them are another article's. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from archive.container import NAMES
from archive.metadata.kinds import kinds_of

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
_MOST = 400  # elements of a kind that are looked at
_BODIES = NAMES[0] | NAMES[1]  # what content systems call the body is no box, however short
_CARD = 800  # letters: a box about another article is smaller
_TEASER = 300  # letters that a box has beside headlines
_HEADING_LINK = 25  # letters of a link that is a headline
_ICONS = frozenset(("i", "svg", "em", "span"))
_LINE = 1000  # letters
_EACH = 100  # elements of a kind that are looked at; a page that has more of it says nothing by it
_STEPS = 24  # ancestors that are looked at
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
    headline: Any = None  # the element that shows it, once `headed` was told
    _beside: dict[Any, bool] = field(default_factory=dict)
    _cards: dict[Any, bool] = field(default_factory=dict)
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
        before = self._stands_before(element)
        one, steps = element, 0
        while one is not None and one not in self._above and (steps := steps + 1) < _STEPS:
            if self._card(one, element) or (before and _is_top(one)):
                return False
            one = one.getparent()
        return not self._above or not before or self._above.get(one, 99) <= _NEAR

    def _stands_before(self, element: Any) -> bool:
        """Does it stand before the headline?"""
        if self.headline is not None and element not in self._order:
            self._order |= _before(self.headline, [element])
        return self._order.get(element, False)

    def _card(self, element: Any, inside: Any) -> bool:
        if element is inside:
            return _is_card(element, inside)
        known = self._cards.get(element)
        if known is None:
            known = self._cards[element] = _is_card(element, inside)
        return known

    def headed(self, headline: Any) -> None:
        """Tell which element is the headline: nothing that holds it is beside the article."""
        self.headline = headline
        self._beside.clear()
        self._above = {headline: 0}
        self._above.update((one, steps) for steps, one in enumerate(headline.iterancestors(), 1))
        gathered = [headline, *self.titles, *self.times]
        for group in (self.by_class, self.by_prop, self.by_rel):
            gathered += [one for found in group.values() for one in found]
        self._order = _before(headline, gathered)


def gather(tree: Any) -> Marks:
    """One walk over the elements of a page, and short ones over the few that have more to say."""
    marks = Marks()
    by_class = marks.by_class
    seen: dict[str, tuple[str, ...]] = {}
    for element in tree.iter("*"):
        own, number = element.get("class"), element.get("id")  # ASP.NET has ids where others have classes
        if own or number:
            names = f"{own or ''} {number}" if number and number.isalpha() else own or ""
            kinds = seen.get(names)
            if kinds is None:
                kinds = seen[names] = kinds_of(names)
            for kind in kinds:
                _add(by_class, kind, element)
    for element in tree.xpath("//body//*[@itemprop or @property]"):
        for name in (element.get("itemprop") or element.get("property") or "").lower().split():
            if kind := _PROPS.get(re.split("[:/#]", name)[-1], ""):
                _add(marks.by_prop, kind, element)
    for element in tree.iter("a"):
        for name in (element.get("rel") or "").lower().split():
            if name in ("author", "tag", "category"):
                _add(marks.by_rel, name, element)
    marks.headings = list(islice(tree.iter("h1"), _EACH))
    marks.times = [one for one in islice(tree.iter("time", "abbr"), _EACH) if one.tag == "time" or one.get("title")]
    marks.titles = by_class.pop("title", [])
    return marks


def _add(found: dict[str, list[Any]], kind: str, element: Any) -> None:
    of_kind = found.setdefault(kind, [])
    if len(of_kind) < _EACH:
        of_kind.append(element)


def line_of(element: Any, most: int = _LINE) -> str:
    """The text under an element as one line; "" when it is longer than `most` letters, and so no line."""
    pieces, size = [], 0
    for text in element.itertext():
        pieces.append(text)
        size += len(text.strip())
        if size > most:
            return ""
    return line("".join(pieces))


def parts_of(element: Any, most: int = _LINE) -> str:
    """As line_of, scripts left out, and so that letters of different elements do not grow together."""
    pieces, size = [element.text or ""], 0
    for number, one in enumerate(element.iterdescendants()):
        for text in ("" if one.tag in ("script", "style") else one.text or "", one.tail or ""):
            if text and pieces[-1][-1:].isalnum() and text[0].isalnum():
                pieces.append(" ")
            if text:
                pieces.append(text)
                size += len(text.strip())
        if size > most or number > most:
            return ""
    return line("".join(pieces))


def shown_by(element: Any, most: int = _LINE) -> str:
    """The line of an element; of an icon (a calendar, a head and shoulders), that of what it stands in."""
    text = parts_of(element, most)
    return text if text or len(element) or element.tag not in _ICONS else parts_of(element.getparent(), most)


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
    if not _BODIES.isdisjoint((element.get("class") or "").lower().split()):
        return False
    size = 0
    for text in element.itertext():
        size += len(text.strip())
        if size > _CARD:
            return False
    links = [length for one in element.iter("a") if (length := _size(one)) >= _HEADING_LINK]
    headed = [
        one
        for one in element.iter("h2", "h3", "h4")
        if one is not inside and "subtitle" not in kinds_of(one.get("class") or "")
    ]
    if not links and not headed:
        return False
    if size - sum(links) - sum(map(_size, headed)) > _TEASER:
        return False  # the body of a brief, with a link in it
    return sum(_size(one) >= _SENTENCE for one in element.iter("p")) < 2


def _size(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _is_top(element: Any) -> bool:
    return element.tag in ("header", "nav") or bool(_SITE_TOP.search(f"{element.get('class') or ''} {element.get('id') or ''}"))
