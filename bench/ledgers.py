"""A large catalog of invented outlets, written by bulk inserts: row for row what `Catalog.apply` would have made of the same
lines (tests/test_bench_pages.py compares both), in minutes instead of hours.

What the outlets publish and the captures say is in bench.invented_lines. Histories are folded for every twentieth article, and the
others are copies of it under other addresses, at the same times: a fold depends on nothing else of them. Outlets have been captured
each hour for two years. Texts have no sketches, for nothing looks for copies here.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Index

from archive.acts import Act, key
from archive.address import article_id
from archive.catalog import Catalog, apply, bulk, derive, drift, kinship, models, tally
from archive.catalog.sightings import sightings
from archive.crossing import Settled
from archive.history import at
from archive.latency import stamp
from archive.observation import Observation
from archive.outlet import Outlet
from archive.version import fold
from bench.invented_lines import (
    COPIES,
    DAYS,
    FIRST,
    LISTS,
    NOW,
    SHARES,
    address,
    captures,
    channel,
    front,
    hour_of,
    item,
    names_of,
    outlets,
    published,
    report,
    stem_of,
)

__all__ = ["FIRST", "NOW", "SHARES", "address", "fill", "outlets", "stem_of"]
FIGURED = 150  # hours of the newest past whose figures of reading are written (archive.drift asks for 120 runs)
Keep = Callable[[str, int, int, Observation], None] | None  # for a test: outlet, hour, number of the line, line


@dataclass
class Ledger:
    """What one outlet's files hold so far. `lines`: how many of each file, by hour."""

    outlet: Outlet
    chance: random.Random
    lines: dict[int, int] = field(default_factory=lambda: defaultdict(lambda: LISTS + 1))
    counts: tally.Counts = field(default_factory=Counter)
    rows: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    keep: Keep = None
    newest: dict[int, list[Observation]] = field(default_factory=lambda: defaultdict(list))  # by hour


def fill(catalog: Catalog, articles: int, observations: int, say: Callable[[str], None] = print, keep: Keep = None) -> None:
    """Write the tables of an empty catalog. Indexes are made at the end from what is there, in a third of the time."""
    begin(catalog)
    for n in range(len(SHARES)):
        one(catalog, n, (articles, observations), say, keep)
    end(catalog, say)


def indexes() -> list[Index]:
    names = ("observation", "article", "event", "sighting", "version", "channel_capture")
    return [index for name in names for index in sorted(models.metadata.tables[name].indexes, key=str)]


def begin(catalog: Catalog) -> None:
    for outlet in outlets():
        catalog.settle(outlet)
    with catalog._database.write("bench") as connection:
        for index in indexes():
            index.drop(connection)


def one(catalog: Catalog, number: int, size: tuple[int, int], say: Callable[[str], None], keep: Keep = None) -> None:
    """An outlet: all its rows. `size`: articles and observations of all outlets."""
    outlet, many = outlets()[number], max(1, round(size[0] * SHARES[number]))
    ledger, database = Ledger(outlet, random.Random(outlet.name), keep=keep), catalog._database
    for done in parts(ledger, many, size[1] / size[0]):
        with database.write("bench") as connection:  # one for each part, or the log of the transaction grows to gigabytes
            flush(connection, ledger)
        if done % 20_000 == 0:
            say(f"{outlet.name}: {done} of {many} articles")
    for _ in files(ledger, many):
        with database.write("bench") as connection:
            flush(connection, ledger)
    with database.write("bench") as connection:
        tally.write(connection, outlet.name, ledger.counts)


def end(catalog: Catalog, say: Callable[[str], None]) -> None:
    with catalog._database.write("bench") as connection:
        for index in indexes():
            say(f"index {index.name}")
            index.create(connection)
    withhold(catalog)


def withhold(catalog: Catalog, each: int = 4) -> None:
    ids = [article_id(address(outlet.name, FIRST + n * 7 + 3)) for outlet in outlets() for n in range(each)]
    made = [
        Act("restrict", derive.stamp(NOW - timedelta(days=3, seconds=n)), "amal", "a court", article=one)
        for n, one in enumerate(ids)
    ]
    catalog.note_acts({key(one): one for one in made})


