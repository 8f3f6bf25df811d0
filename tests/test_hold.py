"""Legal hold: the act, and the bucket's own hold where it is seen to keep one; otherwise it says that nothing enforces it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from archive.keys import parse_stem
from archive.s3 import init_archive
from archive.steps import ruling
from tests.servers import Server
from tests.wadi import Wadi, wadi


@pytest.fixture
def plain(weed: Server, tmp_path: Path) -> Iterator[Wadi]:
    with wadi(weed, tmp_path, articles=2) as made:
        made.run()
        yield made


@pytest.fixture
def locked(weed: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wadi]:
    """An archive of two articles in a bucket that was made with Object Lock; no prefix is locked by a setting."""
    with wadi(weed, tmp_path, articles=2) as made:
        bucket = uuid4().hex
        changed = {"WARRAQ_BUCKET": f"s3://{bucket}/archive", "WARRAQ_STATE": str(tmp_path / "locked")}
        at = replace(made, env={**made.env, **changed})
        at.client.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
        with monkeypatch.context() as patch:  # what the spider's process reads; undone before `wadi` puts back the rest
            for name, value in changed.items():
                patch.setenv(name, value)
            init_archive(at.settings)
            at.run()
            yield at


def url(at: Wadi, number: int) -> str:
    return f"{at.url}archives/{number}"


def held(at: Wadi) -> set[str]:
    """Keys of the objects under legal hold, asked with a plain client."""
    found = set()
    for key in at.held():
        try:
            answer = at.client.get_object_legal_hold(**at.place(key))
        except ClientError:  # SeaweedFS: 404 of an object that never had one
            continue
        if answer["LegalHold"]["Status"] == "ON":
            found.add(key)
    return found


def decide(at: Wadi, number: int, *more: str) -> dict[str, object]:
    done = at.call("hold", url(at, number), "--reason", "a court order", "--json", *more)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_without_object_lock_only_the_act_is_written_and_it_says_so(plain: Wadi) -> None:
    done = plain.call("hold", url(plain, 1), "--reason", "a court order")
    assert "only the act was written, nothing enforces it: the bucket has no Object Lock" in done.stdout
    assert [one.held is not None for one in plain.shop().catalog.standing().values()] == [True]
    answer = decide(plain, 1)
    assert (answer["enforced"], "act" in answer) == (False, False)
    freed = plain.call("hold", url(plain, 1), "--reason", "the court is done", "--release")
    assert "nothing was enforced: the bucket has no Object Lock" in freed.stdout
    assert plain.call("hold", url(plain, 1), "--reason", "again", "--release").returncode == 99
    acts = [json.loads(row) for row in plain.call("acts", "--json").stdout.splitlines()]
    assert [(row["act"], row["in_force"]) for row in acts] == [("hold", False), ("release", False)]


def test_with_object_lock_every_object_of_the_article_is_held(locked: Wadi) -> None:
    shop = locked.shop()
    first, second = (shop.catalog.article(url(locked, n)) for n in (1, 2))
    ours, theirs = ruling.objects(shop, first), ruling.objects(shop, second)
    assert {key.partition("/")[0] for key in ours} == {"warc", "observations", "cdxj", "snapshots"}
    answer = decide(locked, 1)
    assert (answer["enforced"], answer["objects"], answer["missing"]) == (True, len(ours), [])
    assert held(locked) == ours
    for key in ours:
        version = locked.client.head_object(**locked.place(key))["VersionId"]
        with pytest.raises(ClientError, match="AccessDenied"):
            locked.client.delete_object(**locked.place(key), VersionId=version)

    locked.site.edit(1)
    assert locked.call("run", "wadi", "--everything").returncode == 0
    later = ruling.objects(locked.shop(), first)
    assert ours < later
    assert held(locked) == later

    again = decide(locked, 1)
    assert (again["objects"], "act" in again) == (len(later), False)

    decide(locked, 2)
    shared = ruling.objects(locked.shop(), second)
    assert theirs <= shared
    decide(locked, 1, "--release")
    assert held(locked) == shared
    assert {parse_stem(key).warc for key in shared if key.startswith("warc/")} <= later
    decide(locked, 2, "--release")
    assert held(locked) == set()


def test_an_object_that_is_missing_is_named(locked: Wadi) -> None:
    shop = locked.shop()
    lost = next(key for key in ruling.objects(shop, shop.catalog.article(url(locked, 1))) if key.startswith("snapshots/"))
    version = locked.client.head_object(**locked.place(lost))["VersionId"]
    locked.client.delete_object(**locked.place(lost), VersionId=version)
    assert decide(locked, 1)["missing"] == [lost]
    assert f"1 objects are missing, run warraq verify: {lost}" in locked.call("hold", url(locked, 1), "--reason", "x").stdout
