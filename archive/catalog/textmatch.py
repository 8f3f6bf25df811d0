"""Questions to the text index in the language of each database: FTS5 (sqlite.org/fts5.html) and tsquery (PostgreSQL, 8.11).

Words of a question come folded, letters and digits only, so none of them can be a sign of these languages. Ids grow with the
time of capture: newest first is the index's own order, read backwards, in FTS5; PostgreSQL's GIN has no order, see `_Vectors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True, slots=True)
class Match:
    """A question in the language of one database."""

    text: str

    def ids(self, connection: Connection, low: int, below: int, limit: int) -> tuple[list[int], int]:
        """(ids from `low` to before `below` that answer, newest first; down to which id that is all there is)."""
        raise NotImplementedError

    def among(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        """Those of a few ids that answer."""
        raise NotImplementedError


def match(connection: Connection, query: Query, outlet: str) -> Match:
    return _Fts5(_fts5(query, outlet)) if connection.dialect.name == "sqlite" else _Vectors(_tsquery(query, outlet))


class _Fts5(Match):
    def ids(self, connection: Connection, low: int, below: int, limit: int) -> tuple[list[int], int]:
        sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid >= ? AND rowid < ? ORDER BY rowid DESC LIMIT ?"
        found = [row[0] for row in connection.exec_driver_sql(sql, (self.text, low, below, limit))]
        return found, found[-1] if len(found) == limit else low

    def among(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        sql = "SELECT rowid FROM search WHERE search MATCH ? AND rowid = ?"
        return {row[0] for one in ids for row in connection.exec_driver_sql(sql, (self.text, one))}


class _Vectors(Match):
    """A word that many texts have is found among the newest ones; a rare one by the index, all at once, and sorted.

    Between both lies a phrase of words that everybody uses: the index names half of all texts, and each has to be looked
    into. That is cut short, and a stretch of the newest texts is answered.
    """

    def ids(self, connection: Connection, low: int, below: int, limit: int) -> tuple[list[int], int]:
        glance = max(4 * _GLANCE if "<->" in self.text else _GLANCE, _SHARE * limit)
        found, end = self._stretch(connection, low, below, limit, glance)
        if len(found) == limit or end == low:
            return found, end
        sql = (
            "WITH found AS MATERIALIZED (SELECT id FROM search WHERE words @@ %s::tsquery AND id >= %s AND id < %s) "
            "SELECT id FROM found ORDER BY id DESC LIMIT %s"
        )
        nested = connection.begin_nested()
        try:
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_PATIENCE}")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            every = [row[0] for row in connection.exec_driver_sql(sql, (self.text, low, below, limit))]
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
        sql = (  # OFFSET 0: text after text from the newest on, and no more than it takes
            "SELECT id FROM (SELECT id, words FROM search WHERE id >= %s AND id < %s ORDER BY id DESC OFFSET 0) AS near "
            "WHERE words @@ %s::tsquery ORDER BY id DESC LIMIT %s"
        )
        found = [row[0] for row in connection.exec_driver_sql(sql, (end, below, self.text, limit))]
        return found, found[-1] if len(found) == limit else end

    def among(self, connection: Connection, ids: Sequence[int]) -> set[int]:
        sql = "WITH near AS MATERIALIZED (SELECT id, words FROM search WHERE id = ANY(%s)) "
        sql += "SELECT id FROM near WHERE words @@ %s::tsquery"
        return {row[0] for row in connection.exec_driver_sql(sql, (list(ids), self.text))} if ids else set()


def _fts5(query: Query, outlet: str) -> str:
    def one(term: Term) -> str:
        if term.phrase:
            return '{title body} : "' + " ".join(term.words) + '"'
        return "(" + " OR ".join(f'"{word}"' for word in term.words) + ")"

    every = [*map(one, query.wanted), *([f'tags : "{_tag(outlet)}"'] if outlet else [])]
    without = f" NOT ({' OR '.join(map(one, query.unwanted))})" if query.unwanted else ""
    return f"({' AND '.join(every)}){without}"


def _tsquery(query: Query, outlet: str) -> str:
    def one(term: Term) -> str:
        if term.phrase:
            return "(" + " <-> ".join(f"'{word}'" for word in term.words) + ")"
        return "(" + " | ".join(f"'{word}' | '~{word}'" for word in term.words) + ")"

    every = [*map(one, query.wanted), *([f"'{_tag(outlet)}'"] if outlet else [])]
    return " & ".join([*every, *(f"!{one(term)}" for term in query.unwanted)])


def put(connection: Connection, rows: Iterable[tuple[int, str, Entry]]) -> None:
    """Index texts: (id, outlet, entry)."""
    if connection.dialect.name == "sqlite":
        sql = "INSERT INTO search (rowid, title, body, forms, tags) VALUES (?, ?, ?, ?, ?)"
        given: list[Any] = [(i, " ".join(e.title), " ".join(e.body), " ".join(e.forms), _tag(name)) for i, name, e in rows]
    else:
        sql = "INSERT INTO search (id, words) VALUES (%s, %s::tsvector)"
        given = [(i, _vector(e, name)) for i, name, e in rows]
    if given:
        connection.exec_driver_sql(sql, given)


def clear(connection: Connection) -> None:
    """Forget every text."""
    empty = "INSERT INTO search (search) VALUES ('delete-all')" if connection.dialect.name == "sqlite" else "TRUNCATE search"
    connection.exec_driver_sql(empty)


def _vector(entry: Entry, outlet: str) -> str:
    places: dict[str, list[str]] = {}
    for first, words in ((1, entry.title), (1 + len(entry.title) + _APART, entry.body)):
        for place, word in enumerate(words, first):
            held = places.setdefault(word, [])
            if place <= _LAST and len(held) < _PLACES:
                held.append(str(place))
    own = [f"'{word}'" + (":" + ",".join(held) if held else "") for word, held in places.items()]
    return " ".join([*own, *(f"'~{form}'" for form in entry.forms), f"'{_tag(outlet)}'"])


def _tag(outlet: str) -> str:
    """The outlet as a word that no text has; its name is a file's, so whatever is no plain letter is left out."""
    return "@" + "".join(char for char in outlet if char.isascii() and (char.isalnum() or char in "_-"))
