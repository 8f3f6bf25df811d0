"""Acts in the catalog, and what is in force by them. Both follow from the objects under `acts/` alone.

`hidden` is the one place that says which rows people do not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, select

from archive import acts
from archive.acts import Act, Ruling, Standing
from archive.address import article_id
from archive.catalog import models, watched
from archive.catalog.bulk import chunks
from archive.catalog.rows import ArticleRow, EventRow

SHOWN = "warraq_withheld_shown"  # option of a connection: withheld articles are among the answers
_act, _standing = models.act.c, models.standing.c


def apply(connection: Connection, found: Mapping[str, Act]) -> list[str]:
    """Take in acts by their keys; the keys that are new. In any order, any number of times: the same rows."""
    held = {key for chunk in chunks(list(found)) for key in connection.scalars(select(_act.key).where(_act.key.in_(chunk)))}
    new = sorted(set(found) - held)
    if not new:
        return []
    rows = [
        {
            "key": key,
            "time": found[key].time,
            "kind": found[key].act,
            "article": found[key].article,
            "data": acts.dump(found[key]).decode(),
        }
        for key in new
    ]
    connection.execute(models.act.insert(), rows)
    for chunk in chunks(sorted({found[key].article for key in new} - {""})):
        _refold(connection, chunk)
    return new


def _refold(connection: Connection, articles: Sequence[str]) -> None:
    rows = connection.execute(select(_act.key, _act.data).where(_act.article.in_(articles)))
    found = {row.key: acts.load(row.data.encode()) for row in rows}
    now = acts.fold(found)
    connection.execute(models.standing.delete().where(_standing.article.in_(articles)))
    if now:
        nothing = Ruling("", "")
        connection.execute(
            models.standing.insert(),
            [
                {
                    "article": article,
                    "withheld": (one.withheld or nothing).since,
                    "withheld_by": (one.withheld or nothing).key,
                    "held": (one.held or nothing).since,
                    "held_by": (one.held or nothing).key,
                }
                for article, one in now.items()
            ],
        )
    watched.refold(connection, articles, found)


def all_acts(connection: Connection, article: str = "") -> dict[str, Act]:
    """Acts by key, oldest first; of one article, or all."""
    query = select(_act.key, _act.data).order_by(_act.time, _act.key)
    query = query.where(_act.article == article) if article else query
    return {row.key: acts.load(row.data.encode()) for row in connection.execute(query)}


def unlogged(connection: Connection) -> list[str]:
    """Keys of acts that are in no batch that this catalog has seen."""
    known = select(models.logged.c.unit)
    return list(connection.scalars(select(_act.key).where(_act.key.not_in(known)).order_by(_act.key)))


def standing(connection: Connection) -> dict[str, Standing]:
    """What is in force, by article id."""
    return {
        row.article: Standing(
            Ruling(row.withheld, row.withheld_by) if row.withheld else None, Ruling(row.held, row.held_by) if row.held else None
        )
        for row in connection.execute(select(models.standing))
    }


def hidden(connection: Connection, table: FromClause) -> list[ColumnElement[Any]]:
    """Conditions that leave out the rows of withheld articles, for a table with a column `article`.

    None in a transaction that was begun with the option SHOWN.
    """
    if connection.get_execution_options().get(SHOWN):
        return []
    return [table.c.article.not_in(_withheld())]


def withheld(connection: Connection) -> list[str]:
    """Ids of the withheld articles."""
    return list(connection.scalars(_withheld()))


def veil(connection: Connection, found: list[Any]) -> list[Any]:
    """Rows without the address of a withheld article that another one moved to."""
    moved = [row for row in found if _target(row)]
    if not moved or connection.get_execution_options().get(SHOWN):
        return found
    ids = set(withheld(connection))
    veiled = {id(row): _without_target(row) for row in moved if article_id(_target(row)) in ids}
    return [veiled.get(id(row), row) for row in found]


def _withheld() -> Select[Any]:
    return select(_standing.article).where(_standing.withheld != "")


def _target(row: Any) -> str:
    """The address that an article, or an event, says the article moved to."""
    if isinstance(row, ArticleRow):
        return row.moved_to
    return row.reason if isinstance(row, EventRow) and "moved" in row.kinds else ""


def _without_target(row: ArticleRow | EventRow) -> ArticleRow | EventRow:
    return replace(row, moved_to="") if isinstance(row, ArticleRow) else replace(row, reason="")
