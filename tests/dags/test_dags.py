"""Every DAG is valid, owned, documented, retried; a broken outlet file shows as one failing DAG."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archive.alarms.conditions import CONDITIONS
from archive.steps.facts import wanted
from tests.dags.conftest import ROOT, write

HEADINGS = ("## How to check that it works", "## If it fails")
STEPS = ["plan", "crawl", "extract", "seal", "inspect"]
OUR_OWN = {
    "warraq_alarms",
    "warraq_sweep",
    "warraq_audit",
    "warraq_anchor",
    "warraq_mirror",
    "warraq_republished",
    "warraq_prune",
    "warraq_watch",
    "warraq_reread",
    "warraq_search",
    "warraq_approve",
    "capture_url",
    "accept_layout",
    "hold_article",
    "restrict_article",
    "watch_page",
    "prove_article",
    "acknowledge_alarm",
}
MANY = {name for name in OUR_OWN if not name.startswith("warraq_")}  # runs at a time


def bag(folder: Path = ROOT / "dags"):
    """The DAGs as Airflow's processor reads them."""
    from airflow.dag_processing.dagbag import DagBag

    for name in ("actions", "alarms", "capture", "housekeeping", "looks", "reread", "search", "watch", "_steps"):
        sys.modules.pop(name, None)
    return DagBag(str(folder), load_op_links=False, bundle_path=folder)


def test_every_dag_is_valid_owned_documented_and_retried(outlets: Path) -> None:
    write(outlets, "masar", schedule="5 * * * *")
    (outlets / "bad.toml").write_text("name = ", "utf-8")
    found = bag()
    assert found.import_errors == {}
    assert set(found.dags) == {"warraq_manara", "warraq_masar", "warraq_bad", *OUR_OWN}
    assert wanted(["manara", "masar"], ["bad"]) <= set(found.dags), "else one that is missing is an alarm for ever"
    first = {dag_id: {(one.priority_weight, str(one.weight_rule)) for one in dag.tasks} for dag_id, dag in found.dags.items()}
    (rule,) = {rule for weight, rule in first.pop("warraq_alarms") if weight == 1000}
    assert "bsolute" in rule, "crawls with four tasks after them would go before a check"
    assert {weight for weights in first.values() for weight, _ in weights} == {1}
    for dag_id, dag in found.dags.items():
        assert "warraq" in dag.tags, dag_id
        assert all(heading in dag.doc_md for heading in HEADINGS), dag_id
        runbook = re.findall(r"\(/warraq/runbook/([a-z-]+)\)", dag.doc_md)
        assert runbook, dag_id
        assert set(runbook) <= set(CONDITIONS), dag_id
        assert (dag.catchup, dag.is_paused_upon_creation) == (False, False), dag_id
        assert (dag.max_active_runs == 1) == (dag_id not in MANY), dag_id
        for task in dag.tasks:
            assert task.owner == "warraq", task
            assert task.retries >= 2, task
            assert task.execution_timeout is not None, task
            assert [type(c).__name__ for c in task.on_failure_callback] == ["Webhook"], task


def test_the_real_outlets_have_valid_dags(monkeypatch: pytest.MonkeyPatch) -> None:
    names = {f"warraq_{path.stem}" for path in (ROOT / "outlets").glob("*.toml")}
    if not names:
        pytest.skip("no outlet files in outlets/ yet")
    monkeypatch.delenv("WARRAQ_OUTLETS", raising=False)
    found = bag()
    assert found.import_errors == {}
    assert names <= set(found.dags)
    assert not [dag_id for dag_id, dag in found.dags.items() if "broken" in dag.tags]


def test_the_steps_of_an_outlet_run_one_after_the_other_in_its_pool(outlets: Path) -> None:
    dag = bag().dags["warraq_manara"]
    order = [dag.get_task("plan")]
    while order[-1].downstream_task_ids:
        (following,) = order[-1].downstream_list
        order.append(following)
    assert [task.task_id for task in order] == STEPS
    assert {task.pool for task in dag.tasks} == {"warraq_manara"}
    assert {task.trigger_rule for task in dag.tasks} == {"all_success"}
    asset, log = dag.get_task("seal").outlets
    assert (asset.name, asset.uri, log.name) == ("warraq_manara", "warraq://manara/", "archive-log")
    assert dag.schedule == "*/15 * * * *"


