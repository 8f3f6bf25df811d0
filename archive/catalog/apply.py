"""Bring the catalog up to date with observations objects: insert their lines, fold the touched articles again.

The tables follow from the set of objects alone. So it does not matter in which order, or how many at a time, they
are applied; and an object that was applied already changes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec
import orjson
from sqlalchemy import Connection, select

from archive import keys
from archive.address import article_id
from archive.catalog import bulk, derive, drift, kinship, models, search, sketches, tally
from archive.catalog.database import Database
from archive.catalog.derive import Row
from archive.catalog.rows import EventRow
from archive.catalog.sightings import Sighting, sightings
from archive.catalog.tally import Counts
from archive.crossing import Settled
from archive.errors import BadRecord
from archive.observation import Observation
from archive.outlet import Outlet
from archive.version import at, fold

CHUNK = 400  # articles or keys in one query
Item = tuple[str, list[Observation]]  # key of an observations object, its lines
_encode = msgspec.json.Encoder().encode  # five times as fast as archive.observation.pack and unpack: the form is
decode = msgspec.json.Decoder(Observation).decode  # the catalog's own, a rebuild makes it anew


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
        work = _Work(outlet)
        for key, lines in fresh.items():
            work.written |= _insert(connection, key, lines, outlet.name)
            work.counts.update(tally.of_lines(lines))
        new = [line for lines in fresh.values() for line in lines if line.kind == "article"]
        touched |= {_article(line) for line in new}
        touched |= kinship.crossed(connection, outlet.name, new)
        held = drift.settled(connection, outlet.name)
        events, crossed = _refold_all(connection, work, sorted(touched), held)
        if crossed or not drift.is_ruled(connection, outlet.name, held):
            now, again = drift.settle_anew(connection, outlet.name)
            if again:  # what the articles tell together has changed: those that it matters to are folded again
                found, _ = _refold_all(connection, work, again, now)
                events = [*_still(connection, outlet.name, events, again), *found]
        tally.write(connection, outlet.name, work.counts)
    return sorted(events, key=lambda event: (event.time, event.article, event.number))


def _still(connection: Connection, outlet: str, events: list[EventRow], again: Sequence[str]) -> list[EventRow]:
    """Those events that are there after these articles were folded again."""
    held = {_what(row) for chunk in chunks(again) for row in bulk.rows(connection, models.event, outlet, chunk)}
    folded = set(again)
    return [one for one in events if one.article not in folded or (one.article, one.time, " ".join(one.kinds)) in held]


def settle(database: Database, outlet: Outlet) -> None:
    """Fold articles again if what history and dues follow from besides lines, settings and acts, is not as it was."""
    with database.read() as connection:
        ruled = drift.is_ruled(connection, outlet.name, drift.settled(connection, outlet.name))
        if ruled and _settled(connection, outlet):
            return
    apply(database, [], outlet)


def pending(connection: Connection, wanted: Iterable[str]) -> list[str]:
    """Which of these keys are not applied, in their order."""
    wanted = list(wanted)
    key = models.source.c.key
    held = {k for chunk in chunks(wanted) for k in connection.scalars(select(key).where(key.in_(chunk)))}
    return [k for k in wanted if k not in held]


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[i : i + CHUNK] for i in range(0, len(items), CHUNK))


def _settings(connection: Connection, outlet: Outlet) -> set[str]:
    """The settings that history and dues follow from. When they changed, every article of the outlet is folded again."""
    if _settled(connection, outlet):
        return set()
    kept = drift.settled(connection, outlet.name).dump()
    connection.execute(models.outlet.delete().where(models.outlet.c.outlet == outlet.name))
    row = {"outlet": outlet.name, "gone_after": outlet.gone_after, "revisits": _revisits(outlet), "settled": kept}
    connection.execute(models.outlet.insert(), [row])
    return set(connection.scalars(select(models.article.c.article).where(models.article.c.outlet == outlet.name)))


def _settled(connection: Connection, outlet: Outlet) -> bool:
    o = models.outlet.c
    held = connection.execute(select(o.gone_after, o.revisits).where(o.outlet == outlet.name)).one_or_none()
    return held is not None and tuple(held) == (outlet.gone_after, _revisits(outlet))


def _revisits(outlet: Outlet) -> str:
    """What `schedule.next_visit` takes from the settings, as they are stored."""
    return orjson.dumps([outlet.revisit_after, outlet.revisit_growth, outlet.revisit_limit]).decode()


def _article(line: Observation) -> str:
    return line.article or article_id(line.url)


def _insert(connection: Connection, key: str, lines: list[Observation], outlet: str) -> dict[str, Observation]:
    """Insert the lines of one object; those of articles, by their rows' data."""
    written: dict[str, Observation] = {}
    stem = keys.parse_stem(key)
    file = key.rpartition("/")[2].removesuffix(".jsonl.gz")
    articles: list[Row] = []
    channels: list[Row] = []
    runs: list[Row] = []
    pictures: list[Row] = []
    for number, line in enumerate(lines):
        time = at(line.time)
        if line.kind == "article":
            ties = kinship.post_of(line), kinship.link_of(line)
            data = _encode(line).decode()
            written[data] = line
            articles.append((outlet, _article(line), time, file, number, line.klass, data, *ties))
        elif line.kind == "channel":
            what = (line.run, line.channel, line.klass, line.record, line.record_type, line.payload, line.body, line.why)
            total = -1 if line.total is None else line.total
            counts = (line.status, line.page or 0, line.pages or 0, len(line.items), total)
            channels.append((outlet, line.url, time, file, number, *what, *counts))
        elif line.kind == "picture":
            place = (line.payload, line.body, line.warc, line.offset, line.length, line.record, line.record_type)
            pictures.append((outlet, line.url, time, file, number, line.article, line.klass, line.reason, line.status, *place))
        else:
            report = orjson.dumps(line.report, option=orjson.OPT_SORT_KEYS).decode()
            runs.append((outlet, line.run, file, number, stem.attempt, time, *_walk(line), report))
    bulk.put(connection, models.source, [(key, outlet, stem.run, len(lines))])
    bulk.put(connection, models.observation, articles)
    bulk.put(connection, models.channel_capture, channels)
    bulk.put(connection, models.run, runs)
    bulk.put(connection, models.figure, drift.figure_rows(outlet, stem.run, file, lines))
    bulk.put(connection, models.picture, pictures)
    return written


