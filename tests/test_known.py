"""The file of known articles, what lists of a run say against it, and the order of asking. Without a network."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.capture import Cited, Previous
from archive.channels import rest
from archive.channels.model import Channel, ChannelAddress
from archive.errors import Refused
from archive.plan import Plan, Task
from spiders.changes import Changes
from spiders.frontier import Frontier, Job, Rank
from spiders.known import Known, Row, seconds
from spiders.sitemaps import Tree

NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
FRONT = rest.url_of("https://akhbar.example/wp-json/", 1)


def ident(number: int) -> str:
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def line(number: int, day: int | None = None, alive: bool = True, **words: str) -> str:
    published = f"2019-03-{day or number:02d}T10:00:00+00:00"
    url = f"https://akhbar.example/khabar-{number}/"
    return f"{ident(number)}\t{number}\t{published}\t{url}\t{json.dumps(words or {'rest': 'a'})}\t{alive:d}"


def item(number: int, day: int | None = None, modified: str = "a", text: str = "") -> dict[str, str]:
    row = {"url": f"https://akhbar.example/khabar-{number}/", "article": ident(number), "post": str(number), "title": ""}
    return row | {"published": f"2019-03-{day or number:02d}T10:00:00+00:00", "modified": modified, "text": text}


def known(*lines: str) -> Known:
    return Known("\n".join(lines).encode())


def popped(frontier: Frontier) -> list[tuple[str, str]]:
    """(number in the address, why) of all that is in, in its order."""
    found = []
    while (job := frontier.pop(0)[0]) is not None:
        found.append((job.url.rstrip("/").rpartition("-")[2], job.why))
    return found


# --- the file


def test_rows_are_found_by_id_post_and_time() -> None:
    one = known(line(1), line(2, alive=False), line(3, rest="b", text="c"), "")
    assert one.row(ident(3)) == Row(
        ident(3), "3", "2019-03-03T10:00:00+00:00", "https://akhbar.example/khabar-3/", {"rest": "b", "text": "c"}, True
    )
    assert (ident(1) in one, ident(4) in one, len(one)) == (True, False, 3)
    found = one.of_post("2")
    assert found is not None
    assert (found.article, found.alive, one.of_post("4")) == (ident(2), False, None)
    at = seconds("2019-03-03T13:00:00+03:00")
    assert [row.post for row in one.alive()] == ["3", "1"]
    assert [row.post for row in one.alive(at or 0, at or 0)] == ["3"]


@given(st.sets(st.integers(0, 2**128 - 1), max_size=60), st.sets(st.integers(0, 2**128 - 1), max_size=20))
def test_a_file_of_ids_alone_is_a_set_of_them(inside: set[int], others: set[int]) -> None:
    one = Known.of(f"{number:032x}" for number in inside)
    assert all(f"{number:032x}" in one for number in inside)
    assert not any(f"{number:032x}" in one for number in others - inside)
    row = next((one.row(f"{number:032x}") for number in inside), None)
    assert row is None or (row.words, row.alive, row.url) == ({}, False, "")


@pytest.mark.parametrize(
    "text", ["", "\n", f"{ident(1)}", f"{ident(1)}\t\t", f"{ident(1)}\t7\tyesterday\tx\t\t1\n\n", "سوق\t1"]
)
def test_short_and_odd_lines_are_no_error(text: str) -> None:
    one = Known(text.encode())
    assert list(one.alive()) == []
    assert (ident(1) in one) is text.startswith(ident(1))


def test_pictures_are_known_by_their_address(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("https://akhbar.example/a.jpg\nhttps://akhbar.example/%D8%A3.jpg\n", "utf-8")
    one = Known.read(None, tmp_path / "pictures")
    assert "https://akhbar.example/%D8%A3.jpg" in one.pictures
    assert "https://akhbar.example/b.jpg" not in one.pictures
    with pytest.raises(Refused, match="nothing-here"):
        Known.read(tmp_path / "nothing-here")


# --- words


@pytest.mark.parametrize(
    ("words", "modified", "text", "why"),
    [
        ({"rest": "a", "text": "t"}, "a", "t", ""),
        ({"rest": "a", "text": "t"}, "b", "u", "modified"),
        ({"rest": "a", "text": "t"}, "a", "u", "text"),
        ({"rest": "a"}, "a", "u", ""),  # a text that no capture answered yet, or one that is not to be believed
        ({"sitemap": "a"}, "b", "", ""),
        ({"rest": "a"}, "", "", ""),  # REST tells no time
    ],
)
def test_a_word_that_differs_from_the_answered_one_is_a_reason_to_look(
    words: dict[str, str], modified: str, text: str, why: str
) -> None:
    frontier = Frontier()
    Changes(Plan("r", "site", walk=False), known(line(1, **words)), frontier).heard("rest", item(1, 1, modified, text), None)
    assert popped(frontier) == ([("1", why)] if why else [])


def test_a_planned_revisit_that_a_list_asks_for_goes_first_with_all_that_is_known_of_it() -> None:
    frontier, before = Frontier(), Previous("u", "t", "r", "p", "b", "etag")
    tasks = tuple(Task(f"https://akhbar.example/khabar-{n}/", "revisit", ident(n), "", before, {"text": "p"}) for n in (1, 2))
    changes = Changes(Plan("r", "site", walk=False, revisits=tasks), known(line(1), line(2), line(3)), frontier)
    for task in tasks:
        frontier.push(
            Job(task.url, "article", Rank.REVISIT, "plan", "revisit", article=task.article, previous=before), task.article
        )
    for number in (2, 3):
        changes.heard("sitemap", item(number, number, "x"), None)
        changes.heard("rest", item(number, number, "b", "q"), Cited("list", "r", "p"))
    assert frontier.put_in == len(frontier.left()) == 3
    first, second = frontier.pop(0)[0], frontier.pop(0)[0]
    assert first is not None
    assert second is not None
    assert [(one.article, one.why) for one in (first, second)] == [(ident(3), "modified"), (ident(2), "modified")]
    assert second.previous == before
    assert second.listed_by == Cited("list", "r", "p")
    assert changes.noted(second).announced == {"rest": "b", "text": "q", "sitemap": "x"}
    assert popped(frontier) == [("1", "revisit")]
    assert not frontier.promote(second, ident(2))  # asked already


def test_what_the_catalog_knew_is_answered_too_and_what_this_run_heard_goes_before_it() -> None:
    tasks = tuple(
        Task(f"https://akhbar.example/khabar-{n}/", "backlog", ident(n), announced={"rest": "p", "text": "q"}) for n in (1, 2)
    )
    changes = Changes(Plan("r", "site", walk=False, backlog=tasks), known(line(3, rest="a", text="t")), Frontier())
    changes.heard("rest", item(1, 1, "b"), None)
    changes.heard("feed", item(4, 4, "b"), None)
    words = {n: changes.words(Job("u", "article", Rank.NEW, "plan", "x", article=ident(n))) for n in (1, 2, 3, 4)}
    assert words == {1: {"rest": "b", "text": "q"}, 2: {"rest": "p", "text": "q"}, 3: {"rest": "a", "text": "t"}, 4: {}}


# --- what is not listed


def walk(changes: Changes, pages: dict[int, range], left_out: set[int], total: int) -> None:
    """Pages of one article a day come in this order, without those that are gone."""
    for page, days in pages.items():
        rows = tuple(item(day) for day in days if day not in left_out)
        changes.listed.setdefault("rest", set()).update(row["article"] for row in rows)
        job = Job(rest.walk_of(FRONT, page), "channel", Rank.DEEP, "rest", "walk", "rest", page)
        changes.walk_page(job, Channel(rows, pages=total), None)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
@pytest.mark.parametrize("gone", [{1}, {5}, {10}, {11}, {10, 11}, {28}, set()])
def test_what_the_pages_of_a_walk_do_not_list_is_missing_wherever_it_stood(order: tuple[int, ...], gone: set[int]) -> None:
    frontier = Frontier()
    changes = Changes(Plan("r", "site", walk=True), known(*(line(n) for n in range(1, 29))), frontier)
    pages = {1: range(1, 11), 2: range(11, 21), 3: range(21, 29)}
    walk(changes, {page: pages[page] for page in order}, gone, 3)
    assert popped(frontier) == []  # not before the last page was read
    changes.settle()
    assert popped(frontier) == [(str(n), "unlisted") for n in sorted(gone, reverse=True)]


def test_of_a_walk_that_an_earlier_run_began_only_the_times_of_the_pages_read_now_are_judged() -> None:
    frontier = Frontier()
    changes = Changes(Plan("r", "site", walk=True), known(*(line(n) for n in range(1, 29))), frontier)
    walk(changes, {2: range(11, 21)}, {12}, 3)
    changes.settle()
    assert popped(frontier) == [("12", "unlisted")]


def test_what_rest_never_listed_or_is_not_alive_is_never_missing() -> None:
    frontier = Frontier()
    changes = Changes(Plan("r", "site", walk=True), known(line(2, alive=False), line(3, sitemap="a"), line(4)), frontier)
    walk(changes, {1: range(1, 9)}, {2, 3, 4}, 1)
    changes.settle()
    assert popped(frontier) == [("4", "unlisted")]


def test_a_sitemap_does_not_excuse_what_rest_lists_no_more() -> None:
    frontier = Frontier()
    changes = Changes(Plan("r", "site", walk=True), known(*(line(n) for n in range(1, 5))), frontier)
    changes.listed["sitemap"] = {ident(n) for n in range(1, 5)}  # read before number 2 was deleted
    walk(changes, {1: range(1, 5)}, {2}, 1)
    changes.settle()
    (job, _) = frontier.pop(0)
    assert job is not None
    assert (job.article, changes.noted(job).site) == (ident(2), "")
    revisit = Job("u", "article", Rank.REVISIT, "plan", "revisit", article=ident(3))
    assert changes.noted(revisit).site == "listed"


def test_sitemaps_that_list_the_newest_alone_say_nothing_of_older_articles() -> None:
    frontier = Frontier()
    changes = Changes(Plan("r", "site", walk=True), known(*(line(n, sitemap="a") for n in range(1, 29))), frontier)
    changes.listed["sitemap"] = {ident(n) for n in range(20, 29) if n != 25}
    changes.whole_sitemap(None)
    assert popped(frontier) == [("25", "unlisted")]


def test_what_is_gone_and_is_listed_again_as_it_was_is_looked_at() -> None:
    """A backup put back, a page that a plugin had hidden: nothing about it was modified."""
    frontier = Frontier()
    rows = [line(1), line(2).removesuffix("1") + "2", line(3, alive=False), line(4).removesuffix("1") + "2"]
    changes = Changes(Plan("r", "site", walk=False), known(*rows), frontier)
    for kind, number in (("rest", 1), ("rest", 2), ("rest", 3), ("sitemap", 4)):
        changes.heard(kind, item(number), None)
    assert popped(frontier) == [("2", "listed")]


# --- sitemaps


def children(tree: Tree, *rows: tuple[str, str], walking: bool = False) -> dict[str, Rank]:
    found = tree.children(tuple(ChannelAddress(url, "sitemap", None, modified) for url, modified in rows), walking=walking)
    return dict(found)


def tree(*urls: str) -> Tree:
    return Tree({url: Previous(url, "2026-11-21T10:00:00Z", "", "", "") for url in urls}, NOW)


def test_children_that_did_not_change_are_left_for_the_walk_unless_their_days_are_young() -> None:
    days = [f"day-202611{n:02d}.xml" for n in (22, 21, 20, 18, 16, 14, 12, 10)]
    told = [(url, "2026-11-20T10:00:00Z") for url in days]
    assert children(tree(*days), *((url, "") for url in days)) == dict.fromkeys([*days[:5], days[-1]], Rank.FRONT)
    assert children(tree(*days), *told) == dict.fromkeys(days[:2], Rank.FRONT)
    changed = [*told[:6], (days[6], "2026-11-21T10:00:01Z"), (days[7], "2026-11-22")]
    assert children(tree(*days), *changed).keys() >= {days[6], days[7]}
    assert children(tree(*days), *told, walking=True).keys() == set(days)
    assert children(tree(), *told).keys() == set(days)  # never seen


def test_a_tree_is_whole_once_and_only_when_nothing_of_it_was_left_out() -> None:
    rows = [("a.xml", ""), ("b.xml", ""), ("c.xml", ""), ("d.xml", "")]
    whole, part, failed = tree("a.xml", "b.xml", "c.xml", "d.xml"), tree("b.xml", "c.xml"), tree()
    assert (tree().whole(), whole.whole()) == (False, False)
    for one, walking in ((whole, True), (part, False), (failed, False)):
        one.answered("index.xml", Channel())
        for url in children(one, *rows, walking=walking):
            one.answered(url, None if one is failed and url == "b.xml" else Channel())
    assert (whole.whole(), whole.whole(), part.whole(), failed.whole()) == (True, False, False, False)
