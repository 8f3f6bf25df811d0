"""A page's tree, whatever the page: hostile ones are bounded before the parser sees them. Pure.

libxml2 ends a document without a word where it is nested more than 255 deep, and takes time that grows with the square of an
element's attributes. So what is nested deeper loses its tags and keeps its text, and attributes beyond the 200th go. What is
larger than any article is TooLarge: nothing is ever cut off in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from archive.errors import BadRecord

LARGEST = 16 << 20  # bytes of a page; the largest of 412 real ones has a seventh. A gzip bomb unpacks to more
MOST_TAGS = 40_000  # of a page; the largest of 412 real ones has 7,800
MOST_TEXT = 1_000_000  # characters between tags, scripts and styles left out; a long book has three times as many
DEEPEST = 200  # elements one in another that keep their tags; of those pages the deepest has 56
MOST_ATTRIBUTES = 200
_WORTH_A_LOOK = 150_000  # characters: in fewer no element can have attributes enough to cost two seconds

_NOT_XML = re.compile("[\x01-\x08\x0b\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]+")  # Trafilatura gives up on these
_CONTROLS = bytes((*range(9), 0x0B, *range(0x0E, 0x20)))
_ODD = (b"\xef\xb7", b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # in UTF-8, how U+FDD0 to FDEF begin, U+FFFE, U+FFFF
_NOT_XML_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[1245-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[\da-fA-F]|[dD][89a-fA-F][\da-fA-F]{2}|[fF]{3}[eEfF]));"
)
_BEGIN = re.compile(r"<(?:!--|(?P<raw>script|style|textarea|title)(?=[\s/>])|(?P<end>/)?(?P<name>[a-zA-Z][^\s/>]*+))", re.I)
_REST = re.compile(r"""(?:[^>"']++|"[^"]*+"|'[^']*+')*+>""")
_ANY_TAG = re.compile(r"""<[a-zA-Z](?:[^>"']++|"[^"]*+"|'[^']*+')*+(?:>|["']|\Z)""")
_ATTRIBUTE = re.compile(r"""[\s/]*+([^\s"'=<>/]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'>]*+))?+|["'=<])""")
_TEXTS = "descendant::text()[not(parent::script or parent::style)]"  # that axis comes in order: // would be sorted, in n²
_VOID = frozenset((
    "area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta", "param",
    "source", "track", "wbr",
))  # fmt: skip
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd", "label",
    "mark", "nobr", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u",
    "var",
))  # fmt: skip
# An end tag closes nothing beyond an element that outranks its own (libxml2's htmlEndPriority); 100 for all others.
_RANK = {
    "div": 150, "td": 160, "th": 160, "tr": 170, "thead": 180, "tbody": 180, "tfoot": 180, "table": 190, "head": 200,
    "body": 200, "html": 220,
}  # fmt: skip
_CLOSES_ITSELF = frozenset(("p", "li", "dt", "dd", "tr", "td", "th", "option"))  # when another of them begins


class TooLarge(BadRecord):
    """A body that no article has."""


def tree_of(text: str) -> Any:
    """The page `text` as a tree (lxml.html), None when it is blank; TooLarge, or BadRecord when it is no HTML at all.

    Whoever asks has asked `not_too_large` before.
    """
    text = _NOT_XML_REFERENCE.sub("", _xml(text.replace("\f", " ").replace("\0", "")))
    if not text.strip():
        return None
    if len(text) > _WORTH_A_LOOK and any(_crowded(tag[0]) for tag in _ANY_TAG.finditer(text)):
        text = _with_fewer_attributes(text)
    tree, whole = _parsed(text)
    if not whole:
        tree, whole = _parsed(flat(text))
    if not whole:
        raise TooLarge("more than the parser takes: ten million bytes of one text or attribute, or nested too deep")
    if len(text) > MOST_TEXT and (size := sum(map(len, tree.xpath(_TEXTS)))) > MOST_TEXT:
        raise TooLarge(f"{size} characters of text")
    return tree


def _xml(text: str) -> str:
    """`text` without what XML has no letter for. Few pages have any, and octets are looked through ten times as fast."""
    try:
        data = text.encode("utf-8")
    except UnicodeEncodeError:  # surrogates
        return _NOT_XML.sub("", text)
    odd = len(data.translate(None, _CONTROLS)) < len(data) or any(octets in data for octets in _ODD)
    return _NOT_XML.sub("", text) if odd else text


