"""Records of exchanges: what is written, what comes back, and what other people's programs make of it."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import ssl
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from isal import isal_zlib

from archive import records, warc
from archive.capture import Chain, Cited, Exchange, Note, Previous, Resolution, Written
from archive.errors import BadRecord
from archive.records import digest
from tests.warc_tools import indexed, refused_by, seen_by_warcio

PAGE = "<html><body><p>وصلت القافلة إلى المدينة مساء الخميس محمّلة بالدقيق.</p></body></html>".encode() * 30
ZIPPED = gzip.compress(PAGE, mtime=0)
REQUEST = b"GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n"
START = datetime(2026, 11, 22, 1, 12, 0, 123, tzinfo=UTC)
ROBOTS = Cited("http://example.org/robots.txt", "urn:uuid:8a5f1c1e-2b6e-4a53-b0a4-0d2f2c1a9e01", digest(b"User-agent: *"))
LISTED = Cited("http://example.org/wp-json?page=3", "urn:uuid:8a5f1c1e-2b6e-4a53-b0a4-0d2f2c1a9e02", digest(b"[]"), page=3)
NOTE = Note("article", "rest", "new", ("http://example.org/old",), 2, robots="allowed: /", listed_by=LISTED, ruled_by=ROBOTS)
PREVIOUS = Previous(
    "http://example.org/a",
    "2026-11-21T01:12:00.000001Z",
    "urn:uuid:8a5f1c1e-2b6e-4a53-b0a4-0d2f2c1a9e11",
    digest(ZIPPED),
    digest(PAGE),
)
EMPTY = digest(b"")
DER = b"0\x03 no certificate anyone would trust, but DER begins so"
CHAIN = Chain(ssl.DER_cert_to_PEM_cert(DER).encode() + ssl.DER_cert_to_PEM_cert(DER[::-1]).encode())


def ids(start: int = 1) -> Callable[[], str]:
    numbers: Iterator[int] = itertools.count(start)
    return lambda: str(uuid.UUID(int=next(numbers)))


def answer(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: text/html\r\n%sContent-Length: %d\r\n\r\n%s" % (status, more, len(body), body)


def exchange(response: bytes, **changes: object) -> Exchange:
    made = Exchange("http://example.org/a", START, START + timedelta(milliseconds=250), REQUEST, response, NOTE, ip="192.0.2.7")
    return replace(made, **changes)


ZIP = answer(ZIPPED, more=b"Content-Encoding: gzip\r\n")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"
AGAIN = replace(NOTE, previous=PREVIOUS)
SHAPES = {
    "plain": exchange(answer(PAGE)),
    "gzip": exchange(ZIP),
    "chunked": exchange(CHUNKED),
    "chunked gzip": exchange(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
        % (len(ZIPPED), ZIPPED)
    ),
    "empty": exchange(answer(b"", b"301 Moved", b"Location: /b\r\n")),
    "close-delimited": exchange(b"HTTP/1.0 200 OK\r\n\r\n" + PAGE),
    "bare LF": exchange(b"HTTP/1.1 200 OK\nA: 1\nno colon\n\nhello"),
    "interim": exchange(b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + answer(PAGE)),
    "same payload": exchange(ZIP, note=AGAIN),
    "same body": exchange(answer(PAGE), note=AGAIN),
    "not modified": exchange(b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', note=AGAIN),
    "cut": exchange(ZIP[:400], failure="data-loss", truncated="disconnect", note=AGAIN),
    "cut head": exchange(b"HTTP/1.1 200 OK\r\nContent-Ty", failure="reset", truncated="disconnect"),
    "garbage": exchange(b"\0\1 no HTTP\r\n\r\nat all", failure="other", truncated="unspecified"),
    "damaged gzip": exchange(answer(ZIPPED[:-9] + b"123456789", more=b"Content-Encoding: gzip\r\n")),
    "unknown transfer coding": exchange(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: odd\r\n\r\nxyz"),
    "nothing": exchange(b"", failure="reset"),
    "no connection": exchange(b"", request=b"", failure="dns", ip=""),
    "odd address": exchange(answer(PAGE), url="http://example.org/خبر عاجل\r\nX: y"),
    "tls": exchange(
        answer(PAGE),
        url="https://example.org/a",
        tls={"version": "TLSv1.3", "cipher": "x", "certificate": digest(DER)},
        chain=CHAIN,
        dns=Resolution("example.org", ("192.0.2.7", "2001:db8::7"), START - timedelta(seconds=3)),
    ),
}


def packed(*exchanges: Exchange, start: int = 1) -> bytes:
    new_id = ids(start)
    info = new_id()
    data = records.warcinfo(info, START, {"outlet": "example", "software": "Warraq/0", "operator": "two\r\nlines"})
    for one in exchanges:
        if one.chain:
            data += records.tls_chain(new_id(), START, one.chain, info)
        data += records.capture(one, info, new_id)
    return data


def split(data: bytes) -> list[bytes]:
    return [data[offset : offset + length] for offset, length, _ in warc.members(data)]


def only(one: Exchange) -> warc.StoredCapture:
    [capture] = warc.captures(packed(one))
    return capture


def test_every_tool_accepts_every_shape(tmp_path: Path) -> None:
    path = tmp_path / "all.warc.gz"
    path.write_bytes(packed(*SHAPES.values()))
    assert refused_by(path) == {}
    assert warc.check(path.read_bytes()).findings == []


def test_all_shapes_in_one_file_come_back_in_order_with_their_notes() -> None:
    data = packed(*SHAPES.values())
    came = list(warc.captures(data))
    assert [one.meta["received"] for one in came] == [len(one.response) for one in SHAPES.values()]
    for capture, made in zip(came, SHAPES.values(), strict=True):
        assert (capture.url, capture.note, capture.failure, capture.truncated) == (
            made.url,
            made.note,
            made.failure,
            made.truncated or "",
        )
        assert capture.time == "2026-11-22T01:12:00.000123Z"
        member = data[capture.offset : capture.offset + capture.length]
        assert capture.record_digest == digest(member)
        assert warc.capture_at(member, capture.offset).payload == capture.payload


@pytest.mark.parametrize("shape", SHAPES)
def test_blocks_are_the_bytes_of_the_wire(tmp_path: Path, shape: str) -> None:
    made, path = SHAPES[shape], tmp_path / "one.warc.gz"
    path.write_bytes(packed(made))
    seen = {record.kind: record.block for record in seen_by_warcio(path)}
    assert seen.get("request", b"") == made.request
    if shape == "interim":
        assert only(made).meta["interim"].encode() + seen["response"] == made.response
    elif "revisit" in seen:
        assert seen["revisit"] == b""
        head = only(made).meta["head"].encode("latin-1")
        assert made.response.startswith(head)
        assert head.endswith(b"\r\n\r\n")
    else:
        assert seen.get("response", b"") == made.response


def test_the_payload_digest_is_over_the_transfer_decoded_body(tmp_path: Path) -> None:
    """warcio takes the framing for payload, so a chunked response has its digest in our own field alone."""
    path = tmp_path / "one.warc.gz"
    path.write_bytes(packed(SHAPES["chunked"], SHAPES["gzip"]))
    chunked, plain = (record.fields for record in seen_by_warcio(path) if record.kind == "response")
    assert "WARC-Payload-Digest" not in chunked
    assert chunked["Warraq-Payload-Digest"] == digest(b"hello")
    assert plain["WARC-Payload-Digest"] == plain["Warraq-Payload-Digest"] == digest(ZIPPED)
    assert plain["Warraq-Body-Digest"] == digest(PAGE)


@pytest.mark.parametrize(
    ("shape", "profile", "received"),
    [
        ("same payload", records.SAME_PAYLOAD, digest(ZIPPED)),
        ("same body", records.SAME_BODY, digest(PAGE)),
        ("not modified", records.NOT_MODIFIED, digest(ZIPPED)),
    ],
)
def test_what_is_the_same_is_a_revisit_of_the_record_before(tmp_path: Path, shape: str, profile: str, received: str) -> None:
    path = tmp_path / "one.warc.gz"
    path.write_bytes(packed(SHAPES[shape]))
    [fields] = [record.fields for record in seen_by_warcio(path) if record.kind == "revisit"]
    assert fields["WARC-Profile"] == profile
    assert fields["WARC-Refers-To"] == f"<{PREVIOUS.record_id}>"
    assert fields["WARC-Refers-To-Target-URI"] == PREVIOUS.url
    assert fields["WARC-Refers-To-Date"] == PREVIOUS.time
    assert fields["WARC-Payload-Digest"] == PREVIOUS.payload
    assert fields["Warraq-Payload-Digest"] == received
    capture = only(SHAPES[shape])
    assert (capture.record_type, capture.payload, capture.body_digest) == ("revisit", b"", PREVIOUS.body)
    assert (capture.status, bool(capture.headers)) == (304 if shape == "not modified" else 200, True)


def test_another_body_a_cut_one_and_an_empty_one_are_no_revisits() -> None:
    other = exchange(answer(PAGE + b"!"), note=AGAIN)
    empty = exchange(answer(b""), note=replace(NOTE, previous=replace(PREVIOUS, payload=EMPTY, body=EMPTY)))
    assert [only(one).record_type for one in (other, SHAPES["cut"], empty)] == ["response"] * 3


def test_a_damaged_body_is_kept_and_said_to_be_damaged() -> None:
    capture = only(SHAPES["damaged gzip"])
    assert (capture.status, capture.body_digest) == (200, "")
    assert len(capture.payload) == len(ZIPPED)
    with pytest.raises(BadRecord):
        _ = capture.body


def test_nothing_received_leaves_request_and_metadata() -> None:
    assert [record.kind for record in warc.records(packed(SHAPES["nothing"]))] == ["warcinfo", "request", "metadata"]
    assert [record.kind for record in warc.records(packed(SHAPES["no connection"]))] == ["warcinfo", "metadata"]
    assert only(SHAPES["nothing"]).record_type == "metadata"


def test_records_of_a_capture_point_at_each_other(tmp_path: Path) -> None:
    info, asked, answered, told = warc.records(packed(SHAPES["plain"]))
    assert asked.concurrent == (answered.id,)
    assert set(told.concurrent) == {asked.id, answered.id}
    assert told.target == records.CAPTURE + answered.id.removeprefix("urn:uuid:")
    assert {one.fields["warc-warcinfo-id"] for one in (asked, answered, told)} == {f"<{info.id}>"}


def test_cdxj_indexer_finds_the_response_and_keeps_the_metadata_apart(tmp_path: Path) -> None:
    path = tmp_path / "one.warc.gz"
    path.write_bytes(packed(SHAPES["gzip"]))
    rows = indexed(path)
    assert [row["mime"] for row in rows if row["url"] == "http://example.org/a"] == ["text/html"]
    assert {row["url"] for row in rows if row["mime"] == "application/json"} == {
        row["url"] for row in rows if row["url"].startswith("urn:warraq:capture:")
    }


def test_a_capture_says_which_certificates_names_and_documents_led_to_it(tmp_path: Path) -> None:
    path = tmp_path / "one.warc.gz"
    path.write_bytes(packed(SHAPES["tls"]))
    [chain] = [record for record in seen_by_warcio(path) if record.kind == "resource"]
    assert (chain.url, chain.block) == (f"urn:warraq:tls:{hashlib.sha256(CHAIN.pem).hexdigest()}", CHAIN.pem)
    [capture] = warc.captures(path.read_bytes())
    assert capture.meta["tls"]["chain"] == digest(CHAIN.pem)
    assert capture.meta["dns"] == {
        "host": "example.org",
        "addresses": ["192.0.2.7", "2001:db8::7"],
        "time": "2026-11-22T01:11:57.000123Z",
        "problem": "",
    }
    assert capture.meta["ip"] == "192.0.2.7"
    assert (capture.note.listed_by, capture.note.ruled_by) == (LISTED, ROBOTS)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_capture_is_cited_by_the_record_that_readers_find_it_under(shape: str) -> None:
    data, name = records.written(SHAPES[shape], "0" * 8, ids())
    [capture] = warc.captures(data)
    main = next(record for record in warc.records(data) if record.id == capture.record_id)
    assert name == Written(capture.record_id, main.fields.get("warraq-payload-digest", ""))


def forged(data: bytes, kind: str, old: bytes, new: bytes) -> bytes:
    """`data` with its records of one kind altered, and their own digests and lengths made to fit."""
    out = b""
    for record, member in zip(warc.records(data), split(data), strict=True):
        content = isal_zlib.decompress(member, wbits=31)
        if record.kind == kind and old in content:
            head, block = content[: len(content) - len(record.block) - 4].replace(old, new), record.block.replace(old, new)
            head = head.replace(digest(record.block).encode(), digest(block).encode())
            head = head.replace(b"Content-Length: %d" % len(record.block), b"Content-Length: %d" % len(block))
            out += gzip.compress(head + block + b"\r\n\r\n", mtime=0)
        else:
            out += member
    return out


@pytest.mark.parametrize(
    ("kind", "old", "new", "finding"),
    [
        ("resource", CHAIN.pem, CHAIN.pem[::-1], "not in PEM"),
        ("resource", CHAIN.pem, CHAIN.pem * 2, "not those of its name"),
        ("resource", CHAIN.sha256.encode(), b"0" * 64, "not those of its name"),
        ("resource", b"urn:warraq:tls:", b"urn:warraq:other:", "not in the file before it"),
        ("metadata", digest(DER).encode(), digest(b"").encode(), "not the first of its chain"),
        ("metadata", b'"chain":"', b'"chain":["', "holds no JSON"),
        ("metadata", f'"{digest(CHAIN.pem)}"'.encode(), b"[1]", "not in the file before it"),
    ],
)
def test_certificates_that_do_not_fit_their_name_or_capture_are_found(kind: str, old: bytes, new: bytes, finding: str) -> None:
    data = packed(SHAPES["tls"])
    assert warc.check(forged(data, kind, b"\0none", b"")).findings == []
    findings = warc.check(forged(data, kind, old, new)).findings
    assert any(finding in one for one in findings), findings


def test_a_note_of_a_later_version_is_read_as_far_as_it_is_known() -> None:
    data = forged(packed(SHAPES["same body"]), "metadata", b'"attempt":2', b'"attempt":2,"mood":"good"')
    data = forged(data, "metadata", b'"page":3', b'"page":3,"line":9')
    data = forged(data, "metadata", b'"time":"2026-11-21', b'"era":"CE","time":"2026-11-21')
    [capture] = warc.captures(data)
    assert capture.meta["note"]["mood"] == "good"
    assert capture.note == SHAPES["same body"].note


def test_the_same_exchange_and_ids_give_the_same_bytes() -> None:
    assert packed(*SHAPES.values()) == packed(*SHAPES.values())


def test_a_capture_whose_metadata_was_lost_comes_out_as_recovered() -> None:
    data = packed(SHAPES["gzip"])
    last = list(warc.records(data))[-1]
    [capture] = warc.captures(data[: last.offset])
    assert capture.note == Note("article", "recovered")
    assert (capture.url, capture.body, capture.meta) == ("http://example.org/a", PAGE, {})


@pytest.mark.parametrize("role", ["article", "channel", "robots"])
def test_a_capture_whose_metadata_was_lost_still_tells_its_role(role: str) -> None:
    data = packed(exchange(ZIP, note=Note(role, "rest")), exchange(ZIP, note=replace(AGAIN, role=role)))
    kept = [member for member, record in zip(split(data), warc.records(data), strict=True) if record.kind != "metadata"]
    assert [(one.record_type, one.note.role) for one in warc.captures(b"".join(kept))] == [
        ("response", role),
        ("revisit", role),
    ]


def test_before_roles_were_in_the_record_robots_was_told_by_its_address() -> None:
    new_id, told = ids(), []
    for url in ("http://example.org/robots.txt", "http://example.org/a"):
        data = records.capture(exchange(ZIP, url=url, note=Note("channel", "rest")), new_id(), new_id)
        old = forged(data, "response", b"Warraq-Role: channel\r\n", b"")
        asked, answered, _ = split(old)
        told += [one.note.role for one in warc.captures(asked + answered)]
    assert told == ["robots", "article"]


def test_a_run_report_is_a_resource_record() -> None:
    new_id = ids()
    data = packed(SHAPES["plain"]) + records.run_report(
        "0" * 8, START, "20261122T011200Z-3fa9c1b2d4e5", {"asked": 3, "content": 2}, new_id()
    )
    [report] = warc.run_reports(data)
    assert (report.run, report.report) == ("20261122T011200Z-3fa9c1b2d4e5", {"asked": 3, "content": 2})
    assert report.record_digest == digest(data[report.offset : report.offset + report.length])
    assert len(list(warc.captures(data))) == 1


def test_parts_tile_the_file_and_each_is_one_exchange_or_one_record() -> None:
    report = records.run_report("0" * 8, START, "20261122T011200Z-3fa9c1b2d4e5", {"asked": 3}, "0" * 8)
    data = packed(*SHAPES.values()) + report
    found = warc.parts(data)
    captures = [part for part in found if part.kind == "capture"]
    assert [part.kind for part in found] == ["warcinfo", *["capture"] * (len(SHAPES) - 1), "resource", "capture", "resource"]
    assert [part.offset for part in found] == [0, *(part.offset + part.length for part in found)][:-1]
    assert found[-1].offset + found[-1].length == len(data)
    for part in found:
        assert part.digest == hashlib.sha256(data[part.offset : part.offset + part.length]).hexdigest()
    one_each = [list(warc.captures(data[part.offset : part.offset + part.length])) for part in captures]
    assert [one.meta["received"] for [one] in one_each] == [len(one.response) for one in SHAPES.values()]


def test_tail_head_and_sha256sum_give_the_digest_of_a_part(tmp_path: Path) -> None:
    path = tmp_path / "one.warc.gz"
    path.write_bytes(packed(SHAPES["gzip"], SHAPES["same body"]))
    for part in warc.parts(path.read_bytes()):
        shell = f"tail -c +{part.offset + 1} {path} | head -c {part.length} | sha256sum"
        assert subprocess.run(["sh", "-c", shell], capture_output=True, check=True).stdout.split()[0].decode() == part.digest


def test_what_a_killed_writer_left_of_an_exchange_is_a_part_too() -> None:
    data = packed(SHAPES["plain"], SHAPES["gzip"])
    asked, answered, _ = list(warc.records(data))[-3:]
    for end in (asked.offset + asked.length, answered.offset + answered.length):
        found = warc.parts(data[:end])
        assert [part.kind for part in found] == ["warcinfo", "capture", "capture"]
        assert (found[-1].offset, found[-1].offset + found[-1].length) == (asked.offset, end)


def test_exchanges_whose_requests_follow_each_other_are_not_mixed_up() -> None:
    """A writer that was killed after a request, its file gone on by another hand: neighbours are told by their ids."""
    asked, whole = split(packed(SHAPES["plain"]))[1], split(packed(SHAPES["gzip"], start=50))[1:]
    data = b"".join([asked, *whole])
    assert [part.length for part in warc.parts(data)] == [len(asked), sum(map(len, whole))]


def test_parts_of_a_damaged_file_are_refused() -> None:
    data = packed(SHAPES["plain"])
    with pytest.raises(BadRecord, match="breaks off"):
        warc.parts(data[:-1])
    with pytest.raises(BadRecord, match="damaged"):
        warc.parts(data[:-300] + bytes(100) + data[-200:])
    with pytest.raises(BadRecord, match=f"byte {len(data)} is no WARC record"):
        warc.parts(data + gzip.compress(b"<html>"))
    assert warc.parts(b"") == []


def test_the_warcinfo_fields_are_one_line_each() -> None:
    assert warc.info(packed()) == {"outlet": "example", "software": "Warraq/0", "operator": "two lines"}


def test_a_flipped_byte_is_found_unless_it_means_nothing() -> None:
    """gzip has bits without meaning (time, operating system, padding): flipping those changes no record."""
    data = packed(SHAPES["plain"], SHAPES["gzip"], SHAPES["chunked"], SHAPES["same body"])
    before = [(record.fields, record.block) for record in warc.records(data)]
    unseen = 0
    for at in range(0, len(data), 7):
        altered = data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]
        if not warc.check(altered).findings:
            unseen += 1
            assert [(record.fields, record.block) for record in warc.records(altered)] == before, f"byte {at}"
    assert unseen < 20


def test_a_record_packed_again_with_other_content_is_found_by_its_digests() -> None:
    data = packed(SHAPES["gzip"])
    record = next(one for one in warc.records(data) if one.kind == "response")
    content = isal_zlib.decompress(data[record.offset : record.offset + record.length], wbits=31)
    forged = data[: record.offset] + gzip.compress(content.replace(b"text/html", b"text/hTml"))
    assert any("block digest" in one for one in warc.check(forged).findings)
    with pytest.raises(BadRecord, match=f"byte {record.offset}"):
        list(warc.captures(forged))


@pytest.mark.parametrize(
    ("name", "shape"), [("warraq-body-digest", "gzip"), ("warraq-payload-digest", "chunked"), ("warc-payload-digest", "plain")]
)
def test_check_computes_each_digest_again(name: str, shape: str) -> None:
    data = packed(SHAPES[shape])
    record = next(one for one in warc.records(data) if one.kind == "response")
    content = isal_zlib.decompress(data[record.offset : record.offset + record.length], wbits=31)
    value = record.fields[name]
    spelled = next(line for line in content.split(b"\r\n") if line.lower().startswith(name.encode()))
    forged = content.replace(spelled, spelled.replace(value.encode(), digest(b"other").encode()))
    findings = warc.check(data[: record.offset] + gzip.compress(forged, mtime=0)).findings
    assert any(name in one for one in findings), findings


@pytest.mark.parametrize("cut", [1, 100, 2000])
def test_a_file_that_breaks_off_is_named(cut: int) -> None:
    data = packed(SHAPES["plain"], SHAPES["gzip"])
    assert any("breaks off" in one for one in warc.check(data[:-cut]).findings)
    with pytest.raises(BadRecord, match="breaks off"):
        list(warc.captures(data[:-cut]))


def test_what_is_no_warc_is_refused() -> None:
    with pytest.raises(BadRecord):
        list(warc.captures(b"<html>"))
    with pytest.raises(BadRecord):
        list(warc.captures(gzip.compress(b"<html>")))
    with pytest.raises(BadRecord):
        warc.capture_at(packed())
    assert warc.check(b"").findings
