"""Newsrooms with a content system of their own: news sitemap, sitemap, feed if any, section pages with next links."""

from __future__ import annotations

import re
from typing import ClassVar

from archive.channels.model import Channel
from archive.channels.scope import join
from spiders.base import OutletSpider
from spiders.discovery import Discovery
from spiders.frontier import Job, Rank

PATIENCE = 3  # section pages in a row without anything unseen, until the walk through a section ends


class NewsroomDiscovery(Discovery):
    """Sections are walked after the sitemaps, and only as long as they list what those did not."""

    guesses = ("/sitemap_news_index.xml", "/news-sitemap.xml", "/sitemap-news.xml", "/sitemap_index.xml", "/sitemap.xml")
    _feeds: ClassVar[tuple[str, ...]] = ("/feed/", "/rss", "/rss.xml")

    def after_home(self, job: Job, channel: Channel | None) -> None:
        self._nothing_new: dict[str, int] = {}
        self._untried: list[str] = []
        self.ask_named()
        self.ask_written()
        for row in channel.next if channel else ():
            if row.kind == "feed":
                self.ask(row.url, "feed", Rank.FRONT, 1)
        for section in self.outlet.sections:
            self.ask(join(self.home, section), "archive", Rank.FRONT, 1)
        if channel:
            self.ask_next(job, channel)

    def on_page(self, job: Job, channel: Channel | None, new: int) -> None:
        if channel is None:
            self._try_feed()
        elif job.kind != "archive":
            self.ask_next(job, channel)
        elif channel.items and not ((job.page or 1) > 1 and self.repeats(job, channel)):
            self._after_section(job, channel, new)

    def after_front(self) -> None:
        """No sitemap and no feed was named: they may still be where they usually are."""
        hope = self.walking or not self.plan.had or "feed" in self.plan.had
        if hope and not self.given & {"sitemap", "news", "feed"} and not self.outlet.channels:
            self._untried = [join(self.home, name) for name in self._feeds]
            self._try_feed()

    def _try_feed(self) -> None:
        if self._untried and "feed" not in self.given:
            self.ask(self._untried.pop(0), "feed", Rank.FRONT, 1)

    def _after_section(self, job: Job, channel: Channel, new: int) -> None:
        chain = re.sub(r"\d+", "", job.url.replace("page/", "").partition("?")[0])
        self._nothing_new[chain] = 0 if new else self._nothing_new.get(chain, 0) + (job.rank is Rank.DEEP)
        if self._nothing_new[chain] < PATIENCE:
            self.ask_next(job, channel)


class NewsroomSpider(OutletSpider):
    name = "newsroom"
    discovery = NewsroomDiscovery
