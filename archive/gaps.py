"""Holes in what an outlet published, as far as it can be told from inside: ids of posts, and days. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import exp, lgamma, log
from statistics import median, quantiles

_STEP = 20  # ids: smaller holes are pictures, drafts and revisions, which WordPress numbers with the posts
_TIMES = 5  # a hole is so many times wider than 95 of 100 others
_CHANCE = 0.001  # that so few articles come by themselves, if there is no hole (Poisson)
_NEAR = 14  # days before and after that say what is usual


@dataclass(frozen=True, slots=True)
class Hole:
    """`missing` ids in a row without an article, between those of two addresses."""

    after: int
    before: int
    missing: int
    after_url: str
    before_url: str


@dataclass(frozen=True, slots=True)
class LowDays:
    """Days in a row with `articles` where `usual` was to be expected."""

    first: str
    last: str
    articles: int
    usual: float


def holes(posts: Mapping[int, str]) -> list[Hole]:
    """The widest holes in the ids of posts, widest first."""
    ids = sorted(posts)
    steps = [later - earlier for earlier, later in pairwise(ids)]
    if len(steps) < 10:
        return []
    least = max(_STEP, _TIMES * quantiles(steps, n=20)[-1])
    found = [
        Hole(earlier, later, later - earlier - 1, posts[earlier], posts[later])
        for earlier, later in pairwise(ids)
        if later - earlier > least
    ]
    return sorted(found, key=lambda hole: (-hole.missing, hole.after))


def low_days(dates: Iterable[str]) -> list[LowDays]:
    """Rows of days with far fewer articles than usual, in order. `dates` begin with YYYY-MM-DD, of any offset.

    A day is low when it has at most half of what is usual: the smaller of the medians of the same weekdays within four
    weeks and of all days within two. Days in a row count together, and only when chance does not explain them: a Poisson
    variable with the usual mean would be so small in less than one of 1,000 cases. The last day is not over yet.
    """
    counts = Counter(day for text in dates if (day := _day(text)))
    if not counts:
        return []
    first, last = min(counts), max(counts)
    found: list[LowDays] = []
    row: list[tuple[date, int, float]] = []
    for n in range((last - first).days):
        day = first + timedelta(n)
        usual = _usual(counts, day, first, last)
        if usual and 2 * counts[day] <= usual:
            row.append((day, counts[day], usual))
        else:
            found += _told(row)
            row = []
    return found + _told(row)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _usual(counts: Counter[date], day: date, first: date, last: date) -> float:
    """The usual number of articles of a day; 0 where too little is known around it."""
    near = [day + timedelta(n) for n in range(-2 * _NEAR, 2 * _NEAR + 1) if n]
    near = [one for one in near if first <= one < last]
    if len(near) < _NEAR:
        return 0.0
    same = [counts[one] for one in near if one.weekday() == day.weekday()]
    days = [counts[one] for one in near if abs((one - day).days) <= _NEAR]
    return float(min(median(days), median(same) if len(same) >= 3 else float("inf")))


def _told(row: list[tuple[date, int, float]]) -> list[LowDays]:
    articles, usual = sum(count for _, count, _ in row), sum(one for _, _, one in row)
    if not row or _at_most(articles, usual) >= _CHANCE:
        return []
    return [LowDays(row[0][0].isoformat(), row[-1][0].isoformat(), articles, round(usual, 1))]


def _at_most(count: int, mean: float) -> float:
    """The probability that a Poisson variable is at most `count`."""
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))
