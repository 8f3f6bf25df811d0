"""plan: what is due and why, stored in the bucket before the first request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from archive import keys
from archive import plan as planning
from archive.errors import Broken, Conflict
from archive.log.writer import Log
from archive.outlet import RESERVED, Outlet
from archive.plan import Habits, Plan, Task
from archive.schedule import LONGEST
from archive.steps import clock, watch
from archive.steps.workshop import Outcome, Workshop
from archive.store import put_once

RUNS = 20  # of the newest, among which is one that asked for lists
SAID = {  # what a task's why is called in the step's line
    "confirm": "to confirm",
    "watch": "watched",
    "modified": "modified",
    "text": "with another text in a list",
    "unlisted": "listed no more",
    "revisit": "to revisit",
    "audit": "to revisit unconditionally",
    "retry": "to retry",
    "look": "of which no list shows the text",
}


def plan(shop: Workshop, outlet: Outlet, run: str, *, everything: bool = False, walk: bool = False) -> Outcome:
    """Store the run's plan. A retry finds the plan of the first try and keeps it."""
    if not outlet.enabled:
        return Outcome(f"plan: {outlet.name} is switched off (enabled = false)", nothing_due=True)
    if outlet.name == RESERVED:
        return keep(shop, outlet, run, lambda: watch.make(shop, outlet, run, everything=everything))
    return keep(shop, outlet, run, lambda: _make(shop, outlet, run, everything=everything, walk=walk))


def keep(shop: Workshop, outlet: Outlet, run: str, make: Callable[[], Plan]) -> Outcome:
    """Store the plan that `make` gives, unless the run has one. A plan of single pages that names none is not stored."""
    key = keys.plan(outlet.name, run)
    try:
        stored = planning.load(shop.store.get(key))
        return _outcome(stored, "kept the plan of an earlier try")
    except KeyError:
        pass
    clock.offset(shop)  # before anything is written
    made = replace(make(), log_size=_log_size(shop))
    if made.only and not made.revisits:
        return Outcome("plan: no page is due", {"run": run}, nothing_due=True)
    try:
        put_once(shop.store, key, planning.dump(made))
    except Conflict:  # another try of the same run was faster: its plan stands
        return _outcome(planning.load(shop.store.get(key)), "kept the plan of another try")
    return _outcome(made, "")


def _log_size(shop: Workshop) -> int:
    """The size of the log now. What is wrong with it stops `seal`, never the capturing: 0 is always right, only slow."""
    try:
        return Log(shop.store, None).size()
    except Broken as error:
        shop.say(f"plan: the log cannot be read, nothing can be sealed until it can: {error}")
        return 0


def _make(shop: Workshop, outlet: Outlet, run: str, *, everything: bool, walk: bool) -> Plan:
    now, catalog = shop.clock(), shop.catalog
    catalog.settle(outlet)
    habits = catalog.habits(outlet.name, now)
    known = catalog.due(outlet.name, now, planning.room(outlet), habits, everything=everything)
    last = catalog.walk(outlet.name)
    fresh = walk or planning.walk_due(last.since, last.complete, now, outlet.walk_every)
    walking = fresh or not last.complete
    revisits, backlog = planning.decide(outlet, known, now, everything=everything, habits=habits, kept=walking)
    revisits += _looks(shop, outlet, revisits, now, habits, kept=walking or bool(backlog))
    if fresh:
        since, walked = now.isoformat(), tuple[str, ...]()
    else:
        since, walked = last.since, () if last.complete else tuple(sorted(last.done))
    return Plan(
        run=run,
        outlet=outlet.name,
        walk=walking,
        walk_since=since,
        walked=walked,
        channels=catalog.channels(outlet.name),
        revisits=revisits,
        backlog=backlog,
        expected=_expected(shop, outlet),
        had=catalog.had(outlet.name),
    )


def _expected(shop: Workshop, outlet: Outlet) -> int:
    """How many articles the site should say it has: what it said last, or what it should have said when it was too few and
    no walk has looked for what is missing yet."""
    reports = (row.report.get("walk") or {} for row in shop.catalog.runs(outlet.name, RUNS))
    last = next((walk for walk in reports if walk.get("answered")), {})  # not of a run for single pages
    return int(last.get("owed") or shop.catalog.expected(outlet.name))


def _looks(
    shop: Workshop, outlet: Outlet, planned: tuple[Task, ...], now: datetime, habits: Habits, *, kept: bool
) -> tuple[Task, ...]:
    if habits.shown or not outlet.look_every:
        return ()
    before = now - timedelta(seconds=min(outlet.look_every, LONGEST))
    # As many more as are planned already: those are among the least lately fetched.
    known = shop.catalog.least_lately(outlet.name, before, planning.spare(outlet) + len(planned))
    return planning.looks(known, planned, now, outlet, habits, kept=kept)


def _outcome(made: Plan, note: str) -> Outcome:
    data = {"run": made.run, "walk": made.walk, "revisits": len(made.revisits), "backlog": len(made.backlog)}
    whys = Counter(task.why for task in made.revisits)
    parts = [f"{whys[why]} {said}" for why, said in SAID.items() if whys[why]]
    parts += [f"{len(made.backlog)} of the back catalogue"] if made.backlog else []
    if made.only:
        new = sum(task.previous is None for task in made.revisits)
        parts = [f"{len(made.revisits)} pages, {new} of them for the first time"]
    else:
        parts.append("all channel pages" if made.walk else "the front channels")
    return Outcome(f"plan: {', '.join(parts)}" + (f" ({note})" if note else ""), data)
