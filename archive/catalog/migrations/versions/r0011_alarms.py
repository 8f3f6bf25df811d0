"""Alarms that stand or stood, who acknowledged them, and measurements they follow from."""

from __future__ import annotations

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Filled in by its part of the change."""
