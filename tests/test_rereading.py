"""What is to be read again, and what is kept of it: archive.rereading and archive.order on their own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive import order, rereading, rules, warc
from archive.changed import differing
from archive.errors import BadRecord
from archive.judge import Judged
from archive.observation import Observation
from archive.outlet import Layout, Outlet
from archive.rereading import Scope, Today
from archive.version import fold
from tests.histories import at, content, line, reread, revisit

RUN = "20261122T080000Z-0123456789ab"
OLD = Layout("old", match="//div[@id='old']")
NEW = Layout("new", since=datetime(2026, 11, 2, tzinfo=UTC), match="//article")
ONE, BOTH = (Outlet("example", "مثال", "https://news.example/", layouts=layouts) for layouts in ((OLD,), (OLD, NEW)))


def by(layout: Layout, of: Observation, among: tuple[Layout, ...] = ()) -> Observation:
    """The capture as `layout` of today read it."""
    assert of.reading is not None
    read = replace(of.reading, rules=rules.rules_id(layout), layout=layout.name, among=rules.among(among))
    return replace(of, reading=read)


def due(outlet: Outlet, *lines: Observation, **scope: str) -> list[str]:
    return [one.time for one in rereading.due(lines, Today(outlet), Scope(**scope))]


def test_what_other_rules_read_is_due_and_what_todays_read_is_not() -> None:
    assert due(ONE, content(1, "أ"), by(OLD, content(2, "ب"))) == [at(1)]


def test_one_capture_of_each_body_is_due() -> None:
    first = content(1, "أ")
    assert due(ONE, first, revisit(first, 2), content(3, "أ"), content(4, "أ", noise="n")) == [at(1), at(4)]


def test_what_was_read_again_is_due_no_more() -> None:
    first = content(1, "أ")
    again = by(OLD, reread(first, "عنوان", "أ", "r9", 50))
    assert due(ONE, first, again) == []


def test_what_nobody_could_read_is_due() -> None:
    assert due(ONE, replace(content(1, "أ"), reading=None, reason="no-layout"), line(2, "gone"), line(3, "broken")) == [at(1)]


@pytest.mark.parametrize("reason", ["reader-TimeoutError", "reader-died", "no-text"])
def test_a_fault_of_ours_is_due_and_healed(reason: str) -> None:
    """It was noted as broken; once it is read, it is the version that it always was."""
    page = content(3, "ب")
    broken = replace(page, klass="broken", reason=reason, reading=None)
    assert due(ONE, broken) == [at(3)]
    lines = [content(1, "أ"), broken, content(5, "ب", noise="n")]
    again = reread(page, "عنوان", "ب", "r1", 50)
    assert [version.time for version in fold(lines, 0).versions] == [at(1), at(5)]
    assert [(version.time, version.captures) for version in fold([*lines, again], 0).versions] == [(at(1), 1), (at(3), 2)]
    assert due(ONE, by(OLD, content(1, "أ")), broken, by(OLD, again)) == []


def test_a_fault_of_the_sites_is_neither() -> None:
    page = content(3, "ب")
    broken = replace(page, klass="broken", reason="empty-body", reading=None)
    again = reread(page, "عنوان", "ب", "r1", 50)
    assert due(ONE, broken) == []
    assert fold([broken, again], 0).versions == ()


def test_a_page_is_due_when_another_layout_might_be_chosen_now() -> None:
    """Its own rules are as they were; but a layout that comes before it was not known then."""
    before, after = by(OLD, content(10, "أ")), by(OLD, content(30, "ب"))
    assert due(ONE, before, after) == []
    assert due(BOTH, before, after) == [at(30)], "the new layout is in force from the second day on"
    assert due(BOTH, by(OLD, content(30, "ب"), (NEW, OLD))) == [], "it was chosen, though the new one was known"
    assert due(BOTH, by(NEW, content(30, "ب"), (NEW, OLD))) == []


def test_a_page_of_before_any_layout_is_not_due() -> None:
    assert due(replace(BOTH, layouts=(NEW,)), content(1, "أ"), content(30, "ب")) == [at(30)]


@pytest.mark.parametrize(
    ("scope", "found"),
    [
        ({}, [1, 5, 9]),
        ({"since": at(5)}, [5, 9]),
        ({"until": at(5)}, [1]),
        ({"since": at(2), "until": at(9)}, [5]),
        ({"layout": "x"}, [5]),
    ],
)
def test_a_scope_says_which(scope: dict[str, str], found: list[int]) -> None:
    named = content(5, "ب")
    assert named.reading is not None
    lines = [content(1, "أ"), replace(named, reading=replace(named.reading, layout="x")), content(9, "ج", rules="r2")]
    assert due(ONE, *lines, **scope) == [at(hour) for hour in found]


def test_a_scope_of_rules_means_what_was_read_by_them() -> None:
    one, other = content(1, "أ", rules="r1"), content(2, "ب", rules="r2")
    assert other.reading is not None
    assert due(ONE, one, other, rules=other.reading.rules) == [at(2)]


class TestBeside:
    """Which snapshots and doubts new readings bring."""

    @staticmethod
    def judged(*lines: Observation) -> list[Judged]:
        return [Judged(replace(one, reading=replace(one.reading, snapshot="snapshots/new")), b"text") for one in lines]  # type: ignore[type-var]

    def test_a_text_that_is_stored_is_not_stored_again(self) -> None:
        first = content(1, "أ", snapshot=True)
        again = self.judged(reread(first, "عنوان", "أ", "r2", 9))
        (found,) = rereading.beside(again, [first])
        assert (found.observation.reading.snapshot, found.snapshot) == ("", None)  # type: ignore[union-attr]

    def test_another_text_is_stored_once(self) -> None:
        one, two = content(1, "أ زائد", snapshot=True), content(2, "أ فائض", snapshot=True)
        again = self.judged(reread(one, "عنوان", "أ", "r2", 9), reread(two, "عنوان", "أ", "r2", 9))
        assert [found.snapshot for found in rereading.beside(again, [one, two])] == [b"text", None]

    def test_a_doubt_about_other_pages_stays_with_the_same_text_alone(self) -> None:
        one, two = (replace(content(hour, text), doubt="shared") for hour, text in ((1, "أ"), (2, "ب")))
        again = self.judged(
            replace(reread(one, "عنوان", "أ", "r2", 9), doubt=""), replace(reread(two, "عنوان", "غير", "r2", 9), doubt="")
        )
        assert [found.observation.doubt for found in rereading.beside(again, [one, two])] == ["shared", ""]


class TestOrder:
    WORK = order.Work("example", RUN, 1, 3)
    WANTED = (order.Wanted("warc/b", 7, 9, "f" * 32), order.Wanted("warc/a", 5, 6, "e" * 32))

    def test_is_a_valid_file_that_names_captures_and_holds_none(self) -> None:
        stem, data = order.pack(self.WORK, self.WANTED, Today(ONE).as_told(), {"software": "Warraq/0"})
        assert warc.check(data).findings == []
        assert [part.kind for part in warc.parts(data)] == ["warcinfo", "resource"]
        assert list(warc.captures(data)) == []
        assert order.wanted(data) == sorted(self.WANTED, key=lambda one: one.warc)
        assert (stem.run, stem.seq, warc.info(data)["run"]) == (RUN, 3, RUN)

    def test_the_same_captures_are_the_same_bytes(self) -> None:
        packed = {order.pack(self.WORK, wanted, {}, {})[1] for wanted in (self.WANTED, self.WANTED[::-1])}
        assert len(packed) == 1
        assert order.pack(replace(self.WORK, seq=4), self.WANTED, {}, {})[0] != order.pack(self.WORK, self.WANTED, {}, {})[0]

    def test_of_a_later_version_is_refused(self) -> None:
        _, data = order.pack(self.WORK, self.WANTED, {"v": 1}, {})
        later = order.pack(self.WORK, [], {}, {})[1]
        assert order.wanted(data)
        assert not order.wanted(later)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(order, "FORMAT", 2)
            newer = order.pack(self.WORK, self.WANTED, {}, {})[1]
        with pytest.raises(BadRecord, match="format version"):
            order.wanted(newer)


def test_what_differs_is_shown_with_a_little_around_it() -> None:
    rest = " ".join(f"كلمة{number}" for number in range(60))
    told = differing(f"{rest} قال لا {rest}", f"{rest} قال نعم {rest}")
    assert "[-لا-]{+نعم+}" in told
    assert told[0] == told[-1] == "…"
    assert len(told) < 150
    assert differing(rest, rest) == ""
