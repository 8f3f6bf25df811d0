"""Dates as Arabic pages print them. Pure; what is not certain stays unknown: no day, hour or offset is invented.

dateparser reads none of the Levantine month names, so this is our own: Levantine, Egyptian, Maghrebi and
transliterated months, pairs of them («شباط/فبراير»), Eastern digits, a clock with ص or م.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from archive.digest import tokens

_NAMES = (
    ("كانون الثاني", "يناير", "جانفي", "january", "jan"),
    ("شباط", "فبراير", "فيفري", "february", "feb"),
    ("آذار", "مارس", "march", "mar"),
    ("نيسان", "أبريل", "إبريل", "ابريل", "أفريل", "april", "apr"),
    ("أيار", "مايو", "ماي", "may"),
    ("حزيران", "يونيو", "يونيه", "جوان", "june", "jun"),
    ("تموز", "يوليو", "يوليه", "جويلية", "july", "jul"),
    ("آب", "أغسطس", "أوت", "august", "aug"),
    ("أيلول", "سبتمبر", "september", "sep", "sept"),
    ("تشرين الأول", "أكتوبر", "october", "oct"),
    ("تشرين الثاني", "نوفمبر", "november", "nov"),
    ("كانون الأول", "ديسمبر", "december", "dec"),
)
_MONTHS = {" ".join(tokens(name)): number for number, names in enumerate(_NAMES, 1) for name in names}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NAMED = re.compile(
    rf"(?:\b(?P<d1>\d{{1,2}}) )?(?:من )?(?:شهر )?\b(?P<m>{_MONTH})\b(?: (?P<m2>{_MONTH})\b)?"
    r"(?: (?P<d2>\d{1,2})\b)?(?: عام| سنة)? (?P<y>(?:19|20)\d\d)\b"
)
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "0123456789" * 2)
_YMD = re.compile(r"\b((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})\b")
_DMY = re.compile(r"\b(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d\d)\b")
_CLOCK = re.compile(r"\b(\d{1,2}):(\d\d)(?::\d\d)?\s*(صباحا|مساء|ص|م|am|pm)?(?:\b|$)", re.I)
_OFFSETLESS = re.compile(r"T\d\d:\d\d(?::\d\d(?:\.\d+)?)?$")
_COMPACT_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$")


def machine(text: str, zone: str) -> str:
    """A date that a page states for programs (ISO 8601, RFC 5322, Reuters' REVISION_DATE), as ISO 8601; "" if it is none.

    A time without an offset is local to the outlet's `zone`; a day without a time stays a day.
    """
    text = " ".join(text.split()).translate(_DIGITS)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return _iso(text, "")
    value = text.replace(" ", "T", 1) if re.match(r"\d{4}-\d\d-\d\d \d", text) else text
    value = _COMPACT_OFFSET.sub(r"\1:\2", value.replace(" ", ""))
    if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", value):
        return _iso(value, zone)
    for parse in (parsedate_to_datetime, _revision_date):
        try:
            when = parse(text)
            return (when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone))).isoformat()
        except (ValueError, TypeError, IndexError):
            continue
    return ""


def _revision_date(text: str) -> datetime:
    """`Tue Mar 19 20:17:05 UTC 2019`"""
    return datetime.strptime(text.replace(" UTC ", " +0000 "), "%a %b %d %H:%M:%S %z %Y")


def _iso(value: str, zone: str) -> str:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return ""
    if not zone:
        return when.date().isoformat()
    return (when if when.tzinfo else when.replace(tzinfo=ZoneInfo(zone))).isoformat()


def printed(text: str, zone: str) -> str:
    """The date in a line that a reader sees: `YYYY-MM-DD`, or with its clock and the offset of `zone`; "" if none is sure.

    12/3/2019 is none: nobody can tell the day from the month.
    """
    day = _day(text.translate(_DIGITS))
    if not day:
        return ""
    plain = "".join(char for char in text.translate(_DIGITS) if char not in "\u064b\u200e\u200f")
    clock = _CLOCK.search(plain)
    if clock is None:
        return day
    zone = "UTC" if re.search(r"GMT|UTC|غرينتش|جرينتش", plain) else zone
    hour, half = int(clock[1]), (clock[3] or "").lower()
    hour = hour % 12 + 12 if half in ("م", "مساء", "pm") else hour % 12 if half else hour
    return _iso(f"{day}T{hour:02}:{clock[2]}", zone) or day


def _day(text: str) -> str:
    named = _NAMED.search(" ".join(tokens(text)))
    if named:
        if named["m2"] and _MONTHS[named["m"]] != _MONTHS[named["m2"]]:
            return ""
        day = named["d1"] or named["d2"]
        return _iso(f"{named['y']}-{_MONTHS[named['m']]:02}-{int(day):02}", "") if day else ""
    if found := _YMD.search(text):
        return _iso(f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}", "")
    if (found := _DMY.search(text)) and (int(found[1]) > 12 or found[1] == found[2]):
        return _iso(f"{found[3]}-{int(found[2]):02}-{int(found[1]):02}", "")
    return ""
