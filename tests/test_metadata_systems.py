"""What the markup of different content systems gives: pages of ours in the shape that each of them prints."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from lxml import html as lxml_html

from archive.metadata import Metadata, head_of, read

H = "مكتبة متنقلة تجوب القرى البعيدة"
T = "<p>" + "جابت المكتبة أمس سبع قرى في يوم واحد واستعار منها الأطفال كتبا كثيرة. " * 4 + "</p>"
AT = "2019-03-02T08:00:00+02:00"
PAGES = {
    "blogger": f"""<html><head><title>مدونة القرى: {H}</title><meta property='og:title' content='{H}'></head><body><header><h1 class='title'>مدونة القرى</h1></header><div class='date-outer'><h2 class='date-header'><span>السبت، 2 مارس 2019</span></h2><div class='post hentry' itemscope itemtype='http://schema.org/BlogPosting'><h3 class='post-title entry-title' itemprop='name'>{H}</h3><div class='post-body entry-content'>{T}</div><div class='post-footer'><span class='post-author vcard'>مرسلة بواسطة <span class='fn' itemprop='author' itemscope><a href='/p' rel='author'><span itemprop='name'>سلمى حداد</span></a></span></span> في <a class='timestamp-link'><abbr class='published' itemprop='datePublished' title='2019-03-02T08:00:00+02:00'>8:00 ص</abbr></a><span class='post-labels'>التسميات: <a href='/search/label/x' rel='tag'>كتب</a>، <a href='/search/label/y' rel='tag'>قرى</a></span></div></div></div><div class='sidebar'><h2>الأرشيف</h2></div></body></html>""",
    "drupal7": f"""<html><head><title>{H} | القرى</title></head><body class="node-type-article"><div id="breadcrumb" class="breadcrumb"><a href="/">الرئيسية</a> » <a href="/local">محليات</a></div><h1 class="page-title">{H}</h1><div class="node node-article"><div class="submitted"><span property="dc:date dc:created" content="2019-03-02T08:00:00+02:00" datatype="xsd:dateTime" rel="sioc:has_creator">نشره <span class="username">سلمى حداد</span> في سبت, 03/02/2019 - 08:00</span></div><div class="field field-name-body">{T}</div><div class="field field-name-field-tags field-type-taxonomy-term-reference"><a href="/tags/x" property="rdfs:label skos:prefLabel">كتب</a></div></div></body></html>""",
    "drupal9": f"""<html><body><article class="node"><h1 class="page-title"><span class="field field--name-title">{H}</span></h1><footer class="node__meta">بواسطة <span class="field field--name-uid"><span>سلمى حداد</span></span>, <span class="field field--name-created">السبت, 2 مارس 2019 - 08:00</span></footer><div class="field--name-body">{T}</div></article></body></html>""",
    "joomla": f"""<html><body><div class="item-page" itemscope itemtype="https://schema.org/Article"><div class="page-header"><h2 itemprop="headline">{H}</h2></div><dl class="article-info"><dd class="createdby" itemprop="author"><span itemprop="name">سلمى حداد</span></dd><dd class="category-name"><a href="/local" itemprop="genre">محليات</a></dd><dd class="published"><time datetime="2019-03-02T08:00:00+02:00" itemprop="datePublished">نشر بتاريخ: 02 آذار/مارس 2019</time></dd><dd class="modified"><time datetime="2019-03-03T08:00:00+02:00" itemprop="dateModified">آخر تحديث</time></dd></dl><div itemprop="articleBody">{T}</div><ul class="tags"><li><a href="/tag/x">كتب</a></li></ul></div></body></html>""",
    "aspnet": f"""<html><head><title>{H}</title></head><body><form id="form1"><div id="header"><span id="lblToday">الثلاثاء 05 آذار 2019</span></div><table><tr><td><span id="ContentPlaceHolder1_lblTitle" class="newsTitle">{H}</span></td></tr><tr><td><span id="ContentPlaceHolder1_lblDate">02/03/2019 08:15 ص</span></td></tr><tr><td><span id="lblSource">المصدر: وكالات</span></td></tr><tr><td class="newsText">{T}</td></tr></table></form></body></html>""",
    "custom": f"""<html><head><title>شبكة القرى - {H}</title></head><body><div class="topbar">الثلاثاء 5 آذار 2019</div><div class="container"><div class="row"><div class="col"><h1>{H}</h1><div class="info"><span><i class="fa fa-user"></i> سلمى حداد</span><span><i class="fa fa-clock-o"></i> 02 آذار 2019 - 08:00</span><span><i class="fa fa-eye"></i> 1234</span><span><i class="fa fa-folder"></i> <a href="/cat/1">محليات</a></span></div><div class="text">{T}</div></div><div class="col side"><div class="item"><a href="/b">خبر آخر عن مكتبة بعيدة في الجبل</a><span class="date">04 آذار 2019</span></div></div></div></div></body></html>""",
    "jnews": f"""<html><head><meta property="og:title" content="{H} - القرى"><meta property="og:site_name" content="القرى"></head><body><div class="entry-header"><div class="jeg_breadcrumbs"><a href="/">الرئيسية</a><a href="/c">محليات</a></div><h1 class="jeg_post_title">{H}</h1><h2 class="jeg_post_subtitle">عربة واحدة وألف كتاب</h2><div class="jeg_meta_container"><div class="jeg_post_meta"><div class="jeg_meta_author"><span class="meta_text">بواسطة</span> <a href="/a">سلمى حداد</a></div><div class="jeg_meta_date"><a href="/x">2 مارس، 2019</a></div></div></div></div><div class="entry-content">{T}</div><div class="jeg_post_tags"><span>الوسوم:</span> <a href="/tag/x" rel="tag">كتب</a></div></body></html>""",
    "tagdiv": f"""<html><body><div class="td-post-header"><ul class="td-category"><li class="entry-category"><a href="/category/local">محليات</a></li></ul><header class="td-post-title"><h1 class="entry-title">{H}</h1><p class="td-post-sub-title">عربة واحدة وألف كتاب</p><div class="td-module-meta-info"><div class="td-post-author-name"><div class="td-author-by">بواسطة</div> <a href="/author/s">سلمى حداد</a><div class="td-author-line"> - </div></div><span class="td-post-date"><time class="entry-date updated td-module-date" datetime="2019-03-02T08:00:00+02:00">2 مارس، 2019</time></span></div></header></div><div class="td-post-content">{T}</div><ul class="td-tags"><li><span>الوسوم</span></li><li><a href="/tag/x">كتب</a></li></ul></body></html>""",
}
# authors, published, modified, section, tags, agency
EXPECTED = {
    "blogger": (("سلمى حداد",), AT, "", "", ("كتب", "قرى"), ()),
    "drupal7": (("سلمى حداد",), AT, "", "محليات", ("كتب",), ()),
    "drupal9": (("سلمى حداد",), AT, "", "", (), ()),
    "joomla": (("سلمى حداد",), AT, "2019-03-03T08:00:00+02:00", "محليات", ("كتب",), ()),
    "aspnet": ((), "", "", "", (), ("وكالات",)),  # 02/03 may be either
    "custom": (("سلمى حداد",), AT, "", "محليات", (), ()),
    "jnews": (("سلمى حداد",), "2019-03-02", "", "محليات", ("كتب",), ()),
    "tagdiv": (("سلمى حداد",), AT, "", "محليات", ("كتب",), ()),
}


def stated(page: str) -> Metadata:
    tree = lxml_html.document_fromstring(page)
    url = "https://news.example.org/a"
    return read(tree, head_of(tree, url), url, (), "Asia/Damascus", captured=datetime(2019, 3, 5, 10, tzinfo=UTC))


@pytest.mark.parametrize("system", PAGES)
def test_a_page_of_each_system(system: str) -> None:
    found = stated(PAGES[system])
    published, modified = ((one or {}).get("value", "") for one in (found.published, found.modified))
    assert found.title == H
    assert (found.authors, published, modified, found.section, found.tags, found.agency) == EXPECTED[system]


def test_the_subtitles_of_two_themes() -> None:
    assert {stated(PAGES[system]).subtitle for system in ("jnews", "tagdiv")} == {"عربة واحدة وألف كتاب"}
