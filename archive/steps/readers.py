"""A pool of processes that judge captures: what every step reads with."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial

from archive import judge
from archive.judge import Judged
from archive.likeness import Fingerprint
from archive.outlet import Outlet
from archive.seed import SeedSet
from archive.steps.workshop import Workshop
from archive.warc import StoredCapture

CHUNK = 16  # captures per message to a reader process
WORTH_A_POOL = 24  # captures; fewer are read in this process
SLOWEST = 60  # seconds one capture may take to be read

Page = tuple[str, StoredCapture]  # key of the file it lies in, the capture
Read = Callable[..., list[Judged]]  # of pages, the run that reads, and the answer to an address that cannot exist


@contextmanager
def readers(shop: Workshop, outlet: Outlet) -> Iterator[Read]:
    """A function that judges captures: in this process when they are few, in a pool of processes when many."""
    seeds = shop.seeds
    pool: ProcessPoolExecutor | None = None

    def read(pages: list[Page], run: str, nowhere: Fingerprint | None = None) -> list[Judged]:
        nonlocal pool
        work = partial(judge_many, run=run, outlet=outlet, seeds=seeds, nowhere=nowhere)
        if shop.settings.readers == 1 or (pool is None and len(pages) < WORTH_A_POOL):
            return work(pages)
        if pool is None:
            judge.warm_up()  # imported once here, inherited by every reader
            pool = ProcessPoolExecutor(shop.settings.readers, multiprocessing.get_context("fork"))
        chunks = [pages[i : i + CHUNK] for i in range(0, len(pages), CHUNK)]
        try:
            return [one for chunk in pool.map(work, chunks) for one in chunk]
        except BrokenProcessPool:
            pool.shutdown()
            pool = None
            shop.say(f"extract: a reader died over {pages[0][0]}; its captures are read one by one")
            died = partial(judge.unreadable, run=run, outlet=outlet, reason="reader-died")
            return [one for page in pages for one in _alone(page, work, died)]

    try:
        yield read
    finally:
        if pool is not None:
            pool.shutdown()


def _alone(page: Page, work: Callable[..., list[Judged]], died: Callable[..., Judged]) -> list[Judged]:
    """Read in a process of its own: a page that crashes its reader (a parser's segfault, memory) costs itself only."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as one:
        try:
            return one.submit(work, [page]).result()
        except BrokenProcessPool:
            return [died(page[1], warc_key=page[0])]


def judge_many(
    pages: list[Page], *, run: str, outlet: Outlet, seeds: SeedSet | None, nowhere: Fingerprint | None = None
) -> list[Judged]:
    """`judge.judge` over a list: one message each way between processes."""
    found: list[Judged] = []
    for key, capture in pages:
        with _limit(SLOWEST):
            found += judge.judge(capture, key, outlet, seeds, run, nowhere=nowhere)
    return found


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """TimeoutError inside after so long, in a main thread: one page that no reader gets to the end of stops no outlet."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise TimeoutError(f"not read after {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
