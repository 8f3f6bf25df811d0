"""Seed files: which articles hold their text, whose paragraphs stand beside whose, and how to check it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive import keys
from archive.errors import BadSeeds
from archive.web import seeds_view
from archive.web.desk import Desk
from archive.web.pages.shared import ARTICLE, Answer, Page

if TYPE_CHECKING:
    from archive.catalog.rooms import LinkedRow
    from archive.seed import SeedFile

_SHA256 = re.compile(r"[0-9a-f]{64}")


def seeds(desk: Desk, request: Request) -> Answer:
    trouble = ""
    try:
        locked = _locked(desk)
    except BadSeeds as error:
        locked, trouble = (), error.what
    return "seeds.html", {"files": seeds_view.lines(locked, desk.catalog.seed_files(), desk.title), "trouble": trouble}


def _locked(desk: Desk) -> tuple[SeedFile, ...]:
    """Those of seeds.lock; () without one."""
    from archive.seed import load_lock

    if desk.settings is None or not desk.settings().seeds_lock.is_file():
        return ()
    return load_lock(desk.settings().seeds_lock)


def seed(desk: Desk, request: Request) -> Answer:
    """One seed file: its articles; with ?article= the paragraphs of both, and the commands that check the link."""
    sha256, article = str(request.path_params["sha256"]), request.query_params.get("article", "")
    known = [line for line in seeds_view.lines(_locked(desk), desk.catalog.seed_files(), desk.title) if line.sha256 == sha256]
    if not _SHA256.fullmatch(sha256) or not known:
        raise HTTPException(404, "There is no such seed file.")
    if article and not ARTICLE.fullmatch(article):
        raise HTTPException(404, "An article's id is 32 hex digits.")
    start = _start(request.query_params.get("from", ""))
    rows = desk.catalog.linked(sha256, article, start, seeds_view.PAGE)
    values = {"file": known[0], "articles": seeds_view.linked(rows, desk.title), "aligned": None, "commands": [], "trouble": ""}
    values |= seeds_view.steps(known[0], start, len(rows)) if not article else {"before": None, "after": None}
    if article:
        if not rows:
            raise HTTPException(404, "This article shares no words with the seed file.")
        values |= _beside(desk, rows[0])
    return "seed.html", values


def _start(asked: str) -> int:
    if asked and not re.fullmatch(r"[0-9]{1,9}", asked):
        raise HTTPException(404, "`from` is a number of articles.")
    return int(asked or 0)


def _beside(desk: Desk, row: LinkedRow) -> dict[str, object]:
    link, snapshot = row.link, desk.snapshot(row.snapshot)
    commands = seeds_view.by_hand(row, desk.settings().bucket if desk.settings else "s3://…")
    try:
        data = desk.store().get(keys.seed(link.seed_set, link.name))
    except KeyError:
        data = b""
    if snapshot is None or hashlib.sha256(data).hexdigest() != link.sha256:
        return {"commands": commands, "trouble": "missing"}
    return {"commands": commands, "aligned": seeds_view.aligned(row, data.decode("utf-8", "replace"), snapshot)}


PAGES = [Page("/seeds", seeds), Page("/seeds/{sha256}", seed)]
