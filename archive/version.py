"""History is a pure fold over the observations of one article; docs/HISTORY.md has its tables.

The order in which observations arrive changes nothing: they are put in the order of their capture first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Literal

from archive.observation import Observation, Reading, pack
from archive.readings import Difference, Readings

State = Literal["new", "live", "gone", "moved", "elsewhere", "blocked", "broken", "not-article"]
UNCAPTURED = "uncaptured"  # flag of a tombstone for a page that was announced, but gone before anybody read it


@dataclass(frozen=True, slots=True)
class Version:
    """Neighbouring content captures that say the same, letter for letter of T."""

    number: int  # from 1
    time: str  # of the first capture
    last: str  # of the last one
    captures: int
    kinds: tuple[str, ...]  # new; orthographic; headline, body
    flags: tuple[str, ...]  # numbers, negations
    first: Observation
    reading: Reading  # of the first capture, under the newest rules
    snapshot: str  # key, or "" while none is stored


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an article, at the capture that showed it."""

    time: str
    kinds: tuple[str, ...]  # new, headline, body, orthographic, gone, returned, moved
    flags: tuple[str, ...] = ()  # numbers, negations, uncaptured
    version: int = 0  # the version it made or concerns; 0: none
    since: str = ""  # gone, returned: the first capture without the article
    reason: str = ""  # of the class: http-404, soft-404 …; moved: the new address
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A capture that cannot be compared with its neighbour until it is read again."""

    line: Observation
    rules: tuple[str, ...]  # that it was read by already


@dataclass(frozen=True, slots=True)
class History:
    """All that can be said of one article. Times as in WARC-Date, "" for never."""

    versions: tuple[Version, ...]
    events: tuple[Event, ...]
    state: State
    since: str  # of the state
    reason: str  # of the class behind the state
    first_seen: str
    last_seen: str  # alive: content, not modified, or found under another address
    last_fetch: str
    unconfirmed: str  # first sighting of an absence that is not confirmed yet
    failures: int  # captures in a row that told nothing: blocked, broken
    captures: int
    title: str
    url: str
    post: str
    published: str
    moved_to: str
    last: Observation | None  # last readable content, as the record that holds its payload
    reading: Reading | None  # its newest reading
    previous: Observation | None  # last content stored whole: what a revisit record refers to
    unread: tuple[Unread, ...]


def moment(time: str) -> datetime:
    """A WARC-Date (WARC 1.1 §5.4: any precision) as UTC time."""
    return datetime.fromisoformat(time).astimezone(UTC)


def at(time: str) -> str:
    """A WARC-Date in the one shape that sorts as text, `2026-11-22T01:12:00.000000Z`; "" stays ""."""
    return time if len(time) == 27 or not time else f"{moment(time):%Y-%m-%dT%H:%M:%S.%fZ}"


def fold(observations: Iterable[Observation], gone_after: float) -> History:
    """The history of one article. `gone_after`: seconds between two sightings that confirm an absence."""
    lines = in_order(observations)
    folding = _Fold(Readings(lines), gone_after)
    seen: set[tuple[str, ...]] = set()
    for line in lines:
        if not line.reread and not _again(line, seen):
            folding.see(line)
    return folding.history()


def in_order(observations: Iterable[Observation]) -> list[Observation]:
    """By (capture time, body or payload digest, WARC, offset), exact duplicates once."""
    keyed = sorted(((_order(line), line) for line in observations), key=itemgetter(0))
    out: list[Observation] = []
    for _, tied in groupby(keyed, key=itemgetter(0)):
        same = [line for _, line in tied]
        out += same if len(same) == 1 else [line for _, line in sorted({pack(line): line for line in same}.items())]
    return out


def _order(line: Observation) -> tuple[str, str, str, int]:
    return at(line.time), line.body or line.payload, line.warc, line.offset


def _again(line: Observation, seen: set[tuple[str, ...]]) -> bool:
    """Was this very record seen before, in another file (a spool that was uploaded twice)?"""
    identity = (line.record or f"{line.warc}:{line.offset}", line.klass, line.url, str(line.to.get("url", "")))
    known = identity in seen
    seen.add(identity)
    return known


@dataclass
class _Group:
    """A version in the making."""

    difference: Difference
    reading: Reading
    lines: list[Observation]


@dataclass
class _Fold:
    """The state machine: one method per class of sighting."""

    readings: Readings
    gone_after: float
    groups: list[_Group] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    unread: dict[str, Observation] = field(default_factory=dict)
    state: State = "new"
    changed: Observation | None = None  # the sighting that brought the state
    absent: Observation | None = None  # first sighting of the absence
    sightings: list[Observation] = field(default_factory=list)
    alive: Observation | None = None
    content: Observation | None = None
    readable: Observation | None = None
    previous: Observation | None = None
    failures: int = 0
    post: str = ""
    title: str = ""
    moved_to: str = ""

    def see(self, line: Observation) -> None:
        self.sightings.append(line)
        if line.klass == "content":
            self._content(line)
        elif line.klass == "not-modified":
            self._alive(line)
        elif line.klass == "gone":
            self._absent(line)
        elif line.klass == "elsewhere":
            self._elsewhere(line)
        elif line.klass in ("blocked", "broken"):
            self._nothing(line)
        elif line.klass == "not-article" and self.alive is None:
            self.failures = 0
            self._enter("not-article", line)

    def _enter(self, state: State, line: Observation) -> None:
        if state != self.state or self.changed is None:
            self.state, self.changed = state, line

    def _event(self, line: Observation, *kinds: str, flags: tuple[str, ...] = (), since: str = "", reason: str = "") -> None:
        number = len(self.groups)
        url = self.content.url if self.content else line.url
        self.events.append(Event(line.time, kinds, flags, number, since, reason or line.reason, self.title, url))

    def _alive(self, line: Observation) -> None:
        if self.state == "gone" and self.absent is not None and self.alive is not None:
            self._event(line, "returned", since=self.absent.time)
        self.absent, self.failures, self.alive, self.moved_to = None, 0, line, ""
        self._enter("live", line)

    def _content(self, line: Observation) -> None:
        self._alive(line)
        self.content = line
        self.post = line.post or self.post
        if line.record_type == "response":
            self.previous = line
        reading = self.readings.newest(line)
        if reading is None:
            self._unread(line)
            return
        self.title = reading.title or self.title
        before, self.readable = self.readable, line
        difference = self.readings.compare(before, line) if before else Difference(("new",))
        if difference and difference.kinds:
            self.groups.append(_Group(difference, reading, [line]))
            self._event(line, *difference.kinds, flags=difference.flags)
            return
        self.groups[-1].lines.append(line)
        if before and difference is None:  # no rules in common: no event until one of them is read again
            self._unread(before)
            self._unread(line)

    def _unread(self, line: Observation) -> None:
        holder = self.readings.holder(line)
        self.unread[holder.record or f"{holder.warc}:{holder.offset}"] = holder

    def _absent(self, line: Observation) -> None:
        self.failures = 0
        if self.state == "gone":
            return
        if self.absent is None:
            self.absent = line
            if self.state in ("blocked", "broken"):
                self._enter("new", line)
        elif (moment(line.time) - moment(self.absent.time)).total_seconds() >= self.gone_after:
            if self.alive is not None:
                self._event(line, "gone", since=self.absent.time)
            elif self.state != "not-article":
                self._event(line, "gone", flags=(UNCAPTURED,), since=self.absent.time)
            self._enter("gone", line)

    def _elsewhere(self, line: Observation) -> None:
        post, article = str(line.to.get("post") or ""), line.to.get("article")
        if line.to.get("front"):
            self._absent(line)
        elif not article or article == line.article:
            return  # a hop alone, or another spelling of this address: the page it leads to tells
        elif post and post == self.post:
            self._moved(line)
        elif post and self.post:
            self._absent(line)
        else:
            self.failures = 0
            if self.state != "gone":
                self._enter("elsewhere", line)

    def _moved(self, line: Observation) -> None:
        to = str(line.to.get("url", ""))
        if self.state != "moved" or self.moved_to != to:
            self._event(line, "moved", reason=to)
        self.absent, self.failures, self.alive, self.moved_to = None, 0, line, to
        self._enter("moved", line)

    def _nothing(self, line: Observation) -> None:
        self.failures += 1
        if self.state in ("new", "blocked", "broken"):  # nothing better is known
            self._enter("blocked" if line.klass == "blocked" else "broken", line)

    def history(self) -> History:
        versions = tuple(self._version(n, group) for n, group in enumerate(self.groups, 1))
        last = self.content or (self.sightings[-1] if self.sightings else None)
        return History(
            versions=versions,
            events=tuple(self.events),
            state=self.state,
            since=self.absent.time if self.absent and self.state == "gone" else self.changed.time if self.changed else "",
            reason=self.changed.reason if self.changed else "",
            first_seen=self.sightings[0].time if self.sightings else "",
            last_seen=self.alive.time if self.alive else "",
            last_fetch=self.sightings[-1].time if self.sightings else "",
            unconfirmed=self.absent.time if self.absent and self.state != "gone" else "",
            failures=self.failures,
            captures=len(self.sightings),
            title=self.title,
            url=last.url if last else "",
            post=self.post,
            published=next((v.reading.published for v in reversed(versions) if v.reading.published), ""),
            moved_to=self.moved_to,
            last=self.readings.holder(self.readable) if self.readable else None,
            reading=self.readings.newest(self.readable) if self.readable else None,
            previous=self.previous,
            unread=tuple(Unread(line, self.readings.rules(line)) for line in self.unread.values()),
        )

    def _version(self, number: int, group: _Group) -> Version:
        return Version(
            number=number,
            time=group.lines[0].time,
            last=group.lines[-1].time,
            captures=len(group.lines),
            kinds=group.difference.kinds,
            flags=group.difference.flags,
            first=group.lines[0],
            reading=group.reading,
            snapshot=self.readings.snapshot(group.lines),
        )
