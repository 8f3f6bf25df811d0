"""extract: read every packed file that has no observations yet; write snapshots, then its observations.

Observations are put last: they say that a file was read, so a crash before them only means reading it again.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from archive import doubt, judge, observation, records, rules, snapshot, warc
from archive.errors import Broken, Conflict
from archive.judge import Judged
from archive.keys import Stem
from archive.likeness import Fingerprint
from archive.observation import Observation, Reading
from archive.outlet import Outlet
from archive.steps import pending
from archive.steps.nowhere import Nowhere
from archive.steps.pictured import Pictured
from archive.steps.workshop import Outcome, Workshop
from archive.store import Store, put_once
from archive.warc import StoredCapture

CHUNK = 16  # captures per message to a reader process
WORTH_A_POOL = 24  # captures; fewer are read in this process
SLOWEST = 60  # seconds one capture may take to be read
LATE, FRUITLESS = 480, 8  # captures read late in one go; how many in a row may give nothing

Read = Callable[..., list[Judged]]  # of captures, key of their file, its run, and the answer to an address that cannot exist


def extract(shop: Workshop, outlet: Outlet, run: str | None) -> Outcome:
    """Read what waits; `run` None looks at the outlet's whole past, not only the last days."""
    now = shop.clock()
    packed = pending.stems(shop.store, "warc", outlet.name, run, now)
    todo = packed - pending.stems(shop.store, "observations", outlet.name, run, now)
    if not todo:
        return Outcome("extract: nothing new to read", nothing_due=True)
    rules.check(outlet)
    counts: Counter[str] = Counter()
    damaged: list[Broken] = []
    with _readers(shop, outlet) as read, ThreadPoolExecutor(4) as putters:
        past = _Past(shop, outlet, read, Pictured(shop, outlet, packed))
        for stem in pending.in_order(todo):
            try:
                counts += _extract_file(shop, stem, read, past, putters)
            except Broken as error:  # it waits, and is told; what comes after it is read all the same
                damaged.append(type(error)(f"{stem.warc}: {error.what}", error.remedy))
                shop.say(f"extract: not read: {damaged[-1]}")
    if damaged:
        raise damaged[0]
    faults = counts.pop("faults", 0)
    kinds = " + ".join(f"{n} {kind}" for kind, n in sorted(counts.items()) if kind != "snapshots")
    return Outcome(
        f"extract: {len(todo)} WARC read: {kinds}; {counts['snapshots']} snapshots"
        + (f"; {faults} pages ended their reader, a fault in Warraq: keep this log and report it" if faults else ""),
        {"files": len(todo), "snapshots": 0, "faults": faults, **counts},
    )


def _extract_file(shop: Workshop, stem: Stem, read: Read, past: _Past, putters: ThreadPoolExecutor) -> Counter[str]:
    data = shop.store.get(stem.warc)
    captures = list(warc.captures(data))
    judged = read([one for one in captures if one.note.role != "picture"], stem.warc, stem.run, past.nowhere.of(captures))
    judged = doubt_shared(judged)
    judged += past.pictures.judged(stem, captures)
    judged.sort(key=lambda one: (one.observation.time, one.observation.offset))
    past.load(judged)
    late = past.late(stem.run)
    lines = [one.observation for one in late]
    texts = {key: text for key, text in map(_snapshot, late) if text}
    for one in judged:
        seen = one.observation
        if seen.klass == "content" and seen.reading is not None:
            lines += past.reread_for(seen)
            if one.snapshot is not None and not past.same_text(seen):
                texts[seen.reading.snapshot] = one.snapshot
            else:
                seen = replace(seen, reading=replace(seen.reading, snapshot=""))
            past.note(seen)
        lines.append(seen)
    lines += _reports(data, stem)
    texts = past.pictures.fill(stem, texts)
    puts = {key: putters.submit(_put_snapshot, shop.store, key, text) for key, text in texts.items()}
    held = {key: put.result() for key, put in puts.items()}
    lines = [_with_digest(line, held) for line in lines]
    try:
        put_once(shop.store, stem.observations, observation.dump(lines))
    except Conflict:
        # Another worker read the same file with another past in sight. Its lines stand; ours would only
        # differ in which snapshots they point at, and extra snapshots are harmless (docs/DESIGN.md).
        shop.say(f"{stem.observations}: another worker has read this file already")
    faults = [line for line in lines if line.reason.startswith("reader-")]
    for line in faults:  # kept and counted as broken, but the fault is ours: never in silence
        shop.say(f"extract: not read: {line.url}: {line.reason}; its record is {line.warc} at {line.offset}")
    return Counter(line.klass for line in lines if not line.reread) + Counter(snapshots=len(puts), faults=len(faults))


