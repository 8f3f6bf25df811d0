"""A few of the attacks on a small archive, in every test run; `make attacks` has them all on 10,000 captures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.attacks.build import TINY, build, describe
from tests.attacks.scene import Attack, Expected, Finding, Scene, says
from tests.attacks.stage import ATTACKS, Report, cleanly, judge, play, scene_of
from tests.servers import Server

QUICK = [one for one in ATTACKS if one.quick]


@pytest.fixture(scope="module")
def scene(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = describe(tmp_path_factory.mktemp("attacks"), weed, TINY)
    with made.inside():
        yield scene_of(build(made))


def test_the_clean_archive_gives_no_finding(scene: Scene) -> None:
    assert cleanly(scene) == []


@pytest.mark.parametrize("attack", QUICK, ids=lambda one: one.name)
def test_it_is_detected_and_named(scene: Scene, attack: Attack) -> None:
    assert play(scene, attack).problems == []
    assert scene.bucket.undo() == set()


def test_what_is_counted_as_named() -> None:
    """The judge of all this: an object of another name, another kind or a finding too many is no success."""
    one, other = Finding("missing", "warc/a"), Finding("missing", "warc/b")
    assert judge(says("missing", "warc/a"), Report([one], 65, 0)) == []
    assert judge(says("missing", "warc/a"), Report([Finding("missing", "warc/a#0+12")], 65, 0)) == []
    assert judge(says("missing", "warc/a"), Report([other], 65, 0)) == [
        "not found: missing: warc/a",
        "not attacked: missing: warc/b",
    ]
    assert judge(says("altered", "warc/a"), Report([one], 65, 0)) == [
        "not found: altered: warc/a",
        "not attacked: missing: warc/a",
    ]
    assert judge(says("missing", "warc/a"), Report([one, other], 65, 0)) == ["not attacked: missing: warc/b"]
    assert judge(says("missing", "warc/a", may=(other,)), Report([one, other], 65, 0)) == []
    assert judge(says("missing", "warc/a"), Report([one], 0, 0)) == ["exit status 0"]
    assert judge(Expected(()), Report([], 0, 0)) == []
