"""Objects that stand by themselves: acts, keys, seed files, the archive's marker; and what acts of redaction explain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from archive import acts, keys, marker
from archive.errors import Refused
from archive.log import note
from archive.store import Store
from archive.verify.ahead import held
from archive.verify.structure import UNREADABLE


def _act(key: str, data: bytes) -> str:
    return "" if acts.key_of(data) == key else "an act of another time or content than its key says"


def _key(key: str, data: bytes) -> str:
    try:
        found = note.parse_verifier(data.decode("ascii", "replace"))
    except Refused as error:
        return error.what
    return "" if keys.log_key(found.id) == key else "another key than its name says"


def _seed(key: str, data: bytes) -> str:
    folder, _, name = key.rpartition("/")
    if name != "SHA256SUMS":
        return ""
    return "" if hashlib.sha256(data).hexdigest()[:12] == folder.rpartition("/")[2] else "not the set that its folder names"


def _archive(key: str, data: bytes) -> str:
    marker.unpack(data)
    return "" if key == marker.KEY else "a marker at a strange place"


# By kind of leaf: what is wrong with an object that is as it was logged, "" when nothing is; BadRecord when it is none.
MUST: dict[str, Callable[[str, bytes], str]] = {"act": _act, "key": _key, "seed": _seed, "archive": _archive}


@dataclass(frozen=True, slots=True)
class Order:
    """A redaction (docs/FORMAT.md, "Acts"): what stands in the place of the bytes that were there, "" for nothing."""

    act: str  # its key
    new: str


def redactions(store: Store, known: Callable[[str], bool]) -> dict[tuple[str, str], Order]:
    """What acts took away, by key and SHA-256 of what was there. `known(key)`: whether the log has a leaf of the act."""
    found: dict[tuple[str, str], Order] = {}
    for key in store.list(acts.PREFIX):
        data = held(store, key)
        try:
            if data is None or not known(key) or acts.key_of(data) != key:
                continue
            act = acts.load(data)
        except UNREADABLE:
            continue  # its own unit tells
        if act.act == "redact":
            for one in act.more.get("removed", ()):
                if isinstance(one, dict):
                    found[str(one.get("key")), str(one.get("sha256"))] = Order(key, str(one.get("new", "")))
    return found
