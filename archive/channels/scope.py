"""Which addresses can be articles of an outlet: its hosts, its patterns, and what a CMS never uses for one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from archive import address
from archive.outlet import Outlet

# WordPress: bases of archives (category, tag, author, page N), endpoints (feed, embed …), its own folders, files.
_LISTS = re.compile(r"(?:^|/)(?:category|categories|tag|tags|author|authors|page|search|comment-page-\d+)/[^/]|/search$")
_ENDPOINTS = re.compile(r"(?:^|/)(?:feed|rss|rss2|atom|embed|amp|trackback|attachment|comments)$|/comment-page-\d+$")
_FOLDERS = re.compile(r"/(?:wp-admin|wp-content|wp-includes|wp-json|wp-login\.php|xmlrpc\.php|cdn-cgi)(?:/|$)")
_FILES = re.compile(r"\.(?:xml|xsl|gz|jpe?g|png|gif|webp|avif|svg|ico|pdf|docx?|css|js|json|txt|zip|mp[34]|m4[av])$", re.I)
_DATES = re.compile(r"/(?:19|20)\d\d(?:/\d\d?){0,2}$")
# A newsroom without a pattern of its own: an article's path has a number or a date, or ends in a sentence.
_TELLING = re.compile(r"\d{4,}|/(?:[^/_-]+[-_]){3,}[^/_-]+$|/id[A-Z0-9]{6,}$")


class Scope:
    """The patterns of one outlet, compiled."""

    def __init__(self, outlet: Outlet) -> None:
        self.hosts = outlet.hosts
        self.pattern = re.compile(outlet.article) if outlet.article else None
        self.never = tuple(re.compile(pattern) for pattern in outlet.not_article)
        self.wordpress = outlet.spider == "wordpress"
        self.home = urlsplit(outlet.url).path.rstrip("/")

    def inside(self, url: str) -> bool:
        """Is the address on a host of the outlet?"""
        try:
            return url.startswith(("http://", "https://")) and address.host_of(url) in self.hosts
        except ValueError:  # a port that is none
            return False

    def article(self, url: str, *, trusted: bool = False) -> bool:
        """Can this address be an article? `trusted`: the CMS itself calls it one, so only the outlet's word counts."""
        try:
            if not self.inside(url):
                return False
            parts = urlsplit(address.canonical(url))
        except ValueError:  # a host or port that is none
            return False
        path, query = unquote(parts.path), unquote(parts.query)
        if any(never.search(path) or never.search(f"{path}/") for never in self.never):
            return False
        if self.pattern is not None:
            tail = f"?{query}" if query else ""
            return bool(self.pattern.search(path + tail) or self.pattern.search(f"{path}/{tail}"))
        return self._by_default(path, query, trusted)

    def _by_default(self, path: str, query: str, trusted: bool) -> bool:
        if path.rstrip("/") in (self.home, f"{self.home}/index.php"):
            return bool(re.fullmatch(r"p=\d+", query))  # a WordPress without pretty permalinks
        if trusted:
            return True
        if query and not re.fullmatch(r"p=\d+", query):
            return False
        if any(rule.search(path) for rule in (_LISTS, _ENDPOINTS, _FOLDERS, _FILES, _DATES)):
            return False
        return self.wordpress or bool(_TELLING.search(path))

    def item(self, url: str, *, trusted: bool = False, **known: str) -> dict[str, Any] | None:
        """The item of an address in scope, None for any other, and for one that lost letters on its way (U+FFFD)."""
        if "\ufffd" in url or not self.article(url, trusted=trusted):
            return None
        row = {
            "url": url,
            "article": address.article_id(url),
            "post": "",
            "published": "",
            "modified": "",
            "title": "",
            "text": "",
        }
        return row | known


def join(base: str, link: str) -> str:
    """`archive.address.absolute`, "" for what is no address at all (sites print brackets, spaces, bad ports)."""
    try:
        return address.absolute(base, link)
    except ValueError:
        return ""


@lru_cache(maxsize=64)
def scope_of(outlet: Outlet) -> Scope:
    """The scope of an outlet, compiled once."""
    return Scope(outlet)


def unique(items: list[dict[str, Any] | None]) -> tuple[dict[str, Any], ...]:
    """Items in scope, each article once, in their first order."""
    rows: dict[str, dict[str, Any]] = {}
    for item in items:
        if item is not None:
            rows.setdefault(item["article"], item)
    return tuple(rows.values())
