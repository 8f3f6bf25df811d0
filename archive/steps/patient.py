"""Questions that each have their time: what does not answer is asked again for a while, then the reason is one line."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from archive.errors import Broken, Refused, TryAgain, WarraqError
from archive.steps import post

ASKING = 45.0  # seconds for one question to one part
PATIENCE, PAUSE = 90.0, 5.0  # seconds: for which a part is asked again at most, and between two questions
_T = TypeVar("_T")


def patience(max_age: float) -> float:
    """Seconds for which a part that does not answer is asked again: nobody waits for long, whose window is short."""
    return min(PATIENCE, max_age * 60 / 4)


class Part(Generic[_T]):
    """A question that was begun. For `again` seconds it is asked anew, while nothing answers or the answer is not `good`."""

    def __init__(self, ask: Callable[[], _T], again: float = 0.0, good: Callable[[_T], bool] = lambda _: True) -> None:
        self._end = post.begun(lambda: _asked(ask, time.monotonic() + again, good))
        self._until = time.monotonic() + again + ASKING

    def end(self, failed: Callable[[WarraqError], _T]) -> _T:
        """The answer; what `failed` makes of the reason why there is none."""
        try:
            return self._end(self._until - time.monotonic())
        except WarraqError as error:
            return failed(error)
        except TimeoutError:
            return failed(TryAgain(f"no answer within {ASKING:.0f} s", "is it running and reachable?"))
        except OSError as error:
            what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            return failed(Refused(what, "check that path"))
        except Exception as error:  # noqa: BLE001 -- the edge of the switch: whatever a part does, the others are named
            return failed(Broken(f"{type(error).__name__}: {error}"[:300], "that is a fault of Warraq's: report it"))


def _asked(ask: Callable[[], _T], until: float, good: Callable[[_T], bool]) -> _T:
    while True:
        try:
            found = post.within(ASKING, ask)
            if good(found) or time.monotonic() >= until:
                return found
        except (TryAgain, OSError):
            if time.monotonic() >= until:
                raise
        time.sleep(max(0.0, min(PAUSE, until - time.monotonic())))
