"""The heartbeat: whoever watches WARRAQ_HEARTBEAT hears of a check that was whole, and that hid nothing from anybody."""

from __future__ import annotations

import os
from datetime import datetime

from archive.alarms.overdue import WINDOW, overdue
from archive.errors import WarraqError
from archive.latency import stamp
from archive.settings import Settings
from archive.steps import post
from archive.steps.workshop import Workshop


def beat(shop: Workshop, now: datetime) -> None:
    """Note that a check went to its end, for `warraq status --max-age`; then ping, unless something is in the way."""
    from archive.catalog.alarms import Measure

    by = os.environ.get("AIRFLOW_CTX_DAG_ID", "")
    shop.catalog.measure([Measure("check", "scheduler" if by else "by hand", stamp(now), 0.0, by)])
    if not shop.settings.heartbeat:
        return
    why = withheld(shop, now)
    if why:
        shop.say(f"alarms: the heartbeat is withheld: {why}")
        return
    try:
        post.post(post.check("WARRAQ_HEARTBEAT", shop.settings.heartbeat), b"", "text/plain")
    except WarraqError as error:  # whoever watches it will say that it is missing
        shop.say(f"alarms: the heartbeat was not taken: {error}")


def withheld(shop: Workshop, now: datetime) -> str:
    """Why whoever listens for the heartbeat must not be calmed by it; "" when they may."""
    held = shop.catalog.recent_alarms(now)
    late = overdue(held, now, WINDOW, anybody=anybody(shop.settings))
    if late:
        more = f" and {len(late) - 1} more" if len(late) > 1 else ""
        return f"nobody was told of {late[0].condition} {late[0].subject}".rstrip() + more
    lost = sorted(one.subject for one in held if one.open and one.right is None and one.condition == "not-judged")
    return f"could not be asked: {', '.join(lost)}" if lost else ""


def anybody(settings: Settings) -> bool:
    """Is any way out to people set? In a sandbox, nobody has to be told."""
    return bool(settings.webhook or settings.mail or settings.sandbox)
