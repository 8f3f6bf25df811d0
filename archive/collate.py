"""Two versions of a text collated, for a reader: which words came and went, and which of these weigh most. Pure.

Every piece keeps the letters of both versions, so that either text is had again from it, letter for letter. A word is that of
`archive.compare.words`, but a number has its sign, its currency and its per cent too: -3 and 3 are two words, not a hyphen.
`archive.compare` stays as it is beside this: bytes of evidence bundles follow from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from archive.compare import words
from archive.digest import NEGATIONS, negation_tokens, number_tokens, skeleton, tokens

Op = Literal["equal", "delete", "insert"]
Key = str | tuple[str, tuple[str, ...]]
NUMBER, NEGATION, SPELLING = "number", "negation", "spelling"

_SIGN, _UNIT = re.compile(r"[+\-±\u2212]?[$€£¥₪₺]?|[$€£¥₪₺][+\-\u2212]"), re.compile(r"[%٪‰$€£¥₪₺]")
_TOO_MANY = 1_000_000  # pairs of equal words in one stretch: a quarter of a second
_SMALL = frozenset(words("و في من على إلى عن أن إن ما هذا هذه التي الذي كان كما قد ثم أو مع بعد the a of in to and "))
# Numbers in words, as `tokens` spells them, without what is put before them (و ف ب ل ال).
_COUNTED = frozenset(
    tokens(
        "واحد واحدة اثنان اثنين اثنتان اثنتين ثلاث ثلاثة أربع أربعة خمس خمسة ست ستة سبع سبعة ثماني ثمانية ثمان تسع تسعة"
        " عشر عشرة عشرون عشرين ثلاثون ثلاثين أربعون أربعين خمسون خمسين ستون ستين سبعون سبعين ثمانون ثمانين تسعون تسعين"
        " مئة مائة مئتان مئتين"
        " مئات ألف ألفان ألفين آلاف مليون مليونان مليونين ملايين مليار مليارات نصف ثلث ثلثي ربع خمسمئة ثلاثمئة أربعمئة ستمئة"
    )
)
_PREFIX = re.compile("^[وف]?(?:بال|كال|لل|ال|[بلك])?")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that both versions have, or that one has. Of `equal` both texts are there, they may be spelled otherwise.

    `marks`: number, negation (it came, went or is another one), spelling (the other version spells the same words otherwise).
    """

    op: Op
    old: str
    new: str
    marks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.old if self.op == "delete" else self.new


@dataclass
class _Run:
    """Neighbouring words with one fate. Of an equal run both lists are as long."""

    same: bool
    old: list[str]
    new: list[str]


def collate(old: str, new: str, *, fold: bool = False) -> list[Piece]:
    """`old` and `new` as pieces in reading order; what went stands before what came in its place.

    Every line has an end here, the last one too: the `old` of all pieces joined are `old` and a line end, the `new` are `new`
    and a line end. Spaces never make a difference. `fold`: hamza, vowel marks, tatweel, joiners, ی ى ک and the script of digits
    do not either (K of docs/FORMAT.md, and ء).
    """
    a, b = _lines(old), _lines(new)
    runs = list[_Run]()
    keys = [[tuple(map(_folded if fold else _exact, line)) for line in side] for side in (a, b)]
    for op, i, j, k, m in _opcodes(keys[0], keys[1]):
        mine, other = _flat(a[i:j]), _flat(b[k:m])
        runs += [_Run(True, mine, other)] if op == "equal" else _compared(mine, other, fold)
    return [piece for run in _slid(_settled(_merged(runs))) for piece in _pieces(run)]


def respelled(pieces: Iterable[Piece]) -> int:
    """Words that count as equal and are spelled otherwise."""
    same = [(_words(one.old), _words(one.new)) for one in pieces if one.op == "equal" and one.old != one.new]
    return sum(_exact(a) != _exact(b) for old, new in same for a, b in zip(old, new, strict=False))


def count(text: str) -> int:
    """Words and numbers in a text; signs are none."""
    return sum(any(c.isalnum() for c in word) for word in words(text))


def _lines(text: str) -> list[list[str]]:
    """The words of each line, its end among them."""
    return [_words(f"{line}\n") for line in text.split("\n")]


def _flat(lines: Iterable[list[str]]) -> list[str]:
    return [word for line in lines for word in line]


def _words(text: str) -> list[str]:
    """The words of a text, numbers with their signs; joined they are the text."""
    out = list[str]()
    for word in words(text):
        before = out[-1] if out else ""
        lone = len(out) < 2 or not out[-2][-1:].isalnum()  # a sign after a letter is a hyphen
        signed = word[:1].isdigit() and lone and _SIGN.fullmatch(before)
        if before and (signed or (before[-1:].isdigit() and _UNIT.match(word))):
            out[-1] = before + word
        else:
            out.append(word)
    return out


@lru_cache(maxsize=65536)
def _exact(word: str) -> Key:
    return "\n" if word == "\n" else unicodedata.normalize("NFC", word.strip(" \t\xa0"))


