"""The Go program `verifylog`, built and run: a verifier of the log that shares no code with ours.

It needs Debian's golang-go and golang-golang-x-mod-dev, and no network.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from archive.store import Store
from tests.log_audit import fetched

GOCODE = Path("/usr/share/gocode")
SOURCE = Path(__file__).parent / "verifylog" / "main.go"


@dataclass(frozen=True)
class Verdict:
    ran: bool
    accepted: bool
    said: str


def why_not() -> str:
    """Why the program cannot be built here; "" when it can."""
    if shutil.which("go") is None:
        return "go is not installed (apt-get install golang-go golang-golang-x-mod-dev)"
    if not (GOCODE / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        return "golang.org/x/mod is not installed (apt-get install golang-golang-x-mod-dev)"
    return ""


@cache
def program() -> Path:
    """The program, built once; Go's own cache lies beside it."""
    folder = Path(tempfile.mkdtemp(prefix="warraq-go-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GOCODE), "GOCACHE": str(folder / "cache"), "CGO_ENABLED": "0"}
    built = folder / "verifylog"
    done = subprocess.run(["go", "build", "-o", str(built), str(SOURCE)], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"verifylog cannot be built: {done.stderr}")
    return built


def copy_out(store: Store, folder: Path) -> Path:
    """`log/` of the archive as files."""
    for key, data in fetched(store, store.list("log/")).items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def verify(folder: Path, *vkeys: str) -> Verdict:
    done = subprocess.run([str(program()), str(folder), *vkeys], capture_output=True, text=True, check=False)
    return Verdict(True, done.returncode == 0, (done.stdout + done.stderr).strip())


def go_verifies(store: Store, folder: Path, *vkeys: str) -> Verdict:
    """The verdict on the log of this store; `ran` is False where there is no Go."""
    if reason := why_not():
        return Verdict(False, False, f"not asked: {reason}")
    return verify(copy_out(store, folder), *vkeys)
