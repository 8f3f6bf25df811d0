"""What the stack consists of, and in which order it starts."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stack import secrets
from stack.api import Api
from stack.mode import Mode
from stack.ports import HOST
from stack.weed import Weed, ports_from


@dataclass(slots=True)
class Step:
    """A job runs to its end; a service keeps running and is done starting when `ready` says so."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    after: frozenset[str] = frozenset()
    service: bool = False
    ready: Callable[[], bool] = lambda: True
    stops_last: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None)
    done: bool = False
    started: float = 0.0
    backoff: float = 0.5
    again: float = 0.0

    @property
    def word(self) -> str:
        return "is up" if self.service else "is done"


def port_variable(mode: Mode) -> str:
    return "WARRAQ_PORT" if mode.name == "real" else f"WARRAQ_{mode.name.upper()}_PORT"


def weed(state: Path, first_port: int) -> Weed:
    """The embedded store of a state folder; `first_port` is the stack's."""
    keys = secrets.keys(state)
    return Weed(state / "weed", ports_from(first_port + 2), keys["s3_access"], keys["s3_secret"])


def steps(mode: Mode, env: Mapping[str, str], pools: Callable[[], bool]) -> list[Step]:
    """Everything, in the order of the list where several may start at once."""
    airflow = str(Path(sys.executable).with_name("airflow"))
    health = Health(Api(f"http://{HOST}:{mode.first_port}", "", ""))
    made: list[Step] = []

    def job(name: str, *command: str, after: tuple[str, ...] = ()) -> None:
        made.append(Step(name, command, env, frozenset(after)))

    def service(name: str, *command: str, after: tuple[str, ...], ready: Callable[[], bool]) -> None:
        made.append(Step(name, [airflow, *command], env, frozenset(after), service=True, ready=ready))

    def healthy(part: str) -> Callable[[], bool]:
        return lambda: health.parts().get(part) == "healthy"

    job("airflow-database", airflow, "db", "migrate")
    if mode.embedded_store:
        store = weed(mode.state, mode.first_port)
        own = {**env, **store.environment()}
        made.append(Step("store", store.command(), own, service=True, ready=store.ready, stops_last=True))
        job("archive", sys.executable, "-m", "stack.prepare", "--own-store", after=("store",))
    else:
        job("archive", sys.executable, "-m", "stack.prepare")
    # Its headers are believed from this machine only, where a TLS proxy may stand: cookies are Secure then.
    up = ("airflow-database",)
    service("api-server", "api-server", "--proxy-headers", after=up, ready=lambda: bool(health.parts()) and pools())
    service("dag-processor", "dag-processor", after=("airflow-database", "archive"), ready=healthy("dag_processor"))
    # The scheduler waits: tasks that it starts before the API answers burn a try. The triggerer waits because four
    # programs that import Airflow at once on two cores are slower than two and two.
    service("scheduler", "scheduler", "--skip-serve-logs", after=("api-server", "archive"), ready=healthy("scheduler"))
    service("triggerer", "triggerer", "--skip-serve-logs", after=("api-server", "archive"), ready=healthy("triggerer"))
    return made


class Health:
    """Airflow's own word about its parts; empty while it does not answer. Asked at most twice a second."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._asked = 0.0
        self._parts: dict[str, str] = {}

    def parts(self) -> dict[str, str]:
        if time.monotonic() - self._asked > 0.5:
            try:
                self._parts = self._api.health()
            except (OSError, ValueError):
                self._parts = {}
            self._asked = time.monotonic()
        return self._parts
