"""Figures of how an outlet's pages were read: what may be wrong with a page, counted by run and layout. Pure.

They follow from each observations object alone; `archive.alarm` tells which of them are no chance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from archive import line_digests
from archive.observation import Observation, Reading

ALL = "*"  # in the place of a layout: of all the outlet's pages
RISE = 0.1
EXAMPLES = 5
ENOUGH = 10  # pages that one judgement needs; of a run that has fewer, figures know every article
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
    "short": Fault(f"fewer than {SHORT} letters", base=0.2, floor=1.1, rise=0.5),  # many a day has mostly briefs; some outlets
    "untitled": Fault("no title"),
    "undated": Fault("no date of publication", floor=1.1),
    "ld": Fault(f"less than {BORNE_OUT:.0%} of the page's own articleBody"),
    "second": Fault("a second reader finds another text"),
    "links": Fault("mostly links"),
    "line": Fault("the same line in many articles", base=0.05, floor=0.9, rise=0.2),
}


@dataclass
class Figures:
    """Of one run (or file) and one layout. `of`: pages that a fault could be seen on, where that is not all.

    `articles`: ids of those that were seen, and `examples` of those with a fault: all of them where they are fewer than ENOUGH,
    so that runs of a few pages can be put together, and an article that is looked at again and again counts once.
    """

    pages: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    of: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)  # digest → articles, of lines in two or more
    examples: dict[str, list[tuple[str, str]]] = field(default_factory=dict)  # fault, or line → (article, address)
    articles: list[str] = field(default_factory=list)

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
            self.examples[fault] = [*known, *(one for one in its_own if one not in known)][: ENOUGH - 1]
        self.articles = [*dict.fromkeys([*self.articles, *other.articles])][: ENOUGH - 1]
        return self

    def see(self, line: Observation) -> None:
        self.pages += 1
        if len(self.articles) < ENOUGH - 1 and line.article not in self.articles:
            self.articles.append(line.article)

    def note(self, fault: str, line: Observation) -> None:
        self.faults[fault] += 1
        self.example(fault, line)

    def example(self, what: str, line: Observation) -> None:
        told = self.examples.setdefault(what, [])
        if len(told) < ENOUGH - 1 and (line.article, line.url) not in told:
            told.append((line.article, line.url))

    def row(self) -> dict[str, Any]:
        """As JSON keeps it; `figures` reads it."""
        kept = {"faults": self.faults, "of": self.of, "shapes": self.shapes, "lines": self.lines}
        few = {"articles": self.articles} if self.pages < ENOUGH else {}
        return {"pages": self.pages, "examples": self.examples, **few, **{name: dict(of) for name, of in kept.items() if of}}


def figures(row: Mapping[str, Any]) -> Figures:
    """What `Figures.row` gave."""
    counts = {name: Counter(row.get(name, {})) for name in ("faults", "of", "shapes", "lines")}
    examples = {fault: [(a, u) for a, u in told] for fault, told in row.get("examples", {}).items()}
    return Figures(pages=row["pages"], examples=examples, articles=row.get("articles", []), **counts)


def of_file(lines: Iterable[Observation]) -> dict[str, Figures]:
    """The figures of one observations object by layout, and of ALL its pages.

    What was read again counts for nothing: it is another run's page.
    """
    seen = [line for line in lines if line.kind == "article" and not line.reread]
    out: dict[str, Figures] = defaultdict(Figures)
    whole = out[ALL]
    for line in sorted(seen, key=lambda line: (line.time, line.offset)):
        if line.reading is not None:
            whole.see(line)
            if not line.reading.layout:
                whole.note("bare", line)
            _page(out[line.reading.layout], line, line.reading)
        elif line.reason in ("no-layout", "no-text", "empty-body"):
            whole.see(line)
            whole.note("unfit" if line.reason == "no-layout" else "empty", line)
    for one in out.values():
        _few(one)
    return dict(out) if whole.pages else {}


def _page(into: Figures, line: Observation, read: Reading) -> None:
    into.see(line)
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
    if one.pages >= ENOUGH:
        one.articles = []
    most = EXAMPLES if one.pages >= ENOUGH else ENOUGH
    one.examples = {
        what: told if what in FAULTS else told[:most]
        for what, told in one.examples.items()
        if what in FAULTS or what in one.lines
    }


def by_run(rows: Iterable[tuple[str, str, Figures]]) -> list[tuple[str, dict[str, Figures]]]:
    """Rows (run, layout, figures of one file) put together, runs in order."""
    out: dict[str, dict[str, Figures]] = defaultdict(lambda: defaultdict(Figures))
    for run, layout, one in rows:
        out[run][layout] += one
    return [(run, dict(out[run])) for run in sorted(out)]
