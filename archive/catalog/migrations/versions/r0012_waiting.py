"""What waits, counted by the day on which it is due; lists that were not obtained, counted apart from those that were.

PostgreSQL: places that a tsvector has no room for (from the 256th of one word, and after 16,383) were lost, so phrases were
missed. The words of such a text are kept in their order in `search_long`; those that are indexed wait to be indexed again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
_LIST = """CASE
    WHEN channel IN ('robots', 'nowhere') THEN
        CASE WHEN klass IN ('blocked', 'broken') THEN 'channel failed' ELSE 'channel aside' END
    WHEN klass IN ('channel', 'not-modified') THEN 'channel'
    ELSE 'channel failed' END"""


def upgrade() -> None:
    op.create_table(
        "due_day",
        *(sa.Column(name, sa.Text, primary_key=True, nullable=False) for name in ("outlet", "why", "day")),
        sa.Column("n", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    into = "INSERT INTO due_day (outlet, why, day, n) SELECT outlet"
    by_age = "article WHERE why IN ('confirm', 'retry', 'revisit') AND due <> ''"
    op.execute(f"{into}, why, substr(due, 1, 10), count(*) FROM {by_age} GROUP BY 1, 2, 3")
    op.execute(f"{into}, 'announced', substr(news_due, 1, 10), count(*) FROM article WHERE news <> '' GROUP BY 1, 2, 3")
    op.execute("DELETE FROM tally WHERE what = 'channel'")
    counted = f"SELECT outlet, substr(time, 1, 10) AS day, {_LIST} AS what, count(*) AS n FROM channel_capture GROUP BY 1, 2, 3"  # noqa: S608  # our words
    op.execute(f"INSERT INTO tally (outlet, day, what, n) SELECT * FROM ({counted}) AS counted")  # noqa: S608
    lists = "tally WHERE what = 'channel' OR what LIKE 'channel %'"
    op.execute(f"INSERT INTO tally (outlet, day, what, n) SELECT outlet, '', what, sum(n) FROM {lists} GROUP BY outlet, what")  # noqa: S608
    if op.get_bind().dialect.name == "postgresql":
        _long()


def _long() -> None:
    op.execute("CREATE TABLE search_long (id bigint PRIMARY KEY, words text NOT NULL)")
    most = "cardinality(one.positions)"  # they are sorted
    full = f"SELECT 1 FROM unnest(words) AS one WHERE {most} >= 255 OR one.positions[{most}] >= 16383"  # noqa: S608
    op.execute(f"CREATE TEMPORARY TABLE again ON COMMIT DROP AS SELECT id FROM search WHERE EXISTS ({full})")  # noqa: S608
    waits = "SELECT snapshot, outlet, article, '' FROM document WHERE id IN (SELECT id FROM again)"
    op.execute(f"INSERT INTO unindexed (snapshot, outlet, article, due) {waits} ON CONFLICT DO NOTHING")
    for table in ("search", "document"):
        op.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM again)")  # noqa: S608
