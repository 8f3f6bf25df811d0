"""What is wrong and what is not yet: the borders of each condition; forecasts from measurements."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from archive import alarm as drift
from archive.alarms import forecast, judge, layout, ledger, pace
from archive.alarms.conditions import CONDITIONS
from archive.alarms.facts import (
    AuditFacts,
    DagFacts,
    DagsFacts,
    Disk,
    Facts,
    Failure,
    LogFacts,
    MirrorFacts,
    OutletFacts,
    RebuildFacts,
    Spooled,
    StoreFacts,
    Unapplied,
)
from archive.alarms.model import Alarm
from archive.alarms.sentences import joined, parts
from archive.drift import FAULTS

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GB = 1 << 30
MANARA = DagFacts("warraq_manara", outlet=True, due=NOW + HOUR)
AUDIT = DagFacts("warraq_audit", due=NOW + HOUR)
WELL = OutletFacts("manara", "*/15 * * * *", NOW, HOUR, NOW, None, 1000, 0)


def wrong(facts: Facts) -> dict[tuple[str, str], str | None]:
    """Condition and subject → severity, as it is judged."""
    found, _ = judge.found(facts, NOW)
    return {one.key: one.severity for one in found}


def outlet(**changed: object) -> set[str]:
    return {name for name, _ in wrong(Facts(outlets=(replace(WELL, **changed),)))}  # type: ignore[arg-type]


def test_what_is_well_is_no_alarm() -> None:
    store, log = StoreFacts(ahead=1.9), LogFacts(waiting=3, waiting_since=NOW - HOUR / 2)
    audit, mirror = AuditFacts(NOW - 90 * DAY, NOW - DAY, NOW - 6 * DAY), MirrorFacts(NOW - 90 * DAY, NOW - DAY)
    spool, disks = (
        (Spooled("manara", 3, NOW - HOUR),),
        (Disk("/", [(NOW - n * HOUR, 9.0 * GB) for n in range(99, -1, -1)], 10 * GB),),
    )
    well = Facts(
        (WELL,),
        {},
        (),
        spool,
        disks,
        store,
        Unapplied(3, NOW - HOUR),
        log,
        audit,
        mirror,
        airflow={"scheduler": ""},
        dags=DagsFacts((MANARA,)),
    )
    assert judge.found(well, NOW) == ([], frozenset())


def test_what_was_not_asked_is_not_judged() -> None:
    assert judge.found(Facts(), NOW) == ([], frozenset(CONDITIONS) - {"unheard", "rebuild", "not-judged"})
    assert "mirror" not in judge.found(Facts(mirror_wanted=False), NOW)[1]
    assert "clock" in judge.found(Facts(store=StoreFacts("away")), NOW)[1]


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"expected": NOW - HOUR}, set()),
        ({"expected": NOW - HOUR - timedelta(seconds=1)}, {"outlet-silent"}),
        ({"expected": NOW - 3 * HOUR, "last_capture": None}, {"outlet-silent"}),
        ({"failing_since": NOW - HOUR}, set()),
        ({"failing_since": NOW - 2 * HOUR}, {"outlet-failing"}),
        ({"gone": 49}, set()),
        ({"gone": 50}, {"mass-deletion"}),
        ({"gone": 9, "known": 20}, set()),
        ({"gone": 10, "known": 20}, {"mass-deletion"}),
        ({"layout": (("{bad} of {pages}", {"bad": "9", "pages": "9"}),)}, {"layout"}),
    ],
)
def test_an_outlet(changed: dict[str, object], names: set[str]) -> None:
    assert outlet(**changed) == names


@pytest.mark.parametrize(
    ("schedule", "hours", "found"),
    [("0 */6 * * *", 2, set()), ("0 */6 * * *", 5.9, set()), ("0 */6 * * *", 7.5, {None}), ("@daily", 36.5, {"act"})],
)
def test_one_bad_run_of_a_slow_outlet_is_no_site_that_tells_nothing(
    schedule: str, hours: float, found: set[str | None]
) -> None:
    """Its next run, and the time that it may take, say whether it is."""
    slow = replace(WELL, schedule=schedule, failing_since=NOW - hours * HOUR)
    assert set(wrong(Facts(outlets=(slow,))).values()) == found
    yesterday = replace(WELL, schedule="30 11 * * *", failing_since=NOW - 24.4 * HOUR)
    assert wrong(Facts(outlets=(yesterday,))) == {}, "its next run began half an hour ago"


def test_audit_and_mirror_that_are_at_it_are_not_overdue() -> None:
    """After days off."""
    off = Facts(audit=AuditFacts(NOW - 90 * DAY, NOW - 5 * DAY, None), mirror=MirrorFacts(NOW - 90 * DAY, NOW - 5 * DAY))
    assert set(wrong(off)) == {("audit-overdue", ""), ("mirror", "")}
    both = DagsFacts((replace(AUDIT, busy=True), DagFacts("warraq_mirror", busy=True)))
    assert wrong(replace(off, dags=both)) == {}
    refused = replace(off, dags=both, mirror=MirrorFacts(NOW, NOW, "refused"))
    assert set(wrong(refused)) == {("mirror", "")}, "and what they said is said"


@pytest.mark.parametrize(
    ("dags", "found"),
    [
        ((MANARA, AUDIT), {}),
        ((replace(AUDIT, paused=True),), {("dag-paused", "warraq_audit"): None}),
        ((replace(MANARA, paused=True),), {("dag-paused", "manara"): "watch"}),
        ((replace(MANARA, paused=True, scheduled=False, due=None),), {}),
        ((DagFacts("hold_article", scheduled=False, paused=True),), {("dag-paused", "hold_article"): "watch"}),
        ((replace(AUDIT, due=NOW - HOUR),), {("dag-idle", "warraq_audit"): None}),
        ((replace(AUDIT, due=NOW - HOUR, busy=True),), {}),
        ((replace(AUDIT, due=NOW - HOUR, paused=True),), {("dag-paused", "warraq_audit"): None}),
    ],
)
def test_a_dag(dags: tuple[DagFacts, ...], found: dict[tuple[str, str], str | None]) -> None:
    assert wrong(Facts(dags=DagsFacts(dags, idle={"warraq_audit": NOW - HOUR / 2}))) == found


def test_dags_that_airflow_cannot_use_or_does_not_know() -> None:
    seen = {"warraq_sweep": NOW - HOUR, "warraq_watch": NOW - HOUR / 3}  # the other one may still be read by Airflow
    dags = DagsFacts((AUDIT,), {"housekeeping.py": "ImportError: x"}, ("warraq_sweep", "warraq_watch"), seen)
    assert set(wrong(Facts(dags=dags))) == {("dag-broken", "housekeeping.py"), ("dag-idle", "warraq_sweep")}
    assert judge.found(Facts(dags_wanted=False), NOW)[1] & {"dag-paused", "dag-idle", "dag-broken"} == set()
    mirror = DagsFacts((DagFacts("warraq_mirror", paused=True),))
    assert wrong(Facts(dags=mirror, mirror_wanted=False)) == {}
    assert set(wrong(Facts(dags=mirror))) == {("dag-paused", "warraq_mirror")}


def test_a_paused_outlet_is_paused_and_not_silent() -> None:
    silent = tuple(replace(WELL, name=name, expected=NOW - DAY) for name in ("manara", "nahr"))
    dags = DagsFacts((replace(MANARA, paused=True), DagFacts("warraq_nahr", outlet=True)))
    assert set(wrong(Facts(silent, dags=dags))) == {("dag-paused", "manara"), ("outlet-silent", "nahr")}


def test_a_failure_that_no_run_can_end_any_more_ends_by_itself_and_says_why() -> None:
    failed = Failure("warraq_manara", "crawl", NOW - DAY, "the disk")
    for dags, ended in (
        (None, False),
        (DagsFacts(()), False),  # Airflow has just been made anew
        (DagsFacts((MANARA,)), False),
        (DagsFacts((replace(MANARA, paused=True),)), False),
        (DagsFacts((AUDIT,)), True),
        (DagsFacts((AUDIT,), missing=("warraq_manara",)), False),  # its file is there, and Airflow cannot read it
        (DagsFacts((replace(MANARA, scheduled=False),)), True),
    ):
        found, _ = judge.found(Facts(failures=(failed,), dags=dags), NOW)
        (one,) = [one for one in found if one.condition == "run-failed"]
        assert one.ended is ended
        assert one.say.format(**one.values).endswith("crawl: the disk")
    before = ledger.step([], [replace(one, ended=False)], NOW - HOUR)
    for minutes in (0, 40):
        before = ledger.step(before, [one], NOW + timedelta(minutes=minutes))
    (alarm,) = before
    assert alarm.closed is not None
    assert alarm.say.startswith("The outlet was switched off.")
    assert ledger.step([], [one], NOW) == [], "what is over opens nothing"


def test_a_rebuild_is_no_alarm_until_it_gives_no_sign_of_life() -> None:
    began = NOW - 9 * HOUR
    alive = RebuildFacts(began, NOW - HOUR, 700, 9000)
    assert judge.rebuilding(alive, NOW)
    assert wrong(Facts(rebuild=alive)) == {}
    (one,), _ = judge.found(Facts(rebuild=replace(alive, seen=NOW - HOUR - timedelta(seconds=1))), NOW)
    assert (one.condition, one.since) == ("rebuild", NOW - HOUR - timedelta(seconds=1))
    assert "700 of 9,000 files" in one.say.format(**one.values)


def test_an_outlet_that_could_not_be_asked_is_told_and_not_judged_and_the_others_are() -> None:
    facts = Facts(outlets=(replace(WELL, name="nahr", expected=NOW - 3 * HOUR),), trouble={"manara": "KeyError: 'x'"})
    found, unknown = judge.found(facts, NOW)
    assert {one.key for one in found} == {("outlet-silent", "nahr"), ("not-judged", "manara")}
    assert "outlet-silent" not in unknown
    before = [Alarm("outlet-silent", "manara", NOW - DAY, NOW - DAY, NOW - HOUR, "seen", {}, "act")]
    after = {one.key: one for one in ledger.step(before, found, NOW, unknown, judge.apart(facts))}
    assert after["outlet-silent", "manara"].right is None, "nobody knows"
    assert after["outlet-silent", "nahr"].open


def test_several_sentences_are_one_evidence_and_come_apart_again() -> None:
    told = [("{bad} of {pages}.", {"bad": "1", "pages": "2"}), ("{bad} others.", {"bad": "3"}), ("plain", {})]
    say, values = joined(told)
    assert [text.format(**own) for text, own in parts(say, values)] == ["1 of 2.", "3 others.", "plain"]
    assert parts("{reason}", {"reason": "a: {b}"}) == [("{reason}", {"reason": "a: {b}"})]


@pytest.mark.parametrize("fault", [*FAULTS, "look", "theme"])
@pytest.mark.parametrize("past", [None, 0.25])
@pytest.mark.parametrize("others", [0, 3])
def test_what_is_said_of_how_pages_are_read(fault: str, past: float | None, others: int) -> None:
    one = drift.Alarm(fault, "*", "r", 9, 12, past, others=others, line="abc", shape="0a1b2c3d")
    say, values = layout.said(one, ["first", "second"])
    text = say.format(**values)
    assert "9 of 12" in text
    assert "first, second" in text
    assert ("25%" in text) is (past is not None and fault not in ("look", "theme"))


def test_a_run_that_failed_is_told_once_for_its_dag_with_the_newest_reason() -> None:
    failures = [Failure("warraq_a", "crawl", NOW - HOUR, "first"), Failure("warraq_a", "seal", NOW, "second")]
    (one,), _ = judge.found(Facts(failures=tuple(failures)), NOW)
    assert (one.subject, dict(one.values), one.since) == ("warraq_a", {"task": "seal", "reason": "second"}, NOW - HOUR)
    old = Failure("capture_url", "capture", NOW - 25 * HOUR, "no address", by_hand=True)
    assert wrong(Facts(failures=(old,))) == {}


def test_a_failure_by_hand_hides_no_scheduled_one() -> None:
    """Whoever started a run by hand knows of it; the scheduled run's failure stands after the day that it is told for."""
    scheduled = Failure("warraq_a", "crawl", NOW - 30 * HOUR, "the disk", since=NOW - 50 * HOUR)
    by_hand = Failure("warraq_a", "crawl", NOW - 26 * HOUR, "no address", by_hand=True)
    for failures in ((scheduled, by_hand), (scheduled, replace(by_hand, when=NOW))):
        (one,), _ = judge.found(Facts(failures=failures), NOW)
        assert (one.values["reason"], one.since) == ("the disk", NOW - 50 * HOUR)


