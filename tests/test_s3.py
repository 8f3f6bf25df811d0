from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from archive import marker
from archive.errors import BadRecord, Broken, Refused, StoreUnreachable, UnsafeStore
from archive.marker import Marker, Memory
from archive.s3 import S3Store, connect, init_archive, open_store
from archive.s3_client import Address, arguments_of, make_client, parse_address
from archive.settings import Settings
from archive.store import put_once
from tests.conftest import MakeSettings
from tests.servers import CarelessStore, Relay, Server
from tests.store_contract import TEXT, StoreContract

NOW = datetime(2026, 11, 22, 1, 12, tzinfo=UTC)


class TestSeaweedFS(StoreContract):
    pass


class TestMoto(StoreContract):
    @pytest.fixture
    def store(self, moto: Server, make_settings: MakeSettings) -> S3Store:
        return init_archive(make_settings(moto), make_bucket=True)


def test_the_root_of_a_bucket_in_the_mode_for_stores_without_crc32(moto: Server, make_settings: MakeSettings) -> None:
    bucket = f"s3://{uuid.uuid4().hex}"
    store = init_archive(make_settings(moto, S3_CHECKSUMS="when_required", BUCKET=bucket), make_bucket=True)
    assert store.put("warc/a", TEXT)
    assert not store.put("warc/a", TEXT)
    assert store.get("warc/a", 2, 4) == TEXT[2:6]
    assert list(store.list("warc/")) == ["warc/a"]


@pytest.fixture
def relayed(store: S3Store, settings: Settings, weed: Server, monkeypatch: pytest.MonkeyPatch):
    """(store through a relay that can misbehave, the relay)."""
    with Relay(weed.endpoint) as relay:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", relay.endpoint)
        yield connect(settings), relay


