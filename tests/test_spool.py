"""The spool keeps what `add` returned for: through kill -9, full disks, damage, and an upload that fails."""

from __future__ import annotations

import multiprocessing
import random
import resource
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from archive import spool as spooling
from archive import warc
from archive.capture import Chain, Exchange, Note
from archive.errors import BadRecord, Conflict, Refused
from archive.spool import Spool, finished, recover, upload
from tests.warc_tools import refused_by

RUN = "20261122T011200Z-3fa9c1b2d4e5"
START = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
fork = multiprocessing.get_context("fork")


def exchange(number: int, size: int = 500) -> Exchange:
    text = f"<p>الخبر رقم {number}</p>".encode() + random.Random(number).randbytes(size)
    response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text)
    url = f"http://example.org/{number}"
    return Exchange(
        url, START, START, b"GET /%d HTTP/1.1\r\nHost: example.org\r\n\r\n" % number, response, Note("article", "rest")
    )


def make(folder: Path, clock: Callable[[], datetime] = lambda: START, attempt: int = 1) -> Spool:
    return Spool(folder, "example", RUN, attempt, {"software": "Warraq/0"}, clock, lambda: str(uuid.uuid4()))


def numbers(folder: Path) -> list[int]:
    """The numbers of the captures in the finished files, in order."""
    files = [path for path, _ in finished(folder)]
    return [int(one.url.rsplit("/", 1)[1]) for path in files for one in warc.captures(path.read_bytes())]


