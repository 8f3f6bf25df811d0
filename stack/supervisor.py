"""Starts the stack in the right order, keeps it running, and stops all of it.

    with Stack(mode.choose("demo")) as stack:      # returns when everything is healthy
        stack.environment()                        # what the CLI and other programs need to work with it
        stack.api().get("/api/v2/dags")
        stack.wait()                               # until Ctrl-C, SIGTERM or stop()

A step starts when the steps it comes after are done (a job) or answer (a service). A service that dies is started again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from archive import outlet as outlets
from archive import watch
from archive.errors import BadOutlet, Refused, TryAgain
from archive.settings import ROOT
from stack import environment, ports, secrets, services
from stack.api import Api
from stack.children import Children
from stack.lock import StateLock
from stack.mode import Mode, empty
from stack.services import Step

START_LIMIT = 400.0  # seconds until everything must be healthy; half a minute is usual
JOB_GRACE = 60.0  # seconds that a migration gets to end before everything is stopped
_TICK = 0.1
_SLOW_TICK = 1.0


class Stack:
    """`extra` is added to the children's environment, `say` gets a line for each thing that happens.

    Use it from the main thread: children die with the thread that started them.
    """

    def __init__(
        self, mode: Mode, extra: Mapping[str, str] | None = None, say: Callable[[str], None] = print, fresh: bool | None = None
    ) -> None:
        self.mode = mode
        self._say = say
        self._extra = dict(extra or {})
        self._fresh = mode.name == "demo" if fresh is None else fresh
        self._lock = StateLock(mode.state)
        self._steps: list[Step] = []
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None
        self._pools: set[str] = set()

    @property
    def url(self) -> str:
        """Address of the Airflow UI."""
        return f"http://{ports.HOST}:{self.mode.first_port}"

    @property
    def newsroom_port(self) -> int:
        return self.mode.first_port + 1

    def environment(self) -> dict[str, str]:
        """The environment that every child gets; give it to whatever works on this stack's archive."""
        return environment.build(self.mode, extra=self._extra)

    def logins(self) -> dict[str, str]:
        """User → password."""
        held = secrets.passwords(self.mode.state, [name for name, _ in self.mode.users])
        return {name: held[name] for name, _ in self.mode.users}

    def api(self, user: str = "") -> Api:
        """Airflow's REST API as `user` (the first one, an administrator, by default)."""
        logins = self.logins()
        user = user or next(iter(logins))
        return Api(self.url, user, logins[user])

    def start(self, more: Callable[[], tuple[Step, ...]] = tuple) -> None:
        """Start everything, with the steps that `more` gives once the folder and its keys are there.

        Returns when all of it is healthy. Stops all of it if that fails.
        """
        self.mode.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock.take()
        try:
            ports.check(self.mode.port_names(), services.port_variable(self.mode))
            if self._fresh:
                empty(self.mode)
            self._prepare()
            self.logins()
            self._children = Children(self.mode.state / "logs", cwd=ROOT)
            self._steps = self.steps(more())
        except BaseException:
            self._lock.release()
            raise
        try:
            self._until_healthy()
        except BaseException:
            self.stop()
            raise
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self._watcher.start()

    def steps(self, added: tuple[Step, ...]) -> list[Step]:
        """What start() starts: everything, and what the caller adds."""
        made = services.steps(self.mode, self.environment(), self._make_pools)
        for step in made:
            if step.name == "scheduler":  # no DAG may run before what is added is ready: the demo's newsroom and seeds
                step.after |= {other.name for other in added}
        return [*made, *added]

    def run(self, *command: str) -> int:
        """A command to its end, in the stack's environment; its exit status. Its output is in logs/command.log."""
        return self._children.start("command", command, self.environment()).wait()

    def say(self, line: str) -> None:
        """Whoever read our output may have gone (`make run | head`); that must not end the watch."""
        with contextlib.suppress(OSError):
            self._say(line)

    def wait(self, timeout: float | None = None) -> bool:
        """Until stop() is called; True when it was. KeyboardInterrupt passes through."""
        return self._stopping.wait(timeout)

    def ask_to_stop(self) -> None:
        """For signal handlers: makes wait() return."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop everything: Airflow first, then the store, so that what is being written gets written. Idempotent."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None
        if not self._steps:
            return
        self._let_jobs_finish()
        running = [s for s in self._steps if s.process is not None and s.process.poll() is None]
        users = [s.process for s in running if s.process and not s.stops_last]
        stores = [s.process for s in running if s.process and s.stops_last]
        self._children.stop(users, grace=12.0)  # a step that runs on is cut off: steps are made for that
        self._children.stop(stores, grace=20.0, last=True)
        self._children.close()
        self._steps = []
        self._lock.release()
        self.say("stopped")

    def __enter__(self) -> Stack:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def logs(self, name: str) -> Path:
        return self._children.log(name)

    def processes(self) -> dict[str, int]:
        """Name → pid of each service that runs."""
        return {s.name: s.process.pid for s in self._steps if s.service and s.process and s.process.poll() is None}

    def _prepare(self) -> None:
        for name in ("airflow", "spool", "logs"):
            (self.mode.state / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _until_healthy(self) -> None:
        began = time.monotonic()
        while not all(step.done for step in self._steps):
            self._advance(began)
            if self._stopping.is_set():
                raise KeyboardInterrupt
            if time.monotonic() - began > START_LIMIT:
                late = next(step for step in self._steps if not step.done)
                raise TryAgain(f"{late.name} was not ready after {START_LIMIT:.0f} s", self._why(late.name))
            time.sleep(_TICK)
        self.say(f"everything is up after {time.monotonic() - began:.0f} s: {self.url}")

    def _advance(self, began: float) -> None:
        """Start what may start now, and see what has become ready."""
        done = {step.name for step in self._steps if step.done}
        for step in self._steps:
            if step.done or not step.after <= done:
                continue
            if step.process is None:
                step.process = self._children.start(step.name, step.command, step.env)
                step.started = time.monotonic()
                continue
            status = step.process.poll()
            if status is not None and (step.service or status != 0):
                raise Refused(f"{step.name} ended with status {status}", self._why(step.name))
            step.done = step.ready() if step.service else status == 0
            if step.done:
                self.say(f"{time.monotonic() - began:5.1f} s  {step.name} {step.word}")

    def _why(self, name: str) -> str:
        return f"see {self._children.log(name)}, which ends:\n{self._children.tail(name)}"

    def _let_jobs_finish(self) -> None:
        """A migration that is cut short may leave a database between two versions."""
        deadline = time.monotonic() + JOB_GRACE
        while time.monotonic() < deadline and any(
            not s.service and s.process is not None and s.process.poll() is None for s in self._steps
        ):
            time.sleep(_TICK)

    def _watch(self) -> None:
        """Every second: start dead services again (after 1, 2, 4 … 60 s); every 20 s the small chores."""
        chores = time.monotonic()
        while not self._stopping.wait(_SLOW_TICK):
            try:
                for step in self._steps:
                    if step.service:
                        self._revive(step)
                if time.monotonic() - chores > 20:
                    chores = time.monotonic()
                    self._children.guard_again()
                    self._children.trim_logs()
                    self._make_pools()
            except Exception as error:  # noqa: BLE001 (a full disk now must not end the watch for good)
                self.say(f"the supervisor could not do its round, and will try again: {error}")

    def _revive(self, step: Step) -> None:
        now = time.monotonic()
        if step.process is not None and (status := step.process.poll()) is not None:
            self._children.sweep(step.process.pid)
            step.process = None
            step.backoff = 1.0 if now - step.started > 120 else min(60.0, step.backoff * 2)
            step.again = now + step.backoff
            self.say(f"{step.name} ended with status {status}; starting it again in {step.backoff:.0f} s")
        if step.process is None and now >= step.again:
            step.process = self._children.start(step.name, step.command, step.env)
            step.started = now

    def _make_pools(self) -> bool:
        """One pool of one slot for each outlet: its runs never overlap, and a new outlet file needs no person.

        Pages by hand have a pool of their own.
        """
        try:
            slots = {f"warraq_{name}": 1 for name in outlets.load_folder(self.mode.outlets)[0]} | watch.POOLS
            if slots.keys() - self._pools:
                self.api().ensure_pools(slots)
                self._pools = set(slots)
        except (OSError, BadOutlet):
            return False  # Airflow does not answer now, or the folder is not there yet; the next round will do it
        return True
