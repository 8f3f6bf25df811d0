"""Reads the log as one checkpoint says it is: entries, proofs, roots. What it read is checked before it is given away.

Every hash is tied to the checkpoint's root: the tiles of the right edge make up the root, and each full tile is the hash
that its parent tile holds at its place. So nothing here can be right by chance, and nothing needs a second check.
"""

from __future__ import annotations

from archive import keys
from archive.errors import BadRecord, Broken
from archive.log import leaf, merkle
from archive.log.merkle import HASH, TILE, Edge, TileId, Tiles
from archive.log.note import Checkpoint
from archive.store import Store

_REMEDY = "run warraq verify, and restore log/ from your second copy"


class Tree:
    """The log of `checkpoint.size` leaves, whose signatures the caller has checked. Each tile is read once, when needed.

    Every method raises Broken, naming the object, when a tile is missing or does not lead to the checkpoint's root.
    """

    def __init__(self, store: Store, checkpoint: Checkpoint) -> None:
        self.store, self.checkpoint = store, checkpoint
        self._rows: dict[TileId, bytes] = {}
        self._tiles: Tiles | None = None

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves: what a checkpoint of that size must say."""
        self._within(size)
        return self._checked().root(0, size)

    def leaf_hash(self, index: int) -> bytes:
        return self._checked().root(index, index + 1)

    def inclusion(self, index: int) -> list[bytes]:
        """The proof that leaf `index` is in the tree, lowest hash first (RFC 6962 §2.1.1). IndexError beyond its end."""
        return merkle.inclusion(index, self._checked())

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the first `old` leaves are the beginning of the tree (RFC 6962 §2.1.2). IndexError beyond its end."""
        return merkle.consistency(old, self._checked())

    def entries(self, number: int) -> list[bytes]:
        """The entries of bundle `number`: those of leaves `number` * 256 to the 255th after it, or to the end of the log."""
        width = min(TILE, self.size - number * TILE)
        if number < 0 or width < 1:
            raise IndexError(f"a log of {self.size} leaves has no entry bundle {number}")
        row = self._row((0, number, width))
        key = keys.log_tile("entries", number, width)
        try:
            found = leaf.unbundle(self._get(key))
        except BadRecord as error:
            raise Broken(f"{key}: {error.what}", _REMEDY) from error
        if len(found) != width:
            raise Broken(f"{key} has {len(found)} entries, not {width}", _REMEDY)
        for at, (entry, told) in enumerate(zip(found, merkle.split(row), strict=True)):
            if merkle.leaf_hash(entry) != told:
                raise Broken(f"{key}: the entry of leaf {number * TILE + at} is not what was logged", _REMEDY)
        return found

    def _within(self, size: int | None) -> None:
        if size is not None and not 0 <= size <= self.size:
            raise IndexError(f"a tree of {self.size} has no beginning of {size}")

    def _checked(self) -> Tiles:
        """The tiles, once the right edge has led to the checkpoint's root."""
        if self._tiles is None:
            edge = merkle.load_edge(self.size, self._tile)
            if edge.root != self.checkpoint.root:
                names = ", ".join(keys.log_tile(*tile) for tile in merkle.edge_tiles(self.size) if tile[2])
                raise Broken(f"the checkpoint of {self.size} leaves does not follow from its tiles ({names})", _REMEDY)
            partial = (tile for tile in merkle.edge_tiles(self.size) if tile[2])
            rows = (row for row in edge.rows if row)
            self._rows = dict(zip(partial, rows, strict=True))
            self._tiles = Tiles(self.size, self._row)
        return self._tiles

    def _row(self, tile: TileId) -> bytes:
        """The hashes of a tile, tied to the root."""
        self._checked()
        if tile not in self._rows:
            level, number, _ = tile
            row = self._tile(tile)
            parent = self._row((level + 1, number // TILE, self._width(level + 1, number // TILE)))
            at = number % TILE * HASH
            if Edge().extend(merkle.split(row))[0].root != parent[at : at + HASH]:
                raise Broken(f"{keys.log_tile(*tile)} does not lead to the checkpoint of {self.size} leaves", _REMEDY)
            self._rows[tile] = row
        return self._rows[tile]

    def _width(self, level: int, number: int) -> int:
        return min(TILE, (self.size >> 8 * level) - number * TILE)

    def _tile(self, tile: TileId) -> bytes:
        """The tile as stored; only its length is checked."""
        key = keys.log_tile(*tile)
        row = self._get(key)
        if len(row) != tile[2] * HASH:
            raise Broken(f"{key} is {len(row)} bytes long, not {tile[2] * HASH}", _REMEDY)
        return row

    def _get(self, key: str) -> bytes:
        try:
            return self.store.get(key)
        except KeyError:
            raise Broken(f"{key} is missing", _REMEDY) from None
