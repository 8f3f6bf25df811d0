"""What each outlet did by day, counted once, so that no page counts it again."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Filled in by its part of the change."""
