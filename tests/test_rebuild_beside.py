"""A rebuild while others seal: what it ends with is what a rebuild by itself gives, counts included."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from archive.acts import Act
from archive.acts import key as act_key
from archive.address import article_id
from archive.alarms import judge
from archive.catalog import Catalog, apply, database, logged, tally
from archive.catalog.alarms import Measure
from archive.log.leaf import Batch
from archive.observation import Observation
from archive.settings import from_environment
from archive.steps import rebuild, rebuilding
from archive.steps.workshop import Workshop
from tests.histories import at
from tests.test_catalog import OUTLET, Item, batches, catalog, either, on_postgres, postgres, story, url  # noqa: F401

OTHERS = [replace(OUTLET, name=f"other_{n}", url=f"https://other-{n}.example/") for n in range(1)]


def of(outlet: str, items: list[Item]) -> list[Item]:
    """The same objects, of another outlet."""

    def line(one: Observation) -> Observation:
        return replace(one, outlet=outlet)

    return [(key.replace("/example/", f"/{outlet}/"), [line(one) for one in lines]) for key, lines in items]


def rows(of_: Catalog) -> dict[str, set[tuple[object, ...]]]:
    return {name: set(found) for name, found in of_.tables().items()}


def test_a_seal_that_has_read_what_a_rebuild_takes_away_finishes_first(
    on_postgres: Catalog,  # noqa: F811
    catalog: Catalog,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    items = story()
    for one in items[:-1]:
        on_postgres.apply(*one, OUTLET)
    clearing = threading.Thread(target=on_postgres.clear)
    write = tally.write

    def beside(connection: object, *more: object) -> None:
        """The rebuild begins when this seal has noted what to count off; go on when it is through, or has to wait."""
        if not clearing.ident:
            clearing.start()
            while clearing.is_alive() and not _waits(on_postgres):
                clearing.join(0.01)
        write(connection, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(apply.tally, "write", beside)
    on_postgres.apply(*items[-1], OUTLET)
    clearing.join()
    on_postgres.apply_all(items, OUTLET)
    catalog.apply_all(items, OUTLET)
    assert rows(on_postgres) == rows(catalog)


def _waits(given: Catalog) -> bool:
    with given._database.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")))


def test_rebuilds_and_seals_at_once_end_as_one_rebuild(either: Catalog, catalog: Catalog) -> None:  # noqa: F811
    outlets = [OUTLET, *OTHERS]
    items = {one.name: of(one.name, story()) for one in outlets}
    began = threading.Barrier(len(outlets) + 1)

    def seal(number: int) -> None:
        began.wait(30)
        for one in items[outlets[number].name]:
            either.apply(*one, outlets[number])

    def rebuild() -> None:
        began.wait(30)
        for _ in range(2):
            either.clear()
            for one in outlets:
                either.apply_all(items[one.name], one)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(rebuild), *(pool.submit(seal, n) for n in range(len(outlets)))]
    for each in done:
        each.result()
    found = rows(either)
    catalog.clear()
    for one in outlets:
        catalog.apply_all(items[one.name], one)
    assert found == rows(catalog)


def test_no_writer_waits_while_the_log_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch is a request to the bucket: thousands of them, in one transaction, were half an hour without a check."""
    monkeypatch.setattr(database, "BUSY", 0.05)
    first, other = (Catalog(f"sqlite:///{tmp_path}/catalog.db") for _ in range(2))
    first.migrate()

    def read() -> Iterator[Batch]:
        for n, one in enumerate(batches()):
            other.measure([Measure("check", "scheduler", f"2026-11-22T03:00:0{n}.000000Z", 0.0)])
            yield one

    monkeypatch.setattr(logged, "AT_ONCE", 2)
    first.note_batches(read())
    assert len(first.logged([unit.key for one in batches() for unit in one.units])) == len(batches())
    assert len(other.measures("check")) == len(batches())


def test_a_rebuild_lives_while_it_reads_a_long_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [datetime(2026, 11, 22, 3, 0, tzinfo=UTC)]
    shop = Workshop(from_environment({"WARRAQ_STATE": str(tmp_path)}), clock=lambda: now[0], say=lambda _: None)
    shop.__dict__["store"] = Empty()
    lives = []

    def walk(*_: object) -> Iterator[Batch]:
        for one in batches():
            now[0] += timedelta(minutes=40)
            lives.append(judge.rebuilding(rebuilding.going_on(shop.catalog), now[0]))
            yield one

    monkeypatch.setattr(logged, "AT_ONCE", 1)
    monkeypatch.setattr(rebuild, "walk", walk)
    assert rebuild.rebuild(shop, {}, lambda *_: None).data["files"] == 0
    assert lives == [True] * len(batches())


class Empty:
    """A bucket."""

    def list(self, *_: object) -> list[str]:
        return []


def test_what_is_withheld_and_held_is_so_from_the_moment_that_a_rebuild_has_emptied_the_catalog(either: Catalog) -> None:  # noqa: F811
    article = article_id(url(1))
    ruled = [Act(kind, at(99), "amal", "a court", article=article) for kind in ("restrict", "hold")]
    for one in story():
        either.apply(*one, OUTLET)
    either.clear({act_key(one): one for one in ruled})
    for one in story():
        either.apply(*one, OUTLET)
    assert article not in {row.article for row in either.articles()}
    assert either.articles()
    (standing,) = either.standing().values()
    assert standing.withheld
    assert standing.held
