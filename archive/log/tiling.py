"""Writes the tiles of batches: hashes and entries, from the edge of one tree to that of the next."""

from __future__ import annotations

from collections.abc import Sequence

from archive import keys
from archive.errors import BadRecord, Broken
from archive.log import leaf, merkle
from archive.log.leaf import Batch
from archive.log.merkle import Edge, TileId
from archive.log.note import Checkpoint
from archive.store import Store, put_once

_REMEDY = "nothing was signed: run warraq verify, and restore log/ from your second copy"


class Tiling:
    """The tiles of one log, for one step. Each is put once, and asked for once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._there: set[str] = set()  # keys that were put, or found equal

    def put(self, key: str, data: bytes) -> None:
        """As `put_once`; what is surely there is not put again: another try at the checkpoint needs most of the same tiles."""
        if key not in self._there:
            put_once(self.store, key, data)
            self._there.add(key)

    def cover(self, held: Checkpoint | None, batches: Sequence[Batch]) -> bytes:
        """Write every tile that is new since `held`, the checkpoint where the first batch begins; the root over all.

        Broken, before anything is written, when the edge does not lead to `held`.
        """
        size = held.size if held else 0
        entries, edge = self._edge(size)
        if held and edge.root != held.root:
            names = ", ".join(_edge_keys(size))
            raise Broken(f"the log's edge ({names}) does not lead to its checkpoint of {size} leaves", _REMEDY)
        fresh = [one.entry for batch in batches for one in batch.leaves]
        edge, tiles = edge.extend(map(merkle.leaf_hash, fresh))
        entries += fresh
        for at in range(0, len(entries), merkle.TILE):
            some = entries[at : at + merkle.TILE]
            self.put(keys.log_tile("entries", (size + at) // merkle.TILE, len(some)), leaf.bundle(some))
        for tile, row in tiles.items():
            self.put(keys.log_tile(*tile), row)
        return edge.root

    def _edge(self, size: int) -> tuple[list[bytes], Edge]:
        """The entries of the bundle that a log of `size` leaves has not filled, and the tree's edge.

        The lowest row is computed from these entries, not read. So the root vouches for them too, and an edited bundle is
        never carried on into the next one.
        """
        entries = self._entries(size)
        lowest = b"".join(map(merkle.leaf_hash, entries))

        def fetch(tile: TileId) -> bytes:
            return lowest if tile[0] == 0 else self._row(tile)

        return entries, merkle.load_edge(size, fetch)

    def _entries(self, size: int) -> list[bytes]:
        if size % merkle.TILE == 0:
            return []
        key = keys.log_tile("entries", size // merkle.TILE, size % merkle.TILE)
        try:
            found = leaf.unbundle(self._get(key))
        except BadRecord as error:
            raise BadRecord(f"{key}: {error.what}", _REMEDY) from error
        if len(found) != size % merkle.TILE:
            raise Broken(f"{key} has {len(found)} entries, not {size % merkle.TILE}", _REMEDY)
        return found

    def _row(self, tile: TileId) -> bytes:
        key = keys.log_tile(*tile)
        row = self._get(key)
        if len(row) != tile[2] * merkle.HASH:
            raise Broken(f"{key} is {len(row)} bytes long, not {tile[2] * merkle.HASH}", _REMEDY)
        return row

    def _get(self, key: str) -> bytes:
        try:
            return self.store.get(key)
        except KeyError:
            raise Broken(f"{key} is missing: the log's edge", _REMEDY) from None


def _edge_keys(size: int) -> list[str]:
    partial = [tile for tile in merkle.edge_tiles(size) if tile[2]]
    return [keys.log_tile("entries" if level == 0 else level, number, width) for level, number, width in partial]
