"""The part of the catalog that the text index answers, and that fills it. See `archive.catalog.search`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from archive.catalog.compared import Compared

if TYPE_CHECKING:
    from archive.catalog.hits import Found, Waiting, Wish
    from archive.search.entry import Entry


class Searched(Compared):
    """Questions are answered without withheld articles, unless they are asked for."""

    def search(self, wish: Wish, limit: int = 20) -> Found:
        """A page of articles with versions that answer, the newest such version first. Refused when a time is none."""
        from archive.catalog import search

        with self._shown() as connection:
            return search.search(connection, wish, limit)

    def search_articles(self, words: str, limit: int = 500) -> list[str]:
        """Ids of up to `limit` articles of which some version has these words, newest first. Refused when there is no word."""
        from archive.catalog.hits import Wish
        from archive.search.query import parse

        return [hit.article for hit in self.search(Wish(parse(words)), limit).hits]

    def unindexed(self, most: int = 1000) -> int:
        """How many texts wait to be indexed, counted up to `most`."""
        from archive.catalog import search

        with self._database.read() as connection:
            return search.how_many(connection, most)

    def to_index(self, now: datetime, limit: int) -> list[Waiting]:
        """Up to `limit` texts that are due to be indexed. Those that are indexed already are struck off the list."""
        from archive.catalog import search
        from archive.catalog.derive import stamp

        while True:
            with self._database.read() as connection:
                due = search.waiting(connection, stamp(now), limit)
                held = search.known(connection, due)
            if not held:
                return due
            with self._database.write("search") as connection:
                search.done(connection, sorted(held))

    def note_indexed(self, entries: Mapping[Waiting, Entry]) -> int:
        """Index these texts; how many the index did not have. Again: nothing happens."""
        from archive.catalog import search

        with self._database.write("search") as connection:
            return search.put(connection, entries)

    def index_later(self, some: Sequence[Waiting], due: datetime) -> None:
        """These could not be read: they are due again then."""
        from archive.catalog import search
        from archive.catalog.derive import stamp

        with self._database.write("search") as connection:
            search.postpone(connection, [one.snapshot for one in some], stamp(due))

    def index_again(self) -> None:
        """Forget every indexed text, and have every version's indexed anew."""
        from archive.catalog import search

        with self._database.write("search") as connection:
            search.all_over(connection)
