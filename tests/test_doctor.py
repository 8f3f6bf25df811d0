from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import doctor, doctor_log, probes
from archive.doctor import Check, examine
from archive.errors import BadOutlet
from archive.log import keyring
from archive.log.leaf import Leaf, Unit
from archive.log.writer import Log
from archive.probes import Race
from archive.s3 import S3Store, connect, init_archive, open_store
from archive.settings import Settings
from archive.steps.signed import Condition
from stack import mode
from tests.conftest import MakeSettings
from tests.servers import CarelessStore, Relay, Server

OUTLET = """
name = "wadi"
title = "صحيفة الوادي"
url = "https://wadi.example/"
language = "ar"
timezone = "Asia/Damascus"
spider = "wordpress"
schedule = "*/15 * * * *"
article = '^/\\d+/'
"""


@pytest.fixture
def fit(settings: Settings, tmp_path: Path) -> Settings:
    """Settings of a machine with nothing wrong, but no archive yet."""
    folder = tmp_path / "outlets"
    folder.mkdir()
    (folder / "wadi.toml").write_text(OUTLET, "utf-8")
    return replace(settings, outlets=folder)


def by_name(checks: list[Check]) -> dict[str, Check]:
    named = {check.name: check for check in checks}
    assert len(named) == len(checks)
    assert all(check.remedy for check in checks if check.state != "ok"), checks
    assert not any("\n" in check.what + check.remedy for check in checks)
    return named


