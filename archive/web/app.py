"""The pages as one ASGI application: the house before every path, the headers after every answer, the words' language.

Mounted into Airflow by plugins/warraq_ui.py. Airflow's session cookie lives on this origin, so nothing that an outlet wrote may
ever run here: the Content-Security-Policy allows one script of our own, by a nonce, and every text is escaped.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from archive.errors import WarraqError
from archive.web import language, pages, scrape, views
from archive.web.desk import Desk
from archive.web.house import House, Visitor
from archive.web.pages.shared import Answer, Page

HERE = Path(__file__).resolve().parent
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'; script-src 'nonce-{nonce}'; require-trusted-types-for 'script'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}
_STATIC = {path.name: (path.read_bytes(), _TYPES[path.suffix]) for path in sorted((HERE / "static").iterdir())}
STAMP = hashlib.sha256(b"".join(data for data, _ in _STATIC.values())).hexdigest()[:12]


def create(desk: Callable[[], Desk], house: House, metrics_token: Path | None = None) -> ASGIApp:
    """The application. The house is asked before every path, the static files and unknown addresses among them.

    `desk` is called once for each page; it may raise WarraqError, which is shown as one line. `metrics_token`: the file of
    archive.web.scrape.
    """
    press = _Press(desk, house)
    routes = [Route(page.path, press.endpoint(page), methods=list(page.methods)) for page in pages.every()]
    handlers: dict[Any, Any] = {HTTPException: press.refused, WarraqError: press.trouble}
    app = Starlette(routes=[*routes, Route("/static/{name}", _static)], exception_handlers=handlers)
    return _Headers(_Guarded(app, house, metrics_token))


class _Press:
    """Renders templates; what they share is put in here."""

    def __init__(self, desk: Callable[[], Desk], house: House) -> None:
        self.desk = desk
        self.house = house
        self.templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.do"],
        )
        self.templates.filters.update(views.FILTERS)
        self.templates.globals.update(_=_say, term=_term, count=_count, away=_away)

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        def render(request: Request) -> Response:
            assert page.view is not None  # noqa: S101 -- for the type checker
            return self.answer(request, page.view(self.desk(), request))

        async def endpoint(request: Request) -> Response:
            if page.act is not None and (page.view is None or request.method == "POST"):
                request.state.desk = self.desk
                return self.answer(request, await page.act(self.house, request))
            request.state.dags, request.state.run = self.house.dags, self.house.run
            return await run_in_threadpool(render, request)

        return endpoint

    def answer(self, request: Request, given: Answer, status: int = 200) -> Response:
        if isinstance(given, Response):
            return given
        name, values = given[:2]
        status = given[2] if len(given) == 3 else status
        shared = {
            "base": base(request),
            "stamp": STAMP,
            "nonce": request.scope["warraq.nonce"],
            "words": words(request),
            "visitor": request.scope["warraq.visitor"],
            "now": datetime.now(UTC),
            "here": request.url.path.removeprefix(base(request)),
            # In Airflow's frame a link to another origin does nothing: none is shown there. One of Airflow's own pages
            # is marked data-top, and follow.js opens it in the window around the frame.
            "framed": request.headers.get("sec-fetch-dest") == "iframe",
        }
        html = self.templates.get_template(name).render({**shared, **values})
        return HTMLResponse(html, status, {"Cache-Control": "private, no-store", "Vary": "Accept-Language, Cookie"})

    async def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 -- for the type checker
        values = {"title": str(error.status_code), "what": words(request).term(error.detail), "remedy": ""}
        return self.answer(request, ("error.html", values), error.status_code)

    async def trouble(self, request: Request, error: Exception) -> Response:
        """The archive cannot be read just now: the same line that the command prints."""
        what, remedy = (error.what, error.remedy) if isinstance(error, WarraqError) else (str(error), "")
        return self.answer(request, ("error.html", {"title": "Not available", "what": what, "remedy": remedy}), 503)


@pass_context
def _say(context: Context, english: str, **values: object) -> str:
    said: str = context["words"].say(english, **values)
    return said


@pass_context
def _term(context: Context, word: str) -> str:
    said: str = context["words"].term(word)
    return said


@pass_context
def _away(context: Context, time: str) -> str:
    said: str = context["words"].away(time, context["now"])
    return said


@pass_context
def _count(context: Context, n: int, noun: str) -> str:
    said: str = context["words"].count(n, noun)
    return said


def words(request: Request) -> language.Words:
    """The language of the page: `?lang=`, the UI around us, the browser's."""
    asked = request.query_params.get("lang") or request.cookies.get(language.COOKIE, "")
    return language.Words(language.choose(asked, request.headers.get("accept-language", "")))


def base(request: Request) -> str:
    """Path under which the application is mounted, without a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/")


async def _static(request: Request) -> Response:
    held = _STATIC.get(str(request.path_params["name"]))
    if held is None:
        raise HTTPException(404, "No such file.")
    return Response(held[0], media_type=held[1], headers={"Cache-Control": "private, max-age=86400"})


class _Guarded:
    """Asks the house before anything else, whatever the path: a mounted folder of files would skip a dependency."""

    def __init__(self, app: ASGIApp, house: House, metrics_token: Path | None) -> None:
        self.app = app
        self.house = house
        self.metrics_token = metrics_token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":  # refused, which is a 403; without a word it would be a fault of ours
                await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope, receive)
        met = scrape.visitor(request, self.metrics_token) or await self.house.enter(request)
        if isinstance(met, Visitor):
            scope["warraq.visitor"] = met
            if request.method not in ("GET", "HEAD", "POST"):
                met = PlainTextResponse("These pages only show.", 405, {"Allow": "GET, HEAD"})
            elif "\0" in scope["path"] or b"%00" in scope["query_string"]:  # no text has it, and PostgreSQL takes no such text
                met = PlainTextResponse("An address has no NUL in it.", 400)
        await (self.app if isinstance(met, Visitor) else met)(scope, receive, send)


class _Headers:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["warraq.nonce"] = secrets.token_urlsafe(16)
        await self.app(scope, receive, partial(_with_headers, send, scope["warraq.nonce"]))


async def _with_headers(send: Send, nonce: str, message: Message) -> None:
    if message["type"] == "http.response.start":
        headers = MutableHeaders(scope=message)
        headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
        for name, value in HEADERS.items():
            headers[name] = value
    await send(message)
