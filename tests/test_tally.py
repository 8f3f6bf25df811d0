"""Counts by day: what a count of everything gives, after folds, withheld articles and updates of older catalogs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event as listened
from sqlalchemy import select
from starlette.testclient import TestClient

from archive.acts import Act
from archive.acts import key as act_key
from archive.catalog import Catalog, models, waiting
from archive.catalog.derive import stamp
from archive.catalog.rows import DayRow
from archive.web import app
from archive.web.desk import Desk
from archive.web.house import Open
from archive.web.today import heat
from tests.histories import START, at, content, line
from tests.test_catalog import OUTLET, announce, catalog, either, item, key, on_postgres, picture, postgres, story, url  # noqa: F401


@pytest.fixture
def told(either: Catalog) -> Catalog:  # noqa: F811
    for one in story():
        either.apply(*one, OUTLET)
    later = [
        announce(40, item(31, published=at(39.9))),
        content(40, "x", url=url(31)),
        line(41, "blocked", url(32)),
        picture(41),
    ]
    either.note_latency(OUTLET.name, either.apply(key(40), later, OUTLET), START + timedelta(hours=41))
    return either


def counted(of: Catalog, day: str) -> dict[str, int]:
    """The same from events and captures, one by one."""
    found: Counter[str] = Counter()
    for event in of.events():
        if event.time[:10] == day:
            found["edits"] += not {"headline", "body"}.isdisjoint(event.kinds)
            for kind in ("new", "gone", "returned", "moved"):
                found[kind] += kind in event.kinds
            found["spelling"] += "orthographic" in event.kinds
    for article in of.articles():
        for capture in of.history(article.article).captures:
            if capture.time[:10] == day:
                found["captures"] += 1
                named = capture.klass.replace("-", "_")
                found[named if named in ("content", "blocked", "broken", "not_modified") else "other"] += 1
    return found


def test_days_count_what_is_there(told: Catalog) -> None:
    days = told.days()
    assert [(row.outlet, row.day) for row in days] == sorted({(row.outlet, row.day) for row in days})
    assert {row.day for row in days} >= {event.time[:10] for event in told.events()}
    for row in days:
        _same(row, counted(told, row.day))
    assert sum(row.captures for row in days) == told.outlets()[0].captures
    assert sum(row.channels for row in days) > 0
    assert told.days(days[-1].day) == days[-1:]
    assert told.days(outlet="other") == []
    assert told.days(outlet=OUTLET.name) == days


def test_withheld_articles_are_taken_off(told: Catalog) -> None:
    before = told.days()
    hidden = [told.article(url(n)).article for n in (1, 3)]
    made = [Act("restrict", at(99 + n), "amal", "a court", article=one) for n, one in enumerate(hidden)]
    told.note_acts({act_key(one): one for one in made})
    after = told.days()
    assert after != before
    for row in after:
        _same(row, counted(told, row.day))
    assert told.with_withheld().days() == before


def _same(row: DayRow, expected: dict[str, int]) -> None:
    names = (
        "new",
        "edits",
        "spelling",
        "gone",
        "returned",
        "moved",
        "captures",
        "content",
        "blocked",
        "broken",
        "not_modified",
    )
    assert {name: getattr(row, name) for name in (*names, "other")} == {name: expected[name] for name in (*names, "other")}


def test_a_record_that_two_lines_name_is_counted_once(either: Catalog) -> None:  # noqa: F811
    one = content(1, "a", url=url(1))
    reached = line(1, "elsewhere", url(2), record=one.record, length=one.length)
    either.apply(key(1), [one, reached, content(2, "b", url=url(1))], OUTLET)
    (row,) = either.days()
    assert (row.captures, row.requests, row.bytes) == (3, 2, 2 * one.length)


def test_what_waits(told: Catalog) -> None:
    now = START + timedelta(hours=41)
    rows = {row.why: (row.due, row.later) for row in told.waiting(now)}
    known = told.known(OUTLET.name)
    assert rows["backlog"] == (sum(one.visit.last_fetch is None for one in known), 0) != (0, 0)
    assert sum(due + later for due, later in rows.values()) <= 2 * len(known)
    later = {row.why: row.due for row in told.waiting(now + timedelta(days=400))}
    assert later["revisit"] > rows.get("revisit", (0, 0))[0]


def test_delays(told: Catalog) -> None:
    (row,) = told.delays()
    (one,) = [found for found in told.latencies() if found.kind == "published" and found.site]
    assert (row.outlet, row.n, row.p50, row.p90) == (OUTLET.name, 1, one.seconds, one.seconds)
    assert told.delays(since=f"{datetime.fromisoformat(one.time) + timedelta(days=1):%Y-%m-%d}") == []


def test_what_is_stored(told: Catalog) -> None:
    rows = {row.what: row for row in told.stored()}
    assert rows["warc"].objects == len(story()) + 1
    assert rows["warc"].bytes == sum(row.bytes for row in told.days()) == sum(rows[w].bytes for w in rows if w != "warc") > 0
    assert sum(rows[what].objects for what in rows if what != "warc") == sum(row.requests for row in told.days())


def test_an_outage_is_no_day_of_captures(either: Catalog) -> None:  # noqa: F811
    """Lists that are refused obtain nothing, and a robots.txt that answers beside them lists nothing."""
    lists = [
        announce(hour, klass=klass, channel=channel, url=f"https://example.com/{channel}")
        for hour, klass, channel in (
            (1, "channel", "rest"),
            (49, "blocked", "rest"),
            (50, "gone", "feed"),
            (50, "channel", "robots"),
        )
    ]
    either.apply(key(50), [*lists, line(49, "blocked", url(1))], OUTLET)
    before, outage = either.days()
    assert (before.channels, before.lists_failed, before.aside) == (1, 0, 0)
    assert (outage.channels, outage.lists_failed, outage.aside, outage.blocked) == (0, 2, 1, 1)
    assert either.first_days() == {OUTLET.name: before.day}
    kinds = [one.kind for one in heat({one.day: one for one in either.days()}, [before.day, outage.day, "2099-01-01"])]
    assert kinds == ["seen", "hole", "before"]


def test_withheld_articles_do_not_wait(told: Catalog) -> None:
    for now in (START + timedelta(hours=41), START + timedelta(days=400)):
        all_of = {(row.why, due): n for row in told.waiting(now) for due, n in (("due", row.due), ("later", row.later)) if n}
        assert all_of == by_hand(told, now, set())
    hidden = set(told.article_ids(OUTLET.name, "", 1000)[::2])
    made = [Act("restrict", at(99), "amal", "a court", article=one) for one in hidden]
    told.note_acts({act_key(one): one for one in made})
    shown = {(row.why, due): n for row in told.waiting(now) for due, n in (("due", row.due), ("later", row.later)) if n}
    assert shown == by_hand(told, now, hidden) != all_of
    assert told.with_withheld().waiting(now) != told.waiting(now)


def test_what_lists_announce_is_counted_from_two_days_of_an_index(catalog: Catalog) -> None:  # noqa: F811
    said: list[tuple[str, object]] = []
    catalog.apply(key(1), [announce(1, item(1))], OUTLET)
    with catalog._database.read() as connection:
        listened.listen(connection, "before_cursor_execute", lambda c, k, sql, given, *_: said.append((sql, given)))
        waiting.waiting(connection, START)
        sql, given = said[0]
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]  # type: ignore[arg-type]
    steps = [step for step in plan if "article_news" in step]
    assert len(steps) == 2, plan
    assert all("news=? AND news_due>? AND news_due<?" in step for step in steps), plan


def by_hand(of: Catalog, now: datetime, without: set[str]) -> dict[tuple[str, str], int]:
    """From every article's row."""
    found: Counter[tuple[str, str]] = Counter()
    a, soon = models.article.c, now + timedelta(hours=24)
    with of._database.read() as connection:
        rows = connection.execute(select(a.article, a.last_fetch, a.why, a.due, a.news, a.news_due)).all()
    for article, last_fetch, why, due, news, news_due in rows:
        times = {why: due} if why in ("confirm", "retry", "revisit") and due else {}
        times |= {"announced": news_due} if news else {}
        for reason, time in times.items() if article not in without else ():
            if time <= stamp(soon):
                found[reason, "due" if time <= stamp(now) else "later"] += 1
        found["backlog", "due"] += article not in without and not last_fetch
    return dict(+found)


