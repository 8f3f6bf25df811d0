"""A collation on paper: both texts side by side, or one text with what went and came in it. Pure; no HTML is made here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, zip_longest

from archive.collate import Op, Piece
from archive.compare import invisible

SPACE, LINE = ("space",), ("line",)  # marks of a part that is spaces only, or stands for a line end that went
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
CONTEXT = 1  # unchanged paragraphs beside a change that are shown when only changes are asked for


@dataclass(frozen=True, slots=True)
class Part:
    """Text of one look. `hidden`: names of the characters in it that show nothing, where they may be what changed."""

    op: Op
    text: str
    marks: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring parts with one fate; `lead` and `tail` are the spaces around them, which no mark covers.

    `island`: of a change that must be ordered by itself, or its letters would mingle with those of the change beside it.
    """

    op: Op
    lead: str
    parts: tuple[Part, ...]
    tail: str
    island: bool = False

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


@dataclass
class Paragraph:
    """`cut`: the other version has no line end here, though it has the words before and after. `ltr`: no letter of it runs
    from right to left. `removed`: of the merged text, a paragraph that only the older version has."""

    parts: list[Part] = field(default_factory=list)
    cut: bool = False
    removed: bool = False

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    @property
    def groups(self) -> list[Group]:
        """Its parts, those beside each other that went, came or stayed together."""
        found = [_group(op, list(parts)) for op, parts in groupby(self.parts, key=lambda part: part.op)]
        return [replace(one, island=_island(one, found[:n], found[n + 1 :])) for n, one in enumerate(found)]

    @property
    def ltr(self) -> bool:
        return latin(self.text)

    @property
    def changed(self) -> bool:
        return self.cut or self.removed or any(part.op != "equal" for part in self.parts)

    @property
    def shared(self) -> bool:
        return any(part.op == "equal" and part.text.strip() for part in self.parts)


@dataclass(frozen=True, slots=True)
class Row:
    """A paragraph of each version, side by side; None where one has none. `near`: it changed, or stands beside a change."""

    old: Paragraph | None
    new: Paragraph | None
    near: bool = True

    @property
    def changed(self) -> bool:
        return any(side is None or side.changed for side in (self.old, self.new))


def latin(text: str) -> bool:
    """Does every strong letter of a paragraph run from left to right? Then it is set so, whatever the article's direction."""
    kinds = set(map(unicodedata.bidirectional, text))
    return "L" in kinds and not kinds & {"R", "AL"}


def rows(pieces: Sequence[Piece]) -> list[Row]:
    """The paragraphs of both versions, those beside each other that share the most."""
    old, new = _side(pieces, "delete"), _side(pieces, "insert")
    out, i, j = list[tuple[Paragraph | None, Paragraph | None]](), 0, 0
    for a, b in [*_matched(pieces), (len(old), len(new))]:
        out += zip_longest(old[i:a], new[j:b])
        out += [(old[a], new[b])] if a < len(old) else []
        i, j = a + 1, b + 1
    found = [Row(*pair) for pair in out]
    near = _near([row.changed for row in found])
    return [Row(row.old, row.new, is_near) for row, is_near in zip(found, near, strict=True)]


def merged(pieces: Sequence[Piece]) -> list[tuple[Paragraph, bool]]:
    """The newer version's paragraphs with what went where it stood, and whether each is near a change."""
    out = [Paragraph()]
    for piece in pieces:
        for n, part in enumerate(piece.text.split("\n")):
            if n:
                _line_end(out, piece.op)
            out[-1].parts += _parts(piece, part)
    _cut(out[:-1])
    found = out[:-1]  # after the last line end there is nothing
    return list(zip(found, _near([one.changed for one in found]), strict=True))


def _line_end(out: list[Paragraph], op: Op) -> None:
    """One more paragraph. A line end that went ends none of the newer version's: a sign stands for it."""
    here = out[-1]
    if op == "delete" and any(part.op != "delete" and part.text.strip() for part in here.parts):
        here.parts.append(Part("delete", "", LINE))
        return
    here.removed, here.cut = op == "delete", op == "insert"
    out.append(Paragraph())


