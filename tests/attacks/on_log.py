"""Attacks on the log and on what others say of it, by somebody without the signing key, and by somebody who stole it."""

from __future__ import annotations

import gzip
import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from archive import keys
from archive.acts import Act, dump, key_of, stamp
from archive.log import anchor as stamps
from archive.log import leaf, note
from archive.log.leaf import Batch, Unit, of_object
from archive.log.note import SigningKey
from archive.settings import from_environment
from archive.steps.record import record
from archive.steps.workshop import Workshop
from tests.attacks import forge, ledger
from tests.attacks.build import OTHER_TOKEN
from tests.attacks.scene import (
    ALTERED,
    FORKED,
    MISSING,
    REDACTED,
    ROLLED_BACK,
    UNLOGGED,
    WRONG_SIGNER,
    Attack,
    Expected,
    Finding,
    Scene,
    says,
)
from tests.outside import Authority

ATTACKS: list[Attack] = []


def attack(name: str, *, quick: bool = False) -> Callable[[Callable[[Scene], Expected]], Callable[[Scene], Expected]]:
    def keep(do: Callable[[Scene], Expected]) -> Callable[[Scene], Expected]:
        ATTACKS.append(Attack(name, do, quick))
        return do

    return keep


def full(at: Scene, level: str) -> str:
    """A full tile of that level that is not the first."""
    return [key for key in at.bucket.keys(f"log/tile/{level}/") if ".p/" not in key][-1]


