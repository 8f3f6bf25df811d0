"""Single pages: what is watched and due, every 15 minutes; and a form for pages that are to be captured now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from _reasons import because, reason
from _steps import DEFAULTS, LOG, Webhook, addresses, done_within, run_id, runbook, sealed, warraq
from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from archive import watch

WATCHED = """
Captures the pages of the watch list that are due and belong to no outlet: `plan`, `crawl`, `extract`, `seal`, `inspect`, each a
command. Watched articles of an outlet are captured by the outlet's own runs.

## How to check that it works
- The newest run is green, or skipped after `plan` with "no page is due".
- `warraq watch` lists what is watched, with the last capture and the next one of each page.

## If it fails
The last line of the failed step's log names the thing and the remedy.
- **exit 78**: a setting, the bucket or the signing key. Correct it, then clear the failed task.
- **exit 65** or **70**: a record contradicts itself, or a bug. Nothing was overwritten. Keep the log; run `warraq verify`.
- **exit 75**: the store was not to be had; it was tried {tries} times. Clear the task when it is back.
- By hand, with the same settings: `warraq run watch`. A page that fails, or whose site is down, is a green run.
"""
BY_HAND = """
Captures web pages now, of any site: press **Trigger**, paste their addresses, one a line. It waits for no crawl, has a pool of
its own, and up to {most} such runs go at once. With a pace, the pages are watched from then on, too.

## How to check that it works
- The run is green; the last line of `capture` says of each page what its site answered. *Changes* shows new pages at once.
- `warraq history ADDRESS` has the capture; `warraq prove ADDRESS` makes the bundle that proves it.

## If it fails
The last line of the log names the page and the reason.
- **exit 78**: an address is none; or the page was not asked for, as robots.txt forbids it or its host has a private address.
  The other pages of the run are captured all the same. Trigger it again with the right addresses.
- **exit 75**: another capture by hand of the same host, or the store, kept it waiting: it is tried {tries} times.
- **exit 65** or **70**: a record contradicts itself, or a bug. Nothing was overwritten. Keep the log; run `warraq verify`.
- Clearing is safe at any time: what is captured is not captured again. By hand: `warraq capture ADDRESS`.
"""
SINGLE, BATCH = "capture_url", "warraq_watch"


def _dag(dag_id: str, doc: str, **more: Any) -> DAG:
    return DAG(
        dag_id,
        doc_md=doc + runbook("run-failed"),
        catchup=False,
        is_paused_upon_creation=False,
        default_args={**DEFAULTS, "pool": dag_id, "on_failure_callback": Webhook()},
        **more,
    )


PAGES = sealed(watch.NAME)

with _dag(
    BATCH,
    WATCHED.format(tries=DEFAULTS["retries"] + 1),
    description="Captures what is on the watch list",
    schedule="*/15 * * * *",
    max_active_runs=1,
    deadline=done_within("inspect", timedelta(seconds=watch.outlet().budget) + timedelta(hours=1)),
    tags=["warraq", "watch"],
):

    @task
    def plan(**context) -> str:
        return warraq("plan", watch.NAME, "--run", run_id(context), may_skip=True)

    @task(execution_timeout=timedelta(seconds=watch.outlet().budget) + timedelta(minutes=30))
    def crawl(**context) -> str:
        return warraq("crawl", watch.NAME, "--run", run_id(context), "--attempt", str(context["ti"].try_number))

    @task
    def extract(**context) -> str:
        return warraq("extract", watch.NAME, "--run", run_id(context))

    @task(outlets=[PAGES, LOG])
    def seal(**context) -> str:
        done = warraq("seal", watch.NAME, "--run", run_id(context))
        context["outlet_events"][PAGES].extra = {"outlet": watch.NAME, "run": run_id(context), "done": done}
        return done

    @task
    def inspect(**context) -> str:
        return warraq("inspect", watch.NAME, "--run", run_id(context))

    plan() >> crawl() >> extract() >> seal() >> inspect()


with _dag(
    SINGLE,
    BY_HAND.format(tries=DEFAULTS["retries"] + 1, most=watch.POOLS[SINGLE]),
    description="Captures web pages now, and watches them if wanted",
    schedule=None,
    max_active_runs=watch.POOLS[SINGLE],
    deadline=done_within("capture", timedelta(minutes=30)),
    tags=["warraq", "watch", "action"],
    params={
        "urls": Param(
            "",
            type="string",
            format="multiline",
            minLength=1,
            title="Addresses",
            description="Web pages to capture now, one a line. Any site.",
        ),
        "every": Param(
            None,
            type=["null", "string"],
            pattern=watch.PACE,
            title="And watch them, every",
            description="30m, 6h, 1d or 2w: the pages are captured again that often. Empty: this once.",
        ),
        "reason": reason(needed=False),
    },
):

    @task(outlets=[LOG])
    def capture(**context) -> str:
        attempt = str(context["ti"].try_number)
        return warraq("capture", "--run", run_id(context), "--attempt", attempt, "--", *addresses(context["params"]))

    @task(task_id="watch")
    def put_on_the_list(**context) -> str:
        params = context["params"]
        if not params.get("every"):
            raise AirflowSkipException("captured this once, not watched: no pace was given")
        return warraq("watch", "--every", params["every"], "--", *addresses(params), env=because(params))

    capture()
    put_on_the_list()  # beside it: neither waits for the other
