"""dags/_steps.py: what each exit status becomes, and the one word to a person, over real HTTP."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.test_stack import alive


@pytest.fixture
def steps(airflow_home: Path):
    import _steps

    return _steps


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_last_line_is_what_it_did_and_every_line_is_in_the_log(steps, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "warraq"):
        done = steps.run(
            python("import sys\nprint('سطر أول')\nprint('to err', file=sys.stderr)\nprint('plan: 3 due')\nprint()")
        )
    assert done == "plan: 3 due"
    assert {"سطر أول", "to err", "plan: 3 due"} <= set(caplog.messages)


def test_what_a_quiet_command_says_is_in_no_log_and_comes_back_to_nobody(steps, caplog: pytest.LogCaptureFixture) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with caplog.at_level(logging.INFO, "warraq"):
        assert steps.run(python("print('withheld: https://news.example/witness'); print('same: b2b2')"), quiet=True) == ""
        code = "import sys; print('no room for https://news.example/witness here'); sys.exit(78)"
        with pytest.raises(AirflowFailException, match=r"^no room for \(an address\) here \[exit 78"):
            steps.run([sys.executable, "-c", code], quiet=True)
    said = [message for message in caplog.messages if not message.startswith("$ ")]
    assert said == ["done; what it said is not for everybody who may read this"]


def test_airflow_tells_each_task_in_its_environment_whose_run_it_is(steps) -> None:
    """spiders/about.py writes it down at the head of each file; the step and the spider only inherit it."""
    from airflow.sdk.execution_time.context import context_to_airflow_vars

    from spiders.about import AIRFLOW

    ti = SimpleNamespace(dag_id="warraq_site", task_id="crawl", try_number=2)
    context = {"task_instance": ti, "dag_run": SimpleNamespace(run_id="manual__2026-11-22")}
    exported = context_to_airflow_vars(context, in_env_var_format=True)
    assert {name: exported.get(variable) for name, variable in AIRFLOW.items()} == {
        "airflow-dag": "warraq_site",
        "airflow-run": "manual__2026-11-22",
        "airflow-try": "2",
    }
    env = {**os.environ, **exported}
    assert steps.run(python("import os; print(os.environ['AIRFLOW_CTX_DAG_RUN_ID'])"), env) == "manual__2026-11-22"


def test_output_is_streamed_while_the_command_runs(steps, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """The command waits until its first line was seen: it would never end if output came only at the end."""
    go = tmp_path / "go"

    class Seen(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == "first":
                go.touch()

    handler = Seen()
    steps.log.addHandler(handler)
    try:
        wait = (
            f"import pathlib, time\nprint('first')\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(.01)\n"
            "print('last')"
        )
        with caplog.at_level(logging.INFO, "warraq"):
            assert steps.run(python(wait)) == "last"
    finally:
        steps.log.removeHandler(handler)


@pytest.mark.parametrize("status", [2, 64, 65, 70, 78])
def test_a_status_that_asks_for_a_person_is_not_retried(steps, status: int) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match=r"^bucket is gone — make it"):
        steps.run(python(f"import sys; print('warraq: bucket is gone — make it', file=sys.stderr); sys.exit({status})"))


@pytest.mark.parametrize("status", [1, 75, 137])
def test_a_status_that_may_pass_is_left_to_the_retries(steps, status: int) -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    with pytest.raises(AirflowException, match="host is busy") as failure:
        steps.run(python(f"import sys; print('host is busy'); sys.exit({status})"))
    assert not isinstance(failure.value, AirflowFailException)


def test_a_killed_command_is_left_to_the_retries(steps) -> None:
    from airflow.sdk.exceptions import AirflowException, AirflowFailException

    with pytest.raises(AirflowException, match="SIGKILL") as failure:
        steps.run(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert not isinstance(failure.value, AirflowFailException)


def test_nothing_due_skips_where_it_may_and_is_success_elsewhere(steps) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    nothing = python("import sys; print('plan: nothing due'); sys.exit(99)")
    with pytest.raises(AirflowSkipException, match="nothing due"):
        steps.run(nothing, may_skip=True)
    assert steps.run(nothing) == "plan: nothing due"


def test_a_timeout_leaves_no_process_behind(steps, tmp_path: Path) -> None:
    """Airflow raises its time-out inside the task; the command gets SIGTERM and is waited for."""
    pid = tmp_path / "pid"

    class TimeOut(BaseException):
        pass

    def ring(*_: object) -> None:
        raise TimeOut

    def ring_when_it_runs() -> None:
        while not (pid.exists() and pid.read_text()):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, ring)
    try:
        threading.Thread(target=ring_when_it_runs, daemon=True).start()
        code = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
        with pytest.raises(TimeOut):
            steps.run(python(code))
    finally:
        signal.signal(signal.SIGALRM, before)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl(2) is Linux's")
def test_a_command_dies_with_a_task_that_was_killed(steps, tmp_path: Path) -> None:
    import subprocess

    pid = tmp_path / "pid"
    inner = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
    outer = (
        f"import sys; sys.path.insert(0, {str(Path(steps.__file__).parent)!r}); import _steps; _steps.run({python(inner)!r})"
    )
    task = subprocess.Popen(python(outer), cwd=steps.ROOT)
    deadline = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    task.kill()
    task.wait()
    child = int(pid.read_text())
    while alive(child):
        assert time.monotonic() < deadline, "the command outlived its task"
        time.sleep(0.05)


def test_the_command_gets_the_airflow_connection_it_is_told_to_use(steps, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs without Airflow, so it reads the connection as archive.s3_client does: from one variable."""
    import airflow.sdk

    from archive.s3_client import _connection

    held = SimpleNamespace(conn_type="aws", login="KEY", password="very-secret", extra_dejson={"endpoint_url": "http://s3:9"})
    monkeypatch.setattr(airflow.sdk.Connection, "get", classmethod(lambda cls, name: held if name == "press_s3" else None))
    monkeypatch.delenv("WARRAQ_S3_CONNECTION", raising=False)
    assert steps._connection() == {}
    monkeypatch.setenv("WARRAQ_S3_CONNECTION", "press_s3")
    told = {"endpoint_url": "http://s3:9", "aws_access_key_id": "KEY", "aws_secret_access_key": "very-secret"}
    assert _connection("press_s3", steps._connection()) == told
    monkeypatch.delenv("WARRAQ_S3_CONNECTION")
    monkeypatch.setenv("WARRAQ_MIRROR_CONNECTION", "press_s3")
    assert _connection("press_s3", steps._connection()) == told


