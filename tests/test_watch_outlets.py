"""Pages that belong to an outlet: asked for by hand or watched, they are articles of it. No sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive import plan as plans
from archive.address import article_id, host_of
from archive.errors import HostBusy, Refused
from archive.steps import asked, crawl
from archive.steps import watch as steps
from archive.steps.workshop import Outcome
from tests.faults.site import Site
from tests.servers import Server
from tests.wadi import Wadi, new_run, wadi


@pytest.fixture(scope="module")
def real(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    """No sandbox: the newsroom's outlet file says that its address is private, and the watch list's never may be."""
    with wadi(weed, tmp_path_factory.mktemp("real"), 3) as at:
        yield at


class TestArticleOfAnOutlet:
    """A story too."""

    def test_a_page_by_hand_is_an_article_of_its_outlet_and_waits_for_no_crawl(self, real: Wadi) -> None:
        shop = real.shop()
        assert shop.catalog.lease(host_of(real.url), "elsewhere:boot.1:1:1", 600, shop.clock()), "a crawl of the host goes on"
        done = asked.capture(shop, [f"{real.url}archives/1"], new_run(shop))
        assert [(page["outlet"], page["klass"]) for page in done.data["pages"]] == [("wadi", "content")]
        assert sorted(delivery.path for delivery in real.site.log) == ["/archives/1", "/robots.txt"]
        shop.catalog.release(host_of(real.url), "elsewhere:boot.1:1:1")

    def test_two_of_one_host_wait_for_each_other(self, real: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        shop = real.shop()
        name = f"by hand: {host_of(real.url)}"
        assert shop.catalog.lease(name, "elsewhere:boot.1:1:1", 600, shop.clock())
        monkeypatch.setattr(crawl, "BY_HAND", 0.0)
        with pytest.raises(HostBusy):
            asked.capture(shop, [f"{real.url}archives/1"], new_run(shop))
        shop.catalog.release(name, "elsewhere:boot.1:1:1")
        monkeypatch.setattr(crawl, "BY_HAND", 60.0)
        assert shop.catalog.lease(name, "elsewhere:boot.1:1:1", 1, shop.clock()), "of one that dies: it runs out"
        assert asked.capture(shop, [f"{real.url}archives/1"], new_run(shop)).data["pages"]

    def test_the_outlets_own_runs_go_on_as_if_it_had_not_been(self, real: Wadi) -> None:
        run = real.run()
        plan = plans.load(real.shop().store.get(f"plans/wadi/{_folder(run)}.json.gz"))
        assert (plan.walk, plan.only) == (True, False)
        assert run["seal"].data["events"] == {"new": 2}

    def test_watched_in_scope_it_is_an_article_of_the_outlet_with_its_pace(self, real: Wadi) -> None:
        shop = real.shop()
        done = steps.watch(shop, [f"{real.url}archives/2", f"{real.url}about"], "2h")
        assert [page["outlet"] for page in done.data["pages"]] == ["wadi", "watch"]
        assert shop.catalog.watched("wadi") == {article_id(f"{real.url}archives/2"): 7200.0}
        (due,) = steps.make(shop, shop.outlet("watch"), new_run(shop), everything=False).revisits
        assert due.url == f"{real.url}about"

    def test_one_that_the_outlet_has_never_seen_is_in_its_next_plan(self, real: Wadi) -> None:
        hidden = f"{real.url}archives/77"  # nobody lists it
        real.site.publish(77)
        page, real.site.articles = real.site.articles[77], {n: a for n, a in real.site.articles.items() if n != 77}
        assert steps.watch(real.shop(), [hidden]).data["pages"][0]["outlet"] == "wadi"
        real.site.articles[77] = page
        before = len(real.site.log)
        plan = plans.load(real.shop().store.get(f"plans/wadi/{_folder(real.run())}.json.gz"))
        assert (hidden, "watch") in {(task.url, task.why) for task in plan.revisits}
        assert "/archives/77" in [delivery.path for delivery in real.site.log[before:]]

    def test_a_private_address_is_never_asked_outside_a_sandbox(self, real: Wadi) -> None:
        other = Site()
        other.publish(1)
        server = other.serve()
        url = f"http://127.0.0.1:{server.server_address[1]}/archives/1"
        try:
            with pytest.raises(Refused, match="private address"):
                asked.capture(real.shop(), [url], new_run(real.shop()))
        finally:
            server.shutdown()
            server.server_close()
        assert other.log == []

    def test_an_outlet_that_is_switched_off_has_none(self, real: Wadi) -> None:
        real.outlet_file("enabled = false\n")
        try:
            assert steps.owner(real.shop(), f"{real.url}archives/3") == "watch"
        finally:
            real.outlet_file()
        assert steps.owner(real.shop(), f"{real.url}archives/3") == "wadi"


def _folder(run: dict[str, Outcome]) -> str:
    made = str(run["plan"].data["run"])
    return f"{made[:4]}/{made[4:6]}/{made[6:8]}/{made}"
