"""The batches of a log in their order, whatever became of some of them: what an audit hashes, what a verification follows.

A batch that is missing or damaged is a gap: its leaves are known from the entry bundles alone.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from archive import keys
from archive.errors import BadRecord
from archive.log.leaf import LARGEST, PARTS, Leaf
from archive.log.merkle import TILE
from archive.store import Store
from archive.verify.ahead import ahead, held
from archive.verify.finding import ALTERED, MISSING, SWAPPED, TRUNCATED, UNLOGGED, Report
from archive.verify.shelf import ENTRIES, Shelf, key_of
from archive.verify.structure import breaks_off, unpack
from archive.verify.tiles import entries_of

Row = tuple[str, str, str]  # kind, SHA-256, key
WINDOW = 24  # batches fetched ahead: each has up to 8,192 leaves


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of leaves: a batch's units, or None for a gap."""

    first: int
    end: int
    units: list[list[Row]] | None


@dataclass
class Names:
    """What the leaves say beside their hashes, gathered while they pass. Ids are 16 bytes, as in the entries."""

    objects: set[bytes] = field(default_factory=set)  # of leaves that are objects of their own
    units: set[bytes] = field(default_factory=set)
    keys: list[tuple[int, Leaf]] = field(default_factory=list)  # `key` leaves with their indexes
    twice: list[tuple[int, str]] = field(default_factory=list)  # units that are logged again

    def entries(self, piece: Piece) -> list[bytes]:
        """The log entries of a batch."""
        out, parts, sha256 = [], PARTS, hashlib.sha256
        at = piece.first
        for unit in piece.units or ():
            ident = hashlib.sha256(unit[0][2].encode()).digest()[:16]
            if ident in self.units:
                self.twice.append((at, unit[0][2]))
            self.units.add(ident)
            for kind, told, key in unit:
                ident = sha256(key.encode()).digest()[:16]
                out.append(f"{kind} {told} {ident.hex()}".encode())
                if kind not in parts:
                    self.objects.add(ident)
                    if kind == "key":
                        self.keys.append((at, Leaf(kind, told, key)))
                at += 1
        return out


_Kind = Annotated[str, msgspec.Meta(max_length=32)]
_Digest = Annotated[str, msgspec.Meta(min_length=64, max_length=64)]


class _Batch(msgspec.Struct):
    v: int
    first: int
    units: list[list[tuple[_Kind, _Digest, str]]]


_decode = msgspec.json.Decoder(_Batch).decode


def rows_of(data: bytes) -> tuple[int, list[list[Row]]]:
    """(first, units) of a batch; BadRecord when it is none. Faster than `leaf.load`, for those who hash every leaf."""
    try:
        row = _decode(unpack(data, LARGEST))
    except msgspec.MsgspecError as error:
        raise BadRecord(f"not a batch: {error}") from error
    if row.v != 1 or row.first < 0 or not row.units or not all(row.units):
        raise BadRecord("not a batch of this version, or one without leaves")
    return row.first, row.units


