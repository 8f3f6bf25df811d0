"""What Airflow's database says of our DAGs: switched off, late, unknown; and which DAG files cannot be imported.

Its REST API answers only to who logs in, and a check has no login; so its tables are read (dag, dag_tag, dag_run, import_error:
docs.airflow.apache.org, "Database ERD Schema"), and never written. Airflow itself is not needed on this side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from archive.alarms.facts import DagFacts, DagsFacts
from archive.errors import TryAgain

if TYPE_CHECKING:
    from sqlalchemy import Connection

TAG = "warraq"  # every DAG of ours has it (tests/dags)
UNSCHEDULED = (None, "", "None")  # how Airflow sums up the timetable of a DAG that runs by hand only
PATIENCE = 10  # seconds


def look(address: str, wanted: frozenset[str]) -> DagsFacts:
    """`address` as SQLAlchemy's, `wanted`: ids that Airflow must know. TryAgain when the database cannot be read."""
    with _reading(address) as connection:
        rows, tags, busy = _dags(connection)
        broken = _broken(connection, {str(row.bundle_name) for row in rows})
    dags = tuple(_facts(row, tags[str(row.dag_id)], str(row.dag_id) in busy) for row in rows if not row.is_stale)
    return DagsFacts(dags, broken, tuple(sorted(wanted - {one.dag for one in dags})))


def _facts(row: Any, tags: set[str], busy: bool) -> DagFacts:
    due = row.next_dagrun_create_after
    scheduled = row.timetable_summary not in UNSCHEDULED
    return DagFacts(
        dag=str(row.dag_id),
        outlet="outlet" in tags,
        paused=bool(row.is_paused),
        scheduled=scheduled,
        due=(due.astimezone(UTC) if due.tzinfo else due.replace(tzinfo=UTC)) if due and scheduled else None,
        busy=busy,
    )


def _dags(connection: Connection) -> tuple[list[Any], dict[str, set[str]], set[str]]:
    """(rows of our DAGs, their tags, those with a run that has not ended)."""
    from sqlalchemy import Boolean, DateTime, column, select, table

    tag, run = table("dag_tag", column("name"), column("dag_id")), table("dag_run", column("dag_id"), column("state"))
    dag = table(
        "dag",
        column("dag_id"),
        column("is_paused", Boolean),
        column("is_stale", Boolean),
        column("timetable_summary"),
        column("next_dagrun_create_after", DateTime),
        column("bundle_name"),
    )
    ours = select(tag.c.dag_id).where(tag.c.name == TAG)
    rows = list(connection.execute(select(dag).where(dag.c.dag_id.in_(ours)).order_by(dag.c.dag_id)))
    tags: dict[str, set[str]] = {str(row.dag_id): set() for row in rows}
    for name, dag_id in connection.execute(select(tag.c.name, tag.c.dag_id).where(tag.c.dag_id.in_(ours))):
        tags[dag_id].add(name)
    open_runs = select(run.c.dag_id).where(run.c.state.in_(("queued", "running")), run.c.dag_id.in_(ours)).distinct()
    return rows, tags, set(connection.scalars(open_runs))


def _broken(connection: Connection, bundles: set[str]) -> Mapping[str, str]:
    """DAG file → the exception; of the folders that our DAGs are in, of all while none of ours is known."""
    from sqlalchemy import column, select, table

    error = table("import_error", column("filename"), column("stacktrace"), column("bundle_name"))
    found = connection.execute(select(error.c.filename, error.c.stacktrace, error.c.bundle_name))
    return {
        Path(str(file or "?")).name: next((line.strip() for line in reversed(str(trace).splitlines()) if line.strip()), "?")
        for file, trace, bundle in found
        if not bundles or bundle in bundles
    }


@contextmanager
def _reading(address: str) -> Iterator[Connection]:
    from sqlalchemy import create_engine, make_url
    from sqlalchemy.exc import SQLAlchemyError

    url = make_url(address)
    options: dict[str, Any] = {"connect_timeout": PATIENCE}
    if url.get_backend_name() == "sqlite":  # never made, never written
        url = url.set(database=f"file:{quote(url.database or '')}", query={"mode": "ro", "uri": "true"})
        options = {"timeout": PATIENCE}
    elif url.get_backend_name() == "postgresql":  # the driver that we have
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url, connect_args=options)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        why = str(getattr(error, "orig", error) or error).splitlines()[0]
        name = url.render_as_string(hide_password=True)
        raise TryAgain(f"Airflow's database {name}: {why}", "is it running, and WARRAQ_AIRFLOW_DB its address?") from error
    finally:
        engine.dispose()
