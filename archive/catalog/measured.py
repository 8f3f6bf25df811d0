"""The part of the catalog that holds measurements: what nothing in the bucket says, and a rebuild leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalog.rows import EventRow
from archive.catalog.tallied import Tallied

if TYPE_CHECKING:
    from archive.latency import Latency


class Measured(Tallied):
    """See `archive.latency`."""

    def note_latency(self, outlet: str, events: Sequence[EventRow], sealed: datetime) -> list[Latency]:
        """Take down how long it took until these new events were sealed, once for each; what is new."""
        from archive.catalog import latency

        if not events:
            return []
        with self._database.write(outlet) as connection:
            return latency.note(connection, outlet, events, sealed)

    def latencies(self, outlet: str | None = None, since: str = "") -> list[Latency]:
        """What was measured of events from the time `since` on, oldest first."""
        from archive.catalog import latency

        with self._shown() as connection:
            return latency.rows(connection, outlet, since)
