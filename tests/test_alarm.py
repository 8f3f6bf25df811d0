"""Alarms: held against the outlet's own past, one for each trouble, from enough pages, and over when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import drift, line_digests
from archive.alarm import Alarm, alarms, tail, words
from archive.drift import ALL, Figures
from archive.observation import Observation
from tests.histories import line
from tests.looks import drawn


def pages(
    count: int, bad: int = 0, layout: str = "plain", text: str = "", start: int = 0, **wrong: object
) -> list[Observation]:
    """Pages of a run, of articles from number `start` on, the last `bad` of them with the fault `wrong` in their reading."""
    out = []
    for n in range(start, start + count):
        is_bad = n >= start + count - bad
        seen = drawn(1 + n / 1000, f"نص الخبر {n} " + "كلمة " * 60 + (f"\n{text}" if text and is_bad else ""), number=n)
        assert seen.reading is not None
        more = wrong if is_bad else {}
        read = replace(seen.reading, **{"layout": layout, "published": "2026-11-01", "chars": 400, **more})  # type: ignore[arg-type]
        out.append(replace(seen, reading=read))
    return out


def unfit(count: int) -> list[Observation]:
    return [line(2 + n / 1000, "content", f"https://news.example/u-{n}", reason="no-layout") for n in range(count)]


def found(*runs: Iterable[Observation]) -> list[Alarm]:
    rows = [(f"2026110{n}", layout, one) for n, of in enumerate(runs, 1) for layout, one in drift.of_file(of).items()]
    return alarms(drift.by_run(rows))


def test_a_quiet_past_is_no_alarm() -> None:
    assert found(*[pages(40)] * 6) == []


def test_no_layout_fits_in_the_middle_of_a_run() -> None:
    (alarm,) = found(pages(60), pages(60), [*pages(30), *unfit(30)])
    assert (alarm.fault, alarm.opened, alarm.bad, alarm.pages, alarm.act) == ("unfit", "20261103", 30, 60, True)
    assert len(alarm.examples) == 5
    assert words(alarm, ["old", "older"]) == "no layout fits: 30 of 60 pages, 0% before (layouts old, older)"


def test_three_unread_pages_are_enough_and_two_are_not() -> None:
    assert [one.bad for one in found(pages(60), pages(60), [*pages(30), *unfit(3)])] == [3]
    assert found(pages(60), pages(60), [*pages(30), *unfit(2)]) == []


def test_it_stands_without_a_second_one_and_is_over_when_pages_fit_again() -> None:
    (alarm,) = found(pages(60), unfit(20), unfit(20), [*pages(5), *unfit(15)], pages(40))
    assert (alarm.opened, alarm.closed) == ("20261102", "20261105")


def test_a_new_outlet_is_held_against_floors() -> None:
    assert [one.fault for one in found(unfit(12))] == ["unfit"]
    assert [one.fault for one in found(pages(12, 12, title="", checks={"ld": 0.2}))] == ["ld", "untitled"]
    assert found(pages(12, 12, published="")) == [], "an outlet may print no dates from its first day"


@pytest.mark.parametrize(
    ("fault", "wrong"),
    [
        ("undated", {"published": ""}),
        ("untitled", {"title": ""}),
        ("ld", {"checks": {"ld": 0.3}}),
        ("second", {"checks": {"second": 0.1}}),
        ("links", {"checks": {"links": 0.9}}),
    ],
)
def test_each_fault_that_was_never_there(fault: str, wrong: dict[str, object]) -> None:
    sound = {"ld": 1.0, "second": 0.99, "links": 0.0}
    past = [pages(40, 40, checks=sound)] * 3
    now = [replace(one, reading=replace(one.reading, checks={**sound, **one.reading.checks})) for one in pages(40, 20, **wrong) if one.reading]  # type: ignore[arg-type]  # fmt: skip
    told = found(*past, now)
    assert [(one.fault, one.opened, one.bad) for one in told] == [(fault, "20261104", 20)]
    assert found(*past, now, *past)[0].closed == "20261105"


def test_what_was_always_so_is_no_alarm() -> None:
    usual = [pages(40, 20, published="")] * 5
    assert found(*usual) == []
    assert [one.fault for one in found(*usual, pages(40, 40, published=""))] == ["undated"]


def test_few_pages_are_put_together_until_they_are_enough() -> None:
    few = [pages(3, 3, start=3 * n, published="") for n in range(4)]
    assert found(pages(40), *few[:2]) == []
    (alarm,) = found(pages(40), *few)
    assert (alarm.bad, alarm.pages, alarm.opened) == (12, 12, "20261105")


def test_an_article_that_is_looked_at_in_each_run_is_one() -> None:
    """A page without a text is asked for again and again: that is no reason to wake anybody."""
    poor = [line(2, "broken", "https://news.example/gallery", reason="no-text")]
    assert found(*[pages(40)] * 2, *[[*pages(1, start=n), *poor] for n in range(6)]) == []
    two = [*poor, line(2.1, "broken", "https://news.example/video", reason="no-text")]
    assert found(*[pages(40)] * 2, *[two] * 5) == []
    three = [*two, line(2.2, "broken", "https://news.example/map", reason="no-text")]
    assert [one.fault for one in found(*[pages(40)] * 2, three)] == ["empty"]


def test_a_site_of_five_articles_has_no_shares() -> None:
    assert found(*[pages(5, 5, text="جميع الحقوق محفوظة", title="", checks={"second": 0.1})] * 9) == []


def test_briefs_are_no_fault_until_nearly_all_are_short() -> None:
    assert found(*[pages(40, 36, chars=80)] * 3) == [], "an outlet may print briefs from its first day"
    assert found(*[pages(40, 2, chars=80)] * 3, pages(40, 20, chars=80), pages(12, 6, chars=80)) == [], "a day of breaking news"
    assert [one.fault for one in found(*[pages(40, 2, chars=80)] * 3, pages(40, 38, chars=80))] == ["short"]


def test_a_box_of_headlines_that_says_something_else_in_every_run_is_one_alarm() -> None:
    boxes = [pages(30, 30, text="\n".join(f"عنوان {n + k}" for k in range(3))) for n in range(0, 12, 2)]
    (alarm,) = found(pages(30), pages(30), *boxes)
    assert (alarm.opened, alarm.closed) == ("20261103", "")
    over = found(pages(30), pages(30), *boxes, pages(30))
    assert [one.closed for one in over] == ["20261109"]
    again = found(pages(30), *[pages(30, 30, text="تابعونا")] * 2, *[pages(30)] * 2, pages(30, 30, text="شاركونا"))
    assert [(one.opened, one.closed) for one in again] == [("20261102", "20261104"), ("20261106", "")]


def test_a_line_in_many_articles() -> None:
    (alarm,) = found(pages(30), pages(30), pages(30, 24, text="تابعونا على تلغرام"))
    assert (alarm.fault, alarm.line, alarm.bad) == ("line", line_digests.digest("تابعونا على تلغرام"), 24)
    assert not alarm.act
    assert "stands in 24 of 30 articles, 0% before: «تابعونا» (layout plain)" in words(alarm, (), "«تابعونا»")
    assert found(*[pages(30, 24, text="رويترز")] * 4)[1:] == [], "one alarm, however long it goes on"


def test_lines_that_come_together_are_one_alarm() -> None:
    (alarm,) = found(pages(30), pages(30), pages(30, 24, text="تابعونا\nعلى تلغرام\nوعلى كل منصة"))
    assert (alarm.bad, alarm.others) == (24, 2)
    assert "and 2 more lines" in words(alarm)


def test_a_new_outlets_lines_are_told_only_when_nearly_every_article_has_them() -> None:
    assert found(pages(30, 20, text="الخبر")) == []
    assert [one.fault for one in found(pages(30, 30, text="الخبر"))] == ["line"]


def test_what_is_read_again_is_no_page_of_the_run() -> None:
    assert drift.of_file(replace(one, reread=True) for one in pages(5)) == {}


def test_pages_without_a_container_are_told_of_the_whole_outlet() -> None:
    (alarm,) = [one for one in found(pages(40), pages(40), [*pages(10), *pages(30, layout="")]) if one.fault == "bare"]
    assert (alarm.layout, alarm.bad, alarm.pages) == (ALL, 30, 40)


def test_the_tail_is_the_binomial_one() -> None:
    exact = sum(comb(12, k) * 0.3**k * 0.7 ** (12 - k) for k in range(5, 13))
    assert tail(5, 12, 0.3) == pytest.approx(exact)
    assert (tail(0, 12, 0.3), tail(3, 3, 1.0)) == (1.0, 1.0)
    assert tail(5000, 10_000, 0.01) < 1e-300


@given(st.permutations(range(4)), st.integers(0, 20))
def test_files_of_a_run_in_any_order(order: list[int], bad: int) -> None:
    parts = [pages(20), pages(20, bad, published=""), unfit(2), pages(8, 8, text="تابعونا")]
    rows = [("20261101", layout, one) for n in sorted(order) for layout, one in drift.of_file(parts[n]).items()]
    shuffled = [("20261101", layout, one) for n in order for layout, one in drift.of_file(parts[n]).items()]
    told = [
        {layout: (one.pages, one.faults, one.lines, one.shapes) for layout, one in of.items()}
        for rows_ in (rows, shuffled)
        for _, of in drift.by_run(rows_)
    ]
    assert told[0] == told[1]


def test_figures_are_kept_as_json_and_read_back() -> None:
    made = drift.of_file([*pages(6, 3, published="", checks={"ld": 0.1}), *unfit(1)])
    assert {layout: drift.figures(one.row()) for layout, one in made.items()} == made
    assert Figures() == drift.figures(Figures().row())