class Shelf:
    """A store in memory; `broken` makes every put fail."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.broken = False

    def put(self, key: str, data: bytes) -> bool:
        if self.broken:
            raise ConnectionError("no store today")
        return self.held.setdefault(key, data) is data

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        return self.held[key][start : None if length is None else start + length]

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        return (key for key in sorted(self.held) if key.startswith(prefix) and key > after)

    def clock(self) -> datetime:
        return START


def test_a_file_is_named_after_run_try_number_and_content(tmp_path: Path) -> None:
    spool = make(tmp_path, attempt=2)
    spool.add(exchange(1))
    assert [path.name for path in tmp_path.iterdir()] == [f"{RUN}.2-00001.open"]
    assert finished(tmp_path) == []
    spool.close()
    [(path, stem)] = finished(tmp_path)
    assert path.name == f"{RUN}.2-00001-{stem.sha12}.warc.gz"
    assert (stem.outlet, stem.run, stem.attempt, stem.seq) == ("example", RUN, 2, 1)
    assert warc.info(path.read_bytes()) | {"outlet": "example", "run": RUN, "attempt": "2", "seq": "1"} == warc.info(
        path.read_bytes()
    )
    assert refused_by(path) == {}


def test_nothing_added_leaves_nothing(tmp_path: Path) -> None:
    make(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_chain_is_in_each_file_once_before_the_first_capture_that_names_it(tmp_path: Path) -> None:
    first, second = Chain(b"one"), Chain(b"two")
    spool = make(tmp_path)
    spool.add(exchange(0))
    for number, chain in ((1, first), (2, second), (3, first), (4, Chain(b"one"))):
        spool.add(replace(exchange(number), chain=chain))
    spool.close()
    spool.add(replace(exchange(5), chain=second))
    spool.close()
    kinds = ["warcinfo", "request", "response", "metadata"]
    held = [list(warc.records(path.read_bytes())) for path, _ in finished(tmp_path)]
    assert [record.kind for record in held[0]] == [*kinds, "resource", *kinds[1:], "resource", *kinds[1:] * 3]
    assert [record.kind for record in held[1]] == ["warcinfo", "resource", *kinds[1:]]
    named = [[record.block for record in file if record.target.startswith("urn:warraq:tls:")] for file in held]
    assert named == [[b"one", b"two"], [b"two"]]


def test_add_says_under_which_name_the_capture_can_be_cited(tmp_path: Path) -> None:
    spool = make(tmp_path)
    names = [spool.add(exchange(number)).record for number in range(3)]
    spool.close()
    [(path, _)] = finished(tmp_path)
    assert [capture.record_id for capture in warc.captures(path.read_bytes())] == names


def test_files_roll_by_number_size_and_age(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "CAPTURES", 3)
    monkeypatch.setattr(spooling, "BYTES", 50_000)
    now = [START]
    spool = make(tmp_path, lambda: now[0])
    for number in range(3):
        spool.add(exchange(number))
    assert len(finished(tmp_path)) == 1
    spool.add(exchange(3, 60_000))
    assert len(finished(tmp_path)) == 2
    spool.add(exchange(4))
    now[0] += timedelta(minutes=5)
    spool.add(exchange(5))
    assert len(finished(tmp_path)) == 3
    assert numbers(tmp_path) == list(range(6))


def test_a_second_spool_of_the_same_try_counts_on(tmp_path: Path) -> None:
    for number in range(2):
        spool = make(tmp_path)
        spool.add(exchange(number))
        spool.close()
    assert [stem.seq for _, stem in finished(tmp_path)] == [1, 2]


def test_the_report_comes_back(tmp_path: Path) -> None:
    spool = make(tmp_path)
    spool.report({"asked": 0, "stopped": "robots"})
    spool.close()
    [(path, _)] = finished(tmp_path)
    assert [report.report for report in warc.run_reports(path.read_bytes())] == [{"asked": 0, "stopped": "robots"}]


def _write_until_killed(folder: Path, told: Connection, seed: int) -> None:
    spooling.CAPTURES = 5  # roll often, so that kills fall into the gaps of finishing a file, too
    draw, spool = random.Random(seed), make(folder, attempt=seed)
    for number in range(1_000_000):
        spool.add(exchange(number, draw.choice((100, 5_000, 400_000))))
        told.send_bytes(b"%d" % number)


def test_kill_9_at_random_moments_loses_nothing_that_add_returned_for(tmp_path: Path) -> None:
    draw = random.Random(20261122)
    cut_short = 0
    for seed in range(1, 41):
        folder = tmp_path / str(seed)
        here, there = fork.Pipe(duplex=False)
        writer = fork.Process(target=_write_until_killed, args=(folder, there, seed))
        writer.start()
        there.close()
        acknowledged = [int(here.recv_bytes())]
        time.sleep(draw.uniform(0, 0.06))
        writer.kill()
        writer.join()
        try:
            while True:
                acknowledged.append(int(here.recv_bytes()))
        except EOFError:
            pass
        cut_short += bool(list(folder.glob("*.open")))
        recover(folder)
        assert list(folder.glob("*.open")) == []
        assert set(acknowledged) <= set(numbers(folder)), f"seed {seed}"
        for path, _ in finished(folder):
            assert warc.check(path.read_bytes()).findings == []
    assert cut_short > 10, "hardly any kill fell into the writing of a file"


def test_recovered_files_are_accepted_by_every_tool_and_uploaded(tmp_path: Path) -> None:
    spool = make(tmp_path / "writing")
    spool.add(exchange(1))
    [left] = (tmp_path / "writing").glob("*.open")
    (tmp_path / left.name).write_bytes(left.read_bytes()[:-40])  # as a killed writer leaves it
    [done] = recover(tmp_path)
    assert refused_by(done) == {}
    store = Shelf()
    [key] = upload(store, tmp_path)
    [capture] = warc.captures(store.held[key])
    assert (capture.note.found, capture.status) == ("recovered", 200)


def test_recover_cuts_after_the_last_whole_record_wherever_the_file_breaks_off(tmp_path: Path) -> None:
    spool = make(tmp_path / "whole")
    for number in range(3):
        spool.add(exchange(number))
    spool.close()
    data = finished(tmp_path / "whole")[0][0].read_bytes()
    ends = [record.offset + record.length for record in warc.records(data)]
    for cut in [*range(0, len(data), 97), *ends]:
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / f"{RUN}.1-00000.open").write_bytes(data[:cut])
        done = recover(folder)
        whole = max((end for end in ends[1:] if end <= cut), default=0)
        assert [path.read_bytes() for path in done] == ([data[:whole]] if whole else [])
        assert list(folder.glob("*.open")) == []


def test_recover_leaves_a_living_writer_alone(tmp_path: Path) -> None:
    here, there = fork.Pipe()
    writer = fork.Process(target=_hold, args=(tmp_path, there))
    writer.start()
    assert here.recv() == "added"
    assert recover(tmp_path) == []
    here.send("finish")
    writer.join()
    assert numbers(tmp_path) == [1, 2]


def _hold(folder: Path, told: Connection) -> None:
    spool = make(folder)
    spool.add(exchange(1))
    told.send("added")
    told.recv()
    spool.add(exchange(2))
    spool.close()


def test_writers_and_recoverers_at_once_lose_nothing(tmp_path: Path) -> None:
    """A file between its creation and its lock looks dead; the writer notices and begins another."""
    stop = threading.Event()

    def keep_recovering() -> None:
        while not stop.is_set():
            recover(tmp_path)

    helpers = [threading.Thread(target=keep_recovering) for _ in range(2)]
    for helper in helpers:
        helper.start()
    spool = make(tmp_path)
    for number in range(150):
        spool.add(exchange(number, 10))
        spool.close()
    stop.set()
    for helper in helpers:
        helper.join()
    assert sorted(numbers(tmp_path)) == list(range(150))


def test_a_full_disk_is_named_and_what_was_added_stays_whole(tmp_path: Path) -> None:
    here, there = fork.Pipe()
    writer = fork.Process(target=_fill, args=(tmp_path, there))
    writer.start()
    assert "cannot be written" in here.recv()
    writer.join()
    assert writer.exitcode == 0
    assert numbers(tmp_path) == [1, 3]


def _fill(folder: Path, told: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))  # as a full disk: write() fails part way
    spool = make(folder)
    spool.add(exchange(1))
    try:
        spool.add(exchange(2, 200_000))
    except Refused as error:
        told.send(str(error))
    spool.add(exchange(3))
    spool.close()


def test_upload_puts_each_file_under_its_key_and_removes_it(tmp_path: Path) -> None:
    spool, store = make(tmp_path), Shelf()
    spool.add(exchange(1))
    spool.close()
    [(path, stem)] = finished(tmp_path)
    data = path.read_bytes()
    assert upload(store, tmp_path) == [stem.warc]
    assert store.held == {stem.warc: data}
    assert list(tmp_path.iterdir()) == []
    assert upload(store, tmp_path) == []


def test_a_file_stays_until_the_store_has_it(tmp_path: Path) -> None:
    spool, store = make(tmp_path), Shelf()
    spool.add(exchange(1))
    spool.close()
    store.broken = True
    with pytest.raises(ConnectionError):
        upload(store, tmp_path)
    assert len(finished(tmp_path)) == 1
    store.broken = False
    assert len(upload(store, tmp_path)) == 1


def test_a_file_uploaded_before_a_crash_is_uploaded_again_to_no_effect(tmp_path: Path) -> None:
    spool, store = make(tmp_path), Shelf()
    spool.add(exchange(1))
    spool.close()
    [(path, stem)] = finished(tmp_path)
    store.held[stem.warc] = path.read_bytes()
    assert upload(store, tmp_path) == [stem.warc]
    assert list(tmp_path.iterdir()) == []


def test_other_bytes_under_the_key_stop_the_upload_and_keep_the_file(tmp_path: Path) -> None:
    spool, store = make(tmp_path), Shelf()
    spool.add(exchange(1))
    spool.close()
    store.held[finished(tmp_path)[0][1].warc] = b"other"
    with pytest.raises(Conflict):
        upload(store, tmp_path)
    assert len(finished(tmp_path)) == 1


def test_a_damaged_file_is_named_kept_and_holds_up_no_other(tmp_path: Path) -> None:
    store, spool = Shelf(), make(tmp_path)
    for number in range(2):
        spool.add(exchange(number))
        spool.close()
    damaged, good = (path for path, _ in finished(tmp_path))
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    with pytest.raises(BadRecord, match=damaged.name):
        upload(store, tmp_path)
    assert damaged.exists()
    assert not good.exists()
    assert len(store.held) == 1


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="file"):
        make(tmp_path / "file" / "spool")
