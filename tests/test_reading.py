"""Readings of pages as themes and plugins make them: what is text, what is not, and what is the same at every request.

The markup is ours, in the shape of what news sites print; each page is read by a layout and by the generic rules.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from archive import agreement
from archive.digest import digests, tokens
from archive.extract import Body, body_of
from archive.outlet import Layout
from archive.rules import GENERIC

URL = "https://news.example.org/a/"
TITLE = "افتتاح جسر المشاة فوق النهر"
LINES = (
    "افتتحت بلدية المدينة صباح اليوم جسر المشاة الجديد فوق النهر بحضور مئات من الأهالي والزوار.",
    "وبلغت كلفة المشروع 2.5 مليون ليرة، وقال المهندس المشرف إنه لا يخشى الفيضان في فصل الشتاء.",
    "وانخفضت الحرارة ليلا إلى -3 درجات، فيما استمر العمال في تركيب المصابيح على جانبي الجسر.",
    "وتقول البلدية إن عدد العابرين كل يوم لن يقل عن أربعة آلاف شخص بعد افتتاح السوق القديم.",
)
BODY = "".join(f"<p>{line}</p>" for line in LINES)
LAYOUT = Layout(name="theme", body="//*[@id='text']")


def read(page: str, layout: Layout = GENERIC, said: tuple[str, ...] = ()) -> Body:
    return body_of(lxml_html.document_fromstring(page), layout, TITLE, URL, said)


def tielabs(body: str, seed: int = 0) -> str:
    """Jannah's shape, with everything that changes between two requests."""
    rng = random.Random(seed)
    posts = [
        f"<li><a href='/{n}'>خبر آخر رقم {n} من الأرشيف القديم</a> <span>منذ {rng.randint(2, 50)} دقيقة</span></li>"
        for n in range(6)
    ]
    rng.shuffle(posts)
    box = "".join(posts)
    return f"""<html lang=ar dir=rtl><head><title>{TITLE} - أخبار</title></head><body class="rtl nonce-{rng.randrange(9**9)}">
    <article id="the-post" class="post-content"><header><h1 class="entry-title">{TITLE}</h1>
    <div class="post-meta"><span>منذ {rng.randint(2, 9)} ساعات</span><span>{rng.randint(1, 9999):,} مشاهدة</span></div></header>
    <div class="share-buttons"><a href="#f">فيسبوك</a><a href="#t">تويتر</a></div>
    <div id="text" class="entry-content entry clearfix">{body}
    <div id="inline-related-post" class="mag-box mag-box-small-{rng.randint(1, 9)}"><h3>مقالات ذات صلة</h3><ul>{box}</ul></div>
    <div class="stream-item" data-n="{rng.random()}"></div><script>var n={rng.random()}</script>
    <p>{rng.randint(2, 9999)} مشاهدة</p><p>منذ {rng.randint(2, 9)} أيام</p>
    <div class="sharedaddy sd-sharing-enabled"><h3>شارك هذا الموضوع:</h3><ul><li><a href="#w">واتساب</a></li></ul></div>
    <div class="post-bottom-meta"><span class="tagcloud"><a href="/t/1">جسور</a> <a href="/t/2">نهر</a></span></div></div>
    <div class="about-author"><p>محرر الأخبار المحلية في الموقع منذ سنوات طويلة</p></div></article>
    <div id="related-posts"><h3>مقالات ذات صلة</h3><ul>{box}</ul></div>
    <footer>جميع الحقوق محفوظة © {rng.randint(2001, 2026)}</footer></body></html>"""


def block_theme(body: str, seed: int = 0) -> str:
    """A block theme with the boxes of plugins, and a live list inside the content."""
    rng = random.Random(seed)
    posts = [f"<li><a href='/{n}'>عنوان من القائمة رقم {n}</a></li>" for n in range(5)]
    rng.shuffle(posts)
    return f"""<html lang=ar><body><main><h1>{TITLE}</h1>
    <div id="text" class="entry-content wp-block-post-content is-layout-flow">{body}
    <aside class="wp-block-group"><h2>الأكثر قراءة</h2><ul>{"".join(posts)}</ul></aside>
    <p class="post-views">عدد المشاهدات: {rng.randint(10, 9999)}</p>
    <form class="newsletter-{rng.randint(1, 9)}"><label>بريدك</label><input name="nonce" value="{rng.random()}"></form></div>
    <ul class="wp-block-latest-posts">{"".join(posts)}</ul></main><!-- {rng.random()} --></body></html>"""


