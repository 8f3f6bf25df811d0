"""Channel documents as sites really send them."""

from __future__ import annotations

import gzip
import json
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from archive import channels
from archive.address import article_id
from archive.channels import page, rest
from archive.channels.model import Channel
from archive.outlet import Outlet, load

SITE = "https://akhbar.example/"
PRESS = Outlet(name="akhbar", title="أخبار", url=SITE)
ROOM = Outlet(name="wakala", title="وكالة", url=SITE, spider="newsroom")
XML = (("Content-Type", "text/xml; charset=UTF-8"),)


def read(kind: str, body: str | bytes, outlet: Outlet = PRESS, url: str = SITE, headers: Any = XML) -> Channel:
    return channels.parse(kind, url, headers, body.encode() if isinstance(body, str) else body, outlet)


def urls(channel: Channel) -> list[str]:
    return [item["url"].removeprefix(SITE) for item in channel.items]


def post(number: int, **fields: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "link": f"{SITE}khabar-{number}/",
        "date_gmt": "2019-03-24T10:00:00",
        "modified_gmt": "2019-03-24T11:30:00",
    }
    return row | {"title": {"rendered": "&#8220;سوق&#8221; القرية"}, "content": {"protected": False}} | fields


# --- REST


def test_rest_items_have_utc_times_ids_and_unescaped_titles() -> None:
    found = read("rest", json.dumps([post(7)]), url=rest.url_of(SITE + "wp-json/", 1))
    assert found.items == (
        {
            "url": SITE + "khabar-7/",
            "article": article_id(SITE + "khabar-7"),
            "post": "7",
            "published": "2019-03-24T10:00:00+00:00",
            "modified": "2019-03-24T11:30:00+00:00",
            "title": "“سوق” القرية",
            "text": "",
        },
    )


def test_rest_password_posts_are_named_but_no_items() -> None:
    found = read("rest", json.dumps([post(1), post(2, content={"protected": True})]))
    assert urls(found) == ["khabar-1/"]
    assert found.left_out == (article_id(SITE + "khabar-2/"),)


def test_rest_of_before_5_3_tells_nothing_about_passwords() -> None:
    row = post(1)
    del row["content"]
    assert urls(read("rest", json.dumps([row]))) == ["khabar-1/"]


def test_the_address_that_wordpress_gives_a_post_while_it_trashes_it_is_no_article() -> None:
    rows = [post(1), post(2, link=f"{SITE}khabar-2__trashed/")]
    assert urls(read("rest", json.dumps(rows))) == ["khabar-1/"]


def content(rendered: str) -> dict[str, Any]:
    return {"content": {"protected": False, "rendered": rendered}}


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("<p>قال مصدر إن السوق\n مفتوح اليوم.</p>", True),
        ("<!-- 1733 --><p class='x9'>قال <b>مصدر</b> إن السوق مفتوح اليوم.</p><script>var nonce = 'a81';</script>", True),
        ("<p>قال مصدر إنّ السوق مفتوح اليوم</p>", False),  # a mark more, a stop less: an orthographic edit
        ("<p>قال مصدر إن السوق مغلق اليوم.</p>", False),
        ("<p>قال مصدر إن السوق مفتوح اليوم.</p><p>ثم نفى.</p>", False),
        ("<p>مفتوح قال مصدر إن السوق اليوم.</p>", False),
        ("", False),
    ],
)
def test_the_text_that_rest_gives_changes_with_its_letters_alone(other: str, same: bool) -> None:
    rows = [post(1, **content("<p>قال مصدر إن السوق مفتوح اليوم.</p>")), post(2, **content(other))]
    one, two = (item["text"] for item in read("rest", json.dumps(rows)).items)
    assert re.fullmatch("[0-9a-f]{16}", two)
    assert (one == two) is same


