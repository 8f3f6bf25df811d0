"""What a survey has fetched, and what the parts of it say. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

import orjson

from archive import channels
from archive.address import canonical, host_of
from archive.channels.model import Channel, Headers, header
from archive.charset import decode
from archive.errors import BadRecord
from archive.outlet import Outlet

Kind = Literal["home", "rest-root", "rest", "feed", "sitemap", "section", "article"]
_LISTED = re.compile(rb"<(?:\w+:)?(?:loc|link)>\s*(?:<!\[CDATA\[)?\s*(https?://[^<\]\s]+)|\"link\":\"(https?:[^\"]+)\"")
_LINK = re.compile(rb"<link[^>]+href=[\"'](https?://[^\"']+)[\"'][^>]*/?>")


DEFAULTS: dict[str, Any] = {one.name: one.default for one in fields(Outlet)}


@dataclass(frozen=True, slots=True)
class Ask:
    """A document that is worth asking for."""

    url: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Document:
    """One answer. `body` is content-decoded; `problem` says why there is none to use: http-404, timeout, disallowed …"""

    asked: str
    url: str  # after redirects
    kind: Kind
    status: int = 0
    headers: Headers = ()
    body: bytes = b""
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a survey has seen of one site."""

    start: str  # as it was given
    private: bool = False
    documents: tuple[Document, ...] = ()
    sitemaps: tuple[str, ...] = ()  # that robots.txt names, on any host
    crawl_delay: float = 0.0  # seconds, of robots.txt
    moved: tuple[str, ...] = ()  # addresses that redirected to another host on the way to the home page

    @property
    def home(self) -> Document | None:
        return next((one for one in self.documents if one.kind == "home" and one.ok), None)

    def good(self, *kinds: Kind) -> list[Document]:
        return [one for one in self.documents if one.kind in kinds and one.ok]

    def asked(self) -> set[str]:
        return {canonical(one.asked) for one in self.documents}


def dump(gathered: Gathered) -> bytes:
    row = asdict(gathered)
    for one in row["documents"]:
        one["body"] = base64.b64encode(one["body"]).decode()
    return orjson.dumps(row)


def load(data: bytes) -> Gathered:
    row: dict[str, Any] = orjson.loads(data)
    documents = tuple(
        Document(**{**one, "body": base64.b64decode(one["body"]), "headers": tuple(tuple(h) for h in one["headers"])})
        for one in row.pop("documents")
    )
    return Gathered(**{**row, "documents": documents, "sitemaps": tuple(row["sitemaps"]), "moved": tuple(row["moved"])})


def final(gathered: Gathered) -> str:
    """The home page's address after redirects."""
    return gathered.home.url if gathered.home else gathered.start


@lru_cache(maxsize=64)
def hosts_listed(document: Document) -> dict[str, int]:
    """Host → how many of the articles that a REST page, feed or sitemap lists are on it."""
    found: dict[str, int] = {}
    for match in _LISTED.finditer(document.body):
        address = (match[1] or match[2]).replace(b"\\/", b"/").decode("ascii", "replace")
        try:
            host = host_of(address)
        except ValueError:
            continue
        found[host] = found.get(host, 0) + 1
    return found


def canonical_host(document: Document) -> str:
    """The host of a page's `rel=canonical`, "" when it names none."""
    links = [match for match in _LINK.finditer(document.body) if b"canonical" in match[0]]
    try:
        return host_of(links[0][1].decode("ascii", "replace")) if links else ""
    except ValueError:
        return ""


def other_hosts(gathered: Gathered) -> dict[str, str]:
    """Hosts that are the same site as its home page, and what says so."""
    home = host_of(final(gathered))
    found = {host_of(url): "it redirects here" for url in (gathered.start, *gathered.moved)}
    for document in gathered.good("rest", "feed", "sitemap"):
        counts = hosts_listed(document)
        for host, count in counts.items():
            if 2 * count > sum(counts.values()):
                found.setdefault(host, f"{document.kind} lists its articles there")
    pages = [host for one in gathered.good("article") if (host := canonical_host(one))]
    if len(pages) > 1 and len(set(pages)) == 1:
        found.setdefault(pages[0], "articles call it their canonical host")
    return {host: why for host, why in found.items() if host and host != home}


def probe(gathered: Gathered, *, every: bool = True) -> Outlet:
    """An outlet to parse with while nothing is decided. `every`: whatever a channel lists counts, else what could be
    an article of a WordPress by its address."""
    hosts = tuple(other_hosts(gathered))
    return Outlet(name="survey", title="", url=final(gathered), aliases=hosts, article="." if every else "")


@lru_cache(maxsize=256)
def read(document: Document, kind: str, outlet: Outlet) -> Channel:
    """The document as a channel of this kind."""
    return channels.parse(kind, document.url, document.headers, document.body, outlet)


def items(document: Document, gathered: Gathered) -> tuple[dict[str, Any], ...]:
    """All that a REST page, feed or sitemap lists on the site's own hosts."""
    return read(document, document.kind, probe(gathered)).items


def place(url: str) -> str:
    """Path and query of an address, decoded, as `archive.channels.scope` matches them."""
    parts = urlsplit(canonical(url))
    query = unquote(parts.query)
    return unquote(parts.path) + (f"?{query}" if query else "")


@lru_cache(maxsize=64)
def tree_of(document: Document) -> Any:
    """The page as an lxml tree, None when it is no HTML."""
    from lxml import etree, html

    try:
        text = decode(document.body, header(document.headers, "content-type")).text
    except BadRecord:
        text = document.body.decode("utf-8", "replace")
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, ValueError):
        return None


def is_wordpress(gathered: Gathered) -> str:
    """What says that the site is a WordPress, "" when nothing does."""
    home = gathered.home
    if gathered.good("rest") and any(read(one, "rest", probe(gathered)).items for one in gathered.good("rest")):
        return "its REST API answers"
    if home is None:
        return ""
    if any(row.kind == "rest" for row in read(home, "home", probe(gathered)).next):
        return "its home page names a WordPress REST API"
    if re.search(rb"<meta[^>]+generator[^>]+WordPress", home.body, re.I):
        return "its home page says so (generator)"
    if b"/wp-content/" in home.body:
        return "its home page uses /wp-content/"
    return ""


def is_news(document: Document) -> bool:
    """Is the sitemap a news sitemap (Google's schema), or an index of such?"""
    return b"<news:" in document.body or "news" in urlsplit(document.url).path.rsplit("/", 1)[-1].lower()


def is_index(document: Document) -> bool:
    return b"<sitemapindex" in document.body


def strong(gathered: Gathered) -> Iterator[tuple[Document, dict[str, Any]]]:
    """What the site itself calls an article: items of REST, feeds, news sitemaps and WordPress's sitemaps of posts."""
    for document in gathered.good("rest", "feed", "sitemap"):
        posts = re.search(r"posts?-post|^post-sitemap", urlsplit(document.url).path.rsplit("/", 1)[-1])
        if document.kind != "sitemap" or b"<news:" in document.body or posts:
            yield from ((document, item) for item in items(document, gathered))
