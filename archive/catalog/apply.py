"""Bring the catalog up to date with observations objects: insert their lines, fold the touched articles again.

The tables follow from the set of objects alone. So it does not matter in which order, or how many at a time, they
are applied; and an object that was applied already changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Table, and_, bindparam, select

from archive import keys
from archive.address import article_id
from archive.catalog import derive, models
from archive.catalog.database import Database
from archive.catalog.derive import Row, Sighting
from archive.catalog.rows import EventRow
from archive.errors import BadRecord
from archive.observation import Observation, pack, unpack
from archive.outlet import Outlet
from archive.version import fold

CHUNK = 400  # articles or keys in one query
Item = tuple[str, list[Observation]]  # key of an observations object, its lines


def apply(database: Database, items: Sequence[Item], outlet: Outlet) -> list[EventRow]:
    """Apply objects of one outlet in one transaction; the events that are new with them, oldest first."""
    for key, lines in items:
        if keys.parse_stem(key).outlet != outlet.name or any(line.outlet != outlet.name for line in lines):
            raise BadRecord(f"{key} is not of {outlet.name}", "apply it with its own outlet")
    with database.write(outlet.name) as connection:
        waiting = set(pending(connection, [key for key, _ in items]))
        fresh = {key: lines for key, lines in items if key in waiting}
        touched = _settings(connection, outlet)
        for key, lines in fresh.items():
            touched |= _insert(connection, key, lines, outlet.name)
        touched |= _announce(connection, outlet.name, [line for lines in fresh.values() for line in lines])
        events: list[EventRow] = []
        for chunk in chunks(sorted(touched)):
            events += _refold(connection, outlet, chunk)
    return sorted(events, key=lambda event: (event.time, event.article, event.number))


def pending(connection: Connection, wanted: Iterable[str]) -> list[str]:
    """Which of these keys are not applied, in their order."""
    wanted = list(wanted)
    key = models.source.c.key
    held = {k for chunk in chunks(wanted) for k in connection.scalars(select(key).where(key.in_(chunk)))}
    return [k for k in wanted if k not in held]


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[i : i + CHUNK] for i in range(0, len(items), CHUNK))


def _settings(connection: Connection, outlet: Outlet) -> set[str]:
    """The settings that history depends on. When they changed, every article of the outlet is folded again."""
    held = connection.scalar(select(models.outlet.c.gone_after).where(models.outlet.c.outlet == outlet.name))
    if held == outlet.gone_after:
        return set()
    if held is not None:
        connection.execute(models.outlet.delete().where(models.outlet.c.outlet == outlet.name))
    connection.execute(models.outlet.insert(), [{"outlet": outlet.name, "gone_after": outlet.gone_after}])
    return set(connection.scalars(select(models.article.c.article).where(models.article.c.outlet == outlet.name)))


def _insert(connection: Connection, key: str, lines: list[Observation], outlet: str) -> set[str]:
    """Insert the lines of one object; the articles they are about."""
    stem = keys.parse_stem(key)
    articles: list[Row] = []
    channels: list[Row] = []
    runs: list[Row] = []
    for number, line in enumerate(lines):
        time = derive.at(line.time)
        if line.kind == "article":
            article = line.article or article_id(line.url)
            articles.append((outlet, article, time, key, number, line.klass, pack(line).decode()))
        elif line.kind == "channel":
            what = (line.run, line.channel, line.klass, line.record, line.record_type, line.payload, line.body, line.why)
            counts = (line.status, line.page or 0, line.pages or 0, len(line.items))
            channels.append((outlet, line.url, time, key, number, *what, *counts))
        else:
            report = orjson.dumps(line.report, option=orjson.OPT_SORT_KEYS).decode()
            runs.append((outlet, line.run, key, number, stem.attempt, time, *_walk(line), report))
    _put(connection, models.source, [(key, outlet, stem.run, len(lines))])
    _put(connection, models.observation, articles)
    _put(connection, models.channel_capture, channels)
    _put(connection, models.run, runs)
    return {row[1] for row in articles}


def _walk(line: Observation) -> tuple[str, str]:
    """What a run's report says of a walk through all channel pages: how far it came, and when it began."""
    walk = line.report.get("walk") or {}
    if not walk.get("wanted") and not walk.get("complete"):
        return "", ""
    since = derive.at(str(walk.get("since") or "")) or derive.stamp(keys.run_time(line.run))
    return "complete" if walk.get("complete") else "open", since


