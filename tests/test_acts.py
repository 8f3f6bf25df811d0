"""Acts: the objects, what follows from them, and that they reach every catalog and the log once."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from archive import acts
from archive.acts import Act, Ruling, Standing
from archive.errors import BadRecord, Refused
from archive.log.writer import walk
from archive.s3 import S3Store
from archive.settings import Settings
from archive.steps import act as steps
from archive.steps.rebuild import rebuild
from archive.steps.workshop import Workshop
from archive.store import put_once

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ONE, TWO = "1" * 32, "2" * 32


def act(kind: str, minute: int = 0, article: str = ONE, **more: object) -> Act:
    fields = {"by": "amal", "reason": "أمر محكمة", "article": article, "url": "https://wadi.example/1"} | more
    return Act(kind, acts.stamp(NOON + timedelta(minutes=minute)), **fields)  # type: ignore[arg-type]


def keyed(*some: Act) -> dict[str, Act]:
    return {acts.key(one): one for one in some}


class TestObject:
    def test_it_is_sorted_json_and_comes_back(self) -> None:
        one = act("hold", outlet="wadi", log_size=7, more={"court": "دمشق"})
        data = acts.dump(one)
        assert (
            data
            == (
                '{"act":"hold","article":"' + ONE + '","by":"amal","log_size":7,"more":{"court":"دمشق"},"outlet":"wadi",'
                '"reason":"أمر محكمة","time":"2026-11-22T12:00:00.000000Z","url":"https://wadi.example/1","v":1}\n'
            ).encode()
        )
        assert acts.load(data) == one
        sha12 = hashlib.sha256(data).hexdigest()[:12]
        assert acts.key(one) == f"acts/2026/11/22/20261122T120000000000Z-{sha12}.json"

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"reason": " "}, "no reason"),
            ({"by": ""}, "names nobody"),
            ({"article": ""}, "names no article"),
            ({"article": "12"}, "no article's id"),
            ({"act": "Restrict it"}, "no kind"),
            ({"time": "2026-11-22T12:00:00Z"}, "no time"),
            ({"time": "2026-13-22T12:00:00.000000Z"}, "no time"),
            ({"log_size": -1}, "log_size"),
        ],
    )
    def test_one_that_says_too_little_is_refused(self, changed: dict[str, object], words: str) -> None:
        bad = replace(act("restrict"), **changed)  # type: ignore[arg-type]
        with pytest.raises(Refused, match=words):
            acts.dump(bad)
        good = acts.dump(act("restrict"))
        for name, value in changed.items():
            held = getattr(act("restrict"), name)
            good = good.replace(f'"{name}":"{held}"'.encode(), f'"{name}":"{value}"'.encode())
        if "log_size" not in changed:
            with pytest.raises(BadRecord, match=words):
                acts.load(good)

    @pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v":2}', b'{"v":1,"act":"hold","who":"me"}', b'{"v":1,"act":7}'])
    def test_bytes_that_are_none(self, data: bytes) -> None:
        with pytest.raises(BadRecord):
            acts.load(data)

    def test_a_kind_of_a_newer_version_is_kept_and_changes_nothing(self) -> None:
        newer = act("embargo")
        assert acts.load(acts.dump(newer)) == newer
        assert acts.fold(keyed(newer)) == {}


def test_the_format_names_every_field_and_kind() -> None:
    text = (
        (Path(__file__).parent.parent / "docs/FORMAT.md").read_text("utf-8").partition("## Acts")[2].partition("## History")[0]
    )
    told, kinds = text.partition("| act | meaning")[::2]
    named = [name for row in re.findall(r"(?m)^\| (`[^|]+`) \|", told) for name in re.findall(r"`(\w+)`", row)]
    assert set(named) == {one.name for one in fields(Act)}
    assert set(re.findall(r"(?m)^\| `([\w-]+)` \|", kinds)) == set(acts.KINDS)


class TestFold:
    def test_in_whatever_order_they_arrive(self) -> None:
        story = [act("restrict"), act("lift", 1), act("restrict", 2), act("hold", 3, TWO), act("restrict", 4), act("repair", 5)]
        key = {one: acts.key(one) for one in story}
        expected = {
            ONE: Standing(withheld=Ruling(story[2].time, key[story[2]])),
            TWO: Standing(held=Ruling(story[3].time, key[story[3]])),
        }
        assert all(acts.fold(keyed(*order)) == expected for order in permutations(story))

    def test_what_is_lifted_and_released_is_gone(self) -> None:
        assert acts.fold(keyed(act("restrict"), act("hold"), act("lift", 1), act("release", 2))) == {}

    def test_at_one_and_the_same_time_what_protects_stands(self) -> None:
        assert acts.fold(keyed(act("restrict"), act("lift")))[ONE].withheld is not None

    def test_the_time_of_an_act_is_after_those_that_it_answers(self) -> None:
        ahead = act("restrict", 60 * 24 * 400)  # by a machine whose clock was wrong
        lift = replace(act("lift"), time=acts.after(NOON, [ahead]))
        assert acts.fold(keyed(ahead, lift)) == {}
        assert acts.after(NOON, [act("restrict", -1)]) == acts.stamp(NOON)

    def test_at_the_end_of_all_time_what_protects_stands(self) -> None:
        """Somebody put a lift there, so that nothing could come after it."""
        last = replace(act("lift"), time="9999-12-31T23:59:59.999999Z")
        restrict = replace(act("restrict"), time=acts.after(NOON, [last]))
        assert restrict.time == last.time
        assert acts.fold({acts.key(one): one for one in (last, restrict)})[ONE].withheld is not None


@pytest.fixture
def shop(settings: Settings, store: S3Store) -> Workshop:
    return Workshop(replace(settings, operator="amal"), clock=lambda: NOON, say=lambda _: None)


def elsewhere(shop: Workshop, tmp_path: Path, name: str = "other") -> Workshop:
    """Another machine: the same bucket, a catalog of its own."""
    said: list[str] = []
    other = Workshop(replace(shop.settings, catalog=f"sqlite:///{tmp_path}/{name}.db"), clock=shop.clock, say=said.append)
    other.said = said  # type: ignore[attr-defined]
    return other


def units(store: S3Store) -> list[str]:
    return [unit.key for batch in walk(store, 0) for unit in batch.units if unit.key.startswith("acts/")]


class TestPerform:
    def test_an_act_is_an_object_a_leaf_and_in_force(self, shop: Workshop) -> None:
        done = steps.perform(
            shop, steps.make(shop, "restrict", "أمر محكمة", outlet="wadi", article=ONE, url="https://w.example/1")
        )
        key = done.data["key"]
        held = shop.store.get(key)
        assert acts.load(held).by == "amal"
        assert units(shop.store) == [key]
        leaf = next(leaf for batch in walk(shop.store, 0) for leaf in batch.leaves if leaf.kind == "act")
        assert leaf.sha256 == hashlib.sha256(held).hexdigest()
        assert "محكمة".encode() not in leaf.entry
        assert shop.catalog.standing() == {ONE: Standing(withheld=Ruling(acts.stamp(NOON), key))}

    def test_a_later_one_answers_it_even_when_the_clock_stands(self, shop: Workshop) -> None:
        steps.perform(shop, steps.make(shop, "restrict", "a threat", article=ONE))
        steps.perform(shop, steps.make(shop, "lift", "it passed", article=ONE))
        assert shop.catalog.standing() == {}
        assert len(shop.catalog.acts(ONE)) == 2

    def test_no_redaction_and_nothing_unknown(self, shop: Workshop) -> None:
        for kind in ("redact", "embargo"):
            with pytest.raises(Refused, match="nothing in this version performs"):
                steps.perform(shop, act(kind))
        assert list(shop.store.list("acts/")) == []

    def test_a_machine_without_the_key_puts_nothing(self, shop: Workshop, tmp_path: Path) -> None:
        shop.settings = replace(shop.settings, log_key_file=tmp_path / "none")
        with pytest.raises(Refused, match="no key"):
            steps.perform(shop, act("restrict"))
        assert list(shop.store.list("acts/")) == []

    def test_who_decides(self, shop: Workshop) -> None:
        assert steps.operator(shop.settings) == "amal"
        assert steps.operator(replace(shop.settings, operator="")) not in ("", "amal")


class TestOtherMachines:
    def test_their_acts_come_in_and_are_logged_once(self, shop: Workshop, tmp_path: Path) -> None:
        steps.perform(shop, act("restrict"))
        other = elsewhere(shop, tmp_path)
        assert not steps.bring_in(other, whole=False).nothing_due
        assert other.catalog.standing() == shop.catalog.standing() != {}
        assert steps.bring_in(other, whole=False).nothing_due
        assert len(units(shop.store)) == 1

    def test_an_act_that_nobody_logged_is_logged(self, shop: Workshop, tmp_path: Path) -> None:
        orphan = act("restrict")  # its machine died between the two
        put_once(shop.store, acts.key(orphan), acts.dump(orphan))
        for machine in (shop, elsewhere(shop, tmp_path)):
            steps.bring_in(machine, whole=False)
            assert ONE in machine.catalog.standing()
        assert units(shop.store) == [acts.key(orphan)]

    def test_an_act_noted_here_and_not_logged_is_logged(self, shop: Workshop) -> None:
        orphan = act("restrict")
        put_once(shop.store, acts.key(orphan), acts.dump(orphan))
        shop.catalog.note_acts(keyed(orphan))
        assert steps.bring_in(shop, whole=False).data["leaves"] > 0
        assert units(shop.store) == [acts.key(orphan)]

    def test_one_with_an_old_time_comes_in_with_the_daily_sweep(self, shop: Workshop) -> None:
        steps.perform(shop, act("restrict"))
        old = act("hold", -60 * 24 * 300, TWO)
        put_once(shop.store, acts.key(old), acts.dump(old))
        assert steps.bring_in(shop, whole=False).nothing_due
        assert steps.bring_in(shop, whole=True).data["new"] == [acts.key(old)]

    def test_after_a_long_pause_everything_since_comes_in(self, shop: Workshop) -> None:
        first, later = act("restrict", -60 * 24 * 60), act("hold", -60 * 24 * 30, TWO)
        steps.perform(shop, first)
        put_once(shop.store, acts.key(later), acts.dump(later))
        assert steps.bring_in(shop, whole=False).data["new"] == [acts.key(later)]

    def test_a_damaged_one_is_told_and_the_others_count(self, shop: Workshop, tmp_path: Path) -> None:
        shop.store.put("acts/2026/11/22/20261122T120000000000Z-000000000000.json", b"{}\n")
        moved = acts.key(act("lift", 1)).replace(".json", "").rpartition("-")[0] + "-000000000000.json"
        shop.store.put(moved, acts.dump(act("lift", 1)))
        put_once(shop.store, acts.key(act("restrict")), acts.dump(act("restrict")))
        other = elsewhere(shop, tmp_path)
        steps.bring_in(other, whole=False)
        assert list(other.catalog.standing()) == [ONE]
        assert len([line for line in other.said if "not taken in" in line]) == 2  # type: ignore[attr-defined]

    def test_a_rebuild_gives_the_same_rows(self, shop: Workshop) -> None:
        for one in (act("restrict"), act("lift", 1), act("restrict", 2), act("hold", 3, TWO)):
            steps.perform(shop, one)
        before = shop.catalog.tables()
        assert len(before["act"]) == 4
        assert len(before["standing"]) == 2
        outcome = rebuild(shop, {}, lambda *_: None)
        assert outcome.data["acts"] == 4
        assert shop.catalog.tables() == before

    def test_in_any_order_the_same_rows(self, shop: Workshop, tmp_path: Path) -> None:
        some = keyed(act("restrict"), act("lift", 1), act("hold", 2), act("restrict", 3))
        seen = []
        for n, order in enumerate(permutations(some)):
            machine = elsewhere(shop, tmp_path, f"order{n}")
            for key in order:
                machine.catalog.note_acts({key: some[key]})
                machine.catalog.note_acts({key: some[key]})
            seen.append({name: machine.catalog.tables()[name] for name in ("act", "standing")})
            machine.catalog.close()
        assert all(one == seen[0] for one in seen)
