"""archive.log.leaf and archive.log.units: entries, batches, bundles, and what a WARC's unit holds."""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import cdx, keys, observation, records, warc
from archive.capture import Exchange, Note
from archive.errors import BadRecord
from archive.log import leaf, units
from archive.log.leaf import KINDS, MOST, PARTS, Batch, Leaf, Unit
from archive.observation import Digests, Observation, Reading
from archive.spool import Spool, finished

RUN = "20261122T011200Z-3fa9c1b2d4e5"
SHA = st.binary(min_size=32, max_size=32).map(bytes.hex)
KEY = st.text("abcdefghij0123456789/.-_#+", min_size=1, max_size=60)
LEAVES = st.builds(Leaf, st.sampled_from(KINDS), SHA, KEY)
UNITS = st.lists(LEAVES, min_size=1, max_size=5).map(lambda leaves: Unit(tuple(leaves)))
BATCHES = st.builds(Batch, st.integers(0, 10**12 - 1), st.lists(UNITS, min_size=1, max_size=5).map(tuple))


def test_an_entry_says_kind_digest_and_an_opaque_id() -> None:
    made = leaf.of_object("act", "acts/2026/11/22/x.json", b"{}\n")
    sha = hashlib.sha256(b"{}\n").hexdigest()
    name = hashlib.sha256(b"acts/2026/11/22/x.json").hexdigest()[:32]
    assert made.entry == f"act {sha} {name}".encode()
    assert leaf.part_key("warc/a.warc.gz", 512, 2048) == "warc/a.warc.gz#512+2048"


@settings(deadline=None)
@given(BATCHES)
def test_a_batch_comes_back_as_put(batch: Batch) -> None:
    data = leaf.dump(batch)
    assert leaf.load(data) == batch
    assert leaf.dump(batch) == data
    assert data[4:8] == bytes(4)  # gzip's mtime
    assert batch.end - batch.first == len(list(batch.leaves))
    told = json.loads(gzip.decompress(data))
    assert (told["v"], told["first"]) == (1, batch.first)
    assert [row for unit in told["units"] for row in unit] == [[one.kind, one.sha256, one.key] for one in batch.leaves]


def test_starts_are_the_indexes_of_first_leaves() -> None:
    one, two = Unit((Leaf("warc", "0" * 64, "a"), Leaf("cdxj", "1" * 64, "b"))), Unit((Leaf("plan", "2" * 64, "c"),))
    batch = Batch(7, (one, two))
    assert (batch.starts(), batch.end) == ({"a": 7, "c": 9}, 10)


GOOD = ["warc", "ab" * 32, "warc/x"]


@pytest.mark.parametrize(
    "row",
    [
        {"v": 2, "first": 0, "units": [[GOOD]]},
        {"first": 0, "units": [[GOOD]]},
        {"v": 1, "units": [[GOOD]]},
        {"v": 1, "first": 0},
        {"v": 1, "first": 0, "units": []},
        {"v": 1, "first": 0, "units": [[GOOD], []]},
        {"v": 1, "first": -1, "units": [[GOOD]]},
        {"v": 1, "first": "0", "units": [[GOOD]]},
        {"v": 1, "first": 0.5, "units": [[GOOD]]},
        {"v": 1, "first": 0, "units": [["warc"]]},
        {"v": 1, "first": 0, "units": [[[*GOOD, "more"]]]},
        {"v": 1, "first": 0, "units": [[["a kind", "ab" * 32, "warc/x"]]]},
        {"v": 1, "first": 0, "units": [[["", "ab" * 32, "warc/x"]]]},
        {"v": 1, "first": 0, "units": [[["warc", "AB" * 32, "warc/x"]]]},
        {"v": 1, "first": 0, "units": [[["warc", "ab" * 31, "warc/x"]]]},
        {"v": 1, "first": 0, "units": [[["warc", 7, "warc/x"]]]},
        {"v": 1, "first": 0, "units": [[["warc", "ab" * 32, ""]]]},
        {"v": 1, "first": 0, "units": [[["warc", "ab" * 32, None]]]},
        {"v": 1, "first": 0, "units": [[["warc", "ab" * 32, "مقال"]]]},
        {"v": 1, "first": 0, "units": [[["warc", "ab" * 32, "a\nb"]]]},
        {"v": 1, "first": 0, "units": 5},
        [],
        5,
    ],
)
def test_what_is_no_batch_is_a_bad_record(row: object) -> None:
    with pytest.raises(BadRecord):
        leaf.load(gzip.compress(json.dumps(row).encode()))


def test_damage_to_a_batch_is_a_bad_record() -> None:
    whole = leaf.dump(Batch(0, (Unit((Leaf(*GOOD),)),)))
    assert leaf.load(whole).units
    for data in (b"", b"{}", whole[:-1], whole[:20], whole[:30] + bytes([whole[30] ^ 64]) + whole[31:]):
        with pytest.raises(BadRecord):
            leaf.load(data)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_come_back(entries: list[bytes]) -> None:
    data = leaf.bundle(entries)
    assert leaf.unbundle(data) == entries
    if data:
        with pytest.raises(BadRecord):
            leaf.unbundle(data + b"\0")
    if entries and entries[-1]:
        with pytest.raises(BadRecord):
            leaf.unbundle(data[:-1])


