"""The stack's parts on small processes. The whole of it runs in test_stack_whole.py."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.errors import Refused, TryAgain
from archive.settings import ROOT
from stack import environment, guardian, mode, ports, prepare, secrets, services, upgrade
from stack.children import Children
from stack.lock import StateLock
from stack.mode import Mode
from stack.services import Step
from stack.supervisor import START_LIMIT, Stack

SLEEPER = "import time; time.sleep(300)"


def real(state: Path, **env: str) -> Mode:
    return mode.choose("real", {"WARRAQ_STATE": str(state), **env})


def test_mode(tmp_path: Path, **env: str) -> Mode:
    return mode.choose("test", {"WARRAQ_TEST_STATE": str(tmp_path / "state"), **env})


test_mode.__test__ = False  # type: ignore[attr-defined]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(true: object, seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


# --- modes


def test_real_state_is_never_inside_a_git_work_tree(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(Refused, match="inside the Git work tree"):
        real(tmp_path / "deep" / "state")


def test_real_demo_and_test_share_nothing(tmp_path: Path) -> None:
    env = {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    made = [mode.choose(name, env) for name in ("real", "demo", "test")]
    assert len({m.state for m in made}) == len({m.bucket for m in made}) == len({m.deployment for m in made}) == 3
    taken = [set(range(m.first_port, m.first_port + mode.PORTS)) for m in made]
    assert not taken[0] & taken[1]
    assert not taken[0] & taken[2]
    assert not taken[1] & taken[2]
    assert made[0].state == tmp_path / "data" / "warraq"
    assert made[1].state == tmp_path / "cache" / "warraq-demo"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL_S3", "WARRAQ_BUCKET", "WARRAQ_S3_CONNECTION"])
def test_a_store_of_ones_own_replaces_the_embedded_one(tmp_path: Path, name: str) -> None:
    own = real(tmp_path, **{name: "s3://kept-elsewhere"})
    assert not own.embedded_store
    assert list(own.port_names().values()) == ["Airflow"]
    assert real(tmp_path).embedded_store


def test_a_sandbox_takes_over_nothing_of_the_real_archive(tmp_path: Path) -> None:
    base = {
        "WARRAQ_BUCKET": "s3://precious",
        "WARRAQ_CATALOG": "postgresql://precious",
        "WARRAQ_CONTACT": "a@example.org",
        "AWS_ACCESS_KEY_ID": "precious",
        "AWS_PROFILE": "precious",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://precious",
        "LANG": "C.UTF-8",
    }
    sandbox = test_mode(tmp_path, **base)
    sandbox.state.mkdir()
    built = environment.build(sandbox, base)
    assert not [name for name, value in built.items() if "precious" in value]
    assert built["WARRAQ_SANDBOX"] == "1"
    assert built["LANG"] == "C.UTF-8"


def test_the_real_one_keeps_the_users_settings(tmp_path: Path) -> None:
    env = {"WARRAQ_BUCKET": "s3://kept", "AWS_PROFILE": "archive", "WARRAQ_WEBHOOK": "https://example.org/hook"}
    built = environment.build(real(tmp_path, **env), env)
    assert built.items() >= env.items()
    assert "AWS_SECRET_ACCESS_KEY" not in built
    assert built["WARRAQ_SANDBOX"] == "0"


def test_the_programs_are_told_where_the_log_key_lies(tmp_path: Path) -> None:
    assert environment.build(real(tmp_path), {})["WARRAQ_LOG_KEY_FILE"] == str(tmp_path / "log.key")
    kept = {"WARRAQ_LOG_KEY_FILE": str(tmp_path / "kept" / ".." / "own.key")}
    assert environment.build(real(tmp_path, **kept), kept)["WARRAQ_LOG_KEY_FILE"] == str(tmp_path / "own.key")
    precious = {**kept, "WARRAQ_LOG_KEY": "PRIVATE+KEY+precious"}
    sandbox = test_mode(tmp_path, **precious)
    sandbox.state.mkdir()
    built = environment.build(sandbox, precious)
    assert built["WARRAQ_LOG_KEY_FILE"] == str(sandbox.state / "log.key")
    assert "WARRAQ_LOG_KEY" not in built


def test_a_sandbox_is_not_made_around_the_key_of_the_real_archive(tmp_path: Path) -> None:
    key = tmp_path / "state" / "deep" / "real.key"
    for name in ("demo", "test"):
        with pytest.raises(Refused, match="would be emptied"):
            mode.choose(name, {f"WARRAQ_{name.upper()}_STATE": str(tmp_path / "state"), "WARRAQ_LOG_KEY_FILE": str(key)})


def test_postgresql_needs_one_driver_only(tmp_path: Path) -> None:
    address = "postgresql+psycopg://airflow@127.0.0.1/airflow"
    built = environment.build(real(tmp_path, WARRAQ_AIRFLOW_DB=address), {})
    assert built["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"] == built["WARRAQ_AIRFLOW_DB"] == address


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("WARRAQ_PORT", "80", "not a port"),
        ("WARRAQ_PORT", "http", "not a port"),
        ("WARRAQ_USERS", "salma", "is not name:role"),
        ("WARRAQ_USERS", "salma:root", "is not name:role"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, name: str, value: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        real(tmp_path, **{name: value})
    assert refused.value.remedy


def test_only_a_sandbox_of_ours_is_ever_emptied(tmp_path: Path) -> None:
    sandbox = test_mode(tmp_path)
    sandbox.state.mkdir()
    (sandbox.state / "letters.txt").write_text("رسائل")
    with pytest.raises(Refused, match="not a sandbox's"):
        mode.empty(sandbox)
    (sandbox.state / "letters.txt").unlink()
    mode.empty(sandbox)
    (sandbox.state / "weed").mkdir()
    (sandbox.state / "weed" / "1.dat").touch()
    mode.empty(sandbox)
    assert not (sandbox.state / "weed").exists()
    with pytest.raises(Refused, match="real state"):
        mode.empty(real(tmp_path / "real"))


# --- airflow.cfg


def test_every_variable_in_airflow_cfg_is_given(tmp_path: Path) -> None:
    used = set(re.findall(r"\$([A-Z_]+)", re.sub(r"(?m)^#.*", "", (ROOT / "airflow.cfg").read_text())))
    assert used >= {"WARRAQ_ROOT", "WARRAQ_PORT", "WARRAQ_AIRFLOW_DB"}
    assert used <= environment.build(real(tmp_path), {}).keys()


def test_airflow_cfg_holds_no_secret_and_listens_here_only() -> None:
    text = (ROOT / "airflow.cfg").read_text()
    assert not re.search(r"(?m)^\w*(fernet_key|secret|password|jwt)\w*\s*=", text)
    assert set(re.findall(r"(?m)^\w*host\s*=\s*(.*)", text)) == {"127.0.0.1"}


# --- ports


def test_a_taken_port_is_named_with_who_has_it() -> None:
    with socket.socket() as server:
        server.bind((ports.HOST, 0))
        server.listen()
        port = server.getsockname()[1]
        with pytest.raises(Refused, match=rf"port {port} \(for Airflow\) is taken by pid {os.getpid()} ") as refused:
            ports.check({port: "Airflow"}, "WARRAQ_PORT")
    assert "WARRAQ_PORT" in refused.value.remedy
    ports.check({port: "Airflow"}, "WARRAQ_PORT")


# --- secrets


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    first = secrets.keys(tmp_path)
    assert secrets.keys(tmp_path) == first
    assert len(first["jwt"]) >= 64
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_a_new_user_gets_a_password_and_the_others_keep_theirs(tmp_path: Path) -> None:
    before = secrets.passwords(tmp_path, ["salma"])
    after = secrets.passwords(tmp_path, ["salma", "yusuf"])
    assert after["salma"] == before["salma"] != after["yusuf"]
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(("how", "says"), [("open", "can be read by others"), ("damaged", "is damaged")])
def test_secrets_that_cannot_be_trusted_are_refused(tmp_path: Path, how: str, says: str) -> None:
    secrets.keys(tmp_path)
    path = tmp_path / "secrets.json"
    if how == "open":
        path.chmod(0o644)
    else:
        path.write_text(path.read_text()[:40])
    with pytest.raises(Refused, match=says):
        secrets.keys(tmp_path)


# --- one supervisor per folder


def test_a_folder_has_one_supervisor_and_its_death_frees_it(tmp_path: Path) -> None:
    code = f"import time; from stack.lock import StateLock; from pathlib import Path; k = StateLock(Path({str(tmp_path)!r}))"
    other = subprocess.Popen([sys.executable, "-c", f"{code}; k.take(); print('has it', flush=True); time.sleep(60)"],
                             cwd=ROOT, stdout=subprocess.PIPE)  # fmt: skip
    assert other.stdout is not None
    other.stdout.readline()
    lock = StateLock(tmp_path)
    assert lock.holder() == other.pid
    with pytest.raises(TryAgain, match=f"pid {other.pid}"):
        lock.take()
    other.kill()
    other.wait()
    other.stdout.close()
    assert lock.holder() is None
    lock.take()
    lock.release()


# --- children

# A child that has a child in its session, one in a session of its own, and one that hides its environment as setproctitle does.
FAMILY = """
import ctypes, os, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(300)"]
kin = [subprocess.Popen(sleep), subprocess.Popen(sleep, start_new_session=True), subprocess.Popen(sleep, env={})]
print(os.getpid(), *[k.pid for k in kin], flush=True)
time.sleep(300)
"""


def family(children: Children) -> list[int]:
    child = children.start("family", [sys.executable, "-c", FAMILY], dict(os.environ))
    assert eventually(lambda: children.log("family").exists() and children.log("family").read_text().endswith("\n"))
    pids = [int(word) for word in children.log("family").read_text().split()]
    assert pids[0] == child.pid
    assert all(alive(pid) for pid in pids)
    return pids


def test_stopping_leaves_nothing_not_even_in_another_session(tmp_path: Path) -> None:
    children = Children(tmp_path, tmp_path)
    pids = family(children)
    child = children.start("sleeper", [sys.executable, "-c", SLEEPER], dict(os.environ))
    children.stop([child], grace=5)
    assert not alive(child.pid)
    assert all(alive(pid) for pid in pids)
    children.stop([], grace=0, last=True)
    children.close()
    assert not [pid for pid in pids if alive(pid)]


def test_who_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    children = Children(tmp_path, tmp_path)
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(300)"
    child = children.start("deaf", [sys.executable, "-c", code], dict(os.environ))
    assert eventually(lambda: "deaf" in children.tail("deaf"))
    assert children.stop([child], grace=0.2, last=True) == 1
    children.close()
    assert child.returncode == -signal.SIGKILL


def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from stack.children import Children
children = Children(Path({str(tmp_path)!r}), Path({str(tmp_path)!r}))
children.start("family", [sys.executable, "-c", {FAMILY!r}], dict(os.environ))
time.sleep(300)
"""
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    log = tmp_path / "family.log"
    assert eventually(lambda: log.exists() and log.read_text().endswith("\n"))
    pids = [int(word) for word in log.read_text().split()]
    supervisor.kill()
    supervisor.wait()
    assert eventually(lambda: not [pid for pid in pids if alive(pid)], guardian.GRACE + 5)


