"""Time stamps on a checkpoint by authorities outside (RFC 3161). Pure, but for the nonce of a question.

A token says that the bytes of `log/checkpoints/<size>` existed at a time. It is kept as the authority answered, so that

    openssl ts -verify -data CHECKPOINT -in TOKEN.tsr -CAfile roots.pem

checks it without us. Every function raises BadRecord when a token does not say what it should.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

import rfc3161_client as rfc3161
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from rfc3161_client import PKIStatus, TimeStampRequest, TimeStampResponse

from archive.errors import BadRecord, Refused

MEDIA_TYPE = "application/timestamp-query"  # RFC 3161 §3.4
SUFFIX = ".tsr"
SKEW = timedelta(minutes=5)  # a fresh token whose time is further from ours is not kept: one of the clocks is wrong
# What the parsers raise on bytes that somebody made up to break them.
_UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    LookupError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")


@dataclass(frozen=True, slots=True)
class Token:
    """What a time stamp says."""

    time: datetime  # UTC, by the authority's clock
    serial: int
    signer: str  # subject of the certificate that signed, RFC 4514; the authority's word unless `trusted`
    trusted: bool  # its signature was checked, up to one of the roots


def token_name(address: str) -> str:
    """The name of an authority's tokens: 12 hex digits of the SHA-256 of its address, and `.tsr`."""
    return hashlib.sha256(bare(address).encode()).hexdigest()[:12] + SUFFIX


def bare(address: str) -> str:
    """An address without the user and password that may stand in it."""
    parts = urlsplit(address)
    _, at, place = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=place)) if at else address


def load_roots(pem: bytes) -> list[x509.Certificate]:
    """The certificates that tokens must lead to, from WARRAQ_TSA_ROOTS. Refused when it is no PEM file of certificates."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Refused(
            f"WARRAQ_TSA_ROOTS is no PEM file of certificates: {error}",
            "get the authorities' root certificates from their pages",
        ) from error


def question(data: bytes) -> TimeStampRequest:
    """The query for a token over the SHA-256 of `data`: with a fresh nonce, and asking for the certificate."""
    builder = rfc3161.TimestampRequestBuilder().data(data).hash_algorithm(rfc3161.HashAlgorithm.SHA256)
    return builder.nonce(nonce=True).cert_request(cert_request=True).build()


def accept(asked: TimeStampRequest, answer: bytes, data: bytes, now: datetime, roots: Sequence[x509.Certificate]) -> Token:
    """The token in the answer to a question over `data`, asked now."""
    found = read(answer, data, roots)
    if _decode(answer).tst_info.nonce != asked.nonce:
        raise BadRecord("a token with another nonce than was asked for: an old answer, or one to somebody else")
    if abs(found.time - now) > SKEW:
        raise BadRecord(f"a token of {found.time:%Y-%m-%dT%H:%M:%SZ}, when the clock here says {now:%Y-%m-%dT%H:%M:%SZ}")
    return found


def read(answer: bytes, data: bytes, roots: Sequence[x509.Certificate]) -> Token:
    """What a kept token says of `data`. Without roots its signature is not checked: `trusted` is False then."""
    response = _decode(answer)
    if response.status != PKIStatus.GRANTED:
        why = ", ".join(response.status_string) or "without a reason"
        raise BadRecord(f"no token, but a refusal (status {response.status}): {why[:200]}")
    try:
        info, signed = response.tst_info, response.signed_data
        imprint = info.message_imprint
        said = (imprint.hash_algorithm, imprint.message)
        token = Token(info.gen_time, info.serial_number, _signer(response), bool(roots))
    except _UNREADABLE as error:
        raise BadRecord(f"a token that cannot be read: {error}") from error
    if said != (_SHA256, hashlib.sha256(data).digest()):
        raise BadRecord("a token over other bytes than these")
    if not signed.certificates:
        raise BadRecord("a token without the authority's certificate, although it was asked for")
    if roots:
        try:
            rfc3161.VerifierBuilder(roots=list(roots)).build().verify_message(response, data)
        except (rfc3161.VerificationError, *_UNREADABLE) as error:
            raise BadRecord(f"a token whose signature does not lead to the roots: {error}") from error
    return token


def time_of(answer: bytes) -> datetime:
    """The time that a kept token tells, nothing else looked at."""
    try:
        return _decode(answer).tst_info.gen_time
    except _UNREADABLE as error:
        raise BadRecord(f"a token that cannot be read: {error}") from error


def _decode(answer: bytes) -> TimeStampResponse:
    try:
        return rfc3161.decode_timestamp_response(answer)
    except _UNREADABLE as error:
        raise BadRecord("an answer that is no time stamp (RFC 3161)") from error


def _signer(response: TimeStampResponse) -> str:
    """The subject of the certificate that the signature names; "" when it is not in the token."""
    signers = {(one.issuer, one.serial_number) for one in response.signed_data.signer_infos}
    held = (x509.load_der_x509_certificate(data) for data in response.signed_data.certificates)
    return next((one.subject.rfc4514_string() for one in held if (one.issuer, one.serial_number) in signers), "")
