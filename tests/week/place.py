"""Where a week is archived: a folder with its own SeaweedFS, catalog, state and outlet files; and its base, kept for the next week."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stack.weed import Weed, WeedFailed, free_ports
from tests.testbed.bed import ROOT, Warraq

PROCESSES = 2  # that make rounds, each for some of the sites


@contextmanager
def serving(folder: Path) -> Iterator[Warraq]:
    """The Warraq of this folder over its SeaweedFS, which is stopped at the end as it should be: its files are copied."""
    weed = Weed(folder / "weed", free_ports(), "week", "weekweekweekweek")
    with (folder / "weed.log").open("ab") as log:
        process = subprocess.Popen(weed.command(), env={**os.environ, **weed.environment()}, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 60
        while not weed.ready():
            if process.poll() is not None or time.monotonic() > until:
                raise WeedFailed(f"SeaweedFS did not start; see {folder / 'weed.log'}")
            time.sleep(0.1)
        weed.configure()
        yield Warraq(folder, _environment(folder, weed))
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(folder: Path, weed: Weed) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("WARRAQ_", "AWS_")) and k != "PYTHONDONTWRITEBYTECODE"}
    env |= {"WARRAQ_STATE": str(folder / "state"), "WARRAQ_BUCKET": "s3://week", "WARRAQ_SANDBOX": "1", "WARRAQ_READERS": "1"}
    env |= {"WARRAQ_OUTLETS": str(folder / "outlets"), "WARRAQ_CATALOG": f"sqlite:///{folder}/catalog.db"}
    env |= {"WARRAQ_CONTACT": "mailto:week@example.org", "WARRAQ_DEPLOYMENT": "week", "PYTHONPATH": str(ROOT)}
    env |= {"AWS_ENDPOINT_URL_S3": weed.endpoint, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONUNBUFFERED": "1"}
    return env | {"AWS_ACCESS_KEY_ID": weed.access_key, "AWS_SECRET_ACCESS_KEY": weed.secret_key}


def copy(base: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder, ignore=shutil.ignore_patterns("*.sock", "rounds-*", "stop", "outlets"))


@contextmanager
def rounds(warraq: Warraq, sites: list[str], *options: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes that make rounds; at the end they finish the one they are in."""
    (warraq.folder / "stop").unlink(missing_ok=True)
    made = []
    for n in range(min(PROCESSES, len(sites))):
        command = [sys.executable, "-m", "tests.week.rounds", str(warraq.folder), str(n), *sites[n::PROCESSES], *options]
        with (warraq.folder / f"rounds-{n}.log").open("ab") as log:
            made.append(subprocess.Popen(command, env=warraq.env, cwd=ROOT, stdout=log, stderr=log))
    try:
        yield made
    finally:
        (warraq.folder / "stop").touch()
        for process in made:
            process.wait()
