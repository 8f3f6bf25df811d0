"""Pages in the shapes that content systems, editors and accidents make: no paragraph is lost, nothing else comes in.

The markup and the sentences are ours. Each case was read wrongly once.
"""

from __future__ import annotations

import pytest

from archive.extract import Body, body_of
from archive.markup import tree_of
from archive.outlet import Layout
from archive.rules import GENERIC

URL = "https://news.example.org/a/"
TITLE = "بدء ترميم السوق المسقوف في المدينة القديمة"
LINES = (
    "بدأت ورشات البلدية صباح الثلاثاء ترميم السوق المسقوف في المدينة القديمة، بعد سنوات من الانتظار.",
    "وقال رئيس البلدية حسن العمر إن المرحلة الأولى تشمل السقف والأرضيات، وتستمر أربعة أشهر على الأقل.",
    "وأضاف أن الكلفة تبلغ 2.5 مليون ليرة، وأن البلدية لا تنوي رفع إيجارات المحال بعد انتهاء العمل.",
    "ويضم السوق نحو 120 محلا، أغلق نصفها خلال السنوات الماضية بسبب تضرر السقف ودخول مياه الأمطار.",
    "وعبر تجار في السوق عن ارتياحهم للقرار، فيما طالب آخرون بتعويضات عن فترة الإغلاق.",
    "وكانت البلدية قد أعلنت في آذار الماضي عن مناقصة لاختيار الشركة المنفذة، شاركت فيها سبع شركات.",
)
LINK = "<a href='/1'>خبر مختلف تماما عن هذا الموضوع</a>"
LISTED = "".join(f"<li><a href='/{n}'>خبر آخر من الأرشيف رقم {n} عن موضوع مختلف</a></li>" for n in range(5))


def paragraphs(start: int = 0, stop: int | None = None) -> str:
    return "".join(f"<p>{line}</p>" for line in LINES[start:stop])


def read(body: str, layout: Layout = GENERIC) -> Body:
    page = (
        f"<!DOCTYPE html><html lang=ar dir=rtl><head><title>{TITLE}</title></head><body><nav><ul><li><a href='/'>الرئيسية</a></li>"
        f"</ul></nav><h1>{TITLE}</h1>{body}<footer><p>جميع الحقوق محفوظة © 2026 موقع الأخبار</p></footer></body></html>"
    )
    return body_of(tree_of(page), layout, TITLE, URL)


def content(inner: str) -> str:
    return f"<article class='post hentry'><div class='entry-content'>{inner}</div></article>"


# ---- no paragraph is lost


@pytest.mark.parametrize(
    "body",
    [
        f"<div class=itemBody><div class=itemIntroText><p>{LINES[0]}</p></div><div class=itemFullText>{paragraphs(1)}</div>"
        "<div class=itemContentFooter><span class=itemHits>قراءة 41 مرات</span></div></div>",
        f"<div class=article-body>{paragraphs(0, 4)}</div><div class=x>إعلان</div><div class=article-body>{paragraphs(4)}</div>",
        f"<div itemprop=articleBody>{paragraphs(0, 3)}</div><div itemprop=articleBody>{paragraphs(3)}</div>",
        f"<div class=entry-content>{paragraphs(0, 3)}</div></div>{paragraphs(3)}",
        f"<div class=entry-content>{LINES[0]}<br>{LINES[1]}<br></div>{'<br>'.join(LINES[2:])}",
        f"<div class=k1>{paragraphs(0, 3)}<ul>{''.join(f'<li>{line}</li>' for line in LINES[3:])}</ul></div>",
        f"<table width=100%><tr><td><p>{LINK}</p></td><td>{'<br><br>'.join(LINES)}</td></tr></table>",
    ],
    ids=["k2", "parted", "parted-microdata", "stray-end-tag", "stray-end-tag-br", "list-without-container", "table-layout"],
)
def test_the_text_is_whole(body: str) -> None:
    found = read(body)
    assert [line for line in found.faithful.split("\n") if line in LINES] == list(LINES)


@pytest.mark.parametrize("body", [f"<div class=t>{paragraphs(0, 4)}</div><p>x</p><div class=t>{paragraphs(4)}</div>"])
def test_a_container_in_parts_is_whole_in_the_reading_copy_too(body: str) -> None:
    assert read(body, Layout(body="//div[@class='t']")).text.split("\n") == list(LINES)
    assert read(body.replace("=t>", "=article-body>")).text.split("\n") == list(LINES)


def test_a_stray_end_tag_is_told_and_boxes_behind_a_body_stay_out() -> None:
    found = read(f"<div class=entry-content>{paragraphs(0, 3)}</div></div>{paragraphs(3)}<p class=tags>الوسوم</p>")
    assert "container: goes on behind a stray end tag" in found.log
    assert found.faithful.split("\n") == list(LINES)
    behind = f"<div><div class=entry-content>{paragraphs()}</div><p class=share-post>شارك</p><ul>{LISTED}</ul></div>"
    assert read(behind).faithful.split("\n") == list(LINES)
    assert read(behind).log == ()


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("<figure class='wp-block-pullquote'><blockquote><p>{}</p></blockquote></figure>", LINES[4]),
        ("<div class='caption-free'><p>{}</p></div>", LINES[4]),
        ("<h3><button class='accordion-button'>{}</button></h3>", "كيف يسجل التجار أسماءهم؟"),
    ],
)
def test_what_trafilatura_takes_for_a_box_and_is_text_stays(part: str, line: str) -> None:
    found = read(content(f"{paragraphs(0, 4)}{part.format(line)}{paragraphs(5)}"))
    assert line in found.faithful.split("\n")


