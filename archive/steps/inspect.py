"""inspect: what the run was meant to do against what it did. Only looks; writes nothing.

A run is red only when a person must act. An outlet that is down or blocks us is a state with a *since*.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from archive import incidents, keys, observation
from archive import plan as planning
from archive.errors import Refused
from archive.observation import Observation
from archive.outlet import Outlet
from archive.plan import Plan
from archive.steps import drift
from archive.steps.past import waits
from archive.steps.workshop import Outcome, Workshop
from archive.store import Store
from archive.verify import meant

SHOWN = 5  # addresses that were not captured


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
    unread = sum(waits(outlet, row) for row in shop.catalog.unread(outlet.name))
    if unread:
        notes.append(f"{unread} captures wait to be read under today's rules")
    lines = _lines(shop.store, plan)
    incident = incidents.of_run(lines, row.articles if row is not None else 0)
    if incident is not None:
        notes.insert(0, f"{incident.kind.upper()}: {incident.words()}")
    found = shop.catalog.drift(outlet.name)
    notes[:0] = drift.told(shop, outlet, found, run, lines)
    missing = _not_captured(shop, plan, lines, report)
    if missing["count"]:
        why = f" ({missing['reason']})" if missing["reason"] else ""
        first = ", ".join(wish["url"] for wish in missing["first"])
        notes.append(f"{missing['count']} planned or listed, not captured{why}: {first}")
    line = f"inspect: {asked} asked, {outcomes.get('content', 0)} pages; {open_tasks} planned ones left for the next run"
    data = {"report": report, "left": open_tasks, "notes": notes, "not_captured": missing}
    data["incident"] = asdict(incident) if incident is not None else None
    data["drift"] = {"alarms": drift.rows(found, [one.name for one in outlet.layouts]), "waiting": found.waiting}
    if (refused := drift.to_do(outlet, found, run)) is not None:
        shop.say(line + "".join(f"; {note}" for note in notes))
        raise refused
    return Outcome(line + "".join(f"; {note}" for note in notes), data)


def _not_captured(shop: Workshop, plan: Plan, lines: list[Observation], report: dict[str, Any]) -> dict[str, Any]:
    """What the run was meant to capture and did not: plan and listed links against its captures."""
    wishes = meant.left(plan, lines, shop.catalog.attempted(plan.outlet))
    first = [{"url": url, "named_by": source} for _, url, source in wishes[:SHOWN]]
    return {"count": len(wishes), "first": first, "reason": _reason(report) if wishes else ""}


def _lines(store: Store, plan: Plan) -> list[Observation]:
    """Every line of the run's observations."""
    folder = keys.day_prefixes("observations", plan.outlet, [keys.run_time(plan.run)])[0]
    return [line for key in store.list(f"{folder}{plan.run}.") for line in observation.load(store.get(key))]


def _reason(report: dict[str, Any]) -> str:
    """Why a run did not do all it was meant to, as far as its report says."""
    told = [f"stopped: {report['stopped']}"] if report.get("stopped") else []
    told += [f"{host}: {why}" for host, why in report.get("given_up", {}).items()]
    told += [f"{n} {what}" for what, n in report.get("jobs", {}).items() if what not in ("fetched", "failed")]
    return ", ".join(told)
