"""A run that is not done in time becomes an alarm like any other (archive/steps/outcome.py): over with its task's next success.

Airflow's triggerer calls `missed`; a deadline's callback must lie in a package, not in a DAG file. Light to import: every
parse of a DAG file does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

log = logging.getLogger("warraq")
DONE = frozenset({"success", "failed"})  # who failed has said so already


async def missed(task: str, context: Mapping[str, Any]) -> str:
    """Note that `task`, the last one of its DAG, is late. `context["dag_run"]`: the run, as Airflow's REST API has it."""
    run = context["dag_run"]
    told = "" if run["state"] in DONE else reason(run, datetime.now(UTC))
    if told:
        await asyncio.to_thread(_note, str(run["dag_id"]), task, told, str(run["dag_run_id"]))
        log.warning("%s.%s: %s", run["dag_id"], task, told)
    return told


def reason(run: Mapping[str, Any], now: datetime) -> str:
    """What is told of a late run, from Airflow's fields of it."""
    since = datetime.fromisoformat(str(run["queued_at"] or run["run_after"]))
    minutes = (now - since).total_seconds() / 60
    return f"its run {run['dag_run_id']} is still {run['state']}, {minutes:.0f} minutes after it was asked for"


def _note(dag: str, task: str, told: str, run: str) -> None:
    from archive import settings
    from archive.catalog import Catalog
    from archive.steps import outcome

    catalog = Catalog(settings.from_environment().catalog)
    try:
        outcome.failed(catalog, dag, task, datetime.now(UTC), told, by_hand=False, run=run)
    finally:
        catalog.close()
