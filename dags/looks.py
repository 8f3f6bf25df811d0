"""A site has a new look: a person is asked, in Airflow, whether its texts are read right. One DAG asks, one is the question."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from _steps import DEFAULTS, LOG, Webhook, done_within, runbook, warraq
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, task

DRIFT = """
Looks whether any outlet's pages are drawn in a new way that nobody has judged yet, and asks: one run of `accept_layout` for
each outlet and look, once. The run of the outlet that saw it first is red and says the same; this is where it is answered.

## How to check that it works
Its newest run is green, and the last line of `look` names outlet and shape of every look that waits, or says that none does.
`warraq drift` says the same on the machine.

## If it fails
- **exit 75**: the catalog was busy or away. It is tried {tries} times, and again a quarter of an hour later.
- **exit 78**: a setting or an outlet file. The line says which.
"""
QUESTION = """
A question to a person: are the articles of an outlet that has a new look read right? It stands under *Required Actions* with
five addresses. Until it is answered, nothing is called an edit because of the look, and everything is captured and kept.

- **Approve**: `warraq accept-layout`. The look is accepted by an act, signed and logged like every other; what it changed in
  the texts is no edit, what changes after it is.
- **Reject**: nothing is done, and the alarm stands. That is right where the texts are read wrong: add a `[[layouts]]` entry to
  the outlet's file and run `warraq reread --outlet NAME`; then the alarm ends by itself.

## How to check that it works
After *Approve* the last line of `accept` names the act, and `warraq drift NAME` has no alarm about that look.

## If it fails
- **exit 78**: no page of the outlet has that shape, or the machine has no key of the log. The line says which.
- **exit 75**: the store was not to be had; it was tried {tries} times. Clear the task.
- Not answered in 30 days counts as rejected; the alarm stands, and `warraq accept-layout NAME SHAPE --reason WHY` answers it.
"""
ANSWER = timedelta(days=30)
WITHIN = done_within("look", timedelta(hours=1))
ASKS, QUESTIONS = "warraq_approve", "accept_layout"


def _dag(dag_id: str, doc: str, **more: Any) -> DAG:
    return DAG(
        dag_id,
        doc_md=doc.format(tries=DEFAULTS["retries"] + 1) + runbook("layout", "run-failed"),
        catchup=False,
        is_paused_upon_creation=False,
        tags=["warraq", "drift"],
        default_args={**DEFAULTS, "on_failure_callback": Webhook()},
        **more,
    )


def questions(line: str) -> list[dict[str, Any]]:
    """What `warraq drift --looks` printed, `outlet:shape …` or `none`, as runs to be triggered: their ids say what they ask."""
    pairs = [word.split(":", 1) for word in line.split() if ":" in word]
    return [{"trigger_run_id": f"{name}-{shape}", "conf": {"outlet": name, "shape": shape}} for name, shape in pairs]


with _dag(
    ASKS, DRIFT, description="Asks about new looks of outlets", schedule="*/15 * * * *", max_active_runs=1, deadline=WITHIN
):

    @task
    def look() -> list[dict[str, Any]]:
        return questions(warraq("drift", "--looks"))

    TriggerDagRunOperator.partial(task_id="ask", trigger_dag_id=QUESTIONS, skip_when_already_exists=True).expand_kwargs(look())


with _dag(
    QUESTIONS,
    QUESTION,
    description="Accept a new look of an outlet?",
    schedule=None,
    max_active_runs=50,
    params={
        "outlet": Param("", type="string", pattern="^[a-z][a-z0-9_]{0,39}$", title="Outlet", description="Name of its file."),
        "shape": Param("", type="string", pattern="^[0-9a-f]{8}$", title="Shape", description="As `warraq drift` names it."),
    },
):

    @task
    def describe(**context) -> str:
        return warraq("drift", context["params"]["outlet"], "--look", context["params"]["shape"])

    approve = ApprovalOperator(
        task_id="approve",
        subject="Are the articles of {{ params.outlet }} in its new look {{ params.shape }} read right?",
        body="{{ ti.xcom_pull(task_ids='describe') }}",
        defaults="Reject",
        response_timeout=ANSWER,
    )

    @task(outlets=[LOG])
    def accept(**context) -> str:
        said = context["ti"].xcom_pull(task_ids="approve") or {}
        who = ((said.get("responded_by_user") or {}).get("name")) or "somebody"
        given = context["params"]
        return warraq("accept-layout", given["outlet"], given["shape"], "--reason", f"approved in Airflow by {who}")

    describe() >> approve >> accept()
