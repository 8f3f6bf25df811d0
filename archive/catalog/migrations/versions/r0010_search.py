"""Words of all versions' texts, to be searched."""

from __future__ import annotations

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Filled in by its part of the change."""
