"""Bring the catalog up to date with observations objects: insert their lines, fold the touched articles again.

The tables follow from the set of objects alone. So it does not matter in which order, or how many at a time, they
are applied; and an object that was applied already changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
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
        touched |= _announce(connection, outlet.name, [line for lines in fresh.values() for line in lines])
        new: dict[str, list[Observation]] = defaultdict(list)
        for line in (line for lines in fresh.values() for line in lines if line.kind == "article"):
            new[_article(line)].append(line)
        events: list[EventRow] = []
        for chunk in chunks(sorted(touched | new.keys())):
            events += _refold(connection, outlet, chunk, new)
        for key, lines in fresh.items():
            _insert(connection, key, lines, outlet.name)
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


def _article(line: Observation) -> str:
    return line.article or article_id(line.url)


def _insert(connection: Connection, key: str, lines: list[Observation], outlet: str) -> None:
    """Insert the lines of one object."""
    stem = keys.parse_stem(key)
    file = key.rpartition("/")[2].removesuffix(".jsonl.gz")
    articles: list[Row] = []
    channels: list[Row] = []
    runs: list[Row] = []
    for number, line in enumerate(lines):
        time = derive.at(line.time)
        if line.kind == "article":
            articles.append((outlet, _article(line), time, file, number, line.klass, pack(line).decode()))
        elif line.kind == "channel":
            what = (line.run, line.channel, line.klass, line.record, line.record_type, line.payload, line.body, line.why)
            counts = (line.status, line.page or 0, line.pages or 0, len(line.items))
            channels.append((outlet, line.url, time, file, number, *what, *counts))
        else:
            report = orjson.dumps(line.report, option=orjson.OPT_SORT_KEYS).decode()
            runs.append((outlet, line.run, file, number, stem.attempt, time, *_walk(line), report))
    _put(connection, models.source, [(key, outlet, stem.run, len(lines))])
    _put(connection, models.observation, articles)
    _put(connection, models.channel_capture, channels)
    _put(connection, models.run, runs)


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
        yield from (Sighting(*row) for row in connection.execute(_of(models.sighting, outlet, chunk)).all())


def _refold(
    connection: Connection, outlet: Outlet, articles: Sequence[str], fresh: dict[str, list[Observation]]
) -> list[EventRow]:
    """Fold these articles again, `fresh` lines included, and write what changed; their events that are new."""
    lines = load(connection, outlet.name, articles)
    announced: dict[str, list[Sighting]] = defaultdict(list)
    for one in _sightings(connection, outlet.name, articles):
        announced[one.article].append(one)
    new: dict[str, set[Row]] = defaultdict(set)
    for article in articles:
        history = fold([*lines.get(article, ()), *fresh.get(article, ())], outlet.gone_after)
        for table, row in derive.rows(outlet.name, article, history, announced.get(article, [])):
            new[table].add(row)
    known: set[tuple[Any, ...]] = set()
    for derived in models.DERIVED:
        old = {tuple(row) for row in connection.execute(_of(derived, outlet.name, articles)).all()}
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
    for article, data in connection.execute(query).all():
        found[article].append(unpack(data))
    return found


def _of(table: Table, outlet: str, articles: Sequence[str]) -> Any:
    return select(table).where(table.c.outlet == outlet, table.c.article.in_(articles))


def _put(connection: Connection, table: Table, rows: Collection[Row]) -> None:
    _many(connection, table.insert(), rows)


def _replace(connection: Connection, table: Table, old: set[Row], new: set[Row]) -> None:
    """Make the rows `old` of a table the rows `new`; equal ones are not touched."""
    width = len(table.primary_key)  # the key's columns come first
    gone, come = {row[:width]: row for row in old - new}, {row[:width]: row for row in new - old}
    key, rest = list(table.c)[:width], list(table.c)[width:]
    where = and_(*(column == bindparam(f"key_{column.name}") for column in key))
    _many(connection, table.delete().where(where), [one for one in gone if one not in come])
    _put(connection, table, [row for one, row in come.items() if one not in gone])
    changed = [row[width:] + row[:width] for one, row in come.items() if one in gone]
    _many(connection, table.update().where(where).values({c.name: bindparam(c.name) for c in rest}), changed)


def _many(connection: Connection, statement: Any, rows: Collection[Row]) -> None:
    """Run a statement for each row, whose values are in the order of its parameters.

    Past SQLAlchemy's handling of each parameter, which costs more than the database does.
    """
    if not rows:
        return
    compiled = statement.compile(dialect=connection.dialect)
    plain = [tuple([" ".join(value) if type(value) is tuple else value for value in row]) for row in rows]
    named = [] if compiled.positional else [dict(zip(compiled.params, row, strict=True)) for row in plain]
    connection.exec_driver_sql(str(compiled), named or plain)
