"""Acts: what somebody decided about the archive, each an object of its own (docs/FORMAT.md, "Acts"). Pure.

An act changes nothing that was captured. Whether an article is withheld or held now follows from all acts, in the order of
their times, in whatever order they arrive.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from archive import keys
from archive.errors import BadRecord, Refused

FORMAT = 1
PREFIX = "acts/"
KINDS = {
    "restrict": "the article is hidden from pages, search and exports",
    "lift": "it is shown again",
    "hold": "its objects are under legal hold",
    "release": "they are no longer",
    "watch": "a page is captured now and then, at a pace of its own",
    "unwatch": "it is not any more, unless its outlet does",
    "rotate": "the log is signed with another key from here on",
    "repair": "objects were put back from a second copy, or what was put was logged late",
    "accept-layout": "an outlet's new look is accepted: what it changed in the texts is no edit",
    "redact": "reserved: bytes were removed by order; nothing in this version does",
}
ACCEPT = "accept-layout"
PAIRS = {"restrict": "lift", "hold": "release", "watch": "unwatch"}  # what begins a state, what ends it
_LAST = datetime.max.replace(tzinfo=UTC)
_KIND = re.compile(r"[a-z][a-z-]{0,39}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_ARTICLE = re.compile(r"[0-9a-f]{32}")
_SHAPE = re.compile(r"[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Act:
    """One decision. Empty fields are left out of the object."""

    act: str  # one of KINDS; of a newer version: another slug, which this one keeps and does not understand
    time: str  # UTC with microseconds, `2026-11-22T01:12:00.000000Z`
    by: str  # who decided, as the machine knows them
    reason: str
    outlet: str = ""
    article: str = ""  # 32 hex digits, of an act about one article
    url: str = ""
    log_size: int = 0  # leaves of the log before this act was put: it is logged at or after them
    more: Mapping[str, Any] = field(default_factory=dict, hash=False)  # what only this kind of act says, JSON values
    v: int = FORMAT

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.time)


@dataclass(frozen=True, slots=True)
class Ruling:
    """Since when something is in force, and by which act (its key)."""

    since: str
    key: str


@dataclass(frozen=True, slots=True)
class Pace:
    """A page is watched: by which act (its key), since when without a break, how often."""

    since: str
    key: str
    every: int  # seconds
    outlet: str
    url: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is in force for one article; None: it is not."""

    withheld: Ruling | None = None
    held: Ruling | None = None


