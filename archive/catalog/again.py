"""What reading old captures again asks of the catalog: articles in their order, and all that is known of some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from archive import crossing
from archive.catalog import drift, kinship, models
from archive.catalog.apply import load
from archive.crossing import Crossing, Settled
from archive.identity import Kin
from archive.observation import Observation
from archive.version import History, fold


@dataclass(frozen=True, slots=True)
class Kindred:
    """By article: its lines, and what it is to others. `settled`: what all of the outlet's say of its looks."""

    lines: dict[str, list[Observation]]
    kin: dict[str, Kin]
    settled: Settled

    def fold(self, article: str, more: Sequence[Observation], gone_after: float, settled: Settled | None = None) -> History:
        """The history of one of them, with lines besides those that are known. `settled`: in the place of today's."""
        lines = [*self.lines.get(article, ()), *more]
        return fold(lines, gone_after, self.kin.get(article), self.settled if settled is None else settled)


def article_ids(connection: Connection, outlet: str, after: str, most: int) -> list[str]:
    a = models.article.c
    query = select(a.article).where(a.outlet == outlet, a.article > after).order_by(a.article).limit(most)
    return list(connection.scalars(query))


def kindred(connection: Connection, outlet: str, articles: Sequence[str]) -> Kindred:
    lines, kin = kinship.gather(connection, outlet, articles, load)
    return Kindred(lines, kin, drift.settled(connection, outlet))


def settled_with(connection: Connection, outlet: str, others: Mapping[str, Sequence[Crossing]]) -> Settled:
    """What the outlet's articles would settle if these had the crossings `others`, and not those that they have."""
    held = ((article, one) for article, one, _ in drift.crossings(connection, outlet) if article not in others)
    told = ((article, one) for article, found in others.items() for one in found)
    return crossing.settle([*held, *told], drift.accepted(connection, outlet))
