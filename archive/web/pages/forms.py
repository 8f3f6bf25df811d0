"""Actions: the form of a DAG, filled in from the address; sending it starts a run in the name of who sent it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from archive import reasons, settings
from archive.address import article_id
from archive.errors import Refused, Withheld
from archive.web import fields
from archive.web.desk import Desk
from archive.web.house import DagForm, House
from archive.web.iri import in_line
from archive.web.pages.shared import ARTICLE, Answer, Page

if TYPE_CHECKING:
    from archive.catalog.rows import ArticleRow

MOST = 200_000  # bytes of a form
WITHHOLDS = "restrict_article"
TWINS = 50  # other articles that its form names
READ_ONLY = "Your role may look, but start nothing."
ELSEWHERE = "This was sent from another site, so it was not done."
_ONCE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}", re.ASCII)
_DAG = re.compile(r"[A-Za-z0-9_.-]{1,250}")


async def actions(house: House, request: Request) -> Answer:
    """GET /do: what can be done from here."""
    if request.method == "POST":
        raise HTTPException(405, "Method Not Allowed")
    return "actions.html", {"actions": await house.actions(request), "may": request.scope["warraq.visitor"].may}


async def form(house: House, request: Request) -> Answer:
    """GET /do/{dag}?field=value: the form, filled in. POST: a run, or the form again with what is wrong."""
    if request.method != "POST":
        given = _pairs(request.query_params.multi_items())
        return _page(request, await _form(house, request), given, subject=await _subject(request, given))
    _same_site(request)
    if not request.scope["warraq.visitor"].may(_dag(request)):
        raise HTTPException(403, READ_ONLY)
    asked = await _form(house, request)
    sent = dict.fromkeys(asked.params, "") | _pairs(parse_qsl(await _body(request), keep_blank_values=True))
    sent["article"] = _by_id(sent.get("article", ""))
    conf, wrong = fields.conf(asked.params, sent)
    trouble = ""
    if not wrong:
        once = sent.get("once", "")
        try:
            kept = await run_in_threadpool(_apart, asked, conf, once)
            started = await house.start(request, asked.dag, kept, once if _ONCE.fullmatch(once) else "")
        except Refused as error:
            trouble = error.what
        else:
            return _lead(request, f"{_airflow(request)}/dags/{quote(started.dag)}/runs/{quote(started.run)}")
    subject = await _subject(request, sent)
    return *_page(request, asked, sent, subject=subject, wrong=wrong, trouble=trouble), 422


def _apart(asked: DagForm, conf: Mapping[str, Any], once: str) -> dict[str, Any]:
    """The parameters with references in the place of what not everybody may read (archive.reasons)."""
    state, now = settings.from_environment().state, datetime.now(UTC)
    once = once if _ONCE.fullmatch(once) else _once(now)
    private = {name: conf[name] for name in fields.private(asked.params) if conf[name]}
    return {**conf, **{name: reasons.keep(state, text, once, now) for name, text in private.items()}}


def _by_id(article: str) -> str:
    """An article's id where its address was given: addresses are not for everybody who may look at Airflow."""
    article = article.strip()
    if not article.startswith(("https://", "http://")):
        return article
    try:
        return article_id(article)
    except ValueError:  # no address after all: the field says so
        return article


def _once(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def _lead(request: Request, run: str) -> Answer:
    """To the run's page. A frame cannot leave itself: follow.js follows the link of the page in it."""
    if request.headers.get("sec-fetch-dest") == "iframe":
        return "started.html", {"run": run}
    return RedirectResponse(run, 303)


def _page(request: Request, asked: DagForm, given: Mapping[str, str], **more: Any) -> tuple[str, dict[str, Any]]:
    wrong: Mapping[str, str] = more.get("wrong", {})
    return "form.html", {
        "form": asked,
        "fields": fields.fields(asked.params, given, wrong),
        "trouble": "",
        "may": request.scope["warraq.visitor"].may(asked.dag),
        "once": _once(datetime.now(UTC)),
        "airflow": _airflow(request),
        "wrong": {},
        **more,
    }


async def _subject(request: Request, given: Mapping[str, str]) -> dict[str, Any]:
    """What the form is about, where it names an article: its id, headline, outlet, unless it may not be shown.

    `asks`: on the form that withholds one, who may send it may ask (?twins=1) for the ids of those that say the same: `twins`,
    and how many `more`. Only when asked for: in a large catalog that takes seconds.
    """
    article = _by_id(given.get("article", ""))
    if not ARTICLE.fullmatch(article):
        return {}
    about = await run_in_threadpool(_article, request.state.desk, article)
    if _dag(request) != WITHHOLDS or not request.scope["warraq.visitor"].may(WITHHOLDS):
        return about
    if request.query_params.get("twins") != "1":
        return {**about, "asks": article}
    twins = [one.article for one in await run_in_threadpool(_twins, request.state.desk, article)]
    return {**about, "twins": twins[:TWINS], "more": max(0, len(twins) - TWINS)}


def _twins(opened: Callable[[], Desk], article: str) -> list[ArticleRow]:
    return opened().catalog.twins(article)


def _article(opened: Callable[[], Desk], article: str) -> dict[str, str]:
    desk = opened()
    try:
        row = desk.catalog.article(article)
    except Withheld:
        return {"withheld": "yes"}
    except Refused:
        return {"unknown": "yes"}
    return {"article": row.article, "title": row.title or in_line(row.url), "outlet": desk.title(row.outlet)}


def _pairs(items: list[tuple[str, str]]) -> dict[str, str]:
    """What was put into each field; said more than once, it is a line each."""
    found: dict[str, str] = {}
    for name, value in items:
        found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def _dag(request: Request) -> str:
    dag = str(request.path_params["dag"])
    if not _DAG.fullmatch(dag):
        raise HTTPException(404, "There is no such action.")
    return dag


async def _form(house: House, request: Request) -> DagForm:
    try:
        return await house.form(request, _dag(request))
    except Refused as error:
        raise HTTPException(404, "There is no such action.") from error


def _same_site(request: Request) -> None:
    """Refuse what another site's page sent with this visitor's cookie.

    Browsers say where a request comes from: Sec-Fetch-Site (W3C Fetch Metadata), on plain http Origin alone (RFC 6454). A
    program that shows a token of its own says neither; no page of another site can make a browser show one.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site == "same-origin"
    elif origin is not None:
        ours = urlsplit(origin).netloc == request.headers.get("host")
    else:
        ours = "authorization" in request.headers
    if not ours:
        raise HTTPException(403, ELSEWHERE)


async def _body(request: Request) -> str:
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > MOST:
            raise HTTPException(413, "The form is too long.")
    return read.decode("utf-8", "replace")


def _airflow(request: Request) -> str:
    """Path of Airflow itself, without a slash at its end: these pages are mounted one step below it."""
    return str(request.scope.get("root_path", "")).rstrip("/").rpartition("/")[0]


PAGES = [Page("/do", None, actions), Page("/do/{dag}", None, form)]
