"""What a date in a text is, and which dates are believed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

AHEAD = timedelta(days=2)  # clocks and zones that are wrong; a date further ahead of its capture is none
# What systems print for "no date": the epoch in any zone, SQL, OLE, .NET.
_NONE = frozenset((date(1969, 12, 31), date(1970, 1, 1), date(1900, 1, 1)))


@dataclass(frozen=True, slots=True)
class Found:
    """A date that a text states.

    value       YYYY-MM-DD, or with time and offset as ISO 8601; what is finer than `precision` stands as zero
    precision   "day", "hour", "minute", "second": how far to trust the value. A counted form («منذ 3 ساعات») is off by
                up to one of its units, because sites round
    confidence  0 to 1: 1 states offset and all; .95 a named month; .9 digits of which only one is the day; .8 what the
                capture, a weekday or a Hijri date beside it settles, and «أمس»; .6 what is counted back from the capture
    zone        whose offset the value has: "stated", the text's own, or "outlet"; "" for a day
    form        "iso", "rfc5322", "epoch", "named", "numeric", "word" («أمس»), "ago"
    """

    value: str
    precision: str
    confidence: float
    form: str
    zone: str = ""


def believable(day: date, captured: datetime | None) -> bool:
    """Not a placeholder, and not long after the capture."""
    if day in _NONE or not 1900 <= day.year <= 2099:
        return False
    return captured is None or day <= captured.date() + AHEAD


def day_of(year: int, month: int, day: int) -> date | None:
    """The date, or None when there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None