def test_a_flash_whose_text_is_its_headline_has_a_text() -> None:
    assert read(content(f"<p>{TITLE}</p>")).faithful == TITLE
    assert read(content(f"<p>{TITLE}</p>{paragraphs()}")).log == (f"headline: {TITLE}",)


def test_words_in_the_midst_of_a_sentence_are_in_the_reading_copy() -> None:
    line = "بدأ <time datetime='2026-11-02'>الاثنين</time> العمل في السوق الكبير بحضور <label>حشد</label> من التجار والزوار."
    assert "بدأ الاثنين العمل في السوق الكبير بحضور حشد من التجار" in read(content(f"{paragraphs()}<p>{line}</p>")).text


# ---- nothing else comes in, and all that is left out is told


CLUTTER = {
    "announced heading": f"<h3>اقرأ أيضاً</h3><p>{LINK}</p>",
    "announced list": f"<h4>أخبار متعلقة</h4><ul><li>{LINK}</li></ul>",
    "more": f"<p>للمزيد: {LINK}</p>",
    "related": f"<p>مواد ذات صلة: {LINK}</p>",
    "report": f"<p>تقرير ذو صلة: {LINK}</p>",
    "see": f"<p>شاهد: {LINK}</p>",
    "sorani": f"<p>بخوێنەرەوە: {LINK}</p>",
    "kurmanji": "<p>Her wiha bixwîne: <a href=/1>Nûçeyeke din a kevn</a></p>",
    "persian": "<p>مطالب مرتبط:</p><ul><li><a href=/1>خبر دیگری از بایگانی سایت</a></li></ul>",
    "turkish": "<p>İlgili haber: <a href=/1>Başka bir haber başlığı</a></p>",
    "inline related posts": "<a href='/1' class='u5f'><span class=ctaText>See also</span>&nbsp; <span>خبر مختلف</span></a>",
    "telegram": "<p>للانضمام إلى قناتنا على التليجرام <a href='https://t.me/x'>اضغط هنا</a></p>",
    "whatsapp": "<p>انضموا إلينا على واتساب <a href='https://wa.me/x'>هنا</a></p>",
    "google news": "<p><a href='https://news.google.com/x'>تابعوا الموقع على أخبار جوجل</a></p>",
    "facebook": "<p>تابع صفحتنا على فيسبوك</p>",
    "tags": "<p>الوسوم: <a rel=tag href=/t>سوق</a>، <a rel=tag href=/u>ترميم</a></p>",
    "post-tag": "<p class='post-tag'>Tags <a rel=tag href=/t>سوق</a></p>",
    "share": "<p>شارك هذا:</p><ul><li><a href='https://facebook.com/x'>اضغط للمشاركة على فيسبوك</a></li></ul>",
    "copyright": "<p>جميع الحقوق محفوظة © 2026</p>",
    "copyright sign": "<p>© 2026 موقع الأخبار</p>",
    "author box": "<div class='saboxplugin-wrap'><a>محرر</a><p>صحفي يعمل في الموقع منذ سنوات طويلة</p></div>",
    "author": "<div class='author-bio'><h4>محرر</h4><p>صحفي يعمل في الموقع منذ سنوات طويلة</p></div>",
    "reading time": "<p>مدة القراءة: 3 دقائق</p>",
    "advertisement": "<div class=x><p>إعلان</p></div>",
    "advertisement of Newspaper": "<div class='td-a-rec td-a-rec-id-content'><p>- Advertisement -</p></div>",
    "newsletter": "<div class='mc4wp-form'><p>اشترك في نشرتنا البريدية ليصلك الجديد</p></div>",
}


@pytest.mark.parametrize("part", CLUTTER.values(), ids=CLUTTER)
def test_clutter_is_left_out_and_told(part: str) -> None:
    for body in (f"{paragraphs(0, 3)}{part}{paragraphs(3)}", f"{paragraphs()}{part}"):
        found = read(content(body))
        assert found.faithful.split("\n") == list(LINES)
        assert found.text.split("\n") == list(LINES)
        assert found.log


@pytest.mark.parametrize(
    "line",
    [
        "<p>شاهد: لم يصب أحد في الحادث</p>", "<p>اقرأ أيضا ما كتبه الشاعر عن السوق في ديوانه القديم.</p>", "<p>وقال: <a href=/1>لا نريد أكثر</a></p>",
        "<p>نشر <a href=/1>نص القرار</a> كاملا</p>", "<p>أعلن إعلان الاستقلال</p>", "<p>الحقوق محفوظة للجميع في الدستور</p>", "<p>تابع الأهالي المباراة على يوتيوب</p>",
        "<h3>مواد البناء</h3><p><a href=/1>نشرت الجريدة نص القرار</a></p>", "<p>- 3 درجات</p>", "<p>لا.</p>",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_stays(line: str) -> None:
    found = read(content(f"{paragraphs(0, 3)}{line}{paragraphs(3)}"))
    assert len(found.faithful.split("\n")) == len(LINES) + line.count("</p>") + line.count("</h3>")
    assert not [one for one in found.log if not one.startswith("copy: ")]


def test_a_page_without_a_container_tells_what_it_left_out() -> None:
    aside = "<div class=k7><a href=/2>اشترك في الخدمة</a></div>"
    tags = "<div class='post-tags'>الوسوم <a rel=tag href=/t>سوق</a></div>"
    found = read(
        f"<div class=k1>{paragraphs(0, 3)}{aside}<h3>أسعار</h3>{paragraphs(3)}{tags}</div><div class=k3><ul>{LISTED}</ul></div>"
    )
    assert found.faithful.split("\n") == [*LINES[:3], "أسعار", *LINES[3:]]
    assert any("اشترك في الخدمة" in one for one in found.log)


def test_buttons_are_told() -> None:
    assert "control: نسخ الرابط" in read(content(f"{paragraphs()}<button>نسخ الرابط</button>")).log
