"""The spiders against a site that behaves as sites do: every published post found, none invented, every request counted."""

from __future__ import annotations

import itertools
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from archive.address import article_id
from archive.records import digest
from tests.site import Post, Reply, Site, WordPress, serving
from tests.spider_process import Crawled, crawl

TITLES = ("افتتاح سوق الخضار", "المطر يعود إلى الجزيرة", "مدرسة جديدة في القرية", "الفرات يرتفع مترا")


def posts(count: int, day: str = "2019-03") -> list[Post]:
    return [Post(n, f"{TITLES[n % 4]} {n}", f"{day}-{n // 24 % 28 + 1:02d}T{n % 24:02d}:00:00") for n in range(1, count + 1)]


def balanced(done: Crawled) -> None:
    """Nothing vanishes: requests out = outcomes = exchanges on disk; jobs in = jobs out + left."""
    report = done.report
    assert report["asked"] == sum(report["outcomes"].values()) == len(done.exchanges)
    assert report["put_in"] == sum(report["jobs"].values()) + sum(report["left"].values())
    assert sum(row["asked"] for row in report["roles"].values() if row) == report["asked"]


@pytest.mark.parametrize(
    ("open_", "found"),
    [
        ("rest feed sitemap archive", {"rest", "sitemap", "feed", "home"}),
        ("rest", {"rest", "home"}),
        ("sitemap", {"sitemap", "home"}),
        ("feed paged", {"feed", "home"}),
        ("feed archive", {"feed", "archive", "home"}),
        ("archive", {"archive", "home"}),
    ],
)
def test_every_post_is_found_by_whatever_is_open_and_nothing_else_is(tmp_path: Path, open_: str, found: set[str]) -> None:
    with serving(WordPress(posts(123), open_=open_)) as site:
        done = crawl(tmp_path, site.url)
    assert sorted(done.urls()) == sorted(site.url + post.path[1:] for post in site.posts)
    assert {kind for kind, row in done.report["lists"].items() if row["items"]} == found
    assert done.report["walk"]["complete"]
    assert len(set(site.paths())) == len(site.asked)  # what a site does not offer is not asked for twice
    balanced(done)


def test_the_path_from_a_channel_or_robots_txt_to_a_capture_can_be_walked_back(tmp_path: Path) -> None:
    some = posts(150)
    with serving(WordPress(some, open_="rest sitemap")) as site:
        rules = "User-agent: *\nDisallow: /sirr/\nSitemap: /wp-sitemap.xml"
        site.routes["/robots.txt"] = Reply(200, rules, {"Content-Type": "text/plain"})
        link = {post.number: site.url + post.path[1:] for post in site.posts}
        site.routes[f"/khabar-{some[-1].number}/"] = Reply(301, headers={"Location": "/moved/"})
        site.routes["/moved/"] = Reply(200, "<p>نص الخبر</p>")
        plan = {"walk": True, "backlog": [{"url": link[7], "why": "backlog"}], "revisits": [{"url": link[8], "why": "revisit"}]}
        known = [article_id(link[n]) for n in (7, 8)]
        done = crawl(tmp_path, site.url, plan=plan, known=known)
    by_record = {row["record"]: row for row in done.exchanges}
    [robots] = [row for row in done.exchanges if row["role"] == "robots"]
    assert robots["ruled_by"] is None
    for row in done.exchanges:
        if row is not robots:
            assert row["robots"] == "allowed by robots.txt, group *"
            assert row["ruled_by"] == {
                "url": robots["url"],
                "record": robots["record"],
                "payload": robots["payload"],
                "page": None,
            }
    assert robots["payload"] == digest(rules.encode())
    listed = {row["url"]: row["listed_by"] for row in done.exchanges}
    assert listed[site.url + "moved/"] == listed[link[150]]
    for url in done.urls():
        if url not in (link[8], site.url + "moved/"):
            channel = by_record[listed[url]["record"]]
            assert (channel["url"], channel["payload"]) == (listed[url]["url"], listed[url]["payload"])
            assert channel["role"] == "channel"
    assert listed[link[1]]["url"].endswith("per_page=100&page=2") or "sitemap" in listed[link[1]]["url"]
    assert listed[link[8]] is None  # the plan asked for it, and nobody listed it before
    assert listed[site.url + "wp-sitemap.xml"]["record"] == robots["record"]
    children = [row for row in done.exchanges if "wp-sitemap-posts" in row["url"]]
    assert {row["listed_by"]["url"] for row in children} == {site.url + "wp-sitemap.xml"}


