"""What a unit of the log holds, from the bytes it is about. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from archive import warc
from archive.errors import BadRecord
from archive.keys import Stem
from archive.log.leaf import Leaf, Unit, of_object, part_key
from archive.observation import Observation


def of_stem(stem: Stem, packed: bytes, lines: Sequence[Observation], observations: bytes, cdxj: bytes) -> Unit:
    """A WARC, each of its parts, its observations, its CDXJ, and the snapshots that were put for it.

    Raises BadRecord when the file is not the one its name says, or not the one that was observed: nothing is signed then.
    """
    whole = of_object("warc", stem.warc, packed)
    if not whole.sha256.startswith(stem.sha12):
        raise BadRecord(f"{stem.warc} is not the file that was uploaded", "restore it from your second copy; it was not sealed")
    parts = [Leaf(part.kind, part.digest, part_key(stem.warc, part.offset, part.length)) for part in warc.parts(packed)]
    derived = [of_object("observations", stem.observations, observations), of_object("cdxj", stem.cdxj, cdxj)]
    return Unit((whole, *parts, *derived, *_snapshots(lines)))


def _snapshots(lines: Sequence[Observation]) -> list[Leaf]:
    found: dict[str, Leaf] = {}
    for line in lines:
        reading = line.reading
        if reading is not None and reading.snapshot:
            found[reading.snapshot] = Leaf("snapshot", reading.snapshot_digest.removeprefix("sha256:"), reading.snapshot)
    return list(found.values())
