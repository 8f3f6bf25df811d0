"""The stack's commands: `python -m stack --help`.

Standard library only until something is started, so that `check` names what is in the way before anything is installed.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from archive.errors import Refused, TryAgain, WarraqError
from stack import environment, ports, services, upgrade
from stack import mode as modes
from stack.api import Api
from stack.lock import StateLock
from stack.mode import Mode

ROOM = 3 * 1024**3  # bytes: the virtual environment, a first day of a few outlets


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m stack", description="The programs around the archive, on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for run in (up, check, stop, status, backup, upgrade_, env, clean):
        name, text = run.__name__.rstrip("_"), (run.__doc__ or "").strip()
        command = commands.add_parser(name, help=text, description=text)
        command.add_argument("--mode", choices=("real", "demo", "test"), default="demo" if run is clean else "real")
        command.add_argument("--outlets", type=Path, help="folder of outlet files (default: WARRAQ_OUTLETS, else outlets/)")
        command.set_defaults(run=run)
    options = parser.parse_args()
    return guarded(lambda: options.run(modes.choose(options.mode, outlets=options.outlets)))


def guarded(command: Callable[[], int]) -> int:
    """Run a command: what goes wrong on purpose is one line and the error's exit status."""
    try:
        return command()
    except WarraqError as error:
        print(f"stack: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def up(mode: Mode) -> int:
    """start everything, keep it running, stop all of it on Ctrl-C or SIGTERM"""
    contact(mode)
    from stack.supervisor import Stack

    stack = Stack(mode, say=lambda line: print(line, flush=True))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stack.ask_to_stop())
    try:
        stack.start()
    except KeyboardInterrupt:
        return 0
    try:
        _notify("READY=1")
        stack.say(f"users: {', '.join(stack.logins())}; their passwords are in {mode.state / 'passwords.json'}")
        if not mode.sandbox and mode.log_key.exists():
            stack.say(f"the log is signed with {mode.log_key}: keep a copy of it where this machine cannot reach")
        if not mode.sandbox and mode.airflow_db.startswith("sqlite"):
            stack.say("Airflow's database is SQLite: good for a start on one machine. For more, set WARRAQ_AIRFLOW_DB and")
            stack.say("WARRAQ_CATALOG to postgresql+psycopg://user:password@host/database (docs/OPERATIONS.md)")
        stack.wait()
        _notify("STOPPING=1")
    finally:
        stack.stop()
    return 0


def check(mode: Mode) -> int:
    """see whether `up` could start: settings, contact, ports, disk; changes nothing and needs nothing installed"""
    contact(mode)
    if mode.state.exists() and (pid := StateLock(mode.state).holder()) is not None:
        raise TryAgain(f"{mode.state} is in use by the supervisor with pid {pid}", f"stop that one: kill {pid}")
    if not mode.outlets.is_dir() and not mode.sandbox:
        raise Refused(f"WARRAQ_OUTLETS={mode.outlets}: no such folder", "it holds a .toml file for each outlet")
    ports.check(mode.port_names(), services.port_variable(mode))
    folder = next(p for p in (mode.state, *mode.state.parents) if p.exists())
    if (free := shutil.disk_usage(folder).free) < ROOM:
        raise Refused(f"{folder} has {free / 1024**3:.1f} GB left", f"{ROOM / 1024**3:.0f} GB are needed to start")
    if not os.access(folder, os.W_OK):
        raise Refused(f"{folder} cannot be written to", "choose another folder with WARRAQ_STATE")
    return 0


def stop(mode: Mode) -> int:
    """stop a stack that is running, and wait for it"""
    pid = upgrade.stop(mode)
    print("nothing was running" if pid is None else f"stopped (pid {pid})")
    return 0


def status(mode: Mode) -> int:
    """say whether it is running and how it is; exit status 0 when everything is healthy, 75 otherwise"""
    pid = StateLock(mode.state).holder()
    if pid is None:
        print("not running")
        return TryAgain.exit_code
    url = f"http://{ports.HOST}:{mode.first_port}"
    try:
        health = {part: state for part, state in Api(url, "", "").health().items() if state}
    except (OSError, ValueError):
        health = {"api-server": "does not answer"}
    print(f"pid {pid}, {url}: " + ", ".join(f"{part} {state}" for part, state in health.items()))
    return 0 if set(health.values()) == {"healthy"} else TryAgain.exit_code


def backup(mode: Mode) -> int:
    """copy databases, keys, passwords, book and outlet files to <state>/backups (nothing may be running)"""
    print(f"backed up to {upgrade.back_up(mode, datetime.now(UTC))}")
    return 0


def upgrade_(mode: Mode) -> int:
    """back up, then start, which migrates both databases first (`make upgrade` stops and installs before)"""
    contact(mode)
    upgrade.stop(mode)
    kept = upgrade.back_up(mode, datetime.now(UTC))
    print(f"backed up to {kept}", flush=True)
    if _is_a_service():
        print("starting the service")
        return subprocess.run(["systemctl", "start", "warraq"], check=False).returncode
    try:
        return up(mode)
    except WarraqError as error:
        print(f"stack: {error}", file=sys.stderr)
        print(
            "stack: not upgraded, and nothing is lost. Put that right and run make upgrade again; or go back", file=sys.stderr
        )
        print(f'stack: with {kept}: docs/OPERATIONS.md, "Back up, restore, upgrade"', file=sys.stderr)
        return error.exit_code


def env(mode: Mode) -> int:
    """print the environment of the stack's programs: eval "$(python -m stack env)"; it holds keys"""
    if not (mode.state / "secrets.json").exists():
        raise Refused(f"{mode.state} has no keys yet: nothing was ever started there", "make run, or set WARRAQ_STATE")
    for name, value in environment.build(mode, base=environment.kept(os.environ)).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def clean(mode: Mode) -> int:
    """remove a demo's state; refused for the real one"""
    if mode.state.exists():
        lock = StateLock(mode.state)
        lock.take()
        modes.empty(mode)
        shutil.rmtree(mode.state)
        lock.release()
        print(f"removed {mode.state}")
    return 0


def contact(mode: Mode) -> None:
    """Refused without an address under which the outlets reach whoever fetches their pages."""
    if not mode.sandbox and not os.environ.get("WARRAQ_CONTACT", "").strip():
        raise Refused(
            "WARRAQ_CONTACT is not set: the outlets must be able to reach whoever fetches their pages",
            "export WARRAQ_CONTACT=you@example.org (an address, or a web page with one)",
        )


def _is_a_service() -> bool:
    """Whether systemd starts it on this machine."""
    if shutil.which("systemctl") is None:
        return False
    return subprocess.run(["systemctl", "is-enabled", "--quiet", "warraq"], check=False, capture_output=True).returncode == 0


def _notify(word: str) -> None:
    """Tell systemd (sd_notify(3)); elsewhere nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
            door.connect("\0" + address[1:] if address.startswith("@") else address)
            door.send(word.encode())


if __name__ == "__main__":
    sys.exit(main())
