"""The pictures that the snapshots of a bundle list, as captures of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from archive import keys, observation
from archive.errors import Refused
from archive.observation import Observation
from archive.prove.ledger import Ledger, lines_of
from archive.verify.shown import named

MOST, MOST_BYTES = 48, 32 << 20  # pictures of a bundle and bytes of all their records; with more than that there are none in it


def sources(
    ledger: Ledger, snapshots: Iterable[Mapping[str, Any]], hidden: Callable[[str], bool]
) -> list[tuple[str, Observation]]:
    """Key of an observations object and line of each picture that a snapshot has a hash of, all or none when they are many.

    Left out: one that came again unchanged (its record holds no bytes), one that is not logged yet, and one that an article
    which is `hidden` was the first to show (its record names that article's address).
    """
    wanted = {(one["warc"], one["offset"]): one["length"] for held in snapshots for one in named(dict(held))}
    if len(wanted) > MOST or sum(wanted.values()) > MOST_BYTES:
        return []
    found = []
    for file in sorted({warc for warc, _ in wanted}):
        key = keys.parse_stem(file).observations
        try:
            raw = lines_of(ledger.object(key, "observations", file).data)
        except Refused:
            continue
        lines = (line for line in map(observation.unpack, raw) if line.kind == "picture")
        found += [
            (key, line)
            for line in lines
            if (line.warc, line.offset) in wanted and line.record_type == "response" and not hidden(line.article)
        ]
    return found
