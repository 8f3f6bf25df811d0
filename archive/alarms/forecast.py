"""When a disk will be full, and whether a backlog grows: from measurements, by the median of all slopes between them.

Theil (1950), Sen (1968): up to 29 % of the measurements may be anything (a clean-up, an upload, a copy that was removed again)
without moving the slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

Series = Sequence[tuple[datetime, float]]  # oldest first

LEAST = timedelta(hours=6)  # of measurements: less says nothing
WINDOWS = (timedelta(days=2), timedelta(days=7))  # what fills quickly has begun lately, what fills slowly needs a longer look
MOST = 200  # measurements of a window that are looked at
DAY, HALF, NEAR, SEASONAL = 86_400.0, 43_200.0, 3600.0, 108_000.0  # seconds; the last: 30 hours
GROWING = 0.25  # of what waits, within the window
MANY = 200  # articles: fewer are no backlog


def slope(series: Series) -> float:
    """Units a second; 0.0 for fewer than two different times.

    Of more than a day, only the same hours of the days are compared: a disk that fills by day and is emptied by night fills not
    (Hirsch, Slack and Smith 1982, the seasonal slope).
    """
    thin = series[:: -(-len(series) // MOST)] if len(series) > MOST else series
    points = [(when.timestamp(), value) for when, value in thin]
    pairs = [(t - s, b - a) for n, (s, a) in enumerate(points) for t, b in points[n + 1 :] if t > s]
    if points and points[-1][0] - points[0][0] >= SEASONAL:
        pairs = [(long, change) for long, change in pairs if long > HALF and abs((long + HALF) % DAY - HALF) <= NEAR]
    return median(change / long for long, change in pairs) if pairs else 0.0


def full_in(free: Series, now: datetime) -> timedelta | None:
    """How long until nothing is free, by the worse of the windows; None where it is not filling, or too little is known."""
    left = []
    for window in WINDOWS:
        seen = _within(free, now - window)
        if len(seen) < 3 or seen[-1][0] - seen[0][0] < LEAST:
            continue
        lost = -slope(seen)
        level = median(value - lost * (now - when).total_seconds() for when, value in seen[-3:])
        if lost > 0 and level / lost < 3e9:  # a hundred years
            left.append(timedelta(seconds=max(0.0, level / lost)))
    return min(left, default=None)


def grows(waiting: Series, now: datetime, window: timedelta = timedelta(days=3)) -> int:
    """By how many a day what waits has grown through the whole window, 0 when it has not: more than a walk's burst."""
    seen = _within(waiting, now - window)
    if len(seen) < 12 or seen[-1][0] - seen[0][0] < window * 0.8:
        return 0
    rise, level = slope(seen) * window.total_seconds(), seen[-1][1]
    third = len(seen) // 3
    parts = [median(value for _, value in seen[n * third : (n + 1) * third]) for n in range(3)]
    if level < MANY or rise < GROWING * max(level - rise, MANY) or not parts[0] < parts[1] < parts[2]:
        return 0
    return round(slope(seen) * 86400)


def _within(series: Series, since: datetime) -> Series:
    return [(when, value) for when, value in series if when >= since]
