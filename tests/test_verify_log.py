"""archive.verify.log on a real S3 server: a log of two keys and a thousand leaves, and every one of its objects damaged."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from archive import keys
from archive.log import keyring, leaf, note
from archive.log.leaf import Leaf, Unit
from archive.log.merkle import Edge, leaf_hash
from archive.log.note import SigningKey
from archive.log.writer import Log
from archive.s3 import S3Store, init_archive
from archive.settings import from_environment
from archive.verify import tree
from archive.verify.finding import ALTERED, FORKED, MISSING, SWAPPED, TRUNCATED, UNLOGGED, WRONG_SIGNER, Finding
from archive.verify.log import Audited, audit
from archive.verify.shelf import sort_out
from tests.servers import Server

UNITS = (30, 90, 200, 1, 256, 100, 300)  # leaves of the units, a batch and a checkpoint each
ROTATED = 3  # after so many of them the key changes


def unit(name: str, leaves: int) -> Unit:
    return Unit(
        tuple(Leaf("act", hashlib.sha256(f"{name}{n}".encode()).hexdigest(), f"acts/{name}/{n}") for n in range(leaves))
    )


@dataclass
class Made:
    store: S3Store
    old: SigningKey
    new: SigningKey
    clean: dict[str, bytes]

    def put(self, key: str, data: bytes | None) -> None:
        place: Any = {"Bucket": self.store.where.bucket, "Key": self.store.where.prefix + key}
        if data is None:
            self.store.client.delete_object(**place)
        else:
            self.store.client.put_object(**place, Body=data)

    def undo(self) -> None:
        now = {key: self.store.get(key) for key in self.store.list("log/")}
        for key in now.keys() | self.clean.keys():
            if now.get(key) != self.clean.get(key):
                self.put(key, self.clean.get(key))

    def audit(self, **options: Any) -> Audited:
        return audit(self.store, trusted=[self.new.public], superseded=lambda _: True, **options)

    def found(self) -> list[tuple[str, str]]:
        return sorted((one.kind, one.key) for one in self.audit().report.findings)


@pytest.fixture(scope="module")
def whole(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in weed.environment().items():
            patch.setenv(name, value)
        state = tmp_path_factory.mktemp("log")
        settings = from_environment({"WARRAQ_STATE": str(state), "WARRAQ_BUCKET": f"s3://shared/{state.name}"})
        store = init_archive(settings, make_bucket=True)
        old = keyring.load(settings)
        assert old is not None
        new = SigningKey(old.name, bytes(range(32)))
        signer = old
        for number, leaves in enumerate(UNITS):
            if number == ROTATED:
                log = Log(store, new, old)
                log.append([log.key_unit(new)], log.mark())
                log.publish()
                signer = new
            log = Log(store, signer)
            log.append([unit(f"u{number}", leaves)], log.mark())
            log.publish()
        yield Made(store, old, new, {key: store.get(key) for key in store.list("log/")})


@pytest.fixture
def made(whole: Made) -> Iterator[Made]:
    yield whole
    whole.undo()


def test_a_log_that_is_as_it_should_be(whole: Made) -> None:
    found = whole.audit()
    assert (found.report.findings, found.report.unchecked) == ([], {})
    assert found.size == found.published == sum(UNITS) + 3
    assert found.report.counts == {"leaves": found.size, "batches": len(UNITS) + 1, "checkpoints": len(UNITS) + 2}
    assert [key.id for key in found.keys] == [whole.old.public.id, whole.new.public.id]
    newest = found.chain.newest
    assert newest is not None
    assert newest.checkpoint.root == found.roots[found.size]


def test_roots_at_any_size_are_those_of_the_entries_read_literally(whole: Made) -> None:
    found = whole.audit(wanted=range(1, sum(UNITS) + 4))
    edge = Edge()
    for n, entry in enumerate(entries(whole), 1):
        edge, _ = edge.extend([leaf_hash(entry)])
        assert found.roots[n] == edge.root, n


def entries(made: Made) -> Iterator[bytes]:
    for key in sorted(key for key in made.clean if key.startswith("log/batches/")):
        yield from (one.entry for one in leaf.load(made.clean[key]).leaves)


def flipped(data: bytes) -> bytes:
    """With a bit of the middle turned; in a note, such that it stays a note."""
    at = len(data) // 2
    turned = [bytes([data[at] ^ bit]) for bit in (4, 1, 2, 8)]
    return data[:at] + next((one for one in turned if one.isalnum()), turned[0]) + data[at + 1 :]


def part_of_the_log(key: str) -> bool:
    return not key.startswith("log/anchors/")


DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "a bit turned": flipped,
    "cut": lambda data: data[: len(data) * 2 // 3],
    "emptied": lambda _: b"",
    "removed": lambda _: None,
    "other bytes": lambda data: bytes(len(data)),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_every_object_of_the_log_is_named_alone_when_it_is_damaged(made: Made, name: str) -> None:
    """No damage to one object is laid at another's door, and none is told twice."""
    wrong = []
    for key, data in made.clean.items():
        made.put(key, DAMAGE[name](data))
        found = made.found()
        made.put(key, data)
        if found != [(kind_of(name, key, data), key)] and not spared(name, key, made):
            wrong.append((key, found))
    assert wrong == []