def test_the_text_that_rest_gives_changes_with_the_headline() -> None:
    told = content("<p>قال مصدر إن السوق مفتوح اليوم.</p>")
    rows = [post(1, **told), post(2, **told), post(3, **told, title={"rendered": "سوق المدينة"})]
    one, two, three = (item["text"] for item in read("rest", json.dumps(rows)).items)
    assert one == two != three


@pytest.mark.parametrize(
    "rendered", ["<?xml version='1.0' encoding='utf-8'?><p>نص</p>", "\x00<p>نص\x0b</p>", "<p>نص<b", "\ud800"]
)
def test_odd_content_has_a_text_all_the_same(rendered: str) -> None:
    assert len(rest.text_digest("عنوان", rendered)) == 16


def test_the_front_page_of_rest_names_the_next_one_and_the_walk_other_pages_only_the_next_in_their_order() -> None:
    headers = (("X-WP-TotalPages", "4"), ("X-WP-Total", "371"))
    front = rest.url_of(SITE + "?rest_route=/", 1)
    first = read("rest", json.dumps([post(1)]), url=front, headers=headers)
    assert [(row.page, rest.page_of(row.url), rest.is_walk(row.url)) for row in first.next] == [
        (2, 2, False),
        *((n, n, True) for n in (1, 2, 3, 4)),
    ]
    assert "rest_route=/wp/v2/posts&per_page=100&page=2&" in first.next[0].url
    assert (first.pages, first.total) == (4, 371)
    for third in (rest.url_of(SITE + "wp-json/", 3), rest.walk_of(front, 3)):
        later = read("rest", json.dumps([post(1)]), url=third, headers=headers)
        assert [(row.page, rest.is_walk(row.url)) for row in later.next] == [(4, rest.is_walk(third))]
    assert read("rest", json.dumps([post(1)]), url=rest.walk_of(front, 4), headers=headers).next == ()


def test_a_front_page_of_rest_that_lists_everything_needs_no_walk() -> None:
    headers = (("X-WP-TotalPages", "1"), ("X-WP-Total", "1"))
    assert read("rest", json.dumps([post(1)]), url=rest.url_of(SITE + "wp-json/", 1), headers=headers).next == ()


@pytest.mark.parametrize("make", [rest.walk_of, lambda _, number: rest.url_of(SITE + "wp-json/", number)])
def test_rest_without_a_page_count_goes_on_while_pages_are_full(make: Any) -> None:
    front = rest.url_of(SITE + "wp-json/", 1)
    full = read("rest", json.dumps([post(n) for n in range(100)]), url=make(front, 2))
    assert [row.url for row in full.next] == [make(front, 3)]
    assert read("rest", json.dumps([post(1)]), url=make(front, 2)).next == ()
    assert [row.url for row in read("rest", json.dumps([post(n) for n in range(100)]), url=front).next][1:] == [
        rest.walk_of(front, 1)
    ]


def test_a_sweep_is_known_again_by_its_address_and_its_total_is_none_of_the_sites() -> None:
    front = rest.url_of(SITE + "wp-json/", 1)
    since = datetime(2026, 11, 22, 3, tzinfo=timezone(timedelta(hours=3)))
    sweep = rest.sweep_of(front, since)
    assert sweep.endswith("&orderby=modified&order=desc&modified_after=2026-11-22T00:00:00Z")
    assert (rest.swept_since(sweep), rest.swept_since(front)) == (since, None)
    assert rest.sweeps(sweep, front)
    assert not rest.sweeps(sweep, rest.url_of(SITE + "?rest_route=/", 1))
    found = read("rest", json.dumps([post(1)]), url=sweep, headers=(("X-WP-TotalPages", "2"), ("X-WP-Total", "130")))
    assert found.total is None
    assert [(row.page, rest.swept_since(row.url)) for row in found.next] == [(2, since)]


@pytest.mark.parametrize(
    ("body", "problem"),
    [('{"code":"rest_disabled"}', "refused"), ("<html>أغلقت</html>", "not-json"), ("", "refused"), ("[", "not-json")],
)
def test_rest_that_is_closed_says_so(body: str, problem: str) -> None:
    assert read("rest", body).problem == problem


