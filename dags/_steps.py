"""What the DAG files share: a command run as a step, and the word to a person when a step failed.

Kept out of DAG parsing by `.airflowignore`. No Airflow metadata is touched here, so it works on any executor.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from _ways import ways
from airflow.sdk import Asset, AsyncCallback, BaseNotifier, DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException

from archive import keys, settings, watch
from archive.catalog import Catalog
from archive.errors import NOTHING_DUE, Refused, TryAgain, WarraqError
from archive.steps import outcome, told

log = logging.getLogger("warraq")

ROOT = Path(__file__).resolve().parent.parent
# sysexits.h runs from 64 (usage) to 78 (configuration); 2 is the command line's own "usage". All of them need a
# person, except "try again". What is left (a kill, a crash of the interpreter) may pass by itself: it is retried.
TRY_AGAIN = TryAgain.exit_code
A_PERSON_MUST_LOOK = frozenset({2, *range(64, 79)}) - {TRY_AGAIN}
ALARMS, TOLD = "warraq_alarms", "tasks"  # the DAG that tells; what failures told by themselves are remembered as
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
PATIENCE = 30.0  # seconds a command gets between SIGTERM and SIGKILL
DEFAULTS: dict[str, Any] = {
    "owner": "warraq",
    "retries": 3,
    # In the demo a newcomer is watching, and nobody else's site is asked.
    "retry_delay": timedelta(seconds=5) if settings.from_environment().sandbox else timedelta(minutes=1),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=10),
    "execution_timeout": timedelta(hours=2),
}


def runbook(*conditions: str) -> str:
    """The last line of a DAG's page: the way to the runbook's sections, and to what is wrong just now."""
    links = ", ".join(f"[{name}](/warraq/runbook/{name})" for name in conditions)
    return f"\nRunbook: {links}. [Alarms](/warraq/alarms) says what is wrong just now, and since when.\n"


def sealed(outlet: str) -> Asset:
    """Captures of an outlet (or of the watch list) that are read, indexed and in the log."""
    return Asset(name=f"warraq_{outlet}", uri=f"warraq://{outlet}", group="warraq")


def every_sealed() -> list[Asset]:
    """That of every outlet file, whatever is in it, and of the watch list."""
    names = sorted(path.stem for path in settings.from_environment().outlets.glob("*.toml") if path.stem != watch.NAME)
    return [sealed(name) for name in (*names, watch.NAME)]


def kept(what: str) -> Asset:
    """What is made of all outlets together. No outlet's name has a dash."""
    return Asset(name=f"archive-{what}", uri=f"warraq://archive/{what}", group="warraq")


LOG = kept("log")


def done_within(task: str, interval: timedelta) -> DeadlineAlert:
    """A run must be done so long after it was queued; else its last task is late, which is an alarm (stack/deadlines.py)."""
    return DeadlineAlert(
        DeadlineReference.DAGRUN_QUEUED_AT, interval, AsyncCallback("stack.deadlines.missed", {"task": task}), name="late"
    )


def run_id(context: Mapping[str, Any]) -> str:
    """Warraq's id of an Airflow run: the same for every task, retry and clearing of it."""
    run = context["dag_run"]
    return keys.run_id(run.run_after, settings.from_environment().deployment, run.dag_id, run.run_id)


def warraq(*arguments: str, may_skip: bool = False, env: Mapping[str, str] | None = None, quiet: bool = False) -> str:
    """Run `warraq ARGUMENTS`; the last line it printed, which says what it did. Raises as `run` does.

    It inherits AIRFLOW_CTX_DAG_RUN_ID and its like, which Airflow exports to each task: a crawl writes them down. `env`:
    what only this command is told.
    """
    here = str(Path(sys.executable).parent)
    found = shutil.which("warraq", path=os.pathsep.join([here, os.environ.get("PATH", os.defpath)]))
    if found is None:
        raise AirflowFailException(f"no command `warraq` beside {sys.executable}: install the project there (see README.md)")
    return run(
        [found, *arguments],
        {**os.environ, **_connection(), **_operator(), **(env or {})},
        may_skip=may_skip,
        quiet=quiet,
    )


def addresses(params: Mapping[str, Any]) -> list[str]:
    """The addresses of a form's field `urls`, one a line. Fails the task, for good, when one is none."""
    try:
        found = [watch.page(line) for line in str(params["urls"]).splitlines() if line.strip()]
    except Refused as error:
        raise AirflowFailException(str(error)) from error
    if not found:
        raise AirflowFailException("no address was given: one a line, as in https://example.org/page")
    return list(dict.fromkeys(found))


def _operator() -> dict[str, str]:
    """Who started this run by hand, as acts name them; nobody when the schedule did: then WARRAQ_OPERATOR stays as it is."""
    from airflow.sdk import get_current_context

    try:
        run = get_current_context()["dag_run"]
    except RuntimeError:  # outside a task
        return {}
    name = getattr(run, "triggering_user_name", None)
    return {"WARRAQ_OPERATOR": name} if name else {}


def _connection() -> dict[str, str]:
    """The Airflow connections of archive and second copy, as the variables that a command without Airflow reads."""
    given = settings.from_environment()
    return {name: value for one in (given.connection, given.mirror_connection) for name, value in _as_variable(one).items()}


def _as_variable(name: str) -> dict[str, str]:
    variable = f"AIRFLOW_CONN_{name.upper()}"
    if not name or variable in os.environ:
        return {}
    from airflow.sdk import Connection

    held = Connection.get(name)
    fields = {"conn_type": held.conn_type, "login": held.login, "password": held.password, "extra": held.extra_dejson}
    return {variable: json.dumps(fields)}


