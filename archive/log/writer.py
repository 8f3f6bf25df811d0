"""Appends to the log. The only sequencer is the conditional put of a batch at the index of its first leaf.

A batch that is there *is* logged: tiles and checkpoint follow from the batches, so any worker makes them, at any time. A
unit is appended once, whoever retries: before a claim at index p every batch in [since, p) has been read, and `since` is
the size that the log had before the unit could be in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archive import keys, marker
from archive.errors import Broken, Refused, TryAgain
from archive.log import keyring, leaf, merkle, note
from archive.log.leaf import Batch, Leaf, Unit
from archive.log.note import Checkpoint, SigningKey
from archive.store import Store, put_once

_TRIES = 20  # to move the checkpoint while others move it


@dataclass(frozen=True, slots=True)
class Published:
    """`log/checkpoint` as it is in the bucket."""

    checkpoint: Checkpoint
    note: note.Note
    tag: str  # of the object, "" when there is none

    @property
    def size(self) -> int:
        return self.checkpoint.size


@dataclass(frozen=True, slots=True)
class Appended:
    """Every batch from `since` on, the new ones among them, and where the log ends now."""

    batches: tuple[Batch, ...]
    end: int
    new: int  # leaves that this call put in


def published(store: Store) -> Published | None:
    """The checkpoint in the bucket, its signature not checked; None before the first."""
    held = store.checkpoint()
    if held is None:
        return None
    signed = note.parse(held[0])
    return Published(note.parse_checkpoint(signed), signed, held[1])


def walk(store: Store, position: int) -> Iterator[Batch]:
    """The batches from leaf `position` on, as far as there are any. Broken when one does not lie where it says."""
    while True:
        key = keys.log_batch(position)
        try:
            batch = leaf.load(store.get(key))
        except KeyError:
            return
        if batch.first != position:
            raise Broken(f"{key} says that it begins at leaf {batch.first}", "the log was tampered with: run warraq verify")
        yield batch
        position = batch.end


class Log:
    """The log of one archive, for one step: its checkpoint is read once."""

    def __init__(self, store: Store, signer: SigningKey | None) -> None:
        self.store, self.signer = store, signer
        self._published: Published | None = None
        self._read = False

    def mark(self) -> int:
        """The size of the log as published: what is put into the archive after this call is logged at or after it."""
        held = self._held()
        return held.size if held else 0

    def size(self) -> int:
        """How many leaves there are, published or not."""
        position = self.mark()
        for batch in walk(self.store, position):
            position = batch.end
        return position

    def append(self, units: Sequence[Unit], since: int, *, rotating: bool = False) -> Appended:
        """Put in each unit that is not among the batches from `since` on.

        `since`: a size that the log had before any of the units could be in it. When this returns, every unit is logged,
        once; `publish` makes the checkpoint that covers it. Raises Broken when the log has a gap, Refused when it was
        signed with another key than this machine's.
        """
        known = self.mark()
        position, waiting, seen, new = min(since, known), {unit.key: unit for unit in units}, list[Batch](), 0
        while True:
            for batch in walk(self.store, position):
                seen.append(batch)
                position = batch.end
                if batch.first >= known and not rotating:
                    self._same_key(batch.leaves)
                for key in batch.starts():
                    waiting.pop(key, None)
            if position < known:
                raise Broken(
                    f"{keys.log_batch(position)} is missing, and the checkpoint says {known} leaves", "run warraq verify"
                )
            if not waiting:
                return Appended(tuple(seen), position, new)
            group = next(leaf.pack(list(waiting.values())))
            batch = Batch(position, (*(self._genesis() if position == 0 else ()), *group))
            # When it is not taken, somebody was faster, or it was taken and the answer got lost: the walk tells.
            if self.store.put(keys.log_batch(position), leaf.dump(batch)):
                new += batch.end - batch.first
                seen.append(batch)
                position = batch.end
                for unit in group:
                    del waiting[unit.key]

    def publish(self, *, old: SigningKey | None = None) -> Checkpoint:
        """Write the tiles of every batch, and move the checkpoint over them. `old` signs too, when the key changes.

        Refused when this machine has no key, or not the one in force; Broken when the tiles do not lead to the checkpoint.
        """
        if self.signer is None:
            raise keyring.absent()
        signers = [self.signer] if old is None else [self.signer, old]
        for _ in range(_TRIES):
            held = self._held()
            self._in_force(held, old)
            size = held.size if held else 0
            batches = list(walk(self.store, size))
            if held and not batches:
                return held.checkpoint
            if not batches:
                raise Refused("the log is empty: there is nothing to sign", "run a step that captures something first")
            if old is None:
                self._same_key(one for batch in batches for one in batch.leaves)
            made = Checkpoint(self.signer.name, batches[-1].end, self._tiles(held, batches))
            signed = bytes(note.sign(made.text(), signers))
            put_once(self.store, keys.log_checkpoint(made.size), signed)
            if self.store.publish(signed, held.tag if held else ""):
                self._read = False
                return made
            self._read = False  # somebody else moved it: what they signed may cover ours
        raise TryAgain("the checkpoint is being moved by others all the time", "what was appended is safe; try again")

    def _tiles(self, held: Published | None, batches: list[Batch]) -> bytes:
        """Write every tile that is new since `held`; the root."""
        size = held.size if held else 0
        entries = self._entries(size) + [one.entry for batch in batches for one in batch.leaves]
        edge = merkle.load_edge(size, lambda tile: self._part(keys.log_tile(*tile), tile[2] * merkle.HASH))
        if held and edge.root != held.checkpoint.root:
            raise Broken(
                f"the log's tiles do not lead to its checkpoint of {size} leaves", "nothing was signed: run warraq verify"
            )
        edge, tiles = edge.extend(merkle.leaf_hash(entry) for entry in entries[size % merkle.TILE :])
        for at in range(0, len(entries), merkle.TILE):
            some = entries[at : at + merkle.TILE]
            number = size // merkle.TILE + at // merkle.TILE
            put_once(self.store, keys.log_tile("entries", number, len(some)), leaf.bundle(some))
        for tile, row in tiles.items():
            put_once(self.store, keys.log_tile(*tile), row)
        return edge.root

    def _entries(self, size: int) -> list[bytes]:
        """The entries of the bundle that a log of `size` leaves has not filled."""
        if size % merkle.TILE == 0:
            return []
        key = keys.log_tile("entries", size // merkle.TILE, size % merkle.TILE)
        found = leaf.unbundle(self._part(key, 0))
        if len(found) != size % merkle.TILE:
            raise Broken(f"{key} has {len(found)} entries", "run warraq verify")
        return found

    def _part(self, key: str, length: int) -> bytes:
        try:
            data = self.store.get(key)
        except KeyError:
            raise Broken(
                f"{key} is missing: the log's edge", "restore it from your second copy, or run warraq repair"
            ) from None
        if length and len(data) != length:
            raise Broken(f"{key} is {len(data)} bytes long, not {length}", "run warraq verify")
        return data

    def _held(self) -> Published | None:
        if not self._read:
            self._published, self._read = published(self.store), True
            self._in_force(self._published, None)
        return self._published

    def _in_force(self, held: Published | None, old: SigningKey | None) -> None:
        """Refused unless the key of this machine (or `old`, while it changes) made the first signature."""
        if held is None or self.signer is None:
            return
        first = note.Note(held.note.text, held.note.signatures[:1])
        mine = [key.public for key in (self.signer, old) if key is not None]
        if held.checkpoint.origin != self.signer.name:
            raise Refused(
                f"the log here is {held.checkpoint.origin}, the key of this machine signs {self.signer.name}",
                "give this machine the key of this archive, or the bucket of its key",
            )
        if not any(first.signed_by(key) for key in mine):
            raise Refused(
                "log/checkpoint is not signed by the key of this machine",
                "give it the key in force (WARRAQ_LOG_KEY_FILE); if nobody changed the key, run warraq verify",
            )

    def _same_key(self, leaves: Iterator[Leaf]) -> None:
        """Refused when the log names another key than this machine's."""
        for one in leaves:
            if one.kind == "key" and self.signer and one.key != keys.log_key(self.signer.public.id):
                raise Refused(
                    f"the log is signed with another key from now on: {one.key}",
                    "give this machine the new key; if its change was cut short, run warraq key rotate again",
                )

    def _genesis(self) -> tuple[Unit, ...]:
        """The first units of a log: which archive it is of, and who signs it."""
        if self.signer is None:
            raise keyring.absent()
        archive = self.store.get(marker.KEY)
        name = keyring.origin(marker.unpack(archive).id)
        if self.signer.name != name:
            raise Refused(
                f"the key of this machine signs {self.signer.name}, this archive is {name}", "make one: warraq key new"
            )
        return Unit((leaf.of_object("archive", marker.KEY, archive),)), self.key_unit(self.signer)

    def key_unit(self, signer: SigningKey) -> Unit:
        """Put the verifier key where everybody finds it; its unit."""
        key, data = keys.log_key(signer.public.id), f"{signer.public}\n".encode()
        put_once(self.store, key, data)
        return Unit((leaf.of_object("key", key, data),))
