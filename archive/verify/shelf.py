"""What lies under `log/`, told from a listing of keys (docs/FORMAT.md, "Log"). Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from archive import keys
from archive.log.merkle import TILE

PREFIX = "log/"
_BATCH = re.compile(r"log/batches/(\d{12})\.json\.gz", re.ASCII)
_CHECKPOINT = re.compile(r"log/checkpoints/(\d{12})", re.ASCII)
_KEY = re.compile(r"log/keys/[0-9a-f]{8}", re.ASCII)
_ANCHOR = re.compile(r"log/anchors/(\d{12})/([\x21-\x2e\x30-\x5b\x5d-\x7e]{1,255})", re.ASCII)
_TILE = re.compile(r"log/tile/(entries|\d{1,2})/((?:x\d{3}/)*\d{3})(?:\.p/(\d{1,3}))?", re.ASCII)

ENTRIES = -1  # stands for the level of an entry bundle
Place = tuple[int, int]  # level (or ENTRIES), number


def key_of(place: Place, width: int) -> str:
    """The key of a tile or entry bundle."""
    level, number = place
    return keys.log_tile("entries" if level == ENTRIES else level, number, width)


@dataclass
class Shelf:
    """The objects of a log by what their keys say. Sizes and indexes are leaves."""

    batches: list[int] = field(default_factory=list)  # first leaves, in their order
    tiles: dict[Place, list[int]] = field(default_factory=lambda: defaultdict(list))  # widths
    checkpoints: list[int] = field(default_factory=list)  # sizes, in their order
    keys: list[str] = field(default_factory=list)
    anchors: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))  # names by size
    strangers: list[str] = field(default_factory=list)

    @property
    def room(self) -> int:
        """No log of these tiles and bundles has more leaves, whatever a checkpoint says that nobody may have signed."""
        return TILE * sum(level in (0, ENTRIES) for level, _ in self.tiles)


def sort_out(listed: Iterable[str]) -> Shelf:
    """The shelf of these keys; what no log has is a stranger."""
    shelf = Shelf()
    for key in listed:
        if match := _BATCH.fullmatch(key):
            shelf.batches.append(int(match[1]))
        elif place := _tile(key):
            shelf.tiles[place[0]].append(place[1])
        elif match := _CHECKPOINT.fullmatch(key):
            shelf.checkpoints.append(int(match[1]))
        elif _KEY.fullmatch(key):
            shelf.keys.append(key)
        elif match := _ANCHOR.fullmatch(key):
            shelf.anchors[int(match[1])].append(match[2])
        elif key != keys.CHECKPOINT:
            shelf.strangers.append(key)
    for row in (shelf.batches, shelf.checkpoints, *shelf.tiles.values()):
        row.sort()
    return shelf


def _tile(key: str) -> tuple[Place, int] | None:
    match = _TILE.fullmatch(key)
    if match is None:
        return None
    number = int(match[2].replace("x", "").replace("/", ""))
    width = int(match[3]) if match[3] else TILE
    place = (ENTRIES if match[1] == "entries" else int(match[1]), number)
    return (place, width) if key_of(place, width) == key and 0 < width <= TILE else None
