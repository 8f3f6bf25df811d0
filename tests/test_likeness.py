"""A soft 404 is told by its likeness to the site's own answer to an address that cannot exist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from archive.capture import Cited, Note
from archive.judge import fingerprint, judge
from archive.likeness import Fingerprint
from archive.observation import Observation
from archive.outlet import Layout, Outlet
from tests.captures import capture
from tests.faulty import SIDE, TEXT, TITLE, page

URL = "https://news.example.org/n/12"
OUTLET = Outlet(name="example", title="جريدة النهر", url="https://news.example.org/", article=r"^/n/\d+$")
NOWHERE = "https://news.example.org/warraq-0123456789abcdef"
SORRY = "لعل ما تبحث عنه قد نقل من مكانه، وقد تجده في أرشيف الجريدة أو بين أخبار اليوم التي في الأعلى."


def missing(asked: str, side: str = SIDE, name: str = "جريدة النهر") -> str:
    """The site's own words for "there is nothing", which name no number and no word that could be looked for."""
    return (
        f'<html lang="ar"><head><meta charset="utf-8"><title>{name}</title></head><body><ul class="side">{side}</ul>'
        f'<div class="content-body"><p>{SORRY}</p><p>{asked}</p></div></body></html>'
    )


def known(whole: str = "", **given: object) -> Fingerprint | None:
    note = Note(role="channel", found="plan", channel="nowhere")
    return fingerprint(capture(NOWHERE, whole or missing(NOWHERE), note=note, **given), OUTLET)


def seen(whole: str, nowhere: Fingerprint | None, outlet: Outlet = OUTLET) -> Observation:
    (judged,) = judge(capture(URL, whole), "warc/x", outlet, None, "run", nowhere=nowhere)
    return judged.observation


def test_the_page_that_says_nothing_of_its_own_is_a_soft_404_and_says_like_what() -> None:
    found = known()
    assert found is not None
    line = seen(missing(URL), found)
    assert (line.klass, line.reason, line.like) == ("gone", "soft-404", found.record)
    assert (seen(missing(URL), None).klass, seen(missing(URL), None).like) == ("content", "")


def test_boxes_beside_the_text_may_change() -> None:
    other = "".join(f'<li><a href="/n/{n}">نبأ آخر عن الطقس في اليوم {n} من الشهر</a></li>' for n in range(40, 60))
    line = seen(missing(URL, other), known())
    assert (line.klass, line.reason, line.like != "") == ("gone", "soft-404", True)


def test_an_outlet_whose_layouts_match_articles_only_hears_of_it_too() -> None:
    strict = replace(OUTLET, layouts=(Layout(match="//div[@id='post']"),))
    assert seen(missing(URL), known(), strict).reason == "soft-404"


@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("text", [TEXT, TEXT[:1]])
def test_an_article_under_the_same_boxes_and_title_is_none(marked: bool, text: tuple[str, ...]) -> None:
    line = seen(page(text=text, marked=marked), known())
    assert (line.klass, line.like) == ("content", "")


def test_another_title_is_another_page() -> None:
    assert seen(missing(URL, name=TITLE), known()).klass == "content"


def test_a_page_that_calls_itself_an_article_is_believed_unless_the_other_does_so_too() -> None:
    mark = '<script type="application/ld+json">{"@type": "NewsArticle"}</script></head>'
    marked = missing(URL).replace("</head>", mark)
    assert seen(marked, known()).klass == "content"
    assert seen(marked, known(missing(NOWHERE).replace("</head>", mark))).klass == "gone"


@pytest.mark.parametrize(
    "given", [{"status": 503}, {"status": 403}, {"failure": "timeout"}, {"truncated": "time"}, {"headers": (("Content-Type", "text/plain"),)}]
)  # fmt: skip
def test_an_answer_that_is_none_tells_nothing(given: dict[str, object]) -> None:
    assert known(**given) is None


def test_a_site_that_says_404_says_it_in_the_same_words() -> None:
    found = known(status=404)
    assert seen(missing(URL), found).klass == "gone"  # a cache or a proxy made a 200 of it


def test_the_probe_is_a_channel_document_that_lists_nothing() -> None:
    note = Note(role="channel", found="plan", channel="nowhere", listed_by=Cited("u", "r", "p"))
    (judged,) = judge(capture(NOWHERE, missing(NOWHERE), note=note), "warc/x", OUTLET, None, "run")
    line = judged.observation
    assert (line.kind, line.klass, line.channel, line.items, line.article) == ("channel", "channel", "nowhere", (), "")
