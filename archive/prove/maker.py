"""Names the code that decides a bundle's bytes: what the same code wrote, it can write again and compare."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from archive.settings import ROOT

HERE = Path(__file__).parent
RECIPE = ROOT / "docs" / "VERIFY.md"  # how a seed link is counted again
_WRITES = (
    *("report.py", "words.py", "readme.py", "facts.py", "outside.py", "../compare.py", "../web/paragraphs.py"),
    *("templates/README.txt", "templates/check.sh", "templates/report.html", "templates/report.css"),
)


@cache
def maker() -> str:
    """12 hex digits over the files that README, check.sh and report.html follow from."""
    parts = [(HERE / name).read_bytes() for name in _WRITES] + [recipe()]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:12]


@cache
def recipe() -> bytes:
    """docs/VERIFY.md"""
    return RECIPE.read_bytes()
