"""The watch list in the catalog: what is watched follows from acts, when it was last captured from observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, select

from archive import acts
from archive.acts import Act
from archive.capture import Previous
from archive.catalog import models
from archive.catalog.bulk import chunks
from archive.watch import Watched

_w, _a = models.watched.c, models.article.c


def refold(connection: Connection, articles: Sequence[str], found: Mapping[str, Act]) -> None:
    """Make the rows of these articles anew; `found`: all acts on them, by their keys."""
    connection.execute(models.watched.delete().where(_w.article.in_(articles)))
    rows = [
        {
            "article": article,
            "outlet": one.outlet,
            "url": one.url,
            "since": one.since,
            "every": one.every,
            "act": one.key,
        }
        for article, one in acts.watched(found).items()
    ]
    if rows:
        connection.execute(models.watched.insert(), rows)


def paces(connection: Connection, outlet: str) -> dict[str, float]:
    """By article id: after how many seconds a watched article of the outlet is looked at again at the latest."""
    return {
        row.article: float(row.every) for row in connection.execute(select(_w.article, _w.every).where(_w.outlet == outlet))
    }


def pages(connection: Connection, outlet: str | None, where: Sequence[ColumnElement[Any]]) -> list[Watched]:
    """What is watched, by outlet and address, with what its captures told; `where`: as people may see it."""
    told = (_a.state, _a.last_fetch, _a.unconfirmed, *_previous())
    query = (
        select(_w.article, _w.outlet, _w.url, _w.every, _w.since, _w.act, *told)
        .join_from(models.watched, models.article, and_(_a.outlet == _w.outlet, _a.article == _w.article), isouter=True)
        .where(*where)
        .order_by(_w.outlet, _w.url, _w.article)
    )
    query = query.where(_w.outlet == outlet) if outlet else query
    return [
        Watched(
            article=row.article,
            outlet=row.outlet,
            url=row.url,
            every=row.every,
            since=row.since,
            act=row.act,
            state=row.state or "new",
            last_fetch=row.last_fetch or "",
            unconfirmed=row.unconfirmed or "",
            previous=Previous(*row[-5:]) if row.previous_record else None,
        )
        for row in connection.execute(query)
    ]


def previous(connection: Connection, outlet: str, articles: Sequence[str]) -> dict[str, Previous]:
    """Of those of these articles that have one: their last capture that was stored whole."""
    found: dict[str, Previous] = {}
    for chunk in chunks(articles):
        query = select(_a.article, *_previous()).where(_a.outlet == outlet, _a.article.in_(chunk), _a.previous_record != "")
        found |= {row[0]: Previous(*row[1:]) for row in connection.execute(query)}
    return found


def _previous() -> list[ColumnElement[str]]:
    return [_a.previous_url, _a.previous_time, _a.previous_record, _a.previous_payload, _a.previous_body]
