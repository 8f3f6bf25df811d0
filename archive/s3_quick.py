"""Whole objects read with half the CPU that botocore spends on a GET: for who reads every object of an archive.

The request is signed by botocore's own signer and sent over the client's own connections. Whatever is not a plain answer is
left to botocore, which knows all errors and retries. The answer's checksum is not looked at: who reads everything does so to
compare digests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

    from archive.s3_client import Address

_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")  # keys that stand in an address as they are
_GONE = b"<Code>NoSuchKey</Code>"


class Quick:
    """Reads whole objects of one bucket. Safe for threads."""

    def __init__(self, client: S3Client, where: Address) -> None:
        inner: Any = client
        self._region = client.meta.region_name
        try:
            self._credentials = inner._request_signer._credentials
            self._send = inner._endpoint.http_session.send
            told = client.generate_presigned_url("get_object", Params={"Bucket": where.bucket, "Key": "k"})
        except (BotoCoreError, ClientError, AttributeError):  # no key, say, or another botocore: it is asked the plain way
            told = ""
        self._base = told.partition("?")[0].removesuffix("k")

    def get(self, full: str) -> bytes | None:
        """The object at a key with its prefix; None when botocore is to be asked. KeyError when there is none."""
        if not self._base or not _PLAIN.fullmatch(full):
            return None
        request = AWSRequest("GET", self._base + full, {"User-Agent": "Warraq"})
        request.context["payload_signing_enabled"] = False
        try:
            S3SigV4Auth(self._credentials.get_frozen_credentials(), "s3", self._region).add_auth(request)
            answer = self._send(request.prepare())
            data: bytes = answer.content
        except BotoCoreError:
            return None
        if answer.status_code == 404 and _GONE in data:
            raise KeyError(full)
        return data if answer.status_code == 200 and answer.headers.get("Content-Length") == str(len(data)) else None
