"""What happened against what the archive says happened: pure, over the record, the rounds and the catalog's events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tests.week.record import FOREVER, TEXT, Change, Record, until

RENDERING = 3.0  # seconds that a page may take from the request, which is the time of its capture, to its text
SILENT_HOURS = 48.0  # a silent edit counts when it stood so long


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the catalog. Times are seconds since 1970; `since`: first sighting of an absence, 0 for none."""

    site: str
    article: str
    time: float
    kinds: tuple[str, ...]
    since: float = 0.0
    reason: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """One run of one site. `ok`: its steps all succeeded and its site was not down."""

    site: str
    run: str
    began: float
    ended: float
    ok: bool


@dataclass
class Expected:
    """A change, how long its state stood, and what was found of it."""

    change: Change
    until: float
    stood: bool = False  # for at least one round
    counted: bool = False  # stood long enough for its kind
    found: Event | None = None  # while it stood
    late: Event | None = None  # only later

    @property
    def group(self) -> str:
        sort = self.change.sort
        return (
            ("silent edit" if self.change.silent else "announced edit")
            if sort == "text"
            else {"new": "publish"}.get(sort, {"gone": "deletion", "back": "restore", "path": "move"}.get(sort, sort))
        )


@dataclass
class Verdict:
    expected: list[Expected] = field(default_factory=list)
    false: list[tuple[Event, str, str, list[Change]]] = field(default_factory=list)  # event, why, post, what was done to it
    otherwise: list[tuple[Event, tuple[str, ...], list[Change]]] = field(default_factory=list)  # of another kind than made
    doubled: list[Event] = field(default_factory=list)  # said again at another address of the same article
    right: int = 0


def judge(
    record: Record,
    events: Iterable[Event],
    rounds: Iterable[Round],
    post_of: Callable[[str, str], str | None],
    gone_after: float,
    hour: float,
) -> Verdict:
    """`post_of(site, article id)`: the post that has or had this address. `hour`: seconds of a scaled hour.

    `rounds`: those of the week. What is found after the last of them is found late.
    """
    of_site: dict[str, list[Round]] = defaultdict(list)
    for one in sorted(rounds, key=lambda r: r.began):
        if one.ok:
            of_site[one.site].append(one)
    over = {site: rows[-1].ended for site, rows in of_site.items()}
    changes: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in record.changes:
        changes[change.site, change.post].append(change)
    told: dict[tuple[str, str], list[Event]] = defaultdict(list)
    verdict = Verdict()
    for event in sorted(events, key=lambda e: e.time):
        post = post_of(event.site, event.article)
        if post is None:
            verdict.false.append((event, "no post of the site has this address", "", []))
        else:
            told[event.site, post].append(event)
    for key in changes.keys() | told.keys():
        _Post(key[1], changes[key], told[key], verdict, over.get(key[0], 0.0)).judge()
    for one in verdict.expected:
        _count(one, of_site[one.change.site], gone_after, hour)
    _excuse(verdict.expected)
    return verdict


