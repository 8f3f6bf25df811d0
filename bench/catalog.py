"""What the catalog costs: CPU to apply a file of 200 article lines among 5 outlets × 10,000 articles (bound: 60 ms).

Judged by the lower quartile of ten: CPU time grows while other processes share a core, and never shrinks.

python -m bench.catalog [--articles 10000]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.address import article_id
from archive.catalog import Catalog
from archive.keys import Stem
from archive.observation import Digests, Observation, Reading
from archive.outlet import Outlet

BOUND = 60.0  # CPU ms
OUTLETS = 5
LINES = 200
START = datetime(2026, 11, 1, tzinfo=UTC)
SEEN = Digests("1" * 32, "2" * 32, "3" * 32, "4" * 32)
READING = Reading(
    "a" * 12, "b" * 12, "", SEEN, SEEN, "عنوان خبر من الأخبار التي نقيس بها", "2026-11-01T08:00:00+03:00", "", "ar", 2100
)


def line(outlet: str, n: int, when: datetime, text: int) -> Observation:
    """A capture of article `n`; another `text` is an edit, -1 a revisit record."""
    url = f"https://{outlet}.example/archives/{n}"
    digest = f"sha256:{max(text, 0):032x}{n:032x}"
    seen = Digests(f"{text:032x}", f"{text:032x}", "3" * 32, "4" * 32)
    article = article_id(url)
    return Observation(
        kind="article",
        klass="content",
        reason="ok",
        outlet=outlet,
        run=f"{when:%Y%m%dT%H%M%SZ}-{'0' * 12}",
        time=f"{when + timedelta(milliseconds=n):%Y-%m-%dT%H:%M:%S.%fZ}",
        url=url,
        warc=f"warc/{outlet}/2026/11/01/x.warc.gz",
        offset=n,
        length=20_000,
        record=f"<urn:uuid:{when:%Y%m%d%H%M%S}{n:012x}>",
        record_type="response" if text >= 0 else "revisit",
        record_digest="sha256:" + "f" * 64,
        status=200,
        mime="text/html",
        payload=digest,
        body=digest,
        article=article,
        post=str(n),
        reading=replace(READING, body=seen, snapshot=f"snapshots/{outlet}/{article}/{text}") if text >= 0 else None,
    )


def key(outlet: str, when: datetime, seq: int) -> str:
    return Stem(outlet, f"{when:%Y%m%dT%H%M%SZ}-{'0' * 12}", 1, seq, "0" * 12).observations


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--articles", type=int, default=10_000, help="of each outlet")
    articles = options.parse_args().articles
    outlets = [Outlet(name=f"outlet_{n}", title="", url=f"https://outlet_{n}.example/") for n in range(OUTLETS)]
    with TemporaryDirectory() as folder:
        catalog = Catalog(f"sqlite:///{folder}/catalog.db")
        catalog.migrate()
        began = time.process_time()
        for outlet in outlets:
            for visit in range(3):
                when = START + timedelta(days=visit)
                lines = [line(outlet.name, n, when, 0 if visit < 2 else -1) for n in range(articles)]
                catalog.apply_all(
                    [(key(outlet.name, when, i), lines[i : i + LINES]) for i in range(0, articles, LINES)], outlet
                )
        print(f"{OUTLETS} × {articles} articles, 3 captures each: {time.process_time() - began:.1f} CPU s, ", end="")
        print(f"{Path(folder, 'catalog.db').stat().st_size / 1e6:.0f} MB")
        kinds = {"new": (articles, 0), "edited": (0, 1), "revisits": (1000, -1)}
        worst = 0.0
        for name, (first, text) in kinds.items():
            costs = []
            for i in range(10):
                when = START + timedelta(days=10, hours=i)
                lines = [line("outlet_2", first + i * LINES + n, when, text) for n in range(LINES)]
                began = time.process_time()
                catalog.apply(key("outlet_2", when, first + text + i), lines, outlets[2])
                costs.append((time.process_time() - began) * 1000)
            quartile = statistics.quantiles(costs, n=4)[0]
            worst = max(worst, quartile)
            print(f"apply {LINES} lines, {name}: quartile {quartile:.0f}, median {statistics.median(costs):.0f} CPU ms")
        for name, query in (
            ("known", lambda: catalog.known("outlet_2")),
            ("outlets", catalog.outlets),
            ("changes", catalog.changes),
            ("history", lambda: catalog.history(article_id("https://outlet_2.example/archives/7"))),
        ):
            began = time.process_time()
            query()
            print(f"{name}: {(time.process_time() - began) * 1000:.1f} CPU ms")
    ok = worst <= BOUND
    print(f"{'ok' if ok else 'short'}: {worst:.0f} CPU ms, bound {BOUND:.0f}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
