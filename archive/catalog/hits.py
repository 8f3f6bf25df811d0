"""What is asked of the text index, and what it answers. Plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from archive.errors import BadRecord, Refused
from archive.search.query import Query

REMOVED = "removed"  # asked for as a state: the words stood there, and do not stand in the newest version
_END = 1 << 53  # later than any capture, in milliseconds


@dataclass(frozen=True, slots=True)
class Wish:
    """A question. `since`, `until`: capture of the version, `2026-11-22` or a time, "" for any; a day is meant whole.

    `state`: of the article now (archive.version.State), REMOVED, or "". `before`: `Found.older` of the page before.
    """

    query: Query
    outlet: str = ""
    since: str = ""
    until: str = ""
    state: str = ""
    before: int = 0

    def span(self) -> tuple[int, int]:
        """First id, and the one after the last. Refused when a time is none."""
        low = _milliseconds(self.since, "since") if self.since else 0
        high = _milliseconds(self.until, "until", whole=True) if self.until else _END
        return low, high


@dataclass(frozen=True, slots=True)
class Hit:
    """An article with versions that answer. Title, address and state as they are now."""

    outlet: str
    article: str
    url: str
    title: str
    state: str
    versions: int
    found: tuple[int, ...]  # numbers of the versions that answer
    number: int  # of the newest of these in the span that was asked for
    time: str  # its first capture
    snapshot: str  # its text
    language: str = ""

    @property
    def removed(self) -> bool:
        """Does the newest version no longer answer?"""
        return self.versions not in self.found


@dataclass(frozen=True, slots=True)
class Found:
    """Articles, newest answering version first. `older`: for `Wish.before`, 0 when nothing older answers.

    `looked_to`: not "" when looking ended before the page was full: everything captured since then was looked at.
    """

    hits: tuple[Hit, ...]
    older: int = 0
    looked_to: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A text that is to be indexed."""

    snapshot: str
    outlet: str
    article: str
    due: str = field(default="", compare=False)


def first_id(snapshot: str) -> int:
    """The id that a snapshot's key asks for: milliseconds since 1970 of its capture. BadRecord when it is no such key."""
    try:
        time = snapshot.split("/")[3].partition("-")[0]
        return milliseconds(datetime.strptime(time, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC))
    except (IndexError, ValueError):
        raise BadRecord(f"{snapshot[:200]!r} is no key of a snapshot", "run `warraq verify`") from None


def milliseconds(when: datetime) -> int:
    return (when - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def _milliseconds(text: str, name: str, whole: bool = False) -> int:
    """`whole`: the end of what is named, a day or a moment."""
    try:
        when = datetime.fromisoformat(text.strip())
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        more = (timedelta(days=1) if len(text.strip()) == 10 else timedelta(milliseconds=1)) if whole else timedelta(0)
        return milliseconds(when + more)
    except (ValueError, OverflowError):
        raise Refused(f"{name} {text[:40]!r} is no time", "write it as 2026-11-22 or 2026-11-22T08:00:00Z") from None
