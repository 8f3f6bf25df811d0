"""Which conditions are wrong, from facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from archive.alarms import forecast, pace, runs
from archive.alarms.facts import (
    AuditFacts,
    Disk,
    Facts,
    LogFacts,
    MirrorFacts,
    OutletFacts,
    RebuildFacts,
    Spooled,
    StoreFacts,
    Unapplied,
)
from archive.alarms.model import Finding, Severity, ago
from archive.alarms.sentences import joined, minute

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FAILING = HOUR  # that a site tells nothing: a restart, a short wall
MANY, SHARE = 10, 0.05  # articles that went within a day, and of those that are known
SPOOLED = timedelta(hours=2)  # beyond a run's own time
APPLIED = timedelta(hours=6)  # from a run's plan until the catalog has it; the spider's own time among it
SIGNED = HOUR
AUDITED, ALL_AUDITED = timedelta(hours=49), timedelta(days=9)  # the DAG audits daily, and everything within 7 days
REBUILT = HOUR  # without a sign of life of a rebuild, which gives one a minute
MIRRORED = timedelta(hours=49)  # the DAG copies daily
WEEK = timedelta(days=7)
LEAST = 1 << 30  # free bytes without which nothing runs (as `warraq doctor` has it)
CLOCK, CLOCK_STOPS = 2.0, 30.0  # seconds (as `warraq doctor` has it)

# Which part of the facts each condition needs: without it, it is not judged.
NEEDS: Mapping[str, str] = {
    "outlet-silent": "outlets",
    "outlet-failing": "outlets",
    "layout": "outlets",
    "mass-deletion": "outlets",
    "backlog": "outlets",
    "run-failed": "failures",
    "outlet-file": "broken_files",
    "spool": "spool",
    "disk": "disks",
    "store": "store",
    "clock": "store",
    "catalog-behind": "unapplied",
    "log-unsigned": "log",
    "outside": "log",
    "audit-finding": "audit",
    "audit-overdue": "audit",
    "mirror": "mirror",
    "scheduler": "airflow",
    "dag-paused": "dags",
    "dag-idle": "dags",
    "dag-broken": "dags",
}


def found(facts: Facts, now: datetime) -> tuple[list[Finding], frozenset[str]]:
    """What is wrong, and the names of the conditions that could not be judged."""
    out: list[Finding] = []
    paused = runs.paused_outlets(facts.dags)
    for outlet in facts.outlets or ():  # that it is paused says why it is silent
        out += (one for one in _outlet(outlet, now) if one.condition != "outlet-silent" or outlet.name not in paused)
    out += [Finding("outlet-file", file, "{reason}", {"reason": why}) for file, why in (facts.broken_files or {}).items()]
    for spooled in facts.spool or ():
        out += _spooled(spooled, now)
    for disk in facts.disks or ():
        out += _disk(disk, now)
    out += _store(facts.store) if facts.store else ()
    out += _unapplied(facts.unapplied, now) if facts.unapplied else ()
    out += _log(facts.log, now) if facts.log else ()
    busy = runs.busy(facts.dags)
    out += _audit(facts.audit, now, busy="warraq_audit" in busy) if facts.audit else ()
    out += _mirror(facts.mirror, now, busy=runs.MIRROR in busy) if facts.mirror else ()
    out += _rebuild(facts.rebuild, now) if facts.rebuild else ()
    out += runs.dags(facts.dags, now, mirror_wanted=facts.mirror_wanted) if facts.dags else ()
    out += [Finding("scheduler", part, "{reason}", {"reason": why}) for part, why in (facts.airflow or {}).items() if why]
    out += [Finding("not-judged", source, "{reason}", {"reason": why}) for source, why in facts.trouble.items()]
    out += [Finding("unheard", "", "{reason}", {"reason": facts.unheard})] if facts.unheard else []
    out += runs.failures(facts.failures or (), {one.condition for one in out}, facts.dags, now)
    unknown = {name for name, part in NEEDS.items() if getattr(facts, part) is None}
    if facts.store and facts.store.trouble:
        unknown |= {"clock"}
    if not facts.mirror_wanted:
        unknown -= {"mirror"}
    if not facts.airflow_wanted:
        unknown -= {"scheduler"}
    if not facts.dags_wanted:
        unknown -= {name for name, part in NEEDS.items() if part == "dags"}
    return out, frozenset(unknown)


def apart(facts: Facts) -> frozenset[tuple[str, str]]:
    """Conditions of single subjects that could not be judged: of outlets that could not be asked."""
    return frozenset((name, subject) for subject in facts.trouble for name, part in NEEDS.items() if part == "outlets")


def _outlet(one: OutletFacts, now: datetime) -> Iterator[Finding]:
    last = minute(one.last_capture) if one.last_capture else ""
    values = {"last": last, "schedule": one.schedule, "expected": minute(one.expected)}
    if now > one.expected + one.allowance:
        say = (
            "No capture since {last}; a run was due at {expected} (schedule {schedule})."
            if last
            else "Never captured; a run was due at {expected} (schedule {schedule})."
        )
        yield Finding("outlet-silent", one.name, say, values, since=one.expected)
    since = one.failing_since
    if since is not None and now > max(since + FAILING, pace.after(one.schedule, since) + one.allowance):  # two runs at least
        worse: Severity | None = "act" if now - since > DAY else None
        say = "Every answer since {since} was blocked or broken."
        yield Finding("outlet-failing", one.name, say, {"since": minute(since)}, worse, since)
    if one.layout:
        how: Severity | None = None if one.layout_act else "watch"
        yield Finding("layout", one.name, *joined(one.layout), how, one.layout_since)
    if one.gone >= max(MANY, SHARE * one.known):
        say = "{gone} of {known} articles went within a day."
        yield Finding("mass-deletion", one.name, say, {"gone": f"{one.gone:,}", "known": f"{one.known:,}"})
    if rise := forecast.grows(one.waiting, now):
        say = "{waiting} articles wait, {rise} more each day."
        yield Finding("backlog", one.name, say, {"waiting": f"{one.waiting[-1][1]:,.0f}", "rise": f"{rise:,}"})


def _spooled(one: Spooled, now: datetime) -> Iterator[Finding]:
    if now - one.oldest > SPOOLED:
        say = "{files} files lie in the spool, the oldest since {since}."
        if not one.known:
            say = "{files} files lie in the spool since {since}, and the outlet has no file: put it back, enabled = false."
        yield Finding("spool", one.outlet, say, {"files": f"{one.files:,}", "since": minute(one.oldest)}, since=one.oldest)


def _disk(one: Disk, now: datetime) -> Iterator[Finding]:
    free = one.free[-1][1] if one.free else None
    if free is None:
        return
    left = forecast.full_in(one.free, now)
    values = {"free": f"{free / (1 << 30):,.1f}", "total": f"{one.total / (1 << 30):,.0f}"}
    if free < LEAST:
        yield Finding("disk", one.path, "{free} GB of {total} GB are free; nothing runs with less than 1 GB.", values, "urgent")
    elif left is not None and left < WEEK:
        hours = left.total_seconds() / 3600
        values |= {"days": f"{hours / 24:.1f}"}
        soon: Severity | None = "urgent" if left < DAY else None
        yield Finding("disk", one.path, "{free} GB of {total} GB are free; it will be full in {days} days.", values, soon)


def _store(one: StoreFacts) -> Iterator[Finding]:
    if one.trouble:
        yield Finding("store", "", "{reason}", {"reason": one.trouble})
    elif abs(one.ahead) > CLOCK:
        say = "It is {seconds} s ahead of the store's." if one.ahead > 0 else "It is {seconds} s behind the store's."
        worse: Severity | None = "urgent" if abs(one.ahead) > CLOCK_STOPS else None
        yield Finding("clock", "", say, {"seconds": f"{abs(one.ahead):.1f}"}, worse)


def _unapplied(one: Unapplied, now: datetime) -> Iterator[Finding]:
    if one.objects and one.oldest is not None and now - one.oldest > APPLIED:
        say = "{objects} observations objects are not in it, the oldest of a run of {since}."
        values = {"objects": f"{one.objects:,}", "since": minute(one.oldest)}
        yield Finding("catalog-behind", "", say, values, since=one.oldest)


def _log(one: LogFacts, now: datetime) -> Iterator[Finding]:
    if one.key:
        yield Finding("log-unsigned", "", "{reason}", {"reason": one.key})
    elif one.waiting and one.waiting_since is not None and now - one.waiting_since > SIGNED:
        values = {"leaves": f"{one.waiting:,}", "since": minute(one.waiting_since)}
        yield Finding("log-unsigned", "", "{leaves} leaves are unsigned since {since}.", values, since=one.waiting_since)
    for who, why in one.outside.items():
        yield Finding("outside", who, "{reason}", {"reason": why})


def _audit(one: AuditFacts, now: datetime, *, busy: bool) -> Iterator[Finding]:
    """`busy`: its DAG is at it, and says itself if it does not end (its deadline, `run-failed`)."""
    if one.faults:
        values = {"faults": f"{one.faults:,}", "first": one.first}
        yield Finding("audit-finding", "", "{faults} findings; the first: {first}", values)
    if busy:
        return
    newest = one.newest or one.began
    if ago(newest, now) > AUDITED:
        say = "The last audit was at {since}." if one.newest else "None was made since {since}."
        yield Finding("audit-overdue", "", say, {"since": minute(newest)}, since=newest + DAY)
    elif one.oldest is not None and ago(one.oldest, now) > ALL_AUDITED:
        yield Finding("audit-overdue", "", "Not everything was verified since {since}.", {"since": minute(one.oldest)})


def _mirror(one: MirrorFacts, now: datetime, *, busy: bool) -> Iterator[Finding]:
    """`busy`: as for the audit."""
    if one.trouble:
        yield Finding("mirror", "", "{reason}", {"reason": one.trouble})
    elif not busy and ago(newest := one.newest or one.began, now) > MIRRORED:
        say = "It was last brought up to date at {since}." if one.newest else "It was never brought up to date, since {since}."
        yield Finding("mirror", "", say, {"since": minute(newest)}, since=newest + DAY)


def rebuilding(one: RebuildFacts | None, now: datetime) -> bool:
    """Does it go on, so that nothing that rests on the catalog can be judged?"""
    return one is not None and abs(now - one.seen) <= REBUILT


def _rebuild(one: RebuildFacts, now: datetime) -> Iterator[Finding]:
    if not rebuilding(one, now):
        say = "It began at {since}; when last seen, at {seen}, {done} of {files} files were in the catalog."
        values = {"since": minute(one.since), "seen": minute(one.seen), "done": f"{one.done:,}", "files": f"{one.files:,}"}
        yield Finding("rebuild", "", say, values, since=one.seen)
