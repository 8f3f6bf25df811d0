"""What a run says of itself: the code it ran, as Git tells it, and whose run it was."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from archive.records import digest
from archive.settings import Settings, from_environment
from spiders import about

LOCK = b"scrapy==2.19.0\n"
UNKNOWN = {"code": "unknown", "code-changed": "unknown", "lock": "unknown"}


def git(folder: Path, *asked: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *who, "-C", str(folder), *asked], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "code"
    root.mkdir()
    (root / "requirements.txt").write_bytes(LOCK)
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def test_the_commit_is_told_and_whether_anything_git_knows_differs_from_it(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    assert about.code(repository) == {"code": commit, "code-changed": "no", "lock": digest(LOCK)}
    (repository / "notes.txt").write_text("what Git does not know is no code")
    assert about.code(repository)["code-changed"] == "no"
    (repository / "requirements.txt").write_bytes(LOCK + LOCK)
    assert about.code(repository) == {"code": commit, "code-changed": "yes", "lock": digest(LOCK + LOCK)}


def test_a_hook_of_another_repository_does_not_lead_astray(repository: Path, tmp_path: Path) -> None:
    """Git sets these for its hooks; a crawl started from one must still speak of its own code."""
    env = {**os.environ, "GIT_DIR": str(tmp_path / "nowhere"), "GIT_INDEX_FILE": str(tmp_path / "index")}
    assert about.code(repository, env)["code"] == git(repository, "rev-parse", "HEAD")


def test_a_folder_inside_another_repository_is_no_code_of_it(repository: Path) -> None:
    (repository / "unpacked").mkdir()
    assert about.code(repository / "unpacked") == UNKNOWN


def test_what_cannot_be_told_is_unknown(repository: Path, tmp_path: Path) -> None:
    assert about.code(tmp_path) == UNKNOWN
    (tmp_path / "requirements.txt").write_bytes(b"")
    assert about.code(tmp_path)["lock"] == digest(b"")
    assert about.code(repository, {"PATH": str(tmp_path)})["code"] == "unknown"  # no git there
    git(repository, "update-ref", "-d", "HEAD")  # a repository without a commit
    assert (about.code(repository)["code"], about.code(repository)["code-changed"]) == ("unknown", "unknown")


def settings(**changed: object) -> Settings:
    return replace(from_environment({}), **changed)


def test_a_run_of_airflow_is_named_and_one_by_hand_is_not(repository: Path) -> None:
    env = {"PATH": os.environ["PATH"]}
    by_hand = about.fields(settings(deployment="north", contact="mailto:t@example.org"), -0.26, env, repository)
    assert by_hand["deployment"] == "north"
    assert by_hand["clock-offset"] == "-0.3"
    assert by_hand["http-header-user-agent"].endswith("(+mailto:t@example.org)")
    assert not any(name.startswith(("airflow", "sandbox")) for name in by_hand)
    env |= {"AIRFLOW_CTX_DAG_ID": "warraq_site", "AIRFLOW_CTX_DAG_RUN_ID": "manual__2026", "AIRFLOW_CTX_TRY_NUMBER": "2"}
    told = about.fields(settings(sandbox=True), 0.0, env, repository)
    assert (told["airflow-dag"], told["airflow-run"], told["airflow-try"]) == ("warraq_site", "manual__2026", "2")
    assert told["sandbox"] == "yes"
