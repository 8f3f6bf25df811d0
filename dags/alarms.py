"""Looks every five minutes whether anything is wrong, and tells people: one message for all that is new."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from _steps import ALARMS, DEFAULTS, Webhook, log, runbook, warraq
from _ways import ways
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from archive import settings
from archive.errors import WarraqError

DOC = """
Looks at outlets, runs, log, audit, copies, store, disk and clock, opens and closes alarms, and tells what is new: to
`WARRAQ_WEBHOOK` (JSON; its `text` is what Slack and its like show) and by mail to `WARRAQ_MAIL` (`WARRAQ_SMTP`, or the
connection `smtp_default`).
Each alarm is told once, again after a day if nobody acknowledged it, and once more when it is over. *Alarms* in the menu lists
them with what to do; docs/OPERATIONS.md has a section for each.

## How to check that it works
- Its newest run is green; the last line of `check` counts what is open. `tell` is skipped when nothing is new: that is well.
- `warraq status --max-age 30` on the machine, from outside Airflow, says how old the last check is.

## If it fails
- **check, exit 75**: the catalog was away or busy. The next run, five minutes later, looks again.
- **check, exit 78 or 65**: a setting, the outlets' folder or the catalog; the line says which.
- **tell**: nobody took the message; the log says who refused it and why. It is told again by the next run.
- That it failed is itself told at once, by webhook and mail: once a day, or anew when it went well again meanwhile.
- What this DAG cannot tell, it cannot tell: let cron or systemd run `warraq status --max-age` (docs/OPERATIONS.md, "The
  dead man's switch").
"""


def send(message: dict[str, Any], context: Any) -> tuple[list[str], list[str]]:
    """(who took it, who did not and why)."""
    from archive.steps import tell

    return tell.send(ways(settings.from_environment(), context), message)


def left(message: dict[str, Any], checked: str) -> dict[str, Any] | None:
    """Without what was told by hand since the check, at `checked`; all of it where nobody knows that."""
    from archive.catalog import Catalog
    from archive.steps import alarms

    given = settings.from_environment()
    if not checked:  # by a check of a version before
        return message
    try:
        return alarms.still(Catalog(given.catalog), given.deployment, message, datetime.fromisoformat(checked))
    except (WarraqError, OSError) as error:
        log.warning("whether it was told meanwhile cannot be asked, so it is told: %s", error)
        return message


with DAG(
    ALARMS,
    doc_md=DOC + runbook("unheard", "scheduler"),
    description="Looks whether anything is wrong, and tells",
    schedule="*/5 * * * *",
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=["warraq", "housekeeping"],
    # The next run is soon: a retry is for what passes in seconds. Before all that waits for a slot: crawls would take each one.
    default_args={
        **DEFAULTS,
        "priority_weight": 1000,
        "weight_rule": "absolute",
        "retries": 2,
        "retry_delay": timedelta(seconds=15),
        "retry_exponential_backoff": 0,
        "execution_timeout": timedelta(minutes=10),
        "on_failure_callback": Webhook(),
    },
):

    @task
    def check() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(warraq("alarms", "--check", "--hold", "--json"))
        return found

    @task
    def tell(found: dict[str, Any], **context) -> str:
        message = found["message"]
        if not message:
            raise AirflowSkipException("nothing new")
        message = left(message, found.get("checked", ""))
        if not message:
            raise AirflowSkipException("somebody told it meanwhile: `warraq alarms --check` by hand")
        took, refused = send(message, context)
        trouble = ["--trouble", "; ".join(refused)] if refused else []
        if refused and not took:
            warraq("alarms", *trouble)
            raise AirflowException(f"nobody took it: {'; '.join(refused)}")
        ids = ",".join(f"{one['id']}=over" if one["told"] == "over" else one["id"] for one in message["alarms"])
        told = warraq("alarms", "--told", ids, *trouble)
        return f"{told} ({', '.join(took) or 'on the page only: neither WARRAQ_WEBHOOK nor WARRAQ_MAIL is set'})"

    tell(check())
