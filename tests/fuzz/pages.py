"""Strategies for odd pages: grammars of hostile markup, lies about charsets and codings, and golden pages torn apart."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from hypothesis import strategies as st

from tests.fuzz.reader import Page
from tests.fuzz.worst import NAMES, WORDS, article

GOLDEN = sorted((Path(__file__).resolve().parents[1] / "golden").rglob("*.html"))
_TAGS = [
    "p",
    "div",
    "span",
    "a",
    "b",
    "font",
    "br",
    "ul",
    "li",
    "table",
    "tr",
    "td",
    "h1",
    "h2",
    "blockquote",
    "figure",
    "figcaption",
    "img",
    "section",
    "article",
    "aside",
    "nav",
    "header",
    "footer",
    "form",
    "script",
    "style",
    "svg",
    "math",
    "template",
    "noscript",
    "iframe",
    "textarea",
    "select",
    "option",
    "pre",
    "code",
    "time",
    "ins",
    "del",
    "sup",
    "body",
    "html",
    "head",
    "title",
    "meta",
    "link",
]
_VALUES = st.sampled_from([*NAMES, "the-post", "post-title entry-title", "share-post", "e3lan", "x' or '1'='1", "]", "//*", "(", "' \" >", "\u202e", "{{x}}", "&quot;", "ا" * 300, "javascript:1", "http://[", "0", "-1", "9" * 40, "2019-03-02T08:30:00+02:00", "%", "%zz", "\x0b", ""])  # fmt: skip
_NAMES = st.sampled_from(["class", "id", "href", "src", "style", "title", "datetime", "itemprop", "rel", "content", "property", "name", "lang", "dir", "data-src", "srcset", "hidden", "xmlns", "xml:lang", "on-x", "http-equiv", "charset"])  # fmt: skip
_DATES = ["12 آذار 2019", "١٢/٣/٢٠١٩", "منذ ٣ ساعات", "الأحد 31 شباط 2020", "2019-13-45", "12 كانون الثاني/يناير", "٠", "غدا"]
_CUES = [
    "اقرأ أيضا: ",
    "خاص – الوكالات",
    "إعداد: فلان",
    "زر الذهاب إلى الأعلى",
    "(رويترز) - ",
    "دمشق - سانا",
    "©",
    "|",
    "- ",
    "...",
    "فلان_موقع.نت",
]

words = st.one_of(
    st.sampled_from([WORDS, *_DATES, *_CUES, "&nbsp;", "&#0;", "&#xD800;", "&amp;amp;", "\u200c", "\u202e\u2067", "\0", "\ufffd", "ï»¿", "Ø§Ù„", "<", ">", "]]>", "-->", "1,234.5%"]),
    st.text(max_size=40),
)  # fmt: skip
attributes = st.lists(st.tuples(_NAMES, _VALUES), max_size=4).map(
    lambda pairs: "".join(f' {name}="{value}"' for name, value in pairs)
)


@st.composite
def element(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    """An element that may be closed, may be closed twice, or by another's tag, and stands there once or very often."""
    tag, close = (
        draw(st.sampled_from(_TAGS)),
        draw(st.sampled_from(["</{}>", "</{}>", "</{}>", "", "</{}></{}>", "</div>", "</p>", "/>"])),
    )
    text = f"<{tag}{draw(attributes)}>{draw(inner)}{close.replace('{}', tag)}"
    times = draw(st.sampled_from([1, 1, 1, 1, 2, 3, 30, 300, 3000]))
    return text * max(1, min(times, 2_000_000 // max(1, len(text))))


markup = st.recursive(words, lambda inner: st.one_of(element(inner), st.lists(inner, max_size=6).map("".join)), max_leaves=25)

_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from([WORDS, "NewsArticle", "2019-03-02", "\\ud800"]), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["@type", "@graph", "name", "headline", "author", "articleBody", "datePublished", "dateModified", "image", "url", "@value", "keywords", "articleSection", "publisher", "isAccessibleForFree", "inLanguage"]), inner, max_size=6)),
    max_leaves=12,
)  # fmt: skip


@st.composite
def head(draw: st.DrawFn) -> str:
    import json

    ld = draw(_JSON)
    ld = {**ld, "@type": "NewsArticle"} if isinstance(ld, dict) and draw(st.booleans()) else ld
    text = json.dumps(ld, ensure_ascii=draw(st.booleans()))
    text = text[: draw(st.integers(0, len(text)))] if draw(st.booleans()) else text
    metas = draw(st.lists(st.tuples(st.sampled_from(["og:title", "article:published_time", "author", "og:image", "og:url", "date", "description", "keywords", "article:section"]), st.one_of(words, _VALUES)), max_size=5))  # fmt: skip
    told = "".join(f'<meta property="{name}" content="{value}">' for name, value in metas)
    return f'{told}<script type="application/ld+json">{text}</script>'


@st.composite
def torn(draw: st.DrawFn) -> bytes:
    """A golden page with pieces cut out, doubled, moved, and octets altered."""
    data = draw(st.sampled_from(GOLDEN)).read_bytes()
    for _ in range(draw(st.integers(1, 8))):
        start, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        piece, how = data[start:end], draw(st.sampled_from(["cut", "double", "many", "move", "flip", "insert", "tag"]))
        if how == "cut":
            data = data[:start] + data[end:]
        elif how in ("double", "many"):
            data = data[:end] + piece * (1 if how == "double" else min(400, 1_000_000 // max(1, len(piece)))) + data[end:]
        elif how == "move":
            data = piece + data[:start] + data[end:]
        elif how == "flip" and data:
            at = min(start, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ 1 << draw(st.integers(0, 7))]) + data[at + 1 :]
        elif how == "insert":
            data = data[:start] + draw(st.binary(max_size=30)) + data[start:]
        else:
            data = data[:start] + draw(markup).encode("utf-8", "surrogatepass")[:100_000] + data[start:]
        data = data[:3_000_000]
    return data


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """A page as some site might send it."""
    kind = draw(st.sampled_from(["markup", "markup", "torn", "torn", "bare"]))
    if kind == "torn":
        payload = draw(torn())
    else:
        text = article(draw(markup), draw(head())) if kind == "markup" else draw(markup)
        charset = draw(st.sampled_from(["utf-8", "utf-8", "cp1256", "utf-16", "latin-1"]))
        payload = text.encode(charset, "surrogatepass" if charset.startswith("utf") else "xmlcharrefreplace")
    label = draw(st.sampled_from(["; charset=UTF-8", "", "; charset=windows-1256", "; charset=utf-16", "; charset=x", ";"]))
    coding = draw(st.sampled_from(["", "", "", "gzip", "deflate", "gzip, gzip", "br"]))
    if coding and draw(st.booleans()):
        payload = zlib.compress(payload) if coding == "deflate" else gzip.compress(payload)
        payload = payload[: draw(st.integers(0, len(payload)))] if draw(st.booleans()) else payload
    headers = (("Content-Type", f"text/html{label}"), *((("Content-Encoding", coding),) if coding else ()))
    return Page(
        payload, headers, draw(st.sampled_from(["", "", "alwatan", "xeber24", "reuters_arabic", "hadi_alabdullah"])), kind
    )