def unnamed(body: str, seed: int = 0) -> str:
    """A theme whose classes say nothing: the body is known by what the page prints for programs, or by Trafilatura."""
    rng = random.Random(seed)
    posts = [f"<div class=k4><a href='/{n}'>خبر من مكان آخر رقم {n}</a></div>" for n in range(5)]
    rng.shuffle(posts)
    return f"""<html lang=ar><body><div class=a1><h1>{TITLE}</h1><div class=b2 id=text>{body}</div></div>
    <div class=c3>{"".join(posts)}</div><div class=z9>{rng.randint(1, 999)} زائر الآن</div></body></html>"""


THEMES = pytest.mark.parametrize("theme", [tielabs, block_theme, unnamed])
WAYS = pytest.mark.parametrize("layout", [GENERIC, LAYOUT], ids=["generic", "layout"])


@THEMES
@WAYS
def test_the_body_is_the_text_and_nothing_else(theme: Any, layout: Layout) -> None:
    assert read(theme(BODY), layout).faithful.split("\n") == list(LINES)


@THEMES
@WAYS
@settings(max_examples=15, deadline=None)
@given(one=st.integers(1, 10**6), other=st.integers(1, 10**6))
def test_clutter_is_no_event(theme: Any, layout: Layout, one: int, other: int) -> None:
    """Counters, nonces, relative times and shuffled lists: T is the same, so nobody is told of an edit."""
    assert digests(read(theme(BODY, one), layout).faithful) == digests(read(theme(BODY, other), layout).faithful)


@THEMES
@WAYS
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2.5 مليون", "25 مليون"), ("لا يخشى", "يخشى"), ("-3 درجات", "3 درجات"), ("لن يقل", "يقل"), ("أربعة", "اربعه"),
        ("2.5", "٢٫٦"), ("اليوم جسر", "اليوم، جسر"), ("المشرف", "المشرف\u200c"),
    ],
)  # fmt: skip
def test_a_small_edit_is_an_event(theme: Any, layout: Layout, old: str, new: str) -> None:
    assert old in BODY
    before = digests(read(theme(BODY, 1), layout).faithful)
    assert before != digests(read(theme(BODY.replace(old, new), 2), layout).faithful)


@WAYS
@pytest.mark.parametrize(
    "body",
    [
        "<br>".join(LINES), "<br><br>\n".join(LINES), "".join(f"<div>{line}</div>" for line in LINES),
        "".join(f"<div><span>{line}</span></div>" for line in LINES), "\n".join((LINES[0], *(f"<p>{one}</p>" for one in LINES[1:]))),
        f"<div class=wrap><div class=inner>{BODY}</div></div>", f"<p>{'<br/>'.join(LINES)}</p>", "".join(f"<p>{one}" for one in LINES),
        f"<center>{BODY}</center>", "".join(f"<p dir=rtl style='text-align: right'><span lang=ar>{one}</span></p>" for one in LINES),
    ],
)  # fmt: skip
def test_every_way_of_making_lines_gives_the_same_text(body: str, layout: Layout) -> None:
    assert read(tielabs(body), layout).faithful.split("\n") == list(LINES)


@WAYS
@pytest.mark.parametrize("lines", [LINES[:1], LINES[:2]])
def test_a_brief_is_read_whole_and_alone(lines: tuple[str, ...], layout: Layout) -> None:
    page = tielabs("".join(f"<p>{line}</p>" for line in lines))
    assert read(page, layout).faithful.split("\n") == list(lines)
    assert read(page, layout).text.split("\n") == list(lines)


MARKS = "\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u061c"


@THEMES
@WAYS
@pytest.mark.parametrize(
    "markup",
    [
        "می\u200cشود", "می&zwnj;شود", "می&#8204;شود", "می&#x200C;شود", "<b>می</b>\u200c<i>شود</i>", "<b>می\u200c</b>شود", "<bdi>می\u200cشود</bdi>",
        "<bdo dir=rtl>می\u200cشود</bdo>", "&rlm;(17)&rlm;", "&lrm;A&lrm;", "\u2067نص\u2069", "\u202bنص\u202c", "<span>\u200f</span>نص", "نص\u200f<br>",
        "<a href='/x'>خانه\u200cها</a>", "<em>\u2068Reuters\u2069</em>", "&#x202B;نص&#x202C;", "<wbr>نی\u200cاز", "\u061cنص",
    ],
)  # fmt: skip
def test_every_zwnj_and_bidi_mark_is_kept(theme: Any, layout: Layout, markup: str) -> None:
    import html

    want = [char for char in html.unescape(markup) if char in MARKS]
    found = read(theme(f"{BODY}<p>وفي النص {markup} وبعده كلام.</p>"), layout).faithful
    assert [char for char in found if char in MARKS] == want


