"""The large catalog of the page measurements holds what `apply` would have made of the same lines."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import pytest

from archive.catalog import Catalog
from archive.observation import Observation
from bench import ledgers


@pytest.mark.long  # 50 CPU s
def test_the_rows_are_those_of_apply(tmp_path: Path) -> None:
    bulk, applied = (Catalog(f"sqlite:///{tmp_path}/{name}.db") for name in ("bulk", "applied"))
    lines: dict[tuple[str, int], dict[int, Observation]] = defaultdict(dict)
    bulk.migrate()
    ledgers.fill(
        bulk, 1000, 5_000, lambda _: None, lambda outlet, hour, number, line: lines[outlet, hour].update({number: line})
    )
    applied.migrate()
    applied.note_acts(bulk.acts())
    hours = sorted(lines)
    random.Random(3).shuffle(hours)
    for outlet in ledgers.outlets():
        mine = [hour for name, hour in hours if name == outlet.name]
        objects = [(ledgers.stem_of(outlet.name, hour).observations, _in_order(lines[outlet.name, hour])) for hour in mine]
        applied.apply_all(objects, outlet)
    before, after = bulk.tables(), applied.tables()
    figured = {row[3] for row in before["figure"]}
    after["figure"] = [row for row in after["figure"] if row[3] in figured]
    assert [name for name in after if before[name] != after[name]] == []
    assert len(before["article"]) == 1000
    assert {row.state for row in bulk.articles()} >= {"live", "edited", "gone", "new"}
    assert all(before[name] for name in ("seed_link", "event", "tally", "run", "channel_capture"))


def _in_order(lines: dict[int, Observation]) -> list[Observation]:
    assert sorted(lines) == list(range(len(lines)))
    return [lines[number] for number in sorted(lines)]
