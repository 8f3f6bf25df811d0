"""seal: index every read file (CDXJ), put it into the log, fold its observations into the catalog.

A WARC is sealed when its CDXJ is in the bucket and its unit in the log. What a worker that died left between the two is
logged by the next seal: the plan of its run says from which size of the log on it may be there. The catalog follows from
observations and log alone.
"""

from __future__ import annotations

from collections import Counter

from archive import cdx, keys, observation
from archive import plan as planning
from archive.errors import Broken
from archive.keys import Stem
from archive.log import units
from archive.log.leaf import Unit, of_object
from archive.observation import Observation
from archive.outlet import Outlet
from archive.steps import act, pending
from archive.steps.record import record
from archive.steps.workshop import Outcome, Workshop
from archive.store import Store, put_once


def seal(shop: Workshop, outlet: Outlet, run: str | None) -> Outcome:
    """Seal every read file of the outlet, whoever wrote it; acts of other machines come in first."""
    now = shop.clock()
    taken = act.bring_in(shop, whole=run is None)
    if not taken.nothing_due:
        shop.say(taken.line)
    read = pending.stems(shop.store, "observations", outlet.name, run, now)
    indexed = pending.stems(shop.store, "cdxj", outlet.name, run, now)
    logged = shop.catalog.logged([stem.warc for stem in read])
    waiting = set(shop.catalog.pending([stem.observations for stem in read]))
    todo = [stem for stem in pending.in_order(read) if stem.warc not in logged or stem.observations in waiting]
    if not todo:
        return Outcome("seal: nothing new to seal", nothing_due=True)
    log = shop.log
    mark = log.mark()  # before any CDXJ is put: what has none yet cannot be in the log before this
    made: list[Unit] = []
    since = [mark]
    applied: list[tuple[Stem, list[Observation]]] = []
    records = 0
    damaged: list[Broken] = []
    for stem in todo:
        try:
            data = shop.store.get(stem.observations)
            lines = observation.load(data)
            if stem.warc not in logged:
                index = cdx.lines(lines)
                made.append(units.of_stem(stem, shop.store.get(stem.warc), lines, data, index))
                fresh = stem not in indexed and put_once(shop.store, stem.cdxj, index)
                records += len(lines)
                if not fresh:
                    since.append(seen_by_plan(shop.store, stem.outlet, stem.run))
            applied.append((stem, lines))
        except Broken as error:  # it waits, and is told; what comes after it is sealed all the same
            damaged.append(type(error)(f"{stem.observations}: {error.what}", error.remedy))
            shop.say(f"seal: not sealed: {damaged[-1]}")
    made += _plans(shop, outlet, {stem.run for stem, _ in applied}, since)
    leaves = record(shop, log, made, min(since)) if made else 0
    events: Counter[str] = Counter()
    for stem, lines in applied:
        if stem.observations in waiting:
            for event in shop.catalog.apply(stem.observations, lines, outlet):
                events.update(event.kinds)
    if damaged:
        raise damaged[0]
    changes = ", ".join(f"{n} {kind}" for kind, n in sorted(events.items())) or "no change"
    sealed = len(applied) - len([stem for stem, _ in applied if stem.warc in logged])
    return Outcome(
        f"seal: {sealed} WARC sealed, {records} records, {leaves} leaves logged; {changes}",
        {"sealed": sealed, "records": records, "leaves": leaves, "events": dict(events)},
    )


def seen_by_plan(store: Store, outlet: str, run: str) -> int:
    """The size that the log had when the run was planned, before any of its objects was there; 0 without a plan."""
    try:
        return planning.load(store.get(keys.plan(outlet, run))).log_size
    except KeyError:
        return 0


def _plans(shop: Workshop, outlet: Outlet, runs: set[str], since: list[int]) -> list[Unit]:
    """The plans of these runs that are not logged. Adds to `since` where each might be."""
    wanted = {keys.plan(outlet.name, run): run for run in runs}
    logged = shop.catalog.logged(list(wanted))
    made = []
    for key in sorted(set(wanted) - set(logged)):
        try:
            data = shop.store.get(key)
        except KeyError:
            shop.say(f"seal: {key} is missing; its run is sealed without it")
            continue
        made.append(Unit((of_object("plan", key, data),)))
        since.append(planning.load(data).log_size)
    return made
