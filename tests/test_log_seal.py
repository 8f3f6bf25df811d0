"""seal and the log: every unit once and signed, whoever dies where, whoever else is at work, whatever was tampered with."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from archive import keys, observation
from archive.capture import Exchange, Note
from archive.errors import BadRecord, Broken, Conflict, Refused, TryAgain
from archive.keys import Stem
from archive.log.leaf import Leaf, Unit
from archive.log.writer import published, walk
from archive.outlet import Layout, Outlet
from archive.s3 import S3Store
from archive.settings import Settings
from archive.spool import Spool, finished, upload
from archive.steps.extract import extract
from archive.steps.plan import plan
from archive.steps.seal import seal
from archive.steps.workshop import Outcome, Workshop
from tests.log_audit import audit
from tests.test_log_writer import Died, Watched, overwrite, remove

NOW = datetime.now(UTC).replace(microsecond=0)
OUTLET = Outlet("site", "موقع", "https://example.org/", layouts=(Layout("page", match="//article", body="//article"),))
PAGE = "<html><head><title>سوق القرية</title></head><body><h1>سوق القرية</h1><article><p>{}</p></article></body></html>"
TEXT = "افتتح صباح اليوم سوق القرية أبوابه أمام الزوار بعد غياب طويل دام ثلاثة أعوام كاملة، وعاد الباعة إلى أماكنهم."


class Archive:
    """An archive in a bucket of a real server; runs that are planned, captured and read, and wait for their seal."""

    def __init__(self, settings: Settings, store: S3Store, folder: Path) -> None:
        self.settings, self.store, self.folder = settings, store, folder
        self.ids, self.said = count(1), list[str]()

    def shop(self, store: Any = None, machine: str = "") -> Workshop:
        """Of this machine; of another one when it has a name: a catalog of its own, and the same key."""
        settings = self.settings
        if machine:
            settings = replace(settings, catalog=f"sqlite:///{self.folder}/{machine}.db")
        shop = Workshop(replace(settings, readers=1), say=self.said.append)
        shop.__dict__["store"] = store or self.store
        return shop

    def waiting(self, pages: int = 1, planned: bool = True) -> Stem:
        """A run of one file that has been read."""
        number = next(self.ids)
        run = keys.run_id(NOW - timedelta(hours=3), "test", str(number))
        if planned:
            plan(self.shop(), OUTLET, run)
        folder = self.folder / "spool" / run
        spool = Spool(folder, "site", run, 1, {}, lambda: NOW, lambda: f"00000000-0000-4000-8000-{next(self.ids):012x}")
        for page in range(pages):
            body = PAGE.format(f"{TEXT} {number}").encode()
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body)
            url = f"https://example.org/{number}/{page}/"
            spool.add(Exchange(url, NOW, NOW, b"GET / HTTP/1.1\r\n\r\n", head + body, Note("article", "rest", "new")))
        spool.close()
        [(_, stem)] = finished(folder)
        upload(self.store, folder)
        extract(self.shop(), OUTLET, run)
        return stem

    def seal(self, stem: Stem, store: Any = None, machine: str = "") -> Outcome:
        return seal(self.shop(store, machine), OUTLET, stem.run)

    def sealed_log(self, *stems: Stem) -> None:
        """Each of these is logged once with its plan, and signed."""
        found = audit(self.store)
        assert (found.duplicates, found.unsigned) == ([], 0)
        for stem in stems:
            assert {stem.warc, keys.plan("site", stem.run)} <= set(found.units)

    def sealed(self, *stems: Stem, machine: str = "") -> None:
        """Each of these is logged once with its plan, signed, indexed and in the catalog."""
        self.sealed_log(*stems)
        catalog = self.shop(machine=machine).catalog
        for stem in stems:
            assert self.store.get(stem.cdxj)
            assert set(catalog.logged([stem.warc])) == {stem.warc}
            assert catalog.pending([stem.observations]) == []


@pytest.fixture
def archive(settings: Settings, store: S3Store, tmp_path: Path) -> Archive:
    return Archive(settings, store, tmp_path)


def test_a_seal(archive: Archive) -> None:
    stem = archive.waiting(pages=2)
    done = archive.seal(stem)
    assert done.data == {"sealed": 1, "records": 2, "leaves": 11, "events": {"new": 2}}
    archive.sealed(stem)
    leaves = [one for batch in walk(archive.store, 0) for one in batch.leaves]
    kinds = [one.kind for one in leaves]
    warc = ["warc", "warcinfo", "capture", "capture", "observations", "cdxj", "snapshot", "snapshot"]
    assert kinds == ["archive", "key", *warc, "plan"]
    for one in leaves:
        name, _, span = one.key.partition("#")
        data = archive.store.get(name)
        if span:
            start, length = map(int, span.split("+"))
            data = data[start : start + length]
        assert hashlib.sha256(data).hexdigest() == one.sha256
    assert archive.seal(stem).nothing_due


# Whoever dies where


@pytest.mark.parametrize("machine", ["", "other"], ids=["the same machine goes on", "another machine goes on"])
@pytest.mark.parametrize("after", [False, True], ids=["before a put", "after it"])
def test_a_seal_may_die_at_any_put(archive: Archive, after: bool, machine: str) -> None:
    stems = [archive.waiting()]
    archive.seal(stems[0])
    for n in range(1, 50):
        stem = archive.waiting()
        stems.append(stem)
        puts = iter(range(1, 1000))

        def die(_: int, what: str, key: str, n: int = n, puts: Any = puts) -> Callable[[], None] | None:
            def now() -> None:
                raise Died

            if what not in ("put", "publish") or next(puts) != n:
                return None
            return now if after else now()

        try:
            archive.seal(stem, Watched(archive.store, die))
        except Died:
            archive.seal(stem, machine=machine)
            archive.seal(stem)  # and the first once more, as Airflow would
        else:
            break
    assert n > 6
    archive.sealed(*stems)
    if machine:
        archive.sealed(*stems[1:-1], machine=machine)


@pytest.mark.parametrize("call", ["note_batches", "apply"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_seal_may_die_at_the_catalog(archive: Archive, call: str, after: bool) -> None:
    """Between the log and the catalog, between the catalog and the checkpoint, before the history."""
    first = archive.waiting()
    archive.seal(first)
    stem, shop = archive.waiting(), archive.shop()

    class Dying:
        def __getattr__(self, name: str) -> Any:
            real = getattr(archive.shop().catalog, name)
            if name != call:
                return real

            def die(*given: Any) -> None:
                if after:
                    real(*given)
                raise Died

            return die

    shop.__dict__["catalog"] = Dying()
    with pytest.raises(Died):
        seal(shop, OUTLET, stem.run)
    archive.seal(stem)
    archive.sealed(first, stem)


def test_what_was_logged_and_not_signed_is_signed_before_the_seal_is_done(archive: Archive) -> None:
    """A store that goes away just before the checkpoint: the unit is in the log and in the catalog."""
    stem = archive.waiting()

    def away(_: int, what: str, __: str) -> None:
        if what == "publish":
            raise TryAgain("gone")

    with pytest.raises(TryAgain):
        archive.seal(stem, Watched(archive.store, away))
    assert set(archive.shop().catalog.logged([stem.warc]))
    assert published(archive.store) is None
    assert archive.seal(stem).data["leaves"] == 0
    archive.sealed(stem)


# Whoever else is at work


@pytest.mark.parametrize("machine", ["", "other"], ids=["with the same catalog", "with a catalog of its own"])
def test_another_worker_seals_the_same_file_between_any_two_requests(archive: Archive, machine: str) -> None:
    """The first was stopped there, its lease ran out, and it goes on when the other is done."""
    stems = [archive.waiting()]
    archive.seal(stems[0])
    for n in range(1, 80):
        stem = archive.waiting()
        stems.append(stem)
        passed: list[str] = []

        def other(_: int, what: str, key: str, n: int = n, stem: Stem = stem, passed: list[str] = passed) -> None:
            passed += [key] if what != "list" else []
            if what != "list" and len(passed) == n:
                archive.seal(stem, machine=machine)

        archive.seal(stem, Watched(archive.store, other))
        if len(passed) < n:
            break
    assert n > 10
    archive.sealed(*stems)


def test_a_new_machine_without_a_catalog_logs_nothing_twice(archive: Archive) -> None:
    stems = [archive.waiting() for _ in range(4)]
    for stem in stems:
        archive.seal(stem)
    size = audit(archive.store).size
    assert archive.seal(stems[0], machine="new").data["leaves"] == 0
    assert audit(archive.store).size == size
    archive.sealed(*stems, machine="new")


# What must not be signed


def test_a_machine_without_a_key_puts_nothing(archive: Archive, tmp_path: Path) -> None:
    stem = archive.waiting()
    shop = archive.shop()
    shop.settings = replace(shop.settings, log_key_file=tmp_path / "none")
    before = sorted(archive.store.list(""))
    with pytest.raises(Refused, match="no key"):
        seal(shop, OUTLET, stem.run)
    assert sorted(archive.store.list("")) == before
    archive.seal(stem)
    archive.sealed(stem)


def test_a_log_that_was_rolled_back_is_not_added_to(archive: Archive) -> None:
    archive.seal(archive.waiting())
    older, before = archive.store.checkpoint(), set(archive.store.list("log/"))
    assert older is not None
    archive.seal(archive.waiting())
    third = archive.waiting()
    for key in set(archive.store.list("log/")) - before:
        remove(archive.store, key)
    overwrite(archive.store, keys.CHECKPOINT, older[0])
    with pytest.raises(Broken, match="rolled back"):
        archive.seal(third)
    assert set(archive.store.list("log/")) == before


def test_a_unit_of_that_name_about_other_bytes_is_told(archive: Archive) -> None:
    """Somebody who can write to the bucket logged it first; what else waited is sealed all the same."""
    archive.seal(archive.waiting())
    stem, other = archive.waiting(), archive.waiting()
    log = archive.shop().log
    log.append([Unit((Leaf("warc", "0" * 64, stem.warc),))], log.mark())
    with pytest.raises(Broken, match=f"other bytes of {stem.warc}"):
        archive.seal(stem)
    archive.sealed_log(other)


def test_a_file_in_the_place_of_an_index_is_not_signed(archive: Archive) -> None:
    one, other = archive.waiting(), archive.waiting()
    archive.store.put(one.cdxj, b"somebody else's index\n")
    with pytest.raises(Conflict, match=one.observations):
        seal(archive.shop(), OUTLET, None)
    assert one.warc not in audit(archive.store).units
    archive.sealed(other)


@pytest.mark.parametrize("how", ["altered", "missing"])
def test_a_file_that_is_not_the_one_observed_is_not_signed(archive: Archive, how: str) -> None:
    one, other = archive.waiting(), archive.waiting()
    data = bytearray(archive.store.get(one.warc))
    if how == "altered":
        data[len(data) // 2] ^= 1
        overwrite(archive.store, one.warc, bytes(data))
    else:
        remove(archive.store, one.warc)
    with pytest.raises(BadRecord if how == "altered" else Broken, match=one.warc):
        seal(archive.shop(), OUTLET, None)
    assert one.warc not in audit(archive.store).units
    assert one.cdxj not in set(archive.store.list("cdxj/"))
    archive.sealed(other)


# What is not ours to judge


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_run_without_a_plan_is_sealed_all_the_same(archive: Archive, how: str) -> None:
    archive.seal(archive.waiting())
    stem = archive.waiting(planned=False)
    key = keys.plan("site", stem.run)
    if how == "damaged":
        archive.store.put(key, b"no plan")
    archive.store.put(stem.cdxj, b"")  # the index of a file of nothing; ours differs
    overwrite(archive.store, stem.cdxj, _index(archive, stem))  # and so somebody was here before
    archive.seal(stem)
    assert any(key in line and "without" in line for line in archive.said)
    found = audit(archive.store)
    assert (stem.warc in found.units, key in found.units, found.duplicates) == (True, False, [])


def _index(archive: Archive, stem: Stem) -> bytes:
    from archive import cdx

    return cdx.lines(observation.load(archive.store.get(stem.observations)))


def test_lines_of_before_the_log_get_their_snapshots_digest(archive: Archive) -> None:
    """They do not tell it; the snapshot is read for it."""
    stem = archive.waiting()
    lines = observation.load(archive.store.get(stem.observations))
    keyed = [line for line in lines if line.reading and line.reading.snapshot]
    bare = [replace(one, reading=replace(one.reading, snapshot_digest="")) for one in keyed if one.reading]
    overwrite(archive.store, stem.observations, observation.dump(bare))
    archive.seal(stem)
    [leaf] = [one for batch in walk(archive.store, 0) for one in batch.leaves if one.kind == "snapshot"]
    stored = archive.store.get(leaf.key)
    assert leaf.sha256 == hashlib.sha256(stored).hexdigest()
    assert TEXT[:20] in gzip.decompress(stored).decode()
