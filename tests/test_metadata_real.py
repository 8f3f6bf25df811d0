"""Metadata of real pages, against the answers that came with them (bench.metadata). The set stays outside the repository.

Of the dates that differ, the answer is the day of a later change, or the page contradicts itself; none is invented. A better
figure is written here, a worse one is a fault.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from bench.metadata import FIELDS, ours, outcome, pages

SET = Path(__file__).parent.parent.parent / "shared" / "pages"
pytestmark = pytest.mark.skipif(not (SET / "index.csv").exists(), reason="../shared/pages is not here")


def test_metadata_of_real_pages_is_read_as_well_as_before() -> None:
    seen = {field: Counter[str]() for field in FIELDS}
    for row, body in pages(SET):
        said = ours(row, body, text=False)
        for field in FIELDS:
            seen[field][outcome(row, said, field)] += 1
    title, date, author = (seen[field] for field in FIELDS)
    assert (title["right"] >= 214, title["wrong"] <= 42) == (True, True), title
    assert (date["right"] >= 225, date["wrong"] <= 5) == (True, True), date
    assert (author["right"] >= 158, author["wrong"] <= 13) == (True, True), author
