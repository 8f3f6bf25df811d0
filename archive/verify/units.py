"""Whether the leaves of a unit belong together (docs/FORMAT.md, "Batches"). Pure.

Who can write to the bucket can put a batch, and the next worker signs over it. What hides in a unit of another kind would count
as logged, and nobody would ever look into it.
"""

from __future__ import annotations

from collections.abc import Sequence

from archive import keys, marker
from archive.errors import BadRecord
from archive.log.leaf import KINDS, PARTS, Leaf

_ALONE = ("archive", "key", "plan", "act", "snapshot")  # a snapshot, when it was logged late
_BEGINS = {"key": "log/keys/", "plan": "plans/", "act": "acts/", "snapshot": "snapshots/", "seed": "seeds/"}


def misplaced(leaves: Sequence[Leaf]) -> Leaf | None:
    """The first leaf that does not belong in its unit; None when all do. A kind that is not known here begins a unit of a
    newer Warraq, with whatever kinds that are not known either."""
    first = leaves[0]
    if first.kind == "warc":
        return _of_file(leaves)
    if first.kind in _ALONE or first.kind == "seed":
        folder = first.key.rpartition("/")[0]
        for at, one in enumerate(leaves):
            more = at == 0 or (first.kind == "seed" and one.key.rpartition("/")[0] == folder)
            if not (more and one.kind == first.kind and _named(one)):
                return one
        return None
    return next((one for one in leaves if one.kind in KINDS), None)


def _named(one: Leaf) -> bool:
    return one.key == marker.KEY if one.kind == "archive" else one.key.startswith(_BEGINS[one.kind])


def _of_file(leaves: Sequence[Leaf]) -> Leaf | None:
    try:
        stem = keys.parse_stem(leaves[0].key)
    except BadRecord:
        return leaves[0]
    if stem.warc != leaves[0].key:
        return leaves[0]
    derived = {"observations": stem.observations, "cdxj": stem.cdxj}
    for one in leaves[1:]:
        if one.kind in PARTS:
            right = one.key.startswith(f"{stem.warc}#")
        elif one.kind == "snapshot":
            right = _named(one)
        else:
            right = derived.get(one.kind) == one.key
        if not right:
            return one
    return None
