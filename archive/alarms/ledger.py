"""Which alarms open, stay and close. Pure: what was, what was found now, the time now.

An alarm closes once its condition has been right at every check for as long as its `calm`. One that comes back soon after is a
relapse, and each relapse doubles the calm, up to a day: what comes and goes every few minutes is one long alarm, and what comes
and goes for ever opens once a day at most. What cannot be judged (`unknown`) neither opens, stays right, nor closes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from archive.alarms.conditions import CONDITIONS
from archive.alarms.model import Alarm, Finding

SOON = timedelta(days=2)  # after it was over: a relapse; `step` wants the alarms that were closed within it
LONGEST = timedelta(days=1)  # of all calms
CALM = timedelta(minutes=30)  # of a condition that this version does not know any more


def step(
    held: Sequence[Alarm],
    found: Iterable[Finding],
    now: datetime,
    unknown: Collection[str] = frozenset(),
    apart: Collection[tuple[str, str]] = frozenset(),
) -> list[Alarm]:
    """Every alarm that is open after this check, or was closed by it.

    `held`: those that were open, or closed within SOON. `unknown`: names of conditions that could not be judged; `apart`: the
    same of single subjects. KeyError for a finding whose condition nobody defined.
    """
    found = list(found)
    ended = {one.key: one for one in found if one.ended}
    wrong = {one.key: one for one in found if not one.ended}
    hidden = hides(wrong.values()) | set(unknown)
    wrong = {key: one for key, one in wrong.items() if key[0] not in hidden and key not in apart}
    standing = {one.key: one for one in held if one.open}
    kept = [
        _kept(
            _said(one, ended.get(one.key)), wrong.get(one.key), now, judged=one.condition not in hidden and one.key not in apart
        )
        for one in standing.values()
    ]
    return [*kept, *(_opened(one, held, now) for key, one in wrong.items() if key not in standing)]


def hides(found: Iterable[Finding]) -> set[str]:
    """Conditions that are explained by another one that does not hold."""
    names = {one.condition for one in found if (of := CONDITIONS[one.condition].explains) is None or one.subject in of}
    return {name for name, one in CONDITIONS.items() if names & set(one.hidden_by)}


def calm(one: Alarm) -> timedelta:
    """For how long it must be right before it is over."""
    known = CONDITIONS.get(one.condition)
    first = known.calm if known else CALM
    return min(first * (1 << min(one.relapses, 10)), max(LONGEST, first))


def _said(one: Alarm, why: Finding | None) -> Alarm:
    """With the words of why it is over, where somebody said so."""
    return replace(one, say=why.say, values=why.values) if why else one


def _kept(one: Alarm, wrong: Finding | None, now: datetime, *, judged: bool) -> Alarm:
    if wrong is not None:
        worse = wrong.severity or CONDITIONS[one.condition].severity
        return replace(one, seen=now, right=None, say=wrong.say, values=wrong.values, severity=worse)
    if not judged:
        return replace(one, right=None)
    right = min(one.right or now, now)  # a clock that was ahead keeps none open
    return replace(one, right=right, closed=now if now - right >= calm(one) else None)


def _opened(one: Finding, held: Iterable[Alarm], now: datetime) -> Alarm:
    closed = [(old.closed, old.relapses) for old in held if old.key == one.key and old.closed is not None]
    when, relapses = max(closed, default=(None, 0))
    return Alarm(
        condition=one.condition,
        subject=one.subject,
        since=min(one.since or now, now),
        opened=now,
        seen=now,
        say=one.say,
        values=one.values,
        severity=one.severity or CONDITIONS[one.condition].severity,
        relapses=relapses + 1 if when is not None and abs(now - when) < SOON else 0,
    )
