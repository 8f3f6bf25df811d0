"""Many rows at once, past SQLAlchemy's handling of each parameter and value, which costs more than the database does.

Rows are tuples of all columns in the order of the table, values as they are stored (words joined by spaces).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

import orjson
from sqlalchemy import Connection, Delete, Insert, Table, Update, and_, bindparam
from sqlalchemy.engine import Dialect

from archive.catalog.derive import Row

CHUNK = 400  # articles or keys in one query


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[i : i + CHUNK] for i in range(0, len(items), CHUNK))


def rows(
    connection: Connection, table: Table, outlet: str, articles: Sequence[str], columns: tuple[str, ...] = ()
) -> Sequence[Row]:
    """The rows of some articles of an outlet, whole or these columns of them."""
    sql = _select(table, columns or tuple(table.c.keys()), connection.dialect)
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql(sql, (outlet, orjson.dumps(articles).decode()))
    else:
        found = connection.exec_driver_sql(sql, (outlet, list(articles)))
    return found.cursor.fetchall()  # plain tuples


def holders(connection: Connection, table: Table, outlet: str, column: str, values: Sequence[str]) -> Sequence[Row]:
    """(value, article) of the rows of an outlet that have one of these values, none of them empty, in a column."""
    sql = _holders(table, column, connection.dialect)
    few = orjson.dumps(values).decode() if connection.dialect.name == "sqlite" else list(values)
    return connection.exec_driver_sql(sql, (outlet, few)).cursor.fetchall()


def put(connection: Connection, table: Table, new: Collection[Row]) -> None:
    _many(connection, "insert", table, new)


def replace(connection: Connection, table: Table, old: set[Row], new: set[Row]) -> None:
    """Make the rows `old` of a table the rows `new`; equal ones are not touched."""
    width = len(table.primary_key)  # the key's columns come first
    gone, come = {row[:width]: row for row in old - new}, {row[:width]: row for row in new - old}
    _many(connection, "delete", table, [one for one in gone if one not in come])
    _many(connection, "insert", table, [row for one, row in come.items() if one not in gone])
    _many(connection, "update", table, [row[width:] + row[:width] for one, row in come.items() if one in gone])


def put_sums(connection: Connection, table: Table, new: Collection[Row]) -> None:
    """Add the last column of these rows to those that are there under their keys; what comes to 0 goes."""
    if not new:
        return
    quote, mark = connection.dialect.identifier_preparer.quote, "?" if connection.dialect.name == "sqlite" else "%s"
    name, columns = quote(table.name), [quote(column.name) for column in table.c]
    *key, n = columns
    marks = ", ".join(mark for _ in columns)
    added = f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {n} = {name}.{n} + excluded.{n}"
    connection.exec_driver_sql(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks}) {added}", list(new))  # noqa: S608
    if less := [row[:-1] for row in new if row[-1] < 0]:
        where = " AND ".join(f"{column} = {mark}" for column in key)
        connection.exec_driver_sql(f"DELETE FROM {name} WHERE {where} AND {n} = 0", less)  # noqa: S608


def _many(connection: Connection, verb: str, table: Table, values: Collection[Row]) -> None:
    """Run a statement for each row, whose values are in the order of its parameters."""
    if not values:
        return
    sql, names = _statement(verb, table, connection.dialect)
    connection.exec_driver_sql(sql, [dict(zip(names, row, strict=True)) for row in values] if names else list(values))


@lru_cache
def _select(table: Table, columns: tuple[str, ...], dialect: Dialect) -> str:
    quote = dialect.identifier_preparer.quote
    wanted, name = ", ".join(map(quote, columns)), quote(table.name)
    few = "article IN (SELECT value FROM json_each(?))" if dialect.name == "sqlite" else "article = ANY(%s)"
    return f"SELECT {wanted} FROM {name} WHERE outlet = {'?' if dialect.name == 'sqlite' else '%s'} AND {few}"  # noqa: S608


@lru_cache
def _holders(table: Table, column: str, dialect: Dialect) -> str:
    """`column <> ''` stands there because the index has only those rows."""
    name, one, mark = dialect.identifier_preparer.quote(table.name), dialect.identifier_preparer.quote(column), "%s"
    few = f"{one} = ANY(%s)"
    if dialect.name == "sqlite":
        mark, few = "?", f"{one} IN (SELECT value FROM json_each(?))"  # noqa: S608
    return f"SELECT DISTINCT {one}, article FROM {name} WHERE outlet = {mark} AND {few} AND {one} <> ''"  # noqa: S608


@lru_cache
def _statement(verb: str, table: Table, dialect: Dialect) -> tuple[str, tuple[str, ...]]:
    """(SQL, names of its parameters; none when they go by position)."""
    key, rest = list(table.primary_key), list(table.c)[len(table.primary_key) :]
    where = and_(*(column == bindparam(f"key_{column.name}") for column in key))
    statement: Insert | Delete | Update = table.insert()
    if verb == "delete":
        statement = table.delete().where(where)
    elif verb == "update":
        statement = table.update().where(where).values({column.name: bindparam(column.name) for column in rest})
    compiled = statement.compile(dialect=dialect)
    return str(compiled), () if compiled.positional else tuple(compiled.params)