def test_rest_zero_dates_and_odd_rows_are_not_taken_for_times() -> None:
    found = read(
        "rest", json.dumps([post(1, date_gmt="0000-00-00T00:00:00", modified_gmt=None), {"id": 2}, "x", post(3, link=7)])
    )
    assert [(item["published"], item["modified"]) for item in found.items] == [("", "")]


# --- feeds


def test_rss_with_blank_lines_before_its_declaration_a_guid_and_a_date() -> None:
    body = f"""

<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<link>{SITE}</link><item><title>مطر &amp; برد</title><link> {SITE}matar/?utm_source=rss </link>
<guid isPermaLink="false">{SITE}?p=88</guid><pubDate>Sun, 24 Mar 2019 10:00:00 +0300</pubDate></item>
<item><title>قديم</title><link>{SITE}qadim/</link><dc:date>2019-03-01T08:00:00+02:00</dc:date></item></channel></rss>"""
    found = read("feed", body)
    assert [(i["post"], i["title"], i["published"]) for i in found.items] == [
        ("88", "مطر & برد", "2019-03-24T10:00:00+03:00"),
        ("", "قديم", "2019-03-01T08:00:00+02:00"),
    ]
    assert found.items[0]["article"] == article_id(SITE + "matar")


def test_rdf_and_atom_with_paging() -> None:
    rdf = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<item rdf:about="{SITE}nahr/"><title>نهر</title><link>{SITE}nahr/</link></item></rdf:RDF>"""
    assert urls(read("feed", rdf)) == ["nahr/"]
    atom = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="/feed/atom/?paged=2"/><entry><title>جبل</title>
<link rel="replies" href="{SITE}jabal/#comments"/><link rel="alternate" href="/jabal/"/><id>tag:akhbar.example,2019:5</id>
<published>2019-03-24T10:00:00Z</published><updated>2019-03-25T10:00:00Z</updated></entry></feed>"""
    found = read("feed", atom)
    assert urls(found) == ["jabal/"]
    assert found.items[0]["modified"] == "2019-03-25T10:00:00+00:00"
    assert [row.url for row in found.next] == [SITE + "feed/atom/?paged=2"]


def test_feed_items_of_other_hosts_categories_and_pages_are_no_articles() -> None:
    links = [
        "https://ads.example/x/",
        SITE,
        SITE + "category/syria/",
        SITE + "tag/halab/",
        SITE + "khabar/feed/",
        "javascript:1",
        SITE + "a.jpg",
    ]
    items = "".join(f"<item><link>{link}</link></item>" for link in [*links, SITE + "khabar/"])
    assert urls(read("feed", f"<rss><channel>{items}</channel></rss>")) == ["khabar/"]


def test_half_a_feed_gives_what_arrived_and_says_damaged() -> None:
    found = read("feed", f"<rss><channel><item><link>{SITE}awwal/</link></item><item><link>{SITE}tha")
    assert "awwal/" in urls(found)
    assert found.problem == "damaged"


@pytest.mark.parametrize("dirt", ["a & b", "a&nbsp;b", "a\x08b", "<foo:bar/>"])
def test_a_feed_that_is_always_written_badly_is_no_damaged_one(dirt: str) -> None:
    """Else it is asked three times in every run, counted as a failure, and no walk is ever complete."""
    items = f"<item><title>{dirt}</title><link>{SITE}awwal/</link></item><item><link>{SITE}thani/</link></item>"
    found = read("feed", f"<rss><channel>{items}</channel></rss><!-- cached --><script/>")
    assert urls(found) == ["awwal/", "thani/"]
    assert not found.problem


