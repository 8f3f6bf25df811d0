"""What planning asks of the catalog: articles that may be due, straight from the indexes, and what tells how to ask.

Of a million articles a plan reads some hundreds of rows. `plan.decide` has the last word about them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import Connection, FromClause, Select, func, select

from archive import keys
from archive.capture import Previous
from archive.catalog import bulk, models
from archive.catalog.bulk import chunks
from archive.catalog.derive import stamp, when
from archive.catalog.listed import current_lists, unlisted
from archive.catalog.sightings import Sighting, words
from archive.catalog.waiting import NEWS, WHYS
from archive.history import STANDS
from archive.plan import Habits, Known
from archive.schedule import Visit, noisy, trusted

NEVER = ("moved", "gone")
_LIST = {"rest": "rest", "text": "rest", "sitemap": "sitemap"}  # kind of word → kind of list that says it
REMEMBERED = timedelta(days=30)  # how long a list's fruitless words are held against it
_a = models.article.c
_COLUMNS = (
    *(
        _a.article,
        _a.url,
        _a.first_seen,
        _a.last_fetch,
        _a.published,
        _a.state,
        _a.since,
        _a.unconfirmed,
        _a.doubt,
        _a.failures,
    ),
    *(_a.answered, _a.seeded, _a.captures, _a.looks, _a.versions),
    *(_a.previous_url, _a.previous_time, _a.previous_record, _a.previous_payload, _a.previous_body, _a.etag, _a.last_modified),
)


def due(connection: Connection, outlet: str, now: datetime, room: int, habits: Habits, *, everything: bool) -> list[Known]:
    """The articles among which the next `room` revisits are, and the next `room` of the back catalogue, by id.

    `everything`: whether their time has come or not.
    """
    dropped = unlisted(connection, outlet, room)
    found = set(dropped) | _watched(connection, outlet).keys()
    for query in _queries(outlet, None if everything else stamp(now), habits):
        found.update(connection.scalars(query.limit(room)))
    return list(_known(connection, outlet, sorted(found), dropped))


def _queries(outlet: str, now: str | None, habits: Habits) -> Iterator[Select[tuple[str]]]:
    for why in (*WHYS, *(NEVER if now is None else ())):
        passed = [] if now is None else [_a.due <= now]
        yield select(_a.article).where(_a.outlet == outlet, _a.why == why, *passed).order_by(_a.due, _a.article)
        if not habits.shown:  # it is never later than `due`, so those where it is sooner are all that may be missing
            sooner: list[Any] = [models.SOONER] if now is None else [models.SOONER, _a.due_unshown <= now]
            mine = (_a.outlet == outlet, _a.why == why, *sooner)
            yield select(_a.article).where(*mine).order_by(_a.due_unshown, _a.article)
    for news in NEWS:
        if not habits.ignored.issuperset(news.split()):
            passed = [] if now is None else [_a.news_due <= now]
            ready: tuple[Any, ...] = (_a.outlet == outlet, _a.news == news, models.some("news"), *passed)
            yield select(_a.article).where(*ready).order_by(_a.news_due, _a.article)
    new = (_a.outlet == outlet, _a.why == "backlog")
    yield select(_a.article).where(*new).order_by(_a.due.desc(), _a.article.desc())


def least_lately(connection: Connection, outlet: str, before: datetime, most: int) -> list[Known]:
    """Articles that were last fetched before then and wait for their next visit by age, least lately fetched first."""
    waiting = (_a.outlet == outlet, _a.why == "revisit", _a.last_fetch <= stamp(before))
    found = connection.scalars(select(_a.article).where(*waiting).order_by(_a.last_fetch, _a.article).limit(most))
    return list(_known(connection, outlet, sorted(found), frozenset()))


def every(connection: Connection, outlet: str) -> list[Known]:
    """Every article of the outlet, announced, captured or watched."""
    articles = {*connection.scalars(select(_a.article).where(_a.outlet == outlet)), *_watched(connection, outlet)}
    return list(_known(connection, outlet, sorted(articles), unlisted(connection, outlet, None)))


def asked(
    connection: Connection, outlet: str, ignored: frozenset[str]
) -> Iterator[tuple[str, str, str, str, dict[str, str], int]]:
    """Of each article that was asked for at least once: id, post id, published, address, words, alive.

    Words: what captures answered of what lists say, and what lists say where no capture ever answered. Left out are
    those that are ignored, and those of lists that have the article no more. Alive: 1 when a complete list has the article
    now, and it stands where it was; 2 when it is gone; else 0.
    """
    current = current_lists(connection, outlet)
    rest, sitemap = models.sighting.alias("rest"), models.sighting.alias("sitemap")
    said = [column for one in (rest, sitemap) for column in (one.c.modified, one.c.last_seen, one.c.document)]
    query = select(_a.article, _a.post, _a.published, _a.url, _a.state, _a.answered, *said).where(
        _a.outlet == outlet, _a.last_fetch != ""
    )
    tables: FromClause = models.article
    for one in (rest, sitemap):
        same = (one.c.outlet == _a.outlet) & (one.c.article == _a.article) & (one.c.channel == one.name)
        tables = tables.outerjoin(one, same)
    found = connection.execute(query.select_from(tables), execution_options={"yield_per": 5_000})
    for article, post, published, url, state, answered, modified, last, document, lastmod, seen, page in found:
        words: dict[str, str] = orjson.loads(answered or "{}")
        lists = []
        if last and current("rest", last, document):
            lists.append("rest")
            words = {"rest": modified, **words} if modified else words
        if seen and current("sitemap", seen, page):
            lists.append("sitemap")
            words = {"sitemap": lastmod, **words} if lastmod else words
        kept = {kind: word for kind, word in words.items() if kind not in ignored and _LIST.get(kind) in lists}
        yield article, post, published, url, kept, 2 if state == "gone" else int(bool(lists) and state in STANDS)


def _known(connection: Connection, outlet: str, articles: Sequence[str], dropped: frozenset[str]) -> Iterator[Known]:
    watched = _watched(connection, outlet)
    for chunk in chunks(articles):
        announced: dict[str, list[Sighting]] = defaultdict(list)
        for row in bulk.rows(connection, models.sighting, outlet, chunk):
            announced[row[1]].append(Sighting(*row))
        query = select(*_COLUMNS).where(_a.outlet == outlet, _a.article.in_(chunk)).order_by(_a.article)
        for found in connection.execute(query):
            if found.first_seen:  # only read again so far: its own sightings are still to come
                one = found.article
                yield _one(found, announced[one], one in dropped, watched[one].every if one in watched else None)
        held = set(
            connection.scalars(select(_a.article).where(_a.outlet == outlet, _a.article.in_(chunk), _a.first_seen != ""))
        )
        yield from (watched[one] for one in chunk if one in watched and one not in held)


def _watched(connection: Connection, outlet: str) -> dict[str, Known]:
    """Articles of the outlet that a person watches, as they are while no list and no capture told of them."""
    w = models.watched.c
    found = connection.execute(select(w.article, w.url, w.since, w.every).where(w.outlet == outlet))
    return {
        row.article: Known(row.article, row.url, Visit(datetime.fromisoformat(row.since)), every=row.every) for row in found
    }


def _one(row: Any, announced: Iterable[Sighting], unlisted: bool, every: float | None) -> Known:
    visit = Visit(
        first_seen=datetime.fromisoformat(row.first_seen),
        last_fetch=when(row.last_fetch),
        published=row.published,
        state=row.state,
        since=when(row.since),
        unconfirmed=when(row.unconfirmed),
        doubt=when(row.doubt),
        failures=row.failures,
        announced=words(announced),
        answered=orjson.loads(row.answered or "{}"),
        seeded=bool(row.seeded),
        looks=row.looks,
        edits=max(0, row.versions - 1),
    )
    previous = Previous(*row[15:22]) if row.previous_record else None
    return Known(row.article, row.url, visit, row.captures, previous, unlisted, every)


def habits(connection: Connection, outlet: str, now: datetime) -> Habits:
    """What the outlet's captures say of its validators, and of what its lists announce."""
    audits = [select(func.sum(_a[name])).where(_a.outlet == outlet, models.some(name, "0")) for name in ("agreed", "lied")]
    agreed, lied = (int(connection.scalar(query) or 0) for query in audits)
    t = models.trial.c
    tried = select(t.word, func.count(), func.sum(t.changed)).where(t.outlet == outlet, t.time >= stamp(now - REMEMBERED))
    found = connection.execute(tried.where(t.word.in_(("sitemap", "text"))).group_by(t.word))
    ignored = frozenset(word for word, many, changed in found if noisy(many - int(changed), many))
    shown = "rest" in had(connection, outlet) and "text" not in ignored
    return Habits(trusted(agreed, lied), ignored, shown)


def expected(connection: Connection, outlet: str) -> int:
    """How many articles the site said it has when it was last asked, -1 when it does not say."""
    c = models.channel_capture.c
    told = select(c.total).where(c.outlet == outlet, models.some("total", "-1")).order_by(c.time.desc()).limit(1)
    found = connection.scalar(told)
    return -1 if found is None else found


def had(connection: Connection, outlet: str) -> tuple[str, ...]:
    """The kinds of list that had articles in the newest run in which any had, sorted."""
    c, before = models.channel_capture.c, models.channel_capture.alias("before").c
    listing = (c.outlet == outlet, c.klass == "channel", c["items"] > 0)
    run = connection.scalar(select(c.run).where(*listing).order_by(c.time.desc()).limit(1))
    if not run:
        return ()
    again = select(before.run).where(before.outlet == outlet, before.url == c.url, before.body == c.body, before["items"] > 0)
    mine = (c.outlet == outlet, c.time >= stamp(keys.run_time(run)), c.run == run, c.klass == "channel")
    found = connection.execute(select(c.channel).where(*mine, (c["items"] > 0) | again.exists()).distinct())
    return tuple(sorted(chain.from_iterable(found)))
