"""Airflow plugin: the pools of outlets and of the watch list exist before their first task, without a manual step.

A task of a pool that does not exist is never started, and DAG files may not write to Airflow's database. Its
services may: they make the pools when they start, and that of a new outlet when its first run begins. A pool that
is there is left alone, so an operator can set one to 0 slots.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from sqlalchemy.orm import Session

DESCRIPTION = "Warraq's: an outlet's steps, one at a time; pages by hand, a few"


class Pools:
    """Airflow's listener; runs inside the scheduler."""

    @hookimpl
    def on_starting(self, component: object) -> None:
        if type(component).__name__ != "Job":  # a task, which has no database
            return
        from airflow.utils.session import create_session
        from sqlalchemy.exc import IntegrityError

        from archive import settings, watch

        names = {f"warraq_{file.stem}": 1 for file in settings.from_environment().outlets.glob("*.toml")}
        for name, slots in sorted({**names, **watch.POOLS}.items()):
            with suppress(IntegrityError), create_session() as session:  # another process was quicker
                ensure(name, session, slots)

    @hookimpl
    def on_dag_run_running(self, dag_run: DagRun, msg: str) -> None:
        from sqlalchemy.orm import object_session

        # In the scheduler's own transaction: another one would wait for it for ever on SQLite.
        session = object_session(dag_run)
        from archive import watch

        if session is not None and (dag_run.dag_id in watch.POOLS or "outlet" in _tags(dag_run)):
            ensure(dag_run.dag_id, session, watch.POOLS.get(dag_run.dag_id, 1))


def _tags(dag_run: DagRun) -> set[str]:
    return {tag.name for tag in getattr(dag_run.dag_model, "tags", ())}


def ensure(name: str, session: Session, slots: int = 1) -> None:
    """Add the pool when there is none of that name. Does not commit."""
    from airflow.models.pool import Pool
    from sqlalchemy import select

    if session.scalar(select(Pool.id).where(Pool.pool == name)) is None:
        session.add(Pool(pool=name, slots=slots, description=DESCRIPTION, include_deferred=False))
        session.flush()


class WarraqPools(AirflowPlugin):
    name = "warraq_pools"
    listeners = [Pools()]  # noqa: RUF012 -- Airflow's way