def test_the_audit_that_failed_by_a_finding_is_one_alarm() -> None:
    audit = AuditFacts(NOW, NOW, NOW, faults=2, first="altered: warc/x")
    failed = (Failure("warraq_audit", "audit", NOW, "2 findings"), Failure("warraq_mirror", "mirror", NOW, "away"))
    assert set(wrong(Facts(failures=failed, audit=audit))) == {("audit-finding", ""), ("run-failed", "warraq_mirror")}


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        (Facts(log=LogFacts(waiting=1, waiting_since=NOW - 2 * HOUR)), {("log-unsigned", ""): None}),
        (Facts(log=LogFacts(key="none")), {("log-unsigned", ""): None}),
        (Facts(audit=AuditFacts(NOW - 3 * DAY, None, None)), {("audit-overdue", ""): None}),
        (Facts(audit=AuditFacts(NOW - 90 * DAY, NOW, NOW - 10 * DAY)), {("audit-overdue", ""): None}),
        (Facts(mirror=MirrorFacts(NOW - 3 * DAY, None)), {("mirror", ""): None}),
        (Facts(mirror=MirrorFacts(NOW - 3 * DAY, NOW, "refused")), {("mirror", ""): None}),
        (Facts(store=StoreFacts(ahead=-2.1)), {("clock", ""): None}),
        (Facts(store=StoreFacts(ahead=31)), {("clock", ""): "urgent"}),
        (Facts(unapplied=Unapplied(1, NOW - 7 * HOUR)), {("catalog-behind", ""): None}),
        (Facts(spool=(Spooled("a", 1, NOW - 3 * HOUR),)), {("spool", "a"): None}),
        (Facts(disks=(Disk("/", [(NOW, 0.9 * GB)], GB * 100),)), {("disk", "/"): "urgent"}),
    ],
)
def test_borders(facts: Facts, found: dict[tuple[str, str], str | None]) -> None:
    assert wrong(facts) == found


