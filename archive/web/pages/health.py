"""Health: runs, requests, latencies, storage, log, audits."""

from __future__ import annotations

from archive.web.pages.shared import Page

PAGES: list[Page] = []
