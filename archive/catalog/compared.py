"""The part of the catalog that the step `republished` asks: whose texts are to be looked for, and among which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archive.catalog.planned import Planned

if TYPE_CHECKING:
    from archive.republished import Face, Hits, Key, Link


class Compared(Planned):
    """See `archive.catalog.sketches` and `archive.catalog.pairs`."""

    def to_compare(self, now: datetime, limit: int) -> list[Any]:
        """(outlet, article, due, texts) of articles that are due to be looked for among the others, the longest due first."""
        from archive.catalog import sketches
        from archive.catalog.derive import stamp

        with self._database.read() as connection:
            return sketches.waiting(connection, stamp(now), limit)

    def compare_all(self) -> None:
        """Forget what was found, and have every article compared again."""
        from archive.catalog import sketches

        with self._database.write("republished") as connection:
            sketches.all_over(connection)

    def sample_holders(self, hashes: Collection[int]) -> Hits:
        """Which articles have these samples."""
        from archive.catalog import sketches

        with self._database.read() as connection:
            return sketches.holders(connection, hashes)

    def faces(self, articles: Iterable[Key]) -> dict[Key, list[Face]]:
        """The versions of these articles, each given by its outlet and its id, or the start of its id; by outlet and id."""
        from archive.catalog import sketches

        found: dict[Key, list[Face]] = {}
        with self._database.read() as connection:
            for outlet, start in articles:
                for face in sketches.faces(connection, outlet, start):
                    found.setdefault((outlet, face.article), []).append(face)
        return found

    def postings(self, outlet: str, articles: Collection[str]) -> dict[str, tuple[str, str]]:
        """(address that it moved to, post id) of these articles of the outlet, "" for none."""
        from archive.catalog import sketches

        with self._database.read() as connection:
            return sketches.postings(connection, outlet, articles)

    def linked_with(self, outlet: str, article: str) -> set[Key]:
        """The articles that one is linked with, as far as it is known."""
        from archive.catalog import pairs

        with self._database.read() as connection:
            return pairs.of(connection, outlet, article)

    def note_compared(
        self, row: Sequence[str], known: Collection[Key], links: Collection[Link], again: datetime | None
    ) -> None:
        """`row` (outlet, article, due, texts), linked with the `known` ones, has these links now; next `again`, or never."""
        from archive.catalog import pairs, sketches
        from archive.catalog.derive import stamp

        outlet, article, _, texts = row
        with self._database.write("republished") as connection:
            pairs.put(connection, outlet, article, known, links)
            sketches.done(connection, outlet, article, texts, stamp(again) if again else "")
