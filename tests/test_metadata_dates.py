"""When an article was published and changed: the surest statement, where it stood, whose zone, and how sure; never a guess."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from lxml import html as lxml_html

from archive.metadata import Metadata, head_of, read

ZONE = "Asia/Damascus"
CAPTURED = datetime(2019, 3, 5, 12, 34, 56, tzinfo=UTC)
HEADLINE = "مكتبة متنقلة تجوب القرى البعيدة"
H1 = f"<h1>{HEADLINE}</h1>"
TEXT = (
    "<div class='entry-content'><p>"
    + "جابت المكتبة أمس سبع قرى في يوم واحد، واستعار منها الأطفال كتبا كثيرة. " * 3
    + "</p></div>"
)


def stated(body: str, head: str = "", url: str = "https://news.example.org/maktaba/", captured: Any = CAPTURED) -> Metadata:
    tree = lxml_html.document_fromstring(f"<html lang='ar'><head>{head}</head><body>{body}</body></html>")
    return read(tree, head_of(tree, url), url, (), ZONE, captured=captured)


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


def ld(**fields: str) -> str:
    pairs = ",".join(f'"{name}":"{value}"' for name, value in {"@type": "NewsArticle", **fields}.items())
    return f'<script type="application/ld+json">{{{pairs}}}</script>'


MACHINES = [
    (meta("article:published_time", "2019-03-02T08:00:00+02:00"), "", "article:published_time"),
    (ld(datePublished="2019-03-02T08:00:00+02:00"), "", "json-ld:datePublished"),
    (meta("og:article:published_time", "2019-03-02T06:00:00Z"), "", "og:article:published_time"),
    ('<meta name="parsely-pub-date" content="2019-03-02T08:00:00+02:00">', "", "parsely-pub-date"),
    ('<meta name="sailthru.date" content="2019-03-02T08:00:00+02:00">', "", "sailthru.date"),
    ('<meta name="DC.date.issued" content="2019-03-02T08:00:00+02:00">', "", "dc.date.issued"),
    ("", '<meta itemprop="datePublished" content="2019-03-02T08:00:00+02:00">', "microdata:datePublished"),
    ("", '<span itemprop="datePublished" content="2019-03-02T08:00:00+02:00">السبت</span>', "microdata:datePublished"),
    ("", '<span property="dc:date dc:created" content="2019-03-02T08:00:00+02:00">السبت</span>', "microdata:datePublished"),
    ("", '<time datetime="2019-03-02T08:00:00+02:00">السبت</time>', "time"),
    ("", '<abbr class="published" title="2019-03-02T08:00:00+02:00">السبت</abbr>', "time"),
    (
        '<script type="application/ld+json">{"@type":"WebPage","datePublished":"2019-03-02T08:00:00+02:00"}</script>',
        "",
        "json-ld:page",
    ),
]


@pytest.mark.parametrize(("head", "body", "source"), MACHINES)
def test_dates_for_programs(head: str, body: str, source: str) -> None:
    found = stated(H1 + body + TEXT, head).published
    assert found is not None
    assert datetime.fromisoformat(found["value"]) == datetime(2019, 3, 2, 6, tzinfo=UTC)
    assert (found["source"], found["confidence"], found["zone"]) == (source, "stated", "stated")


def test_whose_zone_a_time_is_in() -> None:
    found = stated(H1, meta("article:published_time", "2019-03-02 08:00:00")).published
    assert found is not None
    assert (found["value"], found["zone"]) == ("2019-03-02T08:00:00+02:00", "outlet")
    assert stated(H1, meta("article:published_time", "2019-03-02")).published == {
        "value": "2019-03-02",
        "source": "article:published_time",
        "confidence": "stated",
    }


def test_a_day_gets_its_time_from_who_states_it() -> None:
    head = meta("article:published_time", "2019-03-02") + ld(datePublished="2019-03-02T08:00:00+02:00")
    found = stated(H1, head).published
    assert found is not None
    assert (found["value"], found["source"]) == ("2019-03-02T08:00:00+02:00", "json-ld:datePublished")


@pytest.mark.parametrize(
    "line",
    [
        '<div class="post-meta">بواسطة سلمى | 2 آذار 2019 | محليات</div>',
        '<span class="news-date">السبت 2 آذار/مارس 2019</span>',
        '<div class="articleDate">نُشر في ٢ مارس ٢٠١٩</div>',
        '<span id="lblDate">02 مارس 2019</span>',
        '<time class="when">2 آذار 2019</time>',
        '<li><i class="fa fa-calendar"></i> 2 آذار 2019</li>',
        "<div>تاريخ النشر: 2 آذار 2019</div>",
        "<p><b>نشر في:</b> السبت 02 مارس 2019 - 14:30</p>",
        "<p>السبت 2 آذار 2019</p>",
    ],
)
def test_the_line_that_a_reader_sees(line: str) -> None:
    above = f"<article><header>{line}{H1}</header>{TEXT}</article>"
    for body in (H1 + line + TEXT, *([above] if line != "<p>السبت 2 آذار 2019</p>" else [])):
        found = stated(body).published
        assert found is not None
        assert (found["value"][:10], found["source"], found["confidence"]) == ("2019-03-02", "page", "printed")
        assert "20" in found["printed"] or "٢٠" in found["printed"]


CARD = '<li class="item"><h3><a href="/b/">خبر آخر عن مكتبة أخرى بعيدة</a></h3><span class="date">1 آذار 2019</span></li>'


@pytest.mark.parametrize(
    "body",
    [
        f'<header id="top-bar"><span class="date">الثلاثاء 5 آذار 2019</span></header><main><div><div><div>{H1}{TEXT}</div></div></div></main>',
        f'<div class="today-date">5 آذار 2019</div><main><div>{H1}{TEXT}</div></main>',
        f"<main>{H1}{TEXT}<ul class='list'>{CARD}{CARD}</ul></main>",
        f'<main>{H1}{TEXT}</main><div id="comments"><span class="comment-date">4 آذار 2019</span></div>',
        f'<main>{H1}{TEXT}</main><aside><time datetime="2019-03-04T00:00:00Z">x</time></aside>',
        f"<main>{H1}{TEXT}<p>وقع ذلك في 12 آذار 2015</p></main>",
        f'<main>{H1}<span class="date">12/3/2019</span>{TEXT}</main>',  # nobody can tell the day from the month
        f"<div>التاريخ: الثلاثاء 5 آذار 2019</div><main><div><div><div><div>{H1}{TEXT}</div></div></div></div></main>",
        f"<main>{H1}<p>نشرت صحيفة في 2 آذار 2015 تقريرا عن القرى</p>{TEXT}</main>",
        f"<main>{H1}<p>2 آذار 2015 كان يوما باردا، فلم يخرج أحد من أهل القرية إلى السوق.</p>{TEXT}</main>",
        f'<main>{H1}<span class="reading-time">3 دقائق</span>{TEXT}</main>',
    ],
)
def test_what_is_not_the_articles_date_is_none(body: str) -> None:
    assert stated(body).published is None


def test_the_day_in_the_address_is_the_last_resort() -> None:
    url = "https://news.example.org/2019/03/02/maktaba/"
    assert stated(H1 + TEXT, url=url).published == {"value": "2019-03-02", "source": "url", "confidence": "url"}
    found = stated(f'{H1}<span class="date">1 آذار 2019</span>', url=url).published
    assert found is not None
    assert found["confidence"] == "printed"
    for path in ("/2019/13/02/x/", "/2019/02/30/x/", "/2031/03/02/x/", "/2019/03/x/", "/20190302123/"):
        assert stated(H1 + TEXT, url=f"https://news.example.org{path}").published is None


def test_a_time_told_from_now_is_counted_from_the_capture() -> None:
    body = f'{H1}<span class="tie-date">منذ ٣ ساعات</span>{TEXT}'
    found = stated(body).published
    assert found is not None
    assert (found["confidence"], found["precision"], found["zone"]) == ("relative", "hour", "outlet")
    assert datetime.fromisoformat(found["value"]) == datetime(2019, 3, 5, 9, tzinfo=UTC)
    assert stated(body, captured=None).published is None
    surer = stated(body, url="https://news.example.org/2019/03/05/x/").published
    assert surer is not None
    assert surer["confidence"] == "url"


def test_a_date_whose_order_something_else_settled_is_called_so() -> None:
    body = f'<main>{H1}<span class="date">{{}}</span>{TEXT}</main>'
    settled = stated(body.format("الإثنين 4/3/2019")).published
    assert settled
    assert (settled["value"], settled["confidence"]) == ("2019-03-04", "settled")
    sure = stated(body.format("4 آذار 2019")).published
    assert sure
    assert (sure["value"], sure["confidence"]) == ("2019-03-04", "printed")
    early = meta("article:published_time", "2019-01-02T08:00:00+02:00")
    for line, confidence in (("الإثنين 4/3/2019", "stated"), ("4 آذار 2019", "low")):  # a doubtful line contradicts nothing
        told = stated(body.format(line), early).published
        assert told
        assert told["confidence"] == confidence


def test_statements_that_contradict_each_other() -> None:
    live = meta("article:published_time", "2019-03-04T19:00:00Z") + ld(datePublished="2019-03-02T08:00:00Z")
    found = stated(H1, live).published
    assert found is not None
    assert (found["value"], found["confidence"]) == ("2019-03-02T08:00:00+00:00", "low")
    plugin = meta("article:published_time", "2019-03-02T08:00:00+00:00") + ld(datePublished="2019-03-02T08:00:00+02:00")
    found = stated(H1, plugin).published
    assert found is not None
    assert (found["value"], found["confidence"]) == ("2019-03-02T08:00:00+02:00", "stated")
    shown = f'{H1}<span class="date">2 كانون الثاني 2019</span>{TEXT}'
    found = stated(shown, ld(datePublished="2019-03-02T08:00:00Z")).published
    assert found is not None
    assert found["confidence"] == "low"


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "-0001-11-30", "2031-01-01T00:00:00Z", "غدا", "منذ ساعة"]
)
def test_placeholders_and_dates_to_come_are_unknown(text: str) -> None:
    assert stated(H1, meta("article:published_time", text)).published is None


def test_a_change_is_told_apart_from_the_publication() -> None:
    line = '<div class="post-meta">نُشر: 2 آذار 2019 - آخر تحديث: 4 آذار 2019</div>'
    found = stated(H1 + line + TEXT)
    assert found.published is not None
    assert found.modified is not None
    assert (found.published["value"], found.modified["value"]) == ("2019-03-02", "2019-03-04")
    wordpress = '<time class="entry-date published" datetime="2019-03-02T08:00:00+02:00">x</time><time class="updated" datetime="2019-03-03T08:00:00+02:00">y</time>'
    found = stated(H1 + wordpress + TEXT)
    assert found.published is not None
    assert found.modified is not None
    assert (found.published["value"][:10], found.modified["value"][:10]) == ("2019-03-02", "2019-03-03")
    both = '<time class="entry-date published updated" datetime="2019-03-02T08:00:00+02:00">x</time>'
    assert stated(H1 + both + TEXT).modified is None


def test_a_change_before_the_publication_is_kept_and_not_believed() -> None:
    found = stated(H1, ld(datePublished="2019-03-02T08:00:00+02:00", dateModified="2019-03-02T06:00:00+02:00"))
    assert found.modified is not None
    assert found.published is not None
    assert (found.modified["value"], found.modified["confidence"]) == ("2019-03-02T06:00:00+02:00", "low")
    assert found.published["confidence"] == "stated"
