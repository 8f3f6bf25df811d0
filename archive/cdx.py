"""CDXJ index lines of responses and revisits, made from observations alone; pywb reads them.

`<SURT> <YYYYMMDDHHMMSS> <JSON>`, sorted by bytes, as cdxj-indexer and pywb write them. `filename` is the
object's key, so that pywb's `archive_paths` is the bucket with its prefix.
"""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from surt import surt  # type: ignore[import-untyped]

from archive.observation import Observation


def lines(observations: Iterable[Observation]) -> bytes:
    """The index of one WARC: a line per response and revisit record.

    A redirect's last capture is observed for the address it began at as well (`reason` redirected…), and an
    older capture may be read again: neither is a record of this file under that address.
    """
    kept = (
        seen
        for seen in observations
        if seen.record_type in ("response", "revisit")
        and seen.status
        and not seen.reread
        and not seen.reason.startswith("redirected")
    )
    return b"".join(sorted({_line(seen) for seen in kept}))


def _line(seen: Observation) -> bytes:
    stamp = seen.time[:19].translate({ord(mark): None for mark in "-T:"})
    row = {
        "url": seen.url,
        "mime": "warc/revisit" if seen.record_type == "revisit" else seen.mime or "unk",
        "status": str(seen.status),
        "digest": seen.payload,
        "length": str(seen.length),
        "offset": str(seen.offset),
        "filename": seen.warc,
        "recordDigest": seen.record_digest,
    }
    return f"{surt(seen.url)} {stamp} ".encode() + orjson.dumps(row) + b"\n"
