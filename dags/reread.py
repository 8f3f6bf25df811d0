"""Old captures read again by today's rules, when an operator says so: after a new layout, reader or Trafilatura."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from _steps import DEFAULTS, LOG, Webhook, run_id, runbook, warraq
from airflow.sdk import DAG, Param, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

DOC = """
Reads captures of long ago again: press **Trigger** after a layout was added or corrected, or Trafilatura was updated. New
readings are put beside the old ones; nothing is edited, and nothing is fetched from any site. What was read by today's rules
already is left alone. The work is shared among tasks of some {part} captures, one at a time, in a pool of its own and with low
priority, so that no crawl waits for it. To see first what would change: `warraq reread --outlet NAME --dry-run`.

## How to check that it works
- The run is green; the last line of each `read` says how many captures it read, and how many a CPU second.
- The log of `summary` says what changed, with examples: versions merged or split, events that came or went.
- `warraq reread --count` says that 0 captures wait, or those that the summary calls unreadable: no layout fits them yet.

## If it fails
The last line of the failed task's log names the thing and the remedy.
- **exit 78**: a setting, the outlet file, the bucket or the signing key. Correct it, then clear the failed task.
- **exit 65** or **70**: a record contradicts itself, or a bug. Nothing was overwritten. Keep the log; run `warraq verify`.
- **exit 75**: the store was not to be had; it was tried {tries} times. Clear the task when it is back.
- Clearing is safe at any time: what was read and sealed is not read again. What a killed task left half done, the next run of
  the outlet finishes. By hand: `warraq reread --outlet NAME`.
"""
DAG_ID = "warraq_reread"
_PARTS = re.compile(r"([a-z][a-z0-9_]*)=(\d+)")
_FORM = ("since", "until", "rules", "layout")


def options(params: dict[str, Any]) -> list[str]:
    """What was put into the form, as options of the command."""
    return [word for name in _FORM if params.get(name) for word in (f"--{name}", str(params[name]))]


def parts(said: str) -> list[dict[str, str]]:
    """The tasks that `warraq reread --count` asks for, from its last line."""
    _, found, told = said.partition(" captures wait: ")
    if not found:
        raise AirflowFailException(f"not what `warraq reread --count` says: {said!r}")
    return [
        {"outlet": name, "part": f"{number}/{many}"}
        for name, many in _PARTS.findall(told)
        for number in range(1, int(many) + 1)
    ]


with DAG(
    DAG_ID,
    doc_md=DOC.format(part=2000, tries=DEFAULTS["retries"] + 1) + runbook("run-failed", "layout"),
    description="Reads old captures again by today's rules",
    schedule=None,
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    tags=["warraq", "reread", "action"],
    default_args={**DEFAULTS, "pool": DAG_ID, "on_failure_callback": [Webhook()]},  # a mapped task takes them as they are
    params={
        "outlet": Param(None, type=["null", "string"], title="Outlet", description="Its file's name. Empty: all of them."),
        "since": Param(None, type=["null", "string"], title="Captured since", description="2026-11-22. Empty: ever."),
        "until": Param(None, type=["null", "string"], title="Captured before", description="2026-12-01. Empty: until today."),
        "rules": Param(
            None,
            type=["null", "string"],
            pattern="^ *[0-9a-f]{12} *$",
            title="Read by these rules",
            description="Only what was read by them: 12 digits, as `warraq readings` shows them. Empty: by any.",
        ),
        "layout": Param(None, type=["null", "string"], title="Read by this layout", description="Its name. Empty: by any."),
    },
):

    @task
    def plan(**context) -> list[dict[str, str]]:
        params = context["params"]
        outlet = ["--outlet", params["outlet"]] if params.get("outlet") else []
        return parts(warraq("reread", "--count", *outlet, *options(params), may_skip=True))

    @task(map_index_template="{{ part }}", outlets=[LOG], execution_timeout=timedelta(hours=6))
    def read(which: dict[str, str], **context) -> str:
        get_current_context()["part"] = f"{which['outlet']} {which['part']}"
        mine = ["--outlet", which["outlet"], "--part", which["part"]]
        attempt = ["--run", run_id(context), "--attempt", str(context["ti"].try_number)]
        return warraq("reread", *mine, *attempt, *options(context["params"]))

    @task
    def summary(tasks: list[dict[str, str]], **context) -> list[str]:
        outlets = dict.fromkeys(one["outlet"] for one in tasks)
        return [warraq("reread", "--report", "--outlet", name, "--run", run_id(context)) for name in outlets]

    asked = plan()
    read.expand(which=asked) >> summary(asked)
