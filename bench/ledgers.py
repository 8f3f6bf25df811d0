"""A large catalog of invented outlets, written by bulk inserts: row for row what `Catalog.apply` would have made of the same
lines (tests/test_bench_pages.py compares both), in minutes instead of hours.

Outlets have been captured each hour for two years: REST lists what is new, each article is looked at again ever more seldom,
some are edited, go, come back; one outlet refuses us since weeks. Texts have no sketches, for nothing looks for copies here.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from archive.acts import Act, key
from archive.address import article_id
from archive.catalog import Catalog, apply, bulk, derive, drift, kinship, models, tally
from archive.catalog.sightings import sightings
from archive.crossing import Settled
from archive.keys import Stem, run_time
from archive.latency import stamp
from archive.observation import Digests, Observation, Reading
from archive.outlet import Outlet
from archive.version import fold
from bench.invented import WORDS

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAYS = 730
SHARES = (0.4, 0.25, 0.15, 0.1, 0.06, 0.04)
REFUSED = 5  # of the last outlet, all answers of the last 30 days
FIGURED = 150  # hours of the newest past whose figures of reading are written (archive.drift asks for 120 runs)
SEEDS = [(f"{n:03}.txt", f"{n:064x}", "5eed5e75e75e") for n in range(40)]
LISTS = 4  # lines of lists in each file, then the report, then articles
_SAME = Digests("1" * 32, "2" * 32, "3" * 32, "4" * 32)


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


def outlets(shares: tuple[float, ...] = SHARES) -> list[Outlet]:
    return [Outlet(f"daily_{n}", f"يومية {n}", f"https://daily-{n}.example/") for n in range(len(shares))]


def start() -> datetime:
    return NOW - timedelta(days=DAYS)


def run_of(hour: int) -> str:
    return f"{start() + timedelta(hours=hour):%Y%m%dT%H%M%SZ}-{'0' * 12}"


def stem_of(outlet: str, hour: int) -> Stem:
    return Stem(outlet, run_of(hour), 1, 1, f"{hour:012x}")


def address(outlet: str, n: int) -> str:
    return f"https://{outlet.replace('_', '-')}.example/archives/{n}"


def published(n: int, many: int) -> datetime:
    """The newest two hundredth is of the last day; the others evenly over the time before."""
    return start() + timedelta(seconds=DAYS * 86400 * (n + 0.5) / many)


def fill(catalog: Catalog, articles: int, observations: int, say: Callable[[str], None] = print, keep: Keep = None) -> None:
    """Write the tables of an empty catalog. Indexes are made at the end from what is there, in a third of the time."""
    database = catalog._database
    tables = [
        models.metadata.tables[name] for name in ("observation", "article", "event", "sighting", "version", "channel_capture")
    ]
    indexes = [index for table in tables for index in table.indexes]
    for outlet in outlets():
        catalog.settle(outlet)
    with database.write("bench") as connection:
        for index in indexes:
            index.drop(connection)
    for outlet, share in zip(outlets(), SHARES, strict=True):
        many = max(1, round(articles * share))
        ledger = Ledger(outlet, random.Random(outlet.name), keep=keep)
        for done in parts(ledger, many, observations / articles):
            with database.write("bench") as connection:  # one for each part, or the log of the transaction grows to gigabytes
                flush(connection, ledger)
            if done % 50_000 == 0:
                say(f"{outlet.name}: {done} of {many} articles")
        with database.write("bench") as connection:
            files(connection, ledger, many)
            tally.write(connection, outlet.name, ledger.counts)
    with database.write("bench") as connection:
        for index in indexes:
            say(f"index {index.name}")
            index.create(connection)
    withhold(catalog)


def withhold(catalog: Catalog, each: int = 4) -> None:
    ids = [article_id(address(outlet.name, n * 7 + 3)) for outlet in outlets() for n in range(each)]
    made = [
        Act("restrict", derive.stamp(NOW - timedelta(days=3, seconds=n)), "amal", "a court", article=one)
        for n, one in enumerate(ids)
    ]
    catalog.note_acts({key(one): one for one in made})


def parts(ledger: Ledger, many: int, looks: float) -> Iterator[int]:
    """Put the rows of all articles into the ledger, in the order of their ids, 2000 at a time; how many by now."""
    ordered = sorted((article_id(address(ledger.outlet.name, n)), n) for n in range(many))
    for i in range(0, many, 2000):
        for article, n in ordered[i : i + 2000]:
            article_rows(ledger, article, n, many, looks)
        yield min(i + 2000, many)


def flush(connection: Connection, ledger: Ledger) -> None:
    for name, rows in ledger.rows.items():
        bulk.put(connection, models.metadata.tables[name], rows)
    ledger.rows.clear()


def article_rows(ledger: Ledger, article: str, n: int, many: int, looks: float) -> None:
    outlet = ledger.outlet
    lines = list(captures(ledger, article, n, many, looks))
    at_first = published(n, many)
    for hour, line in lines:
        number = ledger.lines[hour]
        ledger.lines[hour] += 1
        if ledger.keep:
            ledger.keep(outlet.name, hour, number, line)
        if hour >= DAYS * 24 - FIGURED:
            ledger.newest[hour].append(line)
        file = stem_of(outlet.name, hour).observations.rpartition("/")[2].removesuffix(".jsonl.gz")
        data = apply._encode(line).decode()
        ties = kinship.post_of(line), kinship.link_of(line)
        ledger.rows["observation"].append((outlet.name, article, line.time, file, number, line.klass, data, *ties))
    mine = [line for _, line in lines]
    ledger.counts.update(tally.of_lines(mine))
    hour = hour_of(at_first) + 1
    _ = ledger.lines[hour]
    listed = front(outlet.name, hour, [item(outlet.name, n, at_first)])
    announced = list(sightings(outlet.name, [listed]).values())
    ledger.rows["sighting"] += [one.row() for one in announced]
    history = fold(mine, outlet.gone_after, None, Settled())
    for table, row in derive.rows(outlet, article, mine, history, announced):
        ledger.rows[table].append(row)
        if table in ("article", "event"):
            tally.of_rows(ledger.counts, models.metadata.tables[table], [row], 1)
    if NOW - at_first < timedelta(days=60) and history.events:
        seen = derive.at(history.events[0].time)
        sealed = stamp(datetime.fromisoformat(seen) + timedelta(seconds=ledger.chance.randint(60, 900)))
        ledger.rows["latency"].append((outlet.name, article, seen, "published", stamp(at_first), 1, sealed))


def hour_of(when: datetime) -> int:
    return int((when - start()).total_seconds() // 3600)


def captures(ledger: Ledger, article: str, n: int, many: int, looks: float) -> Iterator[tuple[int, Observation]]:
    """(hour, line) of each look at an article; the last twentieth waits in the back catalogue."""
    chance, when = ledger.chance, published(n, many)
    if n % 20 == 19:
        return
    refused = ledger.outlet.name == f"daily_{REFUSED}"
    wait, text, gone_at = timedelta(minutes=chance.randint(61, 119)), 0, chance.random() < 0.02
    wanted = max(1, round(chance.gauss(looks / 0.95, 1)))
    for look in range(wanted):
        when += wait
        if when >= NOW - timedelta(hours=1):
            return
        blocked = refused and NOW - when < timedelta(days=30)
        gone = gone_at and look >= wanted - 2
        text += look > 0 and chance.random() < 0.08
        yield hour_of(when), sighting(ledger, article, n, (when, published(n, many)), (text, look, blocked, gone))
        wait *= chance.uniform(2, 4)


def sighting(
    ledger: Ledger, article: str, n: int, times: tuple[datetime, datetime], what: tuple[int, int, bool, bool]
) -> Observation:
    when, at_first = times
    text, look, blocked, gone = what
    outlet, hour = ledger.outlet.name, hour_of(when)
    digest = f"sha256:{text:032x}{n:032x}"
    made = Observation(
        kind="article",
        klass="blocked" if blocked else "gone" if gone else "content",
        reason="http-403" if blocked else "http-404" if gone else "",
        outlet=outlet,
        run=run_of(hour),
        time=derive.stamp(when),
        url=address(outlet, n),
        warc=stem_of(outlet, hour).warc,
        offset=n * 100,
        length=18_000 + n % 5000,
        record=f"<urn:uuid:{article[:8]}-{article[8:12]}-4{article[13:16]}-8{article[17:20]}-{look:012x}>",
        record_type="response",
        record_digest="sha256:" + "f" * 64,
        status=403 if blocked else 404 if gone else 200,
        mime="text/html",
        payload=digest,
        body=digest,
        found="rest",
        why="new" if look == 0 else "revisit",
        article=article,
        post=str(n),
    )
    if made.klass != "content":
        return made
    seed = SEEDS[0 if n % 400 == 0 else n % len(SEEDS)]
    links = ({"name": seed[0], "sha256": seed[1], "set": seed[2], "relation": "contains", **_SHARES},) if n % 200 == 0 else ()
    said = Digests(f"{text:016x}{n:016x}", f"{text:016x}{n:016x}", "3" * 32, "4" * 32)
    heading = Digests(f"{n:032x}", f"{n:032x}", "3" * 32, "4" * 32)
    key_of = f"snapshots/{outlet}/{article[:2]}/{article}/{text}" if links or text or look == 0 else ""
    stated = at_first.isoformat(timespec="seconds")
    reading = Reading("a" * 12, "b" * 12, "main", heading, said, headline(n), stated, "", "ar", 2100 + n % 900, links, key_of)
    return replace(made, reading=reading)


_SHARE = {"shared": 3, "of": 4, "share": 0.75}
_SHARES = {"seed_in_article": _SHARE, "article_in_seed": _SHARE, "paragraphs": [[1, 2], [3, 3]], "recipe": "1"}


def headline(n: int) -> str:
    chance = random.Random(n)
    return f"{' '.join(chance.choices(WORDS, k=6))} {n}"


def item(outlet: str, n: int, when: datetime) -> dict[str, Any]:
    url = address(outlet, n)
    return {"url": url, "article": article_id(url), "title": headline(n), "post": str(n), "published": derive.stamp(when)}


def front(outlet: str, hour: int, items: list[dict[str, Any]]) -> Observation:
    """What REST lists as new in an hour."""
    return channel(outlet, hour, 0, "rest", tuple(items))


def channel(outlet: str, hour: int, number: int, kind: str, items: tuple[dict[str, Any], ...] = ()) -> Observation:
    when = start() + timedelta(hours=hour, seconds=1 + number)
    url = f"https://{outlet.replace('_', '-')}.example/{kind}/"
    refused = outlet == f"daily_{REFUSED}" and NOW - when < timedelta(days=30)
    digest = f"sha256:{number:032x}{hour:032x}"
    return Observation(
        kind="channel",
        klass="blocked" if refused and kind != "robots" and not items else "channel",
        reason="",
        outlet=outlet,
        run=run_of(hour),
        time=derive.stamp(when),
        url=url,
        warc=stem_of(outlet, hour).warc,
        offset=number * 1000,
        length=20_000,
        record=f"<urn:uuid:{hour:08x}-{number:04x}-4000-8000-{'0' * 12}>",
        record_type="response" if items else "revisit",
        record_digest="sha256:" + "e" * 64,
        status=200,
        payload=digest,
        body=digest,
        channel=kind,
        why="front",
        items=items,
    )


def report(outlet: str, hour: int, asked: int) -> Observation:
    roles = {"article": {"asked": asked, "content": asked}, "channel": {"asked": LISTS, "channel": LISTS}}
    counted = {"asked": asked + LISTS, "outcomes": {"content": asked, "channel": LISTS}, "roles": roles, "notes": []}
    times = {
        "started": derive.stamp(run_time(run_of(hour))),
        "finished": derive.stamp(run_time(run_of(hour)) + timedelta(minutes=9)),
    }
    more = {"statuses": {"2xx": asked}, "failures": {}, "jobs": {"done": asked}, "refused": {}, "left": {}, "channels": {}}
    made = channel(outlet, hour, LISTS, "run")
    return replace(
        made,
        kind="run",
        klass="run",
        channel="",
        record=f"urn:warraq:run:{hour}",
        report={**times, **counted, **more, "stopped": ""},
    )


def heads(ledger: Ledger, hour: int, many: int) -> list[Observation]:
    """The lines with which a file begins: lists, and what the run reports."""
    name, low = ledger.outlet.name, (hour - 1) * many / (DAYS * 24)
    new = [
        n
        for n in range(max(0, int(low) - 2), min(many, int(low + many / (DAYS * 24)) + 3))
        if hour_of(published(n, many)) == hour - 1
    ]
    items = [item(name, n, published(n, many)) for n in new]
    lists = [channel(name, hour, number, kind) for number, kind in ((1, "feed"), (2, "home"), (3, "robots"))]
    return [front(name, hour, items), *lists, report(name, hour, ledger.lines[hour] - LISTS - 1)]


def files(connection: Connection, ledger: Ledger, many: int) -> None:
    """What each file has besides articles: its source, lists, report and figures."""
    outlet, hours = ledger.outlet.name, sorted(ledger.lines)
    for i in range(0, len(hours), 2000):
        for hour in hours[i : i + 2000]:
            stem, begun = stem_of(outlet, hour), heads(ledger, hour, many)
            file = stem.observations.rpartition("/")[2].removesuffix(".jsonl.gz")
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
        flush(connection, ledger)
