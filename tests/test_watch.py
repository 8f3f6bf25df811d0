"""The watch list and pages asked for by hand: whose they are, when they are due, what is asked for them, what becomes of it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from archive import acts, observation, outlet, watch
from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog
from archive.errors import BadOutlet, BadRecord, Refused
from archive.observation import Observation
from archive.plan import Plan, Task
from archive.prove.checking import examine
from archive.steps import act, asked, crawl
from archive.steps import watch as steps
from archive.steps.extract import extract
from archive.steps.plan import keep
from archive.steps.rebuild import rebuild
from archive.steps.seal import seal
from archive.steps.workshop import Outcome
from archive.watch import Watched
from archive.web import app as web
from archive.web.desk import opener
from archive.web.house import Open
from tests.faults.site import Site
from tests.servers import Server
from tests.wadi import Wadi, new_run, wadi

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ago(hours: float) -> str:
    return acts.stamp(NOON - timedelta(hours=hours))


def listed(url: str, every: int = 3600, last: float | None = None, unconfirmed: float | None = None) -> Watched:
    """A page of the list; `last`, `unconfirmed`: hours ago."""
    times = {"last_fetch": ago(last) if last is not None else "", "unconfirmed": ago(unconfirmed) if unconfirmed else ""}
    return Watched(article_id(url), watch.NAME, url, every, ago(100), "acts/x", **times)


class TestPace:
    @pytest.mark.parametrize(("text", "seconds"), [("30m", 1800), ("6h", 21_600), ("1d", 86_400), ("2w", 1_209_600)])
    def test_a_pace_is_spelled_as_it_was_said(self, text: str, seconds: int) -> None:
        assert (watch.pace(text), watch.spell(seconds).replace("14d", "2w")) == (seconds, text)

    @pytest.mark.parametrize("text", ["", "6", "h", "0h", "-1h", "1.5h", "6 hours", "367d", "999999999w", "٦h"])
    def test_what_is_none_is_refused_with_the_right_way_to_say_it(self, text: str) -> None:
        with pytest.raises(Refused, match="6h"):
            watch.pace(text)


class TestPage:
    @pytest.mark.parametrize(
        ("typed", "url"),
        [
            ("https://Example.org", "https://example.org/"),
            (" example.org/a b#part ", "https://example.org/a%20b"),
            ("http://example.org:8080/x?q=1&r=a b", "http://example.org:8080/x?q=1&r=a%20b"),
            ("https://example.org/سوق", "https://example.org/%D8%B3%D9%88%D9%82"),
            ("https://example.org/%D8%B3?p=%20", "https://example.org/%D8%B3?p=%20"),
            ("https://مثال.example/", "https://xn--mgbh0fb.example/"),
            ("http://[2001:db8::1]:81/a", "http://[2001:db8::1]:81/a"),
        ],
    )
    def test_what_somebody_pasted_becomes_an_address_in_ascii(self, typed: str, url: str) -> None:
        assert watch.page(typed) == url

    @pytest.mark.parametrize(
        "typed", ["", "سوق", "ftp://example.org/", "javascript:alert(1)", "http:///x", "http://a.b:x/", "//"]
    )
    def test_what_is_none_is_refused(self, typed: str) -> None:
        with pytest.raises(Refused, match="no web address"):
            watch.page(typed)

    def test_a_password_would_be_published(self) -> None:
        with pytest.raises(Refused) as caught:
            watch.page("https://amal:secret@example.org/")
        assert "secret" not in str(caught.value)


class TestDue:
    def test_after_its_pace_and_never_asked_for_ones_at_once(self) -> None:
        pages = [listed("https://a.example/", last=0.9), listed("https://b.example/", last=1), listed("https://c.example/")]
        assert [(one.url, why) for one, why in watch.due(pages, NOON, 21_600)] == [
            ("https://c.example/", "watch"),
            ("https://b.example/", "watch"),
        ]
        assert len(watch.due(pages, NOON, 21_600, everything=True)) == 3

    def test_an_absence_is_looked_at_again_as_soon_as_it_can_be_confirmed(self) -> None:
        slow = 7 * 86_400
        early = listed("https://a.example/", slow, last=5, unconfirmed=5)
        ripe = listed("https://b.example/", slow, last=6.5, unconfirmed=6.5)
        looked = listed("https://c.example/", slow, last=2, unconfirmed=9)  # that look told nothing: now at its pace
        assert [(one.url, why) for one, why in watch.due([early, ripe, looked], NOON, 21_600)] == [
            ("https://b.example/", "confirm")
        ]

    def test_hosts_take_turns(self) -> None:
        pages = [
            listed(f"https://{host}.example/{n}", last=9 - n) for host, count in (("a", 3), ("b", 1)) for n in range(count)
        ]
        order = [one.url for one, _ in watch.due(pages, NOON, 21_600)]
        assert order == ["https://a.example/0", "https://b.example/0", "https://a.example/1", "https://a.example/2"]


def said(kind: str, hours: float, every: int = 3600, outlet_name: str = "watch") -> Act:
    url = "https://news.example/a"
    more = {"every": every} if kind == "watch" else {}
    return Act(kind, ago(hours), "amal", "why", outlet=outlet_name, article=article_id(url), url=url, more=more)


class TestActs:
    def test_in_any_order_the_newest_pace_counts_until_somebody_ends_it(self) -> None:
        told = [said("watch", 9), said("unwatch", 8), said("watch", 7, 60), said("watch", 6, 7200, "wadi")]
        for some in permutations(told):
            (one,) = acts.watched({acts.key(act): act for act in some}).values()
            assert (one.since, one.every, one.outlet, one.key) == (told[2].time, 7200, "wadi", acts.key(told[3]))
        assert acts.watched({acts.key(act): act for act in (*told, said("unwatch", 5))}) == {}

    def test_at_one_and_the_same_time_it_is_watched(self) -> None:
        both = {acts.key(act): act for act in (said("watch", 1), said("unwatch", 1))}
        assert len(acts.watched(both)) == 1
        assert acts.fold(both) == {}, "nothing is withheld or held"

    @pytest.mark.parametrize("every", [None, 0, -1, 1.5, True, "60", 2**31])
    def test_a_watch_without_a_pace_is_no_act(self, every: Any) -> None:
        broken = replace(said("watch", 1), more={} if every is None else {"every": every})
        with pytest.raises(Refused, match="pace"):
            acts.dump(broken)
        data = acts.dump(said("watch", 1)).replace(b"3600", json.dumps(every).encode())
        with pytest.raises(BadRecord, match="pace"):
            acts.load(data)


def test_the_name_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "watch.toml"
    path.write_text('name = "watch"\ntitle = "t"\nurl = "https://example.org/"\n', "utf-8")
    with pytest.raises(BadOutlet, match="the name of the watch list"):
        outlet.load(path)


@pytest.mark.parametrize("name", sorted(outlet.DUTIES))
def test_the_names_of_the_duties_are_nobody_elses_either(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_text(f'name = "{name}"\ntitle = "t"\nurl = "https://example.org/"\n', "utf-8")
    with pytest.raises(BadOutlet, match=f"'{name}' is the name of a DAG"):
        outlet.load(path)


def test_every_dag_of_a_duty_is_named() -> None:
    sources = "".join(path.read_text("utf-8") for path in (Path(__file__).parent.parent / "dags").glob("*.py"))
    assert set(re.findall(r'"warraq_([a-z_]+)"', sources)) - {outlet.RESERVED} <= outlet.DUTIES


# --- against sites on loopback


class Redirects:
    """A site that sends everybody on: `/a` to where `to["/a"]` says."""

    def __init__(self) -> None:
        self.to: dict[str, str] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                self.send_response(302 if self.path in site.to else 404)
                if self.path in site.to:
                    self.send_header("Location", site.to[self.path])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@dataclass
class Place:
    """An archive that captures `wadi`, and another site, whose article 1 is not in anybody's lists."""

    at: Wadi
    other: Site
    base: str
    redirects: Redirects

    def url(self, number: int = 1) -> str:
        return f"{self.base}/archives/{number}"

    def asked(self) -> list[str]:
        """Paths that the other site was asked for since the last time; the newsroom itself was asked for nothing."""
        paths = [delivery.path for delivery in self.other.log]
        self.other.log.clear()
        return paths

    def run(
        self, everything: bool = True, names: Sequence[str] = ("plan", "crawl", "extract", "seal", "inspect")
    ) -> dict[str, Outcome]:
        """A run of the watch list."""
        from importlib import import_module

        run, found = new_run(self.at.shop()), {}
        for name in names:
            shop = self.at.shop()
            step = getattr(import_module(f"archive.steps.{name}"), name)
            more: dict[str, Any] = {"everything": everything} if name == "plan" else {"attempt": 1} if name == "crawl" else {}
            found[name] = step(shop, shop.outlet(watch.NAME), run, **more)
        return found

    def look(self, *tasks: Task) -> list[Observation]:
        """What a run with just this plan observes of its articles."""
        shop = self.at.shop()
        run, outlet_now = new_run(shop), shop.outlet(watch.NAME)
        keep(shop, outlet_now, run, lambda: Plan(run, watch.NAME, walk=False, revisits=tasks, only=True))
        crawl.crawl(shop, outlet_now, run, 1)
        extract(shop, outlet_now, run)
        seal(shop, outlet_now, run)
        return [line for line in self.lines() if line.run == run]

    def lines(self, name: str = watch.NAME) -> list[Observation]:
        store = self.at.shop().store
        loaded = [line for key in sorted(store.list(f"observations/{name}/")) for line in observation.load(store.get(key))]
        return [line for line in loaded if line.kind == "article"]


