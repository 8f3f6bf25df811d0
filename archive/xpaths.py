"""XPaths of outlet files on pages of strangers: the same answer as libxml2 gives, without its square time. Pure.

Where a path takes a step downwards twice (`//div//p`), libxml2 goes down from every element that the first step found and looks
for each thing found among all found before: on 40,000 nested elements that takes hours. All that is below an element is also
below the outermost of those that hold it, so only the outermost are gone down from.
"""

from __future__ import annotations

import re
from typing import Any

_OPENING, _CLOSING = "([", ")]"
_INDEXED = re.compile(r"\((?P<path>.+)\)\[(?P<n>\d+)\]", re.S)
_DOWN = re.compile(r"/descendant(?:-or-self)?::(?=[\w*])")
_COUNTS = re.compile(r"\[\s*\d|position\s*\(|last\s*\(")  # what depends on which element was gone down from


def found(tree: Any, path: str) -> Any:
    """What `path` finds on a page (lxml.html), as `tree.xpath(path)` gives it."""
    if (indexed := _INDEXED.fullmatch(path.strip())) and _parts(indexed["path"]) is not None:
        chosen = found(tree, indexed["path"])
        return chosen[int(indexed["n"]) - 1 : int(indexed["n"])] if isinstance(chosen, list) and indexed["n"] != "0" else []
    parts = _parts(path)
    if parts is None or len(parts) < 2:
        return tree.xpath(path)
    contexts = tree.xpath(parts[0])
    for step in parts[1:]:
        if not isinstance(contexts, list) or not all(hasattr(one, "xpath") for one in contexts):
            return tree.xpath(path)
        contexts = [one for context in outermost(contexts) for one in context.xpath(f".{step}")]
    return contexts


def outermost(elements: list[Any]) -> list[Any]:
    """Those that none of the others holds, in their order (document order, as XPath gives them)."""
    every = set(elements)
    return [one for one in elements if not any(above in every for above in one.iterancestors())]


def _parts(path: str) -> list[str] | None:
    """`path` cut before each step that goes down, but for the first; None for a union, or what is unbalanced."""
    depth, quote, at, cuts = 0, "", 0, []
    while at < len(path):
        char = path[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in _OPENING or char in _CLOSING:
            depth += 1 if char in _OPENING else -1
        elif depth == 0 and (char == "|" or depth < 0):
            return None
        elif depth == 0 and at and (path.startswith("//", at) or _goes_down(path, at)):
            cuts.append(at)
            at += 1
        if depth < 0:
            return None
        at += 1
    return [path[start:end] for start, end in zip([0, *cuts], [*cuts, len(path)], strict=True)]


def _goes_down(path: str, at: int) -> bool:
    return _DOWN.match(path, at) is not None and not _COUNTS.search(path, at)
