"""Clocks in a line: «20:17», «٩:٠٥ مساءً», «5 PM», «20h17». A half of the day that is not sure makes the hour unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

from archive.dates.words import END, START, WEEKDAY, one_of, plain
from archive.dates.zones import BARE, OWN, Zone, zone_at, zone_in

_HALVES = {
    "am": ("ص", "صباحا", "صباح", "am", "a.m.", "a.m", "a. m.", "فجرا", "قبل الظهر", "du matin", "پ.ن", "ق.ظ"),
    "pm": ("م", "مساء", "مساءا", "pm", "p.m.", "p.m", "p. m.", "بعد الظهر", "بعد ظهر", "عصرا", "du soir", "د.ن", "ب.ظ"),
    "noon": ("ظهرا", "ظ"),
    "night": ("ليلا", "بعد منتصف الليل"),
}  # fmt: skip
_HALF_OF = {plain(word): half for half, words in _HALVES.items() for word in words}
_HALF = one_of(_HALF_OF)
_WORDY = one_of(word for word in _HALF_OF if len(word) > 1)  # «8 م» may be metres
# A half of the day that stands apart from its clock, or a word of which nobody knows the hours.
_LOOSE_WORDS = one_of((
    "صباحا", "صباح", "الصباح", "مساء", "مساءا", "المساء", "فجرا", "فجر", "الفجر", "عصرا", "عصر", "العصر", "ظهرا", "ظهر",
    "الظهر", "الظهيرة", "ليلا", "ليل", "الليل", "منتصف", "عشية", "عشاء", "العشاء", "ضحى", "الضحى", "غروبا", "am", "pm", "matin",
    "soir", "midi", "noon", "midnight", "morning", "afternoon", "evening", "night",
    "صبح", "شب", "بعدازظهر", "پاشنیوەڕۆ", "بەیانی", "ئێوارە",
))  # fmt: skip
_LOOSE = re.compile(rf"{START}(?:{_LOOSE_WORDS}){END}")
# A letter alone may be a half of the day that we do not know; before the clock, it may be a half or the era («2024 م 02:20»).
_LETTER_AFTER = re.compile(r" ?[^\W\d_](?!\w)")
_LETTER_BEFORE = re.compile(r"(?<![^\W\d])[مص] ?$")
_GLUED_ERA = re.compile(r"\dم ?$")
_MINUTES = r"(?::| ?h ?)(?P<m>\d\d)(?::(?P<s>\d\d)(?:\.\d{1,9})?)?(?![:\d%])(?![.,/]\d)(?!-\d(?!\d:?\d\d))"
_CLOCK = re.compile(
    rf"(?:(?<=\dt)|(?<![\w:+]))(?<!\d[.,/'])(?P<h>\d{{1,2}})"
    rf"(?:{_MINUTES}(?: ?(?P<half>{_HALF}){END}(?!\d))?|(?: ?h(?=[ ,)]|$)| ?(?P<only>{_WORDY}){END}))"
)
# What may stand between a date, its clock and its zone.
_LINK_WORDS = rf"(?:ب|ال|بال)?توقيت [^\W\d]+|{BARE}|في|تمام|الساعه|ساعه|عند|علي|at|a|le|the|on|saat|ساعت|يوم|{WEEKDAY}"
_LINK = re.compile(
    rf"(?:[ ,.\-|/:()\[\]@*•·;]|{START}(?:{_LINK_WORDS}){END}|(?<=\d)t$|(?<=[\d\s])(?:م|ميلادي|ميلاديه|ad){END})*"
)
_FOREIGN = re.compile(
    r"[ ,(]{0,2}(?!(?:by|le|at|on|in|par|et|de|the|updated|last|modified|published|mis|mise|posted|views?)\b)[a-z]{2,5}\b"
)
_PLACE = re.compile(r"(?:[+-]| \+)\d{1,2}(?![\d:])| ?\((?:[^\W\d]+ ?){1,3}\)")  # «20:17 (طوكيو)», «20:17+3»
_NEVER = Zone(0, 0, ())
_GAP = re.compile(r"[ ,(]{0,2}")
# How long a film lasts is no hour of the day: «المدة 12:29», «02:35 دقيقة».
_LASTS_BEFORE = re.compile(rf"{START}(?:المده|مده|مدته|مدتها|duration|duree|length|طول){END}[^\d]{{0,12}}$")
_LASTS_AFTER = re.compile(rf" ?(?:دقيقه|دقائق|ثانيه|ثوان|minutes?|mins?|seconds?){END}")


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock of a line and the zone beside it."""

    start: int
    end: int
    time: time | None  # None: not sure which hour
    precision: str  # "hour", "minute", "second"
    zone: Zone

    @property
    def whose(self) -> str:
        """ "stated" when the line names the zone, else "outlet"."""
        return "outlet" if self.zone.choices is None else "stated"

    def on(self, day: date, own: str) -> str:
        """ISO 8601 with the offset; "" when hour or offset are not sure."""
        moment = self.zone.at(day, self.time, own) if self.time is not None else None
        return moment.isoformat() if moment else ""


