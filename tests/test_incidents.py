"""An outage, a wall and a mass deletion are told apart, and from the ordinary."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from archive.incidents import Incident, of_run
from archive.observation import Observation
from tests.histories import content, line


def pages(*counts: tuple[int, str], site: str = "", why: str = "revisit", first: int = 0) -> list[Observation]:
    """So many articles of each class, asked once each."""
    out: list[Observation] = []
    for number, klass in counts:
        for _ in range(number):
            url = f"https://news.example/a-{first + len(out)}"
            one = content(1, "a", url=url) if klass == "content" else line(1, klass, url, site=site)
            out.append(replace(one, why=why))
    return out


def home(klass: str) -> Observation:
    return replace(line(0.5, klass, "https://news.example/"), kind="channel", channel="home", article="")


def told(lines: list[Observation], known: int = 1000) -> tuple[str, float]:
    found = of_run(lines, known)
    return (found.kind, found.share) if found else ("", 0.0)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ("", 0.0)),
        (pages((90, "content"), (8, "gone"), (4, "broken")), ("", 0.0)),
        (pages((20, "content"), (300, "gone")), ("mass-deletion", 0.3)),
        (pages((40, "gone")), ("", 0.0)),  # 4 % of a thousand
        (pages((40, "gone"), why="new"), ("", 0.0)),
        (pages((40, "gone"), why="listed"), ("", 0.0)),
        (pages((10, "content"), (30, "broken")), ("outage", 0.75)),
        (pages((300, "gone"), site="doubtful"), ("outage", 1.0)),
        (pages((10, "content"), (30, "blocked")), ("blocked", 0.75)),
        (pages((3, "blocked")), ("", 0.0)),
        ([home("broken")], ("outage", 1.0)),
        ([home("broken"), home("channel")], ("", 0.0)),
        ([home("broken"), *pages((5, "content"))], ("", 0.0)),
        ([home("blocked")], ("blocked", 1.0)),
    ],
)
def test_what_befell_an_outlet(lines: list[Observation], expected: tuple[str, float]) -> None:
    shuffled = random.Random(1).sample(lines, len(lines))
    assert told(lines) == told(shuffled) == expected


def test_a_small_outlet_that_loses_ten_articles() -> None:
    assert told(pages((10, "gone")), known=40) == ("mass-deletion", 0.25)
    assert told(pages((9, "gone")), known=10) == ("", 0.0)


def test_the_last_capture_of_an_article_in_the_run_counts() -> None:
    slips = [replace(one, time=content(0.2, "a").time) for one in pages((300, "gone"))]
    assert told([*pages((300, "content")), *slips]) == ("", 0.0)


def test_its_words_have_the_figures() -> None:
    found = of_run(pages((20, "content"), (300, "gone")), 1000)
    assert isinstance(found, Incident)
    assert (found.counts, found.asked, found.known) == ({"alive": 20, "absent": 300}, 320, 1000)
    assert "300 articles went at once (30% of the 1000 that are known)" in found.words()


def test_a_first_run_that_finds_no_home_page_names_it() -> None:
    found = of_run([home("gone")], 0)
    assert isinstance(found, Incident)
    assert found.words() == "the site as a whole does not answer as it does (its home page): no deletions"
