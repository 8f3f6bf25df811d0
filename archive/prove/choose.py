"""Which captures a bundle is about. Pure: from what the catalog knows of one article.

Every version comes with the first and the last capture that show it, so that a bundle says from when to when it is known to
have stood; a time comes with the captures around it; a page that went, with both sightings and what stood there before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from archive.catalog.rows import EventRow, HistoryRow, VersionRow
from archive.errors import Refused
from archive.observation import Observation
from archive.stays import REPLACED
from archive.version import at

ALIVE = ("content", "not-modified")
TELLING = (*ALIVE, "gone", "elsewhere", "not-article")  # blocked and broken captures tell nothing of the page
HOP = "redirect"  # the reason of a line about a redirect that was followed


@dataclass(frozen=True, slots=True)
class Sighting:
    """A capture, and why it is in the bundle."""

    line: Observation
    roles: tuple[str, ...]  # first, last; before, after; absent, confirmed, latest, hop, returned; text; whole
    version: int = 0  # that it shows; 0: none


@dataclass(frozen=True, slots=True)
class Choice:
    """What a bundle is about. `sightings` in the order of their times."""

    mode: str  # newest, time, gone, between
    asked: tuple[str, ...]  # what was asked for: a time; two versions
    versions: tuple[VersionRow, ...] = ()
    events: tuple[EventRow, ...] = ()
    sightings: tuple[Sighting, ...] = ()


@dataclass
class _Picked:
    """Captures in the making of a choice; one that is picked twice has both roles."""

    held: dict[tuple[str, str, int], Sighting] = field(default_factory=dict)

    def add(self, line: Observation | None, role: str, version: int = 0) -> None:
        if line is None:
            return
        key = (at(line.time), line.warc, line.offset)
        before = self.held.get(key) or Sighting(line, ())
        roles = before.roles if role in before.roles else (*before.roles, role)
        self.held[key] = Sighting(line, roles, version or before.version)

    def sorted(self) -> tuple[Sighting, ...]:
        return tuple(sighting for _, sighting in sorted(self.held.items()))


def newest(found: HistoryRow, lines: Sequence[Observation]) -> Choice:
    """The version captured last."""
    picked, last = _Picked(), _versions(found)[-1]
    _version(picked, lines, found, last)
    return Choice("newest", (), (last,), (), picked.sorted())


def at_time(found: HistoryRow, lines: Sequence[Observation], when: datetime) -> Choice:
    """The version in force at `when`. Refused when none was captured by then, or the page was gone."""
    told = f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    versions = _versions(found)
    stood = [version for version in versions if version.time <= told]
    if not stood:
        raise Refused(f"no version had been captured by {told}", f"the first one is of {versions[0].time}")
    if since := _gone_at(found.events, told):
        raise Refused(f"the page was gone at {told}, since {since}", "use --gone, or a time before that")
    picked, version = _Picked(), stood[-1]
    _version(picked, lines, found, version)
    telling = [line for line in lines if line.klass in TELLING and line.reason != HOP and not line.reread]
    picked.add(next((line for line in reversed(telling) if at(line.time) <= told), None), "before")
    picked.add(next((line for line in telling if at(line.time) > told), None), "after")
    return Choice("time", (told,), (version,), (), picked.sorted())


def gone(found: HistoryRow, lines: Sequence[Observation]) -> Choice:
    """Both sightings of an absence, the newest one, and what stood there before. Refused unless the page is gone."""
    row = found.article
    if row.state != "gone":
        more = (
            f"not found at {row.unconfirmed}, not confirmed yet" if row.unconfirmed else f"it is {row.state} since {row.since}"
        )
        raise Refused(f"{row.url} is not known to be gone: {more}", "prove a version without --gone, or wait for a second look")
    event = next(event for event in reversed(found.events) if "gone" in event.kinds)
    picked, seen = _Picked(), [line for line in lines if not line.reread]
    _absence(picked, seen, event)
    last = next((line for line in reversed(seen) if line.klass in ("gone", "elsewhere") and line.reason != HOP), None)
    picked.add(last, "latest")
    versions = found.versions[-1:]
    for version in versions:
        _version(picked, lines, found, version)
    return Choice("gone", (), versions, (event,), picked.sorted())


def between(found: HistoryRow, lines: Sequence[Observation], old: int, new: int) -> Choice:
    """Versions `old` to `new` with every one between, and the absences between them."""
    known = {version.number: version for version in _versions(found)}
    for number in (old, new):
        if number not in known:
            raise Refused(f"no version {number}", f"this article has {len(known)}")
    if old >= new:
        raise Refused(f"version {old} is not older than version {new}", "give the older one first")
    versions = tuple(known[number] for number in range(old, new + 1))
    events = tuple(e for e in found.events if versions[0].time < e.time <= versions[-1].time)
    picked, seen = _Picked(), [line for line in lines if not line.reread]
    for version in versions:
        _version(picked, lines, found, version)
    for event in events:
        if "gone" in event.kinds:
            _absence(picked, seen, event)
        if "returned" in event.kinds:
            picked.add(next((line for line in seen if at(line.time) == event.time and line.klass in ALIVE), None), "returned")
    return Choice("between", (str(old), str(new)), versions, events, picked.sorted())


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with its zone; or a date, which is the end of that day in UTC."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            return datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=1, microseconds=-1)
        when = datetime.fromisoformat(text)
        if when.tzinfo is not None:
            return when.astimezone(UTC)
    except (ValueError, OverflowError):
        pass  # told below, as a time without its zone is
    raise Refused(f"{text!r} is no time", "give a date, 2026-11-22, or a time with its zone, 2026-11-22T14:00:00+02:00")


def parse_version(text: str, found: HistoryRow) -> int:
    """The number of a version: as given, or of the one in force at a time."""
    if text.isascii() and text.isdigit() and len(text) < 9:
        return int(text)
    told = at(parse_time(text).isoformat())
    stood = [version.number for version in found.versions if version.time <= told]
    if not stood:
        raise Refused(f"no version had been captured by {told}", "`warraq history` lists them")
    return stood[-1]


def _versions(found: HistoryRow) -> tuple[VersionRow, ...]:
    if not found.versions:
        raise Refused(
            f"{found.article.url} has no version: nothing readable was ever captured",
            "wait for a capture that can be read; `warraq history` shows what there is",
        )
    return found.versions


def _version(picked: _Picked, lines: Sequence[Observation], found: HistoryRow, version: VersionRow) -> None:
    shown = [line for line in _showing(lines, found, version) if line.klass == "content"]
    picked.add(shown[0] if shown else None, "first", version.number)
    picked.add(next((line for line in reversed(shown) if at(line.time) == version.last), None), "last", version.number)
    picked.add(_read(lines, version), "text", version.number)


def _showing(lines: Sequence[Observation], found: HistoryRow, version: VersionRow) -> list[Observation]:
    """The captures that show a version, 304 answers among them, until the next one."""
    after = next((at(other.time) for other in found.versions if other.number == version.number + 1), "9")
    alive = (line for line in lines if line.klass in ALIVE and not line.reread)
    return [line for line in alive if version.time <= at(line.time) < after]


def _read(lines: Sequence[Observation], version: VersionRow) -> Observation | None:
    """The capture that the version's snapshot was read from."""
    named = [line for line in lines if line.reading is not None and version.snapshot == line.reading.snapshot]
    return next((line for line in named if not line.reread), named[0] if named else None) if version.snapshot else None


def _absence(picked: _Picked, seen: Sequence[Observation], event: EventRow) -> None:
    """Both sightings; of one at the end of a redirect the redirect too. A redirect to the front page is one itself. An
    article that was replaced by another one is missing where the other one's page is seen."""
    other = ALIVE if event.reason == REPLACED else ()
    for role, time in (("absent", event.since), ("confirmed", event.time)):
        missing = (line for line in seen if at(line.time) == time and (line.klass not in ALIVE or line.klass in other))
        told = sorted(missing, key=lambda one: one.reason == HOP)
        for line in told[:1]:
            hops = (hop for hop in seen if hop.reason == HOP and hop.run == line.run and hop.time <= line.time)
            picked.add(max(hops, key=lambda hop: at(hop.time), default=None) if _followed(line) else None, "hop")
            picked.add(line, role)


def _followed(line: Observation) -> bool:
    return line.reason.startswith("redirected")


def _gone_at(events: Sequence[EventRow], told: str) -> str:
    """Since when the page was gone at that time; "" when it was not."""
    since = ""
    for event in events:
        if "gone" in event.kinds and event.since <= told:
            since = event.since
        elif {"returned", "new"}.intersection(event.kinds) and event.time <= told:
            since = ""
    return since
