"""XML as sites really send it: blank lines before the declaration, gzip in gzip, half a file, HTML instead."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

LIMIT = 64 * 1024 * 1024  # bytes of an unpacked sitemap; the protocol allows 50 MB


def unpacked(body: bytes) -> bytes:
    """A `.xml.gz` sitemap unpacked, up to LIMIT; what is damaged is cut where it breaks."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, LIMIT)
    except zlib.error:
        return b""


def root_of(body: bytes) -> tuple[Any, str]:
    """(root element or None, problem). A document that breaks off gives what could be read of it, and "damaged"."""
    text = unpacked(body).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"<") or text[:400].lower().find(b"<html") >= 0 or text[:15].lower() == b"<!doctype html>":
        return None, "not-xml"
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None, "not-xml"
    if root is None:
        return None, "not-xml"
    fatal = any(entry.level >= etree.ErrorLevels.FATAL for entry in parser.error_log)
    # Stray "&", control characters, a cache plugin's comment after the end: sites that write so always do. Only a
    # document without its end has lost something that another attempt may bring.
    ended = re.search(rb"</(?:[\w.-]+:)?%b\s*>" % re.escape(name(root).encode()), text)
    return root, ("damaged" if fatal and not ended else "")


def name(element: Any) -> str:
    """Local name, "" for what is no element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def text(element: Any, *names: str) -> str:
    """Text of the first child with one of these local names."""
    for wanted in names:
        for child in element:
            if name(child) == wanted and (value := "".join(child.itertext()).strip()):
                return str(value)
    return ""


def when(value: str) -> str:
    """A date of a feed or sitemap (RFC 822, W3C datetime) as ISO 8601 with offset; "" when it is none.

    A day alone, or a time without offset, is left out: an invented one would order articles wrongly.
    """
    try:
        parsed = datetime.fromisoformat(value) if value[:4].isdigit() else parsedate_to_datetime(value)
    except ValueError:
        return ""
    if parsed.tzinfo is None and "-0000" in value:  # RFC 5322: UTC, nothing said about the local time
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.isoformat() if parsed.tzinfo else ""
