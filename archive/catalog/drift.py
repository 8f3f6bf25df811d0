"""Figures of how pages were read, and what the outlet's crossings settle, in the catalog.

Figures follow from each observations object alone, crossings from each article's own lines, and what is settled from all
crossings and the acts on the outlet: in whatever order they come, the rows are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, update

from archive import acts, alarm, crossing, drift
from archive.address import article_id
from archive.alarm import Drift
from archive.catalog import acted, models
from archive.crossing import Crossing, Settled
from archive.drift import Figures
from archive.observation import Observation

RUNS = 120  # of the past, of which figures are asked for
_c, _f, _o, _act = models.crossing.c, models.figure.c, models.outlet.c, models.act.c
Row = tuple[Any, ...]


def figure_rows(outlet: str, run: str, file: str, lines: Sequence[Observation]) -> list[Row]:
    """The figures of one observations object, a row for each layout."""
    found = drift.of_file(lines)
    return [
        (outlet, file, layout, run, orjson.dumps(one.row(), option=orjson.OPT_SORT_KEYS).decode())
        for layout, one in sorted(found.items())
    ]


def settled(connection: Connection, outlet: str) -> Settled:
    """What was settled when the outlet's articles were folded last."""
    return crossing.load(connection.scalar(select(_o.settled).where(_o.outlet == outlet)) or "")


def accepted(connection: Connection, outlet: str) -> set[str]:
    """Shapes that acts accept."""
    query = select(_act.key, _act.data).where(_act.kind == acts.ACCEPT)
    return set(acts.accepted({row.key: acts.load(row.data.encode()) for row in connection.execute(query)}, outlet))


def is_ruled(connection: Connection, outlet: str, held: Settled) -> bool:
    """Were all acts that accept a look counted in what was settled?"""
    return set(held.accepted) == accepted(connection, outlet)


def settle_anew(connection: Connection, outlet: str) -> tuple[Settled, list[str]]:
    """Settle the outlet's looks by what is known now; the articles to be folded again, none when nothing changed."""
    found = [(article, one) for article, one, _ in crossings(connection, outlet)]
    before, now = settled(connection, outlet), crossing.settle(found, accepted(connection, outlet))
    if now == before:
        return now, []
    connection.execute(update(models.outlet).where(_o.outlet == outlet).values(settled=now.dump()))
    return now, sorted(crossing.touched(found, before, now))


def crossings(connection: Connection, outlet: str) -> list[tuple[str, Crossing, str]]:
    """(article, crossing, since when it waits) of the whole outlet, in order; withheld articles too: they vote."""
    query = select(models.crossing).where(_c.outlet == outlet).order_by(_c.article, _c.number)
    return [(row.article, _crossing(row), row.waits) for row in connection.execute(query)]


def _crossing(row: Any) -> Crossing:
    return Crossing(
        time=row.time,
        run=row.run,
        before=row.before,
        after=row.after,
        same=bool(row.same),
        headline=bool(row.headline),
        came=tuple(row.came.split()),
        went=tuple(row.went.split()),
        last=bool(row.last),
        told=bool(row.told),
    )


def runs(connection: Connection, outlet: str) -> list[tuple[str, dict[str, Figures]]]:
    """Figures by run and layout of the newest RUNS runs that have any, oldest first; with addresses of withheld articles."""
    newest = select(_f.run).where(_f.outlet == outlet).distinct().order_by(_f.run.desc()).limit(RUNS).subquery()
    query = select(_f.run, _f.layout, _f.data).where(_f.outlet == outlet, _f.run.in_(select(newest.c.run)))
    return drift.by_run(
        (row.run, row.layout, drift.figures(orjson.loads(row.data)))
        for row in connection.execute(query.order_by(_f.run, _f.file, _f.layout))
    )


def _withheld(connection: Connection) -> set[str]:
    if connection.get_execution_options().get(acted.SHOWN):
        return set()
    return {article for article, standing in acted.standing(connection).items() if standing.withheld}


def _shown(examples: Iterable[tuple[str, str]], hidden: Collection[str]) -> tuple[tuple[str, str], ...]:
    return tuple((article, url) for article, url in examples if article not in hidden and article_id(url) not in hidden)


def urls(connection: Connection, outlet: str, articles: Sequence[str]) -> dict[str, str]:
    """Addresses of these articles, without withheld ones."""
    a = models.article.c
    where = (a.outlet == outlet, a.article.in_(articles), *acted.hidden(connection, models.article))
    return {row.article: row.url for row in connection.execute(select(a.article, a.url).where(*where))}


def waiting(connection: Connection, outlet: str) -> int:
    """Articles whose text in another look is compared with nothing yet."""
    query = select(func.count()).select_from(models.crossing).where(_c.outlet == outlet, _c.waits != "")
    return int(connection.scalar(query) or 0)


def view(connection: Connection, outlet: str) -> Drift:
    """All of it, as people may see it."""
    told, now = runs(connection, outlet), settled(connection, outlet)
    found = [(article, one) for article, one, _ in crossings(connection, outlet)]
    hidden = _withheld(connection)  # counted with the others, and never named
    alarms = [replace(one, examples=_shown(one.examples, hidden)) for one in alarm.alarms(told)]
    alarms += alarm.look_alarms(found, now, told, partial(urls, connection, outlet))
    for of in (one for _, by_layout in told for one in by_layout.values()):
        of.examples = {what: [*_shown(named, hidden)] for what, named in of.examples.items()}
        of.articles = [article for article in of.articles if article not in hidden]
    return Drift(told, tuple(sorted(alarms, key=lambda one: one.opened)), waiting(connection, outlet), now)
