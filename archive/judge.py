"""One capture judged: what it is evidence of, what it says, what it links to. Pure; runs in a pool of processes.

The same capture, outlet and seed set always give the same observations and the same snapshot bytes' content.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archive import address, channels, classify, metadata, page, rules
from archive.channels import rest
from archive.classify import Verdict
from archive.errors import BadRecord
from archive.likeness import Fingerprint
from archive.observation import Class, Observation
from archive.outlet import Outlet
from archive.page import Judged, Sight, fingerprint
from archive.seed import SeedSet
from archive.warc import StoredCapture

__all__ = ["Judged", "fingerprint", "judge", "unreadable", "warm_up"]


def warm_up() -> None:
    """Import what reading needs, so that processes forked from this one need not (1.4 s each)."""
    import trafilatura  # noqa: F401
    from lxml import html  # noqa: F401

    rules.versions()


def judge(
    capture: StoredCapture,
    warc_key: str,
    outlet: Outlet,
    seeds: SeedSet | None,
    run: str,
    *,
    nowhere: Fingerprint | None = None,
) -> list[Judged]:
    """The observations of one capture: one, or two when it was reached by a redirect from another article's address.

    `nowhere`: `fingerprint` of the site's own answer to an address that cannot exist, None when none is known.
    """
    line = _line(capture, warc_key, outlet, run)
    try:
        if capture.note.role == "picture":
            return [Judged(_picture(line, capture), None)]
        if capture.note.role != "article":
            return [Judged(_channel(line, capture, outlet), None)]
        own = _article(line, capture, Sight(outlet, seeds, nowhere))
    except Exception as error:  # noqa: BLE001  the edge of a task: one page must not keep a whole file from being read; its
        # reason names the error, and whoever reads with a mended reader heals it (archive.rereading)
        return [Judged(replace(line, klass="broken", reason=f"reader-{type(error).__name__}"), None)]
    seen = own.observation
    first = capture.note.via[0] if capture.note.via else ""
    if not first or seen.reason == "redirect" or address.article_id(first) == line.article:
        return [own]
    reached = Judged(_reached(seen, first, outlet), None)
    if seen.klass != "content":
        return [reached]
    return [replace(own, observation=replace(seen, announced={}, site="")), reached]  # lists spoke of the first address


def unreadable(capture: StoredCapture, warc_key: str, outlet: Outlet, run: str, reason: str) -> Judged:
    """The line of a capture whose reading ended its reader: kept and counted, never a version."""
    return Judged(replace(_line(capture, warc_key, outlet, run), klass="broken", reason=reason), None)


def _line(capture: StoredCapture, warc_key: str, outlet: Outlet, run: str) -> Observation:
    """What is known before anything is read."""
    note = capture.note
    article = note.role == "article"
    return Observation(
        kind="article" if article else "picture" if note.role == "picture" else "channel",
        klass="channel",
        reason="",
        outlet=outlet.name,
        run=run,
        time=capture.time,
        url=capture.url,
        warc=warc_key,
        offset=capture.offset,
        length=capture.length,
        record=capture.record_id,
        record_type=capture.record_type,
        record_digest=capture.record_digest,
        status=capture.status,
        mime=_mime(capture),
        payload=capture.payload_digest,
        body=capture.body_digest,
        found=note.found,
        why=note.why,
        article=_article_of(capture),
        via=note.via,
        channel=note.channel or ("robots" if note.role == "robots" else "") if note.role in ("channel", "robots") else "",
        page=note.page,
        announced=note.announced if article else {},
        site=note.site if article else "",
        etag=capture.header("etag"),
        last_modified=capture.header("last-modified"),
    )


def _article_of(capture: StoredCapture) -> str:
    """The article that an address is one of; of a picture, the one whose page showed it first."""
    if capture.note.role == "picture":
        cited = capture.note.listed_by
        return address.article_id(cited.url) if cited else ""
    return address.article_id(capture.url) if capture.note.role == "article" else ""


def _channel(line: Observation, capture: StoredCapture, outlet: Outlet) -> Observation:
    """A channel document: what it lists. A refusal or failure keeps its class, so that an alarm can tell them apart."""
    verdict = _by_exchange(capture)
    if verdict is not None or capture.record_type == "revisit":
        found = verdict or Verdict("channel", "same-payload")
        total = rest.total_of(capture.url, capture.headers) if found.klass == "channel" and line.channel == "rest" else None
        return replace(line, klass=found.klass, reason=found.reason, total=total)
    try:
        body = capture.body
    except BadRecord:
        return replace(line, klass="broken", reason="bad-encoding")
    listed = channels.parse(line.channel or channels.kind_of(capture.url), capture.url, capture.headers, body, outlet)
    klass: Class = "broken" if listed.problem else "channel"
    return replace(line, klass=klass, reason=listed.problem, pages=listed.pages, total=listed.total, items=listed.items)


def _picture(line: Observation, capture: StoredCapture) -> Observation:
    """A picture: stored or not, and why not. What it shows is nobody's business here."""
    verdict = _by_exchange(capture) or Verdict("content", "same-payload" if capture.record_type == "revisit" else "")
    if verdict.klass == "content" and capture.record_type != "revisit":
        if not capture.payload:
            verdict = Verdict("broken", "empty-body")
        elif line.mime.startswith("text/"):  # a page that says why there is none
            verdict = Verdict("broken", "mime")
    return replace(line, klass=verdict.klass, reason=verdict.reason)


