"""The DAGs of what a person decides: their forms, and the one command each of them runs."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.dags.test_dags import bag

ID, URL = "a1" * 16, "https://news.example/سوق"
WHY = "محكمة"


@pytest.fixture
def dags(outlets):  # type: ignore[no-untyped-def]
    found = bag()
    assert found.import_errors == {}
    return found.dags


def perform(dag: Any, monkeypatch: pytest.MonkeyPatch, **params: Any) -> tuple[str, ...]:
    """The command that the DAG's task runs for what was put into the form, as Airflow hands it over."""
    filled = deepcopy(dag.params)
    filled.update(params)
    ran: list[tuple[str, ...]] = []
    code = dag.get_task("act").python_callable
    monkeypatch.setitem(code.__globals__, "warraq", lambda *words, **_: ran.append(words) or "done")
    assert code(params=filled.validate()) == "done"
    (words,) = ran
    return words


@pytest.mark.parametrize(
    ("dag", "params", "words"),
    [
        ("hold_article", {"article": ID, "reason": WHY}, f"hold --reason {WHY} -- {ID}"),
        ("hold_article", {"article": URL, "reason": WHY, "release": True}, f"hold --reason {WHY} --release -- {URL}"),
        ("hold_article", {"article": ID, "reason": WHY, "outlet": "manara"}, f"hold --reason {WHY} --outlet manara -- {ID}"),
        ("restrict_article", {"article": f" {ID} ", "reason": WHY}, f"restrict --reason {WHY} -- {ID}"),
        ("restrict_article", {"article": ID, "reason": WHY, "lift": True}, f"restrict --reason {WHY} --lift -- {ID}"),
        ("watch_page", {"urls": "n.example/a\nhttp://n.example/b"}, "watch --every 6h -- https://n.example/a http://n.example/b"),
        ("watch_page", {"urls": "n.example/a", "every": "1d", "reason": WHY}, f"watch --every 1d --reason {WHY} -- https://n.example/a"),
        ("watch_page", {"urls": "n.example/a", "unwatch": True}, "unwatch -- https://n.example/a"),
        ("prove_article", {"article": ID}, f"prove --keep -- {ID}"),
        ("prove_article", {"article": ID, "at": "2026-11-22"}, f"prove --keep --at 2026-11-22 -- {ID}"),
        ("prove_article", {"article": ID, "gone": True, "restricted": True}, f"prove --keep --restricted --gone -- {ID}"),
        ("prove_article", {"article": ID, "between": " 1  3 "}, f"prove --keep --between 1 3 -- {ID}"),
        ("acknowledge_alarm", {"alarm": "0a1b2c3d", "reason": WHY}, f"alarms --acknowledge 0a1b2c3d --reason {WHY}"),
    ],
)  # fmt: skip
def test_each_form_is_one_command(dags, monkeypatch: pytest.MonkeyPatch, dag: str, params: dict[str, Any], words: str) -> None:
    assert perform(dags[dag], monkeypatch, **params) == tuple(words.split())


@pytest.mark.parametrize(
    ("dag", "params"),
    [
        ("hold_article", {"reason": WHY}),
        ("hold_article", {"article": ID}),
        ("hold_article", {"article": ID, "reason": "  "}),
        ("hold_article", {"article": "--lift", "reason": WHY}),
        ("hold_article", {"article": "javascript:x", "reason": WHY}),
        ("restrict_article", {"article": f"{ID} {ID}", "reason": WHY}),
        ("restrict_article", {"article": ID, "reason": WHY, "outlet": "--json"}),
        ("restrict_article", {"article": ID, "reason": WHY, "lift": "yes"}),
        ("watch_page", {"urls": ""}),
        ("watch_page", {"urls": "n.example/a", "every": "often"}),
        ("prove_article", {"article": ID, "between": "--gone 3"}),
        ("prove_article", {"article": ID, "at": "--out=/tmp/x"}),
        ("acknowledge_alarm", {"alarm": "all", "reason": WHY}),
        ("acknowledge_alarm", {"alarm": "0a1b2c3d"}),
    ],
)
def test_the_form_takes_nothing_else(dags, monkeypatch: pytest.MonkeyPatch, dag: str, params: dict[str, Any]) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    with pytest.raises(ParamValidationError):
        perform(dags[dag], monkeypatch, **params)


@pytest.mark.parametrize("words", [
    ["hold", "--reason", "--release", "--", ID],
    ["restrict", "--reason", "--lift", "--", ID],
    ["watch", "--every", "6h", "--reason", "--json", "--", "https://n.example/a"],
])  # fmt: skip
def test_a_reason_that_looks_like_an_option_is_a_reason(words: list[str]) -> None:
    """As the command line itself reads it: nobody ends a hold by writing so into the reason."""
    import typer.main

    from archive.cli import commands

    command = typer.main.get_command(commands()).commands[words[0]]  # type: ignore[attr-defined]
    read = command.make_context(words[0], words[1:]).params
    assert read["reason"] == words[words.index("--reason") + 1]
    assert not any(read.get(name) for name in ("release", "lift", "as_json"))


def test_every_action_can_be_found_and_starts_at_once(dags) -> None:
    found = {name for name, dag in dags.items() if "action" in dag.tags}
    assert found >= {
        "hold_article",
        "restrict_article",
        "watch_page",
        "prove_article",
        "acknowledge_alarm",
        "capture_url",
        "warraq_reread",
    }
    for name in found:
        assert dags[name].schedule is None, name
        for param in map(dags[name].params.get_param, dags[name].params):
            assert param.schema.get("title"), name
            assert param.description, name


def test_every_word_of_a_form_has_its_arabic(dags) -> None:
    from archive.web.language import tables

    for dag in dags.values():
        if "action" in dag.tags:
            params = [dag.params.get_param(name) for name in dag.params]
            said = {dag.description, *(word for one in params for word in (one.schema["title"], one.description))}
            assert said <= set(tables().words), dag.dag_id
