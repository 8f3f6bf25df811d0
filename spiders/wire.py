"""A Scrapy download handler that keeps what goes over the wire.

    Scrapy ── WireHandler ── _Agent ── Twisted's pool ── _Protocol (tee) ── TLS? ── TCP

Scrapy's responses have lost reason phrases, header case and order, Transfer-Encoding, chunk framing. So the
bytes are noted where the HTTP/1.1 client hands them to its transport and gets them from it; TLS is below that.
One request is on a connection at a time, so what lies between two requests is exactly one exchange.

Every exchange goes to the sink, `crawler.settings["WARRAQ_SINK"]`, before Scrapy hears of its end: one for
each connection a request was tried on (Twisted tries again by itself when a kept connection turns out dead),
and one for a request that never got a connection. When the sink raises, Scrapy gets that error instead of the response.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urlsplit

from OpenSSL import SSL
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.error import ConnectionDone

from archive.capture import Exchange, Note, Resolution
from spiders.failures import CUT_SHORT, slug
from spiders.tls import Tls

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure
    from twisted.web._newclient import Request as TxRequest


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class _Leg:
    """One connection's part in a request."""

    started: datetime
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    finished: datetime | None = None  # set: nothing is noted any more
    whole: bool = False  # the response ended as its framing says
    lost: BaseException | None = None  # why the connection ended before the exchange did
    ip: str = ""
    tls: Tls | None = None

    def end(self, *, whole: bool = False, extra: int = 0) -> None:
        """`extra` bytes at the end of what was received belong to no answer."""
        if self.finished is None:
            self.finished = now()
            # A body that only the end of the connection delimits is whole when that end is an orderly one (RFC 9112 §8).
            self.whole = whole and (self.lost is None or isinstance(self.lost, ConnectionDone))
            if extra:
                del self.received[-extra:]


class _Ticket:
    """Follows one Scrapy request to the connections it is tried on. `answered`: what was answered for a host's name."""

    def __init__(self, request: Request, answered: Callable[[str], Resolution | None]) -> None:
        self.url = urldefrag(request.url)[0]
        self.note: Note = request.meta["note"]
        self.started = now()
        self.legs: list[_Leg] = []
        self._answered = answered

    def exchanges(self, error: BaseException | None) -> list[Exchange]:
        """One for each connection in order; `error` is how the last one ended."""
        if not self.legs:
            return [Exchange(self.url, self.started, now(), b"", b"", self.note, slug(error), dns=self._dns())]
        last = self.legs[-1]
        return [self._exchange(leg, error if leg is last else leg.lost) for leg in self.legs]

    def _exchange(self, leg: _Leg, error: BaseException | None) -> Exchange:
        leg.end()
        failure = "" if leg.whole and error is None else slug(error or leg.lost, leg.lost, begun=bool(leg.received))
        truncated = CUT_SHORT.get(failure, "unspecified") if leg.received and not leg.whole else None
        # What was handed to TLS before its handshake was over never went out.
        sent = bytes(leg.sent) if leg.received or leg.tls is None or leg.tls.secured else b""
        tls, chain = leg.tls.facts if leg.tls else ({}, None)
        times, blocks = (leg.started, leg.finished or now()), (sent, bytes(leg.received))
        return Exchange(self.url, *times, *blocks, self.note, failure, truncated, leg.ip, tls, chain, self._dns())

    def _dns(self) -> Resolution | None:
        return self._answered(urlsplit(self.url).hostname or "")


class _Tee:
    """A transport for the writing of one request: notes every byte and passes it on."""

    def __init__(self, transport: Any, leg: _Leg) -> None:
        self._transport, self._leg = transport, leg

    def write(self, data: bytes) -> None:
        self._leg.sent += data
        self._transport.write(data)

    def writeSequence(self, pieces: Any) -> None:
        self.write(b"".join(pieces))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Protocol(_LenientHTTP11ClientProtocol):
    """Twisted's client protocol, every byte noted on its way."""

    _leg: _Leg | None = None
    _tls: Tls | None = None

    def request(self, request: TxRequest) -> Any:
        handle = self.transport.getHandle()
        if self._tls is None and isinstance(handle, SSL.Connection):
            self._tls = Tls(handle)
        leg = self._leg = _Leg(now(), ip=getattr(self.transport.getPeer(), "host", ""), tls=self._tls)
        request._parsedURI.ticket.legs.append(leg)
        request.writeTo = lambda transport: type(request).writeTo(request, _Tee(transport, leg))
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        leg = self._leg
        if leg is not None and leg.finished is None:
            leg.received += data
        super().dataReceived(data)

    def _finishResponse(self, rest: bytes) -> None:
        """The parser has seen the end of the response; `rest` came after it."""
        if self._leg is not None:
            self._leg.end(whole=True, extra=len(rest))
        super()._finishResponse(rest)

    def connectionLost(self, reason: Failure) -> None:
        leg = self._leg
        if leg is not None and leg.finished is None:
            leg.lost = reason.value
        super().connectionLost(reason)
        if leg is not None:
            leg.end()


class _Factory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _Protocol:
        return _Protocol(self._quiescentCallback)


class _Agent(_ScrapyAgent):
    """Scrapy's agent; its ticket travels with the address Twisted keeps on each request."""

    ticket: _Ticket

    def _get_agent(self, request: Request, timeout: float) -> Any:
        agent = super()._get_agent(request, timeout)
        send = agent._requestWithEndpoint

        def ticketed(key: Any, endpoint: Any, method: Any, parsedURI: Any, *rest: Any, **named: Any) -> Any:
            parsedURI.ticket = self.ticket
            return send(key, endpoint, method, parsedURI, *rest, **named)

        agent._requestWithEndpoint = ticketed
        return agent


class WireHandler(HTTP11DownloadHandler):
    """For `DOWNLOAD_HANDLERS` of http and https. Each request carries its `archive.capture.Note` in `meta["note"]`."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._sink: Callable[[Exchange], object] = crawler.settings["WARRAQ_SINK"]
        names = crawler.settings.get("WARRAQ_NAMES")  # spiders.resolver
        self._answered: Callable[[str], Resolution | None] = names().answered if names else lambda _: None
        self._pool._factory = _Factory

    async def download_request(self, request: Request) -> Response:
        """As Scrapy's own, but nothing it returns or raises is known before the sink has taken it down."""
        ticket = _Ticket(request, self._answered)
        error: BaseException | None = None
        try:
            return await self._download(request, ticket)
        except BaseException as caught:
            error = caught
            raise
        finally:
            for exchange in ticket.exchanges(error):
                self._sink(exchange)

    async def _download(self, request: Request, ticket: _Ticket) -> Response:
        agent = _Agent(
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        agent.ticket = ticket
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(agent.download_request(request))
