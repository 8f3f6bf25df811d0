"""The dead man's switch: `warraq status --max-age`, from outside, against a real Airflow whose parts die one after the other."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.catalog import Catalog
from archive.catalog.alarms import Measure
from archive.latency import stamp
from archive.s3 import init_archive
from archive.settings import from_environment
from archive.steps import airflow
from tests.browser.conftest import ROOT, _die_with_parent, _environment, _wait
from tests.outside import Webhook
from tests.servers import Server
from tests.wadi import WARRAQ

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
WINDOW = 0.25  # minutes


def told(**beats: Any) -> dict[str, Any]:
    """What /api/v2/monitor/health answers; beats in minutes before NOW."""
    said: dict[str, Any] = {"metadatabase": {"status": "healthy"}}
    for part in airflow.PARTS:
        ago = beats.get(part)
        beat = None if ago is None else (NOW - timedelta(minutes=ago)).isoformat()
        said[part] = {"status": None if ago is None else "healthy", f"latest_{part}_heartbeat": beat}
    return said


@pytest.mark.parametrize(
    ("health", "bad"),
    [
        (told(scheduler=0, dag_processor=1, triggerer=1), {}),
        (told(scheduler=0), {}),
        (told(scheduler=4.9), {}),
        (told(scheduler=6, dag_processor=0), {"scheduler": "no heartbeat since 2026-11-22 02:54:00 UTC, 6 minutes ago"}),
        (told(scheduler=0, dag_processor=60), {"dag_processor": "no heartbeat since 2026-11-22 02:00:00 UTC, 60 minutes ago"}),
        (told(), {"scheduler": "it has never beaten"}),
        ({"metadatabase": {"status": "unhealthy"}, "scheduler": None}, {"metadatabase": "Airflow says that its database is unhealthy"}),
        ({}, {"metadatabase": "Airflow says that its database is unknown"}),
    ],
)  # fmt: skip
def test_which_part_is_dead(health: Mapping[str, Any], bad: Mapping[str, str]) -> None:
    assert {part: why for part, why in airflow.judge(health, NOW).items() if why} == bad


def test_one_answer_that_did_not_come_is_asked_for_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow, "PAUSE", 0.0)
    answers: list[Any] = [TimeoutError("timed out"), told(scheduler=0), TimeoutError("timed out"), TimeoutError("timed out")]

    def ask(_: str) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(airflow, "_ask", ask)
    assert not any(airflow.parts("http://127.0.0.1:1", NOW).values())
    assert "does not answer (timed out)" in airflow.parts("http://127.0.0.1:1", NOW)["api-server"]


@dataclass
class Parts:
    """A real api-server and scheduler, and the environment of who looks from outside."""

    env: dict[str, str]
    home: Path
    api: subprocess.Popen[bytes]
    scheduler: subprocess.Popen[bytes]

    def status(self, *options: str, **env: str) -> tuple[dict[str, Any], str]:
        """What `warraq status --max-age` says, as data and as lines."""
        command = [*WARRAQ, "status", "--max-age", str(WINDOW), *options]
        done, lines = (self._run([*command, *more], env) for more in (["--json"], []))
        assert done.returncode == (78 if json.loads(done.stdout)["stale"] else 0), done.stderr
        return json.loads(done.stdout), lines.stdout

    def _run(self, command: list[str], env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        env = {**self.env, **env}
        return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    def until_well(self) -> tuple[dict[str, Any], str]:
        """Ask until nothing is stale, for two minutes."""
        until = time.monotonic() + 120
        while True:
            said, lines = self.status()
            if not said["stale"] or time.monotonic() > until:
                return said, lines
            time.sleep(1)


@pytest.fixture(scope="module")
def parts(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    home = tmp_path_factory.mktemp("dead-man")
    for name in ("outlets", "dags", "plugins"):
        (home / name).mkdir()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = _environment(home, weed, port) | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(home / "plugins"),
        "WARRAQ_AIRFLOW_URL": f"http://127.0.0.1:{port}",
        "WARRAQ_SEEDS_LOCK": str(home / "seeds.lock"),
        "WARRAQ_BUCKET": f"s3://shared/{secrets.token_hex(6)}",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in weed.environment().items():
            patch.setenv(name, value)
        init_archive(from_environment(env), make_bucket=True)
    catalog = Catalog(from_environment(env).catalog)
    catalog.migrate()
    catalog.measure([Measure("check", "scheduler", stamp(datetime.now(UTC)), 0.0)])
    program = str(Path(sys.executable).with_name("airflow"))
    subprocess.run([program, "db", "migrate"], env=env, check=True, capture_output=True, timeout=300)
    running = []
    for name in ("api-server", "scheduler"):
        with (home / f"{name}.log").open("wb") as log:
            started = subprocess.Popen(
                [program, name],
                env=env,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509
            )
            running.append(started)
    made = Parts(env, home, *running)
    try:
        _wait(f"http://127.0.0.1:{port}", made.api, home / "api-server.log")
        yield made
    finally:
        for process in running:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill it and what it started, as the kernel would when memory is out."""
    with suppress(ProcessLookupError):  # ended already
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.long
def test_whatever_dies_is_named_within_the_window(parts: Parts, tmp_path: Path) -> None:
    said, lines = parts.until_well()
    assert said["stale"] == [], lines
    assert "airflow: api-server, metadatabase, scheduler well" in lines

    end(parts.scheduler)
    time.sleep(WINDOW * 60)  # the window: whoever asks after it is told
    said, lines = parts.status()
    assert said["stale"] == ["scheduler"]
    assert "STALE scheduler: no heartbeat since" in lines

    garbage = tmp_path / "catalog.db"
    garbage.write_text("this is a text file, and quite a long one at that " * 40)
    dead = {"WARRAQ_CATALOG": f"sqlite:///{garbage}", "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}
    said, lines = parts.status(**dead)
    assert said["stale"] == ["scheduler", "catalog", "log"]
    assert "STALE catalog: " in lines
    assert "STALE log: cannot be looked at" in lines

    end(parts.api)
    with Webhook() as hook:
        told = {**dead, "WARRAQ_WEBHOOK": hook.endpoint}
        said, lines = parts.status("--tell", **told)
        assert said["stale"] == ["api-server", "catalog", "log"]
        parts.status("--tell", **told)
        (posted,) = [json.loads(body)["text"] for _, body in hook.seen]
        assert [line.split(": ")[1] for line in posted.splitlines()] == ["STALE api-server", "STALE catalog", "STALE log"]


def test_without_airflow_nothing_is_said_of_it(tmp_path: Path) -> None:
    env = {"WARRAQ_STATE": str(tmp_path)}
    assert from_environment(env).airflow == ""
    (tmp_path / "airflow").mkdir()
    assert from_environment(env).airflow == "http://127.0.0.1:8480"
    assert from_environment({**env, "WARRAQ_PORT": "9000"}).airflow == "http://127.0.0.1:9000"
    assert from_environment({**env, "WARRAQ_AIRFLOW_URL": ""}).airflow == ""
