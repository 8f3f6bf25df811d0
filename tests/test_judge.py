"""One capture judged: class, reading, snapshot and the address it was asked by."""

from __future__ import annotations

import gzip
import pickle
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive import address, keys, snapshot
from archive.capture import Cited, Note
from archive.digest import digests
from archive.judge import Judged, judge
from archive.observation import Observation, dump, load
from archive.outlet import Layout, Outlet
from archive.seed import SeedSet
from archive.warc import StoredCapture
from tests.captures import HTML, capture

URL = "https://news.example.org/archives/12"
OLD = "https://news.example.org/archives/11"
FRONT = "https://news.example.org/"
OUTLET = Outlet(name="example", title="مثال", url=FRONT, article=r"^/archives/\d+$", not_article=("^/archives/0",))
TITLE = "افتتاح مشتل جديد في البلدة"
TEXT = (
    "افتتحت البلدية مشتلا جديدا يضم خمسة آلاف غرسة من أشجار الزيتون واللوز والسرو لتوزع على المزارعين مجانا.",
    "وقال المشرف إن التوزيع يبدأ الأسبوع المقبل، ولن تعطى أي أسرة أكثر من 20 غرسة حتى تكفي الجميع.",
)
RUN = "20261122T011200Z-0123456789ab"


def page(*paragraphs: str, title: str = TITLE, counter: int = 1, post: int = 12) -> str:
    body = "".join(f"<p>{text}</p>" for text in paragraphs or TEXT)
    return (
        f'<!DOCTYPE html><html lang="ar"><head><meta charset="utf-8"><title>{title}</title><meta property="og:title" content="{title}">'
        f'<meta property="article:published_time" content="2019-03-02T08:00:00+02:00"></head>'
        f'<body class="rtl single single-post postid-{post}"><h1 class="entry-title">{title}</h1><p class="views">{counter} زيارة</p>'
        f'<div class="entry-content">{body}</div><script>var nonce="{counter}"</script></body></html>'
    )


def one(given: StoredCapture, outlet: Outlet = OUTLET, seeds: SeedSet | None = None) -> Judged:
    (judged,) = judge(given, "warc/x", outlet, seeds, RUN)
    return judged


def seen(given: StoredCapture, outlet: Outlet = OUTLET) -> tuple[str, str]:
    judged = one(given, outlet)
    assert (judged.snapshot is None) == (judged.observation.reading is None)
    return judged.observation.klass, judged.observation.reason


def test_a_content_page_has_a_reading_and_a_snapshot_that_agree() -> None:
    judged = one(capture(URL, page()))
    line, fields = judged.observation, snapshot.load(judged.snapshot or b"")
    assert line.reading is not None
    assert (line.kind, line.klass, line.article, line.post, line.mime) == (
        "article",
        "content",
        address.article_id(URL),
        "12",
        "text/html",
    )
    assert (fields["title"], fields["faithful"].split("\n"), fields["text"].split("\n")) == (TITLE, list(TEXT), list(TEXT))
    assert fields["digests"]["body"]["t"] == line.reading.body.t == digests("\n".join(TEXT)).t
    said = {"source": "article:published_time", "confidence": "stated", "zone": "stated"}
    assert fields["published"] == {"value": "2019-03-02T08:00:00+02:00", **said}
    assert line.reading.snapshot == keys.snapshot(
        "example", line.article, datetime(2026, 11, 22, 1, 12, 0, 123456, UTC), line.payload[7:], line.reading.reading
    )
    assert fields["capture"]["offset"] == line.offset
    assert fields["charset"] == {
        "read_as": "utf-8",
        "by": "bytes",
        "declared": ["utf-8", "utf-8"],
        "reason": "valid UTF-8",
        "coding": "",
    }
    assert fields["seeds"] == []


def test_the_line_survives_being_written_down_and_sent_between_processes() -> None:
    judged = one(capture(URL, page()), seeds=SeedSet("0" * 12, (("one", "\n".join((TITLE, *TEXT)).encode()),)))
    assert pickle.loads(pickle.dumps(judged)) == judged
    assert load(dump([judged.observation])) == [judged.observation]


