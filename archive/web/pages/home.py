"""Today: one look tells whether all is well, and where it is not, why. `/card.json` says the same to Airflow's dashboard."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from archive.outlet import RESERVED
from archive.web import app, today
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page


def home(desk: Desk, request: Request) -> Answer:
    values = today.page(facts(desk, request), mirrored=app.words(request).dir == "rtl")
    return "home.html", {**values, "title_of": desk.title, "status": today.STATUS}


def card(desk: Desk, request: Request) -> Answer:
    """What static/card.js shows: sentences in the language asked for, and paths of ours."""
    words = app.words(request)
    values = today.page(facts(desk, request))
    said = today.STATUS
    lines = [
        {
            "title": desk.title(one.outlet),
            "tone": said[one.status][1],
            "status": words.say(said[one.status][0]),
            "said": _said(words, one),
            "path": f"/changes?outlet={one.outlet}" if one.row else "/",
        }
        for one in values["cards"]
    ]
    tone, headline = verdict(words, values["hands"], values["looks"])
    shown = {"dir": words.dir, "lang": words.lang, "tone": tone, "headline": headline, "lines": lines}
    more = {"title": words.say("Warraq"), "more": words.say("Open Warraq"), "time": values["date"]}
    return JSONResponse({**shown, **more}, headers={"Cache-Control": "private, no-store"})


def verdict(words: Any, hands: int, looks: int) -> tuple[str, str]:
    """(tone, sentence): the five seconds."""
    if hands:
        return "bad", words.count(hands, "thing that needs a hand")
    if looks:
        return "warn", words.count(looks, "thing worth a look")
    return "good", words.say("All is well.")


def _said(words: Any, one: today.Card) -> str:
    if one.reasons and one.status in ("bad", "warn"):
        return str(words.say(one.reasons[0].words, **one.reasons[0].values))
    if one.alarms and one.status in ("bad", "warn"):
        return str(words.term(one.alarms[0].title))
    counts = [
        words.count(one.today[name], noun) for name, noun in (("new", "new article"), ("edits", "edit"), ("gone", "deletion"))
    ]
    return f"{words.say('Today')}: {words.listed(counts)}"


def facts(desk: Desk, request: Request) -> today.Facts:
    """Everything the page is made of, from catalog, files and scheduler."""
    now, catalog = desk.now(), desk.catalog
    return today.Facts(
        now=now,
        rows=catalog.outlets(now),
        days=catalog.days(today.since(now)),
        firsts=catalog.first_days(),
        alarms=catalog.alarms(),
        files=desk.outlets,
        broken=desk.broken,
        reports={run.outlet: run.report for run in catalog.newest_runs()},
        dags=request.state.dags(),
        always=frozenset((RESERVED,)),
    )


PAGES = [Page("/", home), Page("/card.json", card)]
