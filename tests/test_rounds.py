"""What a round costs when nothing happened, and what lists alone tell of articles that are known."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.address import article_id
from archive.channels import rest
from archive.channels.rest import text_digest
from archive.outlet import Outlet
from spiders.asker import Asker, Tools
from spiders.frontier import Job, Rank
from spiders.ledger import Ledger
from spiders.resolver import Names
from tests.site import Post, Reply, Site, WordPress, serving
from tests.spider_process import Crawled, crawl

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def _now() -> None:
    """In a long run of tests, that of this test."""
    global NOW  # noqa: PLW0603
    NOW = datetime.now(UTC).replace(microsecond=0)


def ago(**span: float) -> str:
    return (NOW - timedelta(**span)).isoformat()


def posts(count: int) -> list[Post]:
    """One an hour, the newest ten days old."""
    return [Post(n, f"خبر من السوق {n}", ago(hours=240 + count - n)[:19]) for n in range(1, count + 1)]


def line(site: Site, post: Post, alive: bool = True, **words: str) -> str:
    """The post's line in the known file: all that lists say of it is answered."""
    when = (post.modified or post.when) + "+00:00"
    said = {"rest": when, "text": text_digest(post.title, f"<p>{post.text}</p>"), **words}
    url = site.url + post.path[1:]
    told = json.dumps({key: word for key, word in said.items() if word})
    return f"{article_id(url)}\t{post.number}\t{post.when}+00:00\t{url}\t{told}\t{alive:d}"


def front(site: Site) -> str:
    return rest.url_of(f"{site.url}wp-json/", 1)


def round_of(folder: Path, site: WordPress, known: list[str], text: str = "", **plan: Any) -> Crawled:
    """A round an hour after the last one, which read everything; the last walk was two hours ago."""
    before = {"walk": False, "walk_since": ago(hours=2), "channels": {front(site): ago(hours=1)}, "expected": len(known)}
    site.asked.clear()
    return crawl(folder, site.url, text, plan={**before, "had": ["home", "rest", "feed"], **plan}, known=known)


def articles(done: Crawled) -> list[tuple[str, str]]:
    """(name in the address, why) in the order of asking."""
    return [(row["url"].split("/")[3], row["why"]) for row in done.exchanges if row["role"] == "article"]


def balanced(done: Crawled) -> None:
    report = done.report
    assert report["asked"] == sum(report["outcomes"].values()) == len(done.exchanges)
    assert report["put_in"] == sum(report["jobs"].values()) + sum(report["left"].values())
    assert sum(row["asked"] for row in report["roles"].values() if row) == report["asked"]


def test_a_round_without_news_of_10_000_articles_takes_five_requests(tmp_path: Path) -> None:
    """With REST: robots.txt, home page, front REST page, sweep, feed. Without it 6: robots.txt, home page, feed, sitemap index,
    its first and last sitemap (and on a walk the 4 others)."""
    with serving(WordPress(posts(10_000), open_="rest feed sitemap archive")) as site:
        known = [line(site, post) for post in site.posts]
        done = round_of(tmp_path, site, known)
        asked = [path.partition("?")[0] for path in site.paths()]
        assert sorted(asked) == ["/", "/feed/", "/robots.txt", "/wp-json/wp/v2/posts", "/wp-json/wp/v2/posts"]
        assert done.report["asked"] == 5
        site.open = {"feed", "sitemap", "archive"}
        closed = round_of(tmp_path, site, known, had=["home", "feed", "sitemap"], expected=-1, channels=sitemaps(site))
    assert closed.report["asked"] == 6
    balanced(done)


def sitemaps(site: Site) -> dict[str, str]:
    return {f"{site.url}wp-sitemap-posts-post-{n}.xml": ago(hours=1) for n in range(1, 7)}


