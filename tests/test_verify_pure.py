"""The pure parts of archive.verify: structure, a WARC against its parts, what is remembered."""

from __future__ import annotations

import gzip
import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from archive import keys, records, warc
from archive.capture import Exchange, Note
from archive.errors import BadRecord
from archive.log import note
from archive.log.leaf import Leaf, part_key
from archive.log.note import Checkpoint, SigningKey
from archive.verify import history, structure, warcs
from archive.verify.finding import ALTERED, FORKED, LATE, ROLLED_BACK, SWAPPED, TRUNCATED, UNLOGGED, UNPUBLISHED
from archive.verify.history import Kept, Now, Order, Remembered

NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
KEY = "warc/wadi/2026/11/22/20261122T011200Z-3fa9c1b2d4e5.1-00001-000000000000.warc.gz"


# Structure


def test_every_cut_of_a_gzip_member_breaks_off_and_nothing_else_does() -> None:
    whole = gzip.compress(b"a line\n" * 300) + gzip.compress(b"and another\n")
    first = len(gzip.compress(b"a line\n" * 300))
    for size in range(len(whole) + 1):
        assert structure.breaks_off("x.json.gz", whole[:size]) == (size not in (first, len(whole))), size
    assert not structure.breaks_off("x.json.gz", b"no gzip at all")
    assert structure.unpack(whole) == gzip.decompress(whole)
    for size in (0, 7, first + 3, len(whole) - 1):
        if size:
            with pytest.raises(BadRecord):
                structure.unpack(whole[:size])


def test_what_unpacks_to_more_than_anybody_wants_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(20 << 20))
    with pytest.raises(BadRecord, match="more than 8 MiB"):
        structure.unpack(bomb, 8 << 20)
    with pytest.raises(BadRecord, match="more than 8 MiB"):
        structure.bounded(bomb[:-5], 8 << 20)
    whole = gzip.compress(b"small")
    assert structure.bounded(whole, 8) == whole


# A WARC against its parts


def packed(count: int = 5) -> bytes:
    def new_id() -> str:
        return str(uuid.uuid4())

    info = new_id()
    out = records.warcinfo(info, NOW, {"outlet": "wadi"})
    for number in range(count):
        body = f"صفحة رقم {number} ".encode() * (20 + number)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
        address = f"https://example.org/{number}"
        one = Exchange(address, NOW, NOW, b"GET / HTTP/1.1\r\n\r\n", head + body, Note("article", "rest", "new"))
        out += records.capture(one, info, new_id)
    return out


def logged(data: bytes) -> list[warcs.Part]:
    leaves = [Leaf(part.kind, part.digest, part_key(KEY, part.offset, part.length)) for part in warc.parts(data)]
    return warcs.parts_of(KEY, [Leaf("warc", hashlib.sha256(data).hexdigest(), KEY), *leaves])


def fault(data: bytes, changed: bytes) -> tuple[str, str, list[str]]:
    found, digests = warcs.fault(KEY, changed, logged(data), [])
    assert found.key == KEY
    assert digests[0] == found.sha256 == hashlib.sha256(changed).hexdigest()
    return found.kind, found.what, digests[1:]


def test_parts_tile_the_file_and_a_whole_one_differs_in_none() -> None:
    data = packed()
    parts = logged(data)
    assert [part.kind for part in parts] == ["warcinfo", *["capture"] * 5]
    assert warcs.tiles(data, parts)
    assert warcs.differing(data, parts) == []
    assert not warcs.tiles(data, parts[:-1])
    assert not warcs.tiles(data, [*parts[:2], *parts[3:]])


def test_every_cut_is_truncated() -> None:
    data = packed(3)
    for size in range(0, len(data), 7):
        assert fault(data, data[:size])[0] == TRUNCATED, size
    for part in logged(data)[1:]:
        assert fault(data, data[: part.offset])[0] == TRUNCATED, part


def test_every_turned_bit_is_altered_and_named_at_its_part() -> None:
    data = packed(3)
    for at in range(0, len(data), 31):
        changed = data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :]
        part = next(part for part in logged(data) if part.offset <= at < part.offset + part.length)
        kind, what, _ = fault(data, changed)
        assert kind == ALTERED, at
        assert what.startswith(f"the {part.kind} at byte {part.offset}"), what


def pieces(data: bytes) -> list[bytes]:
    return [data[part.offset : part.offset + part.length] for part in logged(data)]