def _side(pieces: Iterable[Piece], op: Op) -> list[Paragraph]:
    """One version's paragraphs, what the other one has not marked as `op`."""
    out = [Paragraph()]
    for piece in pieces:
        if piece.op not in ("equal", op):
            continue
        for n, part in enumerate((piece.old if op == "delete" else piece.new).split("\n")):
            if n:
                out[-1].cut = piece.op == op
                out.append(Paragraph())
            out[-1].parts += _parts(piece, part)
    _cut(out[:-1])
    return out[:-1]


def _cut(found: Sequence[Paragraph]) -> None:
    """Only between words that both versions have a line end is worth a sign."""
    for one, after in zip(found, [*found[1:], Paragraph()], strict=True):
        one.cut = one.cut and one.shared and after.shared


def _parts(piece: Piece, text: str) -> Iterator[Part]:
    """A piece of one line, the spaces at its ends apart: a mark begins and ends with a word."""
    word = text.strip(" \t\xa0")
    if piece.op == "equal" or not word:
        if text:
            yield Part("equal" if piece.op == "equal" else piece.op, text, () if word else SPACE)
        return
    lead = text[: text.index(word)]
    if lead:
        yield Part(piece.op, lead, SPACE)
    yield Part(piece.op, word, piece.marks, tuple(invisible(word)))
    if len(lead) + len(word) < len(text):
        yield Part(piece.op, text[len(lead) + len(word) :], SPACE)


def _group(op: Op, parts: list[Part]) -> Group:
    lead = parts.pop(0).text if op != "equal" and parts[0].marks == SPACE else ""
    tail = parts.pop().text if op != "equal" and parts and parts[-1].marks == SPACE else ""
    return Group(op, lead, tuple(parts), tail)


def _island(group: Group, before: list[Group], after: list[Group]) -> bool:
    """Whether a change needs isolation (UAX #9). Not when it goes on in the direction of the words beside it: isolated, the 11
    of "Windows 11 Pro" would be torn out of a name that is read from left to right."""
    if group.op == "equal":
        return False
    own = _directions(group.text)
    last = next((_directions(one.text)[-1:] for one in reversed(before) if one.op == "equal"), "")
    first = next((_directions(one.text)[:1] for one in after if one.op == "equal"), "")
    if not own:  # numbers go with the word before them, signs with nothing
        return last != "L" or not any(c.isdigit() for c in group.text)
    return len(set(own)) > 1 or own[0] not in (last, first)


def _directions(text: str) -> str:
    """The strong characters of a text as L and R, with ! for each that embeds, overrides or isolates."""
    kinds = {
        "L": "L",
        "R": "R",
        "AL": "R",
        **dict.fromkeys(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"), "!"),
    }
    return "".join(kinds.get(unicodedata.bidirectional(c), "") for c in text)


def _matched(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
    """Pairs of paragraphs, in order, that share the most letters in all; each at most once."""
    shared = dict[tuple[int, int], int]()
    i = j = 0
    for piece in pieces:
        if piece.op != "equal":
            i, j = i + piece.old.count("\n"), j + piece.new.count("\n")
            continue
        for part in _LINE.findall(piece.new):
            shared[i, j] = shared.get((i, j), 0) + len(part.strip(" \t\xa0"))
            i, j = i + part.endswith("\n"), j + part.endswith("\n")
    return _chain(sorted(shared.items()))


def _chain(pairs: list[tuple[tuple[int, int], int]]) -> list[tuple[int, int]]:
    """The heaviest chain in which both numbers grow. `pairs` never fall: neither number is below the one before."""
    best = [(0, -1)]  # of the first n pairs: weight, and the pair that it ends with
    taken = list[tuple[int, int]]()  # of each pair: its weight with the best chain before it, and the pair before
    free = 0  # how many of the first pairs both numbers are below
    for n, ((i, j), weight) in enumerate(pairs):
        while free < n and pairs[free][0][0] < i and pairs[free][0][1] < j:
            free += 1
        while free and (pairs[free - 1][0][0] >= i or pairs[free - 1][0][1] >= j):
            free -= 1
        taken.append((best[free][0] + weight, best[free][1]))
        best.append(max(best[-1], (taken[n][0], n)))
    out, at = list[tuple[int, int]](), best[-1][1]
    while at >= 0:
        out.append(pairs[at][0])
        at = taken[at][1]
    return out[::-1]


def _near(changed: Sequence[bool]) -> list[bool]:
    return [any(changed[max(0, n - CONTEXT) : n + CONTEXT + 1]) for n in range(len(changed))]
