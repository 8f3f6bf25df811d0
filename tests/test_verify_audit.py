"""The audit: which shares are due, and that everything is looked at within its days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.steps.workshop import Workshop
from archive.verify.audit import SHARES, Ledger, due, line
from archive.verify.finding import MISSING, Report, finding
from archive.verify.run import share
from tests.servers import Server
from tests.wadi import Wadi, wadi

NOW = datetime(2026, 11, 22, 2, tzinfo=UTC)
WEEK = timedelta(days=7)


def ledger(tmp_path: Path) -> Ledger:
    return Ledger.load(tmp_path / "audit.json", NOW)


def looked(kept: Ledger, days: float, within: timedelta = WEEK) -> frozenset[int]:
    now = NOW + timedelta(days=days)
    shares = due(kept, now, within)
    kept.note(shares, Report(), now)
    return shares


@pytest.mark.parametrize("days", [1, 2, 7, 30, 300])
def test_everything_is_looked_at_within_the_days_and_about_as_much_each_day(tmp_path: Path, days: int) -> None:
    kept, within = ledger(tmp_path), timedelta(days=days)
    last = dict.fromkeys(range(SHARES), NOW)
    for day in range(3 * days):
        now = NOW + timedelta(days=day)
        shares = looked(kept, day, within)
        assert len(shares) <= -(-SHARES // max(1, days - 1))
        assert max(now - last[one] for one in range(SHARES)) <= within
        last |= dict.fromkeys(shares, now)


def test_days_without_an_audit_are_made_up_for_at_once(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    first = looked(kept, 0)
    assert len(first) == 43  # a day is kept in hand
    assert looked(kept, 6.5) == frozenset(range(SHARES)), "all would be overdue tomorrow"
    assert len(looked(kept, 7)) == 43


def test_what_has_a_finding_is_looked_at_again_the_next_day(tmp_path: Path) -> None:
    kept = ledger(tmp_path)
    shares = due(kept, NOW, WEEK)
    unit = next(f"warc/{n}" for n in range(10_000) if share(f"warc/{n}") in shares)
    report = Report(findings=[finding(MISSING, unit, "gone")], units={unit})
    kept.note(shares, report, NOW)
    again = Ledger.load(tmp_path / "audit.json", NOW + timedelta(days=1))
    assert again.began == NOW
    assert set(again.seen) == shares - {share(unit)}
    assert share(unit) in due(again, NOW + timedelta(days=1), WEEK)


def test_the_last_line_names_the_object_and_what_to_do() -> None:
    report = Report(findings=[finding(MISSING, "warc/a", "gone"), finding(MISSING, "warc/b", "gone")])
    told = line(report, frozenset({1, 2}))
    assert told.startswith("audit: 2 findings: missing: warc/a: gone — put it back")
    assert told.endswith("; and 1 more: see this log, or run warraq verify")
    assert line(Report(), frozenset({1, 2})) == "audit: 2 of 256 shares: nothing there yet; 0 findings"


@pytest.fixture(scope="module")
def at(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    with wadi(weed, tmp_path_factory.mktemp("audit")) as made:
        made.run()
        made.site.edit(1)
        made.run()
        yield made


def test_audits_of_as_many_days_see_every_object_once(at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger_file = at.settings.state / "audit.json"
    seen = dict.fromkeys(("WARC files", "plans", "snapshots"), 0)
    start = datetime.now(UTC)
    for day in range(3):
        now = start + timedelta(days=day)
        monkeypatch.setattr("archive.cli.verify.workshop", lambda _=False, now=now: Workshop(at.settings, lambda: now))
        done = at.call("audit", "--within", "4d", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        checked = json.loads(done.stdout)["checked"]
        assert checked["leaves"] == at.shop().log.mark(), "the log is audited each time"
        seen = {what: n + checked.get(what, 0) for what, n in seen.items()}
        ledger_row = json.loads(ledger_file.read_text("utf-8"))
        assert len(ledger_row["shares"]) == min(256, 86 * (day + 1))
    held = at.held()
    prefixes = {"WARC files": "warc/", "plans": "plans/", "snapshots": "snapshots/"}
    assert seen == {what: sum(key.startswith(prefix) for key in held) for what, prefix in prefixes.items()}


def test_a_finding_ends_the_command_with_its_own_line(at: Wadi) -> None:
    (at.settings.state / "audit.json").unlink(missing_ok=True)
    key = next(key for key in sorted(at.held()) if key.startswith("cdxj/"))
    kept = at.client.get_object(**at.place(key))["Body"].read()
    at.client.delete_object(**at.place(key))
    try:
        done = at.call("audit", "--within", "1d")
        again = at.call("audit", "--within", "1d")
    finally:
        at.client.put_object(**at.place(key), Body=kept)
    assert done.returncode == again.returncode == 65
    assert done.stdout.splitlines()[-1].startswith(f"audit: 1 findings: missing: {key}: ")
    assert at.call("audit", "--within", "1d").returncode == 0


def test_days_that_are_none_are_refused(at: Wadi) -> None:
    for text in ("0d", "week", "-1d", "1.5d"):
        assert at.call("audit", "--within", text).returncode in (2, 78)


def test_an_audit_leaves_an_interrupted_verification_open(at: Wadi) -> None:
    path = at.settings.state / "verify.json"
    path.write_text(json.dumps({"open": {"size": 1, "root": "", "scope": "", "next": 1, "report": {}, "digests": {}}}), "utf-8")
    assert at.call("audit").returncode == 0
    row = json.loads(path.read_text("utf-8"))
    assert row["open"]["next"] == 1
    assert row["seen"]["size"] == at.shop().log.mark()
