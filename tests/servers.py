"""Object stores for the tests: SeaweedFS and moto as they are, and two small servers of ours that misbehave on purpose."""

from __future__ import annotations

import ctypes
import hashlib
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from stack.weed import Weed, free_ports


@dataclass(frozen=True)
class Server:
    """Where an object store listens, and its key."""

    endpoint: str
    access_key: str
    secret_key: str

    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def at(self, endpoint: str) -> Server:
        return replace(self, endpoint=endpoint)


def start_weed(folder: Path) -> tuple[subprocess.Popen[bytes], Server]:
    """SeaweedFS as the stack starts it, on free ports; fsync on."""
    weed = Weed(folder / "data", free_ports(), "warraq-test-key", "warraq-test-secret-0123456789")
    process = start_server(weed, folder / "weed.log")
    weed.configure()
    return process, Server(weed.endpoint, weed.access_key, weed.secret_key)


def start_server(weed: Weed, log: Path) -> subprocess.Popen[bytes]:
    """This SeaweedFS, when it is ready; also once more after it was killed."""
    with log.open("ab") as out:
        process = _start(weed.command(), out, {**os.environ, **weed.environment()})
    wait_for(weed.ready, process, log)
    return process


def stop_weed(process: subprocess.Popen[bytes]) -> None:
    """At once, for a clean stop takes seconds; and remove the sockets that it leaves in /tmp, named by its ports."""
    process.kill()
    process.wait()
    for argument in process.args[1:]:  # type: ignore[index]
        if ".port" in str(argument):
            for left in Path("/tmp").glob(f"seaweedfs-*-{str(argument).partition('=')[2]}.sock"):
                left.unlink(missing_ok=True)


def start_moto(folder: Path) -> tuple[subprocess.Popen[bytes], Server]:
    """moto in its server mode. It checks neither keys nor signatures nor checksums."""
    port = free_ports().s3
    with (folder / "moto.log").open("wb") as log:
        process = _start([sys.executable, "-m", "moto.server", "-p", str(port)], log)

    def ready() -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/moto-api/")
            return connection.getresponse().status == 200
        except OSError:
            return False

    wait_for(ready, process, folder / "moto.log")
    return process, Server(f"http://127.0.0.1:{port}", "moto-key", "moto-secret")


def wait_for(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path, patience: float = 60) -> None:
    until = time.monotonic() + patience
    while not ready():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise RuntimeError(f"{process.args!r} did not come up: {log.read_text(errors='replace')[-500:]}")
        time.sleep(0.05)


def _start(command: list[str], log: BinaryIO, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Its death follows ours, however we die (prctl(2), PR_SET_PDEATHSIG)."""

    def follow() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)

    return subprocess.Popen(command, env=env, stdout=log, stderr=log, preexec_fn=follow)  # noqa: PLW1509


class _Serving:
    """A server in a thread; used as a context."""

    handler: type[BaseHTTPRequestHandler]

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self.server.daemon_threads = True
        self.server.owner = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None, cut: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in {"Date": formatdate(usegmt=True), "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True

    def refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>by the test</Message></Error>".encode(), headers)


class _RelayHandler(_Handler):
    def relay(self) -> None:
        owner: Relay = self.server.owner
        body = self.body()
        owner.seen.append((self.command, self.path))
        owner.headers.append({name.lower(): value for name, value in self.headers.items()})
        fault = owner.faults.popleft() if owner.faults else ""
        if fault[:1].isdigit():
            status, _, code = fault.partition(" ")
            self.refuse(int(status), code, {"Date": owner.date} if owner.date else None)
            return
        host, _, port = owner.upstream.removeprefix("http://").partition(":")
        onward = http.client.HTTPConnection(host, int(port), timeout=30)
        onward.request(self.command, self.path, body, dict(self.headers))
        answer = onward.getresponse()
        data = answer.read()
        onward.close()
        if fault == "lose the answer":
            self.close_connection = True
            return
        kept = {n: v for n, v in answer.getheaders() if n.lower() not in ("content-length", "transfer-encoding", "connection")}
        kept |= {"Date": owner.date} if owner.date else {}
        self.answer(answer.status, data, kept, cut=len(data) // 2 if fault == "cut the body" else None)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = relay


class Relay(_Serving):
    """Passes requests on to a real store, and does to the next ones what `faults` says, one each:

    `<status> <code>` answers so without asking the store, `lose the answer` closes after the store has done the work,
    `cut the body` sends half of it. With `date` every answer says that it is then.
    """

    handler = _RelayHandler

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.faults: deque[str] = deque()
        self.seen: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []  # of each request in `seen`, names in lower case
        self.date = ""


class _CarelessHandler(_Handler):
    def do_PUT(self) -> None:
        owner: CarelessStore = self.server.owner
        body, path = self.body(), unquote(urlsplit(self.path).path)
        if owner.checks_slowly and self.headers.get("If-None-Match") == "*":
            taken = path in owner.objects
            time.sleep(0.2)
            if taken:
                self.refuse(412, "PreconditionFailed")
                return
        owner.objects[path] = body
        self.answer(200, headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})

    def do_GET(self) -> None:
        owner: CarelessStore = self.server.owner
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        if "versioning" in query:
            self.answer(200, b"<VersioningConfiguration/>")
        elif "object-lock" in query:
            self.refuse(404, "ObjectLockConfigurationNotFoundError")
        elif "list-type" in query:
            start = parts.path.rstrip("/") + "/"
            keys = sorted(path.removeprefix(start) for path in owner.objects if path.startswith(start + query["prefix"][0]))
            entries = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys)
            self.answer(200, f"<ListBucketResult>{entries}</ListBucketResult>".encode())
        elif unquote(parts.path) in owner.objects:
            self.answer(200, owner.objects[unquote(parts.path)])
        else:
            self.refuse(404, "NoSuchKey")

    def do_HEAD(self) -> None:
        self.answer(200)


class CarelessStore(_Serving):
    """Says 200 to every put, whatever its conditions. With `checks_slowly` it keeps them, but not under contention."""

    handler = _CarelessHandler

    def __init__(self, *, checks_slowly: bool = False) -> None:
        self.checks_slowly = checks_slowly
        self.objects: dict[str, bytes] = {}
