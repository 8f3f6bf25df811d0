"""The index of all versions' texts: what waits to be put into it, and what it answers.

A text in the index is never taken out or altered: FTS5 cannot forget a text that it does not hold. It is named by the key of
its snapshot, which never changes, and counts as long as a version that stands now names that snapshot. So whatever a fold, a
rebuild or a rereading does with versions and their numbers, answers are those of the versions that stand; what no version
names any more stays unseen, until `warraq search --index --again`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, literal, select

from archive.catalog import acted, models, textmatch
from archive.catalog.bulk import chunks
from archive.catalog.derive import Row, stamp
from archive.catalog.hits import REMOVED, Found, Hit, Waiting, Wish, first_id, milliseconds
from archive.catalog.textmatch import Match
from archive.search.entry import Entry

LOOKED_AT = 3000  # texts that are looked at for one page: a filter that few articles meet must not take for ever
_COLUMNS = models.version.c.keys()
_OUTLET, _ARTICLE, _SNAPSHOT = (_COLUMNS.index(name) for name in ("outlet", "article", "snapshot"))
_d, _u, _v, _a = models.document.c, models.unindexed.c, models.version.c, models.article.c
_Key = tuple[str, str]  # outlet, article


# What waits


def refold(connection: Connection, old: Collection[Row], new: Collection[Row]) -> None:
    """Note the snapshots that version rows of some articles name since now."""
    named = ({(row[_SNAPSHOT], row[_OUTLET], row[_ARTICLE], "") for row in rows if row[_SNAPSHOT]} for rows in (old, new))
    before, after = named
    if come := sorted(after - before):
        mark = "?, ?, ?, ?" if connection.dialect.name == "sqlite" else "%s, %s, %s, %s"
        sql = f"INSERT INTO unindexed (snapshot, outlet, article, due) VALUES ({mark}) ON CONFLICT DO NOTHING"  # noqa: S608
        connection.exec_driver_sql(sql, come)


def waiting(connection: Connection, now: str, limit: int) -> list[Waiting]:
    query = select(_u.snapshot, _u.outlet, _u.article, _u.due).where(_u.due <= now).order_by(_u.snapshot).limit(limit)
    return [Waiting(*row) for row in connection.execute(query)]


def how_many(connection: Connection, most: int) -> int:
    """How many texts wait, counted up to `most`."""
    some = select(literal(1).label("one")).select_from(models.unindexed).limit(most).subquery()
    return connection.scalar(select(func.count()).select_from(some)) or 0


def known(connection: Connection, some: Iterable[Waiting]) -> set[str]:
    """Which of these snapshots the index has."""
    articles = sorted({one.article for one in some})
    held = {row for part in chunks(articles) for row in connection.scalars(select(_d.snapshot).where(_d.article.in_(part)))}
    return held.intersection(one.snapshot for one in some)


def put(connection: Connection, entries: Mapping[Waiting, Entry]) -> int:
    """Index these texts, those that are not; how many were not. They wait no longer."""
    held = known(connection, entries)
    new = sorted((one for one in entries if one.snapshot not in held), key=lambda one: one.snapshot)
    ids = _ids(connection, [first_id(one.snapshot) for one in new])
    rows = list(zip(ids, new, strict=True))
    if rows:
        connection.execute(
            models.document.insert(),
            [{"id": i, "outlet": one.outlet, "article": one.article, "snapshot": one.snapshot} for i, one in rows],
        )
        textmatch.put(connection, ((i, one.outlet, entries[one]) for i, one in rows))
    done(connection, [one.snapshot for one in entries])
    return len(rows)


def done(connection: Connection, snapshots: Sequence[str]) -> None:
    for part in chunks(snapshots):
        connection.execute(models.unindexed.delete().where(_u.snapshot.in_(part)))


def postpone(connection: Connection, snapshots: Sequence[str], due: str) -> None:
    for part in chunks(snapshots):
        connection.execute(models.unindexed.update().where(_u.snapshot.in_(part)).values(due=due))


def all_over(connection: Connection) -> None:
    """Forget what is indexed; every version's text waits."""
    textmatch.clear(connection)
    connection.execute(models.document.delete())
    connection.execute(models.unindexed.delete())
    every = select(_v.snapshot, _v.outlet, _v.article, literal("")).where(_v.snapshot != "").distinct()
    connection.execute(models.unindexed.insert().from_select([_u.snapshot, _u.outlet, _u.article, _u.due], every))


def _ids(connection: Connection, wanted: Sequence[int]) -> list[int]:
    """For each wanted id this one, or the next one that is free."""
    taken = {one for part in _parts(wanted) for one in connection.scalars(select(_d.id).where(_d.id.in_(part)))}
    given = []
    for first in wanted:
        free = first
        while free in taken or (free != first and _is_taken(connection, free)):
            free += 1
        taken.add(free)
        given.append(free)
    return given


