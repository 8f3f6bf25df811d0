"""Geometry of the small charts, in whole units of an SVG's viewBox. Pure: templates write the elements, CSS colours them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LEVELS = 4  # shades of a day on the heat map


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a stacked bar. `part`: which of its series, from 0."""

    x: int
    y: int
    height: int
    part: int


def bars(series: Sequence[Sequence[int]], *, height: int, step: int, mirrored: bool = False) -> list[Bar]:
    """A stacked bar for each of `series`, `step` units apart, the tallest one `height` high; what is not 0 is at least 2 high.

    `mirrored`: time runs from right to left.
    """
    top = max((sum(parts) for parts in series), default=0)
    out: list[Bar] = []
    for at, parts in enumerate(series):
        x = (len(series) - 1 - at if mirrored else at) * step
        floor = height
        for part, tall in enumerate(_heights(parts, height, top)):
            if tall:
                floor -= tall
                out.append(Bar(x, floor, tall, part))
    return out


def _heights(parts: Sequence[int], height: int, top: int) -> list[int]:
    """Of each part; what small ones are given, the tallest gives up."""
    tall = [max(2, round(height * value / top)) if value else 0 for value in parts]
    while sum(tall) > height:
        tall[tall.index(max(tall))] -= 1
    return tall


def level(value: int, usual: float) -> int:
    """1 to LEVELS for a value above 0: how much of what is usual it is, in quarters. So a thin day shows."""
    if value < 1 or usual <= 0:
        raise ValueError(f"no level for {value} of {usual}")
    return min(LEVELS, 1 + int(LEVELS * value / usual))
