"""The watch list: pages that somebody wants captured now and then, whether an outlet lists them or not. Pure.

A page that can be an article of an outlet is one: the outlet's runs capture it, as often as was said or more often. Every
other page belongs to the pseudo-outlet `watch`, which has no file and no channels: its runs ask for what is due, and nothing
else. What belongs where is decided when the page is first asked for or watched; the act says it.

This module imports nothing heavy: DAG files and the supervisor use it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit, urlunsplit

from archive.address import host_of
from archive.capture import Previous
from archive.errors import Refused
from archive.outlet import RESERVED, Outlet

NAME = RESERVED
SPIDER = "watch"
EVERY = "6h"
# Airflow's, and their slots: a page asked for by hand waits for no crawl, and no crawl for what is read again.
POOLS = {"warraq_watch": 1, "capture_url": 4, "warraq_reread": 1}
PACE = "^ *[1-9][0-9]{0,8}[smhdw] *$"  # what `pace` reads, for a form
_SPAN = re.compile(r"([1-9]\d{0,8})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST = 366 * 86_400
_SAFE = "/:@!$&'()*+,;=~-._%?"  # RFC 3986 §3.3 and §3.4, and what is percent-encoded already


@dataclass(frozen=True, slots=True)
class Watched:
    """A page on the watch list, and what the catalog knows of it. Times are UTC text as in `archive.catalog.rows`."""

    article: str
    outlet: str
    url: str
    every: int  # seconds
    since: str
    act: str  # key of the act in force
    state: str = "new"
    last_fetch: str = ""  # "": never asked for
    unconfirmed: str = ""  # first sighting of an absence that is not confirmed yet
    previous: Previous | None = None


def outlet(*, sandbox: bool = False) -> Outlet:
    """The pseudo-outlet. `sandbox`: pages of private addresses may be captured, and nobody else's site is asked."""
    return Outlet(
        name=NAME,
        title="Watched pages",
        url="https://watch.invalid/",  # RFC 2606 §2: never anybody's
        spider=SPIDER,
        timezone="UTC",
        delay=0.0 if sandbox else 5.0,
        private=sandbox,
    )


def pace(text: str) -> int:
    """Seconds of `30m`, `6h`, `1d`, `2w`. Refused for anything else, and for more than a year."""
    match = _SPAN.fullmatch(text.strip())
    seconds = int(match[1]) * _SECONDS[match[2]] if match else 0
    if not 0 < seconds <= _LONGEST:
        raise Refused(f"{text!r} is no pace", "write it as 30m, 6h, 1d or 2w; at most 366d")
    return seconds


def spell(seconds: int) -> str:
    """`pace` backwards, in the largest unit that fits."""
    unit = next(name for name, length in reversed(_SECONDS.items()) if seconds % length == 0)
    return f"{seconds // _SECONDS[unit]}{unit}"


def page(text: str) -> str:
    """The web address that somebody typed or pasted, in ASCII and without fragment. Refused when it is none."""
    text = text.strip()
    try:
        parts = urlsplit(text if "//" in text else f"https://{text}")
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError as error:  # brackets, a port that is none, a label that is too long
        raise Refused(f"{text!r} is no web address: {error}", "write it as https://example.org/page") from error
    if parts.scheme not in ("http", "https") or ("." not in host and ":" not in host and host != "localhost"):
        raise Refused(f"{text!r} is no web address", "write it as https://example.org/page")
    if parts.username is not None or parts.password is not None:
        raise Refused(f"a user name or password stands in the address of {host}", "it would be published: leave it out")
    host = f"[{host}]" if ":" in host else host
    place = host if port is None else f"{host}:{port}"
    return urlunsplit((parts.scheme, place, quote(parts.path, safe=_SAFE) or "/", quote(parts.query, safe=_SAFE), ""))


def due(pages: Iterable[Watched], now: datetime, gone_after: float, *, everything: bool = False) -> list[tuple[Watched, str]]:
    """(page, why it is asked for) of the pseudo-outlet's pages: of each host never asked for ones first, then longest overdue.

    A page is due `every` seconds after its last capture, whatever that told. One that was missed for the first time is looked
    at again when its absence can be confirmed, after `gone_after` seconds, if that is sooner.
    """
    found: list[tuple[datetime, str, Watched, str]] = []
    for one in pages:
        if not one.last_fetch:
            found.append((datetime.min.replace(tzinfo=now.tzinfo), one.url, one, "watch"))
            continue
        last = datetime.fromisoformat(one.last_fetch)
        at, why = last + timedelta(seconds=one.every), "watch"
        if one.unconfirmed:
            look = datetime.fromisoformat(one.unconfirmed) + timedelta(seconds=gone_after)
            at, why = (look if last < look < at else at), "confirm"
        if at <= now or everything:
            found.append((at, one.url, one, why))
    return _spread([(one, why) for _, _, one, why in sorted(found, key=lambda row: (row[0], row[1]))])


def _spread(rows: list[tuple[Watched, str]]) -> list[tuple[Watched, str]]:
    """The first of each host, then the second of each …: while one host waits for its delay, others are asked."""
    nth: Counter[str] = Counter()
    turns = []
    for one, why in rows:
        host = host_of(one.url)
        turns.append((nth[host], one, why))
        nth[host] += 1
    return [(one, why) for _, one, why in sorted(turns, key=lambda row: row[0])]


def following(one: Watched, now: datetime) -> str:
    """When the page is asked for next at the latest: UTC text, or "now"."""
    if not one.last_fetch:
        return "now"
    at = datetime.fromisoformat(one.last_fetch) + timedelta(seconds=one.every)
    return "now" if at <= now else f"{at:%Y-%m-%dT%H:%M:%SZ}"