@pytest.mark.parametrize(
    "body", ["", "<!DOCTYPE html><html><body>لا توجد صفحة</body></html>", "not xml", "<html/>", "<other/>"]
)
def test_what_is_no_feed_says_so(body: str) -> None:
    found = read("feed", body)
    assert found.items == ()
    assert found.problem


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("khabar-secret", "utf-8")
    body = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><rss><channel><item><link>{SITE}&x;/</link></item></channel></rss>'
    assert not any("secret" in item["url"] for item in read("feed", body).items)


# --- sitemaps


def index(*names: str) -> str:
    return "<sitemapindex>" + "".join(f"<sitemap><loc>{SITE}{name}</loc></sitemap>" for name in names) + "</sitemapindex>"


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        (
            [
                "wp-sitemap-posts-post-1.xml",
                "wp-sitemap-posts-page-1.xml",
                "wp-sitemap-taxonomies-category-1.xml",
                "wp-sitemap-users-1.xml",
            ],
            1,
        ),
        (
            [
                "post-sitemap.xml",
                "post-sitemap2.xml",
                "page-sitemap.xml",
                "category-sitemap.xml",
                "post_tag-sitemap.xml",
                "author-sitemap.xml",
            ],
            2,
        ),
        (
            [
                "sitemap-pt-post-2019-04.xml",
                "sitemap-pt-post-2019-03.xml",
                "sitemap-pt-page-2019-04.xml",
                "sitemap-tax-category.xml",
                "sitemap-misc.xml",
            ],
            2,
        ),
        (["sitemap-1.xml", "image-sitemap-1.xml"], 1),
        (["sitemap_news_20190424.xml", "sitemap_news_20190423.xml"], 2),
    ],
)
def test_children_of_an_index_that_list_no_articles_are_left_out(names: list[str], kept: int) -> None:
    found = read("sitemap-index", index(*names))
    assert [row.url.removeprefix(SITE) for row in found.next] == names[:kept]
    assert {row.kind for row in found.next} == {"sitemap"}


def test_other_post_types_count_when_the_outlet_has_a_pattern_of_its_own() -> None:
    names = ("wp-sitemap-posts-post-1.xml", "wp-sitemap-posts-tahlil-1.xml", "wp-sitemap-posts-page-1.xml")
    patterned = Outlet(name="akhbar", title="أخبار", url=SITE, article=r"^/archives/\d+$")
    assert len(read("sitemap", index(*names)).next) == 1
    assert len(read("sitemap", index(*names), patterned).next) == 2


def test_news_sitemap_dates_titles_and_gzip() -> None:
    body = f"""<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>{SITE}w/about</loc><lastmod>2019-04-24</lastmod><news:news><news:publication_date>2019-04-24T09:00:00Z</news:publication_date>
<news:title>قطن الحسكة</news:title></news:news></url><url><loc>{SITE}about</loc></url></urlset>"""
    found = read("sitemap", gzip.compress(body.encode()), ROOM)
    assert [(i["published"], i["modified"], i["title"]) for i in found.items] == [
        ("2019-04-24T09:00:00+00:00", "2019-04-24", "قطن الحسكة")
    ]


def test_text_sitemaps_and_damaged_gzip() -> None:
    assert urls(read("sitemap", f"{SITE}khabar-1/\n{SITE}khabar-2/\n")) == ["khabar-1/", "khabar-2/"]
    whole = gzip.compress(f"<urlset><url><loc>{SITE}khabar-1/</loc></url></urlset>".encode())
    assert read("sitemap", whole[:20]).problem


def test_an_address_that_lost_letters_on_its_way_is_none() -> None:
    """A page that asks for it is told 404, and an article that never was would be a deleted one."""
    rows = [b"<url><loc>%s%s/</loc></url>" % (SITE.encode(), slug) for slug in (b"khabar-1", b"khab\xff\xfear-2", b"%C7%E1-3")]
    found = read("sitemap", b'<?xml version="1.0" encoding="UTF-8"?><urlset>%s</urlset>' % b"".join(rows))
    assert sorted(urls(found)) == ["%C7%E1-3/", "khabar-1/"]  # escaped octets of another charset are an address


