"""Observations against their records, snapshots against their observations, seed links counted again. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from archive import seed
from archive.digest import RECIPE, digests
from archive.members import Record
from archive.observation import Observation, Reading
from archive.records import digest
from archive.seed import SeedSet


class Lines:
    """The lines of one observations object, held against the records of its file as they pass."""

    def __init__(self, warc: str, lines: Sequence[Observation], data: bytes) -> None:
        self.data = data
        self.waiting: dict[int, list[Observation]] = {}
        for line in lines:
            if line.warc == warc:
                self.waiting.setdefault(line.offset, []).append(line)
        self.wrong: list[str] = []

    def see(self, record: Record) -> None:
        """Compare what was observed of this record with it."""
        if (found := self.waiting.pop(record.offset, None)) is None:
            return
        member = digest(self.data[record.offset : record.offset + record.length])
        for line in found:
            if names := [name for name, same in _same(line, record, member) if not same]:
                self.wrong.append(f"what it says of the record at byte {record.offset} is not so: {', '.join(names)}")

    def finish(self) -> list[str]:
        """What is wrong, once every record has passed."""
        return self.wrong + [f"it names a record at byte {at}, and there is none" for at in self.waiting]


def _same(line: Observation, record: Record, member: str) -> Iterator[tuple[str, bool]]:
    fields = record.fields
    yield "record_digest", line.record_digest == member
    yield "length", line.length == record.length
    yield "record", line.record == record.id
    yield "record_type", line.record_type == record.kind
    yield "time", line.time == fields.get("warc-date", "")
    if record.kind in ("response", "revisit"):
        yield "payload", line.payload == (fields.get("warc-payload-digest") or fields.get("warraq-payload-digest", ""))
        yield "body", line.body == fields.get("warraq-body-digest", "")


def snapshot_faults(held: dict[str, Any], line: Observation, reading: Reading) -> Iterator[str]:
    """How a snapshot differs from the observation that it was put for."""
    capture = held.get("capture", {})
    if (capture.get("warc"), capture.get("offset"), capture.get("payload")) != (line.warc, line.offset, line.payload):
        yield "it names another capture than its observation"
    if digests(held.get("faithful", "")) != reading.body:
        yield "its text does not have the digests that were observed"
    if digests(held.get("title", "")) != reading.headline:
        yield "its headline does not have the digests that were observed"
    for name in sorted(_differing(held, line, reading)):
        yield f"its {name} is not what was observed"


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


def link_faults(held: dict[str, Any], seeds: SeedSet) -> Iterator[str]:
    """How the links of a snapshot to this set of seed files differ from a count done again."""
    said = {one["name"]: one for one in held.get("seeds", ()) if one.get("recipe") == RECIPE and one.get("set") == seeds.set12}
    if not said:
        return
    counted = orjson.loads(orjson.dumps(seed.link(f"{held.get('title', '')}\n{held.get('faithful', '')}", seeds)))
    again = {one["name"]: one for one in counted}
    for name in sorted(said.keys() | again.keys()):
        if said.get(name) != again.get(name):
            yield f"its link to {name} is not what a count of both texts gives"
