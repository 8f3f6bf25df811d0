"""Articles whose pages changed their look: what each shows, and what all of them together settle. Pure.

A theme that is switched changes what is read of every article at once. One article cannot tell that from an edit; all of
an outlet's can: an edit touches few of them, a theme nearly all. So each article's history gives its *crossings*, which
depend on its own captures alone, and the outlet's crossings together settle how histories compare across a change of look
(`Settled`). Neither the order of captures nor of articles matters, and crossings never depend on what they settle.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from archive import line_digests
from archive.digest import fold_space
from archive.history import at
from archive.observation import Observation, Reading
from archive.readings import Readings

FEW = 3  # articles: fewer that changed their look are odd pages, not a new theme
ENOUGH = 5  # articles from which a share means something
AGREE = 0.9  # of the articles that read the same on both sides: what differs in the others is theirs, not the theme's
COMMON = 0.5  # of the articles that changed: a line that came (or went) in so many of them is no article's own
_MOST = 40  # lines told of one crossing; one that says MORE is never explained by lines alone
MORE = "+"
SHAPE = 8  # hex digits of the shape in a look; the rules follow


@dataclass(frozen=True, slots=True)
class Crossing:
    """Two neighbouring readable captures whose looks, or whose texts, differ.

    Some tell nothing of the outlet (`tells`): one of both is in doubt, or its shape unknown, or only the rules are others. They
    are noted all the same, since what the outlet's articles settle may bear on how these two compare.
    """

    time: str  # of the later one
    run: str  # of the later one; "" for one that tells nothing
    before: str  # look: shape and rules
    after: str
    same: bool  # T of headline and body equal
    headline: bool  # T of the headline equal
    came: tuple[str, ...] = ()  # digests of lines
    went: tuple[str, ...] = ()
    last: bool = False  # no later crossing of this article tells anything
    told: bool = False  # a list that shows texts says that the text is another one, too

    @property
    def tells(self) -> bool:
        return bool(self.run)


@dataclass(frozen=True, slots=True)
class Settled:
    """What an outlet's crossings and acts say of looks and lines. Sorted tuples, so that equal ones are equal as stored."""

    accepted: tuple[str, ...] = ()  # shapes that a person accepted
    agreed: tuple[tuple[str, str], ...] = ()  # pairs of looks that read alike: texts compare across them
    suspects: tuple[str, ...] = ()  # looks that came over many articles with other texts, and that nobody accepted
    clutter: tuple[str, ...] = ()  # lines that came or went in many articles at once

    def dump(self) -> str:
        """As JSON; "" when nothing is settled."""
        row = {name: value for name, value in asdict(self).items() if value}
        return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode() if row else ""


def load(text: str) -> Settled:
    """What `Settled.dump` gave."""
    row: dict[str, Any] = orjson.loads(text) if text else {}
    pairs = tuple((a, b) for a, b in row.pop("agreed", ()))
    return Settled(agreed=pairs, **{name: tuple(value) for name, value in row.items()})


def look(reading: Reading) -> str:
    """How a page was drawn and read: shape and rules; "" when its shape is not known."""
    return reading.shape + reading.rules if reading.shape else ""


def pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def of_article(readings: Readings, contents: Sequence[Observation], before: Observation | None = None) -> list[Crossing]:
    """The crossings of one article, of its contents in the order of the fold: those that tell lead past contents in doubt.

    `before`: its last content under an earlier address.
    """
    out: list[Crossing] = []
    said = words(readings, contents)
    previous = before
    for line in contents:
        if readings.newest(line) is None:
            continue
        sure = not readings.doubt(line)
        if previous is not None and (previous is not before or not sure):
            out += _between(readings, previous, line, tells=False)
        if before is not None and sure:
            both = [said.get(place(one)) or word(one, readings.newest(one)) for one in (before, line)]
            out += (replace(one, told=all(both) and both[0] != both[1]) for one in _between(readings, before, line))
        previous, before = line, line if sure else before
    if out:
        last = max((number for number, one in enumerate(out) if one.tells), default=len(out) - 1)
        out[last] = replace(out[last], last=True)
    return out


def _between(readings: Readings, before: Observation, line: Observation, *, tells: bool = True) -> Iterator[Crossing]:
    """One, or none: where the text is the same, and not known to be drawn otherwise, nothing that is settled bears on it."""
    if (before.body or before.payload) == (line.body or line.payload):
        return
    old, new = readings.newest(before), readings.newest(line)
    if old is None or new is None:
        return
    known = bool(old.shape and new.shape)
    same = alike(readings, before, line)
    if same and (not known or old.shape == new.shape):
        return
    came, went = ((), ()) if same else map(_few, line_digests.difference(old.lines, new.lines))
    alone = known and (same or old.shape != new.shape or old.rules == new.rules)  # else they wait to be read by the same rules
    run = line.run if tells and alone else ""
    yield Crossing(at(line.time), run, look(old), look(new), same, old.headline.t == new.headline.t, came, went)


def _few(found: list[str]) -> tuple[str, ...]:
    return tuple(found) if len(found) <= _MOST else (*found[:_MOST], MORE)


def alike(readings: Readings, before: Observation, line: Observation) -> bool:
    """T of headline and body equal, under whatever rules; or under the newest that both were read by, if nothing newer read
    each of them."""
    old, new = readings.newest(before), readings.newest(line)
    if old is not None and new is not None and (old.headline.t, old.body.t) == (new.headline.t, new.body.t):
        return True
    found = readings.compare(before, line)
    return found is not None and not found.kinds and not apart(readings, before, line)


