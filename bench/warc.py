"""CPU of writing captures down and reading them back: `python -m bench.warc`.

Pages of about 100 KB, gzipped by the server. The floor is what any writer must do that keeps our digests: decompress
the page, digest it, digest the payload and the block. Best of several batches, because the machine is shared; the
writer's bound is a ratio to the floor for the same reason.
"""

from __future__ import annotations

import gzip
import hashlib
import ssl
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from isal import isal_zlib

from archive import records, warc
from archive.capture import Chain, Cited, Exchange, Note, Resolution
from archive.spool import Spool, finished
from bench.invented import page

WRITE, READ = 2.5, 0.3  # times the floor; ms of CPU per capture
BATCH, ROUNDS = 50, 8
RUN = "20261122T011200Z-3fa9c1b2d4e5"
CITED = Cited("https://example.org/robots.txt", "urn:uuid:8a5f1c1e-2b6e-4a53-b0a4-0d2f2c1a9e11", f"sha256:{'0' * 64}")
NOTE = Note("article", "rest", "new", robots="allowed by robots.txt, group *", listed_by=CITED, ruled_by=CITED)
CHAIN = Chain(ssl.DER_cert_to_PEM_cert(bytes(1200)).encode() * 3)
TLS = {"version": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "certificate": records.digest(bytes(1200))}


def exchanges() -> list[Exchange]:
    start = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)
    request = b"GET /archives/1 HTTP/1.1\r\nHost: example.org\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nUser-Agent: Warraq\r\n\r\n"
    made = []
    for number in range(BATCH):
        body = gzip.compress(page(number), 6)
        head = (
            b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Encoding: gzip\r\n"
            b"Link: <https://example.org/?p=1>; rel=shortlink\r\nVary: Accept-Encoding\r\nContent-Length: %d\r\n\r\n"
            % len(body)
        )
        one = Exchange(f"https://example.org/archives/{number}", start, start, request, head + body, NOTE, ip="192.0.2.7")
        made.append(replace(one, tls=TLS, chain=CHAIN, dns=Resolution("example.org", ("192.0.2.7", "2001:db8::7"), start)))
    return made


def best(work: Callable[[], object]) -> float:
    """Milliseconds of CPU per capture in the best batch."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append((time.process_time() - began) * 1000 / BATCH)
    return min(times)


def floor(captures: list[Exchange]) -> None:
    for one in captures:
        payload = one.response.partition(b"\r\n\r\n")[2]
        for data in (isal_zlib.decompress(payload, wbits=31), payload, one.response):
            hashlib.sha256(data).hexdigest()


def main() -> None:
    captures = exchanges()

    def new_id() -> str:
        return str(uuid.uuid4())

    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder), "example", RUN, 1, {}, lambda: datetime.now(UTC), new_id)
        added = best(lambda: [spool.add(one) for one in captures])
        spool.close()
        sizes = [path.stat().st_size for path, _ in finished(Path(folder))]
    built = best(lambda: [records.capture(one, new_id(), new_id) for one in captures])
    data = b"".join(records.capture(one, new_id(), new_id) for one in captures)
    read = best(lambda: list(warc.captures(data)))
    checked = best(lambda: warc.check(data))
    cut = best(lambda: warc.parts(data))
    wire = sum(len(one.response) for one in captures) / BATCH
    print(f"pages of {sum(len(page(n)) for n in range(BATCH)) / BATCH / 1000:.0f} KB, {wire / 1000:.1f} KB on the wire")
    print(f"stored   {sum(sizes) / BATCH / ROUNDS / 1000:.1f} KB a capture, in {len(sizes)} files")
    least = best(lambda: floor(captures))
    for name, figure in (
        ("floor", least),
        ("build", built),
        ("add", added),
        ("read", read),
        ("check", checked),
        ("parts", cut),
    ):
        print(f"{name:8} {figure:.3f} ms a capture")
    held = built <= WRITE * least and read <= READ
    print(f"build {built / least:.2f} x floor, bound {WRITE}; read {read:.3f} ms, bound {READ}: {'ok' if held else 'short'}")
    sys.exit(not held)


if __name__ == "__main__":
    main()
