"""archive.log.writer on a real S3 server: many at once, answers lost, workers that die between any two puts, tampering."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from archive import keys
from archive.errors import BadRecord, Broken, Conflict, Refused
from archive.log import keyring, leaf, note
from archive.log.leaf import MOST, Leaf, Unit
from archive.log.note import SigningKey
from archive.log.writer import Log, published, walk
from archive.s3 import S3Store, connect
from archive.settings import Settings
from tests.log_audit import audit
from tests.servers import Relay, Server


def unit(name: str, leaves: int = 3) -> Unit:
    return Unit(
        tuple(Leaf("act", hashlib.sha256(f"{name} {n}".encode()).hexdigest(), f"acts/{name}/{n}") for n in range(leaves))
    )


def name_of(one: Unit) -> str:
    return one.leaves[0].key


@pytest.fixture
def signer(settings: Settings, store: S3Store) -> SigningKey:
    found = keyring.load(settings)
    assert found is not None
    return found


def put_in(store: Any, signer: SigningKey | None, *units: Unit, since: int | None = None) -> int:
    """Append and publish, as a step does; the leaves that were new."""
    log = Log(store, signer)
    done = log.append(units, log.mark() if since is None else since)
    log.publish()
    return done.new


class Watched:
    """A store that counts what it is asked for, and calls `at` before each; what it returns afterwards is called after it."""

    def __init__(self, store: S3Store, at: Callable[[int, str, str], Callable[[], None] | None] = lambda *_: None) -> None:
        self.store, self.at = store, at
        self.asked: list[tuple[str, str]] = []

    def _do(self, what: str, key: str, work: Callable[[], Any]) -> Any:
        self.asked.append((what, key))
        after = self.at(len(self.asked), what, key)
        answer = work()
        if after:
            after()
        return answer

    def put(self, key: str, data: bytes) -> bool:
        return self._do("put", key, lambda: self.store.put(key, data))

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        return self._do("get", key, lambda: self.store.get(key, start, length))

    def checkpoint(self) -> tuple[bytes, str] | None:
        return self._do("get", keys.CHECKPOINT, self.store.checkpoint)

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        return self._do("publish", keys.CHECKPOINT, lambda: self.store.publish(checkpoint, tag))

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        return self._do("list", prefix, lambda: self.store.list(prefix, after))

    def clock(self) -> datetime:
        return self.store.clock()


# What a log is


def test_a_log_begins_with_its_archive_and_its_key(store: S3Store, signer: SigningKey) -> None:
    assert published(store) is None
    assert Log(store, signer).mark() == 0
    assert put_in(store, signer, unit("a")) == 5
    found = audit(store)
    assert list(found.units) == ["meta/archive.json", keys.log_key(signer.public.id), "acts/a/0"]
    assert (found.size, found.checkpoints, found.unsigned) == (5, [5], 0)
    held = published(store)
    assert held is not None
    assert held.note.signed_by(signer.public)
    assert store.get(keys.log_key(signer.public.id)).decode() == f"{signer.public}\n"


def test_it_grows_past_every_kind_of_tile(store: S3Store, signer: SigningKey) -> None:
    sizes = [5]
    put_in(store, signer, unit("a"))
    for n, leaves in enumerate((1, 249, 1, 1, 254, 1, 256, 512, 300)):
        put_in(store, signer, unit(f"{n}", leaves))
        sizes.append(sizes[-1] + leaves)
    found = audit(store)
    assert found.checkpoints == sizes
    assert found.duplicates == []


def test_nothing_new_changes_nothing(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"), unit("b"))
    before = sorted(store.list("log/"))
    assert put_in(store, signer, unit("a"), since=0) == 0
    assert put_in(store, signer, unit("b"), unit("a"), since=0) == 0
    assert put_in(store, signer) == 0
    assert sorted(store.list("log/")) == before


def test_units_known_and_new_together(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"), unit("b"))
    assert put_in(store, signer, unit("a"), unit("c"), unit("c"), unit("b"), unit("d"), since=0) == 6
    found = audit(store)
    assert (found.duplicates, found.size) == ([], 2 + 4 * 3)


def test_more_than_a_batch_holds_is_split_between_units(store: S3Store, signer: SigningKey) -> None:
    many = [unit(f"{n}", 3000) for n in range(4)]
    assert put_in(store, signer, *many) == 12_002
    assert [len(list(batch.leaves)) for batch in walk(store, 0)] == [6002, 6000]
    assert 6002 < MOST < 9000
    found = audit(store)
    assert (found.duplicates, found.checkpoints) == ([], [12_002])


# Many at once


def test_threads(store: S3Store, signer: SigningKey) -> None:
    def work(worker: int) -> list[int]:
        sizes = []
        for n in range(6):
            log = Log(store, signer)
            end = log.append([unit(f"{worker}-{n}", 1 + worker)], log.mark()).end
            made = log.publish()
            assert made.size >= end
            held = published(store)
            assert held is not None
            assert held.size >= made.size
            sizes.append(held.size)
        return sizes

    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(work, range(8)))
    for sizes in seen:
        assert sizes == sorted(set(sizes))  # a checkpoint only grows
    found = audit(store)
    assert (len(found.units), found.duplicates, found.unsigned) == (50, [], 0)
    assert found.size == 2 + 6 * sum(range(1, 9))


def _process(settings: Settings, signer: SigningKey, worker: int) -> None:
    store = connect(settings)
    for n in range(5):
        put_in(store, signer, unit(f"{worker}-{n}"))
        assert put_in(store, signer, unit(f"{worker}-{n}"), since=0) == 0


def test_processes(store: S3Store, settings: Settings, signer: SigningKey) -> None:
    fork = multiprocessing.get_context("fork")
    workers = [fork.Process(target=_process, args=(settings, signer, n)) for n in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(120)
    assert [one.exitcode for one in workers] == [0] * 4
    found = audit(store)
    assert (len(found.units), found.duplicates, found.unsigned) == (22, [], 0)


def test_two_workers_with_the_same_unit(store: S3Store, signer: SigningKey) -> None:
    """As after a lease that ran out: both go on."""
    put_in(store, signer, unit("a"))
    with ThreadPoolExecutor(6) as pool:
        new = list(pool.map(lambda _: put_in(store, signer, unit("same"), since=5), range(6)))
    assert sorted(new) == [0, 0, 0, 0, 0, 3]
    assert audit(store).duplicates == []


def test_a_unit_that_somebody_logged_without_its_other_leaves_is_told(store: S3Store, signer: SigningKey) -> None:
    """Its first leaf alone: the others would never be in the log."""
    put_in(store, signer, unit("a"))
    whole = unit("b")
    done = Log(store, signer).append([Unit(whole.leaves[:1])], 5)
    again = Log(store, signer).append([whole], 5)
    assert (done.differing, again.differing, again.new) == ((), (whole.key,), 0)


def test_others_get_in_between_any_two_requests(store: S3Store, signer: SigningKey) -> None:
    """Before each request of an append, another worker appends and publishes."""
    put_in(store, signer, unit("a", 250))
    for n in range(1, 100):

        def other(number: int, what: str, key: str, n: int = n) -> None:
            if number == n:
                put_in(store, signer, unit(f"other-{n}"))

        watched = Watched(store, other)
        log = Log(watched, signer)
        mark = log.mark()
        done = log.append([unit(f"mine-{n}")], mark)
        assert done.new == 3
        assert log.publish().size >= done.end
        if len(watched.asked) < n:
            break
    else:
        raise AssertionError("no append ends")
    assert n > 8
    found = audit(store)
    assert (found.duplicates, found.unsigned) == ([], 0)
    assert {f"acts/{who}-{i}/0" for who in ("mine", "other") for i in range(1, n)} <= set(found.units)


def test_the_checkpoint_of_somebody_who_came_later_covers_ours(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    log = Log(store, signer)
    log.append([unit("first")], log.mark())
    put_in(store, signer, unit("later"))
    assert log.publish().size == 11
    assert Log(store, signer).mark() == 11
    assert audit(store).unsigned == 0


def test_a_checkpoint_of_somebody_who_came_before_is_moved_on(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    before = Log(store, signer)
    before.append([unit("before")], before.mark())

    def overtake(_: int, what: str, __: str) -> None:
        if what == "publish" and not overtaken:
            overtaken.append(before.publish().size)

    overtaken: list[int] = []
    watched = Watched(store, overtake)
    log = Log(watched, signer)
    log.append([unit("mine")], log.mark())
    made = log.publish()
    assert (overtaken, made.size) == ([8], 11)
    puts = [key for what, key in watched.asked if what == "put"]
    assert len(puts) == len(set(puts))  # what was put for the first try is not put for the second
    found = audit(store)
    assert (found.checkpoints, found.unsigned) == ([5, 8, 11], 0)


# Answers that are lost, workers that die


def test_an_answer_may_be_lost_anywhere(
    store: S3Store, settings: Settings, signer: SigningKey, weed: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_in(store, signer, unit("a", 250))
    with Relay(weed.endpoint) as relay:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", relay.endpoint)
        relayed = connect(settings)
        for n in range(40):
            before = len(relay.seen)
            relay.faults.extend([""] * n + ["lose the answer"])
            assert put_in(relayed, signer, unit(f"{n}", 30)) in (0, 30)  # whether it was new is not known then
            if relay.faults:
                break
        relay.faults.clear()
        assert 8 < n < 39
        assert len(relay.seen) - before <= 12
    found = audit(store)
    assert (found.duplicates, found.unsigned) == ([], 0)
    assert {f"acts/{i}/0" for i in range(n)} <= set(found.units)


class Died(Exception):
    pass


@pytest.mark.parametrize("after", [False, True], ids=["before a request", "after it"])
@pytest.mark.parametrize("start", [3, 250, 252], ids=["few", "a tile fills", "a tile is full"])
def test_a_worker_may_die_at_any_request(store: S3Store, signer: SigningKey, after: bool, start: int) -> None:
    """Another one appends then; and the first is tried again, from the size that it saw at first."""
    put_in(store, signer, unit("a", start))
    for n in range(1, 100):

        def die(number: int, what: str, key: str, n: int = n) -> Callable[[], None] | None:
            def now() -> None:
                raise Died

            if number == n and not after:
                now()
            return now if number == n else None

        log = Log(store, signer)
        mark = log.size()
        try:
            put_in(Watched(store, die), signer, unit(f"mine-{n}"), since=mark)
        except Died:
            put_in(store, signer, unit(f"other-{n}"))
            put_in(store, signer, unit(f"mine-{n}"), since=mark)
        else:
            break
    assert 7 <= n < 99
    found = audit(store)
    assert (found.duplicates, found.unsigned) == ([], 0)
    assert {f"acts/{who}-{i}/0" for who in ("mine", "other") for i in range(1, n)} <= set(found.units)


def test_what_a_dead_worker_left_unsigned_is_signed_by_whoever_comes_next(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    log = Log(store, signer)
    log.append([unit("left")], log.mark())
    assert (Log(store, signer).mark(), Log(store, signer).size()) == (5, 8)
    assert put_in(store, signer) == 0
    assert audit(store).checkpoints == [5, 8]


# What must not be signed


def overwrite(store: S3Store, key: str, data: bytes) -> None:
    """What Warraq never does."""
    store.client.put_object(Bucket=store.where.bucket, Key=store.where.prefix + key, Body=data)


def remove(store: S3Store, key: str) -> None:
    store.client.delete_object(Bucket=store.where.bucket, Key=store.where.prefix + key)


def refused(store: S3Store, signer: SigningKey, kind: type[Exception], match: str, since: int | None = None) -> None:
    """An append is refused by that error, and checkpoints and tiles are as before."""
    before = [key for key in sorted(store.list("log/")) if not key.startswith("log/batches/")]
    said = store.checkpoint()
    with pytest.raises(kind, match=match):
        put_in(store, signer, unit("more"), since=since)
    assert [key for key in sorted(store.list("log/")) if not key.startswith("log/batches/")] == before
    assert store.checkpoint() == said


EDGE = ["log/tile/entries/001.p/46", "log/tile/1/000.p/1"]  # of 302 leaves, what an append reads


@pytest.mark.parametrize("key", EDGE)
@pytest.mark.parametrize("how", ["edited", "shorter", "missing", "of another size"])
def test_an_edge_that_was_tampered_with_is_not_built_on(store: S3Store, signer: SigningKey, key: str, how: str) -> None:
    put_in(store, signer, unit("a", 300))
    data = bytearray(store.get(key))
    if how == "missing":
        remove(store, key)
    else:
        data[-1] ^= 1
        overwrite(store, key, {"edited": bytes(data), "shorter": bytes(data[:-1]), "of another size": b""}[how])
    refused(store, signer, Broken, key)


def test_an_edited_entry_is_not_carried_on_into_the_full_bundle(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a", 200))
    key = "log/tile/entries/000.p/202"
    entries = leaf.unbundle(store.get(key))
    overwrite(store, key, leaf.bundle([*entries[:7], entries[8], *entries[8:]]))
    with pytest.raises(Broken, match=key):
        put_in(store, signer, unit("b", 100))
    assert "log/tile/entries/000" not in set(store.list("log/tile/entries/"))


def test_a_tile_in_the_way_is_not_taken_for_ours(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    store.put("log/tile/0/000.p/8", bytes(32 * 8))
    with pytest.raises(Conflict, match=r"log/tile/0/000\.p/8"):
        put_in(store, signer, unit("b"))
    assert published(store).size == 5  # type: ignore[union-attr]


def test_a_gap_below_the_checkpoint(store: S3Store, signer: SigningKey) -> None:
    for name in "abc":
        put_in(store, signer, unit(name))
    remove(store, keys.log_batch(5))
    refused(store, signer, Broken, keys.log_batch(5), since=0)
    assert keys.log_batch(5) not in set(store.list("log/batches/"))  # nothing was claimed in its place


def test_a_log_that_was_longer_when_the_plan_was_made(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    log = Log(store, signer)
    log.append([unit("b")], log.mark())
    since = Log(store, signer).size()
    remove(store, keys.log_batch(5))
    refused(store, signer, Broken, keys.log_batch(5), since=since)


def test_a_batch_that_is_not_where_it_says(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    store.put(keys.log_batch(5), leaf.dump(leaf.Batch(4, (unit("b"),))))
    refused(store, signer, Broken, "begins at leaf 4")
    overwrite(store, keys.log_batch(5), b"no batch")
    refused(store, signer, BadRecord, keys.log_batch(5))


def test_a_checkpoint_that_goes_back_while_we_work(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    older = store.checkpoint()
    assert older is not None
    put_in(store, signer, unit("b"))
    log = Log(store, signer)
    log.append([unit("c")], log.mark())
    overwrite(store, keys.CHECKPOINT, older[0])
    with pytest.raises(Broken, match="rolled back"):
        log.publish()


def test_a_store_that_contradicts_itself_ends_the_append(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))

    class Contrary(Watched):
        def put(self, key: str, data: bytes) -> bool:
            self.asked.append(("put", key))
            return False

    contrary = Contrary(store)
    log = Log(contrary, signer)
    with pytest.raises(Broken, match="is taken, and is not there"):
        log.append([unit("b")], log.mark())
    assert len(contrary.asked) < 12


# Keys


def test_a_machine_without_a_key(store: S3Store, signer: SigningKey) -> None:
    with pytest.raises(Refused, match="no key to sign"):
        put_in(store, None, unit("a"))
    assert list(store.list("log/")) == []
    put_in(store, signer, unit("a"))
    log = Log(store, None)
    assert (log.mark(), log.size()) == (5, 5)
    with pytest.raises(Refused, match="no key to sign"):
        log.publish()


def test_another_key(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    other = SigningKey(signer.name, hashlib.sha256(b"another").digest())
    refused(store, other, Refused, "not signed by the key of this machine")
    assert Log(store, None).size() == 5
    log = Log(store, other)
    for ask in (log.mark, log.size, log.publish, lambda: log.append([unit("b")], 5), log.mark):  # also when asked again
        with pytest.raises(Refused, match="not signed by the key of this machine"):
            ask()
    assert Log(store, None).size() == 5


def test_the_key_of_another_archive(store: S3Store, signer: SigningKey) -> None:
    stranger = keyring.new_key("f" * 32)
    refused(store, stranger, Refused, "this archive is")
    assert list(store.list("log/")) == []
    put_in(store, signer, unit("a"))
    refused(store, stranger, Refused, "the key of this machine signs")


def test_two_new_machines_with_a_key_each(store: S3Store, signer: SigningKey) -> None:
    """The first batch says whose log it is, signed or not."""
    Log(store, signer).append([unit("a")], 0)
    other = SigningKey(signer.name, hashlib.sha256(b"another").digest())
    refused(store, other, Refused, "another key")
    assert Log(store, None).size() == 5


def test_a_change_of_key_is_signed_by_both_once(store: S3Store, signer: SigningKey) -> None:
    put_in(store, signer, unit("a"))
    new = SigningKey(signer.name, hashlib.sha256(b"the next").digest())
    for _ in range(2):  # cut short before it could sign, and tried again
        log = Log(store, new, signer)
        log.append([log.key_unit(new)], log.mark())
    refused(store, signer, Refused, "another key")  # who comes between the two
    Log(store, new, signer).publish()
    put_in(store, new, unit("b"))
    log = Log(store, new, signer)  # and once more, afterwards
    log.append([log.key_unit(new), unit("c")], 0)
    log.publish()
    refused(store, signer, Refused, "not signed by the key of this machine")
    found = audit(store)
    assert found.duplicates == []
    signers = [
        [one.key_id for one in note.parse(store.get(keys.log_checkpoint(size))).signatures] for size in found.checkpoints
    ]
    assert signers == [[signer.public.id], [new.public.id, signer.public.id], [new.public.id], [new.public.id]]


# What it costs


@pytest.mark.parametrize(("start", "asked"), [(3, 7), (250, 10), (509, 11)])
def test_requests_of_an_append(store: S3Store, signer: SigningKey, start: int, asked: int) -> None:
    put_in(store, signer, unit("a", start))
    watched = Watched(store)
    assert put_in(watched, signer, unit("b", 250)) == 250
    assert len(watched.asked) == asked, watched.asked
