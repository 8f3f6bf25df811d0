"""This machine's clock against the storage's: capture times are evidence, so a wrong one is refused before any is written."""

from __future__ import annotations

from archive.errors import Refused
from archive.steps.workshop import Workshop

ALARM, LIMIT = 2.0, 30.0  # seconds


def offset(shop: Workshop) -> float:
    """Seconds this machine's clock is ahead of the storage's, known to half a second. Refused over 30 s."""
    before = shop.clock()
    theirs = shop.store.clock()
    after = shop.clock()
    middle = before + (after - before) / 2
    ahead = round((middle - theirs).total_seconds() - 0.5, 1)  # the Date header is cut to whole seconds
    if abs(ahead) > LIMIT:
        raise Refused(f"this machine's clock is {ahead:+.0f} s off the storage's", "set the clock (NTP); nothing was fetched")
    if abs(ahead) > ALARM:
        shop.say(f"warning: this machine's clock is {ahead:+.1f} s off the storage's; check NTP")
    return ahead