@settings(deadline=None)
@given(st.lists(st.integers(1, 3 * MOST), min_size=1, max_size=12))
def test_pack_keeps_order_and_splits_only_between_units(sizes: list[int]) -> None:
    made = [Unit((Leaf("plan", "0" * 64, f"plans/{n}"),) * size) for n, size in enumerate(sizes)]
    groups = list(leaf.pack(made))
    assert [unit for group in groups for unit in group] == made
    for group, after in zip(groups, [*groups[1:], ()], strict=True):
        leaves = sum(len(unit.leaves) for unit in group)
        assert leaves <= MOST or len(group) == 1
        assert not after or leaves + len(after[0].leaves) > MOST  # no group is smaller than it need be


# Units of a WARC


@pytest.fixture
def packed(tmp_path: Path) -> tuple[keys.Stem, bytes]:
    """A file of three captures and a report."""
    ids = iter(f"urn:uuid:00000000-0000-4000-8000-{n:012}" for n in range(1000))
    start = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
    spool = Spool(tmp_path, "wadi", RUN, 1, {}, lambda: start, lambda: next(ids))
    for number in range(3):
        body = f"<p>خبر رقم {number} من الوادي.</p>".encode()
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        request = b"GET / HTTP/1.1\r\nHost: wadi.example\r\n\r\n"
        spool.add(Exchange(f"https://wadi.example/{number}", start, start, request, answer, Note("article", "rest")))
    spool.report({"asked": 3})
    spool.close()
    [(path, stem)] = finished(tmp_path)
    return stem, path.read_bytes()


def observed(stem: keys.Stem, data: bytes) -> list[Observation]:
    none = Digests("", "", "", "")
    return [
        Observation(
            kind="article",
            klass="content",
            reason="read",
            outlet="wadi",
            run=RUN,
            time=one.time,
            url=one.url,
            warc=stem.warc,
            offset=one.offset,
            length=one.length,
            record=one.record_id,
            record_type=one.record_type,
            record_digest=one.record_digest,
            status=200,
            reading=Reading(
                "r" * 12, "s" * 12, "", none, none, "", snapshot=f"snapshots/wadi/{n}", snapshot_digest=f"sha256:{n:064}"
            ),
        )
        for n, one in enumerate(warc.captures(data))
    ]


def unit_of(stem: keys.Stem, data: bytes, lines: list[Observation]) -> Unit:
    return units.of_stem(stem, data, lines, observation.dump(lines), cdx.lines(lines))


def test_a_unit_holds_file_parts_observations_index_and_snapshots(packed: tuple[keys.Stem, bytes]) -> None:
    stem, data = packed
    lines = observed(stem, data)
    unit = unit_of(stem, data, lines)
    assert unit.key == stem.warc
    kinds = [one.kind for one in unit.leaves]
    assert kinds == ["warc", "warcinfo", *["capture"] * 3, "resource", "observations", "cdxj", *["snapshot"] * 3]
    parts = [one for one in unit.leaves if one.kind in PARTS]
    spans = [tuple(map(int, one.key.partition("#")[2].split("+"))) for one in parts]
    assert [start for start, _ in spans] == [0, *(start + length for start, length in spans)][:-1]
    assert sum(spans[-1]) == len(data)
    for one, (start, length) in zip(parts, spans, strict=True):
        assert one.sha256 == hashlib.sha256(data[start : start + length]).hexdigest()
    assert unit.leaves[0].sha256 == hashlib.sha256(data).hexdigest()


def test_another_file_than_was_uploaded_gives_no_unit(packed: tuple[keys.Stem, bytes]) -> None:
    stem, data = packed
    lines = observed(stem, data)
    swapped = bytearray(data)
    swapped[-9] ^= 1
    with pytest.raises(BadRecord, match=stem.warc):
        unit_of(stem, bytes(swapped), lines)


def test_another_file_than_was_observed_gives_no_unit(packed: tuple[keys.Stem, bytes]) -> None:
    """12 digits of a digest are in the name; every digit is in the observations."""
    stem, data = packed
    lines = observed(stem, data)
    other = records.digest(b"another member")
    with pytest.raises(BadRecord, match="observed"):
        unit_of(stem, data, [lines[0], replace(lines[1], record_digest=other), lines[2]])
    earlier = replace(lines[1], record_digest=other, warc="warc/wadi/another.warc.gz", reread=True)
    assert unit_of(stem, data, [*lines, earlier])


def test_a_snapshot_without_a_digest_gives_no_unit(packed: tuple[keys.Stem, bytes]) -> None:
    stem, data = packed
    lines = observed(stem, data)
    assert lines[0].reading is not None
    bare = replace(lines[0], reading=replace(lines[0].reading, snapshot_digest=""))
    with pytest.raises(BadRecord, match="snapshots/wadi/0"):
        unit_of(stem, data, [bare, *lines[1:]])


def test_a_leaf_that_could_not_be_read_back_is_not_written() -> None:
    with pytest.raises(BadRecord, match="a leaf that is none"):
        leaf.dump(Batch(0, (Unit((Leaf("plan", "0" * 64, "a key with spaces"),)),)))


def test_a_batch_that_unpacks_to_more_than_any_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = leaf.dump(Batch(0, (Unit((Leaf("plan", "0" * 64, "plans/a"),)),)))
    monkeypatch.setattr(leaf, "LARGEST", len(gzip.decompress(batch)))
    assert leaf.load(batch).end == 1
    for bomb in (gzip.compress(bytes(1 << 20)), batch[:-9], batch + batch):
        with pytest.raises(BadRecord, match=r"larger than any|breaks off"):
            leaf.load(bomb)
