"""Eight processes append to one log at once while processes and the storage are killed: nothing is lost, forked or doubled.

    python -m tests.faults.log [--rounds 200] [--seed 20261122]          (make faults; about ten minutes)

Each round, eight workers plan, put and seal a run each, two for each of four outlets, so that they find each other's files;
every fourth try is made on another machine, with a catalog that knows only what it saw itself.
Most are killed with SIGKILL, some at a random moment, some at a chosen request (before it is sent, or after its answer
came), and tried again as Airflow would: the same run, whose plan knows the size of the log before it. In some rounds one is
stopped (SIGSTOP) past its lease, another does its task, and then it goes on. In some the S3 server is killed while puts are
in flight, and started again. In the end every batch, tile and checkpoint is looked at by an audit that shares no code with
the log, by the Go program of tests/go where Go is there, and by `warraq verify`'s own audit.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from archive.catalog import Catalog
from archive.outlet import Outlet
from archive.s3 import S3Store, connect, init_archive
from archive.settings import Settings, from_environment
from stack.weed import Weed, free_ports
from tests.faults.workers import LEASE, Board, Order, Task, make_task, start, warm
from tests.log_audit import Audit, audit
from tests.servers import start_server, stop_weed

SLOTS, OUTLETS, CAPTURES = 8, 4, 3
TRY_AGAIN = 75
PATIENCE = 120.0  # seconds for one try
REQUESTS = 28  # of a worker, or so: where it may die
PHASES = ("plan", "warc", "observations", "cdxj", "batch", "entries", "tile", "checkpoint kept", "checkpoint moved")
AT = (*PHASES, "batch", "batch", "cdxj")  # likewise; more often where a retry must look for what is there
DEATH, ELSEWHERE = 0.6, 0.25  # how likely a try is to be killed, to be made on the other machine
DEATHS = 3  # of one task, at most
STOP_EVERY, STORE_EVERY = 5, 20  # rounds


@dataclass
class Try:
    """A process that works on a task."""

    task: Task
    slot: int
    pid: int
    began: float
    number: int  # of the task's tries, from 1
    kill_at: float = float("inf")
    stops: bool = False


@dataclass
class Faults:
    """An installation that is being broken, and what happened to it."""

    folder: Path
    weed: Weed
    settings: Settings
    rng: random.Random
    process: subprocess.Popen[bytes]
    store: S3Store = field(init=False)  # of the parent
    unused: S3Store = field(init=False)  # for workers: its client holds no connection
    board: Board = field(default_factory=lambda: Board(2 * SLOTS))
    counts: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    tasks: list[Task] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    other: str = field(init=False)  # the catalog of another machine
    acks: int = field(init=False)
    typical: float = 1.0  # seconds that a worker takes

    def __post_init__(self) -> None:
        self.store = init_archive(self.settings, make_bucket=True)
        self.unused = connect(self.settings)
        self.other = f"sqlite:///{self.folder}/other.db"
        Catalog(self.other).migrate()
        first = make_task(self._outlet(0), 0xFFFFFF, CAPTURES)
        warm(self.settings, self.unused, first)
        self.acks = os.open(self.folder / "acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    # One round

    def round(self, number: int) -> None:
        """Eight tasks, until each has been acknowledged."""
        waiting = [make_task(self._outlet(slot), number * SLOTS + slot, CAPTURES) for slot in range(SLOTS)]
        self.tasks += waiting
        stopping = number % STOP_EVERY == 2
        running = {slot: self._start(task, slot, 1, stop=stopping and slot == 0) for slot, task in enumerate(waiting)}
        strike = time.monotonic() + self.rng.uniform(0, self.typical) if number % STORE_EVERY == 7 else None
        while running and not self.failures:
            for slot, one in list(running.items()):
                if self._stopped(one):
                    self._overtake(one)
                status = self._ended(one)
                if status is None:
                    continue
                del running[slot]
                if again := self._after(one, status):
                    running[slot] = again
            if strike and time.monotonic() > strike and self._flying() >= (2 if time.monotonic() < strike + 2 else 1):
                self._kill_store()
                strike = None
            time.sleep(0.002)
        for one in running.values():
            os.kill(one.pid, signal.SIGKILL)
            os.waitpid(one.pid, 0)

    def _outlet(self, slot: int) -> Outlet:
        name = f"o{slot % OUTLETS}"
        return Outlet(name, name, f"https://{name}.example/")

    def _start(self, task: Task, slot: int, number: int, *, stop: bool = False, unhurt: bool = False) -> Try:
        order, kill_at = Order(), float("inf")
        began = time.monotonic()
        if stop:
            order = Order(1, self.rng.choice(AT), after=self.rng.random() < 0.5, stop=True)
        elif not unhurt and number <= DEATHS and self.rng.random() < DEATH:
            how = self.rng.random()
            if how < 0.4:
                order = Order(1, self.rng.choice(AT), after=self.rng.random() < 0.5)
            elif how < 0.6:
                order = Order(self.rng.randint(1, REQUESTS), after=self.rng.random() < 0.5)
            else:
                kill_at = began + self.rng.uniform(0, self.typical * 1.2)
        catalog = self.settings.catalog if self.rng.random() > ELSEWHERE else self.other
        pid = start(self.settings, catalog, self.unused, task, self.board, slot, order, self.acks, self.folder / "errors")
        self.counts["tries"] += 1
        return Try(task, slot, pid, began, number, kill_at, stop)

    def _ended(self, one: Try) -> int | None:
        """The status of a process that ended (negative: the signal), None while it runs. Kills it when its time has come."""
        now = time.monotonic()
        if now > one.kill_at:
            one.kill_at = float("inf")
            os.kill(one.pid, signal.SIGKILL)
        if now - one.began > PATIENCE:
            self.failures.append(f"{one.task.run} hangs ({self.board.phase(one.slot)})")
            os.kill(one.pid, signal.SIGKILL)
        pid, status = os.waitpid(one.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def _after(self, one: Try, status: int) -> Try | None:
        """What Airflow does: nothing after success, the same task again after a kill or a failure that may pass."""
        self.counts["lost claims"] += self.board.take_lost_claims(one.slot)
        if status == 0:
            self.counts["acknowledged"] += 1
            self.typical = 0.9 * self.typical + 0.1 * (time.monotonic() - one.began)
            return None
        if status == -signal.SIGKILL:
            self.deaths[self.board.phase(one.slot)] += 1
            self.counts["killed"] += 1
        elif status == TRY_AGAIN:
            self.counts["tried again"] += 1
            time.sleep(0.05)
        else:
            self.failures.append(f"{one.task.run} ended with {status}: {self._last_error()}")
            return None
        return self._start(one.task, one.slot, one.number + 1)

    def _last_error(self) -> str:
        path = self.folder / "errors"
        return path.read_text()[-2000:] if path.exists() else "no error was written"

    # A worker that is stopped past its lease

    def _stopped(self, one: Try) -> bool:
        if not one.stops:
            return False
        fields = Path(f"/proc/{one.pid}/stat").read_text().rpartition(")")[2].split()
        return fields[0] == "T"

    def _overtake(self, one: Try) -> None:
        """Its lease runs out, others do its task and seal it; then it goes on."""
        one.stops = False
        self.counts["stopped"] += 1
        self.deaths[f"stopped: {self.board.phase(one.slot)}"] += 1
        time.sleep(LEASE)
        other = self._start(one.task, SLOTS + one.slot, 1, unhurt=True)
        while (status := self._ended(other)) is None:
            time.sleep(0.002)
        if status == 0:
            self.counts["sealed by another meanwhile"] += 1
        elif status != TRY_AGAIN:
            self.failures.append(f"{one.task.run}, done by another, ended with {status}: {self._last_error()}")
        one.began = time.monotonic()
        os.kill(one.pid, signal.SIGCONT)

    # The storage

    def _flying(self) -> int:
        return sum(self.board.flying(slot) for slot in range(SLOTS))

    def _kill_store(self) -> None:
        self.counts["storage killed"] += 1
        self.process.kill()
        self.counts["puts in flight then"] += self._flying()
        self.process.wait()
        self.process = start_server(self.weed, self.folder / "weed.log")

    # In the end

    def acknowledged(self) -> set[tuple[str, str]]:
        """(catalog, unit)"""
        lines = (line.split() for line in (self.folder / "acks").read_text().splitlines())
        return {(catalog, unit) for catalog, unit in lines}

    def unknown(self, catalog: str, units: set[str]) -> int:
        """How many of these units that machine's catalog does not know."""
        opened = Catalog(catalog)
        known = opened.logged(sorted(units))
        opened.close()
        return len(units - set(known))

    def audited(self) -> tuple[Audit, dict[str, int]]:
        """The log, and what is wrong: counts that must all be 0."""
        try:
            found = audit(self.store)
        except AssertionError as error:
            self.failures.append(f"the log contradicts itself: {error}")
            return Audit(), {"contradictions": 1}
        acks, tasks = self.acknowledged(), {task.stem.warc for task in self.tasks}
        acked = {unit for _, unit in acks}
        machines = {catalog: {unit for where, unit in acks if where == catalog} for catalog, _ in acks}
        wrong = {
            "lost": len(acked - set(found.units)),
            "never acknowledged": len(tasks - acked),
            "doubled": len(found.duplicates),
            "forked": 0,  # the audit would have said so
            "unsigned": found.unsigned,
            "unindexed": len(acked - {f"warc/{key[5:-5]}.warc.gz" for key in self.store.list("cdxj/")}),
            "not in the catalog": sum(self.unknown(catalog, units) for catalog, units in machines.items()),
        }
        return found, wrong


