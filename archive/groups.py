"""Which content captures of an article make which version, and which are in doubt. Pure.

Versions follow from the content captures, in the order of the fold, and from what all of the outlet's articles settle about
its looks (archive.crossing). A capture in doubt makes a version only when the next readable captures say the same; the
version then begins at the doubted capture. When the next one says something else, the doubted capture makes none, ever.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from archive.crossing import Settled
from archive.history import moment
from archive.looks import Looks
from archive.observation import Observation, Reading
from archive.readings import Difference, Readings
from archive.stays import REPLACED, begins_another, told

HALF = "half"  # doubt of the fold's own: less than half as long as the text before
LAYOUT = "layout"  # doubt of the fold's own: the page is drawn otherwise, and nothing tells whether the article changed too
LAYOUT_APART = 172_800.0  # seconds; by then a new theme is known as one, and what is left are single pages drawn otherwise
HALF_NEEDS = 1  # further captures that must say the same
DAMAGE_NEEDS = 2  # and besides, as for an absence, there must be time between them: servers repeat their faults


@dataclass
class Group:
    """A version in the making."""

    difference: Difference
    reading: Reading
    lines: list[Observation]


@dataclass
class Grouped:
    """What content captures come to. Positions are those in the sequence that was given."""

    groups: list[Group] = field(default_factory=list)
    number: dict[int, int] = field(default_factory=dict)  # position → version, of every capture that belongs to one
    unread: dict[str, Observation] = field(default_factory=dict)  # record → capture to be read again
    readable: Observation | None = None  # the last capture that belongs to a version
    doubted: Observation | None = None  # the first of the captures in doubt that wait
    why: str = ""  # its doubt
    strangers: set[int] = field(default_factory=set)  # positions of captures in doubt that show another article
    agreed: int = 0  # neighbours with equal validators that say the same
    lied: int = 0  # … that do not


def group(
    readings: Readings,
    contents: Sequence[Observation],
    apart: float,
    before: Observation | None = None,
    settled: Settled | None = None,
    *,
    arrived: Collection[str] = (),
) -> Grouped:
    """Versions of the `contents` of one article.

    `apart`: seconds between the first and the last capture that confirm each other's damage; `before`: its last content
    under an earlier address; `settled`: what the outlet's articles together say of its looks; `arrived`: ids of
    posts to which the address was given, and which stood at another one before.
    """
    grouping = _Grouping(readings, apart, before, Looks(readings, settled or Settled(), contents), arrived)
    for position, line in enumerate(contents):
        grouping.see(position, line)
    return grouping.end()


class _Grouping:
    def __init__(
        self, readings: Readings, apart: float, before: Observation | None, looks: Looks, arrived: Collection[str]
    ) -> None:
        self.readings = readings
        self.apart = apart
        self.before = before
        self.looks = looks
        self.arrived = arrived
        self.post = ""  # id of the post that stands here
        self.out = Grouped()
        self.waiting: list[tuple[int, Observation]] = []

    def see(self, position: int, line: Observation) -> None:
        if self.readings.newest(line) is None:
            self._unread(line)
            return
        before = self.out.readable
        if before is not None and (difference := self._compare(before, line)) is not None and not difference.kinds:
            self.waiting.clear()  # most captures: what the running version says, whatever the signs of damage
            self._join(position, line, difference)
            return
        if not self._says_the_same(line) and not self._goes_on(line):
            self.waiting.clear()
        if begins_another(self._difference(line)):
            self.out.strangers.add(position)
        self.waiting.append((position, line))
        doubt = self._doubt(line)
        if not doubt or self._confirmed(doubt):
            for one in self.waiting:
                self._accept(*one)
            self.waiting.clear()

    def end(self) -> Grouped:
        """What it came to. Captures that wait for their look to be settled are read again when the rules change."""
        out, waiting = self.out, [line for _, line in self.waiting]
        if waiting:
            out.doubted, out.why = waiting[0], self._doubt(waiting[0])
        if out.why == LAYOUT:
            for line in [*([out.readable] if out.readable else []), *waiting]:
                self._unread(line)
        return out

    def _confirmed(self, doubt: str) -> bool:
        further = len(self.waiting) - 1
        if doubt == HALF:
            return further >= HALF_NEEDS
        first, last = self.waiting[0][1], self.waiting[-1][1]
        if doubt == LAYOUT and any(self.looks.is_suspect(one) for _, one in self.waiting):
            return False  # a new theme: no repetition tells anything
        apart = LAYOUT_APART if doubt == LAYOUT else self.apart
        needed = 1 if doubt == REPLACED else DAMAGE_NEEDS
        return further >= needed and (moment(last.time) - moment(first.time)).total_seconds() >= apart

    def _compare(self, before: Observation, line: Observation) -> Difference | None:
        """The difference in the light of the outlet's looks."""
        return self.looks.compare(before, line, len(self.out.groups) if before is self.out.readable else None)

    def _says_the_same(self, line: Observation) -> bool:
        if not self.waiting:
            return False
        difference = self._compare(self.waiting[-1][1], line)
        return difference is not None and not difference.kinds

    def _goes_on(self, line: Observation) -> bool:
        """Does it show the other article that waits, which may have been edited meanwhile?"""
        last = self.waiting[-1][1] if self.waiting else None
        same = last is not None and self._post(last) == self._post(line)
        return same and begins_another(self._difference(line))

    def _post(self, line: Observation) -> str:
        """The id of the post that it shows; a revisit record need not say it again."""
        return line.post or self.readings.holder(line).post

    def _difference(self, line: Observation) -> Difference | None:
        """To the running version; None when there is none, or nothing that compares."""
        before = self.out.readable
        found = self._compare(before, line) if before is not None else None
        old, new = (self.readings.newest(one) if one is not None else None for one in (before, line))
        if found is None or old is None or new is None:
            return found
        return told(found, (self.post, self._post(line)), old, new, self.arrived)

    def _doubt(self, line: Observation) -> str:
        """Why `line` may make no version yet; "" also when it says what the running version says."""
        before = self.out.readable or self.before
        stated = self.readings.doubt(line)
        if before is None:
            return stated
        difference = self._compare(before, line)
        if difference is not None and not difference.kinds:
            return ""
        if begins_another(self._difference(line)):
            return stated or REPLACED
        if not stated and self.looks.is_open(before, line, len(self.out.groups)):
            return LAYOUT
        old, new = self.readings.newest(before), self.readings.newest(line)
        shrunk = difference is not None and old is not None and new is not None and 2 * new.chars < old.chars
        return stated or (HALF if shrunk else "")

    def _accept(self, position: int, line: Observation) -> None:
        before = self.out.readable
        difference = self._difference(line) if before else self._first(line)
        if before is not None and self._is_restored(before, line) and not begins_another(difference):
            difference = Difference()
        self._join(position, line, difference)

    def _is_restored(self, before: Observation, line: Observation) -> bool:
        """Does it leave a look that is read badly? What that look did to the text is no edit when it goes, either."""
        return self.looks.is_suspect(before) and self.looks.is_open(before, line, len(self.out.groups))

    def _join(self, position: int, line: Observation, difference: Difference | None) -> None:
        """Add a capture that differs so from the one before it, in a version of its own if it does."""
        out, before = self.out, self.out.readable
        if before is not None and difference is not None:
            self._audit(before, line, difference)
        out.readable, self.post = line, self._post(line) or self.post
        if difference is not None and difference.kinds:
            reading = self.readings.newest(line)
            assert reading is not None  # noqa: S101  see() lets nothing else through
            out.groups.append(Group(difference, reading, [line]))
        else:
            out.groups[-1].lines.append(line)
        out.number[position] = len(out.groups)
        self.looks.note(line, len(out.groups))
        if before is not None and difference is None:  # no rules in common: no event until one of them is read again
            self._unread(before)
            self._unread(line)

    def _first(self, line: Observation) -> Difference:
        """The first version: new, or an article that was known under another address."""
        if self.before is None:
            return Difference(("new",))
        difference = self._compare(self.before, line) or Difference()
        return Difference(("moved", *difference.kinds), difference.flags)

    def _audit(self, before: Observation, line: Observation, difference: Difference) -> None:
        """Do equal validators mean an equal text here (RFC 9110 §8.8)? ETag decides where both sent one."""
        etags = before.etag and line.etag
        equal = before.etag == line.etag if etags else bool(line.last_modified) and before.last_modified == line.last_modified
        if equal and difference.kinds:
            self.out.lied += 1
        elif equal:
            self.out.agreed += 1

    def _unread(self, line: Observation) -> None:
        holder = self.readings.holder(line)
        self.out.unread[holder.record or f"{holder.warc}:{holder.offset}"] = holder
