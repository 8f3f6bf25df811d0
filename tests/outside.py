"""Those outside, on loopback: a time-stamping authority (openssl ts), a witness (C2SP tlog-witness), a webhook.

None of them uses archive.log: openssl answers for the authority, and the witness reads and checks by itself (tests.rfc6962).
`faults` says what the next answers do wrong, one each.
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import threading
import time
from collections import deque
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests import rfc6962
from tests.servers import _Handler, _Serving

_CONFIG = """
[req]
distinguished_name = dn
prompt = no
[dn]
CN = unused
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[signer]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""  # without `certs`: with it openssl puts the certificates out of order, and rfc3161-client refuses them


def openssl(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


class _Outsider(_Handler):
    def do_POST(self) -> None:
        owner = self.server.owner
        body = self.body()
        owner.seen.append((self.path, body))
        owner.logins.append(self.headers.get("Authorization", ""))
        fault = owner.faults.popleft() if owner.faults else owner.always
        if fault == "hang":
            owner.free.wait(60)
        elif fault == "drip":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
            while not owner.free.wait(0.1):
                self.wfile.write(b"x")
        elif fault == "cut":
            self.answer(200, b"x" * 100, cut=10)
        elif fault == "endless":
            self.answer(200, bytes(3 << 20))
        elif fault == "html":
            self.answer(200, "<!doctype html><p>صيانة</p>".encode(), {"Content-Type": "text/html"})
        elif fault == "elsewhere":
            self.answer(302, headers={"Location": "/other"})
        elif fault.isdigit():
            self.answer(int(fault), b"trouble")
        else:
            self.answer(*owner.reply(body, fault))


class _Outside(_Serving):
    handler = _Outsider

    def __init__(self) -> None:
        self.faults: deque[str] = deque()
        self.always = ""
        self.seen: list[tuple[str, bytes]] = []
        self.logins: list[str] = []
        self.free = threading.Event()  # lets go of who hangs

    def __exit__(self, *stop: object) -> None:
        self.free.set()
        super().__exit__(*stop)

    def reply(self, body: bytes, fault: str) -> tuple[int, bytes, dict[str, str]]:
        raise NotImplementedError


class Authority(_Outside):
    """A root, a signing certificate, and `openssl ts -reply` for each question."""

    def __init__(self, folder: Path, *, days: int = 3650) -> None:
        super().__init__()
        folder.mkdir(parents=True)
        self.folder, self.roots = folder, folder / "root.pem"
        self._one = threading.Lock()  # openssl keeps the serial in a file
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(_CONFIG.format(folder=folder))
        for name in ("root", "tsa"):
            self._run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / f"{name}.key")
        common = ("-config", folder / "ts.cnf", "-days", days)
        self._run("req", "-x509", "-key", folder / "root.key", "-out", self.roots, "-subj", "/CN=Wadi root", "-extensions", "root", *common)  # fmt: skip
        self._run("req", "-new", "-key", folder / "tsa.key", "-out", folder / "tsa.csr", "-subj", "/CN=Wadi time", *common[:2])
        self._run("x509", "-req", "-in", folder / "tsa.csr", "-CA", self.roots, "-CAkey", folder / "root.key", "-CAcreateserial",
                  "-extfile", folder / "ts.cnf", "-extensions", "signer", "-days", days, "-out", folder / "tsa.pem")  # fmt: skip

    def reply(self, body: bytes, fault: str) -> tuple[int, bytes, dict[str, str]]:
        if fault == "garbage":
            return 200, b"\x30\x82 this is no DER", {}
        if fault == "refuse":
            body = b"no query at all"
        if fault in ("other digest", "other nonce"):
            body = self._other(body, digest=fault == "other digest")
        with self._one:
            query, answer = self.folder / "query.tsq", self.folder / "answer.tsr"
            query.write_bytes(body)
            self._run("ts", "-reply", "-config", self.folder / "ts.cnf", "-queryfile", query, "-out", answer)
            return 200, answer.read_bytes(), {"Content-Type": "application/timestamp-reply"}

    def _other(self, body: bytes, *, digest: bool) -> bytes:
        """The question with another digest, or with another nonce: both lie in it at known places (32 bytes; the end)."""
        at = body.index(b"\x04\x20") + 2
        if digest:
            return body[:at] + hashlib.sha256(b"other bytes").digest() + body[at + 32 :]
        return body[:at] + body[at:].replace(body[at + 36 : at + 38], bytes([1, 2]), 1)

    def _run(self, *arguments: object) -> None:
        done = openssl(*map(str, arguments))
        assert done.returncode == 0, done.stderr


