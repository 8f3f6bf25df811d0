"""The three ways the stack runs. Each has its own folder, bucket, keys and ports, so that none can touch another.

Standard library only: `python3 -m stack check` runs before anything is installed.
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from archive.errors import Refused
from archive.settings import ROOT
from stack import ports

PORTS = 12  # Airflow, the demo's newsroom, and the ten of SeaweedFS, in a row
BOOK = "checkpoint-book.txt"  # in the state folder; archive/settings.py has the same
_FIRST_PORT = {"real": 8480, "demo": 7480}
_MARK = ".warraq-sandbox"  # only a folder with this file in it is ever emptied
_EXTERNAL = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "WARRAQ_BUCKET", "WARRAQ_S3_CONNECTION")


@dataclass(frozen=True, slots=True)
class Mode:
    """`name` is real, demo or test; `first_port` is the first of `PORTS` in a row."""

    name: str
    state: Path
    first_port: int
    bucket: str
    outlets: Path
    deployment: str
    users: tuple[tuple[str, str], ...]  # (name, role): admin, op, user or viewer
    embedded_store: bool  # SeaweedFS is ours to start
    airflow_db: str  # SQLAlchemy address
    catalog: str  # SQLAlchemy address
    log_key: Path  # the key that signs the log; made with a new archive
    book: Path  # the file that checkpoints are kept in, outside the bucket

    @property
    def sandbox(self) -> bool:
        return self.name != "real"

    def port_names(self) -> dict[int, str]:
        """Every port that the stack will listen on, and what for."""
        names = {self.first_port: "Airflow"}
        if self.name == "demo":
            names[self.first_port + 1] = "the sandbox newsroom"
        if self.embedded_store:
            names |= {self.first_port + n: "SeaweedFS" for n in range(2, PORTS)}
        return names


def choose(name: str, env: Mapping[str, str] = os.environ, outlets: Path | None = None) -> Mode:
    """The mode `name` under the user's environment; Refused says which variable is wrong."""
    if name not in ("real", "demo", "test"):
        raise Refused(f"--mode {name}: not one of real, demo, test")
    return _real(env, outlets) if name == "real" else _sandbox(name, env, outlets)


def _real(env: Mapping[str, str], outlets: Path | None) -> Mode:
    data_home = Path(env.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    state = Path(env.get("WARRAQ_STATE") or data_home / "warraq").expanduser().resolve()
    for folder in (state, *state.parents):
        if (folder / ".git").exists():
            raise Refused(f"WARRAQ_STATE={state} is inside the Git work tree {folder}", "choose a folder outside of it")
    return Mode(
        name="real",
        state=state,
        first_port=_port(env, "WARRAQ_PORT", _FIRST_PORT["real"]),
        bucket=env.get("WARRAQ_BUCKET") or "s3://warraq",
        outlets=outlets or Path(env.get("WARRAQ_OUTLETS") or ROOT / "outlets").expanduser().resolve(),
        deployment=env.get("WARRAQ_DEPLOYMENT") or "default",
        users=_users(env.get("WARRAQ_USERS") or "admin:admin"),
        embedded_store=not any(env.get(name) for name in _EXTERNAL),
        airflow_db=env.get("WARRAQ_AIRFLOW_DB") or f"sqlite:///{state}/airflow/airflow.db",
        catalog=env.get("WARRAQ_CATALOG") or f"sqlite:///{state}/catalog.db",
        log_key=Path(env.get("WARRAQ_LOG_KEY_FILE") or state / "log.key").expanduser().resolve(),
        book=Path(env.get("WARRAQ_BOOK") or state / BOOK),
    )


def _sandbox(name: str, env: Mapping[str, str], outlets: Path | None) -> Mode:
    cache_home = Path(env.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    chosen = env.get(f"WARRAQ_{name.upper()}_STATE")
    if name == "test" and not chosen:
        chosen = tempfile.mkdtemp(prefix="warraq-test-")
    state = Path(chosen or cache_home / f"warraq-{name}").expanduser().resolve()
    first = _FIRST_PORT.get(name)
    real_key = env.get("WARRAQ_LOG_KEY_FILE")
    if real_key and Path(real_key).expanduser().resolve().is_relative_to(state):
        raise Refused(
            f"{state} would be emptied, and WARRAQ_LOG_KEY_FILE={real_key} lies in it", "keep the real archive's key elsewhere"
        )
    return Mode(
        name=name,
        state=state,
        first_port=_port(env, f"WARRAQ_{name.upper()}_PORT", first) if first else free_row(),
        bucket=f"s3://warraq-{name}",
        outlets=(outlets or (state / "outlets" if name == "demo" else ROOT / "sandbox/outlets")).resolve(),
        deployment=name,
        users=(("admin", "admin"), ("operator", "op"), ("viewer", "viewer")),
        embedded_store=True,
        airflow_db=f"sqlite:///{state}/airflow/airflow.db",
        catalog=f"sqlite:///{state}/catalog.db",
        log_key=state / "log.key",
        book=state / BOOK,
    )


def empty(mode: Mode) -> None:
    """Make a demo's or test's folder, empty. Refused for real state and for a folder that is not a sandbox's."""
    if not mode.sandbox:
        raise Refused(f"{mode.state} holds real state", "nothing here ever removes it")
    if mode.state.exists() and any(p.name != "stack.lock" for p in mode.state.iterdir()) and not (mode.state / _MARK).exists():
        raise Refused(
            f"{mode.state} holds files that are not a sandbox's", f"set WARRAQ_{mode.name.upper()}_STATE to a new folder"
        )
    mode.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    (mode.state / _MARK).touch()
    for path in mode.state.iterdir():
        if path.name in ("stack.lock", _MARK):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def free_row(length: int = PORTS) -> int:
    """The first of `length` free ports in a row, below the range that outgoing connections take theirs from."""
    for _ in range(200):
        first = random.randrange(10_000, 30_000, length)  # noqa: S311 (not a secret)
        if not any(ports.taken(first + n) for n in range(length)):
            return first
    raise Refused(f"no {length} free ports in a row between 10000 and 30000", "stop what listens there")


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    value = env.get(name) or str(default)
    if not value.isdigit() or not 1024 <= int(value) <= 65535 - PORTS:
        raise Refused(f"{name}={value}: not a port", f"the first of {PORTS} in a row, 1024 to {65535 - PORTS}")
    return int(value)


def _users(value: str) -> tuple[tuple[str, str], ...]:
    users = []
    for item in value.split(","):
        name, _, role = item.strip().partition(":")
        if not name or role.lower() not in ("admin", "op", "user", "viewer"):
            raise Refused(f"WARRAQ_USERS: {item.strip()!r} is not name:role", "roles are admin, op, user and viewer")
        users.append((name, role.lower()))
    return tuple(users)
