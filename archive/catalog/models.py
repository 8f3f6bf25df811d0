"""The catalog's tables (SQLAlchemy Core). Natural keys and no wall time: a rebuild gives the same rows.

`INPUT` tables hold what the bucket's objects say, `DERIVED` ones what follows from an article's observations, `standing` what
follows from acts; `lease`, `latency`, `alarm` and `measure` are operational: they alone do not follow from the bucket. `file`
is the name of an observations object, without its folder.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Float, Index, Integer, MetaData, Table, Text, TextClause, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class Words(TypeDecorator[tuple[str, ...]]):
    """A few slugs, separated by spaces."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        return " ".join(value or ())

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple((value or "").split())


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, Integer, primary_key=key, nullable=False, autoincrement=False)


def _big(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _words(name: str) -> Column[Any]:
    return Column(name, Words, nullable=False)


def _texts(*names: str) -> list[Column[str]]:
    return [_text(name) for name in names]


def _table(name: str, *parts: Any) -> Table:
    """Clustered by its key in SQLite (WITHOUT ROWID): one B-tree instead of two, half the pages to write."""
    return Table(name, metadata, *parts, sqlite_with_rowid=False)


def some(column: str, empty: str = "''") -> TextClause:
    """The rows whose column is not empty: the same words in an index and in a question, or SQLite does not use it."""
    return text(f"{column} <> {empty}")


WHOLE = text("klass = 'channel' AND status = 200 AND record_type = 'response'")  # documents that were stored as they came


def _some(name: str, *columns: str, empty: str = "''") -> Index:
    """An index of the rows of an outlet whose first of these columns is not empty."""
    where = some(columns[0], empty)
    return Index(name, "outlet", *columns, sqlite_where=where, postgresql_where=where)


outlet = _table(  # revisits: the settings that dues follow from; settled: what its articles tell of looks; both as JSON
    "outlet", _text("outlet", key=True), Column("gone_after", Float, nullable=False), _text("revisits"), _text("settled")
)

source = _table("source", _text("key", key=True), _text("outlet"), _text("run"), _number("lines"))

observation = Table(  # one row per article line; `data` is the line itself, too long for WITHOUT ROWID
    "observation",
    metadata,
    *(_text(name, key=True) for name in ("outlet", "article", "time", "file")),
    _number("line", key=True),
    *_texts("klass", "data", "post", "linked"),  # linked: the article that this address was redirected to
    Index("observation_time", "outlet", "time", "klass"),
    _some("observation_post", "post", "article"),
    _some("observation_linked", "linked", "article"),
)

channel_capture = _table(
    "channel_capture",
    *(_text(name, key=True) for name in ("outlet", "url", "time", "file")),
    _number("line", key=True),
    *_texts("run", "channel", "klass", "record", "record_type", "payload", "body", "why"),
    *(_number(name) for name in ("status", "page", "pages", "items")),  # page, pages: 0 when it has none
    _number("total"),  # articles that the site says it has; -1: it does not say
    Index("channel_capture_time", "outlet", "time", "klass"),
    _some("channel_capture_total", "total", "time", empty="-1"),
    Index("channel_capture_whole", "outlet", "url", "time", sqlite_where=WHOLE, postgresql_where=WHOLE),
)

run = _table(
    "run",
    _text("outlet", key=True),
    _text("run", key=True),
    _text("file", key=True),
    _number("line", key=True),
    _number("attempt"),
    *_texts("time", "walk", "walk_since", "report"),  # walk: "open", "complete", or "" when the run walked none
)

sighting = _table(  # an article as a kind of channel announced it, merged over all documents of that kind
    "sighting",
    *(_text(name, key=True) for name in ("outlet", "article", "channel")),
    *_texts("url", "post", "published", "modified", "title", "text"),
    *_texts("first_text", "first_text_seen"),  # the first digest of its text, and when: what is compared with
    *_texts("first_seen", "last_seen"),
    *_texts("walked", "document"),  # when a walk saw it last, and the digest of the page that listed it there
    Index("sighting_listed", "outlet", "channel", "document", "last_seen", "article"),
)

picture = _table(
    "picture",
    *(_text(name, key=True) for name in ("outlet", "url", "time", "file")),
    _number("line", key=True),
    *_texts("of", "klass", "reason"),  # of: id of the article that shows it
    _number("status"),
    *_texts("payload", "body", "warc"),
    *(_big(name) for name in ("offset", "length")),
    *_texts("record", "record_type"),
    Index("picture_of", "outlet", "of"),
    Index("picture_body", "body"),
)

SOONER = text("due_unshown <> due")  # articles whose text a list shows
article = _table(
    "article",
    *(_text(name, key=True) for name in ("outlet", "article")),
    *_texts("url", "title", "state", "since", "reason", "first_seen", "last_seen", "last_fetch", "unconfirmed"),
    _number("failures"),
    *_texts("post", "published", "moved_to"),
    *(_number(name) for name in ("versions", "captures")),
    _text("changed"),
    *_texts("previous_url", "previous_time", "previous_record", "previous_payload", "previous_body"),
    *_texts("etag", "last_modified"),  # validators of that capture
    *(_number(name) for name in ("agreed", "lied")),  # how often validators told the truth
    *_texts("doubt", "answered"),  # answered: words of the lists, as sorted JSON
    *(_number(name) for name in ("seeded", "looks")),  # 1: a seed file links to it; content captures after the first one
    *_texts("due", "why"),  # the next visit by age and state, "" for never; of the backlog: how new it is
    _text("due_unshown"),  # the same where what lists show of its text is not to be relied upon
    *_texts("news_due", "news"),  # news: kinds of list that say what no capture has answered; it may be asked from then on
    Index("article_id", "article"),
    Index("article_due", "outlet", "why", "due", "article"),
    Index("article_due_unshown", "outlet", "why", "due_unshown", "article", sqlite_where=SOONER, postgresql_where=SOONER),
    Index("article_looked", "outlet", "why", "last_fetch", "article"),
    _some("article_news", "news", "news_due", "article"),
    _some("article_agreed", "agreed", empty="0"),
    _some("article_lied", "lied", empty="0"),
)

trial = _table(  # a visit for the sake of a list's word, and whether the article had changed
    "trial",
    *(_text(name, key=True) for name in ("outlet", "article", "record")),
    *_texts("word", "time"),
    _number("changed"),
    Index("trial_word", "outlet", "word", "time", "changed"),
)

version = _table(
    "version",
    *(_text(name, key=True) for name in ("outlet", "article")),
    _number("number", key=True),
    *_texts("time", "last"),
    _number("captures"),
    *(_words(name) for name in ("kinds", "flags")),
    *_texts("title", "url", "published", "modified", "language"),
    _number("chars"),
    *_texts("layout", "rules", "headline_t", "headline_k", "body_t", "body_k", "warc"),
    *(_big(name) for name in ("offset", "length")),
    *_texts("record", "payload", "body", "snapshot"),
    _text("sketch"),  # samples of its text (archive.sketch)
)

sample = _table(  # which articles have a sample: `start` is the first 12 digits of the article's id, enough to find it by
    "sample",
    Column("hash", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    _text("outlet", key=True),
    _text("start", key=True),
)

event = _table(
    "event",
    *(_text(name, key=True) for name in ("outlet", "article")),
    _number("number", key=True),
    _text("time"),
    *(_words(name) for name in ("kinds", "flags")),
    _number("version"),
    *_texts("since", "reason", "title", "url"),
    Index("event_time", "time", "outlet", "article", "number"),
    Index("event_kinds", "outlet", "kinds", "time", "article", "number"),
)

seed_link = _table(
    "seed_link",
    *(_text(name, key=True) for name in ("outlet", "article")),
    _number("version", key=True),
    *(_text(name, key=True) for name in ("name", "sha256", "seed_set")),
    *_texts("relation", "detail"),
    Index("seed_link_sha256", "sha256"),
    Index("seed_link_name", "name"),
)

unread = _table(
    "unread",
    *(_text(name, key=True) for name in ("outlet", "article", "record")),
    *_texts("url", "time", "warc"),
    *(_big(name) for name in ("offset", "length")),
    _text("body"),
    _words("rules"),
)

logged = _table("logged", _text("unit", key=True), _big("first"), _number("leaves"), Index("logged_first", "first"))

act = _table(  # an object under acts/; `data` is the object itself
    "act",
    _text("key", key=True),
    *_texts("time", "kind", "article", "data"),
    Index("act_time", "time"),
    Index("act_article", "article"),
)

standing = _table(  # what acts have put in force for an article: since when, and the act's key; "" for not
    "standing", _text("article", key=True), *_texts("withheld", "withheld_by", "held", "held_by")
)

watched = _table(  # what acts have put on the watch list; `every` in seconds, `act` the key of the newest one
    "watched", _text("article", key=True), *_texts("outlet", "url", "since"), _number("every"), _text("act")
)

lease = _table("lease", _text("host", key=True), *_texts("holder", "until"))

latency = _table(  # a measurement of this installation (archive.latency); exact: 0 when it happened after `site`
    "latency",
    *(_text(name, key=True) for name in ("outlet", "article", "time", "kind")),
    _text("site"),
    _number("exact"),
    _text("sealed"),
    Index("latency_time", "outlet", "time"),
)

alarm = _table(  # archive.alarms.model.Alarm, operational; `say`: JSON, the sentence and its values; times "" for not
    "alarm",
    _text("id", key=True),
    *_texts("condition", "subject", "since", "opened", "seen", "say", "severity"),
    *_texts("right", "closed", "told", "told_as", "over"),
    _number("relapses"),
    *_texts("acknowledged", "acknowledged_by", "reason"),
    Index("alarm_closed", "closed"),
)

measure = _table(  # what this installation measured, operational: free bytes of a disk, how much waits, how a task ended
    "measure",
    *(_text(name, key=True) for name in ("name", "subject", "time")),
    Column("value", Float, nullable=False),
    _text("said"),
)

uncompared = (
    _table(  # articles whose texts are to be looked for among the others' from `due` on; `texts`: which texts they were
        "uncompared",
        *(_text(name, key=True) for name in ("outlet", "article")),
        *_texts("due", "texts"),
        Index("uncompared_due", "due"),
    )
)

republication = _table(  # two articles of which one holds the other's text; the first one is that which was captured first
    "republication",
    *(_text(name, key=True) for name in ("outlet", "article", "other_outlet", "other")),
    *_texts("relation", "captured", "other_captured", "published", "other_published"),
    *(_number(name) for name in ("version", "other_version")),
    *_texts("snapshot", "other_snapshot", "detail"),
    Index("republication_other", "other_outlet", "other"),
    Index("republication_captured", "other_captured"),
)

tally = _table(  # counts by outlet and UTC day (archive.catalog.tally); day "": the sum of all days
    "tally", *(_text(name, key=True) for name in ("outlet", "day", "what")), _big("n")
)

due_day = _table(  # visits by the UTC day on which they are due (archive.catalog.waiting); day "": at once
    "due_day", *(_text(name, key=True) for name in ("outlet", "why", "day")), _big("n")
)

figure = _table(  # how the pages of an observations object were read (archive.drift), as JSON; layout "*": all of them
    "figure", *(_text(name, key=True) for name in ("outlet", "file", "layout")), *_texts("run", "data")
)

crossing = _table(  # two neighbouring captures whose looks or lines differ (archive.crossing)
    "crossing",
    *(_text(name, key=True) for name in ("outlet", "article")),
    _number("number", key=True),
    *_texts("time", "run", "before", "after"),
    *(_number(name) for name in ("same", "headline", "last", "told")),
    *_texts("came", "went", "waits"),  # waits: since when the text in the new look is compared with nothing, "" for not
)

document = _table(  # an indexed text; `id`: milliseconds of its capture since 1970, or the next free number
    "document",
    Column("id", BigInteger, primary_key=True, nullable=False, autoincrement=False),
    *_texts("outlet", "article", "snapshot"),
    Index("document_article", "article"),
)

unindexed = _table(  # snapshots of versions that the index may lack, to be read from `due` on
    "unindexed", _text("snapshot", key=True), *_texts("outlet", "article", "due")
)

INPUT = (outlet, source, observation, channel_capture, run, sighting, picture, logged, act, figure)
DERIVED = (article, version, event, seed_link, unread, trial, crossing)
FROM_BUCKET = (*INPUT, *DERIVED, sample, standing, watched, tally, due_day)
# Follow from the bucket as well, but it takes a step's work: archive.steps.republished, archive.steps.search. What is indexed
# stays when the catalog is emptied: it is told by the snapshot's key, and a snapshot never changes.
COMPARED = (uncompared, republication, unindexed)
