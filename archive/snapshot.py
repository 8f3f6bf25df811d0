"""Snapshots: the immutable, readable form of one reading of one capture (docs/FORMAT.md, "Snapshots")."""

from __future__ import annotations

from typing import Any

import orjson

from archive.errors import BadRecord

FORMAT = 1


def pack(fields: dict[str, Any]) -> bytes:
    """`fields` as JSON with sorted keys, in one gzip member with mtime 0."""
    from isal import isal_zlib

    packer = isal_zlib.compressobj(2, isal_zlib.DEFLATED, 31)
    data = orjson.dumps({"v": FORMAT, **fields}, option=orjson.OPT_SORT_KEYS)
    return packer.compress(data) + packer.flush()


def load(data: bytes) -> dict[str, Any]:
    """The fields of a snapshot; BadRecord when it is none or of a later format."""
    import gzip
    import zlib

    try:
        fields = orjson.loads(gzip.decompress(data))
    except (OSError, EOFError, zlib.error, orjson.JSONDecodeError) as error:
        raise BadRecord(f"not a snapshot: {error}") from error
    if not isinstance(fields, dict) or fields.get("v") != FORMAT:
        raise BadRecord("a snapshot of another format version", "upgrade Warraq before reading this bucket")
    return fields