def test_a_sitemap_bomb_is_cut() -> None:
    bomb = gzip.compress(b"<urlset>" + b" " * 200_000_000, 9)
    assert read("sitemap", bomb).items == ()


def test_robots_names_sitemaps_of_the_outlet_alone_news_first() -> None:
    body = f"User-agent: *\nDisallow: /x\nsitemap: {SITE}sitemap.xml\nSitemap: /sitemap_news.xml\nSitemap: https://other.example/s.xml\nSitemap:"
    found = read("robots", body)
    assert [row.url for row in found.next] == [SITE + "sitemap_news.xml", SITE + "sitemap.xml"]


# --- pages


def test_archive_page_takes_headlines_and_not_menus() -> None:
    body = """<html><body><header><h1><a href="/">أخبار</a></h1><h2><a href="/man-nahnu/">من نحن</a></h2></header><nav><h3><a href="/ittisal/">اتصل</a></h3></nav>
<article><header><h2><a href="/khabar-1/">خبر أول</a></h2></header><a href="/khabar-1/#more">المزيد</a></article>
<li><a href="khabar-2/"><h3>خبر ثان</h3></a></li><h3><a href="/category/syria/">سوريا</a></h3><h2><a href="/2019/03/">آذار</a></h2>
<h2><a href="http://[bad/">x</a></h2><footer><h4><a href="/khususiyya/">خصوصية</a></h4></footer>
<div class="nav-links"><a class="next page-numbers" href="/page/2/">»</a></div></body></html>"""
    found = read("archive", body)
    assert urls(found) == ["khabar-1/", "khabar-2/"]
    assert [i["title"] for i in found.items] == ["خبر أول", "خبر ثان"]
    assert [(row.url, row.kind, row.page) for row in found.next] == [(SITE + "page/2/", "archive", 2)]


def test_home_page_says_where_feed_and_rest_are() -> None:
    body = """<head><link rel="alternate" type="application/rss+xml" href="/comments/feed/"><link rel="alternate" type="application/rss+xml"
href="/?feed=rss2"><link rel="https://api.w.org/" href="https://akhbar.example/index.php?rest_route=/"></head><body><p>أهلا</p></body>"""
    found = {row.kind: row.url for row in read("home", body).next}
    assert found["feed"] == SITE + "?feed=rss2"
    assert found["rest"].startswith(SITE + "index.php?rest_route=/wp/v2/posts&per_page=100&page=1&")
    link = (("Link", f'<{SITE}wp-json/>; rel="https://api.w.org/"'),)
    assert read("home", "<p>أهلا</p>", headers=link).next[0].url.startswith(SITE + "wp-json/wp/v2/posts?")


def test_a_newsroom_without_a_pattern_takes_headlines_that_look_like_articles() -> None:
    body = '<h2><a href="/sport">رياضة</a></h2><h2><a href="/news/qamh-al-jazira-hatha-al-am">قمح</a></h2><h3><a href="/n/190424113">خبر</a></h3>'
    assert urls(read("archive", body, ROOM)) == ["news/qamh-al-jazira-hatha-al-am", "n/190424113"]


def test_windows_1256_and_relative_bases() -> None:
    body = '<html><head><base href="https://akhbar.example/n/"></head><body><h2><a href="190424113">قمح الجزيرة</a></h2></body></html>'
    found = read("archive", body.encode("windows-1256"), ROOM, headers=(("content-type", "text/html; charset=windows-1256"),))
    assert [(i["url"], i["title"]) for i in found.items] == [(SITE + "n/190424113", "قمح الجزيرة")]


@pytest.mark.parametrize("body", [b"", b"\x00\x01\xff", b"<" * 5000, "لا شيء".encode()])
@pytest.mark.parametrize("kind", ["rest", "feed", "sitemap", "archive", "home", "robots", "nowhere"])
def test_rubbish_is_never_an_error_and_never_an_item(kind: str, body: bytes) -> None:
    assert read(kind, body).items == ()