def test_what_the_pages_ask_is_a_handful_of_questions_however_many_outlets(either: Catalog) -> None:  # noqa: F811
    asked: list[str] = []
    listener = lambda *given: None if given[2].startswith(("BEGIN", "PRAGMA")) else asked.append(given[2])  # noqa: E731
    listened.listen(either._database.engine, "before_cursor_execute", listener)
    desk = Desk(either, lambda: None, now=lambda: START + timedelta(hours=9))  # type: ignore[arg-type,return-value]
    pages = TestClient(app.create(lambda: desk, Open()), base_url="http://h")
    counts: list[dict[str, int]] = []
    for many in (1, 9):
        for n in range(many):
            outlet = replace(OUTLET, name=f"paper_{many}_{n}")
            lines = [content(n, "a", url=url(n), outlet=outlet.name), line(n + 1, "blocked", url(n), outlet=outlet.name)]
            either.apply(key(n).replace("/example/", f"/{outlet.name}/"), lines, outlet)
        counts.append({})
        for path in ("/", "/card.json", "/health", "/changes", "/changes?kind=new"):
            asked.clear()
            assert pages.get(path).status_code == 200
            counts[-1][path] = len(asked)
    assert len(either.outlets()) == 10
    assert counts[0] == counts[1]
    assert counts[1] == {path: n for path, n in counts[1].items() if n <= 18}, "each a walk to the end of an index"
