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


def failed(
    catalog: Catalog, dag: str, task: str, now: datetime, reason: str, *, by_hand: bool, run: str = "", index: int | None = None
) -> None:
    """`run`: the scheduler's id of it. `index`: of a mapped task, which of its siblings; else None or -1.

    Raises what the catalog raises.
    """
    from archive.catalog.alarms import Measure

    said = json.dumps({"reason": reason[:LONGEST], "by_hand": by_hand, "run": run}, ensure_ascii=False)
    catalog.measure([Measure(NAME, _subject(dag, task, index), stamp(now), 1.0, said)])


def succeeded(catalog: Catalog, dag: str, task: str, now: datetime, *, run: str = "", index: int | None = None) -> None:
    """Over with its own failure; of mapped siblings, with those of other runs too: this run's say themselves how they end."""
    from archive.catalog.alarms import Measure

    own, plain = _subject(dag, task, index), _subject(dag, task, None)
    noted = catalog.measures(NAME, subject=own if own == plain else None)
    newest = {one.subject: one for one in noted if one.subject in (own, plain) or one.subject.startswith(f"{plain}[")}
    over = [name for name, one in newest.items() if one.value and (name == own or json.loads(one.said).get("run") != run)]
    if over:
        catalog.measure([Measure(NAME, name, stamp(now), 0.0, "") for name in over])


def forget(catalog: Catalog, dag: str, now: datetime, by: str, reason: str) -> None:
    """Every failure of the DAG counts no more, because somebody says so."""
    from archive.catalog.alarms import Measure

    newest = {one.subject: one.value for one in catalog.measures(NAME) if one.subject.rpartition(".")[0] == dag}
    said = json.dumps({"by": by, "reason": reason}, ensure_ascii=False)
    catalog.measure([Measure(NAME, subject, stamp(now), 0.0, said) for subject, value in newest.items() if value])


def _subject(dag: str, task: str, index: int | None) -> str:
    return f"{dag}.{task}" if index is None or index < 0 else f"{dag}.{task}[{index}]"


def duty(shop: Workshop, name: str, faults: int, said: str) -> None:
    """Note what came of a recurring duty (audit, mirror): how much was wrong, and the first of it."""
    from archive.catalog.alarms import Measure

    shop.catalog.measure([Measure(name, "", stamp(shop.clock()), float(faults), said[:LONGEST])])
