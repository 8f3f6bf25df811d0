"""WordPress REST API, `wp/v2/posts` (developer.wordpress.org/rest-api/reference/posts/)."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from archive import address
from archive.channels.model import Channel, ChannelAddress, Headers, header
from archive.channels.scope import Scope, unique

# `content.protected` tells password posts without rendering any content (WordPress 5.3 and later; before, it is ignored).
FIELDS = "id,link,date_gmt,modified_gmt,title,content.protected"
PER_PAGE = 100


def url_of(root: str, page: int) -> str:
    """Address of a page of the posts under a REST root, `…/wp-json/` or `…/?rest_route=/`."""
    query = f"per_page={PER_PAGE}&page={page}&_fields={FIELDS}"
    return f"{root.rstrip('/')}/wp/v2/posts{'&' if '?' in root else '?'}{query}"


def page_of(url: str) -> int:
    """The page an address of `url_of` asks for."""
    value = parse_qs(urlsplit(url).query).get("page", ["1"])[0]
    return int(value) if value.isdigit() else 1


def parse(url: str, headers: Headers, body: bytes, scope: Scope) -> Channel:
    try:
        rows = orjson.loads(body.removeprefix(b"\xef\xbb\xbf").strip() or b"null")
    except orjson.JSONDecodeError:
        return Channel(problem="not-json")
    if not isinstance(rows, list):
        return Channel(problem="refused")
    rows = [row for row in rows if isinstance(row, dict) and isinstance(row.get("link"), str)]
    total = header(headers, "x-wp-totalpages")
    return Channel(
        items=unique([_item(row, scope) for row in rows if not _protected(row)]),
        next=_next(url, int(total) if total.isdigit() else None, len(rows)),
        pages=int(total) if total.isdigit() else None,
        left_out=tuple(address.article_id(row["link"]) for row in rows if _protected(row) and scope.inside(row["link"])),
    )


def _next(url: str, total: int | None, rows: int) -> tuple[ChannelAddress, ...]:
    """All later pages from the first one; from another only the one after it (posts may come in meanwhile)."""
    page = page_of(url)
    last = total if total is not None else page + (rows >= PER_PAGE)
    last = last if page == 1 else min(last, page + 1)
    return tuple(ChannelAddress(re.sub(r"(?<=[?&]page=)\d+", str(n), url), "rest", n) for n in range(page + 1, last + 1))


def _protected(row: dict[str, Any]) -> bool:
    content = row.get("content")
    return isinstance(content, dict) and content.get("protected") is True


def _item(row: dict[str, Any], scope: Scope) -> dict[str, Any] | None:
    title = row.get("title")
    text = title.get("rendered") if isinstance(title, dict) else title
    return scope.item(
        row["link"],
        trusted=True,
        post=str(row.get("id") or ""),
        published=_utc(row.get("date_gmt")),
        modified=_utc(row.get("modified_gmt")),
        title=html.unescape(text) if isinstance(text, str) else "",
    )


def _utc(value: object) -> str:
    """`date_gmt` has no offset: it is UTC. WordPress prints 0000-00-00 for none."""
    return f"{value}+00:00" if isinstance(value, str) and re.fullmatch(r"[12]\d{3}-\d\d-\d\dT[\d:]{8}", value) else ""