@pytest.mark.parametrize(
    ("url", "after"),
    [
        ("/page/9/", "/page/10/"),
        ("/n?view=page&page=3&s=10", "/n?view=page&page=4&s=10"),
        ("/feed/?paged=2", "/feed/?paged=3"),
        ("/n", ""),
    ],
)
def test_following_pages(url: str, after: str) -> None:
    assert page.following(url) == after


# --- scope


@pytest.mark.parametrize(
    ("url", "article"),
    [
        ("https://akhbar.example/khabar", True),
        ("http://www.akhbar.example/%D8%AE%D8%A8%D8%B1/", True),
        ("https://akhbar.example/syria/khabar-tawil/", True),
        ("https://akhbar.example/2019/03/24/khabar/", True),
        ("https://akhbar.example/?p=12", True),
        ("https://akhbar.example/", False),
        ("https://akhbar.example/?s=halab", False),
        ("https://akhbar.example/?page_id=3", False),
        ("https://akhbar.example/2019/03/", False),
        ("https://akhbar.example/page/3/", False),
        ("https://akhbar.example/author/samir/", False),
        ("https://akhbar.example/archives/category/syria", False),
        ("https://akhbar.example/wp-content/uploads/a.pdf", False),
        ("https://akhbar.example/khabar/amp/", False),
        ("https://akhbar.example:8443/khabar", False),
        ("https://evil.example/khabar", False),
        ("https://akhbar.example.evil.example/khabar", False),
        ("https://akhbar.example@evil.example/khabar", False),
        ("ftp://akhbar.example/khabar", False),
        ("https://akhbar.example:99999/khabar", False),
    ],
)
def test_what_can_be_an_article(url: str, article: bool) -> None:
    assert channels.scope_of(PRESS).article(url) is article


def test_the_outlets_own_words_decide() -> None:
    outlet = Outlet(
        name="w", title="و", url=SITE, article=r"^/archives/\d+$", not_article=("^/archives/13$",), aliases=("qadim.example",)
    )
    scope = channels.scope_of(outlet)
    assert scope.article("https://qadim.example/archives/12/")
    assert not scope.article(SITE + "archives/13")
    assert not scope.article(SITE + "archives/12?replytocom=4")
    assert not scope.article(SITE + "khabar", trusted=True)


@pytest.mark.parametrize("path", sorted((Path(__file__).parent.parent / "outlets").glob("*.toml")), ids=lambda path: path.stem)
def test_the_outlets_that_come_with_warraq(path: Path) -> None:
    from lxml import etree

    outlet = load(path)
    assert not outlet.private
    assert outlet.delay >= 5
    assert outlet.unchecked, "nobody has looked at the live site yet"
    assert set(outlet.unchecked) <= set(Outlet.__dataclass_fields__)
    for layout in outlet.layouts:
        for xpath in filter(None, (layout.match, layout.body, layout.title, *layout.prune)):
            etree.XPath(xpath)


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        ("2026-11-22", "2026-11-22"),
        (" 2026-11-22T09:30:00 ", "2026-11-22T09:30:00"),
        ("2026-11-22 09:30:00", "2026-11-22T09:30:00"),
        ("2026-11-22T09:30:00+03:00", "2026-11-22T09:30:00+03:00"),
        ("22/11/2026", ""),
        ("today", ""),
    ],
)
def test_a_lastmod_without_time_or_offset_is_a_word_all_the_same(printed: str, word: str) -> None:
    """It orders nothing, but another one says that the article was edited."""
    body = f"<urlset><url><loc>{SITE}khabar-12345/</loc><lastmod>{printed}</lastmod></url></urlset>"
    (found,) = read("sitemap", body).items
    assert found["modified"] == word
