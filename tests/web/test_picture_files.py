"""Pictures as files: raster pictures of the article, by their bytes; what only calls itself a picture is never handed out."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from archive.capture import Exchange, Note
from archive.log.leaf import Leaf
from archive.members import records
from archive.records import capture
from archive.web import exchange
from archive.web.exchange import LARGEST, raster
from tests.web.cases import EDITED, Shelf, snapshot
from tests.web.test_pages import client

FILE = "warc/manara/2026/11/20/x.warc.gz"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def png() -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\1\2\3")) + chunk(b"IEND", b"")


def hung(body: bytes, kind: str, **changed: Any) -> tuple[Shelf, str]:
    """The shelf with one more picture in the newest snapshot, as it was captured; and its SHA-256."""
    shelf, numbers, when = Shelf(), count(), datetime(2026, 11, 20, 6, tzinfo=UTC)
    raw = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    note = Note("picture", "article", "picture")
    request = b"GET / HTTP/1.1\r\n\r\n"
    data = capture(Exchange("https://i/1.png", when, when, request, raw, note), "0", lambda: f"{next(numbers)}")
    response = next(record for record in records(data) if record.kind == "response")
    sha = hashlib.sha256(body).hexdigest()
    place = {"warc": FILE, "offset": response.offset, "length": response.length}
    entry = {"url": "https://i/1.png", "role": "body", "sha256": sha, "mime": kind, **place, **changed}
    version = shelf.histories[EDITED].versions[-1]
    shelf.objects[version.snapshot] = snapshot("عنوان", "نص", pictures=[entry])
    shelf.objects[FILE] = data
    return shelf, sha


def test_a_picture_is_handed_out_as_what_its_bytes_are() -> None:
    shelf, sha = hung(png(), "text/html")
    answer = client(shelf).get(f"/warraq/picture/{EDITED}/{sha}")
    assert (answer.status_code, answer.content) == (200, png())
    assert answer.headers["content-type"] == "image/png", "not what the site called it"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert f"/warraq/picture/{EDITED}/{sha}" in client(shelf).get(f"/warraq/article/{EDITED}").text


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (SVG, "image/svg+xml"),
        (SVG, "image/png"),
        (b"\xef\xbb\xbf" + SVG, "image/png"),
        (b"<html><script>alert(1)</script>", "image/jpeg"),
        (b"GIF87" + b"<script>alert(1)</script>", "image/gif"),
        (b"%PDF-1.7", "image/png"),
        (b"", "image/png"),
    ],
)
def test_what_is_no_raster_picture_is_not_handed_out(body: bytes, kind: str) -> None:
    shelf, sha = hung(body, kind)
    answer = client(shelf).get(f"/warraq/picture/{EDITED}/{sha}")
    assert answer.status_code == 404
    assert b"alert" not in answer.content


def test_another_s_bytes_and_what_no_version_shows_are_not_handed_out() -> None:
    shelf, sha = hung(png(), "image/png")
    other = hashlib.sha256(b"another").hexdigest()
    shelf.objects[shelf.histories[EDITED].versions[-1].snapshot] = snapshot(
        "عنوان", "نص", pictures=[{"url": "u", "sha256": other, "warc": FILE, "offset": 0, "length": 50}]
    )
    there = client(shelf)
    assert there.get(f"/warraq/picture/{EDITED}/{other}").status_code == 404, "the record holds something else"
    for wrong in (sha, "0" * 64, "0" * 63, "../../x", f"{'0' * 63}\u0660"):
        assert there.get(f"/warraq/picture/{EDITED}/{wrong}").status_code == 404


def test_a_record_of_a_size_that_cannot_be_is_refused() -> None:
    for changed in ({"length": 1 << 40}, {"length": 0}, {"offset": -1}):
        shelf, sha = hung(png(), "image/png", **changed)
        assert client(shelf).get(f"/warraq/picture/{EDITED}/{sha}").status_code == 404


def test_a_picture_costs_one_snapshot_however_many_versions_there_are() -> None:
    shelf, sha = hung(png(), "image/png")
    history = shelf.histories[EDITED]
    first, last = history.versions[0], history.versions[-1]
    many = tuple(replace(first, number=n, snapshot=f"{first.snapshot}-{n}") for n in range(1, 60))
    shelf.histories[EDITED] = replace(history, versions=(*many, replace(last, number=60)))
    read: list[str] = []
    get = shelf.get
    shelf.get = lambda key, *span: read.append(key) or get(key, *span)  # type: ignore[func-returns-value, method-assign]
    there = client(shelf)
    assert there.get(f"/warraq/picture/{EDITED}/{sha}?v=60").status_code == 200
    assert there.get(f"/warraq/picture/{EDITED}/{sha}").status_code == 200, "the newest"
    assert read == [last.snapshot, FILE] * 2
    for other in ("1", "61", "0", "x", "-1"):
        assert there.get(f"/warraq/picture/{EDITED}/{sha}?v={other}").status_code == 404
    assert len(read) == 5, "one more snapshot, and no record"


@dataclass
class Book:
    """A log whose leaves say that a capture is of this length; `infos`: its warcinfo parts."""

    length: int
    infos: int = 1

    def parts(self, file: str, kind: str) -> list[tuple[int, Leaf]]:
        made = Leaf(kind=kind, sha256="0" * 64, key=f"{FILE}#100+{self.length if kind == 'capture' else 9}")  # type: ignore[arg-type]
        return [(0, made)] * (1 if kind == "capture" else self.infos)

    def capture(self, file: str, offset: int) -> Any:
        assert self.length <= LARGEST, "nothing of it is read"
        return SimpleNamespace(data=b"capture")

    def part(self, index: int, leaf: Leaf) -> Any:
        return SimpleNamespace(data=b"info")


def taken(monkeypatch: pytest.MonkeyPatch, book: Book) -> Any:
    record = "9d1c0c5e-0000-4000-8000-000000000001"
    shelf = Shelf()
    history = shelf.histories[EDITED]
    held = replace(history.captures[0], record=f"<urn:uuid:{record}>", warc=FILE, offset=100, length=50)
    shelf.histories[EDITED] = replace(history, captures=(held, *history.captures[1:]))
    monkeypatch.setattr(exchange, "ledger", lambda desk: book)
    return client(shelf).get(f"/warraq/warc/{EDITED}/{record}")


def test_a_record_that_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert taken(monkeypatch, Book(500)).content == b"infocapture"
    answer = taken(monkeypatch, Book(LARGEST + 1))
    assert answer.status_code == 403
    assert "at most 32 MiB" in answer.text
    assert "warraq prove" in answer.text


def test_a_file_that_was_logged_without_its_warcinfo_is_told_and_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = taken(monkeypatch, Book(500, infos=0))
    assert (answer.status_code, "warraq verify" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"\0\0\0 ftypavif", "image/avif"),
        (b"\0\0\0 ftypheic", ""),
        (b"<svg", ""),
    ],
)
def test_kinds_are_told_by_the_first_bytes(head: bytes, kind: str) -> None:
    assert raster(head) == kind
