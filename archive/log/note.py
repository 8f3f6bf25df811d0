"""Signed notes and checkpoints: C2SP signed-note, tlog-checkpoint, tlog-cosignature. Ed25519 (RFC 8032). Pure.

A note is a text that ends with a newline, an empty line, and a line for each signature:

    <text>

    — <name> <base64 of: 4 bytes of key id, signature>

Keys are texts, as Go's sumdb/note and every C2SP tool write them: a verifier key `<name>+<key id>+<base64 of: algorithm,
public key>`, a signing key with `PRIVATE+KEY+` before it and the seed in place of the public key.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from archive.errors import BadRecord, Refused
from archive.log.merkle import HASH

ED25519, COSIGNATURE = 1, 4  # algorithm bytes of C2SP signed-note
_PRIVATE = "PRIVATE+KEY+"
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")  # a tree of 2**63 leaves is the largest that C2SP knows
_REMEDY = "a signing key is made by: warraq key new"


def _id(name: str, algorithm: int, public: bytes) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + bytes([algorithm]) + public).digest()[:4]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name."""

    name: str
    algorithm: int
    public: bytes  # 32 bytes

    @property
    def id(self) -> bytes:
        """The 4 bytes that begin its signatures."""
        return _id(self.name, self.algorithm, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.algorithm]) + self.public).decode()}"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (after its key id) is this key's over `text`."""
        message = text.encode()
        if self.algorithm == COSIGNATURE:
            if len(signature) != 72:
                return False
            message = f"cosignature/v1\ntime {cosigned_at(signature)}\n{text}".encode()
            signature = signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def cosigned_at(signature: bytes) -> int:
    """When a witness signed, in seconds since 1970 (the first 8 bytes of a cosignature)."""
    return int.from_bytes(signature[:8], "big")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key under its name. Its text never appears in a repr."""

    name: str
    seed: bytes = field(repr=False)  # 32 bytes

    @property
    def public(self) -> VerifierKey:
        return VerifierKey(self.name, ED25519, self._key().public_key().public_bytes_raw())

    def text(self) -> str:
        """The secret, as it is kept in a file or the environment."""
        secret = base64.b64encode(bytes([ED25519]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.public.id.hex()}+{secret}"

    def sign(self, text: str) -> bytes:
        """64 bytes; the same for the same text."""
        return self._key().sign(text.encode())

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)


def parse_verifier(text: str) -> VerifierKey:
    """Refused when it is none, or damaged: the key id tells."""
    name, algorithm, key, told = _parts(text.strip(), "verifier key")
    if algorithm not in (ED25519, COSIGNATURE):
        raise Refused(f"a key of algorithm {algorithm} is not known here", "give an Ed25519 verifier key: <name>+<id>+<base64>")
    found = VerifierKey(name, algorithm, key)
    if found.id.hex() != told:
        raise Refused(f"the verifier key of {name} is damaged: its id does not fit", "copy the whole line again")
    return found


def parse_signing(text: str) -> SigningKey:
    """Refused when it is none, or damaged. The error never shows the key."""
    text = text.strip()
    if not text.startswith(_PRIVATE):
        raise Refused("that is not the text of a signing key", _REMEDY)
    name, algorithm, seed, told = _parts(text.removeprefix(_PRIVATE), "signing key")
    found = SigningKey(name, seed)
    if algorithm != ED25519 or found.public.id.hex() != told:
        raise Refused(f"the signing key of {name} is damaged: its id does not fit", "take it from your backup of the key")
    return found


def _parts(text: str, what: str) -> tuple[str, int, bytes, str]:
    name, _, rest = text.partition("+")
    told, _, coded = rest.partition("+")
    data = _decoded(coded)
    if not _is_name(name) or len(data) != 33:
        raise Refused(f"that is not the text of a {what}", "it looks like <name>+<8 hex digits>+<base64>")
    return name, data[0], data[1:], told


def _decoded(coded: str) -> bytes:
    """What base64 stands for; nothing when it is none (no error then, because an error's context could show a secret)."""
    try:
        return base64.b64decode(coded, validate=True)
    except ValueError:  # binascii.Error, or a letter outside ASCII
        return b""


def _is_name(name: str) -> bool:
    """No space and no plus sign: a key or a signature line with one could be read in two ways (C2SP signed-note)."""
    return bool(name) and "+" not in name and not any(letter.isspace() for letter in name)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"— {self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        return f"{self.text}\n{''.join(map(str, self.signatures))}".encode()

    def signed_by(self, key: VerifierKey) -> bool:
        """Whether one of the signatures is `key`'s, and right."""
        mine = (one for one in self.signatures if (one.name, one.key_id) == (key.name, key.id))
        return any(key.verifies(self.text, one.signature) for one in mine)


def sign(text: str, keys: Sequence[SigningKey]) -> Note:
    """The note, signed by each of `keys` in their order."""
    return Note(text, tuple(Signature(key.name, key.public.id, key.sign(text)) for key in keys))


def parse(data: bytes) -> Note:
    """A note as stored; BadRecord when it is none. No signature is checked."""
    try:
        text, gap, tail = data.decode().rpartition("\n\n")
    except UnicodeDecodeError as error:
        raise BadRecord("a signed note that is not UTF-8") from error
    if not gap or not tail.endswith("\n"):
        raise BadRecord("a signed note that breaks off")
    if any(letter < " " and letter != "\n" for letter in text):
        raise BadRecord("a signed note with control characters")
    return Note(text + "\n", tuple(parse_signature(line) for line in tail[:-1].split("\n")))


def parse_signature(line: str) -> Signature:
    """`— name base64`, without its newline."""
    dash, _, rest = line.partition(" ")
    name, _, coded = rest.partition(" ")
    data = _decoded(coded)
    if dash != "—" or not _is_name(name) or len(data) < 5:
        raise BadRecord(f"not a signature line: {line[:80]!r}")
    return Signature(name, data[:4], data[4:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: so many leaves, this root (C2SP tlog-checkpoint)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def parse_checkpoint(note: Note) -> Checkpoint:
    """What a note says, whoever signed it; BadRecord when it is no checkpoint."""
    origin, size, coded, *_ = [*note.text.split("\n"), "", ""]
    root = _decoded(coded)
    if not origin or not _SIZE.fullmatch(size) or len(root) != HASH:
        raise BadRecord("a signed note that is no checkpoint")
    return Checkpoint(origin, int(size), root)
