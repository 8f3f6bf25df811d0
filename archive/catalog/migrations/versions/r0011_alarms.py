"""Alarms that stand or stood, who acknowledged them, and measurements they follow from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "alarm",
        *_texts("id", key=True),
        *_texts("condition subject since opened seen say severity right closed told told_as over"),
        sa.Column("relapses", sa.Integer, nullable=False),
        *_texts("acknowledged acknowledged_by reason"),
        sqlite_with_rowid=False,
    )
    op.create_index("alarm_closed", "alarm", ["closed"])
    op.create_table(
        "measure",
        *_texts("name subject time", key=True),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )


def _texts(names: str, key: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, primary_key=key, nullable=False) for name in names.split()]
