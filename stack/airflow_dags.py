"""What Airflow's own database says of the archive's DAGs and their runs. Runs inside Airflow's api-server only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archive.web.house import DagState, RunState

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

TAG = "warraq"  # every DAG of ours has it (tests/dags)


def dags() -> dict[str, DagState]:
    """Every DAG of the archive by id, without those that no file gives any more. Three questions, however many DAGs."""
    from airflow.models.dag import DagModel, DagTag
    from airflow.models.dagrun import DagRun
    from airflow.models.errors import ParseImportError
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    with create_session() as session:
        ours = select(DagTag.dag_id).where(DagTag.name == TAG)
        models = session.scalars(select(DagModel).where(DagModel.dag_id.in_(ours), DagModel.is_stale.is_(False))).all()
        newest = select(func.max(DagRun.id)).where(DagRun.dag_id.in_([m.dag_id for m in models])).group_by(DagRun.dag_id)
        runs = {run.dag_id: run for run in session.scalars(select(DagRun).where(DagRun.id.in_(newest)))}
        errors = session.execute(select(ParseImportError.bundle_name, ParseImportError.filename, ParseImportError.stacktrace))
        broken = {(bundle, file): _last_line(trace or "") for bundle, file, trace in errors}
        return {
            one.dag_id: _state(
                bool(one.is_paused),
                one.next_dagrun_create_after,
                runs.get(one.dag_id),
                broken.get((one.bundle_name, one.relative_fileloc), ""),
            )
            for one in models
        }


def run(dag: str, run: str) -> RunState | None:
    """One run by Airflow's id of it; None when there is none."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = session.scalar(select(DagRun).where(DagRun.dag_id == dag, DagRun.run_id == run))
        if found is None:
            return None
        times = (found.run_after, found.start_date, found.end_date)
        after, started, ended = (_text(when) for when in times)
        return RunState(after, str(found.state or ""), started, ended, found.triggering_user_name or "")


def _state(paused: bool, due: datetime | None, run: DagRun | None, broken: str) -> DagState:
    # A paused DAG keeps the time it would have run at; nothing happens then.
    next_run = "" if paused else _text(due)
    if run is None:
        return DagState(paused, next_run, broken=broken)
    return DagState(paused, next_run, str(run.state or ""), _text(run.start_date or run.queued_at), run.run_id, broken)


def _text(when: datetime | None) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}" if when else ""


def _last_line(trace: str) -> str:
    """The exception itself, at the end of its trace."""
    return next((line.strip() for line in reversed(trace.splitlines()) if line.strip()), "unknown")
