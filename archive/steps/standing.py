"""How everything stands, asked from outside: each part by itself, so that a dead one is named and hides no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from archive.alarms import judge, pace
from archive.alarms.facts import RebuildFacts
from archive.alarms.overdue import overdue
from archive.alarms.row import AlarmRow, row
from archive.errors import WarraqError
from archive.latency import Summary, overall, stamp
from archive.outlet import Outlet
from archive.steps import airflow, rebuilding
from archive.steps.beat import anybody
from archive.steps.workshop import Outcome, Workshop

if TYPE_CHECKING:
    from archive.catalog.rows import OutletRow

WEEK = timedelta(days=7)  # of latencies
CHECKS = timedelta(minutes=16)  # the scheduler looks every five minutes: three in a row did not come
ROOM = 1 << 30  # free bytes without which nothing runs (as `warraq doctor` has it)
_T = TypeVar("_T")


@dataclass
class Standing:
    rows: Mapping[str, OutletRow] = field(default_factory=dict)
    first: dict[str, datetime] = field(default_factory=dict)  # when a check of the alarms first knew an outlet
    clock: Mapping[str, Summary] = field(default_factory=dict)
    log: Outcome = field(default_factory=lambda: Outcome("log: not asked"))
    parts: Mapping[str, str] = field(default_factory=dict)  # of Airflow → why it is not well; empty without Airflow
    open_alarms: int = 0
    rebuild: RebuildFacts | None = None  # of the catalog, that goes on
    last_check: datetime | None = None  # of the alarms, by the scheduler
    untold: list[AlarmRow] = field(default_factory=list)  # alarms that nobody was told of in time
    trouble: dict[str, WarraqError] = field(default_factory=dict)  # part that cannot be asked → why
    late: dict[str, str] = field(default_factory=dict)  # what is stale → why, where its own part does not say it
    stale: list[str] = field(default_factory=list)


def look(shop: Workshop, good: Mapping[str, Outlet], max_age: float, log: Callable[[], tuple[Outcome, list[str]]]) -> Standing:
    """`max_age`: minutes after which something counts as stale; 0: nothing does. `log`: as archive.cli.log.standing."""
    now, found = shop.clock(), Standing()
    most = timedelta(minutes=max_age)
    if shop.settings.airflow:
        found.parts = airflow.parts(shop.settings.airflow, now, most if max_age else airflow.BEAT)
    _ask(found, "catalog", lambda: _catalog(shop, found, now, max(most, CHECKS) if max_age else None))
    if max_age:
        found.stale += _stale(shop, good, found, now, most)
    _ask(found, "log", lambda: _log(found, log))
    return found


def _stale(shop: Workshop, good: Mapping[str, Outlet], found: Standing, now: datetime, most: timedelta) -> list[str]:
    """What is not well: parts of Airflow; the disk; the catalog, or the outlets, checks and alarms in it."""
    out = [part for part, why in found.parts.items() if why]
    if free := full(shop.settings.state):
        found.late["disk"] = free
    if "catalog" in found.trouble:
        return [*out, *found.late, "catalog"]
    for one in good.values() if found.rebuild is None else ():  # a catalog that is half filled says nothing of outlets
        since = found.first.get(one.name) or _written(shop.outlet_file(one.name), now)
        if one.enabled and (why := silent(one, found.rows.get(one.name), since, now, most)):
            found.late[one.name] = why
    if found.untold:
        found.late["untold"] = "; ".join(untold(found.untold))
    checks = shop.settings.airflow and (found.last_check is None or now - found.last_check > max(most, CHECKS))
    return [*out, *found.late, *(["checks"] if checks else [])]


def full(state: Path) -> str:
    """Why nothing can run on the disk of the state folder; "" when it has room. Asked without the catalog, which is on it."""
    there = next((folder for folder in (state, *state.parents) if folder.is_dir()), None)
    if there is None or (free := shutil.disk_usage(there).free) >= ROOM:
        return ""
    return f"{free / (1 << 30):.1f} GB are free for {state}; nothing runs with less than 1 GB"


def silent(one: Outlet, row: OutletRow | None, since: datetime, now: datetime, most: timedelta) -> str:
    """Why an outlet counts as silent, by its own schedule; "" when it does not.

    A run was due after its last capture (or after `since`, when the outlet was first known), has had its budget, and `most`
    went by after that.
    """
    last = datetime.fromisoformat(row.last_capture).astimezone(UTC) if row and row.last_capture else None
    due = pace.after(one.schedule, last or since)
    if now <= due + timedelta(seconds=one.budget) + most:
        return ""
    begun = f"no capture since {_minute(last)}" if last else "never captured"
    return f"{begun}; a run was due at {_minute(due)} (schedule {one.schedule})"


def untold(rows: Iterable[AlarmRow]) -> list[str]:
    """Each in one line."""
    return [f"{one.title}{f' ({one.subject})' if one.subject else ''} since {one.since[:16]}Z: {one.evidence}" for one in rows]


def _written(path: Path, now: datetime) -> datetime:
    """Since when an outlet is known that no check of the alarms has seen: since its file was written."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # taken away just now
        return now


def _minute(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def lines(found: Standing, now: datetime) -> list[str]:
    """What is said of Airflow and the checks, in words, nothing where there is no Airflow; of the disk and untold alarms."""
    out = [f"{part}: {why}" for part, why in found.parts.items() if why]
    if found.parts and not out:
        out.append(f"airflow: {', '.join(found.parts)} well")
    if "catalog" not in found.trouble and found.parts:
        last = f"{(now - found.last_check).total_seconds() / 60:.0f} min ago" if found.last_check else "never"
        out.append(f"checks: the scheduler looked for alarms {last}, {found.open_alarms} are open (`warraq alarms`)")
    if found.rebuild:
        out.append(
            f"catalog: it is being rebuilt, {found.rebuild.done:,} of {found.rebuild.files:,} files; outlets are not judged"
        )
    if "disk" in found.late:
        out.append(f"disk: {found.late['disk']}")
    if found.untold:
        out += [f"untold: {len(found.untold)} alarms, and nobody took them:", *(f"  {told}" for told in untold(found.untold))]
    return out


def _ask(found: Standing, part: str, ask: Callable[[], None]) -> None:
    try:
        ask()
    except WarraqError as error:
        found.trouble[part] = error


def _catalog(shop: Workshop, found: Standing, now: datetime, window: timedelta | None) -> None:
    rows = {row.outlet: row for row in shop.catalog.outlets()}
    found.clock = {one.outlet: one for one in overall(shop.catalog.latencies(since=stamp(now - WEEK)))}
    held = shop.catalog.recent_alarms(now)
    found.open_alarms = sum(one.open for one in held)
    if window is not None:
        found.untold = [row(one) for one in overdue(held, now, window, anybody=anybody(shop.settings))]
    checks = shop.catalog.measures("check", since=stamp(now - WEEK), subject="scheduler")
    found.last_check = datetime.fromisoformat(checks[-1].time) if checks else None
    for one in reversed(shop.catalog.measures("outlet")):
        found.first[one.subject] = datetime.fromisoformat(one.time)
    going_on = rebuilding.going_on(shop.catalog)
    found.rebuild = going_on if judge.rebuilding(going_on, now) else None
    found.rows = rows


def _log(found: Standing, log: Callable[[], tuple[Outcome, list[str]]]) -> None:
    found.log, stale = log()
    found.stale += stale
