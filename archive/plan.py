"""What a run sets out to fetch, and why: a pure decision, stored before the first request."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

import orjson

from archive.capture import Previous
from archive.errors import BadRecord
from archive.outlet import Outlet

FORMAT = 1
UNREAD = ("blocked", "broken")  # states of an article of which nothing better is known
UNREAD_LIMIT = 604_800.0  # seconds


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog knows of one article, as far as deciding about its next visit needs it."""

    article: str
    url: str  # the address it was last seen under
    first_seen: datetime
    last_fetch: datetime | None = None  # None: never asked for
    published: str = ""
    state: str = "new"  # new, live, gone, elsewhere, blocked, broken, not-article … (archive.version.State)
    unconfirmed: datetime | None = None  # first sighting of its absence, not yet confirmed
    failures: int = 0  # captures in a row that told nothing (blocked, broken)
    previous: Previous | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One address to fetch, and why it is due."""

    url: str
    why: str  # confirm, revisit, retry, backlog, modified, text, unlisted, watch, audit …
    article: str = ""
    published: str = ""
    previous: Previous | None = None
    announced: dict[str, str] = field(default_factory=dict)  # by lists: rest (modified), sitemap (lastmod), text
    conditional: bool = False  # ask with the validators of `previous`


@dataclass(frozen=True, slots=True)
class Plan:
    """A run's plan. The channels are the outlet's own business; here stands what history asks for."""

    run: str
    outlet: str
    walk: bool  # walk all pages of the channels, not only the front ones
    walk_since: str = ""  # ISO time: channel pages captured since then need not be walked again
    walked: tuple[str, ...] = ()  # addresses of those pages
    channels: dict[str, Previous] = field(default_factory=dict)  # address → last capture
    revisits: tuple[Task, ...] = ()  # in order
    backlog: tuple[Task, ...] = ()  # in order, newest first
    expected: int = -1  # articles the site should say it has (X-WP-Total), -1: not known
    had: tuple[str, ...] = ()  # kinds of channel that listed articles when they were last asked
    log_size: int = 0  # size of the transparency log that the plan saw
    only: bool = False  # nothing but `revisits` is asked for, and no channel: pages that somebody watches or asked for


def wait_for(known: Known, outlet: Outlet) -> float:
    """Seconds between the last fetch of an article and its next one.

    Age backoff, because news is edited most while it is young: the wait is a share of the article's age at its
    last fetch, within [revisit_after, revisit_limit]. Captures that told nothing wait 2, 4, 8 … times as long.

    An article that nobody has read yet, because its site was down or blocked us, is no matter of age: a quarter of
    revisit_after, then twice as long each time, up to UNREAD_LIMIT.

    An absence is confirmed when gone_after is over. If that look told nothing (blocked, broken), the next ones
    wait as for an article that was published when it was first missed: soon, then ever longer.
    """
    if known.last_fetch is None:
        return 0.0
    if known.unconfirmed is not None and _unlooked(known, outlet):
        return max(0.0, outlet.gone_after - (known.last_fetch - known.unconfirmed).total_seconds())
    if known.state in UNREAD and known.failures:
        return float(min(outlet.revisit_after / 4 * 2.0 ** min(known.failures - 1, 16), UNREAD_LIMIT))
    age = (known.last_fetch - (known.unconfirmed or _published(known))).total_seconds()
    wait = max(outlet.revisit_after, outlet.revisit_growth * max(age, 0.0))
    return float(min(wait * 2.0 ** min(known.failures, 16), max(outlet.revisit_limit, outlet.revisit_after)))


def _unlooked(known: Known, outlet: Outlet) -> bool:
    """Has nobody looked for the missing article since its absence could be confirmed?"""
    if known.last_fetch is None or known.unconfirmed is None:
        return False
    passed = (known.last_fetch - known.unconfirmed).total_seconds()
    return passed <= 0 or passed < outlet.gone_after


def _published(known: Known) -> datetime:
    try:
        when = datetime.fromisoformat(known.published)
    except ValueError:
        return known.first_seen
    return min(when, known.first_seen) if when.tzinfo else known.first_seen


Due = tuple[tuple[Task, ...], tuple[Task, ...]]


def decide(outlet: Outlet, known: list[Known], now: datetime, *, everything: bool = False) -> Due:
    """(revisits, backlog) that are due at `now`, most overdue first and newest first.

    At most twice of what the budget allows is planned; the rest stays due. `everything` ignores the waits.
    """
    room = int(2 * outlet.budget / outlet.delay) if outlet.delay else 50_000
    due: list[tuple[float, Task]] = []
    backlog: list[tuple[str, str, Task]] = []
    for item in known:
        if item.last_fetch is None:
            task = Task(item.url, "backlog", item.article, item.published)
            backlog.append((item.published or item.first_seen.isoformat(), item.article, task))
            continue
        overdue = (now - item.last_fetch).total_seconds() - wait_for(item, outlet)
        if overdue >= 0 or everything:
            why = "confirm" if item.unconfirmed else "retry" if item.failures else "revisit"
            rank = -overdue - (1e9 if _unlooked(item, outlet) else 0)  # once: what stays unconfirmed must not crowd out others
            due.append((rank, Task(item.url, why, item.article, item.published, item.previous)))
    due.sort(key=lambda pair: (pair[0], pair[1].url))
    backlog.sort(key=lambda row: (row[0], row[1]), reverse=True)
    return tuple(task for _, task in due[:room]), tuple(row[2] for row in backlog[:room])


def dump(plan: Plan) -> bytes:
    """Sorted JSON, gzip with mtime 0."""
    return gzip.compress(orjson.dumps({"v": FORMAT, **asdict(plan)}, option=orjson.OPT_SORT_KEYS) + b"\n", mtime=0)


def load(data: bytes) -> Plan:
    try:
        row: dict[str, Any] = orjson.loads(gzip.decompress(data))
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
        raise BadRecord(f"not a plan: {error}") from error
    if row.pop("v", None) != FORMAT:
        raise BadRecord("a plan of another format version", "upgrade Warraq before reading this bucket")
    return Plan(
        **{
            **row,
            "walked": tuple(row["walked"]),
            "had": tuple(row.get("had", ())),
            "channels": {url: Previous(**p) for url, p in row["channels"].items()},
            "revisits": tuple(_task(t) for t in row["revisits"]),
            "backlog": tuple(_task(t) for t in row["backlog"]),
        }
    )


def _task(row: dict[str, Any]) -> Task:
    return Task(**{**row, "previous": Previous(**row["previous"]) if row["previous"] else None})


def walk_due(since: str, complete: bool, now: datetime, every: float) -> bool:
    """Is a new walk through all channel pages to begin? An unfinished one goes on instead, unless it is stale.

    `since` is the ISO time at which the last walk began, "" for never; `every` in seconds.
    """
    if not since:
        return True
    age = (now - datetime.fromisoformat(since)).total_seconds()
    return age >= every if complete else age >= max(10 * every, 7 * 86_400.0)
