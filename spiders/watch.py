"""Pages that somebody watches or asked for, of any site: the plan's addresses and no others, no channel, no list.

Everything else is as for outlets: robots.txt of each host, a delay of its own for each, no private address.
"""

from __future__ import annotations

from archive.address import host_of
from archive.capture import Cited
from archive.channels.model import Channel, ChannelAddress
from spiders.asker import HOPS, Asker
from spiders.base import OutletSpider
from spiders.discovery import Discovery
from spiders.frontier import Job
from spiders.settings import CONCURRENCY


class NoDiscovery(Discovery):
    """Nothing is discovered: the run is its plan."""

    def begin(self, sitemaps: list[ChannelAddress], cited: Cited | None = None) -> None:
        """No channel is asked for."""

    def after_home(self, job: Job, channel: Channel | None) -> None:
        """No home page is asked for."""

    def on_page(self, job: Job, channel: Channel | None, new: int) -> None:
        """No list is asked for."""


class AnywhereAsker(Asker):
    """Follows redirects to any host: who asks for a page wants what it has become. Each hop passes the gate of its host."""

    def _no_hop(self, target: str, via: tuple[str, ...]) -> str:
        if not target.startswith(("http://", "https://")):
            return "no-address"
        try:
            host_of(target)
        except ValueError:  # a port that is none
            return "no-address"
        if target in via:
            return "loop"
        return "too-many" if len(via) > HOPS else ""


class WatchSpider(OutletSpider):
    name = "watch"
    discovery = NoDiscovery

    def _new_asker(self) -> Asker:
        return AnywhereAsker(self.outlet, self.ledger, self.tools, self.crawler.engine.download_async)

    async def _begin(self, asker: Asker) -> int:
        """Several hosts at a time; at each, one request after the other, its delay apart."""
        return CONCURRENCY
