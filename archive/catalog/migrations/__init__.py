"""The catalog's schema, step by step (Alembic). `Catalog.migrate()` runs them; nobody needs the alembic command."""

KNOWN = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
)  # oldest first; tests compare them with the files in versions/
HEAD = KNOWN[-1]
