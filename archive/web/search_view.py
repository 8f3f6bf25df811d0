"""What the page of search prints of each article found. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from archive.catalog.hits import Hit
from archive.search.entry import texts
from archive.search.excerpts import Excerpt, Part, excerpts, marked
from archive.search.query import Query
from archive.web.iri import in_line
from archive.web.paragraphs import direction


@dataclass(frozen=True, slots=True)
class Card:
    """An article found. `version`: the newest in the span that answers, whose text is shown; `missing`: it cannot be read."""

    hit: Hit
    outlet: str
    title: tuple[Part, ...]
    places: tuple[Excerpt, ...]
    dir: str
    version: int
    versions: str  # those that answer: 1–3, 5
    gone_in: int  # the version in which the words are gone; 0: they stand in the newest
    missing: bool


def card(hit: Hit, outlet: str, snapshot: Mapping[str, Any] | None, query: Query) -> Card:
    title, body = texts(snapshot) if snapshot else (hit.title, "")
    return Card(
        hit=hit,
        outlet=outlet,
        title=tuple(marked(title or hit.title or in_line(hit.url), query)),
        places=tuple(excerpts(body, query)) if body else (),
        dir=direction(hit.language, body or hit.title),
        version=hit.number,
        versions=ranges(hit.found),
        gone_in=hit.found[-1] + 1 if hit.removed else 0,
        missing=snapshot is None,
    )


def ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 5 → `1–3, 5`."""
    runs = [[n for _, n in run] for _, run in groupby(enumerate(numbers), key=lambda one: one[1] - one[0])]
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
