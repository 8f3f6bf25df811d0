"""Scrapy's settings, each with its reason. The defaults it comes with are for other work (FACTS: Scrapy 2.19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archive.capture import Exchange
from spiders.resolver import Names

TIMEOUT = 30.0  # seconds for one exchange
MAXSIZE = 16 * 1024 * 1024  # bytes of one answer
CONCURRENCY = 8  # requests in flight at a host without a delay; with a delay it is one


def user_agent(version: str, contact: str) -> str:
    """`Warraq/0.1.0 (+contact)`; robots.txt knows us as Warraq."""
    return f"Warraq/{version} (+{contact})" if contact else f"Warraq/{version}"


def scrapy_settings(sink: Callable[[Exchange], None], names: Callable[[], Names], handler: str) -> dict[str, Any]:
    """`sink` and `names` must be plain functions: Scrapy copies its settings deeply."""
    nothing: dict[str, Any] = {}
    return {
        "WARRAQ_SINK": sink,
        "WARRAQ_NAMES": names,
        "TWISTED_DNS_RESOLVER": "spiders.resolver.CheckedResolver",
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler, "file": None, "ftp": None, "s3": None, "data": None},
        # Headers, redirects, retries, robots.txt, delays, decoding: all done in the open by spiders.base.
        "DOWNLOADER_MIDDLEWARES_BASE": nothing,
        "SPIDER_MIDDLEWARES_BASE": nothing,
        "EXTENSIONS_BASE": nothing,
        "ITEM_PIPELINES": nothing,
        "ADDONS": nothing,
        "REMOTE_CONTROL_ENABLED": False,  # by default it opens a port that runs Python
        "TELNETCONSOLE_ENABLED": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_TIMEOUT": TIMEOUT,
        "DOWNLOAD_MAXSIZE": MAXSIZE,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": True,
        "DOWNLOAD_DELAY": 0,  # spiders.polite paces, because it also knows pauses and the time budget
        "DOWNLOAD_DELAY_JITTER": 0,
        "CONCURRENT_REQUESTS": CONCURRENCY,
        "CONCURRENT_REQUESTS_PER_DOMAIN": CONCURRENCY,
        "CONCURRENT_ITEMS": 1,
        "COOKIES_ENABLED": False,
        "AUTOTHROTTLE_ENABLED": False,
        "ROBOTSTXT_OBEY": False,
        "LOG_LEVEL": "WARNING",  # our own lines are printed by spiders.run
        "LOG_FORMATTER": "spiders.settings.Quiet",
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
    }


class Quiet:
    """A log formatter without per-request lines: the archive itself says what was fetched."""

    @classmethod
    def from_crawler(cls, _crawler: Any) -> Quiet:
        return cls()

    def crawled(self, *_: Any) -> None:
        return None

    def download_error(self, *_: Any) -> None:
        return None
