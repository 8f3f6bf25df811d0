"""The Merkle tree of RFC 6962 §2.1, straight from its recursive definitions: slow, and sharing no code with archive.log."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256


def root(entries: Sequence[bytes]) -> bytes:
    """MTH(D[n])."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = half(len(entries))
    return node(root(entries[:k]), root(entries[k:]))


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def half(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(entries) == 1:
        return []
    k = half(len(entries))
    if m < k:
        return [*path(m, entries[:k]), root(entries[k:])]
    return [*path(m - k, entries[k:]), root(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n])."""
    return _subproof(m, entries, True) if 0 < m < len(entries) else []


def _subproof(m: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    if m == len(entries):
        return [] if whole else [root(entries)]
    k = half(len(entries))
    if m <= k:
        return [*_subproof(m, entries[:k], whole), root(entries[k:])]
    return [*_subproof(m - k, entries[k:], False), root(entries[:k])]


def roots_of(m: int, n: int, hashes: Sequence[bytes], old: bytes) -> tuple[bytes, bytes]:
    """The roots of the trees of m and n leaves that a consistency proof leads to; `old` is the root already known of m.

    SUBPROOF read backwards, by recursion. ValueError when the proof is too long or too short.
    """
    left = list(hashes)
    found = _roots(m, n, left, old, True)
    if left:
        raise ValueError("a proof that is too long")
    return found


def _roots(m: int, n: int, hashes: list[bytes], old: bytes, whole: bool) -> tuple[bytes, bytes]:
    if m == n:
        if whole:
            return old, old
        one = _last(hashes)
        return one, one
    k = half(n)
    beside = _last(hashes)
    if m <= k:
        first, second = _roots(m, k, hashes, old, whole)
        return first, node(second, beside)
    first, second = _roots(m - k, n - k, hashes, old, False)
    return node(beside, first), node(beside, second)


def _last(hashes: list[bytes]) -> bytes:
    if not hashes:
        raise ValueError("a proof that is too short")
    return hashes.pop()
