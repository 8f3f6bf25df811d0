"""Actions: the form of a DAG, filled in; sending it starts a run."""

from __future__ import annotations

from archive.web.pages.shared import Page

PAGES: list[Page] = []
