"""`warraq status --tell` where something hangs or breaks in a way that nobody expected: the rest is still named, and told."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
import typer
from sqlalchemy import event

from archive.alarms.model import Alarm
from archive.catalog import migrations
from archive.catalog.alarms import Measure
from archive.catalog.database import Database
from archive.cli import status as command
from archive.errors import Refused, TryAgain
from archive.latency import stamp
from archive.outlet import Outlet
from archive.settings import ROOT, from_environment
from archive.steps import patient, post, standing, tell, told
from archive.steps.standing import Standing
from archive.steps.workshop import Outcome, Workshop
from tests.outside import Webhook

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(tell, "PAUSES", (None,))
    monkeypatch.setattr(patient, "PATIENCE", 0.0)
    monkeypatch.setattr(told, "ELSEWHERE", (tmp_path_factory.mktemp("shm"),))


@contextmanager
def silence() -> Iterator[int]:
    """The port of a server that lets everybody in and says nothing."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(20)
        yield server.getsockname()[1]


def made(tmp_path: Path, **env: str) -> Workshop:
    (tmp_path / "outlets").mkdir(exist_ok=True)
    held = {"WARRAQ_STATE": str(tmp_path), "WARRAQ_OUTLETS": str(tmp_path / "outlets")}
    return Workshop(from_environment({**held, **env}), clock=lambda: NOW, say=lambda _: None)


def signed() -> tuple[Outcome, list[str]]:
    return Outcome("log: signed"), []


def never() -> standing.LogSaid:
    time.sleep(9)
    return signed()


def look(shop: Workshop, max_age: float = 60, log: Callable[[], standing.LogSaid] = signed, **outlets: Outlet) -> Standing:
    return standing.look(shop, lambda: (outlets, {}), max_age, log)


def test_a_database_and_a_server_that_never_answer_hide_no_other_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient, "ASKING", 0.3)
    with silence() as port:
        shop = made(
            tmp_path, WARRAQ_CATALOG=f"postgresql://127.0.0.1:{port}/none", WARRAQ_AIRFLOW_URL=f"http://127.0.0.1:{port}"
        )
        found = look(shop, log=never)
    assert found.stale == ["api-server", "catalog", "log"]
    assert "no answer within" in str(found.trouble["catalog"])
    assert "no answer within" in found.log.line


@pytest.mark.parametrize(("address", "seconds"), [("", 10), ("?connect_timeout=3", "3")])
def test_a_connection_to_postgresql_has_its_time(address: str, seconds: object) -> None:
    engine, seen = Database(f"postgresql://127.0.0.1:9/none{address}").engine, []

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, _: object, given: dict[str, object]) -> None:
        seen.append(given["connect_timeout"])
        raise InterruptedError

    with pytest.raises(InterruptedError):
        engine.connect()
    assert seen == [seconds]


@contextmanager
def asked(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Callable[[], tuple[int, str]], Webhook]]:
    """`status --max-age 60 --tell` in this process, and the webhook that it tells."""
    with Webhook() as hook:
        shop.settings = replace(shop.settings, webhook=hook.endpoint)
        monkeypatch.setattr(command, "workshop", lambda **_: Workshop(shop.settings, clock=lambda: NOW))
        monkeypatch.setattr(command, "log_standing", lambda *_: signed())

        def run() -> tuple[int, str]:
            out = StringIO()
            with redirect_stdout(out), redirect_stderr(out), pytest.raises(typer.Exit) as stop:
                command.status(max_age=60, tell=True)
            return stop.value.exit_code, out.getvalue()

        yield run, hook


def said(hook: Webhook) -> list[str]:
    return [line.split(": ")[1] for _, body in hook.seen for line in json.loads(body)["text"].splitlines()]


def no_folder(tmp_path: Path) -> Workshop:
    (tmp_path / "file").touch()
    return made(tmp_path, WARRAQ_CATALOG=f"sqlite:///{tmp_path}/file/catalog.db")


