"""What a word is found by: itself, and what is left of it without clitics. Pure.

In Arabic script و ف (and, so), ب ك ل (with, as, for), ال (the) and س (will) are written together with the word before which
they stand, and pronouns with the word behind which they stand. Who looks for كتاب means وكتابهم too. Nothing of the letters
tells وليد (a name) from و + ليد; so every way to read a word is kept in the index, beside the word itself, and none is
chosen: a question for ريم finds وريم, a question for كريم never finds ريم. What would make a name or a common word answer
for another one (كمال for مال, فراس for راس) is left out by a list, `archive.search.words`, and by the grammar: after ال no
pronoun can stand, and -اني is an adjective (سليماني is not "my Sulaiman").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from archive.search.folding import fold
from archive.search.words import AS_WRITTEN, NAMES, WHOLE

_LEAST = 3  # letters that are left of a word without a clitic of one letter
# (pronoun, letters that must be left before it), longest first. Behind two letters ها and هم are safe enough: يدها.
_PRONOUNS = (
    *(("هما", 2), ("كما", 3), ("هم", 2), ("هن", 3), ("ها", 2), ("كم", 3), ("كن", 4), ("نا", 3), ("ني", 3)),
    *(("ه", 3), ("ك", 4), ("ي", 4)),
)
# What a word that begins like a listed one may end with and still be of its family: فلسطينيون, سورية, كاتبها.
_ENDINGS = re.compile("(?:[هيا]|ات|[ويا]ن|ي[هنا]|ي[يو]ن|يات|ت?(?:ه|ها|هم|هن|هما|نا|كم|ك|ي))?")
_TENSE = re.compile("س(?=[يتنأ])")  # س stands before the present tense only


@lru_cache(maxsize=1 << 17)
def forms(kept: str) -> tuple[str, ...]:
    """What finds this word (as `folding.scan` keeps it): itself first, folded, then every way to read it without clitics."""
    found: dict[str, None] = {fold(kept): None}
    for rest in _without_proclitics(kept):
        found[fold(rest)] = None
        if not rest.startswith("ال") or _whole(rest):  # a word with the article takes no pronoun: البغدادي
            found.update(dict.fromkeys(map(fold, _without_pronoun(rest))))
    for one in _without_hamza(kept, tuple(found)):
        found[one] = None
    return tuple(found)


def asked(kept: str) -> tuple[str, ...]:
    """What to look for when this word is asked for: itself, also as others spell it.

    It finds whatever is at least as much: المدينة finds بالمدينة and للمدينة, not مدينة; so الرياض finds nobody called رياض.
    """
    own = fold(kept)
    return tuple(dict.fromkeys((own, *_without_hamza(kept, (own,)))))


def _without_proclitics(word: str) -> Iterator[str]:
    """The word itself, then what is left of it without what can be taken for a clitic, step by step."""
    yield word
    rest = word
    if rest[0] in "وف" and len(rest) > _LEAST and not _whole(rest):
        rest = rest[1:]
        yield rest
    if len(rest) <= _LEAST or _whole(rest):
        return
    if rest.startswith("لل"):
        yield from (rest[1:], "ال" + rest[2:], rest[2:])  # للجنة: لجنة, with the article or without; للوزير: الوزير
        return
    if rest[0] in "بكل":
        rest = rest[1:]
        yield rest
    elif _TENSE.match(rest):
        yield rest[1:]
    if rest.startswith("ال") and len(rest) > _LEAST and not _whole(rest):
        yield rest[2:]


def _without_pronoun(word: str) -> Iterator[str]:
    """The word without a pronoun, and as it is written when it has none: مدينتهم, مستشفاهم, ضربوه."""
    if word in AS_WRITTEN:
        return
    for pronoun, least in _PRONOUNS:
        stem = word.removesuffix(pronoun)
        enough = _LEAST if stem[-1:] == "ت" else least  # خطتي: what ends so was ة, no adjective
        if stem == word or len(stem) < enough or not _may_have(stem, pronoun):
            continue
        yield stem
        if stem[-1] == "ت" and len(stem) >= _LEAST:
            yield stem[:-1] + "ة"
        elif stem[-1] == "ا" and len(stem) > _LEAST:
            yield stem[:-1] + "ى"
        elif stem[-1] == "و":
            yield stem + "ا"


def _may_have(stem: str, pronoun: str) -> bool:
    """May it be one? -اني is an adjective's ending, and what ends in ي or ك behind a name is another name."""
    if (pronoun == "ي" and stem.endswith(("ان", "ي"))) or (pronoun == "ني" and stem.endswith(("ا", "ي"))):
        return False
    return pronoun not in ("ي", "ك") or fold(stem) not in NAMES


@lru_cache(maxsize=1 << 16)
def _whole(word: str) -> bool:
    """Is it, with whatever ending, a word that begins with these letters by itself?"""
    own = fold(word)
    if word[0] in "أإآ" or own in WHOLE:
        return True
    return any(own[:n] in WHOLE and _ENDINGS.fullmatch(own[n:]) for n in range(max(4, len(own) - 5), len(own)))


def _without_hamza(kept: str, found: tuple[str, ...]) -> Iterator[str]:
    """The forms as many write them: فواد for فؤاد, عايشة for عائشة. Nobody writes سيل for سئل."""
    if "ؤ" in kept and len(kept) > _LEAST and fold(kept).count("ء") == 1:
        yield from (one.replace("ء", "و") for one in found)
    if "ائ" in kept and fold(kept).count("ء") == 1:
        yield from (one.replace("اء", "اي") for one in found)
