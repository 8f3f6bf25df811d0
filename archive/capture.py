"""A capture: one HTTP exchange exactly as it went over the wire, and why it was made.

The spiders hand `Exchange`s to a `Spool`; nothing above it ever sees a response that was not written down.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["article", "channel", "robots", "picture"]
Truncated = Literal["length", "time", "disconnect", "unspecified"]  # WARC 1.1 §5.13

# What the run's lists say against an absence: the page is listed right now, or the site as a whole does not answer as it does.
Site = Literal["", "listed", "doubtful"]


@dataclass(frozen=True, slots=True)
class Previous:
    """The last stored capture of the same address: what a revisit record refers to (WARC 1.1 §6.7)."""

    url: str
    time: str  # WARC-Date of that record
    record_id: str
    payload: str  # "sha256:…" of the transfer-decoded body
    body: str  # "sha256:…" of the content-decoded body: decides whether the payload is the same
    etag: str = ""  # validators of that answer, as sent (RFC 9110 §8.8); "" when none is to be used
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """Under which name a capture was written down."""

    record: str  # "urn:uuid:…" of its response or revisit, or of its metadata record when nothing arrived
    payload: str  # that record's Warraq-Payload-Digest, "" when it has none


@dataclass(frozen=True, slots=True)
class Cited:
    """Another capture that this one follows from: by its name, and by what it said."""

    url: str
    record: str
    payload: str
    page: int | None = None  # of a paged channel


@dataclass(frozen=True, slots=True)
class Note:
    """Why a request was made: goes into the capture's metadata record."""

    role: Role
    found: str  # channel or list that asked for it: rest, feed, sitemap, archive, home, plan, watch …
    why: str = ""  # new, revisit, backlog, confirm, front, walk …
    via: tuple[str, ...] = ()  # addresses redirected from, first one first
    attempt: int = 1
    page: int | None = None  # of a paged channel
    channel: str = ""  # kind of channel document: rest, feed, sitemap, sitemap-index, archive, home
    robots: str = ""  # the decision, and the group of robots.txt behind it
    previous: Previous | None = None
    listed_by: Cited | None = None  # the channel or robots.txt that named the address (before redirects: via[0])
    ruled_by: Cited | None = None  # the robots.txt that `robots` rests on
    announced: dict[str, str] = field(default_factory=dict)  # by lists, of the article: plan.Task.announced
    site: Site = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the system's resolver answered for a host; which address was connected to is the exchange's `ip`."""

    host: str
    addresses: tuple[str, ...]  # all that were answered, in their order
    when: datetime
    problem: str = ""  # the resolver's word for why there is no address


@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates as a server sent them, its own first, in PEM (RFC 8555 §9.1)."""

    pem: bytes
    sha256: str = field(init=False)  # 64 hex digits, of `pem`

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.pem).hexdigest())


@dataclass(frozen=True, slots=True)
class Exchange:
    """Bytes as sent and as received on one connection, with what is known about that connection.

    `response` may be empty (nothing arrived) or partial (`truncated` says why). Times are UTC.
    """

    url: str
    started: datetime
    finished: datetime
    request: bytes
    response: bytes
    note: Note
    failure: str = ""  # empty, or: dns, refused, timeout, reset, tls, too-large, data-loss, other
    truncated: Truncated | None = None
    ip: str = ""
    tls: dict[str, Any] = field(default_factory=dict)
    chain: Chain | None = None  # of TLS
    dns: Resolution | None = None  # None: the address has no host name, or nobody was asked for it
