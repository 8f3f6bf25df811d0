"""Dates as Arabic pages print them, and as they state them for programs."""

from __future__ import annotations

import pytest

from archive.dates import machine, printed

ZONE = "Asia/Damascus"  # +02:00 in winter, +03:00 in summer until 2022


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("شباط 15, 2019", "2019-02-15"),
        ("١٧ آب ٢٠١٣", "2013-08-17"),
        ("نُشر في: 7 تشرين الثاني، 2013", "2013-11-07"),
        ("16 فبراير، 2019", "2019-02-16"),
        ("الأحد 3 كانون الثاني/ يناير 2021", "2021-01-03"),
        ("5 كانون الأول 2020", "2020-12-05"),
        ("12 أوت 2018", "2018-08-12"),
        ("الثلاثاء، 19 آذار/مارس 2019 - 20:17", "2019-03-19T20:17:00+02:00"),
        ("١ تموز ٢٠١٩، ٩:٠٥ مساءً", "2019-07-01T21:05:00+03:00"),
        ("1 تموز 2019 12:30 ص", "2019-07-01T00:30:00+03:00"),
        ("31/01/2019 18:05 GMT", "2019-01-31T18:05:00+00:00"),
        ("2019-03-09", "2019-03-09"),
        ("25.12.2018", "2018-12-25"),
    ],
)
def test_a_printed_date_is_read(text: str, value: str) -> None:
    assert printed(text, ZONE) == value


@pytest.mark.parametrize(
    "text",
    [
        "منذ 3 أيام",
        "آخر تحديث: أمس",
        "12/3/2019",  # day or month?
        "31 شباط 2019",
        "شباط 2019",  # no day: none is invented
        "8 آذار",
        "3 شباط/آذار 2019",  # contradicts itself
        "",
    ],
)
def test_what_is_not_sure_stays_unknown(text: str) -> None:
    assert printed(text, ZONE) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2019-02-09T19:30:00+03:00", "2019-02-09T19:30:00+03:00"),
        ("2019-02-09T19:30:00.250Z", "2019-02-09T19:30:00.250000+00:00"),
        ("2019-03-19T20:17:05+0000", "2019-03-19T20:17:05+00:00"),
        ("2019-02-09 19:30:00", "2019-02-09T19:30:00+02:00"),
        ("2019-02-09", "2019-02-09"),
        ("Tue Mar 19 20:17:05 UTC 2019", "2019-03-19T20:17:05+00:00"),
        ("Mon, 11 Feb 2019 22:00:00 GMT", "2019-02-11T22:00:00+00:00"),
        ("٢٠١٩-٠٢-٠٩T10:00:00+02:00", "2019-02-09T10:00:00+02:00"),
        ("2019-02-30T10:00:00Z", ""),
        ("yesterday", ""),
    ],
)
def test_a_stated_date_keeps_its_offset(text: str, value: str) -> None:
    assert machine(text, ZONE) == value
