"""WordPress REST API, `wp/v2/posts` (developer.wordpress.org/rest-api/reference/posts/).

Three ways to ask for posts, told apart by their addresses alone, so that a later run knows which one an address was:

    front   newest first                                             what is new
    sweep   modified_after, last modified first                      what was edited, as far as the site admits
    walk    oldest first                                             what is still there, and silent edits

A walk goes from the oldest to the newest post: what is published meanwhile moves no page, so unchanged pages are
the same bytes again. WordPress reads `modified_after` with its offset, and before 5.7 ignores it (seen on 6.1; WP_Date_Query).
"""

from __future__ import annotations

import hashlib
import html
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from lxml import etree
from lxml import html as markup

from archive import address
from archive.channels.model import Channel, ChannelAddress, Headers, header
from archive.channels.scope import Scope, unique
from archive.digest import fold_space

# `content.protected` tells password posts (WordPress 5.3 and later; before, no part of the content is told).
FIELDS = "id,link,date_gmt,modified_gmt,title,content.protected,content.rendered"
PER_PAGE = 100
_WALK = "&orderby=date&order=asc"
_SWEEP = "&orderby=modified&order=desc&modified_after="
_UNSEEN = ("script", "style", "noscript", "template")


def url_of(root: str, page: int) -> str:
    """Front address of a page of the posts under a REST root, `…/wp-json/` or `…/?rest_route=/`."""
    query = f"per_page={PER_PAGE}&page={page}&_fields={FIELDS}"
    return f"{root.rstrip('/')}/wp/v2/posts{'&' if '?' in root else '?'}{query}"


def walk_of(url: str, page: int) -> str:
    """The page of the walk through what the front address `url` lists."""
    return _numbered(url, page) + _WALK


def sweep_of(url: str, since: datetime) -> str:
    """The sweep for what was modified later than `since`, from the front address `url`."""
    return f"{_numbered(url, 1)}{_SWEEP}{since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def is_walk(url: str) -> bool:
    return _WALK in url


def swept_since(url: str) -> datetime | None:
    """What a sweep's address asks for; None for any other address."""
    told = url.partition(_SWEEP)[2]
    return datetime.fromisoformat(told) if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told) else None


def sweeps(url: str, front: str) -> bool:
    """Is `url` the first page of a sweep that `sweep_of` made of this front address?"""
    return url.startswith(_numbered(front, 1) + _SWEEP)


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
    rows = [row for row in rows if isinstance(row, dict) and isinstance(row.get("link"), str) and not _going(row["link"])]
    pages = _count(headers, "x-wp-totalpages")
    return Channel(
        items=unique([_item(row, scope) for row in rows if not _protected(row)]),
        next=_next(url, pages, len(rows)),
        pages=pages,
        total=total_of(url, headers),
        left_out=tuple(address.article_id(row["link"]) for row in rows if _protected(row) and scope.inside(row["link"])),
    )


def total_of(url: str, headers: Headers) -> int | None:
    """How many posts the site says it has; None of a sweep, where it is the number of edits."""
    return None if _SWEEP in url else _count(headers, "x-wp-total")


def _going(link: str) -> bool:
    """WordPress renames a post before it calls it trash: for some milliseconds, this address is listed."""
    return link.rstrip("/").endswith("__trashed")


def _count(headers: Headers, name: str) -> int | None:
    value = header(headers, name)
    return int(value) if value.isascii() and value.isdigit() else None


def _next(url: str, total: int | None, rows: int) -> tuple[ChannelAddress, ...]:
    """The page after this one in the same order. The first front page also names the pages of the walk, if there is more
    than it lists itself: all of them when the site tells how many there are, else the first."""
    page = page_of(url)
    last = total if total is not None else page + (rows >= PER_PAGE)
    after = [ChannelAddress(_numbered(url, page + 1), "rest", page + 1)] if last > page else []
    if page > 1 or _WALK in url or _SWEEP in url or not after:
        return tuple(after)
    walk = range(1, (total or 1) + 1)
    return (*after, *(ChannelAddress(walk_of(url, n), "rest", n) for n in walk))


def _numbered(url: str, page: int) -> str:
    return re.sub(r"(?<=[?&]page=)\d+", str(page), url)


def _protected(row: dict[str, Any]) -> bool:
    content = row.get("content")
    return isinstance(content, dict) and content.get("protected") is True


def _item(row: dict[str, Any], scope: Scope) -> dict[str, Any] | None:
    title, content = row.get("title"), row.get("content")
    text = title.get("rendered") if isinstance(title, dict) else title
    rendered = content.get("rendered") if isinstance(content, dict) else None
    headline = html.unescape(text) if isinstance(text, str) else ""
    return scope.item(
        row["link"],
        trusted=True,
        post=str(row.get("id") or ""),
        published=_utc(row.get("date_gmt")),
        modified=_utc(row.get("modified_gmt")),
        title=headline,
        text=text_digest(headline, rendered) if isinstance(rendered, str) else "",
    )


def text_digest(title: str, rendered: str) -> str:
    """16 hex digits of the SHA-256 of what a reader sees of a post, spaces folded: headline, then a piece of HTML."""
    try:
        tree = markup.fragment_fromstring(rendered, create_parent="div")
    except (etree.ParserError, ValueError):  # control characters, an XML declaration
        seen = re.sub(r"<[^>]*>", " ", rendered)
    else:
        for element in list(tree.iter(*_UNSEEN, etree.Comment, etree.ProcessingInstruction)):
            element.drop_tree()
        seen = " ".join(tree.itertext())
    return hashlib.sha256(fold_space(f"{title}\n{seen}").encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _utc(value: object) -> str:
    """`date_gmt` has no offset: it is UTC. WordPress prints 0000-00-00 for none."""
    return f"{value}+00:00" if isinstance(value, str) and re.fullmatch(r"[12]\d{3}-\d\d-\d\dT[\d:]{8}", value) else ""
