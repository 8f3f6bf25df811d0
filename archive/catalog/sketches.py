"""Samples of texts in the catalog: kept with the fold, asked by the step that looks for copies (archive.steps.republished).

`sample` has a row for each sample of an article, clustered by the sample: one search for each run of words of a text. What
more than CROWD articles of one outlet have is that outlet's own line (a footer, a formula) and tells no copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from zlib import crc32

from sqlalchemy import Connection, func, literal, select

from archive import sketch
from archive.catalog import bulk, models
from archive.catalog.derive import Row
from archive.republished import Face, Hits, Key

START = 12  # digits of an article's id that a sample's row has
CROWD = 8  # articles of one outlet
GLANCE = 64  # rows of one sample that are read before its outlets are looked at one by one
_COLUMNS = models.version.c.keys()
_KEY = itemgetter(0, 1)  # outlet, article
_NUMBER, _TIME, _SNAPSHOT, _SKETCH = (_COLUMNS.index(name) for name in ("number", "time", "snapshot", "sketch"))
_s, _u, _v, _a = models.sample.c, models.uncompared.c, models.version.c, models.article.c


def refold(connection: Connection, old: Collection[Row], new: Collection[Row]) -> None:
    """Bring samples, and what waits to be compared, up to date with version rows of some articles of an outlet."""
    before, after = _by_article(old), _by_article(new)
    was, now = _texts(before), _texts(after)
    changed = sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))
    if not changed:
        return
    bulk.replace(connection, models.sample, _samples(before, changed), _samples(after, changed))
    held = bulk.rows(connection, models.uncompared, changed[0][0], [article for _, article in changed])
    waits = {(*key, max((row[_TIME] for row in after.get(key, ())), default=""), now.get(key, "")) for key in changed}
    bulk.replace(connection, models.uncompared, set(held), waits)


def _by_article(rows: Collection[Row]) -> dict[Key, list[Row]]:
    """Version rows in order, articles without any sample left out."""
    found = {key: list(of) for key, of in groupby(sorted(rows, key=itemgetter(0, 1, _NUMBER)), key=_KEY)}
    return {key: of for key, of in found.items() if any(row[_SKETCH] for row in of)}


def _samples(versions: Mapping[Key, list[Row]], changed: Sequence[Key]) -> set[Row]:
    return {
        (one, key[0], key[1][:START])
        for key in changed
        for one in sketch.of_article(row[_SKETCH] for row in versions.get(key, ()))
    }


def _texts(versions: Mapping[Key, list[Row]]) -> dict[Key, str]:
    """A word for the texts of each article: another when they are others."""
    return {
        key: f"{crc32(' '.join(row[_SNAPSHOT] + row[_SKETCH] for row in rows).encode()):08x}" for key, rows in versions.items()
    }


def holders(connection: Connection, hashes: Iterable[int]) -> Hits:
    """Who has these samples: by (outlet, start of the article's id), how many; crowded ones in `Hits.crowds` alone."""
    hits = Hits()
    outlets: Sequence[str] = ()
    for one, rows in _glances(connection, sorted(hashes)).items():
        if len(rows) < GLANCE:
            parts = {outlet: [start for _, start in of] for outlet, of in groupby(rows, key=itemgetter(0))}
        else:
            outlets = outlets or list(connection.scalars(select(models.outlet.c.outlet)))
            parts = {outlet: _of_outlet(connection, one, outlet) for outlet in outlets}
        for outlet, starts in parts.items():
            into = hits.found if len(starts) <= CROWD else hits.crowds
            for start in starts[: CROWD + 1]:
                into[outlet, start] += 1
    return hits


def _glances(connection: Connection, hashes: Sequence[int]) -> dict[int, list[Row]]:
    """(outlet, start) of the first rows of each sample that anybody has."""
    if connection.dialect.name == "sqlite":
        cursor = connection.connection.cursor()  # five hundred searches: SQLAlchemy would cost more than they do
        sql = f"SELECT outlet, start FROM sample WHERE hash = ? LIMIT {GLANCE}"  # noqa: S608  # a number of ours
        return {one: rows for one in hashes if (rows := cursor.execute(sql, (one,)).fetchall())}
    sql = (
        "SELECT h, s.outlet, s.start FROM unnest(%s::bigint[]) AS h CROSS JOIN LATERAL "  # noqa: S608
        f"(SELECT outlet, start FROM sample WHERE hash = h ORDER BY outlet, start LIMIT {GLANCE}) AS s ORDER BY 1, 2, 3"
    )
    found: dict[int, list[Row]] = defaultdict(list)
    for one, *row in connection.exec_driver_sql(sql, (list(hashes),)):
        found[one].append(tuple(row))
    return found


def _of_outlet(connection: Connection, one: int, outlet: str) -> list[str]:
    query = select(_s.start).where(_s.hash == one, _s.outlet == outlet).order_by(_s.start).limit(CROWD + 1)
    return list(connection.scalars(query))


def faces(connection: Connection, outlet: str, start: str) -> list[Face]:
    """The versions with a text in the bucket of the articles of that id, or whose id begins so; by article and number."""
    columns = (_v.outlet, _v.article, _v.number, _v.time, _v.url, _v.published, _v.snapshot)
    query = select(*columns).where(_v.outlet == outlet, _v.article >= start, _v.article < start + "g", _v.snapshot != "")
    return [Face(*row) for row in connection.execute(query.order_by(_v.article, _v.number))]


def postings(connection: Connection, outlet: str, articles: Collection[str]) -> dict[str, tuple[str, str]]:
    """(address that it moved to, post id) of these articles, "" for none."""
    query = select(_a.article, _a.moved_to, _a.post).where(_a.outlet == outlet, _a.article.in_(articles))
    return {row.article: (row.moved_to, row.post) for row in connection.execute(query)}


def waiting(connection: Connection, now: str, limit: int) -> list[Any]:
    """(outlet, article, due, texts) of articles that are due, the longest due first."""
    query = select(_u.outlet, _u.article, _u.due, _u.texts).where(_u.due <= now)
    return list(connection.execute(query.order_by(_u.due, _u.outlet, _u.article).limit(limit)))


def done(connection: Connection, outlet: str, article: str, texts: str, again: str) -> None:
    """It was compared, as it was then: wait until `again`, "" for never. One that is another by now stays as it is."""
    which = (_u.outlet == outlet, _u.article == article, _u.texts == texts)
    if again:
        connection.execute(models.uncompared.update().where(*which).values(due=again))
    else:
        connection.execute(models.uncompared.delete().where(*which))


def all_over(connection: Connection) -> None:
    """Have every article compared again."""
    connection.execute(models.republication.delete())
    connection.execute(models.uncompared.delete())
    newest = func.max(_v.time)  # `texts` stays empty: whatever comes meanwhile makes another row of it
    every = select(_v.outlet, _v.article, newest, literal("")).where(_v.sketch != "").group_by(_v.outlet, _v.article)
    connection.execute(models.uncompared.insert().from_select([_u.outlet, _u.article, _u.due, _u.texts], every))
