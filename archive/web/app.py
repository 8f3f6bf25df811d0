"""The pages as one ASGI application: routes, the guard before every path, the headers after every answer.

Mounted into Airflow by plugins/warraq_ui.py. Airflow's session cookie lives on this origin, so nothing here may
ever run a script: no page has one, and the Content-Security-Policy allows none.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.errors import Refused, WarraqError, Withheld
from archive.web import views
from archive.web.desk import Desk

if TYPE_CHECKING:
    from archive.catalog.rows import HistoryRow

Guard = Callable[[Request], Awaitable[Response | None]]  # a response refuses; None lets in

HERE = Path(__file__).resolve().parent
PAGE = 50  # changes on one page
# RFC 7725: 451. Nothing that tells which article it is; who is asked to hide one may not show its title.
WITHHELD = "This article is withheld. What was captured of it is kept, and so is the proof."
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_STATIC = {
    path.name: (path.read_bytes(), {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}[path.suffix])
    for path in sorted((HERE / "static").iterdir())
}
STAMP = hashlib.sha256(b"".join(data for data, _ in _STATIC.values())).hexdigest()[:12]
_ARTICLE = re.compile(r"[0-9a-f]{32}")
_CURSOR = re.compile(r"[0-9]{4}-[0-9:.TZ-]{5,30}\|[a-z0-9_]{1,40}\|[0-9a-f]{32}\|[0-9]{1,9}")


def create(desk: Callable[[], Desk], guard: Guard) -> ASGIApp:
    """The application. `guard` is asked before every path, the static files and unknown addresses among them.

    `desk` is called once for each page; it may raise WarraqError, which is shown as one line.
    """
    templates = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters.update(views.FILTERS)
    pages = _Pages(desk, templates)
    routes = [
        Route("/", pages.home),
        Route("/changes", pages.page(_changes)),
        Route("/article/{article}", pages.page(_article)),
        Route("/compare/{article}", pages.page(_compare)),
        Route("/static/{name}", _static),
    ]
    app = Starlette(routes=routes, exception_handlers={HTTPException: pages.refused, WarraqError: pages.trouble})
    return _Headers(_Guarded(app, guard))


class _Pages:
    """Renders templates; what they share is put in here."""

    def __init__(self, desk: Callable[[], Desk], templates: Environment) -> None:
        self.desk = desk
        self.templates = templates

    async def home(self, request: Request) -> Response:
        return RedirectResponse(f"{_base(request)}/changes")

    def page(self, view: Callable[[Desk, Request], tuple[str, Mapping[str, Any]]]) -> Callable[[Request], Awaitable[Response]]:
        def render(request: Request) -> Response:
            name, values = view(self.desk(), request)
            return self.render(request, name, values)

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(render, request)

        return endpoint

    def render(self, request: Request, name: str, values: Mapping[str, Any], status: int = 200) -> Response:
        shared = {
            "base": _base(request),
            "stamp": STAMP,
            # In Airflow's frame a link to another origin or to the whole window does nothing: none is shown there.
            "framed": request.headers.get("sec-fetch-dest") == "iframe",
        }
        html = self.templates.get_template(name).render({**shared, **values})
        return HTMLResponse(html, status, {"Cache-Control": "private, no-store"})

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- for the type checker
        values = {"title": str(error.status_code), "what": error.detail, "remedy": ""}
        return self.render(request, "error.html", values, error.status_code)

    async def trouble(self, request: Request, error: Exception) -> Response:
        """The archive cannot be read just now: the same line that the command prints."""
        what, remedy = (error.what, error.remedy) if isinstance(error, WarraqError) else (str(error), "")
        return self.render(request, "error.html", {"title": "Not available", "what": what, "remedy": remedy}, 503)


def _base(request: Request) -> str:
    """Path under which the application is mounted, without a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


def _changes(desk: Desk, request: Request) -> tuple[str, Mapping[str, Any]]:
    ask = request.query_params
    outlets = [(row.outlet, desk.title(row.outlet)) for row in desk.catalog.outlets()]
    outlet, kind, before = (ask.get(name, "") for name in ("outlet", "kind", "before"))
    if (outlet and outlet not in dict(outlets)) or (kind and kind not in views.KINDS):
        raise HTTPException(404, "No such outlet or kind of change.")
    if before and not _CURSOR.fullmatch(before):
        raise HTTPException(404, "No such page of changes.")
    rows, older = desk.changes(outlet, kind, before, PAGE)
    return "changes.html", views.changes(rows, outlets, outlet=outlet, kind=kind, before=before, older=older)


def _article(desk: Desk, request: Request) -> tuple[str, Mapping[str, Any]]:
    found = _found(desk, request)
    number = _number(request, "v", len(found.versions), len(found.versions))
    snapshot = desk.snapshot(found.versions[number - 1].snapshot) if number else None
    elsewhere = views.elsewhere(desk.catalog.republished(found.article.article), found.article, desk.title)
    return "article.html", {**views.article(found, desk.title(found.article.outlet), number, snapshot), "elsewhere": elsewhere}


def _compare(desk: Desk, request: Request) -> tuple[str, Mapping[str, Any]]:
    found = _found(desk, request)
    last = len(found.versions)
    if last < 2:
        raise HTTPException(404, "This article has fewer than two versions; there is nothing to compare.")
    b = _number(request, "b", last, last)
    a = _number(request, "a", last, max(1, b - 1))
    old, new = (desk.snapshot(found.versions[n - 1].snapshot) for n in (a, b))
    return "compare.html", views.compare_page(found, desk.title(found.article.outlet), (a, b), old, new)


def _found(desk: Desk, request: Request) -> HistoryRow:
    article = str(request.path_params["article"])
    if not _ARTICLE.fullmatch(article):
        raise HTTPException(404, "An article's id is 32 hex digits.")
    try:
        return desk.catalog.history(article)
    except Withheld as error:  # before Refused, which it is too
        raise HTTPException(451, WITHHELD) from error
    except Refused as error:
        raise HTTPException(404, error.what) from error


def _number(request: Request, name: str, last: int, default: int) -> int:
    """A version's number from the query: from 1 to `last`."""
    asked = request.query_params.get(name)
    if not asked:
        return default
    if not (asked.isascii() and asked.isdigit() and len(asked) < 9 and 1 <= int(asked) <= last):
        raise HTTPException(404, f"There is no version {asked[:20]!r} of this article.")
    return int(asked)


async def _static(request: Request) -> Response:
    held = _STATIC.get(str(request.path_params["name"]))
    if held is None:
        raise HTTPException(404, "No such file.")
    return Response(held[0], media_type=held[1], headers={"Cache-Control": "private, max-age=86400"})


class _Guarded:
    """Asks the guard before anything else, whatever the path: a mounted folder of files would skip a dependency."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self.app = app
        self.guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        answer = await self.guard(request)
        if answer is None and request.method not in ("GET", "HEAD"):
            answer = PlainTextResponse("These pages only show.", 405, {"Allow": "GET, HEAD"})
        await (self.app if answer is None else answer)(scope, receive, send)


class _Headers:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, partial(_with_headers, send))


async def _with_headers(send: Send, message: Message) -> None:
    if message["type"] == "http.response.start":
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers[name] = value
    await send(message)
