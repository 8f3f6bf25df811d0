"""Digests that tell what kind of change two texts differ by. Pure; docs/VERIFY.md says the same in shell.

    T   NFC, runs of white space folded to one space           every visible or invisible letter counts
    K   the skeleton: letters and digits only, folded           blind to spelling marks, quotes, spacing
    numbers, negations                                          what K is blind to and a reader is not

All are taken over the *faithful* text (archive.extract), each digest is the first 32 hex digits of a SHA-256.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import cache, lru_cache

from archive.observation import Digests

RECIPE = "1"  # of tokens(), skeleton() and what archive.seed counts; a change makes new readings

# White space as Perl and Unicode see it. Python's \s adds U+001C..1F, which no third party's tools would fold.
_SPACE = re.compile("[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")

# Letters that Arabic keyboards, Persian keyboards and old code pages use for each other, and their digits.
_FOLD = str.maketrans("ی\u0649ک\u0671٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "\u064a\u064a\u0643\u0627" + "0123456789" * 2)
_TATWEEL = "\u0640"
_LINE = 1000  # letters: what is longer is a whole text

_SIGNS = str.maketrans("٫٬٪\u2212\u2010\u2011\u2012\u2013\u2014\u2044٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", ".,%------/" + "0123456789" * 2)
_NUMBER = re.compile(r"[0-9]+(?:(?:[.,:/]|\s*-\s*)[0-9]+)*")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BEFORE = re.compile(r"(?:(?<![^\W_])[+\-±])?(?:[$€£¥₪₺][+\-±]?)?$")  # a sign after a letter is a hyphen: كوفيد-19
_AFTER = re.compile(r"\s?(?:[%‰]|[$€£¥₪₺](?![+\-]?\d))")

_NEGATING = [
    "لا",
    "لم",
    "لن",
    "ليس",
    "ليست",
    "ليسا",
    "ليستا",
    "ليسوا",
    "لسنا",
    "لست",
    "غير",
    "بغير",
    "دون",
    "بدون",
    "بلا",
    "عدم",
    "كلا",
]
_FOREIGN = ["not", "no", "never", "cannot", "without", "نه", "نیست"]


def fold_space(text: str) -> str:
    """NFC with every run of white space as one space, none at the ends: the text that T is the digest of."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")


@cache
def _folded(char: str) -> str:
    """What one letter of NFKD text becomes in the skeleton; a space stands for whatever parts words."""
    if char == _TATWEEL or unicodedata.category(char) in ("Mn", "Mc", "Me", "Cf"):
        return ""  # marks and format characters (ZWNJ, bidi) join, they never part words
    return char.translate(_FOLD) if unicodedata.category(char)[0] in "LN" else " "


def tokens(text: str) -> list[str]:
    """Runs of letters and digits of the folded text.

    NFKD; combining marks, format characters and tatweel dropped; Arabic and Persian digits to ASCII;
    ی ى ک ٱ to ي ي ك ا; case-folded.
    """
    return list(_tokens(text))


@lru_cache(maxsize=4)  # a page's text is taken apart once for its digests, its length and its sketch
def _tokens(text: str) -> tuple[str, ...]:
    return _taken_apart(text)


def _taken_apart(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFKD", text)
    return tuple(plain.translate({ord(char): _folded(char) for char in set(plain)}).casefold().split())


# As `tokens` spells them, or a word with a letter that is folded (نیست) would never be found.
NEGATIONS = frozenset(tokens(" ".join([*(p + word for word in _NEGATING for p in ("", "و", "ف")), *_FOREIGN])))


def skeleton(text: str) -> str:
    """K: the tokens of `text` without anything between them."""
    return _line(text) if len(text) < _LINE else "".join(_tokens(text))


@lru_cache(maxsize=1024)  # a line of a page is asked for by each look at it
def _line(text: str) -> str:
    return "".join(_taken_apart(text))


def number_tokens(text: str) -> list[str]:
    """Numbers as a reader takes them: with sign, decimal separator, range, per cent and currency sign, in order."""
    plain = unicodedata.normalize("NFKC", text)
    table = {ord(char): None if _folded(char) == "" else char.translate(_SIGNS) for char in set(plain)}
    plain = plain.translate(table)
    found = []
    for match in _NUMBER.finditer(plain):
        before = plain[max(0, match.start() - 4) : match.start()]
        sign, unit = _BEFORE.search(before), _AFTER.match(plain, match.end())
        tail = unit.group().strip() if unit else "%" * before.rstrip().endswith("%")
        found.append((sign.group() if sign else "") + _THOUSANDS.sub("", "".join(match.group().split())) + tail)
    return found


def negation_tokens(words: list[str]) -> list[str]:
    """The negating words among `words` (as `tokens` gives them), in order."""
    return [word for word in words if word in NEGATIONS]


def digests(text: str) -> Digests:
    """The four digests of one text (a headline or a body)."""
    words = tokens(text)
    return Digests(
        t=_sha(fold_space(text)),
        k=_sha("".join(words)),
        numbers=_sha("\n".join(number_tokens(text))),
        negations=_sha("\n".join(negation_tokens(words))),
    )


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]