@WAYS
@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("<p><strong>اقرأ أيضاً:</strong> <a href='/x'>عنوان آخر من الموقع</a></p>", "box"),
        ("<p>اقرأ المزيد | <a href='/x'>عنوان آخر من الموقع</a></p>", "box"),
        ("<p>شاهد أيضا: عنوان بلا رابط</p>", "read also"),
        ("<p>تابعونا على تلغرام: <a href='https://t.me/x'>https://t.me/x</a></p>", "call to follow"),
        ("<blockquote class='twitter-tweet'><p>نص تغريدة</p>— حساب (@a) <a href='#'>3</a></blockquote>", "embed"),
        ("<blockquote class='instagram-media'><a href='#'>صورة</a></blockquote>", "embed"),
        ("<figure><img src='/a.jpg'><figcaption>تعليق الصورة</figcaption></figure>", "caption"),
        ("<div class='wp-caption'><img src='/a.jpg'><p class='wp-caption-text'>تعليق</p></div>", "caption"),
        ("<div class='yarpp-related'><a href='/1'>خبر</a></div>", "box"),
        ("<p style='display:none'>نص مخفي لمحركات البحث</p>", "hidden"),
        ("<p>1,204 مشاهدة</p>", "counter"),
        ("<p>منذ ٣ ساعات</p>", "relative time"),
    ],
)
def test_what_is_removed_stands_in_the_log_with_its_reason(part: str, reason: str, layout: Layout) -> None:
    found = read(tielabs(f"<p>{LINES[0]}</p>{part}" + "".join(f"<p>{one}</p>" for one in LINES[1:])), layout)
    assert found.faithful.split("\n") == list(LINES)
    words = "".join("".join(lxml_html.fragment_fromstring(part, create_parent=True).itertext()).split())
    assert [line for line in found.log if line.startswith(f"{reason}: ") and "".join(line.split(": ", 1)[1].split()) == words]


@pytest.mark.parametrize("theme", [tielabs, block_theme])
@WAYS
def test_every_word_of_the_container_is_in_the_text_or_in_the_log(theme: Any, layout: Layout) -> None:
    figure = "<figure><img src='/a.jpg'><figcaption>تعليق الصورة</figcaption></figure><p hidden>نص مخفي</p><h2>تفاصيل</h2>"
    page = theme(f"<h2>{TITLE}</h2>{figure}{BODY}<p>اقرأ أيضا: <a href='/x'>عنوان</a></p>", 3)
    found = read(page, layout)
    container = lxml_html.document_fromstring(page).get_element_by_id("text")
    for script in container.findall(".//script"):
        script.drop_tree()
    words = Counter(tokens(" ".join(container.itertext())))
    told = Counter(tokens(" ".join((found.faithful, *(line.partition(": ")[2] for line in found.log)))))
    assert words == told


def test_a_line_that_the_reading_copy_lacks_is_told() -> None:
    found = read(tielabs(BODY), LAYOUT)
    assert not [line for line in found.log if line.startswith("copy: ")]
    assert set(found.text.split("\n")) == set(LINES)


@WAYS
@pytest.mark.parametrize(
    "part",
    [
        "<ul><li>بند أول من القرار</li><li>بند ثان من القرار</li></ul>", "<ol><li><a href='/q'>رابط</a> إلى نص القرار كاملا</li></ol>",
        "<table><tr><td>السعر</td><td>500</td></tr><tr><td>الكمية</td><td>30</td></tr></table>", "<blockquote><p>قال الشاعر بيتا من الشعر.</p></blockquote>",
        "<h3>تفاصيل البيان</h3>", "<details><summary>تفاصيل</summary><p>نص يطوى ثم يفتح عند الضغط عليه.</p></details>",
        "<p>النص قبل التعديل <del>خمسة</del> <ins>ستة</ins> وبعده.</p>", "<p>وتابعونا في الحلقة القادمة من هذا التحقيق عن المياه.</p>",
        "<div class='wp-block-columns'><div class='wp-block-column'><p>فقرة في عمود من الصفحة.</p></div></div>", "<pre>سطر من برقية قديمة</pre>",
    ],
)  # fmt: skip
def test_what_is_the_articles_stays(part: str, layout: Layout) -> None:
    found = read(tielabs(f"{BODY}{part}<p>{LINES[0][::-1]}</p>"), layout)
    words = " ".join(text for one in lxml_html.fragment_fromstring(part, create_parent=True).itertext() for text in one.split())
    assert "".join(words.split()) in "".join(found.faithful.split())


