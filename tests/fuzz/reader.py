"""A process that reads pages and is watched from outside: time, memory, and whether it lives.

Memory is the process's peak (VmHWM of proc(5), which unlike ru_maxrss does not begin with the parent's) with all that reading
imports; a fresh process is started when it was high, so that one page's peak hides no other's. A page's time is its CPU time: the
machine may have other things to do.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from archive import judge, outlet
from archive.outlet import Outlet
from tests.captures import capture

SECONDS = 10.0
MEGABYTES = 500
_ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PEAK = re.compile(r"VmHWM:\s*(\d+) kB")
_FRESH = 300  # megabytes: after a peak of more, the next page has a process of its own
_GIVE_UP = 2 * SECONDS  # CPU seconds after which a page that hangs is left


@dataclass(frozen=True, slots=True)
class Page:
    """What a site sends, and by whose rules it is read."""

    payload: bytes
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=UTF-8"),)
    outlet: str = ""  # "": one without layouts
    kind: str = ""  # what is odd about it


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a page."""

    klass: str
    reason: str
    doubt: str
    seconds: float
    megabytes: int
    fault: str = ""  # crash, hang, memory; "" for none


def outlets() -> dict[str, Outlet]:
    """The outlets that we watch, and one that is read by the generic rules."""
    good, _ = outlet.load_folder(_ROOT / "outlets")
    return {**good, "": Outlet(name="fuzz", title="fuzz", url="https://fuzz.example.org/")}


def _serve(pipe: Connection, megabytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    known = outlets()
    judge.warm_up()
    judge.judge(capture("https://fuzz.example.org/1", "<p>نص قصير</p>" * 50), "warc/x", known[""], None, "run")
    pipe.send(None)
    while (page := pipe.recv()) is not None:
        watched = known[page.outlet]
        path = "article/idEXAKCN0AA01" if watched.article.startswith("^/article") else "archives/815"
        made = capture(f"{watched.url}{path}", page.payload, headers=page.headers)
        start = time.process_time()
        line = judge.judge(made, "warc/x", watched, None, "run")[0].observation
        peak = int(_PEAK.search(Path("/proc/self/status").read_text())[1]) // 1024  # type: ignore[index]
        pipe.send((line.klass, line.reason, line.doubt, time.process_time() - start, peak))


class Reader:
    """`read` a page in a child process that is killed when it hangs. Close it, or use it as a context."""

    def __init__(self, *, seconds: float = SECONDS, most: int = MEGABYTES, allowance: int = 4 * MEGABYTES) -> None:
        self.seconds, self.most = seconds, most  # CPU seconds and megabytes of a page that are no fault
        self.allowance = allowance  # megabytes of address space: a page that wants more fails in the child, not the machine
        self.child: Any = None
        self.pipe: Any = None

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def read(self, page: Page) -> Seen:
        if self.child is None:
            self._start()
        before = self._cpu()
        try:
            self.pipe.send(page)
        except BrokenPipeError:
            self._stop()
            return Seen("", "", "", 0.0, 0, "crash: the process died")
        while not self.pipe.poll(0.2):
            used = self._cpu() - before
            if used > _GIVE_UP or not self.child.is_alive():
                crashed = not self.child.is_alive()
                self._stop()
                return Seen("", "", "", used, 0, "crash: the process died" if crashed else f"hang: over {used:.0f} s")
        try:
            klass, reason, doubt, seconds, megabytes = self.pipe.recv()
        except EOFError:
            self._stop()
            return Seen("", "", "", 0.0, 0, "crash: the process died")
        if megabytes > _FRESH:
            self._stop()
        fault = f"crash: {reason}" if reason.startswith("reader-") else ""
        fault = fault or (f"hang: {seconds:.1f} s" if seconds > self.seconds else "")
        fault = fault or (f"memory: {megabytes} MB" if megabytes > self.most else "")
        return Seen(klass, reason, doubt, seconds, megabytes, fault)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.child = context.Process(target=_serve, args=(theirs, self.allowance), daemon=True)
        self.child.start()
        theirs.close()
        self.pipe.recv()

    def _stop(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.join()
            self.pipe.close()
            self.child = None

    def _cpu(self) -> float:
        """CPU seconds of the child so far (proc(5), stat: fields 14 and 15)."""
        try:
            fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / _TICKS
