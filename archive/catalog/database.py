"""The catalog's database: SQLite on one machine, PostgreSQL for many. Connections, transactions, migrations."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, ProgrammingError

from archive.catalog import migrations
from archive.errors import Broken, Refused, TryAgain

CONNECT = 10  # seconds until PostgreSQL has let a connection in, unless its address says otherwise
BUSY = 30.0  # seconds a writer waits for another one
_MISSING = re.compile(r"no such (?:column|table)|has no column|(?:column|relation) .* does not exist")
_ALL = "warraq, whoever writes"  # a lock that every writer shares; the first statement, so that what follows sees all before it
_BESIDE = text("SELECT pg_advisory_xact_lock_shared(hashtext(:all))")
_ALONE = text("SELECT pg_advisory_xact_lock(hashtext(:lock))")
SCHEMA_TABLE = "warraq_schema"  # Alembic's, named so that it never meets another application's


class Database:
    """Transactions of the catalog. A writer holds the lock it names until it commits; readers wait for nobody.

    SQLite: WAL, and BEGIN IMMEDIATE, so that two writers queue and never deadlock. It keeps the last commits
    only in the WAL (synchronous=NORMAL): what a power cut takes, `Catalog.pending` names again.
    """

    def __init__(self, url: str) -> None:
        parsed = _address(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self.name = parsed.render_as_string(hide_password=True)
        if not self.is_sqlite:
            limit = {} if "connect_timeout" in parsed.query else {"connect_timeout": CONNECT}
            self.engine = create_engine(parsed, pool_pre_ping=True, connect_args=limit)
            return
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = create_engine(parsed, connect_args={"timeout": BUSY})
        event.listen(self.engine, "connect", _prepare)
        event.listen(self.engine, "begin", _begin)

    @contextmanager
    def read(self, **options: Any) -> Iterator[Connection]:
        """One transaction; `options` are the connection's execution options."""
        with self._told(), self.engine.execution_options(**options).begin() as connection:
            yield connection

    @contextmanager
    def write(self, lock: str) -> Iterator[Connection]:
        """One transaction; writers with the same `lock` come one after another, and none beside `write_alone`."""
        with self._told(), self.engine.execution_options(write=True).begin() as connection:
            if not self.is_sqlite:
                connection.execute(_BESIDE, {"all": _ALL})
                connection.execute(_ALONE, {"lock": f"warraq {lock}"})
            yield connection

    @contextmanager
    def write_alone(self) -> Iterator[Connection]:
        """One transaction while no other one writes: it waits for those that do, and those that come wait for it."""
        with self._told(), self.engine.execution_options(write=True).begin() as connection:
            if not self.is_sqlite:
                connection.execute(_ALONE, {"lock": _ALL})
            yield connection

    def migrate(self, *, update: bool = True) -> None:
        """Make or update the tables; nothing to do costs one query. Refused when a newer Warraq made them.

        `update=False`: TryAgain when an older one made them.
        """
        with self.read() as connection:
            if self._schema(connection) == migrations.HEAD:
                return
        self._wal()
        with self.write("migrate") as connection:
            held = self._schema(connection)
            if held and held not in migrations.KNOWN:
                raise Refused(
                    f"the catalog {self.name} has schema {held}, made by a newer Warraq", "upgrade Warraq, or rebuild elsewhere"
                )
            if held not in ("", migrations.HEAD) and not update:
                raise TryAgain(
                    f"the catalog {self.name} has schema {held}, and this version wants {migrations.HEAD}",
                    "make upgrade, which keeps a copy of it first (docs/OPERATIONS.md)",
                )
            if held != migrations.HEAD:
                _upgrade(connection)

    def _wal(self) -> None:
        """Turn a new SQLite file to WAL; it stays so. A file that another process is turning right now is left to it."""
        if not self.is_sqlite:
            return
        raw = self.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise Refused(f"the catalog {self.name}: {error}", "is the folder writable, and on a local disk?") from error
        finally:
            raw.close()

    def _schema(self, connection: Connection) -> str:
        if not inspect(connection).has_table(SCHEMA_TABLE):
            return ""
        return str(connection.execute(text(f"SELECT version_num FROM {SCHEMA_TABLE}")).scalar() or "")  # noqa: S608

    @contextmanager
    def _told(self) -> Iterator[None]:
        """The database's troubles in one line, with the remedy."""
        try:
            yield
        except (OperationalError, ProgrammingError) as error:
            reason = str(error.orig).splitlines()[0]
            if _MISSING.search(reason):
                aside = "move the file aside" if self.is_sqlite else "name an empty database in WARRAQ_CATALOG"
                told = f"the catalog {self.name} has other tables than this Warraq makes: {reason}"
                raise Broken(told, f"{aside} and run `warraq rebuild`: all that it holds follows from the bucket") from error
            if isinstance(error, ProgrammingError):
                raise
            if "full" in reason or "No space" in reason or "disk I/O" in reason:
                remedy = "free some disk, and if it has room look at its health; nothing was changed"
                raise Refused(f"the catalog {self.name} cannot be written: {reason}", remedy) from error
            remedy = (
                "another process is writing; it is tried again"
                if "locked" in reason
                else "is the database running and reachable?"
            )
            raise TryAgain(f"the catalog {self.name}: {reason}", remedy) from error
        except DatabaseError as error:
            if isinstance(error.orig, sqlite3.DatabaseError) and type(error.orig) is sqlite3.DatabaseError:
                remedy = "move the file aside and run `warraq rebuild`"
                raise Broken(f"the catalog {self.name}: {error.orig}", remedy) from error
            raise


def _address(url: str) -> URL:
    """The address with the driver we use; Refused when it is none. Not named whole: it may hold a password."""
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        parsed.get_dialect().import_dbapi()
    except (ArgumentError, ImportError) as error:
        remedy = "write it as sqlite:///PATH or postgresql://USER@HOST/NAME"
        raise Refused(f"WARRAQ_CATALOG={url.partition(':')[0]}…: no database that we know", remedy) from error
    return parsed


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are ours to begin (sqlite3's own BEGIN comes too late)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA cache_size=-32768")  # KiB
    connection.execute("PRAGMA wal_autocheckpoint=4000")  # pages: a page that is written often is copied back once


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("write") else "BEGIN")


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
