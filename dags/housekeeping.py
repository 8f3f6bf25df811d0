"""Recurring duties of no outlet: sweep, republications, anchors, audit, second copy, pruning of Airflow's own history."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from _steps import DEFAULTS, LOG, Webhook, done_within, every_sealed, kept, run, runbook, warraq
from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowSkipException

from archive import settings

SWEEP = """
Reads and seals what no run of its own has: records of a crawl whose later steps never came, or of a machine that died.

## How to check that it works
Its newest run is green; most days the last line says that nothing was left.

## If it fails
The last line of the log names the thing and the remedy: exit 78 is a setting or the bucket, 65 a record that contradicts
itself (run `warraq verify`), 75 passed by itself on other days. Clear the task to try again; it repeats no work.

If it says that files of runs older than two days are not in the log: a machine of yours that was away may have put them there,
or an intruder. `warraq repair` lists them; `warraq repair --accept KEY` logs what is yours (docs/OPERATIONS.md, "Repair").
"""
REPUBLISHED = """
Looks each hour for the texts of new versions among all articles: which of them hold another one's text, of whatever outlet. The
pairs are on the pages of both articles and in `warraq republished`. A run stops after ten minutes; the rest waits for the next.

## How to check that it works
Its newest run is green; the last line says how many articles were looked for, or that nothing was new.

## If it fails
Captures, readings and the log do not need it: only new pairs are late. Exit 75 passed by itself on other days, clear the
task to try again; 78 is a setting or the bucket; 65 names an object that contradicts itself (run `warraq verify`).
"""
MIRROR = """
Brings the second copy up to date, where WARRAQ_MIRROR names one (docs/OPERATIONS.md, "A second copy"); skipped otherwise. It
only ever adds there, and copies nothing that is not what the log says of it.

## How to check that it works
Its newest run is green, and the last line says how many leaves the copy has: as many as the log, or a few less.

## If it fails
- exit 65: something is damaged or missing and was not copied, or the log of the archive does not continue the copy's. The log
  names each object. **The copy is now the good one**: restore from it with `warraq repair --from-copy` (docs/OPERATIONS.md,
  "Repair"). The run is red until then; everything else was copied all the same.
- exit 78: the copy's address, key or bucket is wrong, or the bucket is not fit for a copy. The line says what to set.
- exit 75: it could not be reached, or is full. Clear the task to try again: it goes on where it was.
"""
ANCHOR = """
Each hour: has the newest signed checkpoint of the log time-stamped (`WARRAQ_TSA`), cosigned (`WARRAQ_WITNESSES`) and, once a
day, noted in the checkpoint book. A stolen key and a rewritten log are noticed only by someone who kept an old checkpoint:
these are the ones who do. Captures never wait for it.

## How to check that it works
Its newest run is green, and its last line says who stamped and cosigned; an authority that did not answer is named there and
asked again in an hour. `warraq doctor` says how old the newest token is; docs/OPERATIONS.md has "Time from outside".

## If it fails
- **exit 75**: nobody who was asked answered, and it was tried {tries} times. The line names each and why. Nothing is lost: the
  next run asks again, over a newer checkpoint that covers the same leaves. If it goes on, ask another authority.
- **exit 65**: the log contradicts the checkpoint book, a witness or its own tiles: **rolled back** or **forked**. Change
  nothing in the bucket, keep the book, run `warraq verify`, and read docs/OPERATIONS.md, "The signing key", if the key may
  be stolen.
- **exit 78**: a setting (an address, a key of a witness, the file of roots) or the signing key. The line names it.
"""
AUDIT = """
Verifies the archive, a part of it each day, so that everything is looked at within `within_days`: every object against its
leaf in the log, records, observations, snapshots. The log itself is audited every day: batches, tiles, signatures, and what
others remember of it. It only reads.

## How to check that it works
Its newest run is green, and the last line says how many of 256 shares were looked at, with 0 findings.

## If it fails
- **exit 65**: something is not what was logged. The last line, which the alarm carries too, names the object, what is wrong
  with it and what to do; the log above has every finding, docs/VERIFY.md explains the kinds. Change nothing by hand: keep the
  object as it is, put it back with `warraq repair`, then clear the task. Its share is looked at every day until it is whole.
  **rolled back**, **forked** and **wrong signer** are about the log as a whole: stop capturing first (docs/THREATS.md).
- **exit 75**: the bucket could not be reached. Clear the task to try again.
- **exit 78**: a setting, the bucket or the signing key. The line says what to set.
"""
PRUNE = """
Deletes Airflow's own history (runs, task instances, XComs, events) and its log files once they are older than `keep_days`, and
evidence bundles that were kept for 30 days (each can be made again).
It never touches the archive: the bucket, the catalog and the spool know nothing of it.

## How to check that it works
Its newest run is green. The last line of `prune_logs` counts the files; `prune_database` lists the rows of each table.

