"""The runs of the demo's DAG: asked for through Airflow's REST API, carried out by its scheduler."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol


class Asks(Protocol):
    """What is used of stack.api.Api. Both raise OSError when Airflow does not answer as it should."""

    def get(self, path: str) -> Any: ...

    def post(self, path: str, body: dict[str, Any]) -> Any: ...


class Runs:
    """The next run starts as soon as one has ended, so that nobody waits for the schedule's minute.

    `logs` is Airflow's folder of task logs. `failed` is the reason of a failed run, once there is one.
    """

    def __init__(self, api: Asks, dag: str, logs: Path) -> None:
        self._api, self._dag, self._logs = api, dag, logs
        self._told: set[tuple[str, str, int]] = set()
        self.failed = ""
        self.waiting_for = f"Airflow has not read {dag} yet"

    def go_on(self) -> None:
        """Ask for a run unless one is running or waits. Airflow not answering is no trouble yet: the next call asks again."""
        path = f"/api/v2/dags/{self._dag}/dagRuns"
        try:
            active = self._api.get(f"{path}?state=running&state=queued&limit=1")["dag_runs"]
            if not active:
                self._api.post(path, {"logical_date": None})
        except OSError as error:
            self.waiting_for = f"Airflow does not start a run of {self._dag}: {error}"
            return
        self.waiting_for = f"the last run is {active[0]['dag_run_id']}" if active else "a run was just asked for"

    def troubles(self) -> list[str]:
        """A line for each failed try of a step that was not told yet."""
        query = f"/api/v2/dags/{self._dag}/dagRuns/~/taskInstances?state=failed&state=up_for_retry&limit=20"
        try:
            rows = self._api.get(query)["task_instances"]
        except OSError:
            return []
        lines = []
        for row in rows:
            key = (row["dag_run_id"], row["task_id"], row["try_number"])
            if key in self._told:
                continue
            self._told.add(key)
            lines.append(self._trouble(row))
        return lines

    def _trouble(self, row: dict[str, Any]) -> str:
        folder = self._logs / f"dag_id={self._dag}" / f"run_id={row['dag_run_id']}" / f"task_id={row['task_id']}"
        why = reason(folder / f"attempt={row['try_number']}.log")
        line = f"step {row['task_id']} failed in {row['dag_run_id']}: {why}"
        if row["state"] == "failed":
            self.failed = self.failed or line
            return f"trouble   {line}"
        return f"trouble   {line}; Airflow tries it again"


def reason(log: Path) -> str:
    """The exception that a task's log (JSON lines) ends with; where the log is when there is none in it."""
    try:
        lines = log.read_text("utf-8").splitlines()
    except OSError:
        return f"no log at {log}"
    for line in reversed(lines):
        try:
            details = json.loads(line).get("error_detail")
        except (ValueError, AttributeError):
            continue
        if details:
            return str(details[0]["exc_value"])
    return f"see {log}"
