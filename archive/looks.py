"""How two captures of an article compare when the page may have changed its look between them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from archive import line_digests
from archive.crossing import SHAPE, Settled, alike, apart, look, pair, place, word, words
from archive.observation import Observation
from archive.readings import Difference, Readings, difference


class Looks:
    """One article's captures in the light of what the outlet's articles together say of its looks (`settled`)."""

    def __init__(self, readings: Readings, settled: Settled, contents: Sequence[Observation]) -> None:
        self.readings = readings
        self.contents = contents
        self.accepted, self.suspects = frozenset(settled.accepted), frozenset(settled.suspects)
        self.agreed, self.clutter = frozenset(settled.agreed), frozenset(settled.clutter)
        self.seen: dict[str, tuple[Observation, int]] = {}  # look → its last capture that belongs to a version, versions then

    def compare(self, before: Observation, line: Observation, versions: int | None = None) -> Difference | None:
        """As `Readings.compare`; equal too when only lines differ that are no article's own, or only the look.

        `versions`: how many there are, when `before` is the last capture of the running one.
        """
        found, parted = self.readings.compare(before, line), apart(self.readings, before, line)
        if found is not None and not found.kinds and not parted:
            return found
        if versions is not None and (known := self.since_then(before, line, versions)) is not None:
            return known
        means = self.crossing(before, line)
        if means == "same" or alike(self.readings, before, line) or self._same_without_clutter(before, line):
            return Difference()
        old, new = self.readings.newest(before), self.readings.newest(line)
        if (parted or found is None) and means == "edit" and old is not None and new is not None:
            return difference(old, new)  # other rules, but they are known to read alike
        return None if parted else found

    def note(self, line: Observation, versions: int) -> None:
        """`line` belongs to the newest of so many versions."""
        self.seen[self.of(line)] = line, versions

    def is_suspect(self, line: Observation) -> bool:
        return self.of(line) in self.suspects

    def is_open(self, before: Observation, line: Observation, versions: int) -> bool:
        """Can nobody tell yet what a difference between these two means?"""
        return self.crossing(before, line) == "open" and self.since_then(before, line, versions) is None

    def of(self, line: Observation) -> str:
        reading = self.readings.newest(line)
        return look(reading) if reading is not None else ""

    def since_then(self, before: Observation, line: Observation, versions: int) -> Difference | None:
        """The difference from the last capture in the look of `line`, when the article was seen in it before, and in another
        one since, without an edit: themes that come back, or take turns. None when there is none."""
        here = self.of(line)
        last, then = self.seen.get(here, (before, -1))
        if not here or here[:SHAPE] == self.of(before)[:SHAPE] or here in self.suspects or then != versions:
            return None
        return Difference() if self._same_without_clutter(last, line) else self.readings.compare(last, line)

    def _same_without_clutter(self, before: Observation, line: Observation) -> bool:
        old, new = self.readings.newest(before), self.readings.newest(line)
        if not self.clutter or old is None or new is None or not (old.lines and new.lines):
            return False
        came, went = line_digests.difference(old.lines, new.lines)
        if not self.clutter.issuperset((*came, *went)):
            return False
        own = [line_digests.without(one.lines, {*came, *went}) for one in (old, new)]
        return old.headline.t == new.headline.t and own[0] == own[1]

    def crossing(self, before: Observation, line: Observation) -> str:
        """What a difference between these two means, as far as their looks matter: "" nothing; "edit": it is one, across a
        change of look; "same": it is none; "open": nobody can tell yet.

        The word of a list that shows texts (`announced`) is about the text alone: what it says did not change, did not, and
        what it says changed, did, unless the new look changes the texts of others that did not.
        """
        old, new = self.of(before), self.of(line)
        crossed = bool(old and new) and old[:SHAPE] != new[:SHAPE]
        if pair(old, new) in self.agreed:
            return "edit"
        if not (crossed or new in self.suspects):
            return ""
        said = [self.words.get(place(one)) or word(one, self.readings.newest(one)) for one in (before, line)]
        if all(said) and said[0] == said[1]:
            return "same"
        told = all(said)  # and they differ
        if crossed and not self.accepted.isdisjoint((old[:SHAPE], new[:SHAPE])):
            return "edit" if told else "same"
        if told and crossed and new not in self.suspects:
            return "edit"
        return "" if told and not crossed else "open"

    @cached_property
    def words(self) -> dict[tuple[str, str, int], str]:
        return words(self.readings, self.contents)
