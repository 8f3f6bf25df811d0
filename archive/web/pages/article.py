"""One article: a version's text, and all that is known of the article."""

from __future__ import annotations

from starlette.requests import Request

from archive.web import article_view
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page, history, number


def article(desk: Desk, request: Request) -> Answer:
    found = history(desk, request)
    shown = number(request, "v", len(found.versions), len(found.versions))
    snapshot = desk.snapshot(found.versions[shown - 1].snapshot) if shown else None
    elsewhere = article_view.elsewhere(desk.catalog.republished(found.article.article), found.article, desk.title)
    return "article.html", {
        **article_view.article(found, desk.title(found.article.outlet), shown, snapshot),
        "elsewhere": elsewhere,
    }


PAGES = [Page("/article/{article}", article)]
