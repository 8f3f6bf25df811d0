"""Captures out of the bucket for a reader: pictures that are safe to show, records to take away. None is shown as a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from archive import warc
from archive.errors import BadRecord, Refused
from archive.web.desk import Desk

if TYPE_CHECKING:
    from archive.prove.ledger import Held, Ledger

LARGEST = 32 << 20  # bytes of a picture or record that a page hands out
# The first bytes of raster pictures (WHATWG MIME Sniffing, 6.1). SVG is a program: it is never among them.
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


@dataclass(frozen=True)
class _Bench:
    """What a ledger needs of a workshop: here nothing is ever written."""

    store: Any
    catalog: Any
    say: Callable[[str], None]


def raster(data: bytes) -> str:
    """The media type of a raster picture by its first bytes; "" for anything else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "image/avif"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "")


def picture(desk: Desk, entry: Mapping[str, Any]) -> tuple[bytes, str]:
    """(bytes, media type) of a picture that a snapshot lists. Refused when it is none that may be shown; BadRecord when the
    bytes are not those of the snapshot; KeyError when the file is not there."""
    if not entry.get("sha256") or not entry.get("warc"):
        raise Refused("this picture was not captured", "the article’s page says why")
    capture = warc.capture_at(_bytes(desk, str(entry["warc"]), int(entry["offset"]), int(entry["length"])))
    data = capture.unpacked(LARGEST).data
    if hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise BadRecord("the record does not hold the picture that the snapshot names", "run `warraq verify`")
    kind = raster(data)
    if not kind:
        raise Refused("this is no raster picture; it is not shown", "`warraq export` takes it out of the archive")
    return data, kind


def ledger(desk: Desk) -> Ledger:
    """The log, to lead a capture up to the signed checkpoint."""
    from archive.prove.ledger import Ledger
    from archive.steps.workshop import Workshop

    def quiet(_: str) -> None:
        return

    return Ledger(cast(Workshop, _Bench(desk.store(), desk.catalog, quiet)))


def exchange(desk: Desk, file: str, offset: int, length: int) -> bytes:
    """A WARC file of one capture: the warcinfo of its file, request, answer and metadata, as logged. Of a capture that is in
    no log yet, its record alone."""
    try:
        book = ledger(desk)
        held: Held = book.capture(file, offset)
        info = book.part(*book.parts(file, "warcinfo")[0])
        return info.data + held.data
    except Refused:  # not logged, or no checkpoint yet
        return _bytes(desk, file, offset, length)


def _bytes(desk: Desk, file: str, offset: int, length: int) -> bytes:
    if not 0 < length <= LARGEST or offset < 0:
        raise Refused(f"a record of {length} bytes is too large for a page", "copy it from the bucket")
    return desk.store().get(file, offset, length)
