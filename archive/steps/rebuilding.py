"""That the catalog is being rebuilt, noted in it while that goes on: what rests on a half-filled catalog is no alarm.

A rebuild that died leaves its last note behind, and that is one (`archive.alarms.judge`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from archive.alarms.facts import RebuildFacts
from archive.latency import stamp

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.steps.workshop import Workshop

NAME = "rebuild"
EVERY = timedelta(minutes=1)  # between two signs of life
_T = TypeVar("_T")


class Sign:
    """Of one rebuild, from its beginning on."""

    def __init__(self, shop: Workshop, files: int) -> None:
        self._shop, self._began, self._files = shop, shop.clock(), files
        shop.catalog.restate(NAME, "", lambda _: [])  # one that died under a clock that was ahead, too
        self._last = self._began - EVERY
        self._note(1.0, 0)

    def alive(self, done: int) -> None:
        """So many files are in; noted once a minute at most."""
        if self._shop.clock() - self._last >= EVERY:
            self._note(1.0, done)

    def beside(self, items: Iterable[_T]) -> Iterator[_T]:
        """The same items, with a sign of life while they are read, before any file is in."""
        for one in items:
            self.alive(0)
            yield one

    def over(self) -> None:
        self._note(0.0, self._files)

    def _note(self, value: float, done: int) -> None:
        from archive.catalog.alarms import Measure

        self._last = max(
            self._shop.clock(), self._last + timedelta(microseconds=1)
        )  # one note of a time, whatever the clock does
        said = json.dumps({"since": stamp(self._began), "done": done, "files": self._files})
        self._shop.catalog.measure([Measure(NAME, "", stamp(self._last), value, said)])


def going_on(catalog: Catalog) -> RebuildFacts | None:
    """The rebuild that began and has not ended, alive or not."""
    noted = catalog.measures(NAME)
    if not noted or not noted[-1].value:
        return None
    said = json.loads(noted[-1].said)
    since, seen = datetime.fromisoformat(said["since"]), datetime.fromisoformat(noted[-1].time)
    return RebuildFacts(since, seen, said["done"], said["files"])