def test_the_same_capture_gives_the_same_snapshot() -> None:
    first, again = (one(capture(URL, page())) for _ in range(2))
    assert first == again
    assert gzip.decompress(first.snapshot or b"").startswith(b'{"agency":')


def test_noise_changes_no_digest_and_an_edit_does() -> None:
    def body(markup: str) -> object:
        reading = one(capture(URL, markup)).observation.reading
        return reading and (reading.rules, reading.headline, reading.body)

    assert body(page(counter=1)) == body(page(counter=2))
    assert body(page()) != body(page(TEXT[0], TEXT[1].replace("20", "200")))
    assert body(page()) != body(page(title=TITLE + "!"))


def test_seed_links_are_in_both() -> None:
    seeds = SeedSet(
        "0" * 12, (("one.txt", "\n\n".join((TITLE, *TEXT)).encode()), ("two.txt", "نص لا علاقة له بالمشتل أبدا".encode()))
    )
    judged = one(capture(URL, page()), seeds=seeds)
    assert judged.observation.reading is not None
    (link,) = judged.observation.reading.links
    assert (link["name"], link["relation"]) == ("one.txt", "identical")
    assert snapshot.load(judged.snapshot or b"")["seeds"] == [link]


def test_a_seed_set_names_another_reading_under_the_same_rules() -> None:
    bare, linked = (one(capture(URL, page()), seeds=seeds).observation.reading for seeds in (None, SeedSet("1" * 12, ())))
    assert bare is not None
    assert linked is not None
    assert (bare.rules, bare.body) == (linked.rules, linked.body)
    assert bare.reading != linked.reading


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"status": 404}, ("gone", "http-404")),
        ({"status": 403, "headers": (("cf-mitigated", "challenge"),)}, ("blocked", "challenge")),
        ({"status": 304}, ("not-modified", "http-304")),
        ({"status": 0, "record_type": "metadata", "failure": "timeout"}, ("broken", "timeout")),
        ({"payload": b"", "body_digest": ""}, ("broken", "empty-body")),
        ({"payload": b"  \n"}, ("broken", "empty-body")),
        ({"payload": b"<p>" + b"0" * (16 << 20)}, ("broken", "too-large")),  # what is left of a gzip bomb
        ({"truncated": "length"}, ("broken", "truncated-length")),
        ({"payload": bytes(range(128, 256)) * 5}, ("broken", "bad-encoding")),
        ({"headers": (("Content-Type", "application/pdf"),)}, ("not-article", "mime")),
        ({"record_type": "revisit", "payload": b""}, ("content", "same-payload")),
        ({"record_type": "revisit", "payload": b"", "status": 404}, ("gone", "http-404")),
        ({"url": "https://news.example.org/archives/0/"}, ("not-article", "address")),
        ({"url": "https://news.example.org/section/7"}, ("not-article", "address")),
        ({"url": FRONT}, ("not-article", "front-page")),
        ({"payload": b"<html><body><div id=app></div></body></html>"}, ("broken", "no-text")),
    ],
)
def test_what_is_no_content_says_why(given: dict[str, object], expected: tuple[str, str]) -> None:
    fields = {"url": URL, "payload": page(), **given}
    assert seen(capture(**fields)) == expected  # type: ignore[arg-type]


def test_a_page_that_no_layout_fits_stays_unread() -> None:
    watched = replace(OUTLET, layouts=(Layout(name="old", match="//div[@id='gone']"),))
    assert seen(capture(URL, page()), watched) == ("content", "no-layout")


def test_a_failing_reader_costs_one_page() -> None:
    watched = replace(OUTLET, layouts=(Layout(name="typo", body="//div["),))
    assert seen(capture(URL, page()), watched) == ("broken", "reader-XPathEvalError")


def test_what_lists_said_and_the_validators_stand_in_the_line() -> None:
    note = Note(role="article", found="rest", announced={"rest": "2026-11-22T01:00:00Z"}, site="listed")
    sent = (*HTML, ("ETag", '"7"'), ("Last-Modified", "Sun, 22 Nov 2026 01:00:00 GMT"))
    line = one(capture(URL, page(), note=note, headers=sent)).observation
    assert (line.announced, line.site) == ({"rest": "2026-11-22T01:00:00Z"}, "listed")
    assert (line.etag, line.last_modified) == ('"7"', "Sun, 22 Nov 2026 01:00:00 GMT")
    assert load(dump([line])) == [line]


