"""Alarms and measurements in the catalog, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from archive.alarms import ledger
from archive.alarms.model import Alarm, Finding
from archive.catalog import Catalog, models
from archive.catalog.alarms import Measure
from archive.steps import facts, outcome
from tests.test_catalog import catalog, either, on_postgres, postgres

__all__ = ["catalog", "either", "on_postgres", "postgres"]  # fixtures

NOW = datetime(2026, 11, 22, 3, 0, 0, 123456, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def held(either: Catalog) -> Catalog:
    with either._database.write("test") as connection:
        for table in (models.alarm, models.measure):
            connection.execute(table.delete())
    return either


def full() -> Alarm:
    """One with something in each field."""
    return Alarm(
        "disk", "/data", NOW - DAY, NOW - DAY, NOW, "{free} left", {"free": "٣"}, "urgent", NOW, None, NOW, "act", None, 3, NOW, "أمل", "أتابع"
    )  # fmt: skip


def test_what_is_put_is_what_comes_back(held: Catalog) -> None:
    over = replace(full(), subject="", closed=NOW, over=NOW, opened=NOW - 2 * DAY)
    assert held.change_alarms(lambda _: [full(), over], NOW) == [full(), over]
    assert held.recent_alarms(NOW - DAY) == [over, full()]
    assert held.recent_alarms(NOW + DAY) == [full()], "what is over and told is past"
    assert [row.id for row in held.alarms()] == [full().id]
    assert [row.id for row in held.alarms(open_only=False)] == [full().id, over.id]
    assert held.alarms()[0].evidence == "٣ left"
    untold = replace(over, over=None)
    held.change_alarms(lambda _: [untold], NOW)
    assert untold in held.recent_alarms(NOW + DAY), "nobody was told yet that it is over"


def test_a_check_changes_what_another_one_left(held: Catalog) -> None:
    found = [Finding("mirror", "", "seen")]

    def check(minutes: int, wrong: Sequence[Finding]) -> None:
        now = NOW + timedelta(minutes=minutes)
        held.change_alarms(lambda before: ledger.step(before, wrong, now), now - ledger.SOON)

    for minutes in (0, 5, 10):
        check(minutes, found)
    assert len(held.alarms()) == 1
    for minutes in (15, 50):
        check(minutes, [])
    assert held.alarms() == []
    check(55, found)
    (again,) = held.recent_alarms(NOW + timedelta(minutes=51))
    assert again.relapses == 1


def test_measurements(held: Catalog) -> None:
    rows = [Measure("disk", "/", f"2026-11-22T0{n}:00:00.000000Z", float(n), "x") for n in range(4)]
    held.measure([*rows, Measure("disk", "/data", rows[0].time, 5e15)])
    held.measure([rows[1]._replace(value=9.0)])
    assert held.measures("disk", subject="/") == rows, "what is there stays"
    assert [one.value for one in held.measures("disk", since=rows[3].time)] == [3.0]
    held.forget("disk", rows[2].time)
    assert [one.subject for one in held.measures("disk")] == ["/", "/"]
    held.clear()
    assert len(held.measures("disk")) == 2, "a rebuild leaves them alone"


def failing(catalog: Catalog) -> list[tuple[str, str, bool]]:
    found = facts.failures(SimpleNamespace(catalog=catalog))  # type: ignore[arg-type]
    return sorted((one.task, one.reason, one.by_hand) for one in found)


def test_a_run_by_hand_that_fails_too_leaves_the_scheduled_failure(held: Catalog) -> None:
    for hours, by_hand in ((0, False), (1, False), (2, True)):
        outcome.failed(held, "warraq_a", "crawl", NOW + hours * HOUR, f"after {hours} h", by_hand=by_hand)
    assert failing(held) == [("crawl", "after 1 h", False), ("crawl", "after 2 h", True)]
    assert [one.since for one in facts.failures(SimpleNamespace(catalog=held))] == [NOW, NOW + 2 * HOUR]  # type: ignore[arg-type]
    outcome.succeeded(held, "warraq_a", "crawl", NOW + 3 * HOUR)
    assert failing(held) == []


def test_of_mapped_siblings_each_fails_for_itself_until_a_later_run(held: Catalog) -> None:
    for index in (1, 7):
        outcome.failed(held, "warraq_a", "read", NOW, f"part {index}", by_hand=False, run="first", index=index)
    outcome.succeeded(held, "warraq_a", "read", NOW + HOUR, run="first", index=0)
    assert failing(held) == [("read[1]", "part 1", False), ("read[7]", "part 7", False)], "a sibling's success is not theirs"
    outcome.failed(held, "warraq_a", "read", NOW + 2 * HOUR, "again", by_hand=False, run="second", index=1)
    outcome.succeeded(held, "warraq_a", "read", NOW + 3 * HOUR, run="second", index=0)
    assert failing(held) == [("read[1]", "again", False)], "a run of fewer parts is right"
    outcome.succeeded(held, "warraq_a", "read", NOW + 4 * HOUR, run="second", index=1)
    assert failing(held) == []
