"""Health: runs, requests, latencies, what waits, storage, log, audits."""

from __future__ import annotations

import shutil
from datetime import timedelta

from starlette.requests import Request

from archive.errors import WarraqError
from archive.web import app, health
from archive.web.desk import Desk
from archive.web.pages.shared import Answer, Page

WEEK = timedelta(days=7)


def show(desk: Desk, request: Request) -> Answer:
    now, catalog = desk.now(), desk.catalog
    given = desk.settings() if desk.settings else None
    facts = health.Facts(
        now=now,
        days=catalog.days(health.since(now)),
        runs=catalog.newest_runs(),
        waiting=catalog.waiting(now),
        delays=catalog.delays(since=f"{now - WEEK:%Y-%m-%dT%H:%M:%S.%fZ}"),
        stored=catalog.stored(),
        files=desk.outlets,
        ledger=ledger(desk),
        cost=given.cost if given else 0.0,
        currency=given.currency if given else "",
    )
    return "health.html", {**health.page(facts, mirrored=app.words(request).dir == "rtl"), "title_of": desk.title}


def ledger(desk: Desk) -> health.Ledger:
    """What the store, the catalog's measurements and the settings say of log, audit and copies."""
    if desk.settings is None:
        return health.Ledger()
    given, condition, trouble = desk.settings(), None, ""
    try:
        condition = desk.condition() if desk.condition else None
    except WarraqError as error:
        trouble = str(error)
    audit, mirror = (next(reversed(desk.catalog.measures(name)), None) for name in ("audit", "mirror"))
    disk = shutil.disk_usage(given.state) if given.state.is_dir() else None
    return health.Ledger(
        condition=condition,
        trouble=trouble,
        audit=audit,
        mirror=mirror,
        mirrored=bool(given.mirror),
        witnesses=len(given.witnesses),
        authorities=len(given.authorities),
        free=(disk.free, disk.total) if disk else (0, 0),
    )


PAGES = [Page("/health", show)]
