"""The life of an article on one line: versions as bands, sightings as ticks, what happened as signs. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archive.catalog.rows import CaptureRow, EventRow, HistoryRow

WIDTH = 1000  # units of the drawing
_TONES = {"content": "read", "not-modified": "same", "gone": "gone", "elsewhere": "gone", "blocked": "bad", "broken": "bad"}


@dataclass(frozen=True, slots=True)
class Band:
    """A version stood from `x` on, over `width` units."""

    number: int
    x: int
    width: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: int
    tone: str  # read, same, gone, bad, other


@dataclass(frozen=True, slots=True)
class Sign:
    x: int
    kind: str  # of the event: gone, returned, moved
    time: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """`start` and `end`: times of the edges, "" when there is nothing to draw."""

    start: str
    end: str
    bands: tuple[Band, ...] = ()
    ticks: tuple[Tick, ...] = ()
    signs: tuple[Sign, ...] = ()


def draw(found: HistoryRow) -> Timeline:
    """From its first sighting to its last one. A version's band ends where the next one begins, or the page went."""
    times = [row.time for row in found.captures] + [event.time for event in found.events]
    if len(set(times)) < 2:
        return Timeline("", "")
    start, end = min(times), max(times)
    scale = _Scale(start, end)
    absences = [event.since or event.time for event in found.events if set(event.kinds) & {"gone", "moved"}]
    bands = []
    for n, one in enumerate(found.versions):
        after = found.versions[n + 1].time if n + 1 < len(found.versions) else end
        until = min([after, *(time for time in absences if one.time < time)])
        bands.append(Band(one.number, scale.at(one.time), max(2, scale.at(until) - scale.at(one.time)), one.time, one.last))
    return Timeline(start, end, tuple(bands), _ticks(found.captures, scale), _signs(found.events, scale))


class _Scale:
    def __init__(self, start: str, end: str) -> None:
        self.start = datetime.fromisoformat(start)
        self.span = (datetime.fromisoformat(end) - self.start).total_seconds() or 1.0

    def at(self, time: str) -> int:
        told = (datetime.fromisoformat(time) - self.start).total_seconds()
        return round(min(max(told / self.span, 0.0), 1.0) * WIDTH)


def _ticks(captures: Sequence[CaptureRow], scale: _Scale) -> tuple[Tick, ...]:
    """One a unit: of several there, the one that says most."""
    rank = {"gone": 3, "bad": 2, "read": 1}
    at = dict[int, str]()
    for capture in captures:
        x, tone = scale.at(capture.time), _TONES.get(capture.klass, "other")
        if rank.get(tone, 0) >= rank.get(at.get(x, ""), -1):
            at[x] = tone
    return tuple(Tick(x, tone) for x, tone in sorted(at.items()))


def _signs(events: Sequence[EventRow], scale: _Scale) -> tuple[Sign, ...]:
    shown = ("gone", "returned", "moved")
    return tuple(Sign(scale.at(one.time), kind, one.time) for one in events for kind in one.kinds if kind in shown)
