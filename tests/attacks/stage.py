"""Each attack in its turn: change the bucket, let `warraq verify` look, hold its report against what was done, undo it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from archive.log.note import parse_signing
from tests.attacks import on_bytes, on_content, on_history, on_others, on_tree
from tests.attacks.bucket import Bucket
from tests.attacks.build import OLD_KEY, Archive
from tests.attacks.scene import REDACTED, Attack, Expected, Finding, Scene

ATTACKS = (*on_bytes.attack, *on_content.attack, *on_tree.attack, *on_history.attack, *on_others.attack)
SHOWN = 4  # findings and problems of a line


@dataclass(frozen=True)
class Report:
    """What the command said."""

    findings: list[Finding]
    status: int
    seconds: float
    error: str = ""


@dataclass(frozen=True)
class Result:
    attack: Attack
    expected: Expected
    report: Report
    problems: list[str]

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def found(self) -> str:
        kinds = [one.kind for one in self.report.findings]
        return (
            ", ".join(f"{n} × {kind}" if (n := kinds.count(kind)) > 1 else kind for kind in dict.fromkeys(kinds)) or "nothing"
        )


def verify(made: Archive, *arguments: str, env: Mapping[str, str] | None = None) -> Report:
    """`warraq verify --json` as a user runs it."""
    began = time.monotonic()
    done = made.warraq("verify", *arguments, "--json", env=env)
    seconds = time.monotonic() - began
    try:
        told = json.loads(done.stdout)
    except json.JSONDecodeError:
        return Report([], done.returncode, seconds, (done.stderr or done.stdout or "it said nothing").strip()[-400:])
    return Report([Finding(row["kind"], row["key"], row["what"]) for row in told["findings"]], done.returncode, seconds)


def scene_of(made: Archive) -> Scene:
    """The archive as it was built, remembered."""
    bucket = Bucket(made.env)
    bucket.remember()
    old = parse_signing((made.folder / OLD_KEY).read_text("utf-8"))
    return Scene(made, bucket, old, parse_signing(made.settings.log_key_file.read_text("utf-8")))


def play(at: Scene, attack: Attack) -> Result:
    """One attack, looked at, and undone."""
    try:
        expected = attack.do(at)
        report = verify(at.made, env=expected.env)
        problems = judge(expected, report)
        for url, wanted in ((expected.url, expected), (expected.innocent, Expected(()))):
            about = judge(wanted, verify(at.made, url, env=expected.env)) if url else []
            problems += [f"verify {url}: {one}" for one in about]
    finally:
        at.bucket.undo()
    return Result(attack, expected, report, problems)


def judge(expected: Expected, report: Report) -> list[str]:
    """What is wrong with the report: unnamed, misnamed, unrelated; or an exit status that says something else."""
    if report.error:
        return [f"verify ended with {report.status}: {report.error}"]
    fault = any(one.kind != REDACTED for one in report.findings)
    wrong = [f"exit status {report.status}"] if report.status != (65 if fault else 0) else []
    return wrong + expected.problems(report.findings)


def cleanly(at: Scene) -> list[str]:
    """What verify says of the clean archive; should be nothing."""
    report = verify(at.made)
    return judge(Expected(()), report)
