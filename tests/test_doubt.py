"""What stands at several addresses is a notice; what somebody asked for need be no article."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive import watch
from archive.doubt import shared
from archive.judge import Judged, judge
from archive.observation import Observation
from archive.steps.extract import doubt_shared
from tests.captures import capture
from tests.histories import content

NOTICE = "نعتذر من زوارنا الكرام، الموقع يخضع لأعمال تستمر حتى المساء."


def pages(many: int, text: str = NOTICE, published: str = "", **more: str) -> list[Observation]:
    made = [content(1, text, url=f"https://news.example/n/{n}", noise=str(n), **more) for n in range(many)]
    return [replace(one, reading=replace(one.reading, published=published)) for one in made if one.reading is not None]


@pytest.mark.parametrize(
    ("lines", "many"),
    [
        (pages(3), 3),
        (pages(2), 0),
        (pages(3, published="2026-11-01T08:00:00+02:00"), 0),
        (pages(3, post="7"), 0),
        (pages(3, text=""), 0),
        ([*pages(3), *pages(2, text="خبر آخر لا يقول هذا.")], 3),
        ([*pages(2), pages(1)[0]], 0),  # twice at one address
    ],
)
def test_the_same_text_at_three_addresses_that_say_nothing_else(lines: list[Observation], many: int) -> None:
    assert len(shared(lines)) == many


def test_their_lines_say_so_unless_another_doubt_does() -> None:
    first, *others = pages(4)
    lines = [replace(first, doubt="cut-short"), *others, content(2, "خبر")]
    told = [one.observation.doubt for one in doubt_shared([Judged(line, b"") for line in lines])]
    assert told == ["cut-short", "shared", "shared", "shared", ""]


def test_a_watched_page_may_say_little() -> None:
    whole = f'<html lang="ar"><head><title>الجدول</title></head><body><p>{NOTICE}</p></body></html>'
    (judged,) = judge(capture("https://anywhere.example/t", whole), "warc/x", watch.outlet(), None, "run")
    assert (judged.observation.klass, judged.observation.doubt) == ("content", "")
