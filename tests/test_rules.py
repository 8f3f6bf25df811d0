"""Layouts by capture time and by what the page looks like; ids of what decides a text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfoNotFoundError, reset_tzpath

import pytest
import tzdata  # type: ignore[import-untyped]
from lxml import html as lxml_html

from archive import clocks
from archive.outlet import Layout, Outlet
from archive.rules import GENERIC, layout_for, reading_id, rules_id, versions

OUTLET = Outlet(name="example", title="مثال", url="https://news.example.org/")
EARLY = Layout(name="early", since=datetime(2015, 1, 1, tzinfo=UTC))
LATE = Layout(name="late", since=datetime(2019, 6, 1, tzinfo=timezone(timedelta(hours=3))), match="//div[@id='new']")
OTHER = Layout(name="other", since=LATE.since, match="//div[@class='other']")


def chosen(when: datetime, markup: str, *layouts: Layout) -> str | None:
    found = layout_for(replace(OUTLET, layouts=layouts), when, lxml_html.document_fromstring(markup))
    return found and found.name


def test_the_release_of_the_zones_is_part_of_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dates without an offset depend on it; the package's, so that two machines say the same."""
    assert versions()["tz"] == tzdata.IANA_VERSION
    before = rules_id(EARLY)
    monkeypatch.setattr(clocks, "release", lambda: "1999a")
    versions.cache_clear()
    assert rules_id(EARLY) != before
    versions.cache_clear()


def test_zones_are_those_of_the_package_whatever_the_machine_has() -> None:
    reset_tzpath(to=())
    try:
        summer = datetime(2022, 7, 1, tzinfo=clocks.named_clock("Asia/Damascus"))
        assert (summer.utcoffset(), clocks.named_clock("Asia/Damascus").key) == (timedelta(hours=3), "Asia/Damascus")
    finally:
        reset_tzpath()
    for none in ("Asia/Nowhere", "", "Asia", "../etc/passwd", "/etc/localtime"):
        with pytest.raises(ZoneInfoNotFoundError):
            clocks.named_clock(none)


def test_an_outlet_without_layouts_is_read_by_the_built_in_one() -> None:
    assert layout_for(OUTLET, datetime(2026, 1, 1, tzinfo=UTC), None) is GENERIC


def test_a_layout_is_in_force_from_its_time_on() -> None:
    new = "<div id='new'>x</div>"
    assert chosen(datetime(2019, 5, 31, 20, 59, tzinfo=UTC), new, EARLY, LATE) == "early"
    assert chosen(datetime(2019, 5, 31, 21, 0, tzinfo=UTC), new, EARLY, LATE) == "late"  # +03:00
    assert chosen(datetime(2014, 1, 1, tzinfo=UTC), new, EARLY, LATE) is None


def test_of_the_same_time_the_first_that_matches() -> None:
    when = datetime(2020, 1, 1, tzinfo=UTC)
    assert chosen(when, "<div id='new'>x</div><div class='other'>y</div>", LATE, OTHER) == "late"
    assert chosen(when, "<div class='other'>y</div>", LATE, OTHER) == "other"
    assert chosen(when, "<p>z</p>", LATE, OTHER) is None
    assert chosen(when, "<p>z</p>", LATE, OTHER, EARLY) == "early"


def test_every_rule_that_can_change_a_text_changes_the_id() -> None:
    base = Layout(name="a")
    changed = [
        replace(base, name="b"),
        replace(base, body="//p"),
        replace(base, title="//h1"),
        replace(base, prune=("//b",)),
        replace(base, drop_lines=("x",)),
    ]
    assert len({rules_id(one) for one in (base, *changed)}) == 6
    assert rules_id(base) == rules_id(replace(base))
    assert reading_id("r", "s") != reading_id("r", "")
    assert len(reading_id("r", "s")) == len(rules_id(base)) == 12
