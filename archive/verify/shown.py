"""The pictures that a snapshot lists, against the captures that it names for them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from archive import warc
from archive.errors import BadRecord
from archive.observation import Observation

Held = tuple[str, str]  # what a capture's records say: their id, and "sha256:…" of the body
Find = Callable[[str, int, int], Held | None]  # of a WARC, an offset, a length; None: it is not there to be looked at


def finder(lines: Sequence[Observation], get: Callable[[str, int, int], bytes], lost: Callable[[], None]) -> Find:
    """Captures of pictures by their places: those of this file by `lines`, which are held against its records, others by
    their member alone. `lost()` is called for one that cannot be had, of which its own unit tells."""
    own = {(line.warc, line.offset): (line.record, line.body) for line in lines if line.kind == "picture"}

    def find(key: str, offset: int, length: int) -> Held | None:
        if (key, offset) in own:
            return own[key, offset]
        try:
            found = warc.capture_at(get(key, offset, length))
        except (KeyError, BadRecord):
            lost()
            return None
        return found.record_id, found.body_digest

    return find


def named(held: dict[str, Any]) -> list[dict[str, Any]]:
    """The pictures of a snapshot that it has a hash of."""
    return [one for one in held.get("pictures") or () if one.get("sha256")]


def faults(held: dict[str, Any], find: Find) -> Iterator[str]:
    """How a snapshot's pictures differ from their captures."""
    for one in named(held):
        there = find(one["warc"], one["offset"], one["length"])
        if there is not None and there != (one["record"], f"sha256:{one['sha256']}"):
            yield f"its picture {one['url']} is not the record, or has not the SHA-256, that it says"
