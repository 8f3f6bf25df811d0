"""The attacker's hands: a plain S3 client with every right, and a memory of the clean bucket to undo what they did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3


class Bucket:
    """Every object of one archive, under its prefix. `clean` is what `remember` saw."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.name, _, prefix = env["WARRAQ_BUCKET"].removeprefix("s3://").partition("/")
        self.prefix = f"{prefix}/"
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=env["AWS_ENDPOINT_URL_S3"],
            aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
            region_name="us-east-1",
        )
        self.clean: dict[str, bytes] = {}
        self._tags: dict[str, str] = {}

    def get(self, key: str) -> bytes:
        return bytes(self.client.get_object(Bucket=self.name, Key=self.prefix + key)["Body"].read())

    def put(self, key: str, data: bytes) -> None:
        """Whatever lay there."""
        self.client.put_object(Bucket=self.name, Key=self.prefix + key, Body=data)

    def delete(self, *keys: str) -> None:
        for key in keys:
            self.client.delete_object(Bucket=self.name, Key=self.prefix + key)

    def delete_all(self, keys: Iterable[str]) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.delete, keys))

    def put_all(self, objects: Mapping[str, bytes]) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.put, objects.keys(), objects.values()))

    def tags(self) -> dict[str, str]:
        """Key and ETag of every object; probes are no part of the archive."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=self.prefix)
        found = {entry["Key"].removeprefix(self.prefix): entry["ETag"] for page in pages for entry in page.get("Contents", ())}
        return {key: tag for key, tag in found.items() if not key.startswith("probe/")}

    def remember(self) -> None:
        """Read the whole bucket: this is the clean state from now on."""
        self._tags = self.tags()
        with ThreadPoolExecutor(4) as pool:
            self.clean = dict(zip(self._tags, pool.map(self.get, self._tags), strict=True))

    def undo(self) -> set[str]:
        """Make the bucket what it was; the keys that differed."""
        now = self.tags()
        wrong = {key for key, tag in self._tags.items() if now.get(key) != tag}
        extra = now.keys() - self._tags.keys()
        self.delete_all(extra)
        self.put_all({key: self.clean[key] for key in wrong})
        return wrong | extra

    def keys(self, prefix: str) -> list[str]:
        """Of the clean bucket, in order."""
        return sorted(key for key in self.clean if key.startswith(prefix))
