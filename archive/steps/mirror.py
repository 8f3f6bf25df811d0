"""mirror: a second copy of the archive in another bucket, append-only, at any moment a valid archive of its own.

    meta/archive.json → objects → batches → tiles → checkpoints → log/checkpoint → anchors → what is not logged yet

The copy is told by its own `log/checkpoint` how far it is, so a run with nothing new costs a few requests, and one that was
killed goes on where it was.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from archive import keys, marker
from archive.errors import BadRecord, Broken
from archive.log import anchor, follow, keyring, note, witness
from archive.log.follow import Position
from archive.log.note import Checkpoint
from archive.log.reader import Tree
from archive.log.writer import Log
from archive.s3 import S3Store, open_store
from archive.settings import Settings
from archive.steps import copies, unlogged
from archive.steps.copies import Remembered
from archive.steps.copying import Case, Copier, each
from archive.steps.workshop import Outcome, Workshop
from archive.verify.finding import ALTERED, MISSING, ROLLED_BACK, Finding

WORKERS = 16
STRETCH = 4096  # leaves, about, after which the copy's checkpoint is moved
_ANCHORS_BACK = 100_000  # leaves: who is asked about a checkpoint may answer days later
_ANCHORS, _BATCHES = "log/anchors/", "log/batches/"
_RESTORE = 'restore it from another copy, if there is one (docs/OPERATIONS.md, "Repair")'

Tick = Callable[[int, int], None]


def open_copy(settings: Settings, dest: str) -> S3Store:
    """The copy at `dest` for reading, whether the archive itself is there or not. Refused when no archive is there."""
    copy = copies.connect(settings, dest)
    marker.check(marker.read(copy), settings, copy.where)
    return copy


def mirror(shop: Workshop, dest: str, tick: Tick, *, full: bool = False) -> tuple[Outcome, list[Finding]]:
    """Bring the copy at `dest` up to date; what could not be copied. `tick(done, all)` counts leaves.

    `full` compares every object of the copy with its leaf. Refused when `dest` is not fit for a copy of this archive; Broken,
    before anything is put, when the log is not a continuation of the copy's: rolled back, or forked.
    """
    source = open_store(shop.settings, write=False)
    copy = copies.connect(shop.settings, dest, write=True)
    remembered = copies.admit(source, copy, shop.settings, shop.clock())
    with ThreadPoolExecutor(WORKERS) as pool:
        copier = Copier(source, copy, pool, lambda case, key: _tell(case, key, copy), compare=full)
        copier.open = dict(remembered.open)
        work = _Mirror(shop, source, copy, copier, remembered)
        size = work.log(tick, full=full)
        logged = len(copier.copied)
        left = work.waiting()
    findings = list(copier.findings.values())
    return _outcome(copier, size, len(copier.copied) - logged, left), findings


class _Mirror:
    """One run."""

    def __init__(self, shop: Workshop, source: S3Store, copy: S3Store, copier: Copier, remembered: Remembered) -> None:
        self.shop, self.source, self.copy, self.copier, self.remembered = shop, source, copy, copier, remembered

    def log(self, tick: Tick, *, full: bool) -> int:
        """Copy what the log covers; the leaves that the copy has then."""
        goal, held = self._checkpoints(keyring.origin(self.remembered.probe.archive))
        if goal is None:
            return 0
        size, whole = held.size if held else 0, full or not self.remembered.whole
        if size < self.remembered.size:
            whole = True
            self._shrunk(size)
        if self.remembered.open and not whole:
            self.copier.objects(list(self.remembered.open.values()), size, compare=True)
        if whole or goal.size > size:
            self._follow(Position() if whole else self._start(), goal, size, tick)
        self._copy_anchors(self._anchors(0 if whole else max(0, size - _ANCHORS_BACK), goal.size))
        self.remembered.whole = True
        self.remembered.note(self.copier.open.values(), goal.size)
        return goal.size

    def _follow(self, start: Position, goal: _Signed, size: int, tick: Tick) -> None:
        Log(self.source, keyring.load(self.shop.settings)).mark()  # where this machine has a key, it must be the one in force
        for stretch in follow.follow(self.source, start, goal.signed, self.copier.pool, STRETCH):
            self.copier.take(stretch, size)
            for key, what in stretch.wrong:
                self.copier.findings[key] = Finding(ALTERED, key, f"it {what}; it was not copied", _RESTORE)
            self.remembered.note(self.copier.open.values(), self.remembered.size)
            self.copier.publish(stretch.checkpoint)
            tick(stretch.end.size - start.size, goal.size - start.size)

    def _shrunk(self, size: int) -> None:
        what = f"the copy has {size} leaves, and had {self.remembered.size} when it was copied to last"
        remedy = "ask its owner what happened there; it was filled up again as far as nothing lies in the way"
        self.copier.findings[str(self.copy.where)] = Finding(ROLLED_BACK, str(self.copy.where), what, remedy)

    def _checkpoints(self, origin: str) -> tuple[_Signed | None, _Signed | None]:
        """Of the archive and of the copy. Broken unless the first continues the second."""
        goal, held = _signed(self.source, "the archive"), _signed(self.copy, "the copy")
        if goal is not None and goal.checkpoint.origin != origin:
            raise Broken(
                f"the archive's log is {goal.checkpoint.origin}, not {origin}", "nothing was copied: run warraq verify"
            )
        if held is None:
            return goal, held
        if goal is None or goal.size < held.size:
            raise Broken(
                f"rolled back: the archive's log has {goal.size if goal else 0} leaves, its copy has {held.size}",
                'nothing was copied; unless you went on from the copy, restore the archive (docs/OPERATIONS.md, "Repair")',
            )
        if goal.checkpoint != held.checkpoint and self._forked(goal, held):
            raise Broken(
                f"forked: the archive's first {held.size} leaves are others than those that the copy holds",
                "nothing was copied; one of both was rewritten: keep both, and compare them with the checkpoint book",
            )
        return goal, held

    def _forked(self, goal: _Signed, held: _Signed) -> bool:
        if goal.size == held.size:
            return True
        try:
            return Tree(self.source, goal.checkpoint).root(held.size) != held.checkpoint.root
        except Broken as error:  # a damaged tile tells nothing of the batches, and these will be followed
            self.shop.say(f"mirror: {error}")
            return False

    def _start(self) -> Position:
        """Where the copy's log ends; its beginning, when its end cannot be relied on."""
        try:
            return follow.stands(self.copy)
        except Broken as error:
            key = f"{self.copy.where}/{keys.CHECKPOINT}"
            self.copier.findings[key] = Finding(
                ALTERED, key, f"in the copy, {error.what}", f"run warraq verify --store {self.copy.where}"
            )
            return Position()

    def _anchors(self, low: int, high: int) -> list[str]:
        """What others say of checkpoints from `low` to `high` leaves, and the copy lacks."""
        after, last = keys.anchor(low, ""), keys.anchor(high + 1, "")
        found = {key for key in self.source.list(_ANCHORS, after=after) if key < last}
        return sorted(found - set(self.copy.list(_ANCHORS, after=after))) if found else []

    def _copy_anchors(self, wanted: list[str]) -> None:
        """Once the checkpoints are in force: others' word on one that is not would say that the copy was rolled back."""
        for key in wanted:
            try:
                data = self.source.get(key)
                look_at_anchor(key, data, self.copy.get(keys.log_checkpoint(int(key.split("/")[2]))))
            except (BadRecord, KeyError, ValueError) as error:
                self.shop.say(f"mirror: {key} was not copied: {error}")
            else:
                self.copier.put(key, data)

    def waiting(self) -> int:
        """Copy what is not logged yet, where it can be read; how many objects cannot."""
        names = set(filter(keys.OUTLET.fullmatch, self.shop.names()))
        names |= {key.split("/")[1] for key in self.copier.copied if key.startswith("plans/")}
        now = self.shop.clock()
        ours = unlogged.recent(self.source, names, now)
        theirs = set(unlogged.recent(self.copy, names, now)) if ours else set()
        left = 0
        wanted = [key for key in ours if key not in theirs and key not in self.copier.open]
        for key, why in each(self.copier.pool, self._as_it_is, wanted):
            if why:
                self.shop.say(f"mirror: {key} is not logged, and was not copied: {why}")
                left += 1
        return left

    def _as_it_is(self, key: str) -> tuple[str, str]:
        """Copy an object without a leaf; (key, why not)."""
        try:
            data = self.source.get(key)
            unlogged.look(self.source, key, data)
        except (Broken, KeyError) as error:
            return key, str(error)
        self.copier.put(key, data)
        return key, ""


