"""Observations: one line per record of a WARC, what history and the catalog are folded from.

Specified in docs/FORMAT.md. `articles` lines carry a class; only `content` makes versions.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import orjson

from archive.errors import BadRecord

FORMAT = 1
Kind = Literal["article", "channel", "picture", "run"]
Class = Literal["content", "not-modified", "gone", "blocked", "broken", "elsewhere", "not-article", "channel", "run"]


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests of one text (headline or body), 32 hex digits each; see archive.digest."""

    t: str  # NFC and folded spaces over the faithful text
    k: str  # skeleton: letters and digits only
    numbers: str  # number tokens with sign, separator, range
    negations: str  # negating words, in order

    def same_sense(self, other: Digests) -> bool:
        return (self.k, self.numbers, self.negations) == (other.k, other.numbers, other.negations)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a content capture said, under one set of rules. Digests compare only under equal `rules`."""

    rules: str  # 12 hex: extractor versions + layout rules
    reading: str  # 12 hex: rules + seed set; names the snapshot
    layout: str  # name of the layout that was used, "" for plain Trafilatura
    headline: Digests
    body: Digests
    title: str
    published: str = ""  # ISO 8601 with offset, or ""
    modified: str = ""
    language: str = ""
    chars: int = 0  # letters and digits of the body
    links: tuple[dict[str, Any], ...] = ()  # seed links, as in the snapshot
    snapshot: str = ""  # key, or "" when the text equals that of the capture before
    snapshot_digest: str = ""  # "sha256:…" of that object as stored
    shape: str = ""  # 8 hex: which template drew the page (archive.shape), the same at every request and for every article
    lines: str = ""  # 8 hex for each line of the body, in order: what many articles share is none's (archive.line_digests)
    sketch: str = ""  # 8 hex for each sampled shingle of the body, sorted: finds copies elsewhere (archive.sketch)
    checks: dict[str, float] = field(default_factory=dict)  # how far this reading is borne out (archive.agreement)
    among: str = ""  # 12 hex: the layouts that this one was chosen among (archive.rules.among), "" when there was no choice


@dataclass(frozen=True, slots=True)
class Observation:
    """One record of a WARC, judged. Field order is the order in the file."""

    kind: Kind
    klass: Class
    reason: str  # short slug: http-404, challenge, empty-body, same-payload …
    outlet: str
    run: str
    time: str  # WARC-Date: UTC, microseconds
    url: str
    warc: str  # key
    offset: int  # of the record's gzip member
    length: int
    record: str  # record id
    record_type: str  # response, revisit, metadata
    record_digest: str  # "sha256:…" of the gzip member as stored
    status: int = 0  # 0: no response line arrived
    mime: str = ""
    payload: str = ""  # "sha256:…" of the transfer-decoded body
    body: str = ""  # "sha256:…" of the content-decoded body
    found: str = ""
    why: str = ""
    article: str = ""
    post: str = ""  # the CMS's own id, where the page tells
    via: tuple[str, ...] = ()
    to: dict[str, Any] = field(default_factory=dict)  # elsewhere: url, article, post, front
    reading: Reading | None = None
    channel: str = ""
    page: int | None = None
    pages: int | None = None
    items: tuple[dict[str, Any], ...] = ()  # channel: url, article, post, published, modified, title
    report: dict[str, Any] = field(default_factory=dict)  # run: what was asked and what came of it
    total: int | None = None  # channel: articles the site says it has (X-WP-Total)
    announced: dict[str, str] = field(default_factory=dict)  # as in the capture's note: what this capture answers
    site: str = ""  # as in the capture's note: why an absence here is no evidence
    doubt: str = ""  # content that must be seen again before it makes a version: replacement, cut-short, half …
    like: str = ""  # record of the site's own answer to an address that cannot exist, which this page equals
    etag: str = ""  # validators as sent
    last_modified: str = ""
    reread: bool = False  # an older capture read again under newer rules; never a sighting of its own


_FIELDS = tuple(field.name for field in fields(Observation))
_READING = tuple(field.name for field in fields(Reading))
_EMPTY: tuple[object, ...] = ("", None, (), {}, 0)  # 0 is False as well


def pack(line: Observation) -> bytes:
    """One line as JSON with sorted keys, empty fields left out."""
    row: dict[str, Any] = {"v": FORMAT}
    for name in _FIELDS:
        value = getattr(line, name)
        if value not in _EMPTY or name in ("offset", "status"):
            row[name] = value
    row["class"] = row.pop("klass")
    if line.reading is not None:
        row["reading"] = {name: getattr(line.reading, name) for name in _READING}  # asdict copies deeply, which is slow
        for part in ("headline", "body"):
            digests = row["reading"][part]
            row["reading"][part] = {"t": digests.t, "k": digests.k, "numbers": digests.numbers, "negations": digests.negations}
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS)


def unpack(data: bytes | str) -> Observation:
    """The line that `pack` wrote."""
    return _line(orjson.loads(data))


def dump(lines: list[Observation]) -> bytes:
    """JSON Lines, gzip with mtime 0. The same lines give the same text."""
    return gzip.compress(b"\n".join(map(pack, lines)) + b"\n", mtime=0)


def load(data: bytes) -> list[Observation]:
    """The lines of one observations object; BadRecord when it is none or of a later format."""
    try:
        rows = [orjson.loads(line) for line in gzip.decompress(data).splitlines() if line]
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
        raise BadRecord(f"not an observations object: {error}") from error
    return [_line(row) for row in rows]


def _line(row: dict[str, Any]) -> Observation:
    if row.pop("v", None) != FORMAT:
        raise BadRecord("observations of another format version", "upgrade Warraq before reading this bucket")
    row["klass"] = row.pop("class")
    row.setdefault("reason", "")  # content needs none, and empty fields are left out
    if found := row.get("reading"):
        row["reading"] = Reading(
            **{
                **found,
                "headline": Digests(**found["headline"]),
                "body": Digests(**found["body"]),
                "links": tuple(found.get("links", ())),
            }
        )
    for name in ("via", "items"):
        row[name] = tuple(row.get(name, ()))
    try:
        return Observation(**row)
    except TypeError as error:
        raise BadRecord(f"not an observation: {error}") from error
