"""The store on S3, and how an archive is made and opened in a bucket. See `archive.store.Store` for the promises."""

from __future__ import annotations

import base64
import hashlib
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from botocore import exceptions as boto

from archive import lock, s3_client
from archive.errors import BadRecord, Refused, StoreUnreachable, WarraqError
from archive.keys import CHECKPOINT, possible
from archive.s3_client import Address, failure, status
from archive.s3_quick import Quick
from archive.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_BUSY = (0.05, 0.2, 0.8, 2.0, 4.0)  # seconds between tries while others put the same key (409)
_TRIES = 3  # of a body that broke off; botocore retries only up to the head


def open_store(settings: Settings, client: S3Client | None = None, *, write: bool = True) -> S3Store:
    """The archive in WARRAQ_BUCKET. Asks the bucket for its marker, and once per state folder probes its promises.

    `write=False` touches no state folder and gives a store that refuses to put. Raises Refused (no archive there, or
    a sandbox where a real one is wanted, or the reverse), UnsafeStore (also when the settings ask for locks that the
    bucket does not keep), StoreUnreachable.
    """
    from archive import marker

    store = connect(settings, client, write=write)
    held = marker.check(marker.read(store), settings, store.where)
    if write:
        marker.admit(store, held, settings, datetime.now(UTC))
        _lock(store, settings)
    return store


def init_archive(settings: Settings, client: S3Client | None = None, *, make_bucket: bool = False) -> S3Store:
    """Make an archive in the bucket (and the bucket, if wanted), or take the one that is there. Idempotent.

    A new archive gets a key that signs its log, in this machine's key file.
    """
    from archive import marker
    from archive.log import keyring

    client = client or s3_client.make_client(settings)
    store = connect(settings, client)
    if make_bucket:
        store.make_bucket(locked=bool(settings.lock))
    _lock(store, settings)
    held = marker.create(store, settings, datetime.now(UTC))
    if keyring.load(settings) is None and store.checkpoint() is None:
        keyring.save(keyring.new_key(held.id), settings.log_key_file)
    return open_store(settings, client)


def _lock(store: S3Store, settings: Settings) -> None:
    """Have the store lock what it puts, as the settings say; UnsafeStore when the bucket does not keep such locks."""
    rules = lock.parse(settings.lock)
    if not rules:
        return
    from archive import probes

    probes.demand(store, settings, {rule.mode for rule in rules}, datetime.now(UTC))
    store.locks = rules


def connect(settings: Settings, client: S3Client | None = None, *, write: bool = True) -> S3Store:
    """The bucket as a store, without looking at what it holds: for doctor and `init_archive`."""
    where = s3_client.parse_address(settings.bucket)
    return S3Store(client or s3_client.make_client(settings), where, write=write)


