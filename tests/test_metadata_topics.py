"""Section, tags, subtitle, people and sources outside the text, and what is said of images."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from archive.metadata import Metadata, head_of, read, with_text
from archive.metadata.captions import described

URL = "https://news.example.org/maktaba/"
HEADLINE = "مكتبة متنقلة تجوب القرى البعيدة"
H1 = f"<h1>{HEADLINE}</h1>"


def stated(body: str = "", head: str = "") -> Metadata:
    tree = lxml_html.document_fromstring(f"<html lang='ar'><head>{head}</head><body>{H1}{body}</body></html>")
    return read(tree, head_of(tree, URL), URL, (), "Asia/Damascus")


def ld(fields: str) -> str:
    return f'<script type="application/ld+json">{{"@type":"NewsArticle","headline":"{HEADLINE}",{fields}}}</script>'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:section" content="محليات">', ""),
        (ld('"articleSection":["محليات","سوريا"]'), ""),
        ('<meta name="parsely-section" content="محليات">', ""),
        ("", '<a rel="category tag" href="/category/local/">محليات</a>'),
        ("", '<meta itemprop="articleSection" content="محليات">'),
        ("", '<span class="post-cat-wrap"><a class="post-cat" href="/category/local/">محليات</a></span>'),
        ("", f'<nav id="breadcrumb"><a href="/">الرئيسية</a> / <a href="/local/">محليات</a> / <span>{HEADLINE}</span></nav>'),
        (
            '<script type="application/ld+json">{"@type":"BreadcrumbList","itemListElement":[{"name":"الرئيسية"},'
            f'{{"item":{{"name":"محليات"}}}},{{"name":"{HEADLINE}"}}]}}</script>',
            "",
        ),
    ],
)
def test_the_section(head: str, body: str) -> None:
    assert stated(body, head).section == "محليات"


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ('<meta property="article:tag" content="كتب"><meta property="article:tag" content="قرى">', ""),
        (ld('"keywords":["كتب","قرى"]'), ""),
        (ld('"keywords":"كتب، قرى"'), ""),
        ('<meta name="news_keywords" content="كتب, قرى">', ""),
        ("", '<p class="post-tag">الوسوم <a href="/tag/1" rel="tag">كتب</a> <a href="/tag/2" rel="tag">#قرى</a></p>'),
        ("", '<div class="article-tags"><a href="/topics/1">كتب</a><a href="/topics/2">قرى</a></div>'),
    ],
)
def test_tags(head: str, body: str) -> None:
    assert stated(body, head).tags == ("كتب", "قرى")


def test_what_the_page_does_not_file_is_in_no_section_and_has_no_tags() -> None:
    cloud = '<aside class="widget"><div class="tagcloud"><a href="/tag/9" rel="tag">رياضة</a></div></aside>'
    found = stated(cloud + '<aside><a rel="category" href="/category/x">اقتصاد</a></aside>')
    assert (found.section, found.tags, found.subtitle, found.agency) == ("", (), "", ())


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (ld('"alternativeHeadline":"عربة واحدة وألف كتاب"'), ""),
        ("", '<h2 class="entry-sub-title">عربة واحدة وألف كتاب</h2>'),
        ("", '<p class="article__standfirst">عربة واحدة وألف كتاب</p>'),
        ("", '<h2 itemprop="alternativeHeadline">عربة واحدة وألف كتاب</h2>'),
    ],
)
def test_the_subtitle(head: str, body: str) -> None:
    assert stated(body, head).subtitle == "عربة واحدة وألف كتاب"


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        ('<meta name="parsely-author" content="سلمى حداد">', "", ("سلمى حداد",)),
        ('<meta name="DC.creator" content="سلمى حداد; نزار الخطيب">', "", ("سلمى حداد", "نزار الخطيب")),
        (
            "",
            '<div itemprop="author" itemscope><a href="/a"><span itemprop="name">سلمى حداد</span></a> محررة</div>',
            ("سلمى حداد",),
        ),
        (
            "",
            '<div class="byline">كتب: <a class="author-name" href="/a">سلمى حداد</a><span>7 آذار</span></div>',
            ("سلمى حداد",),
        ),
        ("", '<span class="byline">بقلم: سلمى حداد</span>', ("سلمى حداد",)),
        ('<meta name="author" content="desk@news.example.org">', "", ()),
        ("", '<div class="byline">من طاقم التحرير</div>', ()),
        (
            '<meta name="author" content="أخبار القرى"><meta property="og:site_name" content="أخبار القرى">',
            "",
            ("أخبار القرى",),
        ),
        (
            '<meta name="author" content="أخبار القرى"><meta property="og:site_name" content="أخبار القرى">',
            '<span class="author-name">سلمى حداد</span>',
            ("سلمى حداد",),  # a site that names itself as author of everything
        ),
    ],
)
def test_people(head: str, body: str, authors: tuple[str, ...]) -> None:
    assert stated(body, head).authors == authors


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (ld('"author":{"name":"رويترز"}'), ""),
        (ld('"sourceOrganization":{"name":"رويترز"}'), ""),
        ('<meta name="source" content="رويترز">', ""),
        ("", '<span class="news-source">المصدر: رويترز</span>'),
    ],
)
def test_the_agency_outside_the_text(head: str, body: str) -> None:
    assert stated(body, head).agency == ("رويترز",)


def test_the_text_adds_what_it_says() -> None:
    lines = ["سلمى حداد_akhbar.example.org", "بيروت (أ ف ب) - قال سكان إن السوق أعيد بناؤه.", "(وكالات)"]
    found = with_text(Metadata(authors=("محرر ١",), agency=("وكالات",)), lines, ("أخبار",))
    assert found.byline == "سلمى حداد_akhbar.example.org"
    assert found.authors == ("محرر ١", "سلمى حداد")
    assert (found.agency, found.place) == (("أ ف ب", "وكالات"), "بيروت")
    assert with_text(Metadata(title=HEADLINE), ["نص"]) == Metadata(title=HEADLINE)


@pytest.mark.parametrize(
    ("markup", "said"),
    [
        ('<figure><img src="a" alt="سوق"><figcaption>السوق بعد إعادة بنائه</figcaption></figure>', {"alt": "سوق", "caption": "السوق بعد إعادة بنائه"}),
        ('<figure><img src="a"><figcaption>السوق (رويترز)</figcaption></figure>', {"caption": "السوق (رويترز)", "credit": "رويترز"}),
        ('<figure><img src="a"><figcaption>السوق (المدينة)</figcaption></figure>', {"caption": "السوق (المدينة)"}),
        ('<div class="wp-caption"><img src="a"><p class="wp-caption-text">السوق. تصوير: سلمى حداد</p></div>', {"caption": "السوق. تصوير: سلمى حداد", "credit": "سلمى حداد"}),
        ('<figure><img src="a"><span class="photo-credit">© سلمى حداد</span></figure>', {"caption": "", "credit": "سلمى حداد"}),
        ('<div class="post"><img src="a"><p>نص لا علاقة له بالصورة</p></div>', {"caption": ""}),
        ('<div data-testid="primary-image" class="x1"><div class="image-container"><div class="x2"><img src="a"></div></div><p data-testid="primary-image-caption" class="x3">السوق. رويترز/سلمى حداد</p></div>', {"caption": "السوق. رويترز/سلمى حداد"}),
        ('<figure><div class="media"><div class="image"><img src="a"></div></div><figcaption>السوق</figcaption></figure>', {"caption": "السوق"}),
    ],
)  # fmt: skip
def test_what_is_said_of_an_image(markup: str, said: dict[str, str]) -> None:
    tree = lxml_html.document_fromstring(f"<html><body><div>{markup}</div></body></html>")
    assert described(next(tree.iter("img"))) == said
