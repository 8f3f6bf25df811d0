"""What each page takes on the server with a million articles and five million observations (bench.ledgers).

The pages are the real ones, asked through the ASGI application without Airflow; snapshots come from a store in memory. Bounds:
300 ms for the 95th percentile of every page, 500 ms of search. Judged by wall time; beside it stands the process's own CPU,
because other processes share the cores. On PostgreSQL, which this starts itself, the same rows are copied from SQLite.

python -m bench.pages [--articles 1000000 --observations 5000000] [--folder DIR] [--database URL | --postgresql] [--index N]
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from archive.address import article_id
from archive.catalog import Catalog
from archive.catalog.hits import Waiting
from archive.errors import Refused
from archive.search.entry import entry, texts
from archive.web import app
from archive.web.desk import Desk
from archive.web.house import Open
from bench import invented, ledgers, postgres

BOUND, SEARCH = 300.0, 500.0  # ms, the 95th percentile
ROUNDS = 20
EVERYWHERE = "البلدية"


class Snapshots:
    """A store in memory: every key of a snapshot has a text, the same every time."""

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        if not key.startswith("snapshots/"):
            raise KeyError(key)
        chance = random.Random(key)
        text = "\n".join(" ".join(invented.sentence(chance) for _ in range(3)) for _ in range(8))
        rare = f"نادرة{chance.randrange(50_000)}"
        fields = {"v": 1, "title": invented.sentence(chance)[:90], "text": text, "faithful": f"{text} {rare}"}
        more = {
            "subtitle": "",
            "authors": [],
            "published": None,
            "modified": None,
            "images": [],
            "reading": {"id": "c" * 12, "trafilatura": "2.1.0"},
        }
        return gzip.compress(orjson.dumps({**fields, **more}), 1)

    def __getattr__(self, name: str) -> Any:
        raise Refused(f"the store of the measurement cannot {name}", "measure a page that needs it in the demo")


def addresses(catalog: Catalog, articles: int) -> dict[str, Iterator[str]]:
    """By page, ever new addresses of it."""
    chance = random.Random(7)

    def article() -> str:
        number = chance.randrange(len(ledgers.SHARES))
        n = chance.randrange(max(1, round(articles * ledgers.SHARES[number])))
        return article_id(ledgers.address(ledgers.outlets()[number].name, ledgers.FIRST + n))

    edited = [row.article for row in catalog.changes(kind="body", limit=500)]
    outlet = [one.name for one in ledgers.outlets()]
    day = [f"{ledgers.NOW - timedelta(days=n):%Y-%m-%d}" for n in range(600)]
    seed = [row.sha256 for row in catalog.seed_files()]
    word = [quote(one) for one in (EVERYWHERE, "الميزانية", "المخبز")]
    kind = ("edited", "gone", "body", "returned", "new")
    pages = {
        "today": lambda: "/",
        "card": lambda: "/card.json",
        "changes": lambda: "/changes",
        "changes of an outlet": lambda: f"/changes?outlet={chance.choice(outlet)}",
        "changes of a kind": lambda: f"/changes?kind={chance.choice(kind)}",
        "changes, outlet, kind, time": lambda: (
            f"/changes?outlet={chance.choice(outlet)}&kind=gone&since={chance.choice(day[300:])}&until={chance.choice(day[:300])}"
        ),
        "changes of a seed file": lambda: f"/changes?seed={chance.choice(seed)}",
        "changes with a common word": lambda: f"/changes?words={chance.choice(word)}",
        "changes, word, kind": lambda: f"/changes?words={chance.choice(word)}&kind={chance.choice(kind)}",
        "changes, word, outlet, kind": lambda: (
            f"/changes?words={chance.choice(word)}&outlet={chance.choice(outlet)}&kind={chance.choice(kind)}"
        ),
        "changes with a rare word": lambda: f"/changes?words={quote('نادرة')}{chance.randrange(50_000)}",
        "article": lambda: f"/article/{article()}",
        "proof": lambda: f"/proof/{article()}",
        "compare": lambda: f"/compare/{chance.choice(edited)}",
        "seed files": lambda: "/seeds",
        "a seed file": lambda: f"/seeds/{chance.choice(seed)}",
        "health": lambda: "/health",
        "alarms": lambda: "/alarms",
        "metrics": lambda: "/metrics",
        "search, common": lambda: f"/search?q={chance.choice(word)}",
        "search, rare": lambda: f"/search?q={quote('نادرة')}{chance.randrange(50_000)}",
        "search, filtered": lambda: (
            f"/search?q={chance.choice(word)}&outlet={chance.choice(outlet)}&since={chance.choice(day)}"
        ),
    }
    return {name: iter(make, None) for name, make in pages.items()}


async def measure(served: Any, pages: dict[str, Iterator[str]], only: str) -> dict[str, list[tuple[float, float, int]]]:
    """By page: (wall ms, CPU ms, status) of each request, without the first two."""
    found: dict[str, list[tuple[float, float, int]]] = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://bench", timeout=300) as client:
        for name, paths in pages.items():
            if only not in name:
                continue
            took = []
            for n in range(ROUNDS + 2):
                began, cpu = time.perf_counter(), time.process_time()
                answer = await client.get(next(paths))
                if n >= 2:
                    wall, own = time.perf_counter() - began, time.process_time() - cpu
                    took.append((wall * 1000, own * 1000, answer.status_code))
            found[name] = took
            tell(name, took)
    return found


def tell(name: str, took: list[tuple[float, float, int]]) -> None:
    wall, cpu = ([one[i] for one in took] for i in (0, 1))
    statuses = " ".join(str(one) for one in sorted({status for _, _, status in took}))
    bound = "" if worst(wall) <= limit(name) else "  OVER"
    middle = statistics.median
    print(
        f"{name:28} p50 {middle(wall):6.0f}  p95 {worst(wall):6.0f} ms;  CPU {middle(cpu):5.0f}, {worst(cpu):5.0f}"
        f"  best {min(wall):5.0f}  [{statuses}]{bound}",
        flush=True,
    )


def worst(figures: list[float]) -> float:
    return statistics.quantiles(figures, n=20, method="inclusive")[-1]


def limit(name: str) -> float:
    return SEARCH if name.startswith("search") else BOUND


def build(folder: Path, articles: int, observations: int) -> Catalog:
    """The catalog in SQLite; one that is there is taken as it is."""
    catalog = Catalog(f"sqlite:///{folder}/catalog.db")
    catalog.migrate()
    if not catalog.outlets():
        began = time.perf_counter()
        ledgers.fill(catalog, articles, observations)
        print(f"{articles} articles, {observations} observations written in {time.perf_counter() - began:.0f} s")
    return catalog


def index(catalog: Catalog, many: int) -> None:
    """Put so many more texts into the index."""
    store, now, done = Snapshots(), datetime.now(ledgers.NOW.tzinfo), 0
    while done < many:
        waiting: list[Waiting] = catalog.to_index(now, min(2000, many - done))
        if not waiting:
            return
        found = {one: entry(*texts(orjson.loads(gzip.decompress(store.get(one.snapshot))))) for one in waiting}
        catalog.note_indexed(found)
        done += len(waiting)


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--articles", type=int, default=1_000_000)
    options.add_argument("--observations", type=int, default=5_000_000)
    options.add_argument("--folder", type=Path, help="where the catalog is kept, to be measured again")
    options.add_argument("--database", help="another catalog, as it is")
    options.add_argument("--postgresql", action="store_true", help="copied to a PostgreSQL in the same folder")
    options.add_argument("--index", type=int, default=0, help="texts to put into the index of words first")
    options.add_argument("--only", default="", help="pages whose name has this")
    asked = options.parse_args()
    folder = asked.folder or Path(tempfile.gettempdir(), f"warraq-pages-{asked.articles}")
    folder.mkdir(parents=True, exist_ok=True)
    if asked.database:
        return judge(Catalog(asked.database), asked)
    made = build(folder, asked.articles, asked.observations)
    if not asked.postgresql:
        return judge(made, asked)
    with postgres.running(folder / "postgresql") as url:
        other = Catalog(url)
        other.migrate()
        if not other.outlets():
            postgres.copy(made, other)
        return judge(other, asked)


def judge(catalog: Catalog, asked: argparse.Namespace) -> int:
    index(catalog, asked.index)
    titles = {one.name: one.title for one in ledgers.outlets()}
    files = {one.name: one for one in ledgers.outlets()}
    desk = Desk(catalog, Snapshots, titles, files, now=lambda: ledgers.NOW)
    served = app.create(lambda: desk, Open())
    found = asyncio.run(measure(served, addresses(catalog, asked.articles), asked.only))
    over = [name for name, took in found.items() if worst([wall for wall, _, _ in took]) > limit(name)]
    failed = [name for name, took in found.items() if any(status >= 500 for _, _, status in took)]
    print(f"{'short' if over or failed else 'ok'}: over the bound {over or 'none'}, failed {failed or 'none'}")
    return 1 if over or failed else 0


if __name__ == "__main__":
    sys.exit(main())
