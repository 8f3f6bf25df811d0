"""Asking one address: gate, exchange, redirects, pauses. Every exchange is on disk before its answer is seen here.

    gate (given up? private? robots? turn) ─► exchange ─► redirect ─► gate …

Requests go through Scrapy's engine one by one (`download_async`), so no middleware can lose one, and every
request that was asked is counted out exactly once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from time import monotonic
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response

from archive import channels
from archive.address import host_of
from archive.capture import Cited, Exchange, Note, Role, Written
from archive.channels.model import ChannelAddress, header
from archive.channels.scope import join
from archive.errors import BadRecord, WarraqError
from archive.http1 import Head, body
from archive.outlet import Outlet
from spiders import polite, robots
from spiders.frontier import Job, Rank
from spiders.ledger import Ledger
from spiders.resolver import Names
from spiders.settings import MAXSIZE

HOPS = 5  # redirects followed from one address
ATTEMPTS = 3
ATTEMPTS_WHEN_PAUSED = 6  # a 429 is not a failure of the page
_AGAIN = frozenset({"timeout", "reset", "refused", "data-loss", "dns", "other", "bad-encoding"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
REFUSALS = frozenset({"given-up", "private", "robots-unreachable", "disallowed"})


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer of a chain of redirects. `status` 0: none arrived, `failure` says why."""

    url: str
    via: tuple[str, ...] = ()
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    payload: bytes = b""
    failure: str = ""
    halted: str = ""  # why the chain was not followed to its end: a refusal, budget, loop, too-many, out-of-scope …
    written: Written | None = None  # under which name it was written down

    @property
    def again(self) -> bool:
        """May another attempt help?"""
        return not self.halted and (self.status >= 500 or self.status in (408, 429) or self.failure in _AGAIN)

    @property
    def asked(self) -> bool:
        """Was anything asked at all?"""
        return bool(self.status or self.failure or self.via)

    def cited(self, page: int | None = None) -> Cited | None:
        """What a capture says that follows from this answer; None when nothing was asked."""
        return Cited(self.url, self.written.record, self.written.payload, page) if self.written else None

    def body(self) -> bytes:
        """The content-decoded body; BadRecord when it is damaged."""
        fields = tuple((key.encode("latin-1"), value.encode("latin-1")) for key, value in self.headers)
        return body(Head(self.status, b"", fields, 0), self.payload)


@dataclass(slots=True)
class Tools:
    """What a spider is given from outside."""

    agent: str
    names: Names
    clock: Callable[[], datetime]
    last: dict[int, tuple[str, Written]] = field(default_factory=dict)  # by id of the note: failure, name
    backoff: float = 2.0  # seconds before the second attempt
    say: Callable[[str], None] = lambda _: None  # for a line of progress now and then

    def heard(self, exchange: Exchange, written: Written) -> None:
        """For the sink to call: what Scrapy does not say well or at all, the exchange does."""
        self.last[id(exchange.note)] = exchange.failure, written


