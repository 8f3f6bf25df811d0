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
    return successor(origin(archive_id))


def successor(name: str) -> SigningKey:
    """A fresh key for the log of that name."""
    return SigningKey(name, secrets.token_bytes(32))


def load(settings: Settings) -> SigningKey | None:
    """The key of this machine; None when it has none. Refused when it is damaged or others may read it."""
    return parse_signing(settings.log_key) if settings.log_key else read(settings.log_key_file)


def read(path: Path) -> SigningKey | None:
    """The key in a file; None when there is no file. Refused as in `load`."""
    try:
        mode, data = path.stat().st_mode, path.read_bytes()
    except FileNotFoundError:
        return None
    if mode & 0o077:
        raise Refused(
            f"{path} can be read by others than its owner", f"chmod 600 {path}; if others did read it: warraq key rotate"
        )
    try:
        return parse_signing(data.decode("ascii", "replace"))
    except Refused as error:
        raise Refused(f"{path}: {error.what}", error.remedy) from None


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


def install(new: SigningKey, path: Path, old: SigningKey) -> Path:
    """Put `new` where the machine looks for its key; where the old one lies now. No key is lost, whenever this is cut short."""
    aside = path.with_name(f"{path.name}.{old.public.id.hex()}")
    if read(aside) is None:
        _replace(old, aside)
    _replace(new, path)
    return aside


def _replace(key: SigningKey, path: Path) -> None:
    """The key under that name, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    save(key, part)
    part.replace(path)
