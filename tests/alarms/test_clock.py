"""A clock that was ahead once, and is right again: it silences nothing. And rows that are not kept for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from archive.alarms import judge, ledger, telling
from archive.alarms.facts import AuditFacts, Facts, Failure, MirrorFacts, RebuildFacts
from archive.alarms.model import Alarm, Finding
from archive.alarms.overdue import overdue
from archive.catalog.alarms import Measure
from archive.latency import stamp
from archive.steps import airflow, alarms, facts, facts_kept, metrics, outcome, rebuilding
from archive.steps.facts_memory import Memory
from archive.steps.workshop import Workshop
from tests.alarms.test_gather import DAY, HOUR, NOW, empty, shop
from tests.alarms.test_ledger import START, Watch, wrong

__all__ = ["empty", "shop"]  # fixtures
YEAR = 365 * DAY


def test_what_was_told_by_a_clock_that_was_ahead_is_told_and_ends_like_all_else() -> None:
    watch = Watch()
    watch.now += YEAR
    watch.check(wrong("run-failed", "a"))
    watch.check(wrong("mirror", ""))
    watch.now = START
    assert watch.check([*wrong("run-failed", "a", "b"), *wrong("mirror", "")])
    assert {one.subject for one in watch.told[-1][1].new} == {"", "b"}, "opened in a year, so it is not known since when"
    assert [one.subject for one in watch.told[-1][1].again] == ["a"]
    assert not watch.check([*wrong("run-failed", "a", "b"), *wrong("mirror", "")])
    watch.now += YEAR
    watch.check()
    watch.now = START + HOUR
    watch.run(3 * HOUR)
    assert not watch.open, "right since next year, too"
    assert all(one.over for one in watch.alarms if one.told)


def test_a_second_of_difference_between_two_machines_tells_nothing_twice() -> None:
    watch = Watch()
    watch.check(wrong("run-failed", "a"))
    watch.now -= timedelta(minutes=15)
    assert not watch.check(wrong("run-failed", "a"))


def test_what_is_due_since_nobody_knows_when_is_untold() -> None:
    one = Alarm("mirror", "", NOW + YEAR, NOW + YEAR, NOW, "x", {}, "act")
    assert overdue([one], NOW) == [one]
    mine, told = replace(one, opened=NOW - 3 * HOUR), replace(one, subject="b", told=NOW + YEAR)
    assert overdue([mine, told], NOW) == [mine], "one that was told next year holds up no other"


@pytest.mark.parametrize(
    "late",
    [
        Facts(audit=AuditFacts(NOW - YEAR, NOW + YEAR, NOW + YEAR)),
        Facts(mirror=MirrorFacts(NOW - YEAR, NOW + YEAR)),
        Facts(rebuild=RebuildFacts(NOW, NOW + YEAR, 1, 2)),
    ],
)
def test_a_time_to_come_is_no_sign_of_life(late: Facts) -> None:
    assert judge.found(late, NOW)[0]


def test_a_run_by_hand_that_failed_next_year_is_none() -> None:
    failed = Failure("capture_url", "capture", NOW + YEAR, "x", by_hand=True)
    assert judge.found(Facts(failures=(failed,)), NOW)[0] == []


def test_a_heartbeat_to_come_is_none() -> None:
    beat = {"metadatabase": {"status": "healthy"}, "scheduler": {"latest_scheduler_heartbeat": (NOW + DAY).isoformat()}}
    assert "yet to come: a clock was ahead" in airflow.judge(beat, NOW)["scheduler"]


def test_what_was_noted_then_counts_no_more(shop: Workshop) -> None:
    """A failure, an audit, a message that nobody took, an idle DAG, a comparison with the bucket: noted a year ahead."""
    ahead = Workshop(shop.settings, clock=lambda: NOW + YEAR, say=print)
    outcome.failed(shop.catalog, "warraq_a", "crawl", NOW + YEAR, "then", by_hand=False)
    outcome.duty(ahead, "audit", 2, "altered")
    alarms.unheard(ahead, "away")
    memory = Memory(shop, NOW + YEAR)
    memory.lasting("idle", ["warraq_a"])
    kept = facts_kept.Kept(shop, memory)
    assert kept.unapplied(["manara"]).objects == 0
    memory.note("disk", "/", 1.0)
    memory.keep()

    outcome.succeeded(shop.catalog, "warraq_a", "crawl", NOW)
    assert list(facts.failures(shop)) == []
    outcome.duty(shop, "audit", 0, "")
    memory = Memory(shop, NOW)
    kept = facts_kept.Kept(shop, memory)
    assert (kept.audit().newest, kept.audit().faults, memory.began) == (NOW, 0, NOW)
    assert kept.unheard() == "away"
    alarms._heard(shop, "", NOW)
    assert kept.unheard() == ""
    assert memory.lasting("idle", ["warraq_a"]) == {"warraq_a": NOW}
    memory.keep()
    assert Memory(shop, NOW + HOUR).lasting("idle", ["warraq_a"]) == {"warraq_a": NOW}
    assert memory.series("disk") == {}
    outcome.duty(ahead, "mirror", 0, "")
    assert kept.mirror().newest == NOW + YEAR, "which is judged as unknown"
    outcome.duty(shop, "mirror", 0, "")
    assert kept.mirror().newest == NOW


def rows(shop: Workshop, name: str) -> int:
    return len(shop.catalog.measures(name))


def test_a_state_is_no_row_more_each_time(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        now = NOW + n * HOUR
        outcome.failed(shop.catalog, "warraq_a", "crawl", now, f"{n}", by_hand=n == 3)
        alarms._heard(shop, "the webhook is away", now)
        outcome.duty(Workshop(shop.settings, clock=lambda now=now: now), "audit", n % 2, "x" * (n % 2))  # type: ignore[misc]
        memory = Memory(shop, now)
        memory.lasting("idle", ["warraq_a"] if n % 2 else [])
        memory.keep()
    assert (rows(shop, "task"), rows(shop, "told"), rows(shop, "audit"), rows(shop, "idle")) == (3, 1, 2, 1)
    assert [(one.reason, one.since) for one in facts.failures(shop)] == [("5", NOW), ("3", NOW + 3 * HOUR)]
    said = json.dumps({"reason": "x", "by_hand": False})
    shop.catalog.measure(Measure("task", "warraq_b.crawl", stamp(NOW + n * HOUR), 1.0, said) for n in range(5))  # of before
    outcome.failed(shop.catalog, "warraq_b", "crawl", NOW + DAY, "y", by_hand=True)
    assert [one.time[11:13] for one in shop.catalog.measures("task", subject="warraq_b.crawl")] == ["12", "16", "12"]
    writes: list[Callable[..., object]] = []
    monkeypatch.setattr(type(shop.catalog), "restate", lambda *more: writes.append(more[-1]))
    alarms._heard(shop, "the webhook is away", NOW + DAY)
    assert not writes, "no change, no write"


def test_what_is_old_goes_whenever_a_check_runs(shop: Workshop) -> None:
    for name in ("disk", "waiting", "layout", "check"):
        shop.catalog.measure([Measure(name, "x", stamp(NOW - 15 * DAY), 1.0), Measure(name, "x", stamp(NOW - DAY), 1.0)])
    Memory(shop, NOW).keep()
    assert {name: rows(shop, name) for name in ("disk", "waiting", "layout", "check")} == dict.fromkeys(("disk", "waiting", "layout", "check"), 1)  # fmt: skip


def test_what_was_told_by_hand_between_the_check_and_the_telling_is_not_told_again(shop: Workshop) -> None:
    said = alarms.check(shop, hold=True).data  # of outlets, which have patience
    assert said["message"] is None
    checked = NOW + HOUR
    shop.clock = lambda: checked
    said = alarms.check(shop, hold=True).data
    assert said["checked"] == stamp(checked)
    message, ids = said["message"], [one["id"] for one in said["message"]["alarms"]]
    assert len(ids) == 2

    def left() -> dict[str, Any] | None:
        return alarms.still(shop.catalog, "test", message, checked)

    assert left() == message
    shop.clock = lambda: checked + timedelta(minutes=1)
    alarms.mark(shop, ids[:1])
    found = left()
    assert found is not None
    assert [one["id"] for one in found["alarms"]] == ids[1:]
    told, other = (one["subject"] for one in message["alarms"])
    assert f"Nothing is captured: {other}" in found["text"]
    assert told not in found["text"]
    alarms.mark(shop, ids)
    assert left() is None


def test_a_rebuild_that_died_under_a_clock_that_was_ahead_is_ended_by_the_next_one(shop: Workshop) -> None:
    ahead = Workshop(shop.settings, clock=lambda: NOW + 3 * HOUR, say=print)
    rebuilding.Sign(ahead, 100)  # and it is killed
    again = rebuilding.Sign(shop, 100)
    assert rebuilding.going_on(shop.catalog) == RebuildFacts(NOW, NOW, 0, 100)
    again.over()
    assert rebuilding.going_on(shop.catalog) is None


def test_a_look_and_free_bytes_to_come_are_not_the_last_ones(shop: Workshop) -> None:
    for when, free in ((NOW + 3 * DAY, 500e9), (NOW - HOUR, 1e9)):
        shop.catalog.measure([Measure("check", "scheduler", stamp(when), 0.0, ""), Measure("disk", "/", stamp(when), free)])
    told = metrics.exposition(shop.catalog, NOW).splitlines()
    assert f"warraq_last_check_timestamp_seconds {(NOW - HOUR).timestamp():g}" in [
        f"{name} {float(value):g}" for name, _, value in (line.rpartition(" ") for line in told if line[:1] != "#")
    ]
    assert [line for line in told if line.startswith("warraq_disk_free_bytes{")] == [
        'warraq_disk_free_bytes{path="/"} 1000000000'
    ]


def test_an_alarm_that_was_told_to_stand_and_closed_meanwhile_is_told_to_be_over(shop: Workshop) -> None:
    def step(now: datetime, *found: Finding) -> telling.Message:
        shop.catalog.change_alarms(lambda held: ledger.step(held, found, now), NOW - DAY)
        shop.clock = lambda: now
        return telling.due(shop.catalog.recent_alarms(NOW - DAY), now)

    (new,) = step(NOW, *wrong("run-failed", "x")).new
    alarms.mark(shop, [new.id])
    again = step(NOW + DAY + HOUR, *wrong("run-failed", "x")).again
    assert [one.id for one in again] == [new.id]
    for minutes in range(0, 60, 5):
        message = step(NOW + DAY + 2 * HOUR + timedelta(minutes=minutes))
    alarms.mark(shop, [new.id])  # whoever told "still" says so only now
    assert [one.id for one in message.over] == [new.id]
    assert [one.id for one in telling.due(shop.catalog.recent_alarms(NOW), shop.clock()).over] == [new.id]
    alarms.mark(shop, [f"{new.id}{alarms.OVER}"])
    assert not telling.due(shop.catalog.recent_alarms(NOW), shop.clock())
