"""Times told from now: «منذ ٣ ساعات», «قبل يومين», «أمس», "2 hours ago"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from archive.dates.words import END, NUMBERS, START, WEEKDAY, heads, one_of, plain

_UNITS = {  # seconds of one: singular and plural, then the dual
    1: ("ثانية|ثواني|ثوان|second|seconds|sec|seconde|secondes", "ثانيتين|ثانيتان"),
    60: ("دقيقة|دقائق|دقايق|minute|minutes|min|mins", "دقيقتين|دقيقتان"),
    3600: ("ساعة|ساعات|hour|hours|heure|heures|hr|hrs", "ساعتين|ساعتان"),
    86400: ("يوم|يوما|أيام|day|days|jour|jours", "يومين|يومان"),
    0: ("أسبوع|أسابيع|أسبوعا|شهر|أشهر|شهور|شهرا|"
        "سنة|سنوات|سنين|عام|أعوام|week|weeks|month|months|year|years|semaine|semaines|mois|an|ans",
        "أسبوعين|أسبوعان|شهرين|شهران|سنتين|عامين"),
}  # fmt: skip
_SINGLE = {plain(word): size for size, (words, _) in _UNITS.items() for word in words.split("|")}
_DUAL = {plain(word): size for size, (_, words) in _UNITS.items() for word in words.split("|")}
_N = rf"(?P<n>\d{{1,3}}|{one_of(NUMBERS)})"
_ABOUT = r"(?:حوالي |نحو |about |environ )?"
_PART = rf"(?:{_N} ?(?P<u>{one_of(_SINGLE)})|(?P<dual>{one_of(_DUAL)})|(?P<one>{one_of(_SINGLE)})(?: (?:واحده|واحد))?){END}"
_PARTS = rf"(?:{re.sub(r'[?]P<[a-z]+>', '?:', _PART)})"
_BEFORE_NOW = re.compile(rf"{START}(?:منذ|قبل|il y a) {_ABOUT}(?P<parts>{_PARTS}(?: ?و ?{_PARTS})?)")
_AGO = re.compile(rf"{START}{_ABOUT}(?P<parts>(?:{_N}) ?(?:{one_of(_SINGLE)})){END} (?:ago|مضت){END}")
_ONE = re.compile(_PART)
# «قبل 3 أيام من الانتخابات», «منذ ساعة ونصف», «قبل يوم الجمعة»: told from elsewhere, or not whole.
_OTHERWISE = re.compile(rf" ?(?:من (?!الان(?!\w))|و|علي |او |\d|{WEEKDAY})")
_CALENDAR = {
    plain(word): days
    for days, words in {
        0: "اليوم|today|aujourd'hui",
        1: "أمس|الأمس|البارحة|yesterday|hier",
        2: "أول أمس|أول من أمس|أمس الأول",
    }.items()
    for word in words.split("|")
}
_WORD = re.compile(rf"{START}(?:يوم )?(?P<w>{one_of(_CALENDAR)}){END}")
_BEFORE_HEADS, _AGO_HEADS, _CALENDAR_HEADS = frozenset(("منذ", "قبل", "il")), frozenset(("ago", "مضت")), heads(_CALENDAR)
_MOST = {1: 600, 60: 600, 3600: 72, 86400: 31}  # nobody counts further in that unit; what does is something else
_NAMES = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}


@dataclass(frozen=True, slots=True)
class Ago:
    """A time told from now. `back` is None where it is told too roughly for a day («منذ شهر»)."""

    start: int
    end: int
    back: timedelta | None
    precision: str
    form: str  # "ago" or "word"


def agos(line: str, words: frozenset[str]) -> Iterator[Ago]:
    """What a plain line counts back from now, in order of kind."""
    for pattern, needed in ((_BEFORE_NOW, _BEFORE_HEADS), (_AGO, _AGO_HEADS)):
        for found in pattern.finditer(line) if words & needed else ():
            back, precision = _sum(found["parts"])
            whole = pattern is _AGO or not _OTHERWISE.match(line, found.end())
            yield Ago(found.start(), found.end(), back if whole else None, precision, "ago")
    for found in _WORD.finditer(line) if words & _CALENDAR_HEADS else ():
        yield Ago(found.start(), found.end(), timedelta(days=_CALENDAR[found["w"]]), "day", "word")


def _sum(parts: str) -> tuple[timedelta | None, str]:
    seconds, finest = 0, 86400
    for part in _ONE.finditer(parts):
        unit = _SINGLE[part["u"] or part["one"]] if not part["dual"] else _DUAL[part["dual"]]
        number = 2 if part["dual"] else 1 if part["one"] else NUMBERS.get(part["n"]) or int(part["n"])
        if unit == 0 or number > _MOST[unit]:
            return None, "day"
        seconds, finest = seconds + unit * number, min(finest, unit)
    return timedelta(seconds=seconds), _NAMES[finest]
