"""Withheld articles: nobody sees them who does not ask for them, and nothing of what is kept or proved changes."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive import acts
from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog
from archive.catalog.measured import Measured
from archive.catalog.stream import Asked
from archive.errors import Refused, Withheld
from archive.republished import Link
from archive.web import app as web
from archive.web.desk import Desk
from archive.web.house import Open
from tests.histories import START, at, content, line, sha
from tests.servers import Server
from tests.test_catalog import OUTLET, announce, catalog, either, item, key, on_postgres, postgres, story, url  # noqa: F401
from tests.wadi import Wadi, seed_folder, wadi


def withhold(into: Catalog, article: str, kind: str = "restrict", hours: float = 100) -> None:
    act = Act(kind, at(hours), "amal", "a threat", article=article)
    into.note_acts({acts.key(act): act})


@pytest.fixture
def told(either: Catalog) -> Catalog:  # noqa: F811
    """The story of the catalog's tests, and an article that moved to another."""
    for one in story():
        either.apply(*one, OUTLET)
    other = content(1, "same words", url=url(21), post="21")
    moved = line(20, "elsewhere", url(21), to={"url": url(22), "article": article_id(url(22)), "post": "21"})
    twin = replace(content(21, "same words", title="عنوان آخر", url=url(22), post="21"), offset=7)
    dated = [announce(31, item(31, published=at(30.9))), content(31, "dated", url=url(31))]
    either.apply(key(30), [other, moved, twin, *dated], OUTLET)
    about = {"outlet": OUTLET.name, "article": article_id(url(1)), "url": url(1), "more": {"every": 3600}}
    watched = Act("watch", at(50), "amal", "a case", **about)
    either.note_acts({acts.key(watched): watched})
    shares = {"shared": 30, "of": 40, "share": 0.75}
    sides = (OUTLET.name, article_id(url(1)), OUTLET.name, article_id(url(6)))
    times, detail = (at(1), at(2), "", ""), {"first_in_second": shares, "second_in_first": shares}
    pair = Link(*sides, "contains", *times, 1, 1, "", "", {**detail, "paragraphs": [], "recipe": "1"})
    either.note_compared((*sides[:2], "", ""), [], [pair], None)
    either.note_latency(OUTLET.name, either.events(), START + timedelta(hours=90))
    return either


