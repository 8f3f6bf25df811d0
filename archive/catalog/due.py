"""What the steps ask of the catalog: what is known, what was asked for, what was walked, what to compare with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, func, select

from archive import keys
from archive.capture import Previous
from archive.catalog import drift, models
from archive.catalog.apply import chunks, load
from archive.catalog.derive import stamp
from archive.catalog.rows import Walk
from archive.catalog.sightings import SWEPT
from archive.observation import Observation
from archive.version import fold


def attempted(connection: Connection, outlet: str) -> set[str]:
    a = models.article.c
    return set(connection.scalars(select(a.article).where(a.outlet == outlet, a.last_fetch != "")))


def channels(connection: Connection, outlet: str) -> dict[str, Previous]:
    """Of each channel address, its last document that was stored whole.

    A sweep through what REST says was modified has an address of its own each time: of those, only the newest.
    """
    c = models.channel_capture.c
    whole = (c.outlet == outlet, models.WHOLE)
    last = select(c.url, func.max(c.time).label("time")).where(*whole).group_by(c.url).subquery()
    query = (
        select(c.url, c.time, c.record, c.payload, c.body)
        .join(last, (last.c.url == c.url) & (last.c.time == c.time))
        .where(*whole)
        .order_by(c.time, c.file, c.line)
    )
    newest: dict[str, Previous] = {}  # by address, or what comes before the time in that of a sweep
    for row in connection.execute(query):
        newest[row.url.partition(SWEPT)[0]] = Previous(*row)
    return {one.url: one for one in newest.values()}


def last_content(connection: Connection, outlet: str, articles: Collection[str]) -> dict[str, Observation]:
    """Of each of the outlet's articles that was ever readable: its last content, as the record that holds the payload."""
    found: dict[str, Observation] = {}
    settled = drift.settled(connection, outlet)
    for chunk in chunks(sorted(articles)):
        for article, lines in load(connection, outlet, chunk).items():
            history = fold(lines, 0, settled=settled)
            if history.last:
                found[article] = replace(history.last, reading=history.reading)
    return found


def walk(connection: Connection, outlet: str) -> Walk:
    """The last walk: one that is open goes on, over as many runs as it takes. Reports say when one began and ended."""
    r, c = models.run.c, models.channel_capture.c
    ended = select(r.run, r.walk_since).where(r.outlet == outlet, r.walk == "complete").order_by(r.run.desc(), r.walk_since)
    last = connection.execute(ended.limit(1)).one_or_none()
    if begun := _begun(connection, outlet, after=last.run if last else ""):
        read = c.klass.in_(("channel", "not-modified"))
        done = select(c.url).where(c.outlet == outlet, c.time >= begun, read).distinct()
        return Walk(begun, frozenset(connection.scalars(done)), complete=False)
    return Walk(last.walk_since if last else "", frozenset(), complete=last is not None)


def _begun(connection: Connection, outlet: str, after: str) -> str:
    """When the walk that is open since run `after` began; "" when none is. Without a report, dead runs tell."""
    r, c = models.run.c, models.channel_capture.c
    told = connection.scalar(select(func.max(r.walk_since)).where(r.outlet == outlet, r.run > after, r.walk == "open"))
    if told:
        return str(told)
    reported = select(r.run).where(r.outlet == outlet)
    since = stamp(keys.run_time(after)) if after else ""
    walked = (c.outlet == outlet, c.time >= since, c.run > after, c.why == "walk", c.run.not_in(reported))
    dead = connection.scalar(select(func.min(c.run)).where(*walked))
    return stamp(keys.run_time(dead)) if dead else ""
