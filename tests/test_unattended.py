"""What keeps one page, one file, one outlet or one busy moment from stopping everything else."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from archive import marker, reader, snapshot
from archive import plan as plans
from archive.address import host_of
from archive.capture import Exchange, Note
from archive.errors import BadOutlet, BadRecord, Conflict, Refused, TryAgain
from archive.keys import CHECKPOINT
from archive.keys import plan as plan_key
from archive.log import keyring
from archive.outlet import Layout, Outlet
from archive.plan import Plan
from archive.s3 import S3Store
from archive.schedule import Visit, wait_for
from archive.settings import Settings, from_environment
from archive.spool import Spool, upload
from archive.steps import crawl, past, readers
from archive.steps.extract import extract as extract_step
from archive.steps.inspect import inspect
from archive.steps.seal import seal
from archive.steps.workshop import Workshop
from tests.captures import capture
from tests.site import Post, WordPress, serving
from tests.spider_process import ROOT

ARCHIVE = "0123456789abcdef" * 2  # its id
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
OUTLET = Outlet("site", "موقع", "https://example.org/")
NO_FIT = replace(OUTLET, layouts=(Layout("old", match="//div[@id='old']", body="//div[@id='old']"),))
FITS = replace(OUTLET, layouts=(*NO_FIT.layouts, Layout("new", match="//article", body="//article")))
PAGE = "<html><head><title>سوق القرية</title></head><body><h1>سوق القرية</h1><article><p>{}</p></article></body></html>"
TEXT = "افتتح صباح اليوم سوق القرية أبوابه أمام الزوار بعد غياب طويل دام ثلاثة أعوام كاملة."


class Memory:
    """A Store in memory."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> bool:
        return self.held.setdefault(key, data) is data

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        return self.held[key][start : None if length is None else start + length]

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        return iter(sorted(key for key in self.held if key.startswith(prefix) and key > after))

    def checkpoint(self) -> tuple[bytes, str] | None:
        held = self.held.get(CHECKPOINT)
        return None if held is None else (held, hashlib.sha256(held).hexdigest())

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        held = self.checkpoint()
        if (held[1] if held else "") != tag:
            return False
        self.held[CHECKPOINT] = checkpoint
        return True

    def clock(self) -> datetime:
        return NOW


class Archive:
    def __init__(self, folder: Path) -> None:
        self.folder, self.ids, self.said = folder, count(1), list[str]()
        self.store = Memory()
        self.store.put(marker.KEY, marker.Marker(ARCHIVE, False, "test").pack())
        keyring.save(keyring.new_key(ARCHIVE), self.folder / "log.key")

    def shop(self) -> Workshop:
        env = {"WARRAQ_STATE": str(self.folder), "WARRAQ_READERS": "1", "WARRAQ_SEEDS_LOCK": str(self.folder / "none")}
        (self.folder).mkdir(exist_ok=True)
        shop = Workshop(from_environment(env), lambda: NOW, self.said.append)
        shop.__dict__["store"] = self.store
        return shop

    def crawled(self, hour: int, pages: dict[str, str], report: dict[str, Any] | None = None) -> str:
        """A run of that hour that captured these pages; its id."""
        when = NOW.replace(hour=0) + timedelta(hours=hour) - timedelta(days=1)
        run = f"{when:%Y%m%dT%H%M%SZ}-{hour:012x}"
        new_id = lambda: f"00000000-0000-4000-8000-{next(self.ids):012x}"  # noqa: E731
        spool = Spool(self.folder / "spool" / "site", "site", run, 1, {}, lambda: when, new_id)
        known = {one.url: one.previous for one in self.shop().catalog.known("site")}
        for url, body in pages.items():
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body.encode())}\r\n\r\n"
            note = Note("article", "rest", "new", previous=known.get(url))
            spool.add(Exchange(url, when, when, b"GET / HTTP/1.1\r\n\r\n", (head + body).encode(), note))
        spool.report(report or {"asked": len(pages), "outcomes": {"content": len(pages)}, "walk": {"answered": 1}})
        spool.close()
        upload(self.store, self.folder / "spool" / "site")
        self.store.put(plan_key("site", run), plans.dump(Plan(run, "site", walk=False)))
        return run

    def read(self, run: str, outlet: Outlet = OUTLET) -> None:
        extract_step(self.shop(), outlet, run)
        seal(self.shop(), outlet, run)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "state")


