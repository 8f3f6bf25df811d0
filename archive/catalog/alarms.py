"""Alarms and measurements in the catalog's tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from archive.alarms.model import Alarm
from archive.catalog import models
from archive.latency import stamp  # archive.catalog.derive has the same, and all that reads versions with it

_a, _m = models.alarm.c, models.measure.c


class Measure(NamedTuple):
    """One measurement. `said`: what goes with the figure, for people or as JSON."""

    name: str  # disk, waiting, task …
    subject: str
    time: str
    value: float
    said: str = ""


def held(connection: Connection, *, open_only: bool, limit: int) -> list[Alarm]:
    """Open ones; and, unless `open_only`, closed ones after them, newest first."""
    query = select(models.alarm).where(_a.closed == "").order_by(_a.opened, _a.id)
    found = list(connection.execute(query))
    if not open_only:
        closed = select(models.alarm).where(_a.closed != "").order_by(_a.closed.desc(), _a.id).limit(limit)
        found += connection.execute(closed)
    return [_alarm(row) for row in found]


def recent(connection: Connection, since: datetime) -> list[Alarm]:
    """Open, closed after `since`, or over and nobody was told."""
    untold = (_a.told != "") & (_a.over == "")
    query = select(models.alarm).where((_a.closed == "") | (_a.closed > stamp(since)) | untold).order_by(_a.opened, _a.id)
    return [_alarm(row) for row in connection.execute(query)]


def put(connection: Connection, alarms: Sequence[Alarm]) -> None:
    """Each in the place of its older state."""
    for one in alarms:
        connection.execute(models.alarm.delete().where(_a.id == one.id))
    if alarms:
        connection.execute(models.alarm.insert(), [_row(one) for one in alarms])


def note(connection: Connection, rows: Iterable[Measure]) -> None:
    for row in rows:
        there = select(_m.value).where(_m.name == row.name, _m.subject == row.subject, _m.time == row.time)
        if connection.execute(there).first() is None:
            connection.execute(models.measure.insert(), [row._asdict()])


def measures(connection: Connection, name: str, since: str, subject: str | None) -> list[Measure]:
    where = (_m.name == name, _m.time >= since, *((_m.subject == subject,) if subject is not None else ()))
    query = select(models.measure).where(*where).order_by(_m.time, _m.subject)
    return [Measure(row.name, row.subject, row.time, row.value, row.said) for row in connection.execute(query)]


def replace(connection: Connection, name: str, subject: str, rows: Sequence[Measure]) -> None:
    connection.execute(models.measure.delete().where(_m.name == name, _m.subject == subject))
    if rows:
        connection.execute(models.measure.insert(), [row._asdict() for row in rows])


def gone_since(connection: Connection, since: str) -> dict[str, int]:
    event = models.event.c
    query = select(event.outlet, event.kinds).where(event.time >= since)
    return Counter(row.outlet for row in connection.execute(query) if "gone" in row.kinds)


def forget(connection: Connection, names: Iterable[str], before: str) -> None:
    connection.execute(models.measure.delete().where(_m.name.in_(tuple(names)), _m.time < before))


_TIMES = ("since", "opened", "seen", "right", "closed", "told", "over", "acknowledged")


def _row(one: Alarm) -> dict[str, Any]:
    times = {name: stamp(when) if (when := getattr(one, name)) else "" for name in _TIMES}
    words = {name: getattr(one, name) or "" for name in ("severity", "told_as", "acknowledged_by", "reason")}
    said = orjson.dumps([one.say, dict(one.values)], option=orjson.OPT_SORT_KEYS).decode()
    key = {"id": one.id, "condition": one.condition, "subject": one.subject}
    return {**key, **times, **words, "say": said, "relapses": one.relapses}


def _alarm(row: Any) -> Alarm:
    times = {name: datetime.fromisoformat(text) if (text := getattr(row, name)) else None for name in _TIMES}
    say, values = orjson.loads(row.say)
    return Alarm(
        condition=row.condition,
        subject=row.subject,
        say=say,
        values=values,
        severity=row.severity,
        told_as=row.told_as or None,
        relapses=row.relapses,
        acknowledged_by=row.acknowledged_by,
        reason=row.reason,
        **times,  # type: ignore[arg-type]
    )
