"""Proofs as texts: C2SP tlog-proof for inclusion, a plain list of hashes for consistency. Pure.

c2sp.org/tlog-proof@v1
index <number of the leaf>
<hash in base64>          lowest first, none or more

<checkpoint, as it was published>
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass

from archive.errors import BadRecord
from archive.log.merkle import HASH

_HEAD = "c2sp.org/tlog-proof@v1"
_MOST = 64  # hashes: a tree of 2**64 leaves is no higher


@dataclass(frozen=True, slots=True)
class Proof:
    """That leaf `index` is in the tree of `checkpoint` (a signed note)."""

    index: int
    path: tuple[bytes, ...]  # lowest hash first
    checkpoint: bytes


def dump(proof: Proof) -> bytes:
    return f"{_HEAD}\nindex {proof.index}\n".encode() + dump_path(proof.path) + b"\n" + proof.checkpoint


def load(data: bytes) -> Proof:
    """BadRecord when it is none. Extra data, which the format allows, is not: nobody signed it."""
    head, gap, checkpoint = data.partition(b"\n\n")
    first, _, rest = head.partition(b"\n")
    line, _, hashes = (rest + b"\n").partition(b"\n")
    word, _, number = line.partition(b" ")
    if first != _HEAD.encode() or word != b"index" or not gap:
        raise BadRecord("not a tlog-proof")
    return Proof(whole(number.decode("ascii", "replace")), load_path(hashes), checkpoint)


def dump_path(path: Iterable[bytes]) -> bytes:
    """Hashes in base64, one a line."""
    return b"".join(base64.b64encode(one) + b"\n" for one in path)


def load_path(data: bytes) -> tuple[bytes, ...]:
    """BadRecord when a line is no hash."""
    lines = data.split(b"\n")
    try:
        path = tuple(base64.b64decode(line, validate=True) for line in lines[:-1])
    except binascii.Error as error:
        raise BadRecord(f"a proof with a line that is no hash: {error}") from error
    if lines[-1] or len(path) > _MOST or any(len(one) != HASH for one in path):
        raise BadRecord("a proof with a line that is no hash")
    return path


def whole(text: str) -> int:
    """A number as logs write it: digits, no leading zero."""
    if not (len(text) <= 18 and text.isascii() and text.isdigit() and str(int(text)) == text):
        raise BadRecord(f"{text[:40]!r} is no number of a leaf")
    return int(text)
