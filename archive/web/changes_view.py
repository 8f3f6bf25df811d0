"""Values of changes.html: what happened, by days, and what it was narrowed to. Pure; no HTML is made here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from archive.web.views import KINDS

if TYPE_CHECKING:
    from archive.catalog.rooms import SeedFileRow
    from archive.catalog.rows import EventPage


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader narrowed the stream to; "" for all. `since`, `until`: days. `seed`: SHA-256. `before`: cursor of a page."""

    outlet: str = ""
    kind: str = ""
    words: str = ""
    since: str = ""
    until: str = ""
    seed: str = ""
    before: str = ""

    @property
    def narrowed(self) -> bool:
        return any(value for name, value in asdict(self).items() if name != "before")

    def link(self, **other: str) -> str:
        """The query of the same stream asked for otherwise."""
        return urlencode({name: value for name, value in {**asdict(self), **other}.items() if value})


def changes(found: EventPage, asked: Asked, outlets: list[tuple[str, str]], seeds: Sequence[SeedFileRow]) -> Mapping[str, Any]:
    """`outlets`: (name, title)."""
    return {
        "days": [(date, list(events)) for date, events in groupby(found.rows, key=lambda row: row.time[:10])],
        "outlets": outlets,
        "titles": dict(outlets),
        "kinds": [(name, word) for name, (word, _, _) in KINDS.items()],
        "seeds": seeds,
        "asked": asked,
        "older": found.older,
        "looked_to": found.looked_to,
        "trouble": "",
    }
