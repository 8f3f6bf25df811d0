"""The shapes that every channel parser returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChannelAddress:
    """Another document of the same or of another channel, as one names it."""

    url: str
    kind: str
    page: int | None = None
    modified: str = ""  # lastmod of a sitemap index, as printed


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel document.

    `items`: dicts with url, article (archive.address.article_id), post, published, modified, title, and text (digest of what
    REST gives as the content); all strings, "" where the document does not tell; times are ISO 8601 with offset (but what a
    sitemap says of modified may be a day, or lack the offset). In the order
    of the document.
    """

    items: tuple[dict[str, Any], ...] = ()
    next: tuple[ChannelAddress, ...] = ()
    pages: int | None = None  # how many pages the channel has, where it tells
    total: int | None = None  # how many articles the site says it has (X-WP-Total)
    left_out: tuple[str, ...] = ()  # article ids that the channel itself calls no readable article (password)
    problem: str = ""  # why the document is not what it should be: not-json, not-xml, not-html, damaged, refused


def header(headers: Headers, name: str) -> str:
    """The first value of a header, "" when absent."""
    return next((value for key, value in headers if key.lower() == name), "")
