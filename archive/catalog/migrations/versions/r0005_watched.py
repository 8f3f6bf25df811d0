"""The watch list, which follows from acts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "watched",
        sa.Column("article", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("outlet", "url", "since")),
        sa.Column("every", sa.Integer, nullable=False),
        sa.Column("act", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    # A Warraq that did not know these kinds may have taken some down without a word: they are taken in again.
    op.execute("DELETE FROM act WHERE kind IN ('watch', 'unwatch')")
