"""`python -m spiders.run`: one crawl, as a process of its own. The `crawl` step starts it.

    plan + outlet + known articles ─► spider ─► spool ─► bucket (while crawling, and the rest at the end) ─► result file

Exit status: that of archive.errors for what went wrong, 0 otherwise. A site that answers nothing is no error.
"""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import json
import signal
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from archive import outlet as outlets
from archive import plan as plans
from archive import watch
from archive.capture import Exchange, Written
from archive.errors import Broken, Refused, TryAgain, WarraqError
from archive.outlet import Outlet
from archive.plan import Plan
from archive.settings import Settings, from_environment
from archive.spool import Spool, upload
from spiders import about
from spiders.asker import Tools
from spiders.known import Known
from spiders.resolver import Names
from spiders.settings import scrapy_settings, user_agent

UPLOAD_EVERY = 10.0  # seconds between two looks for finished files


def now() -> datetime:
    return datetime.now(UTC)


def crawl(  # noqa: PLR0917  # the parts of a crawl, each a thing of its own
    outlet: Outlet,
    plan: Plan,
    known: Known,
    sink: Callable[[Exchange], Written],
    contact: str = "",
    backoff: float = 2.0,
) -> dict[str, Any]:
    """Run the outlet's spider in this process (once: Twisted's reactor cannot be started again); its report.

    `sink` gets every exchange before the spider sees the answer; what it raises ends the run and is raised here.
    """
    from scrapy.crawler import CrawlerProcess

    names = Names(outlet.private, now)
    tools = Tools(user_agent(version("warraq"), contact), names, now, backoff=backoff, say=say)

    def taken_down(exchange: Exchange) -> None:
        try:
            written = sink(exchange)
        except WarraqError:
            raise
        except Exception as error:  # a fault of ours: stop and say so, or the spider would take it for one of the site's
            raise Broken(
                f"{exchange.url}: not written down: {error!r}", "a fault in Warraq: keep this log and report it"
            ) from error
        tools.heard(exchange, written)

    process = CrawlerProcess(scrapy_settings(taken_down, lambda: names, "spiders.wire.WireHandler"))
    crawler = process.create_crawler(spider_class(watch.SPIDER if plan.only else outlet.spider))
    process.crawl(crawler, outlet=outlet, plan=plan, known=known, tools=tools)
    spider: Any = crawler.spider
    if spider is None:
        raise Refused("Scrapy did not start", "its log above says why")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: _halt(spider))
    process.start(install_signal_handlers=False)
    if isinstance(spider.error, BaseException):
        raise spider.error
    report: dict[str, Any] = spider.report()
    return report


def _halt(spider: Any) -> None:
    """On the first signal finish what is in flight; on the second one die as usual."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    asyncio.get_event_loop_policy().get_event_loop().call_soon_threadsafe(spider.halt, "signal")


def spider_class(kind: str) -> Any:
    """The spider of an outlet file's `spider` key: a name of ours, or `package.module:Class`."""
    from spiders.newsroom import NewsroomSpider
    from spiders.watch import WatchSpider
    from spiders.wordpress import WordpressSpider

    ours = {"wordpress": WordpressSpider, "newsroom": NewsroomSpider, watch.SPIDER: WatchSpider}
    if kind in ours:
        return ours[kind]
    raise Refused(f"spider = {kind!r} is unknown", f"one of {', '.join(ours)}")


class Uploader(threading.Thread):
    """Puts finished files into the bucket while the crawl goes on. What fails here is tried again at the end."""

    def __init__(self, folder: Path, open_store: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._folder, self._open = folder, open_store
        self._store: Any = None
        self._over = threading.Event()
        self.keys: list[str] = []

    def run(self) -> None:
        while not self._over.wait(UPLOAD_EVERY):
            if any(self._folder.glob("*.warc.gz")):
                try:
                    self._upload()
                except WarraqError as error:
                    say(f"crawl: not uploaded yet: {error}")

    def finish(self, *, rest: bool) -> list[str]:
        """Upload the rest (or leave it in the spool); every key uploaded. Raises what still fails."""
        self._over.set()
        self.join()
        if rest:
            self._upload()
        return self.keys

    def _upload(self) -> None:
        self._store = self._store or self._open()  # boto3 costs two seconds: only when there is something to put
        self.keys += upload(self._store, self._folder)


def say(text: str) -> None:
    print(text, flush=True)  # the crawl step passes our standard output on


def main(argv: list[str] | None = None) -> int:
    asked = _arguments(argv)
    _end_with_parent()
    try:
        result = _run(asked, from_environment())
    except WarraqError as error:
        say(f"crawl: {error}")
        return error.exit_code
    Path(asked.result).write_text(json.dumps(result, ensure_ascii=False, sort_keys=True), "utf-8")
    return 0


def _end_with_parent() -> None:
    """Linux: SIGTERM when the crawl step is killed, which holds the lease (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="spiders.run", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plan", required=True, help="the run's plan, as stored in the bucket")
    parser.add_argument("--outlet-file", default="", help="left out: the watch list, which has none")
    parser.add_argument("--attempt", type=int, default=1)
    parser.add_argument("--known", type=Path, help="file of articles attempted before, one a line (spiders.known)")
    parser.add_argument("--pictures", type=Path, help="file of addresses of pictures that are kept already, one a line")
    parser.add_argument("--clock-offset", type=float, default=0.0, help="seconds this clock is ahead of the storage's")
    parser.add_argument(
        "--leave-rest", action="store_true", help="leave what is finished at the end in the spool, for the caller to upload"
    )
    parser.add_argument("--result", required=True, help="where the result is written (JSON)")
    return parser.parse_args(argv)


def _run(asked: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    outlet = outlets.load(Path(asked.outlet_file)) if asked.outlet_file else watch.outlet(sandbox=settings.sandbox)
    plan = plans.load(_read(asked.plan))
    known = Known.read(asked.known, asked.pictures)
    folder = settings.spool / outlet.name
    info = about.fields(settings, asked.clock_offset)
    spool = Spool(folder, outlet.name, plan.run, asked.attempt, info, now, lambda: str(uuid.uuid4()))
    uploader = Uploader(folder, lambda: _store(settings))
    uploader.start()
    started = now()
    try:
        report = crawl(outlet, plan, known, spool.add, settings.contact)
        times = {"started": started.isoformat(), "finished": now().isoformat()}
        who = {"v": 1, "run": plan.run, "outlet": outlet.name, "attempt": asked.attempt, "clock_offset": asked.clock_offset}
        report = {**who, **times, **report}
        spool.report(report)
    finally:
        spool.close()
    keys = uploader.finish(rest=not asked.leave_rest)
    if report["stopped"] == "signal":
        raise TryAgain(
            "the crawl was stopped by a signal", f"{len(keys)} WARCs are in the bucket; run crawl again for the rest"
        )
    return {"report": report, "uploaded": keys}


def _store(settings: Settings) -> Any:
    from archive.s3 import open_store

    return open_store(settings)


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Refused(f"{path}: cannot be read: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