class TestExamine:
    def test_a_healthy_machine(self, fit: Settings) -> None:
        checks = by_name(examine(fit, create=True, env={"WARRAQ_PORT": str(free_row())}))
        assert checks.pop("time from outside").state == "warn", "only this machine says when"
        assert checks.pop("telling").what.startswith("NOBODY IS TOLD")
        assert {name: check.state for name, check in checks.items()} == dict.fromkeys(
            (
                "log key",
                "witnesses",
                "checkpoint book",
                "bucket",
                "clock",
                "conditional puts",
                "racing writers",
                "checksums",
                "object lock",
                "contact",
                "state",
                "spool",
                "disk",
                "ports",
                "outlets",
                "seed files",
                "versions",
            ),
            "ok",
        ), checks
        assert "no seeds.lock" in checks["seed files"].what
        assert open_store(fit)

    def test_without_create_nothing_is_made(self, fit: Settings) -> None:
        connect(fit).make_bucket()
        found = by_name(examine(fit))["bucket"]
        assert (found.state, "--create" in found.remedy) == ("fail", True)
        assert list(connect(fit).list("")) == []

    def test_a_store_that_ignores_conditions_is_refused(self, make_settings: MakeSettings) -> None:
        with CarelessStore() as careless:
            settings = make_settings(Server(careless.endpoint, "key", "secret"))
            for create in (False, True):
                found = by_name(examine(settings, create=create))["bucket"]
                assert found.state == "fail"
            assert "ignores If-None-Match" in found.what
            assert all("/probe/" in path for path in careless.objects)

    def test_a_store_that_keeps_conditions_only_in_quiet(self, make_settings: MakeSettings) -> None:
        with CarelessStore(checks_slowly=True) as careless:
            settings = make_settings(Server(careless.endpoint, "key", "secret"))
            checks = by_name(examine(settings, create=True))
            assert checks["bucket"].state == "ok"
            assert checks["racing writers"].state == "fail"
            assert checks["checksums"].state == "warn"

    def test_an_unreachable_store_hides_nothing_else(self, fit: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        checks = by_name(examine(fit))
        assert checks["bucket"].state == "fail"
        assert "http://127.0.0.1:9 cannot be reached" in checks["bucket"].what
        assert checks["outlets"].state == checks["contact"].state == "ok"

    def test_a_clock_that_is_wrong(self, fit: Settings, weed: Server, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("archive.probes.time.time", lambda: 1e9)
        clock = by_name(examine(fit, create=True))["clock"]
        assert clock.state == "fail"
        assert "behind" in clock.what

    def test_a_state_folder_in_a_work_tree(self, fit: Settings, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        found = by_name(examine(fit, create=True))["state"]
        assert (found.state, str(tmp_path) in found.what) == ("fail", True)

    def test_a_state_folder_that_cannot_be(self, fit: Settings, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        checks = by_name(examine(replace(fit, state=tmp_path / "file" / "state")))
        assert checks["spool"].state == "fail"

    def test_outlets_and_seeds_and_ports(self, fit: Settings) -> None:
        (fit.outlets / "broken.toml").write_text("nmae = 'x'", "utf-8")
        fit.seeds_lock.write_text("seeds = 1", "utf-8")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            checks = by_name(examine(fit, env={"WARRAQ_PORT": str(min(port, 65000))}))
        assert (checks["outlets"].state, "broken.toml" in checks["outlets"].what) == ("warn", True)
        assert checks["seed files"].state == "fail"
        assert port > 65000 or (checks["ports"].state, str(port) in checks["ports"].what) == ("warn", True)
        assert by_name(examine(fit, env={"WARRAQ_PORT": "many"}))["ports"].state == "fail"


class TestTheLog:
    """The key in force, and who besides us would notice that the log was rewritten."""

    @staticmethod
    def of_log(settings: Settings) -> dict[str, Check]:
        store = open_store(settings, write=False)
        return by_name([doctor._asked(name, ask) for name, ask in doctor_log.checks(store, settings)])

    def test_a_key_that_is_not_there_or_open_or_another(self, fit: Settings, tmp_path: Path) -> None:
        init_archive(fit, make_bucket=True)
        assert "is there a copy of it" in self.of_log(fit)["log key"].what
        log = Log(open_store(fit), keyring.load(fit))
        log.append([Unit((Leaf("act", "0" * 64, "acts/a"),))], 0)
        log.publish()
        assert self.of_log(fit)["log key"].state == "ok"
        fit.log_key_file.chmod(0o644)
        found = self.of_log(fit)["log key"]
        assert (found.state, "chmod 600" in found.remedy) == ("fail", True)
        none = self.of_log(replace(fit, log_key_file=tmp_path / "none"))["log key"]
        assert (none.state, "no key" in none.what) == ("fail", True)
        other = keyring.successor("warraq/other")
        found = self.of_log(replace(fit, log_key=other.text()))["log key"]
        assert (found.state, "the log is signed with warraq/" in found.what) == ("fail", True)
        assert other.text()[-44:] not in found.what

    def test_settings_that_are_wrong(self, fit: Settings, tmp_path: Path) -> None:
        init_archive(fit, make_bucket=True)
        (tmp_path / "roots.pem").write_text("none")
        for wrong in (
            {"authorities": ("tsa.example",)},
            {"authorities": ("https://tsa.example/",), "authority_roots": str(tmp_path / "nowhere.pem")},
            {"authorities": ("https://tsa.example/",), "authority_roots": str(tmp_path / "roots.pem")},
        ):
            assert self.of_log(replace(fit, **wrong))["time from outside"].state == "fail"
        assert self.of_log(replace(fit, witnesses=("none",)))["witnesses"].state == "fail"
        fit.book.write_text("noted nothing\n", "utf-8")
        found = self.of_log(fit)["checkpoint book"]
        assert (found.state, "line 1" in found.what) == ("warn", True)

    NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def there(self, **hours: float) -> Condition:
        """Hours since each thing was there."""
        when = {name: self.NOW - timedelta(hours=gone) for name, gone in hours.items()}
        return Condition(
            **dict.fromkeys(("signed", "waiting_since", "token", "cosigned", "noted")) | {"size": 5, "waiting": 0} | when
        )

    @pytest.mark.parametrize(
        ("hosts", "checked", "hours", "state"),
        [
            ([], True, {"signed": 1}, "warn"),
            (["tsa.example"], False, {"signed": 1, "token": 1}, "warn"),
            (["tsa.example"], True, {}, "ok"),
            (["tsa.example"], True, {"signed": 0.5}, "ok"),
            (["tsa.example"], True, {"signed": 2}, "warn"),
            (["tsa.example"], True, {"signed": 2, "token": 24}, "ok"),
            (["tsa.example"], True, {"signed": 2, "token": 26}, "warn"),
            (["tsa.example"], True, {"signed": 200, "token": 199}, "ok"),
        ],
    )
    def test_times(self, hosts: list[str], checked: bool, hours: dict[str, float], state: str) -> None:
        found = doctor_log.judge_times(hosts, checked, self.there(**hours), self.NOW, sandbox=False)
        assert found.state == state
        assert all(one in found.what for one in hosts)

    def test_the_sandbox_asks_nobody(self) -> None:
        assert doctor_log.judge_times([], False, self.there(signed=9), self.NOW, sandbox=True).state == "ok"

    @pytest.mark.parametrize(
        ("names", "hours", "state"),
        [
            ([], {"signed": 90}, "ok"),
            (["w.example"], {"signed": 2}, "warn"),
            (["w.example"], {"signed": 2, "cosigned": 3}, "ok"),
            (["w.example"], {"signed": 2, "cosigned": 30}, "warn"),
        ],
    )
    def test_witnesses(self, names: list[str], hours: dict[str, float], state: str) -> None:
        assert doctor_log.judge_witnesses(names, self.there(**hours), self.NOW).state == state

    @pytest.mark.parametrize(
        ("damaged", "hours", "state"),
        [
            ((), {}, "ok"),
            ((), {"signed": 2}, "warn"),
            ((), {"signed": 2, "noted": 70}, "ok"),
            ((), {"signed": 2, "noted": 80}, "warn"),
            (("line 1: cut",), {"signed": 2, "noted": 3}, "warn"),
        ],
    )
    def test_the_book(self, damaged: tuple[str, ...], hours: dict[str, float], state: str) -> None:
        found = doctor_log.judge_book(Path("/b"), damaged, self.there(**hours), self.NOW, posted=False)
        assert (found.state, "/b" in found.what) == (state, True)
        assert damaged or "carry a copy" in found.what

    def test_a_key_in_a_work_tree(self) -> None:
        held = keyring.successor("warraq/x")
        assert doctor_log.judge_key(held, "/w/log.key", None, git=True).state == "warn"
        assert doctor_log.judge_key(held, "/w/log.key", None, git=False).state == "ok"


class TestProbes:
    def test_locks_on_a_bucket_that_has_them(self, weed: Server, make_settings: MakeSettings) -> None:
        store = connect(make_settings(weed, BUCKET="s3://locked"))
        assert probes.locked_delete(store).startswith("no lock")
        store.client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        assert probes.versioning(store) == "Enabled"
        assert probes.locked_delete(store) == "kept"
        checks = by_name(examine(make_settings(weed, BUCKET="s3://locked"), create=True))
        assert [checks[name].state for name in ("bucket", "conditional puts", "racing writers", "object lock")] == ["ok"] * 4
        assert "on a versioned bucket" in checks["conditional puts"].what

    def test_a_damaged_put_on_moto_is_not_noticed(self, moto: Server, make_settings: MakeSettings) -> None:
        store = connect(make_settings(moto))
        store.make_bucket()
        assert probes.damaged_put(store) is False

    def test_what_may_not_be_asked_is_said(self, store: S3Store, settings: Settings, weed: Server, monkeypatch) -> None:
        with Relay(weed.endpoint) as relay:
            monkeypatch.setenv("AWS_ENDPOINT_URL_S3", relay.endpoint)
            relay.faults.extend(["403 AccessDenied"] * 2)
            asked = connect(settings)
            assert probes.versioning(asked) == "unknown (AccessDenied)"
            assert probes.locked_delete(asked) == "unknown (AccessDenied)"

    def test_offset_is_from_middle_to_middle(self) -> None:
        assert probes.offset(100.0, 101.0, 100.0) == 0.0
        assert probes.offset(130.0, 132.0, 100.0) == 30.5
        assert probes.offset(100.0, 100.0, 200.0) == -100.5


class TestJudging:
    @pytest.mark.parametrize(
        ("offset", "state"),
        [(0, "ok"), (2.0, "ok"), (-2.0, "ok"), (2.1, "warn"), (-30.0, "warn"), (30.1, "fail"), (-86400, "fail")],
    )
    def test_clock(self, offset: float, state: str) -> None:
        assert doctor.judge_clock(offset).state == state

    @pytest.mark.parametrize(
        ("seen", "state"),
        [
            (Race((3,), 3, ()), "ok"),
            (Race((), 3, ()), "ok"),
            (Race((3,), 3, ("503",)), "warn"),
            (Race((3,), 4, ()), "fail"),
            (Race((3, 4), 4, ()), "fail"),
            (Race(tuple(range(16)), 15, ()), "fail"),
        ],
    )
    def test_race(self, seen: Race, state: str) -> None:
        assert doctor.judge_race(seen).state == state

    @pytest.mark.parametrize(("free", "state"), [(0, "fail"), ((1 << 30) - 1, "fail"), (1 << 30, "warn"), (5 << 30, "ok")])
    def test_disk(self, free: int, state: str) -> None:
        assert doctor.judge_disk(Path("/s"), free).state == state

    @pytest.mark.parametrize(
        ("contact", "sandbox", "state"),
        [
            ("", False, "fail"),
            ("", True, "ok"),
            ("me", False, "fail"),
            ("me", True, "fail"),
            ("a@b.org", False, "ok"),
            ("mailto:a@b.org", False, "ok"),
            ("https://b.org/about", False, "ok"),
            ("a@b.org\n", False, "fail"),
        ],
    )
    def test_contact(self, contact: str, sandbox: bool, state: str) -> None:
        assert doctor.judge_contact(contact, sandbox).state == state

    def test_outlets(self) -> None:
        error = BadOutlet("x.toml: no", "correct it")
        assert doctor.judge_outlets(Path("/o"), {"a": 1}, {}).state == "ok"
        assert doctor.judge_outlets(Path("/o"), {}, {}).state == "fail"
        assert doctor.judge_outlets(Path("/o"), {}, {"x": error}).state == "fail"
        found = doctor.judge_outlets(Path("/o"), {"a": 1}, {"x": error, "y": BadOutlet("y.toml: no")})
        assert (found.state, found.what, found.remedy) == ("warn", "x.toml: no (and 1 more)", "correct it")
        assert doctor.judge_outlets(Path("/o"), {}, {"y": BadOutlet("y.toml: no")}).remedy

    @pytest.mark.parametrize(
        ("python", "sqlite", "fts5", "state"),
        [
            ((3, 11), (3, 35, 0), True, "ok"),
            ((3, 10), (3, 40, 0), True, "fail"),
            ((3, 12), (3, 34, 1), True, "fail"),
            ((3, 12), (3, 40, 0), False, "fail"),
        ],
    )
    def test_versions(self, python: tuple[int, int], sqlite: tuple[int, int, int], fts5: bool, state: str) -> None:
        assert doctor.judge_versions(python, sqlite, fts5).state == state

    @pytest.mark.parametrize(
        ("found", "state"), [("no lock", "ok"), ("kept", "ok"), ("deleted", "warn"), ("unknown (x)", "ok")]
    )
    def test_lock(self, found: str, state: str) -> None:
        assert doctor.judge_lock(found).state == state


def test_checks_are_data() -> None:
    from dataclasses import asdict

    assert json.loads(json.dumps(asdict(Check("a", "ok", "b")))) == {"name": "a", "state": "ok", "what": "b", "remedy": ""}


def test_the_ports_are_those_of_the_stack() -> None:
    assert mode.PORTS == doctor.PORTS
    assert mode.choose("real", {"WARRAQ_STATE": "/tmp"}).first_port == doctor.FIRST_PORT


def free_row() -> int:
    """The first of a row of free ports."""
    for first in range(21000, 60000, 100):
        if not any(doctor._taken(port) for port in range(first, first + doctor.PORTS)):
            return first
    raise AssertionError("no ports are free")
