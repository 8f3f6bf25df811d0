"""What alarms are judged by, asked of outlet files, catalog, disk and Airflow. What cannot be asked is None, and said."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from archive import outlet as outlet_files
from archive.alarms import pace
from archive.alarms.facts import Disk, Facts, Failure, OutletFacts, Spooled
from archive.errors import WarraqError
from archive.latency import stamp
from archive.outlet import Outlet
from archive.steps import airflow, facts_kept, outcome
from archive.steps.workshop import Workshop

if TYPE_CHECKING:
    from archive.catalog.alarms import Measure
    from archive.catalog.rows import OutletRow

EVERY = timedelta(minutes=55)  # between two measurements of one thing
KEPT = timedelta(days=14)  # of measurements
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ALLOWANCE = HOUR  # from the time that a run should have begun until its first capture is in the catalog
_T = TypeVar("_T")


def gather(shop: Workshop, now: datetime) -> Facts:
    """All that can be asked. Raises what the catalog raises: without it there are no alarms to keep."""
    memory = Memory(shop, now)
    good, bad = outlet_files.load_folder(shop.settings.outlets)
    rows = {row.outlet: row for row in shop.catalog.outlets()}
    enabled = [one for one in good.values() if one.enabled]
    store = facts_kept.Kept(shop, now, memory.began)
    held = store.store()  # where it is away, what lies in it is not asked for again and again
    found = Facts(
        outlets=tuple(outlets(shop, memory, enabled, rows, now)),
        broken_files={f"{name}.toml": str(error).removeprefix(f"{name}.toml: ") for name, error in bad.items()},
        failures=tuple(failures(shop)),
        spool=asked(shop, lambda: tuple(spooled(shop.settings.spool, good))),
        disks=asked(shop, lambda: tuple(disks(memory, places(shop), now))),
        store=held,
        unapplied=None if held.trouble else asked(shop, lambda: store.unapplied(shop.names())),
        log=None if held.trouble else asked(shop, store.log),
        audit=asked(shop, store.audit),
        mirror=asked(shop, store.mirror) if shop.settings.mirror else None,
        mirror_wanted=bool(shop.settings.mirror),
        airflow=airflow.parts(shop.settings.airflow, now) if shop.settings.airflow else None,
        unheard=store.unheard(),
    )
    memory.keep()
    return found


def asked(shop: Workshop, ask: Callable[[], _T]) -> _T | None:
    """The answer, or None when there was none; why is said."""
    try:
        return ask()
    except (WarraqError, OSError) as error:
        shop.say(f"alarms: could not be asked: {error}")
        return None


class Memory:
    """Measurements of the catalog: what was noted lately, what is to be noted now."""

    def __init__(self, shop: Workshop, now: datetime) -> None:
        from archive.catalog.alarms import Measure

        self.shop, self.now, self.new = shop, now, list[Measure]()
        self.make = Measure
        began = shop.catalog.measures("began")
        self.began = datetime.fromisoformat(began[0].time) if began else now
        if not began:
            self.note("began", "", 0.0)

    def series(self, name: str) -> dict[str, list[Measure]]:
        """By subject, oldest first."""
        found: dict[str, list[Measure]] = defaultdict(list)
        for one in self.shop.catalog.measures(name, since=stamp(self.now - KEPT)):
            found[one.subject].append(one)
        return found

    def note(self, name: str, subject: str, value: float, said: str = "") -> None:
        self.new.append(self.make(name, subject, stamp(self.now), value, said))

    def keep(self) -> None:
        """Put what is new into the catalog, and once a day drop what is old."""
        self.shop.catalog.measure(self.new)
        if self.now.hour == 3 and self.now.minute < 10:
            for name in ("disk", "waiting", "layout", "check"):
                self.shop.catalog.forget(name, stamp(self.now - KEPT))


def outlets(
    shop: Workshop, memory: Memory, good: Iterable[Outlet], rows: Mapping[str, OutletRow], now: datetime
) -> Iterable[OutletFacts]:
    """Each outlet that is switched on."""
    first, waiting, read = memory.series("outlet"), memory.series("waiting"), memory.series("layout")
    gone = shop.catalog.gone_since(stamp(now - DAY))
    for one in good:
        row, name = rows.get(one.name), one.name
        if name not in first:
            memory.note("outlet", name, 0.0)
        known = _when(first[name][0].time) if first[name] else now
        last = _when(row.last_capture) if row and row.last_capture else None
        series = [(_when(m.time), m.value) for m in waiting[name]]
        if row is not None and (not series or now - series[-1][0] > EVERY):
            memory.note("waiting", name, row.waiting)
            series.append((now, row.waiting))
        layout, since, act = _layout(shop, memory, one, row, read[name])
        yield OutletFacts(
            name=name,
            schedule=one.schedule,
            expected=pace.after(one.schedule, last or known),
            allowance=max(ALLOWANCE, 3 * timedelta(seconds=one.budget)),
            last_capture=last,
            failing_since=_when(row.failing_since) if row and row.failing_since else None,
            known=row.articles if row else 0,
            gone=gone.get(name, 0),
            layout=layout,
            layout_since=since,
            layout_act=act,
            waiting=series,
        )


def _layout(
    shop: Workshop, memory: Memory, one: Outlet, row: OutletRow | None, noted: list[Measure]
) -> tuple[str, datetime | None, bool]:
    """(words, since, must a person act) of the drift alarms that stand; noted for an hour, or until another run was sealed."""
    if row is None:
        return "", None, False
    if noted and (held := json.loads(noted[-1].said))["run"] == row.last_run and memory.now - _when(noted[-1].time) < HOUR:
        return held["words"], _when(held["since"]) if held["since"] else None, bool(noted[-1].value)
    from archive.alarm import words
    from archive.keys import run_time

    standing = shop.catalog.drift(one.name).standing
    told = [words(alarm, [layout.name or "unnamed" for layout in one.layouts]) for alarm in standing]
    since = run_time(standing[0].opened) if standing else None
    act = any(alarm.act for alarm in standing)
    said = {"run": row.last_run, "words": "; ".join(told), "since": stamp(since) if since else ""}
    memory.note("layout", one.name, float(act), json.dumps(said, ensure_ascii=False))
    return said["words"], since, act


def failures(shop: Workshop) -> Iterable[Failure]:
    """Tasks that failed since they went well last: of each the newest failure, by the scheduler and by hand."""
    rows: dict[str, list[Measure]] = defaultdict(list)
    for one in shop.catalog.measures(outcome.NAME):
        rows[one.subject] = [*rows[one.subject], one] if one.value else []
    for subject, failed in rows.items():
        dag, _, task = subject.rpartition(".")
        told = [(_when(one.time), json.loads(one.said)) for one in failed]
        for by_hand in (False, True):
            mine = [(when, said["reason"]) for when, said in told if bool(said.get("by_hand")) is by_hand]
            if mine:
                yield Failure(dag, task, *mine[-1], by_hand=by_hand, since=mine[0][0])


def spooled(folder: Path, good: Mapping[str, Outlet]) -> Iterable[Spooled]:
    """Outlets of which captures lie here; a file that is being written by a run within its budget is none of them."""
    for inside in sorted(path for path in folder.glob("*") if path.is_dir()):
        times = []
        for path in inside.iterdir():
            if path.suffix in (".open", ".gz"):
                try:
                    times.append(path.stat().st_mtime)
                except FileNotFoundError:  # uploaded just now
                    continue
        budget = good[inside.name].budget if inside.name in good else 0.0
        if times:
            yield Spooled(inside.name, len(times), datetime.fromtimestamp(min(times) + budget, UTC))


def places(shop: Workshop) -> list[Path]:
    """Folders that must have room: the state, and the catalog's where that is a file elsewhere."""
    kind, _, path = shop.settings.catalog.partition(":///")
    return [shop.settings.state, *([Path(path).parent] if kind == "sqlite" and path else [])]


def disks(memory: Memory, folders: Iterable[Path], now: datetime) -> Iterable[Disk]:
    """Each disk once, with what was free on it in the last days."""
    before, seen = memory.series("disk"), set[int]()
    for folder in folders:
        if not folder.is_dir() or (device := os.stat(folder).st_dev) in seen:
            continue
        seen.add(device)
        usage, name = shutil.disk_usage(folder), str(folder)
        series = [(_when(m.time), m.value) for m in before[name]]
        if not series or now - series[-1][0] > EVERY:
            memory.note("disk", name, usage.free)
        yield Disk(name, (*series, (now, float(usage.free))), usage.total)


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)
