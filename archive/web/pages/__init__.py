"""The pages, a module each: what it shows, at which path. `every` lists them."""

from __future__ import annotations

from importlib import import_module

from archive.web.pages.shared import Page

MODULES = ("home", "changes", "article", "compare", "seeds", "health", "search", "alarms", "run", "forms", "files", "bundles")


def every() -> list[Page]:
    """Every page, in the order of the modules."""
    return [page for name in MODULES for page in import_module(f"archive.web.pages.{name}").PAGES]