def apart(readings: Readings, before: Observation, line: Observation) -> bool:
    """Was each of them read, since they were read by the same rules, by others? By the layouts of two themes, that is."""
    old, new = readings.newest(before), readings.newest(line)
    if old is None or new is None or not (old.shape and new.shape) or old.shape == new.shape:
        return False
    return old.rules not in readings.rules(line) and new.rules not in readings.rules(before)


def word(line: Observation, reading: Reading | None) -> str:
    """What a list that shows texts said of the text when it was asked for; "" when it shows the headline alone."""
    said = line.announced.get("text", "")
    return "" if not said or reading is None or said == rest_word(f"{reading.title}\n") else said


def words(readings: Readings, contents: Sequence[Observation]) -> dict[tuple[str, str, int], str]:
    """Of each capture (`place`), the word of the last one in a row that says the same, letter for letter: a list may be read
    long after the text changed."""
    out: dict[tuple[str, str, int], str] = {}
    said, text = "", ("", "")
    for line in reversed(contents):
        reading = readings.newest(line)
        if reading is None:
            continue
        mine = reading.headline.t, reading.body.t
        said, text = (said if mine == text else "") or word(line, reading), mine
        out[place(line)] = said
    return out


def place(line: Observation) -> tuple[str, str, int]:
    """What tells one capture from all others."""
    return line.time, line.warc, line.offset


def rest_word(seen: str) -> str:
    """The word of docs/FORMAT.md (`announced`) for a headline, a new line and the visible text."""
    return hashlib.sha256(fold_space(seen).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def settle(found: Iterable[tuple[str, Crossing]], accepted: Collection[str]) -> Settled:
    """What an outlet's crossings, each with its article, and the shapes that people accepted settle."""
    rows = sorted((row for row in found if row[1].tells), key=lambda row: (row[1].time, row[0], row[1].before, row[1].after))
    clutter = _clutter(rows)
    agreed, suspects = _votes(rows, clutter)
    suspects -= {one for one in suspects if one[:SHAPE] in accepted}
    return Settled(tuple(sorted(set(accepted))), tuple(sorted(agreed)), tuple(sorted(suspects)), tuple(sorted(clutter)))


def _clutter(rows: Sequence[tuple[str, Crossing]]) -> set[str]:
    """Lines that came, or that went, in many of the articles that changed in one run, or on one day."""
    changed: dict[str, set[str]] = defaultdict(set)
    holders: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for article, one in rows:
        if one.same:
            continue
        for span in (one.run, one.time[:10]):
            changed[span].add(article)
            for way, told in (("came", one.came), ("went", one.went)):
                for line in set(told) - {MORE}:
                    holders[span, way, line].add(article)
    return {
        line for (span, _, line), held in holders.items() if len(held) >= ENOUGH and len(held) >= COMMON * len(changed[span])
    }


def _votes(rows: Sequence[tuple[str, Crossing]], clutter: Collection[str]) -> tuple[set[tuple[str, str]], set[str]]:
    """Pairs of looks across which texts agree; looks that came later in pairs across which they do not.

    Where lists show texts, what is captured in a new look is mostly what was edited: that says nothing of the look.
    """
    votes: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)  # pair → article → read alike, the last time
    newer: dict[tuple[str, str], str] = {}
    for article, one in rows:
        if one.before[:SHAPE] == one.after[:SHAPE] or (one.told and not one.same):
            continue
        both = pair(one.before, one.after)
        newer.setdefault(both, one.after)
        votes[both][article] = is_clutter(one, clutter)
    agreed, suspects = set(), set()
    for both, told in votes.items():
        count = Counter(told.values())
        if count.total() >= ENOUGH and count[True] >= AGREE * count.total():
            agreed.add(both)
        elif count[False] >= FEW and count[False] > (1 - AGREE) * count.total():
            suspects.add(newer[both])
    return agreed, _spread(agreed, newer, suspects)


def _spread(agreed: Collection[tuple[str, str]], newer: Mapping[tuple[str, str], str], suspects: set[str]) -> set[str]:
    """The suspects, and later looks that read as they do and as none above suspicion: a theme that was updated since."""
    found = set(suspects)
    while True:
        more = {newer[both] for both in agreed if not found.isdisjoint(both)} - found
        more -= {one for both in agreed for one in both if one in more and found.isdisjoint({*both} - {one})}
        if not more:
            return found
        found |= more


def is_clutter(one: Crossing, clutter: Collection[str]) -> bool:
    """Did nothing differ but lines that are no article's own?"""
    return one.same or (one.headline and bool(one.came or one.went) and all(line in clutter for line in (*one.came, *one.went)))


def waiting(found: Iterable[tuple[str, Crossing]], settled: Settled) -> Iterator[tuple[str, Crossing]]:
    """Of each article that now shows a suspect look: its last crossing."""
    return ((article, one) for article, one in found if one.last and one.tells and one.after in settled.suspects)


def touched(found: Iterable[tuple[str, Crossing]], before: Settled, now: Settled) -> set[str]:
    """The articles whose history may be another now that `now` is settled, and not `before`: no other need be folded again.

    What an article's captures show of looks and lines, its crossings say, but for lines beyond those that they tell.
    """
    pairs = set(before.agreed) ^ set(now.agreed)
    looks = {*(one for both in pairs for one in both), *(set(before.suspects) ^ set(now.suspects))}
    shapes = {one[:SHAPE] for one in looks} | (set(before.accepted) ^ set(now.accepted))
    lines = set(before.clutter) ^ set(now.clutter)
    if lines:
        lines.add(MORE)
    return {
        article
        for article, one in found
        if one.before[:SHAPE] in shapes
        or one.after[:SHAPE] in shapes
        or (lines and not (lines.isdisjoint(one.came) and lines.isdisjoint(one.went)))
    }
