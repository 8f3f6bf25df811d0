"""The words of dates, and the one spelling they are compared in. From CLDR 47 and the habits of outlets."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# Letters that keyboards and code pages use for each other, and signs that stand for one another in dates.
_SAME = str.maketrans("‐‒–—―ىیېےکةھہٱ،؛٬−∕⁄\\’ʼ`´", "-----ييييكههها,,,-///''''")
_SPOIL = "_"  # for ², Ⅷ, ½ and the like: neither digit nor letter to us, and nothing beside it counts as a whole number
_SIGNS = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd°℃℉№"  # of numbers: degrees, «رقم», Arabic number signs
_SPACE, _ZERO_WIDTH_SPACE, _TATWEEL = " ", "\u200b", "\u0640"
_STROKE = re.compile("(^|[\\d\\s/.,:])\u0640+")  # 14ـ3ـ2019: a tatweel that joins no letters is a dash
_PREFIX = re.compile("(?<![^\\W_])(?:ال|[لب])\u0640+(?=\\d)")  # لـ14: the letter belongs to no number


def plain(text: str) -> str:
    """`text` in the one spelling: digits ASCII, no marks, tatweel or bidi controls, ا for أ إ آ, ه for ة, lower case.

    What merely looks like a digit (²) becomes "_", pictures and icon fonts a space: neither can make a number.
    """
    if not text.isascii():
        text = _STROKE.sub(r"\1-", _PREFIX.sub(" ", text))
        text = text.translate({ord(char): _plain(char) for char in set(text)})
    return " ".join(text.casefold().split())


@lru_cache(4096)
def _plain(char: str) -> str:
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind in ("No", "Nl") or char in _SIGNS:
        return _SPOIL
    if kind[0] == "M" or char == _TATWEEL or (kind == "Cf" and char != _ZERO_WIDTH_SPACE):
        return ""
    if kind[0] in "ZC" or kind == "So":
        return _SPACE
    apart = unicodedata.normalize("NFKD", char)
    return char.translate(_SAME) if apart == char else "".join(_plain(one) for one in apart)


def one_of(words: Iterable[str]) -> str:
    """A regular expression for any of the words, in the one spelling, longest first."""
    return "|".join(
        re.escape(word).replace(r"\ ", " ") for word in sorted({plain(one) for one in words}, key=lambda w: (-len(w), w))
    )


def _table(rows: Iterable[str]) -> dict[str, int]:
    return {plain(name): number for number, row in enumerate(rows, 1) for name in row.split("|")}


# Levantine, Egyptian, Moroccan, Algerian and Tunisian, English, French; Persian, Urdu, Sorani, Turkish and Hebrew names of
# the same months. «تشرين» alone is none: nobody can tell the first from the second.
MONTHS = _table((
    "كانون الثاني|كانون ثاني|كانون ثان|كانون2|ك2|يناير|ينايير|جانفي|january|jan|janvier|janv|"
    "ژانویه|جنوری|کانوونی دووەم|ocak|ינואר|בינואר",
    "شباط|فبراير|فبرائر|فبرایر|فيفري|february|feb|février|févr|فوریه|فروری|شوبات|şubat|פברואר|בפברואר",
    "آذار|اذار|مارس|march|mar|mars|مارچ|ئازار|mart|מרץ|במרץ",
    "نيسان|أبريل|إبريل|ابريل|أفريل|april|apr|avril|avr|آوریل|اپریل|nisan|אפריל|באפריל",
    "أيار|مايو|ماي|may|mai|مئی|ئایار|mayıs|מאי|במאי",
    "حزيران|يونيو|يونيه|يونية|جوان|june|jun|juin|ژوئن|جون|حوزەیران|haziran|יוני|ביוני",
    "تموز|يوليو|يوليه|يولية|يوليوز|جويلية|جويليه|جولية|july|jul|juillet|juil|ژوئیه|جولائی|تەمووز|temmuz|יולי|ביולי",
    "آب|أغسطس|أغسطوس|غشت|أغشت|أوت|august|aug|août|اوت|اگست|ئاب|ağustos|אוגוסט|באוגוסט",
    "أيلول|سبتمبر|سيبتمبر|سپتامبر|شتنبر|شتمبر|september|sep|sept|septembre|ستمبر|ئەیلوول|eylül|ספטמבר|בספטמבר",
    "تشرين الأول|تشرين أول|تشرين1|ت1|أكتوبر|أوكتوبر|october|oct|octobre|اکتبر|تشرینی یەکەم|ekim|אוקטובר|באוקטובר",
    "تشرين الثاني|تشرين ثاني|تشرين ثان|تشرين2|ت2|نوفمبر|نونبر|نوفمبير|november|nov|novembre|"
    "نوامبر|نومبر|تشرینی دووەم|kasım|נובמבר|בנובמבר",
    "كانون الأول|كانون أول|كانون1|ك1|ديسمبر|دسمبر|ديسمبير|دجنبر|دجمبر|december|dec|décembre|déc|"
    "دسامبر|کانوونی یەکەم|aralık|דצמבר|בדצמבר",
))  # fmt: skip
LUNAR_MONTHS = _table((
    "محرم|المحرم|محرم الحرام", "صفر", "ربيع الأول|ربيع أول", "ربيع الثاني|ربيع الآخر|ربيع ثاني|ربيع آخر",
    "جمادى الأولى|جمادى الأول|جماد الأول|جمادى أولى", "جمادى الآخرة|جمادى الثانية|جمادى الثاني|جماد الثاني|جمادى الآخر", "رجب",
    "شعبان", "رمضان|رمضان المبارك", "شوال", "ذو القعدة|ذي القعدة|ذوالقعدة|ذيقعدة", "ذو الحجة|ذي الحجة|ذوالحجة",
))  # fmt: skip
# Monday is 1, as in ISO 8601. Without «ال» some are first names (جمعة, خميس), and "mar." is March as well.
WEEKDAYS = _table((
    "الاثنين|الإثنين|monday|mon|lundi|lun|دوشنبه|دووشەممە",
    "الثلاثاء|الثلاثا|الثلثاء|tuesday|tue|tues|mardi|سه‌شنبه|سه شنبه|سێشەممە",
    "الأربعاء|الاربعا|wednesday|wed|mercredi|mer|چهارشنبه|چهار شنبه|چوارشەممە",
    "الخميس|thursday|thu|thur|thurs|jeudi|jeu|پنجشنبه|پنج شنبه|پێنجشەممە",
    "الجمعة|friday|fri|vendredi|ven|هەینی", "السبت|saturday|sat|samedi|sam|شنبه|شەممە",
    "الأحد|sunday|sun|dimanche|dim|یکشنبه|یک شنبه|یەکشەممە",
))  # fmt: skip
_UNITS = ("الأول", "الثاني", "الثالث", "الرابع", "الخامس", "السادس", "السابع", "الثامن", "التاسع")
_TEN_UNITS = ("الحادي", *_UNITS[1:])
ORDINALS = _table((
    *_UNITS, "العاشر", *(f"{unit} عشر" for unit in _TEN_UNITS),
    "العشرين|العشرون", *(f"{unit} والعشرين|{unit} والعشرون|{unit} و العشرين" for unit in _TEN_UNITS),
    "الثلاثين|الثلاثون", "الحادي والثلاثين|الحادي والثلاثون",
))  # fmt: skip
NUMBERS = {
    plain(word): number
    for number, words in {
        1: "واحدة|واحد|one|an|a|une|un", 2: "اثنين|اثنتين|two|deux", 3: "ثلاث|ثلاثة|three|trois", 4: "أربع|أربعة|four|quatre",
        5: "خمس|خمسة|five|cinq", 6: "ست|ستة|six", 7: "سبع|سبعة|seven|sept", 8: "ثمان|ثماني|ثمانية|eight|huit",
        9: "تسع|تسعة|nine|neuf", 10: "عشر|عشرة|ten|dix",
    }.items()
    for word in words.split("|")
}  # fmt: skip

_LETTERS = re.compile(r"[^\W\d_]+")


def words_of(line: str) -> frozenset[str]:
    """The runs of letters of a plain line: what decides cheaply which patterns are worth a try."""
    return frozenset(_LETTERS.findall(line))


def heads(names: Iterable[str]) -> frozenset[str]:
    """The first run of letters of each name: a line without any of them has none of the names."""
    return frozenset(_LETTERS.findall(plain(name))[0] for name in names)


MONTH, LUNAR, WEEKDAY, ORDINAL = one_of(MONTHS), one_of(LUNAR_MONTHS), one_of(WEEKDAYS), one_of(ORDINALS)
# A word ends where no letter follows; digits may («14مارس2019»).
END = r"(?![^\W\d])"
START = r"(?<![^\W\d])"
