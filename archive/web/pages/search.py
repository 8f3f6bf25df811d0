"""Search in the texts of all versions: newest first, with the places that answer."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive.catalog.hits import REMOVED, Hit, Wish
from archive.errors import BadRecord, Refused, TryAgain
from archive.search.query import LONGEST, Query, parse
from archive.web import views
from archive.web.app import words
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page
from archive.web.search_view import Card, card

if TYPE_CHECKING:
    from archive.catalog.hits import Found

LIMIT = 20  # articles on one page
READERS = 8  # texts that are read at once
WAITING = 1000  # texts that wait to be indexed are counted up to here
_UNSEEN = ("new", "blocked", "broken", "not-article")  # states of articles that have no text, or whose state says nothing of it
STATES = {name: word for name, word in views.STATES.items() if name not in _UNSEEN}


def search(desk: Desk, request: Request) -> Answer:
    ask = request.query_params
    outlets = [(row.outlet, desk.title(row.outlet)) for row in desk.catalog.outlets()]
    asked = {name: ask.get(name, "").strip() for name in ("q", "outlet", "state", "since", "until")}
    before = ask.get("before", "")
    if (asked["outlet"] and asked["outlet"] not in dict(outlets)) or asked["state"] not in ("", REMOVED, *STATES):
        raise HTTPException(404, "No such outlet or state.")
    if before and not (before.isascii() and before.isdigit() and len(before) < 16):
        raise HTTPException(404, "No such page of answers.")
    values: dict[str, Any] = {
        "outlets": outlets,
        "states": STATES,
        "asked": asked,
        "before": before,
        "longest": LONGEST,
        "here_again": urlencode({name: value for name, value in asked.items() if value}),
        "waiting": desk.catalog.unindexed(WAITING),
        "many": WAITING,
        "trouble": "",
        "found": None,
        "cards": [],
    }
    if not asked["q"]:
        return "search.html", values
    try:
        query = parse(asked["q"])
        found = _find(desk, query, asked, int(before or 0))
    except Refused as refused:
        said = words(request)
        return "search.html", {**values, "trouble": f"{said.term(refused.what)}: {said.term(refused.remedy)}"}, 400
    return "search.html", {**values, "found": found, "cards": _cards(desk, found.hits, query)}


def _find(desk: Desk, query: Query, asked: dict[str, str], before: int) -> Found:
    wish = Wish(query, asked["outlet"], asked["since"], asked["until"], asked["state"], before)
    return desk.catalog.search(wish, LIMIT)


def _cards(desk: Desk, hits: Iterable[Hit], query: Query) -> list[Card]:
    def one(hit: Hit) -> Card:
        try:
            snapshot = desk.snapshot(hit.snapshot)
        except (BadRecord, TryAgain):  # what was found is told all the same
            snapshot = None
        return card(hit, desk.title(hit.outlet), snapshot, query)

    with ThreadPoolExecutor(READERS) as readers:
        return list(readers.map(one, hits))


PAGES = [Page("/search", search)]