class TestCatalog:
    def test_captures_that_led_to_a_withheld_article_hold_its_page_and_are_veiled_too(self, told: Catalog) -> None:
        origin, goal = article_id(url(21)), article_id(url(22))
        (led,) = [one for _, one in told.lines(OUTLET.name, origin) if one.to]
        assert told.veiled(OUTLET.name, origin) == set()
        withhold(told, goal)
        assert told.veiled(OUTLET.name, origin) == {led.record}
        assert told.with_withheld().veiled(OUTLET.name, origin) == set()
        assert told.veiled(OUTLET.name, article_id(url(1))) == set()

    def test_which_of_some_ids_are_withheld(self, told: Catalog) -> None:
        mine, other = article_id(url(1)), article_id(url(21))
        withhold(told, mine)
        assert told.withheld([mine, other, "no id"]) == {mine}
        assert told.with_withheld().withheld([mine, other]) == set()

    def test_no_answer_to_people_has_a_trace_of_it(self, told: Catalog) -> None:
        article = article_id(url(1))
        before = answers(told)
        assert [row.article for row in told.articles(text=url(1))] == [article]
        assert [name for name, answer in before.items() if not answer] == [], "an empty answer has no trace of anything"
        by_id = ("articles", "changes", "events", "versions", "links", "latencies", "watch_list", "republished")
        assert [name for name in by_id if article not in repr(before[name])] == []
        assert f"'{url(1)}'" in repr(before["coverage"])
        withhold(told, article)
        for name, answer in answers(told).items():
            assert article not in repr(answer), name
            assert f"'{url(1)}'" not in repr(answer), name
        for kind in ("new", "gone", "returned", "moved"):
            assert article not in repr(told.changes(kind=kind))
        assert told.changes(article=article) == []
        assert told.articles(text=url(1)) == []
        for reference in (article, article[:8], url(1)):
            with pytest.raises(Withheld) as caught:
                told.history(reference)
            assert "a-1" not in str(caught.value)

    def test_neither_are_its_pictures(self, told: Catalog) -> None:
        article = article_id(url(6))
        before = told.pictures_of(OUTLET.name, article)
        withhold(told, article)
        assert (len(before), told.pictures_of(OUTLET.name, article)) == (1, [])
        assert told.with_withheld().pictures_of(OUTLET.name, article) == before

    def test_the_counts_are_without_it(self, told: Catalog) -> None:
        (before,) = told.outlets()
        row = told.article(url(1))
        withhold(told, row.article)
        (after,) = told.outlets()
        assert (after.articles, after.versions) == (before.articles - 1, before.versions - row.versions)
        assert after.captures == before.captures - row.captures
        assert (after.last_capture, after.failing_since) == (before.last_capture, before.failing_since)
        assert after.last_change == max(told.changes(), key=lambda event: event.time).time

    def test_whoever_asks_for_them_sees_them(self, told: Catalog) -> None:
        before = answers(told)
        history = told.history(url(1))
        withhold(told, history.article.article)
        everything = told.with_withheld()
        assert answers(everything) == before
        assert everything.history(url(1)) == history
        with pytest.raises(Withheld):
            told.history(url(1))  # it is a catalog of its own
        with pytest.raises(Refused, match="no article"):
            everything.article(url(404))

    def test_what_the_steps_ask_has_it_as_before(self, told: Catalog) -> None:
        article = article_id(url(3))

        def steps() -> list[object]:
            last = told.last_content("example", [article])
            return [told.known("example"), told.attempted("example"), last, told.unread("example"), told.walk("example")]

        before = steps()
        withhold(told, article)
        assert steps() == before
        assert article in repr(before)

    def test_lifted_it_is_shown_again(self, told: Catalog) -> None:
        before = answers(told)
        withhold(told, article_id(url(1)))
        withhold(told, article_id(url(1)), "lift", 101)
        assert answers(told) == before

    def test_a_hold_hides_nothing(self, told: Catalog) -> None:
        before = told.articles()
        withhold(told, article_id(url(1)), "hold")
        assert told.articles() == before

    def test_its_address_is_not_told_by_one_that_moved_there(self, told: Catalog) -> None:
        assert (told.article(url(21)).moved_to, told.changes(kind="moved", article=article_id(url(21)))[0].reason) == (
            url(22),
        ) * 2
        withhold(told, article_id(url(22)))
        found = told.history(url(21))
        assert found.article.moved_to == ""
        assert [event.reason for event in found.events if "moved" in event.kinds] == [""]
        assert url(22) not in repr(answers(told))

    def test_others_that_say_the_same_are_named(self, told: Catalog) -> None:
        assert [row.url for row in told.twins(article_id(url(21)))] == [url(22)]
        withhold(told, article_id(url(22)))
        assert [row.url for row in told.twins(article_id(url(21)))] == [url(22)]
        assert told.twins(article_id(url(6))) == []


def answers(of: Catalog) -> dict[str, object]:
    """What people may ask without naming an article, answered. A new question of the catalog is among them by itself."""
    named = {"announced", "article", "history", "twins", "pictures_of", "veiled", "with_withheld", "withheld"}
    of_steps = {"note_latency", "picture_captures"}
    found = {name for name, _ in inspect.getmembers(Measured, inspect.isfunction) if not name.startswith("_")}
    assert named | of_steps <= found
    run = f"{START + timedelta(hours=1):%Y%m%dT%H%M%SZ}-{'0' * 12}"
    of_one = {"coverage": (OUTLET,), "drift": (OUTLET.name,), "waiting": (START + timedelta(hours=90),)}
    of_one |= {"run": (run,), "of_run": (OUTLET.name, run, at(200)), "linked": (sha("001.txt"),)}
    of_one |= {"changes_page": (Asked(),)}
    return {name: getattr(of, name)(*of_one.get(name, ())) for name in sorted(found - named - of_steps)}


