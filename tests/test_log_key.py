"""The signing key: made, shown, changed, and never told. On a real S3 server, with every change cut short everywhere."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import os
import pickle
import re
import signal
import stat
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from archive import acts, doctor, keys
from archive.catalog import Catalog
from archive.errors import Refused, WarraqError
from archive.log import keyring, note
from archive.log.leaf import Leaf, Unit
from archive.log.note import SigningKey
from archive.log.writer import Log
from archive.s3 import S3Store
from archive.settings import Settings
from archive.steps import rotate as rotating
from archive.steps.record import record
from archive.steps.rotate import rotate
from archive.steps.workshop import Workshop
from tests.faults.gate import Gate
from tests.log_audit import audit
from tests.outside import openssl
from tests.servers import Server
from tests.test_log_writer import Watched
from tests.wadi import ROOT, WARRAQ, Wadi, wadi

DER = bytes.fromhex("302a300506032b6570032100")  # of an Ed25519 public key, before its 32 bytes (RFC 8410)


@pytest.fixture
def at(weed: Server, tmp_path: Path) -> Iterator[Wadi]:
    with wadi(weed, tmp_path, articles=1) as made:
        yield made


def grow(shop: Workshop, name: str) -> None:
    """A leaf more, signed."""
    log = shop.log
    record(shop, log, [Unit((Leaf("act", hashlib.sha256(name.encode()).hexdigest(), f"acts/{name}"),))], log.mark())


def secret_of(path: Path) -> str:
    """The part of a key's text that nobody may see."""
    return path.read_text("utf-8").strip().split("+", 4)[4]  # base64 has a + of its own


class TestNew:
    def test_a_new_archive_has_a_key_that_its_owner_alone_can_read(self, at: Wadi) -> None:
        path = at.settings.log_key_file
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path == at.settings.state / "log.key"
        held = keyring.load(at.settings)
        assert held is not None
        assert at.call("key", "show").stdout == f"{held.public}\n"
        (said,) = (json.loads(line) for line in at.call("key", "show", "--json").stdout.splitlines())
        assert said == {"verifier": str(held.public), "name": held.name, "id": held.public.id.hex()}

    def test_it_is_made_by_one_command_which_prints_the_verifier_key_alone(self, at: Wadi) -> None:
        path = at.settings.log_key_file
        path.unlink()
        done = at.call("key", "new")
        assert done.returncode == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        first, second, *more = done.stdout.splitlines()
        assert (first, more) == (at.call("key", "show").stdout.strip(), [])
        assert str(path) in second
        assert "copy it now" in second
        assert secret_of(path) not in done.stdout + done.stderr

    def test_nothing_is_overwritten(self, at: Wadi) -> None:
        before = at.settings.log_key_file.read_bytes()
        done = at.call("key", "new")
        assert (done.returncode, "is there already" in done.stderr) == (78, True)
        assert at.settings.log_key_file.read_bytes() == before

    def test_a_log_that_is_signed_gets_no_second_key_by_accident(self, at: Wadi) -> None:
        grow(at.shop(), "one")
        at.settings.log_key_file.rename(at.folder / "lost.key")
        done = at.call("key", "new")
        assert (done.returncode, "backup" in done.stderr) == (78, True)
        assert not at.settings.log_key_file.exists()
        assert at.call("key", "new", "--to", str(at.folder / "next.key")).returncode == 0
        assert at.call("key", "show").returncode == 78

    def test_where_the_environment_has_a_key(self, at: Wadi) -> None:
        text = at.settings.log_key_file.read_text("utf-8")
        at.settings.log_key_file.unlink()
        done = at.call("key", "new", env={"WARRAQ_LOG_KEY": text})
        assert (done.returncode, "WARRAQ_LOG_KEY is set" in done.stderr) == (78, True)
        assert at.call("key", "show", env={"WARRAQ_LOG_KEY": text}).returncode == 0

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"", "is not the text of a signing key"),
            (b"\xff\xfe\x00", "is not the text of a signing key"),
            (b"warraq/x+00000000+AQ==", "is not the text of a signing key"),
            (b"PRIVATE+KEY+warraq/x+00000000+" + base64.b64encode(bytes([1]) + bytes(32)), "is damaged"),
        ],
    )
    def test_a_file_that_is_no_key(self, at: Wadi, content: bytes, says: str) -> None:
        at.settings.log_key_file.write_bytes(content)
        done = at.call("key", "show")
        assert (done.returncode, says in done.stderr, str(at.settings.log_key_file) in done.stderr) == (78, True, True)

    def test_a_file_that_others_can_read(self, at: Wadi) -> None:
        at.settings.log_key_file.chmod(0o640)
        done = at.call("key", "show")
        assert (done.returncode, "chmod 600" in done.stderr) == (78, True)


