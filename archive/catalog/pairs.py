"""Pairs of articles of which one holds the other's text: kept by the step that finds them, read by people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import orjson
from sqlalchemy import Connection, and_, or_, select

from archive.catalog import acted, models
from archive.republished import Key, Link

_r = models.republication.c
_COLUMNS = [f.name for f in fields(Link)]
_FIRST, _SECOND = models.article.alias("first"), models.article.alias("second")


@dataclass(frozen=True, slots=True)
class Pair:
    """A link with the addresses and headlines of both articles, as they are now."""

    link: Link = field(hash=False)
    url: str
    title: str
    other_url: str
    other_title: str


def of(connection: Connection, outlet: str, article: str) -> set[Key]:
    """The articles that one is linked with."""
    mine = connection.execute(select(_r.other_outlet, _r.other).where(_r.outlet == outlet, _r.article == article))
    theirs = connection.execute(select(_r.outlet, _r.article).where(_r.other_outlet == outlet, _r.other == article))
    return {(row[0], row[1]) for rows in (mine, theirs) for row in rows}


def put(connection: Connection, outlet: str, article: str, known: Iterable[Key], links: Collection[Link]) -> None:
    """Make these the links of an article that was linked with the `known` ones; links that others found meanwhile stay."""
    sides = {side for one in links for side in ((one.outlet, one.article), (one.other_outlet, one.other))}
    for other_outlet, other in sides.union(known) - {(outlet, article)}:
        ways = ((outlet, article, other_outlet, other), (other_outlet, other, outlet, article))
        same = [and_(_r.outlet == a, _r.article == b, _r.other_outlet == c, _r.other == d) for a, b, c, d in ways]
        connection.execute(models.republication.delete().where(or_(*same)))
    if rows := [_row(link) for link in links]:
        connection.execute(models.republication.insert(), rows)


def rows(connection: Connection, article: str, outlet: str, since: str, limit: int | None) -> list[Pair]:
    """By the time at which the second of both was captured, newest first, without withheld articles on either side.

    Of an article, of an outlet (on either side), or all; `since`: captured then or later.
    """
    query = (
        select(
            *(models.republication.c[name] for name in _COLUMNS), _FIRST.c.url, _FIRST.c.title, _SECOND.c.url, _SECOND.c.title
        )
        .join(_FIRST, and_(_FIRST.c.outlet == _r.outlet, _FIRST.c.article == _r.article))
        .join(_SECOND, and_(_SECOND.c.outlet == _r.other_outlet, _SECOND.c.article == _r.other))
        .where(*acted.hidden(connection, _FIRST), *acted.hidden(connection, _SECOND))
        .order_by(_r.other_captured.desc(), _r.outlet, _r.article, _r.other_outlet, _r.other)
        .limit(limit)
    )
    if article:
        names = select(models.outlet.c.outlet)  # with an outlet each side has an index
        sides = and_(_r.outlet.in_(names), _r.article == article), and_(_r.other_outlet.in_(names), _r.other == article)
        query = query.where(or_(*sides))
    if outlet:
        query = query.where(or_(_r.outlet == outlet, _r.other_outlet == outlet))
    if since:
        query = query.where(_r.other_captured >= since)
    return [_pair(tuple(row)) for row in connection.execute(query)]


def _row(link: Link) -> dict[str, Any]:
    values = {name: getattr(link, name) for name in _COLUMNS}
    return {**values, "detail": orjson.dumps(link.detail, option=orjson.OPT_SORT_KEYS).decode()}


def _pair(row: tuple[Any, ...]) -> Pair:
    values = dict(zip(_COLUMNS, row, strict=False))
    return Pair(Link(**{**values, "detail": orjson.loads(values["detail"])}), *row[len(_COLUMNS) :])