def middle(at: Scene) -> Batch:
    """A batch with snapshots that others follow."""
    some = [one for one in at.batches if any(it.kind == "snapshot" for it in one.leaves)]
    return some[len(some) // 2]


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


@attack("a batch edited: another digest in a leaf", quick=True)
def batch_edited(at: Scene) -> Expected:
    batch = middle(at)
    one = next(it for it in batch.leaves if it.kind == "capture")
    key = keys.log_batch(batch.first)
    at.change(key, lambda _: ledger.with_leaf(batch, one.key, hashlib.sha256(b"").hexdigest()))
    return says(ALTERED, key)


@attack("a snapshot replaced, and its leaf in the batch")
def batch_and_snapshot(at: Scene) -> Expected:
    batch = middle(at)
    one = next(it for it in batch.leaves if it.kind == "snapshot")
    lie, _ = forge.other_text(at.clean[one.key])
    at.change(one.key, lambda _: lie)
    at.change(keys.log_batch(batch.first), lambda _: ledger.with_leaf(batch, one.key, hashlib.sha256(lie).hexdigest()))
    return says(ALTERED, one.key, keys.log_batch(batch.first))


@attack("a batch packed by another gzip, the same leaves")
def batch_repacked(at: Scene) -> Expected:
    """Nothing is lost: a batch's bytes are no leaf, only what it says is."""
    key = keys.log_batch(middle(at).first)
    at.change(key, lambda data: gzip.compress(gzip.decompress(data), 1, mtime=0))
    return Expected((), may=(Finding(ALTERED, key),))


@attack("a batch removed", quick=True)
def batch_removed(at: Scene) -> Expected:
    key = keys.log_batch(middle(at).first)
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
    batch = middle(at)
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
    at.change(key, lambda _: f"{own_key(at).public}\n".encode())
    return says(ALTERED, key)


# Signatures


def own_key(at: Scene) -> SigningKey:
    """A key that the attacker made, under the archive's name."""
    return SigningKey(at.new_key.name, secrets.token_bytes(32))


@attack("the checkpoint signed by another key", quick=True)
def signed_by_another(at: Scene) -> Expected:
    at.change(keys.CHECKPOINT, lambda data: ledger.resigned(data, own_key(at)))
    return says(WRONG_SIGNER, keys.CHECKPOINT)


@attack("the checkpoint and its kept copy signed by the key of before the change")
def signed_by_the_old(at: Scene) -> Expected:
    for key in (keys.CHECKPOINT, keys.log_checkpoint(at.size)):
        at.change(key, lambda data: ledger.resigned(data, at.old_key))
    return says(WRONG_SIGNER, keys.CHECKPOINT, keys.log_checkpoint(at.size))


@attack("a kept checkpoint with a signature that is not right")
def signature_edited(at: Scene) -> Expected:
    key = keys.log_checkpoint(middle(at).end)

    def told(data: bytes) -> bytes:
        held = note.parse(data)
        first = held.signatures[0]
        wrong = note.Signature(first.name, first.key_id, forge.flip(first.signature, 9))
        return bytes(note.Note(held.text, (wrong, *held.signatures[1:])))

    at.change(key, told)
    return says(WRONG_SIGNER, key)


# Back in time


def older(at: Scene) -> int:
    """The size of a checkpoint that was followed by others."""
    return at.batches[-4].end


@attack("an older checkpoint put back", quick=True)
def put_back(at: Scene) -> Expected:
    at.change(keys.CHECKPOINT, lambda _: at.clean[keys.log_checkpoint(older(at))])
    return says(ROLLED_BACK, keys.CHECKPOINT)


@attack("an older checkpoint put back, and everything newer in the log removed")
def log_rolled_back(at: Scene) -> Expected:
    then = ledger.as_of(at.clean, older(at))
    at.bucket.delete(*(set(at.bucket.keys("log/")) - then.keys()))
    at.bucket.put(keys.CHECKPOINT, then[keys.CHECKPOINT])
    return says(ROLLED_BACK, keys.CHECKPOINT)


@attack("the whole bucket as it was some runs ago")
def all_rolled_back(at: Scene) -> Expected:
    then = ledger.as_of(at.clean, older(at))
    late = [key for batch in at.batches if batch.first >= older(at) for unit in batch.units for key in at.objects(unit)]
    at.bucket.delete(*(set(at.bucket.keys("log/")) - then.keys()), *late)
    at.bucket.put(keys.CHECKPOINT, then[keys.CHECKPOINT])
    return says(ROLLED_BACK, keys.CHECKPOINT)


# Logs made anew


def victim(at: Scene) -> tuple[Unit, int]:
    """A unit to be dropped, logged after the last change of the key; and the size of the log before its batch."""
    batch = next(one for one in at.batches if one.first >= at.rotated and any(it.leaves[0].kind == "warc" for it in one.units))
    return next(unit for unit in batch.units if unit.leaves[0].kind == "warc"), batch.first


def made_anew(at: Scene, signer: SigningKey, size: int) -> None:
    """`log/` rebuilt from leaf `size` on without the victim, whose objects go as well."""
    gone, _ = victim(at)
    log = ledger.rebuilt(at.clean, size, lambda unit: unit.key != gone.key, signer)
    at.bucket.delete(*at.objects(gone), *(set(at.bucket.keys("log/")) - log.keys()))
    at.bucket.put_all({key: data for key, data in log.items() if at.clean.get(key) != data})


@attack("the log rebuilt with the stolen key, a file's captures dropped", quick=True)
def forked(at: Scene) -> Expected:
    """Every hash and signature in the bucket is right then: only who kept a checkpoint can tell."""
    made_anew(at, at.new_key, victim(at)[1])
    return says(FORKED, keys.CHECKPOINT)


@attack("the same, seen by somebody who kept nothing (the limit that THREATS.md names)")
def forked_unseen(at: Scene) -> Expected:
    """What cannot be noticed is shown as well. The stranger has the public bucket, and neither book nor catalog."""
    made_anew(at, at.new_key, victim(at)[1])
    nowhere = at.made.folder / "stranger"
    return Expected(
        (),
        env={
            "WARRAQ_STATE": str(nowhere),
            "WARRAQ_CATALOG": f"sqlite:///{nowhere}/catalog.db",
            "WARRAQ_BOOK": str(nowhere / "book"),
        },
    )


@attack("the log rebuilt by another key, its own from the first leaf on")
def wrong_signer(at: Scene) -> Expected:
    mine = own_key(at)
    made_anew(at, mine, 0)
    at.bucket.put(keys.log_key(mine.public.id), f"{mine.public}\n".encode())
    return says(WRONG_SIGNER, keys.CHECKPOINT, may=(Finding(FORKED, keys.CHECKPOINT),))


@attack("a batch put at the log's end by somebody without the key")
def batch_added(at: Scene) -> Expected:
    """Its leaf names a snapshot that never was."""
    key = at.snapshots(at.files()[0])[0]
    lie, _ = forge.other_text(at.clean[key])
    made = f"{key.rpartition('/')[0]}/{'0123456789ab'}.json.gz"
    added = Batch(at.size, (Unit((of_object("snapshot", made, lie),)),))
    at.bucket.put(made, lie)
    at.bucket.put(keys.log_batch(at.size), leaf.dump(added))
    return says(UNLOGGED, keys.log_batch(at.size), may=(Finding(UNLOGGED, made),))


# What others say of a checkpoint


def anchor(at: Scene, ending: str, number: int) -> str:
    return [key for key in at.bucket.keys("log/anchors/") if key.endswith(ending)][number]


@attack("a time stamp replaced by one over other bytes", quick=True)
def token_replaced(at: Scene) -> Expected:
    key = anchor(at, ".tsr", 0)
    at.change(key, lambda _: (at.made.folder / OTHER_TOKEN).read_bytes())
    return says(ALTERED, key)


@attack("a time stamp replaced by one of an authority of the attacker's")
def token_forged(at: Scene) -> Expected:
    key = anchor(at, ".tsr", 0)
    checkpoint = at.clean[keys.log_checkpoint(int(key.split("/")[2]))]
    strangers = Authority(at.made.folder / "strangers")
    at.change(key, lambda _: strangers.reply(stamps.question(checkpoint).as_bytes(), "")[1])
    return says(WRONG_SIGNER, key)


@attack("a cosignature altered")
def cosignature_altered(at: Scene) -> Expected:
    key = anchor(at, ".cosig", 0)

    def told(data: bytes) -> bytes:
        first = note.parse_signature(data.decode().splitlines()[0])
        return str(note.Signature(first.name, first.key_id, forge.flip(first.signature, 40))).encode()

    at.change(key, told)
    return says(ALTERED, key)


# By order


def order(at: Scene, key: str, size: int, when: datetime) -> bytes:
    """An act that says that this snapshot was redacted (docs/FORMAT.md, "Redaction")."""
    line = at.line(key)
    more = {"key": key, "old": hashlib.sha256(at.clean[key]).hexdigest(), "authority": "محكمة الوادي"}
    return dump(Act("redact", stamp(when), "amal", "حكم محكمة", line.outlet, line.article, line.url, size, more))


@attack("a snapshot removed by order: the act is in the log", quick=True)
def redacted(at: Scene) -> Expected:
    """No attack: what is gone by an act that is logged is told apart. Done by the operator, on a copy of their machine."""
    key = at.snapshots(at.files()[0])[0]
    env = at.made.operator()
    shop = Workshop(from_environment({**at.made.env, **env}))
    log = shop.log
    mark = log.mark()
    data = order(at, key, mark, shop.clock())
    shop.store.put(key_of(data), data)
    record(shop, log, [Unit((of_object("act", key_of(data), data),))], mark)
    at.bucket.delete(key)
    return says(REDACTED, key, env=env)


@attack("a snapshot removed, and an order that nobody logged")
def order_forged(at: Scene) -> Expected:
    key = at.snapshots(at.files()[0])[0]
    data = order(at, key, at.size, datetime.now(UTC) - timedelta(days=3))
    at.bucket.put(key_of(data), data)
    at.bucket.delete(key)
    return Expected((Finding(MISSING, key), Finding(UNLOGGED, key_of(data))))
