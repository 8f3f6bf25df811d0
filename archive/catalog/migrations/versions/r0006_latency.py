"""How long it took until events were captured and sealed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "latency",
        *(sa.Column(name, sa.Text, primary_key=True, nullable=False) for name in ("outlet", "article", "time", "kind")),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("exact", sa.Integer, nullable=False),
        sa.Column("sealed", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("latency_time", "latency", ["outlet", "time"])
