"""Figures of how an outlet's pages were read, run by run, and the alarms that follow from them. Pure.

Every figure is a share of pages with a fault, so one test serves all: is the number of faulty pages in a run more than
chance would have, given the share in the outlet's own past? Chance is the upper tail of the binomial distribution (Clopper
and Pearson, Biometrika 26, 1934) at RARE, with the median of the shares in past runs, which a few bad runs do not move, and
which is never taken to be less than a fault's `base`. Besides, the share must have risen by RISE: many pages make any trifle
significant. Runs of a few pages are put together until there are ENOUGH; runs in alarm are no part of the past. An outlet
without a past is held against each fault's `floor`.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

from archive import line_digests
from archive.observation import Observation, Reading

ALL = "*"  # in the place of a layout: of all the outlet's pages
RARE = 1e-4
RISE = 0.1
ENOUGH = 10  # pages that one judgement needs
WINDOW = 12  # runs that are put together at most
PAST = 20  # runs of the past that count
EXAMPLES = 5
SHORT = 150  # letters and digits
BORNE_OUT, SECOND, LINKS = 0.9, 0.7, 0.4  # archive.agreement: less, less, more is a fault
_TOLD = 30  # repeated lines kept of one file


@dataclass(frozen=True, slots=True)
class Fault:
    """What may be wrong with a page. `base`: the least share that chance is reckoned with; `floor`: without a past."""

    words: str
    base: float = 0.02
    floor: float = 0.5
    rise: float = RISE
    act: bool = False  # a person must do something, or pages stay unread


FAULTS = {
    "unfit": Fault("no layout fits", base=0.001, floor=0.1, rise=0.0, act=True),
    "empty": Fault("no text found", act=True),
    "bare": Fault("no container of the body found", floor=1.1),  # an outlet may be read whole from its first day
    "short": Fault(f"fewer than {SHORT} letters", floor=0.8),
    "untitled": Fault("no title"),
    "undated": Fault("no date of publication", floor=1.1),
    "ld": Fault(f"less than {BORNE_OUT:.0%} of the page's own articleBody"),
    "second": Fault("a second reader finds another text"),
    "links": Fault("mostly links"),
    "line": Fault("the same line in many articles", base=0.05, rise=0.2),
}


@dataclass
class Figures:
    """Of one run (or file) and one layout. `of`: pages that a fault could be seen on, where that is not all."""

    pages: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    of: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)  # digest → articles, of lines in two or more
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # fault, or line → (article, address)

    def __iadd__(self, other: Figures) -> Figures:
        self.pages += other.pages
        for mine, its in (
            (self.faults, other.faults),
            (self.of, other.of),
            (self.shapes, other.shapes),
            (self.lines, other.lines),
        ):
            mine.update(its)
        for fault, its_own in other.examples.items():
            known = self.examples.get(fault, [])
            self.examples[fault] = [*known, *(one for one in its_own if one not in known)][:EXAMPLES]
        return self

    def note(self, fault: str, line: Observation) -> None:
        self.faults[fault] += 1
        self.example(fault, line)

    def example(self, what: str, line: Observation) -> None:
        told = self.examples.setdefault(what, [])
        if len(told) < EXAMPLES and (line.article, line.url) not in told:
            told.append((line.article, line.url))

    def row(self) -> dict[str, Any]:
        """As JSON keeps it; `figures` reads it."""
        kept = {"faults": self.faults, "of": self.of, "shapes": self.shapes, "lines": self.lines}
        return {"pages": self.pages, "examples": self.examples, **{name: dict(of) for name, of in kept.items() if of}}


def figures(row: Mapping[str, Any]) -> Figures:
    """What `Figures.row` gave."""
    counts = {name: Counter(row.get(name, {})) for name in ("faults", "of", "shapes", "lines")}
    examples = {fault: [(a, u) for a, u in told] for fault, told in row.get("examples", {}).items()}
    return Figures(pages=row["pages"], examples=examples, **counts)


def of_file(lines: Iterable[Observation]) -> dict[str, Figures]:
    """The figures of one observations object by layout, and of ALL its pages; none of an object in which no shape is noted.

    What was read again counts for nothing: it is another run's page.
    """
    seen = [line for line in lines if line.kind == "article" and not line.reread]
    if not any(line.reading is not None and line.reading.shape for line in seen):
        return {}
    out: dict[str, Figures] = defaultdict(Figures)
    whole = out[ALL]
    for line in sorted(seen, key=lambda line: (line.time, line.offset)):
        if line.reading is not None:
            whole.pages += 1
            if not line.reading.layout:
                whole.note("bare", line)
            _page(out[line.reading.layout], line, line.reading)
        elif line.reason in ("no-layout", "no-text", "empty-body"):
            whole.pages += 1
            whole.note("unfit" if line.reason == "no-layout" else "empty", line)
    for one in out.values():
        _few(one)
    return dict(out) if whole.pages else {}


def _page(into: Figures, line: Observation, read: Reading) -> None:
    into.pages += 1
    if read.shape:
        into.shapes[read.shape] += 1
    told = {"short": read.chars < SHORT, "untitled": not read.title, "undated": not read.published}
    wrong = {
        "ld": lambda share: share < BORNE_OUT,
        "second": lambda share: share < SECOND,
        "links": lambda share: share > LINKS,
    }
    for name, share in read.checks.items():
        if name in wrong:
            into.of[name] += 1
            told[name] = wrong[name](share)
    for fault, is_so in told.items():
        if is_so:
            into.note(fault, line)
    for one in set(line_digests.split(read.lines)):
        into.lines[one] += 1
        into.example(one, line)


def _few(one: Figures) -> None:
    """Keep the lines that most articles share, and the examples that belong to what is kept."""
    kept = sorted(((n, line) for line, n in one.lines.items() if n > 1), key=lambda pair: (-pair[0], pair[1]))[:_TOLD]
    one.lines = Counter({line: n for n, line in kept})
    one.examples = {what: told for what, told in one.examples.items() if what in FAULTS or what in one.lines}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm of an outlet. Runs by their ids; `closed` "" while it stands."""

    fault: str  # of FAULTS, or "look"
    layout: str
    opened: str
    bad: int  # pages, in the run that opened it
    pages: int
    past: float | None  # share before; None without a past
    line: str = ""  # digest of the line, of fault "line"
    closed: str = ""
    examples: tuple[tuple[str, str], ...] = ()  # (article, address)
    shape: str = ""  # fault "look": the new one

    @property
    def act(self) -> bool:
        """Must a person do something?"""
        return self.fault == "look" or FAULTS[self.fault].act


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
        (run, one.faults[fault], one.of[fault] if fault in ("ld", "second", "links") else one.pages) for run, one in series
    ]
    examples = {run: tuple(one.examples.get(fault, ())) for run, one in series}
    yield from _watch(layout, fault, counts, examples)


