"""What the lists of a run say of articles that earlier runs know: edited, moved, no longer listed. No network.

    word differs from the answered one      modified, text      one look at the page
    id of the CMS under another address     moved               the new address, as a new article, and the old one:
                                                                only what is no longer there has moved (archive.identity)
    listed before, not by a whole list now  unlisted            one look at the page
    gone, and REST lists it as it was       listed              one look at the page

Lists come page by page, so what one page does not list may stand on the next: what is missing waits until some more
pages were read, or the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from archive.address import article_id
from archive.capture import Cited, Site
from archive.channels import rest
from archive.channels.model import Channel
from archive.plan import Plan
from spiders.frontier import Frontier, Job, Rank
from spiders.known import Known, Row, seconds

SETTLED = 10  # walk pages after which nobody else will list what a page does not: more than are on their way at once
_FOREVER = float("inf")


class Changes:
    """`listed`: kind of channel → ids of the articles that documents of this run listed."""

    def __init__(self, plan: Plan, known: Known, frontier: Frontier) -> None:
        self.listed: dict[str, set[str]] = {}
        self.answered: set[str] = set()  # kinds that listed something, or named sitemaps
        self.homeless = False  # the home page was asked for, and failed
        self._had = plan.had
        self._known, self._frontier = known, frontier
        tasks = (*plan.revisits, *plan.backlog)
        self._planned = {task.article or article_id(task.url): task.announced for task in tasks}
        self._heard: dict[str, dict[str, str]] = {}  # article → words of this run, where they matter
        self._posts: set[str] = set()  # ids of the CMS's own under new addresses
        self.newcomers: set[str] = set()  # those new addresses' articles
        self._spans: dict[int, tuple[float, float]] = {}  # page of the walk → first and last time on it
        self._missing: list[tuple[int, Row, Cited | None]] = []  # (walk pages read until then, …)
        self._read = 0

    def noted(self, job: Job) -> Job:
        """An article's job as it goes out: with what the lists of this run say of it by now."""
        why = "moved" if job.article in self.newcomers and job.why == "new" else job.why  # the home page has no ids
        return replace(job, why=why, announced=self.words(job), site=self._site(job))

    def _site(self, job: Job) -> Site:
        """What speaks against an absence: the site is not itself, or says that the article is there. What REST lists no more
        is not there, whatever a sitemap says that was read a moment before, or is made anew now and then."""
        if self.homeless or (self._had and self.answered.isdisjoint(self._had)):
            return "doubtful"
        kinds = ("rest",) if job.why == "unlisted" else ("rest", "sitemap")
        return "listed" if any(job.article in self.listed.get(kind, ()) for kind in kinds) else ""

    def words(self, job: Job) -> dict[str, str]:
        """What lists say of an article now, as far as is known: what its capture will answer."""
        row = self._known.row(job.article)
        planned = self._planned.get(job.article, {})
        return {**(row.words if row else {}), **planned, **job.announced, **self._heard.get(job.article, {})}

    def heard(self, kind: str, item: dict[str, Any], cited: Cited | None) -> None:
        """A document lists an article: a known one is looked at when it says what no capture has answered."""
        article, words = item["article"], told(kind, item)
        row = self._known.row(article) if words else None
        differ = {key for key, word in words.items() if row and row.words.get(key, word) != word}
        if words and (row is None or differ or article in self._planned):
            self._heard.setdefault(article, {}).update(words)
        back = kind == "rest" and row is not None and row.gone
        if differ or back:
            why = "text" if differ == {"text"} else "modified" if differ else "listed"
            self._look(Job(item["url"], "article", Rank.REVISIT, kind, why, article=article, published=_date(item)), cited)

    def moved(self, item: dict[str, Any], cited: Cited | None) -> bool:
        """Is this unknown address that of an article which is known under another one?"""
        before = self._known.of_post(item["post"]) if item["post"] else None
        if before is None or before.article == item["article"]:
            return False
        self._posts.add(item["post"])
        self.newcomers.add(item["article"])
        if before.alive:
            self._look(_revisit(before, "rest", "moved"), cited)
        return True

    def front_page(self, channel: Channel, cited: Cited | None) -> None:
        """The newest posts: what is known to be as new as they are, and is not among them."""
        times = _times(channel)
        if times:
            low = -_FOREVER if channel.pages == 1 else min(times)
            self._miss(self._expected(low, _FOREVER, inside=channel.pages != 1), cited)

    def walk_page(self, job: Job, channel: Channel, cited: Cited | None) -> None:
        """A page of the walk, oldest first: what is known to be of its time, or of that between it and its neighbours."""
        page, times = job.page or rest.page_of(job.url), _times(channel)
        self._read += 1
        if times:
            self._spans[page] = min(times), max(times)
            before, after = self._spans.get(page - 1), self._spans.get(page + 1)
            low = before[1] if before else -_FOREVER if page == 1 else min(times)
            high = after[0] if after else _FOREVER if page == channel.pages else max(times)
            self._miss(self._expected(low, high), cited)
        self.settle(self._read - SETTLED)

    def settle(self, until: int | None = None) -> None:
        """Look at what is still missing. `until`: what was missed before so many walk pages were read; None: all."""
        waiting, self._missing = self._missing, []
        for at, row, cited in waiting:
            if until is not None and at > until:
                self._missing.append((at, row, cited))
            elif self._unlisted(row, "rest"):
                self._look(_revisit(row, "rest"), cited)

    def whole_sitemap(self, cited: Cited | None) -> None:
        """Every sitemap was read. What it should list is what it listed before with a time, and if it seems to list
        everything since some day, what was published since then."""
        listed = self.listed.get("sitemap", set())
        times = [seconds(row.published) for row in self._known.alive() if row.article in listed]
        low = min((when for when in times if when is not None), default=_FOREVER)
        missing = [row for row in self._known.alive(low) if self._unlisted(row, "sitemap")]
        if len(missing) > len(times):
            missing = [row for row in missing if "sitemap" in row.words]
        for row in missing:
            self._look(_revisit(row, "sitemap"), cited)

    def _expected(self, low: float, high: float, *, inside: bool = False) -> Iterator[Row]:
        """What REST should list of this time. `inside`: without what is as old as the oldest, which the next page may list."""
        rows = self._known.alive(low, high)
        return (row for row in rows if row.listed and not (inside and seconds(row.published) == low))

    def _miss(self, rows: Iterable[Row], cited: Cited | None) -> None:
        self._missing += [(self._read, row, cited) for row in rows if self._unlisted(row, "rest")]

    def _unlisted(self, row: Row, kind: str) -> bool:
        return row.article not in self.listed.get(kind, ()) and not (row.post and row.post in self._posts)

    def _look(self, job: Job, cited: Cited | None) -> None:
        self._frontier.promote(job.cite(cited), job.article)


def told(kind: str, item: dict[str, Any]) -> dict[str, str]:
    """The words of a list about one of its articles (`archive.plan.Task.announced`)."""
    words = {"rest": {"rest": item["modified"], "text": item["text"]}, "sitemap": {"sitemap": item["modified"]}}.get(kind, {})
    return {key: word for key, word in words.items() if word}


def _revisit(row: Row, kind: str, why: str = "unlisted") -> Job:
    return Job(row.url, "article", Rank.REVISIT, kind, why, article=row.article, published=row.published)


def _date(item: dict[str, Any]) -> str:
    return str(item["published"] or item["modified"])


def _times(channel: Channel) -> list[float]:
    found = (seconds(item["published"]) for item in channel.items)
    return [when for when in found if when is not None]
