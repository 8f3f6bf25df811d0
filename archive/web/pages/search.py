"""Search in the texts of all versions."""

from __future__ import annotations

from archive.web.pages.shared import Page

PAGES: list[Page] = []
