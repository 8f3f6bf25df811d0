"""Facts about outlets: when they were captured last, what waits, how their pages are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archive.alarms import layout, pace
from archive.alarms.facts import OutletFacts, RebuildFacts
from archive.alarms.sentences import Sentence
from archive.latency import stamp
from archive.outlet import Outlet
from archive.steps.facts_memory import Memory, Sources
from archive.steps.workshop import Workshop

if TYPE_CHECKING:
    from archive.catalog.alarms import Measure
    from archive.catalog.rows import OutletRow

EVERY = timedelta(minutes=55)  # between two measurements of one thing
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ALLOWANCE = HOUR  # from the time that a run should have begun until its first capture is in the catalog


@dataclass
class Outlets:
    """Asks about outlets that are switched on. `rebuild`: one that died; what it left of the catalog is no measurement."""

    shop: Workshop
    memory: Memory
    sources: Sources
    rebuild: RebuildFacts | None = None

    def all(self, good: Iterable[Outlet]) -> Iterator[OutletFacts]:
        """Those that could be asked; why others could not is noted with the sources, by their names."""
        rows = {row.outlet: row for row in self.shop.catalog.outlets(self.memory.now)}
        gone = self.shop.catalog.gone_since(stamp(self.memory.now - DAY))
        before = {name: self.memory.series(name, ever=name == "outlet") for name in ("outlet", "waiting", "layout")}
        for one in good:
            mine = {name: series[one.name] for name, series in before.items()}
            found = self.sources.ask(one.name, lambda: self._one(one, rows.get(one.name), gone.get(one.name, 0), mine))  # noqa: B023
            if found is not None:
                yield found

    def _one(self, one: Outlet, row: OutletRow | None, gone: int, before: Mapping[str, list[Measure]]) -> OutletFacts:
        memory, name = self.memory, one.name
        if not before["outlet"]:
            memory.note("outlet", name, 0.0)
        known = _when(before["outlet"][0].time) if before["outlet"] else memory.now
        if self.rebuild is not None:  # what it forgot is no reason to call an outlet silent since it was first known
            known = max(known, self.rebuild.seen)
        last = _when(row.last_capture) if row and row.last_capture else None
        waiting = [(_when(m.time), m.value) for m in before["waiting"]]
        if row is not None and self.rebuild is None and (not waiting or memory.now - waiting[-1][0] > EVERY):
            memory.note("waiting", name, row.waiting)
            waiting.append((memory.now, row.waiting))
        read, since, act = self._layout(one, row, before["layout"])
        return OutletFacts(
            name=name,
            schedule=one.schedule,
            expected=pace.after(one.schedule, last or known),
            allowance=max(ALLOWANCE, 3 * timedelta(seconds=one.budget)),
            last_capture=last,
            failing_since=_when(row.failing_since) if row and row.failing_since else None,
            known=row.articles if row else 0,
            gone=gone,
            layout=read,
            layout_since=since,
            layout_act=act,
            waiting=waiting,
        )

    def _layout(
        self, one: Outlet, row: OutletRow | None, noted: list[Measure]
    ) -> tuple[tuple[Sentence, ...], datetime | None, bool]:
        """(sentences, since, must a person act) of the drift alarms that stand; noted for an hour, or until another run."""
        if row is None:
            return (), None, False
        held = json.loads(noted[-1].said) if noted and self.memory.now - _when(noted[-1].time) < HOUR else {}
        if held.get("run") == row.last_run and "said" in held:  # versions before kept other words
            told = tuple((str(say), dict(values)) for say, values in held["said"])
            return told, _when(held["since"]) if held["since"] else None, bool(noted[-1].value)
        from archive.keys import run_time

        standing = self.shop.catalog.drift(one.name).standing
        read = tuple(layout.said(alarm, [layout.name or "unnamed" for layout in one.layouts]) for alarm in standing)
        since = run_time(standing[0].opened) if standing else None
        act = any(alarm.act for alarm in standing)
        said = {"run": row.last_run, "said": read, "since": stamp(since) if since else ""}
        self.memory.note("layout", one.name, float(act), json.dumps(said, ensure_ascii=False))
        return read, since, act


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)
