"""One page read: its text, what it says of itself, its digests and links, and the snapshot that keeps all this. Pure."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from archive import charset, digest, extract, keys, metadata, pictures, rules, seed, sketch, snapshot
from archive.errors import BadRecord
from archive.metadata import Head, Metadata
from archive.observation import Observation, Reading
from archive.outlet import Layout, Outlet
from archive.seed import SeedSet
from archive.warc import StoredCapture

_NOT_XML = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")  # Trafilatura gives up on these
_NOT_XML_REFERENCE = re.compile(
    r"&#(?:0*(?:[0-8]|1[1245-9]|2\d|3[01])|[xX]0*(?:[0-8bBcCeEfF]|1[\da-fA-F]|[dD][89a-fA-F][\da-fA-F]{2}|[fF]{3}[eEfF]));"
)
LARGEST = 16 << 20  # bytes of a page; the largest of 365 real ones has a fiftieth. A gzip bomb unpacks to more


class TooLarge(BadRecord):
    """A body that no article has."""


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page (`tree`: lxml.html) with the charset that it was read in."""

    decoded: charset.Decoded
    tree: Any
    head: Head


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page is read with."""

    outlet: Outlet
    seeds: SeedSet | None
    layout: Layout


def parse(capture: StoredCapture) -> Page | None:
    """The page as a tree, None when its body is empty; BadRecord when it cannot be decoded, TooLarge when it is no page."""
    from lxml import etree, html

    body = capture.body
    if len(body) > LARGEST:
        raise TooLarge(f"{len(body)} bytes")
    decoded = charset.decode(body, capture.header("content-type"))
    text = _NOT_XML_REFERENCE.sub("", _NOT_XML.sub("", decoded.text.replace("\f", " ")))
    if not text.strip():
        return None
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)  # as Trafilatura's
    try:
        tree = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError as error:
        raise BadRecord(f"no HTML: {error}") from error
    return Page(decoded, tree, metadata.head_of(tree, capture.url))


def read(line: Observation, headers: tuple[tuple[str, str], ...], page: Page, desk: Desk) -> tuple[Reading, bytes]:
    """The reading of a content page, and its snapshot. `line` says which capture it is."""
    outlet, seeds, layout = desk.outlet, desk.seeds, desk.layout
    meta = metadata.read(page.tree, page.head, line.url, headers, outlet.timezone, title_path=layout.title)
    body = extract.body_of(page.tree, layout, meta.title, line.url)
    rules_id = rules.rules_id(layout)
    reading_id = rules.reading_id(rules_id, seeds.set12 if seeds else "")
    reading = Reading(
        rules=rules_id,
        reading=reading_id,
        layout=(layout.name or "unnamed") if body.container else "",
        headline=digest.digests(meta.title),
        body=digest.digests(body.faithful),
        title=meta.title,
        published=meta.published["value"] if meta.published else "",
        modified=meta.modified["value"] if meta.modified else "",
        language=meta.language or outlet.language,
        chars=len(digest.skeleton(body.faithful)),
        links=seed.link(f"{meta.title}\n{body.faithful}", seeds),
        snapshot=keys.snapshot(
            outlet.name, line.article, datetime.fromisoformat(line.time), line.payload.removeprefix("sha256:"), reading_id
        ),
        sketch=sketch.sketch(body.faithful),
    )
    fields = _record(line) | _stated(meta) | _text(body, meta)
    fields["charset"] = {"read_as": page.decoded.charset, "by": page.decoded.by, "declared": page.decoded.declared}
    fields["reading"] = {
        "id": reading_id,
        "rules": rules_id,
        "layout": reading.layout,
        "reader": rules.READER,
        "seeds": seeds.set12 if seeds else "",
        **rules.versions(),
    }
    fields["digests"] = {"headline": asdict(reading.headline), "body": asdict(reading.body)}
    fields |= {"language": reading.language, "seeds": reading.links}
    fields |= pictures.listed(pictures.shown(page.decoded.text.encode("utf-8", "replace"), line.url), body.images)
    return reading, snapshot.pack(fields)


def _record(line: Observation) -> dict[str, Any]:
    """Which capture was read."""
    place = {name: getattr(line, name) for name in ("warc", "offset", "length", "record", "payload", "body")}
    own = {name: getattr(line, name) for name in ("outlet", "article", "url", "status", "post")}
    return {**own, "captured": line.time, "capture": place}


def _stated(meta: Metadata) -> dict[str, Any]:
    """What the page says about itself."""
    return {name: getattr(meta, name) for name in ("canonical", "title", "subtitle", "authors", "published", "modified")}


def _text(body: extract.Body, meta: Metadata) -> dict[str, Any]:
    """What was read; the image that the page itself chose comes first."""
    chosen = ({"url": meta.image, "caption": ""},) if meta.image else ()
    images = (*chosen, *(one for one in body.images if one["url"] != meta.image))
    return {"text": body.text, "faithful": body.faithful, "images": images, "log": body.log}
