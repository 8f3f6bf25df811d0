"""Questions to the text index in the language of each database: FTS5 (sqlite.org/fts5.html) and tsquery (PostgreSQL, 8.11).

Words of a question come folded, letters and digits only, so none of them can be a sign of these languages. Ids grow with the
time of capture: newest first is the index's own order, read backwards, in FTS5; PostgreSQL's GIN has no order, see `_Vectors`.

A tsvector keeps 255 places of a word and none after 16,383 (12.11 of PostgreSQL's manual, "Limitations"). A text that has more
is marked as long, and its words lie in their order in the table `search_long`: all that have the words of a phrase are found,
and of the long ones those that have the phrase in these words.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from archive.search.entry import Entry
from archive.search.query import Query, Term

_GLANCE = 2000  # newest texts that are looked at one by one, before the index is asked for all; of a phrase four times as many
_SHARE = 8  # … and as many as have what is wanted if one of so many does
_PATIENCE = 250  # milliseconds for the index; longer only where words that everybody uses stand as a rare phrase
_STRETCH = 20_000  # texts that are looked at, then
_PLACES, _LAST = 255, 16_383  # of one word in a tsvector; its last place
_APART = 9  # places between title and body: no phrase spans both
_LONG = "'@~'"  # a word of long texts; no outlet is named so


class Match(Protocol):
    """A question in the language of one database."""

    def ids(self, connection: Connection, low: int, below: int, limit: int) -> tuple[list[int], int]:
        """(ids from `low` to before `below` that answer, newest first; down to which id that is all there is)."""
        ...

    def among(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        """Those of a few ids that answer."""
        ...


def match(connection: Connection, query: Query, outlet: str) -> Match:
    if connection.dialect.name == "sqlite":
        return _Fts5(_fts5(query, outlet))
    wanted, unwanted = (tuple(_line(term.words) for term in terms if _placed(term)) for terms in (query.wanted, query.unwanted))
    return _Vectors(_tsquery(query, outlet), wanted, unwanted)


@dataclass(frozen=True, slots=True)
class _Fts5:
    text: str

    def ids(self, connection: Connection, low: int, below: int, limit: int) -> tuple[list[int], int]:
        sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        found = [row[0] for row in connection.exec_driver_sql(sql, (self.text, low, below, limit))]
        return found, found[-1] if len(found) == limit else low

    def among(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid = ?"
        return {row[0] for one in ids for row in connection.exec_driver_sql(sql, (self.text, one))}


@dataclass(frozen=True, slots=True)
class _Vectors:
    """A word that many texts have is found among the newest ones; a rare one by the index, all at once, and sorted.

    Between both lies a phrase of words that everybody uses: the index names half of all texts, and each has to be looked
    into. That is cut short, and a stretch of the newest texts is answered.

    `wanted`, `unwanted`: phrases that long texts must and must not have, which `text` alone does not tell of them.
    """

    text: str
    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @property
    def _holds(self) -> str:
        """The condition on a row of the table search, here called near; its parameters are `_given`."""
        whole = [*("strpos(long.words, %s) > 0" for _ in self.wanted), *("strpos(long.words, %s) = 0" for _ in self.unwanted)]
        if not whole:
            return "near.words @@ %s::tsquery"
        told = f"SELECT {' AND '.join(whole)} FROM search_long AS long WHERE long.id = near.id"  # noqa: S608  # no word in it
        return f"near.words @@ %s::tsquery AND coalesce(({told}), true)"

    @property
    def _given(self) -> tuple[str, ...]:
        return self.text, *self.wanted, *self.unwanted

    def ids(self, connection: Connection, low: int, below: int, limit: int) -> tuple[list[int], int]:
        glance = max(4 * _GLANCE if "<->" in self.text else _GLANCE, _SHARE * limit)
        found, end = self._stretch(connection, low, below, limit, glance)
        if len(found) == limit or end == low:
            return found, end
        # id + 0: a plan that is kept knows no bounds, takes them for narrow, and would walk through all ids, not the words
        sql = (
            f"WITH found AS MATERIALIZED (SELECT id FROM search AS near WHERE {self._holds} AND id + 0 >= %s AND id + 0 < %s) "  # noqa: S608
            "SELECT id FROM found ORDER BY id DESC LIMIT %s"
        )
        nested = connection.begin_nested()
        try:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_PATIENCE}")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            every = [row[0] for row in connection.exec_driver_sql(sql, (*self._given, low, below, limit))]
        except OperationalError as error:
            nested.rollback()
            if getattr(error.orig, "sqlstate", "") != "57014":  # query_canceled
                raise
            return self._stretch(connection, low, below, limit, _STRETCH)
        nested.rollback()  # takes the settings back
        return every, every[-1] if len(every) == limit else low

    def _stretch(self, connection: Connection, low: int, below: int, limit: int, texts: int) -> tuple[list[int], int]:
        """As `ids`, of so many texts."""
        last = "SELECT id FROM search WHERE id >= %s AND id < %s ORDER BY id DESC OFFSET %s LIMIT 1"
        end = connection.exec_driver_sql(last, (low, below, texts)).scalar()
        end = low if end is None else int(end)
        # OFFSET 0: text after text from the newest on, and no more than it takes
        near = "(SELECT id, words FROM search WHERE id >= %s AND id < %s ORDER BY id DESC OFFSET 0) AS near"
        sql = f"SELECT id FROM {near} WHERE {self._holds} ORDER BY id DESC LIMIT %s"  # noqa: S608
        found = [row[0] for row in connection.exec_driver_sql(sql, (end, below, *self._given, limit))]
        return found, found[-1] if len(found) == limit else end

    def among(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        sql = "WITH near AS MATERIALIZED (SELECT id, words FROM search WHERE id = ANY(%s)) "
        sql += f"SELECT id FROM near WHERE {self._holds}"  # noqa: S608
        return {row[0] for row in connection.exec_driver_sql(sql, (list(ids), *self._given))} if ids else set()


def _fts5(query: Query, outlet: str) -> str:
    def one(term: Term) -> str:
        if term.phrase:
            return '{title body} : "' + " ".join(term.words) + '"'
        return "(" + " OR ".join(f'"{word}"' for word in term.words) + ")"

    every = [*map(one, query.wanted), *([f'tags : "{_tag(outlet)}"'] if outlet else [])]
    without = f" NOT ({' OR '.join(map(one, query.unwanted))})" if query.unwanted else ""
    return f"({' AND '.join(every)}){without}"


def _tsquery(query: Query, outlet: str) -> str:
    def one(term: Term, long: bool = False) -> str:
        own = [f"'{word}'" for word in term.words]
        if not term.phrase:
            return "(" + " | ".join(f"'{word}' | '~{word}'" for word in term.words) + ")"
        in_long = f" | {' & '.join([_LONG, *own])}" if long and _placed(term) else ""
        return f"({' <-> '.join(own)}{in_long})"

    every = [*(one(term, long=True) for term in query.wanted), *([f"'{_tag(outlet)}'"] if outlet else [])]
    return " & ".join([*every, *(f"!{one(term)}" for term in query.unwanted)])


def _placed(term: Term) -> bool:
    """Whether it takes the places of its words to tell if a text has it."""
    return term.phrase and len(term.words) > 1


def _line(words: Iterable[str]) -> str:
    """Words in their order, so that those of a phrase are a part of those of a text that has it."""
    return f" {' '.join(words)} "


def put(connection: Connection, rows: Iterable[tuple[int, str, Entry]]) -> None:
    """Index texts: (id, outlet, entry)."""
    if connection.dialect.name == "sqlite":
        sql = "INSERT INTO search (rowid, title, body, forms, tags) VALUES (?, ?, ?, ?, ?)"
        given: list[Any] = [(i, " ".join(e.title), " ".join(e.body), " ".join(e.forms), _tag(name)) for i, name, e in rows]
    else:
        sql, given, long = "INSERT INTO search (id, words) VALUES (%s, %s::tsvector)", [], []
        for i, name, e in rows:
            vector, whole = _vector(e, name)
            given.append((i, vector if whole else f"{vector} {_LONG}"))
            long += [] if whole else [(i, f"{_line(e.title)}\n{_line(e.body)}")]
        if long:
            connection.exec_driver_sql("INSERT INTO search_long (id, words) VALUES (%s, %s)", long)
    if given:
        connection.exec_driver_sql(sql, given)


def clear(connection: Connection) -> None:
    """Forget every text."""
    empty = (
        "INSERT INTO search (search) VALUES ('delete-all')"
        if connection.dialect.name == "sqlite"
        else "TRUNCATE search, search_long"
    )
    connection.exec_driver_sql(empty)


def _vector(entry: Entry, outlet: str) -> tuple[str, bool]:
    """The text's tsvector, and whether it has every place."""
    places: dict[str, list[str]] = {}
    whole = True
    for first, words in ((1, entry.title), (1 + len(entry.title) + _APART, entry.body)):
        for place, word in enumerate(words, first):
            held = places.setdefault(word, [])
            if place <= _LAST and len(held) < _PLACES:
                held.append(str(place))
            else:
                whole = False
    own = [f"'{word}'" + (":" + ",".join(held) if held else "") for word, held in places.items()]
    return " ".join([*own, *(f"'~{form}'" for form in entry.forms), f"'{_tag(outlet)}'"]), whole


def _tag(outlet: str) -> str:
    """The outlet as a word that no text has; its name is a file's, so whatever is no plain letter is left out."""
    return "@" + "".join(char for char in outlet if char.isascii() and (char.isalnum() or char in "_-"))