@dataclass
class _Post:
    """One article: its changes and its events, both in order."""

    post: str
    changes: list[Change]
    events: list[Event]
    verdict: Verdict
    over: float  # when the site's last round of the week ended

    def judge(self) -> None:
        self.open = [
            Expected(change, until(change, self.changes[n + 1 :])) for n, change in enumerate(self.changes) if change.event
        ]
        self.verdict.expected += self.open
        self.seen: set[int] = set()  # changes whose event was told
        for event in self.events:
            for kind in ("new", "gone", "returned", "moved"):
                if kind in event.kinds:
                    getattr(self, f"_{kind}")(event)
            if TEXT & set(event.kinds) or "new" in event.kinds:
                self._text(event)
        self._meanwhile()

    def _meanwhile(self) -> None:
        """An edit made while a page was on its way is in that capture's text: its event told it already."""
        for event in self.events:
            if TEXT & set(event.kinds) or "new" in event.kinds:
                for change in self.changes:
                    on_its_way = change.before - RENDERING <= event.time <= change.after
                    if change.sort == "text" and id(change) not in self.seen and on_its_way:
                        self._find(event, change)

    def _false(self, event: Event, why: str) -> None:
        self.verdict.false.append((event, why, self.post, self.changes))

    def _before(self, event: Event, sort: str) -> list[Change]:
        return [c for c in self.changes if c.sort == sort and c.before <= event.time]

    def _find(self, event: Event, change: Change) -> None:
        """Note that the event tells of this change."""
        self.verdict.right += id(change) not in self.seen
        self.seen.add(id(change))
        for one in self.open:
            if one.change is change:
                if event.time <= min(one.until, self.over):
                    one.found = one.found or event
                else:
                    one.late = one.late or event

    def _new(self, event: Event) -> None:
        made = self._before(event, "new")
        if not made:
            self._false(event, "it was in the archive before the week")
        elif id(made[0]) in self.seen:
            self.verdict.doubled.append(event)
            self._false(event, "a second `new` of the same article")
        else:
            self._find(event, made[0])

    def _text(self, event: Event) -> None:
        edits = [c for c in self._before(event, "text") if id(c) not in self.seen]
        sure = [c for c in edits if c.after <= event.time]
        taken = sure or edits
        if "new" in event.kinds:
            for change in sure:
                self._find(event, change)
            return
        if not taken:
            self._false(event, "its text was not edited")
            return
        made = {c.event for c in taken}
        if not set(event.kinds) & TEXT <= made:
            self.verdict.otherwise.append((event, tuple(sorted(made)), self.changes))
        for change in taken:
            self._find(event, change)

    def _gone(self, event: Event) -> None:
        gone = self._before(event, "gone")
        if not gone:
            self._false(event, "it was never taken away")
            return
        seen = [self._taken_away(time) for time in (event.since or event.time, event.time)]
        if id(gone[-1]) in self.seen:
            self.verdict.doubled.append(event)
        elif None in seen:
            self._false(event, "it was there at one of the two sightings")
        else:
            for change in filter(None, seen):
                self._find(event, change)

    def _taken_away(self, time: float) -> Change | None:
        """The change by which it was not there at this time; None: it may have been there. That it came back between two
        sightings, for less than a round, nobody can see."""
        gone = next((c for c in reversed(self.changes) if c.sort == "gone" and c.before <= time), None)
        back = gone and next((c for c in self.changes if c.sort == "back" and c.before > gone.before), None)
        return None if back and back.after < time else gone

    def _returned(self, event: Event) -> None:
        back = self._before(event, "back")
        if not back:
            self._false(event, "it was never put back")
        elif id(back[-1]) in self.seen:
            self.verdict.doubled.append(event)
        else:
            self._find(event, back[-1])

    def _moved(self, event: Event) -> None:
        paths = [c for c in self.changes if c.before <= event.time and c.path != c.was_path and c.was_path]
        fresh = [c for c in paths if id(c) not in self.seen and c.sort == "path"]
        if not paths:
            self._false(event, "its address did not change")
        elif fresh:
            for change in fresh:
                self._find(event, change)
        else:
            self.verdict.doubled.append(event)


def _count(one: Expected, rounds: list[Round], gone_after: float, hour: float) -> None:
    """Did the state stand long enough that it must be found? A deletion needs two rounds, `gone_after` apart."""
    inside = [r for r in rounds if r.began >= one.change.after and r.ended <= one.until]
    one.stood = one.counted = bool(inside)
    last = rounds[-1].ended if rounds else 0.0
    if one.change.sort == "gone" and inside:
        one.counted = any(r.began >= inside[0].ended + gone_after for r in inside)
    elif one.change.silent and one.change.sort == "text":
        one.counted = one.stood and min(one.until, last) - one.change.after >= SILENT_HOURS * hour


def _excuse(expected: list[Expected]) -> None:
    """What was never seen to be gone cannot be seen to return, nor what came and went between two rounds to go.

    Nor is a move seen of an article that nobody had captured under its first address.
    """
    born: dict[tuple[str, str], Expected] = {}
    before: dict[tuple[str, str], Expected] = {}
    for one in sorted(expected, key=lambda e: e.change.before):
        key = one.change.site, one.change.post
        if one.change.sort == "new":
            born[key] = one
        elif one.change.sort == "gone":
            one.counted = one.counted and (key not in born or born[key].stood or born[key].found is not None)
            before[key] = one
        elif one.change.sort == "path" and key in born:
            first = born[key].found or born[key].late
            one.counted = one.counted and first is not None and first.time < one.change.before
        elif one.change.sort == "back" and (key not in before or before[key].found is None):
            one.counted = False


def latencies(expected: Iterable[Expected], hour: float) -> dict[str, list[float]]:
    """Scaled hours from each change to the capture that showed it, sorted, by group."""
    found: dict[str, list[float]] = defaultdict(list)
    for one in expected:
        event = one.found or one.late
        if event is not None:
            found[one.group].append(max(0.0, event.time - one.change.after) / hour)
    return {group: sorted(values) for group, values in sorted(found.items())}


def tally(expected: Iterable[Expected]) -> Counter[tuple[str, str]]:
    """(group, made | stood | counted | found | late | found of stood), summed."""
    sums: Counter[tuple[str, str]] = Counter()
    for one in expected:
        marks = {
            "made": True,
            "stood": one.stood,
            "found of stood": one.stood and one.found is not None,
            "counted": one.counted,
            "found": one.counted and one.found is not None,
            "late": one.counted and one.found is None and one.late is not None,
        }
        sums.update((one.group, mark) for mark, held in marks.items() if held)
    return sums


__all__ = ["FOREVER", "Event", "Expected", "Round", "Verdict", "judge", "latencies", "tally"]
