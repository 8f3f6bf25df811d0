"""What must not be missed when a site is not at its best: lists that fail for ever, totals that cancel out, a slow home page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archive.address import article_id
from archive.channels import rest
from tests import test_rounds as rounds
from tests.site import Post, Reply, WordPress, serving
from tests.test_rounds import ago, balanced, front, line, posts, round_of

BROKEN = "<p>خطأ</p>"


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in `tests.test_rounds`: the time of this test."""
    monkeypatch.setattr(rounds, "NOW", rounds.datetime.now(rounds.UTC).replace(microsecond=0))


def walks(site: WordPress, count: int) -> list[str]:
    """The addresses of the walk's first pages."""
    return [rest.walk_of(front(site), n) for n in range(1, count + 1)]


def asked_walk(done: Any) -> list[str]:
    return [url for url in done.urls("channel") if rest.is_walk(url)]


@pytest.mark.parametrize(("hours", "complete"), [(1, False), (11, False), (13, True)])
def test_a_list_that_fails_for_ever_keeps_a_walk_open_for_half_of_its_time(tmp_path: Path, hours: int, complete: bool) -> None:
    """It is tried again in every round until then; what the other lists lost is not to wait for it."""
    with serving(WordPress(posts(250), open_="rest")) as site:
        site.routes["/feed/"] = Reply(500, BROKEN)
        known = [line(site, post) for post in site.posts]
        done = round_of(tmp_path, site, known, walk=True, walk_since=ago(hours=hours), walked=walks(site, 3))
    assert done.report["walk"]["broken"] == 1
    assert done.report["walk"]["complete"] is complete
    assert asked_walk(done) == []
    balanced(done)


def test_a_walk_that_waits_for_a_broken_list_is_begun_anew_when_articles_are_missing(tmp_path: Path) -> None:
    with serving(WordPress(posts(250), open_="rest")) as site:
        site.routes["/feed/"] = Reply(500, BROKEN)
        known = [line(site, post) for post in site.posts]
        gone = next(post for post in site.posts if post.number == 7)
        site.posts.remove(gone)
        plan = {"walk": True, "walk_since": ago(hours=5), "walked": walks(site, 3)}
        done = round_of(tmp_path, site, known, **plan)
        unread = round_of(tmp_path, site, known, **{**plan, "walked": walks(site, 1)})
    assert sorted(asked_walk(done)) == walks(site, 3)
    assert done.urls() == [site.url + gone.path[1:]] * 2
    assert done.report["walk"]["since"] > ago(minutes=1)
    assert sorted(asked_walk(unread)) == walks(site, 3)[1:]  # the one that is on its way has not come to its end
    assert unread.report["walk"]["owed"] == 250


def test_a_shortage_that_no_walk_may_look_into_yet_is_not_forgotten(tmp_path: Path) -> None:
    with serving(WordPress(posts(250), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        gone = next(post for post in site.posts if post.number == 7)
        site.posts = [post for post in site.posts if post is not gone]
        site.posts.insert(0, Post(900, "خبر جديد", ago(minutes=5)[:19]))
        early = round_of(tmp_path, site, known, walk_since=ago(minutes=1))
        assert (asked_walk(early), early.report["walk"]["owed"]) == ([], 251)
        known.append(line(site, site.posts[0]))
        site.open, rest_open = set(), site.open
        assert round_of(tmp_path, site, known, expected=251).report["walk"]["owed"] == 251  # REST is closed for a while
        site.open = rest_open
        later = round_of(tmp_path, site, known, expected=251)
    assert sorted(asked_walk(later)) == walks(site, 3)
    assert later.urls() == [site.url + gone.path[1:]] * 2
    assert "owed" not in later.report["walk"]


def test_one_that_came_back_does_not_hide_one_that_went(tmp_path: Path) -> None:
    with serving(WordPress(posts(250), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        back, gone = (next(post for post in site.posts if post.number == n) for n in (9, 7))
        known[site.posts.index(back)] = "\t".join((*line(site, back).split("\t")[:4], "{}", "0"))  # it was gone, and unlisted
        back.modified = ago(minutes=20)[:19]
        site.posts.remove(gone)
        done = round_of(tmp_path, site, known, expected=249)
    assert sorted(asked_walk(done)) == walks(site, 3)
    assert site.url + gone.path[1:] in done.urls()


def test_a_walk_sees_what_no_total_tells(tmp_path: Path) -> None:
    """One went, and one that nobody knew was published with an old date: as many as before."""
    with serving(WordPress(posts(250), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        gone = next(post for post in site.posts if post.number == 7)
        site.posts.remove(gone)
        site.posts.append(Post(900, "خبر قديم", gone.when))
        site.posts.sort(key=lambda post: post.when, reverse=True)
        between = round_of(tmp_path, site, known)
        done = round_of(tmp_path, site, known, walk=True)
    assert between.urls() == []
    assert sorted(done.urls()) == sorted([site.url + gone.path[1:]] * 2 + [f"{site.url}khabar-900/"])


def test_while_the_home_page_waits_for_its_next_attempt_no_old_article_is_asked_for(tmp_path: Path) -> None:
    with serving(WordPress(posts(150), open_="rest")) as site:
        known = [line(site, post) for post in site.posts]
        some = site.posts[3]
        site.routes[some.path] = Reply(404)
        site.routes["/"] = Reply(503)
        plan = [{"url": site.url + some.path[1:], "why": "revisit"}]
        done = round_of(tmp_path, site, known, revisits=plan)
        text = [row for row in done.exchanges if row["role"] == "article"]
        assert {row["site"] for row in text} == {"doubtful"}
        order = [row["url"] for row in done.exchanges]
        last_home = max(n for n, url in enumerate(order) if url == site.url)
        assert all(n > last_home for n, url in enumerate(order) if article_id(url) == article_id(site.url + some.path[1:]))
        site.routes["/"] = lambda before: Reply(503) if before == 0 else site._route("/") or Reply(200)
        once = round_of(tmp_path, site, known, revisits=plan)
    assert [row["site"] for row in once.exchanges if row["role"] == "article"] == ["listed", "listed"]


def test_nothing_but_revisits_waits_for_it(tmp_path: Path) -> None:
    with serving(WordPress(posts(20), open_="rest")) as site:
        known = [line(site, post) for post in site.posts[1:]]
        site.routes["/feed/"] = Reply(503)  # waits for its attempts after REST has listed what is new
        plan = [{"url": site.url + site.posts[5].path[1:], "why": "revisit"}]
        done = round_of(tmp_path, site, known, "delay = 0.01", revisits=plan)
    order = [row["url"] for row in done.exchanges]
    feed = [n for n, url in enumerate(order) if url.endswith("/feed/")]
    new, old = (order.index(site.url + site.posts[n].path[1:]) for n in (0, 5))
    assert feed[0] < new < feed[-1] < old
