"""Which captures are to be read again, and what of their readings is kept. Pure.

A reading belongs to a body, so one capture of each body is read. What was read by the rules that would be chosen today is
left alone: so reading again what was cut short, or twice at once, does what is missing and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from archive import rules
from archive.judge import Judged
from archive.observation import Observation, Reading
from archive.order import Wanted
from archive.outlet import Layout, Outlet
from archive.readings import was_unreadable
from archive.version import at, in_order

Words = tuple[str, str]  # T of headline and body


@dataclass(frozen=True, slots=True)
class Scope:
    """Which captures are meant. Empty fields mean all."""

    since: str = ""  # UTC, of the capture; before `until`
    until: str = ""
    rules: str = ""  # only what was read by these
    layout: str = ""  # only what was read by the layout of that name
    article: str = ""  # id


class Today:
    """The rules of today."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._known: dict[tuple[Layout, ...], tuple[frozenset[str], str]] = {}

    def _of(self, captured: str) -> tuple[frozenset[str], str]:
        layouts = rules.in_force(self._outlet, datetime.fromisoformat(captured))
        if layouts not in self._known:
            self._known[layouts] = frozenset(map(rules.rules_id, layouts)), rules.among(layouts)
        return self._known[layouts]

    def could_read(self, line: Observation) -> bool:
        """Whether there are any rules for a page of that time."""
        return bool(self._of(line.time)[0])

    def wrote(self, reading: Reading, captured: str) -> bool:
        """Whether today's rules would read the page again as they did: the same ones, chosen among the same."""
        ids, among = self._of(captured)
        return reading.rules in ids and reading.among == among

    def as_told(self) -> dict[str, Any]:
        """For the order: by which rules, with which libraries."""
        layouts = self._outlet.layouts or (rules.GENERIC,)
        told = [{"name": one.name or "unnamed", "rules": rules.rules_id(one)} for one in layouts]
        return {"layouts": told, "reader": {"reader": rules.READER, **rules.versions()}}


def due(lines: Iterable[Observation], today: Today, scope: Scope) -> list[Observation]:
    """Of one article's lines, the captures to be read again: the first one of each body that today's rules have not read."""
    holders: dict[str, Observation] = {}
    readings: dict[str, list[Reading]] = {}
    for line in in_order(lines):
        if line.klass != "content" and not was_unreadable(line):
            continue
        if line.record_type == "response" and not line.reread:
            holders.setdefault(body_of(line), line)
        if line.reading is not None:
            readings.setdefault(body_of(line), []).append(line.reading)
    return [line for body, line in holders.items() if _is_due(line, readings.get(body, []), today, scope)]


def _is_due(line: Observation, read: Sequence[Reading], today: Today, scope: Scope) -> bool:
    meant = (not scope.since or at(line.time) >= scope.since) and (not scope.until or at(line.time) < scope.until)
    meant = meant and (not scope.rules or any(one.rules == scope.rules for one in read))
    meant = meant and (not scope.layout or any(one.layout == scope.layout for one in read))
    return meant and today.could_read(line) and not any(today.wrote(one, line.time) for one in read)


def wanted(line: Observation) -> Wanted:
    return Wanted(line.warc, line.offset, line.length, line.article)


def body_of(line: Observation) -> str:
    return line.body or line.payload or line.record


def words(reading: Reading) -> Words:
    return reading.headline.t, reading.body.t


def by_article(judged: Iterable[Judged]) -> Iterator[list[Judged]]:
    """Readings of one article after the other, each in the order of the fold."""
    ordered = sorted(judged, key=lambda one: (one.observation.article, at(one.observation.time), one.observation.offset))
    for _, of in groupby(ordered, key=lambda one: one.observation.article):
        yield list(of)


def beside(judged: Sequence[Judged], lines: Iterable[Observation]) -> list[Judged]:
    """New readings of one article, as they go beside those that are there (`lines`).

    A snapshot goes with a text that is not stored yet: equal T is an equal text, whatever rules it was read by. `shared`, the
    one doubt that follows from other pages than its own, stays with a text that is the same as it was.
    """
    stored: set[Words] = set()
    shared: set[tuple[str, Words]] = set()
    for line in lines:
        if line.reading is not None and line.reading.snapshot:
            stored.add(words(line.reading))
        if line.reading is not None and line.doubt == "shared":
            shared.add((body_of(line), words(line.reading)))
    out: list[Judged] = []
    for one in judged:
        line, reading = one.observation, one.observation.reading
        if reading is None:
            continue
        mine = words(reading)
        if (body_of(line), mine) in shared:
            line = replace(line, doubt=line.doubt or "shared")
        if mine in stored:
            out.append(Judged(replace(line, reading=replace(reading, snapshot="")), None))
        else:
            stored.add(mine)
            out.append(Judged(line, one.snapshot))
    return out
