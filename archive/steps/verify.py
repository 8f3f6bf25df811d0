"""verify: does the bucket still hold what it says it holds? Every object is read; nothing is written."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from archive import cdx, keys, observation, warc
from archive.errors import WarraqError
from archive.keys import Stem
from archive.observation import Observation
from archive.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """One object that is not what it should be, and what to do."""

    key: str
    what: str
    remedy: str = "restore this object from your second copy; keep the damaged one aside"


def verify(store: Store, tick: Callable[[int, int], None], outlet: str = "") -> tuple[Counter[str], list[Finding]]:
    """(objects checked by kind, findings). `outlet` limits the work to one outlet's objects."""
    counts: Counter[str] = Counter()
    findings: list[Finding] = []
    scope = f"{outlet}/" if outlet else ""
    stems = sorted((keys.parse_stem(key) for key in store.list(f"warc/{scope}")), key=str)
    read = {keys.parse_stem(key) for key in store.list(f"observations/{scope}")}
    indexed = {keys.parse_stem(key) for key in store.list(f"cdxj/{scope}")}
    snapshots = set(store.list(f"snapshots/{scope}"))
    for orphan in sorted((read | indexed) - set(stems), key=str):
        findings.append(Finding(orphan.warc, "missing: its observations or CDXJ are there, the WARC is not"))
    findings += list(_seeds(store, counts)) if not outlet else []
    for n, stem in enumerate(stems, 1):
        findings += _guard(stem.warc, _warc, store, stem, stem in read, stem in indexed, snapshots, counts)
        tick(n, len(stems))
    return counts, findings


def _guard(key: str, check: Callable[..., Iterator[Finding]], *args: object) -> list[Finding]:
    found: list[Finding] = []
    try:
        found.extend(check(*args))
    except WarraqError as error:
        found.append(Finding(key, str(error)))
    except KeyError as error:
        found.append(Finding(str(error).strip("'"), "missing"))
    return found


def _warc(store: Store, stem: Stem, is_read: bool, is_indexed: bool, snapshots: set[str], counts: Counter[str]) -> Iterator[Finding]:
    data = store.get(stem.warc)
    counts["WARC files"] += 1
    if hashlib.sha256(data).hexdigest()[:12] != stem.sha12:
        yield Finding(stem.warc, "altered: its SHA-256 is not the one in its name")
    problems = warc.check(data)
    counts["records"] += problems.records
    for problem in problems.findings:
        yield Finding(stem.warc, problem)
    if not is_read:
        return
    lines = observation.load(store.get(stem.observations))
    counts["observations"] += len(lines)
    for line in lines:
        if line.warc == stem.warc and hashlib.sha256(data[line.offset : line.offset + line.length]).hexdigest() != line.record_digest[7:]:
            yield Finding(stem.warc, f"altered: the record at {line.offset} is not the one that was observed")
        if line.reading is not None and line.reading.snapshot:
            counts["snapshots"] += 1
            yield from _snapshot(store, line, snapshots)
    if is_indexed:
        counts["CDXJ files"] += 1
        if store.get(stem.cdxj) != cdx.lines(lines):
            yield Finding(stem.cdxj, "altered: it does not follow from its observations")


def _snapshot(store: Store, line: Observation, snapshots: set[str]) -> Iterator[Finding]:
    assert line.reading is not None  # the caller looked
    key = line.reading.snapshot
    if key not in snapshots:
        yield Finding(key, "missing: an observation points at it")
        return
    try:
        held = orjson.loads(gzip.decompress(store.get(key)))
    except (OSError, EOFError, orjson.JSONDecodeError) as error:
        yield Finding(key, f"altered or truncated: {error}")
        return
    capture = held.get("capture", {})
    if (capture.get("warc"), capture.get("offset"), capture.get("payload")) != (line.warc, line.offset, line.payload):
        yield Finding(key, "swapped: it names another capture than its observation")
    from archive.digest import digests

    for part, text in (("headline", held.get("title", "")), ("body", held.get("faithful", ""))):
        if digests(text) != getattr(line.reading, part):
            yield Finding(key, f"altered: its {part} does not have the digests that were observed")


def _seeds(store: Store, counts: Counter[str]) -> Iterator[Finding]:
    for sums_key in (key for key in store.list("seeds/") if key.endswith("/SHA256SUMS")):
        sums = store.get(sums_key)
        folder = sums_key.rsplit("/", 1)[0]
        if hashlib.sha256(sums).hexdigest()[:12] != folder.rsplit("/", 1)[1]:
            yield Finding(sums_key, "altered: its SHA-256 is not the one in its folder's name")
        for line in sums.decode().splitlines():
            digest, _, name = line.partition("  ")
            counts["seed files"] += 1
            try:
                held = store.get(f"{folder}/{name}")
            except KeyError:
                yield Finding(f"{folder}/{name}", "missing", "run `warraq seeds add` with your folder of seed files")
                continue
            if hashlib.sha256(held).hexdigest() != digest:
                yield Finding(f"{folder}/{name}", "altered: not the seed file of SHA256SUMS")
