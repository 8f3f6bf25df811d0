"""The catalog: what is in the bucket, in a database that answers quickly. Only leases and measurements are in it alone.

It follows from the observations objects, the acts and the log's batches alone: `clear()`, then `apply`, `note_acts` and
`note_batches` of every one in any order, gives the same rows. SQLAlchemy is imported when a catalog is first used: the
command line starts without it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from archive.catalog.lease import Held, alive, may_take
from archive.catalog.rows import (
    ArticleRow,
    CaptureRow,
    EventRow,
    HistoryRow,
    OutletRow,
    RunRow,
    SeedLinkRow,
    UnreadRow,
    VersionRow,
    Walk,
)
from archive.catalog.searched import Searched

if TYPE_CHECKING:
    from archive.acts import Act, Standing
    from archive.log.leaf import Batch
    from archive.observation import Observation
    from archive.outlet import Outlet

__all__ = [
    "ArticleRow",
    "CaptureRow",
    "Catalog",
    "EventRow",
    "HistoryRow",
    "OutletRow",
    "RunRow",
    "SeedLinkRow",
    "UnreadRow",
    "VersionRow",
    "Walk",
]


class Catalog(Searched):
    """The catalog at an SQLAlchemy address: `sqlite:///…` or `postgresql://…`. Safe from many threads and processes.

    Every call is one transaction. TryAgain when the database is locked or away, Refused or Broken when a person
    must look. What people ask is in `archive.catalog.shown`, what planning asks in
    `archive.catalog.planned`, what was measured in `archive.catalog.measured`.
    """

    def migrate(self, *, update: bool = True) -> None:
        """Make the tables, or bring them up to date; `update=False`: TryAgain when they are an older Warraq's."""
        self._database.migrate(update=update)

    def close(self) -> None:
        self._database.engine.dispose()

    # What is applied

    def pending(self, keys: Iterable[str]) -> list[str]:
        """Which of these observations keys are not applied yet, in their order."""
        from archive.catalog import apply

        with self._database.read() as connection:
            return apply.pending(connection, keys)

    def apply(self, key: str, lines: list[Observation], outlet: Outlet) -> list[EventRow]:
        """Apply one observations object; the events that are new with it, oldest first. Again: nothing happens."""
        return self.apply_all([(key, lines)], outlet)

    def apply_all(self, items: Sequence[tuple[str, list[Observation]]], outlet: Outlet) -> list[EventRow]:
        """Apply several objects of one outlet in one transaction: for rebuilds, each article is folded once."""
        from archive.catalog.apply import apply

        return apply(self._database, items, outlet)

    def clear(self, ruled: Mapping[str, Act] | None = None) -> None:
        """Empty every table that follows from the bucket, but for these acts, by their keys. Leases stay.

        Nobody applies meanwhile: rows that a seal has read before and counts off after would leave the tallies wrong. And who
        applies next finds the acts there: what is withheld is not shown in between, and what is held is held.
        """
        from archive.catalog import acted, models

        with self._database.write_alone() as connection:
            for table in (*models.FROM_BUCKET, *models.COMPARED):
                connection.execute(table.delete())
            acted.apply(connection, ruled or {})

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row that follows from the bucket, by table, sorted: two catalogs are equal when these are."""
        from archive.catalog import queries

        with self._database.read() as connection:
            return queries.tables(connection)

    def note_batches(self, batches: Iterable[Batch]) -> None:
        """Take down which units these batches of the log hold. Again: nothing happens.

        Some at a time: whoever hands them over may read each from the bucket, and no transaction waits for that.
        """
        from archive.catalog import logged

        rest = iter(batches)
        while some := list(islice(rest, logged.AT_ONCE)):
            with self._database.write("log") as connection:
                logged.note(connection, some)

    def note_acts(self, found: Mapping[str, Act]) -> list[str]:
        """Take in acts by their keys; the keys that are new. Again: nothing happens."""
        from archive.catalog import acted

        with self._database.write("acts") as connection:
            return acted.apply(connection, found)

    # What the steps ask

    def acts(self, article: str = "") -> dict[str, Act]:
        """Acts by key, oldest first; of one article, or all."""
        from archive.catalog import acted

        with self._database.read() as connection:
            return acted.all_acts(connection, article)

    def unlogged_acts(self) -> list[str]:
        """Keys of the acts that are in no batch of the log that this catalog has seen."""
        from archive.catalog import acted

        with self._database.read() as connection:
            return acted.unlogged(connection)

    def standing(self) -> dict[str, Standing]:
        """By article id, what is in force: withheld, held. Articles of which nothing is are left out."""
        from archive.catalog import acted

        with self._database.read() as connection:
            return acted.standing(connection)

    def logged(self, units: Sequence[str]) -> dict[str, int]:
        """Of these units, those that are in the log: index of the first leaf of each."""
        from archive.catalog import logged

        with self._database.read() as connection:
            return logged.units(connection, units)

    def log_size(self) -> int:
        """The leaves of the log, as far as this catalog has seen it."""
        from archive.catalog import logged

        with self._database.read() as connection:
            return logged.size(connection)

    def last_content(self, outlet: str, articles: Collection[str]) -> dict[str, Observation]:
        """Last readable content of these articles, as the record that holds the payload, with its newest reading."""
        from archive.catalog import due

        with self._database.read() as connection:
            return due.last_content(connection, outlet, articles)

    def nowhere(self, outlet: str) -> tuple[str, int] | None:
        """Where the outlet's newest answer to an address that cannot exist is noted: observations object, line in it."""
        from archive.catalog import nowhere

        with self._database.read() as connection:
            return nowhere.newest(connection, outlet)

    def unread(self, outlet: str) -> list[UnreadRow]:
        """Captures that cannot be compared with their neighbour until one of both is read again."""
        from archive.catalog import queries

        with self._database.read() as connection:
            return queries.unread(connection, outlet)

    def has_run(self, outlet: str, run: str) -> bool:
        """Was the report of this run applied?"""
        return self.run_report(outlet, run) is not None

    def lines(self, outlet: str, article: str) -> list[tuple[str, Observation]]:
        """The observation lines of an article, oldest first, each with the key of the object that holds it."""
        from archive.catalog import lines

        with self._database.read() as connection:
            return lines.lines(connection, outlet, article)

    def run_report(self, outlet: str, run: str) -> dict[str, Any] | None:
        """The report of the run's last try; None while there is none."""
        from archive.catalog import queries

        with self._database.read() as connection:
            found = queries.runs(connection, outlet, 1, run)
        return found[0].report if found else None

    # Leases

    def lease(self, host: str, holder: str, seconds: float, now: datetime, alive: Callable[[str], bool | None] = alive) -> bool:
        """Take or renew the lease of a host until `now` + `seconds`; False while another one holds it."""
        from archive.catalog import leases

        with self._database.write(f"lease {host}") as connection:
            if not may_take(leases.held(connection, host), holder, now, alive):
                return False
            leases.put(connection, host, Held(holder, now + timedelta(seconds=seconds)))
            return True

    def release(self, host: str, holder: str) -> None:
        """Give the lease back; nothing happens when it is another's by now."""
        from archive.catalog import leases

        with self._database.write(f"lease {host}") as connection:
            leases.drop(connection, host, holder)
