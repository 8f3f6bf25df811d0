"""A mail server on loopback: as much of RFC 5321 as a sender needs. `faults` says what the next dialogues do wrong, one each."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections import deque
from email.message import EmailMessage
from types import TracebackType


class _Dialogue(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        fault = self.server.faults.popleft() if self.server.faults else self.server.always
        if fault == "hang":
            self.server.free.wait(60)
            return
        self.say("220 here")
        while word := self.rfile.readline().decode().strip():
            verb = word.upper()
            self.server.heard.append(word)
            if verb.startswith("QUIT"):
                self.say("221 bye")
                return
            if verb.startswith("DATA") and not fault.startswith("5"):
                self.say("354 go on")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                if fault == "lost":  # taken, and gone before it said so much as goodbye
                    self.keep(lines)
                    self.say("250 fine")
                    return
                if fault == "mute":  # taken, and not a word of it
                    self.keep(lines)
                    self.server.free.wait(60)
                    return
                if fault == "451":
                    self.say("451 later")
                    continue
                self.keep(lines)
            if verb.startswith("RCPT") and (fault == "550" or f"<{fault}>".upper() in verb):
                self.say("550 nobody of that name")
                continue
            self.say("250 fine")

    def keep(self, lines: list[bytes]) -> None:
        self.server.got.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))  # type: ignore[arg-type]

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Mailbox(socketserver.ThreadingTCPServer):
    """`got`: messages, in order; `heard`: every line but those of messages."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, host: str = "127.0.0.1", always: str = "") -> None:
        super().__init__((host, 0), _Dialogue)
        self.got: list[EmailMessage] = []
        self.heard: list[str] = []
        self.faults: deque[str] = deque()
        self.always = always  # what is wrong once `faults` is empty
        self.free = threading.Event()
        self.host, self.port = host, self.server_address[1]

    @property
    def address(self) -> str:
        """As WARRAQ_SMTP has it."""
        return f"smtp://{self.host}:{self.port}?from=warraq@example.org"

    def __enter__(self) -> Mailbox:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.free.set()
        self.shutdown()
        self.server_close()
