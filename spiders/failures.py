"""One word for each way in which an exchange can fail (`archive.capture.Exchange.failure`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)
from service_identity import VerificationError
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost

from archive.capture import Truncated

if TYPE_CHECKING:
    from collections.abc import Iterator

CUT_SHORT: dict[str, Truncated] = {"too-large": "length", "timeout": "time", "reset": "disconnect", "data-loss": "disconnect"}
_SLUGS: tuple[tuple[type[BaseException], str], ...] = (
    (CannotResolveHostError, "dns"),
    (DownloadConnectionRefusedError, "refused"),
    (DownloadTimeoutError, "timeout"),
    (DownloadCancelledError, "too-large"),
    (SSL.Error, "tls"),
    (VerificationError, "tls"),
    (ConnectionDone, "reset"),
    (ConnectionLost, "reset"),
    (ConnectionAborted, "reset"),
)


def slug(error: BaseException | None, lost: BaseException | None = None, *, begun: bool = False) -> str:
    """The word for an error, looking into those that wrap others. `lost`: how the connection ended; `begun`: had an
    answer begun?"""
    slugs = (name for cause in _causes(error) for kind, name in _SLUGS if isinstance(cause, kind))
    found = next(slugs, "other")
    if found == "reset" and begun and isinstance(lost, ConnectionDone):
        return "data-loss"  # an orderly end, but too early
    return found


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        for reason in getattr(error, "reasons", None) or ():
            yield from _causes(reason.value)
        error = error.__cause__
