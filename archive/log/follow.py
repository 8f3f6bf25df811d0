"""Follows a log from a size on, and gives it away in stretches that a signed checkpoint covers: what a copy may take over.

Nothing of a stretch is given away before its batches lead to the root of a checkpoint that the key in force has signed. Tiles
are computed from the batches, never read: a damaged tile is not followed.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

from archive import keys
from archive.errors import BadRecord, Broken
from archive.log import leaf, merkle, note
from archive.log.leaf import Batch, Leaf
from archive.log.merkle import TILE, Edge
from archive.log.note import VerifierKey
from archive.log.writer import published
from archive.store import Store

_WINDOW = 64  # objects asked for ahead


@dataclass(frozen=True, slots=True)
class Position:
    """How far a log was followed: all that is needed to check what comes next."""

    edge: Edge = field(default_factory=Edge)
    entries: tuple[bytes, ...] = ()  # of the bundle that is not full
    signer: VerifierKey | None = None  # the key in force; None before the first

    @property
    def size(self) -> int:
        return self.edge.size


@dataclass(frozen=True, slots=True)
class Stretch:
    """Batches in a row, and what follows from them. Objects are by key, as they are stored."""

    end: Position
    batches: tuple[tuple[Batch, bytes], ...]
    tiles: dict[str, bytes]  # tiles and entry bundles, as of each checkpoint on the way
    checkpoints: dict[str, bytes]  # log/checkpoints/<size>
    checkpoint: bytes  # the signed one that covers it all
    wrong: tuple[tuple[str, str], ...]  # (key, what): checkpoints on the way that are not what they should be


def stands(store: Store) -> Position:
    """Where the log in `store` ends by its own checkpoint, its tiles and first signature checked; Broken otherwise."""
    try:
        held = published(store)
        if held is None:
            return Position()
        signed = held.note
        signer = note.parse_verifier(store.get(keys.log_key(signed.signatures[0].key_id)).decode())
        edge = merkle.load_edge(held.size, lambda tile: store.get(keys.log_tile(*tile)))
        rest = held.size % TILE
        told = store.get(keys.log_tile("entries", held.size // TILE, rest)) if rest else b""
        entries = tuple(leaf.unbundle(told))
    except KeyError as error:
        raise Broken(f"{error.args[0]} is missing") from None
    except BadRecord as error:
        raise Broken(f"log/checkpoint cannot be followed: {error.what}") from error
    if not note.Note(signed.text, signed.signatures[:1]).signed_by(signer):
        raise Broken(f"{keys.CHECKPOINT} is not signed with the key that it names")
    if edge.root != held.checkpoint.root:
        raise Broken(f"the tiles do not lead to {keys.CHECKPOINT}")
    if [merkle.leaf_hash(entry) for entry in entries] != (merkle.split(edge.rows[0]) if edge.rows else []):
        raise Broken("the last entry bundle is not what was logged")
    return Position(edge, entries, signer)


def follow(store: Store, start: Position, goal: bytes, pool: Executor, least: int) -> Iterator[Stretch]:
    """The stretches from `start` to the checkpoint `goal` (as stored), each of `least` leaves or more.

    Broken when the batches do not lead from the one to the other: a batch is missing or altered, the logs are two, or the
    signature is not that of the key in force.
    """
    end = note.parse_checkpoint(note.parse(goal)).size
    way, kept, done = _Way(store, start), _Kept(store, start.size, end, pool), start.size
    for batch, data in _batches(store, start.size, end, pool):
        way.take(batch, data)
        key, signed, last = keys.log_checkpoint(batch.end), kept.at(batch.end), batch.end == end
        if signed is None and not last:
            continue
        way.advance()
        if last and (wrong := way.wrong(goal, end)):
            raise Broken(f"the checkpoint of {end} leaves {wrong}", "nothing it covers was taken over: run warraq verify")
        if signed is not None:
            way.judge(key, signed, batch.end)
        if last:
            way.settle(key, goal)
        if last or (key in way.checkpoints and batch.end - done >= least):
            done = batch.end
            yield way.stretch(goal if last else way.checkpoints[key])


class _Kept:
    """The checkpoints that were kept, each asked for ahead of the batch that it follows on."""

    def __init__(self, store: Store, start: int, end: int, pool: Executor) -> None:
        found = store.list(_folder(keys.log_checkpoint(0)), after=keys.log_checkpoint(start))
        self._ahead = _ahead(store, sorted(key for key in found if key <= keys.log_checkpoint(end)), pool)
        self._next: tuple[str, Future[bytes]] | None = next(self._ahead, None)

    def at(self, size: int) -> bytes | None:
        """The checkpoint of that size, as stored; None when none was kept. Sizes are asked for in order."""
        key = keys.log_checkpoint(size)
        while self._next is not None and self._next[0] < key:
            self._next = next(self._ahead, None)
        if self._next is not None and self._next[0] == key:
            return self._next[1].result()
        return None


class _Way:
    """What was passed since the last stretch."""

    def __init__(self, store: Store, start: Position) -> None:
        self.store = store
        self.edge, self.entries, self.signer = start.edge, list(start.entries), start.signer
        self.signed_with = start.signer  # the key of the last checkpoint that was right
        self.fresh: list[bytes] = []  # entries behind the edge
        self._clear()

    def _clear(self) -> None:
        self.batches: list[tuple[Batch, bytes]] = []
        self.tiles: dict[str, bytes] = {}
        self.checkpoints: dict[str, bytes] = {}
        self.faults: list[tuple[str, str]] = []

    def take(self, batch: Batch, data: bytes) -> None:
        self.batches.append((batch, data))
        for one in batch.leaves:
            self.fresh.append(one.entry)
            if one.kind == "key":
                self.signer = _verifier(self.store, one)

    def advance(self) -> None:
        """Take what was passed into the tree: its tiles are those that a writer makes at this size."""
        size, entries = self.edge.size, self.entries + self.fresh
        self.edge, rows = self.edge.extend(merkle.leaf_hash(entry) for entry in self.fresh)
        for at in range(0, len(entries), TILE):
            some = entries[at : at + TILE]
            self.tiles[keys.log_tile("entries", size // TILE + at // TILE, len(some))] = leaf.bundle(some)
        self.tiles |= {keys.log_tile(*tile): row for tile, row in rows.items()}
        self.entries = entries[len(entries) - self.edge.size % TILE :]
        self.fresh = []

    def wrong(self, data: bytes, size: int) -> str:
        """What is wrong with a checkpoint at this place; "" when nothing is."""
        try:
            signed = note.parse(data)
            told = note.parse_checkpoint(signed)
        except BadRecord as error:
            return f"is damaged: {error.what}"
        first = note.Note(signed.text, signed.signatures[:1])
        if told.size != size:
            return f"says that it is of {told.size} leaves"
        if told.root != self.edge.root:
            return "has another root than the batches below it"
        if self.signer is None or told.origin != self.signer.name or not first.signed_by(self.signer):
            return "is not signed with the key in force"
        if self.signed_with not in (None, self.signer) and not signed.signed_by(self.signed_with):
            return "changes the key, and is not signed with the one before it"
        return ""

    def judge(self, key: str, signed: bytes, size: int) -> None:
        if wrong := self.wrong(signed, size):
            self.faults.append((key, wrong))
        else:
            self.settle(key, signed)

    def settle(self, key: str, signed: bytes) -> None:
        """`signed` is right; it is kept under `key` unless another that is right lies there."""
        self.checkpoints.setdefault(key, signed)
        self.signed_with = self.signer

    def stretch(self, signed: bytes) -> Stretch:
        end = Position(self.edge, tuple(self.entries), self.signer)
        made = Stretch(end, tuple(self.batches), self.tiles, self.checkpoints, signed, tuple(self.faults))
        self._clear()
        return made


def _verifier(store: Store, one: Leaf) -> VerifierKey:
    try:
        data = store.get(one.key)
    except KeyError:
        raise Broken(f"{one.key} is missing", "without this key no checkpoint can be checked: run warraq repair") from None
    if hashlib.sha256(data).hexdigest() != one.sha256:
        raise Broken(f"{one.key} is altered", "without this key no checkpoint can be checked: run warraq verify")
    return note.parse_verifier(data.decode())


def _batches(store: Store, start: int, end: int, pool: Executor) -> Iterator[tuple[Batch, bytes]]:
    """The batches from leaf `start` to leaf `end`, asked for ahead; what lies between them and is none is passed over."""
    found = store.list(_folder(keys.log_batch(0)), after=keys.log_batch(start - 1) if start else "")
    at = start
    for key, data in _ahead(store, sorted(key for key in found if key < keys.log_batch(end)), pool):
        if key > keys.log_batch(at):
            break
        if key == keys.log_batch(at):
            try:
                batch = leaf.load(data.result())
            except BadRecord as error:
                raise Broken(f"{key} is altered: {error.what}", "run warraq verify") from error
            if batch.first != at:
                raise Broken(f"{key} says that it begins at leaf {batch.first}", "run warraq verify")
            yield batch, data.result()
            at = batch.end
    if at != end:
        raise Broken(f"{keys.log_batch(at)} is missing, and the checkpoint says {end} leaves", "run warraq verify")


def _folder(key: str) -> str:
    return key.rpartition("/")[0] + "/"


def _ahead(store: Store, wanted: Sequence[str], pool: Executor) -> Iterator[tuple[str, Future[bytes]]]:
    """Each key with its object, which is being fetched while those before it are worked on."""
    waiting: deque[tuple[str, Future[bytes]]] = deque()
    for key in wanted:
        waiting.append((key, pool.submit(store.get, key)))
        if len(waiting) >= _WINDOW:
            yield waiting.popleft()
    yield from waiting