class S3Store:
    """`Store` over one client. Safe for threads; a process that forks needs its own."""

    page = 1000  # keys asked for at a time; S3's most

    def __init__(self, client: S3Client, where: Address, *, write: bool = True) -> None:
        self.client = client
        self.where = where
        self.endpoint = client.meta.endpoint_url
        self._write = write
        self.locks: tuple[lock.Rule, ...] = ()

    def put(self, key: str, data: bytes) -> bool:
        """As `Store.put`. A put whose answer was lost is tried again by botocore, and then found taken: False."""
        full = self._full(key)
        if not self._write:
            raise Refused(f"{self.where} is open for reading only")
        return self._put(full, data, {"IfNoneMatch": "*", **self._retention(key)})

    def _retention(self, key: str) -> dict[str, Any]:
        """The lock of a key, as arguments of put_object. Such a put must name the algorithm of its checksum too."""
        rule = lock.rule_for(self.locks, key)
        if rule is None:
            return {}
        until = rule.until(datetime.now(UTC))
        return {"ObjectLockMode": rule.mode, "ObjectLockRetainUntilDate": until, "ChecksumAlgorithm": "SHA256"}

    def legal_hold(self, key: str, on: bool) -> None:
        """Put an object under legal hold, or end it. KeyError when there is none; Refused when the bucket knows no holds."""
        full = self._full(key)
        if not self._write:
            raise Refused(f"{self.where} is open for reading only")
        try:
            self.client.head_object(Bucket=self.where.bucket, Key=full)  # of a key that is not there some stores say 500
            self.client.put_object_legal_hold(
                Bucket=self.where.bucket, Key=full, LegalHold={"Status": "ON" if on else "OFF"}, ChecksumAlgorithm="SHA256"
            )
        except boto.ClientError as error:
            if status(error) == 404:
                raise KeyError(key) from None
            raise self._failed(error, f"legal hold of {key}") from error
        except boto.BotoCoreError as error:
            raise self._failed(error, f"legal hold of {key}") from error

    def checkpoint(self) -> tuple[bytes, str] | None:
        """As `Store.checkpoint`; its tag is the object's ETag."""
        answer: dict[str, Any] = {}
        try:
            return self.get(CHECKPOINT, answer=answer), answer["ETag"]
        except KeyError:
            return None

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        """As `Store.publish`: the one put that may replace, and only this key."""
        if not self._write:
            raise Refused(f"{self.where} is open for reading only")
        return self._put(self._full(CHECKPOINT), checkpoint, {"IfMatch": tag} if tag else {"IfNoneMatch": "*"})

    def _put(self, full: str, data: bytes, condition: dict[str, Any]) -> bool:
        """Whether the put was taken; False when the condition does not hold."""
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode()
        doing = f"put {full.removeprefix(self.where.prefix)}"
        for pause in (*_BUSY, None):
            try:
                # A bytearray (botocore takes it, its stubs do not say so): of bytes it makes a file, and asks
                # "100-continue" before it sends a file.
                self.client.put_object(
                    Bucket=self.where.bucket, Key=full, Body=cast(Any, bytearray(data)), ChecksumSHA256=digest, **condition
                )
            except boto.ClientError as error:
                if status(error) == 412 or (status(error) == 404 and "IfMatch" in condition):
                    return False
                if status(error) != 409 or pause is None:
                    raise self._failed(error, doing) from error
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 (jitter)
            except boto.BotoCoreError as error:
                raise self._failed(error, doing) from error
            else:
                return True
        raise AssertionError("unreachable")

    def get(self, key: str, start: int = 0, length: int | None = None, answer: dict[str, Any] | None = None) -> bytes:
        """As `Store.get`; fewer bytes than `length` at the object's end, BadRecord when `start` lies beyond it.

        `answer` is filled with what the server said beside the bytes.
        """
        if start < 0 or (length is not None and length < 1):
            raise ValueError(f"no such range: {start}, {length}")
        wanted: dict[str, Any] = {"Bucket": self.where.bucket, "Key": self._full(key)}
        if start or length is not None:
            wanted["Range"] = f"bytes={start}-" if length is None else f"bytes={start}-{start + length - 1}"
        for left in reversed(range(_TRIES)):
            try:
                found = self.client.get_object(**wanted)
                data: bytes = found["Body"].read()
            except boto.ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404"):
                    raise KeyError(key) from None
                if status(error) == 416:
                    raise BadRecord(f"{key} has fewer than {start} bytes") from error
                raise self._failed(error, f"get {key}") from error
            except boto.BotoCoreError as error:
                failed = self._failed(error, f"get {key}")
                if not left or not isinstance(failed, StoreUnreachable):
                    raise failed from error
            else:
                if answer is not None:
                    answer.update(found)
                return data
        raise AssertionError("unreachable")

    def read(self, key: str) -> bytes:
        """The whole object, as `get` gives it, for less: for who reads everything and compares digests."""
        try:
            data = self._quick.get(self._full(key))
        except KeyError:
            raise KeyError(key) from None
        return self.get(key) if data is None else data

    @cached_property
    def _quick(self) -> Quick:
        return Quick(self.client, self.where)

    def list(self, prefix: str, after: str = "") -> Iterator[str]:
        """As `Store.list`, page by page. `after` is a key under `prefix`."""
        query: dict[str, Any] = {"Bucket": self.where.bucket, "Prefix": self.where.prefix + prefix}
        if after:
            query["StartAfter"] = self.where.prefix + after
        cut = len(self.where.prefix)
        try:
            for page in self.client.get_paginator("list_objects_v2").paginate(
                **query, PaginationConfig={"PageSize": self.page}
            ):
                for entry in page.get("Contents", ()):
                    key = entry["Key"][cut:]
                    if key > after:  # a store that orders otherwise may send a few that are not
                        yield key
        except (boto.ClientError, boto.BotoCoreError) as error:
            raise self._failed(error, f"list {prefix}") from error

    def clock(self) -> datetime:
        """The store's own time, cut to the second, from the Date header of a listing (of an error's answer too)."""
        try:
            answer: Any = self.client.list_objects_v2(Bucket=self.where.bucket, Prefix=self.where.prefix, MaxKeys=1)
        except boto.ClientError as error:
            if error.response.get("Error", {}).get("Code") != "RequestTimeTooSkewed":
                raise self._failed(error, "ask for the time") from error
            answer = error.response
        except boto.BotoCoreError as error:
            raise self._failed(error, "ask for the time") from error
        date = answer["ResponseMetadata"]["HTTPHeaders"].get("date", "")
        try:
            return parsedate_to_datetime(date).astimezone(UTC)
        except ValueError as error:
            raise BadRecord(f"{self.where} at {self.endpoint} tells no time (Date: {date!r})") from error

    def make_bucket(self, *, locked: bool = False) -> None:
        """Make the bucket unless it is there; with Object Lock, which a bucket cannot get later everywhere."""
        try:
            try:
                self.client.head_bucket(Bucket=self.where.bucket)
            except boto.ClientError as error:
                if status(error) != 404:
                    raise
                region = self.client.meta.region_name
                place: Any = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region != "us-east-1" else {}
                if locked:
                    place["ObjectLockEnabledForBucket"] = True
                self.client.create_bucket(Bucket=self.where.bucket, **place)
        except (boto.ClientError, boto.BotoCoreError) as error:
            raise self._failed(error, "make the bucket") from error

    def _full(self, key: str) -> str:
        if not possible(key):
            raise ValueError(f"{key!r} cannot be a key: ASCII without spaces and backslashes, no segment empty, '.' or '..'")
        return self.where.prefix + key

    def _failed(self, error: Exception, doing: str) -> WarraqError:
        return failure(error, doing, self.where, self.endpoint)
