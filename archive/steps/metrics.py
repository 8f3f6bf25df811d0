"""What a monitoring system watches: alarms, outlets, the last check, the disk; from the catalog alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from archive.alarms.conditions import CONDITIONS
from archive.alarms.exposition import Sample, gauge, seconds
from archive.alarms.model import AHEAD
from archive.latency import overall, stamp

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.catalog.rows import OutletRow

WEEK = timedelta(days=7)
EVERY = timedelta(minutes=10)  # a median of a week does not move sooner
_held: WeakKeyDictionary[Catalog, tuple[datetime, Mapping[str, float]]] = WeakKeyDictionary()  # medians, and when counted


def exposition(catalog: Catalog, now: datetime) -> str:
    """Every family. `alarms_open` is there for every condition, so that an alert can be written before one is ever wrong."""
    rows = catalog.outlets(now)
    most = stamp(now + AHEAD)  # what is later was noted by a clock that was ahead
    beats = [one for one in catalog.measures("check", since=stamp(now - WEEK), subject="scheduler") if one.time <= most]
    disks = catalog.measures("disk", since=stamp(now - timedelta(hours=3)))
    free = {one.subject: one.value for one in disks if one.time <= most}
    return "".join(
        [
            *_alarms(catalog),
            gauge("last_check_timestamp_seconds", "Last check of the alarms by the scheduler.", _last(beats)),
            gauge("disk_free_bytes", "Free on the disk of a folder.", [({"path": path}, n) for path, n in free.items()]),
            *_outlets(rows),
            gauge(
                "found_after_seconds",
                "Median time from publication to seal, of 7 days.",
                [({"outlet": one}, median) for one, median in _medians(catalog, now).items()],
            ),
        ]
    )


def _medians(catalog: Catalog, now: datetime) -> Mapping[str, float]:
    """By outlet. Each event of a week is a row, and who scrapes comes several times a minute: counted anew now and then."""
    held = _held.get(catalog)
    if held is None or abs(now - held[0]) >= EVERY:
        found = {one.outlet: one.median for one in overall(catalog.latencies(since=stamp(now - WEEK)))}
        held = _held[catalog] = now, found
    return held[1]


def _last(beats: list) -> Iterable[Sample]:  # type: ignore[type-arg]
    return [({}, seconds(beats[-1].time))] if beats else []


def _alarms(catalog: Catalog) -> Iterable[str]:
    held = catalog.alarms()
    counts = {name: sum(one.condition == name for one in held) for name in CONDITIONS}
    yield gauge("alarms_open", "Open alarms, by condition.", [({"condition": name}, n) for name, n in counts.items()])
    told = [({"condition": one.condition, "subject": one.subject, "severity": one.severity, "id": one.id}, one) for one in held]
    yield gauge("alarm_since_timestamp_seconds", "Since when, of each.", [(it, seconds(one.since)) for it, one in told])
    acknowledged = [(it, float(bool(one.acknowledged))) for it, one in told]
    yield gauge("alarm_acknowledged", "Whether somebody sees to it, of each open alarm.", acknowledged)


def _outlets(rows: Iterable[OutletRow]) -> Iterable[str]:
    def of(name: str) -> list[tuple[Mapping[str, str], float]]:
        return [({"outlet": row.outlet}, float(getattr(row, name))) for row in rows]

    def times(name: str) -> list[tuple[Mapping[str, str], float]]:
        return [({"outlet": row.outlet}, seconds(when)) for row in rows if (when := getattr(row, name))]

    yield gauge("outlet_articles", "Articles with a version.", of("articles"))
    yield gauge("outlet_versions", "Versions.", of("versions"))
    yield gauge("outlet_gone", "Articles that are gone.", of("gone"))
    yield gauge("outlet_waiting", "Articles that are announced and not captured.", of("waiting"))
    yield gauge("outlet_last_capture_timestamp_seconds", "Last capture, whatever came of it.", times("last_capture"))
    yield gauge("outlet_last_change_timestamp_seconds", "Last change that was found.", times("last_change"))
    yield gauge("outlet_failing_since_timestamp_seconds", "Since when nothing is readable.", times("failing_since"))
