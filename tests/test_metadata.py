"""What a page states about its article; what it does not state stays empty."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from archive.metadata import Metadata, head_of, post_id, read

URL = "https://news.example.org/maktaba/"
ZONE = "Asia/Damascus"
HEADLINE = "مكتبة متنقلة تجوب القرى البعيدة"


def stated(head: str = "", body: str = "<p>نص</p>", attributes: str = 'lang="ar"', path: str = "", **headers: str) -> Metadata:
    tree = lxml_html.document_fromstring(f"<html {attributes}><head>{head}</head><body>{body}</body></html>")
    return read(tree, head_of(tree, URL), URL, tuple(headers.items()), ZONE, title_path=path)


def ld(**fields: str) -> str:
    pairs = ",".join(f'"{name}":{value}' for name, value in {"@type": '"NewsArticle"', **fields}.items())
    return f'<script type="application/ld+json">{{{pairs}}}</script>'


def og(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        (ld(headline=f'"{HEADLINE}"'), "<p>نص</p>", HEADLINE),
        (og("og:title", HEADLINE), "<h1>موقع الأخبار</h1>", HEADLINE),
        (og("og:title", f"{HEADLINE} - موقع"), f"<h1>{HEADLINE}</h1>", HEADLINE),  # the visible one, borne out
        (ld(headline=f'"{HEADLINE[:20]}"'), f"<h1>الموقع</h1><h1>{HEADLINE}</h1>", HEADLINE),  # cut by a plugin
        (ld(headline='"قراءة &quot;متأنية&quot; في كتاب"'), "", 'قراءة "متأنية" في كتاب'),  # escaped twice
        (f"<title>{HEADLINE}</title>", "<div>لا عنوان</div>", HEADLINE),
        (f"<title>{HEADLINE} | الموقع</title>{og('og:site_name', 'الموقع')}", "", HEADLINE),
        (f"<title>{HEADLINE}</title>", f"<h1><a>الموقع</a></h1><h1>{HEADLINE}\u200f!</h1>", f"{HEADLINE}\u200f!"),
        ("", "", ""),
    ],
)
def test_the_headline_is_the_one_a_reader_sees_where_metadata_bears_it_out(head: str, body: str, title: str) -> None:
    assert stated(head, body or "<p>نص</p>").title == title


def test_a_layouts_path_goes_first() -> None:
    body = f"<h1>{HEADLINE}</h1><h2 class='real'>عنوان  آخر</h2>"
    assert stated(og("og:title", HEADLINE), body, path="//h2[@class='real']").title == "عنوان آخر"
    assert stated(og("og:title", HEADLINE), body, path="//h3").title == HEADLINE
    assert stated(og("og:title", HEADLINE), body, path="//h2/text()").title == "عنوان آخر"


PUBLISHED = {
    "article:published_time": og("article:published_time", "2019-03-02T08:00:00+02:00"),
    "json-ld:datePublished": ld(datePublished='"2019-03-02T08:01:00+02:00"'),
    "analyticsattributes.articledate": '<meta name="analyticsAttributes.articleDate" content="2019-03-02T08:02:00+0000">',
    "time": '<article><time class="entry-date published" datetime="2019-03-02T08:03:00+02:00">أمس</time></article>',
    "page": '<span class="tie-date">2 آذار، 2019</span>',
}


def test_the_surest_date_wins_and_says_where_it_stood() -> None:
    for n, (source, markup) in enumerate(PUBLISHED.items()):
        found = stated(body=markup + "".join(list(PUBLISHED.values())[n:])).published
        assert found is not None
        assert found["source"] == source
    found = stated(body=PUBLISHED["page"]).published
    assert found == {"value": "2019-03-02", "source": "page", "confidence": "printed", "printed": "2 آذار، 2019"}  # no hour


def test_no_date_is_taken_from_what_is_not_the_articles() -> None:
    comment = '<div id="comments"><time class="published" datetime="2019-05-01T00:00:00+02:00">x</time></div>'
    related = '<aside><span class="date">5 أيار 2019</span></aside><div class="related-posts"><span class="date">6 أيار 2019</span></div>'
    assert stated(body=f"<p>نص</p>{comment}{related}").published is None
    assert stated(body="<p>في 12 آذار 2015 حدث كذا</p>").published is None
    assert stated(og("article:published_time", "")).published is None


def test_the_date_of_a_change_is_kept_apart() -> None:
    found = stated(og("article:modified_time", "2019-03-02T11:00:00+02:00"))
    at = {"value": "2019-03-02T11:00:00+02:00", "source": "article:modified_time", "confidence": "stated", "zone": "stated"}
    assert found.modified == at
    assert found.published is None
    revised = stated('<meta name="REVISION_DATE" content="Sat Mar 02 09:15:30 UTC 2019">')
    assert revised.modified == at | {"value": "2019-03-02T09:15:30+00:00", "source": "revision_date"}


@pytest.mark.parametrize(
    ("head", "body", "authors"),
    [
        (ld(author='{"@type":"Person","name":"سلمى"}'), "", ("سلمى",)),
        (ld(author='[{"name":"سلمى"},{"name":"نزار"},{"name":"سلمى"}]'), "", ("سلمى", "نزار")),
        (ld(author='"سلمى"'), "", ("سلمى",)),
        ('<meta name="author" content="نزار">', "", ("نزار",)),
        (og("article:author", "https://facebook.com/x"), "", ()),
        ("", '<span class="byline">بقلم <a rel="author" href="/a">سلمى</a></span>', ("سلمى",)),
        ("", '<aside><a rel="author" href="/a">كاتب آخر</a></aside>', ()),
        ("", "", ()),
    ],
)
def test_authors(head: str, body: str, authors: tuple[str, ...]) -> None:
    assert stated(head, body or "<p>نص</p>").authors == authors


def test_json_ld_in_the_wild() -> None:
    graph = '<script type="application/ld+json">{"@graph":[{"@type":"WebPage"},{"@type":["Article","Thing"],"headline":"في الرسم"}]}</script>'
    assert stated(graph).title == "في الرسم"
    broken = '<script type="application/ld+json">{"@type":"NewsArticle", headline:}</script>'
    assert stated(broken + og("og:title", HEADLINE)).title == HEADLINE
    newline = '<script type="application/ld+json">{"@type":"NewsArticle","headline":"سطر\nأول"}</script>'
    assert stated(newline).title == "سطر أول"


def test_language_is_a_primary_subtag() -> None:
    assert stated(attributes='lang="ar-SY"').language == "ar"
    assert stated(og("og:locale", "fa_IR"), attributes="").language == "fa"
    assert stated(attributes="").language == ""


def test_post_ids() -> None:
    tree = lxml_html.document_fromstring(
        "<html><head><link rel='shortlink' href='https://x.example/?p=12'></head><body>x</body></html>"
    )
    classes = lxml_html.document_fromstring("<html><body class='single postid-34'>x</body></html>")
    link = ("Link", '<https://x.example/wp-json/>; rel="https://api.w.org/", <https://x.example/?p=56>; rel=shortlink')
    assert post_id(None, (link,)) == "56"
    assert post_id(head_of(tree, URL), ()) == "12"
    assert post_id(head_of(classes, URL), ()) == "34"
    assert post_id(None, (("Link", "<https://x.example/?p=1>; rel=alternate"),)) == ""


def test_addresses_are_absolute() -> None:
    found = stated('<link rel="canonical" href="/maktaba/">' + og("og:image", "/img/1.jpg"))
    assert (found.canonical, found.image) == ("https://news.example.org/maktaba/", "https://news.example.org/img/1.jpg")
    assert stated().canonical == URL
    assert stated('<link rel="canonical" href="http://[bad">').canonical == URL
