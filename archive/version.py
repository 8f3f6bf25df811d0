"""History is a pure fold over the observations of one article; docs/HISTORY.md has its tables.

The order in which observations arrive changes nothing: they are put in the order of their capture first.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from archive import crossing
from archive.address import article_id
from archive.crossing import Settled
from archive.groups import LAYOUT, Group, group
from archive.history import ALIVE, UNCAPTURED, Event, History, State, Unread, Version, at, moment
from archive.identity import Kin
from archive.observation import Observation, pack
from archive.readings import Readings
from archive.stays import REPLACED, begins_another

__all__ = ["ALIVE", "UNCAPTURED", "Event", "History", "State", "Unread", "Version", "at", "fold", "in_order", "moment"]

WEAK_NEEDS = 3  # sightings of an absence that no status tells: a page in the article's place may be anybody's
PAYWALL = "paywall"  # reason of a page that says it is the article, and shows it to who pays
_TELLING = frozenset(("content", "not-modified", "gone", "elsewhere"))  # classes that answer what lists announced


def fold(
    observations: Iterable[Observation], gone_after: float, kin: Kin | None = None, settled: Settled | None = None
) -> History:
    """The history of one article. `gone_after`: seconds between two sightings that confirm an absence.

    `kin`: what archive.identity tells of the same article under another address, None for nothing. `settled`: what all of
    the outlet's articles tell of its looks (archive.crossing); the crossings of the answer do not depend on it.
    """
    lines = in_order(observations)
    before = kin.before if kin else None
    readings = Readings([*lines, before] if before else lines)
    seen: set[tuple[str, ...]] = set()
    sightings = [readings.healed(line) for line in lines if not line.reread and not _again(line, seen)]
    folding = _Fold(readings, gone_after, kin, sightings, settled)
    for position, line in enumerate(sightings):
        folding.see(position, line)
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


def _contradicted(sightings: list[Observation]) -> set[int]:
    """Positions after which the same run still saw the page: an absence there was a slip of the server."""
    out: set[int] = set()
    seen: set[str] = set()
    for position in range(len(sightings) - 1, -1, -1):
        line = sightings[position]
        if line.run in seen:
            out.add(position)
        if line.klass in ("content", "not-modified"):
            seen.add(line.run)
    return out


def _is_weak(line: Observation) -> bool:
    return line.klass == "gone" and line.status in (200, 203)


class _Fold:
    """The state machine: one method per class of sighting."""

    def __init__(
        self,
        readings: Readings,
        gone_after: float,
        kin: Kin | None,
        sightings: list[Observation],
        settled: Settled | None = None,
    ) -> None:
        self.readings, self.gone_after, self.sightings = readings, gone_after, sightings
        contents = [position for position, line in enumerate(sightings) if line.klass == "content"]
        lines, before = [sightings[p] for p in contents], kin.before if kin else None
        self.grouped = group(readings, lines, gone_after, before, settled, arrived=kin.arrived if kin else ())
        self.strangers = {contents[at_] for at_ in self.grouped.strangers if at_ not in self.grouped.number}
        self.crossings = tuple(crossing.of_article(readings, lines, before))
        self.number_of = {contents[at_]: number for at_, number in self.grouped.number.items()}
        self.contradicted = _contradicted(sightings)
        self.goes_to = kin.goes_to if kin else None
        self.went = dict(kin.went) if kin else {}  # the same of several articles that had this address, by post id
        self.evidence: str = kin.evidence if kin else ""
        self.events: list[Event] = []
        self.state: State = "new"
        self.life: State = "live"  # which of the living states it has when it is alive
        self.changed: tuple[str, str] | None = None  # time and reason of what brought the state
        self.absent: Observation | None = None  # first sighting of the absence
        self.weak: int | None = 0  # sightings of it, while all are weak
        self.alive: Observation | None = None
        self.content: Observation | None = None
        self.previous: Observation | None = None
        self.left = False  # it was seen under its new address
        self.answered: dict[str, str] = {}
        self.number = self.failures = 0
        self.post = self.title = self.moved_to = ""

    def see(self, position: int, line: Observation) -> None:
        self._leave(at(line.time))
        absence = self._is_absence(line)
        doubted = bool(line.site) and absence
        if line.announced and line.klass in _TELLING and not doubted:
            self.answered |= {key: word for key, word in line.announced.items() if word}
        if line.klass == "content":
            self._content(position, line)
        elif line.klass == "not-modified":
            if not self.left:  # a cache that has not heard of the move
                self._alive(line)
        elif doubted:
            self._nothing(line)
        elif absence:
            if position not in self.contradicted:
                self._absent(line)
        elif line.klass == "elsewhere":
            self._elsewhere(line)
        elif line.reason == PAYWALL:
            self._alive(line, "paywalled")
        elif line.klass in ("blocked", "broken"):
            self._nothing(line)
        elif line.klass == "not-article" and self.alive is None:
            self.failures = 0
            self._enter("not-article", line)

    def _is_absence(self, line: Observation) -> bool:
        """No page, or another one: the front page, or an article whose post id is not this one's."""
        if line.klass != "elsewhere":
            return line.klass == "gone"
        post, article = str(line.to.get("post") or ""), line.to.get("article")
        other = bool(post and self.post and article and article != line.article and post != self.post)
        return bool(line.to.get("front")) or other

    def _enter(self, state: State, line: Observation) -> None:
        if state != self.state or self.changed is None:
            self.state, self.changed = state, (line.time, line.reason)

    def _event(self, line: Observation, *kinds: str, flags: tuple[str, ...] = (), since: str = "", reason: str = "") -> None:
        url = self.content.url if self.content else line.url
        self.events.append(Event(line.time, kinds, flags, self.number, since, reason or line.reason, self.title, url))

    def _alive(self, line: Observation, state: State | None = None) -> None:
        if self.state == "gone" and self.absent is not None and self.alive is not None:
            self._event(line, "returned", since=self.absent.time)
            self.life = "returned"
        self.absent, self.failures, self.alive, self.moved_to, self.left = None, 0, line, "", False
        self._enter(state or self.life, line)

    def _content(self, position: int, line: Observation) -> None:
        if position in self.strangers:  # another article's page, once: it tells nothing of this one
            self.failures = 0
            return
        number = self.number_of.get(position, 0)
        if number > self.number and begins_another(self.grouped.groups[number - 1].difference):
            self._replaced(line)
        self._alive(line)
        self.content = line
        self.post = line.post or self.post
        if line.record_type == "response":
            self.previous = line
        reading = self.readings.newest(line)
        if not number or reading is None:
            return
        self.title = reading.title or self.title
        if number > self.number:
            self._version_begins(number, line)

    def _version_begins(self, number: int, line: Observation) -> None:
        self.number = number
        difference = self.grouped.groups[number - 1].difference
        if "new" not in difference.kinds and "moved" not in difference.kinds:
            self.life = "edited"
            self._enter("edited", line)
        kinds = tuple(kind for kind in difference.kinds if kind != "moved")  # told at the address it came from
        if kinds:
            self._event(line, *kinds, flags=difference.flags)

    def _replaced(self, line: Observation) -> None:
        """Another article stands here now: the one before is gone, unless it is told to have gone or moved already."""
        if going := self.went.pop(self.post, None):
            self._moves(*going)
        elif self.state not in ("gone", "moved"):
            self._event(line, "gone", since=(self.absent or line).time, reason=REPLACED)
        self.absent, self.life, self.state, self.changed = None, "live", "new", None

    def _absent(self, line: Observation) -> None:
        self.failures = 0
        if self.state == "gone" or self.left:
            return
        if self.absent is None:
            self.absent, self.weak = line, 0
        self.weak = self.weak + 1 if self.weak is not None and _is_weak(line) else None
        if self.absent is line:
            if self.state in ("blocked", "broken"):
                self._enter("new", line)
        elif self._confirmed(self.absent, line):
            if self.alive is not None:
                self._event(line, "gone", since=self.absent.time)
            elif self.state != "not-article":
                self._event(line, "gone", flags=(UNCAPTURED,), since=self.absent.time)
            self._enter("gone", line)

    def _confirmed(self, first: Observation, last: Observation) -> bool:
        apart = (moment(last.time) - moment(first.time)).total_seconds() >= self.gone_after
        return apart and (self.weak is None or self.weak >= WEAK_NEEDS)

    def _elsewhere(self, line: Observation) -> None:
        post, article = str(line.to.get("post") or ""), line.to.get("article")
        if not article or article == line.article:
            return  # a hop alone, or another spelling of this address: the page it leads to tells
        if post and post == self.post:
            self._moved(line, str(line.to.get("url", "")))
        else:
            self.failures = 0
            if self.state != "gone" and not self.left:
                self._enter("elsewhere", line)

    def _moved(self, line: Observation, to: str) -> None:
        if not self.left and not (self.state == "moved" and article_id(self.moved_to) == article_id(to)):
            self._event(line, "moved", reason=to)
        self.absent, self.failures, self.alive, self.moved_to = None, 0, line, to
        self._enter("moved", line)

    def _leave(self, time: str) -> None:
        """The article was seen at its new address: from now on, its absence here tells nothing."""
        if (going := self.went.get(self.post)) and at(going[0]) <= time:
            self._moves(*self.went.pop(self.post))
        elif self.goes_to is not None and at(self.goes_to[0]) <= time:
            going, self.goes_to = self.goes_to, None
            self._moves(*going)

    def _moves(self, when: str, to: str) -> None:
        if not (self.state == "moved" and article_id(self.moved_to) == article_id(to)):
            url = self.content.url if self.content else ""
            self.events.append(Event(when, ("moved",), (), self.number, "", to, self.title, url))
            self.state, self.changed = "moved", (when, self.evidence)
        self.absent, self.failures, self.moved_to, self.left = None, 0, to, True

    def _nothing(self, line: Observation) -> None:
        self.failures += 1
        if self.state in ("new", "blocked", "broken"):  # nothing better is known
            self._enter("blocked" if line.klass == "blocked" else "broken", line)

    def history(self) -> History:
        self._leave("9999")
        grouped, sightings = self.grouped, self.sightings
        versions = tuple(self._version(n, one) for n, one in enumerate(grouped.groups, 1))
        last = self.content or (sightings[-1] if sightings else None)
        return History(
            versions=versions,
            events=tuple(self.events),
            state=self.state,
            since=self.absent.time if self.absent and self.state == "gone" else self.changed[0] if self.changed else "",
            reason=self.changed[1] if self.changed else "",
            first_seen=sightings[0].time if sightings else "",
            last_seen=self.alive.time if self.alive else "",
            last_fetch=sightings[-1].time if sightings else "",
            unconfirmed=self.absent.time if self.absent and self.state != "gone" else "",
            failures=self.failures,
            captures=len(sightings),
            title=self.title,
            url=last.url if last else "",
            post=self.post,
            published=next((v.reading.published for v in reversed(versions) if v.reading.published), ""),
            moved_to=self.moved_to,
            last=self.readings.holder(grouped.readable) if grouped.readable else None,
            reading=self.readings.newest(grouped.readable) if grouped.readable else None,
            previous=self.previous,
            unread=tuple(Unread(line, self.readings.read_by(line)) for line in grouped.unread.values()),
            answered=self.answered,
            doubt=grouped.doubted.time if grouped.doubted and grouped.why != LAYOUT else "",
            unsettled=grouped.doubted.time if grouped.doubted and grouped.why == LAYOUT else "",
            crossings=self.crossings,
            agreed=grouped.agreed,
            lied=grouped.lied,
            etag=self.content.etag if self.content else "",
            last_modified=self.content.last_modified if self.content else "",
        )

    def _version(self, number: int, made: Group) -> Version:
        return Version(
            number=number,
            time=made.lines[0].time,
            last=made.lines[-1].time,
            captures=len(made.lines),
            kinds=made.difference.kinds,
            flags=made.difference.flags,
            first=made.lines[0],
            reading=made.reading,
            snapshot=self.readings.snapshot(made.lines),
        )
