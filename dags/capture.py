"""One DAG for each outlet file: plan, crawl, extract, seal, inspect, each of them a command.

A file that cannot be used becomes a DAG whose one task fails with the reason; it hides no other outlet.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from _steps import DEFAULTS, LOG, Webhook, done_within, run_id, runbook, sealed, warraq
from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowFailException

from archive import outlet as outlets
from archive import settings
from archive.outlet import Outlet

START = datetime(2026, 1, 1, tzinfo=UTC)
OURS = outlets.DUTIES | {outlets.RESERVED}
RUNBOOK = """
**{title}**, {url} ({state}). Steps: `plan`, `crawl`, `extract`, `seal`, `inspect`. Each is a command; its log shows it,
and its last line says what it did. A run with nothing due ends after `plan`, its other steps skipped.

## How to check that it works
- The newest run is green, and the last line of `inspect` counts what was asked for and what came of it.
- *Changes* in the menu shows the outlet's newest articles; `warraq status` on the machine says since when it is silent.
- An outlet that is down or blocks us is a green run: `inspect` says so, with a *since*.

## If it fails
Red means that a person must act. The last line of the failed step's log names the thing and the remedy.
- **exit 78**: a setting, the outlet file, the seed files or the bucket. Correct it, then clear the failed task.
- **exit 65** or **70**: a record contradicts itself, or a bug. Nothing was overwritten. Keep the log; run `warraq verify`.
- **exit 75**: a store, a host or a lease was not to be had; it was tried {tries} times. Clear the task when it is back.
- Clearing is safe at any time: steps take up what is there, and a sealed run is left as it is.
- By hand, with the same settings: `warraq run {name}`.
"""
BROKEN_RUNBOOK = """
The outlet file `{file}` cannot be used, so this outlet is **not captured**:

    {reason}

## How to check that it works
Correct the file. Within a minute this DAG has the steps plan, crawl, extract, seal and inspect.

## If it fails
It fails until the file is right. `outlets/README.md` documents every key. `warraq outlets` says the same without Airflow.
"""


def outlet_dag(outlet: Outlet) -> DAG:
    """The DAG of one outlet. Raises whatever Airflow thinks of the schedule."""
    dag_id = f"warraq_{outlet.name}"
    asset = sealed(outlet.name)
    doc = RUNBOOK.format(
        title=outlet.title,
        url=outlet.url,
        name=outlet.name,
        tries=DEFAULTS["retries"] + 1,
        state="switched on" if outlet.enabled else "switched off in its file: runs only by hand",
    )
    dag = DAG(
        dag_id,
        description=outlet.title,
        doc_md=doc + runbook("outlet-silent", "outlet-failing", "layout", "mass-deletion", "run-failed"),
        schedule=outlet.schedule if outlet.enabled else None,
        start_date=START,
        catchup=False,
        max_active_runs=1,
        deadline=done_within("inspect", timedelta(seconds=outlet.budget) + timedelta(hours=1)),
        is_paused_upon_creation=False,
        auto_register=False,
        tags=sorted({"warraq", "outlet", outlet.language, *outlet.tags}),
        default_args={**DEFAULTS, "pool": dag_id, "on_failure_callback": Webhook()},
        params={
            "everything": Param(False, type="boolean", description="Look at every known article again, due or not."),
            "walk": Param(False, type="boolean", description="Walk through all pages of the channels."),
        },
    )

    @task
    def plan(**context) -> str:
        options = [f"--{name}" for name in ("everything", "walk") if context["params"].get(name)]
        return warraq("plan", outlet.name, "--run", run_id(context), *options, may_skip=True)

    # The budget ends the asking; what is in flight, its retries and the upload come after it.
    @task(execution_timeout=timedelta(seconds=outlet.budget) + timedelta(minutes=30))
    def crawl(**context) -> str:
        return warraq("crawl", outlet.name, "--run", run_id(context), "--attempt", str(context["ti"].try_number))

    @task
    def extract(**context) -> str:
        return warraq("extract", outlet.name, "--run", run_id(context))

    @task(outlets=[asset, LOG])
    def seal(**context) -> str:
        done = warraq("seal", outlet.name, "--run", run_id(context))
        context["outlet_events"][asset].extra = {"outlet": outlet.name, "run": run_id(context), "done": done}
        return done

    @task
    def inspect(**context) -> str:
        return warraq("inspect", outlet.name, "--run", run_id(context))

    with dag:
        plan() >> crawl() >> extract() >> seal() >> inspect()
    dag.validate()
    return dag


def broken_dag(file: Path, reason: str) -> DAG:
    """The DAG of an outlet file that cannot be used: one task, which fails with the reason."""
    dag = DAG(
        # The name of a DAG of ours would be taken otherwise, by a file of that name, which is refused.
        "warraq_" + re.sub(r"[^A-Za-z0-9_.-]", "_", file.name if file.stem in OURS else file.stem),
        description=f"{file.name} cannot be used",
        doc_md=BROKEN_RUNBOOK.format(file=file.name, reason=reason.replace("\n", " ")) + runbook("outlet-file"),
        schedule="@hourly",
        start_date=START,
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        auto_register=False,
        tags=["warraq", "outlet", "broken"],
        default_args={**DEFAULTS, "on_failure_callback": Webhook()},
    )

    @task
    def read_outlet_file() -> None:
        raise AirflowFailException(reason)

    with dag:
        read_outlet_file()
    return dag


def dags(folder: Path) -> dict[str, DAG]:
    """The DAG of every outlet file in `folder`, by id. BadOutlet only when there is no such folder."""
    good, bad = outlets.load_folder(folder)
    made = {}
    for name in [*good, *bad]:
        try:
            dag = outlet_dag(good[name]) if name in good else broken_dag(folder / f"{name}.toml", str(bad[name]))
        except Exception as error:  # noqa: BLE001 -- a schedule Airflow refuses must not take the other outlets along
            dag = broken_dag(folder / f"{name}.toml", f"{name}.toml: {error}")
        made[dag.dag_id] = dag
    return made


globals().update(dags(settings.from_environment().outlets))
