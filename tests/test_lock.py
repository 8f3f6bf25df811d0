"""Object Lock: the setting, and what the bucket is seen to keep."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from archive import lock, marker, probes
from archive.errors import Refused, UnsafeStore
from archive.lock import HOLD, Rule
from archive.s3 import S3Store, connect, init_archive, open_store
from archive.settings import Settings
from tests.conftest import MakeSettings
from tests.servers import Relay, Server

RULES = "warc/=GOVERNANCE:3650 snapshots/=COMPLIANCE:365"


class TestSetting:
    def test_the_longest_prefix_wins(self) -> None:
        rules = lock.parse("warc/=GOVERNANCE:3650  warc/wadi/=COMPLIANCE:1\nlog/batches/=GOVERNANCE:30")
        assert lock.rule_for(rules, "warc/wadi/2026/x") == Rule("warc/wadi/", "COMPLIANCE", 1)
        assert lock.rule_for(rules, "warc/hadi/2026/x") == Rule("warc/", "GOVERNANCE", 3650)
        assert lock.rule_for(rules, "log/checkpoint") is None
        assert lock.parse("") == ()

    @pytest.mark.parametrize(
        "text",
        [
            "warc/=GOVERNANCE",
            "warc=GOVERNANCE:1",
            "warc/=governance:1",
            "warc/=GOVERNANCE:0",
            "warc/=GOVERNANCE:1.5",
            "warc/=GOVERNANCE:36501",
            "warc/=GOVERNANCE:١",
            "wrac/=GOVERNANCE:1",
            "/=GOVERNANCE:1",
            "probe/=COMPLIANCE:1",
            "warc/=GOVERNANCE:1,snapshots/=GOVERNANCE:1",
            "warc/=GOVERNANCE:1 warc/=COMPLIANCE:2",
        ],
    )
    def test_what_is_no_rule_is_refused_by_name(self, text: str) -> None:
        with pytest.raises(Refused, match="WARRAQ_OBJECT_LOCK"):
            lock.parse(text)

    def test_a_wrong_setting_is_refused_at_open(self, store: S3Store, settings: Settings, make_settings, weed: Server) -> None:
        with pytest.raises(Refused, match="'wrac/=GOVERNANCE:1' is no rule"):
            open_store(make_settings(weed, BUCKET=settings.bucket, OBJECT_LOCK="wrac/=GOVERNANCE:1"))


@pytest.fixture(params=["weed", "moto"])
def locked(request: pytest.FixtureRequest, make_settings: MakeSettings) -> tuple[S3Store, Settings]:
    """An archive whose bucket was made with Object Lock, because the settings ask for locks."""
    server = request.getfixturevalue(request.param)
    settings = make_settings(server, BUCKET=f"s3://{uuid4().hex}/archive", OBJECT_LOCK=RULES)
    return init_archive(settings, make_bucket=True), settings


def retention(store: S3Store, key: str) -> dict[str, Any]:
    return dict(store.client.head_object(Bucket=store.where.bucket, Key=store.where.prefix + key))


def delete(store: S3Store, key: str) -> None:
    """The version that is there, for good: what no part of Warraq does."""
    full = store.where.prefix + key
    version = store.client.head_object(Bucket=store.where.bucket, Key=full)["VersionId"]
    store.client.delete_object(Bucket=store.where.bucket, Key=full, VersionId=version)


class TestStore:
    def test_what_is_put_is_locked_as_its_prefix_says(self, locked: tuple[S3Store, Settings]) -> None:
        store, _ = locked
        for key, mode, days in (("warc/a", "GOVERNANCE", 3650), ("snapshots/b", "COMPLIANCE", 365)):
            assert store.put(key, b"bytes")
            found = retention(store, key)
            left = found["ObjectLockRetainUntilDate"] - datetime.now(UTC)
            assert (found["ObjectLockMode"], timedelta(days) - left < timedelta(minutes=5), left <= timedelta(days)) == (
                mode,
                True,
                True,
            )
            with pytest.raises(ClientError):
                delete(store, key)
            assert not store.put(key, b"other")
            assert store.get(key) == b"bytes"

    def test_what_no_rule_names_is_not(self, locked: tuple[S3Store, Settings]) -> None:
        store, _ = locked
        store.put("plans/c", b"bytes")
        delete(store, "plans/c")
        assert list(store.list("plans/")) == []

    def test_the_checkpoint_still_moves(self, make_settings: MakeSettings, weed: Server) -> None:
        settings = make_settings(weed, BUCKET=f"s3://{uuid4().hex}", OBJECT_LOCK="log/=GOVERNANCE:1")
        store = init_archive(settings, make_bucket=True)
        assert store.publish(b"one", "")
        held = store.checkpoint()
        assert held is not None
        assert store.publish(b"two", held[1])

    def test_legal_hold(self, locked: tuple[S3Store, Settings]) -> None:
        store, _ = locked
        store.put("plans/d", b"bytes")
        store.legal_hold("plans/d", on=True)
        with pytest.raises(ClientError):
            delete(store, "plans/d")
        store.legal_hold("plans/d", on=False)
        delete(store, "plans/d")
        with pytest.raises(KeyError, match="plans/none"):
            store.legal_hold("plans/none", on=True)

    def test_a_bucket_without_locks_is_refused_at_open(self, store: S3Store, settings: Settings, make_settings, weed) -> None:
        asking = make_settings(weed, BUCKET=settings.bucket, OBJECT_LOCK=RULES)
        with pytest.raises(UnsafeStore, match=r"asks for COMPLIANCE.*has no Object Lock.*made"):
            open_store(asking)
        with pytest.raises(UnsafeStore, match="has no Object Lock"):
            init_archive(make_settings(weed, OBJECT_LOCK=RULES), make_bucket=True)
        assert open_store(asking, write=False).get(marker.KEY)
        with pytest.raises(Refused, match=r"legal hold of meta/archive\.json"):
            store.legal_hold(marker.KEY, on=True)

    def test_a_bucket_that_deletes_what_it_locked_is_refused(self, monkeypatch, make_settings, weed: Server) -> None:
        """No server of ours lies so; a relay answers the delete for it."""
        settings = make_settings(weed, BUCKET=f"s3://{uuid4().hex}", OBJECT_LOCK="warc/=GOVERNANCE:1")
        connect(settings).make_bucket(locked=True)
        with Relay(weed.endpoint) as relay:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", relay.endpoint)
            store = connect(settings)
            relay.faults.extend(["", "", "204 No Content"])
            assert probes.locked_delete(store) == "deleted"
            relay.faults.extend(["", "", *["503 SlowDown"] * 5])
            assert probes.locked_delete(store).startswith("unknown")
            relay.faults.extend(["", "", "204 No Content"])
            with pytest.raises(UnsafeStore, match=r"asks for GOVERNANCE.*deleted"):
                probes.demand(store, settings, {"GOVERNANCE"}, datetime.now(UTC))


class TestMemory:
    def test_what_was_kept_is_remembered_for_a_week(self, locked: tuple[S3Store, Settings]) -> None:
        store, settings = locked
        path = Path(settings.state / "store.json")
        held = json.loads(path.read_text())["locks"]
        assert set(held) == {"COMPLIANCE", "GOVERNANCE"}
        before = list(store.list("probe/"))
        assert open_store(settings).locks == lock.parse(RULES)
        assert list(store.list("probe/")) == before
        now = datetime.now(UTC)
        assert marker.locks(settings, store.endpoint, now) == set(held)
        assert marker.locks(settings, store.endpoint, now + timedelta(days=8)) == set()
        assert marker.locks(settings, "http://elsewhere", now) == set()

    def test_holds_are_probed_when_they_are_asked_for(self, locked: tuple[S3Store, Settings]) -> None:
        store, settings = locked
        assert probes.keeps(store, settings, [HOLD], datetime.now(UTC)) == {HOLD: "kept"}
        assert HOLD in marker.locks(settings, store.endpoint, datetime.now(UTC))

    def test_only_what_was_kept_is_believed_later(self, store: S3Store, settings: Settings) -> None:
        assert probes.keeps(store, settings, [HOLD], datetime.now(UTC)) == {HOLD: "no lock"}
        assert marker.locks(settings, store.endpoint, datetime.now(UTC)) == set()
