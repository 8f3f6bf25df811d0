"""archive.log.note: keys and notes as Go's sumdb/note and C2SP write them, damage refused, secrets never shown."""

from __future__ import annotations

import base64
import hashlib
import traceback

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.errors import BadRecord, Refused
from archive.log import note
from archive.log.note import Checkpoint, Note, SigningKey, VerifierKey

# The key pair and the note of the documentation of golang.org/x/mod/sumdb/note.
SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"


def test_the_keys_and_the_note_of_go() -> None:
    secret, public = note.parse_signing(SECRET), note.parse_verifier(PUBLIC)
    assert secret.public == public
    assert (secret.text(), str(public)) == (SECRET, PUBLIC)
    signed = note.sign(TEXT, [secret])
    assert bytes(signed).decode() == f"{TEXT}\n{LINE}"
    assert note.parse(f"{TEXT}\n{LINE}".encode()) == signed
    assert signed.signed_by(public)


def test_rfc_8032_vector() -> None:
    """Test 1 of §7.1: the seed, the public key, the signature of the empty message."""
    key = SigningKey("x", bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert key.public.public.hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert key.sign("").hex().startswith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        SECRET,
        PUBLIC.replace("c74f20a3", "c74f20a4"),
        PUBLIC.replace("PeterNeumann", "PeterNeuman"),
        PUBLIC[:-1] + "X",
        PUBLIC[:-1],
        PUBLIC + "BADKEY==",
        PUBLIC.replace("ARpc", "ZRpc"),
        PUBLIC.replace("PeterNeumann", ""),
        PUBLIC[:-1] + "é",
        "a\nb+173116ae+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        note.parse_verifier(text)


@pytest.mark.parametrize("name", ["two words", "line\nbreak", "no\u2028break", "thin\u2009space"])
def test_a_name_with_a_space_in_it_is_no_name(name: str) -> None:
    """As Go's isValidName: its signature line could be read in two ways."""
    seed = bytes(range(32))
    made = SigningKey(name, seed)
    with pytest.raises(Refused):
        note.parse_verifier(str(made.public))
    with pytest.raises(Refused):
        note.parse_signing(made.text())


@pytest.mark.parametrize(
    "text",
    [
        "",
        PUBLIC,
        SECRET.replace("c74f20a3", "c74f20a4"),
        SECRET[:-4],
        SECRET[:-1] + "0",
        SECRET[:-3] + "é" + SECRET[-2:],
        SECRET.replace("AYEK", "BIEK"),
        SECRET.replace("+PeterNeumann", "+"),
    ],
)
def test_a_damaged_signing_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(Refused) as told:
        note.parse_signing(text)
    said = "".join(traceback.format_exception(told.value)) + repr(told.value.args)
    assert "FALVFGyNhPJEMzD1QIDr" not in said


def test_no_secret_in_what_is_printed() -> None:
    key = note.parse_signing(SECRET)
    for said in (repr(key), str(key), f"{key}", repr([key]), repr(key.public), str(key.public)):
        assert "FALVFGyN" not in said
        assert key.seed.hex() not in said
        assert repr(key.seed)[2:-1] not in said


KEYS = st.builds(SigningKey, st.text("abcdefghij./-0123456789", min_size=1, max_size=30), st.binary(min_size=32, max_size=32))
TEXTS = st.lists(
    st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=5
).map(lambda lines: "".join(f"{line}\n" for line in lines))


@settings(deadline=None)
@given(KEYS, KEYS, TEXTS)
def test_what_is_signed_comes_back_and_is_verified(mine: SigningKey, other: SigningKey, text: str) -> None:
    signed = note.sign(text, [mine, other])
    assert note.parse(bytes(signed)) == signed
    assert note.parse_signing(mine.text()) == mine
    assert note.parse_verifier(str(mine.public)) == mine.public
    assert signed.signed_by(mine.public)
    assert signed.signed_by(other.public)
    stranger = SigningKey(mine.name, hashlib.sha256(mine.seed).digest())
    assert not signed.signed_by(stranger.public)
    assert not Note(signed.text + "x\n", signed.signatures).signed_by(mine.public)


@settings(deadline=None)
@given(KEYS, TEXTS, st.data())
def test_a_flipped_bit_of_a_signature_is_noticed(key: SigningKey, text: str, data: st.DataObject) -> None:
    [line] = note.sign(text, [key]).signatures
    flipped = bytearray(line.signature)
    flipped[data.draw(st.integers(0, 63))] ^= 1 << data.draw(st.integers(0, 7))
    for wrong in (bytes(flipped), line.signature[:-1], line.signature + b"\0", b"\0"):
        assert not Note(text, (note.Signature(line.name, line.key_id, wrong),)).signed_by(key.public)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        TEXT.encode() + b"\n" + LINE.encode().rstrip(b"\n"),
        TEXT.encode() + b"\n" + LINE.encode()[:40] + b"\n",
        TEXT.encode() + b"\n" + LINE.replace("—", "-").encode(),
        TEXT.encode() + b"\n" + LINE.replace("— PeterNeumann", "— ").encode(),
        TEXT.encode() + b"\n" + LINE.replace("x08g", "é08g").encode(),
        TEXT.encode() + b"\n" + LINE.replace("x08g", "x0\x0b8g").encode(),
        TEXT.encode() + b"\xff\n" + LINE.encode(),
        b"a\x00b\n\n" + LINE.encode(),
        b"a\rb\n\n" + LINE.encode(),
        TEXT.encode() + b"\n" + LINE.encode() + b"more",
    ],
)
def test_what_is_no_note_is_a_bad_record(data: bytes) -> None:
    with pytest.raises(BadRecord):
        note.parse(data)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_note_or_a_bad_record(data: bytes) -> None:
    for tried in (data, TEXT.encode() + b"\n" + data + b"\n", data + b"\n\n" + LINE.encode()):
        try:
            found = note.parse(tried)
        except BadRecord:
            continue
        assert bytes(found).decode()  # and what was read can be written
        try:
            note.parse_checkpoint(found)
        except BadRecord:
            continue