def kind_of(name: str, key: str, data: bytes) -> str:
    """What it is called: a batch or a checkpoint whose bytes are another length breaks off, and so does a shorter tile."""
    if name == "removed":
        return MISSING
    if name == "emptied":
        return ALTERED if key.startswith("log/keys/") else TRUNCATED
    if name == "cut" and not key.startswith("log/keys/"):
        return TRUNCATED
    if name == "a bit turned" and key.startswith("log/checkpoint"):
        return WRONG_SIGNER  # the middle of a note is its signature
    return ALTERED


def spared(name: str, key: str, made: Made) -> bool:
    """What cannot be noticed, or has another name by right: a kept checkpoint that is gone, unless something rests on it;
    a key object is checked against its leaf by who looks at the objects, and by the signatures."""
    if key.startswith("log/keys/"):
        return True
    kept = key.startswith("log/checkpoints/") and name == "removed"
    return kept and not key.endswith(f"{sum(UNITS) + 3:012}")


def test_two_tiles_exchanged_are_swapped(made: Made) -> None:
    one, other = keys.log_tile(0, 0, 256), keys.log_tile(0, 1, 256)
    made.put(one, made.clean[other])
    made.put(other, made.clean[one])
    assert made.found() == sorted([(SWAPPED, one), (SWAPPED, other)])


def test_two_batches_and_two_checkpoints_exchanged_are_swapped(made: Made) -> None:
    for folder in ("log/batches/", "log/checkpoints/"):
        one, other = sorted(key for key in made.clean if key.startswith(folder))[2:4]
        made.put(one, made.clean[other])
        made.put(other, made.clean[one])
        assert made.found() == sorted([(SWAPPED, one), (SWAPPED, other)])
        made.undo()


def told(data: bytes, change: Callable[[list[Any]], None]) -> bytes:
    """A batch that says something else of its first unit, well packed."""
    row = json.loads(gzip.decompress(data))
    change(row["units"][0])
    return gzip.compress(json.dumps(row).encode())


