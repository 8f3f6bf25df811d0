"""A gate in front of the object store: passes every request on, and strikes at a chosen PUT."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class Gate:
    """Counts PUTs; at number `at` calls `strike`, before passing it on or after it was stored, and answers nothing."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.puts: list[str] = []
        self.at = 0
        self.after = False
        self.strike: Callable[[], None] = lambda: None
        self._lock = threading.Lock()
        self.server = self._serve()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def arm(self, at: int, after: bool, strike: Callable[[], None]) -> None:
        with self._lock:
            self.puts, self.at, self.after, self.strike = [], at, after, strike

    def _count(self, path: str) -> bool:
        with self._lock:
            self.puts.append(path)
            return len(self.puts) == self.at

    def _serve(self) -> ThreadingHTTPServer:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def relay(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                struck = self.command == "PUT" and gate._count(self.path)
                if struck and not gate.after:
                    self.close_connection = True
                    return gate.strike()
                upstream = http.client.HTTPConnection(gate.upstream.hostname or "", gate.upstream.port, timeout=60)
                upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name.lower() != "expect":
                        upstream.putheader(name, value)
                upstream.endheaders(body or None)
                answer = upstream.getresponse()
                content = answer.read()
                upstream.close()
                if struck:
                    self.close_connection = True
                    return gate.strike()
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
                self.send_header("Content-Length", length or "0")
                self.end_headers()
                return None if self.command == "HEAD" else self.wfile.write(content) and None

            do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = relay

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                pass  # killed clients are the point

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server
