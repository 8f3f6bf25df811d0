"""The DAGs of what a person decides: their forms, and the one command each of them runs."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archive import reasons
from tests.dags.conftest import write
from tests.dags.test_dags import bag

ID, URL = "a1" * 16, "https://news.example/سوق"
WHY = "court order"


@pytest.fixture(scope="module")
def dags(airflow_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The DAGs of an installation with one outlet, read once: no test changes them."""
    folder = tmp_path_factory.mktemp("outlets")
    write(folder, "manara", title="منارة الساحل", url="https://manara.example.org/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WARRAQ_OUTLETS", str(folder))
        found = bag()
        assert found.import_errors == {}
        yield found.dags


def perform(dag: Any, monkeypatch: pytest.MonkeyPatch, **params: Any) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The command that the DAG's task runs for what was put into the form, as Airflow hands it over; and how it is run."""
    filled = deepcopy(dag.params)
    filled.update(params)
    ran: list[tuple[tuple[str, ...], dict[str, Any]]] = []
    code = dag.get_task("act").python_callable
    monkeypatch.setitem(code.__globals__, "warraq", lambda *words, **how: ran.append((words, how)) or "done")
    assert code(params=filled.validate()) == "done"
    (found,) = ran
    return found


@pytest.mark.parametrize(
    ("dag", "params", "words"),
    [
        ("hold_article", {"article": ID, "reason": WHY}, f"hold -- {ID}"),
        ("hold_article", {"article": ID, "reason": WHY, "release": True}, f"hold --release -- {ID}"),
        ("hold_article", {"article": ID, "reason": WHY, "outlet": "manara"}, f"hold --outlet manara -- {ID}"),
        ("restrict_article", {"article": f" {ID} ", "reason": WHY}, f"restrict -- {ID}"),
        ("restrict_article", {"article": ID, "reason": WHY, "lift": True}, f"restrict --lift -- {ID}"),
        ("watch_page", {"urls": "n.example/a\nhttp://n.example/b"}, "watch --every 6h -- https://n.example/a http://n.example/b"),
        ("watch_page", {"urls": "n.example/a", "every": "1d", "reason": WHY}, "watch --every 1d -- https://n.example/a"),
        ("watch_page", {"urls": "n.example/a", "unwatch": True}, "unwatch -- https://n.example/a"),
        ("prove_article", {"article": ID}, f"prove --keep -- {ID}"),
        ("prove_article", {"article": ID, "at": "2026-11-22"}, f"prove --keep --at 2026-11-22 -- {ID}"),
        ("prove_article", {"article": ID, "gone": True, "restricted": True}, f"prove --keep --restricted --gone -- {ID}"),
        ("prove_article", {"article": ID, "between": " 1  3 "}, f"prove --keep --between 1 3 -- {ID}"),
        ("acknowledge_alarm", {"alarm": "0a1b2c3d", "reason": "seen"}, "alarms --acknowledge 0a1b2c3d --reason seen"),
    ],
)  # fmt: skip
def test_each_form_is_one_command(dags, monkeypatch: pytest.MonkeyPatch, dag: str, params: dict[str, Any], words: str) -> None:
    assert perform(dags[dag], monkeypatch, **params)[0] == tuple(words.split())


@pytest.mark.parametrize(
    ("dag", "params"),
    [
        ("hold_article", {"reason": WHY}),
        ("hold_article", {"article": ID}),
        ("hold_article", {"article": ID, "reason": "  "}),
        ("hold_article", {"article": "--lift", "reason": WHY}),
        ("hold_article", {"article": "javascript:x", "reason": WHY}),
        ("hold_article", {"article": URL, "reason": WHY}),
        ("restrict_article", {"article": URL, "reason": WHY}),
        ("restrict_article", {"article": ID, "reason": "هدّدوا الشاهد سمير"}),
        ("restrict_article", {"article": ID, "reason": "kept-../../log.key"}),
        ("prove_article", {"article": URL}),
        ("watch_page", {"urls": "n.example/a", "reason": "a witness, Samir"}),
        ("capture_url", {"urls": "n.example/a", "reason": "a witness, Samir"}),
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

    filled = deepcopy(dags[dag].params)
    with pytest.raises(ParamValidationError):
        filled.update(params) or filled.validate()


def test_a_reason_reaches_the_command_and_nobody_who_may_look_at_the_run(
    dags, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    said = "هدّدوا الشاهد سمير\n--lift"
    reference = reasons.keep(tmp_path, said, "20261122T100000Z-0a1b2c3d", datetime(2026, 11, 22, tzinfo=UTC))
    for dag, params in (
        ("restrict_article", {"article": ID}),
        ("hold_article", {"article": ID}),
        ("watch_page", {"urls": "n.example/a"}),
    ):
        words, how = perform(dags[dag], monkeypatch, **params, reason=reference)
        assert how["env"] == {"WARRAQ_REASON": said}
        assert said not in words
        assert "سمير" not in str(params)
    assert perform(dags["restrict_article"], monkeypatch, article=ID, reason=WHY)[1]["env"] == {"WARRAQ_REASON": WHY}
    assert perform(dags["watch_page"], monkeypatch, urls="n.example/a")[1]["env"] == {}
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match="no reason is kept"):
        perform(dags["hold_article"], monkeypatch, article=ID, reason="kept-20261122T100000Z-00000000-0")


@pytest.mark.parametrize("words", [["hold"], ["restrict"], ["unwatch"]])
def test_a_reason_in_the_environment_is_a_reason_whatever_it_looks_like(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command line itself reads it: nobody ends a hold by writing so into the reason."""
    import typer.main

    from archive.cli import commands

    monkeypatch.setenv("WARRAQ_REASON", "--lift")
    command = typer.main.get_command(commands()).commands[words[0]]  # type: ignore[attr-defined]
    read = command.make_context(words[0], ["--", ID]).params
    assert read["reason"] == "--lift"
    assert not any(read.get(name) for name in ("release", "lift", "as_json"))


def test_what_is_withheld_is_not_talked_about(dags, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the command says of a restriction goes into the log, or comes back."""
    quiet = {
        "restrict_article": perform(dags["restrict_article"], monkeypatch, article=ID, reason=WHY)[1]["quiet"],
        "prove": perform(dags["prove_article"], monkeypatch, article=ID)[1]["quiet"],
        "prove restricted": perform(dags["prove_article"], monkeypatch, article=ID, restricted=True)[1]["quiet"],
    }
    assert quiet == {"restrict_article": True, "prove": False, "prove restricted": True}


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
