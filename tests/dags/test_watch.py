"""The DAGs of single pages: the watch list's own, and the one with a form."""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from archive import watch
from archive.errors import Refused
from tests.dags.conftest import ROOT, write
from tests.dags.test_dags import STEPS, bag

PAGE = "https://news.example/a"


@pytest.fixture
def by_hand(outlets: Path):
    """The DAG with the form."""
    return bag().dags["capture_url"]


def perform(dag: Any, name: str, monkeypatch: pytest.MonkeyPatch, **params: Any) -> list[tuple[str, ...]]:
    """The commands that a task runs for what was put into the form, as Airflow hands it over."""
    filled = deepcopy(dag.params)
    filled.update(params)
    run: list[tuple[str, ...]] = []
    code = dag.get_task(name).python_callable
    monkeypatch.setitem(code.__globals__, "warraq", lambda *words, **_: run.append(words) or "done")
    monkeypatch.setitem(code.__globals__, "run_id", lambda _: "20261122T011200Z-3fa9c1b2d4e5")
    assert code(params=filled.validate(), ti=SimpleNamespace(try_number=2)) == "done"
    return run


def test_the_watch_list_has_the_steps_of_an_outlet_in_a_pool_of_its_own(outlets: Path) -> None:
    dag = bag().dags["warraq_watch"]
    order = [dag.get_task("plan")]
    while order[-1].downstream_task_ids:
        (following,) = order[-1].downstream_list
        order.append(following)
    assert [task.task_id for task in order] == STEPS
    assert ({task.pool for task in dag.tasks}, dag.schedule) == ({"warraq_watch"}, "*/15 * * * *")
    assert [asset.name for asset in dag.get_task("seal").outlets] == ["warraq_watch", "archive-log"]


def test_each_step_is_a_command_about_the_list(outlets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dag = bag().dags["warraq_watch"]
    run: list[tuple[str, ...]] = []
    for task in dag.tasks:
        monkeypatch.setitem(task.python_callable.__globals__, "warraq", lambda *words, **_: run.append(words) or "done")
        monkeypatch.setitem(task.python_callable.__globals__, "run_id", lambda _: "R")
        told = {asset: SimpleNamespace() for asset in task.outlets}
        task.python_callable(ti=SimpleNamespace(try_number=2), outlet_events=told)
    assert [words[:4] for words in run] == [(step, "watch", "--run", "R") for step in STEPS]
    assert run[1][4:] == ("--attempt", "2")


def test_pages_of_the_form_are_captured_whatever_lines_and_spaces_they_come_in(
    by_hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = f"  {PAGE}\r\n\r\nnews.example/سوق \n{PAGE}\n--help.example/x\n"
    (words,) = perform(by_hand, "capture", monkeypatch, urls=urls)
    assert words[:6] == ("capture", "--run", "20261122T011200Z-3fa9c1b2d4e5", "--attempt", "2", "--")
    assert words[6:] == (PAGE, "https://news.example/%D8%B3%D9%88%D9%82", "https://--help.example/x")


@pytest.mark.parametrize("urls", ["سوق", f"{PAGE}\nftp://news.example/", " \n "])
def test_a_form_without_an_address_fails_for_good(by_hand, monkeypatch: pytest.MonkeyPatch, urls: str) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="address"):
        perform(by_hand, "capture", monkeypatch, urls=urls)


def test_with_a_pace_they_are_watched_too_and_neither_waits_for_the_other(by_hand, monkeypatch: pytest.MonkeyPatch) -> None:
    words = perform(by_hand, "watch", monkeypatch, urls=PAGE, every="6h", reason="request")
    assert words == [("watch", "--every", "6h", "--", PAGE)]
    assert perform(by_hand, "watch", monkeypatch, urls=PAGE, every="1d") == [("watch", "--every", "1d", "--", PAGE)]
    assert all(not task.upstream_task_ids for task in by_hand.tasks)


def test_without_a_pace_watching_is_skipped(by_hand, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    with pytest.raises(AirflowSkipException, match="no pace"):
        perform(by_hand, "watch", monkeypatch, urls=PAGE)


@pytest.mark.parametrize(("field", "value"), [("urls", ""), ("every", "often"), ("every", "6 hours")])
def test_the_form_refuses_what_no_command_would_take(by_hand, monkeypatch: pytest.MonkeyPatch, field: str, value: str) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        perform(by_hand, "capture", monkeypatch, **{"urls": PAGE, field: value})


@pytest.mark.parametrize("text", ["30m", " 6h ", "2w", "6", "h", "0h", "1.5h", "6 h", "-1d"])
def test_the_form_and_the_command_agree_what_a_pace_is(text: str) -> None:
    try:
        fits = bool(watch.pace(text))
    except Refused:
        fits = False
    assert bool(re.search(watch.PACE, text)) == fits


def test_a_page_by_hand_is_queued_behind_no_crawl(by_hand) -> None:
    assert by_hand.schedule is None
    assert by_hand.max_active_runs == watch.POOLS["capture_url"] > 1
    assert {task.pool for task in by_hand.tasks} == {"capture_url"}


def test_a_file_of_the_lists_name_is_refused_beside_the_list(outlets: Path) -> None:
    write(outlets, "watch")
    found = bag()
    assert found.import_errors == {}
    assert found.dags["warraq_watch"].task_ids == STEPS
    assert "name of the watch list" in found.dags["warraq_watch.toml"].doc_md


def test_its_pools_are_made_with_their_slots(outlets: Path, airflow_home: Path) -> None:
    """By the plugin, in a database of its own: nobody has to make one by hand."""
    from airflow.models.pool import Pool
    from sqlalchemy import create_engine, select
    from sqlalchemy.orm import Session

    sys.path.insert(0, str(ROOT / "plugins"))
    try:
        from warraq_pools import ensure
    finally:
        sys.path.remove(str(ROOT / "plugins"))
    engine = create_engine("sqlite://")
    Pool.__table__.create(engine)
    with Session(engine) as session:
        for name, slots in (*watch.POOLS.items(), *watch.POOLS.items(), ("warraq_manara", 1)):
            ensure(name, session, slots)
        made = dict(session.execute(select(Pool.pool, Pool.slots)).all())
    assert made == {"warraq_watch": 1, "capture_url": 4, "warraq_reread": 1, "warraq_manara": 1}
