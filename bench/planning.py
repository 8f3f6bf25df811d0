"""What planning a round costs: seconds and memory of a fresh process, for one outlet of 1,000,000 articles.

The rows are written straight into the tables: folding a million histories is another matter (bench.catalog). They are
those of an outlet that has been captured for years: REST lists the articles on 10,000 pages, walked three times without
a change, 2,000 articles are edited, 500 are listed no more, 20,000 wait in the back catalogue, 30,000 are overdue.

Bounds: 2 s from the first look at the catalog to the plan's bytes, the best of three, because other processes share the
cores; and 200 MB of all the process holds. The file of known articles, which a crawl writes, is measured beside it.

python -m bench.planning [--articles 1000000]
"""

from __future__ import annotations

import argparse
import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.catalog import Catalog, bulk, models
from archive.outlet import Outlet
from archive.plan import Habits, Plan, decide, dump, room

SECONDS, MEGABYTES = 2.0, 200.0
NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
OUTLET = Outlet("wadi", "أخبار الوادي", "https://wadi.example/")
A_PAGE = 100  # articles
WALKS = 3


def stamp(days: float) -> str:
    """So many days ago."""
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%S.%fZ}"


def page(n: int) -> str:
    return f"sha256:{hashlib.sha256(str(n // A_PAGE).encode()).hexdigest()}"


def articles(many: int, chance: random.Random) -> Iterator[tuple[tuple[object, ...], tuple[object, ...]]]:
    """(row of the article, row of its sighting by REST), by id."""
    for n, article in sorted(
        enumerate(hashlib.sha256(str(n).encode()).hexdigest()[:32] for n in range(many)), key=lambda x: x[1]
    ):
        age = 2000 * (1 - n / many) + 3
        fetched = stamp(min(age, chance.uniform(0, 30)))
        published, modified, url = stamp(age), stamp(age - 1), f"https://wadi.example/archives/{n}"
        edited, dropped, waits = n % 500 == 7, n % 2000 == 11, n % 50 == 13
        due = stamp(age) if waits else stamp(chance.uniform(-30, 1))
        row = {
            **dict.fromkeys(models.article.c.keys(), ""),
            **dict.fromkeys(("failures", "versions", "captures", "agreed", "lied", "seeded", "looks"), 0),
            "outlet": OUTLET.name,
            "article": article,
            "url": url,
            "title": f"خبر من أخبار الوادي رقم {n}",
            "post": str(n),
            "first_seen": published,
            "published": published,
            "since": published,
            "state": "new",
            "answered": "{}",
            "due": due,
            "due_unshown": due,
            "why": "backlog",
        }
        if not waits:
            row |= {"state": "live", "last_seen": fetched, "last_fetch": fetched, "versions": 1, "captures": 5, "looks": 4}
            row |= {"why": "revisit", "answered": f'{{"rest":"{modified}","text":"{n:016x}"}}', "changed": published}
            row |= {"previous_url": url, "previous_time": fetched, "previous_record": f"urn:uuid:{article}"}
            row |= {"previous_payload": page(n), "previous_body": page(n), "news": "rest" if edited else ""}
            row |= {"news_due": fetched if edited else "", "agreed": n % 10 == 0}
        said = stamp(0.5) if edited else modified
        seen, document = (stamp(9), "sha256:0") if dropped else (stamp(5 if n < many - A_PAGE else 0.1), page(n))
        text = f"{n:016x}"
        words = (url, str(n), published, said, row["title"], text, text, published, published)
        yield tuple(row.values()), (OUTLET.name, article, "rest", *words, seen, seen, document)


def pages(many: int) -> Iterator[tuple[object, ...]]:
    for walk in range(WALKS):
        for n in range(0, many, A_PAGE):
            url = f"https://wadi.example/wp-json/wp/v2/posts?per_page=100&page={n // A_PAGE + 1}&orderby=date&order=asc"
            kind, items = ("response", A_PAGE) if walk == 0 else ("revisit", 0)
            place = (stamp(5 - walk - n / many / 10), f"{walk}", n, f"2026111{7 + walk}T011200Z-{'0' * 12}", "rest", "channel")
            yield (OUTLET.name, url, *place, f"urn:uuid:{walk}{n}", kind, page(n), page(n), "walk", 200, 1, 1, items, many)


