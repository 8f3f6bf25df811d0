"""The DAGs that ask a person about a new look."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from tests.dags.test_dags import bag


@pytest.fixture
def dags(outlets):  # type: ignore[no-untyped-def]
    found = bag()
    assert found.import_errors == {}
    return found.dags


def run(dag: Any, name: str, monkeypatch: pytest.MonkeyPatch, said: str, **context: Any) -> tuple[Any, list[tuple[str, ...]]]:
    """What a task gives, and the commands that it ran, each of which says `said`."""
    code, ran = dag.get_task(name).python_callable, []
    monkeypatch.setitem(code.__globals__, "warraq", lambda *words: ran.append(words) or said)
    return code(**context), ran


@pytest.mark.parametrize(
    ("said", "asked"),
    [("none", []), ("manara:0a1b2c3d", ["manara-0a1b2c3d"]), ("a:00000000 b:11111111", ["a-00000000", "b-11111111"])],
)
def test_each_look_that_waits_is_asked_about_once(dags, monkeypatch: pytest.MonkeyPatch, said: str, asked: list[str]) -> None:
    """The run's id says what it asks, and a run that is there is left alone."""
    found, ran = run(dags["warraq_approve"], "look", monkeypatch, said)
    assert ran == [("drift", "--looks")]
    assert [one["trigger_run_id"] for one in found] == asked
    assert [f"{one['conf']['outlet']}-{one['conf']['shape']}" for one in found] == asked
    ask = dags["warraq_approve"].get_task("ask")
    assert ask.partial_kwargs["skip_when_already_exists"] is True
    assert ask.partial_kwargs["trigger_dag_id"] == "accept_layout"


def test_a_person_is_asked_before_anything_is_accepted(dags) -> None:
    from airflow.providers.standard.operators.hitl import ApprovalOperator

    dag = dags["accept_layout"]
    approve = dag.get_task("approve")
    assert isinstance(approve, ApprovalOperator)
    assert (approve.upstream_task_ids, approve.downstream_task_ids) == ({"describe"}, {"accept"})
    assert (approve.options, approve.defaults) == (["Approve", "Reject"], ["Reject"])
    assert approve.response_timeout.days == 30
    assert dag.get_task("accept").trigger_rule == "all_success", "rejected, it is skipped"


def test_approved_it_writes_the_act_and_names_who_said_so(dags, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"chosen_options": ["Approve"], "responded_by_user": {"id": "1", "name": "amal"}}
    ti = SimpleNamespace(xcom_pull=lambda task_ids: said)
    given = {"outlet": "manara", "shape": "0a1b2c3d"}
    _, ran = run(dags["accept_layout"], "accept", monkeypatch, "done", params=given, ti=ti)
    assert ran == [("accept-layout", "manara", "0a1b2c3d", "--reason", "approved in Airflow by amal")]
    text, ran = run(dags["accept_layout"], "describe", monkeypatch, "5 of 5 …", params=given)
    assert (text, ran) == ("5 of 5 …", [("drift", "manara", "--look", "0a1b2c3d")])


def test_approved_what_follows_runs_and_rejected_it_is_skipped(dags, monkeypatch: pytest.MonkeyPatch) -> None:
    approve = dags["accept_layout"].get_task("approve")
    skipped: list[Any] = []
    monkeypatch.setattr(approve, "skip", lambda **given: skipped.append(given), raising=False)
    event = {
        "params_input": {},
        "responded_at": datetime(2026, 11, 22, tzinfo=UTC),
        "responded_by_user": {"id": "1", "name": "amal"},
    }
    context = {"task": approve, "ti": SimpleNamespace(map_index=-1), "task_instance": SimpleNamespace(map_index=-1)}
    given = approve.execute_complete(context, {**event, "chosen_options": ["Approve"]})
    assert given["chosen_options"] == ["Approve"]
    assert skipped == []
    approve.execute_complete(context, {**event, "chosen_options": ["Reject"]})
    assert [one.task_id for given in skipped for one in given["tasks"]] == ["accept"]


@pytest.mark.parametrize(("outlet", "shape"), [("", "0a1b2c3d"), ("manara", ""), ("../x", "0a1b2c3d"), ("manara", "--reason")])
def test_the_form_takes_no_other_words(dags, outlet: str, shape: str) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    filled = deepcopy(dags["accept_layout"].params)
    filled.suppress_exception = True
    filled.update({"outlet": outlet, "shape": shape})
    filled.suppress_exception = False
    with pytest.raises(ParamValidationError):
        filled.validate()
