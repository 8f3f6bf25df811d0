"""A capture: one HTTP exchange exactly as it went over the wire, and why it was made.

The spiders hand `Exchange`s to a `Spool`; nothing above it ever sees a response that was not written down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Role = Literal["article", "channel", "robots"]
Truncated = Literal["length", "time", "disconnect", "unspecified"]  # WARC 1.1 §5.13


@dataclass(frozen=True, slots=True)
class Previous:
    """The last stored capture of the same address: what a revisit record refers to (WARC 1.1 §6.7)."""

    url: str
    time: str  # WARC-Date of that record
    record_id: str
    payload: str  # "sha256:…" of the transfer-decoded body
    body: str  # "sha256:…" of the content-decoded body: decides whether the payload is the same


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
    robots: str = ""  # the decision and the rule behind it
    previous: Previous | None = None


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
