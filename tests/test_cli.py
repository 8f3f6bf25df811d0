"""The `warraq` command: JSON for machines, text for terminals, pages for browsers, and a status that says how it went."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest

from archive.address import article_id
from archive.cli.common import isolate, paragraphs
from archive.log.leaf import Leaf, Unit
from archive.settings import from_environment
from archive.steps import patient
from archive.steps.workshop import Workshop
from tests.servers import Server
from tests.wadi import ROOT, WARRAQ, Wadi, seed_folder, wadi

FSI, PDI = "\u2068", "\u2069"
ATTACK = 'عنوان \u202e\x1b[31m<script>alert("1")</script>'  # turns a terminal's line round and paints it, runs in a browser


@pytest.fixture(scope="module")
def at(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    """Three articles, the first edited once; all of it made by commands."""
    with wadi(weed, tmp_path_factory.mktemp("cli"), articles=3) as made:
        made.site.articles[3].title = ATTACK.replace("<", "&lt;")
        first = made.site.articles[1]
        folder = seed_folder(made, {"001.txt": "\n\n".join([first.title, *first.paragraphs])})
        assert ok(made, "seeds", "add", str(folder), "--json")[0]["new"] == 2
        assert made.call("extract", "--all").stdout == "extract: nothing new to read\n"
        planned = ok(made, "plan", "wadi", "--json")[0]
        for step in ("crawl", "extract", "seal", "inspect"):
            (said,) = ok(made, step, "wadi", "--run", planned["run"], "--json")
            assert said["done"].startswith(f"{step}: ")
        made.site.edit(1)
        (ran,) = ok(made, "run", "wadi", "--everything", "--json")
        assert list(ran["steps"]) == ["plan", "crawl", "extract", "seal", "inspect"]
        assert ran["steps"]["seal"]["events"] == {"body": 1}
        yield made


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """`status --max-age` does not ask again what is down here for good."""
    monkeypatch.setattr(patient, "PATIENCE", 0.0)


def ok(at: Wadi, *arguments: str) -> list[Any]:
    """What a command with --json printed, line by line; it ended well and printed nothing else."""
    done = at.call(*arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def url(at: Wadi, number: int) -> str:
    return f"{at.url}archives/{number}"


def test_every_look_has_json(at: Wadi) -> None:
    assert [row["url"] for row in sorted(ok(at, "ls", "--json"), key=lambda row: row["url"])] == [url(at, n) for n in (1, 2, 3)]
    assert [row["kinds"] for row in ok(at, "ls", "wadi", "--events", "--limit", "1", "--json")] == [["body"]]
    (history,) = ok(at, "history", url(at, 1), "--json")
    assert [version["number"] for version in history["versions"]] == [1, 2]
    assert history["article"]["article"] == article_id(url(at, 1))
    (first,) = ok(at, "show", url(at, 1), "--version", "1", "--json")
    (last,) = ok(at, "show", article_id(url(at, 1)), "--json")
    assert ("تحديث" in first["text"], "تحديث" in last["text"]) == (False, True)
    (spans,) = ok(at, "diff", url(at, 1), "--json")
    assert "".join(span["text"] for span in spans if span["op"] == "insert").strip().startswith("تحديث رقم 1")
    assert [span for span in spans if span["op"] == "delete"] == []
    links = [row for row in ok(at, "seeds", "ls", "--json") if row["article"] == article_id(url(at, 1))]
    assert [(row["relation"], row["version"]) for row in links] == [("identical", 1), ("contains", 2)]
    assert [outlet["name"] for outlet in ok(at, "outlets", "--json")[0]["outlets"]] == ["wadi"]
    (status,) = ok(at, "status", "--json")
    assert (status["outlets"][0]["articles"], status["stale"], status["broken"]) == (3, [], [])
    assert (status["log"]["size"] > 20, status["log"]["waiting"], status["log"]["token"]) == (True, 0, None)
    assert datetime.fromisoformat(status["log"]["signed"]).tzinfo is not None


def test_every_care_has_json(at: Wadi) -> None:
    (verified,) = ok(at, "verify", "--json")
    assert verified["findings"] == []
    assert verified["checked"]["snapshots"] == 4
    assert ok(at, "rebuild", "--json")[0]["files"] == 2
    checks = {check["name"]: check["state"] for check in ok(at, "doctor", "--json")[0]}
    assert checks["bucket"] == checks["conditional puts"] == checks["outlets"] == "ok"
    rows = ok(at, "export", "versions", "--json")
    assert rows == ok(at, "export", "versions", "--format", "jsonl", "--outlet", "wadi")
    assert len(rows) == 4
    table = list(csv.DictReader(io.StringIO(at.call("export", "articles", "--format", "csv").stdout)))
    assert {row["url"] for row in table} == {url(at, n) for n in (1, 2, 3)}


STATUSES = [
    (("extract", "--all", "--json"), 0, ""),
    (("seal", "wadi", "--run", "20261122T011200Z-3fa9c1b2d4e5"), 99, ""),
    (("extract", "wadi", "--run", "20261122T011200Z-3fa9c1b2d4e5"), 99, ""),
    (("export", "articles", "--outlet", "nobody"), 99, ""),
    (("seal", "wadi"), 78, "no run was named — give --run ID, or --all"),
    (("seal",), 78, "no outlet was named — name one, or give --all"),
    (("crawl", "wadi", "--run", "20261122T011200Z-3fa9c1b2d4e5"), 78, "has no plan — run `warraq plan wadi"),
    (("inspect", "wadi", "--run", "20261122T011200Z-3fa9c1b2d4e5"), 78, "has no plan"),
    (("crawl", "wadi", "--run", "yesterday"), 65, "'yesterday' is not a run id — it looks like 2026"),
    (
        ("history", "https://example.org/none"),
        78,
        "no article https://example.org/none in the catalog — `warraq ls` lists them",
    ),
    (("show", "ff"), 78, "names no article"),
    (("export", "pages"), 78, "'pages' cannot be exported — one of articles"),
    (("export", "articles", "--format", "xls"), 78, "'xls' is no form of export — one of jsonl, csv"),
    (("plan", "nobody"), 78, "no outlet 'nobody'"),
]


@pytest.mark.parametrize(
    ("command", "status", "said"), STATUSES, ids=lambda value: " ".join(value) if isinstance(value, tuple) else None
)
def test_the_status_says_how_it_went(at: Wadi, command: tuple[str, ...], status: int, said: str) -> None:
    done = at.call(*command)
    assert done.returncode == status
    assert said in done.stderr
    assert done.stderr.count("\n") == bool(said)


def test_versions_that_are_not_there(at: Wadi) -> None:
    assert "no version 7 — this article has 2" in at.call("show", url(at, 1), "--version", "7").stderr
    assert "has 1 version — there is nothing to compare yet" in at.call("diff", url(at, 2)).stderr
    assert at.call("diff", url(at, 1), "--old", "1", "--new", "1").returncode == 0


def test_wrong_usage_names_the_command_and_nothing_at_all_is_the_help(at: Wadi) -> None:
    done = at.call("crawl", "wadi")
    assert (done.returncode, "--run" in done.stderr) == (2, True)
    assert "verify" in at.call().stdout + at.call().stderr


def test_text_is_isolated_and_in_logical_order(at: Wadi) -> None:
    shown = at.call("show", url(at, 1)).stdout.splitlines()
    snapshot = ok(at, "show", url(at, 1), "--json")[0]
    assert shown[0] == f"{FSI}{snapshot['title']}{PDI}"
    assert [line for line in shown[2:] if line] == [
        f"{FSI}{line}{PDI}" for line in snapshot["text"].splitlines() if line.strip()
    ]
    for command in (("ls",), ("ls", "--events"), ("history", url(at, 1)), ("show", url(at, 3)), ("diff", url(at, 1))):
        said = at.call(*command).stdout
        assert said.count(FSI) == said.count(PDI) > 0
        assert "\x1b" not in said
        assert "\u202e" not in said
    assert "{+تحديث رقم 1" in at.call("diff", url(at, 1)).stdout.replace(FSI, "").replace(PDI, "")


def test_isolates_keep_what_arabic_needs_and_nothing_that_steers_a_terminal() -> None:
    assert isolate("می\u200cخواهم\u202e\x1b]0;x\x07\u2066\u2069") == f"{FSI}می\u200cخواهم]0;x{PDI}"
    assert paragraphs("سطر\n\n \nآخر") == f"{FSI}سطر{PDI}\n\n{FSI}آخر{PDI}"


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def test_pages_are_right_to_left_and_run_nothing(at: Wadi) -> None:
    page = _Page(at.call("show", url(at, 3), "--html").stdout)
    assert page.tags[0] == ("html", {"lang": "ar", "dir": "rtl"})
    assert "script" not in {tag for tag, _ in page.tags}
    assert 'alert("1")' in page.words
    assert sum(tag == "p" for tag, _ in page.tags) == len(ok(at, "show", url(at, 3), "--json")[0]["text"].splitlines())
    changed = _Page(at.call("diff", url(at, 1), "--html").stdout)
    assert changed.tags[0][1]["dir"] == "rtl"
    assert [tag for tag, _ in changed.tags].count("ins") >= 1
    assert "del" not in {tag for tag, _ in changed.tags}


def test_status_with_a_limit_of_age(at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
    assert at.call("status", "--max-age", "0.0001").returncode == 0, "no run is due yet"
    later = lambda: datetime.now(UTC) + timedelta(hours=2)  # noqa: E731
    monkeypatch.setattr("archive.cli.status.workshop", lambda **_: Workshop(from_environment(), clock=later))
    stale = at.call("status", "--max-age", "60")
    assert (stale.returncode, stale.stdout[:12]) == (78, "STALE wadi: ")
    assert "; no capture since " in stale.stdout
    assert "(schedule */15 * * * *)" in stale.stdout
    assert at.call("status", "--max-age", "180").returncode == 0


def test_status_that_shall_tell_and_cannot_says_so(at: Wadi) -> None:
    done = at.call("status", "--tell")
    assert (done.returncode, done.stderr.count("warraq: NOBODY IS TOLD: ")) == (78, 1)
    done = at.call("status", "--tell", env={"WARRAQ_MAIL": "desk@example.org"})
    assert (done.returncode, done.stderr.count("no mail server that can be reached without Airflow")) == (78, 1)
    assert at.call("status", "--tell", env={"WARRAQ_WEBHOOK": "http://127.0.0.1:9/"}).returncode == 0, "nothing is stale"
    env = {"WARRAQ_WEBHOOK": "http://127.0.0.1:9/", "WARRAQ_AIRFLOW_URL": "http://127.0.0.1:9"}
    done = at.call("status", "--max-age", "60", "--tell", env=env)
    assert (done.returncode, "nobody took it: webhook: 127.0.0.1:9" in done.stderr) == (78, True)


def test_status_says_how_far_the_log_is_signed(at: Wadi) -> None:
    last = at.call("status").stdout.splitlines()[-1]
    assert re.fullmatch(r"log: \d+ leaves signed \d+ min ago, no time stamp(, last entry in the book .*)?", last)
    log = at.shop().log
    log.append([Unit((Leaf("act", "0" * 64, "acts/unsigned"),))], log.mark())
    done = at.call("status", "--max-age", "60")
    assert (done.returncode, "1 leaves unsigned since 0 min ago" in done.stdout) == (0, True)
    done = at.call("status", "--max-age", "0.0001")
    assert "STALE log: " in done.stdout
    assert ok_but_stale(at)["stale"] == ["log"]
    at.shop().log.publish()
    assert "unsigned" not in at.call("status").stdout


def test_status_where_the_bucket_cannot_be_reached(at: Wadi) -> None:
    env = {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}
    done = at.call("status", env=env)
    assert (done.returncode, "log: cannot be looked at: " in done.stdout) == (0, True)
    assert at.call("status", "--max-age", "600", env=env).returncode == 78


def ok_but_stale(at: Wadi) -> Any:
    done = at.call("status", "--max-age", "0.0001", "--json")
    assert done.returncode == 78
    return json.loads(done.stdout)


def test_status_of_an_outlet_that_was_never_captured_or_is_off_or_broken(at: Wadi, tmp_path: Any) -> None:
    text = at.outlet_file().read_text("utf-8")
    (tmp_path / "new.toml").write_text(text.replace('"wadi"', '"new"'), "utf-8")
    (tmp_path / "off.toml").write_text(text.replace('"wadi"', '"off"') + "enabled = false\n", "utf-8")
    env = {"WARRAQ_OUTLETS": str(tmp_path)}
    assert at.call("status", "--max-age", "60", env=env).returncode == 0, "its first run is still to come"
    for name in ("new", "off"):
        os.utime(tmp_path / f"{name}.toml", (0, 0))
    done = at.call("status", "--max-age", "60", env=env)
    assert done.returncode == 78
    never = "STALE new: nothing yet; never captured; a run was due at 1970-01-01 00:15 UTC (schedule */15 * * * *)"
    assert done.stdout.splitlines() == [never, "off: nothing yet (off)", done.stdout.splitlines()[-1]]
    assert at.call("plan", "off", env=env).returncode == 99
    (tmp_path / "new.toml").write_text("name", "utf-8")
    for command in (("status",), ("outlets",)):
        done = at.call(*command, env=env)
        assert (done.returncode, done.stderr.count("new.toml: cannot be read")) == (78, 1)
    both = at.call("run", env=env)
    assert both.returncode == 78
    assert "off: plan: off is switched off" in both.stdout


def test_a_reader_who_goes_away_is_no_error(at: Wadi) -> None:
    process = subprocess.Popen(
        [*WARRAQ, "ls"], env={**at.env, "PYTHONUNBUFFERED": "1"}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()  # type: ignore[union-attr]
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode in (1, 141)
