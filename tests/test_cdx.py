"""CDXJ lines made from observations say what cdxj-indexer says of the WARC itself."""

from __future__ import annotations

import gzip
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import cdx, records, warc
from archive.capture import Exchange, Note, Previous
from archive.observation import Observation
from archive.records import digest
from tests.warc_tools import indexed

PAGE = "<p>عاد التيار الكهربائي إلى الأحياء الشرقية.</p>".encode() * 20
ZIPPED = gzip.compress(PAGE, mtime=0)
START = datetime(2026, 11, 22, 1, 12, 59, 987654, tzinfo=UTC)
KEY = "warc/example/2026/11/22/20261122T011200Z-3fa9c1b2d4e5.1-00001-0123456789ab.warc.gz"


def response(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: text/html; charset=UTF-8\r\n%sContent-Length: %d\r\n\r\n%s" % (
        status,
        more,
        len(body),
        body,
    )


def packed() -> bytes:
    previous = Previous(
        "http://www.example.org/a", records.warc_date(START), "urn:uuid:" + str(uuid.uuid4()), digest(ZIPPED), digest(PAGE)
    )
    zipped = response(ZIPPED, more=b"Content-Encoding: gzip\r\n")
    exchanges = [
        ("http://www.example.org/a", zipped, None),
        ("https://Example.org:443/A/b/?b=2&a=1", response(b"gone", b"410 Gone"), None),
        ("http://127.0.0.1:18201/?p=5", response(PAGE), None),
        ("http://www.example.org/a", zipped, previous),
        ("http://www.example.org/a", response(PAGE), previous),
        ("http://www.example.org/a", b"HTTP/1.1 304 Not Modified\r\n\r\n", previous),
        ("http://example.org/silent", b"", None),
    ]
    info = str(uuid.uuid4())
    data = records.warcinfo(info, START, {"outlet": "example"})
    for at, (url, answer, before) in enumerate(exchanges):
        when = START + timedelta(seconds=at)
        one = Exchange(url, when, when, b"GET / HTTP/1.1\r\n\r\n", answer, Note("article", "rest", previous=before))
        data += records.capture(one, info, lambda: str(uuid.uuid4()))
    return data


def observed(capture: warc.StoredCapture) -> Observation:
    return Observation(
        kind="article",
        klass="content",
        reason="",
        outlet="example",
        run="20261122T011200Z-3fa9c1b2d4e5",
        time=capture.time,
        url=capture.url,
        warc=KEY,
        offset=capture.offset,
        length=capture.length,
        record=capture.record_id,
        record_type=capture.record_type,
        record_digest=capture.record_digest,
        status=capture.status,
        mime=capture.header("content-type").partition(";")[0],
        payload=capture.payload_digest,
        body=capture.body_digest,
    )


def rows(lines: bytes) -> list[dict[str, str]]:
    split = [line.split(" ", 2) for line in lines.decode().splitlines()]
    return [{"key": key, "time": stamp, **json.loads(row)} for key, stamp, row in split]


def test_lines_are_those_that_cdxj_indexer_writes(tmp_path: Path) -> None:
    data = packed()
    path = tmp_path / "one.warc.gz"
    path.write_bytes(data)
    ours = rows(cdx.lines(observed(one) for one in warc.captures(data)))
    theirs = sorted(
        (row for row in indexed(path) if not row["url"].startswith("urn:")), key=lambda row: (row["key"], row["time"])
    )
    names = ("key", "time", "url", "mime", "digest", "length", "offset")
    assert [[row[name] for name in names] for row in ours] == [[row[name] for name in names] for row in theirs]
    assert all(our["status"] == their.get("status", our["status"]) for our, their in zip(ours, theirs, strict=True))
    assert len(ours) == 6


def test_each_line_names_the_record_by_key_place_and_digest() -> None:
    data = packed()
    for row in rows(cdx.lines(observed(one) for one in warc.captures(data))):
        offset, length = int(row["offset"]), int(row["length"])
        assert row["filename"] == KEY
        assert row["recordDigest"] == digest(data[offset : offset + length])


def test_lines_are_sorted_whatever_the_order_and_said_once() -> None:
    seen = [observed(one) for one in warc.captures(packed())]
    assert cdx.lines(seen) == cdx.lines([*reversed(seen), seen[0]])
    lines = cdx.lines(seen).splitlines(keepends=True)
    assert lines == sorted(lines)


def test_what_is_no_record_of_this_file_under_that_address_is_left_out() -> None:
    seen = [observed(one) for one in warc.captures(packed())]
    derived = [
        replace(seen[0], url="http://example.org/first", klass="elsewhere", reason="redirected"),
        replace(seen[0], reread=True, url="http://example.org/older"),
    ]
    assert cdx.lines([*seen, *derived]) == cdx.lines(seen)


def test_no_observations_make_an_empty_index() -> None:
    assert cdx.lines([]) == b""