CHANGES: dict[str, Callable[[list[Any]], None]] = {
    "another digest": lambda unit: unit[0].__setitem__(1, "0" * 64),
    "another key": lambda unit: unit[0].__setitem__(2, "acts/forged"),
    "a leaf less": lambda unit: unit.pop(1),
    "a leaf less at its end": lambda unit: unit.pop(),
    "a leaf more": lambda unit: unit.append(["act", "0" * 64, "acts/forged"]),
    "leaves exchanged": lambda unit: unit.insert(0, unit.pop()),
    "a digest that is none": lambda unit: unit[0].__setitem__(1, "x"),
    "a kind of another type": lambda unit: unit[0].__setitem__(0, 7),
    "an endless kind": lambda unit: unit[0].__setitem__(0, "k" * 70_000),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_batch_that_says_something_else_is_altered(made: Made, name: str) -> None:
    key = keys.log_batch(122)  # of 200 leaves
    made.put(key, told(made.clean[key], CHANGES[name]))
    found = made.audit()
    kinds = [(one.kind, one.key) for one in found.report.findings]
    if name == "a leaf less at its end":  # it may as well have ended there, and the next one is gone
        assert kinds == [(MISSING, keys.log_batch(int(key[12:24]) + 199))]
        return
    assert kinds == [(ALTERED, key)]
    forged = hashlib.sha256(b"acts/forged").digest()[:16]
    assert forged not in found.objects
    assert len(found.orphans) >= 200 - 1, "what the batch said of is still known from the entries"


def test_a_key_leaf_of_a_damaged_batch_is_still_in_force(made: Made) -> None:
    key = next(
        key
        for key in made.clean
        if key.startswith("log/batches/") and b"log/keys/" in gzip.decompress(made.clean[key]) and int(key[12:24])
    )
    made.put(key, None)
    assert made.found() == [(MISSING, key)]


def test_what_no_log_has_is_added(made: Made) -> None:
    end = sum(UNITS) + 3
    strange = ["log/notes.txt", "log/batches/000000000005.json.gz", keys.log_tile(0, 77, 256), keys.log_tile("entries", 77, 3)]
    for key in strange:
        made.put(key, leaf.dump(leaf.Batch(5, (unit("forged", 2),))))
    assert made.found() == sorted((UNLOGGED, key) for key in strange)
    assert made.audit().size == end


def test_a_checkpoint_of_a_size_that_nothing_rests_on_ends_in_time(made: Made) -> None:
    """Nobody signed it; a loop up to its size would never end."""
    huge = note.Checkpoint(made.new.name, 10**15, bytes(32))
    for signer, kind in ((SigningKey(made.new.name, bytes(32)), WRONG_SIGNER), (made.new, MISSING)):
        made.put(keys.CHECKPOINT, bytes(note.sign(huge.text(), [signer])))
        found = made.audit()
        assert kind in {one.kind for one in found.report.findings}
        assert found.size == sum(UNITS) + 3
        made.undo()


def test_another_signed_root_at_an_old_size_is_a_fork(made: Made) -> None:
    key = sorted(key for key in made.clean if key.startswith("log/checkpoints/"))[-2]
    other = note.Checkpoint(made.new.name, int(key[-12:]), bytes(32))
    made.put(key, bytes(note.sign(other.text(), [made.new])))
    assert made.found() == [(FORKED, key)]


def test_a_key_that_the_one_before_did_not_sign_for(made: Made) -> None:
    """Somebody without the old key appends a leaf for their own and signs with it."""
    thief = SigningKey(made.new.name, bytes(reversed(range(32))))
    text = f"{thief.public}\n".encode()
    place = keys.log_key(thief.public.id)
    log = Log(made.store, None)
    made.put(place, text)
    size = log.mark()
    made.put(keys.log_batch(size), leaf.dump(leaf.Batch(size, (Unit((leaf.of_object("key", place, text),)),))))
    edge, tiles = Edge().extend([leaf_hash(one) for one in entries(made)])
    edge, tiles = edge.extend([leaf_hash(leaf.of_object("key", place, text).entry)])
    for tile, row in tiles.items():
        made.put(keys.log_tile(*tile), row)
    last = [*entries(made), leaf.of_object("key", place, text).entry][size // 256 * 256 :]
    made.put(keys.log_tile("entries", size // 256, len(last)), leaf.bundle(last))
    signed = bytes(note.sign(note.Checkpoint(thief.name, size + 1, edge.root).text(), [thief]))
    made.put(keys.log_checkpoint(size + 1), signed)
    made.put(keys.CHECKPOINT, signed)
    assert made.found() == [(WRONG_SIGNER, keys.CHECKPOINT), (WRONG_SIGNER, keys.log_checkpoint(size + 1))]


def test_a_checkpoint_of_the_log_that_was_cut_off_signs_in_no_key(made: Made) -> None:
    """The same with the log cut short before, and its last checkpoint left there: the old key did sign that one."""
    thief = SigningKey(made.new.name, bytes(reversed(range(32))))
    newest = note.parse(made.clean[keys.CHECKPOINT])
    sizes = sorted(int(key[-12:]) for key in made.clean if key.startswith("log/checkpoints/"))
    cut = sizes[-2]
    some = list(entries(made))[:cut]
    own = leaf.of_object("key", keys.log_key(thief.public.id), f"{thief.public}\n".encode())
    for key in made.clean:
        if key.startswith(("log/tile/", "log/batches/")) and (not key.startswith("log/batches/") or int(key[12:24]) >= cut):
            made.put(key, None)
    made.put(own.key, f"{thief.public}\n".encode())
    made.put(keys.log_batch(cut), leaf.dump(leaf.Batch(cut, (Unit((own,)),))))
    some.append(own.entry)
    for size in (*sizes[:-1], cut + 1):
        edge, tiles = Edge().extend(map(leaf_hash, some[:size]))
        for tile, row in tiles.items():
            made.put(keys.log_tile(*tile), row)
        for at in range(0, size, 256):
            piece = some[at : min(at + 256, size)]
            made.put(keys.log_tile("entries", at // 256, len(piece)), leaf.bundle(piece))
    signed = bytes(note.sign(note.Checkpoint(thief.name, cut + 1, edge.root).text(), [thief]))
    made.put(keys.log_checkpoint(cut + 1), signed)
    made.put(keys.CHECKPOINT, signed)
    made.put(keys.log_checkpoint(sizes[-1]), bytes(note.sign(newest.text, [thief, made.new])))
    assert made.found() == [(WRONG_SIGNER, keys.CHECKPOINT), (WRONG_SIGNER, keys.log_checkpoint(cut + 1))]


def test_a_log_that_knows_none_of_the_trusted_keys(whole: Made) -> None:
    stranger = SigningKey(whole.new.name, b"s" * 32)
    found = audit(whole.store, trusted=[stranger.public]).report.findings
    assert [(one.kind, one.key) for one in found] == [(WRONG_SIGNER, keys.CHECKPOINT)]


def test_an_altered_key_object_takes_no_checkpoint_with_it(made: Made) -> None:
    place = keys.log_key(made.old.public.id)
    made.put(place, f"{SigningKey(made.old.name, bytes(32)).public}\n".encode())
    report = made.audit().report
    assert report.findings == []  # the object is looked at with all others
    assert report.unchecked["signatures whose key is damaged or not in the log"] == ROTATED


def test_all_edited_to_agree_and_the_checkpoints_left_names_the_leaves_between(made: Made) -> None:
    key = sorted(key for key in made.clean if key.startswith("log/batches/"))[-1]
    first = int(key[12:24])
    changed = told(made.clean[key], CHANGES["another digest"])
    batches = [made.clean[one] for one in sorted(made.clean) if one.startswith("log/batches/") and one != key]
    all_entries = [one.entry for data in (*batches, changed) for one in leaf.load(data).leaves]
    _, tiles = Edge().extend([leaf_hash(one) for one in all_entries])
    for tile, row in tiles.items():
        made.put(keys.log_tile(*tile), row)
    for at in range(0, len(all_entries), 256):
        some = all_entries[at : at + 256]
        made.put(keys.log_tile("entries", at // 256, len(some)), leaf.bundle(some))
    made.put(key, changed)
    found = made.audit()
    assert [(one.kind, one.key) for one in found.report.findings] == [(ALTERED, key)]
    assert f"{first} to {sum(UNITS) + 2}" in found.report.findings[0].what
    assert first not in found.batches, "nothing is held against leaves that nobody signed"


def test_a_batch_and_its_bundle_gone_are_known_by_the_tile_alone(made: Made) -> None:
    batch, bundle = keys.log_batch(122), keys.log_tile("entries", 0, 256)
    made.put(batch, None)
    made.put(bundle, None)
    found = made.audit()
    assert sorted((one.kind, one.key) for one in found.report.findings) == [(MISSING, batch), (MISSING, bundle)]
    assert found.roots[found.size] == made.audit().roots[found.size]


def test_damage_of_every_copy_of_some_leaves_is_told_and_nothing_is_invented(made: Made) -> None:
    gone = [keys.log_batch(122), keys.log_tile("entries", 0, 256), keys.log_tile(0, 0, 256)]
    partial = [key for key in made.clean if ".p/" in key and "/000.p/" in key and "/tile/1/" not in key]
    for key in (*gone, *partial):
        made.put(key, None)
    found = made.audit()
    assert set(gone) <= {one.key for one in found.report.findings}
    assert {one.kind for one in found.report.findings} == {MISSING}
    assert found.roots[found.size] == hashlib_root(made)


def hashlib_root(made: Made) -> bytes:
    return Edge().extend(leaf_hash(one) for one in entries(made))[0].root


def test_growing_in_rows_gives_the_tiles_that_a_writer_makes() -> None:
    hashes = [hashlib.sha256(str(n).encode()).digest() for n in range(256 * 256 + 300)]
    edge, tiles = Edge().extend(hashes)
    grown, upper = tree.Growing(), dict[tuple[int, int], bytes]()
    for at in range(0, len(hashes) - 255, 256):
        row = b"".join(hashes[at : at + 256])
        upper |= dict(grown.push(tree.top(row)))
    rest = b"".join(hashes[len(hashes) // 256 * 256 :])
    upper |= dict(grown.rest())
    assert grown.root(tree.levels(rest), len(rest) // 32) == edge.root
    widest = {(level, number): row for (level, number, _), row in tiles.items() if level}
    assert upper == widest


def test_keys_of_a_log_are_told_apart() -> None:
    shelf = sort_out(
        [
            "log/checkpoint",
            "log/batches/000000000256.json.gz",
            "log/batches/000000000000.json.gz",
            "log/batches/12.json.gz",
            keys.log_tile(0, 1234067, 256),
            keys.log_tile("entries", 1234067, 9),
            "log/tile/0/x001/999/000",
            "log/tile/0/000.p/256",
            "log/checkpoints/000000000005",
            "log/keys/0a1b2c3d",
            "log/anchors/000000000005/abc.tsr",
        ]
    )
    assert (shelf.batches, shelf.checkpoints, shelf.keys) == ([0, 256], [5], ["log/keys/0a1b2c3d"])
    assert dict(shelf.tiles) == {(0, 1234067): [256], (-1, 1234067): [9]}
    assert dict(shelf.anchors) == {5: ["abc.tsr"]}
    assert shelf.strangers == ["log/batches/12.json.gz", "log/tile/0/x001/999/000", "log/tile/0/000.p/256"]


def test_a_finding_names_its_object_and_what_to_do(made: Made) -> None:
    made.put(keys.log_tile(0, 0, 256), None)
    (one,) = made.audit().report.findings
    assert isinstance(one, Finding)
    assert str(one).startswith(f"missing: {keys.log_tile(0, 0, 256)}: ")
    assert "second copy" in one.remedy
