"""An answer of status 200 at an article's address: is it the article, and what does it say? Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from archive import address, channels, classify, doubt, extract, likeness, metadata, reader, rules, snapshot
from archive.errors import BadRecord
from archive.likeness import Fingerprint
from archive.markup import TooLarge
from archive.observation import Observation
from archive.outlet import RESERVED, Layout, Outlet
from archive.reader import Page
from archive.seed import SeedSet
from archive.warc import StoredCapture

HTML = ("text/html", "application/xhtml+xml", "")
_ANSWERS = (200, 203, 404, 410)  # statuses of a site that says in its own words that there is nothing


@dataclass(frozen=True, slots=True)
class Judged:
    """One line of the observations object, and the snapshot that goes with it (None: no reading)."""

    observation: Observation
    snapshot: bytes | None


@dataclass(frozen=True, slots=True)
class Sight:
    """What a page is judged with. `nowhere`: the site's own answer to an address that cannot exist, if it is known."""

    outlet: Outlet
    seeds: SeedSet | None
    nowhere: Fingerprint | None


def judge(line: Observation, capture: StoredCapture, sight: Sight) -> Judged:
    """`line` with class, reason, post id and doubt of the page, its reading, and the snapshot of it."""
    try:
        page = reader.parse(capture)
    except TooLarge:
        return Judged(replace(line, klass="broken", reason="too-large"), None)
    except BadRecord:
        return Judged(_undecodable(line), None)
    if page is None:
        return Judged(replace(line, klass="broken", reason="empty-body"), None)
    post = metadata.post_id(page.head, capture.headers)
    verdict = classify.by_page(page.decoded.text, page.tree, _place(capture, sight.outlet, post), sight.nowhere)
    like = sight.nowhere.record if sight.nowhere is not None and verdict is classify.LIKE else ""
    line = replace(line, klass=verdict.klass, reason=verdict.reason, post=post, like=like)
    if verdict.klass != "content":  # but half a page is no evidence of anything else
        return Judged(_undecodable(line) if page.unpacked.damage else line, None)
    layout = rules.layout_for(sight.outlet, datetime.fromisoformat(capture.time), page.tree)
    if layout is None:  # unread, and no event until one fits
        return Judged(replace(line, reason="no-layout"), None)
    return _read(line, capture, page, layout, sight)


def _undecodable(line: Observation) -> Observation:
    return replace(line, klass="broken", reason="bad-encoding", like="")


def _read(line: Observation, capture: StoredCapture, page: Page, layout: Layout, sight: Sight) -> Judged:
    """What the page says; it may still turn out to be none of the article's."""
    html, nowhere = page.decoded.text, sight.nowhere
    marked, title = classify.marked(html, page.tree), classify.title_of(page.tree)  # reading changes the tree
    read, data = reader.read(line, capture.headers, page, reader.Desk(sight.outlet, sight.seeds, layout))
    if page.unpacked.damage and not read.chars:
        return Judged(_undecodable(line), None)
    if not read.layout and not read.chars:  # a page drawn by scripts, or one that Trafilatura cannot read
        return Judged(replace(line, klass="broken", reason="no-text"), None)
    if read.chars < classify.SHORT and metadata.not_free(page.head):
        return Judged(replace(line, klass="blocked", reason="paywall"), None)
    text = str(snapshot.load(data)["faithful"])
    if nowhere is not None and (nowhere.marked or not marked) and likeness.alike_in_text(nowhere, title, text):
        return Judged(replace(line, klass="gone", reason=classify.LIKE.reason, like=nowhere.record), None)
    why = doubt.of_text(f"{read.title}\n{text}", octets_damaged=page.decoded.doubtful, ends=classify.ends(html))
    why = "damaged" if page.unpacked.damage else why
    if sight.outlet.name != RESERVED:  # a page that somebody asked for need not be an article
        why = why or doubt.bare(read, marked=marked or "<article" in html, post=line.post)
    return Judged(replace(line, reading=read, doubt=why), data)


def fingerprint(capture: StoredCapture, outlet: Outlet) -> Fingerprint | None:
    """Of a capture of an address that cannot exist; None when it tells nothing: refused, failed, or without a text."""
    mime = capture.header("content-type").partition(";")[0].strip().lower()
    if capture.status not in _ANSWERS or capture.failure or capture.truncated or mime not in HTML:
        return None
    try:
        page = reader.parse(capture) if capture.record_type == "response" else None
    except BadRecord:
        return None
    if page is None:
        return None
    marked = classify.marked(page.decoded.text, page.tree)
    title, visible = classify.title_of(page.tree), classify.visible(page.tree)
    layout = rules.layout_for(outlet, datetime.fromisoformat(capture.time), page.tree) or rules.GENERIC
    main = extract.body_of(page.tree, layout, title, capture.url).faithful
    return likeness.fingerprint(capture.record_id, title, visible, main, marked=marked)


def is_front(url: str, outlet: Outlet, asked: str = "") -> bool:
    """Is it the outlet's front page? Of a page of no outlet's: the front page of the site where `asked` was asked for."""
    parts = urlsplit(address.canonical(url))
    hosts, fronts = outlet.hosts, {"/", "/index.php", urlsplit(address.canonical(outlet.url)).path}
    if outlet.name == RESERVED:
        hosts = frozenset([address.host_of(asked)] if urlsplit(asked).path.strip("/") else [])
    return address.host_of(url) in hosts and not parts.query and parts.path in fronts


def _place(capture: StoredCapture, outlet: Outlet, post: str) -> classify.Place:
    """Of an address that a channel listed, only the outlet's word counts. Where a redirect led to (a deleted article's
    section page, say), nobody called an article, unless the page itself names its post."""
    if outlet.name == RESERVED:  # somebody asked for this very page, whatever it is
        return "asked"
    if is_front(capture.url, outlet):
        return "front"
    listed = bool(post) or not capture.note.via or address.article_id(capture.note.via[0]) == address.article_id(capture.url)
    return "article" if channels.scope_of(outlet).article(capture.url, trusted=listed) else "outside"
