"""Zones as dates name them: an offset, a place, a name of CLDR, an abbreviation. What is not known for sure is no zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

from archive.clocks import named_clock
from archive.dates.words import END, one_of, plain

_LONGEST = timedelta(hours=14)  # no zone is further from UTC (Kiribati)

_PLACES = {
    "Asia/Damascus": "دمشق|سوريا|سورية", "Asia/Beirut": "بيروت|لبنان",
    "Asia/Baghdad": "بغداد|العراق|أربيل|كردستان|إقليم كردستان",
    "Africa/Cairo": "القاهرة|مصر|cairo", "Asia/Riyadh": "مكة|مكة المكرمة|السعودية|المملكة|الرياض|ksa|mecca",
    "Asia/Amman": "الأردن", "Asia/Muscat": "مسقط|سلطنة عمان", "Asia/Dubai": "أبوظبي|أبو ظبي|دبي|الإمارات|uae|الخليج",
    "Asia/Kuwait": "الكويت", "Asia/Qatar": "الدوحة|قطر", "Asia/Bahrain": "المنامة|البحرين", "Asia/Aden": "صنعاء|عدن|اليمن",
    "Africa/Khartoum": "الخرطوم|السودان", "Africa/Tripoli": "ليبيا", "Africa/Tunis": "تونس", "Africa/Algiers": "الجزائر",
    "Africa/Casablanca": "المغرب|الرباط|الدار البيضاء", "Africa/Nouakchott": "نواكشوط|موريتانيا",
    "Africa/Mogadishu": "مقديشو|الصومال", "Africa/Djibouti": "جيبوتي", "Europe/Istanbul": "إسطنبول|أنقرة|تركيا",
    "Asia/Tehran": "طهران|إيران", "Asia/Gaza": "غزة|قطاع غزة", "Asia/Hebron": "رام الله|الضفة الغربية",
    "Asia/Jerusalem": "إسرائيل|تل أبيب",
    "Europe/London": "لندن|بريطانيا", "Europe/Paris": "باريس|فرنسا", "Europe/Berlin": "برلين|ألمانيا",
    "Europe/Moscow": "موسكو|موسكو الرسمي|موسكو الصيفي|msk",
    "America/New_York": "واشنطن|نيويورك",
}  # fmt: skip
# One word, several clocks: sure only while they all show the same.
_SEVERAL = {
    "القدس|فلسطين": ("Asia/Jerusalem", "Asia/Hebron", "Asia/Gaza"),
    "عمان": ("Asia/Amman", "Asia/Muscat"),
    "طرابلس": ("Africa/Tripoli", "Asia/Beirut"),
}
_FIXED = {  # minutes east of UTC: CLDR's names of zones, RFC 5322 section 4.3, and abbreviations with one meaning
    0: "utc|ut|gmt|z|wet", 60: "cet|west", 120: "cest|eet", 180: "eest|trt", -300: "est|cdt", -240: "edt", -360: "cst|mdt",
    -420: "mst|pdt", -480: "pst",
}  # fmt: skip
_CLDR = {
    0: "غرينتش|جرينتش|غرينيتش|جرينيتش|غرينتش العالمي|جرينتش العالمي|العالمي|العالمي المنسق|العالمي الموحد|غرب أوروبا الرسمي",
    60: "وسط أوروبا الرسمي|غرب أوروبا الصيفي|بريطانيا الصيفي",
    120: "شرق أوروبا الرسمي|وسط أوروبا الصيفي|وسط أفريقيا|إسرائيل الرسمي",
    180: "شرق أوروبا الصيفي|العربي الرسمي|إسرائيل الصيفي|شرق أفريقيا",
    210: "إيران الرسمي", 240: "العربي الصيفي|الخليج|الخليج الرسمي", 270: "إيران الصيفي",
    -300: "الرسمي الشرقي لأمريكا الشمالية", -240: "الصيفي الشرقي لأمريكا الشمالية",
}  # fmt: skip

Choices = tuple[tzinfo, ...]  # clocks that must agree; none: a zone is named and we do not know it


def _fixed(minutes: int) -> tzinfo:
    return timezone(timedelta(minutes=minutes)) if minutes else UTC


def _named() -> dict[str, Choices]:
    known: dict[str, Choices] = {}
    for place, words in _PLACES.items():
        known |= {plain(word): (named_clock(place),) for word in words.split("|")}
    for words, places in _SEVERAL.items():
        known |= {plain(word): tuple(map(named_clock, places)) for word in words.split("|")}
    for table in (_CLDR, _FIXED):
        known |= {plain(word): (_fixed(minutes),) for minutes, words in table.items() for word in words.split("|")}
    return known


_NAMED = _named()
_LOCAL = frozenset(plain(word) for word in ("المحلي", "المحلى", "محلي"))
_WORLD = "gmt|utc|غرينتش|جرينتش|غرينيتش|جرينيتش"
# Those that are no words of English or French (west, est): they count beside a clock.
BARE = one_of(f"{_WORLD}|ksa|uae|msk|eet|eest|cet|cest|trt|edt|pdt".split("|"))
_OFFSET = r"(?P<gap> ?)(?P<sign>[+-])(?P<h>\d{1,2})(?::?(?P<m>\d\d))?(?![\d:])"
_PLACE = one_of([*_NAMED, *_LOCAL])
_ZONE = re.compile(
    rf"(?:(?:حسب |وفق )?(?:ال|ب|بال)?توقيت (?P<place>{_PLACE}){END}|(?<=\()(?P<alone>{_PLACE})(?=\))"
    rf"|(?<![^\W\d])(?P<word>(?:ال|ب|بال)?توقيت(?! ?:| النشر| التحديث))|(?P<bare>(?<![^\W\d])(?:{BARE})|(?<=\d)z){END})?"
    rf"(?:{_OFFSET}|(?P<loose> ?[+-] ?\d{{1,2}} ?(?:\)|$)))?"
)
_HINT = re.compile(rf"توقيت(?! ?:| النشر| التحديث)|(?<![^\W\d])(?:{one_of(_WORLD.split('|'))}){END}")


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone found in a line: where it ends, and the clocks it may mean (None: the outlet's own)."""

    start: int
    end: int
    choices: Choices | None

    def at(self, day: date, clock: time, own: str) -> datetime | None:
        """The moment, with its offset; None when the zone is not sure, or the clock shows that time twice or never."""
        clocks = (named_clock(own),) if self.choices is None and own else self.choices or ()
        found = {moment.isoformat(): moment for zone in clocks for moment in _moments(day, clock, zone)}
        return next(iter(found.values())) if len(found) == 1 else None