def test_a_killed_guardian_is_replaced_and_knows_everything(tmp_path: Path) -> None:
    children = Children(tmp_path, tmp_path)
    pids = family(children)
    children._guardian.kill()
    children._guardian.wait()
    child = children.start("sleeper", [sys.executable, "-c", SLEEPER], dict(os.environ))
    children.guard_again()
    assert children._guardian.stdin is not None
    children._guardian.stdin.close()  # as if the supervisor had died now
    assert eventually(lambda: not [pid for pid in (*pids, child.pid) if alive(pid)], guardian.GRACE + 5)
    child.wait()


def test_a_log_that_has_grown_is_moved_aside_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stack.children._LOG_LIMIT", 100)
    children = Children(tmp_path, tmp_path)
    code = "import time; print('x' * 200)\nwhile True: print('later', flush=True); time.sleep(.1)"
    child = children.start("talker", [sys.executable, "-c", code], dict(os.environ))
    assert eventually(lambda: "later" in children.tail("talker"))
    children.trim_logs()
    assert "x" * 200 in (tmp_path / "talker.log.1").read_text()
    assert eventually(lambda: "later" in children.tail("talker"))
    assert "x" not in children.log("talker").read_text()
    children.stop([child], grace=2, last=True)
    children.close()


# --- the supervisor, on steps of our own


