"""archive.log.merkle against RFC 6962 read literally: recursive definitions that share no line with it, and known vectors."""

from __future__ import annotations

import hashlib
import random
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.log import merkle
from archive.log.merkle import Edge, TileId, Tiles

# RFC 6962 §2.1, word for word.


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def below(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


class Naive:
    """A tree over entries, by the definitions."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries
        self.mth = lru_cache(maxsize=None)(self._mth)

    def _mth(self, low: int, high: int) -> bytes:
        if high == low:
            return sha256(b"")
        if high - low == 1:
            return sha256(b"\x00" + self.entries[low])
        k = below(high - low)
        return sha256(b"\x01" + self.mth(low, low + k) + self.mth(low + k, high))

    def path(self, m: int, low: int, high: int) -> list[bytes]:
        if high - low == 1:
            return []
        k = below(high - low)
        if m < k:
            return [*self.path(m, low, low + k), self.mth(low + k, high)]
        return [*self.path(m - k, low + k, high), self.mth(low, low + k)]

    def subproof(self, m: int, low: int, high: int, whole: bool) -> list[bytes]:
        if m == high - low:
            return [] if whole else [self.mth(low, high)]
        k = below(high - low)
        if m <= k:
            return [*self.subproof(m, low, low + k, whole), self.mth(low + k, high)]
        return [*self.subproof(m - k, low + k, high, False), self.mth(low, low + k)]


def tree(entries: list[bytes], cuts: list[int] | None = None) -> tuple[Edge, dict[TileId, bytes]]:
    """The edge and all tiles ever written, the entries appended in pieces that end at `cuts`."""
    edge, tiles, at = Edge(), dict[TileId, bytes](), 0
    for cut in [*(cuts or []), len(entries)]:
        edge, new = edge.extend(merkle.leaf_hash(entry) for entry in entries[at:cut])
        for tile, row in new.items():
            assert tiles.setdefault(tile, row) == row  # a tile never changes
        at = cut
    return edge, tiles


def some(count: int) -> list[bytes]:
    return [b"entry %d" % n for n in range(count)]


ALL = 300
NAIVE = Naive(some(ALL))
TILES = {size: tree(some(size), list(range(size)))[1] for size in (ALL,)}[ALL]  # leaf by leaf: every partial tile


def test_roots_of_all_sizes_however_they_came_about() -> None:
    edge = Edge()
    for size in range(ALL + 1):
        assert edge.size == size
        assert edge.root == NAIVE.mth(0, size)
        assert merkle.load_edge(size, TILES.__getitem__) == Edge(size, edge.rows[: len(merkle.edge_tiles(size))])
        assert Tiles(size, TILES.__getitem__).root() == NAIVE.mth(0, size)
        edge = edge.extend([merkle.leaf_hash(b"entry %d" % size)])[0]


def places(size: int) -> set[int]:
    """All of a small tree, of a larger one its ends and some of what lies between."""
    if size <= 130:
        return set(range(size))
    return {
        0,
        1,
        size // 2,
        size - 2,
        size - 1,
        *random.Random(size).sample(range(size), 16),
        *(one for one in (255, 256) if one < size),
    }


def test_inclusion_proofs_of_every_tree_up_to_300() -> None:
    for size in range(1, ALL + 1):
        held, root = Tiles(size, TILES.__getitem__), NAIVE.mth(0, size)
        for index in places(size):
            path = merkle.inclusion(index, held)
            assert path == NAIVE.path(index, 0, size)
            assert merkle.included(index, size, NAIVE.mth(index, index + 1), path, root)


def test_consistency_proofs_of_every_tree_up_to_300() -> None:
    for size in range(ALL + 1):
        held, root = Tiles(size, TILES.__getitem__), NAIVE.mth(0, size)
        for old in {*places(size), size}:
            path = merkle.consistency(old, held)
            assert path == (NAIVE.subproof(old, 0, size, True) if old else [])
            assert merkle.consistent(old, size, NAIVE.mth(0, old), root, path)


BIG = Naive(some(66_200))


@pytest.fixture(scope="module")
def big() -> dict[TileId, bytes]:
    cuts = sorted({255, 256, 257, 511, 512, 65_279, 65_280, 65_281, 65_535, 65_536, 65_537, 65_791, 65_792, 66_047, 66_048})
    return tree(BIG.entries, cuts)[1]


def test_sizes_around_the_places_where_levels_fill(big: dict[TileId, bytes]) -> None:
    rng = random.Random(6962)
    sizes = [255, 256, 257, 511, 512, 65_279, 65_280, 65_281, 65_535, 65_536, 65_537, 65_791, 65_792, 66_047, 66_048, 66_200]
    for size in sizes:
        held, root = Tiles(size, big.__getitem__), BIG.mth(0, size)
        assert held.root() == root
        assert merkle.load_edge(size, big.__getitem__).root == root
        indexes = {0, 1, 254, size - 1, size // 2, *(rng.randrange(size) for _ in range(12))}
        for index in indexes & set(range(size)):
            path = merkle.inclusion(index, held)
            assert path == BIG.path(index, 0, size)
            assert merkle.included(index, size, BIG.mth(index, index + 1), path, root)
        for old in {1, 255, size - 1, *(one for one in sizes if one < size), *(rng.randrange(1, size) for _ in range(12))}:
            path = merkle.consistency(old, held)
            assert path == BIG.subproof(old, 0, size, True)
            assert merkle.consistent(old, size, BIG.mth(0, old), root, path)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_an_edge_is_the_same_whatever_pieces_it_grew_by(data: st.DataObject) -> None:
    """Few different entries, so that rows repeat; every size on the way has all its tiles."""
    size = data.draw(st.integers(0, 1100))
    letters = data.draw(st.integers(1, 3))
    entries = [b"%d" % (n * n % letters) for n in range(size)]
    cuts = sorted(data.draw(st.lists(st.integers(0, size), max_size=6)))
    edge, tiles = tree(entries, cuts)
    assert edge.root == Naive(entries).mth(0, size)
    for cut in [*cuts, size]:
        assert merkle.load_edge(cut, tiles.__getitem__).root == Naive(entries).mth(0, cut)
        assert Tiles(cut, tiles.__getitem__).root() == Naive(entries).mth(0, cut)


def test_a_row_that_repeats_is_another_tile() -> None:
    """257 equal leaves after one: the partial row holds the same bytes and is the next tile."""
    edge, _ = Edge().extend([merkle.leaf_hash(b"x")])
    _, tiles = edge.extend([merkle.leaf_hash(b"x")] * 256)
    assert (0, 1, 1) in tiles


def test_known_vectors() -> None:
    """Those of Google's Certificate Transparency (merkletree, `ReferenceMerkleTreeTest`)."""
    entries = [
        bytes.fromhex(one)
        for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
    ]
    roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]
    assert [tree(entries[:size])[0].root.hex() for size in range(9)] == roots
    _, tiles = tree(entries, list(range(8)))

    def short(path: list[bytes]) -> list[str]:
        return [one.hex()[:8] for one in path]

    assert short(merkle.inclusion(0, Tiles(8, tiles.__getitem__))) == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert short(merkle.inclusion(5, Tiles(8, tiles.__getitem__))) == ["bc1a0643", "ca854ea1", "d37ee418"]
    assert short(merkle.inclusion(2, Tiles(3, tiles.__getitem__))) == ["fac54203"]
    assert short(merkle.inclusion(1, Tiles(5, tiles.__getitem__))) == ["6e340b9c", "5f083f0a", "bc1a0643"]
    assert short(merkle.consistency(1, Tiles(8, tiles.__getitem__))) == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert short(merkle.consistency(6, Tiles(8, tiles.__getitem__))) == ["0ebc5d34", "ca854ea1", "d37ee418"]
    assert short(merkle.consistency(2, Tiles(5, tiles.__getitem__))) == ["5f083f0a", "bc1a0643"]


