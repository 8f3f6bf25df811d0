"""What was measured before, and what is to be noted now; and who asks a source, whatever comes of it."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from archive.errors import WarraqError
from archive.latency import stamp
from archive.steps.workshop import Workshop

if TYPE_CHECKING:
    from archive.catalog.alarms import Measure

KEPT = timedelta(days=14)  # of measurements
SERIES = ("disk", "waiting", "layout", "check")  # those of which there are ever more
LONGEST = 500  # characters of why something could not be asked
_T = TypeVar("_T")


class Sources:
    """Asks each source by itself: one that cannot be asked, for whatever reason, takes no other along. `trouble`: why not."""

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self.trouble: dict[str, str] = {}

    def ask(self, name: str, question: Callable[[], _T]) -> _T | None:
        """The answer, or None when there was none."""
        try:
            return question()
        except (WarraqError, OSError) as error:
            why = str(error)
        except Exception as error:  # noqa: BLE001 -- a mistake of ours in one source must not silence the others
            why = f"{type(error).__name__}: {error} (a mistake in Warraq; the log of this check has more)"
            self._shop.say(traceback.format_exc())
        self.trouble[name] = why[:LONGEST]
        self._shop.say(f"alarms: {name} could not be asked: {why}")
        return None


class Memory:
    """Measurements of the catalog: what was noted lately (by no clock that was ahead), what is to be noted now."""

    def __init__(self, shop: Workshop, now: datetime) -> None:
        from archive.catalog.alarms import Measure

        self.shop, self.now, self.new, self.states = shop, now, list[Measure](), list[Measure]()
        self.make = Measure
        began = shop.catalog.measures("began")
        self.began = min(datetime.fromisoformat(began[0].time), now) if began else now
        if not began or began[0].time > stamp(now):
            self.note("began", "", 0.0)

    def series(self, name: str, *, ever: bool = False) -> dict[str, list[Measure]]:
        """By subject, oldest first; of the last days, or of all times."""
        found: dict[str, list[Measure]] = defaultdict(list)
        for one in self.shop.catalog.measures(name, since="" if ever else stamp(self.now - KEPT)):
            if one.time <= stamp(self.now):
                found[one.subject].append(one)
        return found

    def lasting(self, name: str, subjects: Iterable[str]) -> dict[str, datetime]:
        """Since when each of these has been so at every check."""
        held = {subject: rows[-1] for subject, rows in self.series(name, ever=True).items() if rows[-1].value}
        found = {one: datetime.fromisoformat(held[one].time) if one in held else self.now for one in subjects}
        for subject in found.keys() ^ held.keys():
            self.state(name, subject, float(subject in found))
        return found

    def note(self, name: str, subject: str, value: float, said: str = "") -> None:
        self.new.append(self.make(name, subject, stamp(self.now), value, said))

    def state(self, name: str, subject: str, value: float, said: str = "") -> None:
        """Note how it is now, in the place of how it was."""
        self.states.append(self.make(name, subject, stamp(self.now), value, said))

    def keep(self) -> None:
        """Put what is new into the catalog, and drop what is old."""
        self.shop.catalog.measure(self.new)
        for one in self.states:
            self.shop.catalog.restate(one.name, one.subject, lambda _, one=one: [one])  # type: ignore[misc]
        first, *more = SERIES
        self.shop.catalog.forget(first, stamp(self.now - KEPT), *more)
