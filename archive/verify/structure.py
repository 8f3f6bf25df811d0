"""What can be told of bytes that may be anybody's: whether they break off, and what they unpack to. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from isal import isal_zlib

from archive.errors import BadRecord

LIMIT = 1 << 30  # bytes that one object may unpack to; a gzip bomb ends here
_PIECE = 1 << 20
_LINES = (".json", ".cdxj", "SHA256SUMS")  # objects that end with a newline, as checkpoints and keys do
# What reading bytes that nobody vouches for may raise: their JSON is well formed, and not of the shape that a reader expects.
UNREADABLE = (BadRecord, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError)
_MAGIC = b"\x1f\x8b"  # of a gzip member: RFC 1952, 2.3.1


class _TooLarge(BadRecord):
    """What unpacks to more than it may."""


def breaks_off(key: str, data: bytes) -> bool:
    """Whether the object at `key` ends before its structure does: a gzip member, or the last line."""
    if not data:
        return True
    if key.endswith(".gz"):
        try:
            return any(piece is None for piece in _pieces(data, LIMIT))
        except BadRecord:
            return False  # damaged before that
    return (key.endswith(_LINES) or key.startswith("log/")) and not data.endswith(b"\n") and b"\0" not in data


def unpack(data: bytes, limit: int = LIMIT) -> bytes:
    """The content of one or more gzip members; BadRecord when they are damaged, break off or are larger than `limit`."""
    pieces: list[bytes] = []
    for piece in _pieces(data, limit):
        if piece is None:
            raise BadRecord("it breaks off")
        pieces.append(piece)
    return b"".join(pieces)


def bounded(data: bytes, limit: int = LIMIT) -> bytes:
    """`data`, when no more than `limit` bytes of it can be unpacked, whole or damaged; BadRecord otherwise: for readers that
    trust it."""
    try:
        for _ in _pieces(data, limit):
            pass
    except _TooLarge:
        raise
    except BadRecord:
        return data  # its reader comes as far as this, and says what is wrong
    return data


def _pieces(data: bytes, limit: int) -> Iterator[bytes | None]:
    """What gzip members unpack to, piece by piece; None last, when the last member has no end."""
    total, rest = 0, data
    while rest:
        if not rest.startswith(_MAGIC[: len(rest)]):
            raise BadRecord("it is damaged: what should be a gzip member begins otherwise")
        stream = isal_zlib.decompressobj(wbits=31)
        while rest and not stream.eof:
            try:
                piece: bytes = stream.decompress(rest, _PIECE)
            except (isal_zlib.IsalError, zlib.error) as error:  # type: ignore[misc]  # as in archive.members
                raise BadRecord(f"it is damaged: {error}") from error
            total += len(piece)
            if total > limit:
                raise _TooLarge(f"it unpacks to more than {limit >> 20} MiB")
            rest = stream.unconsumed_tail
            if not piece and not stream.eof and not rest:
                break
            yield piece
        if not stream.eof:
            yield None
            return
        rest = stream.unused_data
