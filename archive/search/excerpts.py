"""The places of a text that answer a question, with the words marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from archive.search.clitics import forms
from archive.search.folding import Word, fold, scan
from archive.search.query import Query, Term

AROUND = 12  # words shown on either side of a place
PLACES = 3  # places shown of a text
_BREAK = "\n"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text as it stands there; `marked`: it answers the question."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A place in a text. `before`, `after`: the text goes on there."""

    parts: tuple[Part, ...]
    before: bool
    after: bool


def marked(text: str, query: Query) -> list[Part]:
    """The whole of a short text (a headline), with the words marked."""
    return list(_parts(text, _found(scan(text), query), 0, len(text)))


def excerpts(text: str, query: Query, most: int = PLACES) -> list[Excerpt]:
    """Up to `most` places, in the order of the text: those where the most terms stand. None of them stands: its beginning."""
    words = scan(text)
    found = _found(words, query)
    windows = _best(_windows(found, len(words)), found, most) or [(0, min(2 * AROUND, len(words)))]
    return [_excerpt(text, words, found, low, high) for low, high in windows]


def _found(words: Sequence[Word], query: Query) -> dict[int, tuple[Word, int]]:
    """By its number in the text, each word that answers, and which term it answers."""
    held: dict[int, tuple[Word, int]] = {}
    own = [fold(word.kept) for word in words]
    for number, term in enumerate(query.wanted):
        for at in _places(words, own, term):
            held.setdefault(at, (words[at], number))
    return held


def _places(words: Sequence[Word], own: Sequence[str], term: Term) -> Iterator[int]:
    if not term.phrase:
        wanted = set(term.words)
        yield from (at for at, word in enumerate(words) if not wanted.isdisjoint(forms(word.kept)))
        return
    length = len(term.words)
    for at in range(len(own) - length + 1):
        if own[at] == term.words[0] and tuple(own[at : at + length]) == term.words:
            yield from range(at, at + length)


def _windows(found: Iterable[int], length: int) -> Iterator[tuple[int, int]]:
    """Neighbourhoods of the words that answer; those that touch are one, up to twice the length."""
    low = high = -1
    for at in sorted(found):
        if low >= 0 and at - AROUND <= high and at - low <= 3 * AROUND:
            high = min(at + AROUND, length)
            continue
        if low >= 0:
            yield low, high
        low, high = max(0, at - AROUND, high), min(at + AROUND, length)
    if low >= 0:
        yield low, high


def _best(windows: Iterable[tuple[int, int]], found: dict[int, tuple[Word, int]], most: int) -> list[tuple[int, int]]:
    every = list(windows)
    told = [{found[at][1] for at in range(low, high) if at in found} for low, high in every]
    best = sorted(range(len(every)), key=lambda i: (-len(told[i]), i))[:most]
    return [every[i] for i in sorted(best)]


def _excerpt(text: str, words: Sequence[Word], found: dict[int, tuple[Word, int]], low: int, high: int) -> Excerpt:
    if not words:
        return Excerpt((), before=False, after=False)
    start = _edge(text, words[low].start, -1) if low else 0
    end = _edge(text, words[high - 1].end, 1) if high < len(words) else len(text)
    inside = {at: one for at, one in found.items() if low <= at < high}
    return Excerpt(tuple(_parts(text, inside, start, end)), before=low > 0, after=high < len(words))


def _edge(text: str, at: int, step: int) -> int:
    """From there on to the next space, so that 2.5 stays whole; not for ever."""
    for _ in range(30):
        if not 0 < at < len(text) or text[at - (step < 0)].isspace():
            break
        at += step
    return at


def _parts(text: str, found: dict[int, tuple[Word, int]], start: int, end: int) -> Iterator[Part]:
    """The text from `start` to `end`, line ends as spaces."""
    at = start
    for _, (word, _) in sorted(found.items()):
        if word.start < at:
            continue  # several words from one sign
        if word.start > at:
            yield Part(text[at : word.start].replace(_BREAK, " "), marked=False)
        yield Part(text[word.start : word.end], marked=True)
        at = word.end
    if end > at:
        yield Part(text[at:end].replace(_BREAK, " "), marked=False)
