"""The whole log of a bucket looked through, from docs/FORMAT.md and RFC 6962 alone: no code of archive.log.

`audit` raises AssertionError, naming what is wrong; what it returns says what there is.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from archive.store import Store
from tests.rfc6962 import half, node

TILE = re.compile(r"log/tile/(entries|\d+)/((?:x\d{3}/)*\d{3})(?:\.p/(\d+))?")
BATCH, CHECKPOINT = re.compile(r"log/batches/(\d{12})\.json\.gz"), re.compile(r"log/checkpoints/(\d{12})")


@dataclass
class Audit:
    """What the log holds."""

    size: int = 0
    batches: int = 0
    units: Counter[str] = field(default_factory=Counter)  # unit → how often
    checkpoints: list[int] = field(default_factory=list)  # sizes
    unsigned: int = 0  # leaves above the newest checkpoint
    tiles: int = 0

    @property
    def duplicates(self) -> list[str]:
        return sorted(unit for unit, times in self.units.items() if times > 1)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def audit(store: Store) -> Audit:
    """Every batch, tile, entry and checkpoint of the log."""
    keys = sorted(store.list("log/"))
    objects = fetched(store, keys)
    found, entries, verifiers = Audit(), list[bytes](), list[tuple[int, str]]()
    walk(objects, found, entries, verifiers)
    mth = tree(entries)
    check_checkpoints(objects, found, mth, verifiers)
    check_tiles(objects, found, entries, mth)
    return found


def fetched(store: Store, keys: Iterable[str]) -> dict[str, bytes]:
    wanted = list(keys)
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(wanted, pool.map(store.get, wanted), strict=True))


def walk(objects: dict[str, bytes], found: Audit, entries: list[bytes], verifiers: list[tuple[int, str]]) -> None:
    """The chain of batches from 0 on; one that is not in it is a fork."""
    starts = {int(match[1]): key for key in objects if (match := BATCH.fullmatch(key))}
    while found.size in starts:
        key = starts.pop(found.size)
        batch = json.loads(gzip.decompress(objects[key]))
        assert batch["first"] == found.size, f"{key} says that it begins at {batch['first']}"
        found.batches += 1
        for unit in batch["units"]:
            found.units[unit[0][2]] += 1
            for kind, digest, name in unit:
                entries.append(f"{kind} {digest} {hashlib.sha256(name.encode()).hexdigest()[:32]}".encode())
                if kind == "key":
                    verifiers.append((found.size, objects[name].decode().strip()))
                    assert hashlib.sha256(objects[name]).hexdigest() == digest, f"{name} is not what was logged"
                found.size += 1
    assert not starts, f"forked: {sorted(starts.values())} are in no chain that begins at 0"


def tree(entries: list[bytes]) -> Callable[[int, int], bytes]:
    """MTH(D[low:high]), each computed once."""
    leaves = [sha256(b"\x00" + entry) for entry in entries]

    @cache
    def mth(low: int, high: int) -> bytes:
        if high - low < 2:
            return leaves[low] if high > low else sha256(b"")
        k = half(high - low)
        return node(mth(low, low + k), mth(low + k, high))

    return mth


def check_checkpoints(
    objects: dict[str, bytes], found: Audit, mth: Callable[[int, int], bytes], verifiers: list[tuple[int, str]]
) -> None:
    for key, data in objects.items():
        if match := CHECKPOINT.fullmatch(key):
            size = int(match[1])
            found.checkpoints.append(size)
            check_checkpoint(key, data, size, mth, verifiers)
    if not found.size:
        assert "log/checkpoint" not in objects
        return
    if newest := objects.get("log/checkpoint"):
        size = int(newest.split(b"\n")[1])
        assert objects.get(f"log/checkpoints/{size:012}") == newest, "log/checkpoint was not kept"
        found.unsigned = found.size - size
    else:
        found.unsigned = found.size


def check_checkpoint(
    key: str, data: bytes, size: int, mth: Callable[[int, int], bytes], verifiers: list[tuple[int, str]]
) -> None:
    text, _, tail = data.decode().rpartition("\n\n")
    origin, told, root = text.split("\n")
    assert int(told) == size, f"{key} says {told}"
    assert base64.b64decode(root) == mth(0, size), f"forked: {key} has another root"
    name, _, coded = [vkey for at, vkey in verifiers if at < size][-1].split("+", 2)
    public = base64.b64decode(coded)
    assert (origin, public[0], len(public)) == (name, 1, 33)
    dash, signer, signature = tail.split("\n")[0].split(" ")
    signed = base64.b64decode(signature)
    assert (dash, signer, signed[:4]) == ("—", name, sha256(f"{name}\n".encode() + public)[:4]), f"{key}: wrong signer"
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(signed[4:], f"{text}\n".encode())


def check_tiles(objects: dict[str, bytes], found: Audit, entries: list[bytes], mth: Callable[[int, int], bytes]) -> None:
    """Each tile that is there is right, and each that a checkpoint needs is there."""
    for key, data in objects.items():
        if key.startswith("log/tile/"):
            match = TILE.fullmatch(key)
            assert match is not None, f"{key} is no tile's name"
            number, width = int(match[2].replace("x", "").replace("/", "")), int(match[3] or 256)
            assert data == tile(match[1], number, width, entries, mth), f"{key} is not what follows from the batches"
            found.tiles += 1
    for size in found.checkpoints:
        for key in needed(size):
            assert key in objects, f"{key} is missing, and the checkpoint of {size} leaves needs it"


def tile(level: str, number: int, width: int, entries: list[bytes], mth: Callable[[int, int], bytes]) -> bytes:
    if level == "entries":
        some = entries[number * 256 : number * 256 + width]
        assert len(some) == width
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in some)
    span = 256 ** int(level)
    starts = [(number * 256 + at) * span for at in range(width)]
    assert starts[-1] + span <= len(entries), f"tile {level}/{number} is wider than the log"
    return b"".join(mth(start, start + span) for start in starts)


def needed(size: int) -> list[str]:
    """Names of the tiles of a tree of that size: C2SP tlog-tiles."""
    out, level = [], 0
    while whole := size >> 8 * level:
        for number in range((whole + 255) // 256):
            width = min(256, whole - number * 256)
            name = "/".join([*(f"x{int(part):03}" for part in thousands(number)[:-1]), f"{thousands(number)[-1]:03}"])
            ending = f".p/{width}" if width < 256 else ""
            out += [f"log/tile/{kind}/{name}{ending}" for kind in (["0", "entries"] if level == 0 else [str(level)])]
        level += 1
    return out


def thousands(number: int) -> list[int]:
    return [*thousands(number // 1000), number % 1000] if number >= 1000 else [number]
