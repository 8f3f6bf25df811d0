"""Sitemaps (sitemaps.org 0.9), news sitemaps (Google's schema), and the Sitemap lines of robots.txt (RFC 9309 §2.2.4).

The children of an index are told apart by their names, as WordPress itself, Yoast, Rank Math, All in One SEO,
Jetpack and Google XML Sitemaps write them: lists of pages, categories, tags, authors and images hold no articles.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from archive.channels import xml
from archive.channels.model import Channel, ChannelAddress, Headers
from archive.channels.scope import Scope, join, unique

_POSTS = re.compile(r"(?:^|[-_])posts?-post(?:-|\.|$)|^post-sitemap|(?:^|-)pt-post(?:-|\.|$)|^posts?-?\d*\.xml")
_NONE = re.compile(
    r"^wp-sitemap-(?:taxonomies|users)-|(?:^|[-_])(?:pages?|categor(?:y|ies)|tags?|post_tag|post_format|authors?|users?|taxonom(?:y|ies)"
    r"|tax|images?|attachments?|misc|addl|externals?|locations?|sections?|topics?|menus?|products?(?:_cat|_tag)?)(?:[-_.]|\d|$)"
)


def parse(url: str, _headers: Headers, body: bytes, scope: Scope) -> Channel:
    lines = xml.unpacked(body).decode("utf-8", "replace").split() if not body.lstrip().startswith(b"<") else []
    if lines and lines[0].lstrip("\ufeff").startswith(("http://", "https://")):  # the text format of the protocol
        return Channel(items=unique([scope.item(line.lstrip("\ufeff")) for line in lines]))
    root, problem = xml.root_of(body)
    if root is None or xml.name(root) not in ("urlset", "sitemapindex"):
        return Channel(problem=problem or "not-sitemap")
    if xml.name(root) == "sitemapindex":
        return Channel(next=_children(url, root, scope), problem=problem)
    trusted = bool(_POSTS.search(_name(url)))
    return Channel(items=unique([_item(url, row, scope, trusted) for row in root if xml.name(row) == "url"]), problem=problem)


def from_robots(url: str, _headers: Headers, body: bytes, scope: Scope) -> Channel:
    """`next`: the sitemaps on the outlet's own hosts that a robots.txt names, news sitemaps first."""
    text = body[: 512 * 1024].decode("utf-8", "replace")
    found = re.findall(r"(?im)^\s*sitemap\s*:\s*(\S+)", text)
    links = dict.fromkeys(join(url, link) for link in found)
    inside = [link for link in links if scope.inside(link) and not _NONE.search(_name(link))]
    inside.sort(key=lambda link: "news" not in _name(link))
    return Channel(next=tuple(ChannelAddress(link, "sitemap") for link in inside))


def _name(url: str) -> str:
    return urlsplit(url).path.rsplit("/", 1)[-1].lower()


def _children(url: str, root: Any, scope: Scope) -> tuple[ChannelAddress, ...]:
    """Children that may list articles. If some are named after WordPress's own `post` type, other types are none
    — unless the outlet's pattern tells articles apart by itself."""
    rows = [row for row in root if xml.name(row) == "sitemap" and xml.text(row, "loc")]
    links = [(join(url, xml.text(row, "loc")), xml.text(row, "lastmod")) for row in rows]
    links = [(link, modified) for link, modified in links if scope.inside(link) and link != url]
    posts = [row for row in links if _POSTS.search(_name(row[0]))]
    if posts and scope.wordpress and scope.pattern is None:
        chosen = posts
    else:
        chosen = [row for row in links if _POSTS.search(_name(row[0])) or not _NONE.search(_name(row[0]))]
    return tuple(ChannelAddress(link, "sitemap", None, modified) for link, modified in dict(chosen).items())


def _word(lastmod: str) -> str:
    """When an entry changed, as `xml.when` has it. A day alone, or a time without offset, orders nothing, but when it becomes
    another one the article was edited: it stays as it is."""
    try:
        return (
            xml.when(lastmod) or datetime.fromisoformat(lastmod).isoformat()[: 10 if len(lastmod) <= len("2026-11-22") else 19]
        )
    except ValueError:
        return ""


def _item(base: str, row: Any, scope: Scope, trusted: bool) -> dict[str, Any] | None:
    link = xml.text(row, "loc")
    news = next((child for child in row if xml.name(child) == "news"), None)
    return (
        scope.item(
            join(base, link),
            trusted=trusted or news is not None,
            published=xml.when(xml.text(news, "publication_date")) if news is not None else "",
            modified=_word(xml.text(row, "lastmod")),
            title=xml.text(news, "title") if news is not None else "",
        )
        if link
        else None
    )
