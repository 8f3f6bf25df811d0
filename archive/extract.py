"""The body of an article: Trafilatura's reading copy, and the faithful text that history compares.

Both come from the same container, after the same boxes were cut out of it. The reading copy is Trafilatura's; it drops
every ZWNJ and bidi mark and rewrites spacing, so the faithful text is our own walk over the same elements, letter for
letter as the browser gets them. A page whose container cannot be told is read by Trafilatura as a whole; its faithful
text is then the page's own lines that Trafilatura kept. A page may also print its text for programs (JSON-LD's
articleBody): where that says that the container is the wrong one, the element that holds it is read instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from archive import agreement, boxes, mended, pictures, xpaths
from archive.container import find, holding, parts
from archive.digest import skeleton, tokens
from archive.outlet import Layout
from archive.shape import shape_of
from archive.textlines import borne_out, lines_of, placed, without

__all__ = ["Body", "body_of", "lines_of"]

_LOST = 0.6  # share of articleBody that a body must have, or its container is the wrong one
_WHOLE = 0.5  # share of the second extractor's text that articleBody must have, or it is an excerpt or another's
_SURE = 0.6  # agreement with the second extractor from which Trafilatura's first thought is its last
_NESTED = 300_000  # on such a page, real ones stay under 60,000, Trafilatura is not asked for second thoughts: half a minute
_HOPELESS = 1_000_000  # nor for its first: ten seconds
_FEW = 1_000  # elements: deeper than 256 no page is nested (archive.markup)
_TEXT = 50  # words of an articleBody that can overrule a container
_SHORTER = 1.5  # times as long as what the page shows must be what it prints for programs, to stand for the text


@dataclass(frozen=True, slots=True)
class Body:
    """`text`: the reading copy. `faithful`: what digests are taken of. `log`: "reason: text" of all that was removed."""

    text: str
    faithful: str
    container: bool  # the layout's own was found; False: Trafilatura chose on the whole page, or another was taken
    images: tuple[dict[str, str], ...]
    log: tuple[str, ...]
    shape: str = ""  # archive.shape
    checks: dict[str, float] = field(default_factory=dict)  # archive.agreement


def body_of(tree: Any, layout: Layout, title: str, url: str, said: Sequence[str] = ()) -> Body:
    """Read the body of a page. `tree` (lxml.html) is changed: read everything else first.

    `url` is for image addresses; `said`: the lines of the page's own articleBody (archive.agreement), if it prints one.
    """
    from lxml import etree

    etree.strip_elements(tree, "script", "style", with_tail=False)
    container = _container(tree, layout)
    second = agreement.second(tree)
    shape = shape_of(container, tree)
    named = container is not None
    words, log = tokens("\n".join(said)), []
    known = list(said) if len(words) >= _TEXT and agreement.share_of(tokens(second), words) >= _WHOLE else []
    if known and (container is None or agreement.share_of(words, tokens("\n".join(lines_of(container)))) < _LOST):
        other = holding(tree, known)
        if other is not None and other is not container:
            log.append(f"container: {'another holds' if named else 'the element that holds'} the page's own articleBody")
            container = other
            named = not layout.body
    if container is not None:
        log += mended.goes_on(container, second)
    pruned = boxes.pruned(tree, container, layout.prune)
    mended.untabled(tree if container is None else container)
    body = _whole_page(tree, layout, title, second) if container is None else _contained(container, layout, title, url, second)
    if known and _is_teaser(body.faithful, words):
        kept, removed = without(known, layout.drop_lines, title)
        log.append("body: articleBody, of which the page shows a part only")
        body = Body("\n".join(kept), "\n".join(kept), False, body.images, tuple(removed))
        named = False
    checks = agreement.checks(body.faithful, article_body="\n".join(said), second=second, links=body.checks.get("links"))
    return Body(body.text, body.faithful, named and body.container, body.images, (*log, *pruned, *body.log), shape, checks)


def _is_teaser(body: str, words: list[str]) -> bool:
    """Is what the page shows a small part of what it prints for programs?"""
    own = tokens(body)
    return len(words) >= _SHORTER * len(own) and agreement.share_of(words, own) < _LOST


def _container(tree: Any, layout: Layout) -> Any:
    """The element that holds the body, or several of them under one; None when the layout's is not on this page."""
    if not layout.body:
        known = find(tree)
        return None if known is None else _joined(parts(known))
    found = [one for one in xpaths.found(tree, layout.body) if isinstance(one.tag, str)]
    return _joined(xpaths.outermost(found))


