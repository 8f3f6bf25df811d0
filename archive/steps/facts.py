"""What alarms are judged by, asked of outlet files, catalog, disk and Airflow. What cannot be asked is None, and said."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archive import outlet as outlet_files
from archive import watch
from archive.alarms import judge, runs
from archive.alarms.conditions import RUNS
from archive.alarms.facts import DagsFacts, Disk, Facts, Failure, Spooled
from archive.outlet import Outlet
from archive.steps import airflow, airflow_dags, facts_kept, outcome, rebuilding
from archive.steps.facts_memory import Memory, Sources
from archive.steps.facts_outlets import EVERY, Outlets
from archive.steps.workshop import Workshop

if TYPE_CHECKING:
    from archive.catalog.alarms import Measure


def gather(shop: Workshop, memory: Memory) -> Facts:
    """All that can be asked, each source by itself. While the catalog is being rebuilt, what rests on it is not asked."""
    sources, now = Sources(shop), memory.now
    ask = sources.ask
    good, bad = ask("outlet files", lambda: outlet_files.load_folder(shop.settings.outlets)) or ({}, None)
    rebuild = ask("rebuild", lambda: rebuilding.going_on(shop.catalog))
    whole = not judge.rebuilding(rebuild, now)
    store = facts_kept.Kept(shop, memory)
    held = ask("store", store.store)
    there = held is not None and not held.trouble  # where it is away, what lies in it is not asked for again and again
    asks = Outlets(shop, memory, sources, rebuild)
    parts = ask("airflow", lambda: airflow.parts(shop.settings.airflow, now)) if shop.settings.airflow else None
    well = parts is not None and not any(parts.get(part) for part in RUNS)
    dags_wanted = bool(shop.settings.airflow and shop.settings.airflow_db)
    outlets = [one for one in good.values() if one.enabled]
    return Facts(
        outlets=ask("outlets", lambda: tuple(asks.all(outlets))) if whole and bad is not None else None,
        broken_files=None if bad is None else _reasons(bad),
        failures=ask("failures", lambda: tuple(failures(shop))),
        spool=ask("spool", lambda: tuple(spooled(shop.settings.spool, good, shop.names()))),
        disks=ask("disk", lambda: tuple(disks(memory, places(shop), now))),
        store=held,
        unapplied=ask("catalog", lambda: store.unapplied(shop.names())) if there and whole else None,
        log=ask("log", store.log) if there else None,
        audit=ask("audit", store.audit),
        mirror=ask("mirror", store.mirror) if shop.settings.mirror else None,
        mirror_wanted=bool(shop.settings.mirror),
        rebuild=rebuild,
        airflow=parts,
        airflow_wanted=bool(shop.settings.airflow),
        dags=ask("dags", lambda: dags(memory, wanted(good, bad), well=well)) if dags_wanted else None,
        dags_wanted=dags_wanted,
        unheard=ask("unheard", store.unheard) or "",
        trouble=sources.trouble,
    )


def dags(memory: Memory, names: frozenset[str], *, well: bool) -> DagsFacts:
    """As Airflow has them, and how long checks have seen some of them missing or late while Airflow was `well`."""
    found = airflow_dags.look(memory.shop.settings.airflow_db, names)
    return replace(found, idle=memory.lasting("idle", runs.idle(found, memory.now) if well else ()))


def wanted(good: Iterable[str], bad: Iterable[str] | None) -> frozenset[str]:
    """DAGs that Airflow must know: Warraq's own, and one for each outlet file. A file of a bad name has one of another name."""
    outlets = [*good, *(name for name in bad or () if outlet_files.NAME.fullmatch(name))]
    return frozenset(f"warraq_{name}" for name in (*outlet_files.DUTIES, watch.NAME, *outlets))


def _reasons(bad: Mapping[str, Exception]) -> dict[str, str]:
    return {f"{name}.toml": str(error).removeprefix(f"{name}.toml: ") for name, error in bad.items()}


def failures(shop: Workshop) -> Iterable[Failure]:
    """Tasks that failed since they went well last: of each the newest failure, by the scheduler and by hand."""
    rows: dict[str, list[Measure]] = defaultdict(list)
    for one in shop.catalog.measures(outcome.NAME):
        rows[one.subject].append(one)
    for subject, held in rows.items():
        dag, _, task = subject.rpartition(".")
        failed = outcome.streak(held)
        for by_hand in (False, True):
            mine = [one for one in failed if outcome.started_by_hand(one) is by_hand]
            if mine:
                reason = json.loads(mine[-1].said)["reason"]
                yield Failure(dag, task, _when(mine[-1].time), reason, by_hand=by_hand, since=_when(mine[0].time))


def spooled(folder: Path, good: Mapping[str, Outlet], known: Collection[str]) -> Iterable[Spooled]:
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
            yield Spooled(inside.name, len(times), datetime.fromtimestamp(min(times) + budget, UTC), inside.name in known)


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
