"""The part of the catalog that the steps `plan` and `crawl` ask: what is due, what is known, what was walked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalog.alarmed import Alarmed
from archive.catalog.rows import Walk

if TYPE_CHECKING:
    from archive.capture import Previous
    from archive.catalog.again import Kindred
    from archive.crossing import Crossing, Settled
    from archive.outlet import Outlet
    from archive.plan import Habits, Known


class Planned(Alarmed):
    """See `archive.catalog.visits`, `archive.catalog.listed` and `archive.catalog.due`."""

    def settle(self, outlet: Outlet) -> None:
        """Fold every article of the outlet again if settings changed that history or dues follow from."""
        from archive.catalog.apply import settle

        settle(self._database, outlet)

    def known(self, outlet: str) -> list[Known]:
        """Every article of the outlet, announced or captured, as planning needs it."""
        from archive.catalog import visits

        with self._database.read() as connection:
            return visits.every(connection, outlet)

    def due(self, outlet: str, now: datetime, room: int, habits: Habits, *, everything: bool = False) -> list[Known]:
        """The articles among which `plan.decide` finds the next `room` visits. `everything`: due or not."""
        from archive.catalog import visits

        with self._database.read() as connection:
            return visits.due(connection, outlet, now, room, habits, everything=everything)

    def least_lately(self, outlet: str, before: datetime, most: int) -> list[Known]:
        """At most so many articles that were last fetched before then and wait for a visit by age."""
        from archive.catalog import visits

        with self._database.read() as connection:
            return visits.least_lately(connection, outlet, before, most)

    def habits(self, outlet: str, now: datetime) -> Habits:
        """What experience says of the outlet's validators and lists."""
        from archive.catalog import visits

        with self._database.read() as connection:
            return visits.habits(connection, outlet, now)

    def expected(self, outlet: str) -> int:
        """How many articles the site said it has when it was last asked, -1 when it does not say."""
        from archive.catalog import visits

        with self._database.read() as connection:
            return visits.expected(connection, outlet)

    def had(self, outlet: str) -> tuple[str, ...]:
        """The kinds of list that had articles in the newest run in which any had."""
        from archive.catalog import visits

        with self._database.read() as connection:
            return visits.had(connection, outlet)

    def asked(
        self, outlet: str, ignored: frozenset[str] = frozenset()
    ) -> Iterator[tuple[str, str, str, str, dict[str, str], int]]:
        """Of each article that was asked for: id, post id, published, address, answered words, 1: listed and alive, 2: gone."""
        from archive.catalog import visits

        with self._database.read() as connection:
            yield from visits.asked(connection, outlet, ignored)

    def pictures(self, outlet: str) -> set[str]:
        """Addresses of the outlet's pictures that were answered at least once."""
        from archive.catalog import pictures

        with self._database.read() as connection:
            return pictures.answered(connection, outlet)

    def attempted(self, outlet: str) -> set[str]:
        """Ids of the articles that were asked for at least once."""
        from archive.catalog import due

        with self._database.read() as connection:
            return due.attempted(connection, outlet)

    def channels(self, outlet: str) -> dict[str, Previous]:
        """Of each channel address, its last document that was stored whole."""
        from archive.catalog import due

        with self._database.read() as connection:
            return due.channels(connection, outlet)

    def walk(self, outlet: str) -> Walk:
        """The last walk through the channels' pages, open or complete."""
        from archive.catalog import due

        with self._database.read() as connection:
            return due.walk(connection, outlet)

    def watched(self, outlet: str) -> dict[str, float]:
        """Of the outlet's articles that are watched, by id: seconds after which each is looked at again at the latest."""
        from archive.catalog import watched

        with self._database.read() as connection:
            return watched.paces(connection, outlet)

    def previous(self, outlet: str, articles: Sequence[str]) -> dict[str, Previous]:
        """Of these articles, by id: the last capture that was stored whole. Those without one are left out."""
        from archive.catalog import watched

        with self._database.read() as connection:
            return watched.previous(connection, outlet, articles)

    def article_ids(self, outlet: str, after: str, most: int) -> list[str]:
        """Ids of the outlet's articles that follow `after`, in their order, at most so many."""
        from archive.catalog import again

        with self._database.read() as connection:
            return again.article_ids(connection, outlet, after, most)

    def kindred(self, outlet: str, articles: Sequence[str]) -> Kindred:
        """By id, the lines of these articles and of all that may be one with them; and what they are to each other."""
        from archive.catalog import again

        with self._database.read() as connection:
            return again.kindred(connection, outlet, articles)

    def settled_with(self, outlet: str, others: Mapping[str, Sequence[Crossing]]) -> Settled:
        """What the outlet's articles would settle of its looks if these had the crossings `others`; see archive.crossing."""
        from archive.catalog import again

        with self._database.read() as connection:
            return again.settled_with(connection, outlet, others)