def fill(url: str, many: int) -> None:
    """Write the tables. In pieces, so that this process stays small."""
    catalog = Catalog(url)
    catalog.migrate()
    catalog.settle(OUTLET)
    indexes = [index for table in (models.article, models.sighting) for index in table.indexes]
    rows = articles(many, random.Random(1))
    with catalog._database.write("bench") as connection:
        for index in indexes:  # made at the end from what is there, in a third of the time
            index.drop(connection)
        while some := list(islice(rows, 20_000)):
            bulk.put(connection, models.article, [one for one, _ in some])
            bulk.put(connection, models.sighting, [one for _, one in some])
        for index in indexes:
            index.create(connection)
        bulk.put(connection, models.channel_capture, list(pages(many)))
        told = [
            (f"2026111{7 + n}T011200Z-{'0' * 12}", f"{n}", 0, 1, stamp(5 - n), "complete", stamp(5 - n)) for n in range(WALKS)
        ]
        bulk.put(connection, models.run, [(OUTLET.name, *row, "{}") for row in told])
    catalog.close()


def plan(url: str) -> Plan:
    """What the step `plan` does, but for the store."""
    catalog = Catalog(url)
    catalog.migrate()
    catalog.settle(OUTLET)
    habits: Habits = catalog.habits(OUTLET.name, NOW)
    revisits, backlog = decide(OUTLET, catalog.due(OUTLET.name, NOW, room(OUTLET), habits), NOW, habits=habits)
    walk = catalog.walk(OUTLET.name)
    made = Plan(
        run=f"20261122T011200Z-{'0' * 12}",
        outlet=OUTLET.name,
        walk=not walk.complete,
        walk_since=walk.since,
        channels=catalog.channels(OUTLET.name),
        revisits=revisits,
        backlog=backlog,
        expected=catalog.expected(OUTLET.name),
        had=catalog.had(OUTLET.name),
    )
    dump(made)
    return made


def one(what: str, url: str) -> int:
    """In a process of its own: print what it took, seconds and MB first."""
    began = time.perf_counter()
    if what == "plan":
        made = plan(url)
        whys = {why: sum(task.why == why for task in made.revisits) for why in ("modified", "unlisted", "revisit", "audit")}
        told = (
            f"{len(made.revisits)} revisits {whys}, {len(made.backlog)} backlog, {len(made.channels)} channel pages, {made.had}"
        )
    else:
        told = f"{sum(1 for _ in Catalog(url).asked(OUTLET.name))} known articles"
    seconds = time.perf_counter() - began
    status = Path("/proc/self/status").read_text("ascii")  # of this program: getrusage remembers what was forked
    megabytes = int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6
    print(f"{seconds:.2f} {megabytes:.0f} {time.process_time():.2f} CPU s with its beginning, {told}")
    return 0


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--articles", type=int, default=1_000_000)
    options.add_argument("--one", nargs=2, metavar=("WHAT", "URL"), help="what the measured processes are started with")
    asked = options.parse_args()
    if asked.one:
        return one(*asked.one)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/catalog.db"
        began = time.perf_counter()
        fill(url, asked.articles)
        size = Path(folder, "catalog.db").stat().st_size / 1e6
        print(f"{asked.articles} articles written in {time.perf_counter() - began:.0f} s, {size:.0f} MB")
        found: dict[str, tuple[float, float]] = {}
        for what in ("known", "plan", "plan", "plan"):
            command = [sys.executable, "-m", "bench.planning", "--one", what, url]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            took, held, told = output.split(" ", 2)
            print(f"{what}: {took} s, {held} MB: {told.strip()}")
            found[what] = min(found.get(what, (9e9, 0.0)), (float(took), float(held)))
    seconds, megabytes = found["plan"]
    ok = seconds <= SECONDS and megabytes <= MEGABYTES
    print(f"{'ok' if ok else 'short'}: {seconds:.2f} s, bound {SECONDS:.0f}; {megabytes:.0f} MB, bound {MEGABYTES:.0f}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
