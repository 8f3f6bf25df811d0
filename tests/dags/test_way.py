"""The way from an outlet to seal, log and audit is in Airflow's graph of assets; what is not done in time is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.dags.conftest import write
from tests.dags.test_dags import bag

NOT_TIMED = {
    "accept_layout",  # waits for a person
    "warraq_reread",  # takes what it takes, and nothing waits for it
    "warraq_alarms",  # tells of the others; `warraq status --max-age` tells of it
}


@pytest.fixture
def dags(outlets: Path):  # type: ignore[no-untyped-def]
    write(outlets, "masar", budget=600)
    (outlets / "bad.toml").write_text("name = ", "utf-8")
    found = bag()
    assert found.import_errors == {}
    return found.dags


def way(dags: Any) -> set[tuple[str, str]]:
    """Edges of the graph: who makes what, who takes what."""
    found = set()
    for dag in dags.values():
        for task in dag.tasks:
            name = f"{dag.dag_id}.{task.task_id}"
            found |= {(name, asset.name) for asset in task.outlets}
            found |= {(asset.name, name) for asset in task.inlets}
        waits = dag.timetable.asset_condition  # of a DAG that assets start
        started = {dag.dag_id, *(f"{dag.dag_id}.{task.task_id}" for task in dag.tasks)}
        found |= {(asset.name, to) for asset in getattr(waits, "objects", ()) for to in started}
    return found


def reached(edges: set[tuple[str, str]], start: str) -> set[str]:
    seen, new = {start}, {start}
    while new := {to for origin, to in edges if origin in new} - seen:
        seen |= new
    return seen


def test_the_way_of_an_outlet_leads_to_log_audit_copies_and_all_that_is_found_in_it(dags) -> None:
    edges = way(dags)
    there = reached(edges, "warraq_manara.seal")
    assert {
        "warraq_manara",
        "archive-log",
        "archive-audited",
        "archive-vouched",
        "archive-copied",
        "archive-republished",
        "archive-searchable",
    } <= there
    assert {"warraq_audit.audit", "warraq_mirror.mirror", "warraq_anchor.anchor", "warraq_republished.republished"} <= there
    assert "warraq_masar" not in there


def test_every_seal_and_every_act_goes_to_the_log(dags) -> None:
    makers = {maker for maker, what in way(dags) if what == "archive-log"}
    assert {f"warraq_{name}.seal" for name in ("manara", "masar", "watch")} <= makers
    acts = {"hold_article.act", "restrict_article.act", "watch_page.act", "accept_layout.accept"}
    assert {*acts, "capture_url.capture", "warraq_sweep.sweep", "warraq_reread.read"} <= makers
    assert not {"prove_article.act", "acknowledge_alarm.act"} & makers


def test_no_two_assets_have_one_name(dags) -> None:
    held: dict[str, str] = {}
    for dag in dags.values():
        for task in dag.tasks:
            for asset in (*task.inlets, *task.outlets):
                assert held.setdefault(asset.name, asset.uri) == asset.uri
    assert len(set(held.values())) == len(held)


def test_every_run_has_a_time_in_which_it_must_be_done_and_a_task_that_is_late_then(dags) -> None:
    for name, dag in dags.items():
        if name in NOT_TIMED or "broken" in dag.tags:
            assert not dag.deadline, name
            continue
        (alert,) = dag.deadline if isinstance(dag.deadline, list) else [dag.deadline]
        assert alert.callback.path == "stack.deadlines.missed"
        assert alert.callback.kwargs["task"] in dag.task_ids, name
        assert timedelta(minutes=30) <= alert.interval < timedelta(days=1), name
    outlet = dags["warraq_masar"].deadline
    assert (outlet[0] if isinstance(outlet, list) else outlet).interval == timedelta(seconds=600, hours=1)


QUEUED = "2026-11-22T10:00:00Z"


def run(state: str) -> dict[str, Any]:
    return {
        "dag_run": {
            "dag_id": "warraq_manara",
            "dag_run_id": "scheduled__1",
            "state": state,
            "queued_at": QUEUED,
            "run_after": QUEUED,
        },
        "deadline": {"id": "1", "deadline_time": "2026-11-22T11:10:00Z"},
    }


def test_a_late_run_is_a_failure_of_its_last_task_until_that_succeeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    from archive.catalog import Catalog
    from archive.steps import outcome
    from stack import deadlines

    monkeypatch.setenv("WARRAQ_CATALOG", f"sqlite:///{tmp_path}/catalog.db")
    catalog = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    catalog.migrate()
    for state in ("success", "failed"):
        assert asyncio.run(deadlines.missed("inspect", run(state))) == ""
    assert catalog.measures(outcome.NAME) == []
    told = asyncio.run(deadlines.missed("inspect", run("running")))
    assert "scheduled__1 is still running" in told
    (noted,) = catalog.measures(outcome.NAME)
    assert (noted.subject, noted.value) == ("warraq_manara.inspect", 1.0)
    assert told in noted.said
    outcome.succeeded(catalog, "warraq_manara", "inspect", datetime.now(UTC))
    assert catalog.measures(outcome.NAME)[-1].value == 0.0
    catalog.close()


def test_how_late_it_is_is_told() -> None:
    from stack.deadlines import reason

    now = datetime(2026, 11, 22, 11, 10, tzinfo=UTC)
    assert reason(run("queued")["dag_run"], now) == "its run scheduled__1 is still queued, 70 minutes after it was asked for"
