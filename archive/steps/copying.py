"""Copies what a log covers from one store to another. Nothing is overwritten there, and nothing arrives unchecked.

An object is compared with its leaf before it is put. What is damaged where it comes from, or lies otherwise where it should
go, becomes a finding, and the rest goes on.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import suppress
from typing import Literal, TypeVar

from archive import keys
from archive.errors import BadRecord, TryAgain
from archive.log import note
from archive.log.follow import Stretch
from archive.log.leaf import PARTS, Leaf
from archive.store import Store
from archive.verify.finding import Finding

Case = Literal["absent", "altered", "taken"]  # not at its source, damaged there, or other bytes lie where it should go
_TRIES = 20  # to move the checkpoint while others move it
_ASKED = 100  # objects that are asked for one by one rather than by a listing

T = TypeVar("T")
R = TypeVar("R")


class Copier:
    """From `source` to `dest`. `tell` words a finding; `compare`: what is there already is fetched and digested too."""

    def __init__(
        self, source: Store, dest: Store, pool: Executor, tell: Callable[[Case, str], Finding], *, compare: bool = False
    ) -> None:
        self.source, self.dest, self.pool, self.tell, self.compare = source, dest, pool, tell, compare
        self.findings: dict[str, Finding] = {}
        self.open: dict[str, Leaf] = {}  # what could not be copied
        self.copied: list[str] = []
        self.bytes = 0
        self._listed: set[str] | None = None

    def take(self, stretch: Stretch, size: int) -> None:
        """Everything of a stretch but its `log/checkpoint`: objects, then batches, then what follows from them.

        `size`: leaves of the log that `dest` is known to hold already, to choose how it is asked.
        """
        leaves = {one.key: one for batch, _ in stretch.batches for one in batch.leaves if one.kind not in PARTS}
        self.objects(list(leaves.values()), size)
        for batch, data in stretch.batches:  # in order, so that there is never a gap
            key = keys.log_batch(batch.first)
            self._note(key, self.derived(key, data))
        follows = [*stretch.tiles.items(), *stretch.checkpoints.items()]
        for key, told in each(self.pool, lambda item: (item[0], self.derived(*item)), follows):
            self._note(key, told)

    def objects(self, leaves: Sequence[Leaf], size: int, *, compare: bool = False) -> None:
        """Copy those that `dest` lacks."""
        held, compare = self.held([one.key for one in leaves], size), compare or self.compare

        def copy(one: Leaf) -> tuple[Leaf, int | Finding]:
            if one.key in held and not compare:
                return one, 0
            return one, self._compared(one) if one.key in held else self._object(one)

        for one, told in each(self.pool, copy, leaves):
            self._note(one.key, told)
            if isinstance(told, Finding):
                self.open[one.key] = one
            else:
                self.open.pop(one.key, None)

    def derived(self, key: str, data: bytes) -> int | Finding:
        """Put what follows from the batches, or a batch; bytes put, 0 when the same is there."""
        if self.dest.put(key, data):
            return len(data)
        return 0 if same(key, self.dest.get(key), data) else self.tell("taken", key)

    def put(self, key: str, data: bytes) -> None:
        """Copy what has no leaf; the caller has looked at it."""
        self._note(key, self.derived(key, data))

    def publish(self, signed: bytes) -> None:
        """Move `log/checkpoint` of `dest` forward to this one; a finding when another of that size is there."""
        new = note.parse_checkpoint(note.parse(signed))
        for _ in range(_TRIES):
            held = self.dest.checkpoint()
            try:
                old = note.parse_checkpoint(note.parse(held[0])) if held else None
            except BadRecord:
                self._note(keys.CHECKPOINT, self.tell("taken", keys.CHECKPOINT))
                return
            if old is not None and old.size >= new.size:
                if old.size == new.size and old != new:
                    self._note(keys.CHECKPOINT, self.tell("taken", keys.CHECKPOINT))
                return
            if self.dest.publish(signed, held[1] if held else ""):
                return
        raise TryAgain("the checkpoint of the copy is being moved by others all the time", "try again")

    def held(self, wanted: Sequence[str], size: int) -> set[str]:
        """Which of these keys `dest` holds: by one listing of everything, or one by one where that costs less."""
        if self._listed is None and len(wanted) <= max(_ASKED, size // 1000):
            return {key for key, there in each(self.pool, lambda key: (key, self._there(key)), wanted) if there}
        if self._listed is None:
            self._listed = set(self.dest.list(""))
        return self._listed.intersection(wanted)

    def _there(self, key: str) -> bool:
        try:
            self.dest.get(key, 0, 1)
        except KeyError:
            return False
        except BadRecord:  # it is empty: it has no first byte
            return True
        return True

    def _object(self, one: Leaf) -> int | Finding:
        try:
            data = self.source.get(one.key)
        except KeyError:
            return self.tell("absent", one.key)
        if hashlib.sha256(data).hexdigest() != one.sha256:
            return self.tell("altered", one.key)
        return len(data) if self.dest.put(one.key, data) else self._compared(one)

    def _compared(self, one: Leaf) -> int | Finding:
        """Whether `dest` holds what the log says."""
        same = hashlib.sha256(self.dest.get(one.key)).hexdigest() == one.sha256
        return 0 if same else self.tell("taken", one.key)

    def _note(self, key: str, told: int | Finding) -> None:
        if isinstance(told, Finding):
            self.findings[key] = told
        elif told:
            self.copied.append(key)
            self.bytes += told


def same(key: str, held: bytes, data: bytes) -> bool:
    """Whether these are the same object: derived ones (`.json.gz`, `.jsonl.gz`) are when their content is."""
    if held == data:
        return True
    with suppress(OSError, EOFError, zlib.error):
        return key.endswith((".json.gz", ".jsonl.gz")) and gzip.decompress(held) == gzip.decompress(data)
    return False


def each(pool: Executor, work: Callable[[T], R], items: Iterable[T]) -> Iterable[R]:
    """`work` on every item, in threads; after the first error nothing more is begun, and it is raised."""
    futures = [pool.submit(work, item) for item in items]
    try:
        for future in as_completed(futures):
            yield future.result()
    finally:
        for future in futures:
            future.cancel()
