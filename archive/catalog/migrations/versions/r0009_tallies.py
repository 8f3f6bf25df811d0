"""What each outlet did by day, counted once, so that no page counts it again.

It is counted from the rows that are there. Of lists' records no row says how long they are: their bytes count from now on,
and those of before with `warraq rebuild`.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
_ARTICLES = {
    "articles": "sum(CASE WHEN versions > 0 THEN 1 ELSE 0 END)",
    "waiting": "sum(CASE WHEN last_fetch = '' THEN 1 ELSE 0 END)",
    "gone": "sum(CASE WHEN state = 'gone' THEN 1 ELSE 0 END)",
    "versions": "sum(versions)",
    "captures": "sum(captures)",
}


def upgrade() -> None:
    op.create_table(
        "tally",
        *(sa.Column(name, sa.Text, primary_key=True, nullable=False) for name in ("outlet", "day", "what")),
        sa.Column("n", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("event_kinds", "event", ["outlet", "kinds", "time", "article", "number"])
    op.create_index("seed_link_name", "seed_link", ["name"])
    _count("'event ' || kinds", "count(*)", "event")
    _lines()
    for what in ("channel", "records channel"):  # every line of a list or a picture has a record of its own
        _count(f"'{what}'", "count(*)", "channel_capture")
    _count("'records picture'", "count(*)", "picture")
    _count("'bytes picture'", "sum(length)", "picture")
    _count("what", "sum(n)", "tally", day="''")
    for what, many in _ARTICLES.items():
        _count(f"'{what}'", many, "article", day="''")


def _count(what: str, many: str, rows: str, day: str = "substr(time, 1, 10)") -> None:
    """Add to the tally how many of `rows` each outlet has, by day and what."""
    counted = f"SELECT outlet, {day} AS day, {what} AS what, {many} AS n FROM {rows} GROUP BY 1, 2, 3"  # noqa: S608  # our words
    op.execute(f"INSERT INTO tally (outlet, day, what, n) SELECT * FROM ({counted}) AS counted WHERE n > 0")  # noqa: S608


def _lines() -> None:
    """Lines of articles, without those of rereadings; a record that two of them name is one."""
    record, length, reread = (f"data::json->>'{name}'" for name in ("record", "length", "reread"))
    reread = f"coalesce({reread}, 'false') = 'true'"
    if op.get_bind().dialect.name == "sqlite":
        record, length, reread = (f"json_extract(data, '$.{name}')" for name in ("record", "length", "reread"))
        reread = f"coalesce({reread}, 0)"
    own = f"observation WHERE NOT ({reread})"
    _count("'line ' || klass", "count(*)", own)
    columns = f"outlet, substr(time, 1, 10) AS time, file, {record} AS record, CAST({length} AS BIGINT) AS length"
    records = f"(SELECT DISTINCT {columns} FROM {own}) AS found"  # noqa: S608
    _count("'records article'", "count(*)", records)
    _count("'bytes article'", "sum(length)", records)
