"""Bytes as on the wire: what a raw-socket server received and sent is what the WARC records hold, byte for byte."""

from __future__ import annotations

import gzip
import json
import os
import ssl
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from archive import warc
from archive.records import digest
from tests.warc_tools import refused_by, seen_by_warcio
from tests.wire_server import Answer, WireServer

PAGE = "<html><body><p>افتتحت البلدية حديقة جديدة في الحي القديم صباح اليوم.</p></body></html>".encode()
ZIPPED = gzip.compress(PAGE, mtime=0)
ODD = (
    b"HTTP/1.1 200 Tout va bien, merci\r\nDATE: Sun, 22 Nov 2026 01:12:00 GMT\r\nx-Odd-CASE:   spaced  \r\n"
    b"Set-Cookie: a=1\r\nset-cookie: b=2\r\nX-Odd-Case: again\r\nno colon in this line\r\nX-Folded: one\r\n two\r\n"
    b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(ZIPPED)
) + ZIPPED
CHUNKED = (
    b"HTTP/1.1 200 \xd8\xaa\xd9\x85\xd8\xa7\xd9\x85\r\nTransfer-Encoding: Chunked\r\nTrailer: X-Sum\r\n\r\n",
    b'5;name="value";x\r\nab',
    b"cde\r",
    b"\n0A\r\n0123456789\r\n",
    b"000;last\r\nX-Sum: 15\r\nx-second: trailer\r\n",
    b"\r\n",
)