## If it fails
Nothing of the archive is in danger; Airflow's database and log folder only grow. Read the last lines of the log: most often
the database was busy (clear the task), or its address is not in `airflow.cfg` but only in the environment (see
docs/OPERATIONS.md).
"""


CONDITIONS = {
    "warraq_sweep": ("spool", "catalog-behind"),
    "warraq_mirror": ("mirror",),
    "warraq_anchor": ("outside", "log-unsigned"),
    "warraq_audit": ("audit-finding", "audit-overdue"),
    "warraq_prune": ("disk",),
}


def _dag(dag_id: str, doc: str, schedule: str, hours: int, **more) -> DAG:
    """`hours`: in which it must be done. Its last task has the name of the DAG, or is the one that deletes."""
    return DAG(
        dag_id,
        doc_md=doc + runbook(*CONDITIONS.get(dag_id, ()), "run-failed"),
        schedule=schedule,
        deadline=done_within(
            {"warraq_prune": "prune_logs"}.get(dag_id, dag_id.removeprefix("warraq_")), timedelta(hours=hours)
        ),
        # No start date: with one, a fresh installation would begin by catching up on the latest missed night.
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=["warraq", "housekeeping"],
        default_args={**DEFAULTS, "on_failure_callback": Webhook()},
        **more,
    )


with _dag("warraq_sweep", SWEEP, "41 3 * * *", 12, description="Seals what is left over"):

    @task(outlets=[LOG])
    def sweep() -> str:
        return warraq("seal", "--all")

    sweep()


with _dag("warraq_republished", REPUBLISHED, "37 * * * *", 2, description="Finds articles that hold another one's text"):

    @task(inlets=every_sealed(), outlets=[kept("republished")])
    def republished() -> str:
        return warraq("republished", "--find")

    republished()


with _dag("warraq_mirror", MIRROR, "23 5 * * *", 23, description="Brings the second copy up to date"):

    @task(
        inlets=[LOG], outlets=[kept("copied")], execution_timeout=timedelta(hours=12)
    )  # the first copy of a large archive; cut short, the next one goes on
    def mirror() -> str:
        if not settings.from_environment().mirror:
            raise AirflowSkipException("no second copy is set: WARRAQ_MIRROR")
        return warraq("mirror")

    mirror()


with _dag(
    "warraq_anchor",
    ANCHOR.format(tries=DEFAULTS["retries"] + 1),
    "7 * * * *",
    2,
    description="Time stamps and cosignatures on the log, and the checkpoint book",
):

    @task(inlets=[LOG], outlets=[kept("vouched")])
    def anchor() -> str:
        return warraq("anchor")

    anchor()


with _dag(
    "warraq_audit",
    AUDIT,
    "53 1 * * *",
    23,
    description="Verifies everything within some days, a part each day",
    params={"within_days": Param(7, type="integer", minimum=1, description="Days in which everything is verified")},
):

    @task(inlets=[LOG], outlets=[kept("audited")], execution_timeout=timedelta(hours=12))
    def audit(**context) -> str:
        return warraq("audit", "--within", f"{context['params']['within_days']}d")

    audit()


def airflow_environment(env: dict[str, str]) -> dict[str, str]:
    """The environment of an `airflow` command that works on the database.

    Airflow's own processes run tasks with the database's address replaced by one that refuses, so that tasks
    keep their hands off it. Pruning it is this task's work: the address of `airflow.cfg` is taken instead.
    """
    kept = dict(env)
    for name in ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__CORE__SQL_ALCHEMY_CONN"):
        if kept.get(name, "").startswith("airflow-db-not-allowed"):
            del kept[name]
    return kept


def old_logs(folder: Path, before: datetime) -> list[Path]:
    """Log files under `folder` last written before `before`; links are not followed."""
    found = []
    for where, _, names in os.walk(folder):
        paths = [Path(where, name) for name in names if ".log" in name]
        found += [p for p in paths if not p.is_symlink() and p.stat().st_mtime < before.timestamp()]
    return sorted(found)


def empty_folders(folder: Path, before: datetime) -> list[Path]:
    """Empty folders below `folder`, untouched since `before`: a task may be about to write into a newer one."""
    return [
        Path(w)
        for w, _, _ in os.walk(folder)
        if w != str(folder) and not os.listdir(w) and os.stat(w).st_mtime < before.timestamp()
    ]


with _dag(
    "warraq_prune",
    PRUNE,
    "17 4 * * 0",
    6,
    description="Prunes Airflow's own history and logs",
    params={"keep_days": Param(30, type="integer", minimum=1, description="Days of Airflow history and logs that are kept")},
):

    def _before(context) -> datetime:
        return context["dag_run"].run_after - timedelta(days=context["params"]["keep_days"])

    @task
    def prune_database(**context) -> str:
        airflow = str(Path(sys.executable).parent / "airflow")
        before = _before(context).isoformat()
        clean = [airflow, "db", "clean", "--clean-before-timestamp", before, "--skip-archive", "--yes"]
        run(clean, airflow_environment(dict(os.environ)))
        return f"prune: Airflow's history before {before} is gone"

    @task
    def prune_logs(**context) -> str:
        from airflow.sdk.configuration import conf

        folder = Path(conf.get("logging", "base_log_folder"))
        gone = old_logs(folder, _before(context))
        for path in gone:
            path.unlink(missing_ok=True)
        for where in empty_folders(folder, _before(context)):
            where.rmdir()
        return f"prune: {len(gone)} log files older than {_before(context):%Y-%m-%d} are gone"

    @task
    def prune_bundles() -> str:
        from archive.prove.kept import DAYS, prune

        gone = prune(settings.from_environment().state, datetime.now(UTC))
        return f"prune: {len(gone)} evidence bundles that were kept for {DAYS} days are gone"

    prune_database()
    prune_logs()
    prune_bundles()
