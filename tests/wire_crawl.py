"""Crawls a list of addresses through the wire handler into a spool: run by test_wire.py as its own process."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

import scrapy
from scrapy.crawler import CrawlerProcess

from archive.capture import Exchange, Note, Previous
from archive.spool import Spool
from spiders.resolver import Names

jobs = json.loads(sys.argv[1])
folder, events = Path(sys.argv[2]), []
names = Names(True, lambda: datetime.now(UTC))
spool = Spool(folder, "wire", "20261122T011200Z-3fa9c1b2d4e5", 1, {}, lambda: datetime.now(UTC), lambda: str(uuid.uuid4()))


class WireSpider(scrapy.Spider):
    name = "wire"

    async def start(self):
        for job in jobs:
            previous = Previous(**job["previous"]) if "previous" in job else None
            note = Note("article", "rest", previous=previous)
            yield scrapy.Request(
                job["url"],
                callback=self.came,
                errback=self.failed,
                dont_filter=True,
                priority=-jobs.index(job),
                headers=job.get("headers"),
                meta={"note": note, "dont_redirect": False, **job.get("meta", {})},
            )

    def came(self, response):
        events.append(["came", response.url, response.status, len(response.body)])

    def failed(self, failure):
        events.append(["failed", failure.request.url, failure.type.__name__, 0])


class Sink:
    """Bound to a real spool, as the run does it: Scrapy copies its settings deeply."""

    def __init__(self):
        self.spool = spool

    def __deepcopy__(self, memo):
        return self

    def take(self, exchange: Exchange) -> None:
        spool.add(exchange)
        events.append(["stored", exchange.url, exchange.failure, len(exchange.response)])


handler = "spiders.wire.WireHandler"
process = CrawlerProcess(
    {
        "WARRAQ_SINK": Sink().take if "--direct" not in sys.argv else spool.add,
        "WARRAQ_NAMES": lambda: names,
        "TWISTED_DNS_RESOLVER": "spiders.resolver.CheckedResolver",
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "CONCURRENT_REQUESTS": 1,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,
        "DOWNLOAD_TIMEOUT": 20,
        "HTTPERROR_ALLOW_ALL": True,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "REMOTE_CONTROL_ENABLED": False,
        "RETRY_TIMES": 1,
        "RETRY_HTTP_CODES": [503],
        "RETRY_EXCEPTIONS": [],
        "LOG_LEVEL": "ERROR",
    }
)
process.crawl(WireSpider)
process.start()
spool.close()
print(json.dumps(events))
