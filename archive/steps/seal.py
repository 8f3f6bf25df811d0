"""seal: index every read file (CDXJ) and fold its observations into the catalog.

A WARC is sealed when its CDXJ is in the bucket. The catalog follows from the observations alone.
"""

from __future__ import annotations

from collections import Counter

from archive import cdx, observation
from archive.errors import Broken
from archive.outlet import Outlet
from archive.steps import pending
from archive.steps.workshop import Outcome, Workshop
from archive.store import put_once


def seal(shop: Workshop, outlet: Outlet, run: str | None) -> Outcome:
    """Seal every read file of the outlet, whoever wrote it."""
    now = shop.clock()
    read = pending.stems(shop.store, "observations", outlet.name, run, now)
    todo = read - pending.stems(shop.store, "cdxj", outlet.name, run, now)
    waiting = set(shop.catalog.pending([stem.observations for stem in read]))
    if not todo and not waiting:
        return Outcome("seal: nothing new to seal", nothing_due=True)
    events: Counter[str] = Counter()
    records = 0
    damaged: list[Broken] = []
    for stem in pending.in_order(read):
        if stem not in todo and stem.observations not in waiting:
            continue
        try:
            lines = observation.load(shop.store.get(stem.observations))
            if stem in todo:
                records += put_once(shop.store, stem.cdxj, cdx.lines(lines)) * len(lines)
            if stem.observations in waiting:
                for event in shop.catalog.apply(stem.observations, lines, outlet):
                    events.update(event.kinds)
        except Broken as error:  # it waits, and is told; what comes after it is sealed all the same
            damaged.append(type(error)(f"{stem.observations}: {error.what}", error.remedy))
            shop.say(f"seal: not sealed: {damaged[-1]}")
    if damaged:
        raise damaged[0]
    changes = ", ".join(f"{n} {kind}" for kind, n in sorted(events.items())) or "no change"
    return Outcome(
        f"seal: {len(todo)} WARC sealed, {records} records; {changes}",
        {"sealed": len(todo), "records": records, "events": dict(events)},
    )
