"""WARC records as they lie in a packed file: a row of gzip members, one record each (WARC 1.1 Annex D).

What the records say about each other is archive.warc's; which of them belong together, archive.parts'.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from isal import isal_zlib

from archive.errors import BadRecord
from archive.records import digest

_WINDOW = 64 * 1024  # bytes handed to the decompressor at once: it copies what it leaves over


@dataclass(frozen=True, slots=True)
class Record:
    """One WARC record with its place in the file. Field names are lower case; `ids` are WARC-Concurrent-To."""

    offset: int
    length: int
    member_digest: str  # "sha256:…" of the gzip member as stored
    fields: dict[str, str]
    concurrent: tuple[str, ...]
    block: bytes

    @property
    def kind(self) -> str:
        return self.fields.get("warc-type", "")

    @property
    def id(self) -> str:
        """`urn:uuid:…`"""
        return self.fields.get("warc-record-id", "").strip("<>")

    @property
    def target(self) -> str:
        return self.fields.get("warc-target-uri", "")


def members(data: bytes, start: int = 0) -> Iterator[tuple[int, int, bytes]]:
    """(offset, length, content) of each gzip member; BadRecord names the byte where one is damaged or breaks off."""
    view, at = memoryview(data), start
    while at < len(data):
        stream = isal_zlib.decompressobj(wbits=31)
        pieces, fed = [], at
        try:
            while not stream.eof and fed < len(data):
                pieces.append(stream.decompress(view[fed : fed + _WINDOW]))
                fed = min(fed + _WINDOW, len(data))
        except isal_zlib.IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
            raise BadRecord(f"the record at byte {at} is damaged: {error}") from error
        if not stream.eof:
            raise BadRecord(f"the record at byte {at} breaks off")
        end = fed - len(stream.unused_data)
        yield at, end - at, b"".join(pieces)
        at = end


def records(data: bytes) -> Iterator[Record]:
    """Every record, its block digest checked; BadRecord says which one is not what it should be."""
    for offset, length, content in members(data):
        record = parse(offset, length, content, digest(data[offset : offset + length]))
        if record.fields.get("warc-block-digest", "") != digest(record.block):
            raise BadRecord(f"the record at byte {offset} differs from its block digest")
        yield record


def parse(offset: int, length: int, content: bytes, member_digest: str) -> Record:
    """The record that is the content of one member; BadRecord when it is none or not as long as it says."""
    head, gap, rest = content.partition(b"\r\n\r\n")
    version, *lines = head.decode("utf-8", "replace").split("\r\n")
    if not gap or not version.startswith("WARC/1."):
        raise BadRecord(f"the member at byte {offset} is no WARC record")
    pairs = [(name.lower(), value.strip()) for name, _, value in [line.partition(":") for line in lines]]
    fields = dict(reversed(pairs))  # the first of a repeated field counts
    size = fields.get("content-length", "")
    if not size.isdigit() or rest[int(size) :] != b"\r\n\r\n":
        raise BadRecord(f"the record at byte {offset} is not as long as it says")
    concurrent = tuple(value.strip("<>") for name, value in pairs if name == "warc-concurrent-to")
    return Record(offset, length, member_digest, fields, concurrent, rest[: int(size)])


def json_object(record: Record) -> dict[str, Any]:
    """The JSON object that is a record's block; BadRecord when it is none."""
    try:
        value = orjson.loads(record.block)
    except orjson.JSONDecodeError as error:
        raise BadRecord(f"the record at byte {record.offset} holds no JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRecord(f"the record at byte {record.offset} holds no JSON object")
    return value
