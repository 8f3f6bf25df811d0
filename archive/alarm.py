"""Alarms that follow from how an outlet's pages were read, run by run. Pure.

Every figure is a share of pages with a fault, so one test serves all: is the number of faulty pages in a run more than
chance would have, given the share in the outlet's own past? Chance is the upper tail of the binomial distribution (Clopper
and Pearson, Biometrika 26, 1934) at RARE, with the median of the shares in past runs, which a few bad runs do not move, and
which is never taken to be less than a fault's `base`. Besides, the share must have risen by RISE: many pages make any trifle
significant. Runs of a few pages are put together until there are ENOUGH, of as many articles: one that is looked at in each run
counts once. Runs in alarm are no part of the past. An outlet without a past is held against each fault's `floor`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from archive import crossing
from archive.crossing import SHAPE, Crossing, Settled
from archive.drift import ALL, ENOUGH, EXAMPLES, FAULTS, Figures

RARE = 1e-4
WINDOW = 12  # runs that are put together at most
PAST = 20  # runs of the past that count
NAMED = 20  # articles of which an alarm's addresses are taken: some may be withheld


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of an outlet. Runs by their ids; `closed` "" while it stands."""

    fault: str  # of FAULTS, or "look" (a new one, that changes texts), "theme" (one that changes none, or was accepted)
    layout: str
    opened: str
    bad: int  # pages, in the run that opened it
    pages: int
    past: float | None  # share before; None without a past
    line: str = ""  # digest of the line, of fault "line"
    others: int = 0  # further lines that came with it
    closed: str = ""
    examples: tuple[tuple[str, str], ...] = ()  # (article, address)
    shape: str = ""  # fault "look": the new one

    @property
    def act(self) -> bool:
        """Must a person do something?"""
        return self.fault == "look" or (self.fault in FAULTS and FAULTS[self.fault].act)


Runs = Sequence[tuple[str, Mapping[str, Figures]]]  # (run, its figures by layout), oldest first


def alarms(runs: Runs) -> list[Alarm]:
    """Every alarm that the figures gave, oldest first; those that stand have no `closed`."""
    found: list[Alarm] = []
    for layout in sorted({layout for _, of in runs for layout in of}):
        series = [(run, of[layout]) for run, of in runs if layout in of]
        for fault in FAULTS:
            if fault == "line":
                found += _line_alarms(layout, series)
            elif (layout == ALL) == (fault in ("unfit", "empty", "bare")):
                found += _of_fault(layout, fault, series)
    return sorted(found, key=lambda one: (one.opened, one.layout, one.fault, one.line))


def _of_fault(layout: str, fault: str, series: Sequence[tuple[str, Figures]]) -> Iterator[Alarm]:
    counts = [
        _Count(run, one.faults[fault], one.of[fault] if fault in ("ld", "second", "links") else one.pages, one, fault)
        for run, one in series
    ]
    yield from _watch(layout, fault, counts)


def _line_alarms(layout: str, series: Sequence[tuple[str, Figures]]) -> Iterator[Alarm]:
    """Lines that are in many articles: one alarm for all that came in the same run, over when all are gone again.

    Lines that come as others go are the same trouble: a box of headlines says something else in every run.
    """
    most = {line for _, one in series for line, n in one.lines.items() if n >= EXAMPLES}
    found: list[Alarm] = []
    for line in sorted(most):
        found += _watch(layout, "line", [_Count(run, one.lines[line], one.pages, one, line) for run, one in series], line)
    chains: list[list[Alarm]] = []
    for one in sorted(found, key=lambda one: (one.opened, one.line)):
        mine = next((of for of in chains if any(one.opened in (before.opened, before.closed) for before in of)), None)
        if mine is None:
            chains.append(mine := [])
        mine.append(one)
    for of in chains:
        began = [one for one in of if one.opened == of[0].opened]
        first = max(began, key=lambda one: (not one.closed, one.bad, one.line))
        closed = "" if any(not one.closed for one in of) else max(one.closed for one in of)
        yield replace(first, closed=closed, others=len(began) - 1)


@dataclass(frozen=True, slots=True)
class _Count:
    """How many pages of a run had a fault, or a line (`what`)."""

    run: str
    bad: int
    pages: int
    figures: Figures
    what: str

    @property
    def examples(self) -> Sequence[tuple[str, str]]:
        return self.figures.examples.get(self.what, ())

    @property
    def is_known(self) -> bool:
        """Do the figures know every article?"""
        return self.figures.pages < ENOUGH and bool(self.figures.articles)


def _together(pool: Sequence[_Count]) -> tuple[int, int]:
    """(faulty, all) of some runs: articles of those of a few pages, and pages of the others."""
    few, more = [one for one in pool if one.is_known], [one for one in pool if not one.is_known]
    bad = {article for one in few for article, _ in one.examples}
    seen = {article for one in few for article in one.figures.articles}
    total = min(len(seen), sum(one.pages for one in few))
    return min(len(bad), total) + sum(one.bad for one in more), total + sum(one.pages for one in more)


