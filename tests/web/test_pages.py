"""The three pages: what they show, what they refuse, and that nothing an outlet writes is ever markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from archive.errors import StoreUnreachable
from archive.web import app as web
from archive.web.desk import Desk
from archive.web.house import House, Open, Visitor
from tests.web.cases import DELETED, EDITED, NASTY, NEW, Shelf, desk

PATHS = ("/", "/changes", f"/article/{EDITED}", f"/compare/{EDITED}", "/static/style.css", "/static/none", "/nowhere")


let_in = Open()


class Shut(Open):
    async def enter(self, request: Request) -> Response | Visitor:
        return PlainTextResponse("who are you", 401)


refuse = Shut()


def client(shelf: Shelf | None = None, house: House = let_in) -> TestClient:
    held = shelf or Shelf()
    return TestClient(Starlette(routes=[Mount("/warraq", web.create(lambda: desk(held), house))]), base_url="http://h")


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def seen(html: str) -> _Seen:
    parser = _Seen()
    parser.feed(html)
    return parser


def text(html: str) -> str:
    return " ".join(" ".join(seen(html).words).split())


def links(html: str) -> list[str]:
    return [str(attributes.get("href")) for tag, attributes in seen(html).tags if tag == "a"]


@pytest.mark.parametrize("path", PATHS)
def test_the_guard_is_asked_before_every_path(path: str) -> None:
    answer = client(house=refuse).get(f"/warraq{path}", follow_redirects=False)
    assert (answer.status_code, answer.text) == (401, "who are you")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("house", [let_in, refuse])
def test_every_answer_carries_the_headers(path: str, house: House) -> None:
    headers = client(house=house).get(f"/warraq{path}", follow_redirects=False).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert re.fullmatch(r"'nonce-[\w-]{20,}'", policy["script-src"]), "one script of ours, and no other"
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["frame-ancestors"] == "'self'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_the_pages_only_show(method: str) -> None:
    assert client().request(method, "/warraq/changes").status_code == 405


@pytest.mark.parametrize("path", [f"/article/{NASTY}?v=1", f"/article/{NASTY}", f"/compare/{NASTY}", "/changes?outlet=manara"])
def test_nothing_an_outlet_writes_is_markup(path: str) -> None:
    html = client().get(f"/warraq{path}").text
    tags = seen(html).tags
    assert not {tag for tag, _ in tags} & {"iframe", "object", "embed", "base"}
    (script,) = [attributes for tag, attributes in tags if tag == "script"]
    assert str(script["src"]).startswith("/warraq/static/follow.js?")
    assert "&lt;script&gt;" in html, "it is shown as text"
    for tag, attributes in tags:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        for name in ("href", "src", "action"):
            assert not re.match(r"(?i)\s*(javascript|data|vbscript):", str(attributes.get(name, ""))), (tag, attributes)
    title = re.search(r"<title>(.*?)</title>", html)
    assert title is not None
    assert "\u202e" not in title[1]


def test_a_websocket_is_refused_not_dropped() -> None:
    with pytest.raises(WebSocketDisconnect), client().websocket_connect("/warraq/changes"):
        raise AssertionError("it was let in")


def test_a_nul_is_refused_before_anything_is_asked_for_it() -> None:
    for path in ("/changes?words=a%00b", "/search?q=%00", f"/article/{EDITED}%00", "/static/x%00"):
        assert client().get(f"/warraq{path}").status_code == 400, path


def test_changes_are_newest_first_and_say_what_happened() -> None:
    html = client().get("/warraq/changes").text
    words = text(html)
    assert words.index("✕ Gone") < words.index("✎ Headline edited") < words.index("افتتاح السوق القديمة في المنارة")
    assert "numbers changed" in words
    assert "منارة الساحل" in words, "the outlet's own name"
    assert f"/warraq/compare/{EDITED}?a=1&b=2" in links(html)
    assert f"/warraq/article/{DELETED}?v=1" in links(html)


def test_changes_can_be_filtered_by_outlet_and_kind() -> None:
    gone = text(client().get("/warraq/changes?kind=gone").text)
    assert "أرض الميناء" in gone
    assert "افتتاح السوق" not in gone
    assert "Nothing of this kind." in text(client().get("/warraq/changes?outlet=masar").text)


def test_changes_can_be_narrowed_by_days_words_and_seed_file() -> None:
    there = client()
    for query in (f"seed={'77' * 32}", "words=السوق", "since=2026-11-20&until=2026-11-20&kind=headline"):
        told = text(there.get(f"/warraq/changes?{query}").text)
        assert "افتتاح السوق" in told, query
        assert "أرض الميناء" not in told, query
    for wrong in ("since=yesterday", "until=2026-13-01", "seed=0", f"seed={'0' * 64}"):
        assert there.get(f"/warraq/changes?{wrong}").status_code == 404
    html = client(Shelf(filler=120)).get("/warraq/changes?words=خبر&since=2026-11-01").text
    (older,) = [str(a["href"]) for tag, a in seen(html).tags if tag == "a" and a.get("rel") == "next"]
    assert "since=2026-11-01" in older, "the next page is narrowed as this one"


def test_paging_shows_every_change_once() -> None:
    there = client(Shelf(filler=120))
    at, titles, pages = "/warraq/changes?kind=new", [], 0
    while at:
        html = there.get(at).text
        titles += re.findall(r"خبر رقم (\d+)", html)
        older = [a["href"] for tag, a in seen(html).tags if tag == "a" and a.get("rel") == "next"]
        at, pages = (str(older[0]) if older else ""), pages + 1
    assert pages == 3
    assert sorted(map(int, titles)) == list(range(120))


@pytest.mark.parametrize(
    "path",
    [
        "/changes?outlet=nobody",
        "/changes?kind=nothing",
        "/changes?before=x",
        "/changes?before=2026-11-20T00:00:00Z|a|b|c",
        "/article/abc",
        f"/article/{'0' * 32}",
        f"/article/{EDITED}?v=3",
        f"/article/{EDITED}?v=0",
        f"/article/{EDITED}?v=٢",
        f"/article/{EDITED}?v=999999999999",
        f"/compare/{EDITED}?a=1&b=x",
        f"/compare/{DELETED}",
        "/static/../app.py",
        "/static/%2e%2e%2fapp.py",
    ],
)
def test_what_is_not_there_is_a_page_that_says_so(path: str) -> None:
    answer = client().get(f"/warraq{path}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


def test_the_article_shows_text_right_to_left_with_its_evidence() -> None:
    html = client().get(f"/warraq/article/{EDITED}").text
    parsed = seen(html)
    (body,) = [a for tag, a in parsed.tags if tag == "div" and a.get("class") == "paper text"]
    assert (body["dir"], body["lang"]) == ("rtl", "ar")
    words = text(html)
    assert "Version 2 of 2" in words
    assert "بلغت 25 مليون ليرة" in words
    assert "5a" * 32 in words, "payload digest"
    assert "warc/manara/2026/11/20/20261120T061500Z-0123456789ab.1-00001-abcdef012345.warc.gz" in words
    assert "18300 from 5120" in words
    assert "contains" in words
    assert "95.3 %" in words
    assert "77" * 32 in words, "digest of the seed file"
    linked = [a.get("id") for tag, a in parsed.tags if tag == "div" and a.get("class") == "p linked"]
    assert linked == ["p1", "p3", "p4"]
    assert "5 = 4" in words
    assert "unchanged 304" in words
    assert "4 times" in words, "equal sightings in a row are one line"


def test_pictures_come_from_the_archive_alone_and_carry_their_hash() -> None:
    html = client().get(f"/warraq/article/{EDITED}").text
    told = text(html)
    assert "5e" * 32 in told
    assert "https://i/1.jpg" in told
    assert "not captured: http-404 https://i/2.jpg" in told
    assert "Video https://t.me/souq/12" in told
    tags = seen(html).tags
    assert {a["src"] for tag, a in tags if tag == "img"} == {f"/warraq/picture/{EDITED}/{'5e' * 32}?v=2"}
    assert not {"picture", "video", "iframe", "object"} & {tag for tag, _ in tags}


def test_the_article_can_be_cited_and_its_life_is_drawn() -> None:
    html = client().get(f"/warraq/article/{EDITED}").text
    cite = re.search(r'<pre class="cite"[^>]*>(.*?)</pre>', html, re.DOTALL)
    assert cite is not None
    assert cite[1].split("\n") == [
        "افتتاح السوق القديمة في المنارة بعد ترميمها",
        "منارة الساحل",
        "https://manara.example.org/2026/11/20/%d8%a7%d9%84%d8%b3%d9%88%d9%82",
        "2026-11-20T08:15:03Z",
        f"SHA-256 {'5a' * 32}",
        "urn:uuid:9d1c0c5e-0000-4000-8000-000000000001",
    ]
    parsed = seen(html)
    assert len([a for tag, a in parsed.tags if tag == "rect" and str(a.get("class")).startswith("band")]) == 2
    words = text(html)
    assert "REST list 2026-11-20 06:10" in words, "who announced it, when"
    assert "begins at leaf 4096 of 5000" in words
    assert "json-ld , stated for programs" in words


def test_who_may_not_act_sees_the_actions_shut() -> None:
    shut = links(client().get(f"/warraq/article/{EDITED}").text)
    assert not [link for link in shut if "/do/" in link]
    able = Open(Visitor("op", lambda dag: dag == "hold_article"))
    assert [link for link in links(client(house=able).get(f"/warraq/article/{EDITED}").text) if "/do/" in link] == [
        f"/warraq/do/hold_article?article={EDITED}"
    ]


def test_a_text_that_turns_the_reading_order_is_said_to() -> None:
    told = text(client().get(f"/warraq/article/{NASTY}?v=1").text)
    assert "characters that turn the reading order: U+202E" in told


def test_a_text_can_be_taken_away_letter_for_letter() -> None:
    answer = client().get(f"/warraq/text/{EDITED}/2")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.text == f"افتتاح السوق القديمة في المنارة بعد ترميمها\n\n{NEW}\n"
    assert client().get(f"/warraq/text/{EDITED}/3").status_code == 404


def test_an_older_version_can_be_read() -> None:
    words = text(client().get(f"/warraq/article/{EDITED}?v=1").text)
    assert "بلغت 2.5 مليون" in words
    assert "Version 1 of 2" in words


def test_a_gone_article_says_since_when_and_keeps_its_text() -> None:
    words = text(client().get(f"/warraq/article/{DELETED}").text)
    assert "gone since 2026-11-21 05:00" in words
    assert "http-404" in words
    assert "نص التحقيق كاملا." in words


def test_an_article_nobody_read_is_still_a_page() -> None:
    words = text(client(Shelf().unread(DELETED)).get(f"/warraq/article/{DELETED}").text)
    assert "before anybody read it" in words


def test_a_text_that_is_not_in_the_bucket_is_said_to_be_missing() -> None:
    there = client(Shelf().without_texts())
    assert "not in the bucket" in text(there.get(f"/warraq/article/{EDITED}").text)
    assert "No snapshot of version 1, 2" in text(there.get(f"/warraq/compare/{EDITED}").text)


def test_compare_marks_whole_words_also_without_colour() -> None:
    html = client().get(f"/warraq/compare/{EDITED}").text
    gone = re.findall(r'<del data-said="removed:">(.*?)</del>', html)
    fresh = re.findall(r"<ins[^>]*>(.*?)</ins>", html)
    assert '<span class="number">2.5</span>' in gone, "said in words, for who cannot see the marks"
    assert '<span class="negation">ولن</span> تغلق' in gone
    assert "بعد ترميمها" in fresh, "the headline too"
    assert any('data-cp="U+200F"' in piece for piece in fresh), "an invisible character is named"
    assert "cut" not in re.findall(r'class="([^"]*)"', html), "a whole new paragraph needs no sign for its line end"
    (body,) = [a for tag, a in seen(html).tags if tag == "div" and a.get("class") == "paper text"]
    assert body["dir"] == "rtl"
    words = text(html)
    assert "سلمى الحايك، نزار" in words, "authors changed as well"
    assert "numbers changed" in words
    assert "a negation changed" in words


def test_compare_side_by_side_holds_each_text_in_one_piece() -> None:
    html = client().get(f"/warraq/compare/{EDITED}?view=side").text
    old, new = html.split('<section class="old"')[1].split('<section class="new"')
    assert ("2.5" in text(old), "<ins" in old) == (True, False)
    assert ("25 مليون" in text(new), "<del" in new) == (True, False)
    assert text(html).count("ويعود بناء السوق") == 2
    only = text(client().get(f"/warraq/compare/{EDITED}?view=side&only=1&fold=1").text)
    assert "أعلنت بلدية المنارة" in only, "beside a change"


def test_compare_unifies_spelling_on_demand() -> None:
    html = client().get(f"/warraq/compare/{EDITED}?fold=1").text
    assert "U+200F" not in html
    assert "spelled otherwise, shown as equal: 1 word" in text(html)


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_compare_speaks_both_languages(lang: str) -> None:
    html = client().get(f"/warraq/compare/{EDITED}?view=side&lang={lang}").text
    assert ("جنبًا إلى جنب" in html) == (lang == "ar")
    assert ("Side by side" in html) == (lang == "en")


def test_a_version_compared_with_itself_has_no_marks() -> None:
    html = client().get(f"/warraq/compare/{EDITED}?a=2&b=2").text
    assert "<ins" not in html
    assert "The same version twice." in html


def test_the_store_out_of_reach_is_one_line_with_the_remedy() -> None:
    def closed() -> Desk:
        raise StoreUnreachable("http://127.0.0.1:9 does not answer", "start the store, then reload")

    app = Starlette(routes=[Mount("/warraq", web.create(closed, let_in))])
    answer = TestClient(app).get("/warraq/changes")
    assert answer.status_code == 503
    assert "start the store, then reload" in text(answer.text)


def test_in_airflows_frame_no_link_leads_out_of_it() -> None:
    there = client()
    framed = there.get(f"/warraq/article/{EDITED}", headers={"Sec-Fetch-Dest": "iframe"}).text
    assert all(link.startswith(("/warraq/", "#")) for link in links(framed))
    assert any(link.startswith("https://manara") for link in links(there.get(f"/warraq/article/{EDITED}").text))


def test_the_same_text_elsewhere_is_linked_both_ways() -> None:
    for mine, other, name, shares, seen_ in (
        (EDITED, DELETED, "عنوان هناك", ("90.0 %", "25.0 %"), "here 2026-11-20 06:00 · there 2026-11-21 07:30"),
        (DELETED, EDITED, "عنوان هنا", ("25.0 %", "90.0 %"), "here 2026-11-21 07:30 · there 2026-11-20 06:00"),
    ):
        html = client().get(f"/warraq/article/{mine}").text
        assert f"/warraq/article/{other}?v=1" in links(html)
        told = text(html).partition("The same text elsewhere")[2]
        assert name in told
        assert told.index(f"in that one {shares[0]}") < told.index(f"in this one {shares[1]}")
        assert seen_ in re.sub(r" ?UTC", "", told)
        assert "not said" in told


def test_what_has_no_copy_says_nothing_of_it() -> None:
    shelf = Shelf()
    shelf.republished = lambda article: []  # type: ignore[method-assign]
    assert "elsewhere" not in text(client(shelf).get(f"/warraq/article/{EDITED}").text)
