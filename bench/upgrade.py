"""How long the migrations that read every row take, per million observations, and how much memory: in a transaction of a filled
catalog (bench.pages --folder) that is taken back, so that it is the same afterwards. Other writers wait meanwhile.

python -m bench.upgrade --database sqlite:////DIR/catalog.db
python -m bench.upgrade --folder DIR        the PostgreSQL that `bench.pages --postgresql` left there
"""

from __future__ import annotations

import argparse
import importlib
import resource
import sys
import time
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, func, inspect, select, text

from archive.catalog import Catalog, models
from bench import postgres

# What each made: it goes before the migration is run again.
STEPS = {
    "r0009_tallies": ("TABLE tally", "INDEX event_kinds", "INDEX seed_link_name"),
    "r0012_waiting": ("TABLE due_day", "TABLE search_long"),
}
BOUND = 120.0  # seconds for a million observations


def measure(catalog: Catalog) -> float:
    """Seconds for a million observations, of all steps."""
    with catalog._database.read() as connection:
        observations = connection.scalar(select(func.count()).select_from(models.observation)) or 1
    print(f"{observations} observations")
    with catalog._database.engine.execution_options(write=True).connect() as connection:
        before = _memory()
        try:
            took = sum(_step(connection, name, made) for name, made in STEPS.items())
        finally:
            connection.rollback()
    each = took * 1e6 / observations
    print(f"{each:.1f} s for a million observations; {_memory() - before:.0f} MB more than before, at most")
    return each


def _step(connection: Connection, name: str, made: tuple[str, ...]) -> float:
    there = {f"TABLE {table}" for table in inspect(connection).get_table_names()}
    for one in made:
        if one in there or one.startswith("INDEX"):
            connection.execute(text(f"DROP {one}"))
    began = time.perf_counter()
    with Operations.context(MigrationContext.configure(connection)):
        importlib.import_module(f"archive.catalog.migrations.versions.{name}").upgrade()
    took = time.perf_counter() - began
    print(f"{name}: {took:.1f} s", flush=True)
    return took


def _memory() -> float:
    """Megabytes that this process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> int:
    options = argparse.ArgumentParser()
    options.add_argument("--database", default="", help="the address of a catalog")
    options.add_argument("--folder", type=Path, help="of a PostgreSQL server that bench.pages left")
    given = options.parse_args()
    if given.database or not given.folder:
        return _judge(given.database)
    with postgres.running(given.folder.resolve() / "postgresql") as url:
        return _judge(url)


def _judge(url: str) -> int:
    catalog = Catalog(url)
    catalog.migrate()
    took = measure(catalog)
    catalog.close()
    return 0 if took <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
