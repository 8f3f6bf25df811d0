"""What alarms are judged by. Times are UTC. A part that is None could not be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archive.alarms.forecast import Series
from archive.alarms.sentences import Sentence


@dataclass(frozen=True, slots=True)
class OutletFacts:
    """One outlet that is switched on."""

    name: str
    schedule: str  # cron
    expected: datetime  # when the run after its last capture (or after it was first known) was to begin
    allowance: timedelta  # how long a run may take after that
    last_capture: datetime | None
    failing_since: datetime | None  # first capture of an unbroken row that told nothing
    known: int  # articles
    gone: int  # of them, within the last day
    layout: Sequence[Sentence] = ()  # how its pages are read otherwise than before
    layout_since: datetime | None = None
    layout_act: bool = True  # must a person do something about it?
    waiting: Series = ()  # articles that are announced and not captured


@dataclass(frozen=True, slots=True)
class Failure:
    """A task that failed, and has not succeeded since."""

    dag: str
    task: str
    when: datetime
    reason: str
    by_hand: bool = False  # a run that somebody started: they saw it fail
    since: datetime | None = None  # its first failure since it went well last


@dataclass(frozen=True, slots=True)
class Spooled:
    """Captures of an outlet that lie on this machine."""

    outlet: str
    files: int
    oldest: datetime  # when its oldest file was written last
    known: bool = True  # has the outlet a file?


@dataclass(frozen=True, slots=True)
class Disk:
    path: str
    free: Series  # bytes
    total: int


@dataclass(frozen=True, slots=True)
class StoreFacts:
    trouble: str = ""  # why it cannot be used; then the rest says nothing
    ahead: float = 0.0  # seconds that this machine's clock is ahead of the store's


@dataclass(frozen=True, slots=True)
class Unapplied:
    """Observations of the bucket that the catalog has not taken in."""

    objects: int = 0
    oldest: datetime | None = None  # when the oldest run of them was planned


@dataclass(frozen=True, slots=True)
class LogFacts:
    key: str = ""  # why this machine cannot sign; "" when it can
    waiting: int = 0  # leaves that nobody signed
    waiting_since: datetime | None = None
    outside: Mapping[str, str] = field(default_factory=dict)  # who does not vouch for the log any more → how one knows


@dataclass(frozen=True, slots=True)
class AuditFacts:
    began: datetime  # of audits; of this installation, when there was none yet
    newest: datetime | None  # last audit
    oldest: datetime | None  # everything that was there then has been verified since
    faults: int = 0  # that the last audit found
    first: str = ""  # the first of them


@dataclass(frozen=True, slots=True)
class MirrorFacts:
    began: datetime  # when it was first known to be wanted
    newest: datetime | None  # last time that it went to its end
    trouble: str = ""  # why it did not, the last time


@dataclass(frozen=True, slots=True)
class RebuildFacts:
    """A rebuild of the catalog that has not ended. What the catalog says meanwhile is half of it."""

    since: datetime
    seen: datetime  # its last sign of life
    done: int
    files: int  # of them all


@dataclass(frozen=True, slots=True)
class DagFacts:
    """One DAG of ours that Airflow knows."""

    dag: str
    outlet: bool = False  # an outlet's; else a duty of Warraq's, or an action
    paused: bool = False
    scheduled: bool = True  # False: runs by hand only, as an action or an outlet that is switched off
    due: datetime | None = None  # when its next run is to begin
    busy: bool = False  # a run of it has not ended: the next one waits for that


@dataclass(frozen=True, slots=True)
class DagsFacts:
    dags: tuple[DagFacts, ...]
    broken: Mapping[str, str] = field(default_factory=dict)  # DAG file → why it cannot be imported
    missing: tuple[str, ...] = ()  # DAGs that should be there and are not
    idle: Mapping[str, datetime] = field(
        default_factory=dict
    )  # DAG that is missing or late → since when checks have seen it so


@dataclass(frozen=True, slots=True)
class Facts:
    outlets: tuple[OutletFacts, ...] | None = None
    broken_files: Mapping[str, str] | None = None  # file → why
    failures: tuple[Failure, ...] | None = None
    spool: tuple[Spooled, ...] | None = None
    disks: tuple[Disk, ...] | None = None
    store: StoreFacts | None = None
    unapplied: Unapplied | None = None
    log: LogFacts | None = None
    audit: AuditFacts | None = None
    mirror: MirrorFacts | None = None
    mirror_wanted: bool = True
    rebuild: RebuildFacts | None = None  # None: none goes on
    airflow: Mapping[str, str] | None = None  # part of Airflow → why it is not well, "" when it is
    airflow_wanted: bool = True
    trouble: Mapping[str, str] = field(default_factory=dict)  # source (or outlet) that could not be asked → why
    dags: DagsFacts | None = None
    dags_wanted: bool = True
    unheard: str = ""  # why nobody took the last message; "" when somebody did