def filling(days: float, hours: int, noise: float = 0.0, seed: int = 1) -> list[tuple[datetime, float]]:
    """Measured hourly for so many hours, full in so many days from now."""
    rng, pace_ = random.Random(seed), 100 * GB / (days * 24)
    return [(NOW - n * HOUR, 100 * GB + n * pace_ + rng.gauss(0, noise * GB)) for n in range(hours, -1, -1)]


@pytest.mark.parametrize("hours", [7, 24, 48, 168, 330])
@pytest.mark.parametrize("days", [0.5, 3.0, 6.9, 7.5, 40.0])
def test_when_a_disk_is_full(days: float, hours: int) -> None:
    left = forecast.full_in(filling(days, hours), NOW)
    assert left is not None
    assert left / DAY == pytest.approx(days, rel=0.02)
    found = wrong(Facts(disks=(Disk("/", filling(days, hours), 999 * GB),)))
    assert found == ({("disk", "/"): "urgent" if days < 1 else None} if days < 7 else {})


@pytest.mark.parametrize("seed", range(20))
def test_noise_and_a_fifth_of_nonsense_move_it_little(seed: int) -> None:
    rng = random.Random(seed)
    series = [(when, free if rng.random() > 0.2 else rng.uniform(0, 500 * GB)) for when, free in filling(5, 168, 0.3, seed)]
    series[-3:] = filling(5, 168)[-3:]
    left = forecast.full_in(series, NOW)
    assert left is not None
    assert left / DAY == pytest.approx(5, rel=0.25)


