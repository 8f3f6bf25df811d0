"""A text as words: one spelling for what readers of Arabic do not tell apart. Pure.

Kept apart are only words that a reader would not take for each other. Unlike the skeleton of `archive.digest`, which a proof
rests on and which stays as it is, this says ه for ة, and keeps a hamza on و and ي as ء (مسؤول and مسئول are one word, سئل and
سيل are two).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache

LONGEST = 64  # letters of a word; what comes after them is not looked at
_RUN = re.compile(r"\S+")
_TATWEEL = "\u0640"
_KEPT = "أإآؤئةى"  # clitics are told by them (archive.search.clitics); `fold` takes them away
_SAME = str.maketrans(  # letters of other keyboards and alphabets for the Arabic one that is written instead
    {
        **dict.fromkeys("ٱٲٳ", "ا"),
        **dict.fromkeys("یېێےۍ", "ي"),
        **dict.fromkeys("کڪګڬڭ", "ك"),
        **dict.fromkeys("ەھہۀۃ", "ه"),
        **dict.fromkeys("ۆۇۈۉۋ", "و"),
        **dict.fromkeys("ڵڶ", "ل"),
        "ڕ": "ر",
        "ڤ": "ف",
        "پ": "ب",
    }
)
_FOLD = str.maketrans("أإآؤئةى", "اااءءهي")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: `kept` as `folded` takes it, `text[start:end]` as it stands there."""

    kept: str
    start: int
    end: int


def scan(text: str) -> list[Word]:
    """The words of a text in order: runs of letters, digits, their marks and joiners."""
    blank = {ord(char): " " for char in set(text) if not _in_word(char)}
    return [
        Word(part[:LONGEST], found.start(), found.end())
        for found in _RUN.finditer(text.translate(blank))
        for part in keep(text[found.start() : found.end()]).split()
    ]


@lru_cache(maxsize=1 << 16)
def keep(run: str) -> str:
    """A run of letters without what is never told apart; أ إ آ ؤ ئ ة ى stay. A few signs become several words, with spaces."""
    plain = unicodedata.normalize("NFKC", run)
    return "".join(map(_kept, plain))


def fold(kept: str) -> str:
    """The word as it stands in the index."""
    return kept.translate(_FOLD)


def folded(text: str) -> list[str]:
    """The words of a text as they stand in the index, in order."""
    return [fold(word.kept) for word in scan(text)]


@cache
def _in_word(char: str) -> bool:
    return unicodedata.category(char)[0] in "LNM" or unicodedata.category(char) == "Cf"


@cache
def _kept(char: str) -> str:
    if char in _KEPT:
        return char
    same = char.translate(_SAME)
    if same != char:
        return same
    plain = unicodedata.normalize("NFKD", char)
    return "".join(map(_letter, plain)).translate(_SAME).casefold()


@cache
def _letter(char: str) -> str:
    kind = unicodedata.category(char)
    if char == _TATWEEL or kind[0] == "M" or kind == "Cf":
        return ""  # marks and joiners belong to a word and never part it
    if kind == "Nd":
        return str(unicodedata.digit(char))
    return char if kind[0] in "LN" else " "
