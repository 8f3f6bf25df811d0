"""What the files of a bundle say of each other: the manifest of the captures, the snapshots of the pages, the report of all."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import orjson

from archive import observation, snapshot, warc
from archive.errors import BadRecord
from archive.observation import Observation
from archive.prove import readme, report
from archive.prove.bundle import CHECK, OBSERVATIONS, README, RECIPE, REPORT, Files, Logged
from archive.prove.facts import Manifest, Sighting
from archive.prove.ledger import referred
from archive.prove.maker import maker, recipe
from archive.verify.finding import ALTERED, MISSING, UNLOGGED, Report
from archive.verify.shown import named
from archive.version import at
from archive.warc import StoredCapture

_UNPACKED = 256 << 20  # bytes that one file may unpack to: a bomb is no capture
_SEED = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_ASK = "do not rely on it: ask whoever made it"


def examine(files: Files, manifest: Manifest, logged: dict[str, Logged], found: Report) -> None:
    """Add to the report what does not fit together."""
    work = _Contents(files, manifest, logged, found)
    for name in sorted(logged):
        if logged[name].kind in ("capture", "warcinfo", "resource"):
            work.guard(name, partial(work.part, name))
    for one in manifest.sightings:
        work.guard(one.capture, partial(work.sighting, one))
    for name in sorted(set(work.captures) - {one.capture for one in manifest.sightings}):
        found.find(UNLOGGED, name, "the manifest says nothing of it", _ASK)
    for version in manifest.versions:
        work.guard(version.snapshot or "manifest.json", partial(work.version, version))
    for name in sorted(name for name in logged if logged[name].kind == "snapshot" and name not in work.texts):
        found.find(UNLOGGED, name, "the manifest says nothing of it", _ASK)
    for name in sorted(name for name in files if name.startswith("snapshots/") and name.endswith(".json")):
        if f"{name}.gz" not in work.texts:
            found.find(UNLOGGED, name, "no snapshot holds it", _ASK)
    work.guard("manifest.json", work.events)
    for link in manifest.links:
        work.guard(link.file, partial(work.link, link.file, link.version))
    work.guard(OBSERVATIONS, work.observations)
    work.written()


def seed_digest(data: bytes) -> str:
    """The SHA-256 of the seed file that a link names."""
    match = _SEED.search(data)
    if match is None:
        raise BadRecord("a seed link without a digest")
    return match[1].decode()


@dataclass
class _Contents:
    files: Files
    manifest: Manifest
    logged: dict[str, Logged]
    found: Report
    captures: dict[str, StoredCapture] = field(default_factory=dict)
    texts: dict[str, dict[str, Any]] = field(default_factory=dict)  # by file, what a snapshot says
    lines: list[Observation] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)  # records of the pictures that snapshots list

    def guard(self, name: str, what: Callable[[], None]) -> None:
        """What cannot be read, whatever a stranger put there, is a finding about that file."""
        try:
            what()
        except BadRecord as error:
            self.found.find(ALTERED, name, error.what, _ASK)
        except KeyError as error:
            self.found.find(MISSING, str(error).strip("'"), f"{name} needs it", _ASK)
        except Exception as error:  # noqa: BLE001  the edge: whatever a stranger's file makes a reader raise is about that file
            self.found.find(ALTERED, name, f"cannot be read: {error!r}"[:200], _ASK)

    def part(self, name: str) -> None:
        """A part of a WARC: every record whole, every digest right. A capture's certificates are a part before it."""
        data = self.files[name]
        _unpacked(data)
        chain = next((one.chain for one in self.manifest.sightings if one.capture == name and one.chain), "")
        problems = warc.check((self.files[chain] if chain else b"") + data).findings
        if problems:
            raise BadRecord(problems[0])
        if self.logged[name].kind == "capture":
            (self.captures[name],) = warc.captures(data)
        self.found.counts[f"{self.logged[name].kind}s"] += 1

    def place(self, name: str) -> tuple[str, int, int]:
        """(WARC, first byte, byte after the last) of a part, from the name that the log has for it."""
        file, _, span = self.logged[name].key.partition("#")
        offset, _, length = span.partition("+")
        return file, int(offset), int(offset) + int(length)

    def sighting(self, one: Sighting) -> None:
        """What the manifest says of a capture is what its records say."""
        held = self.captures[one.capture]
        said = (one.time, one.record, one.record_type)
        if said != (at(held.time), held.record_id, held.record_type):
            raise BadRecord("its time and record are not those of the manifest")
        if held.status != one.status or one.url not in (held.url, *held.note.via[:1]):
            raise BadRecord("its address and status are not those of the manifest")
        if self.logged[one.warcinfo].key.partition("#")[0] != self.place(one.capture)[0]:
            raise BadRecord(f"{one.warcinfo} is of another file")
        chain = str(held.meta.get("tls", {}).get("chain", ""))
        if bool(chain) != bool(one.chain) or (chain and _target(self.files[one.chain]) != f"urn:warraq:tls:{chain[7:]}"):
            raise BadRecord("the certificates that it names are not here")
        whole = referred(self.files[one.capture])
        if whole != one.whole or (whole and whole not in {other.record_id for other in self.captures.values()}):
            raise BadRecord(f"it refers to {whole}, which is not here")

    def version(self, one: Any) -> None:
        """A version's times are those of captures that are here; its snapshot was read from one of them."""
        times = {(seen.version, seen.time) for seen in self.manifest.sightings}
        if not {(one.number, one.time), (one.number, one.last)} <= times:
            raise BadRecord(f"no capture here shows version {one.number} at the times that are given")
        if not one.snapshot:
            self.found.unchecked["texts of versions that have no snapshot"] += 1
            return
        data = self.files[one.snapshot]
        _unpacked(data)
        held = snapshot.load(data)
        if self.files[one.snapshot.removesuffix(".gz")] != gzip.decompress(data):
            raise BadRecord("its readable copy is another")
        where = held["capture"]
        source = next((name for name in self.captures if self._holds(name, where["warc"], where["offset"])), None)
        if source is None or self.captures[source].payload_digest != where["payload"]:
            raise BadRecord("it was read from a capture that is not here")
        if held["article"] != self.manifest.article.id:
            raise BadRecord("it is of another article")
        self._pictures(held)
        self.texts[one.snapshot] = held
        self.found.counts["snapshots"] += 1

    def _pictures(self, held: dict[str, Any]) -> None:
        """The pictures that a snapshot has a hash of, against those captures of them that are here."""
        here = {one.record_id: one.body_digest for one in self.captures.values()}
        for one in named(held):
            self.shown.add(one["record"])
            if one["record"] not in here:
                self.found.unchecked["pictures that are not in the bundle"] += 1
            elif here[one["record"]] != f"sha256:{one['sha256']}":
                raise BadRecord(f"its picture {one['url']} has another SHA-256 than its capture")
            else:
                self.found.counts["pictures"] += 1

    def _holds(self, name: str, file: str, offset: int) -> bool:
        where, start, end = self.place(name)
        return where == file and start <= offset < end

    def events(self) -> None:
        """Absences are sightings that are here."""
        roles = {(role, seen.time) for seen in self.manifest.sightings for role in seen.roles}
        for event in self.manifest.events:
            wanted = {("absent", event.since), ("confirmed", event.time)} if "gone" in event.kinds else set()
            wanted |= {("returned", event.time)} if "returned" in event.kinds else set()
            if not wanted <= roles:
                raise BadRecord(f"no capture here shows {'+'.join(event.kinds)} at {event.time}")

    def link(self, name: str, version: int) -> None:
        """A link is one that the version's snapshot says."""
        held = next(self.texts[one.snapshot] for one in self.manifest.versions if one.number == version)
        if orjson.loads(self.files[name]) not in held.get("seeds", []) or RECIPE not in self.files:
            raise BadRecord(f"the snapshot of version {version} says no such link")
        self.found.counts["seed links"] += 1

    def observations(self) -> None:
        """Lines about this article and its pictures alone, each of a record that is here; what they say is in the manifest."""
        for raw in self.files[OBSERVATIONS].splitlines():
            line = observation.unpack(raw)
            if line.kind == "picture" and line.record not in self.shown:
                raise BadRecord("a line about a picture that no snapshot here lists")
            if line.kind != "picture" and line.article != self.manifest.article.id:
                raise BadRecord("a line about another article")
            source = next((name for name in self.captures if self._holds(name, line.warc, line.offset)), None)
            if source is None or line.record_digest != self._digest(source, line):
                raise BadRecord(f"a line about {line.record}, which is not here as it says")
            self.lines.append(line)
            self.found.counts["observations"] += 1
        said = {
            (at(line.time), line.record, line.klass, line.reason, line.status, line.url, str(line.to.get("url") or ""))
            for line in self.lines
        }
        for one in self.manifest.sightings:
            if (one.time, one.record, one.klass, one.reason, one.status, one.url, one.to) not in said:
                raise BadRecord(f"no line says what the manifest says of {one.capture}")

    def _digest(self, name: str, line: Observation) -> str:
        start = line.offset - self.place(name)[1]
        return f"sha256:{hashlib.sha256(self.files[name][start : start + line.length]).hexdigest()}"

    def written(self) -> None:
        """What our code writes is what it would write again. Of another version's we cannot tell."""
        names = [README, CHECK, REPORT, *([RECIPE] if RECIPE in self.files else [])]
        if self.manifest.maker != maker():
            self.found.unchecked[f"{', '.join(names)}: written by another version of Warraq"] += 1
            return
        makers: dict[str, Callable[[], bytes]] = {README: readme.readme, CHECK: readme.script, RECIPE: recipe}
        if not self.found.findings:
            makers[REPORT] = partial(report.render, self.manifest, self.files)
        for name in names:
            if name in makers:
                self.guard(name, partial(self._same, name, makers[name]))

    def _same(self, name: str, write: Callable[[], bytes]) -> None:
        if self.files[name] != write():
            raise BadRecord("not what Warraq writes for these contents")


def _unpacked(data: bytes) -> None:
    """BadRecord when a gzip file unpacks to more than any capture."""
    room = _UNPACKED
    for size in _sizes(data):
        room -= size
        if room < 0:
            raise BadRecord("it unpacks to more than any capture")


def _sizes(data: bytes) -> Iterator[int]:
    """The sizes of the pieces that gzip data unpacks to, a piece at a time in memory."""
    while data:
        stream = zlib.decompressobj(31)
        try:
            while not stream.eof and data:
                yield len(stream.decompress(data, 1 << 20))
                data = stream.unconsumed_tail
        except zlib.error as error:
            raise BadRecord(f"damaged gzip: {error}") from error
        if not stream.eof:
            raise BadRecord("gzip that breaks off")
        data = stream.unused_data


def _target(data: bytes) -> str:
    return next((record.target for record in warc.records(data)), "")
