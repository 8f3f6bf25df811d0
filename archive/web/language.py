"""The pages' own words, in English and Arabic. Pure, but for the tables, which are read once.

A page says `_("Older")` in its template; the Arabic stands in `arabic/*.toml`, a table a page. Forms that follow a number are
`count(n, "article")`, by the plural categories of CLDR (Unicode TR35, part 3, "Language Plural Rules").
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
LANGUAGES = ("en", "ar")
COOKIE = "warraq_language"  # set by static/follow.js, after the language of the UI around us


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. `lang` en or ar."""

    lang: str

    @property
    def dir(self) -> str:
        return "rtl" if self.lang == "ar" else "ltr"

    def say(self, english: str, **values: object) -> str:
        """The words for an English sentence; `{name}` in it is replaced. KeyError when the Arabic is missing."""
        said = english if self.lang == "en" else tables().words[english]
        return said.format(**values) if values else said

    def term(self, word: str) -> str:
        """A word that comes with the data (a kind, a state, a reason): in Arabic where it has one, else as it stands."""
        return word if self.lang == "en" else tables().words.get(word, word)

    def count(self, n: int, noun: str) -> str:
        """`3 articles`: the number and the form of the noun that goes with it. `noun` is its English singular."""
        forms = tables().nouns[noun]
        if self.lang == "en":
            return f"{n:,} {noun if n == 1 else forms['en']}"
        return forms[arabic_category(n)].format(n=f"{n:,}")

    def listed(self, items: Iterable[str]) -> str:
        return ("، " if self.lang == "ar" else ", ").join(items)

    def away(self, time: str, now: datetime) -> str:
        """How far a time is from now, either way: `5 minutes ago`, `in 3 hours`. `time` with its offset."""
        seconds = (datetime.fromisoformat(time) - now).total_seconds()
        size = abs(seconds)
        if size < 60:
            return self.say("just now") if seconds <= 0 else self.say("in a moment")
        unit, noun = (60, "minute") if size < 5400 else (3600, "hour") if size < 129_600 else (86_400, "day")
        told = self.count(round(size / unit), noun)
        return self.say("{time} ago", time=told) if seconds <= 0 else self.say("in {time}", time=told)

    def span(self, seconds: float) -> str:
        """`45 seconds`, `4 minutes`, `3 hours`."""
        unit, noun = (1, "second") if seconds < 100 else (60, "minute") if seconds < 5400 else (3600, "hour")
        if seconds >= 172_800:
            unit, noun = 86_400, "day"
        return self.count(round(seconds / unit), noun)

    def size(self, octets: float) -> str:
        """Bytes in decimal units, as stores are billed: `1.4 GB`."""
        units = ("byte", "kB", "MB", "GB", "TB", "PB")
        step = 0
        while octets >= 1000 and step < len(units) - 1:
            octets, step = octets / 1000, step + 1
        number = f"{octets:,.0f}" if step == 0 or octets >= 100 else f"{octets:,.1f}"
        return f"\u2068{number} {units[step]}\u2069"


def arabic_category(n: int) -> str:
    """CLDR's plural category of a whole number in Arabic."""
    if n <= 2:
        return ("zero", "one", "two")[n]
    return "few" if 3 <= n % 100 <= 10 else "many" if 11 <= n % 100 <= 99 else "other"


@dataclass(frozen=True, slots=True)
class Tables:
    words: Mapping[str, str]  # English → Arabic
    nouns: Mapping[str, Mapping[str, str]]  # English singular → its forms: en (plural), zero, one, two, few, many, other


@cache
def tables() -> Tables:
    """What all files of `arabic/` say; two that disagree are a mistake."""
    words: dict[str, str] = {}
    nouns: dict[str, dict[str, str]] = {}
    for path in sorted((HERE / "arabic").glob("*.toml")):
        read = tomllib.loads(path.read_text("utf-8"))
        for english, arabic in read.get("words", {}).items():
            if words.setdefault(english, arabic) != arabic:
                raise ValueError(f"{path.name}: {english!r} has another translation elsewhere")
        nouns |= read.get("nouns", {})
    return Tables(words, nouns)


def choose(cookie: str, accept: str) -> str:
    """en or ar: what the UI around us speaks, else what the browser asks for first (RFC 9110, 12.5.4)."""
    if cookie in LANGUAGES:
        return cookie
    asked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept.split(",")):
        name, _, more = part.strip().partition(";")
        weight = re.fullmatch(r"q=([01](?:\.[0-9]{0,3})?)", more.strip())
        quality = float(weight[1]) if weight else 1.0
        asked.append((-quality, place, name.lower().split("-")[0]))
    return next((name for quality, _, name in sorted(asked) if name in LANGUAGES and quality < 0), "en")