def damaged(path: list[bytes], rng: random.Random) -> list[list[bytes]]:
    """Proofs that must not be accepted in place of `path`."""
    other = [[], [*path, path[-1]], [bytes(32), *path], path[:-1], path[1:]] if path else [[bytes(32)]]
    for at in range(len(path)):
        flipped = bytearray(path[at])
        flipped[rng.randrange(32)] ^= 1 << rng.randrange(8)
        other.append([*path[:at], bytes(flipped), *path[at + 1 :]])
    if len(set(path)) > 1:
        other.append(path[::-1])
    return [one for one in other if one != path]


@settings(max_examples=120, deadline=None)
@given(st.integers(2, ALL), st.data())
def test_forged_inclusion_is_rejected(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    leaf, path, root = NAIVE.mth(index, index + 1), NAIVE.path(index, 0, size), NAIVE.mth(0, size)
    assert merkle.included(index, size, leaf, path, root)
    assert not merkle.included(index, size, sha256(b"\x00forged"), path, root)
    assert not merkle.included(index, size, leaf, path, sha256(b"another root"))
    assert not any(merkle.included(index, size, leaf, other, root) for other in damaged(path, rng))
    assert not any(
        merkle.included(other, size, leaf, path, root) for other in (*range(index), *range(index + 1, size), -1, size)
    )
    # a node passed off as a leaf: what 0x00 and 0x01 are for
    if path:
        node = merkle.node_hash(*((leaf, path[0]) if index % 2 == 0 else (path[0], leaf)))
        assert not merkle.included(index, size, sha256(b"\x00" + leaf + path[0]), path[1:], root)
        assert not merkle.included(index, size, node, path, root)


@settings(max_examples=120, deadline=None)
@given(st.integers(2, ALL), st.data())
def test_forged_consistency_is_rejected(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size - 1))
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    path, was, root = NAIVE.subproof(old, 0, size, True), NAIVE.mth(0, old), NAIVE.mth(0, size)
    assert merkle.consistent(old, size, was, root, path)
    assert not merkle.consistent(old, size, sha256(b"another past"), root, path)
    assert not merkle.consistent(old, size, was, sha256(b"another root"), path)
    assert not merkle.consistent(size, old, root, was, path)
    assert not any(merkle.consistent(old, size, was, root, other) for other in damaged(path, rng))
    assert not any(merkle.consistent(other, size, was, root, path) for other in range(size + 1) if other != old)


