"""A verification from beginning to end: the log, what others remember of it, every object, and what has no leaf."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime

from archive import keys
from archive.errors import BadRecord
from archive.log.leaf import Leaf
from archive.log.note import VerifierKey
from archive.log.writer import published
from archive.store import Store
from archive.verify import anchors, history, log, strays
from archive.verify.ahead import ahead, held
from archive.verify.anchors import Trust
from archive.verify.batches import Row, rows_of, sound
from archive.verify.finding import MISSING, SWAPPED, UNLOGGED, Finding, Report, finding, once
from archive.verify.history import Now, Order, Remembered
from archive.verify.log import Tick
from archive.verify.meant import Meant
from archive.verify.objects import Checked, Objects
from archive.verify.progress import Progress
from archive.verify.single import redactions

THREADS, WINDOW = 8, 24  # units that are checked at a time, and handed out ahead
PAUSE = 2.0  # seconds until what seems to be added, or moved back, is looked at again: somebody may just be writing
SHOWN = 5  # addresses that were never captured
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the archive's objects is looked at; the log always is."""

    outlet: str = ""  # one outlet's; everything when empty
    shares: frozenset[int] | None = None  # units of these shares (`share`); None: all
    bodies: bool = True  # digests of content-decoded bodies too, which follow from the payloads'

    def wants(self, key: str) -> bool:
        """Whether the unit of that name is looked at."""
        kind, _, rest = key.partition("/")
        mine = not self.outlet or (kind in ("warc", "plans") and rest.startswith(f"{self.outlet}/"))
        return mine and self.due(key)

    def due(self, key: str) -> bool:
        return self.shares is None or share(key) in self.shares


def share(key: str) -> int:
    """Which of 256 shares a unit falls in, by its name."""
    return hashlib.sha256(key.encode()).digest()[0]


@dataclass(frozen=True, slots=True)
class Known:
    """What the one who verifies knows beside the bucket."""

    past: Remembered = field(default_factory=Remembered)
    trust: Trust = field(default_factory=Trust)
    keys: Sequence[VerifierKey] = ()  # one of which the log must know


def verify(
    store: Store,
    now: datetime,
    *,
    scope: Scope | None = None,
    known: Known | None = None,
    tick: Tick = lambda done, total: None,
    progress: Progress | None = None,
    pause: Callable[[], None] = lambda: time.sleep(PAUSE),
) -> Report:
    """Verify the archive in `store`. `now`: UTC. What is known must have been read before this is called.

    May run while captures go on. Raises StoreUnreachable (try again, or go on with the same `progress`) and Refused.
    """
    return _Run(store, now, scope or Scope(), known or Known(), pause).run(tick, progress or Progress())


