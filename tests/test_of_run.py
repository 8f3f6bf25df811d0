"""What one run did: its report, and the changes that stand at its captures and no others."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog
from archive.catalog import of_run as rows
from tests.histories import START, at, content, line
from tests.test_catalog import OUTLET, catalog, either, key, on_postgres, postgres, report, url  # noqa: F401

LATE = at(200)


def run(n: int) -> str:
    return f"{START + timedelta(hours=n):%Y%m%dT%H%M%SZ}-{'0' * 12}"


@pytest.fixture
def told(either: Catalog) -> Catalog:  # noqa: F811
    """Run 1: two new articles; run 2, which overlaps it: one edited; run 3, tried twice: nothing new."""
    first = [content(1, "a", url=url(1)), content(2.5, "b", url=url(2)), report(1)]
    either.apply(key(1), first, OUTLET)
    either.apply(key(2), [content(2, "a 5", url=url(1)), report(2)], OUTLET)
    either.apply(key(3), [line(3, "not-modified", url(1)), report(3)], OUTLET)
    either.apply(key(3, 2), [line(3.5, "not-modified", url(2)), report(3.5, asked=7, attempt=2)], OUTLET)
    return either


def seen(told: Catalog, n: int, until: str = LATE) -> list[tuple[str, tuple[str, ...]]]:
    return [(event.url, event.kinds) for event in told.of_run(OUTLET.name, run(n), until)]


def test_a_change_is_of_the_run_that_captured_it_though_runs_overlap(told: Catalog) -> None:
    assert seen(told, 1) == [(url(2), ("new",)), (url(1), ("new",))], "newest first"
    assert seen(told, 2) == [(url(1), ("body",))]
    assert seen(told, 3) == []
    assert told.of_run("another", run(1), LATE) == []


def test_nothing_after_its_end_is_looked_at(told: Catalog) -> None:
    assert seen(told, 1, at(2)) == [(url(1), ("new",))]


def test_a_withheld_article_is_in_no_run(told: Catalog) -> None:
    told.note_acts({"acts/x": Act("restrict", at(9), "amal", "a threat", article=article_id(url(2)))})
    assert seen(told, 1) == [(url(1), ("new",))]


def test_the_last_try_reports(told: Catalog) -> None:
    (found,) = told.run(run(3))
    assert found.report["asked"] == 7
    assert told.run(run(9)) == []


def test_the_kind_edited_is_headline_text_or_both(told: Catalog) -> None:
    told.apply(key(4), [content(4, "b", title="عنوان آخر", url=url(2)), report(4)], OUTLET)
    told.apply(key(5), [content(5, "a 5 and more", title="عنوان آخر", url=url(1)), report(5)], OUTLET)
    found = [(event.url, event.kinds) for event in told.changes(kind="edited")]
    assert found == [(url(1), ("headline", "body")), (url(2), ("headline",)), (url(1), ("body",))]
    assert told.changes(outlet=OUTLET.name, kind="edited", limit=2) == told.changes(kind="edited")[:2]


def test_it_reads_the_hours_of_the_run_by_an_index(tmp_path: Path) -> None:
    from sqlalchemy import event

    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    made.apply(key(1), [content(1, "a", url=url(1)), report(1)], OUTLET)
    plans: list[str] = []
    with made._database.read() as connection:
        said: list[tuple[str, object]] = []
        event.listen(connection, "before_cursor_execute", lambda c, k, sql, given, *_: said.append((sql, given)))
        rows.events(connection, OUTLET.name, run(1), LATE, 10)
        sql, given = said[0]
        plans = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)]  # type: ignore[arg-type]
    made.close()
    (step,) = [step for step in plans if " event " in step]
    assert "event_time (time>? AND time<?)" in step, plans
