"""Pages that somebody watches or asked for, of any site: the plan's addresses and their pictures, no list.

Everything else is as for outlets: robots.txt of each host, a delay of its own for each, no private address.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from archive.address import host_of
from archive.capture import Cited
from archive.channels.model import Channel, ChannelAddress
from archive.channels.scope import Scope, join
from spiders.asker import Asker
from spiders.base import OutletSpider
from spiders.discovery import Discovery
from spiders.frontier import Job, Rank
from spiders.settings import CONCURRENCY


class Fronts(Discovery):
    """Nothing is discovered: the run is its plan. But no absence is confirmed before the site's front page was asked for:
    a site that does not even give that one says nothing of its pages."""

    def begin(self, sitemaps: list[ChannelAddress], cited: Cited | None = None) -> None:
        self._silent: set[str] = set()  # hosts whose front page was asked for and has not come: not yet, or not at all
        for task in self.plan.revisits:
            if task.why == "confirm" and urlsplit(task.url).path.strip("/"):
                self.ask(join(task.url, "/"), "home", Rank.FRONT)
                self._silent.add(host_of(task.url))

    def on_channel(
        self,
        job: Job,
        channel: Channel | None,
        *,
        broken: bool,
        refused: bool = False,
        at: str = "",
        cited: Cited | None = None,
    ) -> int:
        if channel is not None or refused:  # robots.txt forbids that one: nothing is known of the site
            self._silent.discard(host_of(job.url))
        return 0

    def noted(self, job: Job) -> Job:
        return replace(job, site="doubtful" if host_of(job.url) in self._silent else "")


class Anywhere(Scope):
    """Redirects are followed to any host: who asks for a page wants what became of it. Each hop passes its host's gate."""

    def inside(self, url: str) -> bool:
        try:
            return url.startswith(("http://", "https://")) and bool(host_of(url))
        except ValueError:  # a port that is none
            return False


class WatchSpider(OutletSpider):
    name = "watch"
    discovery = Fronts

    def _new_asker(self) -> Asker:
        asker = super()._new_asker()
        asker.scope = Anywhere(self.outlet)
        return asker

    async def _begin(self, asker: Asker) -> int:
        """Several hosts at a time; at each, one request after the other, its delay apart."""
        self.lists.begin([])
        return CONCURRENCY
