"""How everything stands, asked from outside: each part by itself, so that a dead one is named and hides no other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from archive.alarms import judge, pace
from archive.alarms.facts import RebuildFacts
from archive.alarms.model import Alarm
from archive.alarms.overdue import overdue
from archive.alarms.row import AlarmRow, row
from archive.alarms.sentences import minute
from archive.errors import BadOutlet, WarraqError
from archive.latency import Summary, overall, stamp
from archive.outlet import Outlet
from archive.steps import airflow, rebuilding
from archive.steps.beat import anybody
from archive.steps.patient import Part, patience
from archive.steps.workshop import Outcome, Workshop

if TYPE_CHECKING:
    from archive.alarm import Drift
    from archive.catalog.rows import OutletRow

WEEK = timedelta(days=7)  # of latencies
CHECKS = timedelta(minutes=16)  # the scheduler looks every five minutes: three in a row did not come
AHEAD = timedelta(minutes=5)  # that a time may be after now
SILENCE = ("outlet-silent", "dag-paused")  # alarms that say of an outlet what `silent` does
LogSaid = tuple[Outcome, list[str]]
Outlets = tuple[Mapping[str, Outlet], Mapping[str, BadOutlet]]
_T = TypeVar("_T")


@dataclass
class InCatalog:
    """What the catalog says."""

    rows: Mapping[str, OutletRow] = field(default_factory=dict)
    first: Mapping[str, datetime] = field(default_factory=dict)  # when a check of the alarms first knew an outlet
    clock: Mapping[str, Summary] = field(default_factory=dict)
    drift: Mapping[str, Drift] = field(default_factory=dict)  # of the outlets in `rows`: how their pages are read
    open_alarms: int = 0
    rebuild: RebuildFacts | None = None  # of the catalog, that goes on
    last_check: datetime | None = None  # of the alarms, by the scheduler
    untold: Sequence[AlarmRow] = ()  # alarms that nobody was told of in time
    seen_to: frozenset[str] = frozenset()  # outlets with an alarm that checks see, and somebody was told of or sees to


@dataclass
class Standing(InCatalog):
    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    broken: Mapping[str, BadOutlet] = field(default_factory=dict)  # outlet file → why it cannot be used
    log: Outcome = field(default_factory=lambda: Outcome("log: not asked"))
    parts: Mapping[str, str] = field(default_factory=dict)  # of Airflow → why it is not well; empty without Airflow
    trouble: dict[str, WarraqError] = field(default_factory=dict)  # part that cannot be asked → why
    late: dict[str, str] = field(default_factory=dict)  # what is stale → why, where its own part does not say it
    stale: list[str] = field(default_factory=list)


def look(shop: Workshop, outlets: Callable[[], Outlets], max_age: float, log: Callable[[], LogSaid]) -> Standing:
    """`max_age`: minutes after which something counts as stale; 0: nothing does. `log`: as archive.cli.log.standing.

    All parts are asked at once, each within its time; with `max_age`, one that does not answer is asked again for a while: who
    starts again, or is slow once, is not dead (archive.steps.patient).
    """
    now, found = shop.clock(), Standing()
    most, again = timedelta(minutes=max_age), patience(max_age)
    url, window = shop.settings.airflow, max(most, CHECKS) if max_age else None
    well = Part(lambda: airflow.parts(url, shop.clock(), most if max_age else airflow.BEAT) if url else {}, again, _well)
    disk, files = Part(lambda: full(shop.settings.state)), Part(outlets)
    catalog, signed = Part(lambda: _catalog(shop, now, window), again), Part(log, again)
    found.parts = well.end(lambda error: {"api-server": f"{url} cannot be asked: {error.what}"})
    free = disk.end(lambda error: f"it cannot be asked: {error.what}")
    found.outlets, found.broken = files.end(lambda error: _no(found, "outlets", error, ({}, {})))
    known = catalog.end(lambda error: _no(found, "catalog", error, InCatalog()))
    for one in fields(InCatalog):
        setattr(found, one.name, getattr(known, one.name))
    found.log, late = signed.end(lambda error: _no_log(error, max_age))
    if max_age:
        found.late |= {"disk": free} if free else {}
        found.stale = [*_stale(shop, found, now, most), *late]
    return found


def _well(parts: Mapping[str, str]) -> bool:
    return not any(parts.values())


def _no(found: Standing, part: str, error: WarraqError, instead: _T) -> _T:
    found.trouble[part] = error
    return instead


def _no_log(error: WarraqError, max_age: float) -> LogSaid:
    return Outcome(f"log: cannot be looked at: {error}", {"trouble": error.what}), ["log"] if max_age else []


def _stale(shop: Workshop, found: Standing, now: datetime, most: timedelta) -> list[str]:
    """What is not well: parts of Airflow; the disk; the outlet files, the catalog, or the outlets, checks and alarms in it."""
    out = [part for part, why in found.parts.items() if why]
    if "catalog" in found.trouble:
        return [*out, *found.late, *found.trouble]
    for one in found.outlets.values() if found.rebuild is None else ():  # a catalog that is half filled says nothing of outlets
        since = found.first.get(one.name) or _written(shop.outlet_file(one.name), now)
        waits = one.enabled and one.name not in found.seen_to
        if waits and (why := silent(one, found.rows.get(one.name), since, now, most)):
            found.late[one.name] = why
    if found.untold:
        found.late["untold"] = "; ".join(untold(found.untold))
    checks = shop.settings.airflow and (found.last_check is None or now - found.last_check > max(most, CHECKS))
    return [*out, *found.late, *found.trouble, *(["checks"] if checks else [])]


def full(state: Path) -> str:
    """Why nothing can run on the disk of the state folder; "" when it has room. Asked without the catalog, which is on it."""
    there = next((folder for folder in (state, *state.parents) if folder.is_dir()), None)
    if there is None or (free := shutil.disk_usage(there).free) >= judge.LEAST:
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
    begun = f"no capture since {minute(last)} UTC" if last else "never captured"
    return f"{begun}; a run was due at {minute(due)} UTC (schedule {one.schedule})"


def untold(rows: Iterable[AlarmRow]) -> list[str]:
    """Each in one line."""
    return [f"{one.title}{f' ({one.subject})' if one.subject else ''} since {one.since[:16]}Z: {one.evidence}" for one in rows]


def _written(path: Path, now: datetime) -> datetime:
    """Since when an outlet is known that no check of the alarms has seen: since its file was written."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:  # taken away just now
        return now


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


