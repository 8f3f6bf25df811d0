"""Politeness towards one host, and which hosts are never asked. No Scrapy in here: times and waiting are passed in."""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_PAUSE = 300.0  # seconds a Retry-After may ask of one run; longer ones give the host up for this run
LONGEST_DELAY = 120.0  # seconds a Crawl-delay is followed
SLOWER = 0.5  # seconds between requests after a site without a delay asked for a pause
FAILURES = {"connection": 5, "status": 20}  # addresses in a row that failed for good, until the host is given up


class Host:
    """Turns at one host: `delay` seconds between the starts of two requests, pauses, and giving up."""

    def __init__(self, delay: float, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]]) -> None:
        self.delay = delay
        self.given_up = ""
        self._clock, self._sleep = clock, sleep
        self._next = self._paused_until = 0.0
        self._failed = dict.fromkeys(FAILURES, 0)

    async def turn(self, deadline: float) -> bool:
        """Wait for a turn. False when there is none: the host is given up, or its turn lies behind the deadline."""
        while not self.given_up:
            now = self._clock()
            if self._next > deadline or now > deadline:
                return False
            if self._next <= now:
                self._next = now + self.delay
                return True
            await self._sleep(self._next - now)
        return False

    def pause(self, seconds: float, deadline: float, why: str) -> None:
        """Ask nothing for so long, and less often from then on; when it is too long for this run, ask nothing more."""
        now = self._clock()
        if seconds > LONGEST_PAUSE or now + seconds > deadline:
            self.give_up(f"{why}: not before {seconds:.0f} s")
        if now >= self._paused_until:  # of several answers that were on their way, the first one slows us down
            self.delay = min(max(2 * self.delay, SLOWER), max(self.delay, LONGEST_DELAY))
        self._paused_until = max(self._paused_until, now + seconds)
        self._next = max(self._next, now + seconds)

    def give_up(self, why: str) -> None:
        self.given_up = self.given_up or why

    def answered(self) -> None:
        self._failed = dict.fromkeys(FAILURES, 0)

    def failed(self, kind: str, what: str) -> None:
        """An address failed after its last attempt. Too many in a row say that the host is down or refuses us."""
        self._failed[kind] += 1
        if self._failed[kind] >= FAILURES[kind]:
            self.give_up(f"{self._failed[kind]} addresses in a row failed, the last one with {what}")


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 §10.2.3: seconds or a date); None when it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:10]), 10**9))  # Python refuses to read a number of thousands of digits
    try:
        when = parsedate_to_datetime(value)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - now).total_seconds())


def backoff(attempt: int, base: float) -> float:
    """Seconds before the attempt after `attempt`: base, then 4 times as long each time."""
    return float(base * 4 ** (attempt - 1))


def is_private(ip: str) -> bool:
    """Loopback, private, link-local, shared, reserved or multicast (IANA special-purpose registries), also when an
    IPv6 address only wraps such an IPv4 one."""
    parsed = ipaddress.ip_address(ip.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if inner is None and parsed in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is not None:
            return not inner.is_global
    return not parsed.is_global or parsed.is_multicast


def host_literal(host: str) -> str:
    """The address itself when a URL's host is one, without brackets; "" for a name."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return ""
