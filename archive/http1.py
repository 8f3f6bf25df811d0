"""HTTP/1.1 messages as they came over the wire (RFC 9112): parsed leniently, never rewritten.

    raw bytes ──parse_head──► Head ──payload──► transfer-decoded ──body──► content-decoded

What browsers and Scrapy accept is accepted: bare LF, folded lines, header lines without a colon (skipped),
interim 1xx responses before the final one. A message that breaks off gives what had arrived.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive import codings
from archive.errors import BadRecord

LIMIT = 64 * 1024 * 1024  # bytes of a content-decoded body; a gzip bomb ends here
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"HTTP/\d\.\d (\d{3})(?: (.*))?")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,16})[^\n]*\n")
_BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and header fields of the final response, names and values as sent."""

    status: int
    reason: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body_at: int  # where the body begins
    begins_at: int = 0  # where the status line begins: interim responses stand before it

    def all(self, name: bytes) -> list[bytes]:
        """Every value of the field `name` (lower case), in order."""
        return [value for key, value in self.headers if key.lower() == name]

    def tokens(self, name: bytes) -> list[bytes]:
        """The members of a list field, lower case (RFC 9110 §5.6.1)."""
        return [token.strip().lower() for value in self.all(name) for token in value.split(b",") if token.strip()]

    @property
    def chunked(self) -> bool:
        return b"chunked" in self.tokens(b"transfer-encoding")


def parse_head(raw: bytes) -> Head:
    """The head of the final response in `raw`; BadRecord when it is no HTTP/1 response or breaks off before its end."""
    at = 0
    while True:
        end = _END_OF_HEAD.search(raw, at)
        if end is None:
            raise BadRecord("the response breaks off before the end of its head")
        first, *rest = raw[at : end.start()].split(b"\n")
        status = _STATUS.fullmatch(first.removesuffix(b"\r"))
        if status is None:
            raise BadRecord(f"no HTTP/1 status line: {first[:60]!r}")
        code = int(status[1])
        if not 100 <= code < 200 or code == 101:
            return Head(code, status[2] or b"", _fields(rest), end.end(), at)
        at = end.end()


def _fields(lines: list[bytes]) -> tuple[tuple[bytes, bytes], ...]:
    unfolded: list[bytes] = []
    for line in (one.removesuffix(b"\r") for one in lines):
        if line[:1] in (b" ", b"\t") and unfolded:
            unfolded[-1] += b" " + line.strip()
        else:
            unfolded.append(line)
    pairs = (line.partition(b":") for line in unfolded if b":" in line)
    return tuple((name, value.strip()) for name, _, value in pairs)


def payload(raw: bytes, head: Head) -> bytes:
    """The body without its transfer codings (the "entity-body" of RFC 2616 §7.2, which WARC 1.1 calls payload)."""
    if head.status in _BODILESS:
        return b""
    transfer = head.tokens(b"transfer-encoding")
    if transfer:
        data = _dechunk(raw, head.body_at) if b"chunked" in transfer else raw[head.body_at :]
        return codings.undo([coding for coding in transfer if coding not in (b"chunked", b"identity")], data, LIMIT)
    lengths = head.tokens(b"content-length")
    if lengths and lengths[0].isdigit():
        return raw[head.body_at : head.body_at + int(lengths[0])]
    return raw[head.body_at :]


def _dechunk(raw: bytes, at: int) -> bytes:
    """The chunks' data (RFC 9112 §7.1); extensions and trailers are left where they are, in the raw bytes."""
    pieces = []
    while line := _CHUNK.match(raw, at):
        size = int(line[1], 16)
        if not size:
            break
        pieces.append(raw[line.end() : line.end() + size])
        at = line.end() + size
        at += 2 if raw[at : at + 2] == b"\r\n" else 1 if raw[at : at + 1] == b"\n" else 0
    return b"".join(pieces)


def body(head: Head, payload: bytes, limit: int = LIMIT) -> bytes:
    """`payload` without its content codings, at most `limit` bytes; BadRecord when it is damaged, larger or unreadable."""
    data = codings.undo(_content_codings(head), payload, limit) if payload else payload
    if len(data) > limit:
        raise BadRecord(f"the body is larger than {limit} bytes")
    return data


def unpack(head: Head, payload: bytes, limit: int = LIMIT) -> codings.Unpacked:
    """`payload` for a reader: of a damaged body what could be unpacked, of a body that is coded otherwise than its head says
    what it is; either is told. BadRecord as in `archive.codings.unpack`."""
    return codings.unpack(_content_codings(head), payload, limit) if payload else codings.Unpacked(payload)


def _content_codings(head: Head) -> list[bytes]:
    return [coding for coding in head.tokens(b"content-encoding") if coding != b"identity"]