def stamp(when: datetime) -> str:
    """The time of an act, from a clock."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def after(when: datetime, acts: Collection[Act]) -> str:
    """The time of an act that is made at `when` and answers these: later than each of them, whatever their clocks said.

    Behind the last time that there is nothing is later: then it is that one, at which what protects stands.
    """
    newest = max((act.when for act in acts), default=when)
    return stamp(max(when, newest + min(timedelta(microseconds=1), _LAST - newest) if acts else when))


def dump(act: Act) -> bytes:
    """The object: one JSON object with sorted keys, UTF-8, a newline. Refused when the act does not say enough."""
    found = wrong(act)
    if found:
        raise Refused(f"this act cannot be kept: {found}", "an act needs a kind, a time, who decided it and why")
    row = {name: value for name, value in asdict(act).items() if value}
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n"


def load(data: bytes) -> Act:
    """The act of an object; BadRecord when it is none."""
    try:
        row: Any = orjson.loads(data)
    except ValueError as error:
        raise BadRecord(f"not an act: {error}") from error
    if not isinstance(row, dict):
        raise BadRecord("not an act: no JSON object")
    if row.get("v") != FORMAT:
        raise BadRecord(f"an act of format {row.get('v')}", "upgrade Warraq before reading this bucket")
    unknown = sorted(set(row) - {one.name for one in fields(Act)})
    if unknown:
        raise BadRecord(f"an act with unknown fields: {', '.join(unknown)}")
    given: dict[str, Any] = {"act": "", "time": "", "by": "", "reason": ""} | row
    act = Act(**given)
    found = wrong(act)
    if found:
        raise BadRecord(f"not an act: {found}")
    return act


def wrong(act: Act) -> str:
    """What is wrong with the fields of an act; "" when nothing is."""
    texts = (act.act, act.time, act.by, act.reason, act.outlet, act.article, act.url)
    if not all(isinstance(text, str) for text in texts) or not isinstance(act.more, Mapping):
        return "a field of another type than it should have"
    if not isinstance(act.log_size, int) or act.log_size < 0:
        return f"log_size is {act.log_size!r}"
    found = (
        (not _KIND.fullmatch(act.act), f"{act.act!r} is no kind of act"),
        (not _TIME.fullmatch(act.time) or not _real(act.time), f"{act.time!r} is no time in UTC with microseconds"),
        (not act.by.strip(), "it names nobody"),
        (not act.reason.strip(), "it gives no reason"),
        (bool(act.article) and not _ARTICLE.fullmatch(act.article), f"{act.article!r} is no article's id"),
        (act.act in (*PAIRS, *PAIRS.values()) and not act.article, f"{act.act} names no article"),
        (act.act == "watch" and not (act.outlet and act.url and _seconds(act.more)), "watch names no outlet, address or pace"),
        (act.act == ACCEPT and not (act.outlet and _shape(act.more)), f"{ACCEPT} names no outlet or shape"),
    )
    return next((what for bad, what in found if bad), "")


def _seconds(more: Mapping[str, Any]) -> int:
    """The pace of a watch act; 0 when it says none."""
    every = more.get("every")
    return every if isinstance(every, int) and not isinstance(every, bool) and 0 < every < 2**31 else 0


def _shape(more: Mapping[str, Any]) -> str:
    """The shape that an act accepts; "" when it says none."""
    shape = more.get("shape")
    return shape if isinstance(shape, str) and _SHAPE.fullmatch(shape) else ""


def _real(time: str) -> bool:
    try:
        datetime.fromisoformat(time)
    except ValueError:
        return False
    return True


def key(act: Act) -> str:
    """The key of the act's object."""
    return key_of(dump(act))


def key_of(data: bytes) -> str:
    """The key that an act's bytes belong under. BadRecord when they are no act."""
    return keys.act(load(data).when, hashlib.sha256(data).hexdigest()[:12])


def fold(acts: Mapping[str, Act]) -> dict[str, Standing]:
    """What is in force, by article id, from acts by their keys. Articles of which nothing is are left out.

    In the order of time; at one and the same time what ends a state comes before what begins one, so that what protects
    stands. A state that is begun again while it is in force keeps its first act.
    """
    out: dict[str, Standing] = {}
    for place, act in _in_order(acts):
        now = out.get(act.article, Standing())
        if act.act == "restrict":
            out[act.article] = Standing(now.withheld or Ruling(act.time, place), now.held)
        elif act.act == "lift":
            out[act.article] = Standing(None, now.held)
        elif act.act == "hold":
            out[act.article] = Standing(now.withheld, now.held or Ruling(act.time, place))
        elif act.act == "release":
            out[act.article] = Standing(now.withheld, None)
    return {article: standing for article, standing in out.items() if standing != Standing()}


def accepted(acts: Mapping[str, Act], outlet: str) -> list[str]:
    """Shapes of pages (archive.shape) that were accepted as a look of the outlet, sorted."""
    return sorted({_shape(act.more) for act in acts.values() if act.act == ACCEPT and act.outlet == outlet})


def watched(acts: Mapping[str, Act]) -> dict[str, Pace]:
    """What is watched, by article id, from acts by their keys, in the order of `fold`.

    A page that is watched again keeps its `since`; pace, outlet and address are those of the newest act.
    """
    out: dict[str, Pace] = {}
    for place, act in _in_order(acts):
        if act.act == "watch":
            since = out[act.article].since if act.article in out else act.time
            out[act.article] = Pace(since, place, _seconds(act.more), act.outlet, act.url)
        elif act.act == "unwatch":
            out.pop(act.article, None)
    return out


def _in_order(acts: Mapping[str, Act]) -> list[tuple[str, Act]]:
    """By time; at one and the same time what ends a state comes before what begins one."""
    return sorted(acts.items(), key=lambda item: (item[1].time, item[1].act not in PAIRS.values(), item[0]))
