"""Samples of texts, what is to be compared by them, and the pairs of articles of which one holds the other's text.

Versions that are there have no sample: they get theirs when their captures are read again under newer rules.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("version", sa.Column("sketch", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "sample",
        sa.Column("hash", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
        *_texts("outlet start", key=True),
        sqlite_with_rowid=False,
    )
    op.create_table("uncompared", *_texts("outlet article", key=True), *_texts("due texts"), sqlite_with_rowid=False)
    op.create_index("uncompared_due", "uncompared", ["due"])
    op.create_table(
        "republication",
        *_texts("outlet article other_outlet other", key=True),
        *_texts("relation captured other_captured published other_published"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("version", "other_version")),
        *_texts("snapshot other_snapshot detail"),
        sqlite_with_rowid=False,
    )
    op.create_index("republication_other", "republication", ["other_outlet", "other"])
    op.create_index("republication_captured", "republication", ["other_captured"])


def _texts(names: str, key: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, primary_key=key, nullable=False) for name in names.split()]
