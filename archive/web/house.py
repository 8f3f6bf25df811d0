"""Whose house the pages stand in: who is at the door, what they may do, what the scheduler says. Airflow, or a test's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response


def _nothing(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who was let in. `may` answers whether they may start the DAG of that id."""

    name: str
    may: Callable[[str], bool] = _nothing


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
class Started:
    """A run that was started: where it is shown."""

    dag: str
    run: str


class House(Protocol):
    async def enter(self, request: Request) -> Response | Visitor:
        """Asked before every path: a response refuses, or leads to the login."""

    async def start(self, request: Request, dag: str, conf: Mapping[str, Any]) -> Started:
        """Start a run of a DAG in the name of who asks. Refused when they may not, or the parameters are wrong."""

    def dags(self) -> Mapping[str, DagState]:
        """The scheduler's word on every DAG of the archive, by id; empty without a scheduler. Called in a thread."""


@dataclass(frozen=True, slots=True)
class Open:
    """A house without a scheduler whose door stands open: for tests, and for a look without Airflow."""

    visitor: Visitor = field(default_factory=lambda: Visitor("somebody"))

    async def enter(self, request: Request) -> Response | Visitor:
        return self.visitor

    async def start(self, request: Request, dag: str, conf: Mapping[str, Any]) -> Started:
        from archive.errors import Refused

        raise Refused(f"{dag} cannot be started from here", "there is no scheduler; use the `warraq` command")

    def dags(self) -> Mapping[str, DagState]:
        return {}
