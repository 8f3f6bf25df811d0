"""What was meant to be captured, against what was: plans and listings against captures. Pure.

A plan names articles to visit, a channel document lists addresses in scope. What has neither answer nor failed try on record
was not captured: information, never a fault of the archive's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from archive.observation import Observation
from archive.plan import Plan

Wish = tuple[str, str, str]  # time, address, where it was named: a plan's run, or the kind of channel


@dataclass
class Meant:
    """Articles by id (16 bytes): who asked for them first, and those that were tried. `+=` takes another one in."""

    wanted: dict[bytes, Wish] = field(default_factory=dict)
    tried: set[bytes] = field(default_factory=set)

    def plan(self, plan: Plan) -> None:
        for task in (*plan.revisits, *plan.backlog):
            self._want(task.article, (_time(plan.run), task.url, "plan"))

    def see(self, lines: Sequence[Observation]) -> None:
        """What these lines list, and what they saw."""
        for line in lines:
            if line.kind == "article" and not line.reread:
                self.tried.add(bytes.fromhex(line.article))
            for item in line.items:
                self._want(item["article"], (line.time, item["url"], line.channel))

    def _want(self, article: str, wish: Wish) -> None:
        ident = bytes.fromhex(article)  # of 32 digits, as in every line and plan
        self.wanted[ident] = min(wish, self.wanted.get(ident, wish))

    def __iadd__(self, other: Meant) -> Meant:
        self.tried |= other.tried
        for article, wish in other.wanted.items():
            if article not in self.tried:
                self.wanted[article] = min(wish, self.wanted.get(article, wish))
        for article in other.tried & self.wanted.keys():
            del self.wanted[article]
        return self

    def missing(self) -> list[Wish]:
        """What was never tried, longest wanted first."""
        return sorted(wish for article, wish in self.wanted.items() if article not in self.tried)


def left(plan: Plan, lines: Sequence[Observation], before: Collection[str]) -> list[Wish]:
    """What a run was meant to capture and did not, newest last: planned articles that it did not try, and those that its
    channel documents list and nobody ever tried (`before`: ids of the articles that were, at any time)."""
    run = Meant()
    run.plan(plan)
    planned = set(run.wanted)
    run.see(lines)
    known = {bytes.fromhex(article) for article in before}
    open_ones = {article: wish for article, wish in run.wanted.items() if article not in run.tried}
    return sorted(wish for article, wish in open_ones.items() if article in planned or article not in known)


def _time(run: str) -> str:
    """The time of a run's id, as records write it."""
    return f"{run[:4]}-{run[4:6]}-{run[6:8]}T{run[9:11]}:{run[11:13]}:{run[13:15]}Z"