class Small(Stack):
    """A stack of the given steps instead of SeaweedFS and Airflow."""

    def __init__(self, chosen: Mode, *steps: Step) -> None:
        self.said: list[str] = []
        super().__init__(chosen, say=self.said.append)
        self._small = list(steps)

    def steps(self, added: tuple[Step, ...]) -> list[Step]:
        return self._small


@pytest.fixture
def small(tmp_path: Path) -> Iterator[object]:
    made: list[Small] = []

    def make(*steps: Step) -> Small:
        made.append(Small(test_mode(tmp_path), *steps))
        return made[-1]

    yield make
    for stack in made:
        stack.stop()


def step(name: str, code: str, *after: str, service: bool = False, ready: object = lambda: True) -> Step:
    return Step(name, [sys.executable, "-c", textwrap.dedent(code)], dict(os.environ), frozenset(after), service, ready)  # type: ignore[arg-type]


def test_steps_start_in_order_and_a_dead_service_starts_again(tmp_path: Path, small) -> None:  # type: ignore[no-untyped-def]
    note = tmp_path / "note"
    stack = small(
        step("late", f"open({str(note)!r}, 'a').write('late '); import time; time.sleep(300)", "job", "early", service=True),
        step("early", SLEEPER, service=True, ready=note.exists),
        step("job", f"import time; time.sleep(.3); open({str(note)!r}, 'a').write('job ')"),
    )
    stack.start()
    assert eventually(lambda: note.read_text() == "job late ")
    first = stack.processes()
    assert first.keys() == {"early", "late"}
    os.kill(first["late"], signal.SIGKILL)
    assert eventually(lambda: note.read_text() == "job late late ")
    assert stack.processes()["early"] == first["early"]
    assert any("late ended with status -9" in line for line in stack.said)
    stack.stop()
    assert not any(alive(pid) for pid in (*first.values(), *stack.processes().values()))
    assert StateLock(stack.mode.state).holder() is None


