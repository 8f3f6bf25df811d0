"""Whose house the pages stand in: who is at the door, what they may do, what the scheduler says. Airflow, or a test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from archive.errors import Refused


def _nothing(_: str) -> bool:
    return False


def _everything(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who was let in. `may` answers whether they may start the DAG of that id, `sees` whether its runs are for them to see."""

    name: str
    may: Callable[[str], bool] = _nothing
    sees: Callable[[str], bool] = _everything


@dataclass(frozen=True, slots=True)
class DagState:
    """What the scheduler says of one DAG. Times as text in UTC, "" for none."""

    paused: bool = False
    next_run: str = ""
    last_state: str = ""  # of its newest run: queued, running, success, failed
    last_start: str = ""
    last_run: str = ""  # its id, as the scheduler has it
    broken: str = ""  # why the DAG's file cannot be used


@dataclass(frozen=True, slots=True)
class RunState:
    """What the scheduler says of one run. Times as text in UTC, "" for none."""

    after: str  # when it was due: Warraq's own id of the run begins with it (archive.keys.run_id)
    state: str = ""
    started: str = ""
    ended: str = ""
    by: str = ""  # who started it by hand


@dataclass(frozen=True, slots=True)
class Started:
    """A run that was started: where it is shown."""

    dag: str
    run: str


@dataclass(frozen=True, slots=True)
class DagForm:
    """What a DAG asks of who starts it by hand.

    `params`, in the DAG's order, is what Airflow's REST API says of each (GET /api/v2/dags/{id}/details): `value` (the
    default), `description`, `schema` (JSON Schema, with `title`, `type`, `pattern` …).
    """

    dag: str
    title: str = ""
    paused: bool = False  # a run that is started waits until somebody resumes the DAG
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class House(Protocol):
    async def enter(self, request: Request) -> Response | Visitor:
        """Asked before every path: a response refuses, or leads to the login."""

    async def actions(self, request: Request) -> list[DagForm]:
        """The DAGs that are there to be started by hand, and that who asks may see; without their parameters."""

    async def form(self, request: Request, dag: str) -> DagForm:
        """The DAG's form. Refused when there is no such DAG of ours, or who asks may not see it."""

    async def start(self, request: Request, dag: str, conf: Mapping[str, Any], once: str = "") -> Started:
        """Start a run in the name of who asks. `once`, part of its id: sent twice with the same parameters, it starts once.

        Raises Refused when the parameters are wrong, HTTPException (403) when they may not.
        """

    def dags(self) -> Mapping[str, DagState]:
        """The scheduler's word on every DAG of the archive, by id; empty without a scheduler. Called in a thread."""

    def run(self, dag: str, run: str) -> RunState | None:
        """One run of a DAG, by the scheduler's id of it; None when it knows none. Called in a thread."""


@dataclass(frozen=True, slots=True)
class Open:
    """A house without a scheduler whose door stands open: for tests, and for a look without Airflow."""

    visitor: Visitor = field(default_factory=lambda: Visitor("somebody"))

    async def enter(self, request: Request) -> Response | Visitor:
        return self.visitor

    async def actions(self, request: Request) -> list[DagForm]:
        return []

    async def form(self, request: Request, dag: str) -> DagForm:
        raise Refused(f"{dag} cannot be started from here", "there is no scheduler; use the `warraq` command")

    async def start(self, request: Request, dag: str, conf: Mapping[str, Any], once: str = "") -> Started:
        raise Refused(f"{dag} cannot be started from here", "there is no scheduler; use the `warraq` command")

    def dags(self) -> Mapping[str, DagState]:
        return {}

    def run(self, dag: str, run: str) -> RunState | None:
        return None
