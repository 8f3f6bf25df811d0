"""The key that signs checkpoints: made by one command, kept in a file or the environment, never logged."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from archive.errors import Refused
from archive.log.note import SigningKey, parse_signing
from archive.settings import Settings

_BACKUP = 'keep a copy of it where this machine cannot reach (docs/OPERATIONS.md, "The signing key")'


def origin(archive_id: str) -> str:
    """The log's name, in its checkpoints and keys; `archive_id` is that of meta/archive.json."""
    return f"warraq/{archive_id}"


def new_key(archive_id: str) -> SigningKey:
    """A fresh key for the log of this archive, from the system's randomness."""
    return SigningKey(origin(archive_id), secrets.token_bytes(32))


def load(settings: Settings) -> SigningKey | None:
    """The key of this machine; None when it has none. Refused when it is damaged or others may read it."""
    if settings.log_key:
        return parse_signing(settings.log_key)
    path = settings.log_key_file
    try:
        mode, text = path.stat().st_mode, path.read_text("utf-8")
    except FileNotFoundError:
        return None
    if mode & 0o077:
        raise Refused(
            f"{path} can be read by others than its owner", f"chmod 600 {path}; if others did read it: warraq key rotate"
        )
    return parse_signing(text)


def save(key: SigningKey, path: Path) -> None:
    """Write the key where only its owner reads it. Refused when a file is there: a key is never overwritten."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{path} is there already", "it may be the only copy of a key: move it away yourself") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key.text() + "\n")
        file.flush()
        os.fsync(file.fileno())


def absent() -> Refused:
    """What to say where a key is needed and there is none."""
    return Refused(
        "this machine has no key to sign the log with",
        f"set WARRAQ_LOG_KEY or WARRAQ_LOG_KEY_FILE; for a new archive: warraq key new. Then {_BACKUP}",
    )
