"""Whether bytes break off, told from their structure alone. Pure."""

from __future__ import annotations

import zlib

_LINES = (".json", ".cdxj", "SHA256SUMS")  # objects that end with a newline, as checkpoints and keys do


def breaks_off(key: str, data: bytes) -> bool:
    """Whether the object at `key` ends before its structure does: a gzip member, or the last line."""
    if not data:
        return True
    if key.endswith(".gz"):
        return _member_breaks_off(data)
    return (key.endswith(_LINES) or key.startswith("log/")) and not data.endswith(b"\n") and b"\0" not in data


def _member_breaks_off(data: bytes) -> bool:
    """Whether the last gzip member has no end. What is damaged before that does not break off."""
    rest = data
    while rest:
        stream = zlib.decompressobj(wbits=31)
        try:
            stream.decompress(rest)
        except zlib.error:
            return False
        if not stream.eof:
            return True
        rest = stream.unused_data
    return False