@dataclass(frozen=True, slots=True)
class _Signed:
    """A `log/checkpoint`, and as it is stored."""

    checkpoint: Checkpoint
    signed: bytes

    @property
    def size(self) -> int:
        return self.checkpoint.size


def _signed(store: S3Store, whose: str) -> _Signed | None:
    held = store.checkpoint()
    try:
        return _Signed(note.parse_checkpoint(note.parse(held[0])), held[0]) if held else None
    except BadRecord as error:
        raise Broken(
            f"{keys.CHECKPOINT} of {whose} is damaged: {error.what}", "nothing was copied: run warraq verify"
        ) from error


def look_at_anchor(key: str, data: bytes, checkpoint: bytes) -> None:
    """BadRecord unless it says something of that checkpoint. Whether it is to be believed, `warraq verify` asks."""
    if key.endswith(anchor.SUFFIX):
        anchor.read(data, checkpoint, ())
    elif key.endswith(witness.SUFFIX):
        note.parse(checkpoint + data)
    else:
        raise BadRecord("what it is, is not known here", "upgrade Warraq")


def _tell(case: Case, key: str, copy: S3Store) -> Finding:
    if case == "absent":
        return Finding(MISSING, key, "the archive does not have it, and the copy never had", _RESTORE)
    if case == "altered":
        return Finding(ALTERED, key, "it is not what its leaf says; it was not copied", _RESTORE)
    if key.startswith(_BATCHES):
        raise Broken(f"forked: {key} of the copy is another than the archive's", "keep both, and compare them with the book")
    return Finding(ALTERED, key, "the copy holds other bytes there", copies.by_hand(copy, key))


def _outcome(copier: Copier, size: int, waiting: int, left: int) -> Outcome:
    objects = len(copier.copied)
    line = f"{objects} objects copied, {copier.bytes / 1e6:.1f} MB" if objects else "nothing new"
    line += f"; the copy has {size} leaves"
    line += f"; {waiting} objects that are not logged yet" if waiting else ""
    line += f"; {left} that are not logged and cannot be read" if left else ""
    line += f"; {len(copier.findings)} findings" if copier.findings else ""
    data = {"objects": objects, "bytes": copier.bytes, "leaves": size, "waiting": waiting, "left": left}
    return Outcome(f"mirror: {line}", data)
