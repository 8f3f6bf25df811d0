"""Bodies: both texts come from one container, and the faithful one keeps every letter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from archive.container import find
from archive.digest import digests
from archive.extract import Body, body_of, lines_of
from archive.outlet import Layout
from archive.rules import GENERIC

URL = "https://news.example.org/a/"
ONE = "نقلت القافلة مواد غذائية إلى القرى الجبلية التي قطعت الثلوج طرقاتها منذ أسبوع كامل."
TWO = "وقال السائقون إن الطريق سالك الآن، وإن القافلة التالية ستنطلق صباح الثلاثاء إذا سمح الطقس."
THREE = "ولم تسجل أي إصابات في أثناء الرحلة التي استغرقت ست ساعات بدلا من ساعتين."
BODY = f"<p>{ONE}</p><p>{TWO}</p><p>{THREE}</p>"
TITLE = "قافلة تصل إلى القرى الجبلية"
JUNK = "<div class='related-posts'><a href='/1'>{}</a> <a href='/2'>{}</a></div>"
LAYOUT = Layout(name="test", body="//div[@id='text']")


def tree(markup: str) -> Any:
    return lxml_html.document_fromstring(f"<html><head><title>x</title></head><body>{markup}</body></html>")


def generic(markup: str, title: str = TITLE) -> Body:
    return body_of(tree(markup), GENERIC, title, URL)


def by_layout(inner: str, **given: Any) -> Body:
    return body_of(
        tree(f"<h1>{TITLE}</h1><div id='text'>{inner}</div><div>{ONE[::-1]}</div>"),
        Layout(**{"name": "t", "body": LAYOUT.body} | given),
        TITLE,
        URL,
    )


def test_lines_end_where_a_browser_ends_them() -> None:
    markup = "<div>a<br>b<p> c  \n d </p>e<span>f</span> g<ul><li>h</li><li>i</li></ul><table><tr><td>j</td><td>k</td></tr></table></div>"
    assert lines_of(lxml_html.fragment_fromstring(markup)) == ["a", "b", "c d", "ef g", "h", "i", "j k"]


def test_the_faithful_text_keeps_what_trafilatura_drops() -> None:
    odd = "می\u200cشود \u2067نص\u2069\u00a0مع\u2009فراغات\u200f، و«اقتباس»…"
    found = by_layout(f"<p>{ONE}</p><p>{odd}</p>")
    assert found.faithful == f"{ONE}\n{odd}"
    assert "\u200c" not in found.text
    assert ONE in found.text


@settings(max_examples=40, deadline=None)
@given(st.text(st.sampled_from("ابجدهوز \u200c\u200f\u202a\u00a0،."), min_size=1, max_size=40), st.integers(0, 40))
def test_an_invisible_edit_is_seen_through_the_page(text: str, at: int) -> None:
    before = by_layout(f"<p>{ONE}</p><p>ا{text}ا</p>").faithful
    edited = f"ا{text[:at]}\u200d{text[at:]}ا"
    after = by_layout(f"<p>{ONE}</p><p>{edited}</p>").faithful
    assert digests(before).t != digests(after).t
    assert digests(before).same_sense(digests(after))


def test_scripts_captions_hidden_and_pruned_parts_are_no_text() -> None:
    found = by_layout(
        f"<p>{ONE}</p><script>var n=1</script><style>p{{}}</style><p style='display: none'>خفي</p><p hidden>خفي</p>"
        f"<span class='screen-reader-text'>خفي</span><figure><img src='/a.jpg'><figcaption>تعليق الصورة</figcaption></figure>"
        f"<div class='ad'>إعلان</div><p>{TWO}</p>tail<p>زر الذهاب إلى الأعلى</p>",
        prune=("//div[@class='ad']",),
        drop_lines=("زر الذهاب إلى الأعلى",),
    )
    assert found.faithful.split("\n") == [ONE, TWO, "tail"]
    assert found.images == ({"url": "https://news.example.org/a.jpg", "caption": "تعليق الصورة"},)
    assert found.log == (
        "box: إعلان", "caption: تعليق الصورة", *["hidden: خفي"] * 3, "line: زر الذهاب إلى الأعلى",
    )  # fmt: skip


def test_a_fold_that_hides_the_text_itself_is_read() -> None:
    assert (
        by_layout(f"<p>{ONE}</p><div style='display:none'><p>{TWO}</p><p>{THREE}</p></div>").faithful
        == f"{ONE}\n{TWO}\n{THREE}"
    )


def test_tails_survive_what_is_removed() -> None:
    assert by_layout(f"<p>قبل <script>x</script>بعد {ONE}</p>").faithful == f"قبل بعد {ONE}"
    assert by_layout(f"<p>قبل <b class='x'>وسط</b>بعد {ONE}</p>", prune=("//b",)).faithful == f"قبل بعد {ONE}"


def test_a_headline_repeated_on_top_is_not_body() -> None:
    assert by_layout(f"<h1>{TITLE}!</h1><p>{ONE}</p><p>{TITLE}</p>").faithful == f"{ONE}\n{TITLE}"


def test_pruning_never_takes_the_container() -> None:
    assert by_layout(f"<p>{ONE}</p>", prune=("//div", "//body")).faithful == ONE


def test_a_container_in_several_parts_is_read_in_order() -> None:
    found = body_of(
        tree(f"<div class='t'>{ONE}</div><p>x</p><div class='t'>{TWO}</div>"), Layout(body="//div[@class='t']"), "", URL
    )
    assert found.faithful == f"{ONE}\n{TWO}"


def test_without_the_layouts_container_the_whole_page_is_read() -> None:
    found = body_of(tree(f"<div><h1>{TITLE}</h1>{BODY}</div>"), LAYOUT, TITLE, URL)
    assert (found.container, found.faithful) == (False, f"{ONE}\n{TWO}\n{THREE}")


# ---- pages that no layout describes


@pytest.mark.parametrize(
    "markup",
    [
        "<article class='hentry entry'><h1>{t}</h1><div class='entry-content'>{b}{j}</div></article>",
        "<article id='the-post' class='post-content'><h1>{t}</h1><p>1,204 زيارة</p><div class='entry-content entry'>{b}{j}</div></article>",
        "<article id='the-post'><h1>{t}</h1><div class='entry'><div class='share-post'><a href='#'>انشر</a></div>{b}</div></article>",
        "<div itemprop='articleBody'>{b}</div>{j}",
        "<div class='StandardArticleBody_body'>{b}<div class='Attribution_container'><p>إعداد فلان</p></div></div>",
        "<main><h1>{t}</h1>{b}</main><div class='entry-content'></div>",
        "<form method='post'><div class='page'><h1>{t}</h1>{b}</div></form>",
    ],
)
def test_a_body_is_found_by_its_usual_names_and_without_noise(markup: str) -> None:
    first = markup.format(t=TITLE, b=BODY, j=JUNK.format("عنوان أول في صندوق", "عنوان ثان في صندوق"))
    again = markup.format(t=TITLE, b=BODY, j=JUNK.format("عنوان ثالث في الصندوق", "عنوان رابع في الصندوق")).replace(
        "1,204", "1,207"
    )
    assert generic(first).faithful == f"{ONE}\n{TWO}\n{THREE}"
    assert generic(again).faithful == generic(first).faithful


def test_teasers_of_a_list_are_no_container() -> None:
    teasers = "".join(f"<article><div class='entry-content'><p>{text}</p></div></article>" for text in (ONE, TWO, THREE))
    assert find(tree(teasers)) is None


def test_a_small_box_with_a_good_name_does_not_stand_for_the_text() -> None:
    found = generic(f"<div class='article-text'>نبذة قصيرة لا تعني شيئا يذكر هنا أبدا.</div><main>{BODY * 3}</main>")
    assert found.faithful.count(ONE) == 3


def test_a_video_post_has_an_empty_body_not_anothers() -> None:
    page = f"<article><h1>{TITLE}</h1><div class='entry-content'><iframe src='/v'></iframe></div></article><div class='list'>{BODY}</div>"
    assert generic(page).container
    assert generic(page).faithful == ""


def test_read_also_lines_and_counters_are_dropped_and_logged() -> None:
    found = generic(
        f"<div class='entry-content'><p>{ONE}</p><p>اقرأ أيضاً: <a href='/x'>عنوان آخر</a></p><p>٣٤٥ مشاهدة</p><p>منذ 3 ساعات</p><p>{TWO}</p></div>"
    )
    assert found.faithful == f"{ONE}\n{TWO}"
    assert found.log == ("box: اقرأ أيضاً: عنوان آخر", "counter: ٣٤٥ مشاهدة", "relative time: منذ 3 ساعات")


def test_a_link_within_a_sentence_stays() -> None:
    assert (
        generic(
            f"<div class='entry-content'><p>{ONE} <a href='/x'>بحسب تقرير سابق</a> و<a href='/y'>آخر</a></p><p>{TWO}</p></div>"
        ).log
        == ()
    )
