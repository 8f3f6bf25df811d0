"""Logs made anew, with the archive's own code: what somebody with the bucket, and perhaps the signing key, can do to `log/`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archive import keys, marker
from archive.log import leaf, note
from archive.log.leaf import Batch, Leaf, Unit
from archive.log.note import SigningKey
from archive.log.writer import Log

Keep = Callable[[Unit], bool]


@dataclass
class Shelf:
    """A store in memory (archive.store.Store)."""

    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, data: bytes) -> bool:
        taken = key in self.objects
        self.objects.setdefault(key, data)
        return not taken

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        data = self.objects[key]
        return data[start:] if length is None else data[start : start + length]

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        return (key for key in sorted(self.objects) if key.startswith(prefix) and key > after)

    def checkpoint(self) -> tuple[bytes, str] | None:
        held = self.objects.get(keys.CHECKPOINT)
        return None if held is None else (held, hashlib.sha256(held).hexdigest())

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        held = self.checkpoint()
        if tag != (held[1] if held else ""):
            return False
        self.objects[keys.CHECKPOINT] = checkpoint
        return True

    def clock(self) -> datetime:
        return datetime.now(UTC)


def batches(clean: Mapping[str, bytes]) -> list[Batch]:
    """Those of a clean bucket, in order."""
    return [leaf.load(clean[key]) for key in sorted(key for key in clean if key.startswith("log/batches/"))]


def as_of(clean: Mapping[str, bytes], size: int) -> dict[str, bytes]:
    """The objects of `log/` as they were when the checkpoint of `size` leaves was published."""
    out = {key: clean[key] for key in clean if key.startswith("log/") and _until(key, size)}
    return out | {keys.CHECKPOINT: clean[keys.log_checkpoint(size)]}


def _until(key: str, size: int) -> bool:
    """Was this object of the log there at that size? Keys of the log stay, they say nothing about its size."""
    kind, _, rest = key.removeprefix("log/").partition("/")
    if kind == "tile":
        level, _, place = rest.partition("/")
        number, _, width = place.partition(".p/")
        at = int("".join(part.lstrip("x") for part in number.split("/")))
        covers = 256 ** (0 if level == "entries" else int(level))
        return (at * 256 + int(width or 256)) * covers <= size
    if kind == "batches":
        return int(rest[:12]) < size
    return kind == "keys" or (kind in ("checkpoints", "anchors") and int(rest[:12]) <= size)


def rebuilt(clean: Mapping[str, bytes], size: int, keep: Keep, signer: SigningKey) -> dict[str, bytes]:
    """`log/` as it would be had the units behind leaf `size` that are not kept never been: tiles, batches and checkpoints
    anew, signed by `signer`. From 0 on the log gets that key for its own."""
    shelf = Shelf((as_of(clean, size) if size else {}) | {marker.KEY: clean[marker.KEY]})
    for batch in batches(clean):
        if batch.first < size:
            continue
        units = [unit for unit in batch.units if keep(unit) and not (size == 0 and unit.leaves[0].kind in ("archive", "key"))]
        if units:
            log = Log(shelf, signer)
            log.append(units, log.mark())
            log.publish()
    del shelf.objects[marker.KEY]
    return shelf.objects


def resigned(checkpoint: bytes, *signers: SigningKey) -> bytes:
    """What a checkpoint says, signed by others."""
    return bytes(note.sign(note.parse(checkpoint).text, signers))


def with_leaf(batch: Batch, key: str, sha256: str) -> bytes:
    """The batch, another digest in the leaf of `key`."""

    def told(unit: Unit) -> Unit:
        return Unit(tuple(Leaf(one.kind, sha256, one.key) if one.key == key else one for one in unit.leaves))

    return leaf.dump(Batch(batch.first, tuple(told(unit) for unit in batch.units)))