def _article(line: Observation, capture: StoredCapture, sight: Sight) -> Judged:
    """The address of an article: first what the answer is, then, if it is a page, what the page is."""
    verdict = _by_exchange(capture)
    if verdict is None and capture.record_type == "revisit":
        verdict = Verdict("content", "same-payload")  # history has read this body before
    if verdict is None and line.mime not in page.HTML:
        verdict = Verdict("not-article", "mime")
    if verdict is None:
        return page.judge(line, capture, sight)
    to = _target(capture, sight.outlet) if verdict.reason == "redirect" else {}
    post = metadata.post_id(None, capture.headers)
    return Judged(replace(line, klass=verdict.klass, reason=verdict.reason, to=to, post=post), None)


def _by_exchange(capture: StoredCapture) -> Verdict | None:
    challenged = capture.header("cf-mitigated").lower() == "challenge"
    return classify.by_exchange(capture.status, capture.failure, capture.truncated, challenged=challenged)


def _reached(line: Observation, first: str, outlet: Outlet) -> Observation:
    """What a capture at the end of a redirect says of the address that was asked for first."""
    front = page.is_front(line.url, outlet, first)
    to = {"url": line.url, "article": line.article, "post": line.post, "front": front}
    locked = line.klass == "blocked" and bool(line.post)  # its text is shut away, but which article it is, it says
    klass: Class = "elsewhere" if locked or line.klass in ("content", "not-article") else line.klass
    reason = "redirected" if klass == "elsewhere" else f"redirected-{line.reason}"
    own = {"post": "", "reading": None, "doubt": "", "like": "", "etag": "", "last_modified": ""}  # those of the other page
    return replace(line, url=first, article=address.article_id(first), klass=klass, reason=reason, to=to, **own)  # type: ignore[arg-type]


def _target(capture: StoredCapture, outlet: Outlet) -> dict[str, Any]:
    """Where a redirect points. Which article that is, the page it leads to tells; but the front page is none."""
    try:
        url = address.absolute(capture.url, capture.header("location"))
        return {"url": url, "front": page.is_front(url, outlet, capture.url)}
    except ValueError:  # a Location that is no address
        return {"url": capture.header("location")}


def _mime(capture: StoredCapture) -> str:
    return capture.header("content-type").partition(";")[0].strip().lower()
