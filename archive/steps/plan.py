"""plan: what is due and why, stored in the bucket before the first request."""

from __future__ import annotations

from dataclasses import replace

from archive import keys
from archive import plan as planning
from archive.errors import Broken, Conflict
from archive.log.writer import Log
from archive.outlet import Outlet
from archive.plan import Plan
from archive.steps import clock
from archive.steps.workshop import Outcome, Workshop
from archive.store import put_once


def plan(shop: Workshop, outlet: Outlet, run: str, *, everything: bool = False, walk: bool = False) -> Outcome:
    """Store the run's plan. A retry finds the plan of the first try and keeps it."""
    if not outlet.enabled:
        return Outcome(f"plan: {outlet.name} is switched off (enabled = false)", nothing_due=True)
    key = keys.plan(outlet.name, run)
    try:
        stored = planning.load(shop.store.get(key))
        return _outcome(stored, "kept the plan of an earlier try")
    except KeyError:
        pass
    clock.offset(shop)  # before anything is written
    made = replace(_make(shop, outlet, run, everything=everything, walk=walk), log_size=_log_size(shop))
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
    now = shop.clock()
    revisits, backlog = planning.decide(outlet, shop.catalog.known(outlet.name), now, everything=everything)
    last = shop.catalog.walk(outlet.name)
    fresh = walk or planning.walk_due(last.since, last.complete, now, outlet.walk_every)
    if fresh:
        since, walked = now.isoformat(), tuple[str, ...]()
    else:
        since, walked = last.since, () if last.complete else tuple(sorted(last.done))
    return Plan(
        run=run,
        outlet=outlet.name,
        walk=fresh or not last.complete,
        walk_since=since,
        walked=walked,
        channels=shop.catalog.channels(outlet.name),
        revisits=revisits,
        backlog=backlog,
    )


def _outcome(made: Plan, note: str) -> Outcome:
    data = {"run": made.run, "walk": made.walk, "revisits": len(made.revisits), "backlog": len(made.backlog)}
    why = {why: sum(task.why == why for task in made.revisits) for why in ("confirm", "revisit", "retry")}
    parts = [f"{n} to {why}" for why, n in why.items() if n] + (
        [f"{len(made.backlog)} of the back catalogue"] if made.backlog else []
    )
    parts.append("all channel pages" if made.walk else "the front channels")
    return Outcome(f"plan: {', '.join(parts)}" + (f" ({note})" if note else ""), data)
