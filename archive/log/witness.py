"""Cosignatures by witnesses (C2SP tlog-witness, tlog-cosignature): what is asked, and what an answer is worth. Pure.

A witness signs a checkpoint only when it follows from the last one that it saw of this log. So whoever holds a cosigned
checkpoint knows that the log was not rewritten behind the witness's back.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from archive.errors import BadRecord, Refused
from archive.log import note
from archive.log.note import Note, Signature, VerifierKey

SUFFIX = ".cosig"
SIZE_TYPE = "text/x.tlog.size"
SKEW = timedelta(minutes=5)  # as with time stamps: one of the clocks is wrong
_MOST = 63  # hashes of a proof that a witness takes


@dataclass(frozen=True, slots=True)
class Witness:
    """One line of WARRAQ_WITNESSES."""

    key: VerifierKey
    address: str  # the submission prefix, without a slash at its end

    @property
    def name(self) -> str:
        """The name of its cosignatures: the key id in hex, and `.cosig`."""
        return cosignature_name(self.key)


def cosignature_name(key: VerifierKey) -> str:
    return key.id.hex() + SUFFIX


def parse(text: str) -> Witness:
    """`<verifier key>=<address>`; Refused when it is not."""
    vkey, gap, address = text.partition("=")  # 33 bytes in base64 have no padding
    if not gap or not address.startswith(("http://", "https://")):
        raise Refused(
            f"WARRAQ_WITNESSES: {text!r} is no witness", "each is <verifier key>=<http(s) address>, spaces between them"
        )
    key = note.parse_verifier(vkey)
    if key.algorithm != note.COSIGNATURE:
        raise Refused(
            f"WARRAQ_WITNESSES: the key of {key.name} signs no cosignatures", "ask the witness for its key of algorithm 4"
        )
    return Witness(key, address.rstrip("/"))


def request(old: int, proof: Sequence[bytes], checkpoint: bytes) -> bytes:
    """The body of `add-checkpoint`: the size that the witness holds, the proof from there, and the signed checkpoint."""
    if len(proof) > _MOST:
        raise BadRecord(f"a proof of {len(proof)} hashes: no witness takes more than {_MOST}")
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), ""]
    return "".join(f"{line}\n" for line in lines).encode() + checkpoint


def told_size(media_type: str, body: bytes) -> int | None:
    """The size of the log that the witness holds, from a 409; None when the answer does not tell it."""
    text = body.decode("ascii", "replace").removesuffix("\n")
    if media_type.partition(";")[0].strip().lower() != SIZE_TYPE or not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text) if text == str(int(text)) else None


def accept(key: VerifierKey, checkpoint: Note, answer: bytes, now: datetime) -> Signature:
    """The cosignature of `key` among the lines of an answer; lines of other keys are passed over.

    Raises BadRecord when there is none, or it is wrong, or of another time than now.
    """
    found = read(key, checkpoint, answer)
    when = cosigned_at(found)
    if abs(when - now) > SKEW:
        raise BadRecord(f"a cosignature of {when:%Y-%m-%dT%H:%M:%SZ}, when the clock here says {now:%Y-%m-%dT%H:%M:%SZ}")
    return found


def read(key: VerifierKey, checkpoint: Note, lines: bytes) -> Signature:
    """The cosignature of `key` over the checkpoint, from signature lines as kept; BadRecord when none is right."""
    try:
        held = [note.parse_signature(line) for line in lines.decode().removesuffix("\n").split("\n")]
    except UnicodeDecodeError as error:
        raise BadRecord("an answer that is no cosignature (C2SP tlog-cosignature)") from error
    mine = [one for one in held if (one.name, one.key_id) == (key.name, key.id)]
    if not mine:
        raise BadRecord(f"no cosignature of {key.name} in it")
    right = [one for one in mine if key.verifies(checkpoint.text, one.signature)]
    if not right:
        raise BadRecord(f"a wrong cosignature under the name of {key.name}")
    return right[0]


def cosigned_at(signature: Signature) -> datetime:
    """When the witness signed, by its clock (UTC). BadRecord when no clock shows that time."""
    try:
        return datetime.fromtimestamp(note.cosigned_at(signature.signature), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise BadRecord("a cosignature of no time") from error
