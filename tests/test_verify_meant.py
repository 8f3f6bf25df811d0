"""What was meant to be captured against what was: plans and listings against captures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from archive import keys
from archive.address import article_id
from archive.observation import Observation
from archive.plan import Plan, Task
from archive.steps.inspect import inspect
from archive.verify.meant import Meant, left
from tests.servers import Server
from tests.wadi import Wadi, new_run, wadi

RUN = keys.run_id(datetime(2026, 11, 22, 1, 12, tzinfo=UTC), "test")


def url(n: int) -> str:
    return f"https://example.org/{n}"


def line(kind: str, n: int = 0, **more: object) -> Observation:
    made = Observation(
        kind=kind, klass="content" if kind == "article" else "channel", reason="", outlet="wadi", run=RUN,
        time="2026-11-22T01:13:00.000000Z", url=url(n), warc="w", offset=0, length=1, record="r", record_type="response",
        record_digest="d", article=article_id(url(n)) if kind == "article" else "",
    )  # fmt: skip
    return replace(made, **more)


def listing(*numbers: int, time: str = "2026-11-22T01:13:00.000000Z") -> Observation:
    items = tuple({"article": article_id(url(n)), "url": url(n)} for n in numbers)
    return line("channel", channel="rest", items=items, time=time)


def plan(*numbers: int) -> Plan:
    return Plan(RUN, "wadi", walk=True, revisits=tuple(Task(url(n), "revisit", article_id(url(n))) for n in numbers))


def urls(wishes: list[tuple[str, str, str]]) -> list[str]:
    return [address for _, address, _ in wishes]


def test_a_run_left_what_it_planned_and_what_it_listed_and_nobody_ever_tried() -> None:
    lines = [listing(1, 2, 3), line("article", 1)]
    assert urls(left(plan(4, 5), [*lines, line("article", 4)], {article_id(url(2))})) == [url(5), url(3)]
    assert left(plan(1), lines, {article_id(url(n)) for n in (2, 3)}) == []
    assert urls(left(plan(6), [], {article_id(url(6))})) == [url(6)], "planned again, and not tried again"


def test_a_capture_that_failed_or_read_late_counts_as_a_try_and_no_sighting() -> None:
    assert left(plan(1), [line("article", 1, klass="broken", status=0)], set()) == []
    assert urls(left(plan(1), [line("article", 1, reread=True)], set())) == [url(1)]


def test_over_the_whole_archive_in_whatever_order_it_is_read() -> None:
    parts = [Meant() for _ in range(3)]
    parts[0].see([listing(1, 2, time="2026-11-20T00:00:00.000000Z")])
    parts[1].see([line("article", 1)])
    parts[2].plan(plan(3))
    parts[2].see([listing(2, 3)])
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2)):
        whole = Meant()
        for number in order:
            whole += parts[number]
        assert [(address, source) for _, address, source in whole.missing()] == [(url(2), "rest"), (url(3), "plan")]
        assert whole.missing()[0][0].startswith("2026-11-20")


@pytest.fixture(scope="module")
def at(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    with wadi(weed, tmp_path_factory.mktemp("meant"), articles=12) as made:
        yield made


def test_inspect_and_verify_name_what_a_short_run_left(at: Wadi) -> None:
    """The budget is over before the twelve that the channels list are fetched; the next run has time for them."""
    at.outlet_file("budget = 1.5\n")
    at.site.pause = 0.4
    run = new_run(at.shop())
    for step, more in (("plan", ()), ("crawl", (1,)), ("extract", ()), ("seal", ())):
        at.step(step, run, *more)
    shop = at.shop()
    done = inspect(shop, shop.outlet("wadi"), run)
    missing = done.data["not_captured"]
    tried = len(shop.catalog.attempted("wadi"))
    assert 0 < missing["count"] == 12 - tried
    assert len(missing["first"]) == min(5, missing["count"])
    assert all(wish["url"].startswith(at.url) for wish in missing["first"])
    assert "budget" in missing["reason"]
    assert f"{missing['count']} planned or listed, not captured (stopped: " in done.line

    report = at.verified()
    assert report.findings == []
    assert report.uncaptured["count"] == missing["count"]
    assert f"(not captured: {missing['count']} articles" in at.call("verify").stdout

    at.outlet_file()
    at.site.pause = 0
    after = at.run()["inspect"]
    assert after.data["not_captured"]["count"] == 0
    assert "not captured" not in after.line
    assert at.verified().uncaptured == {"count": 0, "oldest": []}
