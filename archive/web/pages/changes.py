"""Changes: what happened, newest first, filtered by outlet and kind."""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive.web import views
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page

LIMIT = 50  # changes on one page
_CURSOR = re.compile(r"[0-9]{4}-[0-9:.TZ-]{5,30}\|[a-z0-9_]{1,40}\|[0-9a-f]{32}\|[0-9]{1,9}")


def changes(desk: Desk, request: Request) -> Answer:
    ask = request.query_params
    outlets = [(row.outlet, desk.title(row.outlet)) for row in desk.catalog.outlets()]
    outlet, kind, before = (ask.get(name, "") for name in ("outlet", "kind", "before"))
    if (outlet and outlet not in dict(outlets)) or (kind and kind not in views.KINDS):
        raise HTTPException(404, "No such outlet or kind of change.")
    if before and not _CURSOR.fullmatch(before):
        raise HTTPException(404, "No such page of changes.")
    rows, older = desk.changes(outlet, kind, before, LIMIT)
    return "changes.html", views.changes(rows, outlets, outlet=outlet, kind=kind, before=before, older=older)


PAGES = [Page("/changes", changes)]
