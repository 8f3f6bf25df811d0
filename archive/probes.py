"""What a bucket does when it is asked to break its promises. Each probe leaves a few bytes under `probe/`.

Asked here, judged in archive.doctor. The store has no delete, so the one delete of this project is in `locked_delete`:
it tries to remove a probe of its own that it has just locked. What is kept is remembered in the state folder.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
import uuid
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import exceptions as boto

from archive import marker
from archive.errors import UnsafeStore, WarraqError
from archive.lock import HOLD, NAME
from archive.marker import PROBES
from archive.s3 import S3Store
from archive.s3_client import status
from archive.settings import Settings

RACERS = 16


@dataclass(frozen=True, slots=True)
class Race:
    """Of `RACERS` threads that put one fresh key at once: how many were told they won, and whose bytes are there."""

    winners: tuple[int, ...]
    held: int
    failures: tuple[str, ...]


def race(store: S3Store) -> Race:
    """Sixteen writers, one key."""
    key, gate = _fresh(), threading.Barrier(RACERS)

    def put(number: int) -> bool | str:
        gate.wait()
        try:
            return store.put(key, f"writer {number:2}".encode())
        except WarraqError as error:
            return error.what

    with ThreadPoolExecutor(RACERS) as pool:
        told = list(pool.map(put, range(RACERS)))
    held = int(store.get(key).decode().split()[1])
    return Race(tuple(n for n, won in enumerate(told) if won is True), held, tuple(t for t in told if isinstance(t, str)))


def versioning(store: S3Store) -> str:
    """`Enabled`, `Suspended`, `off`, or `unknown (<why>)`."""
    try:
        return store.client.get_bucket_versioning(Bucket=store.where.bucket).get("Status", "off")
    except (boto.ClientError, boto.BotoCoreError) as error:
        return f"unknown ({_why(error)})"


def damaged_put(store: S3Store) -> bool:
    """Whether bytes that differ from their SHA-256 are refused."""
    wrong = base64.b64encode(hashlib.sha256(b"other bytes").digest()).decode()
    try:
        store.client.put_object(
            Bucket=store.where.bucket, Key=store.where.prefix + _fresh(), Body=b"x", ChecksumSHA256=wrong, IfNoneMatch="*"
        )
    except boto.ClientError as error:
        return status(error) == 400
    return False


def locked_delete(store: S3Store, kind: str = "GOVERNANCE") -> str:
    """`no lock`, `kept` (a locked version could not be deleted), `deleted`, or `unknown (<why>)`.

    `kind`: a mode of retention, for a minute, or `lock.HOLD`, which is ended again.
    """
    bucket, key = store.where.bucket, store.where.prefix + _fresh()
    minute = {"ObjectLockMode": kind, "ObjectLockRetainUntilDate": datetime.now(UTC) + timedelta(minutes=1)}
    lock: dict[str, Any] = {"ObjectLockLegalHoldStatus": "ON"} if kind == HOLD else minute
    lock |= {"ChecksumAlgorithm": "SHA256", "IfNoneMatch": "*"}  # the bucket's policy may demand the condition
    digest = base64.b64encode(hashlib.sha256(b"locked").digest()).decode()
    try:
        store.client.get_object_lock_configuration(Bucket=bucket)
        put = store.client.put_object(Bucket=bucket, Key=key, Body=b"locked", ChecksumSHA256=digest, **lock)
        if _deleted(store, key, put.get("VersionId", "")):
            return "deleted"
    except boto.ClientError as error:
        none = error.operation_name == "GetObjectLockConfiguration" and status(error) in (404, 501)
        return "no lock" if none else f"unknown ({_why(error)})"
    except boto.BotoCoreError as error:
        return f"unknown ({_why(error)})"
    if kind == HOLD:
        store.legal_hold(key.removeprefix(store.where.prefix), on=False)
    return "kept"


def _deleted(store: S3Store, key: str, version: str) -> bool:
    """Whether that version of a probe could be deleted. A server that fails has promised nothing: its error is raised."""
    try:
        store.client.delete_object(Bucket=store.where.bucket, Key=key, VersionId=version)
    except boto.ClientError as error:
        if status(error) not in (400, 403, 409):
            raise
        return False
    return True


def keeps(store: S3Store, settings: Settings, kinds: Collection[str], now: datetime) -> dict[str, str]:
    """Of each kind of lock what the bucket did with it: `kept`, as `locked_delete` says or as it said in the last days.

    Only `kept` is believed later: a bucket that gets Object Lock is seen to have it at once.
    """
    known = marker.locks(settings, store.endpoint, now)
    found = {kind: "kept" if kind in known else locked_delete(store, kind) for kind in sorted(kinds)}
    marker.note_locks(settings, store.endpoint, [k for k, what in found.items() if what == "kept" and k not in known], now)
    return found


def demand(store: S3Store, settings: Settings, kinds: Collection[str], now: datetime) -> None:
    """UnsafeStore unless the bucket keeps every one of these kinds of lock."""
    for kind, what in keeps(store, settings, kinds, now).items():
        if what != "kept":
            reason = "the bucket has no Object Lock" if what == "no lock" else f"a locked probe was: {what}"
            raise UnsafeStore(
                f"{NAME} asks for {kind}, and {store.where} does not keep it: {reason}",
                "Object Lock is set when a bucket is made (ObjectLockEnabledForBucket); use such a bucket, or unset it",
            )


def clock_offset(store: S3Store) -> float:
    """Seconds that this machine's clock is ahead of the store's; good to half a second, as `Date` is cut to a second."""
    before = time.time()
    told = store.clock().timestamp()
    return offset(before, time.time(), told)


def offset(before: float, after: float, told: float) -> float:
    """Pure: the middle of asking, against the middle of the second that was told (epoch seconds)."""
    return (before + after) / 2 - (told + 0.5)


def _fresh() -> str:
    return f"{PROBES}{uuid.uuid4().hex}"


def _why(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code")) if isinstance(error, boto.ClientError) else type(error).__name__
