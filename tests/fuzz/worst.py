"""The worst pages that we could think of, by construction: each is aimed at something that could grow with the square of a page."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator

from tests.fuzz.reader import Page

Times = Callable[[int], int]  # so many at the scale of this run

WORDS = "قال صاحب الدكان إن القمح وصل من القرية المجاورة صباح الأحد، ولم يذكر ثمنه. "
HTML = (("Content-Type", "text/html; charset=UTF-8"),)
CONTAINER = "entry-content entry article-body StandardArticleBody_body"
NAMES = ("entry-content", "entry", "post-content", "article-body", "date", "author-name", "related", "entry-sub-title")


def article(body: str, head: str = "") -> str:
    """A page with the marks of an article, and `body` where its text is, in the containers of the themes we know."""
    return (
        f'<!DOCTYPE html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>خبر من القرية</title>{head}</head>'
        f'<body class="single single-post postid-7"><article id="the-post"><h1 class="entry-title">خبر من القرية</h1>'
        f'<div class="{CONTAINER}"><p>{WORDS * 5}</p>{body}</div></article></body></html>'
    )


def bodies(scale: float = 1.0) -> dict[str, str]:
    """What stands in the container; `scale` 1 is the full size."""

    def times(number: int) -> int:
        return max(1, int(number * scale))

    deep = min(250, times(250))
    return _nested(times, deep) | _texts(times) | _torn(times) | _stated(times, deep) | _themed(times)


def _nested(many: Times, deep: int) -> dict[str, str]:
    """Elements one in another, and many of a kind."""
    return {
        "deep div": "<div>" * many(3000) + WORDS + "</div>" * many(3000),
        "deep span": "<span>" * many(3000) + WORDS,
        "deep font in p": "<p><font color=red>نص" * many(3000),
        "deep lists": "<ul><li>بند" * many(400),
        "deep tables": "<table><tr><td>خلية" * many(200),
        "deep quotes": "<blockquote>قول" * many(240),
        "deep and broad": ("<div class='a'>" * deep + "".join(f"<p class='b'>{WORDS}</p>" for _ in range(many(300))) + "</div>" * deep) * 8,
        "deep boxes of links": ("<div>" * deep + "<a href=/x>رابط</a> كلمة " * many(200) + "</div>" * deep) * 10,
        "links in one box": "<div>" + "<a href='/n'>خبر آخر</a>" * many(25_000) + "</div>",
        "links with long text": "<div>" + f"<a href='/n'>{WORDS}</a>" * many(5000) + "كلمة</div>",
        "nested links": "<div><a href=/x>رابط" * many(2000),
        "br": f"{WORDS}<br>" * many(20_000),
        "only br": "<br>" * many(55_000),
        "short lines": "<p>نص</p>" * many(25_000),
        "same line": f"<p>{WORDS}</p>" * many(10_000),
        "different lines": "".join(f"<p>{n} {WORDS}</p>" for n in range(many(10_000))),
        "empty elements": "<b></b>" * many(28_000),
        "images": "<img src='/a.jpg' alt='صورة'>" * many(25_000),
        "different images": "".join(f"<figure><img src='/{n}.jpg'><figcaption>صورة {n}</figcaption></figure>" for n in range(many(9000))),
        "images in one figure": "<figure>" + "".join(f"<img src='/{n}.jpg'>" for n in range(many(20_000))) + "<figcaption>صور</figcaption></figure>",
        "images deep in frames": "<div class='wp-caption'>" * deep + "".join(f"<img src='/{n}.jpg'>" for n in range(many(8000))),
        "srcset": "<img srcset='" + "/a.jpg 1w, " * many(100_000) + "'>",
    }  # fmt: skip


def _texts(many: Times) -> dict[str, str]:
    """Attributes, letters and signs without end."""
    return {
        "long attribute": f"<p title='{'س' * many(2_000_000)}'>{WORDS}</p>",
        "many attributes": "<p " + " ".join(f"a{n}=1" for n in range(many(150_000))) + f">{WORDS}</p>",
        "many attributes in many tags": ("<p " + " ".join(f"a{n}" for n in range(1500)) + ">نص</p>") * many(800),
        "many classes": f"<div class='{'entry-content ' * many(150_000)}'>{WORDS}</div>",
        "many classes, many times": f"<div class='{'x ' * 300}'>{WORDS}</div>" * many(8000),
        "huge text": WORDS * many(25_000),
        "huge word": "ا" * many(3_000_000),
        "huge text over the parser's limit": "x" * many(11_000_000),
        "spaces": "&nbsp; \t\n" * many(300_000),
        "spaces in lines": (" " * 5000 + "x<br>") * many(1500),
        "entities": "&amp;&lt;&gt;&quot;&#1575;" * many(150_000),
        "bad entities": "&foo;&#xFFFFFFFF;&#0;&#xD800;&" * many(150_000),
        "ampersands": "&" * many(2_000_000),
    }  # fmt: skip


def _torn(many: Times) -> dict[str, str]:
    """What never ends, or is no text."""
    return {
        "less than": "<" * many(50_000),
        "open tags": "<p <p <p <a " * many(14_000),
        "open comment": "<!-- " * many(20_000),
        "comments": "<!-- نص -->" * many(40_000),
        "open script": "<script>" * many(20_000),
        "open quotes": '<p class="' * many(20_000),
        "cdata": "<![CDATA[ نص ]]>" * many(40_000),
        "instructions": "<?php echo ?>" * many(40_000),
        "svg": f"<svg>{'<g>' * 240}<path d='{'M0 0 L9 9 ' * many(100_000)}'/></svg>",
        "svg text": "<svg><text>نص</text></svg>" * many(9000),
        "mathml": "<math><mrow>" + "<mi>x</mi><mo>+</mo>" * many(12_000) + "</mrow></math>",
        "templates": "<template><p>نص</template>" * many(9000),
        "iframes": "<iframe src='https://www.youtube.com/embed/abcdefghijk'></iframe>" * many(20_000),
        "bidi": "\u202e\u2066\u200f\u200b" * many(500_000),
        "zwnj": "می\u200cخواهم " * many(200_000),
        "combining": "ا" + "\u064b" * many(1_000_000),
        "nul": "نص\0نص" * many(200_000),
        "not xml": "\ufffe\uffff\x0b\x1f" * many(200_000),
    }  # fmt: skip


def _stated(many: Times, deep: int) -> dict[str, str]:
    """What metadata is looked for in."""
    return {
        "dates": "<span class='date'>منذ ٣ ساعات، 12 آذار 2019</span>" * many(14_000),
        "date digits": f"<span class='date'>{'1' * many(500_000)}</span>",
        "date spaces": f"<span class='date'>12 {' ' * many(500_000)} آذار</span>",
        "date months": f"<span class='date'>{'كانون الثاني ' * many(60_000)}</span>",
        "times": "<time class='published' datetime='2019-01-01T'>x</time>" * many(14_000),
        "long datetime": f"<time class=published datetime='{'2019-01-01 ' * many(50_000)}'>x</time>",
        "authors": "<a rel=author class='author-name'>اسم</a>" * many(20_000),
        "authors beside": "<div class='related'>" * deep + "<a rel=author class='author vcard'>اسم</a>" * many(10_000),
        "subtitles beside": ("<div class='xrelatedx sidebar'>" * deep + "<h2 class='entry-sub-title'>ع</h2>" * many(3000) + "</div>" * deep) * 2,
        "bylines": "<p>إعداد وتحرير: فلان الفلاني</p>" * many(14_000),
        "byline long": f"<p>كتب {'فلان ' * many(100_000)}</p>",
    }  # fmt: skip


def _themed(many: Times) -> dict[str, str]:
    """Containers, boxes and what is left out of them."""
    return {
        "containers": "".join(f"<div class='{NAMES[n % len(NAMES)]}'>{WORDS}</div>" for n in range(many(12_000))),
        "nested containers": "".join(f"<div class='{NAMES[n % len(NAMES)]}'>{WORDS}" for n in range(240)) * many(20),
        "itemprops": f"<div itemprop='articleBody'>{WORDS}</div>" * many(14_000),
        "nested itemprops": f"<div itemprop='articleBody'>{WORDS}" * many(240),
        "hidden": "<p style='display:none' hidden class='sr-only'>مخفي</p>" * many(14_000),
        "hidden, nested": "<div style='display:none'>نص" * many(240),
        "style": f"<p style='{'display ' * many(200_000)}'>نص</p>",
        "forms": "<form><input><textarea>نص</textarea></form>" * many(9000),
        "tables": "<table>" + "<tr><td>أ</td><td>ب</td></tr>" * many(9000) + "</table>",
        "wide table": "<table><tr>" + "<td>أ</td>" * many(25_000) + "</tr></table>",
        "headings": "<h1>خبر من القرية</h1>" * many(25_000),
        "headings with long text": f"<h1>{WORDS * 200}</h1>" * many(200),
        "title repeated": "<p>خبر من القرية</p>" * many(25_000),
        "read also": "<p>اقرأ أيضا: <a href=/x>خبر</a></p>" * many(14_000),
        "read also, long": "<p>" + "اقرأ أيضا : " * many(100_000) + "<a href=/x>خبر</a></p>",
        "tweets": "<blockquote class='twitter-tweet'><p>تغريدة</p>&mdash; فلان</blockquote>" * many(9000),
        "share": "<div class='share-buttons related-posts sharedaddy'><a href=#>ش</a></div>" * many(14_000),
        "dashes": "-" * many(2_000_000),
        "dots": "<p>" + ". " * many(1_000_000),
        "numbers": "1,234.5-67%$ " * many(200_000),
        "digits": "1" * many(1_000_000),
        "commas in numbers": "1," * many(500_000),
        "brackets": "(" * many(1_000_000),
        "addresses": "http://example.org/" + "a/" * many(500_000),
        "javascript": f"<a href='javascript:{'x' * many(500_000)}'>x</a>" * 3,
        "base": "<base href='https://[::1'>" * many(5000) + "<img src='//[x'>" * many(5000),
        "bodies": "<body class=x>" * many(25_000),
        "select": "<select><option>خيار" * many(25_000),
        "marquee": "<marquee><blink><center>نص" * many(300),
        "ruby": "<ruby>نص<rt>ش</rt></ruby>" * many(9000),
        "announced": "<h3>اقرأ أيضا</h3><p><a href=/x>خبر</a></p>" * many(9000),
        "announced, nested": "<div><b>اقرأ أيضا" * 120 + "<a href=/x>خبر</a>" * many(9000),
        "parted bodies": f"<div class='article-body'>{WORDS}</div>" * many(12_000),
        "behind a stray end tag": "</div>" + f"<p>{WORDS}</p>" * many(10_000),
        "behind a stray end tag, links": "</div>" + f"<p>{WORDS}<a href=/x>{WORDS}</a></p>" * many(5000),
        "placing tables": "<table><tr><td><p>أ<p>ب<p>ج" * many(60) + f"<p>{WORDS}" * many(5000),
        "headings that fold": "<h3><button>سؤال</button></h3><p>جواب</p>" * many(8000),
    }  # fmt: skip


def heads(scale: float = 1.0) -> dict[str, str]:
    """What stands in the head."""

    def times(number: int) -> int:
        return max(1, int(number * scale))

    def ld(text: str) -> str:
        return f'<script type="application/ld+json">{text}</script>'

    return {
        "deep json": ld("[" * times(200_000) + "]" * times(200_000)),
        "deep graph": ld('{"@graph":' * times(1000) + "{}" + "}" * times(1000)),
        "deep graph lists": ld("[" * times(900) + '{"@type":"NewsArticle"}' + "]" * times(900)),
        "deep author": ld('{"@type":"NewsArticle","author":' + "[" * times(900) + '"x"' + "]" * times(900) + "}"),
        "deep name": ld('{"@type":"NewsArticle","author":' + '{"name":' * times(900) + '"x"' + "}" * times(900) + "}"),
        "giant body": ld('{"@type":"NewsArticle","articleBody":"' + WORDS * times(20_000) + '"}'),
        "giant body of tags": ld('{"@type":"NewsArticle","articleBody":"' + "&lt;p&gt;" * times(100_000) + '"}'),
        "many authors": ld('{"@type":"NewsArticle","author":[' + ",".join(['{"name":"اسم"}'] * times(50_000)) + "]}"),
        "odd types": ld('{"@type":["NewsArticle",null,7,{}],"headline":[[[]]],"datePublished":{"@value":[1]},"author":7,"image":{"url":{}},"isAccessibleForFree":[],"articleBody":{"a":[1]},"keywords":{"x":1},"articleSection":[[7]],"inLanguage":{"name":["ar"]},"publisher":[null],"alternativeHeadline":9}'),
        "broken json": ld('{"@type":"NewsArticle","headline":"نص') * times(2000),
        "many objects": ld("[" + ",".join(['{"@type":"Thing"}'] * times(100_000)) + "]"),
        "lone surrogates": ld('{"@type":"NewsArticle","headline":"\\ud800 خبر","articleBody":"\\udfff' + WORDS * 9 + '","author":"\\udc00"}'),
        "huge numbers": ld('{"@type":"NewsArticle","datePublished":' + "9" * times(5000) + "}"),
        "json controls": ld('{"@type":"NewsArticle","headline":"' + "\\u0000\\u000b\\uffff" * times(20_000) + '"}'),
        "many metas": '<meta property="og:title" content="عنوان">' * times(25_000),
        "long meta": f'<meta property="og:title" content="{WORDS * times(20_000)}"><meta name="author" content="{"ا" * times(500_000)}">',
        "odd addresses": '<link rel=canonical href="https://[::1"><meta property="og:image" content="http://[bad"><meta property="og:url" content="//\\x:99999999/"><base href="http://[">',
        "odd dates": '<meta property="article:published_time" content="' + "2019-99-99T" * times(20_000) + '"><meta property="og:updated_time" content="0000-00-00T00:00:00+99:99"><meta name="date" content="Mon, 99 Foo 99999999999 99:99:99 +9999">',
        "odd zone": '<meta property="article:published_time" content="9999-12-31T23:59:59-23:59"><meta property="article:modified_time" content="0001-01-01T00:00:00+23:59">',
        "long title": f"<title>{'عنوان | ' * times(60_000)}</title>",
        "many titles": "<title>خبر</title>" * times(25_000),
        "long links": "".join(f'<link rel="a{n} b c d" href="/{n}">' for n in range(times(20_000))),
        "many rels": f'<link rel="{" ".join(f"r{n}" for n in range(times(50_000)))}" href="/x">',
        "scripts": "<script>var a = '<p>';</script>" * times(14_000),
        "long script": f"<script>{'if (a < b && c > d) {' * times(200_000)}</script>",
        "metas with charset": "<meta name=x content=charset>" * times(25_000),
    }  # fmt: skip


def payloads(scale: float = 1.0) -> dict[str, Page]:
    """Whole answers: bombs, charsets, pages without the frame of a page."""

    def times(number: int) -> int:
        return max(1, int(number * scale))

    gzipped = (*HTML, ("Content-Encoding", "gzip"))
    plain = article(f"<p>{WORDS}</p>" * 30)
    zeros = b"<p>" + bytes(times(60_000_000))
    spaces = b"<html><body>" + b" " * times(15_000_000) + b"</body></html>"
    return {
        "gzip bomb": Page(gzip.compress(zeros), gzipped),
        "gzip bomb of gzips": Page(gzip.compress(gzip.compress(zeros)), gzipped),
        "gzip bomb, cut": Page(gzip.compress(zeros)[:-9], gzipped),
        "deflate bomb": Page(zlib.compress(zeros), (*HTML, ("Content-Encoding", "deflate"))),
        "spaces": Page(gzip.compress(spaces), gzipped),
        "largest arabic": Page(article(WORDS * times(110_000)).encode()[: 16 << 20]),
        "largest arabic, windows-1256": Page(article(WORDS * times(190_000)).encode("cp1256", "replace")[: 16 << 20], (("Content-Type", "text/html"),)),
        "largest arabic, damaged": Page(article((WORDS + "\ufffd") * times(100_000)).encode("utf-8").replace("\ufffd".encode(), b"\xff")[: 16 << 20]),
        "largest mixed": Page((article("") + "").encode() + (f"<p>{WORDS}</p>".encode() + f"<p>{WORDS}</p>".encode("cp1256")) * times(14_000)),
        "largest utf-16": Page(article(WORDS * times(100_000)).encode("utf-16")[: 16 << 20], (("Content-Type", "text/html"),)),
        "tags": Page(b"<html><body>" + b"<b>" * times(5_000_000)),
        "tags at the limit": Page(article("<b>x" * times(39_000)).encode()),
        "no frame": Page((WORDS * times(50_000)).encode()),
        "nothing": Page(b""),
        "one octet": Page(b"<"),
        "a mark": Page(b"\xef\xbb\xbf"),
        "half a letter": Page(plain.encode()[:-1] + b"\xd9"),
        "nuls": Page(bytes(times(1_000_000))),
        "random looking": Page(bytes(range(256)) * times(20_000)),
        "frameset": Page(b"<frameset>" + b"<frame src=x>" * times(20_000)),
        "xml": Page(b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b'<!ENTITY b "&a;&a;&a;&a;">' * times(2000) + b"]><html><p>&b;</p></html>"),
        "header charsets": Page(plain.encode(), (("Content-Type", "text/html; charset=" + "zlib"), ("Content-Encoding", "identity"))),
        "odd coding": Page(plain.encode(), (*HTML, ("Content-Encoding", "gzip, br, zstd, deflate")),),
        "unknown coding": Page(plain.encode(), (*HTML, ("Content-Encoding", "x-\xff")),),
        "pseudo utf-8": Page(plain.encode() + b"\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80" * times(2000)),
    }  # fmt: skip


def worst(scale: float = 1.0) -> Iterator[Page]:
    """All of them, by the generic rules; those with a body also by two outlets' own, and without a container to find."""
    for name, body in bodies(scale).items():
        yield _page(article(body), name)
    for name, head in heads(scale).items():
        yield _page(article(f"<p>{WORDS}</p>" * 9, head), name)
    for name, page in payloads(scale).items():
        yield Page(page.payload, page.headers, kind=name)
    for n, (name, body) in enumerate(bodies(scale).items()):
        yield _page(article(body), f"{name}, by layout", ("alwatan", "xeber24")[n % 2])
        yield _page(article(body).replace(CONTAINER, "x"), f"{name}, no container")


def _page(text: str, kind: str, outlet: str = "") -> Page:
    return Page(text.encode("utf-8", "surrogatepass"), outlet=outlet, kind=kind)
