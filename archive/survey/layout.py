"""A layout, when the markup of several article pages makes the body's container plain. Pure.

Plain is: on every page the container that `archive.container` finds has the same name (`itemprop=articleBody`, or the
same class or id), nothing else on the page has that name, it holds no boxes, and list pages do not have it. Anything
less is left to the generic reading, which needs no layout.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from archive import container
from archive.outlet import Layout
from archive.rules import GENERIC
from archive.survey.documents import Document, tree_of

_NAME = re.compile(r"[A-Za-z][\w-]*")
_STYLE = re.compile(r"^(?:clearfix|clear|row|col|container|wrap(?:per)?|has-|is-|align|wp-block-group|mt-|mb-|p-|m-|text-)")


def plain(articles: Sequence[Document], lists: Sequence[Document]) -> tuple[Layout | None, str]:
    """(the layout or None, why)."""
    trees = [tree for one in articles if (tree := tree_of(one)) is not None]
    if len(trees) < 2:
        return None, f"{len(trees)} article pages were seen, too few to tell"
    found = [container.find(tree) for tree in trees]
    if any(one is None for one in found):
        return None, "no container of the body is sure on every article page"
    if any(container.without_boxes(deepcopy(one)) for one in found):
        return None, "the body's container holds boxes of other things too, which the generic reading cuts out"
    front = [tree for one in lists if (tree := tree_of(one)) is not None]
    for path in _names(found[0]):
        hits = [tree.xpath(path) for tree in trees]
        alone = all(len(hit) == 1 and hit[0] is one for hit, one in zip(hits, found, strict=True))
        if alone and not any(tree.xpath(path) for tree in front):
            return _layout(path), f"the only such element on each of {len(trees)} article pages, and on no list page"
    return None, "the body's container has no name that only it has"


def _names(element: Any) -> Iterator[str]:
    if "articleBody" in (element.get("itemprop") or "").split():
        yield "//*[@itemprop='articleBody']"
    for word in (element.get("class") or "").split():
        if _NAME.fullmatch(word) and not re.search(r"\d{2,}", word) and not _STYLE.search(word):
            yield f"//*[contains(concat(' ', normalize-space(@class), ' '), ' {word} ')]"
    if _NAME.fullmatch(element.get("id") or "") and not re.search(r"\d", element.get("id")):
        yield f"//*[@id='{element.get('id')}']"


def _layout(path: str) -> Layout:
    """`match` alone: a page without the container stays unread until a person looks, as after a redesign. The body is left
    to the generic reading: it takes the same container, and cuts out boxes that the pages seen here did not have."""
    return Layout(name="surveyed", match=path, drop_lines=GENERIC.drop_lines)