class Asker:
    """Asks on behalf of one run. `stopped` is set from outside: then nothing more goes out."""

    def __init__(
        self, outlet: Outlet, ledger: Ledger, tools: Tools, download: Callable[[Request], Awaitable[Response]]
    ) -> None:
        self.outlet, self.ledger, self.tools = outlet, ledger, tools
        self.hosts: dict[str, polite.Host] = {}
        self.sitemaps: dict[str, tuple[ChannelAddress, ...]] = {}  # robots.txt address → the sitemaps it names
        self.deadline = monotonic() + outlet.budget
        self.stopped = ""
        self._download = download
        self.scope = channels.scope_of(outlet)
        self._rules: dict[str, asyncio.Task[robots.Rules]] = {}
        self._headers = {
            "User-Agent": tools.agent,
            "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "Accept-Language": outlet.language,
            "Accept-Encoding": "gzip",
        }

    @property
    def over(self) -> bool:
        return bool(self.stopped) or monotonic() >= self.deadline

    def host(self, url: str) -> polite.Host:
        name = host_of(url)
        if name not in self.hosts:
            self.hosts[name] = polite.Host(self.outlet.delay, monotonic, asyncio.sleep)
        return self.hosts[name]

    async def chain(self, job: Job) -> Answer:
        """Ask for the job's address, and for what it redirects to."""
        url, status = job.url, 0
        via: tuple[str, ...] = ()
        while True:
            refusal, ruling = await self._gate(url, job.role)
            if refusal:
                return Answer(url, via, status, halted=refusal)
            answer = await self._exchange(url, job, job.note(via, ruling))
            location = header(answer.headers, "location") if answer.status in _REDIRECTS else ""
            if not location:
                return answer
            target, status = join(url, location), answer.status
            stop = self._no_hop(target, (*via, url), job.role)
            self.ledger.redirects[stop or "followed"] += 1
            if stop:
                return replace(answer, payload=b"", halted=stop)
            url, via = target, (*via, url)

    def _no_hop(self, target: str, via: tuple[str, ...], role: Role) -> str:
        """Why a redirect is not followed, "" when it is."""
        if not target.startswith(("http://", "https://")):
            return "no-address"
        if target in via:
            return "loop"
        if len(via) > HOPS:
            return "too-many"
        if role != "picture" and not self.scope.inside(target):
            self.ledger.note(f"{host_of(via[0])} redirects to {_host_name(target)}, which is no alias of the outlet")
            return "out-of-scope"
        return ""

    async def _gate(self, url: str, role: Role) -> tuple[str, robots.Ruling | None]:
        """(why nothing is asked, …), or ("", what robots.txt means for it) once it is this request's turn."""
        host = self.host(url)
        if host.given_up:
            return "given-up", None
        if await self.tools.names.refused(urlsplit(url).hostname or ""):
            self.ledger.note(f"{host_of(url)} has a private address: nothing was asked there; `private = true` allows it")
            return "private", None
        ruling = None
        if role != "robots":
            rules = await self.rules(url)
            ruling = rules.ruling(url)
            if not ruling.allowed:
                return ("robots-unreachable" if rules.unreachable else "disallowed"), ruling
        if not await host.turn(self.deadline):
            return ("given-up" if host.given_up else "budget"), ruling
        return ("budget" if self.stopped else ""), ruling

    async def _exchange(self, url: str, job: Job, note: Note) -> Answer:
        """One request and what came back."""
        role = job.role
        self.ledger.ask(role)
        size = {"download_maxsize": max(1, min(MAXSIZE, int(self.outlet.picture_size)))} if role == "picture" else {}
        headers = self._headers | _validators(job, note) | ({"Accept": "image/*,*/*;q=0.5"} if role == "picture" else {})
        request = Request(url, headers=headers, meta={"note": note, **size}, dont_filter=True)
        try:
            response = await self._download(request)
        except WarraqError:  # the sink could not write the exchange down
            self.ledger.fail(role, "not-recorded")
            raise
        except Exception:  # noqa: BLE001  # the edge of a request: the wire has put a name to whatever it was
            failure, written = self.tools.last.pop(id(note), ("", None))
            self.ledger.fail(role, failure or "other")
            return Answer(url, note.via, failure=failure or "other", written=written)
        _, written = self.tools.last.pop(id(note))
        self.ledger.answer(role, response.status)
        fields = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, vs in response.headers.items() for v in vs)
        answer = Answer(url, note.via, response.status, fields, response.body, written=written)
        self._mind_pauses(answer, note.attempt)
        return answer

    def _mind_pauses(self, answer: Answer, attempt: int) -> None:
        """Retry-After of 429 and 503; a 429 without one gets a pause of our own choice."""
        if answer.status not in (429, 503):
            return
        seconds = polite.retry_after(header(answer.headers, "retry-after"), self.tools.clock().astimezone(UTC))
        if seconds is None and answer.status == 429:
            seconds = polite.backoff(min(attempt, ATTEMPTS), 2 * self.tools.backoff)
        if seconds is not None:
            self.host(answer.url).pause(seconds, self.deadline, f"HTTP {answer.status} asks for a pause")

    async def rules(self, url: str) -> robots.Rules:
        """The robots.txt rules of the address's authority, asked for once per run."""
        key = robots.url_for(url)
        if key not in self._rules:
            self._rules[key] = asyncio.ensure_future(self._load_rules(key))
        return await asyncio.shield(self._rules[key])

    async def _load_rules(self, url: str) -> robots.Rules:
        job = Job(url, "robots", Rank.FRONT, "robots", "front", "robots")
        host = self.host(url)
        while True:
            answer, text = await self._robots(job)
            if not answer.again or job.attempt >= ATTEMPTS or self.over or host.given_up:
                break
            await asyncio.sleep(min(polite.backoff(job.attempt, self.tools.backoff), max(0.0, self.deadline - monotonic())))
            job = job.again()
        rules = robots.judge(robots.NAME, answer.status, text, answer.failure or answer.halted, answer.cited())
        self.sitemaps[url] = channels.parse("robots", answer.url, answer.headers, text, self.outlet).next
        if rules.unreachable:
            host.give_up(rules.why)
        host.delay = max(host.delay, min(rules.delay, polite.LONGEST_DELAY))
        return rules

    async def _robots(self, job: Job) -> tuple[Answer, bytes]:
        answer = await self.chain(job)
        try:
            return answer, answer.body() if 200 <= answer.status < 300 else b""
        except BadRecord:  # rules that cannot be read are no permission
            return Answer(answer.url, answer.via, failure="bad-encoding", written=answer.written), b""


def _validators(job: Job, note: Note) -> dict[str, str]:
    """The condition of a conditional request (RFC 9110 §13.1), as the validators were sent. None after a redirect."""
    before = note.previous if job.conditional else None
    told = {"If-None-Match": before.etag, "If-Modified-Since": before.last_modified} if before else {}
    return {name: value for name, value in told.items() if value}


def _host_name(url: str) -> str:
    try:
        return host_of(url)
    except ValueError:
        return url[:80]
