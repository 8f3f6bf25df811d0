"""dags/alarms.py: one message, by every way that is set, over real HTTP and SMTP; one that is closed closes no other."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.mailbox import Mailbox
from tests.outside import Webhook

MESSAGE = {
    "text": "Warraq test: Nothing is captured (2): manara, nahr\n  manara: «{{ 1 // 0 }}» <script>",
    "subject": "Warraq test: Nothing is captured (2): manara, nahr",
    "deployment": "test",
    "alarms": [{"id": "0a1b2c3d", "told": "new"}, {"id": "4e5f6071", "told": "over"}],
}


@pytest.fixture
def dag(airflow_home: Path, outlets: Path):
    import alarms

    return alarms


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server; Airflow's connection `smtp_default` leads to it."""
    with Mailbox() as server:
        extra = {"disable_ssl": True, "disable_tls": True, "from_email": "warraq@example.org", "retry_limit": 0}
        held = {"conn_type": "smtp", "host": "127.0.0.1", "port": server.port, "extra": extra}
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(held))
        yield server


def test_by_every_way_that_is_set(dag, mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    with Webhook() as hook:
        monkeypatch.setenv("WARRAQ_WEBHOOK", hook.endpoint)
        monkeypatch.setenv("WARRAQ_MAIL", "desk@example.org, night@example.org")
        assert dag.send(MESSAGE, {}) == (["webhook", "mail"], [])
        posted = json.loads(hook.seen[0][1])
    assert posted == {key: value for key, value in MESSAGE.items() if key != "subject"}
    (mail,) = mailbox.got
    assert (mail["From"], mail["To"]) == ("warraq@example.org", "desk@example.org, night@example.org")
    assert mail["Subject"] == MESSAGE["subject"]
    told = next(part for part in mail.walk() if part.get_content_type() == "text/html").get_content()
    assert "«{{ 1 // 0 }}» &lt;script&gt;" in told, "text of an outlet is neither markup nor a template"


def test_a_way_that_is_closed_closes_no_other(dag, mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.steps.tell.PAUSES", (None,))
    monkeypatch.setenv("WARRAQ_WEBHOOK", "http://127.0.0.1:9/hook")
    monkeypatch.setenv("WARRAQ_MAIL", "desk@example.org")
    took, refused = dag.send(MESSAGE, {})
    assert (took, len(mailbox.got)) == (["mail"], 1)
    assert refused[0].startswith("webhook: 127.0.0.1:9")


def failed(dag: str) -> dict:
    ti = SimpleNamespace(dag_id=dag, task_id="check", run_id="scheduled__1", try_number=3, log_url="http://h/log")
    return {"task_instance": ti, "exception": ValueError("the catalog\nis away")}


@pytest.mark.parametrize("by", ["connection", "WARRAQ_SMTP"])
def test_with_mail_only_somebody_hears_that_the_alarms_themselves_fail(
    by: str, dag, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import _steps

    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    monkeypatch.delenv("WARRAQ_WEBHOOK", raising=False)
    monkeypatch.setenv("WARRAQ_MAIL", "desk@example.org")
    if by == "WARRAQ_SMTP":
        monkeypatch.setenv("WARRAQ_SMTP", mailbox.address)
        monkeypatch.delenv("AIRFLOW_CONN_SMTP_DEFAULT")
    monkeypatch.setenv("WARRAQ_CATALOG", "sqlite:////proc/none/catalog.db")
    for name in (_steps.ALARMS, "warraq_manara"):  # the second: the catalog is dead, so it cannot be noted
        for _ in range(2):
            _steps.Webhook()(failed(name))
    subjects = [str(mail["Subject"]) for mail in mailbox.got]
    assert subjects == [f"Warraq: {name}.check failed: the catalog" for name in (_steps.ALARMS, "warraq_manara")]


def test_the_second_failure_of_a_day_is_told_when_it_went_well_between(
    dag, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another cause, most likely: the key is the task's name whatever it was."""
    import _steps

    from archive.steps.told import Memory

    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    monkeypatch.delenv("WARRAQ_WEBHOOK", raising=False)
    monkeypatch.setenv("WARRAQ_MAIL", "desk@example.org")
    monkeypatch.setenv("WARRAQ_CATALOG", "sqlite:////proc/none/catalog.db")
    check, memory = failed(_steps.ALARMS), Memory(tmp_path, _steps.TOLD)
    _steps.Webhook()(check)
    _steps.recovered(check)
    _steps.Webhook()(check)
    assert len(mailbox.got) == 1, "what comes and goes is told once an hour"
    ((key, when),) = memory.read(datetime.now(UTC), timedelta(days=1)).items()
    memory.keep({key: when - timedelta(hours=1), "warraq_manara.crawl": when})
    _steps.recovered(check)
    assert set(memory.read(datetime.now(UTC), timedelta(days=1))) == {"warraq_manara.crawl"}
    _steps.Webhook()(check)
    assert len(mailbox.got) == 2


def test_a_mail_server_that_is_down_is_an_error_in_the_log_and_told_later(
    dag, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import _steps

    from archive.errors import TryAgain

    monkeypatch.setenv("WARRAQ_STATE", str(tmp_path))
    monkeypatch.delenv("WARRAQ_WEBHOOK", raising=False)
    monkeypatch.setenv("WARRAQ_MAIL", "desk@example.org")
    mailbox.always = "451"
    with pytest.raises(TryAgain, match=r"nobody took it: mail: .*smtp_default"):
        _steps.Webhook()(failed(_steps.ALARMS))
    mailbox.always = ""
    _steps.Webhook()(failed(_steps.ALARMS))
    assert len(mailbox.got) == 1


@pytest.fixture
def commands(dag, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the tasks ran, instead of running it."""
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(dag, "warraq", lambda *words: ran.append(words) or "alarms: 2 told")
    return ran


def task(dag, name: str):
    return getattr(dag, name).function


def test_who_took_it_is_noted(dag, commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dag, "send", lambda message, context: (["mail"], ["webhook: away"]))
    said = task(dag, "tell")({"message": MESSAGE}, ti=SimpleNamespace())
    assert commands == [("alarms", "--told", "0a1b2c3d,4e5f6071=over", "--trouble", "webhook: away")]
    assert said == "alarms: 2 told (mail)"


def test_what_nobody_took_is_no_success_and_not_told(dag, commands, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk.exceptions import AirflowException

    monkeypatch.setattr(dag, "send", lambda message, context: ([], ["webhook: away"]))
    with pytest.raises(AirflowException, match="nobody took it: webhook: away"):
        task(dag, "tell")({"message": MESSAGE})
    assert commands == [("alarms", "--trouble", "webhook: away")]


def test_without_any_way_it_stands_on_the_page(dag, commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARRAQ_WEBHOOK", raising=False)
    monkeypatch.delenv("WARRAQ_MAIL", raising=False)
    assert "on the page only" in task(dag, "tell")({"message": MESSAGE})
    assert commands == [("alarms", "--told", "0a1b2c3d,4e5f6071=over")]


def test_what_somebody_told_meanwhile_is_skipped_and_what_cannot_be_asked_is_told(
    dag, commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    monkeypatch.setattr(dag, "send", lambda message, context: (["mail"], []))
    held = {"message": MESSAGE, "checked": "2026-11-22T03:00:00Z"}
    monkeypatch.setenv("WARRAQ_CATALOG", "sqlite:////proc/none/catalog.db")
    assert task(dag, "tell")(held) == "alarms: 2 told (mail)"
    monkeypatch.setattr("archive.steps.alarms.still", lambda *_: None)
    with pytest.raises(AirflowSkipException, match="meanwhile"):
        task(dag, "tell")(held)


def test_nothing_new_is_skipped(dag, commands) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    with pytest.raises(AirflowSkipException):
        task(dag, "tell")({"message": None})
    assert commands == []


def test_the_check_is_a_command_whose_last_line_is_read(dag, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(
        dag, "warraq", lambda *words: ran.append(words) or json.dumps({"done": "alarms: 0 open", "message": None})
    )
    assert task(dag, "check")() == {"done": "alarms: 0 open", "message": None}
    assert ran == [("alarms", "--check", "--hold", "--json")]


def test_a_message_about_many_alarms_comes_through_whole(dag, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last line of a command, however long: half of it is no JSON, and the check would fail until somebody acknowledged."""
    import _steps

    ids = [{"id": f"{n:08x}", "evidence": "«لا شيء»" * 100} for n in range(12)]
    said = json.dumps({"message": {"text": "x", "alarms": ids}}, ensure_ascii=False)
    code = f"print('looking'); print({said!r})"
    monkeypatch.setattr(dag, "warraq", lambda *words: _steps.run([sys.executable, "-I", "-X", "utf8", "-c", code]))
    assert task(dag, "check")()["message"]["alarms"] == ids
    with pytest.raises(Exception, match=r"^x+ \[exit 1") as failed:
        _steps.run([sys.executable, "-I", "-c", "print('x' * 9000); raise SystemExit(1)"])
    assert len(str(failed.value)) < 2100
