"""Snapshots are one gzip member of sorted JSON, the same for the same fields."""

from __future__ import annotations

import gzip

import pytest

from archive.errors import BadRecord
from archive.snapshot import load, pack


def test_what_was_packed_is_read_back_the_same_whatever_the_order() -> None:
    fields = {"title": "عنوان", "images": ({"url": "u", "caption": ""},), "published": None}
    data = pack(fields)
    assert data == pack(dict(reversed(fields.items())))
    assert load(data) == {"v": 1, "title": "عنوان", "images": [{"url": "u", "caption": ""}], "published": None}
    assert data[4:8] == b"\0\0\0\0"  # no time in the gzip head


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not gzip",
        gzip.compress(b"not json"),
        gzip.compress(b'{"v":1}')[:-4],
        gzip.compress(b'{"v":9}'),
        gzip.compress(b"[]"),
        gzip.compress(b'{"v":1}')[:10] + b"\xff" * 12,
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(BadRecord):
        load(data)
