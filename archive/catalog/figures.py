"""Figures about outlets: their counts, what waits, how long it took, what is stored. From tallies and indexes alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, func, select

from archive.catalog import acted, models, tally
from archive.catalog.derive import stamp
from archive.catalog.rows import DelayRow, DueRow, OutletRow, StoredRow
from archive.catalog.visits import WHYS
from archive.latency import percentile

SOON = timedelta(hours=24)
_a, _e, _l, _t = models.article.c, models.event.c, models.latency.c, models.tally.c


def names(connection: Connection) -> list[str]:
    """Every outlet that has a capture, sorted."""
    return list(connection.scalars(select(models.outlet.c.outlet).order_by(models.outlet.c.outlet)))


def outlets(connection: Connection) -> list[OutletRow]:
    """Every outlet that has a capture, by name."""
    found = tally.of_articles(connection, names(connection))
    return [_outlet(connection, name, counts) for name, counts in found.items()]


def _outlet(connection: Connection, name: str, counts: Any) -> OutletRow:
    r = models.run.c
    return OutletRow(
        outlet=name,
        articles=counts["articles"],
        waiting=counts["waiting"],
        gone=counts["gone"],
        versions=counts["versions"],
        captures=counts["captures"],
        last_capture=max(_edge(connection, table, name, newest=True) for table in (models.observation, models.channel_capture)),
        last_change=_last_change(connection, name, [what for what, n in counts.items() if n and what.startswith(tally.EVENT)]),
        failing_since=_failing_since(connection, name),
        last_run=connection.scalar(select(func.max(r.run)).where(r.outlet == name)) or "",
    )


def _last_change(connection: Connection, outlet: str, whats: list[str]) -> str:
    """Of each combination of kinds that the outlet has, the newest event, by the index."""
    shown = acted.hidden(connection, models.event)
    newest = [
        select(_e.time)
        .where(_e.outlet == outlet, _e.kinds == tuple(what.removeprefix(tally.EVENT).split()), *shown)
        .order_by(_e.time.desc())
        .limit(1)
        for what in whats
    ]
    return max((connection.scalar(query) or "" for query in newest), default="")


def _failing_since(connection: Connection, outlet: str) -> str:
    """The first capture after the last one that told something. A robots.txt that answers tells nothing about pages."""
    o, c = models.observation, models.channel_capture
    trouble = ("blocked", "broken")
    told = max(
        _edge(connection, o, outlet, o.c.klass.not_in(trouble), newest=True),
        _edge(connection, c, outlet, c.c.klass.not_in(trouble), c.c.channel != "robots", newest=True),
    )
    first = [
        _edge(connection, table, outlet, table.c.klass.in_(trouble), table.c.time > told, newest=False) for table in (o, c)
    ]
    return min(filter(None, first), default="")


def _edge(connection: Connection, table: Table, outlet: str, *where: Any, newest: bool) -> str:
    """Time of the newest or oldest capture, by the index; "" when there is none."""
    order = table.c.time.desc() if newest else table.c.time
    return connection.scalar(select(table.c.time).where(and_(table.c.outlet == outlet, *where)).order_by(order).limit(1)) or ""


def waiting(connection: Connection, now: datetime) -> list[DueRow]:
    """Counted by the indexes that planning uses. Of the backlog all, for it waits for no time."""
    return [row for name in names(connection) for row in _waiting(connection, name, stamp(now), stamp(now + SOON))]


def _waiting(connection: Connection, outlet: str, now: str, soon: str) -> Iterator[DueRow]:
    backlog = connection.scalar(select(_t.n).where(_t.outlet == outlet, _t.day == "", _t.what == "waiting")) or 0
    for why in WHYS:
        mine = (_a.outlet == outlet, _a.why == why)
        due, later = (
            connection.scalar(select(func.count()).select_from(models.article).where(*mine, *when)) or 0
            for when in ((_a.due != "", _a.due <= now), (_a.due > now, _a.due <= soon))
        )
        if due or later:
            yield DueRow(outlet, why, due, later)
    told = (_a.outlet == outlet, models.some("news"))
    announced, later = (
        connection.scalar(select(func.count()).select_from(models.article).where(*told, *when)) or 0
        for when in ((_a.news_due <= now,), (_a.news_due > now, _a.news_due <= soon))
    )
    if announced or later:
        yield DueRow(outlet, "announced", announced, later)
    if backlog:
        yield DueRow(outlet, "backlog", backlog, 0)


def delays(connection: Connection, outlet: str | None, since: str) -> list[DelayRow]:
    """Of publications whose time is known, from `since` on."""
    found = []
    for name in [outlet] if outlet else names(connection):
        where = (_l.outlet == name, _l.time >= since, _l.kind == "published", _l.site != "", _l.exact == 1)
        query = select(_l.site, _l.sealed).where(*where, *acted.hidden(connection, models.latency))
        read = datetime.fromisoformat
        seconds = sorted(max(0.0, (read(sealed) - read(site)).total_seconds()) for site, sealed in connection.execute(query))
        if seconds:
            found.append(DelayRow(name, len(seconds), percentile(seconds, 50), percentile(seconds, 90)))
    return found


def stored(connection: Connection) -> list[StoredRow]:
    """What the lines of each outlet say: of every WARC the records of answers."""
    found = []
    s = models.source.c
    files = {row[0]: row[1] for row in connection.execute(select(s.outlet, func.count()).group_by(s.outlet))}
    for name, counts in tally.totals(connection, names(connection)).items():
        for what in ("article", "channel", "picture"):
            if records := counts[tally.OBJECTS + what]:
                found.append(StoredRow(name, what, records, counts[tally.BYTES + what]))
        whole = sum(n for what, n in counts.items() if what.startswith(tally.BYTES))
        found.append(StoredRow(name, "warc", files.get(name, 0), whole))
    return found
