"""alarms: look at everything, open and close alarms, tell people. Run every five minutes, by Airflow or from outside."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.alarms import judge, ledger, telling, words
from archive.alarms.model import Alarm
from archive.alarms.row import row
from archive.alarms.telling import Message
from archive.errors import Refused, WarraqError
from archive.latency import stamp
from archive.steps import anyway, facts, outcome, tell
from archive.steps.beat import beat
from archive.steps.facts_memory import Memory
from archive.steps.workshop import Outcome, Workshop

if TYPE_CHECKING:
    from archive.catalog import Catalog

OVER = "=over"  # behind the id of an alarm that was told to be over


def check(shop: Workshop, *, hold: bool = False) -> Outcome:
    """Look, and tell. `hold`: somebody else tells the message, and says so with `mark`.

    The data: how many are open, the message (None for nothing new) with the ids of its alarms, what could not be judged, when.
    """
    now = shop.clock()
    with anyway.told(shop, now, hold=hold) as seen:
        memory = Memory(shop, now)
        known = facts.gather(shop, memory)
        found, unknown = judge.found(known, now)
        seen.extend(found)
        apart = judge.apart(known)
        shop.catalog.change_alarms(lambda held: ledger.step(held, found, now, unknown, apart), now - ledger.SOON)
    held = shop.catalog.recent_alarms(now - ledger.SOON)
    message = telling.due(held, now)
    told = "nothing new"
    if message and not hold:
        told = _tell(shop, message)
    elif message:
        told = "to be told"
    _noted(shop, memory, now)
    standing = [one for one in held if one.open]
    line = f"alarms: {len(standing)} open, {told}" + (f"; not judged: {', '.join(sorted(unknown))}" if unknown else "")
    data = {
        "open": len(standing),
        "message": _message(shop.settings.deployment, message),
        "unknown": sorted(unknown),
        "checked": stamp(now),
    }
    return Outcome(line, data, progress=tuple(words.line(one) for one in standing))


def _noted(shop: Workshop, memory: Memory, now: datetime) -> None:
    """Keep what was measured, and that this check went to its end. Last: what cannot be kept keeps nobody from being told."""
    try:
        memory.keep()
        beat(shop, now)
    except WarraqError as error:
        shop.say(f"alarms: what was measured is not kept: {error}")


def still(catalog: Catalog, deployment: str, told: Mapping[str, Any], checked: datetime) -> dict[str, Any] | None:
    """What is left of the message of a check at `checked` that held it, without what somebody told since; None for nothing."""
    kinds = {one["id"]: one["told"] for one in told["alarms"]}
    held = [
        one
        for one in catalog.recent_alarms(checked - ledger.SOON)
        if one.id in kinds and not _since(one, kinds[one.id], checked)
    ]
    if len(held) == len(kinds):
        return dict(told)
    groups = {kind: tuple(one for one in held if kinds[one.id] == kind) for kind in ("new", "again", "over")}
    return _message(deployment, Message(**groups))


def _since(one: Alarm, kind: str, checked: datetime) -> bool:
    """Was it told meanwhile?"""
    return one.over is not None if kind == "over" else one.told is not None and one.told >= checked


def mark(shop: Workshop, ids: Collection[str], trouble: str = "") -> Outcome:
    """Note that the message about these alarms was taken by somebody; `trouble`: who did not take it, and why.

    `ids`: each with OVER at its end when the message said that it is over: it may have closed while it was told to stand.
    """
    now = shop.clock()
    over = {one.removesuffix(OVER) for one in ids if one.endswith(OVER)}
    begun = set(ids) - over

    def change(held: Sequence[Alarm]) -> list[Alarm]:
        ended = tuple(one for one in held if one.id in over and not one.open)
        message = Message(new=tuple(one for one in held if one.id in begun), over=ended)
        return telling.told(held, message, now)

    changed = shop.catalog.change_alarms(change, now - ledger.SOON)
    _heard(shop, trouble, now)
    return Outcome(f"alarms: {len(changed)} told", {"told": [one.id for one in changed]}, nothing_due=not changed)


def unheard(shop: Workshop, trouble: str) -> None:
    """Note that nobody took a message; it is told again by the next check."""
    _heard(shop, trouble, shop.clock())


def acknowledge(shop: Workshop, which: str, reason: str, who: str) -> Outcome:
    """Somebody knows, and sees to it: it is not told again for a week, unless it becomes worse. Refused when none is open."""
    now = shop.clock()
    about = _about(_change(shop, which, reason, acknowledged=now, acknowledged_by=who))
    return Outcome(f"alarms: {which} acknowledged by {who} ({about})", {"id": which, "by": who, "reason": reason.strip()})


def forget(shop: Workshop, which: str, reason: str, who: str) -> Outcome:
    """End an alarm about a run that failed, where no success can come any more. Refused for every other condition."""
    now = shop.clock()
    for one in shop.catalog.alarms():
        if one.id == which and one.condition != "run-failed":
            raise Refused(f"{which} is no run that failed", f"{one.title!r} ends once it is right: {one.remedy}")
    ended = _change(shop, which, reason, acknowledged=now, acknowledged_by=who, right=now, closed=now)
    outcome.forget(shop.catalog, ended.subject, now, who, reason.strip())
    return Outcome(f"alarms: {which} forgotten by {who} ({_about(ended)})", {"id": which, "by": who, "reason": reason.strip()})


def _change(shop: Workshop, which: str, reason: str, **fields: Any) -> Alarm:
    """The open alarm of that id, changed by a person, who says why."""
    if not reason.strip():
        raise Refused("no reason was given", "say what is being done about it: --reason")

    def change(held: Sequence[Alarm]) -> list[Alarm]:
        return [replace(one, reason=reason.strip(), **fields) for one in held if one.id == which and one.open]

    changed = shop.catalog.change_alarms(change, shop.clock())
    if not changed:
        standing = ", ".join(one.id for one in shop.catalog.alarms()) or "none"
        raise Refused(f"no open alarm {which!r}", f"`warraq alarms` lists them; open now: {standing}")
    return changed[0]


def _about(one: Alarm) -> str:
    told = row(one)
    return f"{told.title}: {told.subject}" if told.subject else told.title


def _tell(shop: Workshop, message: Message) -> str:
    ids = [*(one.id for one in (*message.new, *message.again)), *(f"{one.id}{OVER}" for one in message.over)]
    took, refused = tell.send(tell.ways(shop.settings), _message(shop.settings.deployment, message) or {})
    trouble = "; ".join(refused)
    if refused and not took:
        unheard(shop, trouble)
        return f"{len(ids)} to tell, and nobody took it: {trouble}"
    for text in words.text(message).splitlines():
        shop.say(text)
    mark(shop, ids, trouble)
    return f"{len(ids)} told ({', '.join(took)})" if took else f"{len(ids)} told here only: {tell.absent(shop.settings)}"


def _message(deployment: str, message: Message) -> dict[str, Any] | None:
    if not message:
        return None
    return {**words.payload(message, deployment), "subject": words.subject(message, deployment)}


def _heard(shop: Workshop, trouble: str, now: datetime) -> None:
    from archive.catalog.alarms import Measure

    last, said = shop.catalog.measures("told")[-1:], json.dumps({"trouble": trouble}, ensure_ascii=False)
    new = Measure("told", "", stamp(now), float(bool(trouble)), said)
    if [one._replace(time=new.time) for one in last] != [new] and (trouble or last):  # a change
        shop.catalog.restate("told", "", lambda _: [new])
