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
    """Lines of articles, without those of rereadings; a record that two of them name is one.

    Each line is read once, into a table on the disk: reading them takes most of the time, and memory holds none of them.
    """
    fields, of_line = "record, length", "json_to_record(data::json) AS line (record text, length bigint, reread boolean)"
    source, reread = f"observation CROSS JOIN {of_line}", "coalesce(reread, false)"
    if op.get_bind().dialect.name == "sqlite":
        fields = "json_extract(data, '$.record') AS record, json_extract(data, '$.length') AS length"
        source, reread = "observation", "coalesce(json_extract(data, '$.reread'), 0)"
    columns = f"outlet, substr(time, 1, 10) AS time, klass, file, {fields}"
    op.execute(f"CREATE TEMPORARY TABLE told AS SELECT {columns} FROM {source} WHERE NOT ({reread})")  # noqa: S608
    _count("'line ' || klass", "count(*)", "told")
    once = "SELECT outlet, time, file, record, length FROM told GROUP BY 1, 2, 3, 4, 5"
    sums = f"SELECT outlet, time, count(*) AS n, sum(length) AS length FROM ({once}) AS found GROUP BY 1, 2"  # noqa: S608
    op.execute(f"CREATE TEMPORARY TABLE once AS {sums}")
    _count("'records article'", "sum(n)", "once")
    _count("'bytes article'", "sum(length)", "once")
    op.execute("DROP TABLE told")
    op.execute("DROP TABLE once")
