"""A PostgreSQL server of the measurement's own, on a free port of 127.0.0.1, and a catalog copied into it."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Index, MetaData, text

from archive.catalog import Catalog, models
from archive.errors import Refused

LEFT = ("warraq_schema", "sqlite_sequence")


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The address of its database; the data stay in the folder. PostgreSQL refuses to run as root: then it is `postgres`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or [Path(p) for p in [shutil.which("initdb")] if p]
    if not found:
        raise Refused("no PostgreSQL server is installed", "apt install postgresql")
    bin_, data = found[-1].parent, folder / "data"
    folder.mkdir(parents=True, exist_ok=True)
    user = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
    who: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    if user:
        shutil.chown(folder, user)
    if not data.exists():
        command = [str(bin_ / "initdb"), "-D", str(data), "-U", "warraq", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **who)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "shared_buffers=512MB", "max_wal_size=1GB"]
    options += ["fsync=off", "maintenance_work_mem=512MB"]  # it holds nothing that cannot be made again
    command = [str(bin_ / "postgres"), "-D", str(data), "-p", str(port), *(word for one in options for word in ("-c", one))]
    server = subprocess.Popen(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)
    try:
        ready = [str(bin_ / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-U", "warraq", "-d", "postgres"]
        until = time.monotonic() + 120
        while subprocess.run(ready, check=False, capture_output=True).returncode:
            if time.monotonic() > until or server.poll() is not None:
                raise Refused("PostgreSQL did not start", f"look into {folder}")
            time.sleep(0.2)
        yield f"postgresql://warraq@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # SIGTERM would wait for our own connections
        server.wait(timeout=120)


def copy(of: Catalog, into: Catalog) -> None:
    """Every row of the catalog's tables (COPY); indexes are made anew at the end, and what autovacuum would do is done."""
    indexes: list[Index] = [index for table in models.metadata.sorted_tables for index in table.indexes]
    tables = [table for table in models.metadata.sorted_tables if table.name in _tables(into)]
    with of._database.read() as source, into._database.write("bench") as target:
        held = [index for index in indexes if index.table in tables]
        for index in held:
            index.drop(target)
        for table in tables:
            if table.name not in _tables(of):
                continue
            names = ", ".join(f'"{column.name}"' for column in table.c)
            rows = source.connection.cursor().execute(f'SELECT {names} FROM "{table.name}"')
            with target.connection.cursor().copy(f'COPY "{table.name}" ({names}) FROM STDIN') as sink:
                for row in rows:
                    sink.write_row(row)
            print(f"copied {table.name}", flush=True)
        for index in held:
            index.create(target)
    with into._database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM (ANALYZE)"))


def _tables(of: Catalog) -> set[str]:
    with of._database.read() as connection:
        found = MetaData()
        found.reflect(connection, only=lambda name, _: name not in LEFT)
    return set(found.tables)