class WitnessServer(_Outside):
    """Cosigns what follows from what it saw. `log_key`: the 32 bytes of the log's public key that it trusts; more may be added."""

    def __init__(self, name: str = "witness.example/wadi") -> None:
        super().__init__()
        self.name, self.key = name, Ed25519PrivateKey.generate()
        self.trusted: dict[str, list[bytes]] = {}  # origin → public keys
        self.held: dict[str, tuple[int, bytes]] = {}  # origin → size, root
        self.clock = time.time

    @property
    def vkey(self) -> str:
        public = b"\x04" + self.key.public_key().public_bytes_raw()
        return f"{self.name}+{self._id(public).hex()}+{base64.b64encode(public).decode()}"

    @property
    def setting(self) -> str:
        """Its entry in WARRAQ_WITNESSES."""
        return f"{self.vkey}={self.endpoint}/prefix/"

    def trust(self, vkey: str) -> None:
        origin, _, coded = vkey.split("+", 2)
        self.trusted.setdefault(origin, []).append(base64.b64decode(coded)[1:])

    def reply(self, body: bytes, fault: str) -> tuple[int, bytes, dict[str, str]]:
        assert self.seen[-1][0] == "/prefix/add-checkpoint"
        head, _, checkpoint = body.partition(b"\n\n")
        old, *proof = head.decode().split("\n")
        size_before = int(old.removeprefix("old "))
        text, _, signatures = checkpoint.decode().partition("\n\n")
        origin, size, root = text.split("\n")
        if origin not in self.trusted:
            return 404, b"", {}
        if not any(self._signed(public, f"{text}\n", signatures) for public in self.trusted[origin]):
            return 403, b"", {}
        if size_before > int(size):
            return 400, b"", {}
        held_size, held_root = self.held.get(origin, (0, rfc6962.root([])))
        new = (int(size), base64.b64decode(root))
        if size_before != held_size or (held_size == new[0] and held_root != new[1]):
            return 409, f"{held_size}\n".encode(), {"Content-Type": "text/x.tlog.size"}
        if not self._follows(held_size, held_root, new, [base64.b64decode(line) for line in proof]):
            return 422, b"", {}
        self.held[origin] = new
        return 200, self._lines(f"{text}\n", fault), {"Content-Type": "text/plain; charset=utf-8"}

    @staticmethod
    def _follows(size: int, root: bytes, new: tuple[int, bytes], proof: list[bytes]) -> bool:
        if size == 0 or size == new[0]:
            return not proof
        try:
            return rfc6962.roots_of(size, new[0], proof, root) == (root, new[1])
        except ValueError:
            return False

    @staticmethod
    def _signed(public: bytes, text: str, signatures: str) -> bool:
        for line in signatures.splitlines():
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(line.split(" ")[2])[4:], text.encode())
            except InvalidSignature:
                continue
            return True
        return False

    def _lines(self, text: str, fault: str) -> bytes:
        now = int(self.clock()) - (86400 if fault == "yesterday" else 0)
        public = b"\x04" + self.key.public_key().public_bytes_raw()
        signed = self.key.sign(f"cosignature/v1\ntime {now}\n{text}".encode())
        if fault == "wrong signature":
            signed = self.key.sign(b"something else")
        line = self._line(self.name, self._id(public) + now.to_bytes(8, "big") + signed)
        stranger = self._line("stranger.example", b"abcd" + now.to_bytes(8, "big") + signed)
        return {"stranger": stranger, "two": stranger + line, "garbage": b"\xff\xfe"}.get(fault, line)

    @staticmethod
    def _line(name: str, data: bytes) -> bytes:
        return f"— {name} {base64.b64encode(data).decode()}\n".encode()

    def _id(self, public: bytes) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + public).digest()[:4]


class Webhook(_Outside):
    """Takes what it is sent."""

    def reply(self, body: bytes, fault: str) -> tuple[int, bytes, dict[str, str]]:
        return 200, b"ok", {}