def parts(ledger: Ledger, many: int, looks: float) -> Iterator[int]:
    """Put the rows of all articles into the ledger, in the order of their ids, 2000 at a time; how many by now."""
    made = [model(ledger, FIRST + n, n, many, looks) for n in range(0, many, COPIES)]
    ordered = sorted((article_id(address(ledger.outlet.name, FIRST + n)), n) for n in range(many))
    for i in range(0, many, 2000):
        for article, n in ordered[i : i + 2000]:
            copy(ledger, made[n // COPIES], article, FIRST + n)
        yield min(i + 2000, many)


@dataclass(frozen=True, slots=True)
class Model:
    """All rows of one article as JSON, by table; of the table `observation`, in which hours its lines are."""

    article: str
    number: int
    rows: str
    hours: tuple[int, ...]
    counts: tally.Counts


def copy(ledger: Ledger, of: Model, article: str, number: int) -> None:
    """Put the rows of a model into the ledger, for another article."""
    told = of.rows.replace(of.article, article).replace(str(of.number), str(number))
    for table, rows in orjson.loads(told).items():
        if table == "observation":
            for hour, row in zip(of.hours, rows, strict=True):
                row[4] = ledger.lines[hour]
                ledger.lines[hour] += 1
                if ledger.keep:
                    ledger.keep(ledger.outlet.name, hour, row[4], apply.decode(row[6]))
                if hour >= DAYS * 24 - FIGURED:
                    ledger.newest[hour].append(apply.decode(row[6]))
        ledger.rows[table] += map(tuple, rows)
    for what, n in of.counts.items():
        ledger.counts[what] += n


def flush(connection: Connection, ledger: Ledger) -> None:
    for name, rows in ledger.rows.items():
        bulk.put(connection, models.metadata.tables[name], rows)
    ledger.rows.clear()


def model(ledger: Ledger, number: int, n: int, many: int, looks: float) -> Model:
    """Article `n` of `many`, folded."""
    outlet, article = ledger.outlet, article_id(address(ledger.outlet.name, number))
    at_first, counts = published(n, many), tally.Counts()
    rows: dict[str, list[derive.Row]] = defaultdict(list)
    lines = list(captures(outlet.name, ledger.chance, article, number, at_first=at_first, looks=looks))
    mine = [line for _, line in lines]
    for hour, line in lines:
        ties = kinship.post_of(line), kinship.link_of(line)
        data = apply._encode(line).decode()
        rows["observation"].append(
            (outlet.name, article, line.time, names_of(outlet.name, hour)[1], 0, line.klass, data, *ties)
        )
    hour = hour_of(at_first) + 1
    _ = ledger.lines[hour]
    announced = list(sightings(outlet.name, [front(outlet.name, hour, [item(outlet.name, number, at_first)])]).values())
    rows["sighting"] += [one.row() for one in announced]
    history = fold(mine, outlet.gone_after, None, Settled())
    counts.update(tally.of_lines(mine))
    for table, row in derive.rows(outlet, article, mine, history, announced):
        rows[table].append(row)
        if table in ("article", "event"):
            tally.of_rows(counts, models.metadata.tables[table], [row], 1)
    if timedelta(days=60) > NOW - at_first and history.events:
        seen = at(history.events[0].time)
        sealed = stamp(datetime.fromisoformat(seen) + timedelta(seconds=ledger.chance.randint(60, 900)))
        rows["latency"].append((outlet.name, article, seen, "published", stamp(at_first), 1, sealed))
    hours = tuple(hour for hour, _ in lines)
    return Model(article, number, orjson.dumps(rows).decode(), hours, counts)


def heads(ledger: Ledger, hour: int, many: int) -> list[Observation]:
    """The lines with which a file begins: lists, and what the run reports."""
    name, each = ledger.outlet.name, many / (DAYS * 24)
    near = range(max(0, int((hour - 1) * each) - COPIES), min(many, int(hour * each) + COPIES))
    items = [item(name, FIRST + n, published(n, many)) for n in near if hour_of(published(n, many)) == hour - 1]
    lists = [channel(name, hour, number, kind) for number, kind in ((1, "feed"), (2, "home"), (3, "robots"))]
    return [front(name, hour, items), *lists, report(name, hour, ledger.lines[hour] - LISTS - 1)]


def files(ledger: Ledger, many: int) -> Iterator[int]:
    """Put into the ledger what each file has besides articles: source, lists, report, figures; how many by now."""
    outlet, hours = ledger.outlet.name, sorted(ledger.lines)
    for i in range(0, len(hours), 2000):
        for hour in hours[i : i + 2000]:
            stem, begun = stem_of(outlet, hour), heads(ledger, hour, many)
            file = names_of(outlet, hour)[1]
            ledger.rows["source"].append((stem.observations, outlet, stem.run, ledger.lines[hour]))
            for number, one in enumerate(begun):
                if ledger.keep:
                    ledger.keep(outlet, hour, number, one)
                if one.kind == "run":
                    told = orjson.dumps(one.report, option=orjson.OPT_SORT_KEYS).decode()
                    ledger.rows["run"].append((outlet, one.run, file, number, stem.attempt, one.time, "", "", told))
                    continue
                what = (one.run, one.channel, one.klass, one.record, one.record_type, one.payload, one.body, one.why)
                ledger.rows["channel_capture"].append(
                    (outlet, one.url, one.time, file, number, *what, one.status, 0, 0, len(one.items), -1)
                )
            ledger.rows["figure"] += drift.figure_rows(outlet, stem.run, file, ledger.newest[hour])
            ledger.counts.update(tally.of_lines(begun))
        yield i
