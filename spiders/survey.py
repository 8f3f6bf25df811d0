"""`python -m spiders.survey URL`: one unknown site looked at, as a process of its own. `warraq outlets add` starts it.

    archive.survey.next_ask ─► asker (robots.txt, turns, redirects) ─► document ─► next_ask … ─► result file

What it fetches is not archived: nobody has decided yet that this is an outlet. At most LIMIT requests go out, one at
a time, under our own name.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import scrapy

from archive import survey
from archive.address import host_of
from archive.capture import Exchange, Role, Written
from archive.channels.model import header
from archive.channels.scope import join
from archive.errors import BadRecord, Refused, TryAgain, WarraqError
from archive.outlet import Outlet
from archive.settings import from_environment
from archive.survey import Ask, Document, Gathered
from spiders.asker import Answer, Asker, Tools
from spiders.frontier import Job, Rank
from spiders.ledger import Ledger
from spiders.resolver import Names
from spiders.settings import scrapy_settings, user_agent

LIMIT = 25  # requests, robots.txt and redirects among them
KEPT = 4  # of them, for pages of articles
DELAY = 2.0  # seconds between two requests; a Crawl-delay makes it longer
PRIVATE_DELAY = 0.1
BUDGET = 900.0  # seconds
MOVES = 3  # times that a home page may lead to another host


def say(text: str) -> None:
    print(text, flush=True)


class SurveySpider(scrapy.Spider):
    """One survey. `gathered` is complete when the spider has closed; `error` is what ended it before."""

    name = "survey"

    def __init__(self, url: str, private: bool, tools: Tools, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gathered = Gathered(url, private)
        self.tools = tools
        self.ledger = Ledger()
        self.error: BaseException | None = None

    async def start(self) -> AsyncIterator[Any]:
        """The whole survey. Nothing is yielded: Scrapy's scheduler stays empty."""
        try:
            await self._survey()
        except Exception as error:  # noqa: BLE001  # the edge of the process: main says it and sets the exit status
            self.error = error
        return
        yield

    async def _survey(self) -> None:
        asker = await self._home(self.gathered.start)
        while self.ledger.asked < LIMIT and not asker.over:
            ask = survey.next_ask(self.gathered, last=self.ledger.asked >= LIMIT - KEPT)
            if ask is None:
                return
            document, _ = await self._ask(asker, ask)
            self._keep(document)

    async def _home(self, url: str) -> Asker:
        """Look for the home page, on another host if it leads there."""
        for _ in range(MOVES + 1):
            asker = await self._asker(url)
            document, answer = await self._ask(asker, Ask(url, "home"))
            if answer.halted != "out-of-scope":
                break
            self.gathered = replace(self.gathered, moved=(*self.gathered.moved, answer.url))
            url = join(answer.url, header(answer.headers, "location"))
        self._keep(document)
        return asker

    async def _asker(self, url: str) -> Asker:
        """An asker for the host of `url`, its robots.txt read."""
        delay = PRIVATE_DELAY if self.gathered.private else DELAY
        outlet = Outlet(
            "survey", "", url, delay=delay, budget=BUDGET, private=self.gathered.private, aliases=self._hosts(), pictures=0
        )
        asker = Asker(outlet, self.ledger, self.tools, self.crawler.engine.download_async)
        rules = await asker.rules(url)
        why = rules.ruling(url).why
        if rules.unreachable and "private" in why:
            raise Refused(f"{url} has a private address", "`--private` allows it, if it is your own")
        if rules.unreachable:
            raise TryAgain(f"{url}: {why}", "check the address, or try again later; nothing was written")
        if not rules.ruling(url).allowed:
            raise Refused(f"{url}: {why}", "it does not want to be asked; nothing was written")
        named = tuple(row.url for rows in asker.sitemaps.values() for row in rows)
        self.gathered = replace(self.gathered, sitemaps=named, crawl_delay=rules.delay)
        return asker

    def _hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(host_of(url) for url in (self.gathered.start, *self.gathered.moved)))

    async def _ask(self, asker: Asker, ask: Ask) -> tuple[Document, Answer]:
        role: Role = "article" if ask.kind == "article" else "channel"
        answer = await asker.chain(Job(ask.url, role, Rank.FRONT, "survey", "survey", ask.kind))
        if answer.again:
            answer = await asker.chain(Job(ask.url, role, Rank.FRONT, "survey", "survey", ask.kind, attempt=2))
        return _document(ask, answer), answer

    def _keep(self, document: Document) -> None:
        address = "".join(c for c in document.asked if c.isprintable())  # the site's word, on its way to a terminal
        say(f"survey: {document.kind:9} {address}{f' ({document.problem})' if document.problem else ''}")
        self.gathered = replace(self.gathered, documents=(*self.gathered.documents, document))


def _document(ask: Ask, answer: Answer) -> Document:
    """The answer as archive.survey reads it."""
    problem = answer.halted or answer.failure or ("" if 200 <= answer.status < 300 else f"http-{answer.status}")
    body = b""
    try:
        body = b"" if problem else answer.body()
    except BadRecord:
        problem = "bad-encoding"
    return Document(ask.url, answer.url, ask.kind, answer.status, answer.headers, body, problem)


def look(url: str, private: bool, contact: str) -> Gathered:
    """Survey the site at `url` in this process (once: Twisted's reactor cannot be started again)."""
    from scrapy.crawler import CrawlerProcess

    names = Names(private, lambda: datetime.now(UTC))
    tools = Tools(user_agent(version("warraq"), contact), names, lambda: datetime.now(UTC), say=say)

    def forget(exchange: Exchange) -> None:
        tools.heard(exchange, Written(f"urn:uuid:{uuid4()}", ""))

    process = CrawlerProcess(scrapy_settings(forget, lambda: names, "spiders.wire.WireHandler"))
    crawler = process.create_crawler(SurveySpider)
    process.crawl(crawler, url=url, private=private, tools=tools)
    spider: Any = crawler.spider
    if spider is None:
        raise Refused("Scrapy did not start", "its log above says why")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    process.start(install_signal_handlers=False)
    if isinstance(spider.error, BaseException):
        raise spider.error
    say(f"survey: {spider.ledger.asked} requests; nothing of them is archived")
    found: Gathered = spider.gathered
    return found


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="spiders.survey", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("--private", action="store_true", help="its host may have a private or loopback address")
    parser.add_argument("--result", required=True, help="where what was gathered is written")
    asked = parser.parse_args(argv)
    try:
        gathered = look(asked.url, asked.private, from_environment().contact)
    except WarraqError as error:
        say(f"survey: {error}")
        return error.exit_code
    Path(asked.result).write_bytes(survey.dump(gathered))
    return 0


if __name__ == "__main__":
    sys.exit(main())
