"""What the bucket holds and the log does not: waiting to be logged, or added by somebody else.

Everything is listed in the order opposite to that in which a run puts it, and the log is read on after that: an object that
was listed has either a leaf by then, or the objects that came before it were listed as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from archive import acts, cdx, keys, marker, observation
from archive import plan as planning
from archive import snapshot as snapshots
from archive.errors import BadRecord
from archive.keys import Stem
from archive.observation import Observation, Reading
from archive.store import Store
from archive.verify import shown
from archive.verify.ahead import held
from archive.verify.batches import rows_of
from archive.verify.finding import ALTERED, MISSING, STRANGE, UNLOGGED, Report, finding
from archive.verify.objects import Objects
from archive.verify.readings import snapshot_faults
from archive.verify.structure import UNREADABLE, bounded

FRESH = timedelta(days=1)  # a run's objects wait for their leaves so long, without anything being wrong
ACT = timedelta(hours=1)  # and an act
# Snapshots come before observations, and those before the CDXJ: listed the other way round. The rest has no order.
ORDER = ("cdxj/", "observations/", "snapshots/", "warc/", "plans/", "acts/", "seeds/", "meta/")
_RESERVED = ("index/", "exports/", marker.PROBES, "log/")


def ident(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()[:16]


@dataclass
class Strays:
    """The keys without a leaf, by what they are."""

    files: dict[str, set[Stem]] = field(default_factory=lambda: {"warc": set(), "observations": set(), "cdxj": set()})
    snapshots: list[str] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # acts, seeds, the marker
    strangers: list[str] = field(default_factory=list)

    def add(self, key: str) -> None:
        kind = key.partition("/")[0]
        if not keys.possible(key):  # nothing of ours could read it
            self.strangers.append(key)
        elif kind == "snapshots":
            self.snapshots.append(key)
        elif kind == "plans":
            self.plans.append(key)
        elif kind in self.files:
            try:
                self.files[kind].add(keys.parse_stem(key))
            except BadRecord:
                self.strangers.append(key)
        elif kind in ("acts", "seeds", "meta"):
            self.others.append(key)
        else:
            self.strangers.append(key)


def listed(store: Store, outlet: str) -> Iterator[str]:
    """Every key that should have a leaf, and every key that no archive has."""
    for prefix in ORDER:
        if not outlet:
            yield from store.list(prefix)
        elif prefix not in ("acts/", "seeds/", "meta/"):
            yield from store.list(f"{prefix}{outlet}/")
    if not outlet:
        yield from _elsewhere(store)


def _elsewhere(store: Store) -> Iterator[str]:
    """Keys under no prefix of ours, a few: what stands between our prefixes is leapt over."""
    after, known = "", (*ORDER, *_RESERVED)
    while (key := next(iter(store.list("", after)), None)) is not None:
        ours = next((prefix for prefix in known if key.startswith(prefix)), "")
        if ours:
            after = max(f"{ours}\x7e", key, key=str.encode)  # keys behind that are few, and ours no more than the others
        else:
            yield key
            after = key


def find(store: Store, outlet: str, has: Callable[[str], bool], size: int) -> Strays:
    """The keys that have no leaf: not among the `size` leaves that were audited (`has(key)`), nor in any batch since."""
    candidates = [key for key in listed(store, outlet) if not has(key)]
    since = set(later(store, size)) if candidates else set()
    strays = Strays()
    for key in candidates:
        if key not in since:
            strays.add(key)
    return strays


def later(store: Store, size: int) -> Iterator[str]:
    """The keys of the leaves that were logged from leaf `size` on."""
    while (data := held(store, keys.log_batch(size))) is not None:
        try:
            first, units = rows_of(data)
        except BadRecord:
            return
        if first != size:
            return
        yield from (leaf[2] for unit in units for leaf in unit)
        size += sum(map(len, units))


class Judge:
    """Tells what waits from what was added; looks into what waits. `now`: UTC, by the clock of who asks.

    `has(key)`: whether the log has a leaf of it.
    """

    def __init__(self, store: Store, objects: Objects, now: datetime, has: Callable[[str], bool]) -> None:
        self.store, self.objects, self.now, self.has = store, objects, now, has
        self.report = Report()
        self.digests: dict[str, list[str]] = {}
        self.busy: set[str] = set()  # outlets with a file that waits: its snapshots may be there already

    def judge(self, strays: Strays) -> Report:
        for key in strays.strangers:
            self.report.find(UNLOGGED, key, "a stranger: no archive has an object of this name", STRANGE)
        runs: set[tuple[str, str]] = set()
        for stem in sorted(set.union(*strays.files.values()), key=str):
            runs.add((stem.outlet, stem.run))
            self._file(stem, strays.files)
        for key in sorted(strays.plans):
            self._plan(key, runs)
        for key in sorted(strays.snapshots):
            self._snapshot(key)
        for key in sorted(strays.others):
            self._other(key)
        return self.report

    def _added(self, key: str, what: str, remedy: str = "") -> None:
        self.report.find(UNLOGGED, key, what, remedy)

    # Packed files

    def _file(self, stem: Stem, files: dict[str, set[Stem]]) -> None:
        there = [key for key in (stem.warc, stem.observations, stem.cdxj) if stem in files[key.partition("/")[0]]]
        why = self._too_old(stem.run) or self._unplanned(stem)
        if why:
            for key in there:
                self._added(key, f"no leaf, and {why}")
            return
        self.busy.add(stem.outlet)
        self.report.waiting["WARC files"] += 1
        if stem.warc not in there:
            self.report.find(MISSING, stem.warc, "what was derived from it is there")
            return
        self._look_into(stem, there)

    def _too_old(self, run: str) -> str:
        age = self.now - keys.run_time(run)
        return "" if -FRESH < age < FRESH else f"its run is of {keys.run_time(run):%Y-%m-%d}"

    def _unplanned(self, stem: Stem) -> str:
        return "" if held(self.store, keys.plan(stem.outlet, stem.run)) is not None else "its run has no plan"

    def _look_into(self, stem: Stem, there: list[str]) -> None:
        """What waits has no leaf to hold it against: its name, its records and what was derived must agree."""
        data = held(self.store, stem.warc)
        if data is None:
            return
        digest = hashlib.sha256(data).hexdigest()
        lines: list[Observation] | None = None
        if stem.observations in there:
            try:
                lines = observation.load(bounded(held(self.store, stem.observations) or b""))
            except UNREADABLE as error:
                self.report.findings.append(finding(ALTERED, stem.observations, str(error)))
        if digest[:12] != stem.sha12:
            self.report.find(ALTERED, stem.warc, "its SHA-256 is not the one in its name", sha256=digest)
            return
        try:
            self.report.counts["records"] += self.objects.records(stem.warc, bounded(data), lines, self.report)
            if lines is not None and stem.cdxj in there and held(self.store, stem.cdxj) != cdx.lines(lines):
                self.report.find(ALTERED, stem.cdxj, "it does not follow from its observations")
        except UNREADABLE as error:
            self.report.find(ALTERED, stem.warc, str(error), sha256=digest)

    # Plans, snapshots, and what stands by itself

    def _plan(self, key: str, runs: set[tuple[str, str]]) -> None:
        outlet, run = key.split("/")[1], key.rpartition("/")[2].partition(".")[0]
        try:
            old = self._too_old(run)
        except BadRecord:
            self._added(key, "a stranger: no plan has this name", STRANGE)
            return
        if not old:
            self.report.waiting["plans"] += 1
        elif (outlet, run) in runs:
            self._added(key, f"no leaf, and {old}")
        elif not self._is_plan(key):
            self._added(key, f"no leaf, and it is not the plan of {run}")
        else:
            self.report.waiting["plans of runs that captured nothing"] += 1

    def _is_plan(self, key: str) -> bool:
        try:
            told = planning.load(bounded(held(self.store, key) or b""))
            return keys.plan(told.outlet, told.run) == key
        except UNREADABLE:
            return False

    def _snapshot(self, key: str) -> None:
        outlet = key.split("/")[1]
        try:
            found = snapshots.load(bounded(held(self.store, key) or b""))
            extra = self._extra(found)
        except UNREADABLE as error:
            self._added(key, f"no leaf, and it is no snapshot: {error}")
            return
        if extra:
            self.report.waiting["snapshots that say what another says"] += 1
        elif outlet in self.busy:
            self.report.waiting["snapshots"] += 1
        else:
            self._added(key, "no leaf, no observation names it, and nothing of its outlet waits")

    def _extra(self, found: dict[str, object]) -> bool:
        """Whether it says what was observed of its capture: two workers read one file, and one of them was faster."""
        capture, reading = found.get("capture"), found.get("reading")
        if not isinstance(capture, dict) or not isinstance(reading, dict):
            return False
        stem = keys.parse_stem(str(capture.get("warc")))
        data = held(self.store, stem.observations) if self.has(stem.observations) else None
        for line in observation.load(data) if data is not None else ():
            if line.offset == capture.get("offset") and line.reading is not None and line.warc == stem.warc:
                same = _same_reading(found, line, line.reading, str(reading.get("rules")))
                return same and not list(shown.faults(found, shown.finder((), self.store.get, lambda: None)))
        return False

    def _other(self, key: str) -> None:
        if not self.has(marker.KEY):
            self.report.waiting["objects of an archive whose log has not begun"] += 1
        elif key.startswith(acts.PREFIX):
            self._act(key)
        elif key.startswith("seeds/") and held(self.store, f"{key.rpartition('/')[0]}/SHA256SUMS") is None:
            self.report.waiting["seed files of a set that was cut short"] += 1
        else:
            remedy = "run `warraq seeds add` again if you did" if key.startswith("seeds/") else ""
            self._added(key, "no leaf", remedy)

    def _act(self, key: str) -> None:
        data = held(self.store, key)
        try:
            when = acts.load(data or b"").when
            if acts.key_of(data or b"") != key:
                raise BadRecord("its time and content are not those of its key")
        except UNREADABLE as error:
            self._added(key, f"no leaf, and it is no act: {error}")
            return
        if abs(self.now.astimezone(UTC) - when) < ACT:
            self.report.waiting["acts"] += 1
        else:
            self._added(key, f"no leaf, and it is of {when:%Y-%m-%d %H:%M} UTC")


def _same_reading(found: dict[str, object], line: Observation, reading: Reading, rules: str) -> bool:
    return rules == reading.rules and not list(snapshot_faults(found, line, reading))
