"""The whole stack as `make run` starts it: healthy, on this machine's own address only, revived, and gone without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archive.settings import ROOT
from stack import guardian, mode, secrets
from stack.api import Api

pytestmark = pytest.mark.slow
START = 420.0  # seconds; half a minute on an idle machine


def until(true: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


class Running:
    """`python -m stack up` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        outlets = folder / "outlets"
        outlets.mkdir(exist_ok=True)
        (outlets / "quiet.toml").write_text(
            'name = "quiet"\ntitle = "صحيفة هادئة"\nurl = "http://127.0.0.1:9/"\nenabled = false\nprivate = true\n', "utf-8"
        )
        self.log = folder / "up.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stack", "up", "--mode", "test", "--outlets", str(outlets)],
                cwd=ROOT,
                env={**os.environ, "WARRAQ_TEST_STATE": str(self.state)},
                stdout=log,
                stderr=log,
            )
        until(lambda: "users: " in self.said() or self.process.poll() is not None, START, "it does not start")
        assert self.process.poll() is None, self.said()
        self.url = next(word for word in self.said().split() if word.startswith("http://127.0.0.1:"))
        self.api = Api(self.url, "admin", secrets.passwords(self.state, ["admin"])["admin"])

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def services(self) -> dict[str, int]:
        """First words of the command line → pid, of the supervisor's children."""
        found = {}
        tables = Path(f"/proc/{self.process.pid}/task").glob("*/children")  # a thread of the supervisor revives
        for child in " ".join(map(still_read, tables)).split():
            words = still_read(Path(f"/proc/{child}/cmdline")).replace("\0", " ")
            for name in ("guardian.py", "weed", "api_server", "dag-processor", "scheduler", "triggerer"):
                if name in words:
                    found[name] = int(child)
        return found

    def everyone(self) -> list[int]:
        return guardian.members(set(self.services().values()), "")


def still_read(path: Path) -> str:
    """A file of /proc; "" when what it tells of is gone meanwhile."""
    try:
        return path.read_text("utf-8", "replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    stack = Running(tmp_path_factory.mktemp("whole"))
    yield stack
    if stack.process.poll() is None:
        stack.process.terminate()
        stack.process.wait(60)


def test_everything_is_healthy(running: Running) -> None:
    healthy = dict.fromkeys(("metadatabase", "scheduler", "triggerer", "dag_processor"), "healthy")
    assert running.api.health().items() >= healthy.items()
    assert running.services().keys() == {"guardian.py", "weed", "api_server", "dag-processor", "scheduler", "triggerer"}


def test_each_outlet_has_its_pool_and_a_stranger_gets_nothing(running: Running) -> None:
    assert running.api.get("/api/v2/pools/warraq_quiet")["slots"] == 1
    assert running.api.get("/api/v2/pools/capture_url")["slots"] == 4, "a page by hand is queued behind no crawl"
    with pytest.raises(urllib.error.HTTPError) as refused:
        Api(running.url, "admin", "guess").get("/api/v2/pools")
    assert refused.value.code == 401


def test_it_listens_on_this_machines_own_address_only(running: Running) -> None:
    inodes = set()
    for pid in running.everyone():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.add(descriptor.readlink().name)
            except OSError:
                continue
    addresses = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            field = row.split()
            if f"socket:[{field[9]}]" in inodes and (field[3] == "0A" or table.startswith("udp")):
                addresses.add(field[1].partition(":")[0])
    assert addresses == {"0100007F"}  # 127.0.0.1, as /proc/net/tcp writes it


def test_a_second_one_on_the_same_folder_is_refused_by_name(running: Running) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "stack", "up", "--mode", "test"],
        cwd=ROOT,
        env={**os.environ, "WARRAQ_TEST_STATE": str(running.state)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 75
    assert f"pid {running.process.pid}" in second.stderr


def test_a_killed_scheduler_comes_back_and_its_workers_do_not_stay(running: Running) -> None:
    before = running.services()["scheduler"]
    family = guardian.members({before}, "")
    assert len(family) > 1
    os.kill(before, signal.SIGKILL)
    until(lambda: running.services().get("scheduler", before) != before, 60, "the scheduler was not started again")
    assert not guardian.members({before}, "")


def test_ctrl_c_and_sigterm_leave_nothing_and_the_state_serves_again(running: Running) -> None:
    sessions = set(running.services().values())
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(90) == 0
    assert not guardian.members(sessions, "")
    assert "stopped" in running.said()


@pytest.mark.long
def test_a_killed_supervisor_leaves_nothing(running: Running) -> None:
    again = Running(running.state.parent)  # on the same state: it starts from what is there
    assert secrets.passwords(again.state, []) == secrets.passwords(running.state, [])
    assert again.api.get("/api/v2/pools/warraq_quiet")["slots"] == 1
    sessions = set(again.services().values())
    again.process.kill()
    again.process.wait()
    until(lambda: not guardian.members(sessions, ""), guardian.GRACE + 20, "something outlived its supervisor")
    assert mode.ports.taken(int(again.url.rpartition(":")[2])) is False
