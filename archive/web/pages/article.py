"""One article: a version's text, and all that is known of the article; the proof of its capture, led up to the log."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from archive.errors import Broken, Refused, WarraqError
from archive.web import article_view, evidence_view, exchange
from archive.web.desk import Desk
from archive.web.pages import bundles
from archive.web.pages.shared import Answer, Page, history, number

if TYPE_CHECKING:
    from archive.catalog.rows import VersionRow


def article(desk: Desk, request: Request) -> Answer:
    found = history(desk, request)
    shown = number(request, "v", len(found.versions), len(found.versions))
    version = found.versions[shown - 1] if shown else None
    snapshot = desk.snapshot(version.snapshot) if version else None
    row, title = found.article, desk.title(found.article.outlet)
    values = dict(article_view.article(found, title, shown, snapshot))
    replay = desk.settings().replay if desk.settings else ""
    return "article.html", {
        **values,
        "elsewhere": article_view.elsewhere(desk.catalog.republished(row.article), row, desk.title),
        "announced": desk.catalog.announced(row.outlet, row.article),
        "channels": evidence_view.CHANNELS,
        "classes": evidence_view.CLASSES,
        "actions": evidence_view.actions(row, request.scope["warraq.visitor"].may),
        "bundles": bundles.of(desk, request, row.article, desk.settings().state) if desk.settings else [],
        "cite": evidence_view.cite(row, version, values["headline"], title) if version else [],
        "replay": evidence_view.replay(replay, version, version.url or row.url) if version else "",
        "proof": _logged(desk, version) if version else None,
    }


def _logged(desk: Desk, version: VersionRow) -> evidence_view.Proof:
    return evidence_view.Proof(desk.catalog.logged([version.warc]).get(version.warc), desk.catalog.log_size())


def proof(desk: Desk, request: Request) -> Answer:
    """A version's capture led up to the signed checkpoint, now: read from the bucket and checked, not remembered."""
    found = history(desk, request)
    if not found.versions:
        raise HTTPException(404, "No version of this article has been read.")
    version = found.versions[number(request, "v", len(found.versions), len(found.versions)) - 1]
    head = article_view.head(found, desk.title(found.article.outlet))
    trouble, told = "", dict[str, Any]()
    try:
        told = _led_up(desk, version)
    except Refused as error:  # not logged yet, or not signed: no fault
        trouble = f"{error.what}; {error.remedy}"
    except (Broken, KeyError) as error:
        trouble = f"{error.what}; {error.remedy}" if isinstance(error, Broken) else f"{error} is missing"
        told = {"broken": True}
    return "proof.html", {**head, "version": version, "trouble": trouble, "broken": False, "held": None, **told}


def _led_up(desk: Desk, version: VersionRow) -> dict[str, Any]:
    from archive.log import merkle
    from archive.prove import outside
    from archive.prove import proof as proofs

    ledger = exchange.ledger(desk)
    held = exchange.capture(ledger, version.warc, version.offset)
    path = ledger.proof(held)
    checkpoint, entry = ledger.checkpoint, held.leaf.entry
    if not merkle.included(held.index, checkpoint.size, merkle.leaf_hash(entry), path.path, checkpoint.root):
        raise Broken(f"leaf {held.index} does not lead to the checkpoint of {checkpoint.size} leaves", "run `warraq verify`")
    stamps = list[outside.Stamp]()
    if desk.settings:
        with contextlib.suppress(WarraqError):  # a proof stands without them
            stamps, _ = outside.stamps(outside.gather(ledger, desk.settings(), [held.index]))
    return {
        "held": held,
        "entry": entry.decode("ascii"),
        "size": checkpoint.size,
        "signer": str(ledger.signer(checkpoint.size).key),
        "hashes": len(path.path),
        "stamps": stamps,
        "text": proofs.dump(path).decode("utf-8", "replace"),
    }


PAGES = [Page("/article/{article}", article), Page("/proof/{article}", proof)]
