"""Today: how every outlet stands, from rows to what home.html prints. Pure; the clock comes in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Literal

from archive.web import chart, why

if TYPE_CHECKING:
    from archive.alarms.row import AlarmRow
    from archive.catalog.rows import DayRow, OutletRow
    from archive.outlet import Outlet
    from archive.web.house import DagState

SPARK_DAYS, HEAT_DAYS = 30, 90
BAR_HEIGHT, BAR_STEP = 40, 8
SUMS = ("new", "edits", "spelling", "gone", "returned", "trouble", "captures")
Status = Literal["bad", "warn", "off", "start", "good"]
# status → (words, tone of the badge)
STATUS: Mapping[Status, tuple[str, str]] = {
    "bad": ("Needs a hand", "bad"),
    "warn": ("Worth a look", "warn"),
    "off": ("Off", "quiet"),
    "start": ("Starting", "quiet"),
    "good": ("All well", "good"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the page is made of. `days` reaches back HEAT_DAYS; `reports`: of each outlet's newest run."""

    now: datetime
    rows: Sequence[OutletRow]
    days: Sequence[DayRow]
    firsts: Mapping[str, str] = field(default_factory=dict)  # outlet → the first day on which anything of it was asked for
    alarms: Sequence[AlarmRow] = ()
    files: Mapping[str, Outlet] = field(default_factory=dict)
    broken: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dags: Mapping[str, DagState] = field(default_factory=dict)
    always: frozenset[str] = frozenset()  # files that are there in every installation: shown once they hold something


@dataclass(frozen=True, slots=True)
class Day:
    """One day of an outlet on the heat map. `kind`: before, hole, seen."""

    day: str
    kind: Literal["before", "hole", "seen"]
    level: int = 0  # of seen: 1 to chart.LEVELS
    captures: int = 0  # that gave something, articles and lists
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """One outlet."""

    outlet: str
    status: Status
    row: OutletRow | None
    dag: DagState | None
    reasons: list[why.Reason]
    alarms: list[AlarmRow]
    today: Mapping[str, int]
    week: Mapping[str, int]
    bars: list[chart.Bar]
    heat: list[Day]

    @property
    def dag_id(self) -> str:
        return f"warraq_{self.outlet}"

    @property
    def holes(self) -> list[str]:
        return [day.day for day in self.heat if day.kind == "hole"]


def page(facts: Facts, mirrored: bool = False) -> dict[str, Any]:
    """Values of home.html: cards, what needs a hand first; sums over all outlets; alarms that are no outlet's."""
    by_outlet: dict[str, dict[str, DayRow]] = defaultdict(dict)
    for day in facts.days:
        by_outlet[day.outlet][day.day] = day
    rows = {row.outlet: row for row in facts.rows}
    names = sorted({*rows, *facts.broken, *(name for name in facts.files if name not in facts.always)})
    cards = [_card(facts, name, rows.get(name), by_outlet.get(name, {}), mirrored) for name in names]
    order = list(STATUS)
    cards.sort(key=lambda card: order.index(card.status))
    others = [alarm for alarm in facts.alarms if alarm.subject not in names]
    return {
        "now": facts.now,
        "cards": cards,
        "others": others,
        "hands": sum(card.status == "bad" for card in cards) + sum(loud(one) for one in others),
        "looks": sum(card.status == "warn" for card in cards) + sum(not loud(one) for one in others),
        "today": _sum(card.today for card in cards),
        "week": _sum(card.week for card in cards),
        "waiting": sum(row.waiting for row in facts.rows),
        "articles": sum(row.articles for row in facts.rows),
        "spark": (SPARK_DAYS * BAR_STEP, BAR_HEIGHT, BAR_STEP),
        "heat_days": HEAT_DAYS,
        "since_week": _days(facts.now, 7)[0],
        "date": f"{facts.now:%Y-%m-%d}",
    }


def loud(alarm: AlarmRow) -> bool:
    """Nobody has taken it on yet, and somebody must."""
    return alarm.severity != "watch" and not alarm.acknowledged


def since(now: datetime) -> str:
    """The first day that the page shows."""
    return _days(now, HEAT_DAYS)[0]


def _card(facts: Facts, name: str, row: OutletRow | None, days: Mapping[str, DayRow], mirrored: bool) -> Card:
    dag, file = facts.dags.get(f"warraq_{name}"), facts.files.get(name)
    known = why.Known(
        outlet=name,
        now=facts.now,
        file=file,
        broken=facts.broken.get(name, ""),
        row=row,
        report=facts.reports.get(name, {}),
        dag=dag,
        scheduler=bool(facts.dags),
    )
    reasons = why.reasons(known)
    alarms = [alarm for alarm in facts.alarms if alarm.subject == name]
    recent = [days.get(day) for day in _days(facts.now, SPARK_DAYS)]
    series = [(one.new, one.edits + one.spelling, one.gone) if one else (0, 0, 0) for one in recent]
    return Card(
        outlet=name,
        status=_status(known, reasons, alarms),
        row=row,
        dag=dag,
        reasons=reasons,
        alarms=alarms,
        today=_counts(recent[-1:]),
        week=_counts(recent[-7:]),
        bars=chart.bars(series, height=BAR_HEIGHT, step=BAR_STEP, mirrored=mirrored),
        heat=heat(days, _days(facts.now, HEAT_DAYS), facts.firsts.get(name, "")),
    )


def _status(known: why.Known, reasons: Sequence[why.Reason], alarms: Sequence[AlarmRow]) -> Status:
    tones = {reason.tone for reason in reasons}
    if "bad" in tones or any(map(loud, alarms)):
        return "bad"
    if "warn" in tones or alarms:
        return "warn"
    if known.file is None or not known.file.enabled:
        return "off"
    return "good" if known.fetched else "start"


def heat(days: Mapping[str, DayRow], dates: Sequence[str], first: str = "") -> list[Day]:
    """A day with captures that gave something is `seen`, by how many of what is usual; one without is a `hole`, whatever was
    asked: but for the days before the `first` one (of `days` where it is not known), and today, on which nothing was asked yet.
    """
    first = min(filter(None, (first, *days)), default="")
    usual = median(list(filter(None, map(_obtained, days.values()))) or [0])
    out = []
    for date in dates:
        one = days.get(date)
        made, failures = (_obtained(one), _failures(one)) if one else (0, 0)
        if made:
            out.append(Day(date, "seen", chart.level(made, usual or made), made, failures))
        else:
            hole = first and first <= date and (date < dates[-1] or failures)
            out.append(Day(date, "hole" if hole else "before", failures=failures))
    return out


def _obtained(one: DayRow) -> int:
    return one.captures - one.blocked - one.broken + one.channels


def _failures(one: DayRow) -> int:
    return one.blocked + one.broken + one.lists_failed


def _days(now: datetime, count: int) -> list[str]:
    """The last `count` UTC days, today last."""
    return [f"{now - timedelta(days=back):%Y-%m-%d}" for back in range(count - 1, -1, -1)]


def _counts(days: Iterable[DayRow | None]) -> dict[str, int]:
    sums = dict.fromkeys(SUMS, 0)
    for one in days:
        if one is not None:
            for name in SUMS:
                sums[name] += _failures(one) if name == "trouble" else getattr(one, name)
    return sums


def _sum(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    sums = dict.fromkeys(SUMS, 0)
    for one in counts:
        for name in SUMS:
            sums[name] += one[name]
    return sums
