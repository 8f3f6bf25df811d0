"""What happened, narrowed by outlet, kind, time, seed file and words: the same as sifting everything."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from archive.acts import Act
from archive.acts import key as act_key
from archive.catalog import Catalog, EventRow, stream, stretches
from archive.errors import Refused
from archive.keys import snapshot
from archive.search.entry import entry
from tests.histories import START, at, content, line
from tests.test_catalog import OUTLET, catalog, either, key, link, on_postgres, postgres, sha, story, url  # noqa: F401

OTHER = replace(OUTLET, name="second", url="https://second.example/")


@pytest.fixture
def told(either: Catalog) -> Catalog:  # noqa: F811
    for one in story():
        either.apply(*one, OUTLET)
    for n in range(30):
        first = content(20 + n, f"نص {n}", url=url(100 + n), outlet="second", snapshot=True)
        assert first.reading is not None
        links = (link("001.txt" if n % 3 else "009.txt"),) if n % 2 else ()
        place = snapshot("second", first.article, START + timedelta(hours=20 + n), sha(f"{n}"), "0" * 12)
        first = replace(first, reading=replace(first.reading, links=links, snapshot=place))
        gone = [line(60 + n, "gone", url(100 + n), outlet="second"), line(90 + n, "gone", url(100 + n), outlet="second")]
        either.apply(key(n).replace("example", "second"), [first, *(gone if n % 5 == 0 else [])], OTHER)
    waiting = [one for one in either.to_index(START + timedelta(days=30), 1000) if one.outlet == "second"]
    texts = {one: entry("عنوان", "السوق القديمة " + ("افتتحت" if i % 4 == 0 else "أغلقت")) for i, one in enumerate(waiting)}
    either.note_indexed(texts)  # an index outlives `clear`, so that on PostgreSQL it may have them
    either.note_acts({act_key(one): one for one in [Act("restrict", at(99), "amal", "a court", article=_of(either, 104))]})
    return either


def _of(given: Catalog, n: int) -> str:
    return given.article(url(n)).article


def sift(given: list[EventRow], outlet: str, kind: str, span: tuple[str, str], articles: set[str]) -> list[EventRow]:
    kept = (e for e in given if outlet in ("", e.outlet) and (not kind or kind in e.kinds) and e.article in articles)
    within = (e for e in kept if span[0] <= e.time < span[1])
    return sorted(within, key=lambda e: (e.time, e.outlet, e.article, e.number), reverse=True)


@pytest.mark.parametrize("few", [stream.FEW, 1])
def test_every_way_of_asking_is_as_sifting_all(told: Catalog, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "FEW", few)
    monkeypatch.setattr(stream, "OF_A_SEED", few)
    linked = {name: {v.article for v in told.links() if v.name == name} for name in ("001.txt", "009.txt", "000.txt")}
    worded = {words: set(told.search_articles(words)) for words in ("افتتحت", "السوق القديمة", "لاشيء")}
    everywhere = {row.article for row in told.articles()}
    assert len(worded["افتتحت"]) > 3 < len(worded["السوق القديمة"])
    assert linked["001.txt"], linked["009.txt"]
    spans = [("", ""), (at(21), at(70)), ("2026-11-23", "2026-11-23")]
    asked = itertools.product(("", "second"), ("", "gone", "body"), spans, ("", *linked), ("", *worded))
    shown, events = 0, told.events()
    for outlet, kind, (since, until), seed, words in asked:
        wanted = linked.get(seed, everywhere) & worded.get(words, everywhere)
        expected = sift(events, outlet, kind, (since, until + "T99" if len(until) == 10 else until or "9"), wanted)
        found = told.changes(outlet, kind, limit=1000, since=since, until=until, seed=seed, words=words)
        assert found == expected, (outlet, kind, since, until, seed, words)
        shown += len(found)
        if len(found) > 4:
            page = told.changes(outlet, kind, found[3].cursor, 4, since=since, until=until, seed=seed, words=words)
            assert page == expected[4:8]
    assert shown > 100


def test_a_reader_comes_to_the_end_however_little_is_looked_at_for_a_page(
    told: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = ({"words": "افتتحت"}, {"words": "السوق القديمة", "seed": "001.txt"}, {"seed": "001.txt"})
    expected = [told.changes(limit=1000, **narrower) for narrower in ways]
    for name, value in (("FEW", 1), ("OF_A_SEED", 1), ("LOOKED_AT", 6), ("AT_ONCE", 3)):
        monkeypatch.setattr(stream, name, value)
    for narrower, rows in zip(ways, expected, strict=True):
        pages, older = [], ""
        while not pages or older:
            pages.append(told.changes_page(stream.Asked(before=older, **narrower), 3))
            older = pages[-1].older
        assert [row for page in pages for row in page.rows] == rows != []
        ended = [page for page in pages if page.looked_to]
        assert ended, "six events for a page are not always enough"
        assert all(page.older and (not page.rows or page.rows[-1].time >= page.looked_to) for page in ended)


def test_words_and_a_kind_read_little_more_than_they_look_at(told: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    for of, name, value in ((stream, "FEW", 1), (stream, "AT_ONCE", 4), (stretches, "LEAST", 2)):
        monkeypatch.setattr(of, name, value)
    read: list[int] = []
    real = stretches._read
    monkeypatch.setattr(stretches, "_read", lambda *given: (found := real(*given), read.append(len(found)))[0])
    found = told.changes(kind="new", limit=1000, words="السوق القديمة")
    new = [row for row in told.events() if "new" in row.kinds]
    assert len(found) > 20
    assert sum(read) == len(new), "each once"
    assert len(read) <= len(new) / 4 + 3, "all kinds and outlets with one question"


def test_a_seed_file_by_its_sum(told: Catalog) -> None:
    assert told.changes(seed=sha("001.txt")) == told.changes(seed="001.txt") != []


def test_words_without_a_word(told: Catalog) -> None:
    with pytest.raises(Refused):
        told.changes(words="…")


def test_a_withheld_article_is_not_told(told: Catalog) -> None:
    hidden = [act.article for act in told.acts().values()]
    for more in ({}, {"seed": "001.txt"}, {"words": "السوق"}, {"kind": "new"}):
        assert not {e.article for e in told.changes(limit=1000, **more)} & {*hidden}
        assert {e.article for e in told.with_withheld().changes(limit=1000, **more)} > (
            set() if more.get("seed") else {*hidden}
        )
