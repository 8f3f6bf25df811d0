"""The body of an article: Trafilatura's reading copy, and the faithful text that history compares.

Both come from the same container. The reading copy is Trafilatura's; it drops every ZWNJ and bidi mark and rewrites
spacing, so the faithful text is our own walk over the same elements, letter for letter as the browser gets them.
A page whose container cannot be told is read by Trafilatura as a whole; its faithful text is then the page's own
lines that Trafilatura kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from archive import pictures
from archive.container import find, without_boxes
from archive.digest import skeleton
from archive.outlet import Layout

_NEVER = (  # never text of the article; captions go with their images
    "script", "style", "noscript", "template", "iframe", "object", "embed", "button", "select", "textarea",
    "svg", "math", "audio", "video", "canvas", "figcaption", "ins", "head",
)  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HIDDEN_CLASSES = frozenset(["screen-reader-text", "sr-only", "visually-hidden", "wp-caption-text"])
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dialog", "div", "dl",
    "dt", "fieldset", "figure", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li",
    "main", "menu", "nav", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
))  # fmt: skip
_HTML_SPACE = re.compile("[ \t\r\n\f]+")  # what a browser folds; NBSP, ZWNJ and bidi marks are letters to it
_LONG = 30  # letters of a line that cannot be in Trafilatura's text by chance


@dataclass(frozen=True, slots=True)
class Body:
    """`text`: the reading copy. `faithful`: what digests are taken of. `log`: lines that were removed, and why."""

    text: str
    faithful: str
    container: bool  # False: Trafilatura chose on the whole page
    images: tuple[dict[str, str], ...]
    log: tuple[str, ...]


def body_of(tree: Any, layout: Layout, title: str, url: str) -> Body:
    """Read the body of a page. `tree` (lxml.html) is changed: read everything else first. `url` is for image addresses."""
    container = _container(tree, layout)
    pruned = _prune(tree, container, layout)
    if container is None:
        return _whole_page(tree, layout, title)
    images = _images(container, url)
    boxes = without_boxes(container) if not layout.body else []
    _clean(container)
    faithful = lines_of(container)
    text = _trafilatura(container) or "\n".join(faithful)
    kept, removed = _without(faithful, layout, title)
    copy, _ = _without(text.split("\n"), layout, title)
    return Body("\n".join(copy), "\n".join(kept), True, images, (*pruned, *boxes, *removed))


def lines_of(element: Any) -> list[str]:
    """The text under `element` as lines: a block or <br> ends one. Nothing but HTML white space is folded."""
    pieces: list[str] = []
    for kind, piece in _walk(element):
        pieces.append("\0" if kind else piece)
    lines = (_HTML_SPACE.sub(" ", line).strip(" ") for line in "".join(pieces).split("\0"))
    return [line for line in lines if line]


def _walk(root: Any) -> Iterator[tuple[bool, str]]:
    """(True, "") where a line ends, (False, text) for text, in document order and without recursion."""
    from lxml import etree

    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element.tag in _BLOCKS:
            yield True, ""
        elif element.tag in ("td", "th") and event == "start":
            yield False, " "
        text = element.text if event == "start" else element.tail if element is not root else None
        if text:
            yield False, text.replace("\0", "")


def _container(tree: Any, layout: Layout) -> Any:
    """The element that holds the body, or several of them under one; None when the layout's is not on this page."""
    if not layout.body:
        return find(tree)
    found = [one for one in tree.xpath(layout.body) if isinstance(one.tag, str)]
    inner = [one for one in found if not any(other in found for other in one.iterancestors())]
    if len(inner) < 2:
        return inner[0] if inner else None
    from lxml.html import Element

    joined = Element("div")
    joined.extend(inner)
    return joined


def _prune(tree: Any, container: Any, layout: Layout) -> list[str]:
    """Remove what the layout says; the text of what was in the container, a line each."""
    removed = []
    for path in layout.prune:
        for element in tree.xpath(path):
            if container is not None and element is not container and container in element.iterancestors():
                removed.append(f"box: {' '.join(''.join(element.itertext()).split())[:200]}")
            if element is not container and (container is None or element not in container.iterancestors()):
                _drop(element)
    return [line for line in removed if line != "box: "]


