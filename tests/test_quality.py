"""The floor of extraction quality: figures on checked pages, pinned with the SHA-256 of the set. They only rise.

The pages are other people's and stay outside the repository; where they are not, there is nothing to measure.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench import corpus, extraction
from bench.corpus import Sample

PAGES = Path(__file__).resolve().parents[2] / "shared" / "pages"
GOLD = "سطر أول من النص.\nسطر ثان من النص فيه 500 ليرة."


@pytest.mark.parametrize("name", ["made", "real"])
def test_no_figure_fell(name: str) -> None:
    if not (PAGES / name).is_dir():
        pytest.skip(f"{PAGES / name} is not there: no pages to measure on")
    samples = corpus.load(PAGES / name)
    pinned = extraction.pins()[name]
    if corpus.digest(samples) != pinned["sha256"]:
        pytest.skip("another set of pages than the one whose figures are pinned")
    table, _ = extraction.measure(samples, extraction.ours(samples))
    for key in table:
        table[key] = {name: row for name, row in pinned["figures"][key].items() if name == extraction.PLAIN} | table[key]
    assert extraction.bounds(table) == []
    assert extraction.fallen(table, pinned["figures"]) == []


def sample(**given: Any) -> Sample:
    fields = {
        "name": "sj_00_plain",
        "html": b"",
        "gold": GOLD,
        "url": "",
        "group": "made",
        "language": "ar",
        "cms": "",
        "shape": "plain",
    }
    return Sample(**(fields | given))


def test_the_score_is_of_words() -> None:
    same = corpus.score(GOLD, GOLD.replace("\n", "  "))
    assert (same.f1, same.precision, same.recall, same.leaked) == (1.0, 1.0, 1.0, ())
    assert corpus.score("نصّ", "نص\u200c").f1 == 1.0
    half = corpus.score("ا ب ج د", "ا ب")
    assert (half.precision, half.recall) == (1.0, 0.5)
    more = corpus.score(GOLD, f"{GOLD}\nمقالات ذات صلة")
    assert more.recall == 1.0 > more.precision
    assert more.leaked == ("مقالات ذات صلة",)
    assert corpus.score("", "").f1 == 1.0
    assert corpus.score("نص", "").f1 == 0.0


def test_a_worse_reading_is_short_of_its_bounds() -> None:
    pages = [sample(), sample(name="r1", shape="", group="right-to-left"), sample(name="w1", shape="", group="web")]
    texts = {extraction.COPY: dict.fromkeys(("sj_00_plain", "r1", "w1"), GOLD), extraction.PLAIN: {"w1": GOLD}}
    good, _ = extraction.measure(pages, texts)
    assert extraction.bounds(good) == []
    assert extraction.fallen(good, good) == []
    texts[extraction.COPY] = dict.fromkeys(texts[extraction.COPY], f"{GOLD}\nمقالات ذات صلة وأخبار أخرى من الموقع")
    bad, _ = extraction.measure(pages, texts)
    assert len(extraction.bounds(bad)) == 3
    assert any("leaked 1, was 0" in line for line in extraction.fallen(bad, good))


def test_the_digest_of_a_set_is_of_its_contents_alone() -> None:
    one, other = sample(html=b"1"), sample(name="x", html=b"2")
    assert corpus.digest([one, other]) == corpus.digest([other, one])
    assert corpus.digest([one, sample(name="x", html=b"3")]) != corpus.digest([one, other])
