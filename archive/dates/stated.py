"""Dates that pages state for programs: ISO 8601, RFC 5322, what Java, JavaScript and .NET print, seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from archive.dates.found import Found, believable, day_of
from archive.dates.words import MONTHS, WEEKDAYS
from archive.dates.zones import OWN, abbreviated, fixed

_CLOCK = r"(?P<h>\d\d):?(?P<mi>\d\d)(?::?(?P<s>\d\d)(?:[.,](?P<f>\d+))?)?"
_OFFSET = r" ?(?P<off>z|(?P<sign>[+-])(?P<oh>\d\d):?(?P<om>\d\d)?|utc|gmt)?(?:\[[\w/+-]*\])?"
_ISO = re.compile(
    rf"(?P<y>\d{{4}})(?:-(?P<mo>\d\d)-(?P<d>\d\d)|-?w(?P<w>\d\d)-?(?P<wd>\d)|-(?P<yd>\d{{3}})|(?P<bmo>\d\d)(?P<bd>\d\d))"
    rf"(?:(?:t|, | |(?<=\d{{8}})(?=\d{{6}}$)){_CLOCK}{_OFFSET})?"
)
_DAY = r"(?P<mon>[a-z]+) (?P<d>\d{1,2})"
_TIME = r"(?P<h>\d\d):(?P<mi>\d\d)(?::(?P<s>\d\d))?"
_SHIFT = r"(?:(?P<sign>[+-])(?P<oh>\d\d):?(?P<om>\d\d))?"
_ZONE = rf"(?P<zone>(?![ap]m\b)[a-z]{{1,5}})?{_SHIFT}(?: \([^()]*\))?"
# RFC 5322 section 3.3, with the names of its section 4.3.
_MAIL = re.compile(rf"(?:(?P<wk>[a-z]+),? )?(?P<d>\d{{1,2}})[ -](?P<mon>[a-z]+)[ -](?P<y>\d{{4}}) {_TIME} {_ZONE}")
# Java's Date.toString «Tue Mar 19 20:17:05 UTC 2019» and JavaScript's «Thu Mar 14 2019 17:30:00 GMT+0300 (…)»
_JAVA = re.compile(rf"(?P<wk>[a-z]+) {_DAY} {_TIME} (?P<zone>[a-z]{{1,5}}){_SHIFT} (?P<y>\d{{4}})")
_SCRIPT = re.compile(rf"(?P<wk>[a-z]+) {_DAY} (?P<y>\d{{4}}) {_TIME} {_ZONE}")
_EPOCH = re.compile(r"(?P<s>\d{9,10})(?P<ms>\d{3})?(?:\.\d+)?")
_EPOCH_KEY = re.compile(r"epoch|timestamp|unix|utime|millis|(?:^|[-_.:])ts$")


def read_stated(text: str, zone: str, captured: datetime | None, key: str) -> tuple[bool, Found | None]:
    """Has a plain text the form of a date for programs, and which date is it, if it is one?"""
    for pattern, read in ((_ISO, _iso), (_MAIL, _mail), (_JAVA, _mail), (_SCRIPT, _mail)):
        if found := pattern.fullmatch(text):
            stated = read(found, zone)
            break
    else:
        if not (_EPOCH_KEY.search(key.lower()) and (found := _EPOCH.fullmatch(text))):
            return False, None
        stated = Found(datetime.fromtimestamp(int(found["s"]), UTC).isoformat(), "second", 0.9, "epoch", "stated")
    return True, stated if stated and believable(date.fromisoformat(stated.value[:10]), captured) else None


def _iso(found: re.Match[str], zone: str) -> Found | None:
    day = _iso_day(found)
    if day is None or not found["h"]:
        return Found(day.isoformat(), "day", 0.9, "iso") if day else None
    clock = _clock(found)
    if clock is None:
        return None
    if not found["off"]:
        # Midnight without an offset is how programs write a day: no hour is made of it.
        moment = OWN.at(day, clock, zone) if clock != time() else None
        if moment is None:
            return Found(day.isoformat(), "day", 0.9, "iso")
        return Found(moment.isoformat(), _precision(found), 0.9, "iso", "outlet")
    offset = fixed(found["sign"], found["oh"], found["om"]) if found["sign"] else UTC
    if offset is None:
        return None
    confidence = 0.9 if clock == time() else 1.0
    return Found(datetime.combine(day, clock, offset).isoformat(), _precision(found), confidence, "iso", "stated")


def _iso_day(found: re.Match[str]) -> date | None:
    year = int(found["y"])
    try:
        if found["w"]:
            return date.fromisocalendar(year, int(found["w"]), int(found["wd"]))
        if found["yd"]:
            day = date(year, 1, 1) + timedelta(days=int(found["yd"]) - 1)
            return day if day.year == year and found["yd"] != "000" else None
    except (ValueError, OverflowError):  # no such week or day, or before year 1
        return None
    return day_of(year, int(found["mo"] or found["bmo"]), int(found["d"] or found["bd"]))


def _mail(found: re.Match[str], zone: str) -> Found | None:
    month, weekday = MONTHS.get(found["mon"]), WEEKDAYS.get(found["wk"]) if found["wk"] else None
    day = day_of(int(found["y"]), month, int(found["d"])) if month else None
    clock = _clock(found)
    if day is None or clock is None or (found["wk"] and weekday != day.isoweekday()):
        return None
    if found["sign"]:  # «-0000» is UTC too: it says only that the local clock is not told
        offset = fixed(found["sign"], found["oh"], found["om"])
        if offset is None or found["zone"] not in (None, "gmt", "utc"):
            return None
        return Found(datetime.combine(day, clock, offset).isoformat(), _precision(found), 1.0, "rfc5322", "stated")
    moment = abbreviated(found["zone"] or "", day, clock, zone)
    if moment is None:  # «AST» is Arabia's or the Atlantic's: the day stands, the hour is of nowhere
        return Found(day.isoformat(), "day", 0.8, "rfc5322")
    return Found(moment.isoformat(), _precision(found), 1.0, "rfc5322", "stated")


def _clock(found: re.Match[str]) -> time | None:
    fraction = int(found["f"][:6].ljust(6, "0")) if "f" in found.re.groupindex and found["f"] else 0
    try:
        return time(int(found["h"]), int(found["mi"]), int(found["s"] or 0), fraction)
    except ValueError:
        return None


def _precision(found: re.Match[str]) -> str:
    return "second" if found["s"] else "minute"
