"""What is asked of the catalog by people and pages. Each reads in the caller's transaction, answers with `rows` records.

Withheld articles are left out of every answer (`acted.hidden`), unless the transaction was begun to show them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, or_, select

from archive.address import article_id
from archive.catalog import acted, models
from archive.catalog.apply import load
from archive.catalog.rows import (
    ArticleRow,
    CaptureRow,
    EventRow,
    HistoryRow,
    RunRow,
    SeedLinkRow,
    UnreadRow,
    VersionRow,
)
from archive.errors import Refused, Withheld
from archive.version import in_order


@dataclass
class _Link:
    """A row of seed_link as it is stored: `detail` is JSON text."""

    outlet: str
    article: str
    version: int
    name: str
    sha256: str
    seed_set: str
    relation: str
    detail: str


_REFERENCE = re.compile(r"[0-9a-f]{6,32}")


def unread(connection: Connection, outlet: str) -> list[UnreadRow]:
    """For the steps, which treat a withheld article as any other: nothing is left out."""
    u = models.unread.c
    return _every(connection, UnreadRow, models.unread, u.outlet == outlet, order=(u.time, u.article, u.record))


def find(connection: Connection, reference: str, outlet: str | None) -> ArticleRow:
    """The article of that address, id, or first digits (6 or more) of an id.

    Refused when there is none, or several; Withheld when it may not be shown.
    """
    a = models.article.c
    if "/" in reference or "." in reference:
        where: Any = a.article == article_id(reference if "//" in reference else f"https://{reference}")
    elif _REFERENCE.fullmatch(reference):
        where = a.article == reference if len(reference) == 32 else a.article.startswith(reference)
    else:
        raise Refused(f"{reference!r} names no article", "give its address, its id, or the first 6 or more digits of its id")
    wheres = [where, a.outlet == outlet] if outlet else [where]
    found = _rows(connection, ArticleRow, models.article, *wheres, order=(a.outlet, a.article), limit=2)
    if not found:
        if connection.scalar(select(func.count()).select_from(models.article).where(*wheres)):
            raise Withheld("this article is withheld by an act of restriction", "`warraq acts` lists them")
        raise Refused(f"no article {reference} in the catalog", "`warraq ls` lists them")
    if len(found) > 1:
        raise Refused(f"{reference} is more than one article", "give more digits, or the outlet")
    row: ArticleRow = found[0]
    return row


def history(connection: Connection, reference: str, outlet: str | None) -> HistoryRow:
    row = find(connection, reference, outlet)
    lines = load(connection, row.outlet, [row.article]).get(row.article, [])
    names = [f.name for f in fields(CaptureRow)]
    return HistoryRow(
        article=row,
        versions=tuple(versions(connection, row.outlet, row.article)),
        events=tuple(events(connection, row.outlet, row.article)),
        links=tuple(links(connection, row.outlet, row.article)),
        captures=tuple(CaptureRow(*(getattr(line, n) for n in names)) for line in in_order(lines) if not line.reread),
    )


def articles(
    connection: Connection, outlet: str | None = None, state: str | None = None, text: str = "", limit: int | None = None
) -> list[ArticleRow]:
    """By outlet and time of first sight. `text` is looked for in title and address."""
    a = models.article.c
    where: list[Any] = [a.outlet == outlet] if outlet else []
    if state:
        where.append(a.state == state)
    if text:
        where.append(or_(a.title.contains(text, autoescape=True), a.url.contains(text, autoescape=True)))
    return _rows(connection, ArticleRow, models.article, *where, order=(a.outlet, a.first_seen, a.article), limit=limit)


def twins(connection: Connection, article: str) -> list[ArticleRow]:
    """Other articles that have said the same as this one, by digest K of the body, or that moved there or from there."""
    a, v, mine = models.article.c, models.version.c, models.version.alias().c
    said = select(mine.body_k).where(mine.article == article, mine.chars > 0)
    moved = connection.execute(select(a.article, a.moved_to).where(a.moved_to != ""))
    paths = [(origin, article_id(to)) for origin, to in moved]
    near = {one for path in paths if article in path for one in path}
    others = or_(a.article.in_(select(v.article).where(v.body_k.in_(said))), a.article.in_(near))
    return _rows(connection, ArticleRow, models.article, others, a.article != article, order=(a.outlet, a.article))


def versions(connection: Connection, outlet: str | None, article: str | None = None) -> list[VersionRow]:
    return _all(connection, VersionRow, models.version, outlet, article)


def events(connection: Connection, outlet: str | None, article: str | None = None) -> list[EventRow]:
    return _all(connection, EventRow, models.event, outlet, article)


def links(connection: Connection, outlet: str | None, article: str | None = None) -> list[SeedLinkRow]:
    found = _all(connection, _Link, models.seed_link, outlet, article)
    return [SeedLinkRow(**{**asdict(link), "detail": orjson.loads(link.detail)}) for link in found]


def runs(connection: Connection, outlet: str | None, limit: int | None, run: str | None = None) -> list[RunRow]:
    """Reports, newest first."""
    r = models.run.c
    query = select(r.outlet, r.run, r.attempt, r.time, r.report).order_by(
        r.run.desc(), r.attempt.desc(), r.file.desc(), r.line.desc()
    )
    query = query.where(r.outlet == outlet) if outlet else query
    query = query.where(r.run == run) if run else query
    return [RunRow(*row[:-1], orjson.loads(row[-1])) for row in connection.execute(query.limit(limit))]


def tables(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that follows from the bucket, sorted: what a rebuild must give again."""
    return {t.name: sorted(tuple(row) for row in connection.execute(select(t))) for t in models.FROM_BUCKET}


def _all(connection: Connection, kind: Any, table: Table, outlet: str | None, article: str | None) -> list[Any]:
    """Rows of an outlet, or of one article, by their key."""
    where = [table.c.outlet == outlet] if outlet else []
    if article:
        where.append(table.c.article == article)
    return _rows(connection, kind, table, *where, order=tuple(table.primary_key))


def _rows(
    connection: Connection, kind: Any, table: Table, *where: Any, order: Iterable[Any], limit: int | None = None
) -> list[Any]:
    """Rows of a table about articles as people may see them."""
    found = _every(connection, kind, table, *where, *acted.hidden(connection, table), order=order, limit=limit)
    return acted.veil(connection, found)


def _every(
    connection: Connection, kind: Any, table: Table, *where: Any, order: Iterable[Any], limit: int | None = None
) -> list[Any]:
    """Rows as records of `kind`, whose fields are named as the columns."""
    columns = [table.c[f.name] for f in fields(kind)]
    return [kind(*row) for row in connection.execute(select(*columns).where(*where).order_by(*order).limit(limit))]