def clocks(line: str) -> Iterator[Clock]:
    """The clocks of a plain line, in order; the digits of an offset are none, nor is how long something lasts.

    A zone that stands beside no clock is that of all; one beside a clock is that clock's alone.
    """
    told: list[tuple[re.Match[str], Zone | None]] = []
    for found in _CLOCK.finditer(line):
        if told and found.start() < (told[-1][1] or OWN).end:
            continue
        if not _LASTS_BEFORE.search(line, 0, found.start()) and not _LASTS_AFTER.match(line, found.end()):
            told.append((found, _zone_after(line, found.end())))
    shared = None if any(zone for _, zone in told) else zone_in(line)
    for found, zone in told:
        end = zone.end if zone and zone is not _NEVER else found.end()
        yield Clock(found.start(), end, _time(found, line), _precision(found), zone or shared or OWN)


def _zone_after(line: str, end: int) -> Zone | None:
    gap = _GAP.match(line, end)
    zone = zone_at(line, gap.end() if gap else end) or zone_at(line, end)
    return zone or (_NEVER if _FOREIGN.match(line, end) or _PLACE.match(line, end) else None)


def linked(line: str, start: int, end: int) -> bool:
    """Does nothing but punctuation, «الساعة» or a weekday stand between two places of a line?"""
    return start <= end and _LINK.fullmatch(line, start, end) is not None


def _precision(found: re.Match[str]) -> str:
    return "second" if found["s"] else "minute" if found["m"] else "hour"


def _time(found: re.Match[str], line: str) -> time | None:
    hour, minute, second = int(found["h"]), int(found["m"] or 0), int(found["s"] or 0)
    half = _HALF_OF.get(found["half"] or found["only"] or "", "")
    if hour > 23 or minute > 59 or second > 59:
        return None
    if not half and hour <= 12 and _half_is_open(found, line):
        return None
    sure = _hour(hour, half)
    return None if sure is None else time(sure, minute, second)


def _half_is_open(found: re.Match[str], line: str) -> bool:
    before = line[: found.start()]
    lone = _LETTER_BEFORE.search(before) and not _GLUED_ERA.search(before)
    return bool(lone or _LETTER_AFTER.match(line, found.end()) or _LOOSE.search(line))


def _hour(hour: int, half: str) -> int | None:
    """The hour of 24; None where the half contradicts it, or does not tell («12:30 ليلاً»: of which day?)."""
    if half == "am":
        return hour % 12 if hour <= 12 else None
    if half == "pm":
        return hour % 12 + 12 if hour else None
    if half == "noon":
        return hour if hour in (10, 11, 12, 13, 14, 15) else hour + 12 if 0 < hour < 4 else None
    if half == "night":
        return hour + 12 if 7 <= hour < 12 else hour if 0 < hour < 6 or hour > 18 else None
    return hour
