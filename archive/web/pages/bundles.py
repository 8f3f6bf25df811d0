"""Evidence bundles that were made in Airflow: which there are, and the zip itself."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse

from archive import settings
from archive.errors import Refused
from archive.prove import kept
from archive.web.desk import Desk
from archive.web.iri import in_line
from archive.web.pages.shared import Answer, Page

MAKES = "prove_article"
NONE = "There is no such bundle."


def bundles(desk: Desk, request: Request) -> Answer:
    """GET /bundles, ?article=: those that who asks may have, newest first."""
    asked = request.query_params.get("article", "")
    if asked and not (asked.isalnum() and asked.isascii()):
        raise HTTPException(404, NONE)
    titles: dict[tuple[str, bool], str | None] = {}  # by article and whether the bundle is restricted
    found = []
    for one in kept.listed(settings.from_environment().state, asked):
        which = (one.article, one.restricted)
        if one.over(desk.now()):
            continue
        if which not in titles:
            titles[which] = _title(desk, request, one)
        if (title := titles[which]) is not None:
            found.append((one, title))
        if len(found) == kept.MOST:
            break
    limits = {"days": kept.DAYS, "most": kept.MOST, "room": f"{kept.ROOM >> 30} GiB"}
    may = request.scope["warraq.visitor"].may(MAKES)
    return "bundles.html", {"bundles": found, "may": may, "makes": MAKES, **limits}


def bundle(desk: Desk, request: Request) -> Answer:
    """GET /bundle/{name}: the zip, to be saved."""
    one = kept.parse(str(request.path_params["name"]))
    path = settings.from_environment().state / kept.FOLDER / one.name if one else None
    if one is None or path is None or one.over(desk.now()) or not path.is_file() or _title(desk, request, one) is None:
        raise HTTPException(404, NONE)
    return FileResponse(path, filename=one.name, media_type="application/zip", headers={"Cache-Control": "private, no-store"})


def of(desk: Desk, request: Request, article: str, state: Path) -> list[kept.Kept]:
    """The bundles about an article that may be shown to who asks, for its own page."""
    found = [one for one in kept.listed(state, article) if not one.over(desk.now())]
    shown = {
        one.restricted for one in {one.restricted: one for one in found}.values() if _title(desk, request, one) is not None
    }
    return [one for one in found if one.restricted in shown]


def _title(desk: Desk, request: Request, one: kept.Kept) -> str | None:
    """The article's headline; "" when it may not be shown, None when who asks may not have the bundle.

    What nobody but an operator may see: a bundle that holds what is withheld, or whose article was withheld since.
    """
    try:
        row = desk.catalog.article(one.article)
    except Refused:  # Withheld among them
        title = ""
    else:
        title = row.title or in_line(row.url)
        if not one.restricted and not desk.catalog.veiled(row.outlet, row.article):
            return title
    return title if request.scope["warraq.visitor"].may(MAKES) else None


PAGES = [Page("/bundles", bundles), Page("/bundle/{name}", bundle)]
