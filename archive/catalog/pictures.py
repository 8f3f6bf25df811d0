"""Pictures in the catalog: which are there, and what an article shows."""

from __future__ import annotations

from sqlalchemy import Connection, select

from archive.catalog import models

_p = models.picture.c


def answered(connection: Connection, outlet: str) -> set[str]:
    """Addresses that gave a picture, or said that there is none. What failed is to be asked again."""
    told = (_p.outlet == outlet, _p.klass.not_in(("blocked", "broken")))
    return set(connection.scalars(select(_p.url).where(*told).distinct()))