ROOT = hashlib.sha256(b"root").digest()


def test_a_checkpoint_is_three_lines() -> None:
    text = Checkpoint("warraq/0123", 20852163, ROOT).text()
    assert text == f"warraq/0123\n20852163\n{base64.b64encode(ROOT).decode()}\n"
    assert note.parse_checkpoint(Note(text, ())) == Checkpoint("warraq/0123", 20852163, ROOT)
    assert note.parse_checkpoint(Note(text + "an extension line\n", ())) == Checkpoint("warraq/0123", 20852163, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "warraq/0123\n",
        "warraq/0123\n5\n",
        "\n5\n{root}\n",
        "o\n-5\n{root}\n",
        "o\n05\n{root}\n",
        "o\n٥\n{root}\n",
        "o\n5 \n{root}\n",
        "o\n" + "9" * 5000 + "\n{root}\n",
        "o\n5\n{root}A\n",
        "o\n5\nAAAA\n",
        "o\n5\né{root}\n",
    ],
)
def test_what_is_no_checkpoint_is_a_bad_record(text: str) -> None:
    with pytest.raises(BadRecord):
        note.parse_checkpoint(Note(text.format(root=base64.b64encode(ROOT).decode()), ()))


def test_a_cosignature_is_over_its_time_and_the_checkpoint() -> None:
    """C2SP tlog-cosignature: `cosignature/v1`, `time <seconds>`, then the note's text; time and signature follow the id."""
    seed = hashlib.sha256(b"witness").digest()
    private = Ed25519PrivateKey.from_private_bytes(seed)
    witness = VerifierKey("witness.example", note.COSIGNATURE, private.public_key().public_bytes_raw())
    text = Checkpoint("warraq/0123", 7, ROOT).text()
    when = 1_790_000_000
    made = when.to_bytes(8, "big") + private.sign(f"cosignature/v1\ntime {when}\n{text}".encode())
    assert note.parse_verifier(str(witness)) == witness
    assert witness.id == hashlib.sha256(b"witness.example\n\x04" + witness.public).digest()[:4]
    assert witness.verifies(text, made)
    assert note.cosigned_at(made) == when
    assert not witness.verifies(text, (when + 1).to_bytes(8, "big") + made[8:])
    assert not witness.verifies(text, made[8:])
    assert not witness.verifies(text.replace("7", "8", 1), made)
    assert not VerifierKey(witness.name, note.ED25519, witness.public).verifies(text, made)
