"""The log and what lies behind its leaves, for a bundle: each byte is checked against the log before it is given away."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from archive import keys, warc
from archive.errors import BadRecord, Broken, Refused
from archive.log import leaf, note
from archive.log.leaf import Batch, Leaf
from archive.log.merkle import leaf_hash
from archive.log.note import Checkpoint, VerifierKey
from archive.log.reader import Tree
from archive.prove.proof import Proof
from archive.records import TLS
from archive.steps.workshop import Workshop
from archive.store import Store

_VERIFY = "nothing was written; run `warraq verify`"
SEAL = "run `warraq seal --all`; if it was logged by another machine: `warraq rebuild`"


@dataclass(frozen=True, slots=True)
class Held:
    """Bytes that the log proves: what was logged, where, and the bytes."""

    leaf: Leaf
    index: int
    data: bytes

    @property
    def place(self) -> tuple[str, int, int]:
        """(WARC, offset, length) of a part."""
        where, _, span = self.leaf.key.partition("#")
        offset, _, length = span.partition("+")
        return where, int(offset), int(length)


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signed checkpoints, from leaf `index` on."""

    index: int
    key: VerifierKey
    held: Held


@dataclass
class Ledger:
    """The log as its newest checkpoint says it is, with the objects behind its leaves. Reads each batch once."""

    shop: Workshop
    _batches: dict[int, Batch] = field(default_factory=dict)
    _units: dict[str, list[tuple[int, Leaf]]] = field(default_factory=dict)
    _read: dict[int, Held] = field(default_factory=dict)  # by leaf
    _listed: tuple[str, list[str]] = ("~", [])  # keys of batches, all that come after the first of these

    @cached_property
    def note(self) -> bytes:
        """`log/checkpoint` as published, signed by the key in force. Refused when there is none."""
        held = self.store.checkpoint()
        if held is None:
            raise Refused("this archive has no signed checkpoint: nothing can be proven yet", SEAL)
        return held[0]

    @property
    def store(self) -> Store:
        return self.shop.store

    @cached_property
    def checkpoint(self) -> Checkpoint:
        return note.parse_checkpoint(note.parse(self.note))

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.store, self.checkpoint)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The keys that were in force, oldest first; the checkpoint is signed by the last one, or Broken."""
        known = sorted(self.store.list("log/keys/"))
        logged = self.shop.catalog.logged(known)
        found = []
        for name in sorted(logged, key=lambda name: logged[name]):
            if logged[name] < self.checkpoint.size:
                held = self.object(name, "key")
                found.append(Key(held.index, note.parse_verifier(held.data.decode()), held))
        if not found:
            raise Refused("the catalog does not know the key of this log", "run `warraq rebuild`")
        if not note.parse(self.note).signed_by(found[-1].key):
            raise Broken(f"log/checkpoint is not signed by {found[-1].key}, the key in force", _VERIFY)
        return tuple(found)

    def signer(self, size: int) -> Key:
        """The key in force for a checkpoint of that size."""
        return next(key for key in reversed(self.keys) if key.index < size)

    def unit(self, name: str) -> list[tuple[int, Leaf]]:
        """The leaves of a unit with their indexes. Refused when it is not logged, or not under the checkpoint."""
        if name not in self._units:
            self._units[name] = self._unit(name)
        return self._units[name]

    def _unit(self, name: str) -> list[tuple[int, Leaf]]:
        logged = self.shop.catalog.logged([name])
        if name not in logged:
            raise Refused(f"{name} is not in the log", SEAL)
        first = logged[name]
        batch = self._batch(first)
        unit = next((unit for unit in batch.units if unit.key == name and batch.starts()[name] == first), None)
        if unit is None:
            raise Broken(f"{keys.log_batch(batch.first)} does not hold {name} at leaf {first}", _VERIFY)
        leaves = list(enumerate(unit.leaves, first))
        if leaves[-1][0] >= self.checkpoint.size:
            raise Refused(
                f"{name} is leaf {leaves[0][0]} of the log; the signed checkpoint covers {self.checkpoint.size}",
                "the next run signs it; at once: `warraq anchor`",
            )
        return leaves

    def _batch(self, index: int) -> Batch:
        """The batch that holds that leaf: the last one that begins at or below it."""
        held = next((one for one in self._batches.values() if one.first <= index < one.end), None)
        if held is None:
            near = keys.log_batch(max(0, index - leaf.MOST))
            below = [key for key in self._from(near) if key <= keys.log_batch(index)]
            if not below and index >= leaf.MOST:  # a unit that is larger than a batch should be
                below = [key for key in self._from("") if key <= keys.log_batch(index)]
            found = max(below, default=near)
            held = leaf.load(self._get(found))
            if not held.first <= index < held.end:
                raise Broken(f"{found} does not hold leaf {index}", _VERIFY)
            self._batches[held.first] = held
        return held

    def _from(self, after: str) -> list[str]:
        """The keys of all batches that come after this key; listed once, while it only grows."""
        if after < self._listed[0]:
            self._listed = after, list(self.store.list("log/batches/", after=after))
        return [key for key in self._listed[1] if key > after]

    def object(self, name: str, kind: str, unit: str = "") -> Held:
        """A whole object, as logged in `unit` (its own when left out)."""
        for index, one in self.unit(unit or name):
            if (one.kind, one.key) == (kind, name):
                return self.whole(index, one)
        raise Broken(f"{unit or name} was logged without {name}", _VERIFY)

    def whole(self, index: int, one: Leaf) -> Held:
        """A whole object by its leaf."""
        return self._held(index, one, lambda: self._get(one.key))

    def parts(self, file: str, kind: str) -> list[tuple[int, Leaf]]:
        """The leaves of a WARC's parts of one kind, in the file's order."""
        return [(index, one) for index, one in self.unit(file) if one.kind == kind]

    def part(self, index: int, one: Leaf) -> Held:
        """A part of a WARC: exactly its bytes."""
        where, offset, length = Held(one, index, b"").place
        return self._held(index, one, lambda: self._get(where, offset, length))

    def capture(self, file: str, offset: int) -> Held:
        """The part of a WARC that holds the record at `offset`."""
        for index, one in self.parts(file, "capture"):
            _, start, length = Held(one, index, b"").place
            if start <= offset < start + length:
                return self.part(index, one)
        raise Broken(f"{file} was logged without a capture at byte {offset}", _VERIFY)

    def chain(self, capture: Held) -> Held | None:
        """The certificates that a capture names; None when it names none (plain http, or an older capture)."""
        named = next((one.meta.get("tls", {}).get("chain", "") for one in warc.captures(capture.data)), "")
        if not named:
            return None
        file, start, _ = capture.place
        wanted = TLS + str(named).removeprefix("sha256:")
        for index, one in reversed(self.parts(file, "resource")):
            if Held(one, index, b"").place[1] < start:
                held = self.part(index, one)
                if any(record.target == wanted for record in warc.records(held.data)):
                    return held
        raise Broken(f"{file}: the capture at byte {start} names certificates that are not in its file", _VERIFY)

    def proof(self, held: Held) -> Proof:
        return Proof(held.index, tuple(self.tree.inclusion(held.index)), self.note)

    def _held(self, index: int, one: Leaf, read: Callable[[], bytes]) -> Held:
        """What is behind a leaf, read once: Broken when it is not what was logged."""
        if index not in self._read:
            data = read()
            if hashlib.sha256(data).hexdigest() != one.sha256:
                raise Broken(f"{one.key} is not what was logged", "restore it from your second copy; nothing was written")
            if self.tree.leaf_hash(index) != leaf_hash(one.entry):
                raise Broken(f"leaf {index} is not {one.key}: batches and tiles of the log differ", _VERIFY)
            self._read[index] = Held(one, index, data)
        return self._read[index]

    def _get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        try:
            return self.store.get(key, start, length)
        except KeyError:
            raise Broken(f"{key} is missing", "restore it from your second copy; nothing was written") from None

    def older(self, sizes: Iterable[int]) -> dict[int, tuple[bytes, list[bytes]]]:
        """By size, checkpoints as they were published, with the proof that each is the beginning of the newest."""
        out = {}
        for size in sorted(set(sizes)):
            name = keys.log_checkpoint(size)
            data = self._get(name)
            signed = note.parse(data)
            made = note.parse_checkpoint(signed)
            if (made.origin, made.size, made.root) != (self.checkpoint.origin, size, self.tree.root(size)):
                raise Broken(f"{name} is of another log", _VERIFY)
            if not signed.signed_by(self.signer(size).key):
                raise Broken(f"{name} is not signed by the key in force for it", _VERIFY)
            out[size] = data, self.tree.consistency(size)
        return out

    def handovers(self) -> list[int]:
        """For each change of the key, the size of the first checkpoint above it: both keys signed that one."""
        out = []
        for old, new in zip(self.keys, self.keys[1:], strict=False):
            names = self.store.list("log/checkpoints/", after=keys.log_checkpoint(new.index))
            name = min(names, default="")
            if not name or not note.parse(self._get(name)).signed_by(old.key):
                raise Broken(f"{name or 'no checkpoint'} hands over from {old.key} to {new.key}", _VERIFY)
            out.append(int(name.rpartition("/")[2]))
        return out


def referred(data: bytes) -> str:
    """The id of the record that a revisit refers to; "" when a capture is none."""
    fields = (record.fields for record in warc.records(data) if record.kind == "revisit")
    return next((one.get("warc-refers-to", "").strip("<>") for one in fields), "")


def lines_of(data: bytes) -> list[bytes]:
    """The lines of an observations object as stored."""
    try:
        return gzip.decompress(data).splitlines()
    except (OSError, EOFError, zlib.error) as error:
        raise BadRecord(f"not an observations object: {error}") from error
