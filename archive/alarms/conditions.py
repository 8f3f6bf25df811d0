"""Every condition that an alarm can be about. docs/OPERATIONS.md has a section of its name for each: symptom, check, remedy."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from archive.alarms.model import Condition

_MINUTES, _HOURS = timedelta(minutes=1), timedelta(hours=1)
_NO_RUNS = ("scheduler", "store")  # while nothing runs, no outlet is to blame
RUNS = frozenset({"scheduler", "api-server", "metadatabase"})  # parts of Airflow without which no task runs
_MISSED = 45 * _MINUTES  # a machine that was off for days makes up for what it missed
_HALF = (*_NO_RUNS, "rebuild")  # a catalog that is half filled says nothing of outlets

_ALL = (
    Condition(
        "outlet-silent",
        "Nothing is captured",
        "Look at the outlet's newest run in Airflow: paused, failed, or never started?",
        "act",
        patience=20 * _MINUTES,  # a machine that was off captures again meanwhile
        hidden_by=_NO_RUNS,
    ),
    Condition(
        "outlet-failing",
        "The site tells nothing",
        "Open the site in a browser: down, or does it refuse us? Captures go on by themselves.",
        "watch",
        hidden_by=_HALF,
    ),
    Condition(
        "layout",
        "Pages are read otherwise than before",
        "Look at the five addresses, then correct the layout or accept the look.",
        "act",
        hidden_by=("rebuild",),
    ),
    Condition(
        "mass-deletion",
        "Many articles went at once",
        "Look at the site: a clean-up, a new address, or an outage that looks like one?",
        "act",
        hidden_by=("rebuild",),
    ),
    Condition("run-failed", "A run failed", "Read the last line of the failed task's log; it says what to do.", "act"),
    Condition("outlet-file", "An outlet file cannot be used", "Correct the file; the line says where.", "act"),
    Condition(
        "spool",
        "Captures have not left this machine",
        "Run `warraq seal --all` here; it uploads and seals them.",
        "act",
        patience=_MISSED,
        hidden_by=("store",),
    ),
    Condition(
        "audit-finding",
        "Something is not what was logged",
        "Change nothing by hand. Run `warraq verify`, then `warraq repair`.",
        "urgent",
    ),
    Condition(
        "audit-overdue",
        "The archive was not audited in time",
        "Look at the DAG warraq_audit, or run `warraq audit`.",
        "act",
        patience=_MISSED,
        hidden_by=_NO_RUNS,
    ),
    Condition(
        "log-unsigned",
        "The log cannot be signed",
        "Give this machine the key in force, from its backup; then run `warraq seal --all`.",
        "urgent",
        patience=10 * _MINUTES,
    ),
    Condition(
        "outside",
        "Nobody outside vouches for the log",
        "Run `warraq anchor`: it says who does not answer, and why.",
        "act",
        patience=2 * _HOURS,  # it is asked each hour
        hidden_by=_NO_RUNS,
    ),
    Condition(
        "mirror",
        "The second copy is behind",
        "Run `warraq mirror`; it says what is in the way.",
        "act",
        patience=_MISSED,
        hidden_by=_NO_RUNS,
    ),
    Condition(
        "store",
        "The store cannot be used",
        "Start it, or ask its owner; nothing is lost while the disk has room.",
        "urgent",
        patience=9 * _MINUTES,
    ),
    Condition(
        "catalog-behind",
        "The catalog lacks what the bucket has",
        "Run `warraq seal --all`; if that leaves anything, `warraq rebuild`.",
        "act",
        patience=_HOURS,  # between the end of a late run's reading and its seal
        hidden_by=("rebuild",),
    ),
    Condition(
        "rebuild",
        "A rebuild of the catalog did not end",
        "Run `warraq rebuild` again; until it ends, what rests on the catalog is not judged.",
        "act",
    ),
    Condition(
        "disk", "The disk is filling up", "Free some space, or move the state folder to a larger disk.", "act", calm=_HOURS
    ),
    Condition("clock", "The clock of this machine is wrong", "Set it (chrony or systemd-timesyncd).", "act"),
    Condition(
        "scheduler",
        "The scheduler does not beat",
        "Run `python3.11 -m stack status`; start what is down.",
        "urgent",
        patience=9 * _MINUTES,  # a restart, an answer that was slow once
        explains=RUNS,
    ),
    Condition(
        "dag-paused",
        "A DAG is paused",
        "Resume it in Airflow; if it is paused on purpose, say so (*I see to it*), and it is quiet for a week.",
        "act",
        patience=_HOURS,
    ),
    Condition(
        "dag-idle",
        "A DAG does not run",
        "Look at its page in Airflow, and at the file that it comes from.",
        "act",
        hidden_by=("scheduler",),
    ),
    Condition(
        "dag-broken",
        "A DAG file cannot be used",
        "Install Warraq again as README.md says; the line is the file's own error.",
        "act",
        patience=15 * _MINUTES,  # an upgrade, half way
    ),
    Condition(
        "backlog",
        "More waits each day than is captured",
        "Give the outlet more time a run (budget), a shorter delay, or fewer revisits.",
        "watch",
        calm=6 * _HOURS,
        hidden_by=_HALF,
    ),
    Condition(
        "not-judged",
        "Something cannot be looked at",
        "Correct what the line names; until then nobody knows whether that part is well.",
        "act",
        patience=20 * _MINUTES,  # a store or a database that is away for a moment
    ),
    Condition("unheard", "Alarms reach nobody", "Correct WARRAQ_WEBHOOK or the mail connection, or ask its owner.", "act"),
)
CONDITIONS: Mapping[str, Condition] = {one.name: one for one in _ALL}
