"""Short rounds of what `make faults` does at length: kills, one worker stopped past its lease, the storage killed once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import log as faults
from tests.faults.log import SLOTS, broken


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_forked_or_doubled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "STOP_EVERY", 3)  # rounds 2 …
    monkeypatch.setattr(faults, "STORE_EVERY", 8)  # … and 7
    with broken(tmp_path, seed=6962) as made:
        for number in (0, 2, 7):
            made.round(number)
        found, wrong = made.audited()
    assert made.failures == []
    assert {what: count for what, count in wrong.items() if count} == {}
    assert (made.counts["acknowledged"], made.counts["storage killed"]) == (3 * SLOTS, 1)
    assert made.counts["killed"] > 5
    assert made.counts["stopped"] == 1
    assert found.size > 3 * SLOTS * 8


@pytest.mark.long
@pytest.mark.slow
def test_a_log_that_doubled_a_unit_would_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The harness can fail: here are workers that look for what they left from the newest checkpoint on, and no further."""
    from archive.log.writer import Log

    monkeypatch.setattr(faults, "AT", ("batch",))
    monkeypatch.setattr(faults, "DEATH", 1.0)
    monkeypatch.setattr(faults, "ELSEWHERE", 0.5)
    append = Log.append
    monkeypatch.setattr(Log, "append", lambda self, units, since: append(self, units, self.mark()))
    with broken(tmp_path, seed=6962) as made:
        for number in (0, 1, 3):
            made.round(number)
        _, wrong = made.audited()
    assert wrong["doubled"] > 0