def no_outlets(tmp_path: Path) -> Workshop:
    return made(tmp_path, WARRAQ_OUTLETS=str(tmp_path / "none"))


@pytest.mark.parametrize(("broken", "part"), [(no_folder, "catalog"), (no_outlets, "outlets")])
def test_what_the_system_refuses_is_a_part_that_is_told(
    broken: Callable[[Path], Workshop], part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with asked(broken(tmp_path), monkeypatch) as (run, hook):
        status, lines = run()
    assert (status, said(hook)) == (78, [f"STALE {part}"])
    assert f"STALE {part}: " in lines
    assert "log: signed" in lines


def test_a_book_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def book(*_: object) -> standing.LogSaid:
        raise PermissionError(13, "Permission denied", "/media/book.txt")

    with asked(made(tmp_path), monkeypatch) as (run, hook):
        monkeypatch.setattr(command, "log_standing", book)
        status, lines = run()
    assert (status, said(hook)) == (78, ["STALE log"])
    assert "STALE log: cannot be looked at: /media/book.txt: Permission denied" in lines
    assert "STALE log: cannot be looked at: /media/book.txt: Permission denied" in json.loads(hook.seen[0][1])["text"]


def test_it_is_told_before_anything_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with asked(no_outlets(tmp_path), monkeypatch) as (_, hook):
        monkeypatch.setattr(command, "_lines", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            command.status(max_age=60, tell=True)
    assert said(hook) == ["STALE outlets"]


def test_who_comes_back_in_time_is_not_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient, "PATIENCE", 30.0)
    monkeypatch.setattr(patient, "PAUSE", 0.01)
    answers = iter([{"api-server": "it does not answer"}, {"scheduler": "no heartbeat"}, {"scheduler": ""}])
    monkeypatch.setattr("archive.steps.airflow.parts", lambda *_: next(answers))
    down = iter([TryAgain("the store is away"), None])

    def log() -> standing.LogSaid:
        if error := next(down):
            raise error
        return signed()

    shop = made(tmp_path, WARRAQ_AIRFLOW_URL="http://127.0.0.1:9")
    shop.catalog.measure([Measure("check", "scheduler", stamp(NOW), 0.0)])
    found = look(shop, log=log)
    assert (found.stale, found.log.line) == ([], "log: signed")


@pytest.mark.parametrize(("max_age", "seconds"), [(60, 90.0), (6, 90.0), (0.25, 3.75), (0, 0.0)])
def test_how_long_is_asked_again(max_age: float, seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient, "PATIENCE", 90.0)
    assert patient.patience(max_age) == seconds


def test_nobody_waits_for_what_a_person_must_correct() -> None:
    tries = []

    def ask() -> str:
        tries.append(1)
        raise Refused("the key is wrong")

    assert patient.Part(ask, 60.0).end(lambda error: error.what) == "the key is wrong"
    assert tries == [1]


def silent_alarm(condition: str = "outlet-silent", **more: object) -> Alarm:
    one = Alarm(condition, "paper", NOW - HOUR, NOW - HOUR, NOW - MINUTE, "{why}", {"why": "nothing"}, "act")
    return replace(one, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "stale"),
    [
        (silent_alarm(), True),
        (silent_alarm(told=NOW - MINUTE), False),
        (silent_alarm("dag-paused", acknowledged=NOW - 30 * DAY, acknowledged_by="amal"), False),
        (silent_alarm("layout", told=NOW), True),
        (silent_alarm(told=NOW - MINUTE, closed=NOW), True),
        (silent_alarm(told=NOW - 3 * HOUR, seen=NOW - 2 * HOUR), True),
        (silent_alarm(told=NOW, seen=NOW + 2 * HOUR), True),
    ],
)
def test_an_outlet_is_left_to_an_alarm_that_is_watched_and_that_somebody_knows(
    held: Alarm, stale: bool, tmp_path: Path
) -> None:
    shop = made(tmp_path, WARRAQ_WEBHOOK="https://chat.example/x")
    shop.catalog.measure([Measure("outlet", "paper", stamp(NOW - DAY), 0.0)])
    shop.catalog.change_alarms(lambda _: [held], NOW - DAY)
    paper = Outlet("paper", "x", "https://paper.example/", schedule="*/15 * * * *")
    assert ("paper" in look(shop, paper=paper).stale) is stale


