"""Writes WARC 1.1 records (ISO 28500:2017), one gzip member each: pure functions of an Exchange, ids passed in.

    request? ─► response | revisit | nothing ─► metadata

Digests are `sha256:` in hex. `WARC-Payload-Digest` is over the transfer-decoded body, as WARC 1.1 §6.3.2 has it
("with any transfer-encoding removed"). warcio 1.8.1 checks it over the bytes after the head, chunk framing and all, so on a
chunked response the optional field is left out; `Warraq-Payload-Digest` always has it (docs/FORMAT.md).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import orjson
from isal import isal_zlib

from archive import http1
from archive.capture import Chain, Exchange, Previous, Written
from archive.errors import BadRecord

SPEC = "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
CAPTURE = "urn:warraq:capture:"
RUN = "urn:warraq:run:"
TLS = "urn:warraq:tls:"
_PROFILES = "http://netpreserve.org/warc/1.1/revisit/"
SAME_PAYLOAD = _PROFILES + "identical-payload-digest"
NOT_MODIFIED = _PROFILES + "server-not-modified"
# The content-decoded bodies are equal, the coded ones are not: gzip's bytes vary from answer to answer.
SAME_BODY = "urn:warraq:revisit:identical-body"
_RESPONSE = "application/http;msgtype=response"
_REQUEST = "application/http;msgtype=request"

NewId = Callable[[], str]  # a fresh UUID, as text
_Fields = tuple[tuple[str, str], ...]


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def warc_date(when: datetime) -> str:
    """UTC with microseconds (WARC 1.1 §5.4 allows any precision up to nanoseconds)."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _gzip(data: bytes, stored: bool) -> bytes:
    """One member, mtime 0. What is compressed already is only wrapped: that costs 0.1 % and saves 0.1 ms a reading."""
    return zlib.compress(data, 0, wbits=31) if stored else isal_zlib.compress(data, 2, wbits=31)


def member(
    kind: str, record_id: str, date: str, mime: str, block: bytes, *fields: tuple[str, str], stored: bool = False
) -> bytes:
    """One record as one gzip member. Fields with an empty value are left out."""
    head = [
        "WARC/1.1",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{record_id}>",
        f"WARC-Date: {date}",
        *(f"{name}: {value}" for name, value in fields if value),
        f"WARC-Block-Digest: {digest(block)}",
        f"Content-Type: {mime}",
        f"Content-Length: {len(block)}",
    ]
    return _gzip(b"\r\n".join(("\r\n".join(head).encode("utf-8"), b"", block, b"", b"")), stored)


def warcinfo(record_id: str, when: datetime, fields: Mapping[str, str]) -> bytes:
    """The first record of a file: who wrote it, with what, for which run."""
    lines = [f"{name}: {' '.join(str(value).split())}\r\n" for name, value in fields.items()]
    return member("warcinfo", record_id, warc_date(when), "application/warc-fields", "".join(lines).encode("utf-8"))


def run_report(record_id: str, when: datetime, run: str, report: Mapping[str, Any], info_id: str) -> bytes:
    """A `resource` record that holds what a run asked for and what came of it."""
    block = orjson.dumps(report, option=orjson.OPT_SORT_KEYS)
    fields = (
        ("WARC-Target-URI", RUN + run),
        ("WARC-Warcinfo-ID", f"<urn:uuid:{info_id}>"),
        ("WARC-Payload-Digest", digest(block)),
    )
    return member("resource", record_id, warc_date(when), "application/json", block, *fields)


