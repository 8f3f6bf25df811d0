"""Keys and passwords: made once, kept in the state folder with mode 0600, never printed except the demo's login."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from archive.errors import Refused

_MADE = {
    "jwt": lambda: secrets.token_urlsafe(64),
    "session": lambda: secrets.token_urlsafe(32),
    "fernet": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "s3_access": lambda: "WARRAQ" + secrets.token_hex(7).upper(),
    "s3_secret": lambda: secrets.token_urlsafe(30),
}


def keys(state: Path) -> dict[str, str]:
    """jwt, session, fernet, s3_access, s3_secret of this installation; made on the first call."""
    return _kept(state / "secrets.json", _MADE)


def passwords(state: Path, users: list[str]) -> dict[str, str]:
    """The password of each user, in the file that Airflow's SimpleAuthManager reads; a new user gets a new one."""
    return _kept(state / "passwords.json", {user: lambda: secrets.token_urlsafe(9) for user in users})


def metrics_token(state: Path) -> Path:
    """The file of the token that Prometheus reads the figures with; made on the first call. Prometheus gets a copy of it."""
    path = state / "metrics.token"
    if not path.exists():
        _put(path, secrets.token_urlsafe(32) + "\n")
    return path


def _kept(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    held: dict[str, str] = {}
    if path.exists():
        if path.stat().st_mode & 0o077:
            raise Refused(f"{path} can be read by others", f"chmod 600 {path}, and think of its keys as known to them")
        try:
            held = json.loads(path.read_text("utf-8"))
        except ValueError as error:
            raise Refused(f"{path} is damaged: {error}", "bring it back from a backup (make upgrade keeps them)") from error
    missing = {name: make() for name, make in makers.items() if name not in held}
    if missing:
        held |= missing
        _put(path, json.dumps(held, indent=1))
    return held


def _put(path: Path, text: str) -> None:
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
