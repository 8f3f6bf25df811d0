"""What Airflow's own database says of the archive's DAGs and runs (stack.airflow_dags)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

NEXT = datetime(2026, 11, 22, 6, 45, tzinfo=UTC)
DUE = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def filled(airflow_home: Path) -> Iterator[None]:
    """Tables as Airflow makes them, in this session's database; four DAGs of ours and one of somebody else's."""
    from airflow.models import import_all_models
    from airflow.models.base import Base
    from airflow.models.dag import DagModel, DagTag
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.dagrun import DagRun
    from airflow.models.errors import ParseImportError
    from airflow.settings import engine
    from airflow.utils.session import create_session

    import_all_models()
    Base.metadata.create_all(engine)
    with create_session() as session:
        if session.get(DagBundleModel, "dags-folder") is None:
            session.add(DagBundleModel(name="dags-folder"))
        session.flush()
        for name, paused, stale, file in (
            ("warraq_well", False, False, "capture.py"),
            ("warraq_paused", True, False, "capture.py"),
            ("warraq_left", False, True, "capture.py"),
            ("warraq_broken", False, False, "broken.py"),
            ("another", False, False, "another.py"),
        ):
            tag = [] if name == "another" else [DagTag(name="warraq", dag_id=name)]
            told = DagModel(dag_id=name, is_paused=paused, is_stale=stale, bundle_name="dags-folder", tags=tag)
            told.relative_fileloc, told.next_dagrun_create_after = file, NEXT
            session.add(told)
        trace = "Traceback …\nModuleNotFoundError: No module named 'archive'\n"
        session.add(ParseImportError(filename="broken.py", bundle_name="dags-folder", stacktrace=trace))
        for hour, state in ((5, "failed"), (6, "success")):
            made = DagRun(
                dag_id="warraq_well", run_id=f"scheduled__{hour}", run_after=DUE.replace(hour=hour), run_type="scheduled"
            )
            made.state, made.start_date, made.triggering_user_name = state, DUE.replace(hour=hour, minute=31), "amal"
            session.add(made)
            session.flush()
    yield
    with create_session() as session:
        for kind in (DagRun, ParseImportError, DagTag, DagModel):
            session.query(kind).delete()


def test_every_dag_of_ours_with_its_newest_run(filled: None) -> None:
    from stack.airflow_dags import dags

    found = dags()
    assert set(found) == {"warraq_well", "warraq_paused", "warraq_broken"}, "neither another's nor one without a file"
    well = found["warraq_well"]
    assert (well.last_state, well.last_run, well.last_start[:16]) == ("success", "scheduled__6", "2026-11-22T06:31")
    assert (well.paused, well.next_run[:16], well.broken) == (False, "2026-11-22T06:45", "")


def test_a_paused_dag_has_no_next_run_and_a_broken_file_says_why(filled: None) -> None:
    from stack.airflow_dags import dags

    found = dags()
    assert (found["warraq_paused"].paused, found["warraq_paused"].next_run) == (True, "")
    assert found["warraq_broken"].broken == "ModuleNotFoundError: No module named 'archive'"


def test_one_run_by_its_id(filled: None) -> None:
    from stack.airflow_dags import run

    found = run("warraq_well", "scheduled__5")
    assert found is not None
    assert (found.after, found.state, found.by) == ("2026-11-22T05:30:00.000000Z", "failed", "amal")
    assert run("warraq_well", "scheduled__7") is None