def test_a_paywall_shows_little_and_says_so() -> None:
    said = '<script type="application/ld+json">{"@type": "NewsArticle", "isAccessibleForFree": %s}</script></head>'
    assert seen(capture(URL, page().replace("</head>", said % "false"))) == ("blocked", "paywall")
    assert seen(capture(URL, page().replace("</head>", said % '"False"'))) == ("blocked", "paywall")
    assert seen(capture(URL, page().replace("</head>", said % "true")))[0] == "content"
    assert seen(capture(URL, page(*TEXT * 6).replace("</head>", said % "false")))[0] == "content"  # the whole text, after all


def test_a_notice_that_nothing_calls_an_article_is_doubted() -> None:
    notice = f'<html lang="ar"><head><title>الجريدة</title></head><body><p>{TEXT[0]}</p></body></html>'
    assert one(capture(URL, notice)).observation.doubt == "bare"
    assert one(capture(URL, notice.replace("<p>", '<div class="entry-content"><p>'))).observation.doubt == ""
    assert one(capture(URL, notice.replace("<p>", "<article><p>"))).observation.doubt == ""
    assert one(capture(URL, page(TEXT[0]))).observation.doubt == ""


@pytest.mark.parametrize(
    ("given", "klass", "reason"),
    [
        ({}, "content", ""),
        ({"record_type": "revisit", "payload": b""}, "content", "same-payload"),
        ({"status": 404}, "gone", "http-404"),
        ({"payload": b""}, "broken", "empty-body"),
        ({"headers": HTML}, "broken", "mime"),
        ({"truncated": "length"}, "broken", "truncated-length"),
        ({"failure": "timeout", "status": 0}, "broken", "timeout"),
    ],
)
def test_a_picture_has_a_line_of_its_own_and_no_reading(given: dict[str, object], klass: str, reason: str) -> None:
    note = Note(role="picture", found="page", listed_by=Cited(URL, "urn:uuid:1", "sha256:" + "0" * 64))
    fields = {"payload": b"\x89PNG", "headers": (("Content-Type", "image/png"),), "note": note, **given}
    line = one(capture("https://img.example.net/1.png", **fields)).observation  # type: ignore[arg-type]
    assert (line.kind, line.klass, line.reason, line.reading) == ("picture", klass, reason, None)
    assert (line.article, line.channel) == (address.article_id(URL), "")


# ---- redirects


def via(url: str, *asked: str, **given: object) -> StoredCapture:
    return capture(url, page(post=12), note=Note(role="article", found="rest", via=asked), **given)


def test_a_hop_says_where_it_points_and_no_more() -> None:
    hop = one(capture(OLD, status=301, headers=(("Location", "/archives/12"),))).observation
    assert (hop.klass, hop.reason, hop.to) == ("elsewhere", "redirect", {"url": URL, "front": False})
    home = one(capture(OLD, status=302, headers=(("Location", "http://www.news.example.org"),))).observation
    assert home.to["front"] is True
    odd = one(capture(OLD, status=301, headers=(("Location", "http://[bad"),))).observation
    assert (odd.klass, odd.to) == ("elsewhere", {"url": "http://[bad"})


def test_an_article_reached_by_a_redirect_speaks_for_both_addresses() -> None:
    own, first = (judged.observation for judged in judge(via(URL, OLD), "warc/x", OUTLET, None, RUN))
    assert (own.klass, own.article) == ("content", address.article_id(URL))
    assert (first.klass, first.url, first.article, first.reading) == ("elsewhere", OLD, address.article_id(OLD), None)
    assert first.to == {"url": URL, "article": address.article_id(URL), "post": "12", "front": False}


