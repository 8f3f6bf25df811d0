"""The narrow store every step talks to. See `Store` for the promises; archive.s3 keeps them on S3."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from archive.errors import Conflict


class Store(Protocol):
    """Immutable objects under ASCII keys, relative to the bucket's prefix.

    - `put` is durable when it returns. It never overwrites: if the key exists, True is not returned.
    - Retries of transient failures happen inside; what still fails raises StoreUnreachable (try again) or
      Refused (credentials, bucket). Safe to use from many threads and processes at once.
    - There is no delete. One object changes: `log/checkpoint`, which only ever says more.
    """

    def put(self, key: str, data: bytes) -> bool:
        """Store `data` if the key is free: True. False when the key is taken (by whatever bytes)."""

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        """The object, or `length` bytes from `start`. KeyError when there is none."""

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        """Keys under `prefix`, greater than `after`; in any order."""

    def checkpoint(self) -> tuple[bytes, str] | None:
        """`log/checkpoint` and its tag, for `publish`; None when there is none yet."""

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        """Put another `log/checkpoint` if the one there still has `tag` ("" for none there): True, else False."""

    def clock(self) -> datetime:
        """The store's own time (its `Date` header), to measure this machine's clock against."""


def put_once(store: Store, key: str, data: bytes) -> bool:
    """Put `data`; True when it is new, False when the same content is already there, Conflict when other is.

    Derived objects (`.jsonl.gz`, `.json.gz`) are the same when their *content* is: gzip's bytes may differ
    between versions of the compressor.
    """
    if store.put(key, data):
        return True
    held = store.get(key)
    if held == data:
        return False
    if key.endswith((".json.gz", ".jsonl.gz")) and gzip.decompress(held) == gzip.decompress(data):
        return False
    raise Conflict(f"{key} already holds other bytes", "nothing was changed; compare both before anything else is written")