def test_openssl_alone_checks_a_checkpoint(at: Wadi, tmp_path: Path) -> None:
    """Text, signature and key cut out as docs/FORMAT.md says them; no code of ours looks at them."""
    grow(at.shop(), "one")
    store = at.shop().store
    text, _, signatures = store.get(keys.CHECKPOINT).partition(b"\n\n")
    signed = base64.b64decode(signatures.split(b" ")[2])
    public = base64.b64decode(store.get(f"log/keys/{signed[:4].hex()}").split(b"+", 2)[2])
    (tmp_path / "key.der").write_bytes(DER + public[1:])
    (tmp_path / "signature").write_bytes(signed[4:])
    command = ("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", tmp_path / "key.der", "-rawin",
               "-in", tmp_path / "text", "-sigfile", tmp_path / "signature")  # fmt: skip
    (tmp_path / "text").write_bytes(text + b"\n")
    assert "Signature Verified Successfully" in openssl(*command).stdout
    (tmp_path / "text").write_bytes(text.replace(b"\n3", b"\n4") + b"\n")
    assert openssl(*command).returncode != 0


def test_the_commands_of_the_manual_check_it_too(at: Wadi, tmp_path: Path) -> None:
    """Those of docs/OPERATIONS.md, as they stand there, in a shell."""
    grow(at.shop(), "one")
    manual = (ROOT / "docs" / "OPERATIONS.md").read_text("utf-8")
    block = re.search(r"as `verifier`:\n```\n(.*?)```", manual, re.DOTALL)
    assert block is not None
    store = at.shop().store
    (name,) = store.list("log/keys/")
    (tmp_path / "verifier").write_bytes(store.get(name))
    whole = store.get(keys.CHECKPOINT)
    for told, right in ((whole, True), (whole.replace(b"\n3\n", b"\n4\n"), False)):
        (tmp_path / "checkpoint").write_bytes(told)
        done = subprocess.run(["sh", "-c", block[1]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ("Signature Verified Successfully" in done.stdout, done.returncode == 0) == (right, right), done.stderr


class TestRotate:
    def test_from_one_key_to_the_next(self, at: Wadi) -> None:
        grow(at.shop(), "before")
        old, to = keyring.load(at.settings), at.folder / "next.key"
        assert old is not None
        done = at.call("key", "rotate", "--to", str(to), "--reason", "the old one was on a laptop that is gone")
        assert done.returncode == 0, done.stderr
        new = keyring.load(at.settings)
        assert new is not None
        assert new.public != old.public
        assert f"signed with {new.public} from now on" in done.stdout
        assert keyring.read(to) == new
        assert keyring.read(at.settings.log_key_file.with_name(f"log.key.{old.public.id.hex()}")) == old
        assert {stat.S_IMODE(path.stat().st_mode) for path in (to, *at.settings.state.glob("log.key*"))} == {0o600}
        grow(at.shop(), "after")
        found = audit(at.shop().store)
        assert (found.duplicates, found.unsigned) == ([], 0)
        assert signers(at.shop().store) == [[old.public.id]] * 2 + [[new.public.id, old.public.id], [new.public.id]]
        (act,) = rotations(at)
        assert (act.reason, act.more) == (
            "the old one was on a laptop that is gone",
            {"from": str(old.public), "to": str(new.public)},
        )

    def test_again_is_nothing(self, at: Wadi) -> None:
        grow(at.shop(), "before")
        to = at.folder / "next.key"
        assert at.call("key", "rotate", "--to", str(to)).returncode == 0
        before = at.held()
        again = at.call("key", "rotate", "--to", str(to))
        assert (again.returncode, "already" in again.stdout) == (99, True)
        assert at.held() == before

    def test_to_a_key_that_was_made_elsewhere(self, at: Wadi) -> None:
        grow(at.shop(), "before")
        to = at.folder / "elsewhere.key"
        made = at.call("key", "new", "--to", str(to)).stdout.splitlines()[0]
        assert at.call("key", "rotate", "--to", str(to)).returncode == 0
        assert at.call("key", "show").stdout.strip() == made

    def test_a_key_from_the_environment_is_left_to_its_owner(self, at: Wadi) -> None:
        grow(at.shop(), "before")
        text, to = at.settings.log_key_file.read_text("utf-8"), at.folder / "next.key"
        done = at.call("key", "rotate", "--to", str(to), env={"WARRAQ_LOG_KEY": text})
        assert (done.returncode, f"set WARRAQ_LOG_KEY to what {to} holds" in done.stdout) == (0, True)
        assert at.settings.log_key_file.read_text("utf-8") == text
        with pytest.raises(Refused, match="not signed by the key of this machine"):
            grow(at.shop(), "with-the-old")
        grow(at.shop(log_key=to.read_text("utf-8")), "with-the-new")
        assert audit(at.shop().store).unsigned == 0

    def test_before_anything_is_signed(self, at: Wadi) -> None:
        done = at.call("key", "rotate", "--to", str(at.folder / "next.key"))
        assert (done.returncode, "nothing is signed yet" in done.stderr) == (78, True)

    def test_a_key_of_another_archive(self, at: Wadi) -> None:
        grow(at.shop(), "before")
        keyring.save(SigningKey("warraq/other", bytes(32)), at.folder / "other.key")
        before = at.held()
        done = at.call("key", "rotate", "--to", str(at.folder / "other.key"))
        assert (done.returncode, "warraq/other" in done.stderr) == (78, True)
        assert at.held() == before

    def test_by_a_machine_that_does_not_have_the_key_in_force(self, at: Wadi) -> None:
        grow(at.shop(), "before")
        stranger = keyring.load(at.settings)
        assert stranger is not None
        keyring.save(keyring.successor(stranger.name), at.folder / "stranger.key")
        before = at.held()
        with pytest.raises(Refused, match="not signed by the key of this machine"):
            rotate(at.shop(log_key_file=at.folder / "stranger.key"), at.folder / "next.key", "taken over")
        assert at.held() == before

    def test_a_second_change_waits_for_the_first(self, at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        grow(at.shop(), "before")
        begin(at, at.folder / "first.key", monkeypatch)
        with pytest.raises(Refused, match="another key"):
            rotate(at.shop(), at.folder / "second.key", "two")
        with pytest.raises(Refused, match="another key"):
            grow(at.shop(), "between")
        rotate(at.shop(), at.folder / "first.key", "one")
        rotate(at.shop(), at.folder / "second.key", "two")
        grow(at.shop(), "after")
        assert audit(at.shop().store).duplicates == []

    def test_who_put_the_new_key_in_place_too_early_is_told_how_to_finish(
        self, at: Wadi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        grow(at.shop(), "before")
        begin(at, at.folder / "next.key", monkeypatch)
        early = at.shop(log_key_file=at.folder / "next.key")
        with pytest.raises(Refused) as told:
            rotate(early, at.folder / "next.key", "one")
        assert "run this with the key before it" in told.value.remedy


class Died(BaseException):
    """As a kill: nothing catches it."""


def dies(*_: object, **__: object) -> None:
    raise Died


class Unsigning(Log):
    publish = dies


def begin(at: Wadi, to: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change that is cut short between the key's leaf and the checkpoint."""
    with monkeypatch.context() as cut:
        cut.setattr(rotating, "Log", Unsigning)
        with pytest.raises(Died):
            rotate(at.shop(), to, "one")


def signers(store: object) -> list[list[bytes]]:
    """The key ids on each checkpoint, in the order of size."""
    found = sorted(store.list("log/checkpoints/"))  # type: ignore[attr-defined]
    return [[one.key_id for one in note.parse(store.get(key)).signatures] for key in found]  # type: ignore[attr-defined]


def rotations(at: Wadi) -> list[acts.Act]:
    store = at.shop().store
    return [act for key in store.list("acts/") if (act := acts.load(store.get(key))).act == "rotate"]


class Cut:
    """Dies at the n-th thing that is done, before or after it: a request to the store, a key file written or moved."""

    def __init__(self, at: int, after: bool) -> None:
        self.at, self.after, self.count = at, after, 0

    def __call__(self, *_: object) -> Callable[[], None] | None:
        self.count += 1
        if self.count == self.at and not self.after:
            raise Died
        return dies if self.count == self.at else None

    def around(self, work: Callable[..., object]) -> Callable[..., object]:
        def done(*arguments: object) -> object:
            after = self()
            answer = work(*arguments)
            if after:
                after()
            return answer

        return done


@pytest.mark.long
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_change_that_is_cut_short_anywhere_is_finished_by_running_it_again(
    store: S3Store, settings: Settings, tmp_path: Path, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each request and each file in turn; between the tries of one change another worker tries to seal."""
    catalog = Catalog(settings.catalog)
    catalog.migrate()

    def shop(through: object = store) -> Workshop:
        made = Workshop(settings, say=lambda _: None)
        made.store, made.catalog = through, catalog  # type: ignore[assignment]
        return made

    grow(shop(), "first")
    changes = 0
    for number in range(1, 100):
        to, cut = tmp_path / f"{number}.key", Cut(number, after)
        with monkeypatch.context() as patched:
            patched.setattr(keyring, "save", cut.around(keyring.save))
            patched.setattr(Path, "replace", cut.around(Path.replace))
            try:
                rotate(shop(Watched(store, cut)), to, f"number {number}")
                finished = cut.count < number
            except Died:
                finished = False
        with suppress(Refused):  # while the key changes, nobody seals
            grow(shop(), f"between-{number}")
        rotate(shop(), to, f"number {number}")
        changes += 1
        grow(shop(), f"then-{number}")
        assert keyring.load(settings) == keyring.read(to)
        if finished:
            break
    assert 20 < number < 99
    found = audit(store)
    assert (found.duplicates, found.unsigned) == ([], 0)
    assert len([unit for unit in found.units if unit.startswith("log/keys/")]) == changes + 1
    made = [acts.load(store.get(key)) for key in store.list("acts/") if key.endswith(".json")]
    assert sorted(act.reason for act in made) == sorted(f"number {n}" for n in range(1, changes + 1))
    both = [ids for ids in signers(store) if len(ids) == 2]
    assert len(both) == changes
    assert len(list(settings.state.glob("log.key.*"))) == changes, "each old key is still there, and nothing half"


@pytest.mark.parametrize("put", [1, 3, 6])
def test_a_change_that_is_killed(at: Wadi, put: int) -> None:
    """With SIGKILL, a process of its own, at a PUT that is being answered."""
    grow(at.shop(), "before")
    gate, to = Gate(at.env["AWS_ENDPOINT_URL_S3"]), at.folder / "next.key"
    env = {**at.env, "AWS_ENDPOINT_URL_S3": gate.endpoint}
    child = subprocess.Popen([*WARRAQ, "key", "rotate", "--to", str(to)], env=env, cwd=ROOT, stdout=subprocess.DEVNULL)
    gate.arm(put, True, lambda: os.kill(child.pid, signal.SIGKILL))
    assert child.wait(60) == -signal.SIGKILL
    gate.server.shutdown()
    gate.server.server_close()
    assert at.call("key", "rotate", "--to", str(to)).returncode == 0
    grow(at.shop(), "after")
    found = audit(at.shop().store)
    assert (found.duplicates, found.unsigned, len(rotations(at))) == ([], 0, 1)
    assert keyring.load(at.settings) == keyring.read(to)


class TestNeverTold:
    """Neither logs, nor errors, nor a repr, nor JSON, nor the arguments of a process show the key."""

    def test_by_what_holds_it(self, at: Wadi, caplog: pytest.LogCaptureFixture) -> None:
        path = at.settings.log_key_file
        secret, held = secret_of(path), keyring.load(at.settings)
        assert held is not None
        settings = replace(at.settings, log_key=path.read_text("utf-8"))
        shop = Workshop(settings)
        with caplog.at_level(logging.DEBUG):
            logging.getLogger("t").warning("%r %s %r %r %s", held, held, settings, shop, shop.log)
        for text in (
            repr(held),
            str(held),
            f"{held}",
            repr(settings),
            str(settings),
            repr(shop),
            caplog.text,
            str(held.public),
        ):
            assert secret not in text
            assert repr(held.seed) not in text
            assert held.seed.hex() not in text
        assert secret.encode() not in pickle.dumps(held.public)

    def test_by_any_command(self, at: Wadi) -> None:
        grow(at.shop(), "one")
        path, to = at.settings.log_key_file, at.folder / "next.key"
        secrets = [secret_of(path)]
        commands = (
            ("key", "show"), ("key", "new"), ("key", "new", "--to", str(at.folder / "spare.key")), ("anchor", "--force"),
            ("key", "rotate", "--to", str(to)), ("key", "rotate", "--to", str(to)), ("status",), ("doctor",), ("verify",),
        )  # fmt: skip
        for command in commands:
            for more in ((), ("--json",)):
                done = at.call(*command, *more)
                secrets += [secret_of(one) for one in (to, at.folder / "spare.key") if one.exists()]
                assert not [s for s in secrets if s in done.stdout + done.stderr], command
        assert len(set(secrets)) == 3
        store = at.shop().store
        for key in store.list(""):
            held = store.get(key)
            assert not [s for s in secrets if s.encode() in held], key

    def test_by_errors_about_a_damaged_key(self, at: Wadi) -> None:
        text = at.settings.log_key_file.read_text("utf-8").strip()
        secret = text.strip().split("+", 4)[4]
        broken = [text[:-1], text[:-4], text.replace("+", " "), text[12:], secret, text + "x", text.replace("warraq", "warrak"),
                  text[:-10] + "é" + text[-9:], text + "\n" + text]  # fmt: skip
        for one in broken:
            try:
                keyring.load(replace(at.settings, log_key=one))
            except WarraqError as error:
                told = "".join(traceback.format_exception(error)) + repr(error)
                assert not [secret[n : n + 12] for n in range(len(secret) - 12) if secret[n : n + 12] in told], one
            else:
                raise AssertionError(f"{one!r} was taken for a key")
            done = at.call("key", "show", env={"WARRAQ_LOG_KEY": one})
            assert done.returncode == 78
            assert secret[:20] not in done.stdout + done.stderr

    def test_by_the_arguments_of_a_process(self, at: Wadi) -> None:
        """Every process that a command starts, while it runs."""
        grow(at.shop(), "one")
        secret = secret_of(at.settings.log_key_file)
        child = subprocess.Popen(
            [*WARRAQ, "run", "wadi"], env=dict(at.env), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        seen = set[str]()
        while child.poll() is None:
            for entry in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(entry.read_bytes().decode("utf-8", "replace"))
                except OSError:
                    continue
            time.sleep(0.05)
        assert child.returncode == 0
        assert any("wadi" in line and sys.executable in line for line in seen)
        assert not [line for line in seen if secret in line]

    def test_by_the_doctor(self, at: Wadi) -> None:
        text = at.settings.log_key_file.read_text("utf-8")
        told = repr(doctor.examine(replace(at.settings, log_key=text)))
        assert secret_of(at.settings.log_key_file) not in told
