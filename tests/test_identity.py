"""The same article under another address: what is evidence of it, and what history makes of it."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.address import article_id
from archive.identity import Kin, kin
from archive.observation import Observation, Reading
from archive.version import History, fold
from tests.histories import GONE_AFTER, at, content, line

A, B, C = (f"https://news.example/{slug}" for slug in ("old-slug", "new-slug", "third-slug"))
DAY = "2026-10-30T08:00:00+02:00"


def page(hours: float, url: str, text: str = "a", *, published: str = DAY, **more: Any) -> Observation:
    made = content(hours, text, url=url, **{"post": "7", **more})
    assert isinstance(made.reading, Reading)
    return replace(made, reading=replace(made.reading, published=published))


def leads(hours: float, url: str, to: str, post: str = "") -> Observation:
    return line(hours, "elsewhere", url, to={"url": to, "article": article_id(to), "post": post}, reason="redirected")


def histories(*lines: Observation) -> dict[str, History]:
    of: dict[str, list[Observation]] = {}
    for one in lines:
        of.setdefault(one.article, []).append(one)
    joined = kin(of)
    return {article: fold(found, GONE_AFTER, joined.get(article)) for article, found in of.items()}


def told(of: History) -> list[str]:
    return ["+".join(event.kinds) for event in of.events]


def joined(*lines: Observation) -> dict[str, Kin]:
    of: dict[str, list[Observation]] = {}
    for one in lines:
        of.setdefault(one.article, []).append(one)
    return kin(of)


class TestMoved:
    @pytest.mark.parametrize(
        "evidence",
        [[line(3, "gone", A)], [leads(3, A, B, "7")], [leads(3, A, B)], [line(3, "elsewhere", A, to={"front": True})]],
    )
    def test_one_move_and_no_new_article(self, evidence: list[Observation]) -> None:
        if evidence[0].to.get("front"):
            evidence.append(line(4, "gone", A))
        found = histories(page(0, A), page(2, B), *evidence)
        old, new = found[article_id(A)], found[article_id(B)]
        assert (told(old), old.state, old.moved_to, old.unconfirmed) == (["new", "moved"], "moved", B, "")
        assert (old.events[1].time, old.events[1].reason) == (at(2), B)
        assert (told(new), new.state, new.versions[0].kinds) == ([], "live", ("moved",))

    def test_later_absences_at_the_old_address_tell_nothing(self) -> None:
        lines = [page(0, A), line(1, "gone", A), page(2, B), *(line(h, "gone", A) for h in range(3, 40))]
        old = histories(*lines)[article_id(A)]
        assert (told(old), old.state, old.failures) == (["new", "moved"], "moved", 0)

    def test_an_edit_on_the_way_is_told_at_the_new_address(self) -> None:
        found = histories(page(0, A), page(2, B, "b", title="عنوان آخر"), line(3, "gone", A))
        new = found[article_id(B)]
        assert (told(new), new.versions[0].kinds) == (["headline+body"], ("moved", "headline", "body"))
        assert new.events[0].time == at(2)

    def test_a_chain_of_moves_and_edits_after_it(self) -> None:
        lines = [page(0, A), page(2, B), leads(3, A, B), page(5, C, "b"), leads(6, B, C), leads(6.5, A, C), page(9, C, "c")]
        found = histories(*lines)
        assert [told(found[article_id(url)]) for url in (A, B, C)] == [["new", "moved"], ["moved"], ["body", "body"]]
        assert joined(*lines)[article_id(C)].came_from == article_id(B)

    def test_addresses_that_serve_it_side_by_side_are_no_move(self) -> None:
        found = histories(page(0, A), page(1, B), page(2, A), page(3, B), page(4, A))
        assert [(told(found[article_id(url)]), found[article_id(url)].state) for url in (A, B)] == [
            (["new"], "live"),
            ([], "live"),
        ]

    def test_one_slip_there_is_no_move_either_but_nothing_in_two_runs_is(self) -> None:
        lines = [page(0, A), page(1, B), page(2, A), line(3, "gone", A), page(4, B)]
        assert told(histories(*lines)[article_id(A)]) == ["new"]
        old = histories(*lines, line(10, "gone", A))[article_id(A)]
        assert (told(old), old.events[1].time) == (["new", "moved"], at(4))

    def test_before_it_is_looked_for_at_the_old_address_nothing_is_told(self) -> None:
        found = histories(page(0, A), page(2, B))
        assert [told(found[article_id(url)]) for url in (A, B)] == [["new"], []]

    def test_there_and_back(self) -> None:
        lines = [page(0, A), page(2, B), leads(3, A, B, "7"), page(9, A), leads(9.5, B, A, "7")]
        found = histories(*lines)
        assert (found[article_id(A)].state, found[article_id(B)].state) == ("live", "moved")
        assert told(found[article_id(B)]) == ["moved"]


class TestEvidence:
    def test_a_post_id_that_was_given_to_another_article_is_no_move(self) -> None:
        other = page(20, B, "z", title="خبر آخر", published="2026-11-01T09:00:00+02:00")
        found = histories(page(0, A), line(1, "gone", A), line(8, "gone", A), other)
        assert [told(found[article_id(url)]) for url in (A, B)] == [["new", "gone"], ["new"]]

    def test_the_same_instant_in_another_zone(self) -> None:
        lines = [page(0, A), page(2, B, title="عنوان آخر", published="2026-10-30T06:00:00Z")]
        assert joined(*lines)[article_id(B)] == Kin(article_id(A), lines[0], None, "post")

    def test_without_a_post_id_only_a_redirect_joins(self) -> None:
        lines = [page(0, A, post=""), page(2, B, post="")]
        assert joined(*lines) == {}
        assert joined(*lines, leads(3, A, B))[article_id(B)].evidence == "redirect"

    def test_a_redirect_to_a_page_that_says_something_else_joins_nothing(self) -> None:
        other = page(2, B, "z", post="", title="خبر آخر", published="")
        assert joined(page(0, A, post=""), other, leads(3, A, B)) == {}

    def test_a_redirect_to_another_post_of_the_same_minute_joins_nothing(self) -> None:
        lines = [page(0, A), page(2, B, "z", title="خبر آخر", post="8"), leads(3, A, B, "8"), leads(10, A, B, "8")]
        assert joined(*lines) == {}
        assert told(histories(*lines)[article_id(A)]) == ["new", "gone"]
        again = [page(0, A), page(2, B, post="8"), leads(3, A, B, "8")]  # published anew, word for word
        assert told(histories(*again)[article_id(A)]) == ["new", "moved"]

    def test_a_page_without_headline_time_or_text_is_like_no_other(self) -> None:
        empty = [page(h, url, "", title="", published="", post="") for h, url in ((0, A), (2, B))]
        assert joined(*empty, leads(3, A, B)) == {}

    def test_doubted_content_is_no_evidence(self) -> None:
        assert joined(page(0, A), page(2, B, doubt="bare")) == {}

    def test_before_has_the_reading_of_its_body(self) -> None:
        first = page(0, A)
        again = replace(page(1, A), reading=None, record_type="revisit")
        before = joined(first, again, page(2, B))[article_id(B)].before
        assert before is not None
        assert (before.time, before.reading) == (at(1), first.reading)


@st.composite
def _lines(draw: st.DrawFn) -> Observation:
    hours, url = draw(st.integers(0, 20)), draw(st.sampled_from([A, B, C]))
    kind = draw(st.sampled_from(["page", "page", "gone", "leads", "not-modified"]))
    if kind == "leads":
        return leads(hours, url, draw(st.sampled_from([A, B, C])), draw(st.sampled_from(["", "7"])))
    if kind == "page":
        more = {"post": draw(st.sampled_from(["", "7", "8"])), "title": draw(st.sampled_from(["عنوان", "عنوان آخر"]))}
        published = draw(st.sampled_from([DAY, "", "2026-11-01T09:00:00Z"]))
        return page(hours, url, draw(st.sampled_from("abc")), published=published, **more)
    return line(hours, kind, url)


@settings(max_examples=100, deadline=None)
@given(st.lists(_lines(), max_size=25), st.randoms(use_true_random=False))
def test_no_order_changes_kin_or_the_histories_with_it(lines: list[Observation], chance: random.Random) -> None:
    expected = histories(*lines)
    shuffled = [*lines, *chance.sample(lines, len(lines) // 2)]
    chance.shuffle(shuffled)
    assert histories(*shuffled) == expected
    for history in expected.values():
        others = sum("post" in version.flags and version.kinds == ("new",) for version in history.versions)
        assert sum("new" in event.kinds for event in history.events) <= 1 + others
        told = {event.version for event in history.events} - {0}
        moved = {version.number for version in history.versions if version.kinds == ("moved",)}  # told where it came from
        assert told | moved == {version.number for version in history.versions}
