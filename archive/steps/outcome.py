"""How a task of the scheduler ended, noted in the catalog: a failure is an alarm among the others, over with the next success.

Only a success after a failure is noted. Of each task only its last state is kept: of failures in a row the first and the
newest, of the scheduler's runs and of those by hand.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from archive.latency import stamp

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.catalog.alarms import Measure
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
    new = Measure(NAME, _subject(dag, task, index), stamp(now), 1.0, said)

    def change(held: Sequence[Measure]) -> list[Measure]:
        row = streak(held)
        first = [one for one in row if started_by_hand(one) is by_hand and one.time < new.time][:1]
        others = [one for one in row if started_by_hand(one) is not by_hand and one.time != new.time]
        return sorted([*first, *others[:1], *others[1:][-1:], new], key=lambda one: one.time)

    catalog.restate(NAME, new.subject, change)


def streak(held: Sequence[Measure]) -> list[Measure]:
    """Of measurements of one task, oldest first, the failures since it went well last; none when it went well last."""
    well = next((n for n in range(len(held), 0, -1) if not held[n - 1].value), 0)
    return list(held[well:])


def started_by_hand(failure: Measure) -> bool:
    """Did somebody start the run that failed?"""
    return bool(json.loads(failure.said).get("by_hand"))


def succeeded(catalog: Catalog, dag: str, task: str, now: datetime, *, run: str = "", index: int | None = None) -> None:
    """Over with its own failure; of mapped siblings, with those of other runs too: this run's say themselves how they end."""
    from archive.catalog.alarms import Measure

    own, plain = _subject(dag, task, index), _subject(dag, task, None)
    noted = catalog.measures(NAME, subject=own if own == plain else None)
    newest = {one.subject: one for one in noted if one.subject in (own, plain) or one.subject.startswith(f"{plain}[")}
    for name, one in newest.items():
        if _ended(one, own, run):  # and nothing is written where nothing ends
            well = Measure(NAME, name, stamp(now), 0.0, "")
            catalog.restate(NAME, name, lambda held, well=well: [well] if held and _ended(held[-1], own, run) else held)  # type: ignore[misc]


def _ended(one: Measure, own: str, run: str) -> bool:
    return bool(one.value) and (one.subject == own or json.loads(one.said).get("run") != run)


def forget(catalog: Catalog, dag: str, now: datetime, by: str, reason: str) -> None:
    """Every failure of the DAG counts no more, because somebody says so."""
    from archive.catalog.alarms import Measure

    newest = {one.subject: one.value for one in catalog.measures(NAME) if one.subject.rpartition(".")[0] == dag}
    said = json.dumps({"by": by, "reason": reason}, ensure_ascii=False)
    for subject in (subject for subject, value in newest.items() if value):
        catalog.restate(NAME, subject, lambda _, subject=subject: [Measure(NAME, subject, stamp(now), 0.0, said)])  # type: ignore[misc]


def _subject(dag: str, task: str, index: int | None) -> str:
    return f"{dag}.{task}" if index is None or index < 0 else f"{dag}.{task}[{index}]"


def duty(shop: Workshop, name: str, faults: int, said: str) -> None:
    """Note what came of a recurring duty (audit, mirror): how much was wrong, the first. When it was well last is kept."""
    from archive.catalog.alarms import Measure

    new = Measure(name, "", stamp(shop.clock()), float(faults), said[:LONGEST])
    shop.catalog.restate(name, "", lambda held: [*[one for one in held if not one.value and one.time < new.time][-1:], new])
