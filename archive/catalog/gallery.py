"""Captures of pictures by their addresses, and by the article that showed them first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, FromClause, select

from archive.catalog import acted, models
from archive.catalog.bulk import chunks


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One capture of a picture."""

    outlet: str
    url: str
    time: str
    of: str  # id of the article that showed it first
    klass: str  # content: it came
    reason: str
    status: int
    payload: str
    body: str
    warc: str
    offset: int
    length: int
    record: str
    record_type: str


def of_addresses(connection: Connection, outlet: str, urls: Collection[str]) -> list[PictureRow]:
    """Every capture of these addresses, oldest first. For the steps: nothing is left out."""
    table, found = models.picture, list[PictureRow]()
    for some in chunks(sorted(urls)):
        found += _rows(connection, table, table.c.outlet == outlet, table.c.url.in_(some))
    return sorted(found, key=lambda row: (row.time, row.url))


def of_article(connection: Connection, outlet: str, article: str) -> list[PictureRow]:
    """Captures of the pictures that an article was the first to show, oldest first."""
    table = select(models.picture, models.picture.c.of.label("article")).subquery()
    where = (table.c.outlet == outlet, table.c.of == article, *acted.hidden(connection, table))
    return sorted(_rows(connection, table, *where), key=lambda row: (row.time, row.url))


def _rows(connection: Connection, table: FromClause, *where: Any) -> list[PictureRow]:
    columns = [table.c[field.name] for field in fields(PictureRow)]
    return [PictureRow(*row) for row in connection.execute(select(*columns).where(*where))]