class TestFaults:
    def test_an_answer_that_is_lost_is_no_conflict(self, relayed) -> None:
        store, relay = relayed
        relay.faults.append("lose the answer")
        assert put_once(store, "warc/lost", TEXT) is False
        assert store.get("warc/lost") == TEXT
        assert [method for method, _ in relay.seen[:2]] == ["PUT", "PUT"]

    def test_another_put_at_once_is_waited_for(self, relayed) -> None:
        store, relay = relayed
        relay.faults.extend(["409 ConditionalRequestConflict"] * 2)
        assert store.put("warc/busy", TEXT) is True
        assert len(relay.seen) == 3

    def test_a_store_that_stays_busy(self, relayed, monkeypatch: pytest.MonkeyPatch) -> None:
        store, relay = relayed
        monkeypatch.setattr("archive.s3._BUSY", (0.01, 0.01))
        relay.faults.extend(["409 ConditionalRequestConflict"] * 3)
        with pytest.raises(StoreUnreachable, match="409"):
            store.put("warc/busy", TEXT)

    def test_a_server_error_that_passes(self, relayed) -> None:
        store, relay = relayed
        relay.faults.extend(["503 SlowDown", "500 InternalError"])
        assert store.put("warc/later", TEXT) is True

    def test_a_server_error_that_stays(self, relayed) -> None:
        store, relay = relayed
        relay.faults.extend(["500 InternalError"] * 9)
        with pytest.raises(StoreUnreachable, match="put warc/never: 500 InternalError"):
            store.put("warc/never", TEXT)
        assert len(relay.seen) == 5

    def test_a_body_that_breaks_off_is_fetched_again(self, relayed) -> None:
        store, relay = relayed
        store.put("warc/broken", TEXT * 100)
        relay.faults.append("cut the body")
        assert store.get("warc/broken") == TEXT * 100
        relay.faults.extend(["cut the body"] * 3)
        with pytest.raises(StoreUnreachable, match="get warc/broken"):
            store.get("warc/broken")

    @pytest.mark.parametrize(
        ("fault", "error", "words"),
        [
            ("403 AccessDenied", Refused, "no permission.*s3:PutObject"),
            ("403 RequestTimeTooSkewed", Refused, "clock"),
            ("400 ExpiredToken", Refused, "refuses the key.*AWS_ACCESS_KEY_ID"),
            ("301 PermanentRedirect", Refused, "region"),
            ("501 NotImplemented", UnsafeStore, "conditional puts"),
            ("400 InvalidArgument", Refused, "InvalidArgument"),
        ],
    )
    def test_refusals_say_what_to_do(self, relayed, fault: str, error: type[Exception], words: str) -> None:
        store, relay = relayed
        relay.faults.extend([fault] * 5)
        with pytest.raises(error, match=words) as caught:
            store.put("warc/refused", TEXT)
        assert "\n" not in str(caught.value)

    def test_the_clock_is_told_even_when_ours_is_refused(self, relayed) -> None:
        store, relay = relayed
        told = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        relay.date = format_datetime(told, usegmt=True)
        relay.faults.append("403 RequestTimeTooSkewed")
        assert store.clock() == told

    def test_a_store_without_a_date(self, relayed) -> None:
        store, relay = relayed
        relay.date = "yesterday"
        relay.faults.append("403 RequestTimeTooSkewed")
        with pytest.raises(BadRecord, match="tells no time"):
            store.clock()

    def test_sigkill_during_puts(self, store: S3Store, settings: Settings) -> None:
        """What was acknowledged is there and whole; what was under way is whole or absent, and can be put again."""
        rng = random.Random(7)
        for attempt in range(4):
            process = subprocess.Popen(
                [sys.executable, "-c", WRITER, settings.bucket, str(settings.state), str(attempt)],
                stdout=subprocess.PIPE,
                cwd=Path(__file__).parent.parent,
            )
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(rng.uniform(0, 0.5))
            process.kill()
            said = (first + process.stdout.read()).decode().split()
            process.wait()
            begun = [word[1:] for word in said if word[0] == "?"]
            done = {word[1:] for word in said if word[0] == "!"}
            assert begun
            for key in begun:
                whole = key.encode() * (700_000 // len(key))
                assert put_once(store, key, whole) is False or key not in done
                assert store.get(key) == whole


WRITER = """
import sys
from archive.s3 import open_store
from archive.settings import from_environment
bucket, state, attempt = sys.argv[1:]
store = open_store(from_environment({"WARRAQ_BUCKET": bucket, "WARRAQ_STATE": state}))
for n in range(1000):
    key = f"warc/killed/{attempt}-{n}"
    print("?" + key, flush=True)
    store.put(key, key.encode() * (700_000 // len(key)))
    print("!" + key, flush=True)
"""


class TestOpening:
    def test_a_missing_bucket_is_named(self, settings: Settings) -> None:
        with pytest.raises(Refused, match=r"bucket absent does not exist at http://127.*WARRAQ_BUCKET"):
            open_store(replace(settings, bucket="s3://absent"))
        assert not settings.state.exists()

    @pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
    def test_wrong_credentials(
        self, store: S3Store, settings: Settings, variable: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(variable, "not-the-right-one")
        with pytest.raises(Refused, match=f"refuses the key.*{variable}"):
            open_store(settings)

    def test_no_credentials(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(Refused, match="no complete credentials"):
            open_store(settings)

    def test_an_unreachable_endpoint(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        with pytest.raises(StoreUnreachable, match=r"http://127.0.0.1:9 cannot be reached.*AWS_ENDPOINT_URL_S3"):
            open_store(settings)

    def test_an_endpoint_that_is_no_address(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "localhost:8333")
        with pytest.raises(Refused, match="AWS_ENDPOINT_URL_S3"):
            open_store(settings)

    def test_a_bucket_without_an_archive(self, settings: Settings) -> None:
        connect(settings).make_bucket()
        with pytest.raises(Refused, match=r"holds no archive.*doctor --create"):
            open_store(settings)

    def test_making_twice_is_making_once(self, store: S3Store, settings: Settings) -> None:
        made = store.get(marker.KEY)
        assert init_archive(settings, make_bucket=True).get(marker.KEY) == made
        assert re.fullmatch(r"[0-9a-f]{32}", json.loads(made)["id"])

    def test_foreign_objects_are_left_alone(self, settings: Settings) -> None:
        store = connect(settings)
        store.make_bucket()
        store.put("holiday/beach.jpg", b"jpeg")
        with pytest.raises(Refused, match=r"holiday/beach.jpg"):
            init_archive(settings)
        assert list(store.list("")) == ["holiday/beach.jpg"]

    def test_sandbox_and_real_never_meet(self, weed: Server, make_settings: MakeSettings, tmp_path: Path) -> None:
        sandbox = make_settings(weed, SANDBOX="1", STATE=str(tmp_path / "sandbox"))
        init_archive(sandbox, make_bucket=True)
        real = replace(sandbox, sandbox=False, state=tmp_path / "real")
        for attempt in (open_store, init_archive):
            with pytest.raises(Refused, match="holds sandbox records"):
                attempt(real)
        assert not real.state.exists()
        other = replace(make_settings(weed), state=tmp_path / "real")
        init_archive(other, make_bucket=True)
        with pytest.raises(Refused, match="holds real records"):
            open_store(replace(other, sandbox=True, state=tmp_path / "fresh"))

    def test_a_state_folder_belongs_to_one_archive(
        self, store: S3Store, settings: Settings, weed: Server, make_settings
    ) -> None:
        other = replace(make_settings(weed), state=settings.state)
        connect(other).make_bucket()
        with pytest.raises(Refused, match=r"belongs to another archive.*WARRAQ_STATE"):
            init_archive(other)
        assert list(connect(other).list("meta/")) == []

    def test_a_passed_probe_is_remembered(self, store: S3Store, settings: Settings) -> None:
        before = list(store.list(marker.PROBES))
        assert len(before) == 1
        open_store(settings)
        assert list(store.list(marker.PROBES)) == before
        (settings.state / "store.json").unlink()
        open_store(settings)
        assert len(list(store.list(marker.PROBES))) == 2

    def test_a_damaged_memory_is_named(self, store: S3Store, settings: Settings) -> None:
        (settings.state / "store.json").write_text("{")
        with pytest.raises(Refused, match=r"store\.json is damaged"):
            open_store(settings)

    def test_reading_only(self, store: S3Store, settings: Settings, tmp_path: Path) -> None:
        store.put("warc/held", TEXT)
        reader = open_store(replace(settings, state=tmp_path / "untouched"), write=False)
        assert reader.get("warc/held") == TEXT
        with pytest.raises(Refused, match="reading only"):
            reader.put("warc/new", TEXT)
        assert not (tmp_path / "untouched").exists()

    def test_a_store_that_ignores_conditions_gets_nothing(self, make_settings: MakeSettings) -> None:
        with CarelessStore() as careless:
            settings = make_settings(Server(careless.endpoint, "key", "secret"))
            with pytest.raises(UnsafeStore, match="ignores If-None-Match"):
                init_archive(settings)
            assert all("/probe/" in path for path in careless.objects)

    def test_a_store_that_begins_to_ignore_conditions_is_refused(self, make_settings: MakeSettings) -> None:
        with CarelessStore() as careless:
            settings = make_settings(Server(careless.endpoint, "key", "secret"))
            careless.objects[f"/{settings.bucket.removeprefix('s3://')}/{marker.KEY}"] = Marker("0" * 32, False, "test").pack()
            for _ in range(2):
                with pytest.raises(UnsafeStore):
                    open_store(settings)
            assert json.loads((settings.state / "store.json").read_text())["kept"] is False
            assert open_store(settings, write=False).get(marker.KEY)


class TestMarker:
    def test_packs_and_unpacks(self) -> None:
        held = Marker("ab" * 16, True, "demo")
        assert marker.unpack(held.pack()) == held

    @pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v":1}', b'{"v":1,"id":"x","sandbox":true}', b"\xff"])
    def test_damage_is_named(self, data: bytes) -> None:
        with pytest.raises(Broken, match=r"meta/archive\.json is damaged"):
            marker.unpack(data)

    def test_a_newer_format_is_refused(self) -> None:
        with pytest.raises(Refused, match="newer"):
            marker.unpack(b'{"v":2,"id":"x","sandbox":true,"deployment":"d"}')

    @pytest.mark.parametrize(
        ("change", "age", "holds"),
        [
            ({}, timedelta(0), True),
            ({}, timedelta(days=6, hours=23), True),
            ({}, timedelta(days=7), False),
            ({}, timedelta(seconds=-1), False),
            ({"kept": False}, timedelta(0), False),
            ({"archive": "other"}, timedelta(0), False),
            ({"bucket": "s3://c"}, timedelta(0), False),
            ({"endpoint": "https://f"}, timedelta(0), False),
        ],
    )
    def test_how_long_a_probe_speaks(self, change: dict[str, object], age: timedelta, holds: bool) -> None:
        memory = replace(Memory("id", False, "s3://b", "https://e", NOW.isoformat(), True), **change)
        assert marker.fresh(memory, Marker("id", False, "d"), "s3://b", "https://e", NOW + age) is holds

    def test_without_memory_a_probe_is_due(self) -> None:
        assert not marker.fresh(None, Marker("id", False, "d"), "s3://b", "https://e", NOW)

    @pytest.mark.parametrize(
        ("second", "held", "keeps"),
        [(False, b"first", True), (True, b"second", False), (False, b"second", False), (True, b"first", False)],
    )
    def test_what_a_probe_shows(self, second: bool, held: bytes, keeps: bool) -> None:
        assert marker.keeps_conditions(second, held) is keeps


class TestClient:
    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("s3://name", Address("name")),
            ("s3://name/", Address("name")),
            ("s3://na.me-1/a/b", Address("na.me-1", "a/b/")),
            ("s3://name/a/", Address("name", "a/")),
        ],
    )
    def test_addresses(self, text: str, address: Address) -> None:
        assert parse_address(text) == address

    @pytest.mark.parametrize(
        "text", ["", "name", "http://name", "s3://", "s3://N", "s3://ab", "s3://name/ا", "s3://name/a//b", "s3://name/a b"]
    )
    def test_what_is_no_address(self, text: str) -> None:
        with pytest.raises(Refused, match="WARRAQ_BUCKET"):
            parse_address(text)

    def test_a_connection_of_airflow(self, store: S3Store, settings: Settings, weed: Server, monkeypatch) -> None:
        store.put("warc/held", TEXT)
        extra = {"endpoint_url": weed.endpoint, "region_name": "us-east-1"}
        fields = {"conn_type": "aws", "login": weed.access_key, "password": weed.secret_key, "extra": extra}
        for name in ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AIRFLOW_CONN_ARCHIVE", json.dumps(fields))
        assert open_store(replace(settings, connection="archive")).get("warc/held") == TEXT

    def test_a_connection_through_airflow_itself(self, settings: Settings, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
        monkeypatch.setenv(
            "AIRFLOW_CONN_ARCHIVE", "aws://key:secret-key@/?endpoint_url=http%3A%2F%2F127.0.0.1%3A9&region_name=eu-x"
        )
        said = subprocess.run(
            [sys.executable, "-c", SHOW_CLIENT, settings.bucket], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        assert said[-2] == "http://127.0.0.1:9 eu-x key secret-key"
        assert said[-1].startswith("WARRAQ_S3_CONNECTION=absent: Airflow knows no such connection here")

    def test_fields_of_a_connection(self) -> None:
        given = arguments_of("a", "k", "s", {"service_config": {"s3": {"endpoint_url": "https://e"}}, "verify": False})
        assert given == {"endpoint_url": "https://e", "aws_access_key_id": "k", "aws_secret_access_key": "s", "verify": False}
        assert arguments_of("a", None, None, {}) == {}
        with pytest.raises(Refused, match="role_arn"):
            arguments_of("a", "k", "s", {"role_arn": "arn:aws:iam::1:role/x"})

    @pytest.mark.parametrize(("addressing", "url"), [("path", "/b-b/k"), ("virtual", "b-b.s3")])
    def test_addressing_style(self, settings: Settings, addressing: str, url: str, monkeypatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.example.org")
        client = make_client(replace(settings, addressing=addressing))
        assert url in client.generate_presigned_url("get_object", Params={"Bucket": "b-b", "Key": "k"})


SHOW_CLIENT = """
import sys
from archive.errors import Refused
from archive.s3_client import make_client
from archive.settings import from_environment
settings = {"WARRAQ_BUCKET": sys.argv[1]}
client = make_client(from_environment(settings | {"WARRAQ_S3_CONNECTION": "archive"}))
key = client._request_signer._credentials
print(client.meta.endpoint_url, client.meta.region_name, key.access_key, key.secret_key)
try:
    make_client(from_environment(settings | {"WARRAQ_S3_CONNECTION": "absent"}))
except Refused as error:
    print(error)
"""
