"""Which character set a page is written in, when header, meta element and bytes disagree. Pure.

Valid UTF-8 wins over every declaration: Arabic text in another charset is practically never valid UTF-8 by chance.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from archive.errors import BadRecord

_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.I)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]+)", re.I)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEAD = 4096  # bytes in which a meta element is looked for
_HTML_LABELS = {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}  # WHATWG Encoding §4.2
_ARABIC = re.compile("[\u0621-\u064a]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's text, the charset (Python's name) it was read in, and what decided so."""

    text: str
    charset: str
    by: str  # bom, bytes, header, meta, guess; damaged: UTF-8 but for a few octets, which stand as U+FFFD
    declared: tuple[str, ...]  # what header and meta said, in this order, lower case


def decode(body: bytes, content_type: str) -> Decoded:
    """The text of an HTML page; BadRecord when it is neither UTF-8 for the most part nor free of errors in another charset."""
    header, meta = _HEADER.search(content_type), _META.search(body[:_HEAD])
    declared = tuple(label.lower() for label in (header and header[1], meta and meta[1].decode("ascii")) if label)
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return Decoded(_strictly(body, charset), charset, "bom", declared)
    try:
        return Decoded(body.decode("utf-8"), "utf-8", "bytes", declared)
    except UnicodeDecodeError:
        if _damaged_utf8(body):
            return Decoded(body.decode("utf-8", "replace"), "utf-8", "damaged", declared)
    for label, by in ((header and header[1], "header"), (meta and meta[1].decode("ascii"), "meta")):
        charset = _python_name(label)
        if charset and charset != "utf-8":
            return Decoded(_strictly(body, charset), charset, by, declared)
    guess = body.decode("cp1256")
    if _looks_arabic(guess):
        return Decoded(guess, "cp1256", "guess", declared)
    raise BadRecord("neither UTF-8 nor the charset that the page declares")


def _strictly(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        raise BadRecord(f"not {charset}: {error.reason} at byte {error.start}") from error


def _damaged_utf8(body: bytes) -> bool:
    """UTF-8 all the same, but for a few bytes: most of what is not ASCII decodes."""
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return wrong * 5 < sum(1 for char in text if char > "\x7f")


def _python_name(label: str | None) -> str:
    """The codec of a charset label, "" for one that Python does not know."""
    label = (label or "").lower()
    try:
        return codecs.lookup(_HTML_LABELS.get(label, label)).name if label else ""
    except LookupError:
        return ""


def _looks_arabic(text: str) -> bool:
    return 2 * len(_ARABIC.findall(text)) > sum(1 for char in text if char > "\x7f")
