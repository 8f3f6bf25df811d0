"""Why an outlet shows no articles, or no new ones: in words, the weightiest first. Pure.

Every rule looks at one place where it can stop: the file, the scheduler, the captures, the newest run's report, the articles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from archive.alarms.pace import after
from archive.outlet import RESERVED
from archive.web.views import isolated

if TYPE_CHECKING:
    from archive.catalog.rows import OutletRow
    from archive.outlet import Outlet
    from archive.web.house import DagState

Tone = Literal["bad", "warn", "quiet"]
TONES: tuple[Tone, ...] = ("bad", "warn", "quiet")
SILENCE = timedelta(minutes=80)  # as long as the alarm waits (archive.alarms.conditions, outlet-silent)
OVERDUE = timedelta(minutes=10)  # a scheduler that lives begins a run within a minute of its time


@dataclass(frozen=True, slots=True)
class Link:
    """`words`: English key. `top`: a page of Airflow's own, opened in the window around the frame."""

    path: str
    words: str
    top: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """`words`: English key, with the names of `values` in braces."""

    tone: Tone
    words: str
    values: Mapping[str, str] = field(default_factory=dict)
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one outlet. `scheduler`: there is one, and it could be asked."""

    outlet: str
    now: datetime
    file: Outlet | None = None
    broken: str = ""
    row: OutletRow | None = None
    report: Mapping[str, Any] = field(default_factory=dict)  # of its newest run, {} for none
    dag: DagState | None = None
    scheduler: bool = False

    @property
    def dag_id(self) -> str:
        return f"warraq_{self.outlet}"

    @property
    def running(self) -> bool:
        return self.dag is not None and self.dag.last_state in ("queued", "running")

    @property
    def fetched(self) -> bool:
        return self.row is not None and bool(self.row.last_capture)


def reasons(known: Known) -> list[Reason]:
    """Nothing when all is well."""
    found = [one for rule in (_file, _scheduler, _captures, _report, _articles) for one in rule(known)]
    return sorted(found, key=lambda one: TONES.index(one.tone))


def _file(known: Known) -> Iterator[Reason]:
    dag = Link(f"/dags/{known.dag_id}", "Its DAG", top=True)
    if known.broken:
        yield Reason("bad", "Its file cannot be used: {reason}", {"reason": isolated(known.broken)}, dag)
    elif known.file is None:
        yield Reason("quiet", "It has no outlet file any more, so nothing new is captured.")
    elif not known.file.enabled:
        yield Reason("quiet", "It is switched off in its file (enabled = false): it runs only by hand.", link=dag)


def _scheduler(known: Known) -> Iterator[Reason]:
    dag, page = known.dag, f"/dags/{known.dag_id}"
    if dag is None:
        if known.scheduler and known.file is not None:
            yield Reason("warn", "Airflow does not know its DAG yet. It reads the outlet files about once a minute.")
        return
    if dag.broken:
        yield Reason("bad", "Its DAG cannot be loaded: {reason}", {"reason": isolated(dag.broken)}, Link(page, "Its DAG", True))
    if dag.paused and known.file is not None and known.file.enabled:
        yield Reason("warn", "Its DAG is paused: nothing runs until somebody switches it on.", link=Link(page, "Its DAG", True))
    if dag.last_state == "failed" and not known.broken:
        run = Link(f"{page}/runs/{dag.last_run}", "That run", True)
        yield Reason("bad", "Its last run failed.", link=run)
    if dag.next_run and not known.running and datetime.fromisoformat(dag.next_run) + OVERDUE < known.now:
        words = "The run that was due at {time} has not begun. Does the scheduler run?"
        yield Reason("bad", words, {"time": isolated(dag.next_run[:16].replace("T", " "))}, Link("/alarms", "Alarms"))


def _captures(known: Known) -> Iterator[Reason]:
    if known.row is not None and known.row.failing_since:
        since, what = known.row.failing_since[:16].replace("T", " "), _trouble(known.report)
        words = "Nothing readable since {time}: {what}." if what else "Nothing readable since {time}."
        yield Reason("bad", words, {"time": isolated(since), "what": isolated(what)}, _run(known))
    if known.fetched:
        yield from _silence(known)
        return
    if known.file is None or known.broken:
        return
    if known.running:
        yield Reason("quiet", "Its first run is under way.")
    elif known.dag is not None and not known.dag.last_run:
        yield Reason("quiet", "It has not run yet.")
    elif known.dag is not None and known.dag.last_state == "success":
        yield Reason("warn", "Its runs have captured nothing.", link=_run(known))


def _silence(known: Known) -> Iterator[Reason]:
    """The run that should have followed the last capture did not come. A dead scheduler rings no alarm, so it is said here."""
    if known.file is None or known.row is None or not known.file.enabled or known.outlet == RESERVED:
        return
    last = datetime.fromisoformat(known.row.last_capture)
    if after(known.file.schedule, last) + timedelta(seconds=known.file.budget) + SILENCE < known.now:
        time = isolated(known.row.last_capture[:16].replace("T", " "))
        yield Reason("bad", "Nothing has been captured since {time}.", {"time": time}, _run(known))


def _trouble(report: Mapping[str, Any]) -> str:
    """What the requests came to that told nothing, by number: `blocked 12, timeout 3`."""
    outcomes = {name: n for name, n in report.get("outcomes", {}).items() if name in ("blocked", "broken", "refused")}
    counted = sorted((*outcomes.items(), *report.get("failures", {}).items()), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {n}" for name, n in counted)


def _report(known: Known) -> Iterator[Reason]:
    jobs, asked = known.report.get("jobs", {}), known.report.get("roles", {}).get("article", {}).get("asked", 0)
    if n := jobs.get("robots-unreachable"):
        yield Reason("bad", "Its robots.txt cannot be had, so its pages are not asked for ({n}).", {"n": str(n)}, _run(known))
    if n := jobs.get("disallowed"):
        tone: Tone = "quiet" if asked else "warn"
        yield Reason(
            tone, "Its robots.txt forbids pages that we know of ({n}); they are left alone.", {"n": str(n)}, _run(known)
        )
    if n := jobs.get("private"):
        yield Reason("bad", "Its address is a private one, where nothing is asked ({n}).", {"n": str(n)}, _run(known))
    for host, why in sorted(known.report.get("given_up", {}).items()):
        values = {"host": isolated(host), "why": isolated(str(why))}
        yield Reason("warn", "In its newest run {host} was given up: {why}", values, _run(known))
    lists = known.report.get("lists", {}).values()
    if any(one.get("documents") for one in lists) and not any(one.get("items") for one in lists):
        yield Reason("warn", "Its lists (feed, sitemap, REST) name no article.", link=_run(known))


def _articles(known: Known) -> Iterator[Reason]:
    row = known.row
    if row is None or row.articles:
        return
    if row.captures:
        words = "Its pages were captured ({n}), but no article could be read in them: see the layouts in its file."
        yield Reason("warn", words, {"n": str(row.captures)}, _run(known))
    elif row.waiting:
        yield Reason("quiet", "Articles are announced ({n}) and wait for their turn.", {"n": str(row.waiting)}, _run(known))


def _run(known: Known) -> Link | None:
    """Our page of the newest run."""
    if known.dag is None or not known.dag.last_run:
        return None
    return Link(f"/run/{known.dag_id}/{known.dag.last_run}", "That run")