def test_pages_that_no_layout_fitted_are_read_once_one_does(archive: Archive) -> None:
    urls = [f"https://example.org/{n}/" for n in range(3)]
    pages = {url: PAGE.format(f"{TEXT} {url}") for url in urls}
    archive.read(archive.crawled(1, pages), NO_FIT)
    catalog = archive.shop().catalog
    assert not catalog.versions("site")
    assert len(catalog.unread("site")) == 3

    run = archive.crawled(3, {urls[0]: pages[urls[0]]})  # unchanged: a revisit record, which has no text of its own
    archive.read(run, NO_FIT)
    assert len(catalog.unread("site")) == 3
    archive.read(archive.crawled(5, {"https://example.org/other/": PAGE.format(TEXT)}), FITS)
    assert not catalog.unread("site")
    versions = [v for v in catalog.versions("site") if v.url in urls]
    assert [v.time for v in versions] == ["2026-11-21T01:00:00.000000Z"] * 3
    assert {v.captures for v in versions} == {1, 2}
    for version in versions:
        assert TEXT in snapshot.load(archive.store.get(version.snapshot))["text"]


def test_pages_that_stay_unreadable_cost_little(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.read(archive.crawled(1, {f"https://example.org/{n}/": PAGE.format(n) for n in range(20)}), NO_FIT)
    run = archive.crawled(3, {})
    asked: list[int] = []
    monkeypatch.setattr(readers.judge, "judge", lambda *_, **__: asked.append(1) or [])
    extract_step(archive.shop(), NO_FIT, run)
    assert len(asked) == past.FRUITLESS


def test_an_outage_does_not_put_off_an_old_article_by_a_month() -> None:
    """The back catalogue of years ago, first asked for while its site was down."""
    waits = [wait_for(Visit(NOW - timedelta(days=900), NOW, state="broken", failures=n), OUTLET) for n in (1, 2, 3, 9, 30)]
    assert waits == [900, 1800, 3600, 230_400, 604_800]
    read = Visit(NOW - timedelta(days=900), NOW, state="live", failures=1)
    assert wait_for(read, OUTLET) == OUTLET.revisit_limit


def test_a_damaged_file_does_not_keep_the_others_from_being_read(archive: Archive) -> None:
    bad = archive.crawled(1, {"https://example.org/1/": PAGE.format(TEXT)})
    run = archive.crawled(2, {"https://example.org/2/": PAGE.format(TEXT)})
    key = next(key for key in archive.store.list("warc/") if bad in key)
    archive.store.held[key] = archive.store.held[key][:-40]
    with pytest.raises(BadRecord, match=f"{bad}.*breaks off"):
        extract_step(archive.shop(), OUTLET, run)
    assert [run in key for key in archive.store.list("observations/")] == [True]


def test_a_damaged_file_of_observations_does_not_keep_the_others_from_being_sealed(archive: Archive) -> None:
    bad = archive.crawled(1, {"https://example.org/1/": PAGE.format(TEXT)})
    run = archive.crawled(2, {"https://example.org/2/": PAGE.format(TEXT)})
    extract_step(archive.shop(), OUTLET, run)
    key = next(key for key in archive.store.list("observations/") if bad in key)
    archive.store.held[key] = archive.store.held[key][:-20]
    with pytest.raises(BadRecord, match=f"{bad}.*not an observations object"):
        seal(archive.shop(), OUTLET, run)
    assert [run in key for key in archive.store.list("cdxj/")] == [True]
    assert archive.shop().catalog.has_run("site", run)


def test_a_damaged_file_in_the_spool_does_not_keep_the_others_from_the_bucket(archive: Archive) -> None:
    """Not even one whose head is gone."""
    folder = archive.folder / "spool" / "site"
    run = archive.crawled(1, {"https://example.org/1/": PAGE.format(TEXT)})
    (key,) = archive.store.list("warc/")
    data = archive.store.held.pop(key)
    (folder / key.rpartition("/")[2]).write_bytes(data)
    bad = folder / f"{run}.1-00000-{0:012x}.warc.gz"
    bad.write_bytes(b"\0" * 100)
    with pytest.raises(BadRecord, match=bad.name):
        crawl.rescue(archive.shop(), OUTLET)
    assert archive.store.held[key] == data
    assert list(folder.iterdir()) == [bad]


def test_a_snapshot_of_an_older_version_stands_when_its_text_is_the_same(archive: Archive) -> None:
    run = archive.crawled(1, {"https://example.org/1/": PAGE.format(TEXT)})
    extract_step(archive.shop(), OUTLET, run)
    held = archive.store.held
    (key,) = archive.store.list("snapshots/")
    fields = snapshot.load(held[key])
    del held[next(archive.store.list("observations/"))]  # as if the older version had died before it put them
    held[key] = snapshot.pack({**fields, "published": {"value": "2026-11-21", "source": "an older guess"}})
    extract_step(archive.shop(), OUTLET, run)
    assert list(archive.store.list("observations/"))

    del held[next(archive.store.list("observations/"))]
    held[key] = snapshot.pack({**fields, "digests": {}})
    with pytest.raises(Conflict, match="raise READER"):
        extract_step(archive.shop(), OUTLET, run)


def test_an_xpath_that_is_none_is_told_before_a_page_is_judged_by_it(archive: Archive) -> None:
    run = archive.crawled(1, {"https://example.org/1/": PAGE.format(TEXT)})
    with pytest.raises(BadOutlet, match=r"site.toml: layouts\[0\].body: '//div\['"):
        extract_step(archive.shop(), replace(OUTLET, layouts=(Layout("x", body="//div["),)), run)
    assert not list(archive.store.list("observations/"))


def test_a_page_that_is_read_for_ever_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        while True:
            time.sleep(0.01)

    monkeypatch.setattr(reader, "read", never)
    monkeypatch.setattr(readers, "SLOWEST", 0.2)
    pages = [("warc/x", capture("https://example.org/1/", PAGE.format(TEXT)))]
    judged = readers.judge_many(pages, run="r", outlet=OUTLET, seeds=None)
    assert [(one.observation.klass, one.observation.reason) for one in judged] == [("broken", "reader-TimeoutError")]
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_an_outlet_that_moved_away_is_red(archive: Archive) -> None:
    note = "example.org redirects to example.net, which is no alias of the outlet"
    report = {"asked": 2, "outcomes": {"redirect": 2}, "notes": [note], "walk": {"answered": 0}}
    run = archive.crawled(1, {}, report)
    archive.read(run)
    with pytest.raises(Refused, match=r"example.net.*aliases"):
        inspect(archive.shop(), OUTLET, run)
    run = archive.crawled(2, {}, {**report, "walk": {"answered": 3}})  # only some of it leads elsewhere
    archive.read(run)
    assert "no alias" in inspect(archive.shop(), OUTLET, run).line


def test_a_lease_outlives_a_busy_database(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, asked = archive.shop(), list[str]()

    class Busy:
        def lease(self, *_: object) -> bool:
            asked.append("lease")
            if len(asked) > 1:
                raise TryAgain("the catalog is locked")
            return True

        def release(self, *_: object) -> None:
            raise TryAgain("the catalog is locked")

    shop.__dict__["catalog"] = Busy()
    monkeypatch.setattr(crawl, "LEASE", 0.03)
    with crawl.lease(shop, host_of(OUTLET.url)):
        time.sleep(0.2)
    assert len(asked) > 3


def test_the_sweep_goes_on_after_one_outlets_trouble(settings: Settings, store: S3Store, tmp_path: Path) -> None:
    """A file in a broken outlet's way, and one that a dead worker left in the spool of another, switched off since."""
    outlets = tmp_path / "outlets"
    outlets.mkdir()
    (outlets / "a.toml").write_text("name = ", "utf-8")
    (outlets / "site.toml").write_text('name = "site"\ntitle = "x"\nurl = "https://example.org/"\nenabled = false\n', "utf-8")
    ids = count(1)
    spool = Spool(settings.spool / "site", "site", f"{NOW:%Y%m%dT%H%M%SZ}-{1:012x}", 1, {}, lambda: NOW, lambda: f"{next(ids)}")
    spool.add(
        Exchange(
            "https://example.org/1/", NOW, NOW, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 404 N\r\n\r\n", Note("article", "rest")
        )
    )
    spool.close()
    done = warraq(settings, outlets, "seal", "--all")
    assert done.returncode == 78
    assert "a.toml" in done.stderr
    assert len(list(store.list("cdxj/site/"))) == 1


def test_sigterm_ends_the_spider_too_and_keeps_what_it_has(settings: Settings, store: S3Store, tmp_path: Path) -> None:
    outlets = tmp_path / "outlets"
    outlets.mkdir()
    site = WordPress([Post(n, f"سوق القرية {n}", f"2019-03-{n % 28 + 1:02d}T10:00:00") for n in range(1, 31)])
    with serving(site) as one:
        text = f'name = "site"\ntitle = "x"\nurl = "{one.url}"\nprivate = true\ndelay = 0.5\n'
        (outlets / "site.toml").write_text(text, "utf-8")
        run = warraq(settings, outlets, "plan", "site").stdout.split()[0]
        crawling = start(settings, outlets, "crawl", "site", "--run", run)
        deadline = time.monotonic() + 60
        while len(site.asked) < 6 and time.monotonic() < deadline:
            time.sleep(0.1)
        crawling.send_signal(signal.SIGTERM)
        assert crawling.wait(60) == 128 + signal.SIGTERM
        asked = len(site.asked)
        time.sleep(1.5)
        assert len(site.asked) == asked
    assert not list(settings.spool.rglob("*.open"))
    assert len(list(store.list("warc/site/"))) == 1
    assert Workshop(settings).catalog.lease(one.url.split("/")[2], "another", 1, datetime.now(UTC))


def start(settings: Settings, outlets: Path, *arguments: str) -> subprocess.Popen[str]:
    env = {
        **os.environ,
        "WARRAQ_STATE": str(settings.state),
        "WARRAQ_BUCKET": settings.bucket,
        "WARRAQ_CONTACT": "mailto:t@example.org",
        "WARRAQ_OUTLETS": str(outlets),
        "WARRAQ_SEEDS_LOCK": str(settings.seeds_lock),
    }
    command = [sys.executable, "-c", "from archive.cli import main; main()", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def warraq(settings: Settings, outlets: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    process = start(settings, outlets, *arguments)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def test_a_page_that_kills_its_reader_costs_itself_only(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a parser's segfault or the kernel's out-of-memory killer would: the reader process really dies."""
    honest = readers.judge.judge

    def deadly(one: Any, *rest: Any, **more: Any) -> Any:
        if one.url.endswith("/13/"):
            os.kill(os.getpid(), signal.SIGKILL)
        return honest(one, *rest, **more)

    monkeypatch.setattr(readers.judge, "judge", deadly)
    shop = archive.shop()
    shop.settings = replace(shop.settings, readers=2)
    run = archive.crawled(1, {f"https://example.org/{n}/": PAGE.format(f"{TEXT} {n}") for n in range(30)})
    done = extract_step(shop, OUTLET, run)
    assert done.data["faults"] == 1
    assert "a fault in Warraq" in done.line
    assert any("https://example.org/13/: reader-died" in said for said in archive.said)
    seal(shop, OUTLET, run)
    assert len(shop.catalog.versions("site")) == 29
    dead = shop.catalog.history("https://example.org/13/")
    assert [(c.klass, c.reason) for c in dead.captures] == [("broken", "reader-died")]
