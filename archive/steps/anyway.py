"""A check of the alarms that fails, because the catalog is away or takes nothing (a full disk), is told all the same.

So is the worst of what it found before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from archive.alarms.conditions import CONDITIONS
from archive.alarms.model import Finding
from archive.errors import WarraqError
from archive.steps.standing import full
from archive.steps.tell import directly
from archive.steps.workshop import Workshop

ALWAYS = frozenset({"disk"})  # whatever its severity: it may be why nothing can be noted


@contextmanager
def told(shop: Workshop, now: datetime, *, hold: bool) -> Iterator[list[Finding]]:
    """Gives a list for what was found. A WarraqError within is told with the worst of it, and raised with that in its words.

    Each is told once a day at most. With `hold`, by nobody here: who tells that the check failed tells it with these words.
    """
    found: list[Finding] = []
    try:
        yield found
    except WarraqError as error:
        raise _told(shop, found, error, now, hold=hold) from error


def _told(shop: Workshop, found: Sequence[Finding], error: WarraqError, now: datetime, *, hold: bool) -> WarraqError:
    worst = [one for one in found if one.condition in ALWAYS or _severity(one) == "urgent"]
    lines = {f"{one.condition} {one.subject}": _line(one) for one in worst}
    if not any(one.condition == "disk" for one in found) and (free := full(shop.settings.state)):  # asked without the catalog
        lines["disk"] = f"{CONDITIONS['disk'].title}: {free}"
    told = f"{error.what}; seen all the same: {'; '.join(lines.values())}" if lines else error.what
    if not hold:
        said = {"": f"Warraq {shop.settings.deployment}: {error}", **lines}
        try:
            directly(shop.settings, "alarms", said, now)
        except WarraqError as unheard:
            shop.say(f"alarms: {unheard}")
    return type(error)(told, error.remedy)


def _severity(one: Finding) -> str:
    return one.severity or CONDITIONS[one.condition].severity


def _line(one: Finding) -> str:
    about = f" ({one.subject})" if one.subject else ""
    return f"{CONDITIONS[one.condition].title}{about}: {one.say.format(**one.values)}"
