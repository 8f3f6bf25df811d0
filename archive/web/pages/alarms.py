"""Alarms: what is wrong, since when, what to do."""

from __future__ import annotations

from archive.web.pages.shared import Page

PAGES: list[Page] = []