def _walk(line: Observation) -> tuple[str, str]:
    """What a run's report says of a walk through all channel pages: how far it came, and when it began."""
    walk = line.report.get("walk") or {}
    if not walk.get("wanted") and not walk.get("complete"):
        return "", ""
    since = at(str(walk.get("since") or "")) or derive.stamp(keys.run_time(line.run))
    return "complete" if walk.get("complete") else "open", since


def _announce(connection: Connection, outlet: str, lines: list[Observation]) -> set[str]:
    """Merge what channels announce; the articles about which they say anything new."""
    found = sightings(outlet, (line for line in lines if line.items and line.klass == "channel"))
    held = {
        (one.article, one.channel): one for one in _sightings(connection, outlet, sorted({article for article, _ in found}))
    }
    touched: set[str] = set()
    old: set[Row] = set()
    new: set[Row] = set()
    for key, one in found.items():
        before = held.get(key)
        after = one.merge(before) if before else one
        if before is None or before.told != after.told:
            touched.add(key[0])
        new.add(after.row())
        if before:
            old.add(before.row())
    bulk.replace(connection, models.sighting, old, new)
    return touched


def _sightings(connection: Connection, outlet: str, articles: Sequence[str]) -> Iterator[Sighting]:
    for chunk in chunks(articles):
        yield from (Sighting(*row) for row in bulk.rows(connection, models.sighting, outlet, chunk))


@dataclass
class _Work:
    """One application. `written`: lines by their rows' data, which need not be decoded again; `counts`: what the tally gets."""

    outlet: Outlet
    written: dict[str, Observation] = field(default_factory=dict)
    counts: Counts = field(default_factory=Counter)


def _refold_all(connection: Connection, work: _Work, articles: Sequence[str], settled: Settled) -> tuple[list[EventRow], bool]:
    """Fold these articles again: their events that are new, and whether any crossing is another than it was."""
    told = [_refold(connection, work, chunk, settled) for chunk in chunks(articles)]
    return [event for events, _ in told for event in events], any(crossed for _, crossed in told)


def _refold(connection: Connection, work: _Work, touched: Sequence[str], settled: Settled) -> tuple[list[EventRow], bool]:
    """Fold these articles and their kin again, and write what changed; as `_refold_all`."""
    outlet = work.outlet
    lines, kin = kinship.gather(connection, outlet.name, touched, partial(load, written=work.written))
    articles = sorted({*touched, *lines})
    announced: dict[str, list[Sighting]] = defaultdict(list)
    for one in _sightings(connection, outlet.name, articles):
        announced[one.article].append(one)
    new: dict[str, set[Row]] = defaultdict(set)
    for article in articles:
        mine = lines.get(article, [])
        history = fold(mine, outlet.gone_after, kin.get(article), settled)
        for table, row in derive.rows(outlet, article, mine, history, announced.get(article, [])):
            new[table].add(row)
    known: set[tuple[Any, ...]] = set()
    crossed = False
    for derived in models.DERIVED:
        old = set(bulk.rows(connection, derived, outlet.name, articles))
        bulk.replace(connection, derived, old, new[derived.name])
        tally.of_rows(work.counts, derived, old, -1)
        tally.of_rows(work.counts, derived, new[derived.name], 1)
        if derived is models.event:
            known = {_what(row) for row in old}
        crossed = crossed or (derived is models.crossing and old != new[derived.name])
        if derived is models.version:
            sketches.refold(connection, old, new["version"])
            search.refold(connection, old, new["version"])
    return [_event(row) for row in new["event"] if _what(row) not in known], crossed


def _what(event: Row) -> Row:
    """What makes an event row the same event, whatever its number: article, time and kinds."""
    return event[1], event[3], event[4]


def _event(row: Row) -> EventRow:
    event = EventRow(*row)
    return replace(event, kinds=tuple(row[4].split()), flags=tuple(row[5].split()))


def load(
    connection: Connection, outlet: str, articles: Sequence[str], written: Mapping[str, Observation] = MappingProxyType({})
) -> dict[str, list[Observation]]:
    """The article lines of some articles. `written`: by their data, lines that are at hand."""
    found: dict[str, list[Observation]] = defaultdict(list)
    for article, data in bulk.rows(connection, models.observation, outlet, articles, ("article", "data")):
        found[article].append(written.get(data) or decode(data))
    return found
