"""What one run did: its reports, and what its captures changed."""

from __future__ import annotations

from dataclasses import fields

import orjson
from sqlalchemy import Connection, and_, exists, select

from archive import keys
from archive.catalog import acted, models
from archive.catalog.rows import EventRow, RunRow

_e, _o, _r = models.event.c, models.observation.c, models.run.c


def reports(connection: Connection, run: str) -> list[RunRow]:
    """The report of the run's last try, of each outlet that it captured something of, by outlet."""
    query = select(_r.outlet, _r.run, _r.attempt, _r.time, _r.report).where(
        _r.outlet.in_(select(models.outlet.c.outlet)), _r.run == run
    )
    rows = connection.execute(query.order_by(_r.outlet, _r.attempt, _r.time, _r.file, _r.line))
    return list({row[0]: RunRow(*row[:-1], orjson.loads(row[-1])) for row in rows}.values())


def events(connection: Connection, outlet: str, run: str, until: str, limit: int) -> list[EventRow]:
    """Events that stand at a capture of the run, newest first; those of withheld articles left out.

    `until`: none of the run's captures is later. An event has the time of the capture that showed it, so the index by time
    gives the run's hours, and the capture's file says whether it is this run's.
    """
    same = and_(_o.outlet == outlet, _o.article == _e.article, _o.time == _e.time)
    mine = exists().where(same, _o.file.startswith(f"{run}.", autoescape=True))  # a stem begins with its run
    begun = f"{keys.run_time(run):%Y-%m-%dT%H:%M:%S}"
    its = _e.outlet.concat("") == outlet  # bare, SQLite would rather read every event of the outlet by the key
    query = select(*(_e[one.name] for one in fields(EventRow))).where(its, _e.time >= begun, _e.time <= until)
    query = query.where(mine, *acted.hidden(connection, models.event)).order_by(_e.time.desc(), _e.article, _e.number)
    return acted.veil(connection, [EventRow(*row) for row in connection.execute(query.limit(limit))])