def test_an_outlet_that_is_switched_off_has_no_schedule(outlets: Path) -> None:
    write(outlets, "naim", enabled=False)
    dag = bag().dags["warraq_naim"]
    assert dag.schedule is None
    assert dag.task_ids == STEPS


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("syntax", "name = = 1", "syntax.toml: cannot be read"),
        ("typo", 'name="typo"\ntitle="x"\nurl="https://a.example/"\nschedul="@daily"', "did you mean 'schedule'"),
        ("cron", 'name="cron"\ntitle="x"\nurl="https://a.example/"\nschedule="99 * * * *"', "99 * * * *"),
        ("tables", 'name="tables"\ntitle="x"\nurl="https://a.example/"\nlayouts=3', "[[layouts]]"),
        ("latin1", None, "cannot be read"),
    ],
)
def test_a_broken_file_is_one_dag_that_fails_with_the_reason(outlets: Path, name: str, text: str | None, reason: str) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    (outlets / f"{name}.toml").write_bytes(b'title = "\xe9"' if text is None else text.encode())
    found = bag()
    assert found.import_errors == {}
    assert found.dags["warraq_manara"].task_ids == STEPS, "the other outlet stays as it is"
    dag = found.dags[f"warraq_{name}"]
    (task,) = dag.tasks
    assert reason in dag.doc_md
    with pytest.raises(AirflowFailException) as failure:
        task.python_callable()
    assert reason in str(failure.value)


def test_a_file_name_that_is_no_dag_id_still_shows(outlets: Path) -> None:
    (outlets / "منارة 2.toml").write_text("name = 1", "utf-8")
    found = bag()
    assert found.import_errors == {}
    (dag,) = [dag for dag_id, dag in found.dags.items() if dag_id not in {"warraq_manara", *OUR_OWN}]
    assert "منارة 2.toml" in dag.description


def test_no_folder_of_outlets_is_an_import_error_that_names_it(outlets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARRAQ_OUTLETS", str(outlets / "nowhere"))
    (error,) = bag().import_errors.values()
    assert "nowhere: no such folder" in error


def test_dag_files_parse_fast_and_import_nothing_heavy(outlets: Path) -> None:
    """Airflow itself is there when a DAG file is parsed; what the file adds must stay under 0.2 s."""
    for n in range(20):
        write(outlets, f"outlet_{n}")
    script = (
        "import sys, time, airflow.sdk, airflow.sdk.exceptions, airflow.dag_processing.dagbag\n"
        "from airflow.sdk import DAG, Asset, BaseNotifier, Param, task\n"
        f"sys.path.insert(0, {str(ROOT / 'dags')!r})\n"
        "before = set(sys.modules)\n"
        "for name in ('capture', 'actions', 'housekeeping', 'looks', 'reread', 'search', 'watch'):\n"
        "    start = time.process_time()\n"
        "    __import__(name)\n"
        "    print(name, time.process_time() - start)\n"
        "heavy = {'scrapy', 'boto3', 'trafilatura', 'lxml', 'sqlalchemy', 'fastapi'} & (set(sys.modules) - before)\n"
        "assert not heavy, heavy\n"
    )
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    took = {name: float(seconds) for name, seconds in (line.split() for line in done.stdout.splitlines())}
    print(f"\nparse, CPU seconds with 21 outlets: {took} ({time.monotonic() - begun:.1f} s with Airflow's own imports)")
    assert max(took.values()) < 0.5, took  # 0.2 on a quiet machine; CPU time on a loaded one doubles


def test_the_second_copy_is_made_where_one_is_set_and_skipped_elsewhere(outlets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    found = bag()
    (task,) = found.dags["warraq_mirror"].tasks
    monkeypatch.delenv("WARRAQ_MIRROR", raising=False)
    with pytest.raises(AirflowSkipException, match="WARRAQ_MIRROR"):
        task.python_callable()
    monkeypatch.setenv("WARRAQ_MIRROR", "s3://copies/warraq")
    ran: list[tuple[str, ...]] = []
    monkeypatch.setitem(task.python_callable.__globals__, "warraq", lambda *words: ran.append(words) or "mirror: nothing new")
    assert task.python_callable() == "mirror: nothing new"
    assert ran == [("mirror",)], "no key and no address on the command line"


def test_an_audit_runs_for_the_days_that_are_set_and_has_time_for_it(outlets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (task,) = bag().dags["warraq_audit"].tasks
    ran: list[tuple[str, ...]] = []
    monkeypatch.setitem(task.python_callable.__globals__, "warraq", lambda *words: ran.append(words) or "audit: 0 findings")
    assert task.python_callable(params={"within_days": 30}) == "audit: 0 findings"
    assert ran == [("audit", "--within", "30d")]
    assert task.execution_timeout.total_seconds() > 3600
