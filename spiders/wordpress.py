"""WordPress: REST, sitemaps, feed and home page joined; paged feeds and archive pages when nothing else is open.

What each finds of a site: docs/DESIGN.md. Addresses: developer.wordpress.org/rest-api/using-the-rest-api/discovery/,
developer.wordpress.org/advanced-administration/wordpress/feeds/.
"""

from __future__ import annotations

from typing import ClassVar

from archive.channels import rest
from archive.channels.model import Channel
from archive.channels.page import following
from archive.channels.scope import join
from spiders.base import OutletSpider
from spiders.discovery import Discovery
from spiders.frontier import Job, Rank


class WordpressDiscovery(Discovery):
    guesses = ("/wp-sitemap.xml", "/sitemap_index.xml", "/sitemap.xml")

    _roots: ClassVar[tuple[str, ...]] = ("wp-json/", "?rest_route=/")  # with and without pretty permalinks
    _feeds: ClassVar[tuple[str, ...]] = ("feed/", "?feed=rss2")

    def after_home(self, job: Job, channel: Channel | None) -> None:
        """Ask where the home page says REST and feed are; if it does not say, or that fails, where they usually are."""
        told = {row.kind: row.url for row in reversed(channel.next)} if channel else {}
        home = self.home if self.home.endswith("/") else f"{self.home}/"
        self._archive = told.get("archive") or join(home, "page/2/")
        usual = [rest.url_of(join(home, root), 1) for root in self._roots]
        self._untried = {
            "rest": list(dict.fromkeys([told["rest"], *usual] if "rest" in told else usual)),
            "feed": [told["feed"]] if "feed" in told else [join(home, name) for name in self._feeds],
        }
        self._try("rest")
        self._try("feed")
        self.ask_named()

    def _try(self, kind: str) -> None:
        while self._untried[kind]:
            if self.ask(self._untried[kind].pop(0), kind, Rank.FRONT, 1):
                return

    def on_page(self, job: Job, channel: Channel | None, new: int) -> None:
        if channel is None:
            if job.kind in self._untried and job.page == 1:
                self._try(job.kind)
            return
        if job.kind == "rest":
            self.ask_next(job, channel)
        elif job.kind == "feed":
            self._after_feed(job, channel)
        elif job.kind == "archive" and channel.items and not self.repeats(job, channel):
            self._ask_archive(job, channel)

    def after_front(self) -> None:
        """Neither REST nor a sitemap of everything: walk through the paged feed, or the archive pages."""
        if self.given & {"rest", "sitemap"} or not self.plan.walk:
            return
        if "feed" in self.given:
            self.ask(self._unwalked(_paged(self._feed, 2)), "feed", Rank.DEEP, 2)
        else:
            self.ask(self._unwalked(self._archive), "archive", Rank.DEEP, 2)

    def _after_feed(self, job: Job, channel: Channel) -> None:
        page = job.page or 1
        if page == 1:
            self._feed = job.url
            if self.all_unknown(channel) and not self.given & {"rest", "sitemap"}:
                self.ask(_paged(job.url, 2), "feed", Rank.FRONT, 2)
        elif channel.items and not self.repeats(job, channel):
            if self.plan.walk or self.all_unknown(channel):
                self.ask(self._unwalked(_paged(self._feed, page + 1)), "feed", job.rank, page + 1)
        else:  # a feed that ignores the page number
            self.ask(self._unwalked(self._archive), "archive", job.rank, 2)

    def _ask_archive(self, job: Job, channel: Channel) -> None:
        told = next((row.url for row in channel.next if row.kind == "archive"), "")
        self.ask(self._unwalked(told or following(job.url)), "archive", job.rank, (job.page or 1) + 1)


def _paged(feed: str, page: int) -> str:
    return f"{feed}{'&' if '?' in feed else '?'}paged={page}"


class WordpressSpider(OutletSpider):
    name = "wordpress"
    discovery = WordpressDiscovery
