"""The last resort: ends whatever the supervisor started when the supervisor itself is killed.

    python -I -S stack/guardian.py TOKEN          (a file, not a module: it must start fast and import nothing of ours)

Standard input is a pipe from the supervisor: `+SID` and `-SID` lines name the sessions it has started, `done` says that it
ended them itself. When the pipe closes without `done`, the supervisor is dead: everything in those sessions, and every
process with WARRAQ_STACK=TOKEN in its environment, gets SIGTERM, and SIGKILL if it is still there after `GRACE` seconds.
Both marks are needed: setproctitle overwrites a process's environment, and a program may start a session of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

GRACE = 12.0
MARK = "WARRAQ_STACK"


def members(sessions: set[int], token: str) -> list[int]:
    """Living processes (not zombies) of the sessions, or with the token; never this one."""
    mark = f"{MARK}={token}".encode()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                state, _, _, session = file.read().rpartition(b")")[2].split()[:4]
            if state in (b"Z", b"X"):
                continue
            if int(session) not in sessions:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark not in file.read().split(b"\0"):
                        continue
        except OSError:  # gone meanwhile, or another user's
            continue
        found.append(int(name))
    return found


def end(sessions: set[int], token: str, grace: float) -> int:
    """SIGTERM, wait up to `grace` seconds, SIGKILL. How many had to be killed."""
    for pid in members(sessions, token):
        _signal(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while time.monotonic() < deadline:
        if not members(sessions, token):
            return 0
        time.sleep(0.1)
    left = members(sessions, token)
    for pid in left:
        _signal(pid, signal.SIGKILL)
    return len(left)


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def main(token: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sessions: set[int] = set()
    for line in sys.stdin:
        word = line.strip()
        if word == "done":
            return
        if word.startswith("+"):
            sessions.add(int(word[1:]))
        elif word.startswith("-"):
            sessions.discard(int(word[1:]))
    end(sessions, token, GRACE)


if __name__ == "__main__":
    main(sys.argv[1])
