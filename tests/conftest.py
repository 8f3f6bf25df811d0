"""Fixtures that several test files share: object stores and settings for them.

`weed` and `moto` are servers, one of each for the whole session. `settings` is a fresh prefix on SeaweedFS with a state
folder of its own, `store` the archive made in it. A fresh bucket costs SeaweedFS half a second, so tests share one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest.register_assert_rewrite("tests.store_contract")

from archive.s3 import S3Store, init_archive  # noqa: E402
from archive.settings import Settings, from_environment  # noqa: E402
from tests.servers import Server, start_moto, start_weed, stop_weed  # noqa: E402

# No test is timed: a busy machine is no fault of the code. The same examples in every run: what `make test` says of a
# change depends on the change alone. `make fuzz` looks for new ones.
hypothesis.settings.register_profile("warraq", deadline=None, derandomize=True)
hypothesis.settings.load_profile("warraq")

MakeSettings = Callable[..., Settings]
STACKS = "stacks"  # files that start whole installations: one after the other, or they would see the same ports free


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With several workers (-n) a file's tests stay together and in their order, as its fixtures want it.

    xdist's own groups (`--dist loadgroup`) are no use: they are lost, without a word, with pytest 9.2 (pytest-xdist #1386).
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            whole = "/browser/" in file or Path(file).name.startswith(("test_demo", "test_stack"))
            return STACKS if whole else file

    return ByFile(config, log)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes name no test: gzip's hold the time, and workers that collect a second apart would not agree on the names."""
    return argname if isinstance(val, (bytes, bytearray)) else None


@pytest.fixture(scope="session")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    process, server = start_weed(tmp_path_factory.mktemp("weed"))
    yield server
    stop_weed(process)


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    process, server = start_moto(tmp_path_factory.mktemp("moto"))
    yield server
    process.kill()
    process.wait()


@pytest.fixture
def make_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeSettings:
    """make_settings(server, **WARRAQ_ variables): settings for a fresh prefix there; AWS_* is set for the process."""

    def make(server: Server, **variables: str) -> Settings:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        given = {
            "WARRAQ_STATE": str(tmp_path / "state"),
            "WARRAQ_BUCKET": f"s3://shared/{uuid.uuid4().hex[:12]}",
            "WARRAQ_DEPLOYMENT": "test",
            "WARRAQ_CONTACT": "mailto:test@example.org",
            "WARRAQ_SEEDS_LOCK": str(tmp_path / "seeds.lock"),
        }
        return from_environment(given | {f"WARRAQ_{name}": value for name, value in variables.items()})

    return make


@pytest.fixture
def settings(weed: Server, make_settings: MakeSettings) -> Settings:
    return make_settings(weed)


@pytest.fixture
def store(settings: Settings) -> S3Store:
    return init_archive(settings, make_bucket=True)