def _crowded(tag: str) -> bool:
    return (
        len(tag) >= 2 * MOST_ATTRIBUTES and sum(1 for _ in islice(_ATTRIBUTE.finditer(tag), MOST_ATTRIBUTES)) >= MOST_ATTRIBUTES
    )


def _parsed(text: str) -> tuple[Any, bool]:
    """The tree, and whether the parser came to the end of the page."""
    from lxml import etree, html

    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)  # as Trafilatura's
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        if _stopped(parser):
            return None, False
        raise BadRecord(f"no HTML: {error}") from error
    return tree, not _stopped(parser)


def _stopped(parser: Any) -> bool:
    from lxml import etree

    last = parser.error_log.last_error
    return last is not None and last.type in (etree.ErrorTypes.ERR_RESOURCE_LIMIT, etree.ErrorTypes.ERR_NO_MEMORY)


def not_too_large(data: bytes) -> None:
    """TooLarge when the octets of a page, in whatever charset, are more than any article's, or its tags."""
    if len(data) > LARGEST:
        raise TooLarge(f"{len(data)} bytes")
    tags = data.count(b"<")
    if tags > MOST_TAGS:
        raise TooLarge(f"{tags} tags")


def _tags(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """(beginning, place behind it) of each tag, comment, and element in which a tag is no tag, up to one that never ends."""
    at = 0
    while (tag := _BEGIN.search(text, at)) is not None:
        rest = None if tag["name"] is None and not tag["raw"] else _REST.match(text, tag.end())
        if rest is None and (tag["name"] or tag["raw"]):
            return
        at = rest.end() if rest is not None and tag["name"] else _behind_raw(text, tag)
        yield tag, at


def _with_fewer_attributes(text: str) -> str:
    pieces, at = [], 0
    for tag, end in _tags(text):
        if tag["name"] and end - tag.start() >= 2 * MOST_ATTRIBUTES:
            inner, kept = tag.end(), 0
            while kept < MOST_ATTRIBUTES and (found := _ATTRIBUTE.match(text, inner, end)):
                inner, kept = found.end(), kept + 1
            if kept == MOST_ATTRIBUTES:
                pieces += [text[at:inner], ">"]
                at = end
    return "".join((*pieces, text[at:]))


def flat(text: str) -> str:
    """`text` without the tags that are nested more than `DEEPEST` deep; in the place of a block stands a line's end."""
    kept: list[str] = []  # elements that are open
    beyond: dict[str, int] = {}  # open too, but without their tags
    pieces, at = [], 0
    for tag, end in _tags(text):
        pieces += [text[at : tag.start()], _flat_tag(text[tag.start() : end], tag, kept, beyond)]
        at = end
    return "".join((*pieces, text[at:]))


def _flat_tag(whole: str, tag: re.Match[str], kept: list[str], beyond: dict[str, int]) -> str:
    """What stands in the place of a tag, itself or nothing much."""
    if tag["name"] is None:
        return whole
    name = tag["name"].lower()
    if name in _VOID:
        return whole
    if tag["end"]:
        return _closed(name, kept, beyond)
    if kept and kept[-1] == name and name in _CLOSES_ITSELF:
        return whole
    if kept and kept[-1] == "p" and name not in _INLINE:
        kept.pop()
    if len(kept) < DEEPEST:
        kept.append(name)
        return whole
    beyond[name] = beyond.get(name, 0) + 1
    return "" if name in _INLINE else "<br>"


def _closed(name: str, kept: list[str], beyond: dict[str, int]) -> str:
    """What stands in the place of an end tag."""
    if beyond.get(name):
        beyond[name] -= 1
        return "" if name in _INLINE else "<br>"
    for open_ in reversed(kept):
        if open_ == name:
            while kept.pop() != name:
                pass
            break
        if _RANK.get(open_, 100) > _RANK.get(name, 100):
            break
    return f"</{name}>"


def _behind_raw(text: str, tag: re.Match[str]) -> int:
    """Where a comment or an element ends in which a tag is no tag; the page's end when it is never closed."""
    if tag["raw"]:
        end = re.compile(rf"</{tag['raw']}[\s/>]", re.I).search(text, tag.end())
        return len(text) if end is None else end.start()
    end_of_comment = text.find("-->", tag.start() + 4)
    return len(text) if end_of_comment < 0 else end_of_comment + 3