@pytest.mark.parametrize("service", [False, True])
def test_what_fails_at_the_start_ends_everything_with_its_own_words(small, service: bool) -> None:  # type: ignore[no-untyped-def]
    stack = small(
        step("steady", SLEEPER, service=True),
        step("broken", "import sys; sys.exit('the disk is full')", "steady", service=service, ready=lambda: False),
    )
    with pytest.raises(Refused, match="broken ended with status 1") as refused:
        stack.start()
    assert "the disk is full" in str(refused.value)
    assert not stack.processes()
    assert StateLock(stack.mode.state).holder() is None


def test_backoff_grows_while_a_service_keeps_dying(small) -> None:  # type: ignore[no-untyped-def]
    stack = small(step("steady", SLEEPER, service=True))
    stack.start()
    dying = stack._small[0]
    waits = []
    for _ in range(9):
        assert dying.process is not None
        dying.process.kill()
        dying.process.wait()
        stack._revive(dying)
        waits.append(dying.backoff)
        dying.again = 0.0
        stack._revive(dying)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_stop_while_starting_lets_a_migration_end(tmp_path: Path, small) -> None:  # type: ignore[no-untyped-def]
    done = tmp_path / "migrated"
    stack = small(step("migration", f"import time; time.sleep(1); open({str(done)!r}, 'w').close()"))
    stack.ask_to_stop()
    with pytest.raises(KeyboardInterrupt):
        stack.start()
    assert done.exists()


def test_the_scheduler_waits_for_the_api_and_for_what_is_added(tmp_path: Path) -> None:
    sandbox = test_mode(tmp_path)
    sandbox.state.mkdir()
    made = {s.name: s for s in Stack(sandbox).steps((step("newsroom", SLEEPER, service=True),))}
    assert made["scheduler"].after >= {"api-server", "archive", "newsroom"}
    assert made["archive"].after == {"store"}
    assert [name for name, s in made.items() if s.stops_last] == ["store"]
    own = {s.name for s in services.steps(replace(sandbox, embedded_store=False), {}, lambda: True)}
    assert own == made.keys() - {"store", "newsroom"}


