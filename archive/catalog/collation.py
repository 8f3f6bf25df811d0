"""In which order the catalog's database puts texts. Ours are to be in the order of code points, as in Python and SQLite."""

from __future__ import annotations

from sqlalchemy import text

from archive.catalog.database import Database

# Blanks, signs and capitals, which most languages' orders pass over or mix.
_PROBE = text(
    "SELECT (SELECT coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', datcollate) FROM pg_database AS d"
    " WHERE datname = current_database()),"  # ICU's, as PostgreSQL 17 and 15 name it; the system's
    ' array_agg(one ORDER BY one) = array_agg(one ORDER BY one COLLATE "C")'
    " FROM unnest(ARRAY['a b', 'aa', 'a_c', 'a-b', 'a.b', 'a/b', 'a!b', 'B', 'b', 'ab']) AS one"
)


def other(url: str) -> str:
    """The collation of the catalog there, when it puts texts in another order than by code point; else "".

    TryAgain when the database cannot be reached.
    """
    if url.startswith("sqlite"):
        return ""
    database = Database(url)
    try:
        with database.read() as connection:
            name, same = connection.execute(_PROBE).one()
    finally:
        database.engine.dispose()
    return "" if same else str(name)