def test_what_does_not_fill_is_never_full() -> None:
    flat = [(NOW - n * HOUR, 50.0 * GB) for n in range(168, -1, -1)]
    sawtooth = [(NOW - n * HOUR, (50.0 + n % 24) * GB) for n in range(168, -1, -1)]
    freed = [(NOW - n * HOUR, (50.0 - n / 10) * GB) for n in range(168, -1, -1)]
    for series in (flat, freed, flat[-4:], [], flat[-1:]):
        assert forecast.full_in(series, NOW) is None
    left = forecast.full_in(sawtooth, NOW)
    assert left is None or left > 7 * DAY, "filled each day, and emptied each night"


def test_a_disk_that_began_to_fill_yesterday() -> None:
    steady = [(NOW - n * HOUR, 200.0 * GB) for n in range(168, 47, -1)]
    assert forecast.full_in([*steady, *filling(3, 46)], NOW) == pytest.approx(timedelta(days=3), abs=HOUR)


def waiting(*levels: float) -> list[tuple[datetime, float]]:
    """Hourly, straight from level to level, one a day."""
    out = []
    for day, (a, b) in enumerate(pairwise(levels)):
        out += [(NOW - (len(levels) - 1 - day) * DAY + n * HOUR, a + (b - a) * n / 24) for n in range(24)]
    return [*out, (NOW, levels[-1])]