def doubt_shared(judged: list[Judged]) -> list[Judged]:
    """What a file's pages have in common with each other, and no article has with another, is in doubt."""
    alike = doubt.shared(one.observation for one in judged)
    return [
        replace(one, observation=replace(one.observation, doubt=one.observation.doubt or "shared"))
        if one.observation.record in alike and one.observation.reading is not None
        else one
        for one in judged
    ]


def _snapshot(one: Judged) -> tuple[str, bytes]:
    return (one.observation.reading.snapshot if one.observation.reading else ""), one.snapshot or b""


def _put_snapshot(store: Store, key: str, data: bytes) -> str:
    """The digest of what is stored then.

    One that is there already stands if it says the same: an older version of us put it and died before its line.
    """
    if store.put(key, data):
        return records.digest(data)
    held = store.get(key)
    if held != data and snapshot.load(held).get("digests") != snapshot.load(data).get("digests"):
        raise Conflict(f"{key} already holds another text", "it differs under the same rules: raise READER in archive/rules.py")
    return records.digest(held)


def _with_digest(line: Observation, held: dict[str, str]) -> Observation:
    if line.reading is None or not line.reading.snapshot:
        return line
    return replace(line, reading=replace(line.reading, snapshot_digest=held[line.reading.snapshot]))


def _reports(data: bytes, stem: Stem) -> Iterator[Observation]:
    for report in warc.run_reports(data):
        yield Observation(
            kind="run",
            klass="run",
            reason="report",
            outlet=stem.outlet,
            run=stem.run,
            time=report.time,
            url=f"urn:warraq:run:{stem.run}",
            warc=stem.warc,
            offset=report.offset,
            length=report.length,
            record=report.record_id,
            record_type="resource",
            record_digest=report.record_digest,
            report=report.report,
        )


@dataclass
class _Past:
    """The last content of the articles in hand, and older captures read again under the rules of today."""

    shop: Workshop
    outlet: Outlet
    read: Read
    pictures: Pictured

    def __post_init__(self) -> None:
        self.nowhere = Nowhere(self.shop, self.outlet)
        self.last: dict[str, Observation] = {}
        self.asked: set[str] = set()
        self.over = False  # what waits was looked at

    def late(self, run: str) -> list[Judged]:
        """Captures that no rules could read, or that cannot be compared, under the rules of today. Once in a step.

        In an order that differs from run to run, so that pages which will never be readable keep none waiting.
        """
        if self.over:
            return []
        self.over = True
        layouts = self.outlet.layouts or (rules.GENERIC,)
        today = {rules.rules_id(one) for one in layouts}
        rows = [row for row in self.shop.catalog.unread(self.outlet.name) if today.isdisjoint(row.rules)]
        rows.sort(key=lambda row: hashlib.sha256(f"{run} {row.record}".encode()).digest())
        found: list[Judged] = []
        fruitless = 0
        for row in rows[:LATE]:
            member = self.shop.store.get(row.warc, row.offset, row.length)
            judged = self.read([warc.capture_at(member, row.offset)], row.warc, run)
            read = [one for one in judged if one.observation.reading is not None and one.observation.article == row.article]
            found += [Judged(replace(one.observation, reread=True), one.snapshot) for one in read]
            fruitless = 0 if read else fruitless + 1
            if fruitless >= FRUITLESS:
                break
        return found

    def load(self, judged: list[Judged]) -> None:
        new = {one.observation.article for one in judged if one.observation.article} - self.asked
        self.asked |= new
        found = self.shop.catalog.last_content(self.outlet.name, new)
        self.last |= {article: line for article, line in found.items() if article not in self.last}

    def note(self, seen: Observation) -> None:
        self.last[seen.article] = seen

    def same_text(self, seen: Observation) -> bool:
        """Does `seen` say, letter for letter, what the content before it said, read by the same rules?"""
        before = self.last.get(seen.article)
        return before is not None and _texts(before.reading) == _texts(seen.reading) and before.time <= seen.time

    def reread_for(self, seen: Observation) -> list[Observation]:
        """The content before `seen` again, under the rules of `seen`, when it was read under others."""
        before = self.last.get(seen.article)
        if before is None or before.reading is None or seen.reading is None or before.body == seen.body:
            return []
        if before.reading.rules == seen.reading.rules:
            return []
        member = self.shop.store.get(before.warc, before.offset, before.length)
        again = self.read([warc.capture_at(member, before.offset)], before.warc, before.run)
        lines = [
            replace(one.observation, reread=True, reading=replace(one.observation.reading, snapshot=""))
            for one in again
            if one.observation.reading is not None and one.observation.article == seen.article
        ]
        if lines:
            self.last[seen.article] = lines[0]
        return lines


