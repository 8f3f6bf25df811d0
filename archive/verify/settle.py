"""Where batches, entries and tiles disagree: which of them is what was logged, and which is to be named."""

from __future__ import annotations

from collections.abc import Iterable

from archive.log import leaf, merkle
from archive.log.merkle import HASH, TILE
from archive.store import Store
from archive.verify import shelf as shelves
from archive.verify import tree
from archive.verify.ahead import held
from archive.verify.batches import Batches
from archive.verify.signers import Claim
from archive.verify.tiles import Odd, Stored, Tiles, entries_of, row_of_tile
from archive.verify.tree import Growing

Told = list[bytes | None]  # entries of a block as the batches have them; None where they have none


class Settler:
    """Judges blocks of 256 leaves of one log, by the hashes above them and the checkpoints within them (`claims`)."""

    def __init__(self, store: Store, batches: Batches, tiles: Tiles, tree: Growing, claims: Iterable[Claim]) -> None:
        self.store, self.batches, self.tiles, self.tree, self.claims = store, batches, tiles, tree, list(claims)
        self.entries: dict[int, list[bytes] | None] = {}  # of the blocks that were judged; None: no object has them

    def settle(self, number: int, told: Told, bundles: list[Stored], rows: list[Stored]) -> bytes | None:
        """Which of batches, entries and tile is what was logged; the others are named."""
        said = [entry for entry in told if entry is not None]
        from_batches = tree.row_of(said) if len(said) == len(told) else b""
        lists = [found for one in bundles if (found := entries_of(one.data.result(), one.width)) is not None]
        tiles = [tile for one in rows if (tile := row_of_tile(one.data.result(), one.width)) is not None]
        candidates = [from_batches, *(tree.row_of(found) for found in lists), *tiles]
        row = tree.choose(candidates, lambda one: self._borne_out(number, one))
        if row is None:
            self.entries[number] = None
            return None
        longer = max((one for one in candidates if one.startswith(row)), key=len)
        known = [said] if from_batches else []
        entries = next((some for some in [*known, *lists] if longer.startswith(tree.row_of(some)) and some), None)
        self.entries[number] = entries
        for one in bundles:
            found = entries_of(one.data.result(), one.width)
            if found is None or not longer.startswith(tree.row_of(found)):
                right = leaf.bundle(entries[: one.width]) if entries and len(entries) >= one.width else None
                self.tiles.wrong(Odd(one.key, one.width, one.data.result()), right)
        for one in rows:
            if one.data.result() != longer[: one.width * HASH]:
                self.tiles.wrong(Odd(one.key, one.width, one.data.result()), longer[: one.width * HASH])
        for at, entry in enumerate(told):
            if entry is not None and merkle.leaf_hash(entry) != longer[at * HASH : (at + 1) * HASH]:
                self.batches.doubt(number * TILE + at, self.tiles.size)
        return longer

    def _borne_out(self, number: int, row: bytes) -> bool:
        """Whether the hash above the row, or a checkpoint within it, says that this row was logged."""
        heights = tree.levels(row)
        width = len(row) // HASH
        if width == TILE and (above := self.above(number)) is not None:
            return heights[-1] == above
        within = [one for one in self.claims if number * TILE < one.size <= number * TILE + width]
        return any(self.tree.root(heights, one.size - number * TILE) == one.checkpoint.root for one in within)

    def above(self, number: int) -> bytes | None:
        """What the first level of tiles holds for a block; None when it holds nothing."""
        place, at = (1, number // TILE), number % TILE
        widest = max(self.tiles.shelf.tiles.get(place, ()), default=0)
        data = held(self.store, shelves.key_of(place, widest)) if widest > at else None
        return data[at * HASH : (at + 1) * HASH] if data is not None and len(data) == widest * HASH else None
