"""Facts asked of an archive: each source by itself, a catalog that is being rebuilt, a catalog that lacks what is old."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive import keys
from archive import outlet as outlet_files
from archive.alarms import pace
from archive.alarms.facts import LogFacts, StoreFacts
from archive.catalog import Catalog
from archive.catalog.alarms import Measure
from archive.keys import Stem
from archive.latency import stamp
from archive.log import leaf
from archive.log.leaf import Batch, Unit, of_object
from archive.settings import from_environment
from archive.steps import alarms, facts, facts_kept, facts_outlets, rebuilding
from archive.steps.facts_memory import Memory
from archive.steps.workshop import Workshop
from tests import test_unattended
from tests.test_drift_catalog import OUTLET as EXAMPLE

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OUTLET = replace(EXAMPLE, name="manara")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog that knows both outlets for a month; copied, as its tables take longer than a test."""
    path = tmp_path_factory.mktemp("empty") / "catalog.db"
    made = Catalog(f"sqlite:///{path}")
    made.migrate()
    made.measure(Measure("outlet", name, stamp(NOW - 30 * DAY), 0.0) for name in ("manara", "nahr"))
    made.close()
    return path


@pytest.fixture
def shop(empty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """Two outlets that are known for a month; a store that answers nothing but its clock."""
    (tmp_path / "outlets").mkdir()
    for name in ("manara", "nahr"):
        text = f'name="{name}"\ntitle="{name}"\nurl="https://{name}.example/"\n'
        (tmp_path / "outlets" / f"{name}.toml").write_text(text, "utf-8")
    (tmp_path / "state").mkdir()
    shutil.copy(empty, tmp_path / "state" / "catalog.db")
    env = {"WARRAQ_STATE": str(tmp_path / "state"), "WARRAQ_OUTLETS": str(tmp_path / "outlets"), "WARRAQ_AIRFLOW_URL": ""}
    monkeypatch.setattr(facts_kept.Kept, "store", lambda self: StoreFacts())
    monkeypatch.setattr(facts_kept.Kept, "_store", test_unattended.Memory())
    monkeypatch.setattr(facts_kept.Kept, "log", lambda self: LogFacts())
    made = Workshop(from_environment(env), clock=lambda: NOW, say=lambda _: None)
    yield made
    made.catalog.close()


def open_now(shop: Workshop, later: timedelta = timedelta()) -> set[tuple[str, str]]:
    shop.clock = lambda: NOW + later
    alarms.check(shop)
    return {(one.condition, one.subject) for one in shop.catalog.alarms()}


def test_no_outlet_is_silent_because_the_catalog_was_emptied(shop: Workshop) -> None:
    assert ("outlet-silent", "manara") in open_now(shop), "without a rebuild it would be"
    shop.clock = lambda: NOW + HOUR
    sign = rebuilding.Sign(shop, 900)
    gathered = facts.gather(shop, Memory(shop, NOW + HOUR))
    assert (gathered.outlets, gathered.unapplied) == (None, None)
    shop.clock = lambda: NOW + 3 * HOUR
    sign.alive(100)
    assert open_now(shop, 3.9 * HOUR) == {("outlet-silent", "manara"), ("outlet-silent", "nahr")}, "nothing new, nothing over"
    assert "rebuild" not in {one.condition for one in shop.catalog.alarms()}, "it gave a sign of life"


def test_a_rebuild_that_died_is_an_alarm_and_no_outlet_is_silent_since_long_ago(shop: Workshop) -> None:
    rebuilding.Sign(shop, 900)
    assert open_now(shop, HOUR) == set()
    assert open_now(shop, 1.1 * HOUR) == {("rebuild", "")}
    assert ("outlet-silent", "manara") in open_now(shop, 3 * HOUR), "one that is silent after it is told"
    assert shop.catalog.measures("waiting") == [], "what it left is no measurement"
    rebuilding.Sign(shop, 900).over()
    for later in (3.5, 4.5, 5.5):
        held = open_now(shop, later * HOUR)
    assert ("rebuild", "") not in held


def test_a_rebuild_says_each_minute_that_it_lives(shop: Workshop) -> None:
    sign = rebuilding.Sign(shop, 900)
    for seconds in range(0, 200, 10):
        shop.clock = lambda seconds=seconds: NOW + timedelta(seconds=seconds)  # type: ignore[misc]
        sign.alive(seconds)
    going = rebuilding.going_on(shop.catalog)
    assert going is not None
    assert (going.since, going.done, going.files) == (NOW, 180, 900)
    assert len(shop.catalog.measures(rebuilding.NAME)) == 4
    sign.over()
    assert rebuilding.going_on(shop.catalog) is None
    rebuilding.Sign(shop, 900)
    assert len(shop.catalog.measures(rebuilding.NAME)) == 1


def test_how_long_something_has_been_so_at_every_check(shop: Workshop) -> None:
    def seen(hours: float, *subjects: str) -> dict[str, float]:
        memory = Memory(shop, NOW + hours * HOUR)
        found = memory.lasting("idle", subjects)
        memory.keep()
        return {subject: (when - NOW) / HOUR for subject, when in found.items()}

    assert seen(0, "a") == {"a": 0}
    assert seen(1, "a", "b") == {"a": 0, "b": 1}
    assert seen(2, "b") == {"b": 1}
    assert seen(3, "a", "b") == {"a": 3, "b": 1}
    assert seen(4) == {}


def broken(*_: Any, **__: Any) -> Any:
    raise KeyError("a mistake of ours")


@pytest.mark.parametrize(
    ("where", "name", "source"),
    [
        (facts, "failures", "failures"),
        (facts, "spooled", "spool"),
        (facts, "disks", "disk"),
        (facts_kept.Kept, "store", "store"),
        (facts_kept.Kept, "log", "log"),
        (facts_kept.Kept, "unapplied", "catalog"),
        (facts_kept.Kept, "audit", "audit"),
        (facts_kept.Kept, "unheard", "unheard"),
        (facts_outlets.Outlets, "all", "outlets"),
        (outlet_files, "load_folder", "outlet files"),
    ],
)
def test_a_source_that_dies_takes_no_other_along(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, where: Any, name: str, source: str
) -> None:
    monkeypatch.setattr(where, name, broken)
    found = open_now(shop)
    assert ("not-judged", source) in found
    assert len(found) > 1 or source in ("outlets", "outlet files"), "the outlets' silence is seen all the same"
    (told,) = [one for one in shop.catalog.alarms() if one.subject == source]
    assert "KeyError: 'a mistake of ours'" in told.evidence


def test_an_outlet_that_cannot_be_asked_takes_no_other_along(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    after: Callable[..., datetime] = pace.after
    asked: list[str] = []

    def once(schedule: str, last: datetime) -> datetime:
        asked.append(schedule)
        return broken() if len(asked) == 1 else after(schedule, last)

    monkeypatch.setattr(pace, "after", once)
    assert open_now(shop) == {("not-judged", "manara"), ("outlet-silent", "nahr")}


@pytest.mark.parametrize("what", ["folder", "noise", "nobody's"])
def test_a_key_that_cannot_be_read_is_why_nothing_is_signed(shop: Workshop, what: str) -> None:
    path = shop.settings.log_key_file
    if what == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"\xff\x00" * 40)
        path.chmod(0o600 if what == "noise" else 0o644)
    assert str(path) in facts_kept.Kept(shop, Memory(shop, NOW))._key()


def stem(days: float, n: int = 0) -> Stem:
    return Stem("manara", keys.run_id(NOW - timedelta(days=days), "test", str(n)), 1, 1, f"{n:012}")


def behind(shop: Workshop, later: timedelta = timedelta()) -> int:
    memory = Memory(shop, NOW + later)
    found = facts_kept.Kept(shop, memory).unapplied(["manara"]).objects
    memory.keep()
    return found


def put(shop: Workshop, *stems: Stem, logged: bool = True) -> None:
    store = facts_kept.Kept._store
    for one in stems:
        store.put(one.observations, b"x")  # type: ignore[attr-defined]
    if logged:
        units = tuple(Unit((of_object("warc", one.warc, b"x"),)) for one in stems)
        store.put(keys.log_batch(0), leaf.dump(Batch(0, units)))  # type: ignore[attr-defined]


def test_what_the_catalog_lacks_is_found_however_old_and_stays_until_it_is_there(shop: Workshop) -> None:
    old, older = stem(10, 1), stem(40, 2)
    put(shop, old, older)
    assert behind(shop) == 2
    assert behind(shop, 5 * DAY) == 2, "age heals nothing"
    shop.catalog.apply(old.observations, [], OUTLET)
    assert behind(shop, 5 * DAY + HOUR) == 1
    shop.catalog.apply(older.observations, [], OUTLET)
    assert behind(shop, 5 * DAY + 2 * HOUR) == 0


def test_the_whole_is_compared_once_a_day_and_the_last_days_always(shop: Workshop) -> None:
    assert behind(shop) == 0
    put(shop, stem(10, 1), stem(0.5, 2))
    assert behind(shop, HOUR) == 1
    assert behind(shop, 25 * HOUR) == 2


def test_what_is_in_no_log_is_nobodys_and_lacks_nothing(shop: Workshop) -> None:
    put(shop, stem(10, 1), logged=False)
    facts_kept.Kept._store.put("observations/manara/2026/11/22/noise", b"x")  # type: ignore[attr-defined]
    assert behind(shop) == 0


def test_more_than_is_remembered_is_looked_for_again(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_kept, "MOST", 1)
    one, two = stem(20, 1), stem(10, 2)
    put(shop, one, two)
    assert behind(shop) == 2
    shop.catalog.apply(one.observations, [], OUTLET)
    assert behind(shop, HOUR) == 1
