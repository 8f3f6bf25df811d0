"""Content and transfer codings undone (RFC 9110 §8.4): strictly, or as far as damage allows. Pure.

Strictly is what a digest is taken of. What a damaged body could be unpacked to is read all the same, and doubted; a body whose
coding is another than its head says, or none, is undone as its first octets show.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archive.errors import BadRecord

_STEP = 64  # octets that a salvage feeds at once: what one step loses
_DEEPEST = 4  # codings that are undone without being named
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<[\0]?[!?a-zA-Z]")
_MAGIC = ((b"\x1f\x8b\x08", b"gzip"), (b"\x28\xb5\x2f\xfd", b"zstd"))


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A body without its content codings."""

    data: bytes
    odd: str = ""  # in what its codings were others than its head said, in words
    damage: str = ""  # what is wrong with it: `data` is then what could be unpacked


def undo(codings: list[bytes], data: bytes, limit: int) -> bytes:
    """`data` without `codings` (lower case, in the order they were applied); BadRecord when one is unknown or it is damaged."""
    for coding in reversed(codings):
        data = _decoder(coding)(data, limit)
    return data


def unpack(codings: list[bytes], data: bytes, limit: int) -> Unpacked:
    """As `undo`, but what is damaged gives what could be unpacked, and a coding that is not named is seen.

    BadRecord when nothing could be, when a coding is unknown, or when it would be more than `limit` bytes.
    """
    told: list[str] = []
    for coding in reversed(codings):
        try:
            data = _decoder(coding)(data, limit)
        except TooMuch:
            raise
        except BadRecord as error:
            other = _sniffed(data)
            if _MARKUP.match(data):
                told.append(f"it is said to be {coding.decode('latin-1')} and is not")
            elif coding not in _DECODERS:
                raise
            elif other and other != coding:
                told.append(f"it is said to be {coding.decode()} and is {other.decode()}")
            else:
                return _part(coding, data, limit, told, error)
    for _ in range(_DEEPEST):
        coding = _sniffed(data)
        if not coding:
            break
        told.append(
            f"it is {coding.decode()} once more than it is said to be" if codings else f"it is {coding.decode()}, unsaid"
        )
        try:
            data = _decoder(coding)(data, limit)
        except TooMuch:
            raise
        except BadRecord as error:
            return _part(coding, data, limit, told, error)
    return Unpacked(data, "; ".join(told))


def _part(coding: bytes, data: bytes, limit: int, told: list[str], error: BadRecord) -> Unpacked:
    part = _salvage(coding, data, limit)
    if not part:
        raise error
    return Unpacked(part, "; ".join(told), f"{error}; {len(part)} bytes of it could be unpacked")


class TooMuch(BadRecord):
    """A body of more bytes than anybody wants."""


def _too_much(limit: int) -> TooMuch:
    return TooMuch(f"the body is larger than {limit} bytes")


def _sniffed(data: bytes) -> bytes:
    """The coding that the first octets show (RFC 1952 §2.3.1, RFC 8878 §3.1.1), b"" for none."""
    return next((coding for magic, coding in _MAGIC if data.startswith(magic)), b"")


def _decoder(coding: bytes) -> Callable[[bytes, int], bytes]:
    found = _DECODERS.get(coding)
    if found is None:
        raise BadRecord(f"the coding {coding.decode('latin-1')!r} is unknown")
    return found


def _salvage(coding: bytes, data: bytes, limit: int) -> bytes:
    """What a damaged body gives before its damage, less the octets of one step; of several gzip members, the first."""
    best = b""
    for feed, problem in _streams(coding):
        pieces, size = [], 0
        try:
            for at in range(0, len(data), _STEP):
                pieces.append(feed(data[at : at + _STEP], limit + 1 - size))
                size += len(pieces[-1])
                if size > limit:
                    raise _too_much(limit)
        except problem:
            pass  # the damage: what came before it stands
        best = max(best, b"".join(pieces), key=len)
    return best


