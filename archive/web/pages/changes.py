"""Changes: what happened, newest first, narrowed by outlet, kind, words, days and seed file."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive.catalog.rows import EventPage
from archive.errors import Refused
from archive.web import changes_view, views
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page

LIMIT = 50  # changes on one page
LONGEST = 200  # characters of words to look for
_CURSOR = re.compile(r"[0-9]{4}-[0-9:.TZ-]{5,30}\|[a-z0-9_]{1,40}\|[0-9a-f]{32}\|[0-9]{1,9}")


def changes(desk: Desk, request: Request) -> Answer:
    from archive.catalog import stream

    ask = request.query_params
    asked = changes_view.Asked(
        **{name: ask.get(name, "").strip()[:LONGEST] for name in changes_view.Asked.__dataclass_fields__}
    )
    outlets = [(row.outlet, desk.title(row.outlet)) for row in desk.catalog.outlets()]
    seeds = desk.catalog.seed_files()
    _check(asked, dict(outlets), {row.sha256 for row in seeds})
    try:
        found = desk.catalog.changes_page(stream.Asked(**asdict(asked)), LIMIT)
    except Refused as error:  # no word among the words
        return "changes.html", {**changes_view.changes(EventPage(()), asked, outlets, seeds), "trouble": error.what}
    return "changes.html", changes_view.changes(found, asked, outlets, seeds)


def _check(asked: changes_view.Asked, outlets: dict[str, str], seeds: set[str]) -> None:
    if (asked.outlet and asked.outlet not in outlets) or (asked.kind and asked.kind not in views.KINDS):
        raise HTTPException(404, "No such outlet or kind of change.")
    if asked.seed and asked.seed not in seeds:
        raise HTTPException(404, "No article shares words with such a seed file.")
    if asked.before and not _CURSOR.fullmatch(asked.before):
        raise HTTPException(404, "No such page of changes.")
    for day in (asked.since, asked.until):
        try:
            if day and date.fromisoformat(day).isoformat() != day:
                raise ValueError(day)
        except ValueError as error:
            raise HTTPException(404, "A day is given as 2026-11-22.") from error


PAGES = [Page("/changes", changes)]
