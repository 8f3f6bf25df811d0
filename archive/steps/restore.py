"""restore: what the archive has lost comes back from a second copy: `warraq repair --from-copy`.

The copy is believed nothing: its log must be signed with the key of this machine, and each object is compared with its leaf.
Only what is missing is put. What lies there and was altered stays, as S3 allows no more without overwriting: its owner is told
what to do by hand.
"""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

from archive import keys, marker
from archive.errors import BadRecord, Broken, Refused
from archive.log import follow, keyring, note
from archive.log.follow import Position
from archive.log.leaf import PARTS
from archive.log.note import SigningKey
from archive.log.reader import Tree
from archive.log.writer import Published, published
from archive.s3 import S3Store, connect, open_store
from archive.steps import copies
from archive.steps.copying import Case, Copier
from archive.steps.mirror import look_at_anchor, open_copy
from archive.steps.repair import STRETCH, WORKERS, Done, Tick
from archive.steps.workshop import Workshop
from archive.verify.finding import ALTERED, MISSING, Finding

ANCHORS = "log/anchors/"


def restore(shop: Workshop, dest: str, tick: Tick, *, full: bool = False) -> Done:
    """Put what the archive lacks and the copy has; `full` finds what was altered here, too, by reading everything.

    Refused when the copy is of another archive, or not signed with the key of this machine; Broken when its log is damaged.
    """
    copy, signer = open_copy(shop.settings, dest), keyring.load(shop.settings)
    if signer is None:
        raise keyring.absent()
    goal = copy.checkpoint()
    if goal is None:
        raise Refused(f"{copy.where} has no checkpoint yet", "it was never finished: there is nothing to restore from it")
    store = connect(shop.settings)
    _same_log(store, copy, signer)
    done = Done()
    _marker(store, copy, done)
    store = open_store(shop.settings)  # from here on as every step: the bucket keeps its promises, locks as the settings say
    with ThreadPoolExecutor(WORKERS) as pool:
        work = _Restore(store, copy)
        copier = Copier(copy, store, pool, work.tell, compare=full)
        size = note.parse_checkpoint(note.parse(goal[0])).size
        for stretch in follow.follow(copy, Position(), goal[0], pool, STRETCH):
            work.sums |= {o.key: o.sha256 for batch, _ in stretch.batches for o in batch.leaves if o.kind not in PARTS}
            copier.take(stretch, 0)
            for key, what in stretch.wrong:
                copier.findings[key] = Finding(
                    ALTERED, key, f"in the copy, it {what}", "look at it there: warraq verify --store"
                )
            tick(stretch.end.size, size)
            work.sums.clear()
        _anchors(store, copy, copier)
        copier.publish(goal[0])
    done.restored += copier.copied
    done.findings += copier.findings.values()
    return done


def _same_log(store: S3Store, copy: S3Store, signer: SigningKey) -> None:
    """Refused unless the copy's log is one that this machine, or what is left of the archive's own log, vouches for."""
    theirs = _read(copy)
    if theirs is None or theirs.checkpoint.origin != signer.name:
        raise Refused(f"{copy.where} is no copy of {signer.name}, which the key of this machine signs", "name its own copy")
    if note.Note(theirs.note.text, theirs.note.signatures[:1]).signed_by(signer.public):
        return
    ours = _read(store)  # the key may have changed since the copy was made
    try:
        if ours is not None and Tree(store, ours.checkpoint).root(theirs.size) == theirs.checkpoint.root:
            return
    except (Broken, IndexError):  # what is left of it cannot say
        pass
    raise Refused(
        f"{copy.where} is not signed with the key of this machine, and the archive's log does not continue it",
        "if its key was in force before, give it to this machine for this command (WARRAQ_LOG_KEY_FILE)",
    )


def _read(store: S3Store) -> Published | None:
    try:
        return published(store)
    except BadRecord:
        return None


def _marker(store: S3Store, copy: S3Store, done: Done) -> None:
    """`meta/archive.json`, if it is gone: everything else asks for it first."""
    theirs = copy.get(marker.KEY)
    try:
        ours = store.get(marker.KEY)
    except KeyError:
        marker.probe(store)
        if store.put(marker.KEY, theirs):
            done.restored.append(marker.KEY)
        return
    if ours != theirs:
        raise Broken(
            f"{marker.KEY} is altered, or {copy.where} is the copy of another archive", copies.by_hand(store, marker.KEY)
        )


def _anchors(store: S3Store, copy: S3Store, copier: Copier) -> None:
    """What others said of checkpoints."""
    for key in sorted(set(copy.list(ANCHORS)) - set(store.list(ANCHORS))):
        size = key.removeprefix(ANCHORS).partition("/")[0]
        try:
            data = copy.get(key)
            look_at_anchor(key, data, copy.get(keys.log_checkpoint(int(size))))
        except (BadRecord, KeyError, ValueError) as error:
            copier.findings[key] = Finding(
                ALTERED, key, f"in the copy, it says nothing of a checkpoint: {error}", "look at it there"
            )
        else:
            copier.put(key, data)


class _Restore:
    """Words findings. `sums`: what the leaves say of the objects that are being looked at."""

    def __init__(self, store: S3Store, copy: S3Store) -> None:
        self.store, self.copy = store, copy
        self.sums: dict[str, str] = {}

    def tell(self, case: Case, key: str) -> Finding:
        if case == "absent":
            return Finding(MISSING, key, "neither the archive nor the copy has it", "look for it in another copy")
        if case == "altered":
            return Finding(MISSING, key, "the archive lacks it, and the copy's is altered", "look for it in another copy")
        if key in self.sums and not self._good(key):
            return Finding(ALTERED, key, "and the copy's is no better", "look for it in another copy")
        return Finding(ALTERED, key, "the copy has it as it was", copies.by_hand(self.store, key))

    def _good(self, key: str) -> bool:
        try:
            return hashlib.sha256(self.copy.get(key)).hexdigest() == self.sums[key]
        except KeyError:
            return False
