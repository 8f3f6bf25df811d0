"""A site that answers 200 to everything: what it says to an address that cannot exist tells what is gone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archive import observation
from archive.observation import Observation
from archive.steps.nowhere import Nowhere
from tests.servers import Server
from tests.wadi import Wadi, wadi

SORRY = "<html lang='ar'><head><title>الوادي</title></head><body><div class='entry-content'><p>{}</p></div></body></html>"
WORDS = "لعلك تبحث عن خبر قديم من أخبار القرية، فابحث عنه في الأرشيف أو اسأل عنه في مكتب الجريدة عند الجسر."


@pytest.fixture(scope="module")
def at(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    with wadi(weed, tmp_path_factory.mktemp("nowhere"), articles=3) as made:
        answer = made.site.answer

        def always(path: str, host: str) -> tuple[int, str, bytes]:
            status, kind, body = answer(path, host)
            return (200, kind, SORRY.format(WORDS).encode()) if status == 404 else (status, kind, body)

        made.site.answer = always  # type: ignore[method-assign]
        made.run()
        yield made


def lines(at: Wadi) -> list[Observation]:
    store = at.shop().store
    return [line for key in sorted(store.list("observations/")) for line in observation.load(store.get(key))]


def test_what_the_site_said_is_found_again(at: Wadi) -> None:
    probes = [line for line in lines(at) if line.channel == "nowhere"]
    assert {(line.kind, line.klass, line.status) for line in probes} == {("channel", "channel", 200)}
    shop = at.shop()
    found = Nowhere(shop, shop.outlet("wadi")).of([])
    assert found is not None
    assert found.record == max(probes, key=lambda line: line.time).record


def test_an_article_that_says_the_same_from_then_on_is_absent_and_its_line_says_like_what(at: Wadi) -> None:
    record = next(line.record for line in lines(at) if line.channel == "nowhere")
    del at.site.articles[2]
    at.run()
    told = [line for line in lines(at) if line.kind == "article" and line.url.endswith("/2") and line.klass == "gone"]
    assert {(line.status, line.reason) for line in told} == {(200, "soft-404")}
    assert {line.like for line in told} <= {line.record for line in lines(at) if line.channel == "nowhere"}
    assert record in {line.like for line in told}
    (row,) = (row for row in at.shop().catalog.articles() if row.url.endswith("/2"))
    assert (row.versions, row.state, row.unconfirmed != "") == (1, "live", True)  # until it is seen again, in another run


def test_a_damaged_object_keeps_no_page_from_being_read(at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = at.shop()
    key, _ = shop.catalog.nowhere("wadi") or ("", 0)
    monkeypatch.setattr(shop.catalog, "nowhere", lambda _: (key, 10_000))
    assert Nowhere(shop, shop.outlet("wadi")).of([]) is None
    assert "is not read again" in at.said[-1]