def _texts(reading: Reading | None) -> tuple[object, ...] | None:
    return None if reading is None else (reading.rules, reading.headline, reading.body)


@contextmanager
def _readers(shop: Workshop, outlet: Outlet) -> Iterator[Read]:
    """A function that judges captures: in this process when they are few, in a pool of processes when many."""
    seeds = shop.seeds
    pool: ProcessPoolExecutor | None = None

    def read(captures: list[StoredCapture], key: str, run: str, nowhere: Fingerprint | None = None) -> list[Judged]:
        nonlocal pool
        work = partial(judge_many, warc_key=key, run=run, outlet=outlet, seeds=seeds, nowhere=nowhere)
        if shop.settings.readers == 1 or (pool is None and len(captures) < WORTH_A_POOL):
            return work(captures)
        if pool is None:
            judge.warm_up()  # imported once here, inherited by every reader
            pool = ProcessPoolExecutor(shop.settings.readers, multiprocessing.get_context("fork"))
        chunks = [captures[i : i + CHUNK] for i in range(0, len(captures), CHUNK)]
        try:
            return [one for chunk in pool.map(work, chunks) for one in chunk]
        except BrokenProcessPool:
            pool.shutdown()
            pool = None
            shop.say(f"extract: a reader died over {key}; its captures are read one by one")
            died = partial(judge.unreadable, warc_key=key, run=run, outlet=outlet, reason="reader-died")
            return [one for capture in captures for one in _alone(capture, work, died)]

    try:
        yield read
    finally:
        if pool is not None:
            pool.shutdown()


def _alone(capture: StoredCapture, work: Callable[..., list[Judged]], died: Callable[..., Judged]) -> list[Judged]:
    """Read in a process of its own: a page that crashes its reader (a parser's segfault, memory) costs itself only."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as one:
        try:
            return one.submit(work, [capture]).result()
        except BrokenProcessPool:
            return [died(capture)]


def judge_many(
    captures: list[StoredCapture], *, warc_key: str, run: str, outlet: Outlet, seeds: object, nowhere: Fingerprint | None = None
) -> list[Judged]:
    """`judge.judge` over a list: one message each way between processes."""
    found: list[Judged] = []
    for capture in captures:
        with _limit(SLOWEST):
            found += judge.judge(capture, warc_key, outlet, seeds, run, nowhere=nowhere)  # type: ignore[arg-type]
    return found


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    """TimeoutError inside after so long, in a main thread: one page that no reader gets to the end of stops no outlet."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise TimeoutError(f"not read after {seconds} s")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
