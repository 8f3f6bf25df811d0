"""What changed between two texts, in whole words: pure, for the pages and for `warraq diff`.

A word is letters with everything that belongs to them: tashkeel, tatweel, joiners and bidi marks. So a changed
letter or mark shows as a changed word, never as a broken one. A number keeps its separators: 2.5 is one word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Op = Literal["equal", "insert", "delete"]

# A letter with its marks; an apostrophe or hyphen inside a word stays in it. Python's \w lacks combining marks (Mn)
# and format characters (Cf), so the ranges that occur in Arabic and Latin text are named.
_MARKS = (
    r"\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u08ca-\u08ff"
    r"\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
)
_TOKEN = re.compile(rf"\n|(?:\d+(?:[.,٫٬/:\-–]\d+)+|[\w{_MARKS}]+(?:['’\-][\w{_MARKS}]+)*|[^\w\s])[^\S\n]*|[^\S\n]+")
_TOO_MANY = 25_000_000  # pairs of words one block may be compared in; about a second


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text that both versions have (as the new one spaces it), or that only one has."""

    op: Op
    text: str


def compare(old: str, new: str) -> list[Span]:
    """`old` → `new` as spans in reading order; deletions stand before the insertions that replace them.

    Without the deletions the spans are `new`, letter by letter; without the insertions they are `old`, but for
    the width of spaces and a line end at the very end. Whole paragraphs are matched first, then the words of those that differ.
    """
    spans: list[Span] = []
    a, b = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for op, i, j, k, m in SequenceMatcher(None, [p.rstrip() for p in a], [p.rstrip() for p in b], autojunk=False).get_opcodes():
        if op == "equal":
            spans.append(Span("equal", "".join(b[k:m])))
        else:
            spans += _words("".join(a[i:j]), "".join(b[k:m]))
    return list(_joined(spans))


def words(text: str) -> list[str]:
    """The words, numbers, signs and line ends of a text, each with the spaces after it; joined they are the text."""
    return _TOKEN.findall(text)


def invisible(text: str) -> list[str]:
    """The characters of `text` that show nothing (joiners, bidi marks …), as `U+200C`, in order."""
    return [f"U+{ord(c):04X}" for c in text if unicodedata.category(c) in ("Cf", "Cc") and c not in "\n\t\r"]


def _words(old: str, new: str) -> Iterator[Span]:
    a, b = words(old), words(new)
    if len(a) * len(b) > _TOO_MANY:
        yield from (Span("delete", old), Span("insert", new))
        return
    matcher = SequenceMatcher(None, [w.rstrip(" \t\xa0") for w in a], [w.rstrip(" \t\xa0") for w in b], autojunk=False)
    for op, i, j, k, m in matcher.get_opcodes():
        if op == "equal":
            yield Span("equal", "".join(b[k:m]))
            continue
        yield Span("delete", "".join(a[i:j]))
        yield Span("insert", "".join(b[k:m]))


def _joined(spans: list[Span]) -> Iterator[Span]:
    """Neighbours of one kind as one span, deletions before insertions between two equal ones; empty ones left out."""
    held: dict[Op, str] = {"delete": "", "insert": ""}
    equal = ""
    for span in spans:
        if span.op == "equal":
            if held["delete"] or held["insert"]:
                yield from (Span(op, text) for op, text in held.items() if text)
                held = {"delete": "", "insert": ""}
            equal += span.text
            continue
        if not span.text:
            continue
        if equal:
            yield Span("equal", equal)
            equal = ""
        held[span.op] += span.text
    if equal:
        yield Span("equal", equal)
    yield from (Span(op, text) for op, text in held.items() if text)
