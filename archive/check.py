"""Whether a packed WARC file is what it says: every digest computed again, every name that rests on one looked at.

Tiles, leaves and signatures are the log's (archive.log); here a file answers for itself.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from archive import http1
from archive.errors import BadRecord
from archive.members import Record, json_object, members, parse
from archive.records import CAPTURE, SAME_PAYLOAD, TLS, digest

_PEM = re.compile(rb"(?:-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n)+")
_FIRST = re.compile(rb"-----BEGIN CERTIFICATE-----\n([^-]+)")


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` looked at, and one line for each thing that is wrong."""

    records: int
    findings: list[str]


def check(data: bytes, *, bodies: bool = True, each: Callable[[Record], None] | None = None) -> Checked:
    """Every member decompressed, every record parsed, every digest computed again, every certificate chain found that a
    capture names. Stops at damage it cannot pass.

    Without `bodies` the digests of content-decoded bodies are taken as they are: they follow from payloads whose digests
    are computed, and cost more than all the rest. `each` sees every record; its `member_digest` is empty.
    """
    count, findings = 0, []
    chains: dict[str, str] = {}  # those of the records so far: digest of the chain → digest of its first certificate
    try:
        for offset, length, content in members(data):
            count += 1
            try:
                record = parse(offset, length, content, "")
                if each is not None:
                    each(record)
                findings += [f"the {record.kind} record at byte {offset}: {what}" for what in _wrong(record, chains, bodies)]
            except BadRecord as error:
                text = str(error)
                findings.append(text if f"byte {offset}" in text else f"the record at byte {offset}: {text}")
    except BadRecord as error:
        findings.append(str(error))
    if not count and not findings:
        findings.append("the file holds no record")
    return Checked(count, findings)


def _wrong(record: Record, chains: dict[str, str], bodies: bool) -> Iterator[str]:
    if record.fields.get("warc-block-digest", "") != digest(record.block):
        yield "differs from its block digest"
    if missing := [name for name in ("warc-type", "warc-record-id", "warc-date") if not record.fields.get(name)]:
        yield f"{', '.join(missing)} missing"
    if record.kind == "resource" and record.target.startswith(TLS):
        yield from _chain(record, chains)
    elif record.kind == "metadata" and record.target.startswith(CAPTURE):
        yield from _names_a_chain(record, chains)
    for name, computed in _recomputed(record, bodies):
        if (said := record.fields.get(name)) and said != computed:
            yield f"differs from its {name}"


def _chain(record: Record, chains: dict[str, str]) -> Iterator[str]:
    """A certificate chain is named by its digest."""
    named = f"sha256:{record.target.removeprefix(TLS)}"
    if named != digest(record.block):
        yield "its certificates are not those of its name"
    first = _FIRST.match(record.block)
    if first is None or not _PEM.fullmatch(record.block):
        yield "its certificates are not in PEM"
        return
    try:
        chains[named] = digest(base64.b64decode(first[1].replace(b"\n", b""), validate=True))
    except binascii.Error:
        yield "its certificates are not in PEM"


def _names_a_chain(record: Record, chains: dict[str, str]) -> Iterator[str]:
    """What a capture says of its connection's certificates stands in the same file, before it."""
    tls = json_object(record).get("tls")
    if not isinstance(tls, dict) or not tls.get("chain"):
        return
    chain = str(tls["chain"])
    if chain not in chains:
        yield f"the certificates it names ({chain}) are not in the file before it"
    elif tls.get("certificate") != chains[chain]:
        yield "the certificate it names is not the first of its chain"


def _recomputed(record: Record, bodies: bool) -> Iterator[tuple[str, str]]:
    if record.kind in ("metadata", "resource"):
        yield "warc-payload-digest", digest(record.block)
    elif record.kind == "request":
        yield "warc-payload-digest", digest(record.block.partition(b"\r\n\r\n")[2])
    elif record.kind == "response" and "warraq-payload-digest" in record.fields:
        head = http1.parse_head(record.block)
        payload = http1.payload(record.block, head)
        computed = digest(payload)
        yield "warc-payload-digest", computed
        yield "warraq-payload-digest", computed
        if bodies and "warraq-body-digest" in record.fields:
            yield "warraq-body-digest", digest(http1.body(head, payload))
    elif record.kind == "revisit" and record.fields.get("warc-profile") == SAME_PAYLOAD:
        yield "warc-payload-digest", record.fields.get("warraq-payload-digest", "")
