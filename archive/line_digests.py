"""The lines of a body as digests: what came, what went, and what is left without lines that many articles share. Pure.

`Reading.lines` holds them in order, 8 hex digits each, letter for letter (T of docs/FORMAT.md): two texts are equal iff
these are, but for one chance in 2^32 a line. So a text can be compared without the lines that are known to be the theme's,
from the observations alone.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection

from archive.digest import fold_space

SIZE = 8  # hex digits a line
MOST = 256  # lines of one body; the last digest stands for all that follow


def digest(line: str) -> str:
    """8 hex digits of one line: spaces folded, NFC."""
    return hashlib.sha256(fold_space(line).encode("utf-8", "replace")).hexdigest()[:SIZE]


def of_text(faithful: str) -> str:
    """`Reading.lines` of a body: its lines that are not blank, in order."""
    lines = [line for line in faithful.split("\n") if line.strip()]
    if len(lines) > MOST:
        lines = [*lines[: MOST - 1], "\n".join(lines[MOST - 1 :])]
    return "".join(map(digest, lines))


def split(lines: str) -> list[str]:
    """The digests of `Reading.lines`, in order."""
    return [lines[at : at + SIZE] for at in range(0, len(lines), SIZE)]


def difference(before: str, after: str) -> tuple[list[str], list[str]]:
    """(lines that came, lines that went), each as often, sorted."""
    old, new = Counter(split(before)), Counter(split(after))
    return sorted((new - old).elements()), sorted((old - new).elements())


def without(lines: str, clutter: Collection[str]) -> list[str]:
    """The lines that are not among these, in order."""
    return [one for one in split(lines) if one not in clutter]


def of_digest(faithful: str, wanted: str) -> str:
    """The line of a text that has this digest, "" when none has."""
    return next((line for line in faithful.split("\n") if line.strip() and digest(line) == wanted), "")
