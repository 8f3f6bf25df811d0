"""Workers of `tests.faults.log`: processes that plan, put and seal one run each, and can be told at which request to die.

A worker is forked from a parent that has imported everything, so that its start costs milliseconds; it opens connections
and a catalog of its own. What it is doing stands in memory that it shares with its parent.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive import judge, keys, observation, warc
from archive.capture import Exchange, Note
from archive.catalog import Catalog
from archive.catalog.lease import this_process
from archive.errors import WarraqError
from archive.keys import Stem
from archive.outlet import Outlet
from archive.s3 import S3Store
from archive.settings import Settings
from archive.spool import Spool, finished
from archive.steps.plan import plan
from archive.steps.seal import seal
from archive.steps.workshop import Workshop
from archive.store import put_once

LEASE = 1.0  # seconds: of the "crawl", as a lease of the site's host
PHASES = ("starting", "reading", "plan", "warc", "observations", "cdxj", "batch", "entries", "tile", "checkpoint kept")
PHASES += ("checkpoint moved", "key", "done")
_OF_KEY = {
    "plans/": "plan",
    "warc/": "warc",
    "observations/": "observations",
    "cdxj/": "cdxj",
    "log/batches/": "batch",
    "log/tile/entries/": "entries",
    "log/tile/": "tile",
    "log/checkpoints/": "checkpoint kept",
    "log/keys/": "key",
}
ANSWER = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\nnot found"


@dataclass(frozen=True)
class Task:
    """A run of one file, which has been captured and read."""

    outlet: Outlet
    run: str
    stem: Stem
    packed: bytes
    observations: bytes


@dataclass(frozen=True)
class Order:
    """How one try of a task is to end: at its nth request (of that phase, if one is named), before it is sent or after its
    answer came; 0: not by itself."""

    at: int = 0
    phase: str = ""
    after: bool = False
    stop: bool = False  # SIGSTOP instead of SIGKILL


def make_task(outlet: Outlet, number: int, captures: int) -> Task:
    """A file of captures of missing pages: small, and judged without an extractor."""
    now = datetime.now(UTC)
    run = keys.run_id(now, "faults", str(number))
    ids = iter(f"00000000-0000-4000-8000-{number:06x}{n:06x}" for n in range(1_000_000))
    with tempfile.TemporaryDirectory(prefix="warraq-") as folder:
        spool = Spool(Path(folder), outlet.name, run, 1, {}, lambda: now, lambda: next(ids))
        for page in range(captures):
            url = f"{outlet.url}{number}/{page}/"
            spool.add(Exchange(url, now, now, b"GET / HTTP/1.1\r\n\r\n", ANSWER, Note("article", "rest", "new")))
        spool.close()
        [(path, stem)] = finished(Path(folder))
        packed = path.read_bytes()
    judged = [one for capture in warc.captures(packed) for one in judge.judge(capture, stem.warc, outlet, None, run)]
    return Task(outlet, run, stem, packed, observation.dump([one.observation for one in judged]))


class Board:
    """What each slot is doing, for all to see: phase, whether a put is in flight, and counts."""

    def __init__(self, slots: int) -> None:
        self._held = mmap.mmap(-1, 4 * slots)

    def show(self, slot: int, phase: str, flying: bool) -> None:
        self._held[4 * slot] = PHASES.index(phase)
        self._held[4 * slot + 1] = flying

    def phase(self, slot: int) -> str:
        return PHASES[self._held[4 * slot]]

    def flying(self, slot: int) -> bool:
        return bool(self._held[4 * slot + 1])

    def lost_claim(self, slot: int) -> None:
        self._held[4 * slot + 2] = min(255, self._held[4 * slot + 2] + 1)

    def take_lost_claims(self, slot: int) -> int:
        count, self._held[4 * slot + 2] = self._held[4 * slot + 2], 0
        return count


class Doomed:
    """The store of a worker: says on the board what it is asked, and ends or stops the process where the order says."""

    def __init__(self, store: S3Store, board: Board, slot: int, order: Order) -> None:
        self.store, self.board, self.slot, self.order = store, board, slot, order
        self.endpoint = store.endpoint
        self.asked = 0

    def _do(self, phase: str, flying: bool, work: Callable[[], Any]) -> Any:
        counted = self.order.phase in ("", phase)
        self.asked += counted
        struck = counted and self.asked == self.order.at
        self.board.show(self.slot, phase, flying)
        if struck and not self.order.after:
            self._strike()
        answer = work()
        if struck and self.order.after:
            self._strike()
        self.board.show(self.slot, phase, False)
        return answer

    def _strike(self) -> None:
        os.kill(os.getpid(), signal.SIGSTOP if self.order.stop else signal.SIGKILL)

    def put(self, key: str, data: bytes) -> bool:
        phase = next(phase for start, phase in _OF_KEY.items() if key.startswith(start))
        taken: bool = self._do(phase, True, lambda: self.store.put(key, data))
        if phase == "batch" and not taken:
            self.board.lost_claim(self.slot)
        return taken

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        moved: bool = self._do("checkpoint moved", True, lambda: self.store.publish(checkpoint, tag))
        return moved

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        data: bytes = self._do("reading", False, lambda: self.store.get(key, start, length))
        return data

    def checkpoint(self) -> tuple[bytes, str] | None:
        held: tuple[bytes, str] | None = self._do("reading", False, self.store.checkpoint)
        return held

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        found: list[str] = self._do("reading", False, lambda: list(self.store.list(prefix, after)))
        return iter(found)

    def clock(self) -> datetime:
        return self.store.clock()


def start(
    settings: Settings, catalog: str, store: S3Store, task: Task, board: Board, slot: int, order: Order, acks: int, errors: Path
) -> int:
    """Fork a worker of the machine that has this catalog; its process id. `store` has a client without a connection: each
    worker makes its own."""
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        random.seed()  # jitter of its own
        board.show(slot, "starting", False)
        work(settings, catalog, Doomed(store, board, slot, order), task)
        os.write(acks, f"{catalog} {task.stem.warc}\n".encode())  # acknowledged: what is appended to a file at once is whole
        board.show(slot, "done", False)
        status = 0
    except WarraqError as error:
        status = error.exit_code
        with errors.open("a") as file:
            file.write(f"{os.getpid()} {type(error).__name__}: {error}\n")
    except BaseException:  # noqa: BLE001  the edge of a process: whatever it is, the parent must hear of it
        with errors.open("a") as file:
            traceback.print_exc(file=file)
    finally:
        sys.stdout.flush()
        os._exit(status)


def warm(settings: Settings, store: S3Store, task: Task) -> None:
    """Everything that a worker needs, imported and computed once here; no connection is left open for it to inherit."""
    work(settings, settings.catalog, Doomed(store, Board(1), 0, Order()), task)
    store.client.close()


def work(settings: Settings, catalog: str, store: Doomed, task: Task) -> None:
    """What the steps of one run do: plan, "crawl" under a lease, put what was captured and read, seal.

    Leases lie in one catalog for all; the machine's own, if it is another, knows only what its own seals have seen.
    """
    shop = Workshop(replace(settings, readers=1, catalog=catalog), say=lambda _: None)
    shop.__dict__["store"] = store
    leases = shop.catalog if catalog == settings.catalog else Catalog(settings.catalog)
    host, me = f"{task.outlet.name}.example", this_process()
    while not leases.lease(host, me, LEASE, shop.clock()):
        time.sleep(0.05)
    plan(shop, task.outlet, task.run)
    put_once(store, task.stem.warc, task.packed)
    put_once(store, task.stem.observations, task.observations)
    leases.release(host, me)
    seal(shop, task.outlet, task.run)
    leases.close()
    shop.catalog.close()
