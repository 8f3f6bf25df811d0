"""One supervisor per state folder: a lock that the kernel drops when its holder dies, with the holder's pid in it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from archive.errors import TryAgain


class StateLock:
    def __init__(self, state: Path) -> None:
        self._path = state / "stack.lock"
        self._file: int | None = None

    def take(self) -> None:
        """Become the supervisor of the folder; TryAgain names the one that is."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(file, 20, 0).decode().strip()
            os.close(file)
            raise TryAgain(f"{self._path.parent} is in use by the supervisor with pid {pid}", f"kill {pid}") from None
        os.truncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def holder(self) -> int | None:
        """pid of the supervisor that has the folder now; None when nobody has."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.pread(file, 20, 0).decode().strip() or 0)
        finally:
            os.close(file)
        return None
