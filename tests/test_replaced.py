"""An address that is given to another article: the one before is gone (or moved), and no edit of it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive.address import article_id
from archive.catalog import Catalog
from archive.history import moment
from archive.keys import Stem
from archive.observation import Observation
from archive.outlet import Outlet
from archive.prove import choose
from archive.version import History
from tests.histories import at, line, revisit, sha
from tests.test_identity import A, B, histories, leads, page, told

LATER = "2026-11-01T09:00:00+02:00"


def other(hours: float, url: str = A, text: str = "xyz", **more: Any) -> Observation:
    """The page of another post: other id, headline, text and date."""
    return page(hours, url, text, **{"post": "8", "title": "خبر آخر", "published": LATER, **more})


def at_a(*lines: Observation) -> History:
    return histories(*lines)[article_id(A)]


def versions(of: History) -> list[tuple[str, ...]]:
    return [(*one.kinds, *one.flags) for one in of.versions]


def test_the_old_one_is_gone_and_the_other_is_new_and_nothing_is_called_an_edit() -> None:
    found = at_a(page(0, A), other(10), other(20))
    assert told(found) == ["new", "gone", "new"]
    assert [(e.time, e.reason, e.flags, e.version) for e in found.events[1:]] == [
        (at(10), "replaced", (), 1),
        (at(10), "content", ("post",), 2),
    ]
    assert found.events[1].since == at(10)
    assert (found.events[1].title, found.events[2].title) == ("عنوان", "خبر آخر")
    assert versions(found) == [("new",), ("new", "post")]
    assert (found.state, found.since, found.post, found.published) == ("live", at(10), "8", LATER)


def test_one_capture_of_another_post_is_no_evidence_a_cache_may_mix_up_two_pages() -> None:
    once = at_a(page(0, A), other(10))
    assert (told(once), once.state, once.doubt, once.last_seen) == (["new"], "live", at(10), at(0))
    soon = at_a(page(0, A), other(10), other(11))
    assert (told(soon), soon.doubt) == (["new"], at(10))
    slip = at_a(page(0, A), other(10), page(11, A), other(40), page(41, A))
    assert (told(slip), slip.doubt, slip.versions[0].captures) == (["new"], "", 3)


def test_an_article_that_was_gone_does_not_return_as_another() -> None:
    gone = [page(0, A), line(1, "gone", A), line(9, "gone", A)]
    assert told(at_a(*gone, other(20))) == ["new", "gone"]
    found = at_a(*gone, other(20), other(30))
    assert (told(found), found.state, found.since) == (["new", "gone", "new"], "live", at(20))
    assert told(at_a(*gone, page(20, A))) == ["new", "gone", "returned"]


def test_an_absence_seen_once_is_when_it_went() -> None:
    found = at_a(page(0, A), line(5, "gone", A), other(10), other(20))
    assert (told(found), found.events[1].since, found.unconfirmed) == (["new", "gone", "new"], at(5), "")


def test_the_other_article_may_be_edited_before_it_is_seen_twice_and_after() -> None:
    found = at_a(page(0, A), other(10), other(20, text="xyz w"), other(30, text="xyz v"))
    assert told(found) == ["new", "gone", "new", "body", "body"]
    assert (found.state, found.since) == ("edited", at(20))


def test_a_revisit_record_need_not_say_its_post_again() -> None:
    first = other(10)
    assert told(at_a(page(0, A), first, revisit(first, 20))) == ["new", "gone", "new"]


@pytest.mark.parametrize(
    "same",
    [{"title": "عنوان"}, {"published": "2026-10-30T06:00:00Z"}, {"text": "a"}],
)
def test_another_id_of_what_is_otherwise_the_same_article_is_an_edit_that_says_so(same: dict[str, str]) -> None:
    found = at_a(page(0, A), replace(other(10, **same), time=at(10)))
    assert found.events[1].flags[-1] == "post"
    assert not {"new", "gone"} & set(found.events[1].kinds)
    again = at_a(page(0, A), page(10, A, post="8"), page(20, A, "ab", post="8"))
    assert told(again) == ["new", "body"]  # a site that was moved to another system: only the ids are others


def test_without_a_post_id_nothing_tells_and_it_stays_an_edit() -> None:
    assert told(at_a(page(0, A, post=""), other(10))) == ["new", "headline+body"]
    assert told(at_a(page(0, A), other(10, post=""))) == ["new", "headline+body"]


class TestMoves:
    def test_the_old_one_moved_and_its_address_was_taken(self) -> None:
        found = histories(page(0, A), other(10), page(11, B), other(20), page(21, B))
        old, new = found[article_id(A)], found[article_id(B)]
        assert (told(old), told(new)) == (["new", "moved", "new"], [])
        assert (old.events[1].reason, old.state, old.moved_to) == (B, "live", "")
        assert new.versions[0].kinds == ("moved",)

    def test_it_was_told_to_have_moved_before_its_address_was_taken(self) -> None:
        for way in (leads(3, A, B, "7"), line(3, "gone", A)):
            found = histories(page(0, A), page(2, B), way, other(10), other(20), page(21, B))
            assert told(found[article_id(A)]) == ["new", "moved", "new"]
            assert told(found[article_id(B)]) == []

    def test_the_other_one_came_from_an_address_of_its_own(self) -> None:
        """A post whose slug was taken: it gets the slug when the first one is deleted."""
        found = histories(page(0, A), other(1, B), other(10, A), leads(10.5, B, A, "8"), other(20, A), leads(20.5, B, A, "8"))
        old, new = found[article_id(A)], found[article_id(B)]
        assert told(old) == ["new", "gone"]
        assert versions(old) == [("new",), ("moved", "post")]
        assert (told(new), new.state, new.moved_to) == (["new", "moved"], "moved", A)

    def test_a_page_that_a_cache_mixed_up_takes_nothing_from_the_other_article(self) -> None:
        found = histories(page(0, A), other(2, A), other(5, B), page(6, A), other(9, B))
        assert [told(found[article_id(url)]) for url in (A, B)] == [["new"], ["new"]]


class TestProofs:
    @pytest.fixture
    def catalog(self, tmp_path: Path) -> Catalog:
        made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
        made.migrate()
        key = Stem("example", f"20261101T000000Z-{'0' * 12}", 1, 1, sha("x", 12)).observations
        made.apply(key, [page(0, A), line(5, "gone", A), other(10), other(20)], Outlet("example", "م", "https://news.example/"))
        return made

    def test_the_other_article_stands_there_and_the_first_one_is_gone_until_then(self, catalog: Catalog) -> None:
        found, lines = catalog.history(A), [one for _, one in catalog.lines("example", article_id(A))]
        assert [version.number for version in choose.at_time(found, lines, moment(at(12))).versions] == [2]
        with pytest.raises(choose.Refused, match="was gone"):
            choose.at_time(found, lines, moment(at(7)))

    def test_what_lies_between_them_is_shown_by_the_captures_of_both(self, catalog: Catalog) -> None:
        found, lines = catalog.history(A), [one for _, one in catalog.lines("example", article_id(A))]
        shown = {role: one.line.time for one in choose.between(found, lines, 1, 2).sightings for role in one.roles}
        assert (shown["absent"], shown["confirmed"]) == (at(5), at(10))
