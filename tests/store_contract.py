"""What every `archive.store.Store` must do. A test class per backend inherits this and gives the fixture `store`."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from archive.errors import BadRecord, Conflict
from archive.s3 import S3Store
from archive.store import put_once

TEXT = "وقف الورّاق أمام الرفوف يعدّ ما بقي من الدفاتر.".encode()
UNUSUAL = (
    "a+b/c+d",
    "percent%20encoded/100%/%",
    "seeds/0123456789ab/Seed_(1)_&_'quoted'=\"x\".txt",
    "dots/..hidden/.x/a..b",
    "~tilde/!bang/$dollar/*star/,comma/;semi/:colon/@at",
    "question?mark/hash#mark/amp&amp;/<tag>",
    "UPPER/lower/" + "x" * 255,
    "/".join(["deep"] * 60),
    "[bracket]/{brace}|pipe^caret`tick",
)


def put_all(store: S3Store, keys: Iterable[str]) -> None:
    """An empty object under each key, several at a time."""
    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(lambda key: store.put(key, b""), keys))


class StoreContract:
    def test_bytes_come_back_as_put(self, store: S3Store) -> None:
        for number, data in enumerate((b"", b"\x00", TEXT, os.urandom(300_000), b"\r\n" * 9)):
            assert store.put(f"warc/bytes/{number}", data) is True
            assert store.get(f"warc/bytes/{number}") == data

    def test_large_object(self, store: S3Store) -> None:
        data = os.urandom(17 << 20)
        assert store.put("warc/large", data)
        assert store.get("warc/large") == data

    def test_a_taken_key_is_never_overwritten(self, store: S3Store) -> None:
        assert store.put("warc/taken", TEXT) is True
        assert store.put("warc/taken", b"other bytes") is False
        assert store.put("warc/taken", TEXT) is False
        assert store.get("warc/taken") == TEXT

    def test_put_once_takes_equal_bytes_and_refuses_others(self, store: S3Store) -> None:
        assert put_once(store, "warc/once", TEXT) is True
        assert put_once(store, "warc/once", TEXT) is False
        with pytest.raises(Conflict, match="warc/once"):
            put_once(store, "warc/once", TEXT + b"!")
        assert store.get("warc/once") == TEXT

    def test_put_once_compares_content_of_derived_objects(self, store: S3Store) -> None:
        assert put_once(store, "observations/x.jsonl.gz", gzip.compress(TEXT, 1, mtime=0))
        assert not put_once(store, "observations/x.jsonl.gz", gzip.compress(TEXT, 9, mtime=7))
        with pytest.raises(Conflict):
            put_once(store, "observations/x.jsonl.gz", gzip.compress(TEXT + b".", mtime=0))

    def test_sixteen_racing_writers_have_one_winner(self, store: S3Store) -> None:
        gate = threading.Barrier(16)

        def put(number: int) -> bool:
            gate.wait()
            return store.put("warc/race", b"writer %d" % number)

        with ThreadPoolExecutor(16) as pool:
            won = list(pool.map(put, range(16)))
        assert won.count(True) == 1
        assert store.get("warc/race") == b"writer %d" % won.index(True)

    def test_a_key_that_is_not_there(self, store: S3Store) -> None:
        with pytest.raises(KeyError, match="warc/absent"):
            store.get("warc/absent")
        with pytest.raises(KeyError):
            store.get("warc/absent", 5, 10)

    def test_ranges(self, store: S3Store) -> None:
        data = bytes(range(256)) * 40
        store.put("warc/ranges", data)
        for start, length in ((0, 1), (0, 10), (1, 1), (255, 2), (10_000, 240), (10_239, 1), (0, 10_240)):
            assert store.get("warc/ranges", start, length) == data[start : start + length]
        assert store.get("warc/ranges", 10_000) == data[10_000:]
        assert store.get("warc/ranges", 10_200, 1000) == data[10_200:]

    def test_a_range_beyond_the_end_is_an_error(self, store: S3Store) -> None:
        store.put("warc/short", b"0123456789")
        with pytest.raises(BadRecord, match="warc/short"):
            store.get("warc/short", 10, 5)

    @pytest.mark.parametrize(("start", "length"), [(-1, None), (0, 0), (3, -2)])
    def test_no_such_range(self, store: S3Store, start: int, length: int | None) -> None:
        with pytest.raises(ValueError):
            store.get("warc/any", start, length)

    def test_unusual_keys(self, store: S3Store) -> None:
        for number, key in enumerate(UNUSUAL):
            assert store.put(key, b"%d" % number)
        for number, key in enumerate(UNUSUAL):
            assert store.get(key) == b"%d" % number
            assert key in list(store.list(key[: len(key) // 2]))
        assert set(UNUSUAL) <= set(store.list(""))

    @pytest.mark.parametrize(
        "key", ["", "/a", "a/", "a//b", "a/./b", "a/../b", "مقال", "a\nb", "a b", "a\\b", "a/" + "x" * 256]
    )
    def test_keys_that_stores_mistreat_are_refused(self, store: S3Store, key: str) -> None:
        with pytest.raises(ValueError):
            store.put(key, b"")

    def test_listing(self, store: S3Store) -> None:
        keys = {f"cdxj/a/2026/11/{day:02}/{n}" for day in (1, 2, 10) for n in range(3)} | {"cdxj/ab/x", "cdxj/b"}
        for key in keys:
            store.put(key, b"")
        assert set(store.list("cdxj/")) == keys
        assert sorted(store.list("cdxj/a/2026/11/1")) == [f"cdxj/a/2026/11/10/{n}" for n in range(3)]
        assert set(store.list("cdxj/a")) == keys - {"cdxj/b"}
        assert list(store.list("cdxj/none/")) == []

    def test_listing_after_a_key(self, store: S3Store) -> None:
        run = "20261122T0112{:02}Z-3fa9c1b2d4e5.1-00001-0123456789ab"
        keys = [f"observations/wadi/2026/11/{day}/{run.format(n)}.jsonl.gz" for day in (21, 22) for n in range(12)]
        keys += [
            f"snapshots/wadi/{article * 32}/20261122T011200000000Z-{n:012}/abc.json.gz" for article in "0af" for n in range(4)
        ]
        put_all(store, keys)
        for prefix in ("observations/wadi/", "observations/wadi/2026/11/22/", "snapshots/wadi/"):
            under = sorted(key for key in keys if key.startswith(prefix))
            for cut in under:
                assert sorted(store.list(prefix, cut)) == [key for key in under if key > cut]

    def test_listing_in_pages(self, store: S3Store) -> None:
        keys = {f"plans/{n:04}" for n in range(75)}
        put_all(store, keys)
        store.page = 10
        found = list(store.list("plans/"))
        assert len(found) == len(keys)
        assert set(found) == keys
        assert set(store.list("plans/", "plans/0049")) == {key for key in keys if key > "plans/0049"}

    def test_clock(self, store: S3Store) -> None:
        told = store.clock()
        assert told.tzinfo is UTC
        assert abs(told - datetime.now(UTC)) < timedelta(seconds=3)
