"""What holds for a whole run and stands at the head of each of its files: who wrote it, with which code, for whom.

Fields of the `warcinfo` record (WARC 1.1 §6.2, docs/FORMAT.md); what may differ from capture to capture stands there.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from archive.settings import ROOT, Settings
from spiders.settings import user_agent

UNKNOWN = "unknown"
# Airflow exports these to each of its tasks; the step and the spider inherit them (dags/_steps.py).
AIRFLOW = {
    "airflow-dag": "AIRFLOW_CTX_DAG_ID",
    "airflow-run": "AIRFLOW_CTX_DAG_RUN_ID",
    "airflow-try": "AIRFLOW_CTX_TRY_NUMBER",
}


def fields(settings: Settings, clock_offset: float, env: Mapping[str, str] = os.environ, root: Path = ROOT) -> dict[str, str]:
    """The fields, in the order in which they are written. `clock_offset`: seconds this clock is ahead of the storage's."""
    return {
        "software": f"Warraq/{version('warraq')}",
        **code(root, env),
        "operator": settings.contact,
        "http-header-user-agent": user_agent(version("warraq"), settings.contact),
        "robots": "RFC 9309",
        "deployment": settings.deployment,
        **{name: env[variable] for name, variable in AIRFLOW.items() if env.get(variable)},
        "clock-offset": f"{clock_offset:+.1f}",
        **({"sandbox": "yes"} if settings.sandbox else {}),
    }


def code(root: Path, env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """`code`: the Git commit of `root`; `code-changed`: whether files that Git knows differ from it; `lock`: digest of
    requirements.txt. What cannot be told (no Git, no such file) is `unknown`, so that nobody takes silence for an answer."""
    commit = _git(root, env, "rev-parse", "--verify", "HEAD")
    changed = _git(root, env, "status", "--porcelain", "--untracked-files=no")
    try:
        lock = f"sha256:{hashlib.sha256((root / 'requirements.txt').read_bytes()).hexdigest()}"
    except OSError:
        lock = UNKNOWN
    return {
        "code": commit or UNKNOWN,
        "code-changed": UNKNOWN if changed is None or not commit else "yes" if changed else "no",
        "lock": lock,
    }


def _git(root: Path, env: Mapping[str, str], *asked: str) -> str | None:
    """What Git says of the repository at `root`, and of none above it; None when it says nothing."""
    clean = {name: value for name, value in env.items() if not name.startswith("GIT_")}
    clean |= {"GIT_CEILING_DIRECTORIES": str(root.parent), "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *asked]  # the code may belong to another user
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, env=clean)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
