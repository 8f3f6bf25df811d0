"""What planning asks for, kept with each article: its next visit and why; what lists say of it; pictures.

Rows that are there stay, and get nothing in the new columns: the past follows from the lines, which are not touched, so
every article is folded again before the next plan (`outlet.revisits` differs from any settings).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _add("outlet", "revisits")
    _add("observation", "post linked")
    _fill()
    _add("channel_capture", numbers="total", value="-1")
    _add("sighting", "text first_text first_text_seen walked document")
    _add("article", "etag last_modified doubt answered due why due_unshown news_due news", "agreed lied seeded looks")
    op.create_index("sighting_listed", "sighting", ["outlet", "channel", "document", "last_seen", "article"])
    _some("channel_capture_total", "channel_capture", ["total", "time"], "-1")
    whole = sa.text("klass = 'channel' AND status = 200 AND record_type = 'response'")
    columns = ["outlet", "url", "time"]
    op.create_index("channel_capture_whole", "channel_capture", columns, sqlite_where=whole, postgresql_where=whole)
    for name, column in (("due", "due"), ("looked", "last_fetch")):
        op.create_index(f"article_{name}", "article", ["outlet", "why", column, "article"])
    sooner = sa.text("due_unshown <> due")
    columns = ["outlet", "why", "due_unshown", "article"]
    op.create_index("article_due_unshown", "article", columns, sqlite_where=sooner, postgresql_where=sooner)
    _some("article_news", "article", ["news", "news_due", "article"], "''")
    _some("article_agreed", "article", ["agreed"], "0")
    _some("article_lied", "article", ["lied"], "0")
    _some("observation_post", "observation", ["post", "article"], "''")
    _some("observation_linked", "observation", ["linked", "article"], "''")
    _trial()
    _picture()


def _trial() -> None:
    _table("trial", "outlet article record", [*_texts("word time"), *_numbers("changed")])
    op.create_index("trial_word", "trial", ["outlet", "word", "time", "changed"])


def _picture() -> None:
    columns = [*_texts("of klass reason"), *_numbers("status"), *_texts("payload body warc")]
    columns += [*_numbers("offset length", sa.BigInteger), *_texts("record record_type")]
    _table("picture", "outlet url time file line#", columns)
    op.create_index("picture_of", "picture", ["outlet", "of"])
    op.create_index("picture_body", "picture", ["body"])


def _fill() -> None:
    """Post ids and redirects of the lines that are there, by which articles find their other addresses."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    post = "json_extract(data, '$.post')" if sqlite else "data::json->>'post'"
    linked = "json_extract(data, '$.to.article')" if sqlite else "data::json->'to'->>'article'"
    op.execute(
        f"UPDATE observation SET post = coalesce({post}, ''), "  # noqa: S608  # our own words
        f"linked = CASE WHEN klass = 'elsewhere' THEN coalesce({linked}, '') ELSE '' END"
    )


def _add(table: str, texts: str = "", numbers: str = "", value: str = "0") -> None:
    for name in texts.split():
        op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in numbers.split():
        op.add_column(table, sa.Column(name, sa.Integer, nullable=False, server_default=value))


def _some(name: str, table: str, columns: list[str], empty: str) -> None:
    where = sa.text(f"{columns[0]} <> {empty}")
    op.create_index(name, table, ["outlet", *columns], sqlite_where=where, postgresql_where=where)


def _table(name: str, key: str, columns: list[sa.Column[object]]) -> None:
    keys: list[sa.Column[object]] = [
        sa.Column(one.rstrip("#"), sa.Integer if one.endswith("#") else sa.Text, primary_key=True, autoincrement=False)
        for one in key.split()
    ]
    op.create_table(name, *keys, *columns, sqlite_with_rowid=False)


def _texts(names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]


def _numbers(names: str, kind: type[sa.Integer] = sa.Integer) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=False) for name in names.split()]
