"""Plans: what is due and why, and that nothing waits for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import plan
from archive.capture import Previous
from archive.errors import BadRecord
from archive.outlet import Outlet
from archive.plan import Known, Plan, Task, decide, wait_for, walk_due

NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
OUTLET = Outlet("wadi", "أخبار الوادي", "https://example.org/")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def known(number: int = 1, age: float = DAY, fetched: float | None = HOUR, **more) -> Known:
    """An article first seen `age` seconds ago and fetched `fetched` seconds ago."""
    url = f"https://example.org/{number}"
    return Known(f"{number:032x}", url, ago(age), None if fetched is None else ago(fetched), **{"state": "live", **more})


seconds = st.floats(0, 3 * 365 * DAY)
states = st.sampled_from(["live", "gone", "moved", "elsewhere", "not-article", "blocked", "broken", "new"])


# wait_for


@pytest.mark.parametrize(("failures", "times"), [(0, 1), (1, 2), (2, 4), (5, 32)])
def test_captures_that_told_nothing_double_the_wait(failures: int, times: int) -> None:
    assert wait_for(known(age=2 * HOUR, state="live", failures=failures), OUTLET) == times * OUTLET.revisit_after


@given(seconds, seconds, st.integers(0, 40), states)
def test_an_older_article_never_waits_less(one: float, other: float, failures: int, state: str) -> None:
    young, old = (known(age=age + HOUR, state=state, failures=failures) for age in sorted((one, other)))
    assert wait_for(young, OUTLET) <= wait_for(old, OUTLET)


@given(seconds, st.integers(0, 40), st.integers(0, 40), states)
def test_more_failures_never_wait_less(age: float, one: int, other: int, state: str) -> None:
    few, many = (known(age=age + HOUR, state=state, failures=n) for n in sorted((max(1, one), max(1, other))))
    assert wait_for(few, OUTLET) <= wait_for(many, OUTLET)


@given(seconds, st.integers(0, 60), states, st.floats(0, 30 * DAY), st.floats(0, 2), st.floats(0, 90 * DAY))
def test_the_wait_is_never_negative_and_never_over_the_limit(
    age: float, failures: int, state: str, after: float, growth: float, limit: float
) -> None:
    outlet = replace(OUTLET, revisit_after=after, revisit_growth=growth, revisit_limit=limit)
    wait = wait_for(known(age=age, state=state, failures=failures), outlet)
    assert 0 <= wait <= max(after, limit, plan.UNREAD_LIMIT)
    if not failures:
        assert wait >= min(after, wait_for(known(age=0, state=state), outlet) or after)


@given(st.floats(0, 10 * DAY), st.integers(0, 40), st.integers(0, 40))
def test_an_absence_is_looked_at_when_it_can_be_confirmed_and_then_ever_more_seldom(since: float, one: int, other: int) -> None:
    first = known(fetched=0, unconfirmed=ago(0))
    assert wait_for(first, OUTLET) == OUTLET.gone_after
    later = known(age=40 * DAY, fetched=0, unconfirmed=ago(OUTLET.gone_after + since))
    few, many = (wait_for(replace(later, failures=n), OUTLET) for n in sorted((one, other)))
    assert OUTLET.revisit_after <= few <= many


def test_the_wait_follows_the_age() -> None:
    assert wait_for(known(fetched=None), OUTLET) == 0
    assert wait_for(known(age=2 * HOUR, fetched=HOUR), OUTLET) == HOUR
    assert wait_for(known(age=41 * DAY, fetched=DAY), OUTLET) == 10 * DAY
    assert wait_for(known(age=4 * 365 * DAY, fetched=0), OUTLET) == OUTLET.revisit_limit
    assert wait_for(known(age=DAY, fetched=0, published=ago(40 * DAY).isoformat()), OUTLET) == 10 * DAY


@pytest.mark.parametrize("published", ["", "yesterday", "2026-11-01T10:00:00", "2031-01-01T00:00:00+00:00"])
def test_a_date_that_cannot_be_is_not_believed(published: str) -> None:
    """No date, none at all, one without offset, one of the future: the first sighting stands for it."""
    assert wait_for(known(age=40 * DAY, fetched=0, published=published), OUTLET) == 10 * DAY


# decide

some = st.builds(
    lambda number, age, fetched, failures, absent, state: known(
        number,
        age=age + (fetched or 0),
        fetched=fetched,
        failures=failures,
        state=state,
        unconfirmed=ago(absent) if absent is not None and fetched is not None and absent >= fetched else None,
    ),
    st.integers(1, 10**6),
    seconds,
    st.none() | st.floats(0, 40 * DAY),
    st.integers(0, 9),
    st.none() | st.floats(0, 40 * DAY),
    states,
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
        if one.last_fetch is None or (NOW - one.last_fetch).total_seconds() >= wait_for(one, OUTLET)
    }
    assert set(planned) == due
    assert {task.article for task in backlog} == {one.article for one in articles if one.last_fetch is None}
    assert decide(OUTLET, articles[::-1], NOW) == (revisits, backlog)
    assert len(sum(decide(OUTLET, articles, NOW, everything=True), ())) == len(articles)


@settings(max_examples=60, deadline=None)
@given(many.filter(bool), st.integers(1, 4), st.floats(60, 2 * HOUR), st.floats(0, DAY))
def test_nothing_starves(articles: list[Known], room: int, interval: float, after: float) -> None:
    """Runs that manage only `room` revisits each, of a site that never answers better: what is due is still reached,
    at the latest when everything else has had its turn once."""
    outlet = replace(OUTLET, revisit_after=after)
    now, held = NOW, {one.article: replace(one, last_fetch=one.last_fetch or ago(0)) for one in articles}
    waiting: dict[str, int] = {}
    for _ in range(3 * len(held) // room + 3):
        revisits, _ = decide(outlet, list(held.values()), now)
        for task in revisits:
            waiting[task.article] = waiting.get(task.article, 0) + 1
        # twice: what waits to be confirmed goes first, once
        assert all(rounds <= 2 * -(-len(held) // room) for rounds in waiting.values()), waiting
        for task in revisits[:room]:
            held[task.article] = replace(held[task.article], last_fetch=now)
            waiting.pop(task.article)
        now += timedelta(seconds=interval)


def test_what_can_be_confirmed_comes_first_then_the_most_overdue_and_the_newest_of_the_backlog() -> None:
    articles = [
        known(1, age=2 * HOUR, fetched=1.5 * HOUR),
        known(2, age=DAY, fetched=20 * HOUR),
        known(3, age=DAY, fetched=OUTLET.gone_after, unconfirmed=ago(OUTLET.gone_after)),
        known(4, age=9 * DAY, fetched=8 * DAY, failures=1),
        known(5, fetched=None, published="2026-11-20T00:00:00+00:00"),
        known(6, fetched=None, published="2026-11-21T00:00:00+00:00"),
    ]
    revisits, backlog = decide(OUTLET, articles, NOW)
    assert [(int(task.article, 16), task.why) for task in revisits] == [
        (3, "confirm"),
        (4, "retry"),
        (2, "revisit"),
        (1, "revisit"),
    ]
    assert [(int(task.article, 16), task.why) for task in backlog] == [(6, "backlog"), (5, "backlog")]


def test_a_plan_is_at_most_twice_what_the_budget_allows() -> None:
    outlet = replace(OUTLET, delay=5.0, budget=50.0)
    revisits, backlog = decide(outlet, [known(n, fetched=DAY * n) for n in range(1, 40)], NOW)
    assert (len(revisits), len(backlog)) == (20, 0)
    assert len(decide(outlet, [known(n, fetched=None) for n in range(1, 40)], NOW)[1]) == 20


# walks, and plans as objects


@given(st.floats(0, 30 * DAY), st.booleans())
def test_a_walk_begins_when_its_time_has_come_and_an_open_one_goes_on(age: float, complete: bool) -> None:
    due = walk_due(ago(age).isoformat(), complete, NOW, DAY)
    assert due == (age >= (DAY if complete else 10 * DAY))
    assert walk_due("", complete, NOW, DAY)


PREVIOUS = Previous("https://example.org/1", "2026-11-21T00:00:00.000000Z", "urn:uuid:1", "sha256:aa", "sha256:bb")
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
