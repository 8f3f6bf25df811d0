"""A small sample of a text's words, by which a text that holds the same words is found among a million. Pure.

What is sampled are the runs of three words that links are counted with (archive.seed.shingles), as CRC-32 of the three
words with a space between, in UTF-8. The sketch of a text is the SIZE smallest of these numbers: the bottom-k sketch of
Broder, "On the resemblance and containment of documents" (SEQUENCES 1997). A text shorter than any link needs has none.

Two sketches tell resemblance, and of a brief inside a long article next to nothing: of the article's 12 samples one or
none is the brief's. So what looks is not a sketch but the whole text: *every* run of the one, among the *samples* of all
others. Whatever holds a brief whole holds all its samples, however long it is. A pair is found when either of both finds
the other, so the shorter one's samples decide. Of pairs that the counts link, `bench/copies.py` finds (invented texts of 300
words, 100 words in 1500, and 316 real pages) in the end, when both were captured within a fortnight, where one common sample is
enough, and otherwise, where it takes two:

    whole, before, after or amid other text, glued to another, half of its paragraphs      1.000    .99 to 1.000
    three of ten words changed (a third of the runs left)                                  .993     .96
    as many words changed as still make a link (a quarter of the runs)                     .987     .91 to .95

Half of the words changed leave an eighth of the runs: by the thresholds of archive.seed that is no link. While only the
later text has looked, a brief that came after the long article that holds it is found in six of ten cases; the article,
which looks again a week later, finds it. In vain are looked at, in an outlet of 6000 invented texts, 1.5 articles with one
sample in common, none with two; in a million, as many by chance alone. A million articles are 12 million rows, 430 MB in
SQLite, and looking for a text among them takes 10 ms. To sketch a page adds half a millisecond to what its digests take.

The trade-off: 8 samples would miss one of ten of the weakest pairs of a fortnight and save a third of the rows, 16 one of a
hundred.
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
        if len(kept) == ROWS:
            break
        for one in unpack(packed):
            if len(kept) < ROWS:
                kept[one] = None
    return frozenset(kept)
