"""How long a page of answers takes, of the catalog alone: `--texts` versions of invented words (bound: 500 ms at a million).

Words are as common as in a language (Zipf), so the questions are of words that every text has, that one in a thousand has, that
three have; phrases of common words; words with filters that few articles meet.

python -m bench.search [--texts 100000] [--length 200] [--folder DIR] [--postgresql]
`--postgresql`: a server of its own (bench.postgres), whose data are in the folder. What is filled into a kept folder is filled
once: the same command measures it again.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import BigInteger, Float, Integer, Table, and_, func, select, text

from archive import keys
from archive.catalog import Catalog, bulk, models
from archive.catalog.derive import stamp
from archive.catalog.hits import Waiting, Wish
from archive.errors import Refused
from archive.search.entry import Entry
from archive.search.query import parse
from bench import postgres

BOUND = 500.0  # ms
WORDS = 300_000
OUTLETS = 5
END = datetime(2026, 11, 22, tzinfo=UTC)
STATES = ("live", "live", "live", "live", "edited", "edited", "gone")
BATCH = 500


def word(rank: int) -> str:
    """A word of letters that are no clitics; another for each rank."""
    letters, made = "دذرزشصضطظعغقمجحخث", ""
    while rank or len(made) < 3:
        rank, digit = divmod(rank, len(letters))
        made += letters[digit]
    return made


def entries(texts: int, length: int) -> Iterator[tuple[Waiting, Entry, datetime, str]]:
    rng = random.Random(1)
    vocabulary = [word(rank) for rank in range(WORDS)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(WORDS)))
    for n in range(texts):
        when = END - timedelta(seconds=31 * (texts - n))
        outlet, article = f"outlet_{n % OUTLETS}", f"{n // 2 if n % 3 == 0 else n:032x}"
        key = keys.snapshot(outlet, article, when, f"{n:064x}", "0" * 12)
        body = rng.choices(vocabulary, cum_weights=weights, k=length)
        forms = sorted({"و" + one for one in body[::3]})  # as many as real texts have
        state = "paywalled" if n == 7 else STATES[n % len(STATES)]
        yield Waiting(key, outlet, article), Entry(tuple(body[:8]), tuple(body), tuple(forms)), when, state


def row(table: Table, **given: Any) -> tuple[Any, ...]:
    """A row of a table with these values, the others empty."""
    return tuple(
        given.get(column.name, 0 if isinstance(column.type, (Integer, BigInteger, Float)) else "") for column in table.columns
    )


def fill(catalog: Catalog, texts: int, length: int) -> None:
    seen: set[tuple[str, str]] = set()
    made, began = entries(texts, length), time.perf_counter()
    for n in range(0, texts, BATCH):
        part = list(islice(made, BATCH))
        versions, articles, second = [], [], []
        for one, _, when, state in part:
            key = {"outlet": one.outlet, "article": one.article}
            again = (one.outlet, one.article) in seen
            seen.add((one.outlet, one.article))
            versions.append(row(models.version, **key, number=1 + again, time=stamp(when), snapshot=one.snapshot, title="خبر"))
            if again:
                second.append(key)
            else:
                articles.append(row(models.article, **key, url="https://x.example/", title="خبر", state=state, versions=1))
        with catalog._database.write("bench") as connection:
            bulk.put(connection, models.version, versions)
            bulk.put(connection, models.article, articles)
            for key in second:
                which = and_(models.article.c.outlet == key["outlet"], models.article.c.article == key["article"])
                connection.execute(models.article.update().where(which).values(versions=2))
        catalog.note_indexed({one: entry for one, entry, _, _ in part})
        if (n + BATCH) % 50_000 == 0:
            print(f"{n + BATCH} of {texts} texts after {time.perf_counter() - began:.0f} s", flush=True)
    if not catalog._database.is_sqlite:  # what autovacuum has done on a server that runs for a while
        with catalog._database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def questions(texts: int) -> dict[str, Wish]:
    common, middle = word(0), word(300)
    return {
        "in nearly every text": Wish(parse(common)),
        "two that are": Wish(parse(f"{common} {word(1)}")),
        "in one of thirty": Wish(parse(middle)),
        "in one of a thousand": Wish(parse(word(10_000))),
        "in very few": Wish(parse(word(WORDS - 1))),
        "in none": Wish(parse("غائب")),
        "common and in few": Wish(parse(f"{common} {word(WORDS - 1)}")),
        "middling, two of them": Wish(parse(f"{middle} {word(301)}")),
        "a phrase of common words": Wish(parse(f'"{common} {word(1)}"')),
        "a phrase of common words that is rare": Wish(parse(f'"{word(2)} {word(40)} {word(3)} {word(41)}"')),
        "common, without another common one": Wish(parse(f"{common} -{word(1)}")),
        "common, of an outlet": Wish(parse(common), outlet="outlet_3"),
        "rare, of an outlet": Wish(parse(word(10_000)), outlet="outlet_3"),
        "common, of a time long ago": Wish(parse(common), until=stamp(END - timedelta(seconds=31 * texts * 0.9))),
        "common, gone": Wish(parse(common), state="gone"),
        "common, in a state that one article has": Wish(parse(common), state="paywalled"),
        "common, taken out since": Wish(parse(common), state="removed"),
    }


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--texts", type=int, default=100_000)
    options.add_argument("--length", type=int, default=200, help="words of a text")
    options.add_argument("--folder", type=Path, help="where the catalog is kept, to be measured again; left out: not kept")
    options.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server in the folder instead of SQLite")
    given = options.parse_args()
    with TemporaryDirectory() as passing:
        folder = (given.folder or Path(passing)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        if given.postgresql:
            if not given.folder:
                folder.chmod(0o755)  # the server may be another user than we are
            with postgres.running(folder / "postgresql") as url:
                return judge(url, given.texts, given.length)
        return judge(f"sqlite:///{folder}/search.db", given.texts, given.length)


def judge(url: str, texts: int, length: int) -> int:
    """Fill the catalog if it is empty, and measure. Refused when it holds other than so many texts."""
    catalog = Catalog(url)
    catalog.migrate()
    began = time.perf_counter()
    if not held(catalog):
        fill(catalog, texts, length)
        print(f"filled with {texts} texts of {length} words: {1000 * (time.perf_counter() - began) / texts:.2f} ms each")
    if (there := held(catalog)) != texts:
        raise Refused(f"the catalog holds {there} texts, not {texts}", "name another folder, or remove this one")
    try:
        return measure(catalog, texts)
    finally:
        catalog.close()


def held(catalog: Catalog) -> int:
    with catalog._database.read() as connection:
        return connection.scalar(select(func.count()).select_from(models.document)) or 0


def measure(catalog: Catalog, texts: int) -> int:
    worst = 0.0
    for name, wish in questions(texts).items():
        took = []
        for _ in range(7):
            began = time.perf_counter()
            found = catalog.search(wish)
            took.append(1000 * (time.perf_counter() - began))
        middle = statistics.median(took)
        worst = max(worst, middle)
        more = "" if not found.looked_to else f", looked to {found.looked_to[:10]}"
        print(f"{middle:8.1f} ms (first {took[0]:.1f})  {len(found.hits):3} found{more}  {name}", flush=True)
    print(f"bench.search: the slowest takes {worst:.0f} ms, bound {BOUND:.0f}")
    return 0 if worst <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
