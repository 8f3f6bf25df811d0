"""Where a line mentions days: month names, digits, Hijri dates. What is mentioned and cannot be read makes the line unsure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from archive.dates.found import believable, day_of
from archive.dates.words import END, LUNAR, LUNAR_MONTHS, MONTH, MONTHS, ORDINAL, ORDINALS, START, WEEKDAY, WEEKDAYS, heads

_MONTH_HEADS = heads(MONTHS) | {f"{head}ي" for head in heads(MONTHS)}  # Sorani: ئازاری
_LUNAR_HEADS, _WEEKDAY_HEADS = heads(LUNAR_MONTHS), heads(WEEKDAYS)
_GAP = r"[ ,./-]{0,3}"
_OF = r"(?:(?:من شهر|من|شهر|لشهر|de|of) )?"
_YEAR = (
    r"(?:(?:من |ل)?(?:عام|العام|سنه|لعام|لسنه) |of |de )?"
    r"(?P<{name}>\d{{4}}(?!\d)|'\d\d(?!\d)|(?<=[^\W\d][-/])\d\d(?![\w:]))"
)
_NAMED = re.compile(
    rf"(?:(?<!\w)(?P<d1>\d{{1,2}})(?:st|nd|rd|th|er|ي)?{_GAP}{_OF}|{START}(?P<o>{ORDINAL}) (?:من شهر|من|لشهر) )?"
    rf"{START}(?P<m1>{MONTH})ي?{END}(?:\.?[ /|(,-]{{1,3}}(?P<m2>{MONTH}){END} ?\)?)?\.?"
    rf"(?:{_GAP}\(?{_YEAR.format(name='y')}|{_GAP}(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\w:])(?:{_GAP}\(?{_YEAR.format(name='y2')})?)?"
)
_NUMERIC = re.compile(r"(?<!\w)(\d{1,4})( ?[-/.] ?)(\d{1,2})\2(\d{1,4})(?!\d)")
_AGE = rf" ?\(?(?:ه|هجري|هجريه|للهجره){END}"  # هـ
_LUNAR = re.compile(
    rf"(?:(?<!\w)(?P<d>\d{{1,2}}){_GAP}(?:من )?(?:شهر )?|{START}(?:{ORDINAL}) من (?:شهر )?)?{START}(?P<m>{LUNAR}){END}"
    rf"{_GAP}(?:(?:عام|سنه|لعام|لسنه) )?(?P<y>1[3-5]\d\d)(?!\d)(?:{_AGE}\)?)?"
)
_IS_LUNAR = re.compile(_AGE)
_CLEAN_END = re.compile(
    r"(?:م|ميلادي|ميلاديه|ء|ad)?(?:(?![\w:%°$€£]|/\w|[.-][a-z])|(?=t\d\d:))(?![.,-]\d(?!\d?[:h]\d))"
    r"|(?!هجر)(?=[ء-ي]{3})"  # «2019آخر تحديث»: two elements without a space between them
)
_SPOILT = re.compile(r"\d[-.,:'/]$|[$€£¥₪₺#@%&=+./_\\]$|[a-z]-$|[$€£¥₪₺#+=] $")
_LIST = re.compile(r"(?<![\d:h])\d{1,2} ?(?:-|/|,|&|و|او|الي|حتي|to|and|or|et|au|a)? ?$")
_BOUND = re.compile(
    rf"{START}(?:منذ|حتي|لغايه|قبل|بعد|بين|من|الي|until|till|since|before|after|from|to|depuis|avant|apres|du|au|jusqu'au) "
    rf"(?:يوم )?(?:تاريخ )?(?:{WEEKDAY})?[ ,]*$"
)
_NEAR = r"[ ,.\-|/:()]"
_WEEKDAY_BEFORE = re.compile(rf"{START}(?P<w>{WEEKDAY}){END}{_NEAR}*(?:(?:الموافق|الموافق ل|بتاريخ|في|le|the|on)\b{_NEAR}*)?$")
_WEEKDAY_AFTER = re.compile(rf"(?:م{END})?{_NEAR}*(?:يوم )?(?P<w>{WEEKDAY}){END}(?!{_NEAR}*\d{{1,2}}(?!\d?[:h]\d))")
_ORDINAL_FREE = re.compile(rf"(?:^|[,.:|()-]|{START}(?:في|يوم|الموافق|اليوم|بتاريخ|نشر|نشرت|{WEEKDAY})) ?$")
_MARKED = re.compile(r"\d\u200f/\d{1,2}\u200f/\d{4}(?!\d)")  # CLDR's Arabic d/M/y, with its right-to-left marks
_SLACK = timedelta(days=3)  # between calendars that are computed and those that are seen


@dataclass(frozen=True, slots=True)
class Mention:
    """A date at a place of the line. `days`: what it may mean; one when it is sure, none when it cannot be read."""

    start: int
    end: int
    days: frozenset[date]
    confidence: float = 0.95
    form: str = "named"


def without_hijri(line: str, words: frozenset[str]) -> tuple[str, tuple[date, ...]]:
    """The line with its Hijri dates blanked out, and the Gregorian days (± 3) of those that are complete.

    They are never a value: which day it was depends on who saw the moon. Months by the tabular calendar.
    """
    near: list[date] = []
    spans: list[tuple[int, int]] = []
    for found in _LUNAR.finditer(line) if words & _LUNAR_HEADS else ():
        spans.append(found.span())
        if found["d"] and 1 <= int(found["d"]) <= 30:
            near.append(_tabular(int(found["y"]), LUNAR_MONTHS[found["m"]], int(found["d"])))
    for found in _NUMERIC.finditer(line):
        stated = _IS_LUNAR.match(line, found.end())
        years = [int(part) for part in (found[1], found[4]) if len(part) == 4]
        if stated or any(1300 <= year < 1600 for year in years):
            spans.append((found.start(), stated.end() if stated else found.end()))
    for start, end in spans:
        line = line[:start] + "," * (end - start) + line[end:]
    return line, tuple(near)


def mentions(
    line: str, words: frozenset[str], raw: str, near: tuple[date, ...], captured: datetime | None
) -> Iterator[Mention]:
    """The Gregorian dates of a plain line. `raw` is the text as printed, `near` what Hijri dates beside them say."""
    marked = _MARKED.search(raw) is not None
    weekdays = bool(words & _WEEKDAY_HEADS)
    for found in _NAMED.finditer(line) if words & _MONTH_HEADS else ():
        if one := _named(found, line):
            yield _settled(one, line if weekdays else "", near, captured)
    for found in _NUMERIC.finditer(line):
        if one := _numeric(found, line, marked):
            yield _settled(one, line if weekdays else "", near, captured)


def _tabular(year: int, month: int, day: int) -> date:
    """The civil (tabular) Islamic calendar: Reingold & Dershowitz, Calendrical Calculations, ch. 7."""
    return date.fromordinal(day + (month - 1) * 29 + month // 2 + (year - 1) * 354 + (3 + 11 * year) // 30 + 227014)


def _named(found: re.Match[str], line: str) -> Mention | None:
    numbers = [part for part in (found["d1"], found["d2"]) if part]
    start = found.start("d1") if found["d1"] else found.start("o") if found["o"] else found.start("m1")
    if found["o"] and not _ORDINAL_FREE.search(line[:start]):
        return None  # «الأسبوع الأول من آذار»
    if not numbers and not found["o"]:
        return None  # no day
    unread = Mention(start, found.end(), frozenset())
    month, year = MONTHS[found["m1"]], found["y"] or found["y2"] or ""
    if len(numbers) + bool(found["o"]) > 1 or not year or (found["m2"] and MONTHS[found["m2"]] != month):
        return unread
    if not _standing(line, start, found.end()) or not _joined(found, line, year):
        return unread
    if found["o"]:
        number = ORDINALS[found["o"]]
        if 2 <= number <= 5 and _WEEKDAY_BEFORE.search(line[:start]):
            return unread  # «الأحد الثالث من آذار» is the third Sunday to some
    else:
        number = int(numbers[0])
    day = day_of(_full(year), month, number)
    return replace(unread, days=frozenset((day,) if day else ()))


def _joined(found: re.Match[str], line: str, year: str) -> bool:
    """14-Mar-19, 14/آذار/2019: one sign on both sides of the month. «العدد 14، آذار 2019» is no date, nor is «14 مارس 19»."""
    if not found["d1"]:
        return len(year) != 2
    sign = line[found.end("d1") : found.start("m1")].strip(" .")[:1]
    if sign not in ("-", "/", ","):
        return len(year) != 2
    month = found.end("m2") if found["m2"] else found.end("m1")
    return sign in line[month : found.start("y")]


def _numeric(found: re.Match[str], line: str, marked: bool) -> Mention | None:
    first, sign, second, third = found[1], found[2].strip(), int(found[3]), found[4]
    form = Mention(found.start(), found.end(), frozenset(), 0.9, "numeric")
    if len(first) == 4 and len(third) < 3:
        orders = [(int(first), second, int(third))]
    elif len(first) < 3 and len(third) == 4:
        orders = [(int(third), second, int(first)), (int(third), int(first), second)]
    elif len(first) < 3 and len(third) == 2 and sign == "/" and not first == found[3] == third:
        orders = [
            (_full(third), second, int(first)),
            (_full(third), int(first), second),
            *([(_full(first), second, int(third))] if len(first) == 2 else []),
        ]
    else:
        return None
    if not _standing(line, found.start(), found.end()):
        return form
    return replace(form, days=frozenset(filter(None, (day_of(*order) for order in (orders[:1] if marked else orders)))))


def _full(year: str) -> int:
    """POSIX's rule for two digits: 69 to 99 are of the last century."""
    short = int(year.strip("'"))
    return short if len(year.strip("'")) == 4 else 1900 + short if short >= 69 else 2000 + short


def _standing(line: str, start: int, end: int) -> bool:
    """Does the date stand for itself: no part of a longer number, address, list or range, no bound («حتى 14 آذار»)?"""
    head = line[max(0, start - 40) : start]
    return not (
        _SPOILT.search(head)
        or _LIST.search(head)
        or _BOUND.search(head)
        or _IS_LUNAR.match(line, end)
        or _CLEAN_END.match(line, end) is None
    )


def _settled(one: Mention, line: str, near: tuple[date, ...], captured: datetime | None) -> Mention:
    """Only the readings that weekday, Hijri date and capture allow. `line` is "" when no weekday is in it."""
    days = {day for day in one.days if believable(day, captured)}
    days = {day for day in days if all(abs(day - other) <= _SLACK for other in near)}
    before, after = line and _WEEKDAY_BEFORE.search(line[: one.start]), line and _WEEKDAY_AFTER.match(line, one.end)
    if weekday := before or after:
        days = {day for day in days if day.isoweekday() == WEEKDAYS[weekday["w"]]}
    confidence = one.confidence if len(one.days) == 1 else 0.8
    return replace(one, days=frozenset(days), confidence=confidence)
