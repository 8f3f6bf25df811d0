"""Readings of an article's captures, whoever made them and when: what the fold compares.

A text belongs to a body: a capture without a reading of its own (a revisit record) has those of its body digest,
and an older capture that was read again only adds to them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from archive.observation import Observation, Reading

_Text = tuple[str, str, str]  # rules, T of headline, T of body


@dataclass(frozen=True, slots=True)
class Difference:
    """Between two neighbouring content captures. No kinds: payload or T equal, no new version."""

    kinds: tuple[str, ...] = ()  # new; orthographic; headline, body
    flags: tuple[str, ...] = ()  # numbers, negations


@dataclass(frozen=True, slots=True)
class _Read:
    """A reading, which record it is of, which run made it, and the doubt that came with it."""

    record: str
    run: str
    reading: Reading
    doubt: str

    @property
    def text(self) -> _Text:
        return self.reading.rules, self.reading.headline.t, self.reading.body.t

    @property
    def words(self) -> tuple[str, str]:
        """T of headline and body: what was read, whoever read it."""
        return self.reading.headline.t, self.reading.body.t


def was_unreadable(line: Observation) -> bool:
    """Whether a page came whole, and no reader could read it: none found a text, or one crashed or ran out of time."""
    return line.klass == "broken" and (line.reason == "no-text" or line.reason.startswith("reader-"))


class Readings:
    """The readings in `lines`, which are in the order of the fold."""

    def __init__(self, lines: Iterable[Observation]) -> None:
        self._of: dict[str, dict[str, list[_Read]]] = defaultdict(dict)  # body → rules → readings
        self._rank: dict[str, str] = defaultdict(str)  # rules → newest run that used them
        self._whole: dict[str, Observation] = {}  # body → the first record that holds it
        self._newest: dict[str, _Read] = {}  # body → what `newest` answered
        self._stored: dict[str, list[_Read]] = defaultdict(list)  # record → readings with a snapshot
        for line in lines:
            if line.klass != "content" and not was_unreadable(line):
                continue
            if line.reading is not None:
                self._add(_body(line), _Read(line.record, line.run, line.reading, line.doubt))
            if line.record_type != "revisit" and not line.reread:
                self._whole.setdefault(_body(line), line)

    def _add(self, body: str, read: _Read) -> None:
        rules = read.reading.rules
        self._of[body].setdefault(rules, []).append(read)
        self._rank[rules] = max(self._rank[rules], read.run)
        if read.reading.snapshot:
            self._stored[read.record].append(read)

    def healed(self, line: Observation) -> Observation:
        """What nobody could read at first, through no fault of the site's, is content once somebody could read its body."""
        if not was_unreadable(line) or self._newest_of(_body(line)) is None:
            return line
        return replace(line, klass="content", reason="read-again")

    def holder(self, line: Observation) -> Observation:
        """The capture that holds the payload of `line`: itself, unless it is a revisit record."""
        return self._whole.get(_body(line), line) if line.record_type == "revisit" else line

    def newest(self, line: Observation) -> Reading | None:
        """The reading under the rules that came last into use; None while nobody has read this body."""
        found = self._newest_of(_body(line))
        return found.reading if found else None

    def _newest_of(self, body: str) -> _Read | None:
        if body not in self._newest and (of := self._of.get(body)):
            self._newest[body] = max(of[max(of, key=self._age)], key=lambda read: read.run)
        return self._newest.get(body)

    def doubt(self, line: Observation) -> str:
        """Why its text is in doubt, as those say who read this body under the newest rules; "" for no reason.

        So what was in doubt because old rules read it badly is in none once it was read again.
        """
        newest = self._newest_of(_body(line))
        if newest is None:
            return line.doubt
        return next((read.doubt for read in self._of[_body(line)][newest.reading.rules] if read.doubt), "")

    def compare(self, before: Observation, after: Observation) -> Difference | None:
        """What changed, under the newest rules that both were read by; None when there are none."""
        if _body(before) == _body(after):
            return Difference()
        old, new = self._of[_body(before)], self._of[_body(after)]
        common = old.keys() & new.keys()
        if not common:
            return None
        rules = max(common, key=self._age)
        return difference(old[rules][0].reading, new[rules][0].reading)

    def rules(self, line: Observation) -> tuple[str, ...]:
        """Ids of the rules that the body of `line` was read by, sorted."""
        return tuple(sorted(self._of.get(_body(line), ())))

    def read_by(self, line: Observation) -> tuple[str, ...]:
        """As `rules`, each with the layouts that it was chosen among, if any: what archive.rules.today would choose again."""
        reads = (read.reading for of in self._of.get(_body(line), {}).values() for read in of)
        return tuple(sorted({one.rules + one.among for one in reads}))

    def snapshot(self, group: list[Observation]) -> str:
        """Key of the snapshot of a group's text: of the nearest capture in the group, else of any with equal digests.

        First those that say what its newest reading says, whatever rules they were read by: equal T is an equal text, and a
        text that is stored is not stored again when new rules find it in another capture. A group may hold captures that
        could not be compared with their neighbour; theirs do not count.
        """
        newest = self._newest_of(_body(group[0]))
        if newest is not None and (key := self._saying(newest.words, group)):
            return key
        if stored := self._stored.get(group[0].record):
            return max(stored, key=self._last).reading.snapshot
        texts = self._texts(group[0])
        for line in group:
            mine = self._texts(line)
            if texts & mine or _body(line) == _body(group[0]):
                texts |= mine
                if stored := self._stored.get(line.record):
                    return max(stored, key=self._last).reading.snapshot
        equal = [read for stored in self._stored.values() for read in stored if read.text in texts]
        return max(equal, key=self._last).reading.snapshot if equal else ""

    def _saying(self, words: tuple[str, str], group: list[Observation]) -> str:
        """A snapshot with these words: of the nearest capture in the group, else of any; "" when none was put."""
        for line in group:
            if found := [read for read in self._stored.get(line.record, ()) if read.words == words]:
                return max(found, key=self._last).reading.snapshot
        found = [read for stored in self._stored.values() for read in stored if read.words == words]
        return max(found, key=self._last).reading.snapshot if found else ""

    def _texts(self, line: Observation) -> set[_Text]:
        return {reads[0].text for reads in self._of[_body(line)].values()}

    def _age(self, rules: str) -> tuple[str, str]:
        return self._rank[rules], rules

    def _last(self, read: _Read) -> tuple[tuple[str, str], str, str]:
        return self._age(read.reading.rules), read.run, read.reading.snapshot


def difference(old: Reading, new: Reading) -> Difference:
    """The table of docs/HISTORY.md."""
    if old.headline.t == new.headline.t and old.body.t == new.body.t:
        return Difference()
    parts = {"headline": (old.headline, new.headline), "body": (old.body, new.body)}
    kinds = tuple(name for name, (a, b) in parts.items() if not a.same_sense(b))
    flags = tuple(f for f in ("numbers", "negations") if any(getattr(a, f) != getattr(b, f) for a, b in parts.values()))
    return Difference(kinds or ("orthographic",), flags)


def _body(line: Observation) -> str:
    return line.body or line.payload or line.record
