"""What stands inside an article's container and is no text of it: boxes, embeds, captions, hidden parts. Pure.

Each function takes such parts out of the tree it is given and returns the log: "reason: text" for each. What has no
text goes without a word, as do scripts and styles, which nobody reads.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from archive import xpaths
from archive.cues import HEADING, LINK, TAGS
from archive.digest import skeleton
from archive.textlines import lines_of

_SILENT = (
    "script", "style", "template", "noscript", "iframe", "object", "embed", "input", "svg", "audio", "video", "canvas", "head",
    "amp-iframe", "amp-ad", "amp-embed", "amp-video", "amp-analytics",
)  # fmt: skip
_CONTROLS = ("button", "select", "textarea")
_FOLDS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "summary", "dt"])  # a button in one of them unfolds what follows
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_HIDDEN_CLASSES = frozenset(["screen-reader-text", "sr-only", "visually-hidden", "visuallyhidden", "assistive-text"])
_CAPTIONS = frozenset(["wp-caption-text", "wp-element-caption", "image-caption", "photo-caption", "caption-text"])
# Elements that may be a caption, a form or hidden: XPath passes over the others faster than Python would.
_MARKED = (
    "descendant::*[self::form or self::figcaption or self::ins or @hidden or @style or contains(@class, 'caption') "
    "or contains(@class, 'reader') or contains(@class, 'sr-only') or contains(@class, 'hidden') "
    "or contains(@class, 'assistive')]"
)
_READ = "descendant::text()[not(parent::script or parent::style or parent::noscript)]"
_LINKED = "descendant::a[not(ancestor::a)]//text()"  # of the outermost: libxml2 merges the texts of nested ones in square time
_HREFS = "descendant::a[@href][not(ancestor::a[@href])]//text()"
_EMBEDS = frozenset((
    "twitter-tweet", "twitter-video", "instagram-media", "tiktok-embed", "fb-post", "fb-video", "fb-xfbml-parse-ignore",
    "wp-embedded-content", "bluesky-embed", "reddit-card", "reddit-embed-bq", "text-post-media", "telegram-post",
))  # fmt: skip
_BOX = re.compile(
    r"(?:^|[-_ ])(?:related|relatedposts|related-?stories|sharedaddy|share|sharing|social|breadcrumbs?|crumbs|addtoany|yarpp|"
    r"newsletter|subscribe|post-?views|views-count|tagcloud|(?:post|entry|article)-?tags?|tags?-links|tags-list|post-meta|"
    r"entry-meta|(?:post|entry)-author|author-?(?:box|bio|info)|about-author|saboxplugin-wrap|"
    r"pp-multiple-authors-boxes-wrapper|comments?|respond|advert(?:isement|s)?|ads|a-rec|"
    r"adsbygoogle|stream-item|e3lan|attribution|read-?also|readmore|also-read|see-also|check-also|"
    r"toc|rating|recirc(?:ulation)?|most-?read|promo|outbrain|taboola|paywall|mc4wp-form|disclaimer|"
    r"item(?:extrafields|contentfooter|datemodified|hits|rating))(?:$|[-_ ])",
    re.I,
)
_BOX_TAGS = frozenset(["div", "section", "aside", "nav", "ul", "ol", "footer", "header", "p", "span", "table", "figure"])
_LISTS = frozenset(["ul", "ol", "div", "section"])
_SHELVES = frozenset(["div", "section", "aside", "ul", "ol", "table", "figure", "header", "footer", "nav", "details", "dl"])
_TABLES = frozenset(["ul", "ol", "table", "dl"])  # Trafilatura leaves out long ones of an article too
_MOST_ANNOUNCED = 40  # links after words that announce other articles; asked of each box in a box, so it must be few
_CUE = 60  # letters of a line that announces
_INLINE = frozenset(["strong", "b", "span"])
_SENTENCE = 60  # letters that no label has
_MUCH = 0.5  # share of a container's letters that no box has
_MOST = 0.6  # share of the container's letters that the copy must have to be believed about the rest


def without_boxes(container: Any) -> list[str]:
    """Remove boxes of related articles, sharing and the like, and what is embedded from elsewhere."""
    size, removed, todo = letters(container), [], list(reversed(container))
    while todo:
        element = todo.pop()
        if not isinstance(element.tag, str):
            continue
        reason = "embed" if _is_embed(element) else "box" if element.tag in _BOX_TAGS and is_box(element) else ""
        if reason and (reason == "embed" or 2 * beside_links(element) < size):
            removed.append(_taken(element, reason))
        else:
            todo += reversed(element)
    return _said(removed)


def boxed(lines: list[tuple[Any, str]]) -> set[tuple[Any, str]]:
    """Those of the lines of a page, each with the element that shows it, that stand in boxes: less than half of them all."""
    inside: dict[Any, list[tuple[Any, str]]] = {}
    for line in lines:
        for one in (line[0], *line[0].iterancestors()):
            if one.tag in _BOX_TAGS:
                inside.setdefault(one, []).append(line)
    whole = sum(len(text) for _, text in lines)
    small = {one: held for one, held in inside.items() if 2 * sum(len(text) for _, text in held) < whole}
    return {line for one, held in small.items() if is_box(one) for line in held}


def announced(container: Any) -> list[str]:
    """Remove lines that announce other articles («اقرأ أيضاً») with what follows them and is links only; the log."""
    removed = []
    for element in list(container.iter("p", "div", "h2", "h3", "h4", "h5", "h6", "strong", "b", "span")):
        text = _short(element)
        if not text or not HEADING.fullmatch(text) or (element.tag in _INLINE and _short(element.getparent()) != text):
            continue
        after = element.getnext()
        if (element.tail or "").strip() or after is None or not _links_only(after):
            continue
        while after is not None and _links_only(after):
            following = after.getnext() if not (after.tail or "").strip() else None
            removed.append(_taken(after, "box"))
            after = following
        removed.append(_taken(element, "box"))
    return _said(removed)


def _short(element: Any) -> str:
    """The text of an element of a few words; "" of one that has more."""
    pieces, size = [], 0
    for text in element.itertext():
        pieces.append(text)
        size += len(text.strip())
        if size > _CUE or len(pieces) > _CUE:
            return ""
    return "".join(pieces).strip()


def _links_only(element: Any) -> bool:
    own = letters(element) if isinstance(element.tag, str) else 0
    return own > 0 and own == (_counted(element, _HREFS) if element.tag != "a" else own)


def unread(container: Any, copy: str, second: str) -> list[str]:
    """Remove boxes of which the reading copy (a skeleton) took no line: Trafilatura knew them for what they are.

    Only whole boxes: a paragraph that it left out stays, and what the second extractor took of lists, tables,
    quotations and sentences without a link. Nothing when the copy lacks so much that its word is doubtful.
    """
    lines = lines_of(container)
    marks = {line: skeleton(line) for line in lines}
    whole = sum(len(marks[line]) for line in lines)
    if sum(len(marks[line]) for line in lines if marks[line] in copy) < _MOST * whole:
        return []
    removed, todo = [], [one for one in reversed(container) if isinstance(one.tag, str)]
    while todo:
        element = todo.pop()
        inner = [marks[line] for line in (lines_of(element) if element.tag in _SHELVES else ()) if marks.get(line)]
        told = f"{copy}\0{second}" if element.tag in _TABLES or _is_text(element, inner) else copy
        absent = [mark not in told for mark in inner]
        if absent and all(absent) and sum(map(len, inner)) < _MUCH * whole:
            removed.append(_taken(element, "box"))
        elif any(absent):
            todo += reversed(element)
    return _said(removed)


def _is_text(element: Any, marks: list[str]) -> bool:
    """May it be text: a figure that shows a quotation instead of an image, or paragraphs of a sentence without a link?"""
    if element.tag == "figure":
        return element.find(".//blockquote") is not None and element.find(".//img") is None
    sentences = element.tag in ("div", "section") and any(len(mark) >= _SENTENCE for mark in marks)
    return sentences and element.find("p") is not None and element.find(".//a") is None


def clean(container: Any) -> list[str]:
    """Remove scripts and what is hidden, captions (they go with their images), forms and advertisements."""
    from lxml import etree

    etree.strip_elements(container, *_SILENT, with_tail=False)
    removed = []
    for one in list(container.iter(*_CONTROLS)):
        if one.getparent() is not None and one.getparent().tag in _FOLDS:
            one.drop_tag()
        else:
            removed.append(_taken(one, "control"))
    marked = container.xpath(_MARKED)
    removed += [_taken(one, "caption") for one in marked if _is_caption(one)]
    doubtful = [one for one in marked if one.tag == "form" or _is_hidden(one) or _is_ad(one)]
    size = len("".join(container.itertext())) if doubtful else 0
    for one in doubtful:
        if 3 * len("".join(one.itertext())) < size:  # else a "show more" fold, or ASP.NET's form around everything
            removed.append(_taken(one, "form" if one.tag == "form" else "hidden"))
    return _said(removed)


def is_box(element: Any) -> bool:
    """By its name, by words that announce other articles, or because it is links only."""
    if element.tag in ("aside", "nav") or _BOX.search(f"{element.get('class') or ''} {element.get('id') or ''}"):
        return True
    links = element.findall(".//a[@href]")
    if 0 < len(links) <= _MOST_ANNOUNCED:
        outside = "".join(element.itertext())
        for link in links:
            outside = outside.replace("".join(link.itertext()), "", 1)
        outside = outside.strip()
        if LINK.fullmatch(outside) or TAGS.fullmatch(outside):
            return True
    own = letters(element) if len(links) > 1 and element.tag in _LISTS else 0
    return own > 0 and own - _counted(element, _HREFS) <= 0.1 * own


def letters(element: Any) -> int:
    """Characters under `element` that are no white space."""
    return len("".join("".join(element.itertext()).split()))


def beside_links(element: Any) -> int:
    """Characters under `element` that are neither links nor scripts."""
    return max(0, _counted(element, _READ) - _counted(element, _LINKED))


def _counted(element: Any, path: str) -> int:
    return len("".join("".join(_texts(path)(element)).split()))


@cache
def _texts(path: str) -> Any:
    """The XPath, whose strings do not know their parents: those are twice as slow."""
    from lxml import etree

    return etree.XPath(path, smart_strings=False)


def link_share(container: Any) -> float:
    """Which share of the characters under `container` is in links."""
    whole = letters(container)
    return min(1.0, sum(letters(one) for one in container.iter("a")) / whole) if whole else 0.0


def pruned(tree: Any, container: Any, paths: tuple[str, ...]) -> list[str]:
    """Remove what a layout's XPaths name, never the container or what it stands in; the log of what was inside it."""
    removed = []
    for path in paths:
        for element in xpaths.found(tree, path):
            if not hasattr(element, "iterancestors") or element is container:
                continue
            if container is None or element not in container.iterancestors():
                inside = container is not None and container in element.iterancestors()
                text = _taken(element, "box")
                removed += [text] if inside else []
    return _said(removed)


def _is_embed(element: Any) -> bool:
    return "class" in element.attrib and not _EMBEDS.isdisjoint(element.get("class").split())


def _is_caption(element: Any) -> bool:
    return element.tag == "figcaption" or ("class" in element.attrib and not _CAPTIONS.isdisjoint(element.get("class").split()))


def _is_hidden(element: Any) -> bool:
    get = element.attrib.get
    if "hidden" in element.attrib or ("style" in element.attrib and _HIDDEN.search(get("style"))):
        return True
    return "class" in element.attrib and not _HIDDEN_CLASSES.isdisjoint(get("class").split())


def _is_ad(element: Any) -> bool:
    """<ins> is also HTML's word for an edit, which is text."""
    names = element.attrib if element.tag == "ins" else {}
    return "adsbygoogle" in names.get("class", "") or any(name.startswith("data-ad") for name in names)


def _taken(element: Any, reason: str) -> str:
    """Take it out; what the log says of it."""
    from lxml import etree

    etree.strip_elements(element, *_SILENT, with_tail=False)
    text = " ".join(lines_of(element))
    if element.getparent() is not None:
        element.drop_tree()
    return f"{reason}: {text}" if text else ""


def _said(removed: list[str]) -> list[str]:
    return [line for line in removed if line]
