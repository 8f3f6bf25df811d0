"""Who is told what, and when. Pure.

- An alarm is told once it has stood for its condition's patience, counted from the check that found it; with it all others of
  its condition that are wrong now: one message for twelve outlets. Those that follow wait until GROUP has passed since, unless
  they are urgent.
- It is told again after AGAIN if nobody acknowledged it, after LATER if somebody did, at once if it became worse.
- That it is over is told once, to those who were told that it began: when no other of its condition is open, or after GROUP.

So whatever is wrong is told within its patience and GROUP, and never the same twice. Who tells marks what was told after it was
taken (`told`): cut short between both, it is told twice, never not at all. So it is when a clock was ahead (`ago`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive.alarms.conditions import CONDITIONS
from archive.alarms.model import RANK, Alarm, ago

GROUP = timedelta(minutes=30)
AGAIN = timedelta(days=1)
LATER = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be told in one message. An alarm is in one of the three at most."""

    new: tuple[Alarm, ...] = ()
    again: tuple[Alarm, ...] = ()
    over: tuple[Alarm, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.again or self.over)


def due(alarms: Sequence[Alarm], now: datetime) -> Message:
    """What is to be told now. `alarms`: those that are open, and those that closed and are not told to be over."""
    new: list[Alarm] = []
    over: list[Alarm] = []
    for name in sorted({one.condition for one in alarms}):
        mine = [one for one in alarms if one.condition == name]
        new += _new(name, mine, now)
        over += _over(mine, now)
    again = [one for one in alarms if _wrong(one) and one not in new and one.told is not None and _again(one, one.told, now)]
    return Message(tuple(new), tuple(again), tuple(over))


def told(alarms: Iterable[Alarm], message: Message, now: datetime) -> list[Alarm]:
    """The alarms of the message, marked as told; `alarms`: as they are now."""
    begun, over = {one.id for one in (*message.new, *message.again)}, {one.id for one in message.over}
    out = []
    for one in alarms:
        if one.id in begun:
            out.append(replace(one, told=now, told_as=one.severity))
        elif one.id in over:
            out.append(replace(one, over=now))
    return out


def _new(name: str, mine: Sequence[Alarm], now: datetime) -> list[Alarm]:
    patience = CONDITIONS[name].patience if name in CONDITIONS else timedelta()
    untold = [one for one in mine if _wrong(one) and _news(one)]
    ripe = [one for one in untold if one.told is not None or ago(one.opened, now) >= patience]
    lately = any(one.told is not None and ago(one.told, now) < GROUP for one in mine)
    if not lately or any(one.severity == "urgent" for one in ripe):
        return untold if ripe else []
    return []


def _wrong(one: Alarm) -> bool:
    return one.closed is None and one.right is None


def _news(one: Alarm) -> bool:
    return one.told is None or (one.told_as is not None and RANK[one.severity] > RANK[one.told_as])


def _again(one: Alarm, last: datetime, now: datetime) -> bool:
    return ago(last, now) >= (AGAIN if one.acknowledged is None else LATER)


def _over(mine: Sequence[Alarm], now: datetime) -> list[Alarm]:
    closed = [one for one in mine if one.closed is not None and one.told is not None and one.over is None]
    waits = any(one.closed is None and one.told is not None for one in mine)
    if closed and waits and max(ago(one.closed, now) for one in closed if one.closed) < GROUP:
        return []
    return closed
