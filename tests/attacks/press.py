"""A crawl of an invented outlet without a network: the plan is followed, every exchange goes through the real spool."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from archive.address import article_id
from archive.capture import Exchange, Note
from archive.channels import rest
from archive.plan import Plan, Task
from archive.spool import Spool, upload
from archive.steps.workshop import Workshop
from tests.attacks.newsroom import Outlet

PACE = timedelta(milliseconds=35)  # between two exchanges
_KINDS = {200: "OK", 301: "Moved Permanently", 404: "Not Found"}


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
            spool.add(exchange)
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

    def _exchanges(self, plan: Plan, number: int) -> Iterator[Exchange]:
        yield self._get(
            f"{self.outlet.url}robots.txt",
            b"User-agent: *\nAllow: /\n",
            "text/plain",
            self._channel(plan, "robots.txt", "robots"),
        )
        yield self._get(self.outlet.url, self.outlet.front(number), "text/html; charset=utf-8", self._channel(plan, "", "home"))
        pages = self.outlet.pages(number)
        for page in range(1, pages + 1):
            note = self._channel(plan, rest.url_of("wp-json/", page), "rest", page)
            url = rest.url_of(f"{self.outlet.url}wp-json/", page)
            yield self._get(url, self.outlet.rest(number, page), "application/json", note, ("X-WP-TotalPages", str(pages)))
        planned = {article_id(task.url) for task in plan.revisits}
        new = [n for n in self.outlet.listed(number) if article_id(self.outlet.address(n)) not in planned]
        wanted = [(Task(self.outlet.address(n), "new"), "rest") for n in new] + [(task, "plan") for task in plan.revisits]
        for task, found in wanted:
            yield from self._article(task, found, number)

    def _channel(self, plan: Plan, path: str, kind: str, page: int | None = None) -> Note:
        if kind == "robots":
            return Note("robots", "robots", previous=plan.channels.get(self.outlet.url + path))
        why = "front" if page in (None, 1) else "walk"
        return Note("channel", kind, why, page=page, channel=kind, previous=plan.channels.get(self.outlet.url + path))

    def _article(self, task: Task, found: str, number: int) -> Iterator[Exchange]:
        note = Note("article", found, task.why, robots="allowed: *", previous=task.previous)
        n = int(task.url.rpartition("/")[2]) - 1000 * self.outlet.number
        if self.outlet.gone(n, number):
            yield self._get(
                task.url,
                "<html><body class='error404'><h1>لا شيء هنا</h1></body></html>".encode(),
                "text/html",
                note,
                status=404,
            )
        elif self.outlet.moved(n, number):
            yield self._get(task.url, b"", "text/html", note, ("Location", self.outlet.url), status=301)
            led = Note("article", found, task.why, via=(task.url,), robots="allowed: *")
            yield self._get(self.outlet.url, self.outlet.front(number), "text/html; charset=utf-8", led)
        else:
            yield self._get(task.url, self.outlet.page(n, number), "text/html; charset=utf-8", note)

    def _get(self, url: str, body: bytes, mime: str, note: Note, *more: tuple[str, str], status: int = 200) -> Exchange:
        """One exchange as on the wire; every third answer comes in chunks."""
        begun = self.clock.tick()
        coded, framing = body, ("Content-Length", str(len(body)))
        if len(body) % 3 == 0 and body:
            coded, framing = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), ("Transfer-Encoding", "chunked")
        fields = (("Date", f"{begun.astimezone(UTC):%a, %d %b %Y %H:%M:%S} GMT"), ("Content-Type", mime), framing, *more)
        head = f"HTTP/1.1 {status} {_KINDS[status]}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields)
        host, _, path = url.removeprefix("https://").partition("/")
        request = f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Warraq (attacks)\r\nAccept-Encoding: identity\r\n\r\n"
        role = note.role if status == 200 and note.role != "article" else {200: "content", 301: "redirect", 404: "gone"}[status]
        self.outcomes[role] += 1
        tls = {"version": "TLSv1.3", "cipher": "TLS_AES_128_GCM_SHA256"}
        return Exchange(
            url, begun, begun + PACE / 2, request.encode(), head.encode() + b"\r\n" + coded, note, ip="192.0.2.7", tls=tls
        )
