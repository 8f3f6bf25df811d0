"""What invented outlets publish, and what the lines of hourly captures say of it. Pure: the same at every call.

REST lists what is new, each article is looked at again ever more seldom, some are edited, go, come back; one outlet refuses us.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from archive.address import article_id
from archive.catalog import derive
from archive.keys import Stem, run_time, snapshot
from archive.observation import Class, Digests, Observation, Reading
from archive.outlet import Outlet
from bench.invented import WORDS

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DAYS = 730
START = NOW - timedelta(days=DAYS)
SHARES = (0.4, 0.25, 0.15, 0.1, 0.06, 0.04)
REFUSED = 5  # of the last outlet, all answers of the last 30 days
COPIES = 20
FIRST = 200_000_000  # number of the first article: its nine digits stand nowhere else
SEEDS = [(f"{n:03}.txt", f"{n:064x}", "5eed5e75e75e") for n in range(40)]
LISTS = 4  # lines of lists in each file, then the report, then articles
_SAME = Digests("1" * 32, "2" * 32, "3" * 32, "4" * 32)
_SHARE = {"shared": 3, "of": 4, "share": 0.75}
_SHARES = {"seed_in_article": _SHARE, "article_in_seed": _SHARE, "paragraphs": [[1, 2], [3, 3]], "recipe": "1"}


def outlets(shares: tuple[float, ...] = SHARES) -> list[Outlet]:
    return [Outlet(f"daily_{n}", f"يومية {n}", f"https://daily-{n}.example/") for n in range(len(shares))]


@cache
def run_of(hour: int) -> str:
    return f"{START + timedelta(hours=hour):%Y%m%dT%H%M%SZ}-{'0' * 12}"


@cache
def names_of(outlet: str, hour: int) -> tuple[str, str]:
    """(WARC, file of the observations) of an hour."""
    stem = stem_of(outlet, hour)
    return stem.warc, stem.observations.rpartition("/")[2].removesuffix(".jsonl.gz")


def stem_of(outlet: str, hour: int) -> Stem:
    return Stem(outlet, run_of(hour), 1, 1, f"{hour:012x}")


def address(outlet: str, n: int) -> str:
    return f"https://{outlet.replace('_', '-')}.example/archives/{n}"


def published(n: int, many: int) -> datetime:
    """Evenly over the time; a model and its copies at once."""
    return START + timedelta(seconds=round(DAYS * 86400 * (n // COPIES * COPIES + 0.5) / many))


def hour_of(when: datetime) -> int:
    return int((when - START).total_seconds() // 3600)


def captures(
    outlet: str, chance: random.Random, article: str, number: int, *, at_first: datetime, looks: float
) -> Iterator[tuple[int, Observation]]:
    """(hour, line) of each look at an article; every twentieth model waits in the back catalogue."""
    when, model = at_first, (number - FIRST) // COPIES
    if model % 20 == 19:
        return
    refused = outlet == f"daily_{REFUSED}"
    wait, text, goes = timedelta(minutes=chance.randint(61, 119)), 0, chance.random() < 0.02
    wanted = max(1, round(chance.gauss(looks * 1.12, 1)))  # some would be in the future, some wait
    for look in range(wanted):
        when += wait
        if when >= NOW - timedelta(hours=1):
            return
        blocked = refused and NOW - when < timedelta(days=30)
        gone = goes and look >= wanted - 2
        text += look > 0 and chance.random() < 0.08
        yield hour_of(when), sighting(outlet, article, number, (when, at_first), (text, look, blocked, gone))
        wait *= chance.uniform(2, 4)


def sighting(
    outlet: str, article: str, n: int, times: tuple[datetime, datetime], what: tuple[int, int, bool, bool]
) -> Observation:
    when, at_first = times
    text, look, blocked, gone = what
    hour = hour_of(when)
    digest = f"sha256:{text:055d}{n:09d}"
    klass: Class = "blocked" if blocked else "gone" if gone else "content"
    return Observation(
        kind="article",
        klass=klass,
        reason="http-403" if blocked else "http-404" if gone else "",
        outlet=outlet,
        run=run_of(hour),
        time=derive.stamp(when),
        url=address(outlet, n),
        warc=names_of(outlet, hour)[0],
        offset=n * 100,
        length=18_000 + n % 5000,
        record=f"<urn:uuid:{article}-{look:04d}>",
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
        reading=_reading(outlet, article, n, (text, look, when, at_first)) if klass == "content" else None,
    )


def _reading(outlet: str, article: str, n: int, what: tuple[int, int, datetime, datetime]) -> Reading:
    text, look, when, at_first = what
    model = (n - FIRST) // COPIES
    seed = SEEDS[0 if model % 400 == 0 else model // 200 % len(SEEDS)]
    links = (
        ({"name": seed[0], "sha256": seed[1], "set": seed[2], "relation": "contains", **_SHARES},) if model % 200 == 0 else ()
    )
    said, heading = (
        Digests(f"{one:09d}{n:09d}{'0' * 14}", f"{one:09d}{n:09d}{'0' * 14}", "3" * 32, "4" * 32) for one in (text, 0)
    )
    name = snapshot(outlet, article, when, f"{text:03d}{n:09d}", "c" * 12) if text or look == 0 else ""
    stated = at_first.isoformat(timespec="seconds")
    return Reading("a" * 12, "b" * 12, "main", heading, said, headline(n), stated, "", "ar", 2100 + model % 900, links, name)


@lru_cache(maxsize=64)
def headline(n: int) -> str:
    chance = random.Random((n - FIRST) // COPIES)
    return f"{' '.join(chance.choices(WORDS, k=6))} {n}"


def item(outlet: str, n: int, when: datetime) -> dict[str, Any]:
    url = address(outlet, n)
    return {"url": url, "article": article_id(url), "title": headline(n), "post": str(n), "published": derive.stamp(when)}


def front(outlet: str, hour: int, items: list[dict[str, Any]]) -> Observation:
    """What REST lists as new in an hour."""
    return channel(outlet, hour, 0, "rest", tuple(items))


def channel(outlet: str, hour: int, number: int, kind: str, items: tuple[dict[str, Any], ...] = ()) -> Observation:
    when = START + timedelta(hours=hour, seconds=1 + number)
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
        warc=names_of(outlet, hour)[0],
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