def _is_taken(connection: Connection, one: int) -> bool:
    return connection.scalar(select(_d.id).where(_d.id == one)) is not None


# What it answers


@dataclass
class _Article:
    """What stands of one article: by id of each text that is indexed, the rows of the versions that are it, by number."""

    row: Any
    texts: dict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))


def search(connection: Connection, wish: Wish, limit: int) -> Found:
    """A page of up to `limit` articles. Refused when `since` or `until` is no time."""
    low, high = wish.span()
    match = textmatch.match(connection, wish.query, wish.outlet)
    below = min(high, wish.before or high)
    hits: list[tuple[int, Hit]] = []
    looked, size = 0, 2 * limit
    while below > low:
        ids, below = match.ids(connection, low, below, size)
        hits += _hits(connection, match, _meeting(connection, ids, wish.state), (low, high), wish.state)
        if len(hits) > limit:
            return Found(tuple(hit for _, hit in hits[:limit]), hits[limit - 1][0])
        looked += len(ids)
        if below > low and (looked >= LOOKED_AT or len(ids) < size):  # enough of it, or the database has cut it short
            return Found(tuple(hit for _, hit in hits), below, stamp(datetime.fromtimestamp(below / 1000, UTC)))
        size = min(2 * size, 1000)
    return Found(tuple(hit for _, hit in hits))


def _meeting(connection: Connection, ids: Sequence[int], state: str) -> Sequence[int]:
    """Those of these texts whose articles may meet the state that is asked for: most do not, and are not looked at closely."""
    if not state:
        return ids
    may = _a.versions > 1 if state == REMOVED else _a.state == state
    joined = select(_d.id).join(models.article, and_(_a.outlet == _d.outlet, _a.article == _d.article)).where(may)
    found = {one for part in _parts(ids) for one in connection.scalars(joined.where(_d.id.in_(part)))}
    return [one for one in ids if one in found]


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[i : i + 400] for i in range(0, len(ids), 400))


def _hits(
    connection: Connection, match: Match, ids: Sequence[int], span: tuple[int, int], state: str
) -> Iterator[tuple[int, Hit]]:
    """Of texts that answer, newest first, the articles whose newest one in the span it is; stale and withheld ones left out."""
    articles = _standing(connection, ids)
    own = {one: key for key, article in articles.items() for one in article.texts}
    answering = set(ids).union(match.among(connection, sorted(own.keys() - set(ids))))
    for one in ids:
        if one not in own:
            continue
        article = articles[own[one]]
        texts = [text for text in article.texts if text in answering]
        if max(text for text in texts if span[0] <= text < span[1]) != one:
            continue
        hit = _hit(article, texts, _in_span(article.texts[one], span))
        if state in ("", hit.state) or (state == REMOVED and hit.removed):
            yield one, hit


def _in_span(rows: Sequence[Any], span: tuple[int, int]) -> Any:
    """The newest of these versions that is of that time; a text that came back is the text of several (archive.rereading)."""
    inside = [row for row in rows if span[0] <= milliseconds(datetime.fromisoformat(row.time)) < span[1]]
    return (inside or rows)[-1]


def _hit(article: _Article, texts: Iterable[int], shown: Any) -> Hit:
    now = article.row
    found = tuple(sorted(row.number for text in texts for row in article.texts[text]))
    title, url = now.now_title or shown.title, now.now_url or shown.url
    of_shown = (shown.number, shown.time, shown.snapshot, shown.language)
    return Hit(now.outlet, now.article, url, title, now.state, now.versions, found, *of_shown)


def _standing(connection: Connection, ids: Sequence[int]) -> dict[_Key, _Article]:
    """The articles of these texts with all their texts, as far as a version names them and they may be shown."""
    found: dict[_Key, _Article] = {}
    for part in _parts(ids):
        for row in connection.execute(_versions(connection, select(_d.article).where(_d.id.in_(part)))):
            article = found.setdefault((row.outlet, row.article), _Article(row))
            article.texts[row.id].append(row)
    return found


def _versions(connection: Connection, articles: Any) -> Any:
    """Every indexed text of some articles with the versions that name it."""
    return (
        select(
            *(_d.id, _d.outlet, _d.article, _d.snapshot, _v.number, _v.time, _v.title, _v.url, _v.language),
            *(_a.title.label("now_title"), _a.url.label("now_url"), _a.state, _a.versions),
        )
        .join(models.version, and_(_v.outlet == _d.outlet, _v.article == _d.article, _v.snapshot == _d.snapshot))
        .join(models.article, and_(_a.outlet == _d.outlet, _a.article == _d.article))
        .where(_d.article.in_(articles), *acted.hidden(connection, models.article))
        .order_by(_v.number)
    )