def test_password_posts_are_left_out_although_home_page_feed_and_sitemap_list_them(tmp_path: Path) -> None:
    some = posts(12)
    some[3].protected = True
    with serving(WordPress(some)) as site:
        quick = site.route

        def slow(path: str) -> Reply | None:
            reply = quick(path)
            return replace(reply, wait=0.5) if reply and "wp-json" in path else reply

        site.route = slow
        done = crawl(tmp_path, site.url)
    assert site.url + some[3].path[1:] not in done.urls()
    assert len(done.urls()) == 11
    balanced(done)


def test_order_front_new_revisits_then_back_catalogue_newest_first(tmp_path: Path) -> None:
    old = posts(30)
    fresh = Post(99, "خبر عاجل", time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()))
    with serving(WordPress([*old, fresh], open_="rest sitemap")) as site:
        site.routes["/"] = Reply(200, "<html><body></body></html>")
        link = {post.number: site.url + post.path[1:] for post in site.posts}
        backlog = [{"url": link[n], "why": "backlog", "published": old[n - 1].when + "+00:00"} for n in (3, 9, 5)]
        plan = {
            "walk": False,
            "revisits": [{"url": link[1], "why": "confirm"}, {"url": link[2], "why": "revisit"}],
            "backlog": backlog,
        }
        known = [article_id(link[n]) for n in link if n not in (3, 5, 9, 99)]
        site.posts = [fresh, *(post for post in site.posts if post.number not in (3, 5, 9, 99))]
        done = crawl(tmp_path, site.url, "delay = 0.01", plan=plan, known=known)
    assert done.urls() == [link[99], link[1], link[2], link[9], link[5], link[3]]
    assert [row["why"] for row in done.exchanges if row["role"] == "article"] == ["new", "confirm", "revisit", *["backlog"] * 3]
    assert not done.report["walk"]["complete"]
    balanced(done)


def test_more_new_posts_than_the_first_page_holds_are_all_found_without_a_walk(tmp_path: Path) -> None:
    with serving(WordPress(posts(250), open_="rest")) as site:
        known = [article_id(site.url + post.path[1:]) for post in site.posts[150:]]
        done = crawl(tmp_path, site.url, plan={"walk": False}, known=known)
    assert len(done.urls()) == 150


def test_a_walk_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    with serving(WordPress(posts(450), open_="rest")) as site:
        first = crawl(tmp_path, site.url)
        pages = sorted(url for url in first.urls("channel") if "wp-json" in url)
        site.asked.clear()
        again = crawl(
            tmp_path, site.url, plan={"walk": True, "walked": pages[1:3]}, known=[article_id(url) for url in first.urls()]
        )
    assert sorted(url for url in again.urls("channel") if "wp-json" in url) == [pages[0], *pages[3:]]
    assert again.urls() == []
    assert again.report["walk"]["complete"]


@pytest.mark.parametrize("robots", [Reply(503, "User-agent: *\nAllow: /"), Reply(reset=True), Reply(429)])
def test_robots_that_cannot_be_had_mean_that_nothing_is_fetched(tmp_path: Path, robots: Reply) -> None:
    with serving(WordPress(posts(3))) as site:
        site.routes["/robots.txt"] = robots
        done = crawl(tmp_path, site.url, plan={"walk": True, "revisits": [{"url": site.url + "khabar-1/", "why": "revisit"}]})
    assert set(site.paths()) == {"/robots.txt"}
    assert any("robots.txt unreachable" in note for note in done.report["notes"])
    assert not done.report["walk"]["complete"]
    balanced(done)


