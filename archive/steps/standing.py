"""How everything stands, asked from outside: each part by itself, so that a dead one is named and hides no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from archive.errors import WarraqError
from archive.latency import Summary, overall, stamp
from archive.outlet import Outlet
from archive.steps import airflow
from archive.steps.workshop import Outcome, Workshop

if TYPE_CHECKING:
    from archive.catalog.rows import OutletRow

WEEK = timedelta(days=7)  # of latencies
CHECKS = timedelta(minutes=16)  # the scheduler looks every five minutes: three in a row did not come
_T = TypeVar("_T")


@dataclass
class Standing:
    rows: Mapping[str, OutletRow] = field(default_factory=dict)
    clock: Mapping[str, Summary] = field(default_factory=dict)
    log: Outcome = field(default_factory=lambda: Outcome("log: not asked"))
    parts: Mapping[str, str] = field(default_factory=dict)  # of Airflow → why it is not well; empty without Airflow
    open_alarms: int = 0
    last_check: datetime | None = None  # of the alarms, by the scheduler
    trouble: dict[str, WarraqError] = field(default_factory=dict)  # part that cannot be asked → why
    stale: list[str] = field(default_factory=list)


def look(shop: Workshop, good: Mapping[str, Outlet], max_age: float, log: Callable[[], tuple[Outcome, list[str]]]) -> Standing:
    """`max_age`: minutes after which something counts as stale; 0: nothing does. `log`: as archive.cli.log.standing."""
    now, found = shop.clock(), Standing()
    most = timedelta(minutes=max_age)
    if shop.settings.airflow:
        found.parts = airflow.parts(shop.settings.airflow, now, most if max_age else airflow.BEAT)
    _ask(found, "catalog", lambda: _catalog(shop, found, now))
    if max_age:
        found.stale += _stale(shop, good, found, now, most)
    _ask(found, "log", lambda: _log(found, log))
    return found


def _stale(shop: Workshop, good: Mapping[str, Outlet], found: Standing, now: datetime, most: timedelta) -> list[str]:
    """Parts of Airflow that are not well; the catalog, or the outlets and checks that are too old in it."""
    out = [part for part, why in found.parts.items() if why]
    if "catalog" in found.trouble:
        return [*out, "catalog"]
    out += [name for name, one in good.items() if one.enabled and _silent(found.rows.get(name), now, most)]
    if shop.settings.airflow and (found.last_check is None or now - found.last_check > max(most, CHECKS)):
        out.append("checks")
    return out


def lines(found: Standing, now: datetime) -> list[str]:
    """What is said of Airflow and the checks, in words; nothing where there is no Airflow."""
    out = [f"{part}: {why}" for part, why in found.parts.items() if why]
    if found.parts and not out:
        out.append(f"airflow: {', '.join(found.parts)} well")
    if "catalog" not in found.trouble and found.parts:
        last = f"{(now - found.last_check).total_seconds() / 60:.0f} min ago" if found.last_check else "never"
        out.append(f"checks: the scheduler looked for alarms {last}, {found.open_alarms} are open (`warraq alarms`)")
    return out


def _ask(found: Standing, part: str, ask: Callable[[], None]) -> None:
    try:
        ask()
    except WarraqError as error:
        found.trouble[part] = error


def _catalog(shop: Workshop, found: Standing, now: datetime) -> None:
    rows = {row.outlet: row for row in shop.catalog.outlets()}
    found.clock = {one.outlet: one for one in overall(shop.catalog.latencies(since=stamp(now - WEEK)))}
    found.open_alarms = len(shop.catalog.alarms())
    checks = shop.catalog.measures("check", since=stamp(now - WEEK), subject="scheduler")
    found.last_check = datetime.fromisoformat(checks[-1].time) if checks else None
    found.rows = rows


def _log(found: Standing, log: Callable[[], tuple[Outcome, list[str]]]) -> None:
    found.log, stale = log()
    found.stale += stale


def _silent(row: OutletRow | None, now: datetime, most: timedelta) -> bool:
    if row is None or not row.last_capture:
        return True
    return now - datetime.fromisoformat(row.last_capture).astimezone(UTC) > most