def test_the_command_is_told_who_started_the_run_by_hand(steps, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.execution_time.context import set_current_context

    def told(name: str | None) -> dict[str, str]:
        with set_current_context({"dag_run": SimpleNamespace(triggering_user_name=name)}):
            return steps._operator()

    monkeypatch.delenv("WARRAQ_OPERATOR", raising=False)
    assert told("amal") == {"WARRAQ_OPERATOR": "amal"}
    assert told(None) == {}
    assert steps._operator() == {}
    monkeypatch.setenv("WARRAQ_OPERATOR", "the night shift")
    assert told("amal") == {"WARRAQ_OPERATOR": "amal"}, "an act names who did it, whatever this machine's jobs are called"
    assert told(None) == {}


def test_the_run_id_is_the_same_for_every_retry_and_another_for_every_run(steps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARRAQ_DEPLOYMENT", "press")
    when = datetime(2026, 11, 22, 1, 15, tzinfo=UTC)

    def context(run: str, after: datetime = when, try_number: int = 1) -> dict:
        return {"dag_run": SimpleNamespace(run_after=after, dag_id="warraq_manara", run_id=run), "try": try_number}

    first = steps.run_id(context("scheduled__1"))
    assert first.startswith("20261122T011500Z-")
    assert steps.run_id(context("scheduled__1", try_number=3)) == first
    others = {steps.run_id(context("manual__1")), steps.run_id(context("scheduled__1", when + timedelta(minutes=15)))}
    monkeypatch.setenv("WARRAQ_DEPLOYMENT", "other")
    others.add(steps.run_id(context("scheduled__1")))
    assert len(others | {first}) == 4


@pytest.fixture
def receiver() -> Iterator[SimpleNamespace]:
    """A real web server on loopback that refuses the first `refuse` posts."""
    got = SimpleNamespace(posts=[], refuse=0, address="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            refused, got.refuse = got.refuse > 0, got.refuse - 1
            if not refused:
                got.posts.append((self.headers["Content-Type"], json.loads(body)))
            self.send_response(503 if refused else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    got.address = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield got
    server.shutdown()
    server.server_close()


def failure(**more: object) -> dict:
    ti = SimpleNamespace(dag_id="warraq_manara", task_id="crawl", run_id="scheduled__1", try_number=2, log_url="http://h/log")
    return {"task_instance": ti, "exception": ValueError("المضيف لا يجيب"), **more}


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from archive.catalog import Catalog

    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    monkeypatch.delenv("WARRAQ_CATALOG", raising=False)
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    return made


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The catalog is away."""
    (tmp_path / "catalog.db").write_text("this is a text file, and quite a long one at that " * 40)
    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    monkeypatch.delenv("WARRAQ_CATALOG", raising=False)


def test_a_failure_is_noted_for_the_alarms_and_over_with_the_next_success(
    steps, catalog, receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archive.steps.facts import failures

    monkeypatch.setenv("WARRAQ_WEBHOOK", receiver.address)
    steps.Webhook()(failure(dag_run=SimpleNamespace(run_type="manual")))
    (noted,) = failures(SimpleNamespace(catalog=catalog))
    assert (noted.dag, noted.task, noted.reason, noted.by_hand) == ("warraq_manara", "crawl", "المضيف لا يجيب", True)
    steps.recovered(failure(task_instance=SimpleNamespace(dag_id="warraq_manara", task_id="seal")))
    assert list(failures(SimpleNamespace(catalog=catalog))), "another task went well"
    steps.recovered(failure())
    steps.recovered(failure())
    assert not list(failures(SimpleNamespace(catalog=catalog)))
    assert len(catalog.measures("task")) == 1, "the last state of each task"
    assert receiver.posts == [], "one way out: the alarms tell it"


def test_a_success_is_noted_by_tasks_of_every_dag(steps) -> None:
    assert steps.DEFAULTS["on_success_callback"] == steps.DEFAULTS["on_skipped_callback"] == [steps.recovered]


def test_what_a_task_s_end_costs_is_not_the_whole_archive() -> None:
    """Each task of each run notes how it ended, in a process of its own: what reads versions is not needed for it."""
    code = "import sys, archive.catalog.alarms; print(sorted({'archive.version', 'archive.history'} & set(sys.modules)))"
    assert subprocess.run(python(code), check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_without_a_catalog_a_failure_is_posted_once(steps, broken, receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARRAQ_WEBHOOK", receiver.address)
    steps.Webhook()(failure())
    steps.Webhook()(failure())
    ((kind, said),) = receiver.posts
    assert kind.startswith("application/json")
    assert said == {
        "text": "Warraq: warraq_manara.crawl failed: المضيف لا يجيب",
        "dag": "warraq_manara",
        "outlet": "manara",
        "task": "crawl",
        "run": "scheduled__1",
        "try": 2,
        "reason": "المضيف لا يجيب",
        "log": "http://h/log",
    }
    steps.recovered(failure())


def test_the_dag_that_tells_is_told_of_directly(steps, catalog, receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARRAQ_WEBHOOK", receiver.address)
    mine = SimpleNamespace(dag_id=steps.ALARMS, task_id="check", run_id="scheduled__1", try_number=1, log_url="")
    steps.Webhook()(failure(task_instance=mine))
    assert [said["dag"] for _, said in receiver.posts] == [steps.ALARMS]


def test_the_post_is_tried_again(steps, broken, receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from archive.steps import tell

    monkeypatch.setenv("WARRAQ_WEBHOOK", receiver.address)
    monkeypatch.setattr(tell, "PAUSES", (0.0, 0.0, None))
    receiver.refuse = 2
    steps.Webhook()(failure())
    assert len(receiver.posts) == 1


def test_a_webhook_that_never_answers_is_an_error_in_the_log(steps, broken, receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from archive.errors import TryAgain
    from archive.steps import tell

    monkeypatch.setattr(tell, "PAUSES", (0.0, None))
    monkeypatch.setenv("WARRAQ_WEBHOOK", "http://127.0.0.1:9/hook")
    with pytest.raises(TryAgain):
        steps.Webhook()(failure())
    monkeypatch.setenv("WARRAQ_WEBHOOK", receiver.address)
    steps.Webhook()(failure())
    assert len(receiver.posts) == 1, "what nobody took does not count as told"


def test_no_webhook_no_post_and_no_other_scheme(steps, broken, receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from archive.errors import Refused

    monkeypatch.setenv("WARRAQ_WEBHOOK", "file:///etc/hostname")
    with pytest.raises(Refused, match="WARRAQ_WEBHOOK"):
        steps.Webhook()(failure())
    monkeypatch.delenv("WARRAQ_WEBHOOK")
    steps.Webhook()(failure())
    assert receiver.posts == []


def test_old_logs_and_empty_folders_are_found_and_nothing_else(airflow_home: Path, outlets: Path, tmp_path: Path) -> None:
    import housekeeping

    logs = tmp_path / "logs"
    old = logs / "dag_id=warraq_manara" / "run_id=1" / "attempt=1.log"
    new = logs / "dag_id=warraq_manara" / "run_id=2" / "attempt=1.log"
    other = logs / "notes.txt"
    for path in (old, new, other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (logs / "link.log").symlink_to(new)
    long_ago = time.time() - 90 * 86400
    os.utime(old, (long_ago, long_ago))
    os.utime(other, (long_ago, long_ago))
    before = datetime.now(UTC) - timedelta(days=30)
    assert housekeeping.old_logs(logs, before) == [old]
    old.unlink()
    assert housekeeping.empty_folders(logs, before) == [], "a task may be about to write there"
    os.utime(old.parent, (long_ago, long_ago))
    assert housekeeping.empty_folders(logs, before) == [old.parent]


def test_pruning_gets_the_database_address_back(airflow_home: Path, outlets: Path) -> None:
    import housekeeping

    blocked = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "airflow-db-not-allowed:///", "AIRFLOW_HOME": "/x"}
    assert housekeeping.airflow_environment(blocked) == {"AIRFLOW_HOME": "/x"}
    set_by_hand = {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://db/airflow"}
    assert housekeeping.airflow_environment(set_by_hand) == set_by_hand
