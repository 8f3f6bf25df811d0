"""The Merkle tree as it grows, 256 leaves at a time: roots at any size, rows of the upper tiles (RFC 6962 §2.1). Pure.

Fast, because an audit of a million leaves goes through here: besides a leaf's own hash it costs one node hash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256

from archive.log.merkle import EMPTY, HASH, TILE, node_hash
from archive.verify.shelf import Place

_FULL = HASH * TILE  # bytes of a full row


def row_of(entries: Iterable[bytes]) -> bytes:
    """The leaf hashes of these entries, one after the other."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


def levels(row: bytes) -> list[bytes]:
    """`levels[h]`: the roots of the complete subtrees of 2**h hashes of the row."""
    out = [row]
    while len(out[-1]) >= 2 * HASH:
        last = out[-1]
        pairs = range(0, len(last) // (2 * HASH) * (2 * HASH), 2 * HASH)
        out.append(b"".join([sha256(b"\x01" + last[at : at + 2 * HASH]).digest() for at in pairs]))
    return out


def top(row: bytes) -> bytes:
    """The root over a full row."""
    return levels(row)[-1]


def peaks(heights: list[bytes], width: int) -> list[bytes]:
    """The complete subtrees that the first `width` hashes of a row are made of, largest first."""
    out, at = [], 0
    for height in reversed(range(width.bit_length())):
        if width >> height & 1:
            out.append(heights[height][(at >> height) * HASH : ((at >> height) + 1) * HASH])
            at += 1 << height
    return out


class Growing:
    """A tree that is given its rows of 256 leaf hashes in order."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []  # (height, root) of the complete subtrees so far, largest first
        self.rows: dict[int, bytearray] = {}  # level from 1 on → the row that is not full there
        self.rows_done: dict[int, int] = {}  # level → how many full rows there were
        self.lost = False  # a hash is gone for good: there is no root any more

    def root(self, heights: list[bytes], width: int) -> bytes:
        """The root of all rows so far and the first `width` hashes of the next one; `heights`: its `levels`."""
        found = [node for _, node in self._peaks] + peaks(heights, width)
        if not found:
            return EMPTY
        root = found.pop()
        while found:
            root = node_hash(found.pop(), root)
        return root

    def push(self, node: bytes | None) -> list[tuple[Place, bytes]]:
        """Take in the root over the next full row (None: it is lost); the upper rows that are full with it."""
        if node is None or self.lost:
            self.lost = True
            return []
        height, root = 0, node
        while self._peaks and self._peaks[-1][0] == height:
            height, root = height + 1, node_hash(self._peaks.pop()[1], root)
        self._peaks.append((height, root))
        full = list[tuple[Place, bytes]]()
        level = 1
        while True:
            row = self.rows.setdefault(level, bytearray())
            row += node
            if len(row) < _FULL:
                return full
            number = self.rows_done.get(level, 0)
            full.append(((level, number), bytes(row)))
            self.rows_done[level] = number + 1
            node = top(bytes(row))
            row.clear()
            level += 1

    def rest(self) -> list[tuple[Place, bytes]]:
        """The upper rows that are not full, from level 1 on."""
        if self.lost:
            return []
        return [((level, self.rows_done.get(level, 0)), bytes(row)) for level, row in sorted(self.rows.items()) if row]


def choose(rows: list[bytes], right: Callable[[bytes], bool]) -> bytes | None:
    """Which of the rows that disagree is the one that was logged: one that the hashes above bear out, else what most say,
    else the first. None when there is no row."""
    whole = [row for row in rows if row and len(row) % HASH == 0]
    for row in dict.fromkeys(whole):
        if right(row):
            return row
    counted = Counter(whole).most_common(2)
    if len(counted) > 1 and counted[0][1] == counted[1][1]:
        return whole[0]
    return counted[0][0] if counted else None