def tls_chain(record_id: str, when: datetime, chain: Chain, info_id: str) -> bytes:
    """A `resource` record that holds the certificates a server sent, named by their SHA-256: once for each file."""
    fields = (
        ("WARC-Target-URI", TLS + chain.sha256),
        ("WARC-Warcinfo-ID", f"<urn:uuid:{info_id}>"),
        ("WARC-Payload-Digest", f"sha256:{chain.sha256}"),
    )
    return member("resource", record_id, warc_date(when), "application/pem-certificate-chain", chain.pem, *fields)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What arrived, taken apart."""

    block: bytes  # the final response as received
    interim: bytes  # 1xx responses before it
    head: http1.Head | None  # None: no whole head arrived
    payload: str  # digest of the transfer-decoded body
    body: str  # digest of the content-decoded body, "" when it cannot be decoded
    empty: bool


def _answer(exchange: Exchange) -> _Answer:
    raw = exchange.response
    try:
        head = http1.parse_head(raw)
    except BadRecord:
        return _Answer(raw, b"", None, "", "", empty=True)
    final, interim = raw[head.begins_at :], raw[: head.begins_at]
    payload = _decoded(http1.payload, raw, head)
    if payload is None:
        return _Answer(final, interim, head, "", "", empty=True)
    coded = digest(payload)
    body = _decoded(http1.body, head, payload)
    plain = "" if body is None else coded if body is payload else digest(body)
    return _Answer(final, interim, head, coded, plain, not payload)


def _decoded(decode: Callable[..., bytes], *given: Any) -> bytes | None:
    """What `decode` gives; None where it fails. The edge of a capture: whatever a server sent is kept as it came, understood
    or not, and no fault of a decoder may cost it."""
    try:
        return decode(*given)
    except Exception:  # noqa: BLE001  as said
        return None


def capture(exchange: Exchange, info_id: str, new_id: NewId) -> bytes:
    """The records of one exchange, ready to be appended to a file."""
    return written(exchange, info_id, new_id)[0]


def written(exchange: Exchange, info_id: str, new_id: NewId) -> tuple[bytes, Written]:
    """The records of one exchange, and under which name others may cite it.

    The response becomes a revisit when `note.previous` has the same body (or the server said 304), and is left
    out when nothing arrived. The metadata record comes last, so a capture with it is a capture that is whole.
    """
    date, answer = warc_date(exchange.started), _answer(exchange)
    asked, answered, told = (new_id() for _ in range(3))
    file: _Fields = (("WARC-Warcinfo-ID", f"<urn:uuid:{info_id}>"),)
    common = (("WARC-Target-URI", _uri(exchange.url)), ("WARC-IP-Address", exchange.ip), *file)
    out, concurrent, name = b"", [], Written(f"urn:uuid:{told}", "")
    if exchange.request:
        peer = ("WARC-Concurrent-To", f"<urn:uuid:{answered if answer.block else told}>")
        payload = ("WARC-Payload-Digest", digest(exchange.request.partition(b"\r\n\r\n")[2]))
        out += member("request", asked, date, _REQUEST, exchange.request, *common, peer, payload)
        concurrent.append(asked)
    kind = ""
    if answer.block:
        previous = None if exchange.truncated else exchange.note.previous
        profile = _profile(answer, previous)
        if previous and answer.head and profile:
            kind, fields, block = "revisit", _revisit(answer, profile, previous), b""
        else:
            kind, fields, block = "response", _response(answer, exchange.truncated or ""), answer.block
        stored = answer.head is not None and bool(answer.head.all(b"content-encoding"))
        role = ("Warraq-Role", exchange.note.role)  # known even when the metadata record is not: its writer was killed
        out += member(kind, answered, date, _RESPONSE, block, *common, *fields, role, stored=stored)
        concurrent.insert(0, answered)
        name = Written(f"urn:uuid:{answered}", dict(fields)["Warraq-Payload-Digest"])
    target = ("WARC-Target-URI", CAPTURE + (concurrent[0] if concurrent else told))
    links = tuple(("WARC-Concurrent-To", f"<urn:uuid:{one}>") for one in concurrent)
    block = _metadata(exchange, answer, kind)
    mine = (target, *file, *links, ("WARC-Payload-Digest", digest(block)))
    return out + member("metadata", told, date, "application/json", block, *mine), name


def _profile(answer: _Answer, previous: Previous | None) -> str:
    """The revisit profile that fits (WARC 1.1 §6.7.2), or "" for a response record."""
    if previous is None or answer.head is None:
        return ""
    if answer.head.status == 304:
        return NOT_MODIFIED
    if answer.empty or not answer.body or answer.body != previous.body:
        return ""
    return SAME_PAYLOAD if answer.payload == previous.payload else SAME_BODY


def _response(answer: _Answer, truncated: str) -> _Fields:
    plain = answer.head is not None and not answer.head.chunked
    return (
        ("WARC-Payload-Digest", answer.payload if plain else ""),
        ("Warraq-Payload-Digest", answer.payload),
        ("Warraq-Body-Digest", answer.body),
        ("WARC-Truncated", truncated),
    )


def _revisit(answer: _Answer, profile: str, previous: Previous) -> _Fields:
    """`WARC-Payload-Digest` is that of the record referred to: replay finds it by that (WARC 1.1 §6.7.2).

    No block: pywb 2.10 joins a revisit's head with the bytes of the record referred to, which go wrong when one is
    chunked or coded otherwise than the other, and shows a 304 as a blank page. The head stands in the metadata.
    """
    unmodified = profile == NOT_MODIFIED
    return (
        ("WARC-Profile", profile),
        ("WARC-Refers-To", f"<{previous.record_id}>" if previous.record_id else ""),
        ("WARC-Refers-To-Target-URI", _uri(previous.url)),
        ("WARC-Refers-To-Date", previous.time),
        ("WARC-Payload-Digest", previous.payload),
        ("Warraq-Payload-Digest", previous.payload if unmodified else answer.payload),
        ("Warraq-Body-Digest", previous.body if unmodified else answer.body),
    )


def _metadata(exchange: Exchange, answer: _Answer, kind: str) -> bytes:
    record = {
        "v": 1,
        "url": exchange.url,
        "record": kind,
        "note": exchange.note,  # orjson writes dataclasses as objects
        "failure": exchange.failure,
        "truncated": exchange.truncated or "",
        "started": warc_date(exchange.started),
        "finished": warc_date(exchange.finished),
        "seconds": round((exchange.finished - exchange.started).total_seconds(), 6),
        "received": len(exchange.response),
        "payload": answer.payload,
        "body": answer.body,
        "ip": exchange.ip,
        "tls": {**exchange.tls, "chain": f"sha256:{exchange.chain.sha256}"} if exchange.chain else exchange.tls,
    }
    if asked := exchange.dns:
        record["dns"] = {
            "host": asked.host,
            "addresses": asked.addresses,
            "time": warc_date(asked.when),
            "problem": asked.problem,
        }
    if answer.interim:
        record["interim"] = answer.interim.decode("latin-1")
    if kind == "revisit" and answer.head:
        record["head"] = answer.block[: answer.head.body_at - answer.head.begins_at].decode("latin-1")
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def _uri(url: str) -> str:
    """`url` with everything that may not stand in a header line or URI percent-encoded."""
    return url if url.isascii() and url.isprintable() and " " not in url else quote(url, safe="%/:?#[]@!$&'()*+,;=~-._")