def _joined(inner: list[Any]) -> Any:
    """Elements as one, None for none."""
    if len(inner) < 2:
        return inner[0] if inner else None
    from lxml.html import Element

    joined = Element("div")
    if len(names := {one.get("class") for one in inner}) == 1 and (name := names.pop()):
        joined.set("class", name)
    inner[0].addprevious(joined)  # where the first stood, so that the way up to it still tells the template
    joined.tail = None
    joined.extend(inner)
    for one in inner:  # or Trafilatura would take the first of the name for all of it
        for key in ("class", "id", "itemprop"):
            one.attrib.pop(key, None)
    return joined


def _contained(container: Any, layout: Layout, title: str, url: str, second: str) -> Body:
    """The body of a page whose container is known."""
    images = _images(container, url)
    mended.unwrapped(container)
    log = boxes.without_boxes(container) + boxes.announced(container) + boxes.clean(container)
    links = boxes.link_share(container)
    text = _trafilatura(container)
    if text and not layout.body:
        log += boxes.unread(container, skeleton(text), skeleton(second))
    faithful = lines_of(container)
    kept, removed = without(faithful, layout.drop_lines, title)
    copy, _ = without(text.split("\n") if text else faithful, layout.drop_lines, title)
    gone = {skeleton(line) for line in faithful} - {skeleton(line) for line in kept}
    copy = [line for line in copy if skeleton(line) not in gone]
    lacks = _lacking(kept, copy)
    return Body("\n".join(copy), "\n".join(kept), True, images, (*log, *removed, *lacks), checks={"links": links})


def _lacking(faithful: list[str], copy: list[str]) -> list[str]:
    """Lines that Trafilatura left out of the reading copy, for the log."""
    same, text = set(copy), skeleton("".join(copy))
    return [f"copy: {line}" for line in faithful if line not in same and skeleton(line) not in text]


def _trafilatura(container: Any) -> str:
    """Trafilatura's text of the container alone; "" when it finds none."""
    from lxml.html import Element
    from trafilatura import bare_extraction

    page, body = Element("html"), Element("body")
    page.append(body)
    body.append(container)
    return _text_of(bare_extraction(page, include_comments=False, fast=True))


def nesting(tree: Any) -> int:
    """Elements counted once for each element that they stand in, 0 for a page of few: what asking each for its text costs."""
    from lxml import etree

    if tree.xpath("count(//*)") < _FEW:
        return 0
    depth = total = 0
    for event, _ in etree.iterwalk(tree, events=("start", "end")):
        depth += 1 if event == "start" else -1
        total += depth if event == "start" else 0
    return total


def _text_of(document: Any) -> str:
    return str(document.text) if document is not None and document.text else ""


def _whole_page(tree: Any, layout: Layout, title: str, second: str) -> Body:
    """The body of a page of which no container is known. Trafilatura's own second thoughts cost as much as all the rest:
    they are asked for where another extractor read something else."""
    from trafilatura import bare_extraction

    nested = nesting(tree)
    text = _text_of(bare_extraction(tree, include_comments=False, fast=True)) if nested < _HOPELESS else second
    if agreement.between(text, second) < _SURE and nested < _NESTED:
        text = _text_of(bare_extraction(tree, include_comments=False))
    body = tree.find(".//body")
    if not text or body is None:
        return Body("", "", False, (), ())
    boxes.clean(body)
    shown = placed(body)
    marks = skeleton(text), skeleton(second)
    own, left = borne_out(shown, *marks)
    boxed = boxes.boxed([shown[n] for n in own])
    log = [f"box: {one[1]}" for one in shown if one in boxed]
    texts = {line for _, line in boxed}
    if any(one[1] in texts and one not in boxed for one in shown if boxed):  # a table of contents has the text's headings
        shown = [one for one in shown if one not in boxed]
        own, left = borne_out(shown, *marks)
    own = [n for n in own if shown[n] not in boxed]
    log += [f"unread: {shown[n][1]}" for n in left]
    kept, removed = without([shown[n][1] for n in own], layout.drop_lines, title)
    copy, _ = without(text.split("\n"), layout.drop_lines, title)
    gone = texts - set(kept)
    copy = [line for line in copy if line not in gone]
    return Body("\n".join(copy), "\n".join(kept), False, (), (*log, *removed, *_lacking(kept, copy)))


def _images(container: Any, url: str) -> tuple[dict[str, str], ...]:
    """The images in the body with what is said of them, each once, in order; placeholders of lazy loaders left out."""
    from archive.address import absolute
    from archive.metadata.captions import described

    found: dict[str, dict[str, str]] = {}
    for image in container.iter("img", "amp-img"):
        source = pictures.source(dict(image.attrib))
        if not source:
            continue
        try:
            found.setdefault(absolute(url, source), described(image))
        except ValueError:  # not an address at all
            continue
    return tuple({"url": address, **said} for address, said in found.items())
