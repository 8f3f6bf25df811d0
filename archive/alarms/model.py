"""What an alarm is. Times are UTC; words are English, and keys of the pages' Arabic (archive/web/arabic/alarms.toml)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

Severity = Literal["watch", "act", "urgent"]
RANK: Mapping[str, int] = {"watch": 0, "act": 1, "urgent": 2}


AHEAD = timedelta(minutes=30)


def ago(when: datetime, now: datetime) -> timedelta:
    """How long ago. timedelta.max for a time more than AHEAD to come: a clock was wrong, and nobody knows when it was."""
    return now - when if when - now <= AHEAD else timedelta.max


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that can be wrong. Its name is its anchor in docs/OPERATIONS.md."""

    name: str
    title: str  # what is wrong, for a heading
    remedy: str  # what to do first; the runbook says the rest
    severity: Severity
    patience: timedelta = timedelta()  # it is told once it has been wrong for so long
    calm: timedelta = timedelta(minutes=30)  # it is over once it has been right for so long
    hidden_by: tuple[str, ...] = ()  # conditions that explain it: while one of them is wrong, it is not judged
    explains: frozenset[str] | None = None  # which of its subjects explain others; None: each


@dataclass(frozen=True, slots=True)
class Finding:
    """A condition that does not hold now. `say` is an English sentence with the names of `values` in braces."""

    condition: str
    subject: str  # an outlet, a DAG, a host, a file; "" where there is one only
    say: str
    values: Mapping[str, str] = field(default_factory=dict)
    severity: Severity | None = None  # another one than its condition's
    since: datetime | None = None  # where that is known to be before the first check that found it
    ended: bool = False  # it holds no more, and `say` is why

    @property
    def key(self) -> tuple[str, str]:
        return self.condition, self.subject


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm, from the check that opened it until the one that closed it. None: not (yet)."""

    condition: str
    subject: str
    since: datetime
    opened: datetime  # the check that found it first
    seen: datetime  # the last check that found it wrong
    say: str
    values: Mapping[str, str]
    severity: Severity
    right: datetime | None = None  # since when it is right again, while it is not trusted yet
    closed: datetime | None = None
    told: datetime | None = None  # when somebody was told last that it is wrong
    told_as: Severity | None = None  # how bad it was then
    over: datetime | None = None  # when somebody was told that it is over
    relapses: int = 0  # how often it had come back soon after it was over
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    reason: str = ""

    @property
    def id(self) -> str:
        """8 hex digits: people type it."""
        told = f"{self.condition}\n{self.subject}\n{self.opened.astimezone(UTC).isoformat()}"
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    @property
    def key(self) -> tuple[str, str]:
        return self.condition, self.subject

    @property
    def open(self) -> bool:
        return self.closed is None
