"""manifest.json: what a bundle says it is about, and the SHA-256 of each of its files. Pure.

The report is made from it and from what the other files hold; `check` compares what it says with what they prove.
"""

from __future__ import annotations

import msgspec

from archive.errors import BadRecord

FORMAT = 1


class Article(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The article as it stood when the bundle was made."""

    id: str
    outlet: str
    outlet_title: str
    url: str
    title: str
    state: str
    since: str
    first_seen: str
    versions: int
    captures: int


class Version(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version; `snapshot` is a file of the bundle, or "" when none was stored."""

    number: int
    time: str
    last: str
    captures: int
    kinds: tuple[str, ...]
    flags: tuple[str, ...]
    title: str
    url: str
    published: str
    modified: str
    language: str
    snapshot: str


class Sighting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"klass": "class"}):
    """A capture. `capture`, `warcinfo`, `chain`: files of the bundle; `whole`: the record that a revisit refers to; `to`:
    where a redirect led."""

    time: str
    klass: str
    reason: str
    status: int
    url: str
    record: str
    record_type: str
    roles: tuple[str, ...]
    version: int
    capture: str
    warcinfo: str
    chain: str = ""
    whole: str = ""
    to: str = ""


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    time: str
    kinds: tuple[str, ...]
    flags: tuple[str, ...]
    version: int
    since: str
    reason: str


class Link(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seed link: its file, and the version whose snapshot says it."""

    file: str
    version: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`mode`: newest, time, gone or between; `asked`: the time, or two versions. `maker` names the code that wrote it."""

    v: int
    maker: str
    mode: str
    asked: tuple[str, ...]
    article: Article
    versions: tuple[Version, ...]
    sightings: tuple[Sighting, ...]
    events: tuple[Event, ...]
    links: tuple[Link, ...]
    files: dict[str, str] = {}  # msgspec gives each its own


def with_files(manifest: Manifest, files: dict[str, str]) -> Manifest:
    """The manifest, naming the SHA-256 of each file but itself."""
    return msgspec.structs.replace(manifest, files=files)


def dump(manifest: Manifest) -> bytes:
    """JSON with sorted keys, a line for each value."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"


def load(data: bytes) -> Manifest:
    """BadRecord when it is none, or says more or less than it should."""
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRecord(f"manifest.json: {error}") from error
    if manifest.v != FORMAT:
        raise BadRecord(f"manifest.json is of format {manifest.v}", "check it with a newer Warraq, or with its own check.sh")
    return manifest
