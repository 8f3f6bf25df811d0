"""`warraq outlets add`: what a survey asks for, what it decides, what it writes; and that the first run finds everything."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from archive import outlet as outlets
from archive import survey
from archive.address import canonical
from archive.errors import BadOutlet, Refused
from archive.settings import Settings, from_environment
from archive.steps.survey import add
from archive.steps.workshop import Workshop
from archive.survey import Document, Gathered
from archive.survey.pattern import induce
from spiders.survey import LIMIT
from tests.conftest import MakeSettings
from tests.servers import Server
from tests.site import Post, Reply, Site, WordPress, serving
from tests.survey_sites import Sections, Static
from tests.wadi import WARRAQ

ROOT = Path(__file__).resolve().parent.parent
HOME = "https://jarida.example/"
FEED = "<rss><channel><title>الجريدة</title>{}</channel></rss>"
HTML = (("Content-Type", "text/html; charset=utf-8"),)


@dataclass
class Added:
    """A command line with outlets of its own."""

    settings: Settings
    env: dict[str, str]

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*WARRAQ, *arguments], env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False
        )

    def file(self, name: str) -> Path:
        return self.settings.outlets / f"{name}.toml"


@pytest.fixture
def warraq(weed: Server, make_settings: MakeSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Added:
    (tmp_path / "outlets").mkdir()
    settings = make_settings(weed, OUTLETS=str(tmp_path / "outlets"))
    named = {
        "WARRAQ_STATE": settings.state,
        "WARRAQ_BUCKET": settings.bucket,
        "WARRAQ_OUTLETS": settings.outlets,
        "WARRAQ_CONTACT": settings.contact,
        "WARRAQ_SEEDS_LOCK": settings.seeds_lock,
        "WARRAQ_READERS": 1,
    }
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WARRAQ_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return Added(settings, {**kept, **{name: str(value) for name, value in named.items()}})


# --- whole sites


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Static, Sections])
def test_the_first_run_of_an_outlet_that_was_added_captures_every_article(kind: Callable[[], Any], warraq: Added) -> None:
    from archive.catalog import Catalog
    from archive.s3 import init_archive

    init_archive(warraq.settings, make_bucket=True)
    with serving(kind()) as site:
        added = warraq("outlets", "add", site.url, "--name", "jarida", "--private")
        assert added.returncode == 0, added.stdout + added.stderr
        assert len(site.asked) <= LIMIT
        assert site.agents == {"Warraq/0.1.0 (+mailto:test@example.org)"}
        ran = warraq("run", "jarida")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        rows = Catalog(warraq.settings.catalog).articles(outlet="jarida")
    assert {canonical(row.url) for row in rows if row.versions} == {canonical(url) for url in site.articles}
    assert {row.state for row in rows} == {"live"}, [row.url for row in rows if row.state != "live"]


# --- the command


def posts(count: int) -> list[Post]:
    return [Post(n, f"خبر من الوادي رقم {n}", f"2026-11-{1 + n % 20:02}T10:00:00") for n in range(1, count + 1)]


def test_a_wordpress_is_told_by_its_rest_api_and_needs_no_pattern(warraq: Added) -> None:
    with serving(WordPress(posts(12))) as site:
        assert warraq("outlets", "add", site.url, "--name", "ahali", "--private").returncode == 0
        one = outlets.load(warraq.file("ahali"))
        assert (one.spider, one.article, one.private, one.url) == ("wordpress", "", True, site.url)
        text = warraq.file("ahali").read_text("utf-8")
        assert 'spider = "wordpress"  # its REST API answers' in text
        again = warraq("outlets", "add", site.url, "--name", "ahali", "--private")
        assert (again.returncode, warraq.file("ahali").read_text("utf-8")) == (78, text)
        other = warraq("outlets", "add", site.url, "--name", "ahali_2", "--private")
        assert other.returncode == 78
        assert "is watched already, as ahali" in other.stderr
        assert not warraq.file("ahali_2").exists()
        asked = len(site.asked)
        warraq("outlets", "add", site.url, "--name", "ahali_3", "--private")
        assert len(site.asked) == asked, "what is refused is refused before anything is asked"


def test_robots_txt_is_obeyed_and_its_delay_taken_over(warraq: Added) -> None:
    site = Static()
    with serving(site):
        site.routes["/robots.txt"] = Reply(200, "User-agent: Warraq\nDisallow: /tags/\nDisallow: /siyasa/\nCrawl-delay: 0.2\n")
        assert warraq("outlets", "add", site.url, "--name", "daftar", "--private").returncode == 0
        assert "/siyasa/" not in site.paths()
        assert outlets.load(warraq.file("daftar")).delay == 0.2
        assert outlets.load(warraq.file("daftar")).sections == ("/iqtisad/",)


def test_a_site_that_forbids_us_gets_no_file(warraq: Added) -> None:
    site = Site()
    with serving(site):
        site.routes["/robots.txt"] = Reply(200, "User-agent: *\nDisallow: /\n")
        refused = warraq("outlets", "add", site.url, "--name", "mughlaq", "--private")
        assert (refused.returncode, site.paths()) == (78, ["/robots.txt"])
        assert "disallowed by robots.txt" in refused.stderr
        assert not warraq.file("mughlaq").exists()
        private = warraq("outlets", "add", site.url, "--name", "mughlaq")
        assert private.returncode == 78
        assert "`--private` allows it" in private.stderr
        assert site.paths() == ["/robots.txt"], "a private address is asked only with --private"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (HOME, "../x"),
        (HOME, "Big"),
        (HOME, "watch"),
        ("ftp://a.example/", "a"),
        ("https://u:p@a.example/", "a"),
        ("https:///x", "a"),
    ],
)
def test_what_cannot_be_an_outlet_is_refused_before_anything_is_asked(url: str, name: str, tmp_path: Path) -> None:
    settings = from_environment({"WARRAQ_OUTLETS": str(tmp_path / "outlets"), "WARRAQ_STATE": str(tmp_path)})
    with pytest.raises(Refused):
        add(Workshop(settings), url, name)
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_lists_nothing_gets_no_file(warraq: Added) -> None:
    site = Site()
    with serving(site):
        site.routes["/"] = Reply(200, "<html><body><div id=app></div></body></html>")
        refused = warraq("outlets", "add", site.url, "--name", "farigh", "--private")
        assert refused.returncode == 78
        assert "nothing there lists articles" in refused.stderr
        assert not warraq.file("farigh").exists()


def test_the_home_page_on_another_host_becomes_the_address_and_the_old_one_an_alias(warraq: Added) -> None:
    new, old = Static(), Site()
    with serving(new), serving(old):
        old.routes["/"] = Reply(301, "", {"Location": new.url})
        assert warraq("outlets", "add", old.url, "--name", "intaqal", "--private").returncode == 0
        one = outlets.load(warraq.file("intaqal"))
        assert one.url == new.url
        assert one.aliases == (old.url.removeprefix("http://").strip("/"),)


# --- decisions


def document(kind: Any, path: str, body: str, **more: Any) -> Document:
    return Document(HOME + path, HOME + path, kind, 200, more.pop("headers", HTML), body.encode(), **more)


def page(links: dict[str, str], head: str = "") -> str:
    rows = "".join(f'<h2><a href="{path}">{text}</a></h2>' for path, text in links.items())
    return f'<html lang="ar"><head><title>الجريدة</title>{head}</head><body><nav><a href="/about/">من نحن</a></nav>{rows}</body></html>'


def feed(*paths: str) -> Document:
    rows = "".join(f"<item><title>خبر</title><link>{HOME}{path}</link></item>" for path in paths)
    return document("feed", "feed.xml", FEED.format(rows), headers=(("Content-Type", "application/rss+xml"),))


def decided(*documents: Document, **more: Any) -> tuple[outlets.Outlet, str]:
    gathered = Gathered(HOME, documents=(document("home", "", page({})), *documents), **more)
    text = survey.written(survey.decide(gathered, "jarida"), "2026-11-22")
    raw = tomllib.loads(text)
    raw.pop("layouts", None)
    return outlets._build(outlets.Outlet, raw, "jarida.toml"), text


PATTERNS: list[tuple[list[str], list[str], list[str], list[str]]] = [
    # articles; what is none; further addresses that must match; that must not
    (["/archives/11", "/archives/12", "/archives/230"], ["/", "/archives"], ["/archives/99999"], ["/archives", "/x/11"]),
    (
        ["/2026/11/22/suq", "/2019/01/02/jisr", "/2020/12/31/maa"],
        ["/", "/2026/11/22", "/category/syria"],
        ["/2027/3/4/ghad"],
        ["/2026/11/22", "/category/syria/2/x"],
    ),
    (["/suq-jadid", "/jisr", "/maa-wa-kahraba"], ["/", "/about", "/siyasa"], ["/ghad"], ["/about", "/siyasa", "/a/b"]),
    (["/siyasa/suq.html", "/riyada/jisr.html", "/siyasa/maa.html"], ["/siyasa", "/tag/x"], ["/dunya/ghad.html"], ["/tag/y.html", "/siyasa"]),
    (["/news.php?id=1", "/news.php?id=2", "/news.php?id=39"], ["/news.php", "/page.php?id=3"], ["/news.php?id=777"], ["/news.php", "/page.php?id=3"]),
    (["/news/سوق-جديد", "/news/جسر", "/news/ماء"], ["/news", "/خدمات"], ["/news/غد"], ["/خدمات", "/news"]),
    (["/a/one-1001", "/a/two-1002", "/b/three-1003", "/b/four-1004", "/a/five-1005"], ["/a", "/a/list"], ["/c/six-2000"], ["/a/list"]),
    (["/one", "/2026/11/two", "/three"], ["/about"], ["/four", "/2026/12/five"], ["/about", "/2026/11"]),
]  # fmt: skip


@pytest.mark.parametrize(("articles", "none", "like", "unlike"), PATTERNS)
def test_the_pattern_fits_every_article_and_none_of_the_others(
    articles: list[str], none: list[str], like: list[str], unlike: list[str]
) -> None:
    found = induce(articles, none)
    assert found is not None
    assert [one for one in (*articles, *like) if not found.matches(one)] == []
    assert [one for one in (*none, *unlike) if found.matches(one)] == []


def test_articles_of_one_section_alone_do_not_hide_the_others() -> None:
    found = induce(["/siyasa/one", "/siyasa/two", "/siyasa/three"], ["/siyasa", "/riyada"], ["/siyasa", "/riyada"])
    assert found is not None
    assert found.matches("/riyada/four")
    assert not found.matches("/riyada")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.mena-monitor.org/", "mena_monitor"),
        ("https://ara.reuters.com/", "ara_reuters"),
        ("https://www.khabar.co.uk/ar/", "khabar"),
        ("http://127.0.0.1:8080/", "site_127_0_0_1_8080"),
        ("https://24news.example/", "site_24news"),
    ],
)
def test_the_name_is_made_from_the_host(url: str, name: str) -> None:
    assert survey.name_of(url) == name


def test_a_time_zone_is_never_made_up() -> None:
    paths = ("a/khabar-1", "a/khabar-2", "a/khabar-3")
    dated = document(
        "article", paths[0], page({}, '<meta property="article:published_time" content="2026-11-22T10:00:00+02:00">')
    )
    zone, text = decided(feed(*paths))
    assert zone.timezone == "Asia/Damascus"
    assert 'timezone = "Asia/Damascus"  # nothing on the site says; our default (to be checked)' in text
    assert "timezone" in zone.unchecked
    assert decided(feed(*paths), dated)[0].timezone == "Etc/GMT-2"
    root = document("rest-root", "wp-json/", '{"name":"الجريدة","timezone_string":"Africa/Cairo","gmt_offset":2}')
    assert decided(feed(*paths), root)[0].timezone == "Africa/Cairo"


def test_the_words_of_a_site_cannot_write_keys() -> None:
    """A title that tries to end the string or the comment stays a title."""
    evil = 'جريدة"\nenabled = false # \u2028private = true\x7f\\'
    root = document("rest-root", "wp-json/", json.dumps({"name": evil}))
    one, text = decided(feed("a/khabar-1", "a/khabar-2", "a/khabar-3"), root)
    assert one.enabled
    assert not one.private
    assert one.title.startswith('جريدة"')
    assert all(line.startswith("#") for line in text.splitlines()[:1])


def test_feeds_and_sitemaps_that_nothing_names_are_written_down() -> None:
    rows = "".join(f"<url><loc>{HOME}a/khabar-{n}</loc></url>" for n in range(5))
    whole = document("sitemap", "sitemap.xml", f"<urlset>{rows}</urlset>")
    news = document(
        "sitemap", "news-sitemap.xml", f'<urlset xmlns:news="x"><url><loc>{HOME}a/khabar-9</loc><news:news/></url></urlset>'
    )
    one, _ = decided(feed("a/khabar-1", "a/khabar-2", "a/khabar-3"), whole, news)
    assert one.channels == ("/feed.xml", "/sitemap.xml")  # the spider finds the first of the usual sitemaps by itself
    named, _ = decided(feed("a/khabar-1"), whole, news, sitemaps=(HOME + "sitemap.xml", HOME + "news-sitemap.xml"))
    assert named.channels == ("/feed.xml",)


def test_where_the_lists_name_next_to_nothing_the_list_pages_count_too() -> None:
    links = {f"/wadi/suq-{word}": f"خبر عن سوق الوادي رقم {word}" for word in "abcd"}
    section = document("section", "wadi/", page(links))
    one, _ = decided(feed("wadi/suq-x"), section)
    assert one.article == "^/wadi/[^/]+$"
    assert "article" in one.unchecked


def test_a_layout_is_written_only_where_the_container_is_plain() -> None:
    body = "<p>" + "قال المراسل إن الطريق مفتوح وإن الناس عادوا إلى بيوتهم بعد انقطاع طويل. " * 6 + "</p>"
    paths = ("a/khabar-1", "a/khabar-2", "a/khabar-3")

    def article(path: str, inner: str) -> Document:
        return document("article", path, f"<html><body><h1>خبر</h1><div class='post-body'>{inner}</div></body></html>")

    _, plain = decided(feed(*paths), *(article(path, body) for path in paths))
    assert "' post-body '" in plain
    boxed = body + "<div class='related'><a href='/x'>خبر آخر</a></div>"
    _, boxes = decided(feed(*paths), *(article(path, boxed) for path in paths))
    assert "[[layouts]]" not in boxes
    assert "No layouts: the body's container holds boxes" in boxes
    _, single = decided(feed(*paths), article(paths[0], body))
    assert "[[layouts]]" not in single


def test_without_a_home_page_nothing_is_decided() -> None:
    broken = Gathered(HOME, documents=(replace(document("home", "", ""), problem="timeout"),))
    assert survey.next_ask(broken) is None
    with pytest.raises(BadOutlet, match="timeout"):
        survey.decide(broken, "jarida")


def test_what_was_gathered_survives_the_way_between_the_processes() -> None:
    gathered = Gathered(HOME, True, (document("home", "", page({})),), (HOME + "sitemap.xml",), 2.5, ("http://old.example/",))
    assert survey.load(survey.dump(gathered)) == gathered