def test_what_lists_say_differently_is_looked_at_before_what_the_plan_has_and_answers_those_words(tmp_path: Path) -> None:
    with serving(WordPress(posts(150), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        url = {post.number: site.url + post.path[1:] for post in site.posts}
        by = {post.number: post for post in site.posts}
        by[7].modified, by[7].text = ago(minutes=30)[:19], "قال المراسل إن الطريق مغلق."  # edited, long ago published
        by[145].text = "قال المراسل إن الطريق مغلق."  # the same in silence, on the front page
        by[146].text = "«قال المراسل: إن الطريق مفتوح»"  # other signs, same letters: an edit all the same
        plan = [{"url": url[n], "why": "revisit", "announced": {"sitemap": "x"}} for n in (60, 7, 61)]
        done = round_of(tmp_path, site, known, "delay = 0.01", revisits=plan)
    assert articles(done) == [
        ("khabar-7", "modified"),
        ("khabar-146", "text"),
        ("khabar-145", "text"),
        ("khabar-60", "revisit"),
        ("khabar-61", "revisit"),
    ]
    told = {row["url"]: row for row in done.exchanges if row["role"] == "article"}
    assert told[url[7]]["announced"] == {
        "rest": by[7].modified + "+00:00",
        "text": text_digest(by[7].title, "<p>قال المراسل إن الطريق مغلق.</p>"),
        "sitemap": "x",
    }
    assert "modified_after" in told[url[7]]["listed_by"]["url"]
    assert told[url[60]]["announced"]["rest"] == by[60].when + "+00:00"
    balanced(done)


def test_a_sweep_goes_through_all_its_pages_and_no_further_when_the_site_ignores_what_is_asked(tmp_path: Path) -> None:
    for old, pages in ((False, 3), (True, 1)):
        with serving(WordPress(posts(400), open_="rest", old=old)) as site:
            known = [line(site, post) for post in site.posts]
            for post in site.posts[100:330] if not old else site.posts[100:110]:
                post.modified = ago(minutes=20)[:19]
            done = round_of(tmp_path, site, known)
        assert sum("modified_after" in path for path in site.paths()) == pages
        assert len(done.urls()) == (230 if not old else 10)


def test_a_sweep_begins_an_hour_before_the_last_one_and_keeps_its_address(tmp_path: Path) -> None:
    with serving(WordPress(posts(120), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        last = rest.sweep_of(front(site), NOW - timedelta(hours=30))
        times = {front(site): ago(days=3), last: ago(hours=20), "https://other.example/wp/v2/posts": ago(minutes=5)}
        done = round_of(tmp_path, site, known, channels=times)
        [sweep] = [url for url in done.urls("channel") if "modified_after" in url]
        assert rest.swept_since(sweep) == (NOW - timedelta(hours=21)).replace(minute=0, second=0)
        first = round_of(tmp_path, site, [], channels={})
    assert not any("modified_after" in url for url in first.urls("channel"))  # nothing is known that could be modified


def test_fewer_articles_than_before_bring_the_walk_into_this_run_and_what_is_missing_is_asked_for_twice(tmp_path: Path) -> None:
    with serving(WordPress(posts(450), open_="rest sitemap")) as site:
        known = [line(site, post) for post in site.posts]
        url = {post.number: site.url + post.path[1:] for post in site.posts}
        gone = {3, 101, 200, 201, 449}
        site.posts = [post for post in site.posts if post.number not in gone]
        done = round_of(tmp_path, site, known)
        again = round_of(tmp_path, site, known, walk_since=ago(minutes=1))
    looked = [row for row in done.exchanges if row["role"] == "article"]
    assert {row["url"] for row in looked} == {url[n] for n in gone}
    assert [sorted(row["attempt"] for row in looked if row["url"] == url[n]) for n in gone] == [[1, 2]] * 5
    assert {(row["why"], row["status"], row["site"]) for row in looked} == {("unlisted", 404, "")}
    assert done.report["walk"] == {
        **done.report["walk"],
        "wanted": True,
        "complete": True,
    }
    assert done.report["walk"]["since"] > ago(minutes=1)
    walked = [row for row in done.exchanges if row["channel"] == "rest" and rest.is_walk(row["url"])]
    assert len(walked) == 5
    assert {row["url"] for row in again.exchanges if row["role"] == "article"} == {
        url[449]
    }  # of the newest 100, no walk so soon
    assert not any(map(rest.is_walk, again.urls("channel")))
    balanced(done)


def test_a_site_that_is_not_itself_and_a_list_that_contradicts_are_told_with_each_absence(tmp_path: Path) -> None:
    with serving(WordPress(posts(150), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        some = site.posts[3]
        site.routes[some.path] = Reply(404)
        plan = [{"url": site.url + some.path[1:], "why": "revisit"}]
        listed = round_of(tmp_path, site, known, revisits=plan)
        site.routes["/"] = Reply(503)
        ill = round_of(tmp_path, site, known, revisits=plan)
        site.open, site.routes["/"] = set(), Reply(200, "<p>قريبا</p>")
        empty = round_of(tmp_path, site, known, revisits=plan)
    for done, what in ((listed, "listed"), (ill, "doubtful"), (empty, "doubtful")):
        assert [row["site"] for row in done.exchanges if row["role"] == "article"] == [what] * 2


def test_a_missing_article_is_asked_for_once_more_only_if_it_was_alive(tmp_path: Path) -> None:
    with serving(WordPress(posts(10), open_="rest")) as site:
        known = [line(site, post, alive=post.number != 5) for post in site.posts]
        url = {post.number: site.url + post.path[1:] for post in site.posts}
        site.routes["/khabar-4/"] = Reply(410)
        site.routes["/khabar-5/"] = Reply(404)
        site.routes["/khabar-6/"] = Reply(301, headers={"Location": "/"})
        site.routes["/khabar-7/"] = lambda before: Reply(200, "<p>عاد</p>") if before else Reply(404)
        site.routes["/khabar-9/"] = lambda before: Reply(404) if before else Reply(503)
        done = round_of(tmp_path, site, known, revisits=[{"url": url[n], "why": "revisit"} for n in range(4, 10)])
    tries = {
        n: [row["status"] for row in done.exchanges if row["role"] == "article" and f"-{n}/" in row["url"]]
        for n in range(4, 10)
    }
    assert tries == {4: [410, 410], 5: [404], 6: [301, 301], 7: [404, 200], 8: [200], 9: [503, 404, 404]}
    balanced(done)


def test_a_known_post_under_a_new_address_is_new_and_its_old_address_is_looked_at_once(tmp_path: Path) -> None:
    with serving(WordPress(posts(130), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        for post in site.posts:
            if post.number in (2, 129):
                post.slug = "jadid"
        done = round_of(tmp_path, site, known, "delay = 0.01", walk=True)
        between = round_of(tmp_path, site, known, "delay = 0.01")
    assert articles(done) == [(name, "moved") for name in ("jadid-129", "khabar-129", "jadid-2", "khabar-2")]
    assert articles(between) == [("jadid-129", "moved"), ("khabar-129", "moved")]
    assert not between.report["walk"]["wanted"]  # a new address is no new article: nothing is missing


def test_validators_are_sent_when_the_plan_says_so_and_never_to_where_a_redirect_leads(tmp_path: Path) -> None:
    with serving(WordPress(posts(3), open_="rest")) as site:
        url = {post.number: site.url + post.path[1:] for post in site.posts}
        site.routes["/khabar-1/"] = Reply(304)
        site.routes["/khabar-2/"] = Reply(301, headers={"Location": "/khabar-3/"})
        before = {
            "time": ago(days=1),
            "record_id": "urn:uuid:1",
            "payload": "",
            "body": "",
            "etag": 'W/"a"',
            "last_modified": "x",
        }
        plan = [{"url": url[n], "why": "revisit", "conditional": n != 3, "previous": {"url": url[n], **before}} for n in (1, 2)]
        done = round_of(tmp_path, site, [line(site, post) for post in site.posts], revisits=plan)
    sent = {row["url"]: row["request"] for row in done.exchanges if row["role"] == "article"}
    for n in (1, 2):
        assert 'If-None-Match: W/"a"\r\n' in sent[url[n]]
        assert "If-Modified-Since: x\r\n" in sent[url[n]]
    assert "If-" not in sent[url[3]]
    assert done.report["outcomes"]["not-modified"] == 1
    balanced(done)


def test_a_walk_asks_once_for_an_address_that_cannot_exist(tmp_path: Path) -> None:
    with serving(WordPress(posts(3), open_="rest")) as site:
        done = crawl(tmp_path, site.url)
        between = round_of(tmp_path, site, [line(site, post) for post in site.posts])
    [row] = [row for row in done.exchanges if row["channel"] == "nowhere"]
    assert (row["status"], row["role"], row["url"].removeprefix(site.url)[:7]) == (404, "channel", "warraq-")
    assert done.report["walk"]["complete"]
    assert not any(row["channel"] == "nowhere" for row in between.exchanges)


# --- pictures


def with_pictures(site: Site, post: Post, *urls: str) -> None:
    images = "".join(f'<figure><img src="{url}" alt="صورة"></figure>' for url in urls)
    body = f'<h1>{post.title}</h1><div class="entry-content"><p>{post.text * 5}</p>{images}</div>'
    site.routes[post.path] = Reply(
        200, f"<html><head><meta property='og:image' content='{urls[0]}'></head><body>{body}</body></html>"
    )


def test_pictures_of_an_article_come_last_from_any_host_by_its_own_rules_and_end_nothing(tmp_path: Path) -> None:
    jpeg = Reply(200, b"\xff\xd8" + b"x" * 400, {"Content-Type": "image/jpeg"})
    with serving(Site()) as far, serving(Site()) as closed, serving(WordPress(posts(3), open_="rest")) as site:
        far.routes["/robots.txt"] = Reply(200, "User-agent: *\nDisallow: /sirr/")
        far.routes["/a.jpg"] = far.routes["/sirr/b.jpg"] = jpeg
        closed.routes["/robots.txt"] = Reply(503)
        site.routes["/own.jpg"] = site.routes["/kept.jpg"] = jpeg
        site.routes["/large.jpg"] = replace(jpeg, body=b"x" * 5000)
        own = [f"{site.url}{name}.jpg" for name in ("own", "kept", "large")]
        with_pictures(site, site.posts[0], far.url + "a.jpg", far.url + "sirr/b.jpg", *own)
        with_pictures(site, site.posts[1], far.url + "a.jpg", closed.url + "c.jpg")
        done = crawl(tmp_path, site.url, "picture_size = 1000\ndelay = 0.01", pictures=[own[1]])
    asked = [row for row in done.exchanges if row["role"] == "picture"]
    assert [row["url"] for row in asked] == [far.url + "a.jpg", own[0], own[2]]
    assert done.exchanges.index(asked[0]) > max(n for n, row in enumerate(done.exchanges) if row["role"] == "article")
    assert far.paths() == ["/robots.txt", "/a.jpg"]
    assert closed.paths() == ["/robots.txt"] * 3
    assert {row["listed_by"]["url"] for row in asked} == {site.url + site.posts[0].path[1:]}
    assert [row["failure"] for row in asked] == ["", "", "too-large"]
    assert done.report["roles"]["picture"] == {"asked": 3, "picture": 2, "failed": 1}
    assert (done.report["given_up"], done.report["walk"]["complete"]) == ({}, True)
    balanced(done)


def test_a_host_that_refuses_its_pictures_is_left_alone_and_goes_on_with_pages(tmp_path: Path) -> None:
    with serving(WordPress(posts(2), open_="rest")) as site:
        site.route, pages = (lambda path: Reply(403) if path.endswith(".jpg") else pages(path)), site.route
        with_pictures(site, site.posts[0], *(f"{site.url}{n}.jpg" for n in range(9)))
        done = crawl(tmp_path, site.url, "delay = 0.01\npictures = 9")
    assert sum(path.endswith(".jpg") for path in site.paths()) == 5
    assert done.report["jobs"]["given-up"] == 4
    assert done.report["given_up"] == {}
    balanced(done)


@pytest.mark.parametrize("url", ["http://10.0.0.7/a.jpg", "http://127.0.0.1:1/a.jpg", "http://[::1]/a.jpg"])
def test_pictures_at_private_addresses_are_not_asked_for(url: str) -> None:
    async def never(request: object) -> Any:
        raise AssertionError(request)

    async def look() -> str:
        tools = Tools("Warraq/test", Names(False, lambda: NOW), lambda: NOW)
        asker = Asker(Outlet(name="site", title="موقع", url="https://akhbar.example/"), ledger, tools, never)
        return (await asker.chain(Job(url, "picture", Rank.PICTURE, "article", "picture"))).halted

    ledger = Ledger()
    assert asyncio.run(look()) == "private"
    assert ledger.asked == 0


# --- a newsroom: sitemaps of days, no REST


class Room(Site):
    """A static newsroom: an index of sitemaps, one a day, with or without the times at which they changed."""

    def __init__(self, told: bool, days: int = 30) -> None:
        super().__init__()
        self.told, self.changed = told, dict.fromkeys(range(days), ago(days=40))
        self.rows = {f"/article/idARX{day:02d}{n}": (day, ago(days=day, hours=1 + n)) for day in range(days) for n in range(4)}
        self.routes["/robots.txt"] = Reply(200, "Sitemap: /sitemap_news_index.xml")
        self.routes["/"] = Reply(200, '<h2><a href="/article/idARX000">خبر</a></h2>')
        self.route = self._route

    def day(self, day: int) -> str:
        return f"/sitemap_news_{NOW - timedelta(days=day):%Y%m%d}.xml"

    def edit(self, path: str) -> None:
        self.rows[path] = self.rows[path][0], ago(minutes=9)
        self.changed[self.rows[path][0]] = ago(minutes=9)

    def known(self) -> list[str]:
        rows = [(self.url + path[1:], when) for path, (_, when) in self.rows.items()]
        return [f'{article_id(url)}\t\t{when}\t{url}\t{{"sitemap":"{when}"}}\t1' for url, when in rows]

    def _route(self, path: str) -> Reply | None:
        if path == "/sitemap_news_index.xml":
            told = {day: f"<lastmod>{when}</lastmod>" * self.told for day, when in self.changed.items()}
            rows = (f"<sitemap><loc>{self.url}{self.day(day)[1:]}</loc>{told[day]}</sitemap>" for day in self.changed)
            return Reply(200, f"<sitemapindex>{''.join(rows)}</sitemapindex>")
        days = {self.day(day): day for day in self.changed}
        if path in days:
            rows = (
                f"<url><loc>{self.url}{name[1:]}</loc><lastmod>{when}</lastmod></url>"
                for name, (day, when) in self.rows.items()
                if day == days[path]
            )
            return Reply(200, f"<urlset>{''.join(rows)}</urlset>")
        return Reply(200, "<p>قال مصدر مطلع إن السوق هادئ.</p>") if path in self.rows else None


def room_round(folder: Path, site: Room, known: list[str], **plan: Any) -> Crawled:
    read = {site.url + site.day(day)[1:]: ago(hours=1) for day in site.changed}
    site.asked.clear()
    text = 'spider = "newsroom"\narticle = "^/article/id"\ndelay = 0.01'
    plan = {"walk": False, "walk_since": ago(hours=2), "had": ["home", "sitemap"], "channels": read, **plan}
    return crawl(folder, site.url, text, plan=plan, known=known)


@pytest.mark.parametrize(("told", "cheap"), [(True, 3), (False, 3 + 8 + 1)])
def test_a_newsroom_that_tells_which_of_its_sitemaps_changed_is_not_asked_for_the_others(
    tmp_path: Path, told: bool, cheap: int
) -> None:
    """Without news: robots.txt, home page, index; of an index without times also the days of the last week and the ends."""
    with serving(Room(told)) as site:
        known = site.known()
        assert room_round(tmp_path, site, known).report["asked"] == cheap
        for path in ("/article/idARX011", "/article/idARX202"):
            site.edit(path)
        done = room_round(tmp_path, site, known)
        old = () if told else ("/article/idARX202",)  # nothing but the walk can tell, where the index does not
        assert articles_of(done) == {path: "modified" for path in ("/article/idARX011", "/article/idARX202") if path not in old}
        walk = room_round(tmp_path, site, known, walk=True)
    assert articles_of(walk) == {"/article/idARX011": "modified", "/article/idARX202": "modified"}
    told_by = next(row for row in walk.exchanges if row["url"].endswith("idARX202"))
    assert told_by["announced"] == {"sitemap": site.rows["/article/idARX202"][1]}


def articles_of(done: Crawled) -> dict[str, str]:
    return {"/" + row["url"].split("/", 3)[3]: row["why"] for row in done.exchanges if row["role"] == "article"}


def test_what_no_sitemap_lists_any_more_is_looked_at_by_the_walk_that_read_them_all(tmp_path: Path) -> None:
    with serving(Room(told=True)) as site:
        known = site.known()
        for path in ("/article/idARX000", "/article/idARX152"):
            del site.rows[path]
        done = room_round(tmp_path, site, known, walk=True)
        site.routes[site.day(7)] = Reply(404)
        part = room_round(tmp_path, site, known, walk=True)
    assert articles_of(done) == {"/article/idARX000": "unlisted", "/article/idARX152": "unlisted"}
    assert {row["site"] for row in done.exchanges if row["role"] == "article"} == {""}
    assert articles_of(part) == {}
    balanced(done)


def test_a_sitemap_that_calls_everything_modified_just_now_is_not_believed(tmp_path: Path) -> None:
    with serving(Room(told=False, days=8)) as site:
        known = site.known()
        for path, (day, _) in site.rows.items():
            site.rows[path] = day, ago(seconds=1)
        site.rows |= {f"/article/idARX09{n}": (0, ago(seconds=1)) for n in range(30)}
        done = room_round(tmp_path, site, known)
    assert set(articles_of(done).values()) == {"modified", "new"}
    assert not any("idARX00" in path for path in articles_of(done))
