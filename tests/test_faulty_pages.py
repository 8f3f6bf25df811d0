"""However an answer is spoilt, it makes no version and no tombstone; and what is right is read."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive.doubt import mojibake
from archive.judge import judge
from archive.observation import Observation
from archive.outlet import Outlet
from archive.version import History, fold
from tests import faulty
from tests.captures import capture
from tests.faulty import Fault, faults, page, spoilt

URL = "https://news.example.org/n/12"
OUTLET = Outlet(name="example", title="جريدة النهر", url="https://news.example.org/", article=r"^/n/\d+$")
START = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = 3600.0
GONE_AFTER = 6 * HOUR
PAGES = {"with marks": page(), "by hand": page(marked=False)}
RIGHT = {  # spoilt, and read letter for letter all the same
    "header lies",
    "header lies twice",
    "other bytes",
    "other bytes, another charset",
    "other bytes, undeclared",
    "other bytes, read as Latin",
    "noise",
}


def seen(fault: Fault) -> Observation:
    (judged,) = judge(spoilt(URL, fault), "warc/x", OUTLET, None, "run")
    return judged.observation


def clean(whole: str) -> Observation:
    (judged,) = judge(capture(URL, whole), "warc/x", OUTLET, None, "run")
    return judged.observation


def texts(line: Observation) -> tuple[str, str]:
    assert line.reading is not None
    return line.reading.headline.t, line.reading.body.t


@pytest.mark.parametrize("whole", PAGES.values(), ids=PAGES.keys())
def test_a_spoilt_answer_is_told_doubted_or_right(whole: str) -> None:
    right = clean(whole)
    assert (right.klass, right.doubt) == ("content", "")
    for fault in faults(whole):
        line = seen(fault)
        if fault.name in RIGHT:
            assert (line.klass, line.doubt, texts(line)) == ("content", "", texts(right)), fault.name
        elif line.klass == "content":
            assert line.doubt in ("replacement", "encoding", "cut-short", "damaged"), fault.name
        else:
            assert line.reading is None, fault.name
            assert line.klass != "gone" or fault.name in ("status 404", "status 410", "soft 404"), fault.name


@pytest.mark.parametrize(
    ("name", "klass", "reason", "doubt"),
    [
        ("status 200", "broken", "maintenance", ""),
        ("upkeep", "broken", "maintenance", ""),
        ("truncate", "broken", "truncated-disconnect", ""),
        ("truncate quietly", "content", "", "cut-short"),
        ("truncate in a letter", "content", "", "replacement"),
        ("bad bytes", "content", "", "replacement"),
        ("letters lost", "content", "", "replacement"),
        ("bad gzip", "broken", "bad-encoding", ""),
        ("read twice", "content", "", "encoding"),
        ("read twice as Latin", "content", "", "encoding"),
        ("challenge, 200", "blocked", "challenge", ""),
        ("consent", "blocked", "consent", ""),
        ("soft 404", "gone", "soft-404", ""),
    ],
)
def test_each_by_its_name(name: str, klass: str, reason: str, doubt: str) -> None:
    line = seen(next(fault for fault in faults(page()) if fault.name == name))
    assert (line.klass, line.reason, line.doubt) == (klass, reason, doubt)


@pytest.mark.parametrize(
    "text",
    [
        *faulty.TEXT,
        "Le café où l'été s'achève: à côté, l'élève répète sa leçon; « ça ira », dit-il.",
        "كتب على اللافتة café وnaïve ورقم 5×3 ثم محاها، وبقي “الاقتباس” كما هو… وقال: «لا»",
        "Größe, Straße, Äpfel und Öl",
        "",
    ],
)
def test_right_letters_are_no_mojibake(text: str) -> None:
    assert not mojibake(text * 20)


class Week:
    """28 planned visits of one article by a site that spoils answers; what looks wrong is asked again, as the spiders do."""

    def __init__(self, right: Observation, wrong: list[Observation], rate: float, chance: random.Random) -> None:
        self.right, self.wrong, self.rate, self.chance = right, wrong, rate, chance
        self.lines: list[Observation] = []

    def history(self) -> History:
        due = [6.0 * visit for visit in range(28)]
        while due:
            hour = due.pop(0)
            told = self._visit(hour)
            if told.doubt and hour < 200:
                due.insert(0, hour + 0.25)
            elif told.unconfirmed:
                first = (datetime.fromisoformat(told.unconfirmed) - START).total_seconds() / HOUR
                due.insert(0, max(hour + 0.25, first + 6.01))
            due.sort()
        return fold(self.lines, GONE_AFTER)

    def _visit(self, hour: float) -> History:
        for attempt in range(3):
            line = self._ask(hour + 0.02 * attempt)
            absent = (line.klass == "gone" and line.status != 200) or line.to.get("front")
            if not (absent and attempt == 0) and line.klass != "broken":
                break
        return fold(self.lines, GONE_AFTER)

    def _ask(self, hour: float) -> Observation:
        line = self.chance.choice(self.wrong) if self.chance.random() < self.rate else self.right
        time = f"{START + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S.%fZ}"
        line = replace(line, time=time, run=f"run-{int(hour * 4)}", record=f"urn:uuid:{self.chance.getrandbits(64):016x}")
        self.lines.append(line)
        return line


@pytest.mark.parametrize("whole", PAGES.values(), ids=PAGES.keys())
def test_a_week_of_spoilt_answers_makes_no_version_and_no_tombstone(whole: str) -> None:
    right, wrong, chance = clean(whole), [seen(fault) for fault in faults(whole)], random.Random(20261122)
    for _ in range(100):
        told = Week(right, wrong, 0.3, chance).history()
        assert [event.kinds for event in told.events] == [("new",)]
        assert [texts(version.first) for version in told.versions] == [texts(right)]
