"""extract: read every packed file that has no observations yet; write snapshots, then its observations.

Observations are put last: they say that a file was read, so a crash before them only means reading it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from archive import doubt, observation, order, records, rules, snapshot, warc
from archive.errors import Broken, Conflict
from archive.judge import Judged
from archive.keys import Stem
from archive.observation import Observation
from archive.outlet import Outlet
from archive.steps import pending
from archive.steps.past import Past
from archive.steps.pictured import Pictured
from archive.steps.readers import Read, readers
from archive.steps.workshop import Outcome, Workshop
from archive.store import Store, put_once


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
    with readers(shop, outlet) as read, ThreadPoolExecutor(4) as putters:
        past = Past(shop, outlet, read, Pictured(shop, outlet, packed))
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


def _extract_file(shop: Workshop, stem: Stem, read: Read, past: Past, putters: ThreadPoolExecutor) -> Counter[str]:
    data = shop.store.get(stem.warc)
    captures = list(warc.captures(data))
    pages = [(stem.warc, one) for one in captures if one.note.role != "picture"]
    judged = read(pages, stem.run, past.nowhere.of(captures))
    judged = doubt_shared(judged)
    judged += past.pictures.judged(stem, captures)
    judged.sort(key=lambda one: (one.observation.time, one.observation.offset))
    past.load(judged)
    late = past.late(stem.run)
    if not captures:  # an order to read older ones again, whose worker died between the two
        late += past.ordered(order.wanted(data), stem.run)
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
    lines, puts = stored(shop, putters, lines, past.pictures.fill(stem, texts))
    put_lines(shop, stem, lines)
    faults = [line for line in lines if line.reason.startswith("reader-")]
    for line in faults:  # kept and counted as broken, but the fault is ours: never in silence
        shop.say(f"extract: not read: {line.url}: {line.reason}; its record is {line.warc} at {line.offset}")
    return Counter(line.klass for line in lines if not line.reread) + Counter(snapshots=puts, faults=len(faults))


def stored(
    shop: Workshop, putters: ThreadPoolExecutor, lines: list[Observation], texts: dict[str, bytes]
) -> tuple[list[Observation], int]:
    """Put snapshots (by key); the lines with their digests, and how many snapshots there were."""
    puts = {key: putters.submit(_put_snapshot, shop.store, key, text) for key, text in texts.items()}
    held = {key: put.result() for key, put in puts.items()}
    return [_with_digest(line, held) for line in lines], len(puts)


def put_lines(shop: Workshop, stem: Stem, lines: list[Observation]) -> None:
    """Put a file's observations, once its snapshots are there."""
    try:
        put_once(shop.store, stem.observations, observation.dump(lines))
    except Conflict:
        # Another worker read the same file with another past in sight. Its lines stand; ours would only
        # differ in which snapshots they point at, and extra snapshots are harmless (docs/DESIGN.md).
        shop.say(f"{stem.observations}: another worker has read this file already")


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
