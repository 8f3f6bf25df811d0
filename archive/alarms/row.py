"""An alarm as people see it: with the words of its condition, times as the catalog writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archive.alarms.conditions import CONDITIONS
from archive.alarms.model import RANK, Alarm, Severity
from archive.alarms.sentences import parts

RUNBOOK = "docs/OPERATIONS.md"


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """`title`, `remedy` and `say` are English keys that the pages translate; `say` has the names of `values` in braces.

    Times are UTC text, "" for not (yet).
    """

    id: str
    condition: str
    subject: str  # an outlet, a DAG, a file …; "" where there is one only
    title: str
    since: str
    say: str
    remedy: str
    anchor: str  # of its section in docs/OPERATIONS.md
    severity: Severity
    values: Mapping[str, str] = field(default_factory=dict, hash=False)
    opened: str = ""
    seen: str = ""
    right: str = ""  # since when it is right again, while that is not trusted yet
    closed: str = ""
    told: str = ""
    acknowledged: str = ""
    acknowledged_by: str = ""
    reason: str = ""

    @property
    def evidence(self) -> str:
        """What was seen, in English."""
        return " ".join(say.format(**values) for say, values in parts(self.say, self.values))


def shown(alarms: Iterable[Alarm]) -> list[AlarmRow]:
    """Open ones by severity and age, then closed ones, newest first."""

    def place(one: Alarm) -> tuple[float, ...]:
        if one.closed is None:
            return 0, -RANK[one.severity], one.since.timestamp()
        return 1, -one.closed.timestamp()

    return [row(one) for one in sorted(alarms, key=lambda one: (place(one), one.id))]


def row(one: Alarm) -> AlarmRow:
    known = CONDITIONS.get(one.condition)  # None: of another version of Warraq
    return AlarmRow(
        id=one.id,
        condition=one.condition,
        subject=one.subject,
        title=known.title if known else one.condition,
        since=_text(one.since),
        say=one.say,
        remedy=known.remedy if known else "",
        anchor=one.condition,
        severity=one.severity,
        values=one.values,
        opened=_text(one.opened),
        seen=_text(one.seen),
        right=_text(one.right),
        closed=_text(one.closed),
        told=_text(one.told),
        acknowledged=_text(one.acknowledged),
        acknowledged_by=one.acknowledged_by,
        reason=one.reason,
    )


def _text(when: datetime | None) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if when else ""
