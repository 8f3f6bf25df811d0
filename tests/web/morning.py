"""A newsroom's morning: outlets in every state that Today tells of, with a scheduler that says why. Written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.alarms.row import AlarmRow
from archive.catalog.alarms import Measure
from archive.catalog.rows import DayRow, DelayRow, DueRow, EventRow, OutletRow, RunRow, StoredRow
from archive.outlet import Outlet
from archive.settings import Settings, from_environment
from archive.steps.signed import Condition
from archive.web.desk import Desk
from archive.web.house import DagState, Open, RunState
from tests.web.cases import SCRIPT, Shelf, row

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
RUN = "scheduled__2026-11-22T06:15:00+00:00"
TITLES = {
    "manara": "منارة الساحل",
    "masar": "مسار نيوز",
    "qalam": "القلم الحر",
    "nahr": "وكالة أنباء النهر والسهل والجبل المستقلة",
    "sahil": "Sahil Post",
    "jabal": "صوت الجبل",
    "qamar": f"قمر {SCRIPT}\u202e",
}
FILES = {
    name: Outlet(name=name, title=title, url=f"https://{name}.example.org/", enabled=name != "jabal")
    for name, title in TITLES.items()
}
BROKEN = {"ghaym": f"ghaym.toml: unknown key 'delai'; did you mean 'delay'? {SCRIPT}"}


def ago(**since: float) -> str:
    return f"{NOW - timedelta(**since):%Y-%m-%dT%H:%M:%S.%fZ}"


def report(**given: Any) -> dict[str, Any]:
    empty = {"asked": 42, "outcomes": {"content": 12, "channel": 9, "not-modified": 20, "robots": 1}, "notes": [], "jobs": {}}
    empty |= {"started": ago(minutes=15), "finished": ago(minutes=9), "left": {"back": 3}}
    empty["roles"] = {"article": {"asked": 32, "content": 12, "not-modified": 20}, "channel": {"asked": 9, "channel": 9}}
    return {**empty, "lists": {"feed": {"documents": 1, "items": 10, "new": 2}}, "failures": {}, "given_up": {}, **given}


ROWS = [
    row(OutletRow, outlet="manara", articles=4183, waiting=0, captures=91_244, last_capture=ago(minutes=4), last_run="a"),
    row(OutletRow, outlet="masar", articles=212, waiting=18_904, captures=980, last_capture=ago(minutes=12), last_run="b"),
    row(
        OutletRow,
        outlet="qalam",
        articles=902,
        captures=9_000,
        last_capture=ago(minutes=9),
        failing_since=ago(hours=26),
        last_run="c",
    ),
    row(OutletRow, outlet="nahr", articles=0, captures=0, last_capture=ago(minutes=9), last_run="d"),
    row(OutletRow, outlet="jabal", articles=55, captures=300, last_capture=ago(days=20), last_run="e"),
]
REPORTS = {
    "manara": report(),
    "masar": report(jobs={"disallowed": 3}, roles={"article": {"asked": 5}}),
    "qalam": report(outcomes={"blocked": 12, "robots": 1}, failures={"timeout": 3}, given_up={"qalam.example.org": SCRIPT}),
    "nahr": report(lists={"feed": {"documents": 2, "items": 0}}, outcomes={"channel": 3}),
}
ALARMS = [
    AlarmRow(
        "5f2a9c01", "silent", "qalam", "Outlet silent", ago(hours=25), "No capture for {time}.", "See to it.", "silent", "act"
    ),
    AlarmRow("77aa0011", "disk", "", "The disk fills up", ago(hours=3), "Full in {time}.", "Make room.", "disk", "watch"),
    AlarmRow("77aa0012", "audit", f"x{SCRIPT}", "Audit finding", ago(days=1), "{what}", "Look.", "audit", "urgent"),
]


def days() -> list[DayRow]:
    """Ninety days of each, with two holes in manara's, a day of nothing but failures in masar's."""
    found = []
    for name, size in (("manara", 30), ("masar", 9), ("qalam", 14), ("jabal", 4)):
        for back in range(90 if name == "manara" else 61):
            day = f"{NOW - timedelta(days=back):%Y-%m-%d}"
            n = size + (back * 7 + len(name)) % 11
            if name == "manara" and back in (40, 41):
                continue
            if name == "jabal" and back < 20:
                continue
            failed = n * 4 if (name, back) == ("masar", 12) or (name == "qalam" and back < 2) else 0
            if failed:
                found.append(DayRow(name, day, captures=failed, blocked=failed))
            else:
                sums = {
                    "new": n // 3,
                    "edits": n % 4,
                    "gone": int(back % 9 == 0),
                    "captures": n * 4,
                    "content": n,
                    "channels": 96,
                }
                found.append(DayRow(name, day, **sums, not_modified=n * 3, requests=n * 5, bytes=n * 30_000))
    return found


DAGS = {
    f"warraq_{name}": DagState(False, ago(minutes=-15), "success", ago(minutes=15), RUN)
    for name in ("manara", "masar", "nahr", "qamar")
}
DAGS["warraq_qalam"] = DagState(False, ago(minutes=-15), "failed", ago(minutes=15), RUN)
DAGS["warraq_jabal"] = DagState(True, "", "success", ago(days=20), RUN)
DAGS["warraq_ghaym"] = DagState(False, ago(minutes=-30), "failed", ago(minutes=30), RUN)
DAGS["warraq_sahil"] = DagState(False, ago(minutes=45), "", "", "")


@dataclass(frozen=True, slots=True)
class Scheduler(Open):
    """A house with these DAGs."""

    states: dict[str, DagState] = field(default_factory=lambda: dict(DAGS))

    def dags(self) -> dict[str, DagState]:
        return self.states

    def run(self, dag: str, run: str) -> RunState | None:
        return RunState(ago(minutes=15), "success", ago(minutes=15), ago(minutes=9), "") if run == RUN else None


class Morning(Shelf):
    def outlets(self, now: datetime | None = None) -> list[OutletRow]:
        return ROWS

    def runs(self, outlet: str | None = None, limit: int | None = 50) -> list[RunRow]:
        found = [RunRow(name, f"20261122T061500Z-{'0' * 12}", 1, ago(minutes=9), told) for name, told in REPORTS.items()]
        return [one for one in found if outlet in (None, one.outlet)][:limit]

    def days(self, since: str, outlet: str | None = None) -> list[DayRow]:
        return [day for day in days() if day.day >= since and outlet in (None, day.outlet)]

    def alarms(self, open_only: bool = True, limit: int = 500) -> list[AlarmRow]:
        return ALARMS

    def waiting(self, now: datetime) -> list[DueRow]:
        return [
            DueRow("manara", "revisit", 12, 1_204),
            DueRow("manara", "confirm", 1, 2),
            DueRow("masar", "backlog", 18_904, 0),
            DueRow("masar", SCRIPT, 1, 0),
        ]

    def delays(self, outlet: str | None = None, since: str = "") -> list[DelayRow]:
        return [DelayRow("manara", 79, 412.0, 1_380.5), DelayRow("masar", 28, 95.0, 7_900.0)]

    def stored(self) -> list[StoredRow]:
        return [
            StoredRow("manara", "article", 91_244, 2_815_000_000),
            StoredRow("manara", "picture", 8_310, 990_000_000),
            StoredRow("manara", "warc", 8_640, 3_950_000_000),
            StoredRow("masar", "warc", 411, 61_000_000),
        ]

    def measures(self, name: str, since: str = "", subject: str | None = None) -> list[Measure]:
        return (
            [Measure("audit", "", ago(hours=5), 0.0, "")]
            if name == "audit"
            else [Measure("mirror", "", ago(hours=9), 1.0, SCRIPT)]
        )

    def run(self, run: str) -> list[RunRow]:
        found = {"lists": {"feed": {"documents": 2, "items": 20, "new": 3}, SCRIPT: {"documents": 1}}, "stopped": SCRIPT}
        told = report(notes=[f"{SCRIPT} was slow"], refused={"disallowed": ["a1" * 16], SCRIPT: ["x"]}, **found)
        return [RunRow("manara", run, 2, ago(minutes=9), told)] if run.startswith("20261122T061500Z-") else []

    def of_run(self, outlet: str, run: str, until: str, limit: int = 200) -> list[EventRow]:
        return self.events


def signed() -> Condition:
    return Condition(
        size=104_233,
        signed=NOW - timedelta(minutes=9),
        waiting=14,
        waiting_since=NOW - timedelta(minutes=3),
        token=NOW - timedelta(minutes=40),
        cosigned=None,
        noted=NOW - timedelta(hours=6),
    )


def given() -> Settings:
    return from_environment({"WARRAQ_STATE": "/nowhere", "WARRAQ_COST_PER_GB": "0.023 USD", "WARRAQ_MIRROR": "s3://copy"})


def desk(shelf: Shelf | None = None) -> Desk:
    held = shelf or Morning()
    return Desk(
        held,  # type: ignore[arg-type]
        lambda: held,  # type: ignore[arg-type, return-value]
        TITLES,
        FILES,
        BROKEN,
        now=lambda: NOW,
        settings=given,
        condition=signed,
    )
