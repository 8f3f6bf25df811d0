"""The lines of a body as digests: what came, what went, and what is left without lines that many articles share. Pure.

`Reading.lines` holds them in order, 8 hex digits each, letter for letter (T of docs/FORMAT.md): two texts are equal iff
these are, but for one chance in 2^32 a line. So a text can be compared without the lines that are known to be the theme's,
from the observations alone.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Collection

SIZE = 8  # hex digits a line
_OTHER = (
    "\t\n\v\f\r\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # white space but U+0020, as archive.digest folds it
)
_ODD = re.compile(f"[{_OTHER}][ {_OTHER}]*| [ {_OTHER}]+")  # runs that are no single space: few, so most text is only looked at
MOST = 256  # lines of one body; the last digest stands for all that follow


def digest(line: str) -> str:
    """8 hex digits of one line: spaces folded, NFC."""
    return _digest(unicodedata.normalize("NFC", line))


def _digest(line: str) -> str:
    return hashlib.sha256(_ODD.sub(" ", line).strip(" ").encode("utf-8", "replace")).hexdigest()[:SIZE]


def of_text(faithful: str) -> str:
    """`Reading.lines` of a body: its lines that are not blank, in order."""
    lines = [line for line in unicodedata.normalize("NFC", faithful).split("\n") if line and not line.isspace()]
    if len(lines) > MOST:
        lines = [*lines[: MOST - 1], "\n".join(lines[MOST - 1 :])]
    return "".join(map(_digest, lines))


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
