"""The text of a page as lines, and which of them are no text of the article. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import accumulate
from typing import Any

from archive.cues import LINES
from archive.digest import skeleton

_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li",
    "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_PARTS = frozenset(("ul", "ol", "li", "blockquote", "p", "h2", "h3", "h4"))  # of a text; what has a name there may be a box
_SPACE = re.compile("[ \t\r\n\f]+")  # what a browser folds; NBSP, ZWNJ and bidi marks are letters to it
_PARAGRAPH = 400  # letters of a line that no rule of ours is about
_LONG = 30  # letters of a line that cannot be in another text by chance


def lines_of(element: Any) -> list[str]:
    """The text under `element` as lines: a block or <br> ends one. Nothing but HTML white space is folded."""
    return [line for _, line in placed(element)]


def placed(element: Any) -> list[tuple[Any, str]]:
    """The same, each with the innermost element that holds its first letter."""
    found: list[tuple[Any, str]] = []
    pieces: list[str] = []
    first: Any = None
    for ends, piece, holder in _walk(element):
        if not ends:
            pieces.append(piece)
            first = holder if first is None and piece.strip(" \t\r\n\f") else first
            continue
        if first is not None:
            found.append((first, _SPACE.sub(" ", "".join(pieces)).strip(" ")))
        pieces, first = [], None
    if first is not None:
        found.append((first, _SPACE.sub(" ", "".join(pieces)).strip(" ")))
    return found


def _walk(root: Any) -> Iterator[tuple[bool, str, Any]]:
    """(True, …) where a line ends, (False, text, element) for text, in document order and without recursion."""
    from lxml import etree

    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in _BLOCKS:
            yield True, "", None
        elif element.tag in ("td", "th") and event == "start":
            yield False, " ", element
        text = element.text if event == "start" else element.tail if element is not root else None
        if text:
            yield False, text, element if event == "start" else element.getparent()


def without(lines: Iterable[str], patterns: Iterable[str], title: str) -> tuple[list[str], list[str]]:
    """`lines` without what is never the article's, what `patterns` (of whole lines) say, and a headline repeated on top.

    The second list is the log: "reason: line" for each that was removed.
    """
    own = [("line", re.compile(pattern)) for pattern in patterns]
    rules = own + list(LINES.items())
    headline = skeleton(title)
    kept: list[str] = []
    removed: list[str] = []
    for line in lines:
        plain = line.removeprefix("- ").strip()
        if not kept and headline and skeleton(line) == headline:
            removed.append(f"headline: {line}")
        elif reason := next((name for name, rule in (rules if len(plain) < _PARAGRAPH else own) if rule.fullmatch(plain)), ""):
            removed.append(f"{reason}: {line}")
        else:
            kept.append(line)
    if not kept and removed and removed[-1].startswith("headline: "):  # a flash, whose text is its headline
        kept.append(removed.pop().removeprefix("headline: "))
    return kept, removed


def borne_out(shown: list[tuple[Any, str]], text: str, second: str) -> tuple[list[int], list[int]]:
    """(numbers of a page's lines that are its article's, of those between them that are not).

    `shown`: as `placed` gives them; `text`: what an extractor took of the page, `second`: what another one took (skeletons).
    What the first left out is the article's too where it is a list, a quotation or a heading without a name of its own beside
    paragraphs that it took, and either the second took it or it is a sentence without a link.
    """
    lines = [line for _, line in shown]
    own = set(_places(lines, text))
    beside = Counter(_block(shown[n][0]).getparent() for n in own)  # how many paragraphs an element holds
    first, also, unlinked = min(own, default=len(shown)), _places(lines, second), cache(_unlinked)
    for n, (element, line) in enumerate(shown):
        if n in own or (parent := _plainly_in(element)) is None or beside[parent] < 2:
            continue
        if n in also or (n > first and len(line) > _LONG and element.tag != "a" and unlinked(_block(element))):
            own.add(n)
    left = range(min(own, default=0), max(own, default=0))
    return sorted(own), [n for n in left if n not in own and skeleton(lines[n])]


def _block(element: Any) -> Any:
    """The innermost block that an element is, or is in."""
    return next((one for one in (element, *element.iterancestors()) if one.tag in _BLOCKS), element)


def _unlinked(block: Any) -> bool:
    return block.find(".//a") is None


def _plainly_in(element: Any) -> Any:
    """What a list, a quotation or a heading stands in, None for anything else; `element`: what holds a line of it."""
    found = None
    for one in (element, *element.iterancestors()):
        if one.tag in _PARTS and not one.get("class") and not one.get("id"):
            found = one.getparent()
        elif one.tag in _BLOCKS or one.tag == "a":
            break
    return found


def _places(lines: list[str], text: str) -> dict[int, tuple[int, int]]:
    """Where those of a page's lines stand that are in `text` (a skeleton), each as often as there.

    A long line is known by itself, or by its beginning and its end, when something was cut out of it. A short one (a
    menu's word may also stand in the text) counts only where it stands in the text between the long lines that
    surround it on the page.
    """
    marks = [skeleton(line) for line in lines]
    places = _long_places(marks, text)
    following = list(accumulate(reversed(range(len(marks))), lambda after, n: n if n in places else after, initial=-1))
    after = -1  # number of the long line before
    for n, mark in enumerate(marks):
        if n in places:
            after = n
        elif mark and len(mark) < _LONG and after >= 0:
            behind = following[len(marks) - 1 - n]
            low, high = places[after][1], places[behind][0] if behind in places else len(text)
            at = text.find(mark, low, high)
            if at >= 0:
                places[n] = (at, at + len(mark))
                after = n
    return places


def _long_places(marks: list[str], text: str) -> dict[int, tuple[int, int]]:
    """Where in `text` the long ones of `marks` stand, by their number."""
    places: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    looked: dict[str, int] = {}
    for n, mark in enumerate(marks):
        if len(mark) < _LONG:
            continue
        at = _free(text, mark, taken, looked)
        end = at + len(mark)
        if at < 0 and len(mark) > 3 * _LONG:  # its beginning and its end, when something was cut out between
            at = _free(text, mark[:_LONG], taken, looked)
            end = text.find(mark[-_LONG:], at + _LONG, at + len(mark)) + _LONG if at >= 0 else 0
            at = at if end > _LONG else -1
        if at >= 0:
            taken.add(at)
            places[n] = (at, end)
    return places


def _free(text: str, part: str, taken: set[int], looked: dict[str, int]) -> int:
    """The first place of `part` that is not taken. `looked`: up to where there was none; what is taken stays taken."""
    at = text.find(part, looked.get(part, 0))
    while at in taken:
        at = text.find(part, at + 1)
    looked[part] = at if at >= 0 else len(text)
    return at
