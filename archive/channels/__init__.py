"""What a site's own lists (REST, feeds, sitemaps, section pages) say about its articles. Pure.

`parse` never raises for what a site sent: a document that is not what it should be has a `problem`, so that the
spiders and the judge say the same about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archive.channels import feed, page, rest, sitemap
from archive.channels.model import Channel, ChannelAddress, Headers
from archive.channels.scope import Scope, scope_of
from archive.outlet import Outlet

__all__ = ["Channel", "ChannelAddress", "Headers", "Scope", "kind_of", "parse", "scope_of"]

_PARSERS: dict[str, Callable[[str, Headers, bytes, Scope], Channel]] = {
    "rest": rest.parse,
    "feed": feed.parse,
    "sitemap": sitemap.parse,
    "sitemap-index": sitemap.parse,
    "archive": page.parse,
    "home": page.parse,
    "robots": sitemap.from_robots,
    "nowhere": lambda *_: Channel(),
}


def parse(kind: str, url: str, headers: Iterable[tuple[str, str]], body: bytes, outlet: Outlet) -> Channel:
    """What the document of `kind` at `url` lists: items in scope, and further addresses of the channel.

    `kind` is rest, feed, sitemap, sitemap-index, archive, home, robots or nowhere (the answer to an address that cannot
    exist lists nothing); sitemap and sitemap-index are told apart by the document itself. `body` is content-decoded.
    KeyError for another kind: a mistake of ours.
    """
    return _PARSERS[kind](url, tuple(headers), body, scope_of(outlet))


def kind_of(url: str) -> str:
    """The kind of a channel whose address alone is known (`channels` of an outlet file)."""
    name = url.lower()
    if "wp-json" in name or "rest_route=" in name:
        return "rest"
    if "sitemap" in name:
        return "sitemap"
    return "feed" if any(word in name for word in ("feed", "rss", "atom", ".xml", ".rdf")) else "archive"
