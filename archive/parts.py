"""The parts a packed file consists of: what the log has a leaf for.

    warcinfo │ capture │ capture │ resource │ capture │ … │ resource

Parts tile the file: each begins where the one before it ends, the first at 0, the last ends the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from archive.errors import BadRecord
from archive.members import members

Kind = Literal["warcinfo", "capture", "resource"]
_OF_AN_EXCHANGE = frozenset({b"request", b"response", b"revisit", b"metadata"})
_FIELD = re.compile(rb"\r\n(WARC-Type|WARC-Record-ID|WARC-Concurrent-To):[ \t]*([^\r]*?)[ \t]*(?=\r\n)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `offset` to `offset + length` of a file; `digest` is 64 hex digits, the SHA-256 of those bytes as stored.

    `kind`: `capture` is all records of one exchange, from its request to its metadata, or as many as were written
    before the writer died; any record that stands by itself and is no warcinfo is a `resource`.
    """

    kind: Kind
    offset: int
    length: int
    digest: str


def parts(data: bytes) -> list[Part]:
    """The parts of a packed file in order; BadRecord when a member is damaged, breaks off or is no WARC record.

    What belongs to one exchange is told by WARC-Concurrent-To (docs/FORMAT.md, "WARC files"). Blocks are neither
    looked at nor digested: that is `warc.check`.
    """
    view = memoryview(data)
    return [Part(kind, start, end - start, hashlib.sha256(view[start:end]).hexdigest()) for kind, start, end in _spans(data)]


def _spans(data: bytes) -> Iterator[tuple[Kind, int, int]]:
    kind: Kind = "resource"
    start = end = 0
    linked: set[bytes] = set()  # the ids of the exchange that is open: its records' own and those they name
    for offset, length, content in members(data):
        what, named = _head(offset, content)
        if offset and not (what in _OF_AN_EXCHANGE and linked & named):
            yield kind, start, end
            start, linked = offset, set()
        if what in _OF_AN_EXCHANGE:
            kind, linked = "capture", set() if what == b"metadata" else linked | named
        else:
            kind = "warcinfo" if what == b"warcinfo" else "resource"
        end = offset + length
    if end:
        yield kind, start, end


def _head(offset: int, content: bytes) -> tuple[bytes, set[bytes]]:
    """(WARC-Type, the record's own id and those in its WARC-Concurrent-To). Nothing after the head is copied."""
    stop = content.find(b"\r\n\r\n")
    if stop < 0 or not content.startswith(b"WARC/1."):
        raise BadRecord(f"the member at byte {offset} is no WARC record")
    what, ids = b"", set()
    for field in _FIELD.finditer(content, 0, stop + 2):
        if field[1].lower() == b"warc-type":
            what = what or field[2].lower()
        else:
            ids.add(field[2])
    return what, ids