def _line_alarms(layout: str, series: Sequence[tuple[str, Figures]]) -> Iterator[Alarm]:
    """Of each line that is in many articles of some run: it came, or it was always there."""
    most = {line for _, one in series for line, n in one.lines.items() if n >= EXAMPLES}
    for line in sorted(most):
        counts = [(run, one.lines[line], one.pages) for run, one in series]
        examples = {run: tuple(one.examples.get(line, ())) for run, one in series}
        yield from _watch(layout, "line", counts, examples, line)


def _watch(
    layout: str,
    fault: str,
    counts: Sequence[tuple[str, int, int]],
    examples: Mapping[str, tuple[tuple[str, str], ...]],
    line: str = "",
) -> Iterator[Alarm]:
    """One fault through all runs: (run, faulty pages, pages)."""
    past: list[float] = []
    pages_past = 0
    standing: Alarm | None = None
    pool: list[tuple[str, int, int]] = []
    for run, bad, pages in counts:
        if not pages:
            continue
        pool = [*pool, (run, bad, pages)][-WINDOW:]
        bad_now, pages_now = sum(one[1] for one in pool), sum(one[2] for one in pool)
        if pages_now < ENOUGH and not (bad_now >= 3 and FAULTS[fault].act):
            continue
        before = median(past) if pages_past >= ENOUGH else None
        if _is_alarm(fault, bad_now, pages_now, before):
            if standing is None:
                shown = tuple(one for place, _, _ in reversed(pool) for one in examples[place])[:EXAMPLES]
                standing = Alarm(fault, layout, run, bad_now, pages_now, before, line, examples=shown)
        elif pages_now >= ENOUGH:
            if standing is not None:
                yield replace(standing, closed=run)
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


def by_run(rows: Iterable[tuple[str, str, Figures]]) -> list[tuple[str, dict[str, Figures]]]:
    """Rows (run, layout, figures of one file) put together, runs in order."""
    out: dict[str, dict[str, Figures]] = defaultdict(lambda: defaultdict(Figures))
    for run, layout, one in rows:
        out[run][layout] += one
    return [(run, dict(out[run])) for run in sorted(out)]
