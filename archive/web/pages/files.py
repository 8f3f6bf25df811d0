"""Downloads: pictures, WARC records, plain texts. Nothing that an outlet wrote is served as a page."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from archive.errors import BadRecord, Broken, Refused
from archive.web import exchange
from archive.web.desk import Desk
from archive.web.pages.shared import WITHHELD, Answer, Page, history, number

if TYPE_CHECKING:
    from archive.catalog.rows import VersionRow

_SHA256, _UUID = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_A_WHILE = {"Cache-Control": "private, max-age=600"}  # of pictures alone: what is withheld soon goes from the browser, too


def picture(desk: Desk, request: Request) -> Answer:
    """A picture that a version of the article showed (?v=, else the newest), as it came: raster only, by its first bytes.

    One snapshot is read for it, however many versions there are. Never SVG.
    """
    found, wanted = history(desk, request), str(request.path_params["sha256"])
    shown = number(request, "v", len(found.versions), len(found.versions))
    version = found.versions[shown - 1] if shown and _SHA256.fullmatch(wanted) else None
    entry = _listed(desk, version, wanted) if version else None
    if entry is None:
        raise HTTPException(404, "This version of the article showed no such picture.")
    try:
        data, kind = exchange.picture(desk, entry)
    except (Refused, BadRecord) as error:
        raise HTTPException(404, error.what) from error
    except KeyError as error:
        raise HTTPException(404, "The file with this picture is not in the bucket.") from error
    name = f"{wanted[:16]}.{kind.partition('/')[2]}"
    return Response(data, media_type=kind, headers={**_A_WHILE, "Content-Disposition": f'inline; filename="{name}"'})


def _listed(desk: Desk, version: VersionRow, sha256: str) -> dict[str, Any] | None:
    """The version's entry of a picture; of a record without bytes the one that has them."""
    listed = (desk.snapshot(version.snapshot) or {}).get("pictures") or []
    entry = next((one for one in listed if isinstance(one, dict) and one.get("sha256") == sha256), None)
    return entry and _whole(desk, version.outlet, entry)


def _whole(desk: Desk, outlet: str, entry: dict[str, Any]) -> dict[str, Any]:
    rows = desk.catalog.picture_captures(outlet, [str(entry.get("url") or "")])
    body = f"sha256:{entry['sha256']}"
    found = next((row for row in rows if row.body == body and row.record_type == "response"), None)
    if found is None:
        return entry
    return {"sha256": entry["sha256"], "warc": found.warc, "offset": found.offset, "length": found.length}


def record(desk: Desk, request: Request) -> Answer:
    """One capture as a WARC file: who wrote it, what was asked, what came, how it went."""
    found, wanted = history(desk, request), str(request.path_params["record"])
    capture = next((one for one in found.captures if _UUID.fullmatch(wanted) and wanted in one.record), None)
    if capture is None:
        raise HTTPException(404, "This article has no such capture.")
    if capture.record in desk.catalog.veiled(found.article.outlet, found.article.article):
        raise HTTPException(451, WITHHELD)
    try:
        data = exchange.exchange(desk, capture.warc, capture.offset, capture.length)
    except exchange.TooLarge as error:
        raise HTTPException(403, f"{error.what}; {error.remedy}") from error
    except Refused as error:
        raise HTTPException(404, error.what) from error
    except (Broken, KeyError) as error:
        raise HTTPException(404, "The capture is not in the bucket as it was logged; run `warraq verify`.") from error
    name = f"{capture.time[:19].replace(':', '')}Z-{wanted[:8]}.warc.gz"
    return _attached(data, "application/warc", name)


def plain(desk: Desk, request: Request) -> Answer:
    """The text of a version, letter for letter: headline, an empty line, the paragraphs."""
    found, wanted = history(desk, request), str(request.path_params["version"])
    version = next((one for one in found.versions if str(one.number) == wanted), None)
    snapshot = desk.snapshot(version.snapshot) if version else None
    if version is None or snapshot is None:
        raise HTTPException(404, "The text of this version is not in the bucket.")
    text = f"{snapshot.get('title') or ''}\n\n{snapshot.get('faithful') or snapshot.get('text') or ''}\n"
    return _attached(text.encode(), "text/plain; charset=utf-8", f"{found.article.article[:12]}-v{version.number}.txt")


def _attached(data: bytes, kind: str, name: str) -> Response:
    held = {"Cache-Control": "private, no-store", "Content-Disposition": f'attachment; filename="{quote(name)}"'}
    return Response(data, media_type=kind, headers=held)


PAGES = [
    Page("/picture/{article}/{sha256}", picture),
    Page("/warc/{article}/{record}", record),
    Page("/text/{article}/{version}", plain),
]