def _watch(layout: str, fault: str, counts: Sequence[_Count], line: str = "") -> Iterator[Alarm]:
    """One fault through all runs, oldest first."""
    past: list[float] = []
    pages_past = 0
    standing: Alarm | None = None
    pool: list[_Count] = []
    for count in counts:
        if not count.pages:
            continue
        pool = [*pool, count][-WINDOW:]
        bad_now, pages_now = _together(pool)
        if pages_now < ENOUGH and not (bad_now >= 3 and FAULTS[fault].act):
            continue
        before = median(past) if pages_past >= ENOUGH else None
        if _is_alarm(fault, bad_now, pages_now, before):
            if standing is None:
                shown = dict.fromkeys(shown for one in reversed(pool) for shown in one.examples)
                standing = Alarm(fault, layout, count.run, bad_now, pages_now, before, line, examples=tuple(shown)[:EXAMPLES])
        elif pages_now >= ENOUGH:
            if standing is not None:
                yield replace(standing, closed=count.run)
                standing = None
            past = [*past, bad_now / pages_now][-PAST:]
            pages_past += pages_now
        if pages_now >= ENOUGH:
            pool = []
    if standing is not None:
        yield standing


def _is_alarm(fault: str, bad: int, pages: int, past: float | None) -> bool:
    kind, share = FAULTS[fault], bad / pages
    if bad < 3:
        return False
    if past is None:
        return share >= kind.floor and bad >= 3
    base = max(past, kind.base)
    return share >= past + kind.rise and tail(bad, pages, base) < RARE * (10 if kind.act else 1)


def tail(bad: int, pages: int, share: float) -> float:
    """P(X >= bad) of X ~ Binomial(pages, share)."""
    if bad <= 0 or share >= 1:
        return 1.0
    logs = (
        math.lgamma(pages + 1)
        - math.lgamma(k + 1)
        - math.lgamma(pages - k + 1)
        + k * math.log(share)
        + (pages - k) * math.log1p(-share)
        for k in range(bad, pages + 1)
    )
    return min(1.0, math.fsum(map(math.exp, logs)))


def look_alarms(
    found: Sequence[tuple[str, Crossing]], settled: Settled, runs: Runs, urls: Callable[[Sequence[str]], Mapping[str, str]]
) -> list[Alarm]:
    """An alarm for each look that articles changed to, as many as make a theme; opened by the run in which they did.

    It stands while any article shows a look that waits for a person; where the texts read as before, or the look was
    accepted, it is over with that run. `urls`: addresses of those of some articles that may be named.
    """
    layouts = {shape: layout for _, of in runs for layout, one in of.items() if layout != ALL for shape in one.shapes}
    waiting = {one.after[:SHAPE] for _, one in crossing.waiting(found, settled)}
    crossed: dict[str, dict[str, Crossing]] = defaultdict(dict)  # shape → article → how it came to it first
    for article, one in sorted(found, key=lambda row: (row[1].run, row[1].time, row[0])):
        if one.tells and one.before[:SHAPE] != one.after[:SHAPE] and not (one.same and one.after[:SHAPE] in waiting):
            crossed[one.after[:SHAPE]].setdefault(article, one)
    out: list[Alarm] = []
    for shape, came in sorted(crossed.items()):
        if len(came) < crossing.FEW:
            continue
        opened = sorted(one.run for one in came.values())[crossing.FEW - 1]
        inside = [article for article, one in came.items() if one.run <= opened]
        looked = {article for article, one in found if one.tells and one.after[:SHAPE] == shape and one.run <= opened}
        named = urls(inside[:NAMED])
        examples = tuple((article, named[article]) for article in inside if article in named)[:EXAMPLES]
        fault, closed = ("look", "") if shape in waiting else ("theme", opened)
        layout = layouts.get(shape, "")
        out.append(Alarm(fault, layout, opened, len(inside), len(looked), None, closed=closed, shape=shape, examples=examples))
    return out


@dataclass(frozen=True, slots=True)
class Drift:
    """How an outlet is read, run by run, and what is wrong."""

    runs: Runs  # oldest first
    alarms: tuple[Alarm, ...]  # oldest first
    waiting: int  # articles whose text in a new look is compared with nothing yet
    settled: Settled

    @property
    def standing(self) -> tuple[Alarm, ...]:
        return tuple(one for one in self.alarms if not one.closed)


def words(one: Alarm, layouts: Sequence[str] = (), text: str = "") -> str:
    """An alarm in one sentence. `layouts`: names of those that a page could have fitted; `text`: the line, if it is known."""
    named = one.layout or "none" if one.layout != ALL else ", ".join(layouts) or "none"
    layout = f"layout{'s' if one.layout == ALL and len(layouts) > 1 else ''} {named}"
    share = f"{one.bad} of {one.pages}"
    if one.fault == "theme":
        return f"{share} known articles are drawn by another theme, shape {one.shape}; what that changed is no edit ({layout})"
    if one.fault == "look":
        return f"{share} known articles are drawn by another theme, shape {one.shape}, and read otherwise by {layout}"
    before = "" if one.past is None else f", {one.past:.0%} before"
    if one.fault == "line":
        more = f", and {one.others} more lines in others" if one.others else ""
        return f"one line stands in {share} articles{before}: {text or one.line}{more} ({layout})"
    return f"{FAULTS[one.fault].words}: {share} pages{before} ({layout})"
