"""Run by Alembic: the migrations, on the connection and in the transaction that `Database.migrate` holds."""

from __future__ import annotations

from alembic import context

from archive.catalog.database import SCHEMA_TABLE
from archive.catalog.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=SCHEMA_TABLE,
    render_as_batch=True,  # SQLite alters tables by copying them
)
context.run_migrations()
