"""pywb, in a virtual environment of its own, replays what the WARC and CDXJ hold: `WARRAQ_PYWB=…/bin/wayback`."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import time
import urllib.request
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError

import pytest

from archive import cdx, records, warc
from archive.capture import Exchange, Note, Previous
from tests.test_cdx import KEY, observed

WAYBACK = os.environ.get("WARRAQ_PYWB", "")
START = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
URL = "http://example.org/a"
PAGE = "<html><body><p>أعيد افتتاح المكتبة العامة بعد ترميم دام عامين.</p></body></html>".encode() * 200
NEWER = PAGE + "<p>تصحيح</p>".encode()
FAST, SMALL = gzip.compress(PAGE, 1, mtime=0), gzip.compress(PAGE, 9, mtime=0)
GZIP = b"Content-Type: text/html; charset=utf-8\r\nContent-Encoding: gzip\r\n"


def chunked(payload: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\n" + GZIP + b"Transfer-Encoding: chunked\r\n\r\n"
    return head + b"64;x=1\r\n%s\r\n%x\r\n%s\r\n0\r\nX-Sum: 1\r\n\r\n" % (payload[:100], len(payload) - 100, payload[100:])


def sized(payload: bytes, coding: bytes = GZIP) -> bytes:
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (coding, len(payload), payload)


# Each answer, a minute apart, and what a reader of the archive must see at that time.
ANSWERS = [
    (chunked(FAST), PAGE),
    (chunked(FAST), PAGE),  # the same payload
    (sized(SMALL), PAGE),  # the same body, coded and framed otherwise
    (sized(PAGE, b"Content-Type: text/html; charset=utf-8\r\n"), PAGE),  # not coded at all
    (b"HTTP/1.1 304 Not Modified\r\n\r\n", PAGE),
    (sized(gzip.compress(NEWER)), NEWER),
]


@pytest.mark.skipif(not WAYBACK, reason="WARRAQ_PYWB does not name the wayback program of a pywb")
def test_pywb_replays_every_capture(tmp_path: Path) -> None:
    kinds = _archive(tmp_path)
    assert kinds == ["response", "revisit", "revisit", "revisit", "revisit", "response"]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (tmp_path / "log").open("w") as log:
        command = [WAYBACK, "-b", "127.0.0.1", "-p", str(port)]
        wayback = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(f"http://127.0.0.1:{port}/")
        for minute, (_, expected) in enumerate(ANSWERS):
            stamp = f"{START + timedelta(minutes=minute):%Y%m%d%H%M%S}"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/all/{stamp}id_/{URL}") as answer:
                body = answer.read()
                shown = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
                assert shown == expected, f"minute {minute}"
                assert answer.url.split("/")[4] == f"{stamp}id_", "pywb went to another time"
    finally:
        wayback.terminate()
        wayback.wait()


def _archive(folder: Path) -> list[str]:
    """The file, its index, and a configuration; the kinds of the captures."""
    info, previous, data = str(uuid.uuid4()), None, b""
    for minute, (answer, _) in enumerate(ANSWERS):
        when = START + timedelta(minutes=minute)
        one = Exchange(URL, when, when, b"GET /a HTTP/1.1\r\n\r\n", answer, Note("article", "rest", previous=previous))
        data += records.capture(one, info, lambda: str(uuid.uuid4()))
        if previous is None:
            first = next(warc.captures(data))
            previous = Previous(first.url, first.time, first.record_id, first.payload_digest, first.body_digest)
    data = records.warcinfo(info, START, {"outlet": "example"}) + data
    (folder / KEY).parent.mkdir(parents=True)
    (folder / KEY).write_bytes(data)
    captures = list(warc.captures(data))
    (folder / "index.cdxj").write_bytes(cdx.lines(observed(one) for one in captures))
    (folder / "config.yaml").write_text(
        f"collections:\n  all:\n    index_paths: {folder}/index.cdxj\n    archive_paths: {folder}/\n"
    )
    return [one.record_type for one in captures]


def _wait(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url).close()
        except URLError:
            time.sleep(0.5)
        else:
            return
    pytest.fail(f"{url} does not answer")
