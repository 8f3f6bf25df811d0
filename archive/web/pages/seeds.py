"""Seed files: which articles hold their text, and how to check it."""

from __future__ import annotations

from archive.web.pages.shared import Page

PAGES: list[Page] = []
