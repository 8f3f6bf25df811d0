"""Appends to the log. The only sequencer is the conditional put of a batch at the index of its first leaf.

A batch that is there *is* logged: tiles and checkpoint follow from the batches, so any worker makes them, at any time. A
unit is appended once, whoever retries: before a claim at index p every batch in [since, p) has been read, and `since` is
the size that the log had before the unit could be in it. The whole argument: docs/DESIGN.md, "The log".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archive import keys, marker
from archive.errors import BadRecord, Broken, Refused, TryAgain
from archive.log import keyring, leaf, note
from archive.log.leaf import Batch, Leaf, Unit
from archive.log.note import Checkpoint, SigningKey
from archive.log.tiling import Tiling
from archive.store import Store, put_once

_VERIFY = "run warraq verify"
_TRIES = 20  # to move the checkpoint while others move it
_CONTRADICTIONS = 3  # how often a batch may be taken and yet not be there


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
    differing: tuple[str, ...]  # units that were there, with other leaves


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
        except BadRecord as error:
            raise BadRecord(f"{key}: {error.what}", error.remedy or _VERIFY) from error
        if batch.first != position:
            raise Broken(f"{key} says that it begins at leaf {batch.first}", f"the log was tampered with: {_VERIFY}")
        yield batch
        position = batch.end


def _first(held: Published) -> note.Note:
    """The note with its first signature alone: the one of the key in force."""
    return note.Note(held.note.text, held.note.signatures[:1])


class Log:
    """The log of one archive, for one step: its checkpoint is read once.

    `old`: the key in force until now, while the key changes to `signer`; it signs the first checkpoint above the change too.
    """

    def __init__(self, store: Store, signer: SigningKey | None, old: SigningKey | None = None) -> None:
        self.store, self.signer, self._old = store, signer, old
        self._published: Published | None = None
        self._read = False
        self._tail: list[Batch] = []  # every batch from some size of the log on, in order, as far as it was read or put
        self._tiles = Tiling(store)

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

    def append(self, units: Sequence[Unit], since: int) -> Appended:
        """Put in each unit that is not among the batches from `since` on.

        `since`: a size that the log had before any of the units could be in it. When this returns, every unit is logged,
        once; `publish` makes the checkpoint that covers it. Raises Broken when the log has a gap, Refused when it was
        signed with another key than this machine's.
        """
        known = self.mark()
        position, waiting, new = min(since, known), {unit.key: unit for unit in units}, 0
        told, contradictions, differing = max(since, known), 0, list[str]()
        # All below `look` must be read; above it a claim tells as well. The first of all claims puts a key: it looks.
        look = told if units and told else told + 1
        self._tail = []
        while True:
            if position < look:
                before, position = position, self._catch_up(position, known, waiting, differing)
                contradictions = 0 if position > before else contradictions
            if position < told:
                raise Broken(f"{keys.log_batch(position)} is missing, and the log had {told} leaves", _VERIFY)
            if not waiting:
                return Appended(tuple(self._tail), position, new, tuple(differing))
            if contradictions == _CONTRADICTIONS:
                raise Broken(f"{keys.log_batch(position)} is taken, and is not there", "run warraq doctor: is this store safe?")
            group = next(leaf.pack(list(waiting.values())))
            batch = Batch(position, (*(self._genesis() if position == 0 else ()), *group))
            if self.store.put(keys.log_batch(position), leaf.dump(batch)):
                self._tail.append(batch)
                new += batch.end - batch.first
                position = look = batch.end
                for unit in group:
                    del waiting[unit.key]
            else:  # somebody was faster, or it was taken and the answer got lost: looking tells
                look, contradictions = position + 1, contradictions + 1

    def _catch_up(self, position: int, known: int, waiting: dict[str, Unit], differing: list[str]) -> int:
        """Read every batch from `position` on, and strike what they hold from `waiting`; where the log ends."""
        for batch in walk(self.store, position):
            self._tail.append(batch)
            position = batch.end
            if batch.first >= known and self._old is None:
                self._same_key(batch.leaves)
            for unit in batch.units:
                mine = waiting.pop(unit.key, unit)
                if mine.leaves != unit.leaves:
                    differing.append(unit.key)
        return position

    def publish(self) -> Checkpoint:
        """Write the tiles, and move the checkpoint, up to the end of what was appended (of what lies there, when nothing was).

        Refused when this machine has no key, or not the one in force; Broken when the tiles do not lead to the checkpoint.
        """
        if self.signer is None:
            raise keyring.absent()
        for _ in range(_TRIES):
            held = self._held()
            batches = self._above(held.size if held else 0)
            if held and not batches:
                return held.checkpoint
            if not batches:
                raise Refused("the log is empty: there is nothing to sign", "run a step that captures something first")
            named = [one for batch in batches for one in batch.leaves if one.kind == "key"]
            self._same_key(named if self._old is None else named[-1:])
            root = self._tiles.cover(held.checkpoint if held else None, batches)
            made = Checkpoint(self.signer.name, batches[-1].end, root)
            signed = bytes(note.sign(made.text(), self._signers(self.signer, held)))
            self._tiles.put(keys.log_checkpoint(made.size), signed)
            self._read = False
            if self.store.publish(signed, held.tag if held else ""):
                return made
            # Somebody else moved it: what they signed may cover ours.
        raise TryAgain("the checkpoint is being moved by others all the time", "what was appended is safe; try again")

    def _above(self, size: int) -> list[Batch]:
        """The batches from leaf `size` on that a checkpoint is to cover: those that `append` has seen, if it was called."""
        if not self._tail:
            return list(walk(self.store, size))
        above = [batch for batch in self._tail if batch.first >= size]
        if above and above[0].first != size:
            raise Broken(f"the checkpoint says {size} leaves, and no batch begins there", f"nothing was signed: {_VERIFY}")
        return above

    def _signers(self, signer: SigningKey, held: Published | None) -> list[SigningKey]:
        """The first checkpoint above a `key` leaf is signed by the key before it too, and only that one."""
        if self._old is None or held is None or not _first(held).signed_by(self._old.public):
            return [signer]
        return [signer, self._old]

    def _held(self) -> Published | None:
        if not self._read:
            before, held = self._published, published(self.store)
            if before is not None and (held is None or held.size < before.size):
                raise Broken(f"rolled back: {keys.CHECKPOINT} said {before.size} leaves a moment ago", _VERIFY)
            self._in_force(held)
            self._published, self._read = held, True  # not before: what was refused once stays refused
        return self._published

    def _in_force(self, held: Published | None) -> None:
        """Refused unless the key of this machine (or the one before it, while it changes) made the first signature."""
        if held is None or self.signer is None:
            return
        mine = [key.public for key in (self.signer, self._old) if key is not None]
        if held.checkpoint.origin != self.signer.name:
            raise Refused(
                f"the log here is {held.checkpoint.origin}, the key of this machine signs {self.signer.name}",
                "give this machine the key of this archive, or the bucket of its key",
            )
        if not any(_first(held).signed_by(key) for key in mine):
            raise Refused(
                "log/checkpoint is not signed by the key of this machine",
                "give it the key in force (WARRAQ_LOG_KEY_FILE); if nobody changed the key, run warraq verify",
            )

    def _same_key(self, leaves: Iterable[Leaf]) -> None:
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
