"""Dates that pages state for programs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archive.dates import Found, machine, stated

ZONE = "Asia/Damascus"  # +02:00 in winter, +03:00 in summer until 2022
CAPTURED = datetime(2019, 11, 20, 15, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2019-03-14T17:30:00+03:00", "2019-03-14T17:30:00+03:00"),
        ("2019-03-14T17:30:00.1234567+03:00", "2019-03-14T17:30:00.123456+03:00"),
        ("2019-03-14T17:30:00,5Z", "2019-03-14T17:30:00.500000+00:00"),
        ("2019-03-14T17:30Z", "2019-03-14T17:30:00+00:00"),
        ("2019-03-14T17:30:00+0300", "2019-03-14T17:30:00+03:00"),
        ("2019-03-14T17:30:00+03", "2019-03-14T17:30:00+03:00"),
        ("2019-03-14T17:30:00-05:00", "2019-03-14T17:30:00-05:00"),
        ("2019-03-14T17:30:00-00:00", "2019-03-14T17:30:00+00:00"),
        ("2019-03-14T17:30:00+05:45", "2019-03-14T17:30:00+05:45"),
        ("2019-03-14T17:30:00+02:00[Asia/Damascus]", "2019-03-14T17:30:00+02:00"),
        ("2019-03-14 17:30:00 +0300", "2019-03-14T17:30:00+03:00"),
        ("2019-03-14 17:30:00 UTC", "2019-03-14T17:30:00+00:00"),
        ("2019-03-14 17:30", "2019-03-14T17:30:00+02:00"),
        ("  2019-07-14\u00a017:30:00 ", "2019-07-14T17:30:00+03:00"),
        ("20190314T173000Z", "2019-03-14T17:30:00+00:00"),
        ("20190314T1730+0200", "2019-03-14T17:30:00+02:00"),
        ("20190314173000", "2019-03-14T17:30:00+02:00"),
        ("20190314", "2019-03-14"),
        ("2019-W11-4", "2019-03-14"),
        ("2019W114", "2019-03-14"),
        ("2019-073", "2019-03-14"),
        ("٢٠١٩-٠٣-١٤T١٧:٣٠:٠٠+٠٣:٠٠", "2019-03-14T17:30:00+03:00"),
        ("۲۰۱۹-۰۳-۱۴", "2019-03-14"),
        ("Thu, 14 Mar 2019 17:30:00 +0300", "2019-03-14T17:30:00+03:00"),
        ("14 Mar 2019 17:30 -0500", "2019-03-14T17:30:00-05:00"),
        ("Thu, 14 Mar 2019 17:30:00 -0000", "2019-03-14T17:30:00+00:00"),
        ("Thu, 14 Mar 2019 17:30:00 EST", "2019-03-14T17:30:00-05:00"),
        ("Thursday, 14-Mar-2019 17:30:00 GMT", "2019-03-14T17:30:00+00:00"),
        ("Thu Mar 14 17:30:00 EET 2019", "2019-03-14T17:30:00+02:00"),
        ("Thu Mar 14 2019 17:30:00 GMT+0300 (Arabian Standard Time)", "2019-03-14T17:30:00+03:00"),
        ("Thu Mar 14 17:30:00 GMT+03:00 2019", "2019-03-14T17:30:00+03:00"),
        ("14 آذار 2019", "2019-03-14"),
        ("March 14, 2019 5:30 pm", "2019-03-14T17:30:00+02:00"),
        ("3/14/2019 5:30:00 PM", "2019-03-14T17:30:00+02:00"),
        ("14/03/2019 17:30", "2019-03-14T17:30:00+02:00"),
    ],
)
def test_a_stated_date_is_read_with_its_offset(text: str, value: str) -> None:
    assert machine(text, ZONE, CAPTURED) == value


@pytest.mark.parametrize(
    "text",
    ["2019-03-14T00:00:00", "2019-03-14 00:00", "2019-03-14T00:00:00.000", "20190314000000"],
)
def test_midnight_without_an_offset_is_a_day(text: str) -> None:
    assert stated(text, ZONE) == Found("2019-03-14", "day", 0.9, "iso")


def test_midnight_with_an_offset_stays_as_stated_and_is_trusted_less() -> None:
    assert stated("2019-03-14T00:00:00+02:00", ZONE) == Found("2019-03-14T00:00:00+02:00", "second", 0.9, "iso", "stated")


def test_the_hour_that_is_shown_twice_or_never_gives_the_day() -> None:
    assert machine("2019-10-24T23:30:00", ZONE) == "2019-10-24"  # clocks went back at midnight
    assert machine("2019-03-29T00:30:00", ZONE) == "2019-03-29"  # and forward here: 00:30 was none
    assert machine("2019-10-24T23:30:00+03:00", ZONE) == "2019-10-24T23:30:00+03:00"


def test_old_rules_of_a_zone_hold_for_old_dates() -> None:
    assert machine("2015-07-01 12:00:00", "Africa/Cairo") == "2015-07-01T12:00:00+02:00"
    assert machine("2014-06-01 12:00:00", "Africa/Cairo") == "2014-06-01T12:00:00+03:00"
    assert machine("2023-06-01 12:00:00", "Africa/Cairo") == "2023-06-01T12:00:00+03:00"
    assert machine("2007-07-01 12:00:00", "Asia/Baghdad") == "2007-07-01T12:00:00+04:00"
    assert machine("2023-01-15 12:00:00", ZONE) == "2023-01-15T12:00:00+03:00"


def test_a_zone_with_several_meanings_gives_the_day() -> None:
    assert machine("Thu, 14 Mar 2019 17:30:00 AST", "Asia/Riyadh") == "2019-03-14"
    assert machine("Thu Mar 14 17:30:00 IST 2019", "Asia/Damascus") == "2019-03-14"
    assert machine("Thu Mar 14 17:30:00 IST 2019", "Asia/Jerusalem") == "2019-03-14T17:30:00+02:00"


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("1552577400", "data-timestamp", "2019-03-14T15:30:00+00:00"),
        ("1552577400000", "data-timestamp", "2019-03-14T15:30:00+00:00"),
        ("1552577400", "unixtime", "2019-03-14T15:30:00+00:00"),
        ("1552577400", "", ""),
        ("1552577400", "datePublished", ""),
        ("0", "timestamp", ""),
        ("15525774", "timestamp", ""),
        ("9999999999", "timestamp", ""),
    ],
)
def test_seconds_since_1970_count_only_where_the_name_says_so(text: str, key: str, value: str) -> None:
    assert machine(text, ZONE, CAPTURED, key) == value


@pytest.mark.parametrize(
    "text",
    [
        "2019-02-30T10:00:00Z",
        "2019-13-01",
        "2019-00-10",
        "2019-03-14T25:00:00Z",
        "2019-03-14T17:61:00Z",
        "2019-03-14T17:30:00+25:00",
        "2019-W60-1",
        "2019-400",
        "2019-03",
        "2019",
        "2019-W11",
        "0001-01-01T00:00:00",
        "0000-00-00 00:00:00",
        "1970-01-01T00:00:00Z",
        "1970-01-01T02:00:00+02:00",
        "1900-01-01",
        "-0001-11-30T00:00:00+00:00",
        "9999-12-31T23:59:59Z",
        "2020-03-14T17:30:00+02:00",  # four months after the capture
        "Fri, 14 Mar 2019 17:30:00 GMT",  # it was a Thursday
        "12/03/2018",
        "yesterday",
        "منذ ساعة",
        "true",
        "{{date}}",
        "",
        "2019-03-14" * 20,
    ],
)
def test_what_is_no_date_stays_unknown(text: str) -> None:
    assert machine(text, ZONE, CAPTURED) == ""


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("2019-03-14T17:30:00+02:00", "stated"),
        ("2019-03-14T17:30:00", "outlet"),
        ("2019-03-14", ""),
        ("Thu, 14 Mar 2019 17:30:00 GMT", "stated"),
        ("14 آذار 2019 17:30", "outlet"),
        ("14 آذار 2019 17:30 بتوقيت بيروت", "stated"),
        ("14 آذار 2019 17:30 بالتوقيت المحلي", "outlet"),
    ],
)
def test_whose_offset_it_is(text: str, whose: str) -> None:
    found = stated(text, ZONE, CAPTURED)
    assert found is not None
    assert found.zone == whose
