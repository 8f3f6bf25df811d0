"""Outlets whose articles are edited, drawn otherwise, doubted and read again at random: rows follow from the set of objects.

What all articles settle reaches every article that it bears on, whichever object came last, and none is folded for nothing.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive import acts, line_digests
from archive.acts import Act
from archive.catalog import Catalog, apply
from archive.observation import Observation
from archive.outlet import Outlet
from tests.histories import line, reading, revisit, sha
from tests.looks import NEW, OLD, drawn, url
from tests.test_catalog import key

OUTLET = Outlet(name="example", title="x", url="https://news.example/")
THIRD = sha("third theme", 8)
CLUTTER = {OLD: [], NEW: ["اقرأ أيضا", "شارك"], THIRD: ["حقوق"]}
Item = tuple[str, list[Observation]]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db")
    made.migrate()
    yield made
    made.close()


def accept(shape: str) -> dict[str, Act]:
    made = Act(acts.ACCEPT, "2026-11-22T01:00:00.000000Z", "amal", "read right", outlet="example", more={"shape": shape})
    return {acts.key(made): made}


def page(rng: random.Random, hours: float, number: int, text: str, shape: str, word: str) -> Observation:
    """As that theme shows it: with its lines, and the third one with a box that is another each time."""
    shown = shape if rng.random() < 0.85 else OLD
    body = "\n".join([text, *(CLUTTER[shown] if rng.random() < 0.9 else [])])
    if shown == THIRD and rng.random() < 0.5:
        body += f"\nأخبار {rng.randint(0, 99)}"
    doubt = "replacement" if rng.random() < 0.06 else ""
    rules = rng.choice(["r1", "r1", "r1", "r2"])
    made = drawn(hours, body, shown, number, word, rules=rules, noise=str(rng.randint(0, 1)), doubt=doubt)
    if rng.random() < 0.04 and made.reading is not None:
        made = replace(made, reading=replace(made.reading, shape=""))
    return made


def again(of: Observation, rules: str, hours: float) -> Observation:
    """Read again, by rules that find a little less."""
    assert of.reading is not None
    text = f"سطر {of.body[-6:]}"
    read = replace(reading("عنوان", text, rules), shape=of.reading.shape, lines=line_digests.of_text(text))
    return replace(of, reread=True, run=f"20261101T{int(hours) % 24:02d}0000Z-{'0' * 12}", reading=read)


def story(rng: random.Random) -> list[Item]:
    texts = {n: f"نص {n}\nسطر {n}\nخاص {n}" for n in range(rng.choice([5, 8, 12]))}
    items: list[Item] = []
    seen: list[Observation] = []
    hours, shape, shows_texts = 1.0, OLD, rng.random() < 0.5
    for step in range(rng.randint(3, 7)):
        shape = rng.choice([OLD, NEW, THIRD]) if rng.random() < 0.5 else shape
        here: list[Observation] = []
        for n in (n for n in texts if rng.random() < 0.6):
            texts[n] += f"\nجديد {step}" if rng.random() < 0.15 else ""
            here.append(page(rng, hours + n / 100, n, texts[n], shape, sha(texts[n], 16) if shows_texts else ""))
            if rng.random() < 0.1:
                here.append(revisit(here[-1], hours + 0.5 + n / 100))
            if rng.random() < 0.05:
                here.append(line(hours + 0.6 + n / 100, "gone", url(n), status=404))
        seen += [one for one in here if one.reading is not None]
        if rng.random() < 0.4:
            here += [again(one, rng.choice(["r3", "r4"]), hours) for one in rng.sample(seen, min(4, len(seen)))]
        half = rng.randint(0, len(here))
        items += [(key(int(hours) * 2 + k), part) for k, part in enumerate((here[:half], here[half:])) if part]
        hours += rng.choice([3, 7, 30, 50])
    return items


@pytest.mark.parametrize("seed", range(12))
def test_whatever_comes_first_the_rows_are_the_same(catalog: Catalog, seed: int) -> None:
    rng = random.Random(seed)
    items, ruled = story(rng), accept(rng.choice([NEW, THIRD])) if rng.random() < 0.5 else {}
    catalog.note_acts(ruled)
    catalog.apply_all(items, OUTLET)
    expected = catalog.tables()
    for _ in range(3):
        catalog.clear()
        rest = rng.sample(items, len(items))
        while rest:
            size = rng.randint(1, 3)
            batch, rest = rest[:size], rest[size:]
            catalog.apply_all(batch, OUTLET)
        catalog.note_acts(ruled)
        catalog.settle(OUTLET)
        assert catalog.tables() == expected


def test_what_bears_on_some_articles_has_only_those_folded_again(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A theme that comes over an outlet bit by bit settles something anew in each seal: the cost is what changed, not all."""
    old = [drawn(1 + n / 100, f"نص {n}", OLD, n) for n in range(60)]
    edited = [drawn(5 + n / 100, f"نص {n} وأكثر", OLD, n) for n in range(60)]
    catalog.apply_all([(key(1), old), (key(5), edited)], OUTLET)
    folded: list[str] = []
    fold = apply.fold
    monkeypatch.setattr(apply, "fold", lambda lines, *rest: folded.append(lines[0].article) or fold(lines, *rest))
    catalog.apply_all([(key(9), [drawn(9 + n / 100, f"نص {n} وأكثر\nأخبار {n}", NEW, n) for n in range(6)])], OUTLET)
    assert catalog.drift("example").settled.suspects
    assert len(folded) == 12, "the six that came in the new look, twice"
