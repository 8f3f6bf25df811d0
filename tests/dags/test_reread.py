"""The DAG that reads old captures again: what its form asks for, its mapped tasks and its pool."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.test_dags import bag

RUN = "20261122T011200Z-3fa9c1b2d4e5"


@pytest.fixture
def dag(outlets: Path) -> Any:
    return bag().dags["warraq_reread"]


def perform(
    dag: Any, name: str, monkeypatch: pytest.MonkeyPatch, said: str, *given: Any, **params: Any
) -> tuple[Any, list[Any]]:
    """What a task returns, and the commands that it runs; each says `said`."""
    filled = deepcopy(dag.params)
    filled.update(params)
    run: list[tuple[str, ...]] = []
    code = dag.get_task(name).python_callable
    context: dict[str, Any] = {"params": filled.validate(), "ti": SimpleNamespace(try_number=2)}
    for what, means in {
        "warraq": lambda *words, **_: run.append(words) or said,
        "run_id": lambda _: RUN,
        "get_current_context": lambda: context,
    }.items():
        monkeypatch.setitem(code.__globals__, what, means)
    return (code(*given, **context), context.get("part")), run


def test_it_is_started_by_hand_in_a_pool_of_its_own(dag: Any) -> None:
    assert (dag.schedule, dag.max_active_runs) == (None, 1)
    assert {task.pool for task in dag.tasks} == {"warraq_reread"}


def test_a_task_for_each_part_that_waits(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "reread: 5321 captures wait: manara=2 masar=1"
    (found, _), run = perform(dag, "plan", monkeypatch, said)
    assert found == [
        {"outlet": "manara", "part": "1/2"},
        {"outlet": "manara", "part": "2/2"},
        {"outlet": "masar", "part": "1/1"},
    ]
    assert run == [("reread", "--count")]
    assert dag.get_task("read").is_mapped


def test_what_the_form_says_goes_to_every_command(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    form = {"outlet": "manara", "since": "2026-11-01", "rules": "0123456789ab"}
    _, run = perform(dag, "plan", monkeypatch, "reread: 0 captures wait: none", **form)
    assert run == [("reread", "--count", "--outlet", "manara", "--since", "2026-11-01", "--rules", "0123456789ab")]
    (_, named), run = perform(dag, "read", monkeypatch, "done", {"outlet": "manara", "part": "2/3"}, **form)
    own = ("--outlet", "manara", "--part", "2/3", "--run", RUN, "--attempt", "2")
    assert run == [("reread", *own, "--since", "2026-11-01", "--rules", "0123456789ab")]
    assert named == "manara 2/3"
    assert dag.get_task("read").map_index_template == "{{ part }}"


def test_the_summary_is_of_each_outlet_once(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = [{"outlet": name, "part": part} for name, part in (("manara", "1/2"), ("manara", "2/2"), ("masar", "1/1"))]
    (told, _), run = perform(dag, "summary", monkeypatch, "reread: ...", tasks)
    assert run == [("reread", "--report", "--outlet", name, "--run", RUN) for name in ("manara", "masar")]
    assert len(told) == 2
    assert dag.get_task("summary").upstream_task_ids == {"plan", "read"}


def test_a_last_line_that_says_something_else_fails_for_good(dag: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="not what"):
        perform(dag, "plan", monkeypatch, "Segmentation fault")


@pytest.mark.parametrize("rules", ["all", "0123", "0123456789AB"])
def test_the_form_refuses_rules_that_are_none(dag: Any, monkeypatch: pytest.MonkeyPatch, rules: str) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        perform(dag, "plan", monkeypatch, "", rules=rules)
