"""Health: from rows to what health.html prints. Pure; the clock comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from archive.web import chart

if TYPE_CHECKING:
    from archive.catalog.alarms import Measure
    from archive.catalog.rows import DayRow, DelayRow, DueRow, RunRow, StoredRow
    from archive.outlet import Outlet
    from archive.steps.signed import Condition

BAR_DAYS, BAR_HEIGHT, BAR_STEP = 30, 60, 12
CLASSES = ("content", "not_modified", "other", "channels", "failed")  # the parts of a bar, from the ground up
# Why a visit waits, as archive.catalog.rows.DueRow has it → words
WHYS = {
    "confirm": "to confirm a deletion",
    "retry": "to try again",
    "revisit": "to look for edits",
    "announced": "announced by a list",
    "backlog": "back catalogue",
}
GIGABYTE = 1e9


@dataclass(frozen=True, slots=True)
class Run:
    """The newest run of an outlet that has a report. `used`: share of its budget, 0 where it has no file."""

    outlet: str
    run: str
    started: str
    seconds: float
    used: float
    asked: int
    pages: int
    unchanged: int
    failed: int
    left: int
    stopped: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Shelf:
    """What an outlet has in the bucket."""

    outlet: str
    records: Mapping[str, int]  # article, channel, picture
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """What vouches for the archive. A part that is None could not be asked, or is not there."""

    condition: Condition | None = None
    trouble: str = ""  # why the store could not be asked
    audit: Measure | None = None
    mirror: Measure | None = None
    mirrored: bool = False  # there is to be a second copy
    witnesses: int = 0  # that are to be asked
    authorities: int = 0
    free: tuple[int, int] = (0, 0)  # bytes of the state folder's disk: free, of how many


@dataclass(frozen=True, slots=True)
class Facts:
    now: datetime
    days: Sequence[DayRow]  # of the last BAR_DAYS
    runs: Sequence[RunRow] = ()
    waiting: Sequence[DueRow] = ()
    delays: Sequence[DelayRow] = ()
    stored: Sequence[StoredRow] = ()
    files: Mapping[str, Outlet] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    cost: float = 0.0  # of a gigabyte a month; 0: not told
    currency: str = ""


def page(facts: Facts, mirrored: bool = False) -> dict[str, Any]:
    """Values of health.html."""
    dates = [f"{facts.now - timedelta(days=back):%Y-%m-%d}" for back in range(BAR_DAYS - 1, -1, -1)]
    week = [one for one in facts.days if one.day >= dates[-7]]
    shelves = [_shelf(name, rows) for name, rows in sorted(_by_outlet(facts.stored).items())]
    total = sum(one.bytes for one in shelves)
    return {
        "now": facts.now,
        "runs": [run(row, facts.files.get(row.outlet)) for row in facts.runs],
        "week": [(name, classes(rows)) for name, rows in sorted(_by_outlet(week).items())],
        "bars": _bars(facts.days, dates, mirrored),
        "size": (BAR_DAYS * BAR_STEP, BAR_HEIGHT, BAR_STEP),
        "classes": CLASSES,
        "whys": WHYS,
        "waiting": sorted(_by_outlet(facts.waiting).items()),
        "delays": facts.delays,
        "shelves": shelves,
        "bytes": total,
        "cost": total / GIGABYTE * facts.cost,
        "currency": facts.currency,
        "ledger": facts.ledger,
    }


def since(now: datetime) -> str:
    return f"{now - timedelta(days=BAR_DAYS - 1):%Y-%m-%d}"


def run(row: RunRow, file: Outlet | None) -> Run:
    """A report in figures. Reports of older versions lack some of its fields."""
    report = row.report
    outcomes = report.get("outcomes", {})
    started, finished = (datetime.fromisoformat(str(report.get(name) or row.time)) for name in ("started", "finished"))
    seconds = max(0.0, (finished - started).total_seconds())
    return Run(
        outlet=row.outlet,
        run=row.run,
        started=str(report.get("started") or row.time),
        seconds=seconds,
        used=min(1.0, seconds / file.budget) if file and file.budget else 0.0,
        asked=report.get("asked", 0),
        pages=outcomes.get("content", 0),
        unchanged=outcomes.get("not-modified", 0),
        failed=sum(outcomes.get(name, 0) for name in ("blocked", "broken", "refused", "failed")),
        left=sum(report.get("left", {}).values()),
        stopped=str(report.get("stopped") or ""),
        notes=[str(note) for note in report.get("notes", [])],
    )


def classes(rows: Iterable[DayRow]) -> dict[str, int]:
    """Sightings by class, and what they weigh."""
    sums = dict.fromkeys((*CLASSES, "requests", "bytes"), 0)
    for one in rows:
        sums["failed"] += one.blocked + one.broken + one.lists_failed
        sums["channels"] += one.channels + one.aside
        for name in ("content", "not_modified", "other", "requests", "bytes"):
            sums[name] += getattr(one, name)
    return sums


def _bars(days: Iterable[DayRow], dates: Sequence[str], mirrored: bool) -> list[chart.Bar]:
    by_day: dict[str, list[DayRow]] = defaultdict(list)
    for one in days:
        by_day[one.day].append(one)
    sums = [classes(by_day[date]) for date in dates]
    series = [[one[name] for name in CLASSES] for one in sums]
    return chart.bars(series, height=BAR_HEIGHT, step=BAR_STEP, mirrored=mirrored)


def _shelf(outlet: str, rows: Iterable[StoredRow]) -> Shelf:
    records, files, size = dict.fromkeys(("article", "channel", "picture"), 0), 0, 0
    for row in rows:
        if row.what == "warc":
            files, size = row.objects, row.bytes
        else:
            records[row.what] = records.get(row.what, 0) + row.objects
    return Shelf(outlet, records, files, size)


def _by_outlet(rows: Iterable[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.outlet].append(row)
    return found
