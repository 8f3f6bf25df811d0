"""An order to read older captures again: a WARC file without a capture, which names them. Pure.

    warcinfo │ resource urn:warraq:reread:<run>

Its observations are those readings, so they lie in the bucket, in the log and in the catalog as those of any other file do.
The order itself says which captures, by which rules and with which libraries; whoever finds one without observations reads
what it names. Ids and times follow from the run, so the same order is the same bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from archive import keys, records
from archive.errors import BadRecord
from archive.keys import Stem
from archive.members import json_object
from archive.members import records as stored_records

TARGET = "urn:warraq:reread:"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """A capture to be read again: where its record lies, and which article it is of."""

    warc: str
    offset: int
    length: int
    article: str


@dataclass(frozen=True, slots=True)
class Work:
    """Whose order it is: as in the key of its file."""

    outlet: str
    run: str
    attempt: int
    seq: int


def pack(work: Work, wanted: Sequence[Wanted], rules: Mapping[str, Any], fields: Mapping[str, str]) -> tuple[Stem, bytes]:
    """The order as a packed file, and what it is called. `rules`: by which it is read; `fields`: more for its warcinfo."""
    places: dict[str, list[tuple[int, int, str]]] = {}
    for one in sorted(wanted, key=lambda one: (one.warc, one.offset, one.article)):
        places.setdefault(one.warc, []).append((one.offset, one.length, one.article))
    block = orjson.dumps({"v": FORMAT, **rules, "captures": places}, option=orjson.OPT_SORT_KEYS)
    when = keys.run_time(work.run)
    name = f"{TARGET}{work.run}.{work.attempt}-{work.seq} {sha256(block).hexdigest()}"
    info_id, record_id = (str(uuid.uuid5(uuid.NAMESPACE_URL, f"{name} {part}")) for part in ("warcinfo", "resource"))
    own = {"outlet": work.outlet, "run": work.run, "attempt": str(work.attempt), "seq": str(work.seq)}
    data = records.warcinfo(info_id, when, {**own, **fields, "format": "WARC File Format 1.1", "conformsTo": records.SPEC})
    about = (
        ("WARC-Target-URI", TARGET + work.run),
        ("WARC-Warcinfo-ID", f"<urn:uuid:{info_id}>"),
        ("WARC-Payload-Digest", records.digest(block)),
    )
    data += records.member("resource", record_id, records.warc_date(when), "application/json", block, *about)
    return Stem(work.outlet, work.run, work.attempt, work.seq, sha256(data).hexdigest()[:12]), data


def wanted(data: bytes) -> list[Wanted]:
    """What the orders in a packed file name, in their order; nothing in a file of captures. BadRecord when one is damaged."""
    found: list[Wanted] = []
    for record in stored_records(data):
        if record.kind == "resource" and record.target.startswith(TARGET):
            try:
                row = json_object(record)
                if row["v"] != FORMAT:
                    raise BadRecord("an order of another format version", "upgrade Warraq before reading this bucket")
                found += [Wanted(warc, *place) for warc, places in row["captures"].items() for place in places]
            except (KeyError, TypeError, AttributeError) as error:
                raise BadRecord(f"the record at byte {record.offset} is no order to read again: {error!r}") from error
    return found
