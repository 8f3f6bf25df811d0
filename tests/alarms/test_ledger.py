"""The life of an alarm: opened, kept, told, over. Every five minutes somebody looks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.alarms import ledger, telling
from archive.alarms.conditions import CONDITIONS
from archive.alarms.model import Alarm, Finding
from archive.alarms.telling import Message

START = datetime(2026, 11, 1, tzinfo=UTC)
TICK = timedelta(minutes=5)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def wrong(condition: str, *subjects: str, **more: object) -> list[Finding]:
    return [Finding(condition, subject, "seen", **more) for subject in subjects]  # type: ignore[arg-type]


class Watch:
    """Checks every five minutes and tells; remembers each message with its time."""

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.now = START
        self.told: list[tuple[datetime, Message]] = []

    def check(self, found: Iterable[Finding] = (), unknown: Iterable[str] = (), *, heard: bool = True) -> Message:
        changed = ledger.step(self.alarms, found, self.now, frozenset(unknown))
        self._put(changed)
        message = telling.due(self.alarms, self.now)
        if message and heard:
            self._put(telling.told(self.alarms, message, self.now))
            self.told.append((self.now, message))
        self.now += TICK
        return message

    def run(self, span: timedelta, found: Sequence[Finding] = ()) -> None:
        end = self.now + span
        while self.now < end:
            self.check(found)

    def acknowledge(self) -> None:
        self._put([replace(one, acknowledged=self.now, acknowledged_by="amal") for one in self.alarms if one.open])

    def _put(self, changed: Iterable[Alarm]) -> None:
        rows = {one.id: one for one in self.alarms} | {one.id: one for one in changed}
        self.alarms = list(rows.values())

    @property
    def open(self) -> list[Alarm]:
        return [one for one in self.alarms if one.open]


def test_twelve_outlets_are_one_message_and_one_recovery() -> None:
    """Their runs begin at other minutes, so they fall silent and come back one after the other."""
    names = [f"outlet{n}" for n in range(12)]
    watch = Watch()
    for n in range(0, 12, 4):
        watch.check(wrong("outlet-silent", *names[: n + 4]))
    watch.run(3 * HOUR, wrong("outlet-silent", *names))
    assert [len(message.new) for _, message in watch.told] == [12]
    for n in range(0, 12, 4):
        watch.check(wrong("outlet-silent", *names[n + 4 :]))
    watch.run(3 * HOUR)
    assert [len(message.over) for _, message in watch.told] == [0, 12]
    assert not watch.open


def test_what_stands_is_told_again_each_day_and_each_week_once_somebody_said_that_they_know() -> None:
    watch, found = Watch(), wrong("mirror", "")
    watch.run(3 * DAY + HOUR, found)
    assert [bool(message.again) for _, message in watch.told] == [False, True, True, True]
    watch.acknowledge()
    watch.run(8 * DAY, found)
    assert len(watch.told) == 5


def test_what_becomes_worse_is_told_at_once_though_somebody_knows() -> None:
    watch = Watch()
    watch.check(wrong("disk", "/data"))
    watch.acknowledge()
    watch.run(2 * HOUR, wrong("disk", "/data"))
    assert watch.check(wrong("disk", "/data", severity="urgent")).new
    assert not watch.check(wrong("disk", "/data")).new, "better is no news"
    assert not watch.check(wrong("disk", "/data", severity="urgent")).new, "as bad as it was told to be"


def test_what_nobody_took_is_told_at_the_next_check() -> None:
    watch, found = Watch(), wrong("run-failed", "warraq_sweep")
    assert watch.check(found, heard=False).new
    assert watch.check(found, heard=False).new
    assert watch.check(found).new
    assert not watch.check(found)


def test_those_that_follow_within_half_an_hour_are_one_more_message() -> None:
    watch = Watch()
    for names in ("a", "ab", "abc", "abcd"):
        watch.check(wrong("run-failed", *names))
    watch.run(HOUR, wrong("run-failed", *"abcd"))
    assert [[one.subject for one in message.new] for _, message in watch.told] == [["a"], ["b", "c", "d"]]
    assert watch.told[1][0] - watch.told[0][0] == telling.GROUP


def test_an_urgent_one_waits_for_no_group() -> None:
    watch = Watch()
    assert watch.check(wrong("audit-finding", "one")).new
    assert [one.subject for one in watch.check(wrong("audit-finding", "one", "two")).new] == ["two"]


def test_the_cause_hides_what_it_explains_and_what_stood_before_is_not_taken_for_healed() -> None:
    watch = Watch()
    silent = wrong("outlet-silent", "manara")
    watch.run(HOUR, silent)
    watch.run(DAY / 2, [*silent, *wrong("outlet-silent", "other"), *wrong("store", "")])
    assert {(one.condition, one.subject) for one in watch.open} == {("outlet-silent", "manara"), ("store", "")}
    watch.run(HOUR, silent)
    told = [one.condition for _, message in watch.told for one in message.over]
    assert told == ["store"]


@pytest.mark.parametrize(
    ("part", "hides"),
    [("scheduler", True), ("api-server", True), ("metadatabase", True), ("triggerer", False), ("dag_processor", False)],
)
def test_only_a_part_without_which_nothing_runs_hides_what_does_not_run(part: str, hides: bool) -> None:
    watch = Watch()
    watch.check([*wrong("outlet-silent", "manara"), *wrong("audit-overdue", ""), *wrong("scheduler", part)])
    assert {one.condition for one in watch.open} == {"scheduler"} | (set() if hides else {"outlet-silent", "audit-overdue"})


@pytest.mark.parametrize("name", ["scheduler", "audit-overdue", "mirror", "spool", "catalog-behind"])
def test_what_a_start_makes_up_for_is_told_to_nobody(name: str) -> None:
    """A machine that was off for days, a part that starts anew: two checks see it, the third does not."""
    watch = Watch()
    watch.run(2 * TICK, wrong(name, "", since=START - 5 * DAY))
    watch.run(HOUR)
    assert not watch.told
    watch.run(2 * HOUR, wrong(name, ""))
    assert [bool(message.new) for _, message in watch.told] == [True], "and what stands is told"


def test_what_could_not_be_judged_neither_opens_nor_closes() -> None:
    watch = Watch()
    watch.check(wrong("mirror", ""))
    for _ in range(100):
        watch.check(unknown=["mirror"])
    assert [one.condition for one in watch.open] == ["mirror"]
    watch.check(wrong("log-unsigned", ""), unknown=["log-unsigned"])
    assert [one.condition for one in watch.open] == ["mirror"]


def test_a_blip_shorter_than_the_patience_is_told_to_nobody_but_stands_on_the_page() -> None:
    watch = Watch()
    watch.check(wrong("store", ""))
    assert watch.open
    watch.run(3 * HOUR)
    assert not watch.told
    assert not watch.open


def test_since_is_when_it_began_and_not_when_it_was_found() -> None:
    watch = Watch()
    watch.check(wrong("outlet-silent", "manara", since=START - DAY))
    assert watch.open[0].since == START - DAY
    assert not watch.told, "a machine that was off for a day captures again in a moment"
    watch.run(HOUR / 2, wrong("outlet-silent", "manara", since=START - DAY))
    assert [when - START for when, _ in watch.told] == [CONDITIONS["outlet-silent"].patience]


def test_a_condition_that_nobody_defined_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        Watch().check(wrong("nonsense", ""))


def test_an_alarm_of_a_version_that_knew_other_conditions_ends() -> None:
    watch = Watch()
    old = Alarm("of-before", "", START, START, START, "seen", {}, "act", told=START)
    watch.alarms = [old]
    watch.run(2 * HOUR)
    assert not watch.open
    assert [one.condition for one in watch.told[0][1].over] == ["of-before"]


SUBJECTS = [
    ("outlet-silent", "a"),
    ("outlet-silent", "b"),
    ("run-failed", "a"),
    ("run-failed", "b"),
    ("audit-finding", ""),
    ("disk", "/"),
]
_spell = st.tuples(st.sets(st.sampled_from(SUBJECTS)), st.integers(1, 90), st.booleans())


def news(watch: Watch) -> dict[tuple[str, str], list[datetime]]:
    """When each key was told to have begun or to be over; reminders left out."""
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for when, message in watch.told:
        for one in (*message.new, *message.over):
            found[one.key].append(when)
    return found


@settings(max_examples=50, deadline=None)
@given(st.lists(_spell, max_size=25), st.sets(st.integers(0, 400), max_size=3))
def test_whatever_comes_and_goes(spells: list[tuple[set[tuple[str, str]], int, bool]], acknowledged: set[int]) -> None:
    """Spells of trouble: each a set of what is wrong, for so many checks, steady or at every other check only."""
    watch, held, ticks = Watch(), dict[tuple[str, str], datetime](), 0
    for keys, length, steady in spells:
        for n in range(length):
            now, here = watch.now, keys if steady or n % 2 == 0 else set()
            held = {key: held.get(key, now) for key in here}
            watch.check([one for condition, subject in sorted(here) for one in wrong(condition, subject)])
            ticks += 1
            if ticks in acknowledged:
                watch.acknowledge()
            keys_open = [one.key for one in watch.open]
            assert len(keys_open) == len(set(keys_open)), "one open alarm of a key at most"
            for key, since in held.items():
                mine = next(one for one in watch.open if one.key == key)
                if now - since > CONDITIONS[key[0]].patience + telling.GROUP:
                    assert mine.told is not None, "nothing that holds is untold for longer"
    _was_calm(watch)
    watch.run(3 * DAY)
    assert not watch.open
    assert all(one.over for one in watch.alarms if one.told), "who was told of it was told that it is over"


def _was_calm(watch: Watch) -> None:
    begun, over = set(), set()
    for _, message in watch.told:
        groups = (message.new, message.again, message.over)
        assert len({one.id for group in groups for one in group}) == sum(map(len, groups))
        for one in message.new:
            assert (one.id, one.severity) not in begun, "never the same twice"
            begun.add((one.id, one.severity))
        for one in message.over:
            assert one.id not in over
            assert one.told is not None
            over.add(one.id)
    for key, times in news(watch).items():
        for when in times:
            assert sum(when <= other < when + DAY for other in times) <= 12, f"{key} told too often in a day"


@pytest.mark.parametrize("period", [1, 2, 4, 7, 13, 40, 100, 300])
def test_flapping_for_two_weeks_is_told_a_dozen_times_and_never_forgotten(period: int) -> None:
    """Wrong for so many checks, right for as many, over and over."""
    watch = Watch()
    for n in range(14 * 288):
        watch.check(wrong("run-failed", "warraq_x") if n // period % 2 == 0 else ())
    times = [when for when, _ in watch.told]
    assert len(times) <= 45
    assert sum(when < START + DAY for when in times) <= 12
    first = [when for when in times if when < START + HOUR]
    assert first, "told within the hour"
    assert max(b - a for a, b in zip(times, [*times[1:], watch.now], strict=True)) <= 2 * DAY + HOUR
