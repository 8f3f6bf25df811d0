"""Figures of how pages were read, and articles that changed their look.

Figures are filled in from the lines that are there. What was read before says no shape, and so has no crossings.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("outlet", sa.Column("settled", sa.Text, nullable=False, server_default=""))
    op.create_table("figure", *_texts("outlet file layout", key=True), *_texts("run data"), sqlite_with_rowid=False)
    op.create_table(
        "crossing",
        *_texts("outlet article", key=True),
        sa.Column("number", sa.Integer, primary_key=True, nullable=False, autoincrement=False),
        *_texts("time run before after"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("same", "headline", "last", "told")),
        *_texts("came went waits"),
        sqlite_with_rowid=False,
    )
    _fill()
    # A Warraq that did not know this kind may have taken some down without a word: they are taken in again.
    op.execute("DELETE FROM act WHERE kind = 'accept-layout'")


def _fill() -> None:
    """The figures of the objects that are there, one object after the other."""
    from itertools import groupby

    from archive.catalog.apply import decode
    from archive.catalog.drift import figure_rows

    query = sa.text("SELECT outlet, file, data FROM observation ORDER BY outlet, file, line")
    found = op.get_bind().execute(query, execution_options={"yield_per": 1000})  # of this query alone
    table = sa.table("figure", *(sa.column(name) for name in ("outlet", "file", "layout", "run", "data")))
    for (outlet, file), rows in groupby(found, key=lambda row: (row.outlet, row.file)):
        new = figure_rows(outlet, file.partition(".")[0], file, [decode(row.data) for row in rows])
        if new:
            op.bulk_insert(table, [dict(zip(("outlet", "file", "layout", "run", "data"), row, strict=True)) for row in new])


def _texts(names: str, key: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, primary_key=key, nullable=False) for name in names.split()]
