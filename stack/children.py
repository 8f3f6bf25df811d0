"""Processes that die with us: each leads a session of its own, logs to its own file, and is known to the guardian."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from stack import guardian

_PR_SET_PDEATHSIG = 1
_LOG_LIMIT = 20 * 1024 * 1024
_SWEEP = 3.0  # seconds for what a dead child left behind
_libc = ctypes.CDLL(None, use_errno=True)


class Children:
    """Starts processes and ends them, with all that they started, also when this process is killed.

    Must be used from threads that live as long as the children (the kernel counts the thread that forked as the parent).
    """

    def __init__(self, logs: Path, cwd: Path) -> None:
        self.logs = logs
        self._cwd = cwd
        self._token = uuid.uuid4().hex
        self._sessions: set[int] = set()
        self._guardian = self._guard()

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Start `command`; what it prints goes to `<logs>/<name>.log`."""
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(
                command,
                cwd=self._cwd,
                env={**env, guardian.MARK: self._token},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 (one prctl call: safe between fork and exec)
            )
        self._sessions.add(child.pid)
        self._tell(f"+{child.pid}")
        return child

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def tail(self, name: str, lines: int = 15) -> str:
        """The last lines of a child's log."""
        path = self.log(name)
        if not path.exists():
            return ""
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])

    def trim_logs(self) -> None:
        """Move a log that has grown past the limit aside. Children append, so the file itself is kept and emptied."""
        for path in self.logs.glob("*.log"):
            if path.stat().st_size > _LOG_LIMIT:
                path.with_suffix(".log.1").write_bytes(path.read_bytes())
                os.truncate(path, 0)

    def stop(self, children: Sequence[subprocess.Popen[bytes]], grace: float, *, last: bool = False) -> int:
        """SIGTERM, up to `grace` seconds, SIGKILL; then the same for what they left. `last`: nothing of ours may stay.

        Returns how many processes had to be killed.
        """
        for child in children:
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while time.monotonic() < deadline and any(child.poll() is None for child in children):
            time.sleep(0.05)
        sessions = set(self._sessions) if last else {child.pid for child in children}
        killed = guardian.end(sessions, self._token if last else "", _SWEEP)
        for child in children:
            child.wait()
            self._forget(child.pid)
        return killed

    def sweep(self, leader: int) -> None:
        """End what a dead child left behind in its session."""
        guardian.end({leader}, "", _SWEEP)
        self._forget(leader)

    def guard_again(self) -> None:
        """Start the guardian anew if somebody killed it."""
        if self._guardian.poll() is not None:
            self._guardian = self._guard()

    def close(self) -> None:
        """Say that nothing is left to end."""
        self._tell("done")
        if self._guardian.stdin is not None:
            self._guardian.stdin.close()
        self._guardian.wait()

    def _guard(self) -> subprocess.Popen[bytes]:
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", guardian.__file__, self._token],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for session in self._sessions:
            _write(process, f"+{session}")
        return process

    def _forget(self, session: int) -> None:
        self._sessions.discard(session)
        self._tell(f"-{session}")

    def _tell(self, word: str) -> None:
        _write(self._guardian, word)


def _write(process: subprocess.Popen[bytes], word: str) -> None:
    assert process.stdin is not None  # noqa: S101 (it was started with a pipe)
    try:
        process.stdin.write(f"{word}\n".encode())
        process.stdin.flush()
    except BrokenPipeError:
        pass  # it was killed; guard_again() starts another, which is told everything


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
