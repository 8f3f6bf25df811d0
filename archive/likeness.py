"""How like a page is to the site's own answer to an address that cannot exist. Pure.

A site that answers 200 to everything shows what its "not found" looks like when it is asked for nothing. Shingles are runs of
three words (Broder 1997, On the resemblance and containment of documents); words as archive.digest.tokens gives them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from archive.digest import skeleton, tokens

WORDS = 3
OWN = 6  # shingles that a page may have of its own and say nothing: the address it could not find, a time of day
ALIKE = 0.7  # resemblance of what is read as the article's text, where boxes beside it have changed

Shingles = frozenset[int]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Of the site's answer to an address that cannot exist."""

    record: str  # record id of that capture
    title: str  # skeleton of <title>
    visible: Shingles
    main: Shingles  # of what would be read as the text of an article
    marked: bool  # it bears marks of an article all the same: then these mean nothing here


def shingles(text: str) -> Shingles:
    words = tokens(text)
    runs = (words[i : i + WORDS] for i in range(max(1, len(words) - WORDS + 1)))
    return frozenset(zlib.crc32(" ".join(run).encode()) for run in runs if run)


def fingerprint(record: str, title: str, visible: str, main: str, *, marked: bool) -> Fingerprint:
    return Fingerprint(record, skeleton(title), shingles(visible), shingles(main), marked)


def alike_as_a_whole(known: Fingerprint, title: str, visible: str) -> bool:
    """The same title, and nothing to read that the other page has not."""
    return bool(visible.strip()) and skeleton(title) == known.title and len(shingles(visible) - known.visible) <= OWN


def alike_in_text(known: Fingerprint, title: str, main: str) -> bool:
    """The same title, and mostly the same where an article has its text."""
    own = shingles(main)
    return skeleton(title) == known.title and bool(own & known.main) and len(own & known.main) >= ALIKE * len(own | known.main)
