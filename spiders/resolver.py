"""Names are resolved once per run, every address of a name is looked at, and connections use exactly those.

So a name cannot be public when it is checked and private when it is connected to (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from scrapy.crawler import Crawler
from scrapy.resolver import HostResolution
from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import IAddress, IHostnameResolver, IHostResolution, IResolutionReceiver
from zope.interface import implementer

from archive.capture import Resolution
from spiders.polite import host_literal, is_private

TIMEOUT = 20.0  # seconds


class Names:
    """Addresses of hosts, as resolved in this run. `private` allows addresses that are not public."""

    def __init__(self, private: bool, clock: Callable[[], datetime]) -> None:
        self._private, self._clock = private, clock
        self._known: dict[str, asyncio.Task[list[str]]] = {}
        self._answered: dict[str, Resolution] = {}

    def answered(self, host: str) -> Resolution | None:
        """What was answered for a name, the last time it was looked up; None for an address, or when nobody asked yet."""
        return self._answered.get(host)

    async def addresses(self, host: str) -> list[str]:
        """The addresses to connect to; [] when the host has none or is refused. Never raises."""
        return [] if await self.refused(host) else await self._all(host)

    async def refused(self, host: str) -> bool:
        """Is the host refused because an address of it is private? An unknown name is not: asking it says `dns`."""
        return not self._private and any(is_private(ip) for ip in await self._all(host))

    async def _all(self, host: str) -> list[str]:
        """Found names are kept for the run; a name that is not found is looked up again."""
        if host not in self._known:
            self._known[host] = asyncio.ensure_future(self._look_up(host))
        found = await asyncio.shield(self._known[host])
        if not found:
            self._known.pop(host, None)
        return found

    async def _look_up(self, host: str) -> list[str]:
        if literal := host_literal(host):
            return [literal]
        found, problem = await _ask(host)
        self._answered[host] = Resolution(host, tuple(found), self._clock(), problem)
        return found


async def _ask(host: str) -> tuple[list[str], str]:
    """(every address the system's resolver has, in its order; why there is none)."""
    loop = asyncio.get_running_loop()
    try:
        rows = await asyncio.wait_for(loop.getaddrinfo(host, None, type=socket.SOCK_STREAM), TIMEOUT)
    except TimeoutError:
        return [], f"no answer in {TIMEOUT:.0f} s"
    except (OSError, UnicodeError) as error:
        return [], getattr(error, "strerror", None) or str(error)
    return list(dict.fromkeys(str(row[4][0]) for row in rows)), ""


@implementer(IHostnameResolver)
class CheckedResolver:
    """Scrapy's TWISTED_DNS_RESOLVER: hands out what `Names` (the setting WARRAQ_NAMES) has checked, and nothing else."""

    def __init__(self, names: Names, reactor: Any) -> None:
        self._names, self._reactor = names, reactor

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: Any) -> CheckedResolver:
        return cls(crawler.settings["WARRAQ_NAMES"](), reactor)

    def install_on_reactor(self) -> None:
        self._reactor.installNameResolver(self)

    def resolveHostName(
        self,
        resolutionReceiver: IResolutionReceiver,
        hostName: str,
        portNumber: int = 0,
        addressTypes: Sequence[type[IAddress]] | None = None,
        transportSemantics: str = "TCP",
    ) -> IHostResolution:
        resolution = HostResolution(hostName)
        resolutionReceiver.resolutionBegan(resolution)

        async def answer() -> None:
            for ip in await self._names.addresses(hostName):
                kind = IPv6Address if ":" in ip else IPv4Address
                if addressTypes is None or kind in addressTypes:
                    resolutionReceiver.addressResolved(kind(transportSemantics, ip, portNumber))
            resolutionReceiver.resolutionComplete()

        task = asyncio.ensure_future(answer())
        resolution.task = task  # keeps it from being collected
        return resolution
