"""What a run sets out to fetch, and why: a pure decision, stored before the first request."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from archive.capture import Previous
from archive.errors import BadRecord
from archive.history import ALIVE
from archive.outlet import Outlet
from archive.schedule import Visit, next_visit, unanswered

FORMAT = 1
AUDIT = 5  # of so many visits that may be conditional, one is not: whether validators tell the truth is seen by it alone
KEPT = 0.25  # of a run's time, for what comes after revisits: the pages of a walk, then the back catalogue


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalog knows of one article, as far as deciding about its next visit needs it."""

    article: str
    url: str  # the address it was last seen under
    visit: Visit
    captures: int = 0
    previous: Previous | None = None
    unlisted: bool = False  # a complete list had it, the last walk through that list did not, and nobody looked since
    every: float | None = None  # a person watches it: seconds between two visits at the most


@dataclass(frozen=True, slots=True)
class Habits:
    """What experience says of an outlet."""

    trusted: bool = False  # its validators: a 304 may be believed
    ignored: frozenset[str] = frozenset()  # words of lists (sitemap, text) that are no sign of an edit here
    shown: bool = False  # a list shows the texts of articles, as it did in the newest run, and they can be relied upon


@dataclass(frozen=True, slots=True)
class Task:
    """One address to fetch, and why it is due."""

    url: str
    why: str  # confirm, revisit, look, retry, backlog, modified, text, unlisted, watch, audit …
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


def news(visit: Visit) -> tuple[str, ...]:
    """The kinds of word (rest, sitemap, text) that say what no capture has answered yet."""
    return tuple(kind for kind, word in visit.announced.items() if unanswered(replace(visit, announced={kind: word})))


def newness(visit: Visit) -> datetime:
    """What orders the back catalogue: when an article was published, its first sighting where that is not to be believed."""
    try:
        when = datetime.fromisoformat(visit.published).astimezone(UTC)
        return min(when, visit.first_seen) if datetime.fromisoformat(visit.published).tzinfo else visit.first_seen
    except (ValueError, OverflowError):
        return visit.first_seen


def room(outlet: Outlet) -> int:
    """How many visits of a kind are planned at most: twice of what the budget allows. The rest stays due."""
    return int(2 * outlet.budget / outlet.delay) if outlet.delay else 50_000


Due = tuple[tuple[Task, ...], tuple[Task, ...]]
_Ranked = tuple[int, datetime, str, Task]
_ONCE, _TOLD, _USUAL = range(3)
NOTHING = Habits()


def decide(
    outlet: Outlet,
    known: Iterable[Known],
    now: datetime,
    *,
    everything: bool = False,
    habits: Habits = NOTHING,
    kept: bool = False,
) -> Due:
    """(revisits, backlog) that are due at `now`.

    Revisits, in this order: what a single look decides (an absence or damage to be confirmed) and what a person
    watches; what lists announce, or list no more; all others. In each, what was due first. What told nothing when
    it was last asked waits among the others, so that it never crowds them out. Backlog: newest first; as long as
    there is any, or a walk to be made (`kept`), KEPT of the time is left by the revisits. `everything` ignores the waits.
    """
    due: list[_Ranked] = []
    backlog: list[tuple[datetime, str, Task]] = []
    for item in known:
        if item.visit.last_fetch is None and item.every is None:
            task = Task(item.url, "backlog", item.article, item.visit.published, announced=dict(item.visit.announced))
            backlog.append((newness(item.visit), item.article, task))
        elif (ranked := _ranked(item, outlet, habits)) and (everything or ranked[1] <= now):
            due.append(ranked)
        elif everything:
            due.append((_USUAL, item.visit.last_fetch or now, item.article, _task_of(item, "revisit", habits)))
    due.sort(key=lambda row: row[:3])
    backlog.sort(key=lambda row: row[:2], reverse=True)
    most = room(outlet)
    share = _share(outlet) if backlog or kept else most
    return tuple(row[3] for row in due[:share]), tuple(row[2] for row in backlog[:most])


