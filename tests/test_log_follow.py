"""Following a log from checkpoint to checkpoint, on a log of many small batches in a real store."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from archive import keys
from archive.errors import Broken
from archive.log import follow, keyring
from archive.log.follow import Position, Stretch
from archive.log.leaf import Leaf, Unit, dump, load
from archive.log.note import SigningKey, parse, parse_checkpoint, sign
from archive.log.writer import Log
from archive.s3 import S3Store
from archive.settings import Settings

BATCHES, LEAVES = 12, 45  # more than two tiles of 256


def unit(n: int) -> Unit:
    return Unit(tuple(Leaf("plan", f"{n:064x}", f"plans/wadi/{n}/{m}") for m in range(LEAVES)))


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


@pytest.fixture
def signer(store: S3Store, settings: Settings) -> SigningKey:
    key = keyring.load(settings)
    assert key is not None
    return key


@pytest.fixture
def goal(store: S3Store, signer: SigningKey) -> bytes:
    """The last checkpoint of a log with a checkpoint after every second batch."""
    for n in range(BATCHES):
        log = Log(store, signer)
        log.append([unit(n)], 0)
        if n % 2:
            log.publish()
    held = store.checkpoint()
    assert held is not None
    return held[0]


def size_of(signed: bytes) -> int:
    return parse_checkpoint(parse(signed)).size


def go(store: S3Store, goal: bytes, pool: ThreadPoolExecutor, start: Position | None = None, least: int = 100) -> list[Stretch]:
    return list(follow.follow(store, start or Position(), goal, pool, least))


def replace(store: S3Store, key: str, data: bytes | None) -> None:
    at = {"Bucket": store.where.bucket, "Key": store.where.prefix + key}
    store.client.delete_object(**at) if data is None else store.client.put_object(**at, Body=data)


def test_stretches_hold_every_object_of_the_log_and_end_at_signed_checkpoints(
    store: S3Store, goal: bytes, pool: ThreadPoolExecutor
) -> None:
    found = go(store, goal, pool)
    assert len(found) >= 3
    assert found[-1].checkpoint == goal
    sizes = [stretch.end.size for stretch in found]
    assert all(after - before >= 100 for before, after in zip([0, *sizes], sizes[:-1], strict=False))
    assert [size_of(stretch.checkpoint) for stretch in found] == sizes
    made = {key: data for stretch in found for key, data in (*stretch.tiles.items(), *stretch.checkpoints.items())}
    made |= {keys.log_batch(batch.first): data for stretch in found for batch, data in stretch.batches}
    there = {key: store.get(key) for key in store.list("log/") if key != keys.CHECKPOINT and "/keys/" not in key}
    assert made == there
    assert [stretch.wrong for stretch in found] == [()] * len(found)


def test_going_on_from_where_a_copy_stands_gives_the_same(store: S3Store, goal: bytes, pool: ThreadPoolExecutor) -> None:
    whole = go(store, goal, pool)
    middle = whole[1].end
    rest = go(store, goal, pool, middle)
    assert [stretch.end for stretch in rest] == [stretch.end for stretch in whole[2:]]
    assert rest[-1].tiles == whole[-1].tiles
    assert follow.stands(store) == whole[-1].end
    assert go(store, goal, pool, whole[-1].end) == []


def test_a_checkpoint_on_the_way_that_is_wrong_is_named_and_passed_over(
    store: S3Store, goal: bytes, pool: ThreadPoolExecutor, signer: SigningKey
) -> None:
    kept = sorted(store.list("log/checkpoints/"))
    other = parse_checkpoint(parse(goal))
    replace(store, kept[2], bytes(sign(other.text(), [signer])))
    replace(store, kept[3], b"nothing of the kind")
    replace(store, keys.log_checkpoint(5), goal)  # where no batch ends
    found = go(store, goal, pool, least=1)
    told = {key: what for stretch in found for key, what in stretch.wrong}
    assert told.keys() == {kept[2], kept[3]}
    assert told[kept[2]] == f"says that it is of {other.size} leaves"
    assert told[kept[3]].startswith("is damaged")
    assert not {kept[2], kept[3], keys.log_checkpoint(5)} & {key for stretch in found for key in stretch.checkpoints}
    assert found[-1].end.size == other.size


def test_an_altered_leaf_is_never_given_away(store: S3Store, goal: bytes, pool: ThreadPoolExecutor) -> None:
    key = sorted(store.list("log/batches/"))[7]
    batch = load(store.get(key))
    leaves = batch.units[0].leaves
    forged = Unit((Leaf(leaves[0].kind, "f" * 64, leaves[0].key), *leaves[1:]))
    replace(store, key, dump(type(batch)(batch.first, (forged,))))
    seen = []
    with pytest.raises(Broken, match="has another root than the batches below it"):
        seen.extend(follow.follow(store, Position(), goal, pool, 1))
    given = {one.sha256 for stretch in seen for made, _ in stretch.batches for one in made.leaves}
    assert "f" * 64 not in given
    # What lies before it is right, and was given away: a checkpoint says so.
    assert max((stretch.end.size for stretch in seen), default=0) <= batch.first


@pytest.mark.parametrize("at", [0, 5])
def test_a_missing_batch_is_named(store: S3Store, goal: bytes, pool: ThreadPoolExecutor, at: int) -> None:
    key = sorted(store.list("log/batches/"))[at]
    replace(store, key, None)
    with pytest.raises(Broken, match=f"{key} is missing, and the checkpoint says {size_of(goal)} leaves"):
        go(store, goal, pool)


def test_a_batch_between_two_others_is_passed_over(store: S3Store, goal: bytes, pool: ThreadPoolExecutor) -> None:
    replace(store, keys.log_batch(30), b"planted")
    assert go(store, goal, pool)[-1].end.size == size_of(goal)


def test_a_log_signed_with_a_key_that_it_does_not_name(
    store: S3Store, goal: bytes, pool: ThreadPoolExecutor, signer: SigningKey
) -> None:
    forged = bytes(sign(parse(goal).text, [SigningKey(signer.name, b"k" * 32)]))
    with pytest.raises(Broken, match="is not signed with the key in force"):
        go(store, forged, pool)


def test_a_change_of_key_is_followed_if_the_old_key_signs_it(
    store: S3Store, goal: bytes, pool: ThreadPoolExecutor, signer: SigningKey
) -> None:
    new = SigningKey(signer.name, b"n" * 32)
    log = Log(store, new, signer)
    log.append([log.key_unit(new)], 0)
    changed = log.publish()
    log = Log(store, new)
    log.append([unit(99)], 0)
    log.publish()
    held = store.checkpoint()
    assert held is not None
    for start in (Position(), go(store, goal, pool)[-1].end):
        assert go(store, held[0], pool, start)[-1].end.signer == new.public
    kept = keys.log_checkpoint(changed.size)
    replace(store, kept, bytes(sign(changed.text(), [new])))
    with pytest.raises(Broken, match="changes the key, and is not signed with the one before it"):
        go(store, held[0], pool)


class TestWhereACopyStands:
    def test_nowhere_yet(self, store: S3Store) -> None:
        assert follow.stands(store) == Position()

    @pytest.mark.parametrize(
        ("prefix", "data", "why"),
        [
            ("log/tile/0/", b"x" * 32 * 40, "the tiles do not lead to log/checkpoint"),
            ("log/tile/0/", None, "is missing"),
            ("log/tile/entries/", b"\x00\x01x", "the last entry bundle is not what was logged"),
            ("log/keys/", None, "is missing"),
            ("log/checkpoint", b"half a note", "cannot be followed"),
        ],
    )
    def test_damage_is_told(self, store: S3Store, goal: bytes, prefix: str, data: bytes | None, why: str) -> None:
        last = f".p/{size_of(goal) % 256}" if "tile" in prefix else ""
        key = next(key for key in store.list(prefix) if key.endswith(last))
        replace(store, keys.CHECKPOINT if prefix == keys.CHECKPOINT else key, data)
        with pytest.raises(Broken, match=why):
            follow.stands(store)
