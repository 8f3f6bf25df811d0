"""Captures as archive.warc reads them back, made without a WARC file."""

from __future__ import annotations

import hashlib
from typing import Any

from archive.capture import Note
from archive.warc import StoredCapture

HTML = (("Content-Type", "text/html; charset=UTF-8"),)


def capture(url: str, payload: bytes | str = b"", **given: Any) -> StoredCapture:
    """A complete 200 answer to an article's address, unless `given` says otherwise."""
    data = payload.encode() if isinstance(payload, str) else payload
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    fields: dict[str, Any] = {
        "url": url,
        "time": "2026-11-22T01:12:00.123456Z",
        "record_id": "urn:uuid:00000000-0000-4000-8000-000000000001",
        "record_type": "response",
        "offset": 512,
        "length": 2048,
        "record_digest": f"sha256:{'ab' * 32}",
        "status": 200,
        "headers": HTML,
        "payload": data,
        "payload_digest": digest,
        "body_digest": digest,
        "note": Note(role="article", found="rest", why="new"),
        "failure": "",
        "truncated": "",
    }
    return StoredCapture(**(fields | given))