OWN = Zone(0, 0, None)


def _moments(day: date, clock: time, zone: tzinfo) -> tuple[datetime, ...]:
    """Both readings of a local time: they differ where clocks are put back (twice) or forward (never)."""
    naive = datetime.combine(day, clock, zone)
    return tuple(naive.replace(fold=fold) for fold in (0, 1))


def zone_at(line: str, start: int) -> Zone | None:
    """The zone that begins at `start` of a plain line; without choices when it is named and not known."""
    found = _ZONE.match(line, start)
    if found is None or found.end() == start:
        return None
    name = found["place"] or found["alone"] or found["bare"]
    if not name and not found["word"]:
        return Zone(start, found.end(), _offset(found)) if found["m"] else None  # «-5» alone is no offset
    if found["loose"] or found["word"] or (found["gap"] and found["sign"] == "-" and not found["m"]):
        return Zone(start, found.end(), ())
    if found["sign"]:
        return Zone(start, found.end(), _offset(found) if _NAMED.get(name) == (UTC,) else ())
    return Zone(start, found.end(), None if name in _LOCAL else _NAMED[name])


def zone_in(line: str) -> Zone | None:
    """The one zone that a line names anywhere; without choices when it names several."""
    found: list[Zone] = []
    for hint in _HINT.finditer(line):
        if not found or hint.start() >= found[-1].end:
            begin = hint.start() - next((len(head) for head in ("بال", "ال", "ب") if line.endswith(head, 0, hint.start())), 0)
            if one := zone_at(line, begin):
                found.append(one)
    if len({one.choices for one in found}) > 1:
        return Zone(0, 0, ())
    return found[0] if found else None


def fixed(sign: str, hours: str, minutes: str) -> tzinfo | None:
    """The offset as stated; None when no zone on Earth has it."""
    size = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if size > _LONGEST or int(minutes or 0) > 59:
        return None
    return UTC if not size else timezone(size if sign == "+" else -size)


def _offset(found: re.Match[str]) -> Choices:
    zone = fixed(found["sign"], found["h"], found["m"]) if found["sign"] else None
    return (zone,) if zone else ()


def abbreviated(name: str, day: date, clock: time, own: str) -> datetime | None:
    """The moment in a zone that is abbreviated («EEST»); the ambiguous ones only where the outlet's own clock has that name."""
    if known := _NAMED.get(name.lower()):
        return Zone(0, 0, known).at(day, clock, own)
    local = OWN.at(day, clock, own)
    return local if local is not None and local.tzname() == name.upper() else None
