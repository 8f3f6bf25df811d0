"""Two versions of one article, word by word: one text, or side by side (?view=side); spelling unified (?fold=1)."""

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
    ask = request.query_params
    asked = compare_view.Asked(
        a, b, "side" if ask.get("view") == "side" else "", fold=ask.get("fold") == "1", only=ask.get("only") == "1"
    )
    return "compare.html", compare_view.compare_page(found, desk.title(found.article.outlet), asked, old, new)


PAGES = [Page("/compare/{article}", compare)]
