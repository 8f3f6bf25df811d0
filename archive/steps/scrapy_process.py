"""A Scrapy process: started, listened to, ended. One for each crawl and survey, because Twisted's reactor starts once per
process (FACTS: ReactorNotRestartable), and because a spider that dies must not take its step along."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from archive.errors import Broken, Refused, TryAgain, WarraqError
from archive.settings import ROOT

PATIENCE = 60.0  # seconds it gets between SIGTERM and SIGKILL


def run(module: str, word: str, arguments: Sequence[str], result: Path, say: Callable[[str], None]) -> bytes:
    """What `python -m module` wrote to its --result file. Its lines are passed on as they come.

    When it fails, its last line, `word: reason`, is the error, of the kind that its exit status says.
    """
    command = [sys.executable, "-m", module, *arguments, "--result", str(result)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env, encoding="utf-8")
    last = ""
    try:
        for line in process.stdout or ():
            if last:
                say(last)
            last = line.rstrip("\n")
        status = process.wait()
    finally:
        if process.poll() is None:  # we are being stopped, or `say` failed
            _end(process)
    reason = last.removeprefix(f"{word}: ") if status and last.startswith(f"{word}: ") else ""
    if last and not reason:
        say(last)
    if status == 0 and result.is_file():
        return result.read_bytes()
    raise _failure(status, reason)


def _end(process: subprocess.Popen[str]) -> None:
    """Let the spider finish what is in flight and upload; what it cannot in time stays in the spool."""
    process.terminate()
    try:
        process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _failure(status: int, reason: str) -> WarraqError:
    for kind in (Refused, TryAgain, Broken):
        if status == kind.exit_code:
            return kind(reason or "the spider stopped, for the reason above")
    return TryAgain(f"the spider ended with status {status}", "what it fetched is kept in the spool; run it again")
