"""Dates in every form that CLDR has for seven Arab countries: read right, or honestly unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_date, format_datetime

from archive.dates import Found, printed, read

ZONES = {
    "ar_SY": "Asia/Damascus",
    "ar_LB": "Asia/Beirut",
    "ar_IQ": "Asia/Baghdad",
    "ar_EG": "Africa/Cairo",
    "ar_MA": "Africa/Casablanca",
    "ar_DZ": "Africa/Algiers",
    "ar_TN": "Africa/Tunis",
}
WIDTHS = ("short", "medium", "long", "full")
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
CAPTURED = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLOCKS = ((0, 0, 0), (0, 30, 9), (9, 5, 7), (12, 0, 0), (12, 59, 59), (17, 30, 5), (23, 59, 1))


def days() -> list[date]:
    """First and last days of months over thirty years, leap days, and every 97th day between."""
    months = [date(year, month, 1) for year in (1996, 2004, 2011, 2019, 2020, 2024) for month in range(1, 13)]
    ends = [first - timedelta(days=1) for first in months]
    return [
        *months,
        *ends,
        date(1996, 2, 29),
        date(2020, 2, 29),
        *(date(1996, 1, 5) + timedelta(days=97 * n) for n in range(110)),
    ]


def moments(zone: ZoneInfo) -> Iterator[datetime]:
    for number, day in enumerate(days()):
        hour, minute, second = CLOCKS[number % len(CLOCKS)]
        # By way of UTC: a local time that summer time skips is none, and no outlet prints it.
        yield datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=zone).astimezone(UTC).astimezone(zone)


def both_digits(text: str) -> tuple[str, str]:
    return text, text.translate(EASTERN)


@pytest.mark.parametrize("locale", ZONES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_date_is_read(locale: str, width: str) -> None:
    for day in days():
        for text in both_digits(format_date(day, width, locale=locale)):
            assert printed(text, ZONES[locale], CAPTURED) == day.isoformat(), text


@pytest.mark.parametrize("locale", ZONES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_date_with_a_clock_is_read_and_its_zone_kept(locale: str, width: str) -> None:
    """The day alone only where the form names no zone and the clock showed that time twice."""
    zone = ZoneInfo(ZONES[locale])
    cut = {"short": {"second": 0}}.get(width, {})
    outcomes: Counter[str] = Counter()
    for moment in moments(zone):
        for text in both_digits(format_datetime(moment, width, tzinfo=zone, locale=locale)):
            found = read(text, ZONES[locale], CAPTURED)
            assert found is not None, text
            if found.precision == "day":
                assert width in ("short", "medium"), text
                assert twice(moment), text
                assert found.value == moment.date().isoformat(), text
            else:
                assert found.value == moment.replace(**cut).isoformat(), text
                assert found.precision == ("minute" if width == "short" else "second"), text
            outcomes[found.precision] += 1
    assert outcomes["day"] <= 0.01 * outcomes.total()


@pytest.mark.parametrize(
    "abroad", ["UTC", "Asia/Riyadh", "Asia/Dubai", "Europe/London", "Europe/Berlin", "Asia/Jerusalem", "Europe/Moscow"]
)
@pytest.mark.parametrize("width", ["long", "full"])
def test_a_zone_that_is_not_the_outlets_is_kept(abroad: str, width: str) -> None:
    zone = ZoneInfo(abroad)
    for moment in moments(zone):
        text = format_datetime(moment, width, tzinfo=zone, locale="ar_SY")
        found = read(text, "Asia/Damascus", CAPTURED)
        assert found is not None, text
        if " GST" in text:  # the Gulf's, or South Georgia's
            assert found.value == moment.date().isoformat(), text
        else:
            assert datetime.fromisoformat(found.value) == moment, text


@pytest.mark.parametrize("locale", ["en", "en_GB", "fr"])
@pytest.mark.parametrize("width", ["medium", "long", "full"])
def test_english_and_french_dates_on_arabic_pages(locale: str, width: str) -> None:
    for day in days():
        assert printed(format_date(day, width, locale=locale), "Asia/Beirut", CAPTURED) == day.isoformat()


def test_american_digits_are_read_or_unknown() -> None:
    for day in days():
        assert printed(f"{day.month}/{day.day}/{day.year}", "Asia/Beirut", CAPTURED) in ("", day.isoformat())
        assert printed(format_date(day, "short", locale="en_US"), "Asia/Beirut", CAPTURED) in ("", day.isoformat())
        assert printed(format_date(day, "short", locale="fr"), "Asia/Beirut", CAPTURED) in ("", day.isoformat())


def test_a_day_over_twelve_in_digits_is_read_without_any_marks() -> None:
    for day in days():
        for text in both_digits(f"{day.day}/{day.month}/{day.year}"):
            expected = day.isoformat() if day.day > 12 or day.day == day.month else ("", day.isoformat())
            assert printed(text, "Africa/Cairo", CAPTURED) in (expected if isinstance(expected, tuple) else (expected,)), text


def twice(moment: datetime) -> bool:
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()


def test_found_is_plain_data() -> None:
    assert read("14 آذار 2019", "Asia/Damascus") == Found("2019-03-14", "day", 0.95, "named")
