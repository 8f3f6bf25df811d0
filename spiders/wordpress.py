"""WordPress: REST, feed and home page joined; sitemaps on walks; other ways when REST is not open.

    a round       home, front REST page, sweep for what was modified, feed: with robots.txt five requests
    a walk        all REST pages, oldest first, and the sitemaps
    without REST  sitemaps in every round; without those paged feeds, then archive pages

What each finds of a site: docs/DESIGN.md. Addresses: developer.wordpress.org/rest-api/using-the-rest-api/discovery/,
developer.wordpress.org/advanced-administration/wordpress/feeds/.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar

from archive.channels import rest
from archive.channels.model import Channel
from archive.channels.page import following
from archive.channels.scope import join
from spiders.base import OutletSpider
from spiders.discovery import Discovery
from spiders.frontier import Job, Rank

OVERLAP = timedelta(hours=1)  # that a sweep begins before the last one: clocks differ, and caches are slow
SLACK = timedelta(days=1)  # that a post in a sweep may be older than asked for; beyond, the site ignores what is asked
# Walks in the time of one (walk_every), at most, when the site has fewer articles than it should (of more than LARGE pages;
# of fewer pages more often, as many as cost the same), or more.
OFTEN, LARGE, SELDOM = 24, 100, 4


class WordpressDiscovery(Discovery):
    _front: tuple[Job, Channel] | None = None  # the first front page of REST
    guesses = ("/wp-sitemap.xml", "/sitemap_index.xml", "/sitemap.xml")

    _roots: ClassVar[tuple[str, ...]] = ("wp-json/", "?rest_route=/")  # with and without pretty permalinks
    _feeds: ClassVar[tuple[str, ...]] = ("feed/", "?feed=rss2")

    def after_home(self, job: Job, channel: Channel | None) -> None:
        """Ask where the home page says REST and feed are; if it does not say, or that fails, where they usually are (but
        between walks not for what was not there the last time)."""
        told = {row.kind: row.url for row in reversed(channel.next)} if channel else {}
        home = self.home if self.home.endswith("/") else f"{self.home}/"
        self._archive = told.get("archive") or join(home, "page/2/")
        usual = [rest.url_of(join(home, root), 1) for root in self._roots]
        feeds = [told["feed"]] if "feed" in told else [join(home, name) for name in self._feeds]
        self._untried = {
            "rest": [url for url in (told.get("rest"), *(usual if self._may_be_there("rest") else ())) if url],
            "feed": feeds if "feed" in told or self._may_be_there("feed") else [],
        }
        self._returned: set[str] = set()  # articles that REST had not, and lists as modified
        self._try("feed")
        self.ask_written()
        if not self._try("rest") or self.walking:
            self.ask_named()

    def _may_be_there(self, kind: str) -> bool:
        return self.walking or not self.plan.had or kind in self.plan.had

    def _try(self, kind: str) -> bool:
        while self._untried[kind]:
            if self.ask(self._untried[kind].pop(0), kind, Rank.FRONT, 1):
                return True
        return False

    def on_page(self, job: Job, channel: Channel | None, new: int) -> None:
        front = job.page == 1 and not (rest.is_walk(job.url) or rest.swept_since(job.url))
        if job.kind == "rest" and front and not (channel and channel.items):
            if not self._try("rest"):
                self.ask_named()
        elif channel is None:
            if job.kind in self._untried and front:
                self._try(job.kind)
        elif job.kind == "rest":
            self._on_rest(job, channel)
        elif job.kind == "feed":
            self._after_feed(job, channel)
        elif job.kind == "archive" and channel.items and not self.repeats(job, channel):
            self._ask_archive(job, channel)

    def after_front(self) -> None:
        """Neither REST nor a sitemap of everything: walk through the paged feed, or the archive pages."""
        if self.given & {"rest", "sitemap"} or not self.walking:
            return
        if "feed" in self.given:
            self.ask(self._unwalked(_paged(self._feed, 2)), "feed", Rank.DEEP, 2)
        else:
            self.ask(self._unwalked(self._archive), "archive", Rank.DEEP, 2)

    # --- REST

    def _on_rest(self, job: Job, channel: Channel) -> None:
        if since := rest.swept_since(job.url):
            times = [datetime.fromisoformat(item["modified"]) for item in channel.items if item["modified"]]
            if times and min(times) >= since - SLACK:  # else the site ignores what is asked, and would list all it has
                for row in channel.next:
                    self.ask(row.url, "rest", Rank.FRONT, row.page)
                self._note_returned(channel)
            return
        if job.rank is Rank.FRONT and job.page == 1:
            self._sweep(job.url)
            self._front = job, channel
            self._mind_total(job, channel)
        self.ask_next(job, channel)

    def _note_returned(self, channel: Channel) -> None:
        """What was gone from REST and is listed again makes up for as many that went: the total alone would not tell."""
        rows = [self._known.row(item["article"]) for item in channel.items]
        back = {row.article for row in rows if row is not None and not row.alive and "rest" not in row.words}
        if back - self._returned and self._front is not None:
            self._returned |= back
            self._mind_total(*self._front)
            if self.walking:
                self.ask_next(*self._front)

    def _sweep(self, front: str) -> None:
        """Ask for what was modified since the last sweep, or since the last look at this site. The hour is rounded down,
        so that the address, and with it the answer, stays the same as long as nothing happens."""
        told = [before.time for url, before in self.plan.channels.items() if rest.sweeps(url, front)]
        told = told or [before.time for url, before in self.plan.channels.items() if url == front]
        if told:
            last = max(map(datetime.fromisoformat, told)).astimezone(UTC)
            since = (last - OVERLAP).replace(minute=0, second=0, microsecond=0)
            self.ask(rest.sweep_of(front, since), "rest", Rank.FRONT, 1)

    def _mind_total(self, job: Job, channel: Channel) -> None:
        """The number of articles that the site says it has, against what it said before and what is new: a difference is
        worth a walk now. A shortage that none looks into is owed: the next run is told what there should be."""
        if channel.total is not None and self.plan.expected >= 0:
            listed = {item["article"] for item in channel.items}
            new = sum(not self.is_known(article) for article in listed - self.changes.newcomers - self._returned)
            should = self.plan.expected + new + len(self._returned)
            self.short = channel.total < should
            share = min(1.0, (channel.pages or LARGE) / LARGE) / OFTEN if self.short else 1 / SELDOM
            over = channel.pages is not None and rest.walk_of(job.url, channel.pages) in self._walked  # but for what failed
            if channel.total != should and (over or not self.walking) and self._walked_before(self.outlet.walk_every * share):
                self.begin_walk()
                self.ask_named()
            looked = self.walking and not self._walked  # from the first page on
            self.owed = should if self.short and not looked else 0
        self.short |= self.walking and channel.pages == 1

    def _after_feed(self, job: Job, channel: Channel) -> None:
        page = job.page or 1
        if page == 1:
            self._feed = job.url
            if self.all_unknown(channel) and not self.given & {"rest", "sitemap"}:
                self.ask(_paged(job.url, 2), "feed", Rank.FRONT, 2)
        elif channel.items and not self.repeats(job, channel):
            if self.walking or self.all_unknown(channel):
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
