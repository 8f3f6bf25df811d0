"""archive/steps/airflow_dags.py: our DAGs as Airflow's own tables have them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.errors import TryAgain
from archive.steps import airflow_dags
from archive.steps.facts import wanted
from tests.test_catalog import postgres

DUE = datetime(2026, 11, 22, 3, tzinfo=UTC)


__all__ = ["postgres"]  # a fixture


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.long)])
def address(request: pytest.FixtureRequest, tmp_path: Path, airflow_home: Path) -> str:
    """A database with the columns of Airflow's models, as they are in its own."""
    from airflow.models.dag import DagModel, DagTag
    from airflow.models.dagrun import DagRun
    from airflow.models.errors import ParseImportError
    from sqlalchemy import Column, MetaData, Table, create_engine, insert

    found = f"sqlite:///{tmp_path}/air #flow?.db" if request.param == "sqlite" else request.getfixturevalue("postgres")
    engine = create_engine(found)
    models = [one.__table__ for one in (DagModel, DagTag, DagRun, ParseImportError)]
    tables = {one.name: Table(one.name, MetaData(), *(Column(c.name, c.type) for c in one.columns)) for one in models}
    common = {"bundle_name": "ours", "max_active_tasks": 1, "max_consecutive_failed_dag_runs": 0, "is_stale": False}
    common |= {"has_task_concurrency_limits": False, "timetable_type": "", "fileloc": "x.py"}
    rows = [
        {"dag_id": "warraq_manara", "is_paused": True, "timetable_summary": "5 * * * *", "next_dagrun_create_after": DUE},
        {"dag_id": "warraq_audit", "is_paused": False, "timetable_summary": "53 1 * * *", "next_dagrun_create_after": DUE},
        {"dag_id": "hold_article", "is_paused": False, "timetable_summary": "None"},
        {"dag_id": "warraq_withdrawn", "is_paused": False, "timetable_summary": "None", "is_stale": True},
        {"dag_id": "somebody_elses", "is_paused": True, "timetable_summary": "None", "bundle_name": "theirs"},
    ]
    with engine.begin() as connection:
        for table in tables.values():
            table.drop(connection, checkfirst=True)
            table.create(connection)
        for row in rows:
            connection.execute(insert(tables["dag"]), {**common, **row})
        tags = [("warraq", row["dag_id"]) for row in rows[:-1]] + [("outlet", "warraq_manara")]
        connection.execute(insert(tables["dag_tag"]), [{"name": name, "dag_id": dag} for name, dag in tags])
        run = {
            "dag_id": "warraq_audit",
            "run_id": "1",
            "state": "running",
            "run_type": "scheduled",
            "run_after": DUE,
            "clear_number": 0,
        }
        connection.execute(insert(tables["dag_run"]), run)
        traces = [("dags/housekeeping.py", "ours", "Traceback:\n  x\nImportError: no y\n"), ("theirs.py", "theirs", "E")]
        errors = [{"filename": name, "bundle_name": bundle, "stacktrace": trace} for name, bundle, trace in traces]
        connection.execute(insert(tables["import_error"]), errors)
    engine.dispose()
    return found


def test_what_airflow_says_of_our_dags(address: str) -> None:
    found = airflow_dags.look(address, frozenset({"warraq_manara", "warraq_sweep", "warraq_withdrawn"}))
    assert {one.dag: (one.outlet, one.paused, one.scheduled, one.due, one.busy) for one in found.dags} == {
        "warraq_manara": (True, True, True, DUE, False),
        "warraq_audit": (False, False, True, DUE, True),
        "hold_article": (False, False, False, None, False),
    }
    assert found.broken == {"housekeeping.py": "ImportError: no y"}
    assert found.missing == ("warraq_sweep", "warraq_withdrawn")


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(TryAgain, match="Airflow's database"):
        airflow_dags.look(f"sqlite:///{tmp_path}/none.db", frozenset())
    (tmp_path / "empty.db").touch()
    with pytest.raises(TryAgain, match="no such table"):
        airflow_dags.look(f"sqlite:///{tmp_path}/empty.db", frozenset())
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


def test_who_must_be_there() -> None:
    found = wanted(["manara"], ["nahr", "a b"])
    assert {"warraq_manara", "warraq_nahr", "warraq_audit", "warraq_watch", "warraq_alarms"} <= found
    assert "warraq_a b" not in found
