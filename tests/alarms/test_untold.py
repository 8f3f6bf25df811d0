"""Alarms that nobody was told of: `warraq status --max-age` and the heartbeat know. Outlets by their own schedule. A full disk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.alarms import judge
from archive.alarms.facts import StoreFacts
from archive.alarms.model import Alarm
from archive.alarms.overdue import overdue
from archive.alarms.telling import GROUP
from archive.catalog.alarms import Measure
from archive.catalog.rows import OutletRow
from archive.errors import Refused
from archive.latency import stamp
from archive.outlet import Outlet
from archive.settings import from_environment
from archive.steps import alarms, facts_kept, outcome, patient, rebuilding, standing, tell, told
from archive.steps.beat import beat
from archive.steps.workshop import Outcome, Workshop
from tests.alarms.test_ways import nothing_can_be_written, small
from tests.mailbox import Mailbox
from tests.outside import Webhook

__all__ = ["small"]  # a fixture
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def alarm(ago: timedelta, condition: str = "mirror", subject: str = "", **more: Any) -> Alarm:
    opened = NOW - ago
    made = Alarm(condition, subject, opened, opened, NOW, "{why}", {"why": "behind"}, "act")
    return replace(made, **more)


@pytest.mark.parametrize(
    ("one", "late"),
    [
        (alarm(2 * HOUR), True),
        (alarm(59 * MINUTE), False),
        (alarm(2 * HOUR, told=NOW - HOUR), False),
        (alarm(2 * HOUR, severity="watch"), False),
        (alarm(2 * HOUR, severity="urgent"), True),
        (alarm(2 * HOUR, acknowledged=NOW - HOUR), False),
        (alarm(2 * HOUR, right=NOW - MINUTE), False),
        (alarm(2 * HOUR, closed=NOW - MINUTE), False),
        (alarm(2 * HOUR, condition="outside"), False),  # its patience is two hours
        (alarm(4 * HOUR, condition="outside"), True),
        (alarm(2 * HOUR, condition="of another version"), True),
    ],
)
def test_what_nobody_was_told_of(one: Alarm, late: bool) -> None:
    assert overdue([one], NOW, HOUR) == ([one] if late else [])


def test_who_follows_in_a_group_waits_as_the_telling_does() -> None:
    first = alarm(3 * HOUR, subject="a", told=NOW - HOUR - GROUP + MINUTE)
    follows = alarm(2 * HOUR, subject="b")
    assert overdue([first, follows], NOW, HOUR) == []
    assert overdue([first, follows], NOW + 2 * MINUTE, HOUR) == [follows]


def test_without_any_way_out_what_stands_on_the_page_was_told_nobody() -> None:
    one = alarm(2 * HOUR, told=NOW - 2 * HOUR)
    assert overdue([one], NOW, HOUR) == []
    assert overdue([one], NOW, HOUR, anybody=False) == [one]
    assert overdue([replace(one, acknowledged=NOW)], NOW, HOUR, anybody=False) == []


# In a catalog


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(tell, "PAUSES", (None,))
    monkeypatch.setattr(patient, "PATIENCE", 0.0)
    monkeypatch.setattr(told, "ELSEWHERE", (tmp_path_factory.mktemp("shm"),))
    monkeypatch.setattr(facts_kept.Kept, "store", lambda _: StoreFacts(trouble="no store is asked in these tests"))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, mailbox: Mailbox) -> Workshop:
    (tmp_path / "outlets").mkdir()
    env = {"WARRAQ_STATE": str(tmp_path), "WARRAQ_OUTLETS": str(tmp_path / "outlets"), "WARRAQ_MAIL": "desk@example.org", "WARRAQ_SMTP": mailbox.address}  # fmt: skip
    return Workshop(from_environment(env), clock=lambda: NOW, say=lambda _: None)


def set_to(shop: Workshop, **changed: Any) -> Workshop:
    return Workshop(replace(shop.settings, **changed), clock=lambda: NOW, say=lambda _: None)


def put(shop: Workshop, *held: Alarm) -> None:
    shop.catalog.change_alarms(lambda _: held, NOW)


def stale(shop: Workshop, max_age: float = 60, **outlets: Outlet) -> standing.Standing:
    return standing.look(shop, lambda: (outlets, {}), max_age, lambda: (Outcome("log: signed"), []))


def test_status_names_alarms_that_nobody_was_told_of(shop: Workshop) -> None:
    put(shop, alarm(2 * HOUR), alarm(2 * HOUR, "store", severity="urgent", told=NOW))
    found = stale(shop)
    assert found.stale == ["untold"]
    assert [row.condition for row in found.untold] == ["mirror"]
    assert "  The second copy is behind since 2026-11-22T01:00Z: behind" in standing.lines(found, NOW)
    assert stale(shop, 180).stale == []
    assert stale(set_to(shop, mail=())).stale == ["untold"]
    assert len(stale(set_to(shop, mail=())).untold) == 2
    put(shop, alarm(2 * HOUR, told=NOW))
    assert stale(shop).stale == []
    assert stale(set_to(shop, mail=(), sandbox=True)).stale == []


def test_the_heartbeat_is_silent_while_nobody_is_told_or_something_cannot_be_asked(shop: Workshop) -> None:
    with Webhook() as watcher:
        heard = set_to(shop, heartbeat=watcher.endpoint)

        def beats() -> bool:
            before = len(watcher.seen)
            beat(heard, NOW + timedelta(microseconds=before))
            return len(watcher.seen) > before

        assert beats()
        blind = alarm(MINUTE, "not-judged", "audit")
        put(shop, blind)
        assert not beats(), "it did not look at everything"
        put(shop, replace(blind, right=NOW), alarm(2 * HOUR))
        assert not beats()
        put(shop, alarm(2 * HOUR, told=NOW - HOUR), alarm(HOUR, "store", severity="urgent", told=NOW))
        assert beats(), "what is wrong is told"


def test_a_message_that_nobody_takes_is_told_again_until_somebody_does_and_then_never_more(
    shop: Workshop, mailbox: Mailbox
) -> None:
    """Each check by a process of its own, as after a restart."""
    outcome.failed(shop.catalog, "warraq_wadi", "seal", NOW - 3 * HOUR, "the bucket is gone", by_hand=False)

    def check(minutes: int) -> str:
        later = Workshop(shop.settings, clock=lambda: NOW + minutes * MINUTE, say=lambda _: None)
        return alarms.check(later).line

    mailbox.always = "451"
    assert "nobody took it: mail: the mail server at 127.0.0.1: 451 later" in check(0)
    assert "nobody took it" in check(70)
    late = Workshop(shop.settings, clock=lambda: NOW + 80 * MINUTE, say=lambda _: None)
    assert "untold" in stale(late).stale
    mailbox.always = ""
    assert "told (mail)" in check(85)
    told_of = [part for part in mailbox.got[0].get_content().splitlines() if part.startswith("  warraq_wadi: seal")]
    assert len(told_of) == 1
    outcome.succeeded(shop.catalog, "warraq_wadi", "seal", NOW + 86 * MINUTE)
    for minutes in (90, 121, 126, 160):
        check(minutes)
    over = [letter for letter in mailbox.got if "Over: A run failed: warraq_wadi" in letter.get_content()]
    failed = [letter for letter in mailbox.got if "the bucket is gone" in letter.get_content()]
    assert (len(failed), len(over)) == (1, 1)
    assert "untold" not in stale(late).stale


# Outlets, by their own schedule


def paper(schedule: str, **more: Any) -> Outlet:
    return Outlet("paper", "x", "https://paper.example/", schedule=schedule, **more)


@pytest.mark.parametrize(
    ("schedule", "budget", "last", "most", "late"),
    [
        ("23 */6 * * *", 600, 5 * HOUR, 3 * HOUR, False),  # was due at 00:23
        ("23 */6 * * *", 600, 5 * HOUR, 2 * HOUR, True),
        ("23 */6 * * *", 600, 2 * HOUR, MINUTE, False),  # the next is due at 06:23
        ("*/15 * * * *", 600, HOUR, HOUR, False),
        ("*/15 * * * *", 600, 90 * MINUTE, HOUR, True),
        ("*/15 * * * *", 3000, 90 * MINUTE, HOUR, False),
        ("@daily", 600, 26 * HOUR, 2 * HOUR, True),
        ("@daily", 600, 2 * HOUR, 2 * HOUR, False),
    ],
)
def test_an_outlet_is_silent_by_its_own_schedule(
    schedule: str, budget: float, last: timedelta, most: timedelta, late: bool, shop: Workshop
) -> None:
    one = paper(schedule, budget=budget)
    row = OutletRow("paper", 0, 0, 0, 0, 0, stamp(NOW - last), "", "", "")
    assert bool(standing.silent(one, row, NOW - 99 * DAY, NOW, most)) is late
    assert bool(standing.silent(one, None, NOW - last, NOW, most)) is late, "never captured: since it was first known"


def test_what_is_off_is_no_judgement_and_what_is_new_has_time(shop: Workshop) -> None:
    shop.catalog.measure([Measure("outlet", "paper", stamp(NOW - DAY), 0.0), Measure("outlet", "paper", stamp(NOW), 0.0)])
    found = stale(shop, paper=paper("*/15 * * * *"))
    assert found.stale == ["paper"]
    assert found.late["paper"] == "never captured; a run was due at 2026-11-21 03:15 UTC (schedule */15 * * * *)"
    assert stale(shop, paper=paper("*/15 * * * *", enabled=False)).stale == []
    assert stale(shop, paper=paper("0 3 * * 1")).stale == []


def test_a_catalog_that_is_being_rebuilt_says_nothing_of_outlets(shop: Workshop) -> None:
    shop.catalog.measure([Measure("outlet", "paper", stamp(NOW - DAY), 0.0)])
    sign = rebuilding.Sign(shop, 1200)
    found = stale(shop, paper=paper("*/15 * * * *"))
    assert found.stale == []
    assert "catalog: it is being rebuilt, 0 of 1,200 files; outlets are not judged" in standing.lines(found, NOW)
    sign.over()
    assert stale(shop, paper=paper("*/15 * * * *")).stale == ["paper"]


# A disk that is full


def test_the_disk_is_judged_without_the_catalog_that_lies_on_it(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stale(shop).stale == []
    monkeypatch.setattr(judge, "LEAST", 1 << 60)
    dead = set_to(shop, catalog="postgresql://nobody@127.0.0.1:9/none")
    found = stale(dead)
    assert found.stale == ["disk", "catalog"]
    assert any(line.startswith("disk: ") and "nothing runs with less" in line for line in standing.lines(found, NOW))


def test_a_check_that_can_note_nothing_tells_what_it_found(
    shop: Workshop, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "LEAST", 1 << 60)
    assert shop.catalog.outlets() == []
    with (
        nothing_can_be_written(),
        pytest.raises(Refused, match=r"cannot be written.*seen all the same: The disk is filling up"),
    ):
        alarms.check(shop)
    (letter,) = mailbox.got
    said = letter.get_content()
    assert "cannot be written" in said
    assert "The disk is filling up" in said
    with nothing_can_be_written(), pytest.raises(Refused, match="seen all the same"):
        alarms.check(shop, hold=True)
    assert len(mailbox.got) == 1, "who holds it tells it"


def test_a_catalog_on_a_full_disk(shop: Workshop, small: Path, mailbox: Mailbox) -> None:
    """Not even readable then: SQLite cannot open its log."""
    (small / "everything").unlink()
    full = set_to(shop, state=small, catalog=f"sqlite:///{small}/catalog.db")
    full.catalog.close()
    with (small / "everything").open("wb", buffering=0) as file:
        assert file.write(bytes(3 << 20)) < 3 << 20
    for _ in range(2):
        with pytest.raises(Refused, match=r"catalog.db cannot be written.*The disk is filling up: 0\.0 GB are free"):
            alarms.check(set_to(full))
    (letter,) = mailbox.got
    assert "The disk is filling up: 0.0 GB are free" in letter.get_content()


def test_a_catalog_that_is_away_is_told_by_the_check_itself(shop: Workshop) -> None:
    with Webhook() as hook:
        dead = set_to(shop, catalog="postgresql://nobody@127.0.0.1:9/none", webhook=hook.endpoint)
        for _ in range(2):
            with pytest.raises(Exception, match=r"127\.0\.0\.1:9"):
                alarms.check(dead)
        (said,) = [json.loads(body)["text"] for _, body in hook.seen]
    assert "the catalog postgresql" in said
