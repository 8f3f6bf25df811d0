"""inspect: what the run was meant to do against what it did. Only looks; writes nothing.

A run is red only when a person must act. An outlet that is down or blocks us is a state with a *since*.
"""

from __future__ import annotations

from archive import keys
from archive import plan as planning
from archive.errors import Refused
from archive.outlet import Outlet
from archive.steps.workshop import Outcome, Workshop


def inspect(shop: Workshop, outlet: Outlet, run: str) -> Outcome:
    """One line on the run, and what somebody should look at."""
    try:
        plan = planning.load(shop.store.get(keys.plan(outlet.name, run)))
    except KeyError:
        raise Refused(f"{run} of {outlet.name} has no plan", "nothing to inspect; `warraq ls` shows what is there") from None
    row = next((r for r in shop.catalog.outlets() if r.outlet == outlet.name), None)
    report = shop.catalog.run_report(outlet.name, run)
    if report is None:
        return Outcome(f"inspect: {run} is not sealed yet", {"sealed": False})
    asked, outcomes = report.get("asked", 0), report.get("outcomes", {})
    open_tasks = max(0, len(plan.revisits) + len(plan.backlog) - asked)
    notes = list(report.get("notes", []))
    if sum(outcomes.values()) != asked:
        raise Refused(
            f"{asked} requests went out but {sum(outcomes.values())} came back",
            "a fault in the spider: keep its log and report it",
        )
    moved = [note for note in notes if "is no alias of the outlet" in note]
    if moved and not report.get("walk", {}).get("answered"):
        raise Refused(
            moved[0], f"nothing of {outlet.name} can be captured: if it has moved there, add the host to `aliases` in its file"
        )
    if row is not None and row.failing_since:
        notes.append(f"nothing readable since {row.failing_since}")
    unread = len(shop.catalog.unread(outlet.name))
    if unread:
        notes.append(f"{unread} captures wait to be read under today's rules")
    line = f"inspect: {asked} asked, {outcomes.get('content', 0)} pages; {open_tasks} planned ones left for the next run"
    return Outcome(line + "".join(f"; {note}" for note in notes), {"report": report, "left": open_tasks, "notes": notes})
