"""What the log holds: leaves in units in batches. Pure.

A *leaf* says that some bytes were in the archive: kind, SHA-256 and an opaque id, no address, person or reason. A *unit* is
what is logged together or not at all, named by its first key: a WARC with all that was derived from it, a plan, an act. A
*batch* is the units that one append put in, and lies at the index of its first leaf.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from archive.errors import BadRecord

KINDS = (
    "archive",  # meta/archive.json
    "key",  # a verifier key: log/keys/<key id>
    "seed",  # SHA256SUMS and each seed file
    "plan",
    "warc",  # a whole file
    "warcinfo",  # parts of that file, as archive.warc.parts cuts it
    "capture",
    "resource",
    "observations",
    "cdxj",
    "snapshot",
    "act",
)
PARTS = ("warcinfo", "capture", "resource")
MOST = 8192  # leaves of a batch
LARGEST = 256 << 20  # bytes of a batch, unpacked
_FIELDS = re.compile(r"[a-z]+ [0-9a-f]{64} [\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Leaf:
    """Bytes that the archive held: an object, or a part of a WARC (key `<warc key>#<offset>+<length>`)."""

    kind: str
    sha256: str  # 64 hex digits
    key: str

    @property
    def id(self) -> str:
        """32 hex digits that say nothing to whoever does not hold the key."""
        return leaf_id(self.key)

    @property
    def entry(self) -> bytes:
        """The log entry: `<kind> <sha256> <id>`, ASCII."""
        return f"{self.kind} {self.sha256} {self.id}".encode()


def leaf_id(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def part_key(warc: str, offset: int, length: int) -> str:
    return f"{warc}#{offset}+{length}"


def of_object(kind: str, key: str, data: bytes) -> Leaf:
    return Leaf(kind, hashlib.sha256(data).hexdigest(), key)


@dataclass(frozen=True, slots=True)
class Unit:
    """Leaves that are logged together."""

    leaves: tuple[Leaf, ...]

    @property
    def key(self) -> str:
        return self.leaves[0].key


@dataclass(frozen=True, slots=True)
class Batch:
    """What one append put in, from leaf `first` on."""

    first: int
    units: tuple[Unit, ...]

    @property
    def leaves(self) -> Iterator[Leaf]:
        return (leaf for unit in self.units for leaf in unit.leaves)

    @property
    def end(self) -> int:
        """The index after its last leaf."""
        return self.first + sum(len(unit.leaves) for unit in self.units)

    def starts(self) -> dict[str, int]:
        """The index of each unit's first leaf."""
        out, at = {}, self.first
        for unit in self.units:
            out[unit.key] = at
            at += len(unit.leaves)
        return out


def dump(batch: Batch) -> bytes:
    """Sorted JSON, gzip with mtime 0. A unit is a list of leaves `[kind, sha256, key]`. BadRecord for what `load` refuses."""
    units = [[[one.kind, one.sha256, one.key] for one in unit.leaves] for unit in batch.units]
    for fields in (fields for unit in units for fields in unit):
        _leaf(*fields)
    return gzip.compress(
        orjson.dumps({"v": 1, "first": batch.first, "units": units}, option=orjson.OPT_SORT_KEYS) + b"\n", mtime=0
    )


def load(data: bytes) -> Batch:
    """BadRecord when it is none."""
    try:
        row: dict[str, Any] = orjson.loads(_unpacked(data))
        if row["v"] != 1:
            raise BadRecord(f"a batch of format {row['v']}", "upgrade Warraq before reading this bucket")
        first, units = row["first"], tuple(Unit(tuple(_leaf(*fields) for fields in unit)) for unit in row["units"])
        if type(first) is not int or first < 0:
            raise BadRecord(f"a batch that begins at leaf {first!r}")
        if not units or not all(unit.leaves for unit in units):
            raise BadRecord("a batch without leaves")
        return Batch(first, units)
    except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise BadRecord(f"not a batch: {error}") from error


def _unpacked(data: bytes) -> bytes:
    """Who can write to the bucket can put a gzip bomb, which every worker would unpack."""
    stream = zlib.decompressobj(31)
    out = stream.decompress(data, LARGEST)
    if stream.unconsumed_tail or stream.unused_data or not stream.eof:
        raise BadRecord("a batch that breaks off, or is larger than any")
    return out


def _leaf(kind: str, sha256: str, key: str) -> Leaf:
    """A kind that we do not know yet is a leaf all the same: a newer Warraq put it."""
    if type(key) is not str or not _FIELDS.fullmatch(f"{kind} {sha256} {key}"):
        raise BadRecord(f"a batch with a leaf that is none: {kind!r} {sha256!r} {key!r}")
    return Leaf(kind, sha256, key)


def bundle(entries: Iterable[bytes]) -> bytes:
    """An entry bundle of C2SP tlog-tiles: each entry after its length as two bytes, big-endian."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unbundle(data: bytes) -> list[bytes]:
    """The entries of a bundle; BadRecord when it breaks off."""
    out, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        entry = data[at + 2 : at + 2 + size]
        if at + 2 + size > len(data):
            raise BadRecord("an entry bundle that breaks off")
        out.append(entry)
        at += 2 + size
    return out


def pack(units: Sequence[Unit]) -> Iterator[tuple[Unit, ...]]:
    """Units in groups of at most MOST leaves (a larger unit is a group of its own), in their order."""
    group: list[Unit] = []
    for unit in units:
        if group and sum(len(one.leaves) for one in group) + len(unit.leaves) > MOST:
            yield tuple(group)
            group = []
        group.append(unit)
    if group:
        yield tuple(group)
