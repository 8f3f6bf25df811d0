"""The ways out to people: over real HTTP and SMTP, with whatever goes wrong there; and what is remembered on a full disk."""

from __future__ import annotations

import json
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive import doctor_telling
from archive.errors import Refused, TryAgain
from archive.settings import Settings, from_environment
from archive.steps import mail, post, tell, told
from tests.mailbox import Mailbox
from tests.outside import Webhook

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DAY = timedelta(days=1)
DESK = ("desk@example.org", "night@example.org")


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setattr(tell, "PAUSES", (0.0, None))
    monkeypatch.setattr(told, "ELSEWHERE", tuple(tmp_path_factory.mktemp(name) for name in ("shm", "tmp")))


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as found:
        yield found


@pytest.fixture
def given(tmp_path: Path, mailbox: Mailbox) -> Settings:
    """Mail only."""
    return from_environment({"WARRAQ_STATE": str(tmp_path), "WARRAQ_MAIL": " ".join(DESK), "WARRAQ_SMTP": mailbox.address})


def test_an_installation_with_mail_only_is_told_directly(given: Settings, mailbox: Mailbox) -> None:
    text = "Warraq x: STALE scheduler: «وراق»\ud800\n" + "س" * 3000
    found = tell.directly(given, "status", {"scheduler": text}, NOW)
    assert (found.took, found.refused, found.kept) == (("mail",), (), True)
    (letter,) = mailbox.got
    assert (letter["From"], letter["To"]) == ("warraq@example.org", ", ".join(DESK))
    assert letter["Subject"] == "Warraq x: STALE scheduler: «وراق»?"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content().split() == text.replace("\ud800", "?").split()
    assert tell.directly(given, "status", {"scheduler": text}, NOW + DAY / 2).lines == ()
    assert tell.directly(given, "status", {"scheduler": text}, NOW + DAY).took == ("mail",)
    assert len(mailbox.got) == 2


@pytest.mark.parametrize("fault", ["500", "404", "hang", "drip", "elsewhere", "cut", "endless"])
def test_a_webhook_that_does_not_take_it_closes_no_other_way(
    fault: str, given: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "LIMIT", 0.2)
    with Webhook() as hook:
        hook.always = fault
        both = replace(given, webhook=hook.endpoint)
        found = tell.directly(both, "status", {"catalog": "away"}, NOW)
        assert {path for path, _ in hook.seen} == {hook.seen[0][0]}, "it is never led elsewhere"
    assert found.took == ("mail",)
    assert found.refused[0].startswith("webhook: ")
    assert len(mailbox.got) == 1


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [("550", Refused, "550"), ("451", TryAgain, "451 later"), ("hang", TryAgain, "no answer within|timed out"), ("down", TryAgain, "refused")],
)  # fmt: skip
def test_a_mail_server_that_does_not_take_it(
    fault: str, error: type[Exception], said: str, given: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "LIMIT", 0.3)
    mailbox.always = fault
    if fault == "down":
        given = replace(given, smtp="smtp://127.0.0.1:9")
    with pytest.raises(error, match=said):
        tell.mailed(given, {"text": "x"})
    with pytest.raises(TryAgain, match="nobody took it: mail: "):
        tell.directly(given, "status", {"catalog": "away"}, NOW)
    with Webhook() as hook:
        both = replace(given, webhook=hook.endpoint)
        assert tell.directly(both, "status", {"catalog": "away"}, NOW).took == ("webhook",), (
            "what nobody took is not remembered"
        )


def test_a_mail_that_was_taken_is_taken_however_the_server_ends(given: Settings, mailbox: Mailbox) -> None:
    mailbox.faults.extend(["451", "lost"])
    assert tell.mailed(given, {"text": "x"}) == ""
    assert len(mailbox.got) == 1
    mailbox.faults.append(DESK[1])
    assert tell.mailed(given, {"text": "x"}) == f"{DESK[1]}: 550 nobody of that name", (
        "one address that is wrong stops no other"
    )


def test_a_server_that_is_slow_to_say_that_it_took_it_gets_one_copy(
    given: Settings, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "LIMIT", 0.1)
    monkeypatch.setattr(mail, "TAKEN", 0.1)
    mailbox.faults.append("mute")
    with pytest.raises(mail.Unanswered, match="it was handed over, and no answer came"):
        tell.mailed(given, {"text": "x"})
    assert len(mailbox.got) == 1


def test_a_password_goes_to_nobody_without_tls(mailbox: Mailbox, given: Settings) -> None:
    with Mailbox("127.0.0.2") as elsewhere:  # for smtplib a machine like any other
        there = replace(given, smtp=f"smtp://amal:s%C3%A9cret@127.0.0.2:{elsewhere.port}")
        with pytest.raises(TryAgain, match="STARTTLS") as refused:
            tell.mailed(there, {"text": "x"})
        assert not [line for line in elsewhere.heard if "AUTH" in line.upper()]
        assert "cret" not in str(refused.value)
        assert tell.mailed(replace(given, smtp=f"smtp://127.0.0.2:{elsewhere.port}"), {"text": "x"}) == ""


