"""How a task of the scheduler ended, noted in the catalog: a failure is an alarm among the others, over with the next success.

Only a success after a failure is noted.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from archive.latency import stamp

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.steps.workshop import Workshop

NAME = "task"
LONGEST = 2000  # characters of a reason


def failed(catalog: Catalog, dag: str, task: str, now: datetime, reason: str, *, by_hand: bool) -> None:
    """Raises what the catalog raises: then it is to be told in another way."""
    from archive.catalog.alarms import Measure

    said = json.dumps({"reason": reason[:LONGEST], "by_hand": by_hand}, ensure_ascii=False)
    catalog.measure([Measure(NAME, f"{dag}.{task}", stamp(now), 1.0, said)])


def succeeded(catalog: Catalog, dag: str, task: str, now: datetime) -> None:
    from archive.catalog.alarms import Measure

    noted = catalog.measures(NAME, subject=f"{dag}.{task}")
    if noted and noted[-1].value:
        catalog.measure([Measure(NAME, f"{dag}.{task}", stamp(now), 0.0, "")])


def duty(shop: Workshop, name: str, faults: int, said: str) -> None:
    """Note what came of a recurring duty (audit, mirror): how much was wrong, and the first of it."""
    from archive.catalog.alarms import Measure

    shop.catalog.measure([Measure(name, "", stamp(shop.clock()), float(faults), said[:LONGEST])])
