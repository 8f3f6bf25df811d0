"""Alarms that somebody should have been told of, and nobody was. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from archive.alarms.conditions import CONDITIONS
from archive.alarms.model import RANK, Alarm, ago
from archive.alarms.telling import GROUP

WINDOW = timedelta(hours=1)  # for who has none of his own
LEAST = RANK["act"]  # what may pass by itself may stay untold


def overdue(alarms: Sequence[Alarm], now: datetime, window: timedelta = WINDOW, *, anybody: bool = True) -> list[Alarm]:
    """Open alarms of severity act or urgent that were to be told longer ago than `window`: nobody took them, nobody knows.

    `anybody`: False where no way out to people is set: then what was marked as told stands on a page only. Who says that they
    see to an alarm knows of it. Oldest first.
    """
    found = [one for one in alarms if _wrong(one) and (one.told is None or not anybody)]
    late = [one for one in found if _late(one, alarms, now, anybody=anybody) > window]
    return sorted(late, key=lambda one: (one.since, one.condition, one.subject))


def _wrong(one: Alarm) -> bool:
    return one.open and one.right is None and one.acknowledged is None and RANK[one.severity] >= LEAST


def _late(one: Alarm, alarms: Sequence[Alarm], now: datetime, *, anybody: bool) -> timedelta:
    """How long it is due, as archive.alarms.telling has it: after its patience; after others of its condition, in a group."""
    patience = CONDITIONS[one.condition].patience if one.condition in CONDITIONS else timedelta()
    told = [other.told for other in alarms if other.condition == one.condition and other.told is not None] if anybody else []
    return min([ago(one.opened, now) - patience, *(ago(when, now) - GROUP for when in told)])
