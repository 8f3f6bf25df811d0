"""Downloads: WARC records and pictures, never shown as pages."""

from __future__ import annotations

from archive.web.pages.shared import Page

PAGES: list[Page] = []
