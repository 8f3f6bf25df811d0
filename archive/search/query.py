"""What a person typed, as terms. Pure.

    حرب غزة            both words, in any order, each with whatever clitics
    "حرب غزة"          these two words one after the other, as they stand; “ ” and « » quote as well
    -هدنة  -"هدنة مؤقتة"   not where this stands

Nothing else is a sign of the language: AND, NEAR, *, :, ( and the like part words or are words. Whatever is typed is a
question or is Refused with a line that says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from archive.errors import Refused
from archive.search.clitics import asked
from archive.search.folding import fold, scan

LONGEST, MOST = 500, 24  # characters, words of a question
_PART = re.compile(
    r"""(?P<minus>(?<!\S)-)?(?:"(?P<a>[^"]*)"|“(?P<b>[^”]*)”|„(?P<c>[^“”]*)[“”]|«(?P<d>[^»]*)»|(?P<word>[^\s"“„«]+))"""
)


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to look for. A word: any of `words`, as forms of a word. A phrase: exactly `words`, one after the other."""

    words: tuple[str, ...]
    phrase: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """All of `wanted`, at least one, and none of `unwanted`."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()


def parse(text: str) -> Query:
    """The question. Refused when there is no word in it to look for, or too much."""
    if len(text) > LONGEST:
        raise Refused("too long a question", "a few words of the text, or one sentence")
    terms = list(dict.fromkeys(_terms(text)))
    wanted = tuple(term for minus, term in terms if not minus)
    unwanted = tuple(term for minus, term in terms if minus)
    if sum(len(term.words) if term.phrase else 1 for _, term in terms) > MOST:
        raise Refused("too long a question", "a few words of the text, or one sentence")
    if not wanted and unwanted:
        raise Refused("only words that are not wanted", "name one that the text has: غزة -هدنة")
    if not wanted:
        raise Refused("no word to look for", 'letters or digits; "…" for words one after the other, -word for none of it')
    return Query(wanted, unwanted)


def _terms(text: str) -> Iterator[tuple[bool, Term]]:
    for found in _PART.finditer(text):
        kept = [word.kept for word in scan(next(part for part in found.group("a", "b", "c", "d", "word") if part is not None))]
        exact = tuple(map(fold, kept))
        if not kept:
            continue
        if found["word"] is None or len(kept) > 1:  # كوفيد-19 as well: parts of one word stand one after the other
            yield bool(found["minus"]), Term(exact, phrase=True)
        else:
            yield bool(found["minus"]), Term(asked(kept[0]))
