"""The part of the catalog that holds alarms and what they follow from. Operational: a rebuild leaves it alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalog.measured import Measured

if TYPE_CHECKING:
    from archive.alarms.model import Alarm
    from archive.alarms.row import AlarmRow
    from archive.catalog.alarms import Measure


class Alarmed(Measured):
    """See `archive.alarms`."""

    def alarms(self, open_only: bool = True, limit: int = 500) -> list[AlarmRow]:
        """Alarms as people see them: the worst first, then the oldest; with those that are over, newest first, after them."""
        from archive.alarms.row import shown
        from archive.catalog import alarms

        with self._database.read() as connection:
            return shown(alarms.held(connection, open_only=open_only, limit=limit))

    def recent_alarms(self, since: datetime) -> list[Alarm]:
        """Those that are open, closed after `since`, or over without a word."""
        from archive.catalog import alarms

        with self._database.read() as connection:
            return alarms.recent(connection, since)

    def change_alarms(self, change: Callable[[Sequence[Alarm]], Iterable[Alarm]], since: datetime) -> list[Alarm]:
        """Put what `change` makes of the alarms that are open, closed after `since`, or over without a word.

        Only one at a time changes them, whoever else checks.
        """
        from archive.catalog import alarms

        with self._database.write("alarms") as connection:
            made = list(change(alarms.recent(connection, since)))
            alarms.put(connection, made)
        return made

    def gone_since(self, since: str) -> dict[str, int]:
        """By outlet, how many articles were found gone since then; withheld ones too."""
        from archive.catalog import alarms

        with self._database.read() as connection:
            return alarms.gone_since(connection, since)

    def measure(self, rows: Iterable[Measure]) -> None:
        """Take down measurements; one that is there already stays."""
        from archive.catalog import alarms

        with self._database.write("measure") as connection:
            alarms.note(connection, rows)

    def measures(self, name: str, since: str = "", subject: str | None = None) -> list[Measure]:
        """Measurements of one kind, oldest first."""
        from archive.catalog import alarms

        with self._database.read() as connection:
            return alarms.measures(connection, name, since, subject)

    def restate(self, name: str, subject: str, change: Callable[[Sequence[Measure]], Iterable[Measure]]) -> None:
        """Put what `change` makes of the measurements of one subject, oldest first, in their place.

        For states: what was noted of it before does not count any more, whatever time a clock that was ahead wrote there.
        """
        from archive.catalog import alarms

        with self._database.write("measure") as connection:
            held = alarms.measures(connection, name, "", subject)
            made = list(change(held))
            if made != held:
                alarms.replace(connection, name, subject, made)

    def forget(self, name: str, before: str, *more: str) -> None:
        """Drop old measurements of one kind, and of `more`."""
        from archive.catalog import alarms

        with self._database.write("measure") as connection:
            alarms.forget(connection, (name, *more), before)
