"""What one run of an outlet did, on Airflow's page of that run."""

from __future__ import annotations

from archive.web.pages.shared import Page

PAGES: list[Page] = []
