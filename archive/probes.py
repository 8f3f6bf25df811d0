"""What a bucket does when it is asked to break its promises. Each probe leaves a few bytes under `probe/`.

Asked here, judged in archive.doctor. The store has no delete, so the one delete of this project is in `locked_delete`:
it tries to remove a probe of its own that it has just locked.
"""

from __future__ import annotations

import base64
import hashlib
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from botocore import exceptions as boto

from archive.errors import WarraqError
from archive.marker import PROBES
from archive.s3 import S3Store
from archive.s3_client import status

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
        store.client.put_object(Bucket=store.where.bucket, Key=store.where.prefix + _fresh(), Body=b"x", ChecksumSHA256=wrong)
    except boto.ClientError as error:
        return status(error) == 400
    return False


def locked_delete(store: S3Store) -> str:
    """`no lock`, `kept` (a locked version could not be deleted), `deleted`, or `unknown (<why>)`."""
    bucket, key = store.where.bucket, store.where.prefix + _fresh()
    try:
        store.client.get_object_lock_configuration(Bucket=bucket)
    except boto.ClientError as error:
        none = status(error) == 404 or status(error) == 501
        return "no lock" if none else f"unknown ({_why(error)})"
    until = datetime.now(UTC) + timedelta(minutes=1)
    try:
        version = store.client.put_object(
            Bucket=bucket,
            Key=key,
            Body=b"locked",
            ChecksumSHA256=base64.b64encode(hashlib.sha256(b"locked").digest()).decode(),
            ObjectLockMode="GOVERNANCE",
            ObjectLockRetainUntilDate=until,
        ).get("VersionId", "")
    except boto.ClientError as error:
        return f"unknown ({_why(error)})"
    try:
        store.client.delete_object(Bucket=bucket, Key=key, VersionId=version)
    except boto.ClientError:
        return "kept"
    return "deleted"


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
