"""What Prometheus reads: cheap, however often it comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.catalog import Catalog
from archive.catalog.alarms import Measure
from archive.latency import Latency, stamp
from archive.steps import metrics

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def test_the_events_of_a_week_are_read_now_and_then_and_the_rest_at_each_scrape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, asked = Catalog(f"sqlite:///{tmp_path}/catalog.db"), list[str]()
    catalog.migrate()
    one = Latency("paper", "0" * 32, stamp(NOW), "published", stamp(NOW - timedelta(seconds=90)), True, stamp(NOW))

    def latencies(since: str) -> list[Latency]:
        asked.append(since)
        return [one]

    monkeypatch.setattr(catalog, "latencies", latencies)
    for minute in range(12):
        now = NOW + timedelta(minutes=minute)
        catalog.measure([Measure("check", "scheduler", stamp(now), 0.0)])
        text = metrics.exposition(catalog, now)
        assert 'warraq_found_after_seconds{outlet="paper"} 90' in text
        assert f"warraq_last_check_timestamp_seconds {now.timestamp():.0f}" in text.replace(".0\n", "\n")
    assert asked == [stamp(when - metrics.WEEK) for when in (NOW, NOW + metrics.EVERY)]
    catalog.close()
