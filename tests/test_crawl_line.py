"""The line that a crawl leaves in its task's log."""

from __future__ import annotations

import pytest

from archive.steps.crawl import asked


@pytest.mark.parametrize(
    ("outcomes", "line"),
    [
        ({"content": 21, "not-modified": 180, "channel": 13}, "crawl: 214 asked = 180 unchanged + 21 pages + 13 lists"),
        ({"failed": 2, "gone": 2, "robots": 1, "blocked": 0}, "crawl: 5 asked = 2 failed + 2 gone + 1 robots"),
        ({}, "crawl: 0 asked = 0"),
    ],
)
def test_it_says_what_came_of_every_request(outcomes: dict[str, int], line: str) -> None:
    assert asked({"asked": sum(outcomes.values()), "outcomes": outcomes}) == line
