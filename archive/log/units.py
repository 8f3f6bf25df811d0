"""What a unit of the log holds, from the bytes it is about. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from archive import warc
from archive.errors import BadRecord
from archive.keys import Stem
from archive.log.leaf import Leaf, Unit, of_object, part_key
from archive.observation import Observation

_REMEDY = "restore it from your second copy; it was not sealed"
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")


def of_stem(stem: Stem, packed: bytes, lines: Sequence[Observation], observations: bytes, cdxj: bytes) -> Unit:
    """A WARC, each of its parts, its observations, its CDXJ, and the snapshots that were put for it.

    Raises BadRecord when the file is not the one its name says, or not the one that was observed: nothing is signed then.
    """
    whole = of_object("warc", stem.warc, packed)
    if not whole.sha256.startswith(stem.sha12):
        raise BadRecord(f"{stem.warc} is not the file that was uploaded", _REMEDY)
    _as_observed(stem, packed, lines)
    parts = [Leaf(part.kind, part.digest, part_key(stem.warc, part.offset, part.length)) for part in warc.parts(packed)]
    derived = [of_object("observations", stem.observations, observations), of_object("cdxj", stem.cdxj, cdxj)]
    return Unit((whole, *parts, *derived, *_snapshots(lines)))


def _as_observed(stem: Stem, packed: bytes, lines: Sequence[Observation]) -> None:
    view = memoryview(packed)
    for line in lines:
        member = view[line.offset : line.offset + line.length] if line.warc == stem.warc else None
        if member is not None and f"sha256:{hashlib.sha256(member).hexdigest()}" != line.record_digest:
            raise BadRecord(f"{stem.warc}: the record at byte {line.offset} is not the one that was observed", _REMEDY)


def _snapshots(lines: Sequence[Observation]) -> list[Leaf]:
    found: dict[str, Leaf] = {}
    for line in lines:
        reading = line.reading
        if reading is not None and reading.snapshot:
            told = _SHA256.fullmatch(reading.snapshot_digest)
            if told is None:
                raise BadRecord(f"the digest of {reading.snapshot} is not told", "give it: see archive.steps.seal")
            found[reading.snapshot] = Leaf("snapshot", told[1], reading.snapshot)
    return list(found.values())