def spare(outlet: Outlet) -> int:
    """How many looks at articles of which no list shows the text fit into a quarter of a run's time."""
    return int(outlet.budget / outlet.delay / 4) if outlet.delay else 12_500


def _share(outlet: Outlet) -> int:
    """How many revisits leave KEPT of a run's time."""
    return max(1, int(room(outlet) / 2 * (1 - KEPT)))


def looks(
    known: Iterable[Known], planned: Iterable[Task], now: datetime, outlet: Outlet, habits: Habits, *, kept: bool = False
) -> tuple[Task, ...]:
    """Visits beside those that are due, where an edit shows nowhere but on the page itself: least lately fetched first.

    Silent edits of old articles are what age backoff misses; whoever has the time left looks at every article again,
    unconditionally. `kept`: only as far as they leave KEPT of the time, with what is planned already.
    """
    if habits.shown or not outlet.look_every:
        return ()
    taken = {task.article for task in planned}
    waiting = [
        (one.visit.last_fetch, one.article, one)
        for one in known
        if one.visit.last_fetch and one.visit.state in ALIVE and one.article not in taken
    ]
    ready = sorted(row for row in waiting if (now - row[0]).total_seconds() >= outlet.look_every)
    most = max(0, min(spare(outlet), _share(outlet) - len(taken))) if kept else spare(outlet)
    return tuple(_task_of(row[2], "look", habits) for row in ready[:most])


def _ranked(item: Known, outlet: Outlet, habits: Habits) -> _Ranked | None:
    """Its place among the revisits; None: it is never due by itself (it moved, or is gone for good)."""
    heard = {kind: word for kind, word in item.visit.announced.items() if kind not in habits.ignored}
    shown = habits.shown and "text" in heard
    visit = replace(item.visit, announced=heard, shown=shown, watched=item.every is not None)
    when, why = next_visit(visit, outlet)
    if item.every is not None and visit.last_fetch is not None:
        latest = visit.last_fetch + timedelta(seconds=item.every)
        when, why = (when, why) if when and when <= latest else (latest, "watch")
    why = "watch" if item.every is not None and why == "backlog" else why
    if item.unlisted and why != "confirm" and visit.last_fetch and (when is None or when > visit.last_fetch):
        when, why = visit.last_fetch, "unlisted"
    if when is None:
        return None
    rank = _USUAL
    if item.every is not None or (why == "confirm" and not visit.failures):
        rank = _ONCE
    elif why in ("modified", "text", "unlisted") and not visit.failures:
        rank = _TOLD
    return rank, when, item.article, _task_of(item, why, habits)


def _task_of(item: Known, why: str, habits: Habits) -> Task:
    """A 304 is believed only where a list shows texts, which gives a lie away. Validators made from the modified date
    agree in every audit until the first silent edit, and then they hide it (seen: a static site, 5 of 5 edits)."""
    visit = item.visit
    conditional = why == "revisit" and habits.trusted and habits.shown and item.previous is not None
    if conditional and (item.captures + int(item.article[-4:], 16)) % AUDIT == 0:
        why, conditional = "audit", False
    return Task(item.url, why, item.article, visit.published, item.previous, dict(visit.announced), conditional)


def dump(plan: Plan) -> bytes:
    """Sorted JSON, gzip with mtime 0."""
    row: dict[str, Any] = {"v": FORMAT, **{of.name: getattr(plan, of.name) for of in fields(Plan)}}
    row["channels"] = {url: _plain(previous) for url, previous in plan.channels.items()}  # asdict copies deeply, which is slow
    for name in ("revisits", "backlog"):
        tasks = [{**_plain(task), "previous": _plain(task.previous) if task.previous else None} for task in row[name]]
        row[name] = tasks
    return gzip.compress(orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n", mtime=0)


def _plain(one: Task | Previous) -> dict[str, Any]:
    return {of.name: getattr(one, of.name) for of in fields(one)}


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
