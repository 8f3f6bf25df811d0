"""Figures, crossings and what they settle, in the catalog: the same rows in whatever order things come."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import acts
from archive.acts import Act
from archive.address import article_id
from archive.catalog import Catalog
from archive.observation import Observation
from archive.outlet import Outlet
from tests.histories import line, sha
from tests.looks import NEW, OLD, drawn, url
from tests.test_catalog import key

OUTLET = Outlet(name="example", title="x", url="https://news.example/")
RIGHT = {article_id(url(n)) for n in range(8)}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    yield made
    made.close()


def story(word: str = "") -> list[tuple[str, list[Observation]]]:
    """Eight articles, then the new theme: half of them in one object, half in the next; and one back in the old theme."""
    before = [drawn(1 + n / 100, f"نص {n}\nسطر {n}", OLD, n, word) for n in range(8)]
    after = [drawn(9 + n / 100, f"نص {n}\nسطر {n}\nعنوان {n * 3}", NEW, n, word) for n in range(8)]
    return [
        (key(1), before),
        (key(9), after[:4]),
        (key(10), [*after[4:], line(10.5, "broken", url(9))]),
        (key(12), [drawn(12, "نص 3\nسطر جديد", OLD, 3)]),
        (key(13), [drawn(13, "نص 4\nسطر 4 عاجل\nعنوان 12", NEW, 4)]),
    ]


def accept(shape: str = NEW) -> dict[str, Act]:
    made = Act(acts.ACCEPT, "2026-11-22T01:00:00.000000Z", "amal", "the new theme", outlet="example", more={"shape": shape})
    return {acts.key(made): made}


def kinds(catalog: Catalog) -> list[str]:
    return sorted("+".join(one.kinds) for one in catalog.events() if one.kinds != ("new",))


def test_a_new_theme_opens_one_alarm_and_no_event(catalog: Catalog) -> None:
    for one in story()[:3]:
        assert [event.kinds for event in catalog.apply(*one, OUTLET) if event.kinds != ("new",)] == []
    found = catalog.drift("example")
    (alarm,) = [one for one in found.standing if one.fault == "look"]
    assert (alarm.shape, alarm.bad, alarm.act, len(alarm.examples)) == (NEW, 8, True, 5)
    assert alarm.opened.startswith("20261101T09"), "in the run that showed it"
    assert {article for article, _ in alarm.examples} <= RIGHT
    assert found.waiting == 8
    assert kinds(catalog) == []


def test_an_accepted_look_closes_the_alarm_and_what_changed_after_it_is_told(catalog: Catalog) -> None:
    for one in story():
        catalog.apply(*one, OUTLET)
    assert kinds(catalog) == ["body"], "the one that went back to the old theme with another text"
    catalog.note_acts(accept())
    catalog.settle(OUTLET)
    assert kinds(catalog) == ["body", "body"]
    found = catalog.drift("example")
    assert ([one for one in found.standing if one.shape], found.waiting) == ([], 0)
    before = catalog.tables()
    catalog.settle(OUTLET)
    assert catalog.tables() == before


def test_an_act_on_another_outlet_or_another_shape_accepts_nothing(catalog: Catalog) -> None:
    for one in story():
        catalog.apply(*one, OUTLET)
    expected = catalog.drift("example").waiting
    catalog.note_acts(accept(sha("another", 8)))
    catalog.settle(OUTLET)
    assert catalog.drift("example").waiting == expected > 0


@pytest.mark.parametrize("accepted", [False, True])
def test_in_any_order_and_pieces_the_rows_are_the_same(catalog: Catalog, accepted: bool) -> None:
    items = story()
    ruled = accept() if accepted else {}
    catalog.note_acts(ruled)
    catalog.apply_all(items, OUTLET)
    expected = catalog.tables()
    chance = random.Random(7)
    for _ in range(10):
        catalog.clear()
        chance.shuffle(items)
        early = chance.random() < 0.5
        if early:
            catalog.note_acts(ruled)
        rest = list(items)
        while rest:
            size = chance.randint(1, 3)
            batch, rest = rest[:size], rest[size:]
            catalog.apply_all(batch, OUTLET)
        catalog.note_acts(ruled)
        catalog.settle(OUTLET)
        assert catalog.tables() == expected


def test_the_last_content_is_what_the_settled_history_says(catalog: Catalog) -> None:
    """extract compares with it: before the look is accepted with the old one, then with the new one."""
    for one in story()[:3]:
        catalog.apply(*one, OUTLET)
    (article,) = [article_id(url(5))]

    def shape() -> str:
        reading = catalog.last_content("example", [article])[article].reading
        return reading.shape if reading else ""

    assert shape() == OLD
    catalog.note_acts(accept())
    catalog.settle(OUTLET)
    assert shape() == NEW


def test_addresses_of_withheld_articles_are_not_named(catalog: Catalog) -> None:
    for one in story()[:3]:
        catalog.apply(*one, OUTLET)
    hidden = {article for one in catalog.drift("example").standing for article, _ in one.examples}
    assert hidden
    for n, article in enumerate(sorted(hidden)):
        made = Act("restrict", f"2026-11-22T01:{n:02}:00.000000Z", "amal", "a witness", article=article)
        catalog.note_acts({acts.key(made): made})
    assert hidden.isdisjoint({article for one in catalog.drift("example").standing for article, _ in one.examples})
    assert hidden & {article for one in catalog.with_withheld().drift("example").standing for article, _ in one.examples}


def test_a_theme_that_changes_no_text_is_told_once_and_is_over(catalog: Catalog) -> None:
    catalog.apply(key(1), [drawn(1 + n / 100, f"نص {n}", OLD, n) for n in range(8)], OUTLET)
    catalog.apply(key(9), [drawn(9 + n / 100, f"نص {n}", NEW, n) for n in range(8)], OUTLET)
    (alarm,) = [one for one in catalog.drift("example").alarms if one.shape]
    assert (alarm.fault, alarm.shape, alarm.bad, alarm.act, alarm.closed) == ("theme", NEW, 8, False, alarm.opened)
    assert (kinds(catalog), catalog.drift("example").waiting) == ([], 0)
