"""Where the outlet's newest answer to an address that cannot exist was noted down."""

from __future__ import annotations

from sqlalchemy import Connection, select

from archive.catalog import models
from archive.catalog.lines import key_of


def newest(connection: Connection, outlet: str) -> tuple[str, int] | None:
    """(key of the observations object, line in it) of the newest one that came whole; None when there is none."""
    c = models.channel_capture.c
    mine = (c.outlet == outlet, c.channel == "nowhere", c.record_type == "response", c.klass.in_(("channel", "gone")))
    row = connection.execute(
        select(c.file, c.line).where(*mine).order_by(c.time.desc(), c.file.desc(), c.line.desc()).limit(1)
    ).one_or_none()
    return (key_of(outlet, row.file), row.line) if row else None
