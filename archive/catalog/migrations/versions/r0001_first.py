"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _input()
    _derived()
    _table("lease", ["host"], _texts("holder until"))


def _input() -> None:
    _table("outlet", ["outlet"], [sa.Column("gone_after", sa.Float, nullable=False)])
    _table("source", ["key"], [*_texts("outlet run"), *_numbers("lines")])
    _table("observation", ["outlet", "article", "time", "file", "line#"], _texts("klass data"))
    op.create_index("observation_time", "observation", ["outlet", "time", "klass"])
    texts = _texts("run channel klass record record_type payload body why")
    _table("channel_capture", ["outlet", "url", "time", "file", "line#"], [*texts, *_numbers("status page pages items")])
    op.create_index("channel_capture_time", "channel_capture", ["outlet", "time", "klass"])
    _table("run", ["outlet", "run", "file", "line#"], [*_numbers("attempt"), *_texts("time walk walk_since report")])
    _table("sighting", ["outlet", "article", "channel"], _texts("url post published modified title first_seen last_seen"))


def _derived() -> None:
    _table(
        "article",
        ["outlet", "article"],
        [
            *_texts("url title state since reason first_seen last_seen last_fetch unconfirmed"),
            *_numbers("failures"),
            *_texts("post published moved_to"),
            *_numbers("versions captures"),
            *_texts("changed previous_url previous_time previous_record previous_payload previous_body"),
        ],
    )
    op.create_index("article_id", "article", ["article"])
    _table(
        "version",
        ["outlet", "article", "number#"],
        [
            *_texts("time last"),
            *_numbers("captures"),
            *_texts("kinds flags title url published modified language"),
            *_numbers("chars"),
            *_texts("layout rules headline_t headline_k body_t body_k warc"),
            *_numbers("offset length", sa.BigInteger),
            *_texts("record payload body snapshot"),
        ],
    )
    _table(
        "event",
        ["outlet", "article", "number#"],
        [*_texts("time kinds flags"), *_numbers("version"), *_texts("since reason title url")],
    )
    op.create_index("event_time", "event", ["time", "outlet", "article", "number"])
    _table("seed_link", ["outlet", "article", "version#", "name", "sha256", "seed_set"], _texts("relation detail"))
    op.create_index("seed_link_sha256", "seed_link", ["sha256"])
    _table(
        "unread",
        ["outlet", "article", "record"],
        [*_texts("url time warc"), *_numbers("offset length", sa.BigInteger), *_texts("body rules")],
    )


def _table(name: str, key: list[str], columns: list[sa.Column[object]]) -> None:
    """`key`: names of the key's columns; text, or whole numbers when they end in #."""
    keys: list[sa.Column[object]] = [
        sa.Column(
            one.rstrip("#"), sa.Integer if one.endswith("#") else sa.Text, primary_key=True, nullable=False, autoincrement=False
        )
        for one in key
    ]
    op.create_table(name, *keys, *columns, sqlite_with_rowid=name == "observation")


def _texts(names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names.split()]


def _numbers(names: str, kind: type[sa.Integer] = sa.Integer) -> list[sa.Column[object]]:
    return [sa.Column(name, kind, nullable=False) for name in names.split()]