def test_the_ends_of_consistency() -> None:
    empty, root = sha256(b""), NAIVE.mth(0, 7)
    assert merkle.consistent(0, 7, empty, root, [])
    assert merkle.consistent(7, 7, root, root, [])
    assert merkle.consistent(0, 0, empty, empty, [])
    assert not merkle.consistent(0, 7, sha256(b"no empty tree"), root, [])
    assert not merkle.consistent(0, 7, empty, root, [root])
    assert not merkle.consistent(7, 7, root, NAIVE.mth(0, 8), [])
    assert not merkle.consistent(4, 7, NAIVE.mth(0, 4), root, [])
    assert not merkle.consistent(-1, 7, empty, root, [])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5), (6, 5)])
def test_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion(index, Tiles(size, TILES.__getitem__))
    if not 0 <= index <= size:
        with pytest.raises(IndexError):
            merkle.consistency(index, Tiles(size, TILES.__getitem__))


def test_every_tile_is_fetched_once_for_a_proof(big: dict[TileId, bytes]) -> None:
    fetched: list[TileId] = []

    def fetch(tile: TileId) -> bytes:
        fetched.append(tile)
        return big[tile]

    merkle.inclusion(40_000, Tiles(66_200, fetch))
    assert len(fetched) == len(set(fetched)) <= 6