def test_parts_in_another_order_are_swapped_and_parts_more_or_less_are_not() -> None:
    data = packed()
    some = pieces(data)
    assert fault(data, b"".join([some[0], some[2], some[1], *some[3:]]))[0] == SWAPPED
    assert fault(data, b"".join([some[0], *some[:0:-1]]))[0] == SWAPPED
    other = pieces(packed())[3]
    for changed in ([*some, other], [*some[:2], other, *some[2:]], [*some[:2], *some[3:]], [*some, some[1]]):
        kind, what, digests = fault(data, b"".join(changed))
        assert (kind, digests) == (ALTERED, []), what
    kind, _, digests = fault(data, b"".join([*some[:2], other, *some[3:]]))
    assert (kind, digests) == (ALTERED, [hashlib.sha256(other).hexdigest()]), "to be looked for among all leaves"


# What is remembered

SIGNER = SigningKey("warraq/1", bytes(32))
ROOTS = {size: hashlib.sha256(str(size).encode()).digest() for size in (10, 20, 30)}
LOG = Now(30, 30, ROOTS, "warraq/1", [SIGNER.public])


def kept(size: int, root: bytes | None = None, signer: SigningKey | None = SIGNER, origin: str = "warraq/1") -> Kept:
    said = Checkpoint(origin, size, ROOTS.get(size, b"") if root is None else root)
    return Kept("a book", said, note.sign(said.text(), [signer]) if signer else None)


TOLD: dict[str, tuple[Now, Remembered, str]] = {
    "nothing is remembered": (LOG, Remembered(), ""),
    "it grew since": (LOG, Remembered([kept(10), kept(20)], catalog=25, anchored=[]), ""),
    "another root then": (LOG, Remembered([kept(10), kept(20, bytes(32))]), FORKED),
    "another root then, as this machine saw it": (LOG, Remembered([kept(20, bytes(32), None)]), FORKED),
    "a root that nobody signed": (LOG, Remembered([kept(20, bytes(32), SigningKey("warraq/1", b"x" * 32))]), ""),
    "a checkpoint of another log": (LOG, Remembered([kept(20, bytes(32), None, "warraq/2")]), ""),
    "longer then": (replace(LOG, published=20), Remembered([kept(30)]), ROLLED_BACK),
    "longer then, and another": (LOG, Remembered([kept(40, bytes(32)), kept(20, bytes(32))]), FORKED),
    "longer in the catalog": (LOG, Remembered(catalog=31), ROLLED_BACK),
    "in the catalog, and signed by nobody yet": (replace(LOG, published=20), Remembered(catalog=30), ""),
    "others were shown more": (replace(LOG, published=20), Remembered(anchored=[10, 30]), ROLLED_BACK),
    "two were published above it": (replace(LOG, published=10), Remembered(above=[20, 30]), ROLLED_BACK),
    "one was signed above it": (replace(LOG, published=20), Remembered(above=[30]), UNPUBLISHED),
}


@pytest.mark.parametrize("name", TOLD)
def test_the_log_against_what_is_remembered(name: str) -> None:
    now, past, kind = TOLD[name]
    findings, information, strange = history.compare(now, past)
    assert [one.kind for one in findings + information] == ([kind] if kind else [])
    assert all(one.key == keys.CHECKPOINT for one in findings)
    assert [one.kind for one in information] == ([kind] if kind == UNPUBLISHED else [])
    assert strange == (1 if name in ("a root that nobody signed", "a checkpoint of another log") else 0)


def stem(when: datetime, number: int = 0) -> str:
    return keys.Stem("wadi", keys.run_id(when, str(number)), 1, 1, "0" * 12).warc


def test_a_run_far_behind_those_before_it_was_logged_late() -> None:
    order = Order()
    days = (0, 1, 0.5, 3, -5, 2, 3)
    told = [order.see(n, stem(NOW + timedelta(days=day))) for n, day in enumerate(days)]
    assert [one.kind if one else "" for one in told] == ["", "", "", "", LATE, "", ""]
    assert order.see(9, "acts/2026/x.json") is None


@pytest.mark.parametrize(
    ("kind", "key", "added"),
    [
        ("warc", stem(NOW - timedelta(hours=3)), False),
        ("warc", stem(NOW - timedelta(days=30)), True),
        ("warc", stem(NOW + timedelta(days=30)), True),
        ("warc", "warc/strange", True),
        ("plan", keys.plan("wadi", keys.run_id(NOW, "a")), False),
        ("plan", keys.plan("wadi", keys.run_id(NOW - timedelta(days=9), "a")), True),
        ("snapshot", "snapshots/x", True),
        ("act", "acts/x", False),
        ("seed", "seeds/x/SHA256SUMS", False),
    ],
)
def test_a_batch_that_no_checkpoint_covers_holds_what_a_worker_would_log_now(kind: str, key: str, added: bool) -> None:
    found = list(history.unsigned([(30, [[(kind, "0" * 64, key)]])], NOW))
    assert [(one.kind, one.key) for one in found] == ([(UNLOGGED, keys.log_batch(30))] if added else [])
