"""Stop a running stack, and keep a copy of what a migration changes.

The bucket is not copied: its objects are never changed, and everything else can be rebuilt from them.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from archive.errors import Refused, TryAgain
from stack.lock import StateLock
from stack.mode import BOOK, Mode

STOP_LIMIT = 90.0
_SMALL = ("secrets.json", "passwords.json", "verify.json", "audit.json", "uploaded-late.txt")


def stop(mode: Mode) -> int | None:
    """End the supervisor of the state folder and wait for it: its pid, or None when there is none."""
    lock = StateLock(mode.state)
    pid = lock.holder()
    if pid is None:
        return None
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError as error:
        raise Refused(f"the supervisor (pid {pid}) belongs to another user", f"run this as that user, or kill {pid}") from error
    deadline = time.monotonic() + STOP_LIMIT
    while lock.holder() is not None:
        if time.monotonic() > deadline:
            raise TryAgain(
                f"the supervisor (pid {pid}) has not stopped within {STOP_LIMIT:.0f} s", f"see {mode.state / 'logs'}"
            )
        time.sleep(0.2)
    return pid


def back_up(mode: Mode, now: datetime) -> Path:
    """Copy what is no object of the bucket to `<state>/backups/<time>/`, and check the copies. Nothing may run.

    Keys, passwords, what the archive remembers of its log, outlet files, both databases. Until all of it is there the
    folder is called `<time>.partial`.
    """
    if (pid := StateLock(mode.state).holder()) is not None:
        raise TryAgain(f"{mode.state} is in use by the supervisor with pid {pid}", "python -m stack stop")
    whole = mode.state / "backups" / f"{now:%Y%m%dT%H%M%SZ}"
    target = whole.with_name(f"{whole.name}.partial")
    try:
        (target / "outlets").mkdir(mode=0o700, parents=True)
        _copy_small(mode, target)
        for name, address in (("airflow", mode.airflow_db), ("catalog", mode.catalog)):
            if address.startswith("sqlite:///"):
                _copy_sqlite(Path(address.removeprefix("sqlite:///")), target / f"{name}.db")
            else:
                _dump_postgresql(address, target / f"{name}.dump")
        return target.rename(whole)
    except (OSError, sqlite3.Error) as error:
        raise Refused(f"no backup in {target}: {error}", "nothing was changed; is the disk full?") from error


def _copy_small(mode: Mode, target: Path) -> None:
    files = [(mode.state / name, name) for name in _SMALL] + [(mode.log_key, "log.key"), (mode.book, BOOK)]
    files += [(path, f"outlets/{path.name}") for path in sorted(mode.outlets.glob("*.toml"))]
    for path, name in files:
        if path.exists():
            _copy(path, target / name)


def _copy(source: Path, target: Path) -> None:
    """For its owner alone from its first byte on, whatever the mode of the source."""
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(source.read_bytes())


def _copy_sqlite(source: Path, target: Path) -> None:
    """A whole copy, also of what is still in the write-ahead log."""
    if not source.exists():
        return
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
        found = new.execute("PRAGMA integrity_check").fetchone()[0]
    target.chmod(0o600)
    if found != "ok":
        raise _damaged(source, found)


def _damaged(source: Path, found: str) -> Refused:
    again = "`warraq rebuild` once it runs" if source.name == "catalog.db" else "put an older copy in its place"
    return Refused(
        f"{source} is damaged: {found.splitlines()[0]}",
        f"nothing was upgraded; move it aside, make upgrade, {again} (docs/OPERATIONS.md)",
    )


def _dump_postgresql(address: str, target: Path) -> None:
    shown, password = _parted(address)
    try:
        done = subprocess.run(
            ["pg_dump", "--format=custom", f"--file={target}", shown],
            env=os.environ | ({"PGPASSWORD": password} if password else {}),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise Refused(
            "pg_dump is not installed, and nothing is upgraded without a backup", "apt-get install postgresql-client"
        ) from None
    if done.returncode:
        raise Refused(f"pg_dump failed: {done.stderr.strip()[-300:]}", "nothing was upgraded")
    target.chmod(0o600)


def _parted(address: str) -> tuple[str, str]:
    """A PostgreSQL address as libpq takes it, without its password, and that: anybody can read a program's arguments."""
    scheme, _, rest = address.partition("://")
    found = re.match(r"([^:/@]*):([^@]*)@", rest)  # as SQLAlchemy reads it
    password = unquote(found[2]) if found else ""
    where, mark, query = (f"{found[1]}@{rest[found.end() :]}" if found else rest).partition("?")
    shown = []
    for one in filter(None, query.split("&")):
        name, _, value = one.partition("=")
        if name == "password":
            password = unquote(value)
        else:
            shown.append(one)
    return f"{scheme.partition('+')[0]}://{where}{mark if shown else ''}{'&'.join(shown)}", password