def _clean(container: Any) -> None:
    """Take out of the container what no reader reads as its text."""
    from lxml import etree

    etree.strip_elements(container, *_NEVER, with_tail=False)
    doubtful = [one for one in container.iterdescendants() if one.tag == "form" or _is_hidden(one)]
    size = len("".join(container.itertext())) if doubtful else 0
    for one in doubtful:
        if 3 * len("".join(one.itertext())) < size:  # else a "show more" fold, or ASP.NET's form around everything
            _drop(one)


def _is_hidden(element: Any) -> bool:
    get = element.attrib.get
    if "hidden" in element.attrib or ("style" in element.attrib and _HIDDEN.search(get("style"))):
        return True
    return "class" in element.attrib and not _HIDDEN_CLASSES.isdisjoint(get("class").split())


def _drop(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _trafilatura(container: Any) -> str:
    """Trafilatura's text of the container alone; "" when it finds none."""
    from lxml.html import Element
    from trafilatura import bare_extraction

    page, body = Element("html"), Element("body")
    page.append(body)
    body.append(container)
    return _text_of(bare_extraction(page, include_comments=False, fast=True))


def _text_of(document: Any) -> str:
    return str(document.text) if document is not None and document.text else ""


def _whole_page(tree: Any, layout: Layout, title: str) -> Body:
    from trafilatura import bare_extraction

    text = _text_of(bare_extraction(deepcopy(tree), include_comments=False))
    body = tree.find(".//body")
    if not text or body is None:
        return Body("", "", False, (), ())
    _clean(body)
    kept, removed = _without(_kept_lines(lines_of(body), skeleton(text)), layout, title)
    copy, _ = _without(text.split("\n"), layout, title)
    return Body("\n".join(copy), "\n".join(kept), False, (), removed)


def _kept_lines(lines: list[str], text: str) -> list[str]:
    """The page's lines that are in Trafilatura's `text` (a skeleton), each as often as there.

    A long line is known by itself. A short one (a menu's word may also stand in the text) counts only where it
    stands in the text between the long lines that surround it on the page.
    """
    marks = [skeleton(line) for line in lines]
    places: dict[int, tuple[int, int]] = {}
    taken: set[int] = set()
    for n, mark in enumerate(marks):
        at = text.find(mark) if len(mark) >= _LONG else -1
        while at in taken:
            at = text.find(mark, at + 1)
        if at >= 0:
            taken.add(at)
            places[n] = (at, at + len(mark))
    after = -1  # number of the long line before
    for n, mark in enumerate(marks):
        if n in places and len(mark) >= _LONG:
            after = n
        elif mark and len(mark) < _LONG and after >= 0:
            following = next((m for m in range(n + 1, len(marks)) if m in places), -1)
            low, high = places[after][1], places[following][0] if following >= 0 else len(text)
            at = text.find(mark, low, high)
            if at >= 0:
                places[n] = (at, at + len(mark))
                after = n
    return [lines[n] for n in sorted(places)]


def _without(lines: list[str], layout: Layout, title: str) -> tuple[list[str], tuple[str, ...]]:
    """`lines` without those the layout drops and a headline repeated on top; and what was removed."""
    rules = [re.compile(pattern) for pattern in layout.drop_lines]
    kept: list[str] = []
    removed: list[str] = []
    for line in lines:
        plain = line.removeprefix("- ").strip()
        headline = not kept and title and skeleton(line) == skeleton(title)
        if headline or any(rule.fullmatch(plain) for rule in rules):
            removed.append(line)
        else:
            kept.append(line)
    return kept, tuple(removed)


def _images(container: Any, url: str) -> tuple[dict[str, str], ...]:
    """Addresses and captions of the images in the body, each once, in order; placeholders of lazy loaders left out."""
    from archive.address import absolute

    found: dict[str, str] = {}
    for image in container.iter("img"):
        source = pictures.source(dict(image.attrib))
        if not source:
            continue
        try:
            found.setdefault(absolute(url, source), _caption(image))
        except ValueError:  # not an address at all
            continue
    return tuple({"url": address, "caption": caption} for address, caption in found.items())


def _caption(image: Any) -> str:
    for frame in image.iterancestors("figure", "div"):
        if frame.tag == "figure" or "wp-caption" in (frame.get("class") or "").split():
            texts = frame.xpath(".//figcaption | .//*[contains(@class, 'wp-caption-text')]")
            return " ".join("".join(texts[0].itertext()).split()) if texts else ""
    return ""
