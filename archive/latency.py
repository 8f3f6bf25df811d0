"""The live clock: how long after it happened at the site something was captured and sealed. Pure.

What happened when, the site says itself: of an article when it was published, of an edit when it was modified. Of a deletion it
says nothing, and of a silent edit neither: then it happened after the last time that it was seen otherwise, and the figure is
what it took *at most*.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Kind = Literal["published", "edited", "deleted"]
KINDS: tuple[Kind, ...] = ("published", "edited", "deleted")
_EDITS = frozenset(("headline", "body", "orthographic"))


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of an article around an event. Times as anybody wrote them, ISO 8601; "" for none."""

    begun: str  # first capture of the outlet: what was published before it was there to be found
    published: tuple[str, ...] = ()  # by lists and by the page, the surest first
    modified: tuple[str, ...] = ()
    before: str = ""  # last time that it was seen as it had been


@dataclass(frozen=True, slots=True)
class Latency:
    """One event: at the site, captured, sealed. UTC text as in the catalog; `site` "" when nobody can tell."""

    outlet: str
    article: str
    time: str  # of the event, as history has it: the capture that showed it
    kind: Kind
    site: str
    exact: bool  # False: it happened after `site`
    sealed: str

    @property
    def seconds(self) -> float:
        """From the site to the seal, 0 when the site's clock is ahead of ours; NaN when `site` is not known."""
        if not self.site:
            return math.nan
        return max(0.0, (datetime.fromisoformat(self.sealed) - datetime.fromisoformat(self.site)).total_seconds())

    @property
    def sealing(self) -> float:
        """Seconds from the capture to the seal."""
        return max(0.0, (datetime.fromisoformat(self.sealed) - datetime.fromisoformat(self.time)).total_seconds())


@dataclass(frozen=True, slots=True)
class Summary:
    """Events of one kind: seconds from the site to the seal. `unknown`: events whose time at the site nobody can tell."""

    outlet: str
    kind: Kind
    events: int
    at_most: int  # of these events, those of which only a bound is known
    unknown: int
    median: float
    p90: float
    worst: float
    worst_article: str
    sealing: float  # median of the seconds from the capture to the seal


def kind_of(kinds: Collection[str]) -> Kind | None:
    """What an event is to the clock; None for what has no moment at the site that could be measured (returned, moved)."""
    if "new" in kinds:
        return "published"
    if "gone" in kinds:
        return "deleted"
    return "edited" if _EDITS.intersection(kinds) and "moved" not in kinds and "returned" not in kinds else None


def measure(outlet: str, article: str, time: str, kinds: Collection[str], said: Said, *, sealed: datetime) -> Latency | None:
    """The clock of one event at `time`, None for what is not measured: a kind without a moment, or an article of the backlog,
    which was published before the outlet was first captured."""
    kind = kind_of(kinds)
    if kind is None:
        return None
    site, exact = "", True
    if kind == "published":
        site = next(filter(None, map(moment, said.published)), "")
        if site and said.begun and site < said.begun:
            return None
    else:
        told = [one for one in map(moment, said.modified) if said.before < one <= time] if kind == "edited" else []
        site, exact = (told[0], True) if told else (said.before, False)
    return Latency(outlet, article, time, kind, site, exact, stamp(sealed))


def moment(text: str) -> str:
    """A time as the catalog writes it; "" for a day without an hour, and for what is no time or has no offset."""
    try:
        when = datetime.fromisoformat(text) if len(text) > len("2026-11-22") else None
    except ValueError:
        return ""
    return stamp(when) if when is not None and when.tzinfo is not None else ""


def stamp(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def summaries(found: Iterable[Latency]) -> list[Summary]:
    """By outlet and kind."""
    groups: dict[tuple[str, int], list[Latency]] = {}
    for one in found:
        groups.setdefault((one.outlet, KINDS.index(one.kind)), []).append(one)
    return [_summary(group) for _, group in sorted(groups.items())]


def overall(found: Iterable[Latency]) -> list[Summary]:
    """By outlet, all kinds together; `kind` is that of the first event."""
    groups: dict[str, list[Latency]] = {}
    for one in found:
        groups.setdefault(one.outlet, []).append(one)
    return [_summary(group) for _, group in sorted(groups.items())]


def _summary(group: list[Latency]) -> Summary:
    known = sorted((one for one in group if one.site), key=lambda one: one.seconds)
    seconds = [one.seconds for one in known]
    return Summary(
        outlet=group[0].outlet,
        kind=group[0].kind,
        events=len(group),
        at_most=sum(not one.exact for one in known),
        unknown=len(group) - len(known),
        median=percentile(seconds, 50),
        p90=percentile(seconds, 90),
        worst=percentile(seconds, 100),
        worst_article=known[-1].article if known else "",
        sealing=percentile(sorted(one.sealing for one in group), 50),
    )


def percentile(ordered: list[float], share: float) -> float:
    """By nearest rank: a value that was measured. NaN of none."""
    return ordered[max(0, math.ceil(len(ordered) * share / 100) - 1)] if ordered else math.nan


def spoken(seconds: float) -> str:
    """For people: 40 s, 12 min, 3.5 h, 2.1 d; – for what nobody knows."""
    if math.isnan(seconds):
        return "–"
    for unit, size in (("s", 60.0), ("min", 60.0), ("h", 24.0)):
        if seconds < size * (2 if unit != "s" else 1.5):
            return f"{seconds:.0f} {unit}" if unit != "h" else f"{seconds:.1f} h"
        seconds /= size
    return f"{seconds:.1f} d"
