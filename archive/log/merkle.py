"""The Merkle tree of RFC 6962 §2.1 in tiles of 256 hashes (C2SP tlog-tiles): hashes, right edge, proofs. Pure.

A *tile* `(level, number, width)` holds `width` hashes of 32 bytes: those of the complete subtrees of 256**level leaves
that begin at subtree `number` * 256. Width 256 is a full tile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HASH, TILE = 32, 256  # bytes of a hash, hashes of a full tile
EMPTY = hashlib.sha256(b"").digest()  # the root of a tree without leaves

TileId = tuple[int, int, int]  # level, number, width
Fetch = Callable[[TileId], bytes]  # the hashes of a tile, one after the other


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(row: bytes) -> list[bytes]:
    return [row[at : at + HASH] for at in range(0, len(row), HASH)]


def _complete(hashes: Sequence[bytes]) -> bytes:
    """The root over 2**k hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[at], level[at + 1]) for at in range(0, len(level), 2)]
    return level[0]


def _peaks(row: bytes) -> list[bytes]:
    """The roots of the complete subtrees that a partial row is made of, largest first."""
    hashes, out, at = split(row), [], 0
    for bit in reversed(range(len(hashes).bit_length())):
        if len(hashes) >> bit & 1:
            out.append(_complete(hashes[at : at + (1 << bit)]))
            at += 1 << bit
    return out


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree: all that is needed to append to it. `rows[level]` is the tile not yet full there."""

    size: int = 0
    rows: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        """The tree's root hash (RFC 6962 §2.1)."""
        peaks = [peak for row in reversed(self.rows) for peak in _peaks(row)]
        if not peaks:
            return EMPTY
        found = peaks.pop()
        while peaks:
            found = node_hash(peaks.pop(), found)
        return found

    def extend(self, hashes: Iterable[bytes]) -> tuple[Edge, dict[TileId, bytes]]:
        """The edge after these leaf hashes, and every tile that is new at that size."""
        rows: list[bytearray] = [bytearray(row) for row in self.rows]
        tiles: dict[TileId, bytes] = {}
        size = self.size
        for one in hashes:
            size += 1
            self._push(rows, tiles, size, one)
        for level, row in enumerate(rows):
            number = size >> 8 * (level + 1)
            # A row of equal bytes is still a new tile when its number is (the same leaf 256 leaves later).
            known = level < len(self.rows) and number == self.size >> 8 * (level + 1) and bytes(row) == self.rows[level]
            if row and not known:
                tiles[level, number, len(row) // HASH] = bytes(row)
        return Edge(size, tuple(bytes(row) for row in rows)), tiles

    @staticmethod
    def _push(rows: list[bytearray], tiles: dict[TileId, bytes], size: int, one: bytes) -> None:
        level = 0
        while True:
            if level == len(rows):
                rows.append(bytearray())
            rows[level] += one
            if len(rows[level]) < TILE * HASH:
                return
            full = bytes(rows[level])
            rows[level].clear()
            tiles[level, (size >> 8 * (level + 1)) - 1, TILE] = full
            level, one = level + 1, _complete(split(full))


def edge_tiles(size: int) -> list[TileId]:
    """The partial tiles that make up the edge of a tree of `size`, level by level; width 0 means none is stored."""
    out, level = [], 0
    while size >> 8 * level:
        whole = size >> 8 * level
        out.append((level, whole >> 8, whole % TILE))
        level += 1
    return out


def load_edge(size: int, fetch: Fetch) -> Edge:
    """The edge of a tree of `size`, from its tiles."""
    return Edge(size, tuple(fetch(tile) if tile[2] else b"" for tile in edge_tiles(size)))


class Tiles:
    """Hashes of a tree of `size` by range, from its tiles; each is fetched once."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size, self._fetch = size, fetch
        self._held: dict[tuple[int, int], bytes] = {}

    def root(self, low: int = 0, high: int | None = None) -> bytes:
        """MTH(D[low:high]) of RFC 6962 §2.1. `low` begins a subtree as high as the range needs."""
        high = self.size if high is None else high
        count = high - low
        if count == 0:
            return EMPTY
        if count & (count - 1) == 0:
            return self._subtree(low, count.bit_length() - 1)
        middle = low + (1 << (count - 1).bit_length() - 1)
        return node_hash(self.root(low, middle), self.root(middle, high))

    def _subtree(self, low: int, height: int) -> bytes:
        level, rest = divmod(height, 8)
        first, count = low >> 8 * level, 1 << rest
        row = self._row(level, first >> 8)
        at = first % TILE * HASH
        return _complete(split(row[at : at + count * HASH]))

    def _row(self, level: int, number: int) -> bytes:
        if (level, number) not in self._held:
            whole = self.size >> 8 * level
            self._held[level, number] = self._fetch((level, number, min(TILE, whole - number * TILE)))
        return self._held[level, number]


def inclusion(index: int, tree: Tiles) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1: the proof that leaf `index` is in the tree, lowest hash first."""
    if not 0 <= index < tree.size:
        raise IndexError(f"leaf {index} is not in a tree of {tree.size}")
    low, high, path = 0, tree.size, []
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if index < middle:
            path.append(tree.root(middle, high))
            high = middle
        else:
            path.append(tree.root(low, middle))
            low = middle
    return path[::-1]


def consistency(old: int, tree: Tiles) -> list[bytes]:
    """PROOF(old, D[size]) of RFC 6962 §2.1.2: that the tree of `old` leaves is the beginning of this one."""
    if not 0 <= old <= tree.size:
        raise IndexError(f"a tree of {tree.size} has no beginning of {old}")
    if old in (0, tree.size):
        return []
    low, high, whole, path = 0, tree.size, True, []
    while old - low < high - low:  # SUBPROOF(m, D[low:high], b)
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if old <= middle:
            path.append(tree.root(middle, high))
            high = middle
        else:
            path.append(tree.root(low, middle))
            low, whole = middle, False
    if not whole:
        path.append(tree.root(low, high))
    return path[::-1]


def included(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether `path` proves that leaf hash `leaf` is number `index` of the tree (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    number, last, found = index, size - 1, leaf
    for one in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(one, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, one)
        number, last = number >> 1, last >> 1
    return last == 0 and found == root


def consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether `path` proves that the tree of `old` leaves is the beginning of the one of `new` (RFC 9162 §2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and old_root == (EMPTY if old == 0 else new_root)
    todo = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not todo:
        return False
    number, last = old - 1, new - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    first = second = todo[0]
    for one in todo[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            first, second = node_hash(one, first), node_hash(one, second)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            second = node_hash(second, one)
        number, last = number >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
