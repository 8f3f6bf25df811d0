"""Puts the texts that an outlet's run sealed into the index that the page Search asks."""

from __future__ import annotations

from datetime import timedelta
from functools import reduce
from operator import or_

from _steps import DEFAULTS, Webhook, done_within, every_sealed, kept, runbook, warraq
from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, task

DOC = """
Indexes the words of new versions, so that the page *Search* and `warraq search` find them: whenever an outlet's run is sealed,
and once a day what was read again or left over. A run stops after ten minutes; the rest waits for the next one.

## How to check that it works
Its newest run is green, and its last line says how many texts were indexed, or that nothing was new. *Search* says so while
texts wait.

## If it fails
Captures, readings and the log do not need it: only the search is behind. Clear the task to try again; it repeats no work.
- **exit 75**: the bucket or the catalog was not to be had; it was tried {tries} times.
- **exit 78**: a setting or the bucket. **exit 65**: the catalog contradicts itself: `warraq rebuild`.
- A text that cannot be read is named in the log, left out and tried again a day later: `warraq verify` says what is wrong.
- If answers look wrong, `warraq search --index --again --all` makes the index anew; nothing else is touched.
"""

with DAG(
    "warraq_search",
    description="Indexes the texts of new versions",
    doc_md=DOC.format(tries=DEFAULTS["retries"] + 1) + runbook("run-failed"),
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("29 4 * * *", timezone="UTC"), assets=reduce(or_, every_sealed())
    ),
    deadline=done_within("search", timedelta(hours=2)),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=["warraq", "housekeeping"],
    default_args={**DEFAULTS, "on_failure_callback": Webhook()},
):

    @task(outlets=[kept("searchable")])
    def search() -> str:
        return warraq("search", "--index")

    search()
