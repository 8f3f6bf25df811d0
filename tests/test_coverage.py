"""The coverage report: channels against each other, holes in ids and days, what was never asked for and why."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog
from archive.coverage import Coverage, Documents, Group, Known, Seen, report
from archive.gaps import holes, low_days
from archive.keys import Stem
from archive.observation import Observation
from archive.outlet import Outlet
from tests.histories import at, content, line
from tests.site import Post, Reply, WordPress, serving
from tests.spider_process import crawl

FIRST = "2026-11-01T00:00:00.000000Z"
LATER = "2026-11-20T00:00:00.000000Z"


def seen(article: str, channel: str, published: str = "", first: str = FIRST, last: str = LATER, post: str = "") -> Seen:
    return Seen(article, channel, f"https://x.example/{article}", post, published, first, last)


def known(article: str, **more: Any) -> Known:
    row = {"state": "live", "reason": "", "first_seen": FIRST, "last_fetch": LATER, "published": "", "post": "", "versions": 1}
    return Known(article, f"https://x.example/{article}", **{**row, **more})


def covered(sightings: list[Seen], articles: list[Known], documents: list[Documents] | None = None, **more: Any) -> Coverage:
    return report("x", sightings, articles, documents or [], more.pop("runs", []), **more)


def why(found: Coverage) -> dict[str, int]:
    return {group.why: group.count for group in found.never_asked}


def test_what_one_channel_shows_and_another_does_not() -> None:
    rows = [seen("a", "rest"), seen("b", "rest"), seen("b", "sitemap"), seen("c", "sitemap")]
    found = covered(rows, [known(name) for name in "abcd"])
    assert {(row.shown_by, row.not_by): row.examples for row in found.differences} == {
        ("rest", "sitemap"): ("https://x.example/a",),
        ("sitemap", "rest"): ("https://x.example/c",),
    }
    assert {row.channel: (row.shows, row.alone) for row in found.channels} == {"rest": (2, 1), "sitemap": (2, 1)}
    assert found.unlisted == Group("no channel shows it", 1, ("https://x.example/d",))


def test_at_most_five_examples_and_the_newest_first() -> None:
    rows = [seen(f"n{n}", "rest", f"2026-11-{n:02}T10:00:00+00:00") for n in range(1, 10)]
    found = covered([*rows, seen("z", "sitemap")], [])
    first = next(row for row in found.differences if row.shown_by == "rest")
    assert (first.count, len(first.examples), first.examples[0]) == (9, 5, "https://x.example/n9")


def test_a_feed_is_no_witness_against_what_is_older_than_its_first_document() -> None:
    """It shows the newest ten: the back catalogue is not missing there, what came later and never showed is."""
    old = [seen(f"old{n}", "rest", f"2020-01-{n + 1:02}T10:00:00+02:00") for n in range(20)]
    window = [seen(f"w{n}", "feed", f"2026-11-{n + 1:02}T10:00:00+02:00") for n in range(5)]
    late = [seen("late", "rest", "2026-11-19T10:00:00+02:00"), seen("both", "rest", "2026-11-19T11:00:00+02:00")]
    both = seen("both", "feed", "2026-11-19T11:00:00+02:00", first="2026-11-19T10:00:00.000000Z")
    found = covered([*old, *window, *late, both], [])
    missing = next(row for row in found.differences if (row.shown_by, row.not_by) == ("rest", "feed"))
    assert missing.examples == ("https://x.example/late",)
    assert missing.since == "2026-11-03T08:00:00Z"


def test_a_channel_that_stopped_listing_is_told_from_one_that_never_did() -> None:
    documents = [
        Documents("rest", 9, FIRST, LATER, LATER, 200),
        Documents("feed", 9, FIRST, LATER, "2026-11-10T00:00:00.000000Z", 404),
        Documents("sitemap", 3, FIRST, LATER, "", 404),
    ]
    rows = [seen("a", "rest"), seen("a", "feed", last="2026-11-10T00:00:00.000000Z")]
    found = covered(rows, [], documents)
    assert {row.channel: (row.state, row.last[:10], row.status) for row in found.channels} == {
        "rest": ("listing", "2026-11-20", 200),
        "feed": ("stopped", "2026-11-10", 404),
        "sitemap": ("never", "", 404),
    }
    assert {row.state for row in covered(rows, [], documents, patience=1e9).channels if row.shows} == {"listing"}


RUN = {"finished": "2026-11-20T01:00:00+00:00", "jobs": {"fetched": 3}, "left": {}, "stopped": "", "given_up": {}}


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (RUN | {"refused": {"left-out": ["a"]}}, "password"),
        (RUN | {"refused": {"disallowed": ["a"]}}, "robots"),
        (RUN | {"stopped": "budget"}, "budget: its turn did not come"),
        (RUN | {"left": {"backlog": 4}}, "budget: its turn did not come"),
        (RUN | {"given_up": {"x.example": "down"}}, "host given up"),
        (RUN | {"finished": "2026-10-31T00:00:00+00:00"}, "announced since the last run"),
        (RUN | {"jobs": {"disallowed": 2}}, "not told; the last run counts 2 robots"),
        (RUN, "never due"),
        ({}, "announced since the last run"),
    ],
)
def test_why_an_article_was_never_asked_for(run: dict[str, Any], expected: str) -> None:
    new = known("a", state="new", last_fetch="", versions=0)
    assert why(covered([], [new, known("b")], runs=[run] if run else [])) == {expected: 1}


def test_the_newest_run_that_had_the_article_says_why_and_patterns_come_next() -> None:
    new = [known(name, state="new", last_fetch="", versions=0) for name in "ab"]
    runs = [RUN, RUN | {"refused": {"disallowed": ["a"]}}, RUN | {"refused": {"left-out": ["a"]}}]
    found = covered([], new, runs=runs, wanted=lambda url: not url.endswith("b"))
    assert why(found) == {"robots": 1, "not an article by the outlet's patterns": 1}


def test_what_was_asked_for_and_never_read_is_grouped_by_its_state() -> None:
    rows = [known(f"a{n}", state="blocked", reason="challenge", versions=0) for n in range(7)]
    found = covered([], [*rows, known("g", state="gone", reason="http-404", versions=0), known("ok")])
    assert [(group.why, group.count, len(group.examples)) for group in found.never_read] == [
        ("blocked: challenge", 7, 5),
        ("gone: http-404", 1, 1),
    ]


def test_a_hole_in_the_ids_is_told_and_small_ones_are_not() -> None:
    ids = {n: str(n) for n in [*range(100, 400, 3), *range(5000, 5300, 3)]}
    assert [(hole.after, hole.before, hole.missing) for hole in holes(ids)] == [(397, 5000, 4602)]
    assert holes(dict.fromkeys(range(1, 400, 7), "")) == []
    assert holes({1: "", 900: ""}) == []


def days(counts: dict[int, int], usual: int = 10, length: int = 60) -> list[str]:
    start = date(2026, 8, 1)
    return [(start + timedelta(n)).isoformat() + "T09:00:00+03:00" for n in range(length) for _ in range(counts.get(n, usual))]


def test_days_with_far_fewer_articles_than_usual() -> None:
    found = low_days(days({30: 1, 31: 0}))
    assert [(low.first, low.last, low.articles, low.usual) for low in found] == [("2026-08-31", "2026-09-01", 1, 20.0)]
    assert low_days(days({30: 6})) == []
    assert low_days([]) == low_days(["no date"]) == []


def test_a_quiet_day_of_each_week_is_no_gap_but_a_row_of_them_at_a_small_outlet_is() -> None:
    fridays = {n: 1 for n in range(60) if (date(2026, 8, 1) + timedelta(n)).weekday() == 4}
    assert low_days(days(fridays)) == []
    assert low_days(days({30: 0}, usual=3)) == [], "one day without an article may be chance"
    assert [low.articles for low in low_days(days({30: 0, 31: 0, 32: 0}, usual=3))] == [0]


def test_a_run_says_which_articles_it_did_not_ask_for_and_why(tmp_path: Path) -> None:
    """One behind a password, one that robots.txt forbids: what the report names is what `never asked for` tells."""
    posts = [Post(n, f"خبر {n}", "2026-11-20T10:00:00", protected=n == 3) for n in range(1, 6)]
    with serving(WordPress(posts)) as site:
        site.routes["/robots.txt"] = Reply(200, "User-agent: *\nDisallow: /khabar-4/\n")
        done = crawl(tmp_path, site.url)
        ids = [article_id(site.url + f"khabar-{n}/") for n in range(1, 6)]
    assert done.report["refused"] == {"disallowed": [ids[3]], "left-out": [ids[2]]}
    waiting = [known(article, state="new", last_fetch="", versions=0) for article in ids[2:4]]
    assert why(covered([], waiting, runs=[done.report])) == {"password": 1, "robots": 1}


# --- from the catalog

NAMED = Outlet(name="example", title="مثال", url="https://news.example/")


def address(n: int) -> str:
    return f"https://news.example/a-{n}"


def told(hours: float, channel: str, *articles: int, **more: Any) -> Observation:
    items = tuple({"url": address(n), "article": article_id(address(n)), "post": str(n)} for n in articles)
    made = line(hours, "channel", f"https://news.example/{channel}/", article="", items=items, channel=channel, status=200)
    return replace(made, **{"kind": "channel", "body": f"sha256:{hours}", **more})


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Two runs an hour and two days apart. Article 1 is read, 2 is behind a password, 3 is blocked, 4 has no channel."""
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    rows = [
        told(1, "rest", 1, 3),
        told(1.1, "feed", 1, 2, 3),
        told(1.2, "robots"),
        content(1.3, "نص", url=address(1)),
        line(1.4, "blocked", address(3), reason="challenge"),
        content(1.5, "نص آخر", url=address(4)),
        told(50, "rest", 1, 3),
        told(50.1, "rest", record_type="revisit", url="https://news.example/rest/"),
        told(50.2, "feed", klass="gone", status=404),
    ]
    refused = {"left-out": [article_id(address(2))]}
    last = replace(line(51, "run", "urn:warraq:run:x", article=""), kind="run", report={"finished": at(51), "refused": refused})
    for n, lines in enumerate((rows[:6], [*rows[6:], last])):
        key = Stem("example", rows[6 * n].run, 1, 1, f"{n:012}").observations
        made.apply(key, lines, NAMED)
    yield made
    made.close()


