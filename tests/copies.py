"""A second object store of another owner, and places for copies in it: what the tests of mirror, repair and the drill share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

from archive.log import follow
from archive.log.leaf import PARTS
from archive.log.writer import published, walk
from archive.settings import from_environment
from archive.steps.mirror import open_copy
from archive.steps.workshop import utc_now
from archive.verify.run import verify
from stack.weed import serving
from tests.servers import Server

BUCKET = "copies"


@dataclass(frozen=True)
class Place:
    """A prefix on a server: `env` is all that `warraq mirror` needs to write there."""

    server: Server
    address: str

    @property
    def env(self) -> dict[str, str]:
        return {
            "WARRAQ_MIRROR_ENDPOINT": self.server.endpoint,
            "WARRAQ_MIRROR_ACCESS_KEY_ID": self.server.access_key,
            "WARRAQ_MIRROR_SECRET_ACCESS_KEY": self.server.secret_key,
        }

    @cached_property
    def client(self) -> Any:
        """A plain S3 client, for what Warraq never does."""
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.server.endpoint,
            aws_access_key_id=self.server.access_key,
            aws_secret_access_key=self.server.secret_key,
            region_name="us-east-1",
        )

    def at(self, key: str) -> dict[str, str]:
        bucket, _, prefix = self.address.removeprefix("s3://").partition("/")
        return {"Bucket": bucket, "Key": f"{prefix}/{key}"}

    def held(self) -> dict[str, str]:
        """Key and ETag of every object; probes are no part of a copy."""
        bucket, _, prefix = self.address.removeprefix("s3://").partition("/")
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix + "/")
        found = {e["Key"].removeprefix(f"{prefix}/"): e["ETag"] for page in pages for e in page.get("Contents", ())}
        return {key: tag for key, tag in found.items() if not key.startswith("probe/")}


@contextmanager
def another(folder: Path) -> Iterator[Server]:
    """A SeaweedFS of somebody else, with a bucket for copies."""
    with serving(folder / "data") as (endpoint, access, secret):
        server = Server(endpoint, access, secret)
        place(server).client.create_bucket(Bucket=BUCKET)
        yield server


def place(server: Server) -> Place:
    """A fresh one."""
    return Place(server, f"s3://{BUCKET}/{uuid4().hex[:12]}")


def is_whole(copy: Place) -> int:
    """The leaves of a copy that is a valid archive as it stands: its checkpoint follows from its batches, and is signed; each
    leaf below it has its object. 0 when nothing is signed there yet."""
    store = open_copy(from_environment(copy.env), copy.address)
    held = published(store)
    if held is None:
        return 0
    assert follow.stands(store).size == held.size
    assert verify(store, utc_now(), pause=lambda: None).faults == []
    at = 0
    for batch in walk(store, 0):
        for leaf in batch.leaves:
            if batch.end <= held.size and leaf.kind not in PARTS:
                assert hashlib.sha256(store.get(leaf.key)).hexdigest() == leaf.sha256, leaf.key
        at = batch.end
    assert at >= held.size
    return held.size