# --- commands


def command(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """As on a machine where nothing is installed: -S leaves site-packages out."""
    clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **env}
    run = [sys.executable, "-S", "-m", "stack", *words]
    return subprocess.run(run, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)


def test_check_needs_nothing_installed_and_changes_nothing(tmp_path: Path) -> None:
    port = str(mode.free_row())
    done = command("check", WARRAQ_STATE=str(tmp_path / "s"), WARRAQ_CONTACT="a@example.org", WARRAQ_PORT=port)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "s").exists()


def test_nothing_real_starts_without_a_contact(tmp_path: Path) -> None:
    for word in ("check", "up", "upgrade"):
        done = command(word, WARRAQ_STATE=str(tmp_path / "s"))
        assert done.returncode == 78
        assert "WARRAQ_CONTACT" in done.stderr
        assert done.stderr.count("\n") == 1
    assert not (tmp_path / "s").exists()


def test_env_gives_a_shell_what_the_programs_have(tmp_path: Path) -> None:
    assert "was ever started" in command("env", WARRAQ_STATE=str(tmp_path)).stderr
    secrets.keys(tmp_path)
    printed = command("env", WARRAQ_STATE=str(tmp_path)).stdout
    shell = subprocess.run(["bash", "-c", f"{printed}\nenv -0"], capture_output=True, text=True, check=True).stdout
    found = dict(line.split("=", 1) for line in shell.split("\0") if line)
    assert found["AWS_SECRET_ACCESS_KEY"] == secrets.keys(tmp_path)["s3_secret"]
    assert found["AIRFLOW_CONFIG"] == str(ROOT / "airflow.cfg")


def test_env_changes_nothing_that_the_user_set(tmp_path: Path) -> None:
    secrets.keys(tmp_path)
    own = {"WARRAQ_METRICS_TOKEN_FILE": "/etc/own.token", "NO_PROXY": "intern.example", "PYTHONPATH": "/own"}
    printed = command("env", WARRAQ_STATE=str(tmp_path), **own).stdout
    assert "export WARRAQ_METRICS_TOKEN_FILE=/etc/own.token\n" in printed
    assert "export NO_PROXY=intern.example,127.0.0.1,localhost\n" in printed
    assert f"export PYTHONPATH={ROOT}:/own\n" in printed
    assert not (tmp_path / "metrics.token").exists()


def test_a_shell_outside_of_the_virtual_environment_finds_the_programs(tmp_path: Path) -> None:
    """`eval "$(python3.11 -m stack env)"`, as the docs have it: then `warraq` and `airflow` are commands."""
    system, made = tmp_path / "usr" / "python3.11", tmp_path / ".venv" / "bin"
    assert environment.programs(system, tmp_path) == system.parent
    made.mkdir(parents=True)
    (made / "warraq").touch()
    assert environment.programs(system, tmp_path) == made
    own = tmp_path / "own"
    own.mkdir()
    (own / "warraq").touch()
    assert environment.programs(own / "python", tmp_path) == own, "a virtual environment of another name"


def test_the_demos_shell_sees_the_demos_outlets_and_seed_files(tmp_path: Path) -> None:
    demo = mode.choose("demo", {"WARRAQ_DEMO_STATE": str(tmp_path)})
    built = environment.build(demo, {"WARRAQ_SEEDS_LOCK": "/of/the/real/one"})
    assert built["WARRAQ_OUTLETS"] == str(tmp_path / "outlets")
    assert built["WARRAQ_SEEDS_LOCK"] == str(ROOT / "sandbox" / "seeds.lock")