def test_a_site_that_is_not_there_is_a_report_and_no_error(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done = crawl(tmp_path, f"http://127.0.0.1:{port}/")
    assert done.report["failures"] == {"refused": 3}
    assert any("unreachable (refused)" in note for note in done.report["notes"])
    balanced(done)


def test_robots_rules_are_followed_for_articles_and_channels(tmp_path: Path) -> None:
    with serving(WordPress(posts(20))) as site:
        rules = "User-agent: Warraq\nDisallow: /khabar-7/\nDisallow: /wp-json/\nSitemap: /wp-sitemap.xml\n\nUser-agent: *\nDisallow: /"
        site.routes["/robots.txt"] = Reply(200, rules, {"Content-Type": "text/plain"})
        done = crawl(tmp_path, site.url)
    assert "/khabar-7/" not in site.paths()
    assert not any(path.startswith("/wp-json") for path in site.paths())
    assert len(done.urls()) == 19
    assert done.report["jobs"]["disallowed"] >= 2
    balanced(done)


def test_crawl_delay_of_robots_is_kept(tmp_path: Path) -> None:
    with serving(WordPress(posts(2), open_="archive")) as site:
        site.routes["/robots.txt"] = Reply(200, "User-agent: *\nCrawl-delay: 0.3")
        crawl(tmp_path, site.url, "budget = 3")
    times = [when for when, _ in site.asked]
    assert all(later - earlier > 0.25 for earlier, later in itertools.pairwise(times[1:]))


def test_delay_is_kept_between_all_requests_to_a_host(tmp_path: Path) -> None:
    with serving(WordPress(posts(4), open_="rest")) as site:
        crawl(tmp_path, site.url, "delay = 0.2")
    times = [when for when, _ in site.asked]
    assert len(times) > 8
    # Over all of them: on a busy machine one arrival may be noted late, and the next one then seems early.
    assert times[-1] - times[0] > 0.9 * 0.2 * (len(times) - 1)


def test_redirect_loops_are_each_counted_once_and_end(tmp_path: Path) -> None:
    with serving(WordPress(posts(4), open_="sitemap")) as site:
        for n, target in ((1, "khabar-1/"), (2, "ping"), (3, "x?1")):
            site.routes[f"/khabar-{n}/"] = Reply(301, headers={"Location": site.url + target})
        site.routes["/ping"] = Reply(302, headers={"Location": "/khabar-2/"})
        for n in range(20):
            site.routes[f"/x?{n}"] = Reply(302, headers={"Location": f"/x?{n + 1}"})
        done = crawl(tmp_path, site.url)
    assert done.report["redirects"] == {"followed": 1 + 5, "loop": 2, "too-many": 1}
    assert len(site.times("/khabar-1/")) == len(site.times("/khabar-2/")) == len(site.times("/ping")) == 1
    assert max(len(row["via"]) for row in done.exchanges) == 5
    balanced(done)


def test_redirects_out_of_scope_are_recorded_and_not_followed(tmp_path: Path) -> None:
    with serving(Site()) as elsewhere, serving(WordPress(posts(2), open_="sitemap")) as site:
        site.routes["/khabar-1/"] = Reply(302, headers={"Location": elsewhere.url + "khabar-1/"})
        done = crawl(tmp_path, site.url)
    assert elsewhere.asked == []
    assert any("which is no alias" in note for note in done.report["notes"])
    balanced(done)


def test_an_alias_host_has_its_own_robots_txt(tmp_path: Path) -> None:
    with serving(Site()) as alias, serving(WordPress(posts(2), open_="sitemap")) as site:
        alias.routes["/robots.txt"] = Reply(200, "User-agent: *\nDisallow: /khabar-2/")
        alias.routes["/khabar-1/"] = Reply(200, "<p>نص الخبر</p>")
        for n in (1, 2):
            site.routes[f"/khabar-{n}/"] = Reply(301, headers={"Location": f"{alias.url}khabar-{n}/"})
        done = crawl(tmp_path, site.url, f'aliases = ["{alias.url}"]')
    assert alias.paths() == ["/robots.txt", "/khabar-1/"]
    last = next(row for row in done.exchanges if row["url"] == alias.url + "khabar-1/")
    assert last["via"] == [site.url + "khabar-1/"]
    balanced(done)


def test_5xx_and_resets_are_tried_twice_more(tmp_path: Path) -> None:
    with serving(WordPress(posts(4), open_="sitemap")) as site:
        site.routes["/khabar-1/"] = lambda before: Reply(200, "<p>وصل</p>") if before == 2 else Reply(502)
        site.routes["/khabar-2/"] = Reply(500)
        site.routes["/khabar-3/"] = lambda before: Reply(200, "<p>وصل</p>") if before else Reply(reset=True)
        site.routes["/khabar-4/"] = Reply(410)
        done = crawl(tmp_path, site.url)
    tries = {n: [row["attempt"] for row in done.exchanges if row["url"].endswith(f"khabar-{n}/")] for n in (1, 2, 3, 4)}
    assert tries[1] == tries[2] == [1, 2, 3]
    assert [row["status"] for row in done.exchanges if row["url"].endswith("khabar-3/")] == [
        0,
        200,
    ]  # on a kept connection Twisted tries again
    assert tries[4] == [1]
    assert done.report["jobs"]["failed"] == 1
    assert done.report["put_in"] == sum(done.report["jobs"].values())


def test_retry_after_pauses_the_whole_host(tmp_path: Path) -> None:
    with serving(WordPress(posts(6), open_="sitemap")) as site:
        site.routes["/khabar-6/"] = lambda before: (
            Reply(200, "<p>وصل</p>") if before else Reply(429, headers={"Retry-After": "1"})
        )
        crawl(tmp_path, site.url, "delay = 0.01")
    refused, again = site.times("/khabar-6/")
    assert again - refused >= 1
    assert [path for when, path in site.asked if refused < when < refused + 0.95] == []
    assert {path for _, path in site.asked} >= {f"/khabar-{n}/" for n in range(1, 7)}


def test_a_retry_after_that_is_too_long_gives_the_host_up(tmp_path: Path) -> None:
    with serving(WordPress(posts(6), open_="sitemap")) as site:
        site.routes["/khabar-6/"] = Reply(503, headers={"Retry-After": "86400"})
        done = crawl(tmp_path, site.url, "delay = 0.01")
    assert len(site.times("/khabar-6/")) == 1
    assert list(done.report["given_up"].values()) == ["HTTP 503 asks for a pause: not before 86400 s"]
    assert done.report["jobs"]["given-up"] == 5 + 1  # and the address that cannot exist
    balanced(done)


def test_a_private_address_is_refused_unless_the_outlet_says_so(tmp_path: Path) -> None:
    with serving(WordPress(posts(2))) as site:
        for url in (site.url, site.url.replace("127.0.0.1", "localhost"), site.url.replace("127.0.0.1", "2130706433")):
            done = crawl(
                tmp_path,
                url,
                "private = false",
                plan={"walk": True, "revisits": [{"url": url + "khabar-1/", "why": "revisit"}]},
            )
            assert done.report["asked"] == 0, url
            assert any("private address" in note for note in done.report["notes"])
            balanced(done)
    assert site.asked == []


def test_a_walk_that_has_read_every_list_is_whole_though_the_time_was_over_for_the_articles(tmp_path: Path) -> None:
    with serving(WordPress(posts(300), open_="rest")) as site:
        newest, oldest = site.posts[:100], site.posts[100:]
        known = [article_id(site.url + post.path[1:]) for post in newest]
        listed = [{"url": site.url + post.path[1:], "why": "backlog", "published": "2019-01-01"} for post in oldest]
        plan = {"walk": True, "backlog": listed}
        done = crawl(tmp_path, site.url, "delay = 0.05\nbudget = 4", plan=plan, known=known)
    assert done.report["stopped"] == "budget"
    assert 0 < len(done.urls()) < 200
    assert done.report["walk"]["complete"]
    balanced(done)


def test_the_time_budget_ends_the_run_and_leaves_the_rest(tmp_path: Path) -> None:
    with serving(WordPress(posts(60))) as site:
        done = crawl(tmp_path, site.url, "delay = 0.05\nbudget = 1.5")
    assert done.report["stopped"] == "budget"
    assert 0 < len(done.urls()) < 60
    assert sum(done.report["left"].values()) > 20
    assert not done.report["walk"]["complete"]
    balanced(done)


def test_an_address_that_hangs_ends_with_the_budget_and_is_left(tmp_path: Path) -> None:
    with serving(WordPress(posts(2), open_="sitemap")) as site:
        site.routes["/khabar-1/"] = Reply(503, headers={"Retry-After": "5"})
        done = crawl(tmp_path, site.url, "budget = 2\ndelay = 0.01")
    assert done.report["asked"] < 12
    balanced(done)


def test_a_site_in_a_folder_has_its_sitemap_there(tmp_path: Path) -> None:
    with serving(Site()) as site:
        site.routes["/ar"] = Reply(301, headers={"Location": "/ar/"})
        site.routes["/ar/"] = Reply(200, "<p>أخبار</p>")
        site.routes["/ar/sitemap.xml"] = Reply(200, f"<urlset><url><loc>{site.url}ar/khabar-awwal/</loc></url></urlset>")
        done = crawl(tmp_path, f"{site.url}ar")
    assert done.urls() == [f"{site.url}ar/khabar-awwal/"]


def test_a_newsroom_is_read_from_news_sitemaps_and_sections(tmp_path: Path) -> None:
    site = Site()
    with serving(site):
        day = "".join(f"<url><loc>{site.url}article/world/idARX{n:05d}</loc></url>" for n in range(5))
        site.routes["/robots.txt"] = Reply(200, "Sitemap: /sitemap_news_index.xml")
        rows = "".join(f"<sitemap><loc>{site.url}sitemap_news_2019050{n}.xml</loc></sitemap>" for n in (3, 2, 1))
        site.routes["/sitemap_news_index.xml"] = Reply(200, f"<sitemapindex>{rows}</sitemapindex>")
        for n in (1, 2, 3):
            site.routes[f"/sitemap_news_2019050{n}.xml"] = Reply(200, f"<urlset>{day.replace('idARX0', f'idARX{n}')}</urlset>")
        for page in range(1, 9):
            links = "".join(f'<a href="/article/world/idARY{page}{n:04d}">خبر {n}</a>' for n in range(3))
            more = f'<a class="control-nav-next" href="/section?page={page + 1}">التالي</a>' if page < 8 else ""
            site.routes["/section" if page == 1 else f"/section?page={page}"] = Reply(
                200, links + more + '<a href="/about">من نحن</a>'
            )
        site.route = lambda path: Reply(200, "<p>قال مصدر مطلع إن السوق هادئ.</p>") if path.startswith("/article/") else None
        text = "spider = \"newsroom\"\narticle = '^/article/\\w+/id[A-Z0-9]+$'\nsections = ['/section']"
        done = crawl(tmp_path, site.url, text)
    assert len(done.urls()) == 15 + 24
    assert not any("about" in url for url in done.urls())
    assert done.report["walk"]["complete"]
    balanced(done)


def test_the_identity_is_told(tmp_path: Path) -> None:
    with serving(WordPress(posts(1))) as site:
        crawl(tmp_path, site.url)
    assert len(site.agents) == 1
    assert site.agents.pop().startswith("Warraq/")
