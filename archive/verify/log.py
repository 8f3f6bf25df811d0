"""The log's own audit: batches, entries, tiles and checkpoints against each other, without the objects that they are about.

Every leaf is hashed and led up to the roots that were signed. Where two objects disagree, the hashes above tell which of
them is not what was logged: that one is named, once.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

from archive import keys
from archive.log import leaf, merkle
from archive.log.leaf import PARTS, Leaf
from archive.log.merkle import HASH, TILE
from archive.log.note import VerifierKey
from archive.store import Store
from archive.verify import shelf as shelves
from archive.verify import signers, tree
from archive.verify.ahead import ahead, held
from archive.verify.batches import Batches, Names
from archive.verify.finding import ALTERED, MISSING, STRANGE, UNLOGGED, Report
from archive.verify.settle import Settler, Told
from archive.verify.shelf import ENTRIES, Place, Shelf
from archive.verify.signers import Chain, Ring, Signed
from archive.verify.tiles import Stored, Tiles, entries_of

THREADS = 8
AHEAD = 24  # blocks of 256 leaves whose tiles are being fetched
Tick = Callable[[int, int], None]
_ENTRY = re.compile(rb"([a-z]{1,32}) ([0-9a-f]{64}) ([0-9a-f]{32})")
Orphan = tuple[int, str, str]  # index, kind and SHA-256 of a leaf


@dataclass
class Audited:
    """The log as it was found. Sizes and indexes are leaves; ids are 16 bytes, as in the entries."""

    report: Report
    shelf: Shelf
    size: int  # of the batches
    published: int  # of log/checkpoint, 0 when there is none
    chain: Chain  # the checkpoints, and what became of each
    roots: dict[int, bytes]  # at the size of every checkpoint, and at those that were asked for
    objects: set[bytes]  # ids of the leaves that are objects of their own
    batches: list[int]  # first leaves of the batches that are what was logged
    orphans: dict[bytes, Orphan]  # by id, the leaves whose batch is not
    ring: Ring  # the keys by their leaves

    @property
    def keys(self) -> list[VerifierKey]:
        """Those that the log names, whoever put them there."""
        return [key for _, key in self.ring.keys if key is not None]


def audit(
    store: Store,
    *,
    trusted: Sequence[VerifierKey] = (),
    wanted: Iterable[int] = (),
    superseded: Callable[[str], bool] = lambda _: False,
    tick: Tick = lambda done, total: None,
    threads: int = THREADS,
) -> Audited:
    """Audit the log in `store`. Reads every batch, full tile, full entry bundle and checkpoint, and the right edge.

    `trusted`: keys, one of which this log must know. `wanted`: further sizes whose roots are to be computed.
    `superseded`: whether a partial tile (by its key) that a fuller one replaced is looked at too. `tick(done, total)`
    counts leaves. Findings are in the result; nothing but StoreUnreachable and Refused is raised.
    """
    shelf = shelves.sort_out(store.list(shelves.PREFIX))  # before the batches: nothing listed is newer than they are
    with ThreadPoolExecutor(threads) as pool:
        return _Audit(store, shelf, pool).run(trusted, wanted, superseded, tick)


class _Audit:
    def __init__(self, store: Store, shelf: Shelf, pool: Executor) -> None:
        self.store, self.shelf, self.pool = store, shelf, pool
        self.report, self.names, self.tree = Report(), Names(), tree.Growing()
        for key in shelf.strangers:
            self.report.find(UNLOGGED, key, "a stranger: no log has an object of this name", STRANGE)
        self.batches = Batches(store, shelf, pool, self.report)
        self.roots: dict[int, bytes] = {0: merkle.EMPTY}

    def run(
        self, trusted: Sequence[VerifierKey], wanted: Iterable[int], superseded: Callable[[str], bool], tick: Tick
    ) -> Audited:
        signed = self._signed()
        self.claims = signers.claims(signed)
        published = self._published(signed)
        self.size = max(min(published, self.shelf.room), self.batches.end)
        self.sizes = sorted({claim.size for claim in self.claims.values()} | set(wanted), reverse=True)
        self.tiles = Tiles(self.store, self.shelf, self.pool, self.report, self.size, published, superseded)
        self.settler = Settler(self.store, self.batches, self.tiles, self.tree, self.claims.values())
        self._grow(tick)
        orphans = self._orphans()
        ring = signers.ring(self._keys(orphans), self._key_objects(), trusted)
        chain = signers.judge(signed, ring, self.roots, self._ends())
        self.tiles.finish({claim.size for claim in chain.right.values()})
        self.batches.name_missing(tail=keys.CHECKPOINT not in {one.key for one in chain.findings})
        found, doubted = signers.contradictions(chain, self.batches.firsts)
        self.report.findings += chain.findings + found
        self.report.unchecked += chain.unchecked
        if doubted:
            self.report.unchecked["leaves that are not those that were signed, and their objects"] = len(doubted)
        self._copy(chain)
        if published > self.size:
            self.report.find(MISSING, keys.log_batch(self.size), f"{keys.CHECKPOINT} says {published} leaves")
        for at, key in self.names.twice:
            self.report.find(ALTERED, key, f"it is in the log a second time, at leaf {at}", "report this: a fault of Warraq's")
        counts = {"leaves": self.size, "batches": len(self.batches.firsts), "checkpoints": len(signed)}
        self.report.counts.update({what: n for what, n in counts.items() if n})
        return Audited(
            report=self.report,
            shelf=self.shelf,
            size=self.batches.end,
            published=published,
            chain=chain,
            roots=self.roots,
            objects=self._objects(orphans),
            batches=[one for one in self.batches.firsts if one not in self.batches.doubted and one not in doubted],
            orphans=orphans,
            ring=ring,
        )

    def _copy(self, chain: Chain) -> None:
        """The newest checkpoint was kept before it was published."""
        now = chain.right.get(keys.CHECKPOINT)
        if now is not None and held(self.store, keys.log_checkpoint(now.size)) is None:
            self.report.find(MISSING, keys.log_checkpoint(now.size), f"{keys.CHECKPOINT} says the same, and was put after it")

    def _published(self, signed: list[Signed]) -> int:
        """The size that `log/checkpoint` says. Where it is damaged or gone: that of the newest one that was kept."""
        if keys.CHECKPOINT in self.claims:
            return self.claims[keys.CHECKPOINT].size
        there = any(one.key == keys.CHECKPOINT for one in signed)
        if not there and len(self.claims) > 1:  # the first writer of all may have died before it put it
            self.report.find(MISSING, keys.CHECKPOINT, "checkpoints were published, and it is gone")
        return max((one.size for one in self.claims.values()), default=0) if there or len(self.claims) > 1 else 0

    def _signed(self) -> list[Signed]:
        """Every kept checkpoint, then the newest: read last, so that no kept one is newer by its reading alone."""
        wanted = [(size, keys.log_checkpoint(size)) for size in self.shelf.checkpoints]
        fetched = ahead(self.pool, lambda one: held(self.store, one[1]), wanted)
        found = [Signed(key, size, data) for (size, key), data in fetched if data is not None]
        now = self.store.checkpoint()
        return found + ([Signed(keys.CHECKPOINT, None, now[0])] if now else [])

    # The tree, 256 leaves at a time

    def _grow(self, tick: Tick) -> None:
        blocks = -(-self.size // TILE)
        asked: deque[tuple[list[Stored], list[Stored]]] = deque()
        pieces, told, next_ask = self.batches.pieces(self.size), Told(), 0
        for number in range(blocks):
            while next_ask < min(blocks, number + AHEAD):
                asked.append((self.tiles.ask((ENTRIES, next_ask)), self.tiles.ask((0, next_ask))))
                next_ask += 1
            while len(told) < TILE and (piece := next(pieces, None)) is not None:
                told += self.names.entries(piece) if piece.units is not None else [None] * (piece.end - piece.first)
            row = self._row(number, told[:TILE], *asked.popleft())
            del told[:TILE]
            self._climb(number, row)
            tick(min((number + 1) * TILE, self.size), self.size)
        for _ in pieces:  # what lies behind the last leaf is no batch, and is named
            pass
        for place, upper in self.tree.rest():
            self._upper(place, upper)

    def _row(self, number: int, told: Told, bundles: list[Stored], rows: list[Stored]) -> bytes | None:
        """The leaf hashes of a block, when everything agrees on them or the hashes above decide; None: they are lost."""
        entries = [entry for entry in told if entry is not None]
        if len(entries) == len(told):
            row = tree.row_of(entries)
            odd = self.tiles.look(bundles, lambda width: leaf.bundle(entries[:width]))
            odd += self.tiles.look(rows, lambda width: row[: width * HASH])
            if not odd:
                return row
        return self.settler.settle(number, told, bundles, rows)

    def _climb(self, number: int, row: bytes | None) -> None:
        """Take a block into the tree; without its row, by the hash that the tile above holds."""
        heights = tree.levels(row or b"")
        while self.sizes and self.sizes[-1] <= number * TILE + len(row or b"") // HASH:
            size = self.sizes.pop()
            if size > number * TILE and not self.tree.lost:
                self.roots[size] = self.tree.root(heights, size - number * TILE)
        if row is not None and len(row) == TILE * HASH:
            full = self.tree.push(heights[-1])
        elif (number + 1) * TILE <= self.size:
            full = self.tree.push(self.settler.above(number))
        else:
            full = []
        for place, upper in full:
            self._upper(place, upper)

    def _upper(self, place: Place, row: bytes) -> None:
        for odd in self.tiles.look(self.tiles.ask(place), lambda width: row[: width * HASH]):
            self.tiles.wrong(odd, row[: odd.width * HASH])

    # What the leaves say

    def _orphans(self) -> dict[bytes, Orphan]:
        """The leaves of gaps and of batches that are not what was logged, from the entries."""
        found: dict[bytes, Orphan] = {}
        for first, end in self.batches.doubted.items():
            for number in range(first // TILE, -(-end // TILE)):
                for at, entry in enumerate(self._entries(number) or (), number * TILE):
                    told = _ENTRY.fullmatch(entry)
                    if told and first <= at < end and (kind := told[1].decode()) not in PARTS:
                        found[bytes.fromhex(told[3].decode())] = at, kind, told[2].decode()
        return found

    def _entries(self, number: int) -> list[bytes] | None:
        """The entries of a block that were logged; None when no object has them."""
        if number in self.settler.entries:
            return self.settler.entries[number]
        lists = (entries_of(one.data.result(), one.width) for one in self.tiles.ask((ENTRIES, number)))
        return next((found for found in lists if found is not None), None)

    def _objects(self, orphans: dict[bytes, Orphan]) -> set[bytes]:
        """The ids of all objects that the log knows; what a doubted batch made up is not among them."""
        for first in self.batches.doubted:
            self.names.objects -= self.batches.ids(first)
        return self.names.objects | orphans.keys()

    def _keys(self, orphans: dict[bytes, Orphan]) -> list[tuple[int, Leaf]]:
        """The `key` leaves. One whose batch is doubted is known by its id."""
        doubted = self.batches.doubted.items()
        sound = [one for one in self.names.keys if not any(first <= one[0] < end for first, end in doubted)]
        by_id = {hashlib.sha256(key.encode()).digest()[:16]: key for key in self.shelf.keys}
        told = ((by_id[ident], leaf) for ident, leaf in orphans.items() if ident in by_id)
        return sound + [(at, Leaf(kind, digest, key)) for key, (at, kind, digest) in told]

    def _key_objects(self) -> dict[str, bytes]:
        return {key: data for key in self.shelf.keys if (data := held(self.store, key)) is not None}

    def _ends(self) -> dict[int, int]:
        """First leaf → end of each batch."""
        firsts = self.batches.firsts
        return dict(zip(firsts, [*firsts[1:], self.batches.end], strict=True)) if firsts else {}
