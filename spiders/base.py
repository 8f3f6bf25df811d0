"""What every spider shares: one run of one outlet, from the first robots.txt to the last answer.

frontier ─► worker ─► asker ─► again later? ─► channel: new jobs ─► counted out
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from time import monotonic
from typing import Any, ClassVar

import scrapy

from archive import channels, pictures
from archive.address import article_id, host_of
from archive.channels.model import header
from archive.errors import BadRecord, WarraqError
from archive.outlet import Outlet
from archive.plan import Plan
from spiders import polite
from spiders.absence import absent
from spiders.asker import ATTEMPTS, ATTEMPTS_WHEN_PAUSED, REFUSALS, Answer, Asker, Tools
from spiders.discovery import Discovery
from spiders.frontier import Frontier, Job, Rank
from spiders.known import Known
from spiders.ledger import Ledger
from spiders.settings import CONCURRENCY

PROGRESS = 60.0  # seconds between two lines of progress
PICTURE_FAILURES = 5  # pictures in a row that failed, until no more are asked of their host


class OutletSpider(scrapy.Spider):
    """One run of one outlet. `report()` is complete when the spider has closed."""

    name = "outlet"
    discovery: ClassVar[type[Discovery]]

    def __init__(self, outlet: Outlet, plan: Plan, known: Known, tools: Tools, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.outlet, self.plan, self.tools = outlet, plan, tools
        self.frontier, self.ledger = Frontier(), Ledger()
        self.asker: Asker | None = None
        self.known = known
        self.lists = self.discovery(outlet, plan, known, self.frontier, tools.clock())
        self.error: BaseException | None = None
        self._flying: list[Job] = []
        self._returned: list[Job] = []
        self._hosts = set(outlet.hosts)  # that more than pictures was asked of
        self._pictures_failed: Counter[str] = Counter()  # host → pictures in a row
        self._changed = asyncio.Event()

    async def start(self) -> AsyncIterator[Any]:
        """The whole run. Nothing is yielded: Scrapy's scheduler stays empty."""
        try:
            await self._run()
        except Exception as error:  # noqa: BLE001  # the edge of the run: spiders.run says it and sets the exit status
            self.error = error
        return
        yield

    async def _run(self) -> None:
        self.asker = self._new_asker()
        for task in self.plan.revisits:
            article = task.article or article_id(task.url)
            job = Job(task.url, "article", Rank.REVISIT, "plan", task.why, "", None, article, "", task.previous)
            self.frontier.push(replace(job, conditional=task.conditional), article)
        workers = await self._begin(self.asker)
        progress = asyncio.ensure_future(self._progress())
        try:
            await asyncio.gather(*(self._worker(self.asker) for _ in range(workers)))
        finally:
            progress.cancel()
        self.lists.release()
        # A job comes back when its turn lies behind the deadline, which may itself be some milliseconds away still.
        left = [job for job in self._left() if job.role != "picture"]  # those come again with their article
        if left and (self._returned or monotonic() >= self.asker.deadline):
            self.halt("budget")

    def _new_asker(self) -> Asker:
        return Asker(self.outlet, self.ledger, self.tools, self.crawler.engine.download_async)

    async def _begin(self, asker: Asker) -> int:
        """Put in the first channels, once the outlet's robots.txt is known; how many workers may ask at a time."""
        rules = await asker.rules(self.outlet.url)
        if not rules.unreachable:
            self.lists.begin([row for rows in asker.sitemaps.values() for row in rows], rules.cited)
        return 1 if asker.host(self.outlet.url).delay else CONCURRENCY

    async def _progress(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS)
            self.tools.say(
                f"crawl: {self.ledger.asked} asked, {self.ledger.outcomes['content']} pages, {len(self._left())} to go"
            )

    def halt(self, why: str) -> None:
        """Ask nothing more; what is in flight is finished."""
        if self.asker is not None:
            self.asker.stopped = self.asker.stopped or why
        self._wake()

    def report(self) -> dict[str, Any]:
        """What was asked and what came of it, as plain JSON values."""
        left = self._left()
        hosts = self.asker.hosts if self.asker else {}
        given_up = {name: host.given_up for name, host in sorted(hosts.items()) if host.given_up}
        for name, why in given_up.items():
            self.ledger.note(f"{name}: {why}")
        given_up = {name: why for name, why in given_up.items() if name in self._hosts}  # others hold pictures at most
        stopped = self.asker.stopped if self.asker else ""
        return {
            **self.ledger.dump(left),
            "put_in": self.frontier.put_in,
            "stopped": stopped,
            "given_up": given_up,
            "walk": self.lists.walk_report(left, whole=not (given_up or self.error)),
        }

    def _left(self) -> list[Job]:
        return self.frontier.left() + self._returned

    async def _worker(self, asker: Asker) -> None:
        while not asker.over:
            # A channel on its way may say of an article that it is none (password): what comes after it waits for that.
            lists = min((job.rank for job in self._flying if job.role == "channel"), default=Rank.PICTURE)
            if lists is not Rank.FRONT:
                self.lists.front_settled()
            if self.frontier.front_waits():  # what speaks against an absence is not known before it was answered
                lists = min(lists, Rank.NEW)
            job, at = self.frontier.pop(monotonic(), lists)
            if job is not None:
                await self._fly(asker, job)
            elif self._flying or at < float("inf"):
                await self._wait(min(at, asker.deadline))
            else:
                return

    async def _fly(self, asker: Asker, job: Job) -> None:
        self._flying.append(job)
        try:
            await self._do(asker, job)
        except WarraqError as error:  # the sink: a full disk. Nothing more may be asked
            self.error = self.error or error
            self.ledger.jobs["not-recorded"] += 1
            self.halt("error")
        finally:
            self._flying.remove(job)
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _wait(self, until: float) -> None:
        try:
            await asyncio.wait_for(self._changed.wait(), max(0.01, min(until - monotonic(), 3600.0)))
        except TimeoutError:
            return

    async def _do(self, asker: Asker, job: Job) -> None:
        """One job, to its end or to its next attempt. Each way out counts it, or puts it where it is counted later."""
        if job.article and job.article in self.lists.left_out:
            self.ledger.refuse("left-out", job)
            return
        if job.role == "picture" and self._pictures_failed[host_of(job.url)] >= PICTURE_FAILURES:
            self.ledger.jobs["given-up"] += 1
            return
        if job.role != "picture":
            self._hosts.add(host_of(job.url))
        job = self.lists.noted(job) if job.role == "article" else job
        answer = await asker.chain(job)
        if answer.halted == "budget":
            self._returned.append(job)
            return
        channel = self._channel(job, answer) if job.role == "channel" else None
        if self._may_try_again(asker, job, answer, channel):
            job = replace(job, missed=job.missed or (job.role == "article" and absent(answer, self.outlet)))
            self.frontier.retry(job, monotonic() + polite.backoff(min(job.attempt, ATTEMPTS), self.tools.backoff))
            return
        self._count_out(asker, job, answer)
        if job.role == "channel":
            self._listed(job, answer, channel)
        elif job.role == "article":
            if answer.via:
                self.frontier.mark(article_id(answer.url))
            self._want_pictures(job, answer)

    def _may_try_again(self, asker: Asker, job: Job, answer: Answer, channel: channels.Channel | None) -> bool:
        if asker.host(answer.url).given_up:
            return False
        if job.role == "article" and job.why != "moved" and absent(answer, self.outlet):
            row = self.known.row(job.article)  # what was alive is asked once more before anybody believes that it is gone
            return row is not None and row.alive and not job.missed
        limit = ATTEMPTS_WHEN_PAUSED if answer.status == 429 else ATTEMPTS
        damaged = channel is not None and channel.problem in ("damaged", "bad-encoding")
        return (answer.again or damaged) and job.attempt < limit

    def _want_pictures(self, job: Job, answer: Answer) -> None:
        """Put in the pictures of an article that was answered, those that are not kept yet."""
        page = answer.status == 200 and header(answer.headers, "content-type").partition(";")[0].strip().lower()
        if not self.outlet.pictures or page not in ("text/html", "application/xhtml+xml"):
            return
        try:
            found = pictures.wanted(answer.body(), answer.url, self.outlet.pictures)
        except BadRecord:  # its body cannot be decoded: the capture says so
            return
        for url in found:
            if url not in self.known.pictures:
                one = Job(url, "picture", Rank.PICTURE, "article", "picture", article=job.article, published=job.published)
                self.frontier.push(one.cite(answer.cited()), url)

    def _count_out(self, asker: Asker, job: Job, answer: Answer) -> None:
        """Count the job, and tell its host how it went."""
        if answer.halted in REFUSALS and not answer.asked:
            self.ledger.refuse(answer.halted, job)
            return
        self.ledger.jobs["failed" if answer.failure or answer.status >= 500 else "fetched"] += 1
        if job.role == "picture":  # what holds pictures back says nothing of the articles
            name = host_of(job.url)
            refused = not answer.status or answer.status >= 500 or answer.status in (401, 403, 429)
            self._pictures_failed[name] = self._pictures_failed[name] + 1 if refused else 0
            return
        host = asker.host(answer.url)
        if answer.failure and answer.failure != "too-large":
            host.failed("connection", answer.failure)
        elif answer.status >= 500 or answer.status in (401, 403, 429):
            host.failed("status", f"HTTP {answer.status}")
        elif answer.status:
            host.answered()

    def _channel(self, job: Job, answer: Answer) -> channels.Channel | None:
        """The channel document that was answered, None when there is none."""
        if not 200 <= answer.status < 300 or answer.halted:
            return None
        try:
            return channels.parse(job.kind, answer.url, answer.headers, answer.body(), self.outlet)
        except BadRecord:
            return channels.Channel(problem="bad-encoding")

    def _listed(self, job: Job, answer: Answer, channel: channels.Channel | None) -> None:
        """Hand a channel document, or the news that there is none, to discovery."""
        damaged = channel is not None and channel.problem in ("damaged", "bad-encoding")
        broken = damaged or answer.status >= 500 or answer.status in (0, 408, 429) or bool(answer.failure)
        usable = channel if channel is not None and (channel.items or channel.next or not channel.problem) else None
        refused = answer.halted == "disallowed"
        new = self.lists.on_channel(job, usable, broken=broken, refused=refused, at=answer.url, cited=answer.cited(job.page))
        why = answer.halted or answer.failure or (channel.problem if channel else "")
        self.ledger.channel(job, answer.status, len(usable.items) if usable else 0, new, why)
