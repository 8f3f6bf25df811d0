"""verify: does the bucket still hold what it says it holds? Every object is read; nothing is written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from archive import cdx, keys, observation, warc
from archive import snapshot as snapshots
from archive.digest import digests
from archive.errors import BadRecord, StoreUnreachable, WarraqError
from archive.keys import Stem
from archive.observation import Observation, Reading
from archive.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """One object that is not what it should be, and what to do."""

    key: str
    what: str
    remedy: str = "restore this object from your second copy; keep the damaged one aside"


def verify(store: Store, tick: Callable[[int, int], None], outlet: str = "") -> tuple[Counter[str], list[Finding]]:
    """(objects checked by kind, findings). `outlet` limits the work to one outlet's objects."""
    audit = _Audit(store, f"{outlet}/" if outlet else "")
    stems = sorted(audit.stems("warc"), key=str)
    findings = [
        *audit.strangers,
        *(
            Finding(orphan.warc, "missing: its observations or CDXJ are there, the WARC is not")
            for orphan in sorted((audit.read | audit.indexed) - set(stems), key=str)
        ),
        *(
            Finding(unread.observations, "missing: its CDXJ is there, the observations are not")
            for unread in sorted(audit.indexed - audit.read, key=str)
        ),
    ]
    if not outlet:
        findings += audit.guard("seeds/", audit.seeds())
    for n, stem in enumerate(stems, 1):
        findings += audit.guard(stem.warc, audit.warc(stem))
        tick(n, len(stems))
    return audit.counts, findings


class _Audit:
    """One pass over the bucket: what is there, and what was counted."""

    def __init__(self, store: Store, scope: str) -> None:
        self.store, self.scope = store, scope
        self.counts: Counter[str] = Counter()
        self.strangers: list[Finding] = []
        self.read, self.indexed = self.stems("observations"), self.stems("cdxj")
        self.snapshots = set(store.list(f"snapshots/{scope}"))

    def stems(self, kind: str) -> set[Stem]:
        found = set()
        for key in self.store.list(f"{kind}/{self.scope}"):
            try:
                found.add(keys.parse_stem(key))
            except BadRecord as error:
                self.strangers.append(Finding(key, f"a stranger: {error}", "move it out of the archive's prefix"))
        return found

    def guard(self, key: str, checking: Iterator[Finding]) -> list[Finding]:
        """Findings of one object; one that cannot even be read is a finding too."""
        found: list[Finding] = []
        try:
            found.extend(checking)
        except StoreUnreachable:
            raise
        except WarraqError as error:
            found.append(Finding(key, str(error)))
        except KeyError as error:
            found.append(Finding(str(error).strip("'"), "missing"))
        return found

    def warc(self, stem: Stem) -> Iterator[Finding]:
        data = self.store.get(stem.warc)
        self.counts["WARC files"] += 1
        if hashlib.sha256(data).hexdigest()[:12] != stem.sha12:
            yield Finding(stem.warc, "altered: its SHA-256 is not the one in its name")
        checked = warc.check(data)
        self.counts["records"] += checked.records
        for problem in checked.findings:
            yield Finding(stem.warc, problem)
        if stem not in self.read:
            return
        try:
            lines = observation.load(self.store.get(stem.observations))
        except BadRecord as error:
            yield Finding(stem.observations, f"altered: {error}")
            return
        self.counts["observations"] += len(lines)
        for line in lines:
            yield from self.line(line, stem, data)
        if stem in self.indexed:
            self.counts["CDXJ files"] += 1
            if self.store.get(stem.cdxj) != cdx.lines(lines):
                yield Finding(stem.cdxj, "altered: it does not follow from its observations")

    def line(self, line: Observation, stem: Stem, data: bytes) -> Iterator[Finding]:
        if line.warc == stem.warc:
            member = data[line.offset : line.offset + line.length]
            if f"sha256:{hashlib.sha256(member).hexdigest()}" != line.record_digest:
                yield Finding(stem.warc, f"altered: the record at {line.offset} is not the one that was observed")
        if line.reading is not None and line.reading.snapshot:
            self.counts["snapshots"] += 1
            yield from self.snapshot(line, line.reading)

    def snapshot(self, line: Observation, reading: Reading) -> Iterator[Finding]:
        key = reading.snapshot
        if key not in self.snapshots:
            yield Finding(key, "missing: an observation points at it")
            return
        try:
            held = snapshots.load(self.store.get(key))
        except BadRecord as error:
            yield Finding(key, f"altered or truncated: {error}")
            return
        capture = held.get("capture", {})
        if (capture.get("warc"), capture.get("offset"), capture.get("payload")) != (line.warc, line.offset, line.payload):
            yield Finding(key, "swapped: it names another capture than its observation")
        if digests(held.get("faithful", "")) != reading.body:
            yield Finding(key, "altered: its text does not have the digests that were observed")
        if digests(held.get("title", "")) != reading.headline:
            yield Finding(key, "altered: its headline does not have the digests that were observed")
        for name in sorted(_differing(held, line, reading)):
            yield Finding(key, f"altered: its {name} is not what was observed")

    def seeds(self) -> Iterator[Finding]:
        for sums_key in (key for key in self.store.list("seeds/") if key.endswith("/SHA256SUMS")):
            sums, folder = self.store.get(sums_key), sums_key.rpartition("/")[0]
            if hashlib.sha256(sums).hexdigest()[:12] != folder.rpartition("/")[2]:
                yield Finding(sums_key, "altered: its SHA-256 is not the one in its folder's name")
                continue  # what it says of the others means nothing now
            for line in sums.decode().splitlines():
                digest, _, name = line.partition("  ")
                self.counts["seed files"] += 1
                yield from self.seed(f"{folder}/{name}", digest)

    def seed(self, key: str, digest: str) -> Iterator[Finding]:
        remedy = "run `warraq seeds add` with your own copy of the seed files"
        try:
            held = self.store.get(key)
        except KeyError:
            yield Finding(key, "missing", remedy)
            return
        if hashlib.sha256(held).hexdigest() != digest:
            yield Finding(key, "altered: not the seed file of SHA256SUMS", remedy)


def _differing(held: dict[str, Any], line: Observation, reading: Reading) -> Iterator[str]:
    """Fields that a snapshot and its observation both have, and that differ."""
    seen = {name: getattr(line, name) for name in ("outlet", "article", "url", "status", "post")} | {"captured": line.time}
    read = {"title": reading.title, "language": reading.language, "seeds": list(reading.links)}
    for name, value in (seen | read).items():
        if held.get(name) != value:
            yield name
    for name in ("published", "modified"):
        if (held.get(name) or {}).get("value", "") != getattr(reading, name):
            yield name