@lru_cache(maxsize=65536)
def _folded(word: str) -> Key:
    bones = skeleton(word).replace("\u0621", "")
    return (bones, tuple(number_tokens(word))) if bones else _exact(word)


def _compared(a: list[str], b: list[str], fold: bool) -> Iterator[_Run]:
    key = _folded if fold else _exact
    for op, i, j, k, m in _opcodes([key(w) for w in a], [key(w) for w in b]):
        yield _Run(op == "equal", a[i:j], b[k:m])


def _opcodes(a: Sequence[Hashable], b: Sequence[Hashable]) -> Iterable[tuple[str, int, int, int, int]]:
    """As `SequenceMatcher.get_opcodes`, in a bounded time: where the same words come so often that it would take long, only
    what begins and ends alike is matched."""
    often = Counter(b)
    if sum(often[key] for key in a) <= _TOO_MANY:
        return SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    most = min(len(a), len(b))
    lead = next((n for n in range(most) if a[n] != b[n]), most)
    tail = next((n for n in range(most - lead) if a[-1 - n] != b[-1 - n]), most - lead)
    x, y = len(a) - tail, len(b) - tail
    return [("equal", 0, lead, 0, lead), ("replace", lead, x, lead, y), ("equal", x, len(a), y, len(b))]


def _merged(runs: Iterable[_Run]) -> list[_Run]:
    """Neighbours with one fate as one; changed and equal ones take turns."""
    out = list[_Run]()
    for run in runs:
        if not run.old and not run.new:
            continue
        if out and out[-1].same == run.same:
            out[-1] = _Run(run.same, out[-1].old + run.old, out[-1].new + run.new)
        else:
            out.append(run)
    return out


def _settled(runs: list[_Run]) -> list[_Run]:
    """Without the islands: a small word that two rewritten stretches have in common is chance, and makes them hard to read."""
    out = [
        _Run(False, run.old, run.new) if 0 < n < len(runs) - 1 and _island(run, runs[n - 1], runs[n + 1]) else run
        for n, run in enumerate(runs)
    ]
    return _merged(out)


def _island(run: _Run, before: _Run, after: _Run) -> bool:
    if not run.same or "\n" in run.new:
        return False
    own = [word.strip() for word in run.new if any(c.isalnum() for c in word)]
    around = min(len(side) for one in (before, after) for side in (one.old, one.new))
    if any(_weighs(word) for word in own):
        return False
    return around >= 2 and len(own) <= 2 and all(f"{word} " in _SMALL for word in own)


def _slid(runs: list[_Run]) -> list[_Run]:
    """A paragraph that came or went is that paragraph with its line end, not the end of one and the beginning of the next:
    where the words around it are the same, it is moved on to the next beginning of a line."""
    for before, run, after in zip(runs, runs[1:], runs[2:], strict=False):
        side = run.old if not run.new else run.new
        if run.same or (run.old and run.new) or side[-1] == "\n" or "\n" not in side:
            continue
        most = side.index("\n") + 1
        if [*map(_exact, side[:most])] == [*map(_exact, after.new[:most])]:
            moved = side[:most]
            side[:] = side[most:] + (after.old if run.old else after.new)[:most]
            for taken, given, mine in ((after.old, before.old, run.old), (after.new, before.new, run.new)):
                given.extend(moved if mine else taken[:most])
                del taken[:most]
    return _merged(runs)


def _pieces(run: _Run) -> Iterator[Piece]:
    if run.same:
        yield Piece("equal", "".join(run.old), "".join(run.new))
        return
    for marks, text in _marked(run.old, run.new):
        yield Piece("delete", text, "", marks)
    for marks, text in _marked(run.new, run.old):
        yield Piece("insert", "", text, marks)


def _marked(mine: Sequence[str], other: Sequence[str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Runs of words with the same marks. What the other side has as well, in whatever place, has not changed."""
    theirs = Counter(value for word in other for value in _values(word))
    spelled = Counter(_folded(word) for word in other)
    held, text = tuple[str, ...](), ""
    for word in mine:
        marks = list[str]()
        for value in _values(word):
            if theirs[value]:
                theirs[value] -= 1
            else:
                marks.append(value[0])
        key = _folded(word)
        if not marks and isinstance(key, tuple) and spelled[key]:
            spelled[key] -= 1
            marks.append(SPELLING)
        now = tuple(sorted(set(marks)))
        if now != held and text.strip():
            yield held, text
            text = ""
        text, held = text + word, now
    if text:
        yield held, text


@lru_cache(maxsize=65536)
def _values(word: str) -> tuple[tuple[str, str], ...]:
    """The numbers and negations in a word, as (mark, value)."""
    bones = tokens(word)
    said = [(NUMBER, number) for number in number_tokens(word)]
    said += [(NUMBER, bone) for bone in bones if bone in _COUNTED or _PREFIX.sub("", bone) in _COUNTED]
    said += [(NEGATION, negation) for negation in negation_tokens(bones)]
    return tuple(said)


def _weighs(word: str) -> bool:
    return bool(_values(word)) or any(bone in NEGATIONS for bone in tokens(word))
