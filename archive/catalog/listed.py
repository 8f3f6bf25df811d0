"""Which articles the outlet's complete lists have now: REST and sitemaps, which name an article as long as it is there.

A page of a list whose body is the same as before lists what it listed before, and is stored as a reference alone. So an
article is listed when a list named it since the last walk began, or when the page that named it was seen unchanged since.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from archive.catalog import models
from archive.catalog.bulk import chunks
from archive.catalog.derive import stamp
from archive.history import STANDS

COMPLETE = ("rest", "sitemap")
WALKS = 4  # of the last ones, in which it is asked when a page was last seen: of a million articles each has 10,000 pages
SELDOM = timedelta(days=16)  # between two looks at what was dropped before these
_s, _a, _c, _r = models.sighting.c, models.article.c, models.channel_capture.c, models.run.c


def walked(connection: Connection, outlet: str) -> str:
    """When the last complete walk began, "" before the first one."""
    ended = select(_r.walk_since).where(_r.outlet == outlet, _r.walk == "complete").order_by(_r.run.desc(), _r.walk_since)
    return connection.scalar(ended.limit(1)) or ""


def pages(connection: Connection, outlet: str, since: str) -> dict[str, frozenset[str]]:
    """By kind of list that answered since then: digests of the bodies that were seen."""
    read = (_c.outlet == outlet, _c.time >= since, _c.klass == "channel", _c.channel.in_(COMPLETE))
    found: dict[str, set[str]] = {}
    for channel, body in connection.execute(select(_c.channel, _c.body).where(*read).distinct()):
        found.setdefault(channel, set()).add(body)
    return {channel: frozenset(bodies) for channel, bodies in found.items()}


def current_lists(connection: Connection, outlet: str) -> Callable[[str, str, str], bool]:
    """Does a kind of list have an article now, of which the sighting's last_seen and document are these?"""
    since = walked(connection, outlet)
    seen = pages(connection, outlet, since) if since else {}

    def has(kind: str, last_seen: str, document: str) -> bool:
        return last_seen >= since or bool(document and document in seen.get(kind, ()))

    return has


def unlisted(connection: Connection, outlet: str, most: int | None) -> frozenset[str]:
    """Articles that are alive, were listed once and are not since the last complete walk, and nobody asked for since.

    A kind of list that the walk did not meet says nothing, nor does one that no walk found the article in. A list may drop
    what is there as before (a sitemap of the newest articles): what was looked at when the first walk had missed it is
    looked at again when it has been missing for twice as long, then every SELDOM.
    """
    walks = _walks(connection, outlet)
    since = walks[-1] if walks else ""
    seen = pages(connection, outlet, since) if since else {}
    found: set[str] = set()
    last = _last_seen(connection, outlet, walks[-WALKS:][0]) if seen else {}
    for kind, bodies in seen.items():
        gone = _documents(connection, outlet, kind) - bodies - {""}
        for document in sorted(gone):
            asked = _asked_before(walks, last.get((kind, document), ""))
            query = _dropped(outlet, kind, since, asked).where(_s.document == document)
            found.update(connection.scalars(query.limit(most)))
    return frozenset(found - _elsewhere(connection, outlet, found, since, seen))


def _documents(connection: Connection, outlet: str, kind: str) -> set[str]:
    """The bodies that list articles of this kind. From one to the next by the index: a hundred articles share each."""
    mine = (_s.outlet == outlet, _s.channel == kind)
    found = select(func.min(_s.document).label("document")).where(*mine).cte("found", recursive=True)
    after = select(func.min(_s.document)).where(*mine, _s.document > found.c.document).scalar_subquery()
    found = found.union_all(select(after).where(found.c.document.is_not(None)))
    return {document for document in connection.scalars(select(found.c.document)) if document is not None}


def _walks(connection: Connection, outlet: str) -> list[str]:
    """When each complete walk began, in order."""
    return list(connection.scalars(select(_r.walk_since).where(_r.outlet == outlet, _r.walk == "complete").order_by(_r.run)))


def _last_seen(connection: Connection, outlet: str, since: str) -> dict[tuple[str, str], str]:
    """(kind of list, digest of a body) → when it was last seen, as far as that is later than `since`."""
    read = (_c.outlet == outlet, _c.time >= since, _c.klass == "channel", _c.channel.in_(COMPLETE))
    rows = connection.execute(select(_c.channel, _c.body, func.max(_c.time)).where(*read).group_by(_c.channel, _c.body))
    return {(channel, body): time for channel, body, time in rows}


def _asked_before(walks: list[str], seen: str) -> str:
    """What a page listed that was last seen then is due when nobody asked for it since this time: since the first walk that
    missed the page, or since half of the time from then to the last walk; after WALKS, for SELDOM."""
    last = datetime.fromisoformat(walks[-1])
    if not seen:
        return stamp(last - SELDOM)
    first = next((walk for walk in walks if walk > seen), walks[-1])
    return max(first, stamp(last - (last - datetime.fromisoformat(seen)) / 2))


def _dropped(outlet: str, kind: str, since: str, asked: str) -> Select[tuple[str]]:
    waits = or_(_a.last_fetch < asked, and_(_a.failures > 0, _a.last_fetch < since))  # a look that told nothing is none
    alive = (waits, _a.state.in_(sorted(STANDS)))
    listed = (_s.outlet == outlet, _s.channel == kind, _s.last_seen < since)
    join = (_a.outlet == _s.outlet) & (_a.article == _s.article)
    return select(_s.article).join_from(models.sighting, models.article, join).where(*listed, *alive).order_by(_s.article)


def _elsewhere(
    connection: Connection, outlet: str, articles: set[str], since: str, seen: dict[str, frozenset[str]]
) -> set[str]:
    """Those that another complete list has."""
    found: set[str] = set()
    for chunk in chunks(sorted(articles)):
        mine: tuple[ColumnElement[bool], ...] = (_s.outlet == outlet, _s.article.in_(chunk), _s.channel.in_(list(seen)))
        for row in connection.execute(select(_s.article, _s.channel, _s.last_seen, _s.document).where(*mine)):
            if row.last_seen >= since or row.document in seen[row.channel]:
                found.add(row.article)
    return found
