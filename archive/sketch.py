"""A small sample of a text's words, by which a text that holds the same words is found among a million. Pure.

What is sampled are the runs of three words that links are counted with (archive.seed.shingles), as CRC-32 of the three
words with a space between, in UTF-8. The sketch of a text is the SIZE smallest of these numbers: the bottom-k sketch of
Broder, "On the resemblance and containment of documents" (SEQUENCES 1997). A text shorter than any link needs has none.

Two sketches tell resemblance, and of a brief inside a long article next to nothing: of the article's 12 samples one or
none is the brief's. So what looks is not a sketch but the whole text: *every* run of the one, among the *samples* of all
others. Whatever holds a brief whole holds all its samples, however long it is. A pair is found when either of both finds
the other, so the shorter one's sample decides: at 25 % of its runs in the other, the least that makes a link, it is missed
once in thirty times; at 34 % (three of ten words changed) once in 150; at half and more practically never. `bench/copies.py`
measures that, and what it costs: .34 ms to sketch a page, about 10 ms to look among a million articles.

The trade-off: 8 samples would miss one of ten of the weakest pairs and save a third of the rows, 16 one of a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nsmallest
from zlib import crc32

from archive.digest import tokens
from archive.seed import ENOUGH

SIZE = 12  # samples of a text
ROWS = 16  # samples of an article, over all its versions
_DIGITS = 8


def hashes(text: str) -> frozenset[int]:
    """The runs of three words of a text, as numbers of 32 bits."""
    words = tokens(text)
    return frozenset(crc32(" ".join(run).encode()) for run in zip(words, words[1:], words[2:], strict=False))


def sketch(text: str) -> str:
    """The SIZE smallest hashes, 8 hex digits each, sorted; "" for a text that is too short to be linked to any."""
    found = hashes(text)
    return "".join(f"{one:0{_DIGITS}x}" for one in nsmallest(SIZE, found)) if len(found) >= ENOUGH else ""


def unpack(packed: str) -> tuple[int, ...]:
    """The hashes of a sketch."""
    return tuple(int(packed[i : i + _DIGITS], 16) for i in range(0, len(packed), _DIGITS))


def of_article(sketches: Iterable[str]) -> frozenset[int]:
    """What stands for an article: the first version's samples, and of later ones what is new, up to ROWS.

    A later version only ever adds: what was found once is found again by whoever does the work anew.
    """
    kept: dict[int, None] = {}
    for packed in sketches:
        for one in unpack(packed):
            if len(kept) < ROWS:
                kept[one] = None
    return frozenset(kept)
