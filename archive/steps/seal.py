"""seal: index every read file (CDXJ), put it into the log, fold its observations into the catalog.

A WARC is sealed when its CDXJ is in the bucket and its unit in the log. What a worker that died left between the two is
logged by the next seal: the plan of its run says from which size of the log on it may be there. The catalog follows from
observations and log alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from archive import cdx, keys, observation, records
from archive import plan as planning
from archive.catalog.rows import EventRow
from archive.errors import BadRecord, Broken, Refused, WarraqError
from archive.keys import Stem
from archive.log import units
from archive.log.leaf import Unit, of_object
from archive.log.writer import Log, walk
from archive.observation import Observation
from archive.outlet import Outlet
from archive.steps import act, pending, ruling
from archive.steps.record import ready, record
from archive.steps.workshop import Outcome, Workshop
from archive.store import Store, put_once

New = tuple[Stem, EventRow]  # a file, and an event that came with it


def seal(shop: Workshop, outlet: Outlet, run: str | None, accepted: Collection[str] = ()) -> Outcome:
    """Seal every read file of the outlet, whoever wrote it; acts of other machines come in first.

    Files of runs of long ago are left alone, unless this machine uploaded them or a person `accepted` their keys: anybody
    with access to the bucket may have put them there. The sweep (`run` None) raises Refused for them, after all else is done.
    """
    taken = act.bring_in(shop, whole=run is None)
    if not taken.nothing_due:
        shop.say(taken.line)
    read = pending.stems(shop.store, "observations", outlet.name, run, shop.clock())
    logged = set(shop.catalog.logged([stem.warc for stem in read]))
    left = _left_alone(shop, read, run, logged.union(accepted))
    read -= left
    waiting = set(shop.catalog.pending([stem.observations for stem in read]))
    todo = [stem for stem in pending.in_order(read) if stem.warc not in logged or stem.observations in waiting]
    if not todo:
        _told(left, run)
        return Outcome("seal: nothing new to seal", nothing_due=True)
    log = ready(shop)
    work = _Work(shop, outlet)
    leaves = work.seal(log, todo, logged)
    ruling.renew(shop, work.read)  # before the catalog has them: a seal that is cut short does it again
    found = _apply(shop, outlet, work.read, waiting)
    if work.problems:
        raise work.problems[0]
    # What was in the log before was sealed then, not now; and what new rules find in old captures is no news.
    fresh = {stem for stem, lines in work.read.items() if stem.warc not in logged and not all(one.reread for one in lines)}
    shop.catalog.note_latency(outlet.name, [one for stem, one in found if stem in fresh], shop.clock())
    _told(left, run)
    events = Counter(kind for _, one in found for kind in one.kinds)
    changes = ", ".join(f"{n} {kind}" for kind, n in sorted(events.items())) or "no change"
    return Outcome(
        f"seal: {work.sealed} WARC sealed, {work.records} records, {leaves} leaves logged; {changes}",
        {"sealed": work.sealed, "records": work.records, "leaves": leaves, "events": dict(events)},
    )


def _left_alone(shop: Workshop, read: set[Stem], run: str | None, known: Collection[str]) -> set[Stem]:
    """Files that no leaf, no person and not this machine speaks for, of runs of long ago other than `run`."""
    now = shop.clock()
    late = {stem for stem in read if stem.warc not in known and stem.run != run and pending.late(stem.run, now)}
    left = {stem for stem in late if stem.warc not in pending.vouched(shop.settings)} if late else late
    if left:  # a catalog that was made anew may not know the whole log
        shop.catalog.note_batches(walk(shop.store, 0))
        left = {stem for stem in left if stem.warc not in shop.catalog.logged([stem.warc])}
    if left:
        shop.say(f"seal: {len(left)} files of runs of long ago are not in the log, {min(map(str, left))} first: warraq repair")
    return left


def _told(left: set[Stem], run: str | None) -> None:
    if left and run is None:
        raise Refused(
            f"{len(left)} WARC files of runs older than two days are not in the log, {min(stem.warc for stem in left)} first",
            "somebody may have put them there: warraq repair lists them, warraq repair --accept KEY logs what is yours",
        )


def _apply(shop: Workshop, outlet: Outlet, read: dict[Stem, list[Observation]], waiting: Collection[str]) -> list[New]:
    """Fold what is logged now into the catalog; the events that are new, each with the file that brought it."""
    return [
        (stem, event)
        for stem, lines in read.items()
        if stem.observations in waiting
        for event in shop.catalog.apply(stem.observations, lines, outlet)
    ]


@dataclass
class _Work:
    """What one seal gathers for the log. `since`: the size from which on any of the units may be there already."""

    shop: Workshop
    outlet: Outlet
    since: int = 0
    units: list[Unit] = field(default_factory=list)
    read: dict[Stem, list[Observation]] = field(default_factory=dict)
    problems: list[WarraqError] = field(default_factory=list)
    sealed: int = 0
    records: int = 0
    _plans: dict[str, tuple[list[Unit], int]] = field(default_factory=dict)

    def seal(self, log: Log, todo: list[Stem], logged: Collection[str]) -> int:
        """Index and log these files; the leaves that are new. A log that cannot be written becomes one of `problems`.

        What was captured is folded all the same: a broken log stops no plan and no page, and has nothing fetched twice.
        """
        with self._told():
            self.since = log.mark()  # before any CDXJ is put: what has none cannot be in the log before this
        self.index(todo, logged)
        self.add_plans()
        leaves = 0
        if self.read:
            with self._told():
                leaves = record(self.shop, log, self.units, self.since)
        return leaves

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (Broken, Refused) as error:
            self.shop.say(f"seal: not logged: {error}")
            self.problems.append(error)

    def index(self, todo: list[Stem], logged: Collection[str]) -> None:
        """Put the CDXJ of each file, and make its unit. One that is damaged waits, and is told; the others go on."""
        for stem in todo:
            try:
                data = _get(self.shop.store, stem.observations)
                lines = observation.load(data)
                if stem.warc not in logged:
                    self._index(stem, data, lines)
                self.read[stem] = lines
            except Broken as error:
                self.problems.append(type(error)(f"{stem.observations}: {error.what}", error.remedy))
                self.shop.say(f"seal: not sealed: {self.problems[-1]}")

    def _index(self, stem: Stem, data: bytes, lines: list[Observation]) -> None:
        store, index = self.shop.store, cdx.lines(lines)
        told = [_with_digest(store, line) for line in lines]
        unit = units.of_stem(stem, _get(store, stem.warc), told, data, index)
        # Every worker puts the CDXJ before the unit. Who put it knows that the unit was not in the log at `mark`; who
        # found it there does not, and looks from where the log ended before the run had any object.
        if not put_once(store, stem.cdxj, index):
            self.since = min(self.since, self._plan(stem.run)[1])
        self.units.append(unit)
        self.sealed += 1
        self.records += len(lines)

    def add_plans(self) -> None:
        """The plans of these runs that are not logged."""
        runs = {keys.plan(self.outlet.name, stem.run): stem.run for stem in self.read}
        logged = self.shop.catalog.logged(list(runs))
        for key in sorted(set(runs) - set(logged)):
            unit, size = self._plan(runs[key])
            self.units += unit
            self.since = min(self.since, size) if unit else self.since

    def _plan(self, run: str) -> tuple[list[Unit], int]:
        """The plan of a run as a unit, and the size that the log had when it was made; 0 is always right, only slow."""
        if run not in self._plans:
            key = keys.plan(self.outlet.name, run)
            try:
                data = self.shop.store.get(key)
                self._plans[run] = [Unit((of_object("plan", key, data),))], planning.load(data).log_size
            except KeyError:
                self.shop.say(f"seal: {key} is missing; its run is sealed without it")
                self._plans[run] = [], 0
            except BadRecord as error:
                self.shop.say(f"seal: {key}: {error.what}; its run is sealed without it")
                self._plans[run] = [], 0
        return self._plans[run]


def _with_digest(store: Store, line: Observation) -> Observation:
    """Lines of before there was a log do not tell their snapshot's digest: that of what is stored."""
    if line.reading is None or not line.reading.snapshot or line.reading.snapshot_digest:
        return line
    return replace(line, reading=replace(line.reading, snapshot_digest=records.digest(_get(store, line.reading.snapshot))))


def _get(store: Store, key: str) -> bytes:
    try:
        return store.get(key)
    except KeyError:
        raise Broken(f"{key} is missing", "restore it from your second copy") from None
