"""Tiles and entry bundles as stored, held against what they should be."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from archive.errors import BadRecord
from archive.log import leaf, merkle
from archive.log.merkle import HASH, TILE
from archive.store import Store
from archive.verify.ahead import held
from archive.verify.finding import ALTERED, MISSING, SWAPPED, TRUNCATED, UNLOGGED, Report, finding
from archive.verify.shelf import ENTRIES, Place, Shelf, key_of


@dataclass(frozen=True, slots=True)
class Stored:
    """A tile or bundle being fetched."""

    key: str
    width: int
    data: Future[bytes | None]


@dataclass(frozen=True, slots=True)
class Odd:
    """One that is not what was expected; None: it is gone."""

    key: str
    width: int
    data: bytes | None


@dataclass
class Tiles:
    """Those of one log of `size` leaves, of which `published` are under its checkpoint.

    `superseded`: whether a partial tile that a fuller one replaced is looked at.
    """

    store: Store
    shelf: Shelf
    pool: Executor
    report: Report
    size: int
    published: int
    superseded: Callable[[str], bool]
    _right: dict[bytes, str] = field(default_factory=dict)  # digest → key of the full ones, as they should be
    _wrong: list[tuple[str, bytes, str]] = field(default_factory=list)  # key, digest, kind of those that are not

    def __post_init__(self) -> None:
        self._edge = set(merkle.edge_tiles(self.published))

    def ask(self, place: Place) -> list[Stored]:
        """Begin to fetch what lies at a place, widest first."""
        found = []
        for width in reversed(self.shelf.tiles.get(place, ())):
            key = key_of(place, width)
            if width <= self._most(place) and (width == TILE or self._on_edge(place, width) or self.superseded(key)):
                found.append(Stored(key, width, self.pool.submit(held, self.store, key)))
        return found

    def look(self, stored: list[Stored], expected: Callable[[int], bytes]) -> list[Odd]:
        """Those that are not what `expected(width)` says."""
        odd = []
        for one in stored:
            data, right = one.data.result(), expected(one.width)
            if data != right:
                odd.append(Odd(one.key, one.width, data))
            elif one.width == TILE:
                self._right[hashlib.sha256(right).digest()] = one.key
        return odd

    def wrong(self, odd: Odd, right: bytes | None) -> None:
        """Note one that is not what was logged; `right` is what was, as far as it is known."""
        if odd.data is None:
            self.report.find(MISSING, odd.key, "it was there a moment ago")
            return
        if right is not None and odd.width == TILE:
            self._right[hashlib.sha256(right).digest()] = odd.key
        short = right is not None and len(odd.data) < len(right) and right.startswith(odd.data)
        self._wrong.append((odd.key, hashlib.sha256(odd.data).digest(), TRUNCATED if short or not odd.data else ALTERED))

    def finish(self, sizes: Iterable[int]) -> None:
        """Name what is wrong, what is missing under checkpoints of these sizes, and what no tree of this size has."""
        for key, digest, kind in self._wrong:
            other = self._right.get(digest, "")
            what = (
                f"it is {other}" if other else "it is not what was logged: the leaves below or the hashes above say otherwise"
            )
            self.report.findings.append(finding(SWAPPED if other else kind, key, what, sha256=digest.hex()))
        for place, width in sorted(_needed(sizes)):
            # Asked for once more: the newest checkpoint may have been put after the listing, and its tiles with it.
            if width not in self.shelf.tiles.get(place, ()) and held(self.store, key_of(place, width)) is None:
                self.report.find(MISSING, key_of(place, width), "a checkpoint rests on it")
        for place, widths in self.shelf.tiles.items():
            for width in widths:
                if width > self._most(place):
                    self.report.find(UNLOGGED, key_of(place, width), f"a log of {self.size} leaves has no such tile")

    def _most(self, place: Place) -> int:
        """How many hashes there are at a place."""
        whole = self.size >> 8 * max(place[0], 0)
        return max(0, min(TILE, whole - place[1] * TILE))

    def _on_edge(self, place: Place, width: int) -> bool:
        return (max(place[0], 0), place[1], width) in self._edge


def _needed(sizes: Iterable[int]) -> set[tuple[Place, int]]:
    """The tiles and bundles that trees of these sizes are made of."""
    largest, found = max(sizes := list(sizes), default=0), set()
    for size in sizes:
        found |= {((level, number), width) for level, number, width in merkle.edge_tiles(size) if width}
    level = 0
    while largest >> 8 * (level + 1):
        found |= {((level, number), TILE) for number in range(largest >> 8 * (level + 1))}
        level += 1
    return found | {((ENTRIES, number), width) for (level, number), width in found if level == 0}


def entries_of(data: bytes | None, width: int) -> list[bytes] | None:
    """The entries of a bundle of that width; None when it is none."""
    try:
        found = leaf.unbundle(data or b"")
    except BadRecord:
        return None
    return found if len(found) == width else None


def row_of_tile(data: bytes | None, width: int) -> bytes | None:
    return data if data is not None and len(data) == width * HASH else None
