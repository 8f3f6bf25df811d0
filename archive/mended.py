"""What damage or custom bent in a page's markup, put right before its body is read. Pure; each function changes the tree.

goes_on     text behind a container that a stray end tag closed too early, as editors leave them
untabled    tables that only place text on the page, as before style sheets
unwrapped   <time>, <label> and the like in a sentence, which Trafilatura leaves out with their words
"""

from __future__ import annotations

from typing import Any

from archive.boxes import beside_links, is_box, letters
from archive.digest import skeleton

_GOES_ON = frozenset((
    "p", "br", "h2", "h3", "h4", "blockquote", "ul", "ol", "b", "strong", "em", "i", "u", "a", "span", "font", "img", "hr",
))  # fmt: skip
_MAY_BE_BOXES = ("p", "span", "ul", "ol")
_PROSE = 40  # letters of a line that no label has
_MOST = 500  # elements behind a container that are looked at
_PLACING = "descendant::td[count(descendant::p) + count(descendant::br) > 2]"  # a cell of a table of figures has one line
_OF_TABLES = ("table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "center")
_IN_SENTENCES = ("time", "label", "bdi", "bdo", "data", "output")


def goes_on(container: Any, second: str) -> list[str]:
    """Move what stands right behind the container, and is text by the second extractor (`second`) too, into it; the log.

    Only what stands there without a wrapper of its own: what a theme puts behind a body has one.
    """
    run: list[Any] = []
    one = container.getnext()
    while one is not None and one.tag in _GOES_ON and len(run) < _MOST and not (one.tag in _MAY_BE_BOXES and is_box(one)):
        run.append(one)
        one = one.getnext()
    if not run and len(container.tail or "") < _PROSE:
        return []
    known = skeleton(second)
    last = max((n for n, one in enumerate(run, 1) if _is_text(one, known)), default=0)
    if not last and not _is_prose(container.tail or "", known):
        return []
    from lxml.html import Element

    end = Element("br")
    end.tail, container.tail = container.tail, None
    for one in (end, *run[:last]):
        container.append(one)
    return ["container: goes on behind a stray end tag"]


def _is_text(element: Any, known: str) -> bool:
    """Is it, or what follows it, a sentence that the second extractor took?"""
    own = _is_prose("".join(element.itertext()), known) and 2 * beside_links(element) > letters(element)
    return own or _is_prose(element.tail or "", known)


def _is_prose(text: str, known: str) -> bool:
    mark = skeleton(text) if len(text) >= _PROSE else ""
    return len(mark) >= _PROSE and mark in known


def untabled(root: Any) -> None:
    """Make blocks of tables and their cells, where one cell holds several lines and most of the text."""
    for cell in root.xpath(_PLACING):
        table = next(cell.iterancestors("table"), None)
        if cell.tag == "td" and table is not None and 2 * letters(cell) > letters(table):
            for one in table.iter(*_OF_TABLES):
                one.tag = "div"
    if root.tag in ("td", "th"):
        root.tag = "div"


def unwrapped(container: Any) -> None:
    """Leave the words of what stands in sentences, without the tags."""
    from lxml import etree

    etree.strip_tags(container, *_IN_SENTENCES)
