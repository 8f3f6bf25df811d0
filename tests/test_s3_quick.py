"""S3Store.read: what `get` gives, for less; and whatever is not a plain answer as `get` tells it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from archive.errors import Refused
from archive.s3 import S3Store, connect, init_archive
from tests.conftest import MakeSettings
from tests.servers import Relay, Server


@pytest.fixture(params=["weed", "moto"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


def test_it_reads_what_get_reads(server: Server, make_settings: MakeSettings) -> None:
    store = init_archive(make_settings(server), make_bucket=True)
    objects = {f"acts/{n}/a-b_c.json": os.urandom(size) for n, size in enumerate((0, 1, 70_000, 3_000_000))}
    objects["acts/odd~key=1+2%20"] = b"a key that does not stand in an address as it is"
    for key, data in objects.items():
        assert store.put(key, data)
    for key, data in objects.items():
        assert store.read(key) == store.get(key) == data
    with pytest.raises(KeyError, match="acts/none"):
        store.read("acts/none")
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(store.read, list(objects) * 20)) == list(objects.values()) * 20


@pytest.mark.parametrize("fault", ["503 SlowDown", "500 InternalError", "cut the body", "lose the answer", "403 AccessDenied"])
def test_a_fault_on_the_way_is_left_to_who_knows_it(weed: Server, make_settings: MakeSettings, fault: str) -> None:
    with Relay(weed.endpoint) as relay:
        store = init_archive(make_settings(weed.at(relay.endpoint)), make_bucket=True)
        store.put("acts/one", b"whole")
        relay.faults.append(fault)
        assert store.read("acts/one") == b"whole"


def test_a_wrong_key_is_refused_as_ever(weed: Server, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(weed)
    init_archive(settings, make_bucket=True).put("acts/one", b"whole")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(Refused, match="AWS_ACCESS_KEY_ID"):
        connect(settings).read("acts/one")


def test_without_any_key_it_says_so(weed: Server, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(weed)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    store: S3Store = connect(settings)
    with pytest.raises(Refused):
        store.read("acts/one")
