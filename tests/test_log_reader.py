from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from archive import keys
from archive.errors import Broken
from archive.log import keyring, leaf, merkle
from archive.log.leaf import Leaf, Unit
from archive.log.note import Checkpoint
from archive.log.reader import Tree
from archive.log.writer import Log, published
from archive.s3 import S3Store
from archive.settings import Settings
from tests import rfc6962

ENTRIES = [f"act {hashlib.sha256(b'%d' % n).hexdigest()} {n:032x}".encode() for n in range(66_100)]


class Held:
    """Objects by key: what `Tree` needs of a store, to try many sizes."""

    def __init__(self, size: int) -> None:
        edge, tiles = merkle.Edge().extend(map(merkle.leaf_hash, ENTRIES[:size]))
        self.objects = {keys.log_tile(*tile): row for tile, row in tiles.items()}
        for at in range(0, size, 256):
            some = ENTRIES[at : min(at + 256, size)]
            self.objects[keys.log_tile("entries", at // 256, len(some))] = leaf.bundle(some)
        self.checkpoint = Checkpoint("warraq/test", size, edge.root)

    def get(self, key: str) -> bytes:
        return self.objects[key]

    @property
    def tree(self) -> Tree:
        return Tree(self, self.checkpoint)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 700, 1024])
class TestAsTheRfcSaysIt:
    def test_proofs_of_inclusion(self, size: int) -> None:
        tree, some = Held(size).tree, ENTRIES[:size]
        for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
            assert tree.inclusion(index) == rfc6962.path(index, some)
            assert tree.leaf_hash(index) == rfc6962.root([some[index]])

    def test_proofs_of_consistency_and_older_roots(self, size: int) -> None:
        tree, some = Held(size).tree, ENTRIES[:size]
        assert tree.root() == rfc6962.root(some)
        for old in {0, 1, 3, 128, 255, 256, 300, size - 1, size} & set(range(size + 1)):
            assert tree.consistency(old) == rfc6962.proof(old, some)
            assert tree.root(old) == rfc6962.root(some[:old])
            if old:
                found = rfc6962.roots_of(old, size, tree.consistency(old), tree.root(old))
                assert found == (tree.root(old), tree.root())

    def test_entries(self, size: int) -> None:
        tree = Held(size).tree
        read = [entry for number in range(-(-size // 256)) for entry in tree.entries(number)]
        assert read == ENTRIES[:size]


@pytest.fixture(scope="module")
def held() -> Held:
    return Held(66_100)


def test_three_levels_of_tiles() -> None:
    size = len(ENTRIES)
    tree = Held(size).tree
    for index in (0, 65_535, 65_536, size - 1):
        assert tree.inclusion(index) == rfc6962.path(index, ENTRIES)
    for old in (1, 65_535, 65_536, 66_000):
        assert tree.consistency(old) == rfc6962.proof(old, ENTRIES)
    assert tree.entries(255) == ENTRIES[65_280:65_536]


def test_beyond_the_end() -> None:
    tree = Held(300).tree
    for ask in (
        lambda: tree.inclusion(300),
        lambda: tree.inclusion(-1),
        lambda: tree.consistency(301),
        lambda: tree.entries(2),
        lambda: tree.entries(-1),
        lambda: tree.root(301),
    ):
        with pytest.raises(IndexError):
            ask()


class TestEveryEditIsSeen:
    """66,100 leaves have tiles of every sort: full and partial, on three levels."""

    @pytest.mark.parametrize(
        ("key", "index"),
        [("log/tile/0/000", 5), ("log/tile/0/258.p/52", 66_099), ("log/tile/1/000", 5), ("log/tile/1/001.p/2", 66_000)],
    )
    def test_a_tile(self, held: Held, key: str, index: int) -> None:
        whole = held.objects[key]
        for changed in (
            bytes([whole[0] ^ 1]) + whole[1:],
            whole[:-1] + bytes([whole[-1] ^ 128]),
            whole[:-32],
            whole + whole[:32],
        ):
            held.objects[key] = changed
            with pytest.raises(Broken, match=key):
                held.tree.inclusion(index)
        del held.objects[key]
        with pytest.raises(Broken, match=f"{key} is missing"):
            held.tree.inclusion(index)
        held.objects[key] = whole

    def test_an_entry(self, held: Held) -> None:
        key = "log/tile/entries/003"
        whole = held.objects[key]
        other = leaf.unbundle(whole)
        other[7] = other[8]
        for changed, why in (
            (leaf.bundle(other), f"{key}: the entry of leaf 775 is not what was logged"),
            (leaf.bundle(other[:-1]), "255 entries"),
            (whole[:-1], f"{key}: .*breaks off"),
        ):
            held.objects[key] = changed
            with pytest.raises(Broken, match=why):
                held.tree.entries(3)
        held.objects[key] = whole
        assert held.tree.entries(3) == leaf.unbundle(whole)

    def test_the_checkpoint(self, held: Held) -> None:
        other = Checkpoint(held.checkpoint.origin, held.checkpoint.size, bytes(32))
        for ask in (lambda t: t.inclusion(0), lambda t: t.consistency(9), lambda t: t.entries(0), lambda t: t.root()):
            with pytest.raises(Broken, match="checkpoint of 66100 leaves does not follow"):
                ask(Tree(held, other))  # type: ignore[arg-type]


def test_a_log_in_a_bucket(store: S3Store, settings: Settings, tmp_path: Path) -> None:
    """What the writer wrote, read as of its newest checkpoint and as of each one before."""
    for number in range(3):
        log = Log(store, keyring.load(settings))
        mark = log.mark()
        some = range(number * 200, number * 200 + 200)
        log.append([Unit((Leaf("act", hashlib.sha256(b"%d" % n).hexdigest(), f"acts/{n}"),)) for n in some], mark)
        log.publish()
    newest = published(store)
    assert newest is not None
    tree = Tree(store, newest.checkpoint)
    entries = [entry for number in range(3) for entry in tree.entries(number)]
    assert len(entries) == tree.size == 602
    for old in (202, 402, 602):
        assert rfc6962.root(entries[:old]) == tree.root(old)
        assert Tree(store, Checkpoint(newest.checkpoint.origin, old, tree.root(old))).inclusion(201) == rfc6962.path(
            201, entries[:old]
        )
