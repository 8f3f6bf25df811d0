"""Feeds: RSS 2.0, RSS 1.0 (RDF) and Atom (RFC 4287, with the paging of RFC 5005)."""

from __future__ import annotations

import re
from typing import Any

from archive.channels import xml
from archive.channels.model import Channel, ChannelAddress, Headers
from archive.channels.scope import Scope, join, unique

_POST = re.compile(r"[?&]p=(\d+)")


def parse(url: str, _headers: Headers, body: bytes, scope: Scope) -> Channel:
    root, problem = xml.root_of(body)
    if root is None or xml.name(root).lower() not in ("rss", "rdf", "feed"):
        return Channel(problem=problem or "not-feed")
    entries = list(root.iter("{*}item", "{*}entry"))
    following = [
        ChannelAddress(join(url, element.get("href", "")), "feed")
        for element in root.iter("{http://www.w3.org/2005/Atom}link")
        if element.get("rel") == "next" and element.get("href")
    ]
    return Channel(
        items=unique([_item(url, entry, scope) for entry in entries]),
        next=tuple(row for row in following if scope.inside(row.url) and row.url != url),
        problem=problem,
    )


def _item(base: str, entry: Any, scope: Scope) -> dict[str, Any] | None:
    guid = xml.text(entry, "guid", "id")
    link = xml.text(entry, "origLink") or xml.text(entry, "link") or _atom_link(entry) or guid
    if not link:
        return None
    post = _POST.search(guid)
    return scope.item(
        join(base, link),
        post=post[1] if post else "",
        published=xml.when(xml.text(entry, "pubDate", "published", "date")),
        modified=xml.when(xml.text(entry, "updated", "modified")),
        title=xml.text(entry, "title"),
    )


def _atom_link(entry: Any) -> str:
    links = [child for child in entry if xml.name(child) == "link" and child.get("href")]
    return next((str(link.get("href")) for link in links if link.get("rel", "alternate") == "alternate"), "")
