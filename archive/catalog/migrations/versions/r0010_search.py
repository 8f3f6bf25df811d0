"""Words of all versions' texts, to be searched. Versions that are there wait to be indexed.

SQLite: an FTS5 table that holds no text (`content=''`): title and body as they are asked for in quotes, `forms` what finds them
besides, `tags` the outlet as @name. Words come folded, so the tokenizer has to part them at spaces only. PostgreSQL: the same
in a tsvector, forms with a ~ before them and without a place.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.BigInteger, primary_key=True, nullable=False, autoincrement=False),
        *_texts("outlet article snapshot"),
        sqlite_with_rowid=False,
    )
    op.create_index("document_article", "document", ["article"])
    op.create_table("unindexed", *_texts("snapshot", key=True), *_texts("outlet article due"), sqlite_with_rowid=False)
    if op.get_bind().dialect.name == "sqlite":
        options = "content='', columnsize=0, tokenize=\"ascii tokenchars '@_-'\""
        op.execute(f"CREATE VIRTUAL TABLE search USING fts5(title, body, forms, tags, {options})")
    else:
        op.execute("CREATE TABLE search (id bigint PRIMARY KEY, words tsvector NOT NULL)")
        op.execute("CREATE INDEX search_words ON search USING gin (words)")
    op.execute(
        "INSERT INTO unindexed (snapshot, outlet, article, due) "
        "SELECT DISTINCT snapshot, outlet, article, '' FROM version WHERE snapshot <> ''"
    )


def _texts(names: str, key: bool = False) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, primary_key=key, nullable=False) for name in names.split()]
