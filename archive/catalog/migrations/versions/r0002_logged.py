"""Which units are in the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "logged",
        sa.Column("unit", sa.Text, primary_key=True, nullable=False),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("leaves", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("logged_first", "logged", ["first"])