@dataclass(frozen=True)
class Case:
    at: Wadi
    url: str
    secret: tuple[str, ...]  # what only the withheld article says

    def get(self, path: str) -> tuple[int, str]:
        shop = self.at.shop()
        pages = web.create(lambda: Desk(shop.catalog, lambda: shop.store), Open())
        with TestClient(Starlette(routes=[Mount("/warraq", pages)]), base_url="http://h") as client:
            answer = client.get(f"/warraq{path}")
        return answer.status_code, answer.text


@pytest.fixture(scope="module")
def case(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    """Three articles, the first with two versions and linked to a seed file; then it is withheld."""
    with wadi(weed, tmp_path_factory.mktemp("withheld"), articles=3) as made:
        first = made.site.articles[1]
        folder = seed_folder(made, {"001.txt": "\n\n".join([first.title, *first.paragraphs])})
        assert made.call("seeds", "add", str(folder)).returncode == 0
        made.run()
        made.site.edit(1)
        assert made.call("run", "wadi", "--everything").returncode == 0
        assert made.call("watch", f"{made.url}archives/1", "--every", "1d").returncode == 0
        assert made.call("search", "--index").returncode == 0
        secret = (f"{made.url}archives/1", article_id(f"{made.url}archives/1"), first.title, "الخبر رقم 1 من")
        yield Case(made, secret[0], secret)


class TestArchive:
    """In this order: before, withheld, captured again, lifted."""

    looks = (
        *(("ls",), ("ls", "--json"), ("ls", "--events"), ("ls", "--events", "--json"), ("seeds", "ls", "--json")),
        *(("search", "رقم"), ("search", "رقم", "--json")),
        *(("watch",), ("watch", "--json"), ("latency", "--each"), ("latency", "--each", "--json")),
        *(("export", what, "--format", form) for what in ("articles", "versions", "events") for form in ("jsonl", "csv")),
    )
    one = (("history",), ("show",), ("show", "--html"), ("diff",), ("diff", "--json"))

    def seen(self, case: Case, *more: str) -> dict[tuple[str, ...], str]:
        out = {look: case.at.call(*look, *(more if look[0] != "seeds" else ())) for look in self.looks}
        out |= {look: case.at.call(look[0], case.url, *look[1:], *more) for look in self.one}
        return {look: done.stdout + done.stderr for look, done in out.items()}

    def test_before(self, case: Case) -> None:
        assert all(any(word in text for word in case.secret) for text in self.seen(case).values())
        assert case.get(f"/article/{case.secret[1]}")[0] == case.get(f"/compare/{case.secret[1]}")[0] == 200

    def test_withheld(self, case: Case) -> None:
        held = case.at.held()
        done = case.at.call("restrict", case.url, "--reason", "شاهدة مهددة", env={"WARRAQ_OPERATOR": "amal"})
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"restrict: {case.secret[1]} is withheld from pages, search and exports, acts/")
        now = case.at.held()
        changed = {key for key in now if now[key] != held.get(key)}
        assert held.keys() <= now.keys()
        assert {key.partition("/")[0] for key in changed} == {"acts", "log"}
        again = case.at.call("restrict", case.url, "--reason", "twice")
        assert (again.returncode, "already" in again.stdout) == (99, True)
        assert case.at.held() == now

    def test_no_command_shows_it(self, case: Case) -> None:
        assert [(look, word) for look, text in self.seen(case).items() for word in case.secret if word in text] == []
        refused = case.at.call("show", case.url)
        assert (refused.returncode, refused.stdout) == (78, "")
        assert "withheld" in refused.stderr
        status = json.loads(case.at.call("status", "--json").stdout)
        assert status["outlets"][0]["articles"] == 2

    def test_no_page_shows_it(self, case: Case) -> None:
        for path in ("article", "compare"):
            status, text = case.get(f"/{path}/{case.secret[1]}?v=1")
            assert status == 451
            assert "This article is withheld." in text
            assert [word for word in case.secret if word in text] == []
        status, text = case.get("/changes")
        assert (status, [word for word in case.secret if word in text]) == (200, [])
        assert "archives/2" in text or case.at.site.articles[2].title in text

    def test_whoever_asks_sees_it(self, case: Case) -> None:
        seen = self.seen(case, "--restricted")
        del seen["seeds", "ls", "--json"]
        assert [look for look, text in seen.items() if not any(word in text for word in case.secret)] == []

    def test_the_list_of_acts(self, case: Case) -> None:
        rows = [json.loads(one) for one in case.at.call("acts", "--json").stdout.splitlines()]
        (row,) = [row for row in rows if row["act"] != "watch"]
        assert (row["act"], row["by"], row["reason"], row["url"]) == ("restrict", "amal", "شاهدة مهددة", case.url)
        assert (row["in_force"], row["article"]) == (True, case.secret[1])
        assert [line[0] for line in case.at.call("acts").stdout.splitlines() if " restrict " in line] == ["*"]

    def test_it_is_captured_read_sealed_and_verified_as_before(self, case: Case) -> None:
        case.at.site.edit(1)
        assert case.at.call("run", "wadi", "--everything").returncode == 0
        everything = case.at.shop().catalog.with_withheld().history(case.url)
        assert len(everything.versions) == 3
        assert everything.versions[-1].snapshot in case.at.held()
        checked = json.loads(case.at.call("verify", "--json").stdout)
        assert checked["findings"] == []
        assert [(look, word) for look, text in self.seen(case).items() for word in case.secret if word in text] == []

    def test_a_rebuild_withholds_it_still(self, case: Case) -> None:
        before = case.at.shop().catalog.tables()
        assert case.at.call("rebuild").returncode == 0
        assert case.at.shop().catalog.tables() == before
        assert case.get(f"/article/{case.secret[1]}")[0] == 451

    def test_another_machine_withholds_it_with_its_next_seal(self, case: Case) -> None:
        other = {"WARRAQ_CATALOG": f"sqlite:///{case.at.folder}/other.db"}
        assert case.at.call("rebuild", env=other).returncode == 0
        assert case.at.call("restrict", f"{case.at.url}archives/2", "--reason", "a court").returncode == 0
        assert f"{case.at.url}archives/2" in case.at.call("ls", env=other).stdout
        assert case.at.call("run", "wadi", env=other).returncode in (0, 99)
        assert f"{case.at.url}archives/2" not in case.at.call("ls", env=other).stdout

    def test_lifted(self, case: Case) -> None:
        assert case.at.call("restrict", case.url, "--reason", "it passed", "--lift").returncode == 0
        assert case.get(f"/article/{case.secret[1]}")[0] == 200
        assert case.url in case.at.call("ls").stdout
        again = case.at.call("restrict", case.url, "--reason", "twice", "--lift")
        assert (again.returncode, "is not withheld" in again.stdout) == (99, True)

    def test_what_cannot_be_decided(self, case: Case) -> None:
        assert "no article" in case.at.call("restrict", "https://example.org/none", "--reason", "x").stderr
        assert case.at.call("restrict", case.url).returncode == 2
        assert "gives no reason" in case.at.call("restrict", case.url, "--reason", " ").stderr


def test_the_page_of_a_withheld_article_needs_no_store(tmp_path: Path) -> None:
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    made.apply(key(1), [replace(content(1, "a 1", url=url(1)))], OUTLET)
    withhold(made, article_id(url(1)))

    def store() -> None:
        raise AssertionError("the store was opened")

    with TestClient(Starlette(routes=[Mount("/", web.create(lambda: Desk(made, store), Open()))])) as client:  # type: ignore[arg-type, return-value]
        assert client.get(f"/article/{article_id(url(1))}").status_code == 451
    made.close()
