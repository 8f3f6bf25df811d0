"""When an article is looked at again: waits, reasons, and what is believed of a site."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import schedule
from archive.outlet import Outlet
from archive.schedule import Visit, backoff, next_visit, noisy, sitemap_true, trusted, unanswered, wait_for

NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
HOUR, DAY = 3600.0, 86_400.0
OUTLET = Outlet("wadi", "أخبار الوادي", "https://example.org/")
STATES = ("live", "edited", "returned", "gone", "moved", "elsewhere", "not-article", "blocked", "paywalled", "broken", "new")


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def visit(age: float = DAY, fetched: float | None = HOUR, **more) -> Visit:
    """An article first seen `age` seconds ago and fetched `fetched` seconds ago."""
    return Visit(ago(age), None if fetched is None else ago(fetched), **{"state": "live", **more})


seconds = st.floats(0, 3 * 365 * DAY)
states = st.sampled_from(STATES)
counts = st.integers(0, 40)


# wait_for


def test_an_article_never_fetched_does_not_wait() -> None:
    assert wait_for(visit(fetched=None), OUTLET) == 0


def test_the_wait_follows_the_age() -> None:
    assert wait_for(visit(age=1.5 * HOUR, fetched=HOUR), OUTLET) == HOUR
    assert wait_for(visit(age=11 * DAY, fetched=DAY), OUTLET) == 10 * DAY
    assert wait_for(visit(age=4 * 365 * DAY, fetched=0), OUTLET) == OUTLET.revisit_limit
    assert wait_for(visit(age=DAY, fetched=0, published=ago(10 * DAY).isoformat()), OUTLET) == 10 * DAY


@pytest.mark.parametrize("published", ["", "yesterday", "2026-11-01T10:00:00", "2031-01-01T00:00:00+00:00"])
def test_a_date_that_cannot_be_is_not_believed(published: str) -> None:
    """No date, none at all, one without offset, one of the future: the first sighting stands for it."""
    assert wait_for(visit(age=10 * DAY, fetched=0, published=published), OUTLET) == 10 * DAY


@pytest.mark.parametrize(("failures", "times"), [(0, 1), (1, 2), (2, 4), (5, 32)])
def test_captures_that_told_nothing_double_the_wait(failures: int, times: int) -> None:
    assert wait_for(visit(age=1.5 * HOUR, failures=failures), OUTLET) == times * OUTLET.revisit_after


def test_an_article_that_nobody_has_read_is_tried_soon_however_old_it_is_and_then_ever_more_seldom() -> None:
    waits = [wait_for(visit(age=900 * DAY, fetched=0, state="broken", failures=n), OUTLET) for n in range(1, 30)]
    assert waits[:3] == [900.0, 1800.0, 3600.0]
    assert max(waits) == schedule.UNREAD_LIMIT
    assert waits == sorted(waits)


@given(seconds, seconds, counts, states, counts, st.integers(0, 40))
def test_an_older_article_never_waits_less(one: float, other: float, failures: int, state: str, looks: int, edits: int) -> None:
    young, old = (
        visit(age=age + HOUR, state=state, failures=failures, looks=max(looks, edits), edits=edits)
        for age in sorted((one, other))
    )
    assert wait_for(young, OUTLET) <= wait_for(old, OUTLET)


@given(seconds, counts, counts, states)
def test_more_failures_never_wait_less(age: float, one: int, other: int, state: str) -> None:
    few, many = (visit(age=age + HOUR, state=state, failures=n) for n in sorted((max(1, one), max(1, other))))
    assert wait_for(few, OUTLET) <= wait_for(many, OUTLET)


@given(seconds, st.integers(0, 40), counts, states, st.booleans())
def test_an_article_that_was_edited_more_often_is_never_looked_at_later(
    age: float, looks: int, edits: int, state: str, shown: bool
) -> None:
    edits = min(edits, looks)
    often = visit(age=age + HOUR, state=state, looks=looks, edits=edits, shown=shown)
    assert wait_for(often, OUTLET) <= wait_for(replace(often, edits=0), OUTLET)
    assert wait_for(replace(often, edits=0), OUTLET) <= wait_for(replace(often, looks=looks + 1, edits=0), OUTLET)


@given(
    seconds,
    counts,
    states,
    st.floats(0, 30 * DAY),
    st.floats(0, 4),
    st.floats(0, 90 * DAY),
    st.booleans(),
    st.booleans(),
    counts,
)
def test_the_wait_is_never_negative_and_never_over_the_limit(
    age: float, failures: int, state: str, after: float, growth: float, limit: float, watched: bool, shown: bool, looks: int
) -> None:
    outlet = replace(OUTLET, revisit_after=after, revisit_growth=growth, revisit_limit=limit)
    known = visit(age=age, fetched=0, state=state, failures=failures, watched=watched, shown=shown, looks=looks)
    assert 0 <= wait_for(known, outlet) <= max(after, limit, schedule.UNREAD_LIMIT)
    if not failures:
        assert wait_for(known, outlet) >= (after / 2 if watched else after)


@pytest.mark.parametrize("more", [{"watched": True}, {"seeded": True}, {"watched": True, "seeded": True}])
def test_what_is_watched_or_linked_from_a_seed_waits_half_as_long(more: dict[str, bool]) -> None:
    known = visit(age=10 * DAY, fetched=0)
    assert wait_for(replace(known, **more), OUTLET) == wait_for(known, OUTLET) / 2


def test_an_article_whose_text_a_list_shows_costs_four_page_fetches_in_its_first_week_and_any_other_seven() -> None:
    def fetches(shown: bool) -> int:
        ages = [0.0]
        while ages[-1] <= 7 * DAY:
            known = visit(age=ages[-1], fetched=0, looks=len(ages) - 1, shown=shown)
            ages.append(ages[-1] + wait_for(known, OUTLET))
        return len(ages) - 1

    assert fetches(shown=True) <= 3  # and one to spare for what lists announce
    assert 4 <= fetches(shown=False) <= 7


def test_whoever_watches_an_article_trusts_no_list() -> None:
    known = visit(age=DAY, fetched=0, watched=True)
    assert wait_for(replace(known, shown=True), OUTLET) == wait_for(known, OUTLET)


# absences and doubts


@given(st.floats(0, 10 * DAY), counts, counts)
def test_an_absence_is_looked_at_when_it_can_be_confirmed_and_then_ever_more_seldom(since: float, one: int, other: int) -> None:
    first = visit(fetched=0, unconfirmed=ago(0))
    assert wait_for(first, OUTLET) == OUTLET.gone_after
    assert next_visit(first, OUTLET) == (NOW + timedelta(seconds=OUTLET.gone_after), "confirm")
    later = visit(age=40 * DAY, fetched=0, unconfirmed=ago(OUTLET.gone_after + since))
    few, many = (wait_for(replace(later, failures=n), OUTLET) for n in sorted((one, other)))
    assert OUTLET.revisit_after <= few <= many


def test_an_absence_whose_confirmation_fell_into_an_outage_is_looked_at_again_soon() -> None:
    """Three attempts of one run failed: that is one outage, and no reason to wait for two days (seen in the week)."""
    missed = visit(age=40 * DAY, fetched=0, unconfirmed=ago(6 * HOUR), failures=3)
    assert wait_for(missed, OUTLET) == OUTLET.revisit_after
    assert wait_for(replace(missed, failures=6), OUTLET) == 8 * OUTLET.revisit_after


def test_an_absence_that_was_looked_at_too_early_still_waits_for_its_time_and_no_longer() -> None:
    early = visit(fetched=HOUR, unconfirmed=ago(2 * HOUR))
    assert next_visit(early, OUTLET)[0] == ago(2 * HOUR) + timedelta(seconds=OUTLET.gone_after)


def test_damaged_content_is_looked_at_again_soon_and_then_ever_more_seldom() -> None:
    at, why = next_visit(visit(age=HOUR, fetched=0, doubt=NOW), OUTLET)
    assert (at, why) == (NOW + timedelta(seconds=OUTLET.revisit_after / 4), "confirm")
    waits = [wait_for(visit(age=900 * DAY, fetched=0, doubt=ago(n * HOUR)), OUTLET) for n in (1, 20, 100, 1000)]
    assert waits == [30 * DAY / 64, 20 * HOUR, 100 * HOUR, schedule.UNREAD_LIMIT]


def test_a_page_that_is_damaged_in_another_way_each_time_is_no_drain() -> None:
    """Each look begins a new doubt, so its age alone can stretch the waits."""
    age, looks = DAY, 0
    while age <= 30 * DAY:
        age += wait_for(visit(age=age, fetched=0, doubt=NOW), OUTLET)
        looks += 1
    assert looks <= 64 * 5


# next_visit


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, "revisit"),
        ({"state": "edited", "seeded": True}, "revisit"),
        ({"failures": 2}, "retry"),
        ({"state": "blocked", "failures": 2}, "retry"),
        ({"watched": True}, "watch"),
        ({"state": "gone"}, "revisit"),
        ({"state": "elsewhere"}, "revisit"),
        ({"unconfirmed": ago(DAY), "announced": {"rest": "b"}, "answered": {"rest": "a"}}, "confirm"),
        ({"doubt": ago(DAY), "watched": True}, "confirm"),
        ({"announced": {"rest": "b"}, "answered": {"rest": "a"}, "watched": True}, "modified"),
        ({"announced": {"text": "b"}, "answered": {"text": "a"}}, "text"),
        ({"announced": {"rest": "b", "text": "b"}, "answered": {"rest": "a", "text": "a"}}, "modified"),
    ],
)
def test_the_reason_is_the_most_urgent_one(more: dict, why: str) -> None:
    at, told = next_visit(visit(**more), OUTLET)
    assert told == why
    assert at is not None


def test_what_was_never_fetched_is_the_backlog_since_it_was_first_seen() -> None:
    assert next_visit(visit(fetched=None, announced={"rest": "2026-11-22T01:00:00Z"}), OUTLET) == (ago(DAY), "backlog")


def test_what_a_list_announces_is_due_at_once_but_not_in_every_run_while_the_page_tells_nothing() -> None:
    told = visit(age=900 * DAY, fetched=10 * DAY, announced={"rest": "b"}, answered={"rest": "a"})
    assert next_visit(told, OUTLET) == (told.last_fetch, "modified")
    waits = [next_visit(replace(told, failures=n), OUTLET)[0] - told.last_fetch for n in (1, 2, 3)]
    assert waits == [timedelta(seconds=900), timedelta(seconds=1800), timedelta(seconds=3600)]


def test_what_moved_is_never_looked_at_under_its_old_address_unless_a_list_names_it_anew() -> None:
    moved = visit(state="moved", announced={"rest": "a"}, answered={"rest": "a"}, failures=1)
    assert next_visit(moved, OUTLET) == (None, "moved")
    assert next_visit(replace(moved, announced={"rest": "b"}), OUTLET)[1] == "modified"


def test_what_is_gone_is_looked_at_soon_then_seldom_and_after_a_year_no_more() -> None:
    def gone(since: float, **more) -> Visit:
        return visit(age=900 * DAY, fetched=0, state="gone", since=ago(since), **more)

    assert [wait_for(gone(days * DAY), OUTLET) / DAY for days in (0.01, 1, 10, 100, 364)] == [1 / 24, 1, 10, 30, 30]
    assert next_visit(gone(366 * DAY), OUTLET) == (None, "gone")
    assert next_visit(gone(366 * DAY, watched=True), OUTLET)[1] == "watch"
    assert next_visit(gone(366 * DAY, announced={"sitemap": "b"}, answered={"sitemap": "a"}), OUTLET)[1] == "modified"


@pytest.mark.parametrize("key", ["revisit_after", "revisit_limit", "gone_after"])
@pytest.mark.parametrize("more", [{}, {"failures": 3}, {"unconfirmed": ago(HOUR)}, {"doubt": ago(HOUR)}, {"state": "blocked"}])
def test_a_wait_beyond_the_calendar_is_a_hundred_years(key: str, more: dict) -> None:
    outlet = replace(OUTLET, **{key: 1e15, "revisit_growth": 1e15})
    at, _ = next_visit(visit(**{"announced": {"sitemap": "b"}, "answered": {"sitemap": "a"}, **more}), outlet)
    assert at is not None
    assert next_visit(visit(state="gone", since=ago(DAY), failures=40), outlet)[0] is not None


@given(seconds, counts, states, st.booleans(), st.booleans())
def test_every_other_article_is_due_some_day_and_never_before_its_last_fetch(
    age: float, failures: int, state: str, watched: bool, shown: bool
) -> None:
    known = visit(age=age + HOUR, state=state, failures=failures, watched=watched, shown=shown)
    at, why = next_visit(known, OUTLET)
    if at is None:
        assert (state, why) in (("moved", "moved"), ("gone", "gone"))
    else:
        assert at == known.last_fetch + timedelta(seconds=wait_for(known, OUTLET)) >= known.last_fetch


# words of lists


@pytest.mark.parametrize(
    ("announced", "answered", "word"),
    [
        ({}, {}, ""),
        ({"rest": "b"}, {"rest": "a"}, "modified"),
        ({"rest": "a"}, {"rest": "b"}, "modified"),  # set back: another word, so something was done
        ({"rest": "a", "sitemap": "b"}, {"rest": "a", "sitemap": "a"}, "modified"),
        ({"rest": "a", "text": "x"}, {"rest": "a", "text": "x"}, ""),
        ({"text": "y"}, {"text": "x"}, "text"),
        ({"text": "y"}, {}, ""),  # the first one says nothing about an edit
        ({"rest": ago(2 * HOUR).isoformat()}, {}, ""),  # before the last fetch
        ({"rest": ago(0).isoformat()}, {}, "modified"),
        ({"sitemap": ago(0).isoformat()}, {"rest": "a"}, "modified"),
        ({"sitemap": "2026-11-22"}, {}, ""),  # a day without a time, never answered
        ({"rest": "", "text": ""}, {"rest": "a", "text": "x"}, ""),  # a list that says nothing contradicts nothing
        ({}, {"rest": "a", "text": "x"}, ""),
    ],
)
def test_a_word_is_news_when_no_capture_has_answered_it(announced: dict, answered: dict, word: str) -> None:
    assert unanswered(visit(announced=announced, answered=answered)) == word


@given(st.dictionaries(st.sampled_from(["rest", "sitemap", "text"]), st.text(max_size=30)))
def test_a_capture_that_carries_the_words_answers_them(words: dict[str, str]) -> None:
    assert unanswered(visit(announced=words, answered=words)) == ""


# the rate of an article, and the habits of a site


def test_looks_that_find_nothing_lengthen_the_wait_and_an_edit_shortens_it() -> None:
    waits = {
        (looks, edits): backoff(DAY, looks, edits, OUTLET) / DAY for looks, edits in ((0, 0), (1, 0), (6, 0), (1, 1), (6, 6))
    }
    assert waits == {(0, 0): 1, (1, 0): 1.5, (6, 0): 4, (1, 1): 0.5, (6, 6): pytest.approx(4 / 13)}


@given(seconds, counts)
def test_an_edit_in_every_look_shortens_the_wait_to_a_quarter_at_most(age: float, looks: int) -> None:
    outlet = replace(OUTLET, revisit_after=0.0, revisit_limit=1e12)
    assert backoff(age, 0, 0, outlet) / 4 <= backoff(age, looks, looks, outlet) <= backoff(age, 0, 0, outlet)


@pytest.mark.parametrize(
    ("agreed", "lied", "believed"),
    [(0, 0, False), (19, 0, False), (20, 0, True), (219, 1, False), (220, 1, True), (10**6, 4, True), (10**6, 5, False)],
)
def test_validators_are_believed_after_enough_audits_and_a_lie_outweighs_many(agreed: int, lied: int, believed: bool) -> None:
    assert trusted(agreed, lied) is believed


@pytest.mark.parametrize(("fruitless", "tried", "noise"), [(19, 19, False), (10, 20, False), (11, 20, True), (0, 99, False)])
def test_a_word_is_noise_when_most_visits_for_its_sake_found_nothing(fruitless: int, tried: int, noise: bool) -> None:
    assert noisy(fruitless, tried) is noise


def test_days_tell_as_times_do_unless_they_are_one_day_for_most() -> None:
    days = [f"2026-11-{n:02d}" for n in range(1, 21)]
    assert sitemap_true(days)
    assert not sitemap_true(["2026-11-22"] * 11 + days[:9])
    assert sitemap_true(["2026-11-22"] * 10 + days[:10])
    assert sitemap_true(["2026-11-22"] * 19)  # too few to tell
    assert not sitemap_true(["2026-11-22T09:00:00"] * 11 + days[:9] + ["2026-11-21T09:00:00"] * 9)


def test_a_sitemap_whose_entries_all_changed_at_the_same_moment_tells_when_it_was_made() -> None:
    made = ["2026-11-22T01:12:07+00:00"] * 60
    honest = [f"2026-11-22T01:12:{n:02d}+00:00" for n in range(60)]
    assert not sitemap_true(made)
    assert sitemap_true(honest)
    assert not sitemap_true(made + honest[8:])
    assert sitemap_true(made + honest[:7] + honest[8:] + ["2026-11-22T02:00:00+00:00"])
    assert sitemap_true(made[:19])
    assert sitemap_true(["2026-11-22"] * 60 + ["2026-11-21T00:00:00+00:00"] * 60)
