"""Two versions of one article, word by word."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive.web import compare_view
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page, history, number


def compare(desk: Desk, request: Request) -> Answer:
    found = history(desk, request)
    last = len(found.versions)
    if last < 2:
        raise HTTPException(404, "This article has fewer than two versions; there is nothing to compare.")
    b = number(request, "b", last, last)
    a = number(request, "a", last, max(1, b - 1))
    old, new = (desk.snapshot(found.versions[n - 1].snapshot) for n in (a, b))
    return "compare.html", compare_view.compare_page(found, desk.title(found.article.outlet), (a, b), old, new)


PAGES = [Page("/compare/{article}", compare)]