class Batches:
    """The batches that a listing named and those put since, up to `end`; what is wrong with them is in `report`."""

    def __init__(self, store: Store, shelf: Shelf, pool: Executor, report: Report) -> None:
        self.store, self.shelf, self.pool, self.report = store, shelf, pool, report
        self.firsts = list(shelf.batches)
        self.doubted: dict[int, int] = {}  # first → end of the gaps, and of batches that are not what was logged
        self._grow()

    def _grow(self) -> None:
        """Find the batches behind the last one listed: a tile is never older than its batch, so none is a stranger."""
        self.end = position = self.firsts.pop() if self.firsts else 0
        while (data := held(self.store, keys.log_batch(position))) is not None:
            self.firsts.append(position)
            try:
                first, units = rows_of(data)
            except BadRecord:
                break
            if first != position:
                break
            self.end = position = position + sum(map(len, units))
        self._known = set(self.firsts)

    def pieces(self, size: int) -> Iterator[Piece]:
        """Batches and gaps, without a hole between them, up to leaf `size`."""
        at = 0
        wanted = [(first, keys.log_batch(first)) for first in self.firsts]
        for (first, key), data in ahead(self.pool, lambda one: held(self.store, one[1]), wanted, WINDOW):
            if first < at:
                self.report.find(UNLOGGED, key, "a batch within another: no log has one at this place")
                continue
            if first > at:
                yield self._gap(at, first)
            at = first
            units = self._read(key, first, data)
            if units is not None:
                at = first + sum(map(len, units))
                yield Piece(first, at, units)
        if at < size:
            yield self._gap(at, size)

    def _read(self, key: str, first: int, data: bytes | None) -> list[list[Row]] | None:
        """The units of a batch; None when it is none, which is noted: it becomes a gap."""
        if data is None:  # it was listed a moment ago
            self._known.discard(first)
            return None
        digest = hashlib.sha256(data).hexdigest()
        try:
            said, units = rows_of(data)
        except BadRecord as error:
            kind = TRUNCATED if breaks_off(key, data) else ALTERED
            self.report.find(kind, key, f"a batch that cannot be read: {error.what}", sha256=digest)
            return None
        if said != first:
            self.report.find(SWAPPED if said in self._known else ALTERED, key, f"it is the batch of leaf {said}", sha256=digest)
            return None
        inner = self.firsts[bisect_right(self.firsts, first) :][:1]
        if inner and first + sum(map(len, units)) > inner[0] and not self._reaches(first, units, inner[0]):
            self.report.find(ALTERED, key, "it holds more leaves than there are before the next batch", sha256=digest)
            return None
        return units

    def _reaches(self, first: int, units: list[list[Row]], index: int) -> bool:
        """Whether a batch holds leaf `index` rightly, although another batch begins there: an entry bundle tells."""
        place = (ENTRIES, index // TILE)
        widest = max(self.shelf.tiles.get(place, ()), default=0)
        logged = entries_of(held(self.store, key_of(place, widest)), widest) if widest > index % TILE else None
        kind, told, key = [leaf for unit in units for leaf in unit][index - first]
        return logged is not None and logged[index % TILE] == Leaf(kind, told, key).entry

    def _gap(self, first: int, end: int) -> Piece:
        self.doubted[first] = end
        return Piece(first, end, None)

    def doubt(self, index: int, end: int) -> None:
        """Leaf `index` is not what its batch says."""
        first = self.firsts[bisect_right(self.firsts, index) - 1]
        if first not in self.doubted:
            what = f"what it says of leaf {index} is not what was logged: entries, tiles or the checkpoint say otherwise"
            self.report.find(ALTERED, keys.log_batch(first), what)
            self.doubted[first] = next((one for one in self.firsts if one > first), end)

    def ids(self, first: int) -> set[bytes]:
        """The ids of what a batch says, sound or not."""
        try:
            units = rows_of(held(self.store, keys.log_batch(first)) or b"")[1]
        except BadRecord:
            return set()
        return {hashlib.sha256(key.encode()).digest()[:16] for unit in units for _, _, key in unit}

    def name_missing(self, *, tail: bool) -> None:
        """Once all was compared: a gap is a missing batch, unless the one before it was cut. `tail`: whether that is
        believed of the end, too."""
        named = {one.key for one in self.report.findings}
        for first, end in self.doubted.items():
            if first >= self.end and not tail:
                continue
            key, before = keys.log_batch(first), self.firsts[: bisect_right(self.firsts, first - 1)][-1:]
            if first not in self._known and not (before and keys.log_batch(before[0]) in named):
                self.report.find(MISSING, key, f"the batch of leaves {first} to {end - 1}")


def sound(store: Store, pool: Executor, firsts: Sequence[int], end: int) -> Iterator[tuple[int, list[Leaf]]]:
    """(index, leaves) of every unit of these batches, in their order, below leaf `end`. Their hashes were audited."""
    wanted = [(first, keys.log_batch(first)) for first in firsts if first < end]
    for (first, _), data in ahead(pool, lambda one: held(store, one[1]), wanted, WINDOW):
        at = first
        for unit in rows_of(data)[1] if data is not None else ():
            yield at, [Leaf(*leaf) for leaf in unit]
            at += len(unit)
