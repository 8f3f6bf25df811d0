"""Keys of the bucket: what is built is what is parsed, and a listing by prefix finds it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import keys
from archive.errors import BadRecord

RUN = "20261122T011200Z-3fa9c1b2d4e5"
names = st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True)
moments = st.integers(0, 10**11).map(lambda tick: datetime(1996, 1, 1, tzinfo=UTC) + timedelta(seconds=tick / 32))
runs = st.builds(keys.run_id, moments, st.text(), st.text())
hex12 = st.text("0123456789abcdef", min_size=12, max_size=12)
stems = st.builds(keys.Stem, names, runs, st.integers(1, 999), st.integers(1, 99_999), hex12)


@given(stems)
def test_a_stem_comes_back_from_each_of_its_keys(stem: keys.Stem) -> None:
    for key in (stem.warc, stem.cdxj, stem.observations):
        assert keys.parse_stem(key) == stem
        assert key.isascii()
        (prefix,) = keys.day_prefixes(key.partition("/")[0], stem.outlet, [keys.run_time(stem.run)])
        assert key.startswith(f"{prefix}{stem.run}.")


@given(st.lists(stems, max_size=8))
def test_keys_sort_by_the_time_of_their_runs(some: list[keys.Stem]) -> None:
    same = [keys.Stem("wadi", one.run, one.attempt, one.seq, one.sha12) for one in some]
    times = [keys.run_time(one.run) for one in sorted(same, key=lambda one: one.warc)]
    assert times == sorted(times)


@given(moments, st.integers(-14 * 60, 14 * 60), st.text(), st.text())
def test_a_run_id_tells_its_time_and_is_the_same_for_the_same_identity(when: datetime, off: int, one: str, two: str) -> None:
    run = keys.run_id(when, one, two)
    assert keys.run_time(run) == when.replace(microsecond=0)
    assert keys.run_id(when.astimezone(timezone(timedelta(minutes=off))), one, two) == run
    assert (keys.run_id(when, two, one) == run) == (one == two)


def test_the_identity_is_joined_by_nul_as_the_format_says() -> None:
    when = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
    assert keys.run_id(when, "a", "b", "c") == "20261122T011200Z-" + hashlib.sha256(b"a\0b\0c").hexdigest()[:12]


def test_keys_as_the_format_has_them() -> None:
    stem = keys.Stem("xeber24", RUN, 2, 7, "0123456789ab")
    assert stem.warc == f"warc/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.warc.gz"
    assert stem.cdxj == f"cdxj/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.cdxj"
    assert stem.observations == f"observations/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.jsonl.gz"
    assert keys.plan("xeber24", RUN) == f"plans/xeber24/2026/11/22/{RUN}.json.gz"
    assert keys.seed("0123456789ab", "001.txt") == "seeds/0123456789ab/001.txt"
    when = datetime(2026, 11, 22, 3, 12, 5, 42, tzinfo=timezone(timedelta(hours=2)))
    key = keys.snapshot("xeber24", "f" * 32, when, "ab" * 32, "0" * 12)
    assert key == f"snapshots/xeber24/{'f' * 32}/20261122T011205000042Z-{'ab' * 6}/{'0' * 12}.json.gz"


@given(moments)
def test_a_compact_time_sorts_and_keeps_every_microsecond(when: datetime) -> None:
    text = keys.compact_time(when)
    assert datetime.strptime(text, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC) == when
    assert keys.compact_time(when + timedelta(microseconds=1)) > text


@pytest.mark.parametrize(
    "key",
    [
        "",
        "warc",
        f"warc/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.cdxj",
        f"snapshots/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.warc.gz",
        f"warc/Xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.warc.gz",
        f"warc/xeber24/2026/11/22/{RUN}.٢-00007-0123456789ab.warc.gz",
        f"warc/xeber24/2026/11/22/{RUN}.02-00007-0123456789ab.warc.gz",
        f"warc/xeber24/2026/11/22/{RUN}.2-7-0123456789ab.warc.gz",
        f"warc/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.warc.gz\n",
        f"warc/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.warc.gz.tmp",
        f"observations/xeber24/2026/11/22/{RUN}.2-00007-0123456789ab.f00f00f00f00.jsonl.gz",
    ],
)
def test_what_is_no_key_of_a_packed_file_is_refused(key: str) -> None:
    with pytest.raises(BadRecord, match="is not the key"):
        keys.parse_stem(key)


@given(st.text(max_size=40))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    for kind in ("warc/", "cdxj/", "observations/", ""):
        with pytest.raises(BadRecord):
            keys.parse_stem(kind + text)


@pytest.mark.parametrize("run", ["", "20261122", RUN[:-1], RUN + "0", RUN.upper(), RUN + "\n", "20261340T011200Z-3fa9c1b2d4e5"])
def test_what_is_no_run_id_is_refused(run: str) -> None:
    with pytest.raises(BadRecord, match=re.escape(repr(run))):
        keys.run_time(run)


def test_a_key_whose_day_is_not_its_run_s_is_refused() -> None:
    """Its stem would name another object: the day in a key is the run's."""
    with pytest.raises(BadRecord):
        keys.parse_stem(f"warc/xeber24/2026/11/23/{RUN}.2-00007-0123456789ab.warc.gz")
