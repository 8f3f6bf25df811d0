"""What the reading room asks: who announced an article, and which articles share words with a seed file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, and_, select

from archive.catalog import acted, models
from archive.catalog.rows import SeedLinkRow

_s, _l, _a, _v = models.sighting.c, models.seed_link.c, models.article.c, models.version.c


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
    columns = (_l.name, _l.sha256, _l.outlet, _l.article, _l.version, _l.relation)
    newest: dict[tuple[str, ...], tuple[int, str]] = {}
    for *key, version, relation in connection.execute(select(*columns).where(*acted.hidden(connection, models.seed_link))):
        newest[tuple(key)] = max(newest.get(tuple(key), (0, "")), (version, relation))
    count: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for (name, sha256, _, _), (_, relation) in newest.items():
        count[name, sha256][relation] += 1
    words = ("identical", "contains", "derived")
    return [SeedFileRow(*key, found.total(), *(found[one] for one in words)) for key, found in sorted(count.items())]


def linked(connection: Connection, sha256: str, article: str = "", start: int = 0, limit: int | None = None) -> list[LinkedRow]:
    """The articles that link to a seed file, or one; the largest share of either text first, `limit` of them from `start`."""
    query = select(*(_l[name] for name in _LINK)).where(_l.sha256 == sha256, *acted.hidden(connection, models.seed_link))
    query = query.where(_l.article == article) if article else query
    newest: dict[tuple[str, str], Sequence[Any]] = {}
    for row in connection.execute(query.order_by(_l.outlet, _l.article, _l.version, _l.seed_set)):
        newest[row[0], row[1]] = row  # of several sets of seed files one counts
    ranked = sorted((-_share(orjson.loads(row[-1])), *key) for key, row in newest.items())
    page = ranked[start : None if limit is None else start + limit]
    return _with_texts(connection, [_link(newest[outlet, article]) for _, outlet, article in page])


def _with_texts(connection: Connection, links: Sequence[SeedLinkRow]) -> list[LinkedRow]:
    its = and_(_a.outlet == _v.outlet, _a.article == _v.article)
    columns = (_v.outlet, _v.article, _v.number, _a.url, _a.title, _a.state, _v.time, _v.snapshot, _v.language)
    query = select(*columns).join(models.article, its)
    found: dict[tuple[str, str, int], Sequence[Any]] = {}
    for outlet in {link.outlet for link in links}:
        mine = [link for link in links if link.outlet == outlet]
        here = query.where(_v.outlet == outlet, _v.article.in_([link.article for link in mine]))
        found |= {(row[0], row[1], row[2]): row[3:] for row in connection.execute(here)}
    keys = [(link.outlet, link.article, link.version) for link in links]
    return [LinkedRow(link, *found[key]) for link, key in zip(links, keys, strict=True) if key in found]


_LINK = ("outlet", "article", "version", "name", "sha256", "seed_set", "relation", "detail")


def _link(row: Sequence[Any]) -> SeedLinkRow:
    values = dict(zip(_LINK, row, strict=True))
    return SeedLinkRow(**{**values, "detail": orjson.loads(values["detail"])})


def _share(detail: Mapping[str, Any]) -> float:
    ways = (detail.get(name) or {} for name in ("seed_in_article", "article_in_seed"))
    return max((float(way.get("share") or 0) for way in ways), default=0.0)
