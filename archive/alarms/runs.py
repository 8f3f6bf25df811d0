"""Which runs are wrong: tasks that failed, DAGs that are paused, late, unknown or broken. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from archive.alarms.facts import DagFacts, DagsFacts, Failure
from archive.alarms.model import Finding
from archive.alarms.sentences import minute

BY_HAND = timedelta(days=1)  # who started a run has seen by then that it failed
BEGUN = timedelta(minutes=30)  # that checks see no run begin, or no DAG
PREFIX, MIRROR = "warraq_", "warraq_mirror"


def failures(failed: tuple[Failure, ...], told: set[str], known: DagsFacts | None, now: datetime) -> Iterator[Finding]:
    """One for each DAG: its newest, of a scheduled run if there is one. Audit and mirror have findings that say it better."""
    own = {"warraq_audit": "audit-finding", "warraq_mirror": "mirror"}
    live = [one for one in failed if own.get(one.dag) not in told and not (one.by_hand and abs(now - one.when) > BY_HAND)]
    newest = {one.dag: one for one in sorted(live, key=lambda one: (not one.by_hand, one.when))}
    for dag, one in sorted(newest.items()):
        first = min(other.since or other.when for other in live if other.dag == dag)
        values, gone = {"task": one.task, "reason": one.reason}, _gone(one, known)
        yield Finding("run-failed", dag, gone or "{task}: {reason}", values, since=first, ended=bool(gone))


def _gone(one: Failure, dags: DagsFacts | None) -> str:
    """Why no run of its DAG can end this failure any more; "" while one can, or nobody knows."""
    if dags is None or not dags.dags:
        return ""
    known = next((dag for dag in dags.dags if dag.dag == one.dag), None)
    if known is None and one.dag in dags.missing:  # it is to come back
        return ""
    if known is None:
        return "Airflow knows no DAG of this name any more. What it said last: {task}: {reason}"
    if known.outlet and not known.scheduled and not one.by_hand:
        return "The outlet was switched off. What its run said last: {task}: {reason}"
    return ""


def idle(one: DagsFacts, now: datetime) -> dict[str, datetime | None]:
    """DAGs that are missing (None), or of which a run was to begin and did not. So they are for a moment after each start."""
    late = {dag.dag: dag.due for dag in one.dags if not dag.paused and not dag.busy and dag.due is not None and now > dag.due}
    return {**dict.fromkeys(one.missing), **late}


def dags(one: DagsFacts, now: datetime, *, mirror_wanted: bool) -> Iterator[Finding]:
    yield from (Finding("dag-broken", file, "{reason}", {"reason": why}) for file, why in one.broken.items())
    for name, due in idle(one, now).items():
        if name in one.idle and now - one.idle[name] >= BEGUN:
            if due is None:
                yield Finding("dag-idle", name, "Airflow knows no DAG of this name.", since=one.idle[name])
            else:
                yield Finding("dag-idle", name, "A run was due at {due}, and none began.", {"due": minute(due)}, since=due)
    for dag in one.dags:
        if dag.paused and (dag.scheduled or not dag.outlet) and (dag.dag != MIRROR or mirror_wanted):
            yield _paused(dag)


def _paused(one: DagFacts) -> Finding:
    """Of an outlet, or an action: as calm as it is, since somebody did so on purpose."""
    if one.outlet:
        return Finding(
            "dag-paused", one.dag.removeprefix(PREFIX), "Nothing of it is captured until its DAG is resumed.", {}, "watch"
        )
    if not one.scheduled:
        return Finding("dag-paused", one.dag, "Whatever is asked of it waits until it is resumed.", {}, "watch")
    return Finding("dag-paused", one.dag, "It is one of Warraq's duties, and is not done until it is resumed.")


def busy(one: DagsFacts | None) -> set[str]:
    """DAGs of which a run has not ended."""
    return {dag.dag for dag in (one.dags if one else ()) if dag.busy}


def paused_outlets(one: DagsFacts | None) -> set[str]:
    return {dag.dag.removeprefix(PREFIX) for dag in (one.dags if one else ()) if dag.outlet and dag.paused}
