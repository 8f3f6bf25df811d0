"""What was told without a catalog, and when: remembered in the state folder, or elsewhere while that cannot be written.

Nothing here may keep anybody from being told: what cannot be remembered is told twice.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

# The machine's memory, its temporary files: `_ours` looks whose it is. Not tempfile.gettempdir(), which fails on a full disk.
DAY = timedelta(days=1)  # what was told is told again after
SOON = timedelta(hours=1)  # what comes back sooner than that after it was told is not told anew
ELSEWHERE = (Path("/dev/shm"), Path(os.environ.get("TMPDIR") or "/tmp"))  # noqa: S108


class Memory:
    """Keys and when each was told, of one `source`: `told-<source>.json`."""

    def __init__(self, state: Path, source: str) -> None:
        self.state, self.name = state, f"told-{source}.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One at a time, where that can be had: a lock on the folder itself, which needs no room on the disk."""
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.state, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            yield  # two at once tell twice
            return
        try:
            with suppress(OSError):
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def read(self, now: datetime, within: timedelta) -> dict[str, datetime]:
        """What was told within so long of `now`, to both sides: a clock that was wrong once silences nothing for long."""
        held: dict[str, datetime] = {}
        for place in self._places():
            for key, when in _read(place / self.name).items():
                if abs(now - when) < within:
                    held[key] = max(when, held.get(key, when))
        return held

    def keep(self, held: Mapping[str, datetime]) -> bool:
        """Whether it could be written anywhere. The old file stays until the new one is whole; what others had is gone."""
        text = json.dumps({key: when.isoformat() for key, when in held.items()})
        if _written(self.state / self.name, text):
            for place in list(self._places())[1:]:
                with suppress(OSError):
                    (place / self.name).unlink(missing_ok=True)
            return True
        return any(_written(place / self.name, text) for place in list(self._places(make=True))[1:])

    def over(self, key: str, now: datetime) -> None:
        """What was told of `key` is right again: told anew when it comes back, SOON after it was told at the soonest."""
        if key not in self.read(now, DAY):  # nearly always, and without waiting for who tells just now
            return
        with self.alone():
            held = self.read(now, DAY)
            if key in held and abs(now - held.pop(key)) >= SOON:
                self.keep(held)

    def _places(self, *, make: bool = False) -> Iterator[Path]:
        """The state folder; then folders of ours elsewhere."""
        yield self.state
        own = f"warraq-{os.geteuid()}-{hashlib.sha256(os.fsencode(self.state)).hexdigest()[:12]}"
        for parent in ELSEWHERE:
            if _ours(parent / own, make=make):
                yield parent / own


def _ours(folder: Path, *, make: bool) -> bool:
    """Others may write beside it: only a folder of this user that nobody else may write to is believed."""
    try:
        if make:
            folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022


def _written(path: Path, text: str) -> bool:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        return False
    return True


def _read(path: Path) -> dict[str, datetime]:
    """A file that was cut short, or cannot be read, is forgotten: then it is told once more."""
    try:
        held = json.loads(path.read_text("utf-8") or "{}")
        return {str(key): datetime.fromisoformat(when) for key, when in held.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