def plain(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s" % (status, more, len(body), body)


ANSWERS = {
    "/odd": [Answer((ODD[:30], ODD[30:200], ODD[200:]), pause=0.02)],
    "/chunks": [Answer(CHUNKED, pause=0.02)],
    "/no-reason": [Answer((plain(b"", b"410"),))],
    "/again": [Answer((plain(b"later", b"503 Not now"),)), Answer((plain(PAGE),))],
    "/old": [Answer((plain(b"moved", b"301 Over there", b"LOCATION: /new\r\n"),))],
    "/new": [Answer((plain(PAGE),))],
    "/kept": [Answer((plain(b"first"),))],
    "/dead": [Answer((), "close"), Answer((plain(b"second"),))],
    "/closed": [Answer((b"HTTP/1.0 200 Fine\r\nServer: old\r\n\r\n" + PAGE,), "close")],
    "/bare-lf": [Answer((b"HTTP/1.1 200 OK\nContent-Length: 3\n\nabc",))],
    "/hints": [Answer((b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", plain(PAGE)), pause=0.02)],
    "/not-modified": [Answer((b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',))],
    "/cut": [Answer((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly a part",), "close")],
    "/cut-chunk": [Answer((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n20\r\nonly",), "close")],
    "/cut-head": [Answer((b"HTTP/1.1 200 OK\r\nContent-Ty",), "close")],
    "/reset": [Answer((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nand then",), "reset", 0.3)],
    "/reset-open-end": [Answer((b"HTTP/1.1 200 OK\r\n\r\nand then",), "reset", 0.3)],
    "/silent": [Answer((), "close")],
    "/slow": [Answer((b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nwait",), "hold")],
    "/slow-head": [Answer((), "hold")],
    "/garbage": [Answer((b"\x00\x01 this is no HTTP\r\n\r\n",), "close")],
    "/big": [
        Answer((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"), "hold", 0.1)
    ],
}
META = {"/slow": {"download_timeout": 1}, "/slow-head": {"download_timeout": 1}, "/big": {"download_maxsize": 1000}}
ENDED = {  # failure, truncated
    "/cut": ("data-loss", "disconnect"),
    "/cut-chunk": ("data-loss", "disconnect"),
    "/cut-head": ("data-loss", "disconnect"),
    "/reset": ("reset", "disconnect"),
    "/reset-open-end": ("reset", "disconnect"),
    "/silent": ("reset", ""),
    "/slow": ("timeout", "time"),
    "/slow-head": ("timeout", ""),
    "/garbage": ("other", "unspecified"),
    "/big": ("too-large", "length"),
}
PREVIOUS = {
    "time": "2026-11-21T01:12:00.000001Z",
    "record_id": "urn:uuid:8a5f1c1e-2b6e-4a53-b0a4-0d2f2c1a9e11",
    "payload": digest(PAGE),
    "body": digest(PAGE),
}


@dataclass
class Crawled:
    server: WireServer
    files: list[Path]
    events: list[list[object]]

    def blocks(self, kind: str, path: str) -> list[bytes]:
        return [
            seen.block for file in self.files for seen in seen_by_warcio(file) if seen.kind == kind and seen.url.endswith(path)
        ]

    def captures(self, path: str) -> list[warc.StoredCapture]:
        return [one for file in self.files for one in warc.captures(file.read_bytes()) if one.url.endswith(path)]


def crawl(folder: Path, jobs: list[dict[str, object]], *options: str, **env: str) -> list[list[object]]:
    command = [sys.executable, "-m", "tests.wire_crawl", json.dumps(jobs), str(folder), *options]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, cwd=root, env={**os.environ, **env}, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    folder = tmp_path_factory.mktemp("wire")
    with WireServer(ANSWERS) as server:
        jobs: list[dict[str, object]] = []
        for path in ANSWERS:
            if path != "/new":
                jobs.append({"url": server.url(path), "meta": META.get(path, {}), "headers": {"x-lower-Case": "Kept?"}})
        jobs[list(ANSWERS).index("/not-modified") - 1]["previous"] = {"url": server.url("/not-modified"), **PREVIOUS}
        events = crawl(folder, jobs)
    return Crawled(server, sorted(folder.glob("*.warc.gz")), events)


@pytest.mark.parametrize("path", [path for path in ANSWERS if path not in ("/hints", "/big")])
def test_each_block_is_what_the_server_received_and_sent(crawled: Crawled, path: str) -> None:
    log = crawled.server.log[path]
    assert log, "the server was not asked"
    assert crawled.blocks("request", path) == [received for received, _ in log]
    heads = [one.meta["head"].encode("latin-1") for one in crawled.captures(path) if one.record_type == "revisit"]
    assert [*crawled.blocks("response", path), *heads] == [sent for _, sent in log if sent]


@pytest.mark.parametrize("path", ANSWERS)
def test_how_an_exchange_ended_is_told(crawled: Crawled, path: str) -> None:
    last = crawled.captures(path)[-1]
    assert (last.failure, last.truncated) == ENDED.get(path, ("", ""))
    assert last.meta["ip"] == "127.0.0.1"


def test_a_retry_by_scrapy_is_a_capture_of_its_own(crawled: Crawled) -> None:
    assert [(one.status, one.payload) for one in crawled.captures("/again")] == [(503, b"later"), (200, PAGE)]


def test_a_retry_by_twisted_on_a_dead_connection_is_a_capture_of_its_own(crawled: Crawled) -> None:
    assert [(one.record_type, one.failure) for one in crawled.captures("/dead")] == [("metadata", "reset"), ("response", "")]


def test_both_ends_of_a_redirect_are_captured(crawled: Crawled) -> None:
    assert [one.status for one in crawled.captures("/old") + crawled.captures("/new")] == [301, 200]


def test_interim_responses_stand_in_the_metadata(crawled: Crawled) -> None:
    [hints] = crawled.captures("/hints")
    [(_, sent)] = crawled.server.log["/hints"]
    assert hints.meta["interim"].encode("latin-1") + crawled.blocks("response", "/hints")[0] == sent
    assert hints.status == 200


def test_what_arrived_before_the_size_limit_is_kept(crawled: Crawled) -> None:
    [block] = crawled.blocks("response", "/big")
    [(_, sent)] = crawled.server.log["/big"]
    assert sent.startswith(block)
    assert len(block) > 1000


def test_payloads_are_read_back(crawled: Crawled) -> None:
    [odd], [chunks], [closed] = crawled.captures("/odd"), crawled.captures("/chunks"), crawled.captures("/closed")
    assert odd.body == PAGE
    assert odd.payload_digest == digest(ZIPPED)
    assert odd.body_digest == digest(PAGE)
    assert [value for name, value in odd.headers if name.lower() == "set-cookie"] == ["a=1", "b=2"]
    assert chunks.body == b"abcde0123456789"
    assert chunks.payload_digest == digest(b"abcde0123456789")
    assert closed.body == PAGE


def test_a_304_is_a_revisit_of_the_capture_before(crawled: Crawled) -> None:
    [seen] = crawled.captures("/not-modified")
    assert (seen.record_type, seen.status, seen.body_digest) == ("revisit", 304, PREVIOUS["body"])


def test_the_sink_has_every_exchange_before_scrapy_hears_of_it(crawled: Crawled) -> None:
    stored: dict[object, int] = defaultdict(int)
    for what, url, *_ in crawled.events:
        if what == "stored":
            stored[url] += 1
        else:
            assert stored[url], f"{url} reached the spider before it was written down"
    heard = [url for what, url, *_ in crawled.events if what != "stored"]
    assert len(heard) == len(ANSWERS) - 1  # /old ends as /new


def test_every_tool_accepts_the_files(crawled: Crawled) -> None:
    assert crawled.files
    for file in crawled.files:
        assert refused_by(file) == {}
        assert warc.check(file.read_bytes()).findings == []


def test_bytes_after_the_end_of_a_response_belong_to_none(tmp_path: Path) -> None:
    response = plain(b"whole")
    with WireServer({"/extra": [Answer((response + b"HTTP/1.1 200 smuggled\r\n\r\n",), "close")]}) as server:
        crawl(tmp_path, [{"url": server.url("/extra")}])
    [file] = tmp_path.glob("*.warc.gz")
    assert [seen.block for seen in seen_by_warcio(file) if seen.kind == "response"] == [response]


def test_a_failure_without_a_connection_is_an_exchange_too(tmp_path: Path) -> None:
    with WireServer({}) as server:
        port = server.port
    events = crawl(tmp_path, [{"url": f"http://127.0.0.1:{port}/"}, {"url": "http://nowhere.invalid/"}])
    [file] = tmp_path.glob("*.warc.gz")
    found = {one.url: one for one in warc.captures(file.read_bytes())}
    assert found[f"http://127.0.0.1:{port}/"].failure == "refused"
    assert found["http://nowhere.invalid/"].failure == "dns"
    assert all(one.record_type == "metadata" and one.status == 0 for one in found.values())
    assert "dns" not in found[f"http://127.0.0.1:{port}/"].meta
    asked = found["http://nowhere.invalid/"].meta["dns"]
    assert (asked["host"], asked["addresses"]) == ("nowhere.invalid", [])
    assert asked["problem"]
    assert [what for what, *_ in events].count("failed") == 2
    assert refused_by(file) == {}


def test_a_spool_can_be_the_sink_itself(tmp_path: Path) -> None:
    """Scrapy copies its settings deeply; a spool must not be copied with them."""
    with WireServer({"/": [Answer((plain(PAGE),))]}) as server:
        crawl(tmp_path, [{"url": server.url("/")}], "--direct")
    [file] = tmp_path.glob("*.warc.gz")
    assert [one.body for one in warc.captures(file.read_bytes())] == [PAGE]


def certificate(folder: Path) -> tuple[Path, Path]:
    """(a certificate for 127.0.0.1 with its issuer's, as a server sends them, and its key; the issuer's, to trust)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    keys = {who: ec.generate_private_key(ec.SECP256R1()) for who in ("wire authority", "127.0.0.1")}
    names = {who: x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, who)]) for who in keys}
    today, made = datetime.now(UTC), []
    for serial, (who, key) in enumerate(keys.items(), 1):
        builder = (
            x509.CertificateBuilder()
            .subject_name(names[who])
            .issuer_name(names["wire authority"])
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(today - timedelta(days=1))
            .not_valid_after(today + timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.BasicConstraints(ca=serial == 1, path_length=None), critical=True)
        )
        made.append(builder.sign(keys["wire authority"], hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    own_key = keys["127.0.0.1"].private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(made[1] + made[0] + own_key)
    (folder / "authority.pem").write_bytes(made[0])
    return folder / "server.pem", folder / "authority.pem"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_over_tls_the_plain_bytes_are_kept(tmp_path: Path, version: ssl.TLSVersion) -> None:
    pem, authority = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    context.maximum_version = version
    answers = {path: ANSWERS[path] for path in ("/odd", "/chunks", "/closed", "/cut")}
    with WireServer(answers, context) as server:
        crawl(tmp_path / "spool", [{"url": server.url(path)} for path in answers], SSL_CERT_FILE=str(authority))
    crawled = Crawled(server, list((tmp_path / "spool").glob("*.warc.gz")), [])
    for path in answers:
        assert crawled.blocks("request", path) == [received for received, _ in server.log[path]] != []
        assert crawled.blocks("response", path) == [sent for _, sent in server.log[path]]
        [capture] = crawled.captures(path)
        assert (capture.failure, capture.truncated) == ENDED.get(path, ("", ""))
        assert capture.meta["tls"]["version"] == {"TLSv1_2": "TLSv1.2", "TLSv1_3": "TLSv1.3"}[version.name]
    for file in crawled.files:
        assert refused_by(file) == {}
        assert warc.check(file.read_bytes()).findings == []


def test_certificates_are_kept_once_as_sent_and_openssl_checks_them(tmp_path: Path) -> None:
    """Kept and new connections alike: /odd and /chunks share one, /closed ends it, /cut needs another."""
    pem, authority = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    answers = {path: ANSWERS[path] for path in ("/odd", "/chunks", "/closed", "/cut")}
    with WireServer(answers, context) as server:
        crawl(tmp_path / "spool", [{"url": server.url(path)} for path in answers], SSL_CERT_FILE=str(authority))
        assert server.connections == 2
    [file] = (tmp_path / "spool").glob("*.warc.gz")
    records = seen_by_warcio(file)
    assert [record.kind for record in records].index("resource") < [record.kind for record in records].index("request")
    [chain] = [record for record in records if record.url.startswith("urn:warraq:tls:")]
    assert chain.block == pem.read_bytes().partition(b"-----BEGIN PRIVATE")[0]
    own = ssl.PEM_cert_to_DER_cert(chain.block.partition(b"-----END")[0].decode() + "-----END CERTIFICATE-----")
    for capture in warc.captures(file.read_bytes()):
        assert capture.meta["tls"]["chain"] == digest(chain.block) == f"sha256:{chain.url.rpartition(':')[2]}"
        assert capture.meta["tls"]["certificate"] == digest(own)
    (tmp_path / "chain.pem").write_bytes(chain.block)
    asked = ["openssl", "verify", "-CAfile", str(authority), "-untrusted", str(tmp_path / "chain.pem")]
    done = subprocess.run(
        [*asked, "-verify_ip", "127.0.0.1", str(tmp_path / "chain.pem")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_certificate_nobody_vouches_for_ends_as_tls_and_no_request_is_claimed(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path)[0])
    with WireServer({"/odd": ANSWERS["/odd"]}, context) as server:
        crawl(tmp_path / "spool", [{"url": server.url("/odd")}])
    assert not server.log["/odd"]
    [file] = (tmp_path / "spool").glob("*.warc.gz")
    assert [seen.kind for seen in seen_by_warcio(file)] == ["warcinfo", "metadata"]
    [capture] = warc.captures(file.read_bytes())
    assert capture.failure == "tls"
