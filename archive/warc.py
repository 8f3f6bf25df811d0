"""Reads packed WARC files back and checks them; archive.records writes them.

A file is a row of gzip members, one record each. A capture is its request, its response or revisit, and the
metadata record that says why it was made; `captures` joins them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import orjson

from archive import http1
from archive.capture import Note, Previous
from archive.errors import BadRecord
from archive.members import Record, members, parse, records
from archive.parts import Part, parts
from archive.records import CAPTURE, RUN, SAME_PAYLOAD, digest

__all__ = [
    "Checked",
    "Part",
    "Record",
    "StoredCapture",
    "StoredReport",
    "capture_at",
    "captures",
    "check",
    "info",
    "members",
    "parts",
    "records",
    "run_reports",
]

_RECOVERED = Note(role="article", found="recovered")


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """A capture as read back; offset and length are those of the response, revisit or metadata member."""

    url: str
    time: str  # WARC-Date
    record_id: str  # urn:uuid:…
    record_type: Literal["response", "revisit", "metadata"]
    offset: int
    length: int
    record_digest: str  # "sha256:…" of the gzip member
    status: int  # 0: no status line arrived
    headers: tuple[tuple[str, str], ...]
    payload: bytes  # transfer-decoded; empty for a revisit
    payload_digest: str  # of a revisit: that of the payload it refers to
    body_digest: str  # "" when the body cannot be decoded
    note: Note
    failure: str
    truncated: str
    meta: dict[str, Any] = field(default_factory=dict)  # the metadata record's JSON

    @property
    def body(self) -> bytes:
        """The content-decoded body; BadRecord when it is damaged or too large."""
        return http1.body(_head(self.status, self.headers), self.payload)

    def header(self, name: str) -> str:
        """The first field called `name` (lower case), or ""."""
        return next((value for key, value in self.headers if key.lower() == name), "")


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A run's report as read back from its `resource` record."""

    run: str
    time: str
    record_id: str
    offset: int
    length: int
    record_digest: str
    report: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` looked at, and one line for each thing that is wrong."""

    records: int
    findings: list[str]


def captures(data: bytes) -> Iterator[StoredCapture]:
    """The captures of a packed file in order. One without its metadata record comes out as recovered: its writer was killed."""
    held: Record | None = None
    for record in records(data):
        if record.kind in ("response", "revisit"):
            if held is not None:
                yield _stored(held, {})
            held = record
        elif record.kind == "metadata" and record.target.startswith(CAPTURE):
            meta = _json(record)
            if held is not None and held.id in record.concurrent:
                yield _stored(held, meta)
                held = None
            else:
                yield _stored(record, meta)
    if held is not None:
        yield _stored(held, {})


def capture_at(member: bytes, offset: int = 0) -> StoredCapture:
    """The capture of one member that was fetched by its range; `offset` is its place in the file."""
    only = next(captures(member), None)
    if only is None:
        raise BadRecord(f"the member at byte {offset} holds no capture")
    return replace(only, offset=only.offset + offset)


def run_reports(data: bytes) -> Iterator[StoredReport]:
    """The run reports of a packed file."""
    for record in records(data):
        if record.kind == "resource" and record.target.startswith(RUN):
            place = (record.id, record.offset, record.length, record.member_digest)
            yield StoredReport(record.target.removeprefix(RUN), record.fields.get("warc-date", ""), *place, _json(record))


def info(data: bytes) -> dict[str, str]:
    """The fields of the warcinfo record a file begins with."""
    for offset, length, content in members(data):
        record = parse(offset, length, content, "")
        if record.kind != "warcinfo":
            break
        lines = (line.partition(": ") for line in record.block.decode("utf-8", "replace").splitlines())
        return {name: value for name, _, value in lines}
    raise BadRecord("the file does not begin with a warcinfo record")


def check(data: bytes) -> Checked:
    """Every member decompressed, every record parsed, every digest computed again. Stops at damage it cannot pass."""
    count, findings = 0, []
    try:
        for offset, length, content in members(data):
            count += 1
            try:
                record = parse(offset, length, content, "")
            except BadRecord as error:
                findings.append(str(error))
                continue
            findings += [f"the {record.kind} record at byte {offset}: {what}" for what in _wrong(record)]
    except BadRecord as error:
        findings.append(str(error))
    if not count and not findings:
        findings.append("the file holds no record")
    return Checked(count, findings)


def _wrong(record: Record) -> Iterator[str]:
    if record.fields.get("warc-block-digest", "") != digest(record.block):
        yield "differs from its block digest"
    if missing := [name for name in ("warc-type", "warc-record-id", "warc-date") if not record.fields.get(name)]:
        yield f"{', '.join(missing)} missing"
    for name, computed in _recomputed(record):
        if (said := record.fields.get(name)) and said != computed:
            yield f"differs from its {name}"


def _recomputed(record: Record) -> Iterator[tuple[str, str]]:
    if record.kind in ("metadata", "resource"):
        yield "warc-payload-digest", digest(record.block)
    elif record.kind == "request":
        yield "warc-payload-digest", digest(record.block.partition(b"\r\n\r\n")[2])
    elif record.kind == "response" and "warraq-payload-digest" in record.fields:
        head = http1.parse_head(record.block)
        payload = http1.payload(record.block, head)
        yield "warc-payload-digest", digest(payload)
        yield "warraq-payload-digest", digest(payload)
        if "warraq-body-digest" in record.fields:
            yield "warraq-body-digest", digest(http1.body(head, payload))
    elif record.kind == "revisit" and record.fields.get("warc-profile") == SAME_PAYLOAD:
        yield "warc-payload-digest", record.fields.get("warraq-payload-digest", "")


def _json(record: Record) -> dict[str, Any]:
    try:
        value = orjson.loads(record.block)
    except orjson.JSONDecodeError as error:
        raise BadRecord(f"the record at byte {record.offset} holds no JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRecord(f"the record at byte {record.offset} holds no JSON object")
    return value


def _stored(record: Record, meta: dict[str, Any]) -> StoredCapture:
    """`record` is the response, the revisit, or the metadata record itself when nothing arrived."""
    status, headers, payload = _taken_apart(record, meta)
    return StoredCapture(
        url=meta.get("url") or record.target,
        time=record.fields.get("warc-date", ""),
        record_id=record.id,
        record_type=record.kind,  # type: ignore[arg-type]  # captures() lets only the three kinds through
        offset=record.offset,
        length=record.length,
        record_digest=record.member_digest,
        status=status,
        headers=headers,
        payload=payload,
        payload_digest="" if record.kind == "metadata" else _payload_digest(record),
        body_digest="" if record.kind == "metadata" else record.fields.get("warraq-body-digest", ""),
        note=_note(meta),
        failure=meta.get("failure", ""),
        truncated=record.fields.get("warc-truncated", "") or meta.get("truncated", ""),
        meta=meta,
    )


def _taken_apart(record: Record, meta: dict[str, Any]) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """(status, headers, payload). The head of a revisit stands in its metadata record, for replay's sake."""
    raw = meta.get("head", "").encode("latin-1") if record.kind == "revisit" else record.block
    if record.kind == "metadata" or not raw:
        return 0, (), b""
    try:
        head = http1.parse_head(raw)
        payload = b"" if record.kind == "revisit" else http1.payload(raw, head)
    except BadRecord:
        return 0, (), b""  # kept as it came; the metadata record says what went wrong
    return head.status, tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in head.headers), payload


def _payload_digest(record: Record) -> str:
    return record.fields.get("warc-payload-digest") or record.fields.get("warraq-payload-digest", "")


def _head(status: int, headers: tuple[tuple[str, str], ...]) -> http1.Head:
    return http1.Head(status, b"", tuple((n.encode("latin-1"), v.encode("latin-1")) for n, v in headers), 0)


def _note(meta: dict[str, Any]) -> Note:
    if not (told := meta.get("note")):
        return _RECOVERED
    previous = Previous(**told["previous"]) if told.get("previous") else None
    return Note(**{**told, "via": tuple(told.get("via", ())), "previous": previous})
