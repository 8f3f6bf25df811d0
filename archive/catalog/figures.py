"""Figures about outlets: their counts, how long it took, what is stored. From tallies and indexes alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Table, Text, func, literal, select, tuple_, type_coerce, union_all

from archive.catalog import acted, models, tally
from archive.catalog.bulk import chunks
from archive.catalog.rows import DelayRow, OutletRow, RunRow, StoredRow
from archive.latency import percentile

_e, _l, _o, _t = models.event.c, models.latency.c, models.outlet.c, models.tally.c


def names(connection: Connection) -> list[str]:
    """Every outlet that has a capture, sorted."""
    return sorted(connection.scalars(select(models.outlet.c.outlet)))


def outlets(connection: Connection, until: str = "") -> list[OutletRow]:
    """Every outlet that has a capture, by name. A handful of questions, however many outlets there are.

    `until`: captures after it are none of the newest: a clock was ahead, and would hide that nothing came since.
    """
    found = tally.of_articles(connection, names(connection))
    edges = {row.outlet: row for row in connection.execute(_edges(until))}
    changed = {outlet: time or "" for outlet, time in connection.execute(_last_changes(connection))}
    told = {name: max(row.told_article, row.told_list) for name, row in edges.items()}
    last = {name: max(row.last_article, row.last_list) for name, row in edges.items()}
    failing = _failing_since(connection, {name: time for name, time in told.items() if last[name] > time})
    return [
        OutletRow(
            outlet=name,
            **{one: counts[one] for one in ("articles", "waiting", "gone", "versions", "captures")},
            last_capture=last[name],
            last_change=changed.get(name, ""),
            failing_since=failing.get(name, ""),
            last_run=edges[name].run,
        )
        for name, counts in found.items()
    ]


def _edges(until: str) -> Any:
    """By outlet, each from the end of an index: newest captures, the newest ones that told something, newest run.

    A robots.txt that answers tells nothing about pages.
    """
    o, c, r = models.observation, models.channel_capture, models.run.c
    return select(
        _o.outlet,
        func.coalesce(select(func.max(r.run)).where(r.outlet == _o.outlet).scalar_subquery(), "").label("run"),
        _newest(o, until).label("last_article"),
        _newest(c, until).label("last_list"),
        _newest(o, until, o.c.klass.not_in(tally.TROUBLE)).label("told_article"),
        _newest(c, until, c.c.klass.not_in(tally.TROUBLE), c.c.channel != "robots").label("told_list"),
    )


def _newest(table: Table, until: str, *where: Any) -> ColumnElement[str]:
    """Time of an outlet's newest capture, by the index; "" when there is none."""
    where = (*where, table.c.time <= until) if until else where
    query = select(table.c.time).where(table.c.outlet == _o.outlet, *where).order_by(table.c.time.desc()).limit(1)
    return func.coalesce(query.scalar_subquery(), "")


def _last_changes(connection: Connection) -> Any:
    """By outlet, the newest event: of each combination of kinds that the outlet has, by the index.

    `what` is compared by its beginning: between two words lies what the database's collation says, and most skip blanks.
    """
    kinds = func.substr(_t.what, len(tally.EVENT) + 1)
    mine = (_e.outlet == _t.outlet, type_coerce(_e.kinds, Text) == kinds, *acted.hidden(connection, models.event))
    newest = select(_e.time).where(*mine).order_by(_e.time.desc()).limit(1).correlate(models.tally).scalar_subquery()
    told = (_t.outlet.in_(select(_o.outlet)), _t.day == "", _t.what.startswith(tally.EVENT))
    return select(_t.outlet, func.max(newest)).where(*told, _t.n > 0).group_by(_t.outlet)


def _failing_since(connection: Connection, told: Mapping[str, str]) -> dict[str, str]:
    """By outlet, the first capture of trouble after the last one that told something, for outlets of which that is known."""
    found: dict[str, str] = {}
    for part in chunks(sorted(told)):
        given = union_all(
            *(select(literal(name).label("outlet"), literal(told[name]).label("told")) for name in part)
        ).subquery()
        first = []
        for table in (models.observation, models.channel_capture):
            where = (table.c.outlet == given.c.outlet, table.c.time > given.c.told, table.c.klass.in_(tally.TROUBLE))
            first.append(select(table.c.time).where(*where).order_by(table.c.time).limit(1).scalar_subquery())
        for name, *times in connection.execute(select(given.c.outlet, *first)):
            found[name] = min(filter(None, times), default="")
    return found


def newest_runs(connection: Connection) -> list[RunRow]:
    """Of each outlet the newest report, by outlet."""
    r, newest = models.run.c, models.run.alias().c
    last = select(newest.run).where(newest.outlet == _o.outlet).order_by(newest.run.desc()).limit(1)
    which = select(_o.outlet, last.correlate(models.outlet).scalar_subquery().label("run")).cte("newest")
    query = select(r.outlet, r.run, r.attempt, r.time, r.report).where(tuple_(r.outlet, r.run).in_(select(which)))
    rows = connection.execute(query.order_by(r.outlet, r.attempt, r.file, r.line))
    return list({row[0]: RunRow(*row[:-1], orjson.loads(row[-1])) for row in rows}.values())


def delays(connection: Connection, outlet: str | None, since: str) -> list[DelayRow]:
    """Of publications whose time is known, from `since` on."""
    mine = [outlet] if outlet else names(connection)
    where = (_l.outlet.in_(mine), _l.time >= since, _l.kind == "published", _l.site != "", _l.exact == 1)
    query = select(_l.outlet, _l.site, _l.sealed).where(*where, *acted.hidden(connection, models.latency))
    read, seconds = datetime.fromisoformat, defaultdict[str, list[float]](list)
    for name, site, sealed in connection.execute(query):
        seconds[name].append(max(0.0, (read(sealed) - read(site)).total_seconds()))
    told = ((name, sorted(one)) for name, one in sorted(seconds.items()))
    return [DelayRow(name, len(one), percentile(one, 50), percentile(one, 90)) for name, one in told]


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
