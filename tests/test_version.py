"""History: the table of docs/HISTORY.md, and that no order of arrival changes it."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.address import article_id
from archive.observation import Observation
from archive.version import ALIVE, History, fold
from tests.histories import GONE_AFTER, URL, at, content, line, reading, reread, revisit


def history(*lines: Observation, gone_after: float = GONE_AFTER) -> History:
    return fold(lines, gone_after)


def told(of: History) -> list[str]:
    """Events in short: kinds, then flags after a slash."""
    return ["+".join(e.kinds) + ("/" + "+".join(e.flags) if e.flags else "") for e in of.events]


def test_nothing_observed_is_a_new_article() -> None:
    empty = history()
    assert (empty.state, empty.versions, empty.events, empty.first_seen) == ("new", (), (), "")


def test_the_first_content_is_version_one() -> None:
    seen = history(content(1, "نص الخبر", "عنوان أول", snapshot=True))
    assert told(seen) == ["new"]
    assert (seen.state, seen.title, seen.url, seen.since) == ("live", "عنوان أول", URL, at(1))
    (version,) = seen.versions
    assert (version.number, version.time, version.captures, version.kinds) == (1, at(1), 1, ("new",))
    assert version.snapshot.startswith("snapshots/example/")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("عنوان", "abc"), ("عنوان", "abc"), []),
        (("عنوان", "abc"), ("عنوان", "a-bc"), ["orthographic"]),
        (("عنوان", "abc"), ("عن وان", "abc"), ["orthographic"]),
        (("عنوان", "abc"), ("عنوان", "abd"), ["body"]),
        (("عنوان", "abc"), ("عنوان آخر", "abc"), ["headline"]),
        (("عنوان", "abc"), ("عنوان آخر", "abd"), ["headline+body"]),
        (("عنوان", "abc"), ("عنوان آخر", "a-bc"), ["headline"]),
        (("عنوان", "abc 2.5"), ("عنوان", "abc 25"), ["body/numbers"]),
        (("عنوان", "abc !"), ("عنوان", "abc"), ["body/negations"]),
        (("عنوان 7", "abc 1!"), ("عنوان 8", "abc 1"), ["headline+body/numbers+negations"]),
    ],
)
def test_table(before: tuple[str, str], after: tuple[str, str], expected: list[str]) -> None:
    seen = history(content(1, before[1], before[0]), content(2, after[1], after[0], noise="other nonce"))
    assert told(seen) == ["new", *expected]
    assert len(seen.versions) == 1 + len(expected)
    assert seen.versions[0].captures == (1 if expected else 2)


def test_there_and_back_is_three_versions() -> None:
    first = content(1, "a")
    seen = history(first, content(2, "b"), content(3, "a"), revisit(first, 4))
    assert told(seen) == ["new", "body", "body"]
    assert [v.captures for v in seen.versions] == [1, 1, 2]


def test_noise_alone_makes_no_version() -> None:
    seen = history(*(content(h, "a", noise=str(h)) for h in range(1, 9)))
    assert told(seen) == ["new"]
    assert (seen.versions[0].captures, seen.versions[0].last) == (8, at(8))


def test_a_record_uploaded_twice_is_one_capture() -> None:
    broken = line(2, "broken")
    twice = replace(broken, warc="warc/example/other.warc.gz", offset=3)
    seen = history(content(1, "a"), broken, twice, broken)
    assert (seen.captures, seen.failures) == (2, 1)


class TestReadings:
    def test_a_revisit_takes_the_reading_of_its_body(self) -> None:
        first = content(1, "a")
        seen = history(revisit(first, 2), first, content(3, "b"), revisit(content(3, "b"), 4))
        assert told(seen) == ["new", "body"]
        assert [v.captures for v in seen.versions] == [2, 2]

    def test_a_revisit_before_its_reading_is_known_waits(self) -> None:
        seen = history(revisit(content(1, "a"), 2))
        assert (seen.events, seen.versions, seen.state) == ((), (), "live")
        assert [(one.line.time, one.rules) for one in seen.unread] == [(at(2), ())]

    def test_other_rules_are_not_compared(self) -> None:
        old, new = content(1, "a\nclutter", rules="r1"), content(2, "a", rules="r2")
        seen = history(old, new)
        assert told(seen) == ["new"]
        assert seen.versions[0].captures == 2
        assert {one.line.record for one in seen.unread} == {old.record, new.record}

    def test_read_again_they_are_equal(self) -> None:
        old = content(1, "a\nclutter", rules="r1")
        seen = history(old, content(2, "a", rules="r2"), reread(old, "عنوان", "a", "r2", 2))
        assert (told(seen), seen.unread, seen.captures) == (["new"], (), 2)

    def test_read_again_they_differ(self) -> None:
        old = content(1, "a", rules="r1")
        seen = history(old, content(2, "b", rules="r2"), reread(old, "عنوان", "a", "r2", 2))
        assert (told(seen), seen.unread) == (["new", "body"], ())
        assert seen.events[1].time == at(2)

    def test_the_newest_rules_decide(self) -> None:
        """Both captures were read by both rules; only the old rules see a difference (clutter)."""
        one, two = content(1, "a x", rules="r1"), content(2, "a y", rules="r1")
        again = [reread(one, "عنوان", "a", "r2", 9), reread(two, "عنوان", "a", "r2", 9)]
        assert told(history(one, two)) == ["new", "body"]
        assert told(history(one, two, *again)) == ["new"]

    def test_a_reread_is_never_a_sighting(self) -> None:
        seen = history(reread(content(1, "a"), "عنوان", "a", "r2", 5))
        assert (seen.captures, seen.events, seen.last_fetch) == (0, (), "")

    def test_last_is_the_record_that_holds_the_payload(self) -> None:
        first = content(1, "a")
        seen = history(first, revisit(first, 2))
        assert seen.last is not None
        assert seen.last.record == first.record
        assert seen.previous == first


class TestSnapshots:
    def test_of_the_nearest_capture_in_the_group(self) -> None:
        late = content(1, "a", noise="late")  # arrived late: its text was known, so no snapshot was written
        kept = content(2, "a", snapshot=True)
        assert history(late, kept).versions[0].snapshot == kept.reading.snapshot  # type: ignore[union-attr]

    def test_back_to_a_text_that_was_stored(self) -> None:
        first = content(1, "a", snapshot=True)
        seen = history(first, content(2, "b", snapshot=True), content(3, "a", noise="n"))
        assert seen.versions[2].snapshot == seen.versions[0].snapshot != ""

    def test_never_of_another_text(self) -> None:
        seen = history(content(1, "a"), content(2, "b", snapshot=True))
        assert seen.versions[0].snapshot == ""

    def test_never_of_a_capture_that_could_not_be_compared(self) -> None:
        seen = history(content(1, "a"), content(2, "b", rules="r2", snapshot=True))
        assert [v.snapshot for v in seen.versions] == [""]

    def test_of_the_newest_rules(self) -> None:
        first = content(1, "a", snapshot=True)
        better = replace(reread(first, "عنوان", "a", "r2", 5), reading=reading("عنوان", "a", "r2", "snapshots/better"))
        assert history(first, better).versions[0].snapshot == "snapshots/better"


class TestGone:
    def test_needs_two_sightings_far_enough_apart(self) -> None:
        seen = history(content(0, "a"), line(1, "gone"), line(3, "gone"))
        assert (told(seen), seen.state, seen.unconfirmed) == (["new"], "live", at(1))
        seen = history(content(0, "a"), line(1, "gone"), line(3, "gone"), line(7, "gone", reason="http-410"))
        assert told(seen) == ["new", "gone"]
        assert (seen.state, seen.since, seen.unconfirmed) == ("gone", at(1), "")
        assert (seen.events[1].time, seen.events[1].since, seen.events[1].reason) == (at(7), at(1), "http-410")

    def test_content_between_starts_anew(self) -> None:
        seen = history(content(0, "a"), line(1, "gone"), content(4, "a"), line(8, "gone"))
        assert (told(seen), seen.unconfirmed) == (["new"], at(8))

    def test_not_modified_is_a_sighting_of_life(self) -> None:
        assert told(history(content(0, "a"), line(1, "gone"), line(4, "not-modified"), line(8, "gone"))) == ["new"]

    @pytest.mark.parametrize("klass", ["blocked", "broken"])
    def test_trouble_is_never_absence(self, klass: str) -> None:
        seen = history(content(0, "a"), *(line(h, klass) for h in range(1, 30)))
        assert (told(seen), seen.state, seen.failures, seen.unconfirmed) == (["new"], "live", 29, "")

    def test_trouble_between_does_not_hide_it(self) -> None:
        assert told(history(content(0, "a"), line(1, "gone"), line(4, "broken"), line(8, "gone"))) == ["new", "gone"]

    def test_pages_that_only_say_so_are_believed_the_third_time(self) -> None:
        soft = [line(h, "gone", status=200, reason="soft-404") for h in (1, 8, 9)]
        assert (told(history(content(0, "a"), *soft[:2])), told(history(content(0, "a"), *soft))) == (["new"], ["new", "gone"])
        for one, other in ((soft[0], line(8, "gone", status=404)), (line(1, "gone", status=404), soft[1])):
            assert told(history(content(0, "a"), one, other)) == ["new", "gone"]
        assert told(history(content(0, "a"), *soft[:2], content(8.5, "a"), soft[2])) == ["new"]

    def test_told_once(self) -> None:
        assert told(history(content(0, "a"), *(line(h, "gone") for h in range(1, 40)))) == ["new", "gone"]

    def test_returned_unchanged(self) -> None:
        seen = history(content(0, "a"), line(1, "gone"), line(8, "gone"), content(9, "a"))
        assert told(seen) == ["new", "gone", "returned"]
        assert (len(seen.versions), seen.state, seen.since, seen.events[2].since) == (1, "returned", at(9), at(1))

    def test_returned_changed(self) -> None:
        seen = history(content(0, "a"), line(1, "gone"), line(8, "gone"), content(9, "b"))
        assert told(seen) == ["new", "gone", "returned", "body"]

    def test_gone_twice(self) -> None:
        lines = [content(0, "a"), line(1, "gone"), line(8, "gone"), content(9, "a"), line(10, "gone"), line(20, "gone")]
        assert told(history(*lines)) == ["new", "gone", "returned", "gone"]

    def test_before_anybody_read_it(self) -> None:
        seen = history(line(1, "gone"), line(8, "gone"), content(9, "a"))
        assert told(seen) == ["gone/uncaptured", "new"]

    def test_what_never_was_an_article_leaves_no_tombstone(self) -> None:
        seen = history(line(0, "not-article"), line(1, "gone"), line(8, "gone"))
        assert (told(seen), seen.state) == ([], "gone")


class TestElsewhere:
    def seen(self, to: dict[str, object], *, post: str = "7", times: tuple[float, ...] = (1, 8)) -> History:
        first = content(0, "a", post=post)
        return history(first, *(line(h, "elsewhere", to=to, reason="redirect") for h in times))

    def test_the_front_page_is_absence(self) -> None:
        seen = self.seen({"url": "https://news.example/", "front": True})
        assert (told(seen), seen.events[1].reason) == (["new", "gone"], "redirect")

    def test_another_article_is_absence(self) -> None:
        assert told(self.seen({"url": "u", "article": "f" * 32, "post": "8"})) == ["new", "gone"]

    def test_the_same_post_has_moved(self) -> None:
        seen = self.seen({"url": "https://news.example/new", "article": "f" * 32, "post": "7"})
        assert told(seen) == ["new", "moved"]
        assert (seen.state, seen.moved_to, seen.last_seen) == ("moved", "https://news.example/new", at(8))

    def test_who_knows(self) -> None:
        seen = self.seen({"url": "u", "article": "f" * 32})
        assert (told(seen), seen.state) == (["new"], "elsewhere")

    def test_a_hop_alone_is_neutral(self) -> None:
        seen = self.seen({"url": "u"})
        assert (told(seen), seen.state, seen.unconfirmed) == (["new"], "live", "")

    def test_to_itself_is_neutral(self) -> None:
        seen = self.seen({"url": URL, "article": article_id(URL), "post": "8"})
        assert (told(seen), seen.state) == (["new"], "live")


class TestContradictions:
    def test_an_absence_that_the_site_itself_contradicts_tells_nothing(self) -> None:
        for site in ("listed", "doubtful"):
            seen = history(content(0, "a"), *(line(h, "gone", site=site) for h in range(1, 30)))
            assert (told(seen), seen.state, seen.failures, seen.unconfirmed) == (["new"], "live", 29, "")
            front = [line(h, "elsewhere", to={"url": "u", "front": True}, site=site) for h in (1, 9)]
            assert told(history(content(0, "a"), *front)) == ["new"]

    def test_it_neither_confirms_nor_refutes(self) -> None:
        doubted = line(8, "gone", site="doubtful")
        assert told(history(content(0, "a"), line(1, "gone"), doubted)) == ["new"]
        assert told(history(content(0, "a"), line(1, "gone"), doubted, line(9, "gone"))) == ["new", "gone"]

    def test_an_absence_before_content_of_the_same_run_was_a_slip(self) -> None:
        first, second = line(1, "gone"), replace(content(1.5, "a"), run=line(1, "gone").run)
        again, confirmed = line(8, "gone"), replace(content(8.5, "a"), run=line(8, "gone").run)
        assert told(history(content(0, "a"), first, second, again, confirmed)) == ["new"]
        seen = history(content(0, "a"), first, line(8, "gone"), confirmed)
        assert (told(seen), seen.unconfirmed) == (["new"], "")

    def test_an_absence_after_content_of_the_same_run_stays(self) -> None:
        later = replace(line(1.5, "gone"), run=content(1, "a").run)
        assert history(content(0, "a"), content(1, "a"), later).unconfirmed == at(1.5)


class TestDoubt:
    def damaged(self, hours: float, text: str = "a b d \ufffd") -> Observation:
        return content(hours, text, doubt="replacement")

    def test_damage_makes_no_version_until_two_more_say_the_same_far_enough_apart(self) -> None:
        lines = [content(0, "a b c"), self.damaged(1), self.damaged(2), self.damaged(3)]
        seen = history(*lines)
        assert (told(seen), seen.doubt, seen.state, seen.last_seen) == (["new"], at(1), "live", at(3))
        assert (seen.last, seen.versions[0].captures) == (lines[0], 1)
        seen = history(*lines, self.damaged(7))
        assert (told(seen), seen.doubt) == (["new", "body"], "")
        assert (seen.versions[1].time, seen.versions[1].captures, seen.events[1].time) == (at(1), 4, at(1))

    def test_the_next_capture_that_says_something_else_refutes_it_for_good(self) -> None:
        seen = history(content(0, "a b c"), self.damaged(1), content(2, "a b c"), self.damaged(9), self.damaged(20))
        assert (told(seen), seen.doubt, seen.versions[0].captures) == (["new"], at(9), 2)

    def test_what_tells_nothing_of_the_text_does_not_refute_it(self) -> None:
        lines = [self.damaged(1), line(2, "broken"), self.damaged(3), line(4, "not-modified"), self.damaged(9)]
        assert told(history(content(0, "a b c"), *lines)) == ["new", "body"]

    def test_what_says_the_same_as_before_is_in_no_doubt(self) -> None:
        seen = history(content(0, "a"), content(1, "a", noise="n", doubt="cut-short"))
        assert (told(seen), seen.doubt, seen.versions[0].captures) == (["new"], "", 2)

    def test_a_revisit_record_is_in_the_doubt_of_its_body(self) -> None:
        damaged = self.damaged(1)
        assert told(history(content(0, "a b c"), damaged, revisit(damaged, 2))) == ["new"]
        assert told(history(content(0, "a b c"), damaged, revisit(damaged, 2), revisit(damaged, 7))) == ["new", "body"]

    def test_one_clean_capture_of_the_same_text_settles_it(self) -> None:
        seen = history(content(0, "a"), content(1, "b", doubt="cut-short"), content(2, "b", noise="n"))
        assert (told(seen), seen.doubt) == (["new", "body"], "")
        assert (seen.versions[1].time, seen.versions[1].captures) == (at(1), 2)

    def test_the_first_content_may_be_in_doubt(self) -> None:
        seen = history(self.damaged(0))
        assert (told(seen), seen.versions, seen.state, seen.doubt, seen.unread) == ([], (), "live", at(0), ())
        assert told(history(*map(self.damaged, (0, 3, 6)))) == ["new"]

    def test_half_as_long_needs_one_more(self) -> None:
        long, short = "a" * 20, "a" * 9
        seen = history(content(0, long), content(1, short))
        assert (told(seen), seen.doubt) == (["new"], at(1))
        seen = history(content(0, long), content(1, short), content(2, short))
        assert (told(seen), seen.doubt, seen.versions[1].time) == (["new", "body"], "", at(1))
        assert told(history(content(0, long), content(1, short), content(2, long))) == ["new"]
        assert told(history(content(0, long), content(1, "a" * 10))) == ["new", "body"]

    def test_a_page_that_is_gone_after_it_returns_undoubted(self) -> None:
        lines = [content(0, "a"), self.damaged(1), line(2, "gone"), line(9, "gone"), content(10, "a")]
        assert told(history(*lines)) == ["new", "gone", "returned"]


class TestAnswered:
    def test_of_each_word_the_newest_that_a_telling_capture_carried(self) -> None:
        seen = history(
            content(0, "a", announced={"rest": "1", "sitemap": "1"}),
            line(1, "not-modified", announced={"rest": "2", "text": "t"}),
            line(2, "broken", announced={"rest": "3"}),
            line(3, "gone", announced={"rest": "4"}, site="listed"),
            line(4, "elsewhere", to={"url": "u"}, announced={"sitemap": "5", "text": ""}),
        )
        assert seen.answered == {"rest": "2", "sitemap": "5", "text": "t"}

    @pytest.mark.parametrize(
        ("validators", "agreed", "lied"),
        [
            ([{"etag": "1"}] * 3, 1, 1),
            ([{"last_modified": "1"}] * 3, 1, 1),
            ([{"etag": str(n), "last_modified": "1"} for n in range(3)], 0, 0),
            ([{}] * 3, 0, 0),
            ([{"etag": "1"}, {"etag": "1"}, {"etag": "2"}], 1, 0),
        ],
    )
    def test_validators_are_audited(self, validators: list[dict[str, str]], agreed: int, lied: int) -> None:
        pages = [content(h, text, noise=str(h), **validators[h]) for h, text in enumerate(["a", "a", "b"])]
        seen = history(*pages)
        assert (seen.agreed, seen.lied) == (agreed, lied)
        assert (seen.etag, seen.last_modified) == (validators[2].get("etag", ""), validators[2].get("last_modified", ""))


class TestState:
    def test_edited_and_returned_last_until_the_next(self) -> None:
        lines = [content(0, "a"), content(1, "b"), line(2, "gone"), line(9, "gone"), content(10, "b"), content(11, "c")]
        states = [history(*lines[: n + 1]) for n in range(len(lines))]
        assert [(seen.state, seen.since) for seen in states] == [
            ("live", at(0)),
            ("edited", at(1)),
            ("edited", at(1)),
            ("gone", at(2)),
            ("returned", at(10)),
            ("edited", at(11)),
        ]
        assert {"live", "edited", "returned"} == ALIVE

    def test_a_paywall_is_alive_and_makes_no_version(self) -> None:
        seen = history(line(0, "blocked", reason="paywall"))
        assert (seen.state, seen.failures, told(seen), seen.last_seen) == ("paywalled", 0, [], at(0))
        seen = history(content(0, "a"), line(1, "blocked", reason="paywall"))
        assert (seen.state, len(seen.versions)) == ("paywalled", 1)
        assert history(content(0, "a"), line(1, "blocked", reason="paywall"), content(2, "a")).state == "live"

    @pytest.mark.parametrize("klass", ["blocked", "broken", "not-article"])
    def test_when_nothing_better_is_known(self, klass: str) -> None:
        assert history(line(1, klass)).state == klass

    def test_not_article_after_content_changes_nothing(self) -> None:
        assert history(content(0, "a"), line(1, "not-article")).state == "live"

    def test_content_ends_trouble(self) -> None:
        seen = history(line(0, "blocked"), line(1, "broken"), content(2, "a"))
        assert (seen.state, seen.failures, told(seen)) == ("live", 0, ["new"])

    def test_times_of_any_precision_are_ordered_as_times(self) -> None:
        seen = history(
            replace(content(0, "a"), time="2026-11-01T00:00:00Z"), replace(content(0, "b"), time="2026-11-01T00:00:00.5Z")
        )
        assert seen.title == "عنوان"
        assert [v.time for v in seen.versions] == ["2026-11-01T00:00:00Z", "2026-11-01T00:00:00.5Z"]


SIX = [
    content(0, "a", snapshot=True, post="7"),
    line(1, "gone"),
    content(8, "b", rules="r2", snapshot=True),
    revisit(content(0, "a", post="7"), 9),
    line(10, "elsewhere", to={"url": "u", "front": True}),
    line(17, "gone"),
]


def test_every_order_of_six_captures_with_duplicates_is_one_history() -> None:
    expected = fold(SIX, GONE_AFTER)
    assert told(expected) == ["new", "gone"]
    for order in itertools.permutations(SIX):
        assert fold(order, GONE_AFTER) == expected
        assert fold([*order, *order[2:5]], GONE_AFTER) == expected


_texts = st.sampled_from(["a", "b", "a-", "a 1", "a 2", "a long text"])
_rules = st.sampled_from(["r1", "r2"])
_hours = st.integers(0, 12)


@st.composite
def _line(draw: st.DrawFn) -> Observation:
    hours = draw(_hours)
    kind = draw(
        st.sampled_from(
            ["content", "content", "revisit", "reread", "gone", "gone", "broken", "elsewhere", "not-modified", "not-article"]
        )
    )
    more = {"doubt": draw(st.sampled_from(["", "", "cut-short"])), "etag": draw(st.sampled_from(["", "1"]))}
    words = {"announced": draw(st.sampled_from([{}, {"rest": "1"}, {"rest": "2", "text": "t"}]))}
    page = content(hours, draw(_texts), rules=draw(_rules), post=draw(st.sampled_from(["", "7"])), **more, **words)
    if draw(st.booleans()) and page.reading is not None:
        page = replace(page, reading=replace(page.reading, snapshot=f"snapshots/{page.body[-6:]}"))
    if kind == "content":
        return page
    if kind == "revisit":
        return revisit(page, draw(_hours))
    if kind == "reread":
        return reread(page, "عنوان", draw(_texts), draw(_rules), 24)
    if kind == "elsewhere":
        to = {"url": "u", "article": "f" * 32, "post": draw(st.sampled_from(["", "7", "8"])), "front": draw(st.booleans())}
        return line(hours, "elsewhere", to=to)
    return line(hours, kind, site=draw(st.sampled_from(["", "", "listed"])) if kind == "gone" else "", **words)


@settings(max_examples=300, deadline=None)
@given(st.lists(_line(), max_size=25), st.randoms(use_true_random=False))
def test_no_order_of_arrival_changes_a_history(lines: list[Observation], chance: random.Random) -> None:
    expected = fold(lines, GONE_AFTER)
    shuffled = [*lines, *chance.sample(lines, len(lines) // 2)]
    chance.shuffle(shuffled)
    assert fold(shuffled, GONE_AFTER) == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(_line(), max_size=25))
def test_events_and_versions_agree(lines: list[Observation]) -> None:
    seen = fold(lines, GONE_AFTER)
    made = [e for e in seen.events if set(e.kinds) & {"new", "headline", "body", "orthographic"}]
    assert [(e.version, e.time, e.kinds, e.flags) for e in made] == [
        (v.number, v.time, v.kinds, v.flags) for v in seen.versions
    ]
    absences = ["gone" in e.kinds for e in seen.events if set(e.kinds) & {"gone", "returned"} and "uncaptured" not in e.flags]
    assert all(a != b for a, b in itertools.pairwise(absences)) or "moved" in str(told(seen))
    assert not absences or absences[0]
