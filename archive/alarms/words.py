"""A message in words: for chat, mail and terminal, and as data. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from archive.alarms.model import Alarm
from archive.alarms.row import RUNBOOK, row
from archive.alarms.telling import Message

NAMED = 6  # subjects of one condition that are named
LONGEST = 600  # characters of one alarm's evidence: an error may quote a page


def text(message: Message) -> str:
    """Lines, the worst first; the first one alone says what it is about."""
    lines = [
        line
        for group, how in ((message.new, ""), (message.again, "Still: "), (message.over, "Over: "))
        for line in _of(group, how)
    ]
    return "\n".join(lines)


def subject(message: Message, deployment: str) -> str:
    """One line for a mail."""
    first = text(message).partition("\n")[0]
    more = len({one.condition for one in (*message.new, *message.again, *message.over)}) - 1
    return f"Warraq {deployment}: {first}"[:200] + (f" (and {more} more)" if more else "")


def payload(message: Message, deployment: str) -> dict[str, Any]:
    """What a webhook gets. `text` alone is what Slack, Mattermost and their like show."""
    return {
        "text": f"Warraq {deployment}: {text(message)}",
        "deployment": deployment,
        "alarms": [_data(one, what) for what in ("new", "again", "over") for one in getattr(message, what)],
    }


def line(one: Alarm) -> str:
    """One alarm: subject and evidence."""
    told = row(one).evidence
    told = told if len(told) <= LONGEST else f"{told[:LONGEST]}…"
    return f"{one.subject}: {told}" if one.subject else told


def _of(group: Sequence[Alarm], how: str) -> Iterable[str]:
    ordered = sorted(group, key=lambda one: (one.condition, one.since, one.subject))
    for _, same in groupby(ordered, key=lambda one: one.condition):
        mine = list(same)
        known = row(mine[0])
        names = [one.subject for one in mine if one.subject]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        about = f" ({len(mine)})" if len(mine) > 1 else ""
        severe = "URGENT: " if any(one.severity == "urgent" for one in mine) and how != "Over: " else ""
        yield f"{how}{severe}{known.title}{about}" + (f": {', '.join(names[:NAMED])}{more}" if names else "")
        if how == "Over: ":
            yield f"  it lasted {spoken(mine[0])}"
            continue
        yield from (f"  {line(one)} [{one.id}]" for one in mine[:NAMED])
        yield f"  To do: {known.remedy} {RUNBOOK}#{known.anchor}"


def spoken(one: Alarm) -> str:
    """How long it has lasted, or did."""
    hours = ((one.right or one.closed or one.seen) - one.since).total_seconds() / 3600
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:.1f} h" if hours < 72 else f"{hours / 24:.0f} days"


def _data(one: Alarm, what: str) -> dict[str, Any]:
    known = row(one)
    return {
        "id": one.id,
        "told": what,
        "condition": one.condition,
        "subject": one.subject,
        "title": known.title,
        "severity": one.severity,
        "since": known.since,
        "evidence": known.evidence[:LONGEST],
        "remedy": known.remedy,
        "runbook": f"{RUNBOOK}#{known.anchor}",
        "acknowledged_by": one.acknowledged_by,
    }
