"""HTTP/1.1 messages taken apart: framing, codings, and what damage is called."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from archive import http1
from archive.errors import BadRecord

TEXT = "أعلنت الوزارة فتح الطريق بعد إصلاح الجسر.".encode() * 40


def head(**fields: str) -> http1.Head:
    return http1.Head(200, b"", tuple((name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()), 0)


def test_names_and_values_keep_case_order_and_repetition() -> None:
    raw = b"HTTP/1.1 200 So be it\r\nX-b: 2\r\nx-A:1 \r\nX-B: 3\r\nno colon\r\nFold: a\r\n  b\r\n\r\nbody"
    seen = http1.parse_head(raw)
    assert (seen.status, seen.reason) == (200, b"So be it")
    assert seen.headers == ((b"X-b", b"2"), (b"x-A", b"1"), (b"X-B", b"3"), (b"Fold", b"a b"))
    assert raw[seen.body_at :] == b"body"
    assert seen.all(b"x-b") == [b"2", b"3"]


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [(b"HTTP/1.1 410", 410, b""), (b"HTTP/1.0 200 ", 200, b""), (b"HTTP/1.1 999 \xd9\x84\xd8\xa7", 999, b"\xd9\x84\xd8\xa7")],
)
def test_odd_status_lines(line: bytes, status: int, reason: bytes) -> None:
    seen = http1.parse_head(line + b"\r\n\r\n")
    assert (seen.status, seen.reason, seen.headers) == (status, reason, ())


def test_interim_responses_are_passed_over() -> None:
    raw = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 404 No\r\n\r\nx"
    seen = http1.parse_head(raw)
    assert (seen.status, raw[seen.begins_at : seen.begins_at + 12], raw[seen.body_at :]) == (404, b"HTTP/1.1 404", b"x")


@pytest.mark.parametrize(
    "raw", [b"", b"HTTP/1.1 200 OK\r\nA: b", b"<html>\r\n\r\n", b"HTTP/1.1 20x OK\r\n\r\n", b"\r\nHTTP/1.1 200 OK\r\n\r\n"]
)
def test_what_is_no_response_is_refused(raw: bytes) -> None:
    with pytest.raises(BadRecord):
        http1.parse_head(raw)


@given(pieces=st.lists(st.binary(min_size=1, max_size=300), max_size=6), extension=st.sampled_from([b"", b";a", b' ;q="x"']))
def test_chunks_join_to_what_was_cut(pieces: list[bytes], extension: bytes) -> None:
    chunks = b"".join(b"%X%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-Sum: 1\r\n\r\n"
    assert http1.payload(raw, http1.parse_head(raw)) == b"".join(pieces)


@given(cut=st.integers(0, 80))
def test_a_cut_chunked_body_gives_what_had_arrived(cut: int) -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = b"5\r\nabcde\r\n14\r\n" + b"x" * 20 + b"\r\n0\r\n\r\n"
    raw += whole[:cut]
    assert (b"abcde" + b"x" * 20).startswith(http1.payload(raw, http1.parse_head(raw)))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (b"Content-Length: 3\r\n", b"abc"),
        (b"Content-Length: 3, 3\r\n", b"abc"),
        (b"Content-Length: 99\r\n", b"abcdef"),
        (b"", b"abcdef"),
    ],
)
def test_length_delimits(fields: bytes, expected: bytes) -> None:
    raw = b"HTTP/1.1 200 OK\r\n" + fields + b"\r\nabcdef"
    assert http1.payload(raw, http1.parse_head(raw)) == expected


def test_a_304_has_no_payload_whatever_it_says() -> None:
    raw = b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n"
    assert http1.payload(raw, http1.parse_head(raw)) == b""


CODED = {
    "gzip": gzip.compress(TEXT),
    "x-gzip": gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]),
    "deflate": zlib.compress(TEXT),
    "Deflate": zlib.compressobj(wbits=-15).compress(b"") + zlib.compress(TEXT)[2:-4],
    "br": brotli.compress(TEXT),
    "zstd": zstd.compress(TEXT),
    "identity": TEXT,
    "gzip, br": brotli.compress(gzip.compress(TEXT)),
}


@pytest.mark.parametrize("coding", CODED)
def test_content_codings_are_undone(coding: str) -> None:
    assert http1.body(head(Content_Encoding=coding), CODED[coding]) == TEXT


def test_padding_after_gzip_is_ignored_as_browsers_do() -> None:
    assert http1.body(head(content_encoding="gzip"), gzip.compress(TEXT) + b"\0\0\0") == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
@pytest.mark.parametrize("damage", ["cut", "altered", "other"])
def test_damaged_bodies_are_named_not_guessed(coding: str, damage: str) -> None:
    whole = CODED[coding]
    middle = len(whole) // 2
    data = {"cut": whole[:middle], "altered": whole[:6] + b"\xff" * 8 + whole[14:], "other": b"<html>plain after all</html>"}[
        damage
    ]
    with pytest.raises(BadRecord):
        http1.body(head(content_encoding=coding), data)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_ends_at_the_limit(coding: str) -> None:
    zeros = bytes(3_000_000)
    bomb = {
        "gzip": gzip.compress(zeros),
        "deflate": zlib.compress(zeros),
        "br": brotli.compress(zeros),
        "zstd": zstd.compress(zeros),
    }[coding]
    with pytest.raises(BadRecord, match="larger than 1000000"):
        http1.body(head(content_encoding=coding), bomb, 1_000_000)


def test_an_unknown_coding_is_named() -> None:
    with pytest.raises(BadRecord, match="snappy"):
        http1.body(head(content_encoding="snappy"), b"x")


def test_an_empty_payload_needs_no_decoding() -> None:
    assert http1.body(head(content_encoding="gzip"), b"") == b""
