"""Which units are in the log, and where: a copy of what the batches say, so that a step need not read them again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from archive.catalog import models
from archive.catalog.bulk import chunks
from archive.log.leaf import Batch

AT_ONCE = 64  # batches a transaction
_row = models.logged.c


def note(connection: Connection, batches: Iterable[Batch]) -> None:
    """Take down the units of these batches; those known already stay as they are."""
    for batch in batches:
        sizes = {unit.key: len(unit.leaves) for unit in batch.units}
        starts = batch.starts()
        known = units(connection, list(starts))
        fresh = [{"unit": key, "first": at, "leaves": sizes[key]} for key, at in starts.items() if key not in known]
        if fresh:
            connection.execute(models.logged.insert(), fresh)


def units(connection: Connection, wanted: Sequence[str]) -> dict[str, int]:
    """Of these units, those that are logged: index of the first leaf of each."""
    found: dict[str, int] = {}
    for chunk in chunks(sorted(wanted)):
        rows = connection.execute(select(_row.unit, _row.first).where(_row.unit.in_(chunk)))
        found |= {row.unit: row.first for row in rows}
    return found


def size(connection: Connection) -> int:
    """The leaves of the log, as far as this catalog has seen it."""
    last = connection.execute(select(_row.first, _row.leaves).order_by(_row.first.desc()).limit(1)).first()
    return last.first + last.leaves if last else 0
