"""The part of the catalog that answers with figures: what the first page and the one about health show."""

from __future__ import annotations

from datetime import datetime

from archive.catalog.rows import DayRow, DelayRow, DueRow, OutletRow, RunRow, StoredRow
from archive.catalog.shown import Shown


class Tallied(Shown):
    """See `archive.catalog.tally` and `archive.catalog.figures`."""

    def outlets(self, now: datetime | None = None) -> list[OutletRow]:
        """Every outlet that has a capture: counts, last capture, failing since.

        With `now`, a capture of a time to come is none of the last: it was a clock that was ahead.
        """
        from archive.alarms.model import AHEAD
        from archive.catalog import figures
        from archive.latency import stamp

        with self._shown() as connection:
            return figures.outlets(connection, stamp(now + AHEAD) if now else "")

    def newest_runs(self) -> list[RunRow]:
        """Of each outlet the report of its newest run, by outlet; those without one are left out."""
        from archive.catalog import figures

        with self._shown() as connection:
            return figures.newest_runs(connection)

    def first_days(self) -> dict[str, str]:
        """By outlet, the first UTC day on which anything of it was asked for."""
        from archive.catalog import tally

        with self._database.read() as connection:
            return tally.first_days(connection)

    def days(self, since: str = "", outlet: str | None = None) -> list[DayRow]:
        """By outlet and UTC day, from the day `since` ("2026-11-22") on; no row for a day on which nothing was counted."""
        from archive.catalog import tally

        with self._shown() as connection:
            return tally.days(connection, since, outlet)

    def waiting(self, now: datetime) -> list[DueRow]:
        """By outlet and reason, how many visits are due now and within 24 hours; reasons without any are left out."""
        from archive.catalog.waiting import waiting

        with self._shown() as connection:
            return waiting(connection, now)

    def delays(self, outlet: str | None = None, since: str = "") -> list[DelayRow]:
        """By outlet, how long it took from publication to seal, of what was published from the time `since` on."""
        from archive.catalog import figures

        with self._shown() as connection:
            return figures.delays(connection, outlet, since)

    def stored(self) -> list[StoredRow]:
        """By outlet, what is stored of it."""
        from archive.catalog import figures

        with self._database.read() as connection:
            return figures.stored(connection)