@pytest.fixture(scope="module")
def place(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A sandbox: pages of loopback addresses may be captured there."""
    other, redirects = Site(), Redirects()
    other.publish(1)
    server = other.serve()
    with wadi(weed, tmp_path_factory.mktemp("watch"), 2, {"WARRAQ_SANDBOX": "1"}) as at:
        yield Place(at, other, f"http://127.0.0.1:{server.server_address[1]}", redirects)
    for one in (server, redirects.server):
        one.shutdown()
        one.server_close()


class TestPageOfNoOutlet:
    """One story, told in its order: each test begins where the one before it ended."""

    def test_nothing_is_watched_and_nothing_is_due(self, place: Place) -> None:
        plan = place.run(names=["plan"])["plan"]
        assert (plan.line, plan.nothing_due) == ("plan: no page is due", True)
        assert not [key for key in place.at.held() if key.startswith("plans/")]

    def test_watching_is_an_act_that_is_made_once(self, place: Place) -> None:
        done = place.at.call("watch", place.url(), place.redirects.url + "/gone", "--every", "1d", "--reason", "a case")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "watch: 2 of 2 pages put on the list, every 1d\n"
        one, _ = place.at.shop().catalog.acts().values()
        assert (one.act, one.outlet, one.url, one.reason, one.more) == (
            "watch",
            "watch",
            place.url(),
            "a case",
            {"every": 86_400},
        )
        again = place.at.call("watch", place.url(), "--every", "24h")
        assert (again.returncode, len(place.at.shop().catalog.acts())) == (99, 2)
        assert place.at.call("watch", place.url(), "--every", "90m").returncode == 0
        (two,) = [one for one in place.at.shop().catalog.watch_list() if one.url == place.url()]
        assert (two.every, two.since, two.act != acts.key(one)) == (5400, one.time, True)

    def test_the_list_says_when_it_is_captured_next(self, place: Place) -> None:
        out = [line.split()[:5] for line in place.at.call("watch").stdout.splitlines()]
        assert sorted(out) == [["1d", "never", "captured", "next", "now"], ["90m", "never", "captured", "next", "now"]]
        rows = [json.loads(line) for line in place.at.call("watch", "--json").stdout.splitlines()]
        assert {(row["url"], row["every"], row["last_fetch"], row["next"]) for row in rows} == {
            (place.url(), 5400, "", "now"),
            (place.redirects.url + "/gone", 86_400, "", "now"),
        }

    def test_a_run_asks_for_the_pages_and_nothing_else(self, place: Place) -> None:
        run = place.run(everything=False)
        assert run["plan"].line == "plan: 2 pages, 2 of them for the first time"
        assert sorted(place.asked()) == ["/archives/1", "/robots.txt"]
        assert sorted(place.redirects.asked) == ["/gone", "/robots.txt"]
        assert place.at.site.log == []
        assert {line.why for line in place.lines()} == {"watch"}
        row = place.at.shop().catalog.article(place.url(), "watch")
        assert (row.state, row.versions, row.title) == ("live", 1, place.other.articles[1].title)

    def test_it_is_not_due_again_before_its_pace_is_over(self, place: Place) -> None:
        assert place.run(everything=False, names=["plan"])["plan"].nothing_due
        shop = place.at.shop()
        shop.clock = lambda: datetime.now(UTC) + timedelta(hours=2)
        later = steps.make(shop, shop.outlet("watch"), new_run(shop), everything=False)
        assert [(task.url, task.why) for task in later.revisits] == [(place.url(), "watch")]
        assert later.only
        assert later.revisits[0].previous is not None
        shop.clock = lambda: datetime.now(UTC) + timedelta(hours=7)
        confirm = steps.make(shop, shop.outlet("watch"), new_run(shop), everything=False)
        assert {task.why for task in confirm.revisits} == {"watch", "confirm"}

    def test_an_edit_is_a_version_and_the_same_again_is_a_revisit(self, place: Place) -> None:
        place.other.edit(1)
        assert place.run()["seal"].data["events"] == {"body": 1}
        row = place.at.shop().catalog.history(place.url(), "watch")
        assert [version.kinds for version in row.versions] == [("new",), ("body",)]

    def test_pages_status_and_proof_know_it(self, place: Place, tmp_path: Path) -> None:
        pages = TestClient(Starlette(routes=[Mount("/warraq", web.create(opener(lambda: place.at.settings), Open()))]))
        article = article_id(place.url())
        changes, shown = pages.get("/warraq/changes?outlet=watch"), pages.get(f"/warraq/article/{article}")
        assert (changes.status_code, shown.status_code) == (200, 200)
        assert "Watched pages" in changes.text
        assert place.other.articles[1].title in shown.text
        assert "watch: 1 articles, 2 versions" in place.at.call("status").stdout
        proof = tmp_path / "proof.zip"
        assert place.at.call("prove", place.url(), "--out", str(proof)).returncode == 0
        assert examine(proof).findings == []

    def test_the_daily_sweep_reads_and_seals_what_a_run_left(self, place: Place) -> None:
        place.other.edit(1)
        place.run(names=["plan", "crawl"])
        done = place.at.call("seal", "--all")
        assert done.returncode == 0, done.stderr
        assert place.at.shop().catalog.article(place.url(), "watch").versions == 3

    def test_the_archive_is_whole_and_a_rebuild_gives_the_same(self, place: Place, tmp_path: Path) -> None:
        assert place.at.verified().findings == []
        fresh = place.at.shop(catalog=f"sqlite:///{tmp_path}/fresh.db")
        rebuild(fresh, {"watch": fresh.outlet("watch")}, lambda *_: None)
        assert fresh.catalog.tables() == place.at.shop().catalog.tables()
        assert len(fresh.catalog.watch_list()) == 2

    def test_another_machine_learns_of_it_by_listing(self, place: Place, tmp_path: Path) -> None:
        shop = place.at.shop(catalog=f"sqlite:///{tmp_path}/other.db", log_key_file=tmp_path / "none")
        assert len(steps.make(shop, shop.outlet("watch"), new_run(shop), everything=False).revisits) == 2

    def test_a_withheld_page_is_on_the_list_for_who_asks_and_is_captured_as_before(self, place: Place) -> None:
        assert place.at.call("restrict", place.url(), "--reason", "a threat").returncode == 0
        assert place.url() not in place.at.call("watch").stdout
        assert place.url() in place.at.call("watch", "--restricted").stdout
        place.asked()
        place.run(names=["plan", "crawl", "extract", "seal"])
        assert "/archives/1" in place.asked()
        assert place.at.call("restrict", place.url(), "--reason", "over", "--lift").returncode == 0

    def test_taken_off_the_list_it_is_asked_for_no_more_and_stays_what_it_was(self, place: Place) -> None:
        done = place.at.call("unwatch", place.url(), place.redirects.url + "/gone")
        assert (done.returncode, done.stdout) == (0, "unwatch: 2 of 2 pages taken off the list\n")
        assert place.at.call("unwatch", place.url()).returncode == 99
        assert place.run(names=["plan"])["plan"].nothing_due
        assert place.at.shop().catalog.article(place.url(), "watch").versions == 3


class TestAbsence:
    """No list speaks for a page of no outlet's; its site's front page does."""

    def test_it_is_confirmed_only_on_a_site_that_gives_its_front_page(self, place: Place) -> None:
        class Fronted(Site):
            front = 200

            def answer(self, path: str, host: str) -> tuple[int, str, bytes]:
                return (self.front, "text/html", b"<html><body>x</body></html>") if path == "/" else super().answer(path, host)

        sites = {front: Fronted() for front in (200, 404, 503)}
        for front, one in sites.items():
            one.front = front
        servers = {front: one.serve() for front, one in sites.items()}
        urls = {front: f"http://127.0.0.1:{one.server_address[1]}/archives/9" for front, one in servers.items()}
        try:
            seen = place.look(*(Task(url, "confirm", article_id(url)) for url in urls.values()))
        finally:
            for server in servers.values():
                server.shutdown()
                server.server_close()
        assert {line.klass for line in seen} == {"gone"}
        said = {front: {line.site for line in seen if line.url == url} for front, url in urls.items()}
        assert said == {200: {""}, 404: {"doubtful"}, 503: {"doubtful"}}
        for one in sites.values():
            paths = [delivery.path for delivery in one.log]
            assert paths.index("/") < paths.index("/archives/9"), "before the page, not after it"


class TestByHand:
    def test_it_is_captured_and_sealed_at_once(self, place: Place) -> None:
        place.other.publish(2)
        place.asked()
        done = place.at.call("capture", place.url(2), "--json")
        assert done.returncode == 0, done.stderr
        (page,) = json.loads(done.stdout)["pages"]
        assert (page["outlet"], page["klass"], page["versions"]) == ("watch", "content", 1)
        assert sorted(place.asked()) == ["/archives/2", "/robots.txt"]
        assert [line.why for line in place.lines() if line.url == place.url(2)] == ["asked"]
        assert place.at.shop().catalog.watch_list() == [], "once is not for ever"

    def test_a_retry_asks_for_nothing_again(self, place: Place) -> None:
        shop = place.at.shop()
        run = new_run(shop)
        first = asked.capture(shop, [place.url(2)], run)
        place.asked()
        again = asked.capture(place.at.shop(), [place.url(2)], run, 2)
        assert (again.data["pages"], place.asked()) == (first.data["pages"], [])

    def test_a_redirect_to_another_site_is_followed_and_both_are_told(self, place: Place) -> None:
        place.other.publish(3)
        place.redirects.to["/short"] = place.url(3)
        done = asked.capture(place.at.shop(), [place.redirects.url + "/short"], new_run(place.at.shop()))
        (page,) = done.data["pages"]
        assert (page["klass"], page["reason"]) == ("elsewhere", "redirected")
        assert place.at.shop().catalog.article(place.url(3), "watch").versions == 1

    def test_what_robots_txt_forbids_is_not_asked_for_and_the_others_are(self, place: Place) -> None:
        class Closed(Site):
            def answer(self, path: str, host: str) -> tuple[int, str, bytes]:
                if path == "/robots.txt":
                    return 200, "text/plain", b"User-agent: *\nDisallow: /archives/9\n"
                return super().answer(path, host)

        closed = Closed()
        closed.publish(1)
        closed.publish(9)
        server = closed.serve()
        base = f"http://127.0.0.1:{server.server_address[1]}/archives"
        try:
            with pytest.raises(Refused, match=r"not captured: .*/archives/9 \(1 disallowed\)"):
                asked.capture(place.at.shop(), [f"{base}/9", f"{base}/1"], new_run(place.at.shop()))
        finally:
            server.shutdown()
            server.server_close()
        assert sorted(delivery.path for delivery in closed.log) == ["/archives/1", "/robots.txt"]
        assert place.at.shop().catalog.article(f"{base}/1").versions == 1

    def test_no_address_is_asked_for_when_one_of_them_is_none(self, place: Place) -> None:
        place.asked()
        done = place.at.call("capture", place.url(2), "سوق")
        assert (done.returncode, place.asked()) == (78, [])
        assert "no web address" in done.stderr


def test_a_catalog_folds_acts_in_any_order(tmp_path: Path) -> None:
    told = [said("watch", 9), said("unwatch", 8), said("watch", 7, 60)]
    tables = []
    for n, some in enumerate(permutations(told)):
        catalog = Catalog(f"sqlite:///{tmp_path}/{n}.db")
        catalog.migrate()
        for one in some:
            catalog.note_acts({acts.key(one): one})
        tables.append(catalog.tables()["watched"])
        assert catalog.watched("watch") == {told[0].article: 60.0}
        catalog.close()
    assert all(rows == tables[0] for rows in tables)


def test_acts_of_the_list_are_logged_like_all_others(place: Place) -> None:
    assert act.bring_in(place.at.shop(), whole=True).nothing_due
