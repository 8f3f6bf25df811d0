"""Objects that stand by themselves: acts, keys, seed files, the archive's marker; and what acts of redaction explain."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson

from archive import acts, keys, marker
from archive.acts import Act
from archive.errors import BadRecord, Refused
from archive.log import note
from archive.log.note import VerifierKey
from archive.store import Store
from archive.verify.ahead import held
from archive.verify.signers import Ring
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


def ordered_text(data: bytes) -> str:
    """What the signature of a redaction is over: the act without it."""
    row = orjson.loads(data)
    row["more"].pop("signature", None)
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode() + "\n"


def redactions(
    store: Store, place: Callable[[Sequence[str]], Mapping[str, int]], ring: Ring, size: int
) -> dict[tuple[str, str], Order]:
    """What acts took away, by key and SHA-256 of what was there.

    Who can write to the bucket can have an act logged. So one counts only when its leaf (`place`: of those acts that are
    logged) is under a checkpoint, of `size` leaves, and the key in force there has signed it.
    """
    told = dict(_orders(store))
    places = {key: at for key, at in place(list(told)).items() if at < size} if told else {}
    found: dict[tuple[str, str], Order] = {}
    for key, at in sorted(places.items()):
        act, text = told[key]
        if not _signed(act, text, ring.at(at)):
            continue
        for one in act.more.get("removed", ()):
            if isinstance(one, dict):
                found[str(one.get("key")), str(one.get("sha256"))] = Order(key, str(one.get("new", "")))
    return found


def _orders(store: Store) -> Iterator[tuple[str, tuple[Act, str]]]:
    for key in filter(keys.possible, store.list(acts.PREFIX)):
        data = held(store, key)
        try:
            if data is not None and acts.key_of(data) == key and (act := acts.load(data)).act == "redact":
                yield key, (act, ordered_text(data))
        except UNREADABLE:
            continue  # its own unit tells


def _signed(act: Act, text: str, signer: VerifierKey | None) -> bool:
    try:
        line = note.parse_signature(str(act.more.get("signature")))
    except BadRecord:
        return False
    return signer is not None and note.Note(text, (line,)).signed_by(signer)
