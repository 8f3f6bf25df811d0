"""Attacks on single objects of the log, without the signing key."""

from __future__ import annotations

import gzip
import hashlib

from archive import keys
from archive.log import leaf
from tests.attacks import forge, ledger
from tests.attacks.scene import (
    ALTERED,
    FORKED,
    MISSING,
    SWAPPED,
    TRUNCATED,
    Attacks,
    Expected,
    Finding,
    Scene,
    says,
)

attack = Attacks()


def full(at: Scene, level: str) -> str:
    """A full tile of that level that is not the first."""
    return [key for key in at.bucket.keys(f"log/tile/{level}/") if ".p/" not in key][-1]


# One object of the log


@attack("a tile edited")
def tile_edited(at: Scene) -> Expected:
    key = full(at, "0")
    at.change(key, lambda data: forge.flip(data, 77))
    return says(ALTERED, key)


@attack("an entry bundle edited: another digest in an entry")
def entries_edited(at: Scene) -> Expected:
    key = full(at, "entries")

    def told(data: bytes) -> bytes:
        entries = leaf.unbundle(data)
        kind, _, name = entries[100].split(b" ")
        entries[100] = b" ".join((kind, hashlib.sha256(b"").hexdigest().encode(), name))
        return leaf.bundle(entries)

    at.change(key, told)
    return says(ALTERED, key)


@attack("a batch edited: another digest in a leaf")
def batch_edited(at: Scene) -> Expected:
    batch = at.middle()
    one = next(it for it in batch.leaves if it.kind == "capture")
    key = keys.log_batch(batch.first)
    at.change(key, lambda _: ledger.with_leaf(batch, one.key, hashlib.sha256(b"").hexdigest()))
    return says(ALTERED, key)


@attack("a snapshot replaced, and its leaf in the batch")
def batch_and_snapshot(at: Scene) -> Expected:
    batch = at.middle()
    one = next(it for it in batch.leaves if it.kind == "snapshot")
    lie, _ = forge.other_text(at.clean[one.key])
    at.change(one.key, lambda _: lie)
    at.change(keys.log_batch(batch.first), lambda _: ledger.with_leaf(batch, one.key, hashlib.sha256(lie).hexdigest()))
    return says(ALTERED, one.key, keys.log_batch(batch.first))


@attack("a batch packed by another gzip, the same leaves")
def batch_repacked(at: Scene) -> Expected:
    """Nothing is lost: a batch's bytes are no leaf, only what it says is."""
    key = keys.log_batch(at.middle().first)
    at.change(key, lambda data: gzip.compress(gzip.decompress(data), 1, mtime=0))
    return Expected((), may=(Finding(ALTERED, key),))


@attack("a batch removed")
def batch_removed(at: Scene) -> Expected:
    key = keys.log_batch(at.middle().first)
    at.bucket.delete(key)
    return says(MISSING, key)


@attack("a tile removed")
def tile_removed(at: Scene) -> Expected:
    key = full(at, "0")
    at.bucket.delete(key)
    return says(MISSING, key)


@attack("an entry bundle removed")
def entries_removed(at: Scene) -> Expected:
    key = full(at, "entries")
    at.bucket.delete(key)
    return says(MISSING, key)


@attack("the tile at the log's edge removed")
def edge_removed(at: Scene) -> Expected:
    key = keys.log_tile(0, at.size // 256, at.size % 256)
    at.bucket.delete(key)
    return says(MISSING, key)


@attack("batch, entries and tiles edited to agree, the checkpoints left")
def log_edited_to_agree(at: Scene) -> Expected:
    """Another digest for one capture: only signed roots contradict it, kept in the bucket and in the book."""
    batch = at.middle()
    one = next(it for it in batch.leaves if it.kind == "capture")
    lie = at.clean | {keys.log_batch(batch.first): ledger.with_leaf(batch, one.key, hashlib.sha256(b"").hexdigest())}
    made = ledger.rebuilt(lie, batch.first, lambda _: True, at.new_key)
    changed = [
        key for key in made if key.startswith(("log/batches/", "log/tile/")) and at.clean.get(key, made[key]) != made[key]
    ]
    at.bucket.put_all({key: made[key] for key in changed})
    may = (Finding(FORKED, keys.CHECKPOINT), *(Finding(ALTERED, key) for key in changed))
    return says(ALTERED, keys.log_batch(batch.first), may=may)


@attack("every kept checkpoint removed, the newest left at its place")
def history_removed(at: Scene) -> Expected:
    gone = at.bucket.keys("log/checkpoints/")
    at.bucket.delete(*gone)
    return says(MISSING, keys.log_checkpoint(at.size), may=tuple(Finding(MISSING, key) for key in gone))


@attack("a verifier key replaced by the attacker's")
def key_replaced(at: Scene) -> Expected:
    key = keys.log_key(at.new_key.public.id)
    at.change(key, lambda _: f"{at.strange_key().public}\n".encode())
    return says(ALTERED, key)


@attack("a verifier key removed")
def key_removed(at: Scene) -> Expected:
    key = keys.log_key(at.old_key.public.id)
    at.bucket.delete(key)
    return says(MISSING, key)


@attack("two batches exchanged")
def batches_swapped(at: Scene) -> Expected:
    return exchange(at, *(keys.log_batch(one.first) for one in at.batches[-3:-1]))


@attack("two tiles exchanged")
def tiles_swapped(at: Scene) -> Expected:
    return exchange(at, keys.log_tile(0, 0, 256), full(at, "0"))


def exchange(at: Scene, one: str, other: str) -> Expected:
    at.change(one, lambda _: at.clean[other])
    at.change(other, lambda _: at.clean[one])
    return says(SWAPPED, one, other)


@attack("a tile cut short")
def tile_cut(at: Scene) -> Expected:
    return cut(at, full(at, "0"))


@attack("an entry bundle cut short")
def entries_cut(at: Scene) -> Expected:
    return cut(at, full(at, "entries"))


@attack("a batch cut short")
def batch_cut(at: Scene) -> Expected:
    return cut(at, keys.log_batch(at.middle().first))


@attack("the checkpoint cut short")
def checkpoint_cut(at: Scene) -> Expected:
    return cut(at, keys.CHECKPOINT)


def cut(at: Scene, key: str) -> Expected:
    at.change(key, lambda data: data[: len(data) * 2 // 3])
    return says(TRUNCATED, key)


@attack("the checkpoint removed")
def checkpoint_removed(at: Scene) -> Expected:
    at.bucket.delete(keys.CHECKPOINT)
    return says(MISSING, keys.CHECKPOINT)
