"""A short round of what `make kills` does at length: 2 random moments, and the first 3 gaps between puts."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.kill import Bench, at_random_moments, bench, in_every_gap
from tests.servers import Server


@pytest.fixture(scope="module")
def made(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    before = dict(os.environ)
    os.environ |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "WARRAQ_READERS": "1"}
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # dozens of processes, each of which would compile its imports
    folder: Path = tmp_path_factory.mktemp("kills") / "work"
    yield bench(folder, weed.endpoint, weed.access_key, weed.secret_key)
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.long
def test_a_kill_at_any_moment_and_between_any_two_puts_loses_nothing(made: Bench) -> None:
    assert in_every_gap(made, limit=3, sides=(True,)) == 3  # after the plan, after the WARC, after the first snapshot
    at_random_moments(made, 2, random.Random(made.site.articles[1].number))
    lost, excused, delivered = made.lost()
    assert lost == []
    assert excused < delivered / 10
    assert len(made.kills) == 5
