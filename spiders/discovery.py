"""Which channels a run asks for, and what becomes of the articles they list. No network: it fills the frontier.

`wordpress` and `newsroom` say where to look; what all sites share is here: how new an item is, walking through pages
and remembering what was walked, what speaks against an absence. Sitemaps: `spiders.sitemaps`, known articles:
`spiders.changes`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from archive import channels
from archive.address import article_id
from archive.capture import Cited
from archive.channels import rest
from archive.channels.model import Channel, ChannelAddress
from archive.channels.page import following, page_of
from archive.channels.scope import join
from archive.outlet import Outlet
from archive.plan import Plan, Task
from archive.schedule import LONGEST, sitemap_true
from spiders.changes import Changes
from spiders.frontier import Frontier, Job, Rank
from spiders.known import Known
from spiders.sitemaps import Tree, later, name_of

FRESH = timedelta(days=7)  # what a sitemap lists as younger than this is news, not back catalogue


class Discovery:
    """The lists of one run. Subclasses say which channels there are (`after_home`) and what follows a page (`on_page`)."""

    guesses: tuple[str, ...] = ()  # sitemaps to try, in order, when those of robots.txt are none

    def __init__(self, outlet: Outlet, plan: Plan, known: Known, frontier: Frontier, now: datetime) -> None:
        self.outlet, self.plan, self.frontier = outlet, plan, frontier
        self.home = outlet.url
        self.walking, self.walk_since = plan.walk, plan.walk_since  # through all pages of the channels
        self.changes = Changes(plan, known, frontier)
        self.tree = Tree(plan.channels, now)
        self.left_out: set[str] = set()  # article ids that a channel calls unreadable (password)
        self.given: set[str] = set()  # kinds of channel that gave items in this run; a news sitemap is "news"
        self._known, self._now = known, now
        self._fresh_since = (now - FRESH).isoformat()
        self._backlog: dict[str, Task] = {task.article or article_id(task.url): task for task in plan.backlog}
        self._open: Counter[str] = Counter()  # kind → documents that were asked for and not answered yet
        self.short = False  # the front page of REST may tell that something is missing
        # Articles that the site should have, when it has fewer and no walk of this run looks for them all, or does not tell
        self.owed = max(0, plan.expected)
        self._named: dict[str, Cited] = {}  # address of a channel, or id of a backlog article → what first named it
        self._walked = frozenset(plan.walked) if plan.walk else frozenset()
        self._front_over = False
        self._broken = self._answered = 0

    # --- what the spider calls

    def begin(self, sitemaps: list[ChannelAddress], cited: Cited | None = None) -> None:
        """The first channel is the home page: it says where feed and REST are. `sitemaps`: those of robots.txt, which
        is `cited`."""
        self.tree.named(sitemaps)
        self._note_named(sitemaps, cited)
        self.ask(self.outlet.url, "home", Rank.FRONT)
        if self.walking:
            self.ask_nowhere()

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
        """A channel was answered (`at`: where it was redirected to); how many of its articles nobody had seen before.

        `cited`: its capture. `channel` None: the site does not offer it, or (`broken`) it failed after every attempt, or
        (`refused`) nobody asked, because robots.txt or its host forbids it.
        """
        if job.kind == "nowhere":
            return 0
        self._broken += broken
        self._answered += channel is not None
        new = self._offer_all(job, channel, cited) if channel is not None else 0
        self._note_named(channel.next if channel is not None else (), cited)
        self._open[_class(job)] -= 1
        if job.kind == "home":
            # One that never listed anything may be missing for good (404): only its failure says that the site is ill.
            self.changes.homeless = channel is None and not refused and (broken or "home" in self.plan.had)
            self.home = at if channel is not None and at else job.url
            self.after_home(job, channel)
        elif job.kind == "sitemap":
            self._on_sitemap(job, channel)
        else:
            self.on_page(job, channel, new)
        if channel is not None:
            self.changes.listed.setdefault(job.kind, set()).update(item["article"] for item in channel.items)
            if channel.items or (job.kind == "sitemap" and channel.next):
                self.changes.answered.add(job.kind)
        self._find_missing(job, channel, cited)
        return new

    def _find_missing(self, job: Job, channel: Channel | None, cited: Cited | None) -> None:
        """What a list should name and does not. It is looked at when no other document of that list is on its way."""
        if job.kind == "rest" and channel is not None:
            if rest.is_walk(job.url):
                self.changes.walk_page(job, channel, cited)
            elif self.short and job.page == 1 and not rest.swept_since(job.url):
                self.changes.front_page(channel, cited)
        if not self._open["rest"] and not self._open["walk"]:
            self.changes.settle()
        if self.walking and not self._open["sitemap"] and "rest" not in self.given and self.tree.whole():
            self.changes.whole_sitemap(cited)

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

    def noted(self, job: Job) -> Job:
        """An article's job as it goes out: with what the lists of this run say of it by now."""
        return self.changes.noted(job)

    def walk_report(self, left: list[Job], *, whole: bool) -> dict[str, Any]:
        """Whether this run's walk through all channel pages came to its end: the time may have been over for articles only,
        and what is missing from the lists is then in the next plan.

        A list that failed is tried again in the next rounds, and keeps the walk open for half of the time to the next one:
        one that fails for ever must not keep what the others tell from being acted upon.
        """
        pages = sum(job.role == "channel" for job in left)
        failed = self._broken > 0 and not self._walked_before(self.outlet.walk_every / 2)
        over = self._front_over and not pages and not any(self._open.values())
        complete = self.walking and whole and over and not failed and self._answered > 0
        counts = {"answered": self._answered, "left": pages, "broken": self._broken}
        owed = {"owed": self.owed} if self.owed else {}
        return {"wanted": self.walking, "since": self.walk_since, "complete": complete, **counts, **owed}

    def _walked_before(self, seconds: float) -> bool:
        """Did the last walk begin so many seconds ago, or more?"""
        return not self.walk_since or self._now - datetime.fromisoformat(self.walk_since) >= timedelta(
            seconds=min(seconds, LONGEST)
        )

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
        put = self.frontier.push(job.cite(self._named.get(url)), url)
        self._open[_class(job)] += put
        return put

    def begin_walk(self) -> None:
        """A walk that the plan does not have, from its first page: this run's lists say that one is worth it."""
        self.walking, self.walk_since, self._walked = True, self._now.isoformat(), frozenset()
        self.ask_nowhere()

    def ask_nowhere(self) -> None:
        """An address that cannot exist: how this site answers for what is not there (`archive.classify`)."""
        name = hashlib.sha256(f"{self.outlet.name} {self.plan.run}".encode()).hexdigest()[:16]
        url = join(self.home if self.home.endswith("/") else f"{self.home}/", f"warraq-{name}")
        self.frontier.push(Job(url, "channel", Rank.DEEP, "nowhere", "walk", "nowhere"), url)

    def ask_named(self) -> None:
        """The sitemaps of robots.txt, or the first guess."""
        for url in self.tree.begin(self.home, self.guesses):
            self.ask(url, "sitemap", Rank.FRONT)

    def ask_written(self) -> None:
        """The channels that the outlet file names."""
        for address in self.outlet.channels:
            url = join(self.outlet.url, address)
            self.ask(url, channels.kind_of(url), Rank.FRONT)

    def ask_next(self, job: Job, channel: Channel) -> None:
        """The pages after this one: on a walk, or the next one when all that a front page listed was unknown."""
        rows = [row for row in channel.next if row.kind == job.kind or (job.kind == "home" and row.kind == "archive")]
        if self.walking:
            for row in (row for row in rows if row.kind != "rest" or rest.is_walk(row.url)):
                url = self._unwalked(row.url) if row.kind == "archive" else row.url
                self.ask(url, row.kind, Rank.DEEP, page_of(url) or row.page)
        elif self.all_unknown(channel):
            for row in [row for row in rows if not rest.is_walk(row.url)][:1]:
                self.ask(row.url, row.kind, Rank.FRONT, row.page)

    def all_unknown(self, channel: Channel) -> bool:
        """Did more come in since the last run than this page holds? Never on a first run: there the walk does that."""
        listed = {item["article"] for item in channel.items}
        return bool(listed and len(self._known)) and not any(map(self.is_known, listed))

    def is_known(self, article: str) -> bool:
        """Did earlier runs see it?"""
        return article in self._known or article in self._backlog

    def repeats(self, job: Job, channel: Channel) -> bool:
        """Was everything here listed by an earlier page of the same kind? Sites that ignore the page number do so."""
        return {item["article"] for item in channel.items} <= self.changes.listed.get(job.kind, set())

    def _unwalked(self, url: str) -> str:
        """The first page of a chain of numbered pages that was not walked before."""
        while url in self._walked and (after := following(url)):
            url = after
        return url

    # --- items

    def _note_named(self, rows: Iterable[ChannelAddress], cited: Cited | None) -> None:
        if cited:
            for row in rows:
                self._named.setdefault(row.url, cited)

    def _offer_all(self, job: Job, channel: Channel, cited: Cited | None) -> int:
        """Put the articles of a channel document into the frontier; how many of them nobody had seen before."""
        self.left_out.update(channel.left_out)
        if channel.items:
            self.given.add("news" if job.kind == "sitemap" and "news" in name_of(job.url) else job.kind)
        undated = not any(item["published"] or item["modified"] for item in channel.items)
        items = reversed(channel.items) if undated and job.kind == "sitemap" else channel.items  # WordPress lists oldest first
        if job.kind != "sitemap" or sitemap_true([item["modified"] for item in channel.items]):
            for item in channel.items:
                self.changes.heard(job.kind, item, cited)
        return sum(self._offer(job, item, cited) for item in items)

    def _offer(self, job: Job, item: dict[str, Any], cited: Cited | None) -> bool:
        article, date = item["article"], item["published"] or item["modified"]
        news = (job.rank is Rank.FRONT and job.kind != "sitemap") or later(date, self._fresh_since)
        if article in self._backlog and not news and cited:
            self._named.setdefault(article, cited)
        if article in self._known or article in self.left_out or (article in self._backlog and not news):
            return False
        self._backlog.pop(article, None)
        moved = self.changes.moved(item, cited)
        rank, why = (Rank.NEW, "moved" if moved else "new") if news or moved else (Rank.BACKLOG, "backlog")
        found = Job(item["url"], "article", rank, job.kind, why, article=article, published=date, listed_by=cited)
        return self.frontier.push(found, article)

    # --- sitemaps

    def _on_sitemap(self, job: Job, channel: Channel | None) -> None:
        guess = self.tree.answered(job.url, channel)
        self.ask(guess, "sitemap", Rank.FRONT)
        for url, rank in self.tree.children(channel.next if channel else (), walking=self.walking):
            if not self.ask(url, "sitemap", rank) and rank is Rank.DEEP and url in self._walked:
                self.tree.skipped()


def _class(job: Job) -> str:
    return "walk" if job.kind == "rest" and rest.is_walk(job.url) else job.kind