def test_the_report_of_a_catalog(catalog: Catalog) -> None:
    found = catalog.coverage(NAMED)
    assert (found.articles, found.read) == (4, 2)
    assert {row.channel: (row.shows, row.state, row.last, row.status) for row in found.channels} == {
        "rest": (2, "listing", at(50.1), 200),
        "feed": (3, "stopped", at(1.1), 404),
    }
    assert [(row.shown_by, row.not_by, row.examples) for row in found.differences] == [("feed", "rest", (address(2),))]
    assert found.never_asked == (Group("password", 1, (address(2),)),)
    assert found.never_read == (Group("blocked: challenge", 1, (address(3),)),)
    assert found.unlisted.examples == (address(4),)


def test_withheld_articles_are_in_no_report(catalog: Catalog) -> None:
    act = Act("restrict", at(60), "someone", "a reason", article=article_id(address(2)))
    catalog.note_acts({"acts/1": act})
    assert catalog.coverage(NAMED).never_asked == ()
    assert catalog.with_withheld().coverage(NAMED).never_asked != ()


def test_the_command(
    catalog: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from archive.cli import main

    (tmp_path / "outlets").mkdir()
    (tmp_path / "outlets" / "example.toml").write_text(
        'name = "example"\ntitle = "مثال"\nurl = "https://news.example/"\n', "utf-8"
    )
    for name, value in {"CATALOG": catalog.url, "OUTLETS": tmp_path / "outlets", "STATE": tmp_path / "state"}.items():
        monkeypatch.setenv(f"WARRAQ_{name}", str(value))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    for arguments in (["coverage", "example"], ["coverage", "example", "--json"]):
        monkeypatch.setattr(sys, "argv", ["warraq", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code, capsys.readouterr()
    text, _, data = capsys.readouterr().out.rpartition("\n{")
    assert "  1 password\n    \u2068https://news.example/a-2\u2069" in text
    assert "STOPPED, last status 404" in text
    assert json.loads("{" + data)["never_read"][0]["why"] == "blocked: challenge"
