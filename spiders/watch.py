"""Pages that somebody watches or asked for, of any site: the plan's addresses and no others, no channel, no list.

Everything else is as for outlets: robots.txt of each host, a delay of its own for each, no private address.
"""

from __future__ import annotations

from archive.address import host_of
from archive.capture import Cited
from archive.channels.model import Channel, ChannelAddress
from archive.channels.scope import Scope
from spiders.asker import Asker
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


class Anywhere(Scope):
    """Redirects are followed to any host: who asks for a page wants what became of it. Each hop passes its host's gate."""

    def inside(self, url: str) -> bool:
        try:
            return url.startswith(("http://", "https://")) and bool(host_of(url))
        except ValueError:  # a port that is none
            return False


class WatchSpider(OutletSpider):
    name = "watch"
    discovery = NoDiscovery

    def _new_asker(self) -> Asker:
        asker = super()._new_asker()
        asker.scope = Anywhere(self.outlet)
        return asker

    async def _begin(self, asker: Asker) -> int:
        """Several hosts at a time; at each, one request after the other, its delay apart."""
        return CONCURRENCY
