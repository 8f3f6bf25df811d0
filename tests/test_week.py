"""The judge of `make week`: what it counts as found, missed and false."""

from __future__ import annotations

from archive import outlet as outlets
from tests.histories import line
from tests.week.oracle import Event, Round, Verdict, judge, latencies, tally
from tests.week.record import Change, Record, until
from tests.week.report import chains
from tests.week.scale import Scale, write_outlets

HOUR, GONE_AFTER = 10.0, 60.0


def change(what: str, at: float, *, path: str = "/a", was: str = "/a", silent: bool = False) -> Change:
    return Change("mena", "7", what, at, at + 1, path, was, silent)


def event(at: float, *kinds: str, since: float = 0.0) -> Event:
    return Event("mena", "id", at, kinds, since)


def verdict(changes: list[Change], events: list[Event], upto: float = 2000.0, every: float = 40.0) -> Verdict:
    rounds = [Round("mena", f"r{n}", n * every, n * every + 30, ok=True) for n in range(int(upto / every))]
    return judge(Record(changes=changes), events, rounds, lambda _, article: "7" if article == "id" else None, GONE_AFTER, HOUR)


def test_an_edit_is_found_while_its_state_stands() -> None:
    said = verdict([change("word", 100)], [event(130, "body")])
    assert [one.found is not None for one in said.expected] == [True]
    assert (said.false, said.right) == ([], 1)
    assert latencies(said.expected, HOUR) == {"announced edit": [2.9]}


def test_an_edit_seen_after_its_end_is_late() -> None:
    said = verdict([change("word", 100), change("title", 300)], [event(400, "body", "headline")])
    first, second = said.expected
    assert first.counted
    assert first.found is None
    assert first.late is not None
    assert second.found is not None
    assert said.false == []


def test_a_state_shorter_than_a_round_is_not_counted() -> None:
    said = verdict([change("word", 100), change("title", 125)], [event(140, "headline")])
    assert [one.counted for one in said.expected] == [False, True]


def test_a_silent_edit_counts_after_two_days() -> None:
    long, short = change("word", 100, silent=True), change("append", 700, silent=True)
    said = verdict([long, short, change("title", 900)], [])
    assert [one.counted for one in said.expected] == [True, False, True]
    assert tally(said.expected)["silent edit", "stood"] == 2


def test_a_deletion_needs_two_rounds_that_far_apart() -> None:
    brief = verdict([change("trash", 100), change("restore", 190)], [])
    assert [one.counted for one in brief.expected] == [False, False]  # nor can it be seen to return
    long = verdict([change("trash", 100), change("restore", 400)], [event(230, "gone", since=130), event(420, "returned")])
    assert [one.counted and one.found is not None for one in long.expected] == [True, True]
    assert long.false == []


def test_what_did_not_happen_is_false() -> None:
    made = [change("trash", 500), change("restore", 600)]
    events = [
        event(100, "body"),
        event(110, "new"),
        event(120, "gone", since=50),
        event(130, "moved"),
        event(140, "returned"),
        event(640, "gone", since=550),
    ]
    assert [row[1] for row in verdict(made, events).false] == [
        "its text was not edited",
        "it was in the archive before the week",
        "it was never taken away",
        "its address did not change",
        "it was never put back",
        "it was there at one of the two sightings",
    ]
    assert len(verdict([], [Event("mena", "other", 10, ("new",))]).false) == 1


def test_what_came_back_between_two_sightings_was_gone_at_both() -> None:
    made = [change("trash", 100), change("restore", 300), change("trash", 310)]
    said = verdict(made, [event(350, "gone", since=130)])
    assert said.false == []
    assert [one.found is not None or one.late is not None for one in said.expected] == [True, False, True]


def test_a_published_article_is_found_with_the_edits_before_its_capture() -> None:
    said = verdict([change("publish", 100, was=""), change("word", 170)], [event(205, "new")])
    assert all(one.found is not None or one.late is not None for one in said.expected)
    assert said.false == []


def test_a_kind_that_was_not_made_is_told_apart() -> None:
    said = verdict([change("typo", 100)], [event(130, "body")])
    assert len(said.otherwise) == 1
    assert said.expected[0].found is not None


def test_a_slug_that_leaves_the_address_alone_demands_nothing() -> None:
    assert verdict([change("slug", 100)], []).expected == []
    moved = change("slug", 100, path="/b")
    assert until(moved, [change("word", 200)]) == float("inf")
    assert until(moved, [change("slug", 200, path="/b", was="/b"), change("trash", 300)]) == 300
    assert verdict([moved], [event(130, "moved")]).expected[0].found is not None


def test_a_chain_of_redirects_is_one_fetch() -> None:
    via = ("https://example.org/a/",)
    first = line(1, "elsewhere", via[0], status=301, record="1")
    last = line(2, "content", "https://example.org/b/", status=200, record="2", via=via)
    told = line(2, "elsewhere", via[0], status=200, record="2", via=via)
    assert sorted(chains([first, last, told]).values()) == [1]


def test_durations_are_scaled(tmp_path) -> None:  # type: ignore[no-untyped-def]
    scale = Scale.of_week(28)
    write_outlets(tmp_path, scale, budget=600)
    made = outlets.load(tmp_path / "xeber24.toml")
    assert scale.hour == 10
    assert made.gone_after == 60
    assert made.delay == 0
    assert [layout.name for layout in made.layouts] == ["sahifa", "jannah"]
