"""One POST to somebody else's server, who may be slow, lie, or answer for ever."""

from __future__ import annotations

import base64
import http.client
import queue
import smtplib
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from archive.errors import Refused, TryAgain
from archive.log.anchor import bare

LIMIT = 20.0  # seconds for the whole of it
MOST = 1 << 20  # bytes of an answer
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    media_type: str
    body: bytes


def host(address: str) -> str:
    """How an address is told to people: user, path and query may hold somebody's key."""
    return urlsplit(address).netloc.rpartition("@")[2] or "?"


def check(name: str, address: str) -> str:
    """The address; Refused when it is no http(s) address, naming the variable it came from and nothing of what it says."""
    if any(one.isspace() or not one.isprintable() for one in address):
        raise Refused(
            f"{name} has a blank or a control character in it", "write the address alone; systemd keeps a comment after it"
        )
    try:
        parts = urlsplit(address)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        right = False
    if not right:
        raise Refused(f"{name} has something that is no http(s) address", "it looks like https://tsa.example/tsr")
    return address


def post(address: str, body: bytes, media_type: str) -> Answer:
    """The answer, whatever its status; TryAgain names the host when there is none within LIMIT seconds."""
    limit = LIMIT
    return bounded(host(address), limit, lambda: _send(address, body, media_type, limit))


def bounded(who: str, limit: float, ask: Callable[[], _T]) -> _T:
    """What `ask` returns; TryAgain names `who` when it fails, or is not done within `limit` seconds. SMTPException as it is."""
    return answered(who, limit, lambda: within(limit, ask))


def answered(who: str, limit: float, wait: Callable[[], _T]) -> _T:
    """The same of what waits by itself, for `limit` seconds."""
    try:
        return wait()
    except smtplib.SMTPException:  # an OSError, but what the server said is in it
        raise
    except http.client.InvalidURL:  # its words, and those of what it came from, have the address in them, which may hold a key
        raise TryAgain(f"{who}: its address cannot be used as it is written") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise TryAgain(f"{who}: no answer within {limit:.0f} s") from None
        raise TryAgain(f"{who}: {str(reason)[:200] or type(reason).__name__}") from error


def within(limit: float, ask: Callable[[], _T]) -> _T:
    """What `ask` returns, or raises; TimeoutError when it is not done within `limit` seconds.

    A thread asks, because no socket timeout ends a server that sends a byte now and then. It is left behind when the time
    is up, and ends with the process.
    """
    return begun(ask)(limit)


def begun(ask: Callable[[], _T]) -> Callable[[float], _T]:
    """Begin to ask; what is returned waits for it so many seconds, as `within` does. So several can be asked at once."""
    box: queue.SimpleQueue[tuple[_T] | Exception] = queue.SimpleQueue()

    def run() -> None:
        try:
            box.put((ask(),))
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is raised where somebody waits for it
            box.put(error)

    def end(limit: float) -> _T:
        try:
            found = box.get(timeout=max(limit, 0))
        except queue.Empty:
            raise TimeoutError(f"no answer within {limit:.0f} s") from None
        if isinstance(found, tuple):
            return found[0]
        raise found

    threading.Thread(target=run, daemon=True).start()
    return end


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is led elsewhere would arrive as a GET."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _send(address: str, body: bytes, media_type: str, limit: float) -> Answer:
    headers = {"Content-Type": media_type, "User-Agent": "Warraq"}
    parts = urlsplit(address)
    if parts.username is not None:  # http.client would take it for a part of the host
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
    request = urllib.request.Request(bare(address), body, headers, method="POST")  # noqa: S310 -- `check` saw its scheme
    try:
        answer = urllib.request.build_opener(_NoRedirect).open(request, timeout=limit)
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        data = answer.read(MOST + 1)
        if len(data) > MOST:
            raise ValueError(f"an answer of more than {MOST} bytes")
        if answer.length:  # so many bytes of it never came
            raise ValueError("an answer that broke off")
        return Answer(answer.status, answer.headers.get("Content-Type") or "", data)