@pytest.mark.parametrize(
    ("address", "host", "port", "tls"),
    [
        ("smtps://a%40b.example:pw@mail.example", "mail.example", 465, "first"),
        ("smtp://a%40b.example:pw@mail.example", "mail.example", 587, "starttls"),
        ("smtp://mail.example", "mail.example", 25, "offered"),
        ("smtp://localhost:1025", "localhost", 1025, "never"),
    ],
)
def test_addresses_of_mail_servers(address: str, host: str, port: int, tls: str) -> None:
    found = mail.server(address)
    assert (found.host, found.port, found.tls) == (host, port, tls)
    assert found.sender == ("a@b.example" if "pw" in address else found.sender)
    held = {"conn_type": "smtp", "host": host, "port": port, "login": "a@b.example", "password": "pw", "extra": json.dumps({"disable_ssl": tls != "first", "disable_tls": tls != "starttls"})}  # fmt: skip
    assert mail.connection(json.dumps(held)).tls == (tls if tls != "offered" else "never")


@pytest.mark.parametrize("address", ["mail.example", "https://mail.example", "smtp://", "smtp://h:port", "smtp://pass:word@"])
def test_what_is_no_mail_server(address: str, given: Settings) -> None:
    with pytest.raises(Refused, match="WARRAQ_SMTP") as refused:
        mail.server(address)
    assert "word" not in refused.value.what
    wrong = replace(given, smtp=address)
    assert doctor_telling.judge_telling(wrong, tell.settings_are_wrong(wrong)).state == "fail"


def test_doctor_says_who_is_told(given: Settings) -> None:
    def said(**changed: object) -> tuple[str, str]:
        settings = replace(given, **changed)  # type: ignore[arg-type]
        found = doctor_telling.judge_telling(settings, tell.settings_are_wrong(settings))
        return found.state, found.what

    assert said() == ("ok", "alarms go to desk@example.org, night@example.org by 127.0.0.1; `warraq status --tell` tells the same people")  # fmt: skip
    assert said(smtp="")[0] == "warn"
    assert "connection smtp_default alone" in said(smtp="")[1]
    assert said(mail=())[0] == "warn"
    assert "NOBODY IS TOLD" in said(mail=())[1]
    assert said(mail=(), sandbox=True)[0] == "ok"
    assert said(webhook="ftp://secret.example/x")[0] == "fail"


def test_a_check_of_the_alarms_outside_of_airflow_leaves_the_mail_to_airflow_when_it_must(given: Settings) -> None:
    took, refused = tell.send(tell.ways(replace(given, smtp="")), {"text": "x"})
    assert took == []
    assert "set WARRAQ_SMTP" in refused[0]


def test_what_was_well_again_is_told_when_it_comes_back_and_what_flaps_once_an_hour(given: Settings, mailbox: Mailbox) -> None:
    def asked(minutes: int, **stale: str) -> tuple[str, ...]:
        return tell.directly(given, "status", stale, NOW + timedelta(minutes=minutes), whole=True).lines

    dead = {"scheduler": "dead"}
    assert asked(0, **dead) == ("dead",)
    assert asked(10) == asked(20, **dead) == asked(30) == ()
    assert asked(70) == ()
    assert asked(80, **dead, log="unsigned") == ("dead", "unsigned")
    assert asked(200, **dead, log="unsigned") == ()
    assert len(mailbox.got) == 2


# What is remembered


def test_memory_of_a_clock_that_was_wrong_silences_nothing_for_long(tmp_path: Path) -> None:
    memory = told.Memory(tmp_path, "status")
    assert memory.keep({"old": NOW - DAY, "new": NOW, "future": NOW + 2000 * DAY})
    assert set(memory.read(NOW + timedelta(minutes=1), DAY)) == {"new"}
    (tmp_path / "told-status.json").write_text('{"new": "20', "utf-8")
    assert memory.read(NOW, DAY) == {}


def test_nobody_else_can_say_what_was_told(tmp_path: Path) -> None:
    state = tmp_path / "file"
    state.write_text("in the way: no folder can be made here")
    memory = told.Memory(state, "status")
    assert memory.keep({"a": NOW})
    assert memory.read(NOW, DAY) == {"a": NOW}
    (there,) = told.ELSEWHERE[0].iterdir()
    there.chmod(0o777)
    assert memory.read(NOW, DAY) == {}, "a folder that others may write to is not believed"
    assert memory.keep({"b": NOW})
    assert memory.read(NOW, DAY) == {"b": NOW}, "but the next one"


@contextmanager
def nothing_can_be_written() -> Iterator[None]:
    """As on a disk that is full, wherever it is: the kernel takes not a byte more into any file of this process."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_nothing_silences_nothing(given: Settings, mailbox: Mailbox) -> None:
    """Told twice, as nothing can be remembered anywhere; never not at all."""
    with nothing_can_be_written():
        found = [tell.directly(given, "status", {"disk": "full"}, NOW) for _ in range(2)]
    assert [(one.took, one.kept) for one in found] == [(("mail",), False)] * 2
    assert len(mailbox.got) == 2
    assert list(given.state.iterdir()) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes, full."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("may not mount a file system here")
    try:
        with (place / "everything").open("wb", buffering=0) as file:
            assert file.write(bytes(3 << 20)) <= 2 << 20
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_on_a_full_disk_it_is_told_once(small: Path, given: Settings, mailbox: Mailbox) -> None:
    full = replace(given, state=small)
    assert tell.directly(full, "status", {"disk": "full"}, NOW).kept
    assert not (small / "told-status.json").exists()
    assert tell.directly(full, "status", {"disk": "full"}, NOW).lines == (), "remembered elsewhere"
    assert len(mailbox.got) == 1
    (small / "everything").unlink()
    tell.directly(full, "status", {"clock": "off"}, NOW)
    assert set(told.Memory(small, "status").read(NOW, DAY)) == {"disk", "clock"}
