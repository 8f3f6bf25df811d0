"""What people and pages ask of the catalog: answers without withheld articles, unless they are asked for."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Self

from archive.catalog.rows import ArticleRow, EventPage, EventRow, HistoryRow, RunRow, SeedLinkRow, VersionRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from archive.alarm import Drift
    from archive.catalog.database import Database
    from archive.catalog.gallery import PictureRow
    from archive.catalog.pairs import Pair
    from archive.catalog.rooms import AnnouncedRow, LinkedRow, SeedFileRow
    from archive.catalog.stream import Asked
    from archive.coverage import Coverage
    from archive.outlet import Outlet
    from archive.watch import Watched


class Shown:
    """The part of `archive.catalog.Catalog` that answers people."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._withheld = False  # whether the answers have the withheld articles too

    @cached_property
    def _database(self) -> Database:
        from archive.catalog.database import Database

        return Database(self.url)

    def with_withheld(self) -> Self:
        """This catalog, whose answers to people have the withheld articles too: for their operator, and for proofs."""
        database, other = self._database, copy(self)  # asked first, so that both share it
        other.__dict__["_database"], other._withheld = database, True
        return other

    def _shown(self) -> AbstractContextManager[Connection]:
        from archive.catalog.acted import SHOWN

        return self._database.read(**{SHOWN: self._withheld})

    def changes(
        self,
        outlet: str | None = None,
        kind: str | None = None,
        before: str | None = None,
        limit: int = 50,
        article: str | None = None,
        **narrower: str,
    ) -> list[EventRow]:
        """The rows of `changes_page`, of what archive.catalog.stream.Asked says."""
        from archive.catalog.stream import Asked

        asked = Asked(outlet or "", kind or "", before or "", article or "", **narrower)
        return list(self.changes_page(asked, limit).rows)

    def changes_page(self, asked: Asked, limit: int = 50) -> EventPage:
        """Events, newest first; Refused when there is no word among the words that are asked for."""
        from archive.catalog.stream import page

        with self._shown() as connection:
            return page(connection, asked, limit)

    def article(self, reference: str, outlet: str | None = None) -> ArticleRow:
        """By address, id, or first 6 or more digits of the id. Refused when there is none or more than one; Withheld."""
        from archive.catalog import queries

        with self._shown() as connection:
            return queries.find(connection, reference, outlet)

    def history(self, reference: str, outlet: str | None = None) -> HistoryRow:
        """The article with its versions, events, seed links and captures, oldest first. Refused as `article`."""
        from archive.catalog import queries

        with self._shown() as connection:
            return queries.history(connection, reference, outlet)

    def articles(
        self, outlet: str | None = None, state: str | None = None, text: str = "", limit: int | None = None
    ) -> list[ArticleRow]:
        """Articles by outlet and time of first sight; `text` is looked for in title and address."""
        from archive.catalog import queries

        with self._shown() as connection:
            return queries.articles(connection, outlet, state, text, limit)

    def versions(self, outlet: str | None = None) -> list[VersionRow]:
        from archive.catalog import queries

        with self._shown() as connection:
            return queries.versions(connection, outlet)

    def events(self, outlet: str | None = None) -> list[EventRow]:
        """By outlet, article and number; `changes` has them newest first."""
        from archive.catalog import queries

        with self._shown() as connection:
            return queries.events(connection, outlet)

    def links(self, outlet: str | None = None) -> list[SeedLinkRow]:
        """Links of versions to seed files."""
        from archive.catalog import queries

        with self._shown() as connection:
            return queries.links(connection, outlet)

    def republished(self, article: str = "", outlet: str = "", since: str = "", limit: int | None = None) -> list[Pair]:
        """Pairs of articles of which one holds the other's text, newest first: of an article (its id), an outlet, or all."""
        from archive.catalog import pairs

        with self._shown() as connection:
            return pairs.rows(connection, article, outlet, since, limit)

    def announced(self, outlet: str, article: str) -> list[AnnouncedRow]:
        """The lists that announced an article, the first one first."""
        from archive.catalog import rooms

        with self._shown() as connection:
            return rooms.announced(connection, outlet, article)

    def seed_files(self) -> list[SeedFileRow]:
        """Every seed file that an article shares words with, by name."""
        from archive.catalog import rooms

        with self._shown() as connection:
            return rooms.seed_files(connection)

    def linked(self, sha256: str, article: str = "", start: int = 0, limit: int | None = None) -> list[LinkedRow]:
        """The articles that share words with a seed file, or one; the largest share first, `limit` of them from `start`."""
        from archive.catalog import rooms

        with self._shown() as connection:
            return rooms.linked(connection, sha256, article, start, limit)

    def veiled(self, outlet: str, article: str) -> set[str]:
        """Records of the captures that hold a withheld article's page, or name it: where they led, whence they came."""
        from archive.catalog import acted, lines
        from archive.veil import others

        with self._shown() as connection:
            hidden = set() if self._withheld else set(acted.withheld(connection))
            held = lines.lines(connection, outlet, article) if hidden else []
            return {line.record for _, line in held if others(line) & hidden}

    def watch_list(self, outlet: str | None = None) -> list[Watched]:
        """What is watched, by outlet and address, with its pace and its last capture."""
        from archive.catalog import acted, models, watched

        with self._shown() as connection:
            return watched.pages(connection, outlet, acted.hidden(connection, models.watched))

    def picture_captures(self, outlet: str, urls: Collection[str]) -> list[PictureRow]:
        """Every capture of pictures at these addresses, oldest first; those that a withheld article showed as well."""
        from archive.catalog import gallery

        with self._database.read() as connection:
            return gallery.of_addresses(connection, outlet, urls)

    def pictures_of(self, outlet: str, article: str) -> list[PictureRow]:
        """Captures of the pictures that an article was the first to show, oldest first."""
        from archive.catalog import gallery

        with self._shown() as connection:
            return gallery.of_article(connection, outlet, article)

    def runs(self, outlet: str | None = None, limit: int | None = 50) -> list[RunRow]:
        """Reports, newest first."""
        from archive.catalog import queries

        with self._shown() as connection:
            return queries.runs(connection, outlet, limit)

    def run(self, run: str) -> list[RunRow]:
        """What one run did: the report of its last try, for each outlet that it captured something of."""
        from archive.catalog import of_run

        with self._shown() as connection:
            return of_run.reports(connection, run)

    def of_run(self, outlet: str, run: str, until: str, limit: int = 200) -> list[EventRow]:
        """What the captures of a run changed, newest first. `until`: no capture of it is later."""
        from archive.catalog import of_run

        with self._shown() as connection:
            return of_run.events(connection, outlet, run, until, limit)

    def twins(self, article: str) -> list[ArticleRow]:
        """Other articles that have said the same, by digest K, or that moved there or from there; withheld ones too."""
        from archive.catalog import queries
        from archive.catalog.acted import SHOWN

        with self._database.read(**{SHOWN: True}) as connection:
            return queries.twins(connection, article)

    def withheld(self, articles: Collection[str]) -> set[str]:
        """Which of these ids are of withheld articles: what a report names is left out by them."""
        from archive.catalog import acted

        with self._shown() as connection:
            return set() if self._withheld else set(articles) & set(acted.withheld(connection))

    def drift(self, outlet: str) -> Drift:
        """How the outlet's pages were read in its newest runs, and the alarms that follow."""
        from archive.catalog import drift

        with self._shown() as connection:
            return drift.view(connection, outlet)

    def coverage(self, outlet: Outlet) -> Coverage:
        """The outlet's channels against each other and against its articles."""
        from archive.catalog import coverage as rows
        from archive.channels import scope_of
        from archive.coverage import report

        def wanted(url: str) -> bool:
            return scope_of(outlet).article(url, trusted=True)

        with self._shown() as connection:
            name = outlet.name
            seen, known = rows.seen(connection, name), rows.known(connection, name)
            lists, runs = rows.documents(connection, name), rows.runs(connection, name)
            patience = max(2 * outlet.walk_every, 3600.0)
            return report(name, seen, known, lists, runs, wanted=wanted, patience=patience)
