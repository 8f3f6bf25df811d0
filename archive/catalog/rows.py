"""What the catalog answers with: plain frozen records, for the pages, the command line and the exports.

Times are UTC text of one shape, `2026-11-22T01:12:00.000000Z`, so that they sort as text; "" means never.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One article as it stands now. Announced and never fetched: state `new`, last_fetch ""."""

    outlet: str
    article: str
    url: str
    title: str
    state: str  # archive.version.State
    since: str  # of the state; gone: the first capture without it
    reason: str  # of the class behind the state: http-404, soft-404, challenge …
    first_seen: str  # in a channel or as a capture
    last_seen: str  # alive
    last_fetch: str
    unconfirmed: str  # first sighting of an absence that is not confirmed yet
    failures: int
    post: str  # the CMS's own id
    published: str  # as the page says it, with its offset
    moved_to: str
    versions: int
    captures: int
    changed: str  # time of the last event


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version: neighbouring captures of one text. The pointers are to its first capture."""

    outlet: str
    article: str
    number: int
    time: str
    last: str  # last capture of this text
    captures: int
    kinds: tuple[str, ...]
    flags: tuple[str, ...]
    title: str
    url: str
    published: str
    modified: str
    language: str
    chars: int
    layout: str
    rules: str
    headline_t: str  # digests, see docs/FORMAT.md, "Readings"
    headline_k: str
    body_t: str
    body_k: str
    warc: str
    offset: int
    length: int
    record: str
    payload: str
    body: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class EventRow:
    outlet: str
    article: str
    number: int  # within the article, from 1
    time: str
    kinds: tuple[str, ...]  # new, headline, body, orthographic, gone, returned, moved
    flags: tuple[str, ...]  # numbers, negations, post, uncaptured
    version: int  # 0: none
    since: str  # gone, returned: first capture without the article
    reason: str
    title: str
    url: str

    @property
    def cursor(self) -> str:
        """For `Catalog.changes(before=…)`: the events older than this one."""
        return f"{self.time}|{self.outlet}|{self.article}|{self.number}"


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, newest first. `older`: the `before` of the page after, "" when nothing older answers.

    `looked_to`: not "" when looking ended before the page was full: everything that happened since then was looked at.
    """

    rows: tuple[EventRow, ...]
    older: str = ""
    looked_to: str = ""


@dataclass(frozen=True, slots=True)
class SeedLinkRow:
    """A version's link to a seed file; `detail` is the whole link as in the snapshot."""

    outlet: str
    article: str
    version: int
    name: str
    sha256: str
    seed_set: str
    relation: str  # identical, contains, derived
    detail: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class OutletRow:
    outlet: str
    articles: int  # with at least one version
    waiting: int  # announced, not asked for yet
    gone: int
    versions: int
    captures: int
    last_capture: str  # of an article or channel, whatever came of it
    last_change: str
    failing_since: str  # first capture of an unbroken row that told nothing, "" when the last one told something
    last_run: str  # id of the newest run with a report


@dataclass(frozen=True, slots=True)
class DayRow:
    """What one outlet did on one UTC day: events by the day that history gives them, captures by their own."""

    outlet: str
    day: str  # 2026-11-22
    new: int = 0  # events
    edits: int = 0  # of headline, text or both
    spelling: int = 0
    gone: int = 0
    returned: int = 0
    moved: int = 0
    captures: int = 0  # sightings of articles, whatever came of them: the sum of the next five
    content: int = 0
    blocked: int = 0
    broken: int = 0
    not_modified: int = 0
    other: int = 0  # gone, elsewhere, not-article
    channels: int = 0  # sightings of lists that were obtained
    lists_failed: int = 0  # of those that were not, and of robots.txt when it was refused or broken
    aside: int = 0  # of robots.txt, and of an address that cannot exist, otherwise
    requests: int = 0  # records of answers in the WARCs: articles, lists, pictures; those of withheld articles too
    bytes: int = 0  # of these records, as stored


@dataclass(frozen=True, slots=True)
class DueRow:
    """How many visits wait, of one outlet for one reason."""

    outlet: str
    why: str  # confirm, retry, revisit: by age and state; announced: a list says what no capture has answered; backlog
    due: int  # now; the backlog waits for room, not for a time
    later: int  # within the 24 hours after that


@dataclass(frozen=True, slots=True)
class DelayRow:
    """Seconds from a publication, as the site tells it, to the seal. Articles of before the first capture are left out."""

    outlet: str
    n: int
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class StoredRow:
    """What an outlet has in the bucket, as its lines tell: records of answers in the WARCs, or objects."""

    outlet: str
    what: str  # article, channel, picture: records; warc: files, their bytes being those of the records
    objects: int
    bytes: int  # compressed, as stored


@dataclass(frozen=True, slots=True)
class RunRow:
    outlet: str
    run: str
    attempt: int
    time: str
    report: dict[str, Any] = field(hash=False)


@dataclass(frozen=True, slots=True)
class UnreadRow:
    """A capture to read again: its neighbour was read under rules that it was not read by."""

    outlet: str
    article: str
    url: str
    time: str
    warc: str
    offset: int
    length: int
    record: str
    body: str
    rules: tuple[str, ...]  # that it was read by; read it again when today's are not among them


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One sighting of an article."""

    time: str
    klass: str
    reason: str
    status: int
    url: str
    record_type: str
    record: str
    warc: str
    offset: int
    length: int
    payload: str
    body: str
    found: str
    why: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """All of one article, oldest first."""

    article: ArticleRow
    versions: tuple[VersionRow, ...]
    events: tuple[EventRow, ...]
    links: tuple[SeedLinkRow, ...]
    captures: tuple[CaptureRow, ...]


@dataclass(frozen=True, slots=True)
class Walk:
    """The last walk through the channels' pages. Open: begun at `since`, pages in `done` are captured already.

    Complete: `since` is when it began. Never walked: since "" and not complete.
    """

    since: str
    done: frozenset[str]
    complete: bool
