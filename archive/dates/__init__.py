"""Dates as pages print them and state them, for Arabic outlets above all. Pure; no day, hour or offset is invented.

dateparser reads none of the Levantine month names, and htmldate makes 1 January of what it cannot read, so this is our own.
What is not sure stays unknown. The rules, where one could decide otherwise:

- Day and month in digits (12/3/2019) are unknown unless one reading is no date, lies after the capture, contradicts the weekday
  or the Hijri date beside it, or the digits carry CLDR's right-to-left marks, which only its Arabic d/m/y has. An outlet's
  zone settles nothing: many Arabic sites run software with American settings.
- A weekday beside the date that contradicts it makes the date unknown: one of the two is wrong.
- Hijri dates are recognised and never converted: who saw the moon decides the day. They check the date beside them (± 3 days).
- A range, a list of days, a bound («حتى 14 آذار») and two different days without labels are unknown. Under labels
  («نُشر», «آخر تحديث») the caller says which; a date without label counts as published.
- A clock counts when nothing but punctuation, «الساعة» or a weekday stands between it and the date. If its half of the day or
  its zone is not sure, or the zone's clock showed that time twice or never (summer time), the day alone is given.
- A stated offset stays as stated. A clock without one is the outlet's local time, by the rules of zoneinfo for that day.
- Midnight without an offset (2019-03-14T00:00:00) is how programs write a day: it is read as that day.
- «منذ 3 ساعات» is the capture's time less three hours, cut to the hour: precision "hour". Weeks, months and years are unknown.
- «02:35 دقيقة» and «المدة 12:29» are how long something lasts; a line of more than 250 letters, or of more than six dates, is
  prose or a list: unknown.
- Two digits of a year count only in 14/3/19 where one reading is left, and in 14-Mar-19.
- 1 January 1970, 1900 and year 1 are placeholders, and a date two days after the capture is none: all unknown.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from archive.dates.found import Found
from archive.dates.line import Which, read_line
from archive.dates.stated import read_stated
from archive.dates.words import plain

__all__ = ["Found", "Which", "machine", "printed", "read", "stated"]

_FOR_PROGRAMS = re.compile(r"\s*(?:\d{4}-\d\d-\d\d|[A-Z][a-z]{2},? )")  # among other words a bare number is an id
_SHORT = 80  # letters; a date that is stated for programs is a date and nothing else


def read(text: str, zone: str, captured: datetime | None = None, *, which: Which = "published") -> Found | None:
    """The date in a line that a reader sees, or None when none is sure.

    `zone` is the outlet's (IANA name; "": no clock without an offset is read), `captured` the time of the capture, with offset:
    without it «منذ ساعة» stays unknown. `which` of the dates of a line such as «نُشر: … آخر تحديث: …».
    """
    if which != "modified" and len(text) < _SHORT and _FOR_PROGRAMS.match(text):
        known, found = read_stated(plain(text), zone, captured, "")
        if known:
            return found
    return read_line(text, zone, captured, which)


def stated(text: str, zone: str, captured: datetime | None = None, key: str = "") -> Found | None:
    """The date that a page states for programs in a meta element, JSON-LD or `datetime`, or None.

    `key` is the name it stands under: a bare number counts as seconds or milliseconds since 1970 only where the name says so.
    A line of words in such a place («14 آذار 2019») is read as one, unless it is told from now.
    """
    if len(text) >= _SHORT:
        return None
    known, found = read_stated(plain(text), zone, captured, key)
    if known:
        return found
    found = read_line(text, zone, captured, "any")
    return found if found and found.form in ("named", "numeric") else None


def machine(text: str, zone: str, captured: datetime | None = None, key: str = "") -> str:
    """`stated` as ISO 8601; "" when there is none."""
    found = stated(text, zone, captured, key)
    return found.value if found else ""


def printed(text: str, zone: str, captured: datetime | None = None, *, which: Which = "published") -> str:
    """`read` as ISO 8601, never finer than it is known; "" when there is none.

    The text cannot say "to the hour": what is counted back in hours gives its day, where an hour more or less changes none.
    """
    found = read(text, zone, captured, which=which)
    if found is None or found.form != "ago" or found.precision != "hour":
        return found.value if found else ""
    when = datetime.fromisoformat(found.value)
    days = {(when + timedelta(hours=hours)).date() for hours in (-1, 2)}
    return days.pop().isoformat() if len(days) == 1 else ""
