"""A packed file against the leaves of its parts, and what happened to one that differs. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from archive import warc
from archive.errors import BadRecord
from archive.log.leaf import PARTS, Leaf
from archive.observation import Observation
from archive.verify.finding import ALTERED, SWAPPED, TRUNCATED, Finding, finding
from archive.verify.structure import breaks_off

MOST = 50  # digests of one file that are looked for among all leaves


@dataclass(frozen=True, slots=True)
class Part:
    """A part as it was logged."""

    kind: str
    offset: int
    length: int
    sha256: str


def parts_of(key: str, leaves: Sequence[Leaf]) -> list[Part]:
    """The parts that a unit logged for its WARC, in their order."""
    found = []
    for one in leaves:
        if one.kind in PARTS:
            offset, _, length = one.key.removeprefix(f"{key}#").partition("+")
            found.append(Part(one.kind, int(offset), int(length), one.sha256))
    return found


def differing(data: bytes, parts: Sequence[Part]) -> list[Part]:
    """The parts that are not at their place in `data` as they were logged."""
    view = memoryview(data)
    return [one for one in parts if hashlib.sha256(view[one.offset : one.offset + one.length]).hexdigest() != one.sha256]


def tiles(data: bytes, parts: Sequence[Part]) -> bool:
    """Whether the parts cover the file without a gap."""
    at = 0
    for one in parts:
        if one.offset != at:
            return False
        at += one.length
    return at == len(data)


def fault(key: str, data: bytes, parts: Sequence[Part], lines: Sequence[Observation]) -> tuple[Finding, list[str]]:
    """What happened to a file whose SHA-256 is not the logged one, named at the first record that differs; and the digests
    of what is there instead, to be looked for among the leaves. `lines`: its observations, if they can be trusted."""
    whole = hashlib.sha256(data).hexdigest()
    wrong, total = differing(data, parts), sum(one.length for one in parts)
    if _cut(key, data, wrong, total):
        at = wrong[0].offset if wrong else 0
        what = f"it breaks off after {len(data)} of {total} bytes: what begins at byte {at} and all after it is gone"
        return finding(TRUNCATED, key, what, sha256=whole), [whole]
    if not wrong:
        what = f"{len(data) - total} bytes stand behind its last record"
        return finding(ALTERED, key, what, sha256=whole), [whole]
    there, logged = _there(data), Counter(one.sha256 for one in parts)
    # One part in the place of another; what was put in between them is no exchange.
    strange = [digest for digest in there.values() if digest not in logged] if len(there) == len(parts) else []
    if exchanged := _exchanged(parts, there) or _records(data, lines):
        return finding(SWAPPED, key, exchanged, sha256=whole), [whole]
    what = f"{_named(data, wrong[0], lines)} is not what was logged" + (f", and {len(wrong) - 1} more" if wrong[1:] else "")
    return finding(ALTERED, key, what, sha256=whole), [whole, *strange[:MOST]]


def _cut(key: str, data: bytes, wrong: Sequence[Part], total: int) -> bool:
    """Whether `data` is the beginning of the file: all that lies whole within it is as it was logged."""
    if len(data) >= total:
        return not data
    within = [one for one in wrong if one.offset + one.length <= len(data)]
    return not within or (breaks_off(key, data) and all(one.offset + one.length > len(data) for one in within))


def _there(data: bytes) -> dict[int, str]:
    """The digests of the parts that `data` consists of, by their offsets; none when it cannot be taken apart."""
    try:
        return {one.offset: one.digest for one in warc.parts(data)}
    except BadRecord:
        return {}


def _exchanged(parts: Sequence[Part], there: dict[int, str]) -> str:
    """What to say when the parts are the logged ones at other places."""
    logged = {one.sha256: one for one in parts}
    moved = [(at, logged[digest]) for at, digest in there.items() if digest in logged and at != logged[digest].offset]
    if not moved or Counter(one.sha256 for one in parts) != Counter(there.values()):
        return ""
    at, part = moved[0]
    return f"its parts stand in another order: at byte {at} stands the {part.kind} that was logged at byte {part.offset}"


def _records(data: bytes, lines: Sequence[Observation]) -> str:
    """What to say when records that were observed stand at each other's places."""
    places = {line.record_digest: line for line in lines}
    try:
        found = {f"sha256:{hashlib.sha256(data[at : at + size]).hexdigest()}": at for at, size, _ in warc.members(data)}
    except BadRecord:
        return ""
    moved = [(found[digest], line) for digest, line in places.items() if digest in found and found[digest] != line.offset]
    if not moved or places.keys() - found.keys():
        return ""
    at, line = moved[0]
    return f"its records stand in another order: at byte {at} stands the {line.record_type} that was observed at {line.offset}"


def _named(data: bytes, part: Part, lines: Sequence[Observation]) -> str:
    """The record of a part that differs, as exactly as can be told."""
    inside = range(part.offset, part.offset + part.length)
    url = next((f" of {line.url}" for line in lines if line.offset in inside), "")
    try:
        found = warc.check(data[inside.start : inside.stop], bodies=False).findings
    except BadRecord as error:
        found = [str(error)]
    told = next((text for text in found if "certificates it names" not in text), "")
    return f"the {part.kind}{url} at byte {part.offset}" + (f" (within it, {told})" if told else "")