@pytest.mark.parametrize(
    ("given", "klass", "reason"),
    [
        ({"url": FRONT}, "elsewhere", "redirected"),
        ({"url": URL, "status": 410}, "gone", "redirected-http-410"),
        ({"url": URL, "status": 503}, "broken", "redirected-http-503"),
    ],
)
def test_the_end_of_a_redirect_that_is_no_article_speaks_for_the_first_address_alone(
    given: dict[str, str], klass: str, reason: str
) -> None:
    (judged,) = judge(via(given.pop("url"), OLD, **given), "warc/x", OUTLET, None, RUN)
    assert (judged.observation.url, judged.observation.klass, judged.observation.reason) == (OLD, klass, reason)


def test_what_lists_said_of_the_first_address_is_not_said_of_the_other() -> None:
    note = Note(role="article", found="rest", via=(OLD,), announced={"rest": "1"}, site="listed")
    own, first = (judged.observation for judged in judge(capture(URL, page(), note=note), "warc/x", OUTLET, None, RUN))
    assert (own.announced, own.site) == ({}, "")
    assert (first.announced, first.site) == ({"rest": "1"}, "listed")


def test_a_section_page_that_a_deleted_article_redirects_to_is_no_new_article() -> None:
    outlet, section = replace(OUTLET, article=""), "https://news.example.org/category/siyasa/"
    note = Note(role="article", found="plan", via=(OLD,))
    (judged,) = judge(capture(section, page().replace("single-post postid-12", ""), note=note), "warc/x", outlet, None, RUN)
    assert (judged.observation.url, judged.observation.klass) == (OLD, "elsewhere")
    own, _ = judge(capture(section, page(), note=note), "warc/x", outlet, None, RUN)  # a permalink like any other
    assert (own.observation.url, own.observation.klass) == (section, "content")


def test_an_address_that_leads_to_a_locked_page_says_which_article_that_is() -> None:
    """WordPress guesses an address for a deleted article; that it guesses one behind a password is no refusal."""
    note = Note(role="article", found="plan", via=(OLD,))
    locked = page().replace("</body>", '<form class="post-password-form"></form></body>')
    assert "post-password-form" in locked
    (judged,) = judge(capture(URL, locked, note=note), "warc/x", OUTLET, None, RUN)
    seen = judged.observation
    assert (seen.url, seen.klass, seen.reason, seen.to["post"]) == (OLD, "elsewhere", "redirected", "12")


def test_another_spelling_of_the_address_is_no_move() -> None:
    (judged,) = judge(via(URL, "http://www.news.example.org/archives/12/?utm_source=x"), "warc/x", OUTLET, None, RUN)
    assert judged.observation.klass == "content"


# ---- channels


def channel(body: str, kind: str = "sitemap", **given: object) -> Observation:
    note = Note(role="channel", found=kind, channel=kind, page=2)
    return one(capture("https://news.example.org/sitemap.xml", body, **({"note": note} | given))).observation


def test_a_channel_document_lists_its_articles() -> None:
    line = channel(
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>{URL}</loc></url><url><loc>{FRONT}</loc></url></urlset>'
    )
    assert (line.kind, line.klass, line.channel, line.page, line.article) == ("channel", "channel", "sitemap", 2, "")
    assert [(item["url"], item["article"]) for item in line.items] == [(URL, address.article_id(URL))]


def test_a_channel_that_fails_keeps_its_class() -> None:
    assert channel("", status=503).klass == "broken"
    assert channel("<html>403</html>", status=403).klass == "blocked"
    assert channel("", status=304).klass == "not-modified"
    assert (channel("<html").klass, channel("<html").items) == ("broken", ())
    assert channel("", record_type="revisit").reason == "same-payload"


def test_a_page_of_rest_that_is_the_same_as_before_tells_how_many_posts_there_are_now() -> None:
    total = (("Content-Type", "application/json"), ("X-WP-Total", "371"))
    assert channel("", "rest", record_type="revisit", headers=total).total == 371
    assert channel("[]", "rest", headers=total).total == 371
    assert channel("", record_type="revisit", headers=total).total is None


def test_robots_txt_is_a_channel_without_articles() -> None:
    given = capture(
        "https://news.example.org/robots.txt", "User-agent: *\nDisallow: /x\n", note=Note(role="robots", found="robots")
    )
    line = one(given).observation
    assert (line.kind, line.klass, line.channel, line.items) == ("channel", "channel", "robots", ())
