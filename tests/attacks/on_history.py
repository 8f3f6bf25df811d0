"""Attacks on what the log says and said before: signatures, checkpoints put back, logs made anew, also with the stolen key."""

from __future__ import annotations

from archive import keys
from archive.log import leaf, note
from archive.log.leaf import Batch, Unit, of_object
from archive.log.note import SigningKey
from tests.attacks import forge, ledger
from tests.attacks.scene import (
    FORKED,
    MISSING,
    ROLLED_BACK,
    UNLOGGED,
    WRONG_SIGNER,
    Attacks,
    Expected,
    Finding,
    Scene,
    says,
)

attack = Attacks()


# Signatures


@attack("the checkpoint signed by another key", quick=True)
def signed_by_another(at: Scene) -> Expected:
    at.change(keys.CHECKPOINT, lambda data: ledger.resigned(data, at.strange_key()))
    return says(WRONG_SIGNER, keys.CHECKPOINT)


@attack("the checkpoint and its kept copy signed by the key of before the change")
def signed_by_the_old(at: Scene) -> Expected:
    for key in (keys.CHECKPOINT, keys.log_checkpoint(at.size)):
        at.change(key, lambda data: ledger.resigned(data, at.old_key))
    return says(WRONG_SIGNER, keys.CHECKPOINT, keys.log_checkpoint(at.size))


@attack("a kept checkpoint with a signature that is not right")
def signature_edited(at: Scene) -> Expected:
    key = keys.log_checkpoint(at.middle().end)

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


@attack("everything removed")
def all_removed(at: Scene) -> Expected:
    """Who knows that there was something: the book, the catalog, and what this machine verified last."""
    at.bucket.delete_all(at.clean)
    return says(ROLLED_BACK, keys.CHECKPOINT, may=(Finding(MISSING, "meta/archive.json"), Finding(MISSING, keys.CHECKPOINT)))


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
    mine = at.strange_key()
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