@pytest.mark.parametrize(
    ("levels", "grows"),
    [
        ((1000, 1500, 2000, 2500), 500),
        ((0, 200, 400, 600), 200),
        ((2500, 2000, 1500, 1000), 0),
        ((9000, 9000, 9000, 9000), 0),
        ((0, 20, 40, 60), 0),
        ((100, 5000, 4000, 3000), 0),
        ((10_000, 10_100, 10_200, 10_300), 0),
    ],
)
def test_a_backlog(levels: Sequence[float], grows: int) -> None:
    assert forecast.grows(waiting(*levels), NOW) == pytest.approx(grows, rel=0.02)


@pytest.mark.parametrize(
    ("schedule", "after"),
    [
        ("*/15 * * * *", "2026-11-22T12:15:00"),
        ("5 * * * *", "2026-11-22T12:05:00"),
        ("30 4 * * 1", "2026-11-23T04:30:00"),
        ("@daily", "2026-11-23T00:00:00"),
        ("@continuous", "2026-11-23T12:00:00"),
        ("0 6-22 * * *", "2026-11-22T13:00:00"),
    ],
)
def test_when_the_next_run_was_due(schedule: str, after: str) -> None:
    assert pace.after(schedule, NOW) == datetime.fromisoformat(f"{after}+00:00")


def test_an_outlet_whose_file_is_gone_is_told_what_to_do_with_its_captures() -> None:
    (found,), _ = judge.found(Facts(spool=(Spooled("a", 1, NOW - 3 * HOUR, known=False),)), NOW)
    assert "put it back, enabled = false" in found.say


def test_an_airflow_that_is_not_asked_any_more_leaves_no_alarm_standing() -> None:
    assert "scheduler" in judge.found(Facts(), NOW)[1]
    assert "scheduler" not in judge.found(Facts(airflow_wanted=False), NOW)[1]
