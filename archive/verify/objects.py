"""The objects of the archive against their leaves, unit by unit; then against each other. Reads the store, writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

from archive import cdx, keys, observation, warc
from archive import plan as planning
from archive import snapshot as snapshots
from archive.errors import BadRecord
from archive.log.leaf import PARTS, Leaf
from archive.observation import Observation, Reading
from archive.seed import SeedSet
from archive.store import Store
from archive.verify import shown, warcs
from archive.verify.ahead import held
from archive.verify.finding import ALTERED, MISSING, REDACTED, TRUNCATED, UNLOGGED, Finding, Report, finding
from archive.verify.meant import Meant
from archive.verify.readings import Lines, link_faults, snapshot_faults
from archive.verify.single import MUST, Order
from archive.verify.structure import UNREADABLE, bounded, breaks_off
from archive.verify.units import misplaced

_COUNTED = {
    "archive": "archive markers",
    "key": "keys",
    "seed": "seed files",
    "plan": "plans",
    "warc": "WARC files",
    "observations": "observation files",
    "cdxj": "CDXJ files",
    "snapshot": "snapshots",
    "act": "acts",
}
_FAULT = "report this: it was logged so"
_SEEDS = "run `warraq seeds add` with your own copy of the seed files"


@dataclass
class Checked:
    """What became of one unit: its report, what it says was meant and captured, and digests to be looked for."""

    report: Report = field(default_factory=Report)
    meant: Meant = field(default_factory=Meant)
    digests: dict[str, list[str]] = field(default_factory=dict)  # key of a wrong object → digests of what is there


class Objects:
    """Checks units of one store. Safe for threads.

    `redacted`: by key and SHA-256 of what was there. `bodies`: as in `warc.check`.
    """

    def __init__(self, store: Store, redacted: Mapping[tuple[str, str], Order], *, bodies: bool = True) -> None:
        self.store, self.redacted, self.bodies = store, redacted, bodies
        self._sets: dict[str, SeedSet | None] = {}
        self._lock = Lock()

    def unit(self, leaves: Sequence[Leaf]) -> Checked:
        """Every object of a unit against its leaf, then what they say against each other."""
        out, right = Checked(), dict[str, bytes]()
        if (strange := misplaced(leaves)) is not None:
            what = f"a leaf of kind {strange.kind} within {leaves[0].key}: no worker of ours logs it there"
            out.report.find(UNLOGGED, strange.key, what)
            return out
        for leaf in leaves:
            if leaf.kind not in PARTS and leaf.kind != "warc":
                self._object(leaf, out, right)
        try:
            if leaves[0].kind == "warc":
                self._packed(leaves, out, right)
            else:
                for leaf in leaves:
                    if leaf.key in right:
                        self._single(leaf, right, out)
                if leaves[0].kind == "seed":
                    self._shorter(leaves[0].key, _sums_of(leaves), out)
        except UNREADABLE as error:
            out.report.find(ALTERED, leaves[0].key, f"as it was logged, it cannot be read: {error}", _FAULT)
        return out

    def meant(self, leaves: Sequence[Leaf]) -> Checked:
        """Only what a unit says was meant and captured, its objects not checked again."""
        out = Checked()
        for leaf in leaves:
            if leaf.kind not in ("plan", "observations") or (data := held(self.store, leaf.key)) is None:
                continue
            try:
                out.meant.plan(planning.load(data)) if leaf.kind == "plan" else out.meant.see(observation.load(data))
            except UNREADABLE:
                continue  # it was named when it was checked
        return out

    def _object(self, leaf: Leaf, out: Checked, right: dict[str, bytes]) -> None:
        data = held(self.store, leaf.key)
        out.report.counts[_COUNTED.get(leaf.kind, "other objects")] += 1
        if data is not None and hashlib.sha256(data).hexdigest() == leaf.sha256:
            right[leaf.key] = data
        else:
            self.damaged(leaf, data, out)

    def damaged(self, leaf: Leaf, data: bytes | None, out: Checked) -> None:
        """Name an object that is not what its leaf says."""
        remedy = _SEEDS if leaf.kind == "seed" else ""
        digest = "" if data is None else hashlib.sha256(data).hexdigest()
        order = self.redacted.get((leaf.key, leaf.sha256))
        if order is not None and order.new == digest:
            out.report.find(REDACTED, leaf.key, f"{'replaced' if digest else 'removed'} by {order.act}", sha256=digest)
        elif data is None:
            out.report.find(MISSING, leaf.key, "the log has it, the bucket has not", remedy)
        else:
            kind = TRUNCATED if breaks_off(leaf.key, data) else ALTERED
            what = "it breaks off" if kind == TRUNCATED else f"its SHA-256 is not the one that was logged ({leaf.sha256[:12]}…)"
            out.report.find(kind, leaf.key, what, remedy, digest)
            out.digests[leaf.key] = [digest]

    # A WARC and what was derived from it

    def _packed(self, leaves: Sequence[Leaf], out: Checked, right: dict[str, bytes]) -> None:
        whole, stem = leaves[0], keys.parse_stem(leaves[0].key)
        out.report.counts["WARC files"] += 1
        lines = observation.load(right[stem.observations]) if stem.observations in right else None
        if lines is not None:
            out.meant.see(lines)
            out.report.counts["observations"] += len(lines)
        self._warc(whole, warcs.parts_of(whole.key, leaves), lines, out)
        if lines is None:
            return
        self._index(stem.cdxj, right, lines, out)
        self._snapshots(stem.observations, leaves, right, lines, out)

    def _warc(self, whole: Leaf, parts: Sequence[warcs.Part], lines: list[Observation] | None, out: Checked) -> None:
        data = held(self.store, whole.key)
        if data is None or self._ordered(whole, data):
            self.damaged(whole, data, out)
        elif (digest := hashlib.sha256(data).hexdigest()) != whole.sha256:
            try:
                found, out.digests[whole.key] = warcs.fault(whole.key, bounded(data), parts, lines or [])
            except UNREADABLE as error:
                found = finding(ALTERED, whole.key, str(error), sha256=digest)
            out.report.findings.append(found)
        else:
            out.report.counts["records"] += self.records(whole.key, data, lines, out.report)
            if not warcs.tiles(data, parts) or warcs.differing(data, parts):
                out.report.find(ALTERED, whole.key, "its parts are not those that were logged", _FAULT)

    def _ordered(self, leaf: Leaf, data: bytes) -> bool:
        """Whether these bytes stand in the place of others by order."""
        order = self.redacted.get((leaf.key, leaf.sha256))
        return order is not None and order.new == hashlib.sha256(data).hexdigest()

    def records(self, key: str, data: bytes, lines: list[Observation] | None, report: Report) -> int:
        """Every record of a file, and what was observed of it; how many there are."""
        seen = Lines(key, lines or [], data)
        checked = warc.check(data, bodies=self.bodies, each=seen.see if lines else None)
        if checked.findings:
            report.find(ALTERED, key, _few(checked.findings))
        if wrong := seen.finish():
            report.find(ALTERED, keys.parse_stem(key).observations, _few(wrong))
        for line in lines or ():
            if line.warc != key:
                self._elsewhere(line, key, report)
        return checked.records

    def _elsewhere(self, line: Observation, key: str, report: Report) -> None:
        """An older capture that was read again."""
        try:
            member = self.store.get(line.warc, line.offset, line.length)
        except (KeyError, BadRecord):
            return  # its own unit tells
        if f"sha256:{hashlib.sha256(member).hexdigest()}" != line.record_digest:
            report.unchecked["captures read again whose WARC differs now"] += 1

    def _index(self, key: str, right: dict[str, bytes], lines: list[Observation], out: Checked) -> None:
        expected = cdx.lines(lines)
        if key in right and right[key] != expected:
            out.report.find(ALTERED, key, "it does not follow from its observations", _FAULT)
        self._shorter(key, expected, out)

    def _shorter(self, key: str, expected: bytes, out: Checked) -> None:
        """Say that an altered object is cut short, where what it should be is known."""
        for n, one in enumerate(out.report.findings):
            if (one.key, one.kind) == (key, ALTERED) and expected.startswith(data := held(self.store, key) or b"") and data:
                out.report.findings[n] = finding(TRUNCATED, key, "its last lines are gone", one.remedy, one.sha256)

    def _snapshots(
        self, key: str, leaves: Sequence[Leaf], right: dict[str, bytes], lines: list[Observation], out: Checked
    ) -> None:
        named = {line.reading.snapshot: (line, line.reading) for line in lines if line.reading and line.reading.snapshot}
        find = shown.finder(lines, self.store.get, lambda: out.report.unchecked.update(["pictures whose WARC is not whole"]))
        logged = {leaf.key: leaf.sha256 for leaf in leaves if leaf.kind == "snapshot"}
        if {place: f"sha256:{digest}" for place, digest in logged.items()} != {
            place: reading.snapshot_digest for place, (_, reading) in named.items()
        }:
            out.report.find(ALTERED, key, "it names other snapshots than were logged with it", _FAULT)
        for place, (line, reading) in named.items():
            if place in right:
                self.snapshot(place, right[place], line, reading, report=out.report, find=find)
        for n, one in enumerate(out.report.findings):
            if one.kind == ALTERED and one.key in named and one.key not in right:
                out.report.findings[n] = self._described(one, *named[one.key])

    def _described(self, one: Finding, line: Observation, reading: Reading) -> Finding:
        """An altered snapshot, with what of it is not what was observed."""
        try:
            wrong = list(snapshot_faults(snapshots.load(bounded(held(self.store, one.key) or b"")), line, reading))
        except UNREADABLE:
            wrong = []
        return finding(ALTERED, one.key, _few([one.what, *wrong]), sha256=one.sha256)

    def snapshot(self, key: str, data: bytes, line: Observation, reading: Reading, *, report: Report, find: shown.Find) -> None:
        """A snapshot against its observation, its pictures against their captures, its links to seed files counted again."""
        held_fields = snapshots.load(data)
        wrong = [*snapshot_faults(held_fields, line, reading), *shown.faults(held_fields, find)]
        if pictures := shown.named(held_fields):
            report.counts["pictures"] += len(pictures)
        for set12 in {one.get("set", "") for one in held_fields.get("seeds", ())}:
            if (seeds := self.seeds(set12)) is not None:
                wrong += link_faults(held_fields, seeds)
                report.counts["seed links"] += 1
            else:
                report.unchecked["seed links whose seed files are damaged"] += 1
        if wrong:
            report.find(ALTERED, key, _few(wrong), sha256=hashlib.sha256(data).hexdigest())

    def seeds(self, set12: str) -> SeedSet | None:
        """A set of seed files; None when it is not whole, which its own unit tells."""
        with self._lock:
            if set12 not in self._sets:
                self._sets[set12] = self._load_seeds(set12)
            return self._sets[set12]

    def _load_seeds(self, set12: str) -> SeedSet | None:
        sums = held(self.store, keys.seed(set12, "SHA256SUMS"))
        if sums is None or not hashlib.sha256(sums).hexdigest().startswith(set12):
            return None
        files = []
        for digest, name in _sums(sums):
            data = held(self.store, keys.seed(set12, name))
            if data is None or hashlib.sha256(data).hexdigest() != digest:
                return None
            files.append((name, data))
        return SeedSet(set12, tuple(sorted(files)))

    # Objects of their own

    def _single(self, leaf: Leaf, right: dict[str, bytes], out: Checked) -> None:
        """Whether an object that is as it was logged says what one of its kind must."""
        data, check = right[leaf.key], MUST.get(leaf.kind)
        if leaf.kind == "plan":
            out.meant.plan(planning.load(data))
        if check is not None and (wrong := check(leaf.key, data)):
            out.report.find(ALTERED, leaf.key, wrong, _FAULT)


def _few(texts: Sequence[str]) -> str:
    """Several faults of one object as one."""
    return "; ".join(texts[:3]) + (f"; and {len(texts) - 3} more" if texts[3:] else "")


def _sums_of(leaves: Sequence[Leaf]) -> bytes:
    """The SHA256SUMS of the seed files of a unit."""
    names = sorted((leaf.key.rpartition("/")[2], leaf.sha256) for leaf in leaves[1:])
    return "".join(f"{digest}  {name}\n" for name, digest in names).encode()


def _sums(data: bytes) -> Iterator[tuple[str, str]]:
    for line in data.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        yield digest, name
