"""Reads packed WARC files back; archive.records writes them, archive.check checks them.

A file is a row of gzip members, one record each. A capture is its request, its response or revisit, and the
metadata record that says why it was made; `captures` joins them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from archive import codings, http1
from archive.capture import Cited, Note, Previous, Role
from archive.check import Checked, check
from archive.errors import BadRecord
from archive.members import Record, json_object, members, parse, records
from archive.parts import Part, parts
from archive.records import CAPTURE, RUN

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

_INNER: dict[str, type[Any]] = {"previous": Previous, "listed_by": Cited, "ruled_by": Cited}  # objects in a note
_FIELDS: dict[type[Any], frozenset[str]] = {kind: frozenset(f.name for f in fields(kind)) for kind in (Note, Previous, Cited)}
_T = TypeVar("_T")


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

    def unpacked(self, limit: int) -> codings.Unpacked:
        """The body as a reader takes it, damaged or wrongly labelled; BadRecord as in `archive.codings.unpack`."""
        return http1.unpack(_head(self.status, self.headers), self.payload, limit)

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


def captures(data: bytes) -> Iterator[StoredCapture]:
    """The captures of a packed file in order. One without its metadata record comes out as recovered: its writer was killed."""
    held: Record | None = None
    for record in records(data):
        if record.kind in ("response", "revisit"):
            if held is not None:
                yield _stored(held, {})
            held = record
        elif record.kind == "metadata" and record.target.startswith(CAPTURE):
            meta = json_object(record)
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
            yield StoredReport(record.target.removeprefix(RUN), record.fields.get("warc-date", ""), *place, json_object(record))


def info(data: bytes) -> dict[str, str]:
    """The fields of the warcinfo record a file begins with."""
    for offset, length, content in members(data):
        record = parse(offset, length, content, "")
        if record.kind != "warcinfo":
            break
        lines = (line.partition(": ") for line in record.block.decode("utf-8", "replace").splitlines())
        return {name: value for name, _, value in lines}
    raise BadRecord("the file does not begin with a warcinfo record")


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
        note=_note(meta) or _recovered(record),
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


def _note(meta: dict[str, Any]) -> Note | None:
    """The note of a metadata record, None when there is none. Fields of a later version are passed over."""
    if not (told := meta.get("note")):
        return None
    told = {**told, "via": tuple(told.get("via", ()))}
    for name, kind in _INNER.items():
        told[name] = _made(kind, told[name]) if told.get(name) else None
    return _made(Note, told)


def _made(kind: type[_T], told: dict[str, Any]) -> _T:
    """A dataclass of those of its fields that were told."""
    return kind(**{name: value for name, value in told.items() if name in _FIELDS[kind]})


def _recovered(record: Record) -> Note:
    """What is known without the metadata record. Files of before Warraq-Role tell robots.txt by its address, and no more."""
    role: Role = "robots" if urlsplit(record.target).path == "/robots.txt" else "article"
    told = record.fields.get("warraq-role")
    return Note(role=next((one for one in get_args(Role) if one == told), role), found="recovered")
