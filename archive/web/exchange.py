"""Captures out of the bucket for a reader: pictures that are safe to show, records to take away. None is shown as a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from archive import warc
from archive.errors import BadRecord, Broken, Refused
from archive.web.desk import Desk

if TYPE_CHECKING:
    from archive.log.leaf import Leaf
    from archive.prove.ledger import Held, Ledger

LARGEST = 32 << 20  # bytes of a picture or record that a page hands out
# The first bytes of raster pictures (WHATWG MIME Sniffing, 6.1). SVG is a program: it is never among them.
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


class TooLarge(Refused):
    """What was asked for is in the bucket, and more than a page holds in its hands."""


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


def capture(book: Ledger, file: str, offset: int) -> Held:
    """The logged part of a WARC that holds the record at `offset`. TooLarge before anything of it is read; else as Ledger."""
    for _, one in book.parts(file, "capture"):
        start, length = _span(one)
        if start <= offset < start + length:
            _bounded(length)
    return book.capture(file, offset)


def exchange(desk: Desk, file: str, offset: int, length: int) -> bytes:
    """A WARC file of one capture: the warcinfo of its file, request, answer and metadata, as logged. Of a capture that is in
    no log yet, its record alone. TooLarge; Broken when the bucket does not hold what was logged."""
    try:
        book = ledger(desk)
        held = capture(book, file, offset)
        index, info = next(iter(book.parts(file, "warcinfo")), (0, None))
    except TooLarge:
        raise
    except Refused:  # not logged, or no checkpoint yet
        return _bytes(desk, file, offset, length)
    if info is None:
        raise Broken(f"{file} was logged without its warcinfo", "run `warraq verify`")
    _bounded(_span(info)[1])
    return book.part(index, info).data + held.data


def _span(leaf: Leaf) -> tuple[int, int]:
    """(offset, length) of a part of a WARC, as its key says: `<file>#<offset>+<length>`."""
    offset, _, length = leaf.key.rpartition("#")[2].partition("+")
    return int(offset), int(length)


def _bounded(length: int) -> None:
    if not 0 < length <= LARGEST:
        raise TooLarge(
            f"a record of {length:,} bytes is more than a page hands out (at most {LARGEST >> 20} MiB)",
            "`warraq prove` puts it into a bundle; or copy its file from the bucket",
        )


def _bytes(desk: Desk, file: str, offset: int, length: int) -> bytes:
    _bounded(length)
    if offset < 0:
        raise Refused(f"no record begins at byte {offset}", "run `warraq verify`")
    return desk.store().get(file, offset, length)
