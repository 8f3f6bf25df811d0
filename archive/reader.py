"""One page read: its text, what it says of itself, its digests and links, and the snapshot that keeps all this. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from archive import (
    agreement,
    charset,
    digest,
    extract,
    keys,
    line_digests,
    markup,
    metadata,
    pictures,
    rules,
    seed,
    sketch,
    snapshot,
)
from archive.codings import TooMuch, Unpacked
from archive.markup import LARGEST, TooLarge
from archive.metadata import Head, Metadata
from archive.observation import Observation, Reading
from archive.outlet import Layout, Outlet
from archive.seed import SeedSet
from archive.warc import StoredCapture


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page (`tree`: lxml.html) with the charset that it was read in, and how it was unpacked."""

    decoded: charset.Decoded
    tree: Any
    head: Head
    unpacked: Unpacked


@dataclass(frozen=True, slots=True)
class Desk:
    """What a page is read with."""

    outlet: Outlet
    seeds: SeedSet | None
    layout: Layout


def parse(capture: StoredCapture) -> Page | None:
    """The page as a tree, None when its body is empty; BadRecord when it cannot be decoded, TooLarge when it is no page.

    A damaged body gives what could be unpacked: `unpacked.damage` tells, and whoever asks must doubt it.
    """
    try:
        unpacked = capture.unpacked(LARGEST)
    except TooMuch as error:
        raise TooLarge(str(error)) from error
    markup.not_too_large(unpacked.data)
    decoded = charset.decode(unpacked.data, capture.header("content-type"))
    tree = markup.tree_of(decoded.text)
    return None if tree is None else Page(decoded, tree, metadata.head_of(tree, capture.url), unpacked)


def read(line: Observation, headers: tuple[tuple[str, str], ...], page: Page, desk: Desk) -> tuple[Reading, bytes]:
    """The reading of a content page, and its snapshot. `line` says which capture it is."""
    outlet, seeds, layout = desk.outlet, desk.seeds, desk.layout
    captured = datetime.fromisoformat(line.time)
    zone, path = outlet.timezone, layout.title
    meta = metadata.read(page.tree, page.head, line.url, headers, zone, title_path=path, captured=captured)
    body = extract.body_of(page.tree, layout, meta.title, line.url, agreement.article_body(page.head.ld))
    named = (outlet.title, *outlet.hosts, page.head.meta.get("og:site_name", ""))
    meta = metadata.with_text(meta, body.faithful.split("\n"), named, body.log)
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
        shape=body.shape,
        lines=line_digests.of_text(body.faithful),
        sketch=sketch.sketch(body.faithful),
        checks=body.checks,
        among=rules.among(rules.in_force(outlet, datetime.fromisoformat(line.time))),
    )
    fields = _record(line) | _stated(meta) | _text(body, meta)
    fields["charset"] = _charset(page)
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
    fields |= pictures.listed(pictures.shown(page.decoded.text, line.url), body.images)
    return reading, snapshot.pack(fields)


def _charset(page: Page) -> dict[str, Any]:
    """In what the page was read, who decided so and why; and what was odd about its content codings."""
    decoded = page.decoded
    why = {"read_as": decoded.charset, "by": decoded.by, "declared": decoded.declared, "reason": decoded.reason}
    return {**why, "coding": "; ".join(one for one in (page.unpacked.odd, page.unpacked.damage) if one)}


def _record(line: Observation) -> dict[str, Any]:
    """Which capture was read."""
    place = {name: getattr(line, name) for name in ("warc", "offset", "length", "record", "payload", "body")}
    own = {name: getattr(line, name) for name in ("outlet", "article", "url", "status", "post")}
    return {**own, "captured": line.time, "capture": place}


def _stated(meta: Metadata) -> dict[str, Any]:
    """What the page says about itself."""
    people = ("authors", "byline", "agency", "place")
    names = ("canonical", "title", "subtitle", *people, "section", "tags", "published", "modified")
    return {name: getattr(meta, name) for name in names}


def _text(body: extract.Body, meta: Metadata) -> dict[str, Any]:
    """What was read; the image that the page itself chose comes first."""
    shown = [one for one in body.images if one["url"] == meta.image]  # with its caption, when the body shows it too
    chosen = (shown[0] if shown else {"url": meta.image, "caption": ""},) if meta.image else ()
    images = (*chosen, *(one for one in body.images if one["url"] != meta.image))
    return {"text": body.text, "faithful": body.faithful, "images": images, "log": body.log}
