"""The rows that a coverage report is made of, without withheld articles. Each reads in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, or_, select

from archive.catalog import acted, models, queries
from archive.coverage import Documents, Known, Seen

_NO_LISTS = ("robots", "nowhere")
RUNS = 20  # of the newest reports, which say what was refused


def seen(connection: Connection, outlet: str) -> Iterator[Seen]:
    """What each kind of channel shows."""
    s = models.sighting
    columns = [s.c[name] for name in Seen._fields]
    where = (s.c.outlet == outlet, *acted.hidden(connection, s))
    for row in connection.execute(select(*columns).where(*where)):
        yield Seen(*row)


def known(connection: Connection, outlet: str) -> Iterator[Known]:
    """Every article of the outlet, the one that was seen last first."""
    a = models.article
    columns = [a.c[name] for name in Known._fields]
    where = (a.c.outlet == outlet, *acted.hidden(connection, a))
    for row in connection.execute(select(*columns).where(*where).order_by(a.c.first_seen.desc(), a.c.article)):
        yield Known(*row)


def documents(connection: Connection, outlet: str) -> list[Documents]:
    """The documents of each kind of channel. One that equals the one before lists what that one listed."""
    c = models.channel_capture.c
    answered = c.klass.in_(("channel", "not-modified"))
    lists = or_(c["items"] > 0, c.record_type == "revisit", c.klass == "not-modified")
    listed = func.coalesce(func.max(c.time).filter(answered, lists), "")
    query = select(c.channel, func.count(), func.min(c.time), func.max(c.time), listed)
    rows = connection.execute(query.where(c.outlet == outlet, c.channel.not_in(_NO_LISTS)).group_by(c.channel)).all()
    found = []
    for channel, count, first, last, listed_at in rows:
        newest = select(c.status).where(c.outlet == outlet, c.channel == channel, c.time == last).limit(1)
        found.append(Documents(channel, count, first, last, listed_at, connection.scalar(newest) or 0))
    return found


def runs(connection: Connection, outlet: str) -> list[dict[str, Any]]:
    """Reports of the last runs, newest first."""
    return [row.report for row in queries.runs(connection, outlet, RUNS)]