class _Run:
    def __init__(self, store: Store, now: datetime, scope: Scope, known: Known, pause: Callable[[], None]) -> None:
        self.store, self.now, self.scope, self.known, self.pause = store, now, scope, known, pause
        self.digests: dict[str, list[str]] = {}
        self.lost = False  # the log is not what it was: an object without a leaf may have had one

    def run(self, tick: Tick, progress: Progress) -> Report:
        sizes = [one.checkpoint.size for one in self.known.past.kept] + progress.sizes
        self.audited = log.audit(
            self.store,
            trusted=self.known.keys,
            wanted=sizes,
            superseded=self.scope.due,
            tick=lambda done, total: tick(done, 2 * total),
        )
        report = self.audited.report
        root = self.audited.roots.get(self.audited.published, b"").hex()
        report.log = {"size": self.audited.size, "published": self.audited.published, "root": root}
        self._history(report)
        with ThreadPoolExecutor(THREADS) as pool:
            doubted = {one.key for one in report.findings}
            report += anchors.check(self.store, pool, self._anchors(), self.known.trust, doubted)
            newest = self.audited.chain.newest
            signed = newest.size if newest else 0
            ordered = redactions(self.store, lambda wanted: self._places(pool, wanted), self.audited.ring, signed)
            objects = Objects(self.store, ordered, bodies=self.scope.bodies)
            progress.begin(self.audited.published, self.audited.roots)
            report += self._units(pool, objects, progress, lambda at: tick(self.audited.size + at, 2 * self.audited.size))
            report += self._strays(objects)
            self._swapped(pool, report)
        report.findings = once(report.findings)
        progress.finish(self.audited.chain.right.get(keys.CHECKPOINT), self.now, clean=not report.faults)
        return report

    def _has(self, key: str) -> bool:
        return strays.ident(key) in self.audited.objects

    def _places(self, pool: ThreadPoolExecutor, wanted: Collection[str]) -> dict[str, int]:
        """The leaves of these objects."""
        return {
            leaf.key: at
            for first, leaves in sound(self.store, pool, self.audited.batches, self.audited.size)
            for at, leaf in enumerate(leaves, first)
            if leaf.key in wanted
        }

    def _anchors(self) -> dict[int, list[str]]:
        """What others said, as far as it is in the scope; of the newest checkpoint always."""
        there = self.audited.shelf.anchors
        return {size: names for size, names in there.items() if size == max(there) or self.scope.due(keys.anchor(size, ""))}

    # What the log said before

    def _history(self, report: Report) -> None:
        audited, past = self.audited, self.known.past
        size = self._published() if audited.chain.above else audited.published
        above = [one for one in audited.chain.above if one > size]
        newest = audited.chain.newest
        origin = newest.checkpoint.origin if newest else ""
        signers = [*audited.keys, *self.known.keys]
        now = Now(audited.size, size, audited.roots, origin, signers)
        anchored = [one for one in audited.shelf.anchors if one > size]
        if keys.CHECKPOINT in audited.chain.contradicted:
            return  # that the log is not what was signed is said already
        found, information, strange = history.compare(now, replace(past, above=above, anchored=anchored))
        found = [one for one in found if one.key not in {it.key for it in report.findings}]
        self.lost = bool(found)
        report.findings += found
        report.information += information
        if strange:
            report.unchecked["checkpoints kept elsewhere that no key of this log signed"] = strange
        if not self.lost:
            report.findings += history.unsigned(list(self._tail(size)), self.now)

    def _published(self) -> int:
        """The size of `log/checkpoint` a moment later: somebody may be publishing right now."""
        self.pause()
        try:
            now = published(self.store)
        except BadRecord:
            now = None
        return max(self.audited.published, now.size if now else 0)

    def _tail(self, size: int) -> Iterator[tuple[int, list[list[Row]]]]:
        for first in self.audited.batches:
            if first >= size and (data := held(self.store, keys.log_batch(first))) is not None:
                yield first, rows_of(data)[1]

    # Objects

    def _units(self, pool: ThreadPoolExecutor, objects: Objects, done: Progress, tick: Callable[[int], None]) -> Report:
        """Every unit in the scope; those that an interrupted verification has seen are read only for what was meant."""
        report, order, meant = done.report, Order(), Meant()
        self.digests |= done.digests
        skip = done.next

        def check(item: tuple[int, list[Leaf]]) -> Checked | None:
            index, leaves = item
            if not self.scope.wants(leaves[0].key):
                return None
            return objects.meant(leaves) if index < skip else objects.unit(leaves)

        units = sound(self.store, pool, self.audited.batches, self.audited.size)
        for (index, leaves), checked in ahead(pool, check, units, WINDOW):
            if (late := order.see(index, leaves[0].key)) is not None and index >= skip:
                report.information.append(late)
            if checked is not None:
                report += checked.report
                report.units |= {leaves[0].key} if checked.report.faults else set()
                self.digests |= checked.digests
                meant += checked.meant
            tick(index)
            if index >= skip:
                done.note(index + len(leaves), self.digests)
        if self.scope.shares is not None:  # a part of the captures tells nothing about what is missing
            return report
        missing = meant.missing()
        oldest = [{"time": time, "url": url, "named_by": source} for time, url, source in missing[:SHOWN]]
        report.uncaptured = {"count": len(missing), "oldest": oldest}
        return report

    # What has no leaf, and leaves whose batch is gone

    def _strays(self, objects: Objects) -> Report:
        seen: dict[bytes, str] = {}
        audited, orphans = self.audited, self.audited.orphans

        def has(key: str) -> bool:
            ident = strays.ident(key)
            if ident in orphans:
                seen[ident] = key
            return ident in audited.objects

        for key in audited.shelf.keys:
            has(key)
        found = strays.find(self.store, self.scope.outlet, has, audited.size)
        judge = strays.Judge(self.store, objects, self.now, self._has)
        report = judge.judge(found)
        if any(one.kind == UNLOGGED for one in report.findings):
            self.pause()
            since = set(strays.later(self.store, audited.size))
            report.findings = [one for one in report.findings if one.kind != UNLOGGED or one.key not in since]
        if self.lost and (gone := sum(one.kind == UNLOGGED for one in report.findings)):
            report.findings = [one for one in report.findings if one.kind != UNLOGGED]
            report.unchecked["objects without a leaf, which the log may have had before"] = gone
        return self._orphans(objects, seen, report)

    def _orphans(self, objects: Objects, seen: dict[bytes, str], report: Report) -> Report:
        """Objects whose batch is gone or altered, by their ids: the entries still have their digests."""
        out = Checked(report)
        for ident, (index, kind, digest) in sorted(self.audited.orphans.items(), key=lambda one: one[1]):
            key = seen.get(ident, "")
            if not key and self.scope.outlet:
                continue  # not listed
            if not key:
                what = f"an object of kind {kind}; its key stood in a batch that is gone ({digest[:12]}…)"
                out.report.find(MISSING, f"leaf {index}", what)
                continue
            out.report.counts["objects whose batch is damaged"] += 1
            data = held(self.store, key)
            if data is None or hashlib.sha256(data).hexdigest() != digest:
                objects.damaged(Leaf(kind, digest, key), data, out)
        self.digests |= out.digests
        return out.report

    def _swapped(self, pool: ThreadPoolExecutor, report: Report) -> None:
        """Of what is altered, tell what holds the bytes of another leaf."""
        wanted: dict[str, list[str]] = {}
        for key, digests in self.digests.items():
            for digest in digests:
                if digest != _EMPTY:
                    wanted.setdefault(digest, []).append(key)
        if not wanted:
            return
        other: dict[str, str] = {}
        for _, leaves in sound(self.store, pool, self.audited.batches, self.audited.size):
            for leaf in leaves:
                for key in wanted.get(leaf.sha256, ()):
                    if leaf.key != key and not leaf.key.startswith(f"{key}#"):
                        other.setdefault(key, leaf.key)
        report.findings = [_as_swapped(one, other.get(one.key, "")) for one in report.findings]


def _as_swapped(one: Finding, other: str) -> Finding:
    return finding(SWAPPED, one.key, f"it holds the bytes of {other}", sha256=one.sha256) if other and one.fault else one
