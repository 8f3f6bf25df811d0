"""A crawl of an invented outlet without a network: the plan is followed, every exchange goes through the real spool."""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from archive.address import article_id
from archive.capture import Chain, Cited, Exchange, Note, Resolution
from archive.channels import rest
from archive.plan import Plan, Task
from archive.records import digest
from archive.spool import Spool, upload
from archive.steps.workshop import Workshop
from tests.attacks.newsroom import PER_PAGE, Outlet

PACE = timedelta(milliseconds=35)  # between two exchanges
HTML = "text/html; charset=utf-8"
GONE = "<html><body class='error404'><h1>لا شيء هنا</h1></body></html>".encode()
DER = b"nobody looks into this certificate"
CHAIN = Chain(b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(DER) + b"-----END CERTIFICATE-----\n")
TLS = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256", "certificate": digest(DER)}
_WORDS = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}


@dataclass
class Clock:
    """Time as the test tells it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def tick(self, by: timedelta = PACE) -> datetime:
        self.now += by
        return self.now


@dataclass
class Press:
    """Crawls `outlet`; ids come from `chance`, so that the same numbers make the same records."""

    outlet: Outlet
    clock: Clock
    chance: random.Random
    outcomes: Counter[str] = field(default_factory=Counter)
    cited: dict[str, Cited] = field(default_factory=dict)  # robots.txt and channel documents of this run, by address

    def crawl(self, shop: Workshop, plan: Plan, number: int) -> list[str]:
        """Run `number` of the outlet as `plan` wants it; the keys of its WARC files."""
        folder = shop.settings.spool / self.outlet.name
        self.write(folder, plan, number)
        return upload(shop.store, folder)

    def write(self, folder: Path, plan: Plan, number: int) -> None:
        """The same, as far as the spool in `folder`."""
        info = {
            "software": "Warraq/attacks",
            "operator": "mailto:test@example.org",
            "robots": "RFC 9309",
            "clock-offset": "+0.0",
        }
        spool = Spool(folder, self.outlet.name, plan.run, 1, info, self.clock, self._id)
        started, self.outcomes = self.clock.now, Counter()
        for exchange in self._exchanges(plan, number):
            name = spool.add(exchange)
            if exchange.note.role != "article":
                self.cited[exchange.url] = Cited(exchange.url, name.record, name.payload, exchange.note.page)
        asked = sum(self.outcomes.values())
        spool.report(
            {
                "v": 1, "run": plan.run, "outlet": self.outlet.name, "attempt": 1, "clock_offset": 0.0, "asked": asked, "stopped": "", "notes": [],
                "outcomes": dict(sorted(self.outcomes.items())), "started": started.isoformat(), "finished": self.clock.now.isoformat(),
                "walk": {"wanted": plan.walk, "complete": plan.walk, "since": plan.walk_since, "answered": True},
            }
        )  # fmt: skip
        spool.close()

    def _id(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    # What is asked, in the order of a spider

    def _exchanges(self, plan: Plan, number: int) -> Iterator[Exchange]:
        robots = Note("robots", "robots", previous=plan.channels.get(self.robots))
        yield self._get(self.robots, b"User-agent: *\nAllow: /\n", "text/plain", robots)
        yield self._get(self.outlet.url, self.outlet.front(number), HTML, self._channel(plan, self.outlet.url, "home"))
        pages = self.outlet.pages(number)
        for page in range(1, pages + 1):
            note = self._channel(plan, self._page(page), "rest", page)
            yield self._get(
                self._page(page), self.outlet.rest(number, page), "application/json", note, ("X-WP-TotalPages", str(pages))
            )
        planned = {article_id(task.url) for task in plan.revisits}
        for at, article in enumerate(self.outlet.listed(number)):
            task = Task(self.outlet.address(article), "new")
            if article_id(task.url) not in planned:
                yield from self._article(task, "rest", number, self.cited[self._page(1 + at // PER_PAGE)])
        for task in plan.revisits:
            yield from self._article(task, "plan", number, None)

    @property
    def robots(self) -> str:
        return f"{self.outlet.url}robots.txt"

    def _page(self, page: int) -> str:
        return rest.url_of(f"{self.outlet.url}wp-json/", page)

    def _channel(self, plan: Plan, url: str, kind: str, page: int | None = None) -> Note:
        why = "front" if page in (None, 1) else "walk"
        previous = plan.channels.get(url)
        return Note(
            "channel", kind, why, page=page, channel=kind, robots="allowed", previous=previous, ruled_by=self.cited[self.robots]
        )

    def _article(self, task: Task, found: str, number: int, listed: Cited | None) -> Iterator[Exchange]:
        ruled = self.cited[self.robots]
        note = Note("article", found, task.why, robots="allowed", previous=task.previous, listed_by=listed, ruled_by=ruled)
        n = int(task.url.rpartition("/")[2]) - 1000 * self.outlet.number
        if self.outlet.gone(n, number):
            yield self._get(task.url, GONE, HTML, note, status=404)
        elif self.outlet.moved(n, number):
            yield self._get(task.url, b"", HTML, note, ("Location", self.outlet.url), status=301)
            yield self._get(self.outlet.url, self.outlet.front(number), HTML, replace(note, via=(task.url,), previous=None))
        else:
            yield self._get(task.url, self.outlet.page(n, number), HTML, note)

    # What is answered

    def _get(self, url: str, body: bytes, mime: str, note: Note, *more: tuple[str, str], status: int = 200) -> Exchange:
        """One exchange as on the wire; every third answer comes in chunks."""
        begun = self.clock.tick()
        coded, framing = body, ("Content-Length", str(len(body)))
        if len(body) % 3 == 0 and body:
            coded, framing = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), ("Transfer-Encoding", "chunked")
        fields = (("Date", f"{begun.astimezone(UTC):%a, %d %b %Y %H:%M:%S} GMT"), ("Content-Type", mime), framing, *more)
        head = f"HTTP/1.1 {status} {_WORDS[status]}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
        host, _, path = url.removeprefix("https://").partition("/")
        request = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Warraq (attacks)\r\nAccept-Encoding: identity\r\n\r\n"
        told = {200: "content" if note.role == "article" else note.role, 301: "redirect", 404: "gone"}[status]
        self.outcomes[told] += 1
        known = Resolution(host, ("192.0.2.7",), begun)
        answer = head.encode() + b"\r\n" + coded
        return Exchange(
            url, begun, begun + PACE / 2, request.encode(), answer, note, ip="192.0.2.7", tls=TLS, chain=CHAIN, dns=known
        )
