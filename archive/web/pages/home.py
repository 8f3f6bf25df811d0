"""The first page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse

from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page


def home(desk: Desk, request: Request) -> Answer:
    return RedirectResponse(f"{str(request.scope.get('root_path', '')).rstrip('/')}/changes")


PAGES = [Page("/", home)]
