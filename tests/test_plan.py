"""Plans: what is due and why, and that nothing waits for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import plan
from archive.capture import Previous
from archive.errors import BadRecord
from archive.outlet import Outlet
from archive.plan import NOTHING, Habits, Known, Plan, Task, decide, looks, walk_due
from archive.schedule import Visit, next_visit

NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
OUTLET = Outlet("wadi", "أخبار الوادي", "https://example.org/", revisit_after=HOUR, revisit_growth=0.25)
PREVIOUS = Previous("https://example.org/1", "2026-11-21T00:00:00.000000Z", "urn:uuid:1", "sha256:aa", "sha256:bb", '"v1"')


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def known(
    number: int = 1, age: float = DAY, fetched: float | None = HOUR, *, of: dict[str, Any] | None = None, **more
) -> Known:
    """An article first seen `age` seconds ago and fetched `fetched` seconds ago; `of`: other fields of Known."""
    url = f"https://example.org/{number}"
    visit = Visit(ago(age), None if fetched is None else ago(fetched), **{"state": "live", **more})
    return Known(f"{number:032x}", url, visit, **(of or {}))


def number(task: Task) -> int:
    return int(task.article, 16)


seconds = st.floats(0, 3 * 365 * DAY)
states = st.sampled_from(["live", "edited", "gone", "elsewhere", "not-article", "blocked", "broken", "new"])
words = st.dictionaries(st.sampled_from(["rest", "sitemap", "text"]), st.sampled_from(["2026-11-22T01:00:00+00:00", "b", "c"]))
some = st.builds(
    lambda number, age, fetched, failures, absent, state, announced, answered, unlisted: known(
        number,
        age=age + (fetched or 0),
        fetched=fetched,
        failures=failures,
        state=state,
        unconfirmed=ago(absent) if absent is not None and fetched is not None and absent >= fetched else None,
        announced=announced,
        answered=answered,
        of={"unlisted": unlisted},
    ),
    st.integers(1, 10**6),
    seconds,
    st.none() | st.floats(0, 40 * DAY),
    st.integers(0, 9),
    st.none() | st.floats(0, 40 * DAY),
    states,
    words,
    words,
    st.booleans(),
)
many = st.lists(some, max_size=25, unique_by=lambda one: one.article)


@given(many)
def test_everything_due_is_planned_once_and_nothing_else(articles: list[Known]) -> None:
    revisits, backlog = decide(OUTLET, articles, NOW)
    planned = [task.article for task in (*revisits, *backlog)]
    assert len(planned) == len(set(planned))
    due = {
        one.article
        for one in articles
        if one.visit.last_fetch is None or one.unlisted or ((when := next_visit(one.visit, OUTLET)[0]) and when <= NOW)
    }
    absent = {one.article for one in articles if one.unlisted and one.visit.unconfirmed}  # is to be confirmed, at its time
    assert set(planned) - absent == due - absent
    assert {task.article for task in backlog} == {one.article for one in articles if one.visit.last_fetch is None}
    assert decide(OUTLET, articles[::-1], NOW) == (revisits, backlog)
    assert len(sum(decide(OUTLET, articles, NOW, everything=True), ())) == len(articles)


@settings(max_examples=60, deadline=None)
@given(many.filter(bool), st.integers(1, 4), st.floats(60, 2 * HOUR), st.floats(0, DAY))
def test_nothing_starves(articles: list[Known], room: int, interval: float, after: float) -> None:
    """Runs that manage only `room` revisits each, of a site that never answers better: what is due is still reached,
    at the latest when everything else has had its turn once."""
    outlet = replace(OUTLET, revisit_after=after)
    now, held = NOW, {one.article: asked(one, one.visit.last_fetch or ago(0)) for one in articles}
    waiting: dict[str, int] = {}
    for _ in range(3 * len(held) // room + 3):
        revisits, _ = decide(outlet, list(held.values()), now)
        for task in revisits:
            waiting[task.article] = waiting.get(task.article, 0) + 1
        # twice: what one look decides and what lists announce goes first, once
        assert all(rounds <= 2 * -(-len(held) // room) for rounds in waiting.values()), waiting
        for task in revisits[:room]:
            one = held[task.article]
            held[task.article] = replace(asked(one, now, one.visit.failures + 1), unlisted=False)
            waiting.pop(task.article)
        now += timedelta(seconds=interval)


def asked(one: Known, when: datetime, failures: int | None = None) -> Known:
    return replace(
        one, visit=replace(one.visit, last_fetch=when, failures=one.visit.failures if failures is None else failures)
    )


def test_what_one_look_decides_comes_first_then_what_lists_announce_then_the_longest_overdue() -> None:
    told = {"answered": {"rest": "2026-11-20T00:00:00+00:00", "text": "a"}}
    articles = [
        known(1, age=2 * HOUR, fetched=1.5 * HOUR),
        known(2, age=DAY, fetched=20 * HOUR),
        known(3, age=DAY, fetched=OUTLET.gone_after, unconfirmed=ago(OUTLET.gone_after)),
        known(4, age=9 * DAY, fetched=8 * DAY, failures=1),
        known(5, fetched=None, published="2026-11-20T00:00:00+00:00"),
        known(6, fetched=None, published="2026-11-21T00:00:00+03:00"),
        known(7, fetched=60, announced={"rest": "2026-11-22T01:11:30+00:00"}, **told),
        known(8, fetched=90, announced={"rest": told["answered"]["rest"], "text": "b"}, **told),
        known(9, fetched=DAY, of={"unlisted": True}),
        known(10, age=DAY, fetched=6 * HOUR, doubt=ago(6 * HOUR)),
        known(11, age=400 * DAY, fetched=2 * HOUR, of={"every": HOUR}),
        known(12, fetched=HOUR, state="moved"),
    ]
    revisits, backlog = decide(OUTLET, articles, NOW)
    assert [(number(task), task.why) for task in revisits] == [
        (10, "confirm"),
        (11, "watch"),
        (3, "confirm"),
        (9, "unlisted"),
        (8, "text"),
        (7, "modified"),
        (4, "retry"),
        (2, "revisit"),
        (1, "revisit"),
    ]
    assert [(number(task), task.why) for task in backlog] == [(6, "backlog"), (5, "backlog")]


def test_a_task_says_what_its_capture_will_answer() -> None:
    announced = {"rest": "2026-11-22T01:11:30+00:00", "text": "b"}
    (task,), _ = decide(OUTLET, [known(fetched=60, announced=announced, answered={"text": "a"})], NOW)
    assert (task.why, task.announced) == ("modified", announced)


def test_words_that_are_no_sign_of_an_edit_here_make_nothing_due() -> None:
    noisy = known(fetched=60, announced={"text": "b", "sitemap": "2026-11-22T01:11:30+00:00"}, answered={"text": "a"})
    assert [task.why for task in decide(OUTLET, [noisy], NOW)[0]] == ["modified"]
    assert [task.why for task in decide(OUTLET, [noisy], NOW, habits=Habits(ignored=frozenset({"sitemap"})))[0]] == ["text"]
    assert decide(OUTLET, [noisy], NOW, habits=Habits(ignored=frozenset({"sitemap", "text"})))[0] == ()


def test_an_article_whose_text_a_list_shows_waits_longer_as_long_as_the_list_is_to_be_believed() -> None:
    one = [known(age=40 * DAY, fetched=15 * DAY, announced={"text": "a"}, answered={"text": "a"})]
    assert len(decide(OUTLET, one, NOW)[0]) == 1
    assert decide(OUTLET, one, NOW, habits=Habits(shown=True))[0] == ()


def test_validators_that_are_trusted_are_sent_and_audited_at_every_fifth_look() -> None:
    articles = [known(n, fetched=DAY * 3, of={"previous": PREVIOUS, "captures": 3}) for n in range(1, 101)]
    articles += [known(200 + n, fetched=8 * DAY, failures=1, of={"previous": PREVIOUS}) for n in range(9)]
    never = [task.conditional for task in decide(OUTLET, articles, NOW)[0]]
    unshown = [task.conditional for task in decide(OUTLET, articles, NOW, habits=Habits(trusted=True))[0]]
    assert not any(never + unshown)  # a lie would show nowhere
    revisits, _ = decide(OUTLET, articles, NOW, habits=Habits(trusted=True, shown=True))
    by_why = {why: {task.conditional for task in revisits if task.why == why} for why in ("revisit", "audit", "retry")}
    assert by_why == {"revisit": {True}, "audit": {False}, "retry": {False}}
    assert sum(task.why == "audit" for task in revisits) == 20
    looks = [
        decide(
            OUTLET,
            [known(7, fetched=DAY * 3, of={"previous": PREVIOUS, "captures": n})],
            NOW,
            habits=Habits(trusted=True, shown=True),
        )
        for n in range(10)
    ]
    assert sum(task.why == "audit" for revisits, _ in looks for task in revisits) == 2


def test_where_no_list_shows_texts_the_time_left_over_looks_at_every_article_least_lately_first() -> None:
    outlet = replace(OUTLET, look_every=2 * DAY, delay=5.0, budget=60.0)
    articles = [known(n, age=400 * DAY, fetched=n * DAY, of={"previous": PREVIOUS}) for n in range(1, 9)]
    articles += [known(20, age=400 * DAY, fetched=30 * DAY, state="gone"), known(21, fetched=None)]
    planned = [Task(articles[7].url, "revisit", articles[7].article)]
    found = looks(articles, planned, NOW, outlet, NOTHING)
    assert [(number(task), task.why, task.conditional) for task in found] == [(n, "look", False) for n in (7, 6, 5)]
    assert looks(articles, planned, NOW, outlet, Habits(shown=True)) == ()
    assert looks(articles, planned, NOW, replace(outlet, look_every=0.0), NOTHING) == ()
    assert [number(task) for task in looks(articles, [], NOW, replace(outlet, delay=0.0), NOTHING)] == [8, 7, 6, 5, 4, 3, 2]
    assert not any(task.conditional for task in looks(articles, [], NOW, outlet, Habits(trusted=True)))


def test_a_plan_is_at_most_twice_what_the_budget_allows() -> None:
    outlet = replace(OUTLET, delay=5.0, budget=50.0)
    revisits, backlog = decide(outlet, [known(n, fetched=DAY * n) for n in range(1, 40)], NOW)
    assert (len(revisits), len(backlog)) == (20, 0)
    assert len(decide(outlet, [known(n, fetched=None) for n in range(1, 40)], NOW)[1]) == 20


def test_revisits_leave_a_quarter_of_the_time_to_the_back_catalogue() -> None:
    """After an outage everything is overdue at once: articles that nobody has read yet still come in, the newest first."""
    outlet = replace(OUTLET, delay=5.0, budget=100.0)
    overdue = [known(n, fetched=DAY * n) for n in range(1, 90)]
    fresh = [known(100 + n, age=n * HOUR, fetched=None) for n in range(1, 90)]
    revisits, backlog = decide(outlet, overdue + fresh, NOW)
    assert len(revisits) == 15
    assert [number(task) for task in revisits[:3]] == [89, 88, 87]
    assert [number(task) for task in backlog[:3]] == [101, 102, 103]


def test_revisits_and_looks_leave_a_quarter_of_the_time_to_a_walk_as_well() -> None:
    """Pages of a walk come after revisits: a site with more of these than its budget allows would never be walked through."""
    outlet = replace(OUTLET, delay=5.0, budget=100.0)
    overdue = [known(n, age=900 * DAY, fetched=DAY * (n + 10)) for n in range(1, 90)]
    assert len(decide(outlet, overdue, NOW)[0]) == 40
    revisits, _ = decide(outlet, overdue, NOW, kept=True)
    assert len(revisits) == 15
    assert looks(overdue, revisits, NOW, outlet, NOTHING, kept=True) == ()
    assert len(looks(overdue, revisits[:12], NOW, outlet, NOTHING, kept=True)) == 3
    assert len(looks(overdue, revisits[:2], NOW, outlet, NOTHING, kept=True)) == 5


@pytest.mark.parametrize("published", ["", "yesterday", "2026-11-01T10:00:00", "0001-01-01T00:00:00+14:00"])
def test_a_back_catalogue_with_strange_dates_is_planned_all_the_same(published: str) -> None:
    _, backlog = decide(OUTLET, [known(1, age=HOUR, fetched=None, published=published), known(2, age=DAY, fetched=None)], NOW)
    assert len(backlog) == 2


# walks, and plans as objects


@given(st.floats(0, 30 * DAY), st.booleans())
def test_a_walk_begins_when_its_time_has_come_and_an_open_one_goes_on(age: float, complete: bool) -> None:
    due = walk_due(ago(age).isoformat(), complete, NOW, DAY)
    assert due == (age >= (DAY if complete else 10 * DAY))
    assert walk_due("", complete, NOW, DAY)


PLAN = Plan(
    run="20261122T011200Z-3fa9c1b2d4e5",
    outlet="wadi",
    walk=True,
    walk_since="2026-11-22T01:12:00+00:00",
    walked=("https://example.org/feed/?paged=2",),
    channels={"https://example.org/feed/": PREVIOUS},
    revisits=(Task("https://example.org/خبر", "revisit", "a" * 32, "", PREVIOUS),),
    backlog=(Task("https://example.org/2", "backlog"),),
)


def test_a_plan_comes_back_as_it_was_stored_and_its_bytes_are_always_the_same() -> None:
    assert plan.load(plan.dump(PLAN)) == PLAN
    assert plan.dump(PLAN) == plan.dump(plan.load(plan.dump(PLAN)))


@pytest.mark.parametrize("data", [b"", b"not gzip", plan.dump(PLAN)[:-20]])
def test_what_is_no_plan_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecord, match="not a plan"):
        plan.load(data)


def test_a_plan_of_a_later_format_is_refused_with_the_remedy() -> None:
    import gzip

    later = gzip.compress(gzip.decompress(plan.dump(PLAN)).replace(b'"v":1', b'"v":2'))
    with pytest.raises(BadRecord, match="upgrade Warraq"):
        plan.load(later)
