"""deploy/aws-bucket-policy.json: what AWS would refuse under it, by AWS's rules of evaluation; its denials on a real server."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from archive.s3 import init_archive
from tests.conftest import MakeSettings
from tests.servers import Server
from tests.wadi import ROOT

POLICY = json.loads((ROOT / "deploy/aws-bucket-policy.json").read_text("utf-8"))
ARN = "arn:aws:s3:::BUCKET"


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def refused_by(action: str, resource: str, given: set[str]) -> set[str]:
    """Sids of the statements that deny a request. `given`: the condition keys that it carries.

    IAM User Guide, "Policy evaluation logic" and "Conditions with multiple context keys": the keys of one operator are ANDed;
    Null "true" holds when the request lacks the key.
    """
    found = set()
    for one in POLICY["Statement"]:
        assert (one["Effect"], one["Principal"]) == ("Deny", "*")
        assert set(one) <= {"Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"}
        assert set(one.get("Condition", {})) <= {"Null"}
        named = any(fnmatchcase(resource, pattern) for pattern in listed(one.get("Resource") or one["NotResource"]))
        conditions = one.get("Condition", {}).get("Null", {})
        met = all((key not in given) == (wanted == "true") for key, wanted in conditions.items())
        if action in listed(one["Action"]) and named == ("Resource" in one) and met:
            found.add(one["Sid"])
    return found


@pytest.mark.parametrize(
    ("action", "key", "given", "allowed"),
    [
        ("s3:GetObject", "/warc/a", set(), True),
        ("s3:ListBucket", "", set(), True),
        ("s3:PutObject", "/warc/a", {"s3:if-none-match"}, True),
        ("s3:PutObject", "/archive/warc/a", {"s3:if-none-match"}, True),
        ("s3:PutObject", "/warc/a", set(), False),
        ("s3:PutObject", "/warc/a", {"s3:if-match"}, False),
        ("s3:PutObject", "/log/checkpoints/000000000007", {"s3:if-match"}, False),
        ("s3:PutObject", "/log/checkpoint", {"s3:if-none-match"}, True),
        ("s3:PutObject", "/log/checkpoint", {"s3:if-match"}, True),
        ("s3:PutObject", "/log/checkpoint", set(), False),
        ("s3:PutObjectLegalHold", "/warc/a", set(), True),
        ("s3:PutObjectRetention", "/warc/a", set(), True),
        ("s3:DeleteObject", "/warc/a", set(), False),
        ("s3:DeleteObject", "/log/checkpoint", set(), False),
        ("s3:DeleteObjectVersion", "/warc/a", set(), False),
        ("s3:BypassGovernanceRetention", "/warc/a", set(), False),
        ("s3:PutLifecycleConfiguration", "", set(), False),
        ("s3:PutBucketVersioning", "", set(), False),
        ("s3:DeleteBucket", "", set(), False),
    ],
)
def test_what_it_refuses(action: str, key: str, given: set[str], allowed: bool) -> None:
    assert (refused_by(action, ARN + key, given) == set()) == allowed


def test_every_statement_has_its_own_name_and_nothing_is_granted() -> None:
    assert POLICY["Version"] == "2012-10-17"
    names = [one["Sid"] for one in POLICY["Statement"]]
    assert len(set(names)) == len(names)
    assert all(name.isalnum() for name in names)
    assert {one["Effect"] for one in POLICY["Statement"]} == {"Deny"}


def test_a_real_server_keeps_its_denial_of_deletes(weed: Server, make_settings: MakeSettings) -> None:
    """SeaweedFS does not know the keys s3:if-match and s3:if-none-match, so it gets the first statement alone."""
    bucket = uuid4().hex
    store = init_archive(make_settings(weed, BUCKET=f"s3://{bucket}"), make_bucket=True)
    text = json.dumps({**POLICY, "Statement": POLICY["Statement"][:1]}).replace("BUCKET", bucket)
    store.put("warc/a", b"bytes")
    store.client.put_bucket_policy(Bucket=bucket, Policy=text)
    for key in ("warc/a", "meta/archive.json"):
        with pytest.raises(ClientError, match="AccessDenied"):
            store.client.delete_object(Bucket=bucket, Key=key)
    assert store.put("warc/b", b"bytes")
    assert store.get("warc/a") == b"bytes"