def _streams(coding: bytes) -> list[tuple[Callable[[bytes, int], bytes], type[Exception]]]:
    """Functions that take the next octets and the most they may give; and what they raise at the damage."""
    if coding in (b"gzip", b"x-gzip"):
        return [(_growing(zlib.decompressobj(31)), zlib.error)]
    if coding == b"deflate":
        return [(_growing(zlib.decompressobj(wbits)), zlib.error) for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS)]
    if coding == b"br":
        import brotli  # type: ignore[import-untyped]

        brotlied = brotli.Decompressor()
        return [(lambda data, most: brotlied.process(data, output_buffer_limit=most), brotli.error)]
    from backports import zstd

    zstandard = zstd.ZstdDecompressor()
    return [(lambda data, most: b"" if zstandard.eof else zstandard.decompress(data, most), zstd.ZstdError)]


def _growing(stream: Any) -> Callable[[bytes, int], bytes]:
    return lambda data, most: b"" if stream.eof else bytes(stream.decompress(stream.unconsumed_tail + data, most))


def _gunzip(data: bytes, limit: int) -> bytes:
    """Every member; what follows the last one and is none is ignored, as browsers do (RFC 1952 §2.2)."""
    from isal import isal_zlib

    out = b""
    while data[:2] == b"\x1f\x8b" or not out:
        stream = isal_zlib.decompressobj(wbits=31)
        try:
            out += stream.decompress(data, limit + 1 - len(out))
        except isal_zlib.IsalError as error:  # type: ignore[misc]  # its stub does not say that it is an exception
            raise BadRecord(f"the gzip body is damaged: {error}") from error
        if len(out) > limit:
            raise _too_much(limit)
        if not stream.eof:
            raise BadRecord("the gzip body breaks off")
        data = stream.unused_data
        if not data:
            break
    return out


def _inflate(data: bytes, limit: int) -> bytes:
    """RFC 9110 §8.4.1.2 means zlib; many servers send raw deflate."""
    problem: zlib.error | None = None
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        stream = zlib.decompressobj(wbits)
        try:
            out = stream.decompress(data, limit + 1)
        except zlib.error as error:
            problem = problem or error
            continue
        if len(out) > limit:
            raise _too_much(limit)
        if not stream.eof:
            raise BadRecord("the deflate body breaks off")
        return out
    raise BadRecord(f"the deflate body is damaged: {problem}") from problem


def _unbrotli(data: bytes, limit: int) -> bytes:
    try:
        import brotli
    except ImportError:
        raise BadRecord("the body is coded with Brotli", "install brotli to read it") from None
    stream = brotli.Decompressor()
    out = b""
    try:
        while not stream.is_finished() and len(out) <= limit:
            piece = stream.process(data, output_buffer_limit=limit + 1 - len(out))
            if not piece and not data:
                raise BadRecord("the Brotli body breaks off")
            out, data = out + piece, b""
    except brotli.error as error:
        raise BadRecord(f"the Brotli body is damaged: {error}") from error
    if len(out) > limit:
        raise _too_much(limit)
    return out


def _unzstd(data: bytes, limit: int) -> bytes:
    try:
        from backports import zstd
    except ImportError:
        raise BadRecord("the body is coded with Zstandard", "install backports.zstd to read it") from None
    out = b""
    while data:
        stream = zstd.ZstdDecompressor()
        try:
            out += stream.decompress(data, limit + 1 - len(out))
        except zstd.ZstdError as error:
            raise BadRecord(f"the Zstandard body is damaged: {error}") from error
        if len(out) > limit:
            raise _too_much(limit)
        if not stream.eof:
            raise BadRecord("the Zstandard body breaks off")
        data = stream.unused_data
    return out


_DECODERS: dict[bytes, Callable[[bytes, int], bytes]] = {
    b"gzip": _gunzip,
    b"x-gzip": _gunzip,
    b"deflate": _inflate,
    b"br": _unbrotli,
    b"zstd": _unzstd,
}