@contextmanager
def broken(folder: Path, seed: int) -> Iterator[Faults]:
    """A SeaweedFS that can be killed, and an archive in it. The environment is left as it was."""
    weed = Weed(folder / "weed", free_ports(), secrets.token_hex(8), secrets.token_hex(16))
    process = start_server(weed, folder / "weed.log")
    weed.configure()
    before = dict(os.environ)
    os.environ |= {
        "AWS_ENDPOINT_URL_S3": weed.endpoint,
        "AWS_ACCESS_KEY_ID": weed.access_key,
        "AWS_SECRET_ACCESS_KEY": weed.secret_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "WARRAQ_STATE": str(folder / "state"),
        "WARRAQ_BUCKET": "s3://faults",
        "WARRAQ_SANDBOX": "1",
        "WARRAQ_SEEDS_LOCK": str(folder / "none"),
    }
    try:
        made = Faults(folder, weed, from_environment(), random.Random(seed), process)
        try:
            yield made
        finally:
            process = made.process
    finally:
        os.environ.clear()
        os.environ.update(before)
        stop_weed(process)


def second_opinions(made: Faults) -> list[str]:
    """What programs say that are not this one: a line each, that begins with its name."""
    from archive.log import keyring
    from archive.verify.log import audit as own
    from tests.go import go_verifies

    signer = keyring.load(made.settings)
    assert signer is not None
    said = []
    report = own(made.store).report
    said.append(f"warraq's own audit: {len(report.findings)} findings")
    made.failures += [f"warraq's own audit: {one}" for one in report.findings[:5]]
    go = go_verifies(made.store, made.folder / "copy", str(signer.public))
    said.append(f"Go: {go.said}")
    if go.ran and not go.accepted:
        made.failures.append(f"Go: {go.said}")
    return said


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=200)
    options.add_argument("--seed", type=int, default=20261122)
    given = options.parse_args()
    folder, began = Path(tempfile.mkdtemp(prefix="warraq-faults-")), time.monotonic()
    with broken(folder, given.seed) as made:
        for number in range(given.rounds):
            made.round(number)
            if made.failures:
                break
            if number % 20 == 19:
                print(
                    f"round {number + 1} of {given.rounds}, {time.monotonic() - began:.0f} s: {dict(made.counts)}", flush=True
                )
        found, wrong = made.audited()
        opinions = second_opinions(made) if found.size else []
    held = not made.failures and not any(wrong.values()) and number + 1 == given.rounds
    report(made, found, wrong, opinions, number + 1, time.monotonic() - began)
    print(f"faults: {'ok' if held else 'short'}")
    if held:
        shutil.rmtree(folder)
    else:
        print(f"what there is lies in {folder}", file=sys.stderr)
    sys.exit(not held)


def report(made: Faults, found: Audit, wrong: dict[str, int], opinions: list[str], rounds: int, seconds: float) -> None:
    counts = made.counts
    print(
        f"{rounds} rounds in {seconds:.0f} s: {len(made.tasks)} runs, {counts['tries']} tries, {counts['lost claims']} claims lost"
    )
    where = ", ".join(f"{times} at {phase}" for phase, times in made.deaths.most_common() if not phase.startswith("stopped"))
    print(f"{counts['killed']} processes killed: {where}")
    print(f"{counts['stopped']} stopped past their lease, {counts['sealed by another meanwhile']} sealed by another meanwhile")
    print(
        f"the storage killed {counts['storage killed']} times, {counts['puts in flight then']} puts in flight; "
        f"{counts['tried again']} tries ended with 'try again'"
    )
    print(
        f"the log: {found.size} leaves, {len(found.units)} units, {found.batches} batches, "
        f"{len(found.checkpoints)} checkpoints, {found.tiles} tiles"
    )
    for line in [*opinions, *made.failures]:
        print(line)
    print(", ".join(f"{times} {what}" for what, times in wrong.items()) + "; bound 0 of each")


if __name__ == "__main__":
    main()