def run(command: list[str], env: Mapping[str, str] | None = None, *, may_skip: bool = False, quiet: bool = False) -> str:
    """Run a command, its output line by line into the task's log; the last line that is not blank, whole: it may be JSON.

    Exit 99 (nothing to do) skips this task and those after it if it `may_skip`; otherwise it is success, since a
    retry may find its own work done and what follows still open. An exit status that asks for a person fails at
    once, whatever retries are left. Any other failure is left to Airflow's retries.

    `quiet`: it is about what not everybody may read who may read the log, so nothing that it prints goes there and "" is
    returned; of a failure, its last line without addresses.
    """
    log.info("$ %s", " ".join(command))
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**(os.environ if env is None else env), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,  # a task's own stdin is its line to Airflow
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=_die_with_parent,  # noqa: PLW1509 -- one thread; no crawl outlives a task killed with -9
    )
    last = ""
    try:
        for raw in child.stdout or ():
            line = raw.decode("utf-8", "backslashreplace").rstrip()
            if not quiet:
                log.info("%s", line)
            last = line.strip() or last
        status = child.wait()
    except BaseException:  # a time-out of Airflow's is no Exception; nothing may be left running
        _end(child)
        raise
    finally:
        if child.stdout is not None:
            child.stdout.close()
    last = last.removeprefix("warraq: ")
    if not quiet:
        return _outcome(status, last, may_skip)
    _outcome(status, _ADDRESS.sub("(an address)", last), may_skip)
    log.info("done; what it said is not for everybody who may read this")
    return ""


def _outcome(status: int, said: str, may_skip: bool) -> str:
    if status == 0 or (status == NOTHING_DUE and not may_skip):
        return said
    last = said[: outcome.LONGEST]
    if status == NOTHING_DUE:
        raise AirflowSkipException(last or "nothing was due")
    if status in A_PERSON_MUST_LOOK:
        raise AirflowFailException(f"{last or 'no output'} [exit {status}: a person must look; not retried]")
    if status < 0:
        raise AirflowException(f"{last or 'no output'} [ended by {signal.Signals(-status).name}]")
    raise AirflowException(f"{last or 'no output'} [exit {status}: may be tried again]")


def _die_with_parent() -> None:
    """Linux: SIGTERM when the parent ends, however it ends (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class Webhook(BaseNotifier):
    """What becomes of a failure: it is noted in the catalog, and the DAG `warraq_alarms` tells it soon, together with others.

    Only where that cannot be, because the catalog is away or it is `warraq_alarms` itself that failed, it is told from here, by
    every way that is set: of each task once a day, or anew when it has gone well meanwhile. It has text, dag, outlet, task,
    run (Airflow's), try, reason, log.
    """

    def notify(self, context: Any) -> None:
        said, now, given = message(context), datetime.now(UTC), settings.from_environment()
        if said["dag"] != ALARMS:
            try:
                catalog = Catalog(given.catalog)
                where = {"run": said["run"], "index": getattr(context["task_instance"], "map_index", -1)}
                outcome.failed(catalog, said["dag"], said["task"], now, said["reason"], by_hand=_by_hand(context), **where)
            except Exception as error:  # noqa: BLE001 -- whatever it is, the failure itself must be told
                log.warning("the failure is not noted, and told from here: %s", error)
            else:
                log.info("noted for the alarms")
                return
        from archive.steps import tell

        key, out = f"{said['dag']}.{said['task']}", ways(given, context)
        if not out:
            log.error("NOBODY IS TOLD of this: %s", tell.REMEDY)
        found = tell.directly(given, TOLD, {key: said["text"]}, now, more=said, out=out)
        if found.took:
            log.info("told from here: %s", ", ".join(found.took))
        for trouble in found.refused:
            log.warning("not told: %s", trouble)


def recovered(context: Any) -> None:
    """A task went well: over with the alarm about its failure, if there was one."""
    ti, given, now = context["task_instance"], settings.from_environment(), datetime.now(UTC)
    told.Memory(given.state, TOLD).over(f"{ti.dag_id}.{ti.task_id}", now)
    try:
        catalog, where = Catalog(given.catalog), {"index": getattr(ti, "map_index", -1)}
        outcome.succeeded(catalog, ti.dag_id, ti.task_id, now, run=getattr(ti, "run_id", ""), **where)
    except (WarraqError, OSError) as error:
        log.warning("that it went well is not noted: %s", error)


DEFAULTS |= {"on_success_callback": [recovered], "on_skipped_callback": [recovered]}  # lists: a mapped task takes no less


def _by_hand(context: Mapping[str, Any]) -> bool:
    return str(getattr(context.get("dag_run"), "run_type", "")).endswith("manual")


def message(context: Mapping[str, Any]) -> dict[str, Any]:
    """What a failed task says to the webhook. `context` is Airflow's."""
    ti = context["task_instance"]
    reason = str(context.get("exception") or context.get("reason") or "ended without a word")
    return {
        "text": f"Warraq: {ti.dag_id}.{ti.task_id} failed: {reason}",
        "dag": ti.dag_id,
        "outlet": ti.dag_id.removeprefix("warraq_"),
        "task": ti.task_id,
        "run": ti.run_id,
        "try": ti.try_number,
        "reason": reason,
        "log": getattr(ti, "log_url", ""),
    }