def _catalog(shop: Workshop, now: datetime, window: timedelta | None) -> InCatalog:
    rows = {row.outlet: row for row in shop.catalog.outlets(now)}
    held = shop.catalog.recent_alarms(now)
    heard, fresh = anybody(shop.settings), window or CHECKS
    # A time after now was written by a clock that was wrong; a little after it, while this was asked.
    checks = [
        when
        for one in shop.catalog.measures("check", since=stamp(now - WEEK), subject="scheduler")
        if (when := datetime.fromisoformat(one.time)) <= now + AHEAD
    ]
    going_on = rebuilding.going_on(shop.catalog)
    return InCatalog(
        rows=rows,
        first={one.subject: datetime.fromisoformat(one.time) for one in reversed(shop.catalog.measures("outlet"))},
        clock={one.outlet: one for one in overall(shop.catalog.latencies(since=stamp(now - WEEK)))},
        drift={name: shop.catalog.drift(name) for name in rows},
        open_alarms=sum(one.open for one in held),
        rebuild=going_on if judge.rebuilding(going_on, now) else None,
        last_check=checks[-1] if checks else None,
        untold=[row(one) for one in overdue(held, now, window, anybody=heard)] if window is not None else [],
        seen_to=frozenset(one.subject for one in held if _seen_to(one, now, fresh, heard=heard)),
    )


def _seen_to(one: Alarm, now: datetime, fresh: timedelta, *, heard: bool) -> bool:
    """Is it about an outlet that captures nothing, still seen by the checks, and known to somebody?"""
    return (
        one.condition in SILENCE
        and one.open
        and abs(now - one.seen) <= fresh
        and (one.acknowledged is not None or (heard and one.told is not None))
    )