def test_an_amp_page() -> None:
    page = f"""<html amp lang=ar><body><article class="amp-wp-article"><h1>{TITLE}</h1><div class="amp-wp-article-content">
    <amp-img src="/a.jpg" width=600 height=300><noscript><img src="/a.jpg"></noscript></amp-img>{BODY}<amp-ad><div>إعلان</div></amp-ad>
    <amp-social-share type="twitter"></amp-social-share></div></article></body></html>"""
    found = read(page)
    assert found.faithful.split("\n") == list(LINES)
    assert found.images == ({"url": "https://news.example.org/a.jpg", "caption": ""},)


# ---- what the page prints for programs

LONGER = tuple(f"{line} {' '.join(reversed(line.split()))}" for line in LINES * 2)


def test_a_teaser_of_the_right_name_gives_way_to_the_element_that_holds_the_text() -> None:
    text = "".join(f"<p>{line}</p>" for line in LONGER)
    page = f"<html><body><div class='entry-content'><p>{LINES[0]}</p></div><div class='x9'>{text}</div></body></html>"
    found = read(page, said=LONGER)
    assert found.faithful.split("\n") == list(LONGER)
    assert found.container
    assert found.log[0] == "container: another holds the page's own articleBody"
    assert found.checks["ld"] == 1.0


def test_a_layout_whose_container_lost_the_text_says_so() -> None:
    text = "".join(f"<p>{line}</p>" for line in LONGER)
    page = f"<html><body><div id='text'><p>{LINES[0]}</p></div><div class='x9'>{text}</div></body></html>"
    found = read(page, LAYOUT, said=LONGER)
    assert found.faithful.split("\n") == list(LONGER)
    assert not found.container


def test_a_page_that_shows_a_part_only_is_read_from_what_it_prints() -> None:
    page = f"<html><body><div class='entry-content'><p>{LONGER[0]}</p><p>اشترك لتقرأ البقية</p></div></body></html>"
    found = read(page, said=LONGER)
    assert found.faithful.split("\n") == list(LONGER)
    assert "body: articleBody, of which the page shows a part only" in found.log


def test_an_excerpt_or_a_stale_text_overrules_nothing() -> None:
    text = "".join(f"<p>{line}</p>" for line in LONGER)
    for said in (
        LONGER[:1],
        LONGER[:2],
        (*LONGER[1:], "فقرة قديمة حذفها المحررون من الصفحة قبل ساعة من الآن."),
        LINES[:1] * 40,
    ):
        found = read(f"<html><body><div class='entry-content'>{text}</div></body></html>", said=said)
        assert found.faithful.split("\n") == list(LONGER)


def test_checks_tell_how_far_a_reading_is_borne_out() -> None:
    whole = "\n".join(LONGER)
    assert agreement.checks(whole, article_body=whole, second=whole, links=0.125) == {"ld": 1.0, "second": 1.0, "links": 0.12}
    assert agreement.checks("\n".join(LONGER[:4]), article_body=whole)["ld"] == pytest.approx(2 / 3, abs=0.02)
    assert agreement.checks(whole) == {}
    assert set(read(tielabs(BODY)).checks) == {"second", "links"}


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ("سطر أول\r\n\r\nسطر ثان", ["سطر أول", "سطر ثان"]),
        ("&lt;p&gt;سطر&lt;/p&gt;&lt;p&gt;آخر &amp;amp; بعده&lt;/p&gt;", ["سطر", "آخر & بعده"]),
        ('<p>سطر</p><br />آخر [caption id="x"]نص[/caption]', ["سطر", "آخر نص"]),
        (["سطر", "آخر"], ["سطر", "آخر"]),
        ({"@value": "x"}, []),
        (None, []),
    ],
)
def test_article_body_is_read_as_plugins_print_it(value: Any, lines: list[str]) -> None:
    assert agreement.article_body({"articleBody": value}) == lines


def test_the_same_page_gives_the_same_bytes_in_every_process() -> None:
    code = (
        "import hashlib, random\nfrom bench.corpus import Sample\nfrom bench.extraction import packed\nfrom bench.invented import page\n"
        "from archive.rules import GENERIC\nfrom tests.test_reading import BODY, LAYOUT, block_theme, tielabs, unnamed\n"
        "pages = [page(3), *(theme(BODY, 1).encode() for theme in (tielabs, block_theme, unnamed))]\n"
        "whole = b''.join(packed(Sample('x', p, '', 'https://news.example.org/a/', '', '', '', ''), l) for p in pages for l in (GENERIC, LAYOUT))\n"
        "print(hashlib.sha256(whole).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code], env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(found) == 1
    assert len(found.pop()) == 65