def test_a_check_that_a_wrong_clock_noted_for_the_future_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.steps.airflow.parts", lambda *_: {"scheduler": ""})
    shop = made(tmp_path, WARRAQ_AIRFLOW_URL="http://127.0.0.1:9")
    shop.catalog.measure([Measure("check", "scheduler", stamp(NOW - HOUR), 0.0), Measure("check", "scheduler", stamp(NOW + DAY), 0.0)])  # fmt: skip
    found = look(shop, 30)
    assert found.last_check == NOW - HOUR
    assert found.stale == ["checks"]


def test_what_a_timer_runs_never_updates_an_older_catalog(tmp_path: Path) -> None:
    env = {"WARRAQ_STATE": str(tmp_path)}
    made(tmp_path).catalog.close()
    file = tmp_path / "catalog.db"
    older = [name for name in sorted(migrations.KNOWN) if name != migrations.HEAD][-1]
    with sqlite3.connect(file) as base:
        base.execute("UPDATE warraq_schema SET version_num = ?", (older,))
    base.close()
    with pytest.raises(TryAgain, match=f"has schema {older}"):
        _ = Workshop(from_environment(env), updates=False).catalog
    calls = []
    for module in ("status", "alarms"):
        text = (ROOT / "archive/cli" / f"{module}.py").read_text("utf-8")
        calls += re.findall(r"workshop\((.*)\)$", text, re.MULTILINE)
    assert [call for call in calls if "updates=False" not in call] == []
    assert len(calls) == 2


@pytest.mark.parametrize("address", ["https://chat.example/services/SECRETKEY # ops", "https://chat.example/SECRETKEY\x01"])
def test_an_address_with_a_comment_is_refused_and_never_shown(address: str) -> None:
    with pytest.raises(Refused, match="WARRAQ_WEBHOOK has a blank or a control character") as refused:
        post.check("WARRAQ_WEBHOOK", address)
    with pytest.raises(TryAgain, match="its address cannot be used") as other:
        post.post(address, b"", "text/plain")
    assert other.value.__cause__ is None
    assert "SECRETKEY" not in f"{refused.value} {other.value}"


def units() -> Mapping[str, str]:
    text = (ROOT / "deploy/warraq-watch.service").read_text("utf-8")
    unit = re.search(r"(?m)^ExecStart=/bin/sh -c '(.*)'$", text)
    cron = re.search(r"sh -c '(cd /opt/warraq.*)'$", text, re.MULTILINE)
    assert unit is not None
    assert cron is not None
    return {"unit": unit[1].replace("$$", "$"), "cron": cron[1]}


@pytest.mark.parametrize("which", ["unit", "cron"])
def test_the_switch_asks_although_the_keys_cannot_be_read(which: str, tmp_path: Path) -> None:
    program = tmp_path / ".venv/bin"
    program.mkdir(parents=True)
    for name, text in (("python", "echo 'No space left on device' >&2; exit 78"), ("warraq", 'echo "asked: $*"; exit 78')):
        (program / name).write_text(f"#!/bin/sh\n{text}\n")
        (program / name).chmod(0o755)
    (tmp_path / "env").touch()
    line = units()[which].replace("/opt/warraq", str(tmp_path)).replace("/etc/warraq.env", str(tmp_path / "env"))
    sh = shutil.which("sh")
    assert sh is not None
    done = subprocess.run([sh, "-c", line], cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (78, "asked: status --max-age 60 --tell\n")