def _announce(connection: Connection, outlet: str, lines: list[Observation]) -> set[str]:
    """Merge what channels announce; the articles about which they say anything new."""
    found = derive.sightings(outlet, (line for line in lines if line.items and line.klass == "channel"))
    held = {
        (one.article, one.channel): one for one in _sightings(connection, outlet, sorted({article for article, _ in found}))
    }
    touched: set[str] = set()
    old: set[Row] = set()
    new: set[Row] = set()
    for key, one in found.items():
        before = held.get(key)
        after = one.merge(before) if before else one
        if before is None or (before.words, before.first_seen) != (after.words, after.first_seen):
            touched.add(key[0])
        new.add(derive.sighting_row(after))
        if before:
            old.add(derive.sighting_row(before))
    _replace(connection, models.sighting, old, new)
    return touched


def _sightings(connection: Connection, outlet: str, articles: Sequence[str]) -> Iterator[Sighting]:
    for chunk in chunks(articles):
        yield from (Sighting(*row) for row in connection.execute(_of(models.sighting, outlet, chunk)))


def _refold(connection: Connection, outlet: Outlet, articles: Sequence[str]) -> list[EventRow]:
    """Fold these articles again and write what changed; their events that were not there before."""
    lines = load(connection, outlet.name, articles)
    announced: dict[str, list[Sighting]] = defaultdict(list)
    for one in _sightings(connection, outlet.name, articles):
        announced[one.article].append(one)
    new: dict[str, set[Row]] = defaultdict(set)
    for article in articles:
        history = fold(lines.get(article, ()), outlet.gone_after)
        for table, row in derive.rows(outlet.name, article, history, announced.get(article, [])):
            new[table].add(row)
    known: set[tuple[Any, ...]] = set()
    for derived in models.DERIVED:
        old = {tuple(row) for row in connection.execute(_of(derived, outlet.name, articles))}
        _replace(connection, derived, old, new[derived.name])
        if derived is models.event:
            known = {(event.article, event.time, event.kinds) for event in (EventRow(*row) for row in old)}
    events = (EventRow(*row) for row in new["event"])
    return [event for event in events if (event.article, event.time, event.kinds) not in known]


def load(connection: Connection, outlet: str, articles: Sequence[str]) -> dict[str, list[Observation]]:
    """The article lines of some articles."""
    table = models.observation
    query = select(table.c.article, table.c.data).where(table.c.outlet == outlet, table.c.article.in_(articles))
    found: dict[str, list[Observation]] = defaultdict(list)
    for article, data in connection.execute(query):
        found[article].append(unpack(data))
    return found


def _of(table: Table, outlet: str, articles: Sequence[str]) -> Any:
    return select(table).where(table.c.outlet == outlet, table.c.article.in_(articles))


def _put(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    names = table.c.keys()
    if values := [dict(zip(names, row, strict=True)) for row in rows]:
        connection.execute(table.insert(), values)


def _replace(connection: Connection, table: Table, old: set[Row], new: set[Row]) -> None:
    """Make the rows `old` of a table the rows `new`; equal ones are not touched."""
    key = list(table.primary_key)
    if gone := old - new:
        where = and_(*(column == bindparam(f"key_{column.name}") for column in key))
        positions = [(f"key_{column.name}", table.c.keys().index(column.name)) for column in key]
        connection.execute(table.delete().where(where), [{name: row[i] for name, i in positions} for row in gone])
    _put(connection, table, new - old)
