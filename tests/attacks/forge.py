"""Forged bytes, as good as an attacker who knows the format can make them. Pure."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from archive import cdx, members, observation, snapshot
from archive.digest import digests
from archive.observation import Observation
from archive.parts import parts
from archive.records import digest


def flip(data: bytes, at: int, bit: int = 3) -> bytes:
    """One bit turned."""
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def edit_json(data: bytes, change: Callable[[Any], None]) -> bytes:
    """A gzipped JSON object with something changed, packed again."""
    row = orjson.loads(gzip.decompress(data))
    change(row)
    return gzip.compress(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n", mtime=0)


@dataclass(frozen=True)
class Member:
    """A record of a WARC, and where it lies."""

    offset: int
    length: int
    content: bytes

    def is_page(self) -> bool:
        """A response that holds an article's page."""
        return b"\r\nWARC-Type: response\r\n" in self.content and b"entry-content" in self.content


def members_of(data: bytes) -> list[Member]:
    return [Member(*one) for one in members.members(data)]


def page_of(data: bytes, number: int = 0) -> Member:
    """The `number`-th response of a WARC that holds an article's page."""
    return [one for one in members_of(data) if one.is_page()][number]


def exchange(data: bytes, one: tuple[int, int], other: tuple[int, int]) -> bytes:
    """Two pieces (offset, length) of `data` in each other's place."""
    (a, n), (b, m) = sorted((one, other))
    return data[:a] + data[b : b + m] + data[a + n : b] + data[a : a + n] + data[b + m :]


def swap_records(data: bytes) -> bytes:
    """Two responses exchanged, each now between the other's request and metadata."""
    one, other = page_of(data, 0), page_of(data, 1)
    return exchange(data, (one.offset, one.length), (other.offset, other.length))


def swap_captures(data: bytes) -> bytes:
    """Two whole captures exchanged."""
    some = [part for part in parts(data) if part.kind == "capture"]
    return exchange(data, (some[2].offset, some[2].length), (some[4].offset, some[4].length))


def other_warc(data: bytes) -> bytes:
    """A WARC of the same length in which a page says something else: every digest in it is right, every record in its place."""
    page = page_of(data)
    told = next(one for one in members_of(data) if one.offset == page.offset + page.length)
    _, _, block = page.content.partition(b"\r\n\r\n")
    block = block[:-4]
    said = re.search(r" (\d\d\d?) من ".encode(), block)
    assert said is not None
    lie = block[: said.start(1)] + said[1][::-1].translate(bytes.maketrans(b"0123456789", b"1234567895")) + block[said.end(1) :]
    old, new = (_payload(one) for one in (block, lie))
    content = page.content.replace(block, lie).replace(digest(block).encode(), digest(lie).encode()).replace(old, new)
    note = told.content.partition(b"\r\n\r\n")[2][:-4]
    again = note.replace(old, new)
    about = told.content.replace(note, again).replace(digest(note).encode(), digest(again).encode())
    lies = padded(content, page.length) + padded(about, told.length)
    return data[: page.offset] + lies + data[told.offset + told.length :]


def _payload(block: bytes) -> bytes:
    """The digest of an HTTP answer's body, chunks joined."""
    head, _, body = block.partition(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" in head:
        size, _, rest = body.partition(b"\r\n")
        body = rest[: int(size, 16)]
    return digest(body).encode()


def padded(content: bytes, length: int) -> bytes:
    """A gzip member of exactly `length` bytes: packed better than we do, the rest in an extra field (RFC 1952 §2.3.1.1)."""
    packed = zlib.compress(content, 9, wbits=31)
    room = length - len(packed) - 2
    assert 0 <= room < 65536, "it does not fit"
    return packed[:3] + bytes([packed[3] | 4]) + packed[4:10] + room.to_bytes(2, "little") + bytes(room) + packed[10:]


def other_text(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """A snapshot whose text says something else, with the digests of what it says; and its fields."""
    fields = snapshot.load(data)
    for name in ("faithful", "text"):
        fields[name] = fields[name].replace("ألفاً", "مليوناً")
    fields["digests"] = {**fields["digests"], "body": _digests(fields["faithful"])}
    fields.pop("v")
    return snapshot.pack(fields), fields


def _digests(text: str) -> dict[str, str]:
    found = digests(text)
    return {"t": found.t, "k": found.k, "numbers": found.numbers, "negations": found.negations}


def consistent(lines: list[Observation], key: str, held: bytes) -> tuple[bytes, bytes, bytes]:
    """(snapshot, observations, CDXJ) that agree with each other on a text that was never published."""
    lie, fields = other_text(held)

    def told(line: Observation) -> Observation:
        if line.reading is None or line.reading.snapshot != key:
            return line
        read = replace(line.reading, body=digests(fields["faithful"]), snapshot_digest=digest(lie))
        return replace(line, reading=read, mime="application/xhtml+xml")

    changed = [told(line) for line in lines]
    return lie, observation.dump(changed), cdx.lines(changed)


def sha12(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]
