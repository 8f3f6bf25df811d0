"""What the page modules share: the shape of a page, and what they read from an address. Refusals are HTTP errors."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from archive.errors import Refused, Withheld
from archive.web.desk import Desk
from archive.web.house import House

if TYPE_CHECKING:
    from archive.catalog.rows import HistoryRow

# A template and its values, and a status that is not 200; or a response as it is.
Answer = tuple[str, Mapping[str, Any]] | tuple[str, Mapping[str, Any], int] | Response
ARTICLE = re.compile(r"[0-9a-f]{32}")
# RFC 7725: 451. Nothing that tells which article it is; who is asked to hide one may not show its title.
WITHHELD = "This article is withheld. What was captured of it is kept, and so is the proof."


@dataclass(frozen=True, slots=True)
class Page:
    """A path and what answers there. `view` runs in a thread, `act` in the loop: POST, and all where there is no view."""

    path: str
    view: Callable[[Desk, Request], Answer] | None
    act: Callable[[House, Request], Awaitable[Answer]] | None = None

    @property
    def methods(self) -> tuple[str, ...]:
        return ("GET", "HEAD") if self.act is None else ("GET", "HEAD", "POST")


def history(desk: Desk, request: Request) -> HistoryRow:
    """The article that the path names."""
    article = str(request.path_params["article"])
    if not ARTICLE.fullmatch(article):
        raise HTTPException(404, "An article's id is 32 hex digits.")
    try:
        return desk.catalog.history(article)
    except Withheld as error:  # before Refused, which it is too
        raise HTTPException(451, WITHHELD) from error
    except Refused as error:
        raise HTTPException(404, error.what) from error


def number(request: Request, name: str, last: int, default: int) -> int:
    """A version's number from the query: from 1 to `last`."""
    asked = request.query_params.get(name)
    if not asked:
        return default
    if not (asked.isascii() and asked.isdigit() and len(asked) < 9 and 1 <= int(asked) <= last):
        raise HTTPException(404, f"There is no version {asked[:20]!r} of this article.")
    return int(asked)