def test_clean_removes_the_demo_and_never_the_real_state(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    mode.empty(mode.choose("demo", {"WARRAQ_DEMO_STATE": str(state)}))
    assert command("clean", WARRAQ_DEMO_STATE=str(state)).returncode == 0
    assert not state.exists()
    (tmp_path / "real").mkdir()
    kept = {tmp_path / "real" / name for name in ("catalog.db", "log.key")}
    for path in kept:
        path.touch()
    assert command("clean", "--mode", "real", WARRAQ_STATE=str(tmp_path / "real")).returncode == 78
    assert all(path.exists() for path in kept)


def test_a_store_that_has_not_found_its_volumes_yet_is_asked_again() -> None:
    asked: list[int] = []

    def work() -> None:
        asked.append(1)
        if len(asked) < 3:
            raise TryAgain("get meta/archive.json: 500 InternalError")

    prepare.patient(work, pause=0)
    assert len(asked) == 3
    asked.clear()
    with pytest.raises(TryAgain):
        prepare.patient(work, seconds=-1, pause=0)
    assert len(asked) == 1


# --- upgrade


def test_a_backup_holds_what_is_still_in_the_write_ahead_log(tmp_path: Path) -> None:
    chosen = real(tmp_path)
    secrets.keys(tmp_path)
    (tmp_path / "airflow").mkdir()
    for path in (tmp_path / "airflow/airflow.db", tmp_path / "catalog.db"):
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE words (word TEXT)")
        database.execute("INSERT INTO words VALUES ('كتاب')")
        database.commit()  # and left open: nothing is moved out of the log
    copy = upgrade.back_up(chosen, datetime(2026, 11, 22, tzinfo=UTC))
    assert {path.name for path in copy.iterdir()} == {"airflow.db", "catalog.db", "secrets.json", "outlets"}
    for name in ("airflow.db", "catalog.db"):
        with sqlite3.connect(copy / name) as held:
            assert held.execute("SELECT word FROM words").fetchall() == [("كتاب",)]
        assert stat.S_IMODE((copy / name).stat().st_mode) == 0o600
    assert json.loads((copy / "secrets.json").read_text()) == secrets.keys(tmp_path)


def test_a_backup_holds_everything_that_a_fresh_machine_needs_beside_the_bucket(tmp_path: Path) -> None:
    outlets, state = tmp_path / "outlets", tmp_path / "state"
    outlets.mkdir()
    (outlets / "example.toml").write_text('name = "example"\n')
    state.mkdir()
    secrets.keys(state)
    names = ["checkpoint-book.txt", "verify.json", "audit.json", "uploaded-late.txt", "passwords.json"]
    for name in names:
        (state / name).write_text(name)
    copy = upgrade.back_up(real(state, WARRAQ_OUTLETS=str(outlets)), datetime(2026, 11, 22, tzinfo=UTC))
    assert {path.name for path in copy.iterdir()} == {*names, "secrets.json", "outlets"}
    assert (copy / "outlets/example.toml").read_text() == 'name = "example"\n'
    assert [path.name for path in copy.rglob("*") if path.is_file() and path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("name", ["book.txt", "checkpoint-book.txt"])
def test_a_backup_holds_the_book_wherever_it_lies(tmp_path: Path, name: str) -> None:
    """Under its usual name: that is where the lines for a fresh machine put it from."""
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / name).write_text("what was seen")
    copy = upgrade.back_up(real(tmp_path, WARRAQ_BOOK=str(tmp_path / "media" / name)), datetime(2026, 11, 22, tzinfo=UTC))
    assert (copy / "checkpoint-book.txt").read_text() == "what was seen"


@pytest.mark.parametrize(
    ("address", "shown", "password"),
    [
        ("postgresql+psycopg://amal:s%40cret/x@db:5432/warraq", "postgresql://amal@db:5432/warraq", "s@cret/x"),
        (
            "postgresql://amal@db/warraq?password=s%40cret&sslmode=require",
            "postgresql://amal@db/warraq?sslmode=require",
            "s@cret",
        ),
        ("postgresql://db/warraq", "postgresql://db/warraq", ""),
    ],
)
def test_nobody_reads_a_databases_password_in_the_arguments_of_a_backup(
    address: str, shown: str, password: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$3 $PGPASSWORD" > "${2#--file=}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("PGPASSWORD", raising=False)
    copy = upgrade.back_up(real(tmp_path / "state", WARRAQ_CATALOG=address), datetime(2026, 11, 22, tzinfo=UTC))
    assert (copy / "catalog.dump").read_text() == f"{shown} {password}\n"


def test_a_backup_that_was_cut_short_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Refused, match="nothing was changed"):
        upgrade.back_up(real(tmp_path), datetime(2026, 11, 22, tzinfo=UTC))
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["20261122T000000Z.partial"]


def test_a_backup_holds_the_log_key_for_its_owner_alone(tmp_path: Path) -> None:
    """Wherever it lies, and whatever befalls the databases after it was copied."""
    key = tmp_path / "elsewhere" / "own.key"
    key.parent.mkdir()
    key.write_text("PRIVATE+KEY+the-text\n")
    key.chmod(0o644)
    (tmp_path / "catalog.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(Refused, match="file is not a database"):
        upgrade.back_up(real(tmp_path, WARRAQ_LOG_KEY_FILE=str(key)), datetime(2026, 11, 22, tzinfo=UTC))
    copy = tmp_path / "backups" / "20261122T000000Z.partial" / "log.key"
    assert copy.read_text() == "PRIVATE+KEY+the-text\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert key.exists()


def test_a_damaged_database_is_not_upgraded(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "catalog.db") as database:
        database.execute("CREATE TABLE words (word TEXT)")
        database.executemany("INSERT INTO words VALUES (?)", [("كلمة " * 40,)] * 2000)
    database.close()
    with (tmp_path / "catalog.db").open("r+b") as file:
        file.seek(40_000)
        file.write(b"\xff" * 20_000)
    with pytest.raises(Refused, match="is damaged"):
        upgrade.back_up(real(tmp_path), datetime(2026, 11, 22, tzinfo=UTC))


def test_nothing_is_copied_under_a_running_stack(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    lock.take()
    with pytest.raises(TryAgain, match=f"pid {os.getpid()}"):
        upgrade.back_up(real(tmp_path), datetime(2026, 11, 22, tzinfo=UTC))
    lock.release()
    assert upgrade.stop(real(tmp_path)) is None


# --- Makefile, lock, service


def test_make_help_describes_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    named = {word for line in re.findall(r"(?m)^\.PHONY: (.*)$", text) for word in line.split()}
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"(?m)^  make (\w+) +\S", shown)) == named - {"bare"}


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_package_is_locked_with_hashes_and_no_host(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    pins = re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text)
    assert len(pins) == len(re.findall(r"(?m)^[a-z0-9]", text)) > 150
    assert "://" not in text
    wanted = re.findall(r"(?m)^([A-Za-z][\w.-]*)", (ROOT / f"{name}.in").read_text())
    assert {re.sub(r"[._]+", "-", w.lower()) for w in wanted} <= set(pins)


def test_both_locks_agree() -> None:
    def pins(name: str) -> dict[str, str]:
        return dict(re.findall(r"(?m)^([a-z0-9][a-z0-9._-]*)==(\S+)", (ROOT / name).read_text()))

    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_the_service_runs_the_supervisor() -> None:
    text = (ROOT / "deploy/warraq.service").read_text()
    started = re.search(r"(?m)^ExecStart=\S+ (.*)$", text)
    assert started is not None
    assert started[1] == "-m stack up --mode real"
    limit = re.search(r"(?m)^TimeoutStartSec=(\d+)", text)
    assert limit is not None
    assert int(limit[1]) > START_LIMIT


def test_every_setting_and_command_is_in_the_operations_page() -> None:
    read = "".join((ROOT / name).read_text() for name in ("archive/settings.py", "stack/mode.py", "stack/environment.py"))
    inner = {"WARRAQ_ROOT", "WARRAQ_NAME", "WARRAQ_DAG_REFRESH", "WARRAQ_STACK"}  # made by the supervisor for its programs
    text = (ROOT / "docs/OPERATIONS.md").read_text()
    assert not {name for name in set(re.findall(r"WARRAQ_[A-Z0-9_]+[A-Z0-9]", read)) - inner if name not in text}
    listed = set(re.findall(r"(?m)^    (\w+) +\S", command("--help").stdout)) - {"COMMAND"}
    assert listed >= {"up", "check", "stop"}
    assert set(re.findall(r"-m stack (\w+)", text)) <= listed
