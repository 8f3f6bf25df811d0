"""JSON-LD as pages carry it: mended where that is possible, else nothing; the article's own object among others."""

from __future__ import annotations

import pytest
from lxml import html as lxml_html

from archive.metadata import jsonld

URL = "https://news.example.org/a/"
ARTICLE = '{"@type":"NewsArticle","headline":"سوق جديد","datePublished":"2019-03-02T08:00:00+02:00"}'


@pytest.mark.parametrize(
    "script",
    [
        ARTICLE,
        f"<!-- {ARTICLE} -->",
        f"//<![CDATA[\n{ARTICLE}\n//]]>",
        f"/* <![CDATA[ */{ARTICLE}/* ]]> */",
        f"\ufeff{ARTICLE};",
        f"[{ARTICLE}]",
        '{"@graph":[{"@type":"WebSite","name":"الموقع"},' + ARTICLE + "]}",
        '{"@type":"WebPage","mainEntity":' + ARTICLE + "}",
        ARTICLE.replace("}", ",}"),  # a trailing comma
        ARTICLE.replace("سوق جديد", "سوق\n جديد").replace("\n ", "\n"),  # a raw newline
        ARTICLE.replace("NewsArticle", "http://schema.org/NewsArticle"),
        ARTICLE.replace('"NewsArticle"', '["Article","NewsArticle"]'),
        ARTICLE.replace('"', "&quot;"),
        '{"@type":"Organization","name":"الموقع"}\n' + ARTICLE,  # two values in one script
        ARTICLE.replace("سوق", "\\x سوق").replace("\\x ", "\\'").replace("\\'", ""),
    ],
)
def test_an_article_in_every_wrapping(script: str) -> None:
    found = jsonld.article(_objects(script), URL)
    assert found["headline"].replace("\n", " ") == "سوق جديد"
    assert found["datePublished"] == "2019-03-02T08:00:00+02:00"


def test_quotes_inside_a_string() -> None:
    script = ARTICLE.replace("سوق جديد", 'قال "إن السوق" جديد')
    assert jsonld.article(_objects(script), URL)["headline"] == 'قال "إن السوق" جديد'


def test_what_cannot_be_mended_gives_what_it_says_everywhere_the_same_or_nothing() -> None:
    cut = ARTICLE.replace('"headline"', "headline, :").replace("}", ',"x":[')
    assert jsonld.article(_objects(cut), URL) == {"@type": "Article", "datePublished": "2019-03-02T08:00:00+02:00"}
    two = cut.replace(",", ',"datePublished":"2017-01-01",', 1)
    assert "datePublished" not in jsonld.article(_objects(two), URL)
    assert jsonld.article(_objects("{{{ not json"), URL) == {}
    assert jsonld.article(_objects("[" * 5000), URL) == {}


def test_the_article_of_this_address_not_one_of_a_list() -> None:
    other = '{"@type":"NewsArticle","headline":"خبر آخر","url":"https://news.example.org/b/"}'
    named = ARTICLE.replace("}", ',"mainEntityOfPage":{"@id":"https://www.news.example.org/a"}}')
    assert jsonld.article(_objects(f"[{other},{named}]"), URL)["headline"] == "سوق جديد"
    listed = '{"@type":"ItemList","itemListElement":[{"item":' + other + "}]}"
    assert jsonld.article(_objects(listed, ARTICLE), URL)["headline"] == "سوق جديد"


def test_an_author_by_reference() -> None:
    person = '{"@type":"Person","@id":"#p1","name":"سلمى حداد"}'
    article = ARTICLE.replace("}", ',"author":[{"@id":"#p1"},{"name":"نزار الخطيب"}]}')
    found = jsonld.article(_objects('{"@graph":[' + f"{article},{person}" + "]}"), URL)
    assert jsonld.texts(found["author"]) == ["سلمى حداد", "نزار الخطيب"]


def _objects(*scripts: str) -> list[dict[str, object]]:
    tags = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return jsonld.objects(lxml_html.document_fromstring(f"<html><head>{tags}</head><body>x</body></html>"))
