"""Looking through a page's tags without making a tree of it: a millisecond for 100 KB, whatever the page. Pure.

For the spider, which must know what to ask for next. What a reader reads is read from the tree (archive.extract).
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator

from archive import charset
from archive.container import NAMES
from archive.errors import BadRecord

MOST = 2_000_000  # characters of a page that are looked at
LONG = 8000  # letters of a tag, a caption, a list of addresses that are looked at
_LEAST = 40  # letters that make a container more than an empty shell

_RAW = re.compile(r"<(?:!--|(script|style|template|svg|textarea|title)\b)")  # in lower case
_REST = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*+>""")  # possessive: a quote that never ends costs one look
_ATTRIBUTE = re.compile(r"""(?<![^\s"'/])([^\s"'=<>/]++)\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.A)
_CLASSES = re.compile(r"""class\s*=\s*("[^"<>]*"|'[^'<>]*'|[^\s"'<>]+)""", re.A)
_ITEMPROP = re.compile(r"""itemprop\s*=\s*["']?[^"'<>]{0,80}articlebody""")
_NAME = re.compile(r"<([a-z][a-z0-9]*)\b", re.I)
_TAG = re.compile(r"<[^<>]*>")


def octets(html: bytes | str) -> str:
    """A page (or its text) in UTF-8, each octet as one letter: text with nothing wider than ASCII is looked through fastest.

    `said` gives back what was written. Only addresses and captions are read so: a wrong letter in a caption is no harm.
    """
    text = html if isinstance(html, str) else _decoded(html)
    return text[:MOST].encode("utf-8", "replace").decode("latin-1")


def _decoded(html: bytes) -> str:
    try:
        return charset.decode(html, "").text
    except BadRecord:
        return html.decode("utf-8", "replace")


def said(octets: str) -> str:
    """What some of `octets` is written for: letters, entities resolved."""
    return entities.unescape(octets.encode("latin-1").decode("utf-8", "replace"))


def _low(octets: str) -> str:
    """In small letters, as far as they are ASCII: what tags are made of. On bytes, which is ten times as fast."""
    return octets.encode("latin-1").lower().decode("latin-1")


def without_raw(text: str) -> str:
    """The page without comments and what stands in scripts and the like, where a tag is no tag; their own tags stay.

    One that never ends hides the rest.
    """
    low, kept, at = _low(text), [], 0
    while (found := _RAW.search(low, at)) is not None:
        rest = _REST.match(text, found.end()) if found[1] else None
        kept.append(text[at : rest.end() if rest else found.start()])
        end = low.find(f"</{found[1]}" if found[1] else "-->", found.end())
        if end < 0:
            return "".join(kept)
        at = end + (2 if found[1] else 3)
    return "".join((*kept, text[at:]))


def text_of(octets: str) -> str:
    """The text between tags, in one line."""
    return " ".join(said(_TAG.sub("", octets)).split())


def tags(text: str, wanted: re.Pattern[str], start: int, end: int) -> Iterator[tuple[str, dict[str, str], int]]:
    """(name, attributes, place behind it) of the tags that begin like `wanted`."""
    while (found := wanted.search(text, start, end)) is not None:
        rest = _REST.match(text, found.end())
        if rest is None:  # a tag without an end: a browser drops what is left
            return
        yield found[0][1:].lower(), _attributes(rest[0]), rest.end()
        start = rest.end()


def _attributes(inner: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, *values in _ATTRIBUTE.findall(inner):
        found.setdefault(name.lower(), said("".join(values)))
    return found


def region(text: str) -> tuple[int, int]:
    """Where the article's body begins and ends: its container by name, else <article>, else <main>; empty for neither."""
    low = _low(text)
    if found := _largest(text, [_opened(low, one.start()) for one in _ITEMPROP.finditer(low)]):
        return found
    values = {value: value.strip("\"'").split() for value in set(_CLASSES.findall(low))}
    for names in NAMES:
        named = {value for value, words in values.items() if not names.isdisjoint(words)}
        starts = [_opened(low, one.start()) for one in _CLASSES.finditer(low) if one[1] in named] if named else []
        if found := _largest(text, starts):
            return found
    for name in ("article", "main"):
        if found := _largest(text, [one.start() for one in re.finditer(rf"<{name}\b", low)]):
            return found
    return 0, 0


def _opened(text: str, inside: int) -> int:
    """Where the tag begins that has an attribute there; -1 for none."""
    start = text.rfind("<", max(0, inside - LONG), inside)
    return -1 if start < 0 or text.find(">", start, inside) >= 0 else start


def _largest(text: str, starts: list[int]) -> tuple[int, int] | None:
    """The longest of the elements that begin there and say something; inner ones are passed over."""
    best: tuple[int, int] | None = None
    behind = -1
    for start in starts:
        if start < behind:
            continue
        behind = _end(text, start)
        letters = len("".join(_TAG.sub("", text[start:behind]).split()))
        if letters >= _LEAST and (best is None or behind - start > best[1] - best[0]):
            best = start, behind
    return best


def _end(text: str, start: int) -> int:
    """Where the element that begins at `start` ends, or the page when it is never closed."""
    name = _NAME.match(text, start)
    if name is None or name[1].lower() in ("body", "html", "meta", "img", "link", "input"):
        return start
    depth = 0
    for tag in re.compile(rf"<(/?){name[1]}\b", re.I).finditer(text, start):
        depth += -1 if tag[1] else 1
        if depth == 0:
            return tag.start()
    return len(text)
