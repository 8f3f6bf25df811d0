"""Acts, and what is in force by them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "act",
        sa.Column("key", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("time", "kind", "article", "data")),
        sqlite_with_rowid=False,
    )
    op.create_index("act_time", "act", ["time"])
    op.create_index("act_article", "act", ["article"])
    op.create_table(
        "standing",
        sa.Column("article", sa.Text, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("withheld", "withheld_by", "held", "held_by")),
        sqlite_with_rowid=False,
    )
