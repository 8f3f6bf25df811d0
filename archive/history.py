"""The shapes of history: versions, events, states. docs/HISTORY.md has their tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from archive.observation import Observation, Reading

if TYPE_CHECKING:
    from archive.crossing import Crossing

State = Literal[
    "new", "live", "edited", "returned", "paywalled", "gone", "moved", "elsewhere", "blocked", "broken", "not-article"
]
ALIVE = frozenset(("live", "edited", "returned"))  # states of an article that stands where it was
STANDS = ALIVE | {"paywalled"}  # or that says that it does, to whoever pays
UNCAPTURED = "uncaptured"  # flag of a tombstone for a page that was announced, but gone before anybody read it


@dataclass(frozen=True, slots=True)
class Version:
    """Neighbouring content captures that say the same, letter for letter of T."""

    number: int  # from 1
    time: str  # of the first capture
    last: str  # of the last one
    captures: int
    kinds: tuple[str, ...]  # new, or moved (known under another address before); orthographic; headline, body
    flags: tuple[str, ...]  # numbers, negations; post: another post id than before
    first: Observation
    reading: Reading  # of the first capture, under the newest rules
    snapshot: str  # key, or "" while none is stored


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an article, at the capture that showed it."""

    time: str
    kinds: tuple[str, ...]  # new, headline, body, orthographic, gone, returned, moved
    flags: tuple[str, ...] = ()  # numbers, negations, post, uncaptured
    version: int = 0  # the version it made or concerns; 0: none
    since: str = ""  # gone, returned: the first capture without the article
    reason: str = ""  # of the class: http-404, soft-404 …; replaced: by another article; moved: the new address
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Unread:
    """A capture that cannot be compared with its neighbour until it is read again."""

    line: Observation
    rules: tuple[str, ...]  # that it was read by already, each with the layouts that it was chosen among, if any


@dataclass(frozen=True, slots=True)
class History:
    """All that can be said of one article. Times as in WARC-Date, "" for never."""

    versions: tuple[Version, ...]
    events: tuple[Event, ...]
    state: State
    since: str  # of the state
    reason: str  # of the class behind the state; of a move that no redirect told: its evidence
    first_seen: str
    last_seen: str  # alive: content, not modified, or found under another address
    last_fetch: str
    unconfirmed: str  # first sighting of an absence that is not confirmed yet
    failures: int  # captures in a row that told nothing: blocked, broken, an absence that the site itself contradicts
    captures: int
    title: str
    url: str
    post: str
    published: str
    moved_to: str
    last: Observation | None  # last readable content, as the record that holds its payload
    reading: Reading | None  # its newest reading
    previous: Observation | None  # last content stored whole: what a revisit record refers to
    unread: tuple[Unread, ...]
    answered: dict[str, str] = field(default_factory=dict)  # rest, sitemap, text → the newest word that a capture answered
    doubt: str = ""  # time of the capture in doubt that waits for another to say the same
    agreed: int = 0  # neighbouring contents with equal validators that say the same
    lied: int = 0  # … that do not
    etag: str = ""  # validators of the last content, as sent
    last_modified: str = ""
    unsettled: str = ""  # time of the capture in another look that waits until it is known what the look changed
    crossings: tuple[Crossing, ...] = ()  # changes of look or lines, by its own captures alone


def moment(time: str) -> datetime:
    """A WARC-Date (WARC 1.1 §5.4: any precision) as UTC time."""
    return datetime.fromisoformat(time).astimezone(UTC)


def at(time: str) -> str:
    """A WARC-Date in the one shape that sorts as text, `2026-11-22T01:12:00.000000Z`; "" stays ""."""
    return time if len(time) == 27 or not time else f"{moment(time):%Y-%m-%dT%H:%M:%S.%fZ}"
