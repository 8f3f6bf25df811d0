"""Which channels a run asks for, and what becomes of the articles they list. No network: it fills the frontier.

`wordpress` and `newsroom` say where to look; what all sites share is here: sitemaps and their children, how new an
item is, walking through pages and remembering what was walked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from archive import channels
from archive.address import article_id
from archive.capture import Cited
from archive.channels.model import Channel, ChannelAddress
from archive.channels.page import following, page_of
from archive.channels.scope import join
from archive.outlet import Outlet
from archive.plan import Plan, Task
from spiders.frontier import Frontier, Job, Rank

FRESH = timedelta(days=7)  # what a sitemap lists as younger than this is news, not back catalogue


class Discovery:
    """The lists of one run. Subclasses say which channels there are (`after_home`) and what follows a page (`on_page`)."""

    guesses: tuple[str, ...] = ()  # sitemaps to try, in order, when those of robots.txt are none

    def __init__(self, outlet: Outlet, plan: Plan, known: frozenset[str], frontier: Frontier, now: datetime) -> None:
        self.outlet, self.plan, self.frontier = outlet, plan, frontier
        self.home = outlet.url
        self.left_out: set[str] = set()  # article ids that a channel calls unreadable (password)
        self.given: set[str] = set()  # kinds of channel that gave items in this run; a news sitemap is "news"
        self._known = known
        self._fresh_since = (now - FRESH).isoformat()
        self._backlog: dict[str, Task] = {task.article or article_id(task.url): task for task in plan.backlog}
        self._before = known | self._backlog.keys()  # what earlier runs saw
        self._listed: dict[str, set[str]] = {}  # kind → article ids that this run saw listed
        self._named: dict[str, Cited] = {}  # address of a channel, or id of a backlog article → what first named it
        self._walked = frozenset(plan.walked) if plan.walk else frozenset()
        self._sitemaps: list[str] = []  # still to try
        self._hoped: set[str] = set()  # asked for, not answered yet
        self._front_over = False
        self._broken = self._answered = 0

    # --- what the spider calls

    def begin(self, sitemaps: list[ChannelAddress], cited: Cited | None = None) -> None:
        """The first channel is the home page: it says where feed and REST are. `sitemaps`: those of robots.txt, which
        is `cited`."""
        self._hoped = {row.url for row in sitemaps}
        self._note_named(sitemaps, cited)
        self.ask(self.outlet.url, "home", Rank.FRONT)

    def on_channel(self, job: Job, channel: Channel | None, *, broken: bool, at: str = "", cited: Cited | None = None) -> int:
        """A channel was answered (`at`: where it was redirected to); how many of its articles nobody had seen before.

        `cited`: its capture. `channel` None: the site does not offer it, or (`broken`) it failed after every attempt.
        """
        self._broken += broken
        self._answered += channel is not None
        new = self._offer_all(job, channel, cited) if channel is not None else 0
        self._note_named(channel.next if channel is not None else (), cited)
        if job.kind == "home":
            self.home = at if channel is not None and at else job.url
            self.after_home(job, channel)
        elif job.kind == "sitemap":
            self._on_sitemap(job, channel)
        else:
            self.on_page(job, channel, new)
        if channel is not None:
            self._listed.setdefault(job.kind, set()).update(item["article"] for item in channel.items)
        return new

    def front_settled(self) -> None:
        """To be called when no front channel is on its way. Once: decide on fallbacks. Then the back catalogue may go in."""
        if self.frontier.first() is Rank.FRONT:
            return
        if not self._front_over:
            self._front_over = True
            if self._answered:
                self.after_front()
        elif self._backlog:
            self.release()

    def release(self) -> None:
        """Put the plan's back catalogue into the frontier; what a front channel listed has gone in as new."""
        for article, task in self._backlog.items():
            job = Job(task.url, "article", Rank.BACKLOG, "plan", task.why, "", None, article, task.published, task.previous)
            self.frontier.push(replace(job, listed_by=self._named.get(article)), article)
        self._backlog = {}

    def walk_report(self, left: list[Job], *, whole: bool) -> dict[str, Any]:
        """Whether this run's walk through all channel pages came to its end."""
        pages = sum(job.role == "channel" for job in left)
        complete = self.plan.walk and whole and not pages and not self._broken and self._answered > 0
        counts = {"answered": self._answered, "left": pages, "broken": self._broken}
        return {"wanted": self.plan.walk, "since": self.plan.walk_since, "complete": complete, **counts}

    # --- what the subclasses fill in

    def after_home(self, job: Job, channel: Channel | None) -> None:
        """The home page was answered (`self.home` is where): ask for the other channels."""
        raise NotImplementedError

    def on_page(self, job: Job, channel: Channel | None, new: int) -> None:
        """A REST, feed or list page was answered: ask for the next one, or for another way."""
        raise NotImplementedError

    def after_front(self) -> None:
        """All front channels were answered: what is open is known."""

    # --- what the subclasses use

    def ask(self, url: str, kind: str, rank: Rank, page: int | None = None) -> bool:
        """Put a channel document in; False when it is in already, or was walked before."""
        if not url or (rank is Rank.DEEP and url in self._walked):
            return False
        why = "front" if rank is Rank.FRONT else "walk"
        job = Job(url, "channel", rank, kind, why, kind, page, previous=self.plan.channels.get(url))
        return self.frontier.push(replace(job, listed_by=self._named.get(url)), url)

    def ask_named(self) -> None:
        """The sitemaps of robots.txt (or the first guess), and the channels that the outlet file names."""
        home = self.home if self.home.endswith("/") else f"{self.home}/"  # a site in a folder may have them there
        guesses = [join(home, link) for name in self.guesses for link in (name.removeprefix("/"), name)]
        self._sitemaps = list(dict.fromkeys(guesses))
        self._hoped = self._hoped or {self._sitemaps.pop(0)}
        for url in self._hoped:
            self.ask(url, "sitemap", Rank.FRONT)
        for address in self.outlet.channels:
            url = join(self.outlet.url, address)
            self.ask(url, channels.kind_of(url), Rank.FRONT)

    def ask_next(self, job: Job, channel: Channel) -> None:
        """The pages after this one: on a walk, or the next one when all that a front page listed was unknown."""
        rows = [row for row in channel.next if row.kind == job.kind or (job.kind == "home" and row.kind == "archive")]
        if self.plan.walk:
            for row in rows:
                url = self._unwalked(row.url) if row.kind == "archive" else row.url
                self.ask(url, row.kind, Rank.DEEP, page_of(url) or row.page)
        elif self.all_unknown(channel):
            for row in rows[:1]:
                self.ask(row.url, row.kind, Rank.FRONT, row.page)

    def all_unknown(self, channel: Channel) -> bool:
        """Did more come in since the last run than this page holds? Never on a first run: there the walk does that."""
        listed = {item["article"] for item in channel.items}
        return bool(listed and self._known) and listed.isdisjoint(self._before)

    def repeats(self, job: Job, channel: Channel) -> bool:
        """Was everything here listed by an earlier page of the same kind? Sites that ignore the page number do so."""
        return {item["article"] for item in channel.items} <= self._listed.get(job.kind, set())

    def _unwalked(self, url: str) -> str:
        """The first page of a chain of numbered pages that was not walked before."""
        while url in self._walked and (after := following(url)):
            url = after
        return url

    # --- items

    def _note_named(self, rows: Iterable[ChannelAddress], cited: Cited | None) -> None:
        for row in rows if cited else ():
            self._named.setdefault(row.url, cited)

    def _offer_all(self, job: Job, channel: Channel, cited: Cited | None) -> int:
        """Put the articles of a channel document into the frontier; how many of them nobody had seen before."""
        self.left_out.update(channel.left_out)
        if channel.items:
            self.given.add("news" if job.kind == "sitemap" and "news" in _name(job.url) else job.kind)
        undated = not any(item["published"] or item["modified"] for item in channel.items)
        items = reversed(channel.items) if undated and job.kind == "sitemap" else channel.items  # WordPress lists oldest first
        return sum(self._offer(job, item, cited) for item in items)

    def _offer(self, job: Job, item: dict[str, Any], cited: Cited | None) -> bool:
        article, date = item["article"], item["published"] or item["modified"]
        news = (job.rank is Rank.FRONT and job.kind != "sitemap") or _later(date, self._fresh_since)
        if article in self._backlog and not news and cited:
            self._named.setdefault(article, cited)
        if article in self._known or article in self.left_out or (article in self._backlog and not news):
            return False
        self._backlog.pop(article, None)
        rank, why = (Rank.NEW, "new") if news else (Rank.BACKLOG, "backlog")
        found = Job(item["url"], "article", rank, job.kind, why, article=article, published=date, listed_by=cited)
        return self.frontier.push(found, article)

    # --- sitemaps

    def _on_sitemap(self, job: Job, channel: Channel | None) -> None:
        self._hoped.discard(job.url)
        if channel is not None:
            self._sitemaps = []
            self._ask_children(channel.next)
        elif not self._hoped and self._sitemaps:
            url = self._sitemaps.pop(0)
            self._hoped = {url}
            self.ask(url, "sitemap", Rank.FRONT)

    def _ask_children(self, rows: tuple[ChannelAddress, ...]) -> None:
        """Always the first, the last and the two that look newest; the others when never seen, changed, or on a walk."""
        newest = sorted((row for row in rows if _newness(row)), key=_newness, reverse=True)[:2]
        front = {row.url for row in (*rows[:1], *rows[-1:], *newest)}
        for row in sorted(rows, key=_newness, reverse=True):
            before = self.plan.channels.get(row.url)
            if row.url in front:
                self.ask(row.url, "sitemap", Rank.FRONT)
            elif before is None or self.plan.walk or _later(row.modified, before.time):
                self.ask(row.url, "sitemap", Rank.DEEP)


def _name(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1].lower()


def _newness(row: ChannelAddress) -> str:
    """What orders the children of an index: the day in their lastmod, else the one in their name, else nothing."""
    day = re.search(r"(?:19|20)\d\d-?[01]\d(?:-?[0-3]\d)?", row.modified or _name(row.url))
    return day[0].replace("-", "") if day else ""


def _later(value: str, than: str) -> bool:
    """Is one ISO time later than another? A time without offset counts as UTC; what is no time is not later."""
    try:
        left, right = (datetime.fromisoformat(text) for text in (value, than))
    except ValueError:
        return False
    left, right = (when if when.tzinfo else when.replace(tzinfo=UTC) for when in (left, right))
    return left > right
