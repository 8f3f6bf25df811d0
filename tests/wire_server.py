"""A server that sends exactly the bytes it is told to and keeps exactly the bytes it got."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

End = Literal["keep", "close", "reset", "hold"]


@dataclass(frozen=True)
class Answer:
    """The pieces of one response, each sent by itself, and what becomes of the connection then."""

    pieces: tuple[bytes, ...]
    end: End = "keep"
    pause: float = 0.0  # seconds after each piece

    @property
    def bytes(self) -> bytes:
        return b"".join(self.pieces)


@dataclass
class WireServer:
    """Answers the n-th request for a path with that path's n-th answer (the last one again when they run out)."""

    answers: dict[str, list[Answer]]
    tls: ssl.SSLContext | None = None
    log: dict[str, list[tuple[bytes, bytes]]] = field(default_factory=lambda: defaultdict(list))  # path: (received, sent)
    connections: int = 0

    def __enter__(self) -> WireServer:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._stop = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept(), which would keep the port open
        self._socket.close()

    def url(self, path: str) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}{path}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self.tls:
                peer = self.tls.wrap_socket(peer, server_side=True)
            while request := _request(peer):
                path = request.split(b" ", 2)[1].decode()
                answers, log = self.answers[path], self.log[path]
                answer = answers[min(len(log), len(answers) - 1)]
                log.append((request, answer.bytes))
                for piece in answer.pieces:
                    peer.sendall(piece)
                    time.sleep(answer.pause)
                if answer.end == "hold":
                    self._stop.wait(20)
                if answer.end != "keep":
                    break
            else:
                return
            if answer.end == "reset":
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif isinstance(peer, ssl.SSLSocket):
                peer = peer.unwrap()
        peer.close()


def _request(peer: socket.socket) -> bytes:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        piece = peer.recv(65536)
        if not piece:
            break
        data += piece
    return data
