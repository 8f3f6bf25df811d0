"""What the reading room asks: who announced an article, and which articles share words with a seed file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Select, and_, case, func, select

from archive.catalog import acted, models
from archive.catalog.rows import SeedLinkRow

_s, _l, _a, _v = models.sighting.c, models.seed_link.c, models.article.c, models.version.c
MOST = 500  # articles of one seed file that are told


@dataclass(frozen=True, slots=True)
class AnnouncedRow:
    """An article as one kind of list announced it."""

    channel: str  # rest, feed, sitemap, archive, home
    url: str
    published: str
    modified: str
    title: str
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True)
class SeedFileRow:
    """A seed file that articles share words with: how many by the relation of their newest linked version."""

    name: str
    sha256: str
    articles: int
    identical: int
    contains: int
    derived: int


@dataclass(frozen=True, slots=True)
class LinkedRow:
    """An article that shares words with a seed file, by its newest version that does."""

    link: SeedLinkRow
    url: str
    title: str
    state: str
    time: str  # of the version
    snapshot: str
    language: str


def announced(connection: Connection, outlet: str, article: str) -> list[AnnouncedRow]:
    """The lists that announced an article, the first one first."""
    columns = (_s.channel, _s.url, _s.published, _s.modified, _s.title, _s.first_seen, _s.last_seen)
    query = select(*columns).where(_s.outlet == outlet, _s.article == article, *acted.hidden(connection, models.sighting))
    return [AnnouncedRow(*row) for row in connection.execute(query.order_by(_s.first_seen, _s.channel))]


def seed_files(connection: Connection) -> list[SeedFileRow]:
    """Every seed file that an article links to, by name."""
    newest = _newest(connection).subquery()
    relation = models.seed_link.alias()
    same = and_(*(relation.c[name] == newest.c[name] for name in ("outlet", "article", "version", "sha256")))
    columns = [relation.c[name] for name in ("name", "sha256", "outlet", "article", "relation")]
    once = select(*columns).join(newest, same).distinct().subquery()
    counts = [func.sum(case((once.c.relation == word, 1), else_=0)) for word in ("identical", "contains", "derived")]
    query = select(once.c.name, once.c.sha256, func.count(), *counts).group_by(once.c.name, once.c.sha256)
    return [SeedFileRow(*_numbers(row)) for row in connection.execute(query.order_by(once.c.name, once.c.sha256))]


def linked(connection: Connection, sha256: str, article: str = "") -> list[LinkedRow]:
    """The articles that link to a seed file, or one of them; the largest share of either text first."""
    newest = _newest(connection, sha256).subquery()
    table = models.seed_link
    mine = and_(*(table.c[name] == newest.c[name] for name in ("outlet", "article", "version", "sha256")))
    its = and_(_a.outlet == _l.outlet, _a.article == _l.article)
    text = and_(_v.outlet == _l.outlet, _v.article == _l.article, _v.number == _l.version)
    columns = (*(_l[name] for name in _LINK), _a.url, _a.title, _a.state, _v.time, _v.snapshot, _v.language)
    query = select(*columns).join(newest, mine).join(models.article, its).join(models.version, text)
    query = query.where(_l.article == article) if article else query
    rows = [_linked(tuple(row)) for row in connection.execute(query.order_by(_l.outlet, _l.article, _l.seed_set).limit(MOST))]
    once = {(row.link.outlet, row.link.article): row for row in rows}  # of several sets of seed files one counts
    return sorted(once.values(), key=lambda row: (-_share(row.link), row.link.outlet, row.link.article))


_LINK = ("outlet", "article", "version", "name", "sha256", "seed_set", "relation", "detail")


def _newest(connection: Connection, sha256: str = "") -> Select[Any]:
    """The newest version of each article that links to each seed file."""
    query = select(_l.outlet, _l.article, _l.sha256, func.max(_l.version).label("version"))
    query = query.where(_l.sha256 == sha256) if sha256 else query
    return query.where(*acted.hidden(connection, models.seed_link)).group_by(_l.outlet, _l.article, _l.sha256)


def _linked(row: tuple[Any, ...]) -> LinkedRow:
    values = dict(zip(_LINK, row, strict=False))
    return LinkedRow(SeedLinkRow(**{**values, "detail": orjson.loads(values["detail"])}), *row[len(_LINK) :])


def _share(link: SeedLinkRow) -> float:
    ways = (link.detail.get(name) or {} for name in ("seed_in_article", "article_in_seed"))
    return max((float(way.get("share") or 0) for way in ways), default=0.0)


def _numbers(row: Iterable[Any]) -> list[Any]:
    """PostgreSQL sums integers to Decimal."""
    name, sha256, *counts = row
    return [name, sha256, *map(int, counts)]
