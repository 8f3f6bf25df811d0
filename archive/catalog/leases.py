"""The lease table. Its caller holds the write lock of the host, so that read and write are one step."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from archive.catalog import models
from archive.catalog.derive import stamp
from archive.catalog.lease import Held


def held(connection: Connection, host: str) -> Held | None:
    table = models.lease.c
    row = connection.execute(select(table.holder, table.until).where(table.host == host)).one_or_none()
    return Held(row.holder, datetime.fromisoformat(row.until)) if row else None


def put(connection: Connection, host: str, lease: Held) -> None:
    connection.execute(models.lease.delete().where(models.lease.c.host == host))
    connection.execute(models.lease.insert(), [{"host": host, "holder": lease.holder, "until": stamp(lease.until)}])


def drop(connection: Connection, host: str, holder: str) -> None:
    connection.execute(models.lease.delete().where(models.lease.c.host == host, models.lease.c.holder == holder))
