"""What the log says now against what it said before, as somebody remembers it: rolled back, forked, added without a signature.

Pure. Who remembers: kept checkpoints in the bucket, anchors, the checkpoint book and files like it, this machine's last
verification, the catalog.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive import keys
from archive.errors import BadRecord
from archive.log.note import Checkpoint, Note, VerifierKey
from archive.verify.batches import Row
from archive.verify.finding import FORKED, LATE, ROLLED_BACK, UNLOGGED, UNPUBLISHED, Finding, finding

FIRST = ("archive", "key", "seed", "plan", "warc", "act")  # kinds that a unit can begin with
TAIL = timedelta(days=2)  # batches wait no longer for a signature: a run is about every quarter of an hour
OLD = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that somebody kept. Without a note its root is believed: it is this machine's own."""

    source: str
    checkpoint: Checkpoint
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """The log as it is: leaves in batches, leaves under `log/checkpoint`, roots by size, and the keys that ever signed."""

    size: int
    published: int
    roots: Mapping[int, bytes]
    origin: str  # "" when no checkpoint is right
    signers: Sequence[VerifierKey]  # the log's, and those that are trusted here


@dataclass(frozen=True, slots=True)
class Remembered:
    kept: Sequence[Kept] = ()
    catalog: int = 0  # leaves that the catalog has seen
    anchored: Sequence[int] = ()  # sizes of checkpoints that others said something of: they were published
    above: Sequence[int] = ()  # sizes of checkpoints in the bucket above the published one


def compare(now: Now, past: Remembered) -> tuple[list[Finding], list[Finding], int]:
    """(findings, information, kept checkpoints that are not of this log). At most one finding: forked comes before rolled
    back, since a log that was made anew may be shorter as well."""
    believed = [one for one in past.kept if _believed(one, now)]
    for one in sorted(believed, key=lambda one: one.checkpoint.size):
        root = now.roots.get(one.checkpoint.size)
        if root is not None and root != one.checkpoint.root:
            what = f"{one.source} has another root of the first {one.checkpoint.size} leaves: the log was made anew"
            return [finding(FORKED, keys.CHECKPOINT, what)], [], len(past.kept) - len(believed)
    told, information = _shorter(now, past, believed)
    return told, information, len(past.kept) - len(believed)


def _believed(one: Kept, now: Now) -> bool:
    if now.origin and one.checkpoint.origin != now.origin:
        return False
    return one.note is None or any(one.note.signed_by(key) for key in now.signers)


def _shorter(now: Now, past: Remembered, believed: Sequence[Kept]) -> tuple[list[Finding], list[Finding]]:
    most = max(believed, key=lambda one: one.checkpoint.size, default=None)
    if most is not None and most.checkpoint.size > now.published:
        what = f"it says {now.published} leaves, and {most.source} has a checkpoint of {most.checkpoint.size}"
        return [finding(ROLLED_BACK, keys.CHECKPOINT, what)], []
    if past.catalog > now.size:
        what = f"the log has {now.size} leaves, and the catalog has seen {past.catalog}"
        return [finding(ROLLED_BACK, keys.CHECKPOINT, what)], []
    anchored = max((size for size in past.anchored if size > now.published), default=0)
    if anchored:
        what = f"it says {now.published} leaves, and others were shown a checkpoint of {anchored} (log/anchors/)"
        return [finding(ROLLED_BACK, keys.CHECKPOINT, what)], []
    if len(past.above) > 1:
        what = f"it says {now.published} leaves, and {len(past.above)} checkpoints above it were published"
        return [finding(ROLLED_BACK, keys.CHECKPOINT, f"{what}, the last of {past.above[-1]}")], []
    if past.above:  # a writer puts the one before it moves the other, and may die between
        what = f"a checkpoint of {past.above[0]} leaves was signed, and {keys.CHECKPOINT} does not say so yet"
        return [], [Finding(UNPUBLISHED, keys.log_checkpoint(past.above[0]), what, "the next run publishes it")]
    return [], []


def unsigned(batches: Sequence[tuple[int, list[list[Row]]]], now: datetime) -> Iterator[Finding]:
    """Batches that no checkpoint covers, and that no worker of ours can have left a short while ago."""
    for first, units in batches:
        for unit in units:
            kind, _, key = unit[0]
            if kind not in FIRST or not _recent(kind, key, now):
                what = f"no checkpoint covers it, and it holds {key}, which no worker would be logging now"
                yield finding(UNLOGGED, keys.log_batch(first), what)
                break


def _recent(kind: str, key: str, now: datetime) -> bool:
    try:
        if kind in ("warc", "plan"):
            run = keys.parse_stem(key).run if kind == "warc" else key.rpartition("/")[2].partition(".")[0]
            return abs(now - keys.run_time(run)) < TAIL
    except BadRecord:
        return False
    return True


class Order:
    """Units in the order of the log: one whose run is far older than runs before it was logged late."""

    def __init__(self) -> None:
        self.newest: datetime | None = None

    def see(self, index: int, key: str) -> Finding | None:
        try:
            when = keys.run_time(keys.parse_stem(key).run)
        except BadRecord:
            return None
        late = self.newest is not None and self.newest - when > OLD
        newest, self.newest = self.newest, when if self.newest is None else max(self.newest, when)
        if not late or newest is None:
            return None
        what = f"a run of {when:%Y-%m-%d} at leaf {index}, behind one of {newest:%Y-%m-%d}: not proven to be older than that"
        return Finding(LATE, key, what, "a machine that was away explains it; otherwise find out who put it there")
