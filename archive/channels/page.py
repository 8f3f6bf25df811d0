"""HTML lists of articles: home pages, section pages, WordPress archives. Also what a home page says about itself:
its feed (`rel=alternate`) and its REST root (`rel=https://api.w.org/`, WordPress 4.4 and later).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from lxml import etree, html

from archive.channels import rest
from archive.channels.model import Channel, ChannelAddress, Headers, header
from archive.channels.scope import Scope, join, unique

_HEADLINES = (
    "//*[self::h1 or self::h2 or self::h3 or self::h4 or self::h5]//a[@href] | //a[@href][h1 or h2 or h3 or h4 or h5]"
    " | //a[@href][contains(concat(' ', normalize-space(@rel), ' '), ' bookmark ')]"
)
_OUTSIDE = "ancestor::nav or ancestor::footer or ancestor::header[not(ancestor::article or ancestor::li)]"
_NEXT_TEXT = re.compile(r"^\W*(?:التالي|الصفحة التالية|المزيد|الأقدم|مقالات أقدم|next|older(?: posts)?|suivant)\W*$", re.I)
_PAGE = re.compile(r"(?<=/page/)\d+|(?<=[?&]page=)\d+|(?<=[?&]paged=)\d+|(?<=/page-)\d+")
_REST = re.compile(r'<([^>]+)>\s*;\s*rel="?https://api\.w\.org/"?')


def parse(url: str, headers: Headers, body: bytes, scope: Scope) -> Channel:
    charset = re.search(r"charset=[\"']?([\w-]+)", header(headers, "content-type"), re.I)
    try:
        tree = html.document_fromstring(body, parser=html.HTMLParser(encoding=charset[1] if charset else None))
    except (etree.ParserError, LookupError, ValueError):
        return Channel(problem="not-html")
    base = _base(tree, url)
    following = [row for row in (*_about_itself(tree, headers, base), *_next(tree, base, url)) if scope.inside(row.url)]
    return Channel(items=_items(tree, base, scope), next=tuple(dict.fromkeys(following)))


def following(url: str) -> str:
    """The address of the page after a numbered one, "" when its number cannot be told."""
    match = _PAGE.search(url)
    return f"{url[: match.start()]}{int(match[0]) + 1}{url[match.end() :]}" if match else ""


def page_of(url: str) -> int | None:
    """The number in the address of a list page."""
    match = _PAGE.search(url)
    return int(match[0]) if match else None


def _base(tree: Any, url: str) -> str:
    found = tree.xpath("//base/@href")
    return join(url, found[0]) if found else url


def _items(tree: Any, base: str, scope: Scope) -> tuple[dict[str, Any], ...]:
    """With a pattern every link that fits it; without one only links that are headlines, outside menus and footers."""
    links = tree.xpath("//a[@href]") if scope.pattern is not None else tree.xpath(f"({_HEADLINES})[not({_OUTSIDE})]")
    rows = []
    for link in links:
        found = join(base, link.get("href"))
        rows.append(scope.item(found, title=" ".join(link.text_content().split())))
    return unique(rows)


def _about_itself(tree: Any, headers: Headers, base: str) -> list[ChannelAddress]:
    feeds = tree.xpath("//link[@href][contains(@type, 'rss+xml') or contains(@type, 'atom+xml')]/@href")
    feeds = [link for link in feeds if "/comments/" not in link and "comments-rss" not in link]
    links = [value for key, value in headers if key.lower() == "link"]
    roots = [match[1] for value in links if (match := _REST.search(value))] or tree.xpath(
        "//link[@rel='https://api.w.org/']/@href"
    )
    return [
        *(ChannelAddress(rest.url_of(join(base, root), 1), "rest", 1) for root in roots[:1]),
        *(ChannelAddress(join(base, link), "feed") for link in feeds[:1]),
    ]


def _next(tree: Any, base: str, url: str) -> list[ChannelAddress]:
    """The one next page of the list: by `rel`, by class, by the words that themes use, by the next number."""
    links = tree.xpath("//link[@rel='next'][@href] | //a[@rel='next'][@href]")
    links = links or [a for a in tree.xpath("//a[@href][@class]") if re.search(r"(?:^|[-_\s])next(?:$|[-_\s])", a.get("class"))]
    links = links or [a for a in tree.xpath("//a[@href]") if _NEXT_TEXT.match(" ".join(a.text_content().split()))]
    wanted = (page_of(url) or 1) + 1
    for link in links:
        found = join(base, link.get("href"))
        if found.startswith("http") and found != url and urlsplit(found).path + urlsplit(found).query:
            return [ChannelAddress(found, "archive", page_of(found) or wanted)]
    return []
