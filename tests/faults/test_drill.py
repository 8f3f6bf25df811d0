"""The drill, and the same with a loss: what was captured after the last mirror is gone, and everybody who remembers it says so."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.copies import another, place
from tests.faults.drill import drill
from tests.servers import Server
from tests.wadi import wadi


@pytest.mark.long
def test_a_lost_store_and_machine_are_replaced_by_the_copy(tmp_path: Path) -> None:
    said: list[str] = []
    drill(tmp_path, said.append)
    assert said[-1].startswith("went on: the log has ")


@pytest.mark.long
@pytest.mark.slow
def test_what_the_copy_lacks_is_lost_and_said_to_be_and_the_log_goes_on(
    weed: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The machine survives; docs/OPERATIONS.md says what it has to forget, and what it must not."""
    (tmp_path / "other").mkdir()
    with another(tmp_path / "other") as other, wadi(weed, tmp_path) as first:
        at, copy, state = first, place(other), Path(first.env["WARRAQ_STATE"])
        at.run()
        assert at.call("mirror", copy.address, env=copy.env).returncode == 0
        at.site.edit(1)
        at.run()
        assert at.call("anchor", "--force").returncode == 0
        assert at.call("verify").returncode == 0

        moved = {**copy.server.environment(), "WARRAQ_BUCKET": copy.address}
        at = replace(at, env={**at.env, **moved})
        for name, value in moved.items():
            monkeypatch.setenv(name, value)  # the spider is a process of its own
        for command in (("verify",), ("anchor", "--force"), ("repair",)):
            done = at.call(*command)
            assert done.returncode == 65, done
            assert "rolled back" in done.stdout + done.stderr, done

        old = state / "checkpoint-book.txt"
        shutil.move(old, tmp_path / "old-book.txt")
        (state / "verify.json").unlink()
        assert at.call("rebuild").returncode == 0
        at.run()
        at.run()
        assert at.call("anchor", "--force").returncode == 0
        assert at.call("verify").returncode == 0
        done = at.call("verify", "--checkpoints", str(tmp_path / "old-book.txt"))
        assert done.returncode == 65
        assert "forked" in done.stdout, done
