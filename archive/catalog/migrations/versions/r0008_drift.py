"""Figures of how pages were read, and articles that changed their look.

Nothing is filled in: what was read before says neither shape nor lines, and so has neither figures nor crossings.
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
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("same", "headline", "last")),
        *_texts("came went waits"),
        sqlite_with_rowid=False,
    )
    # A Warraq that did not know this kind may have taken some down without a word: they are taken in again.
    op.execute("DELETE FROM act WHERE kind = 'accept-layout'")


def _texts(names: str, key: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, primary_key=key, nullable=False) for name in names.split()]
