"""The demo's narration and its end, against a small fake of the catalog and of Airflow; `make demo` is the real thing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from archive.address import article_id
from archive.catalog.rows import EventRow
from archive.errors import Broken, TryAgain
from archive.log.note import SigningKey, sign
from stack import checkpoint
from stack.demo import Demo
from stack.mode import free_row
from stack.narration import Story, isolate, summary
from stack.runs import Runs, reason

ROOT = Path(__file__).resolve().parent.parent
SITE = "http://127.0.0.1:7481"
NEW_PATH = "/بئر-جديدة/"
NEW = article_id(SITE + NEW_PATH)
OLD, OTHER = "a" * 32, "b" * 32


def event(
    article: str, second: int, *kinds: str, flags: tuple[str, ...] = (), version: int = 1, title: str = "عنوان"
) -> EventRow:
    at = f"2026-11-22T01:12:{second:02d}.000000Z"
    return EventRow("sandbox", article, second + 1, at, kinds, flags, version, "", "", title, f"{SITE}/x/")


def story() -> Story:
    links = {OLD: [("000_orchard.txt", "contains")]}
    return Story(SITE, page=lambda article: f"http://ui/{article[:4]}", links=lambda article: links.get(article, []))


ACT = {"step": 1, "kind": "publish", "path": NEW_PATH, "title": "بئر جديدة"}
EVERYTHING = [
    event(OLD, 1, "new"),
    event(NEW, 2, "new"),
    event(OLD, 3, "body", flags=("numbers",), version=2),
    event(OTHER, 4, "gone", version=0),
]


def test_each_change_is_told_once_oldest_first() -> None:
    tale = story()
    first = tale.tell([event(OTHER, 9, "new"), event(OLD, 1, "new", title="بستان")])
    assert first[0] == "archive   new article, version 1: \u2068بستان\u2069"
    assert first[1] == "          seed link: contains 000_orchard.txt"
    assert first[2].startswith("archive   new article")
    assert tale.tell([event(OTHER, 9, "new"), event(OLD, 1, "new", title="بستان")]) == []


def test_edits_and_deletions_come_with_their_page() -> None:
    tale = story()
    lines = tale.tell([event(OLD, 3, "headline", "body", flags=("numbers",), version=2), event(OTHER, 4, "gone", version=0)])
    assert lines[0].startswith("archive   headline edit, body edit (numbers), version 2: ")
    assert lines[1].strip() == "http://ui/aaaa"
    assert "tombstone" in lines[2]
    assert lines[3].strip() == "http://ui/bbbb"


def test_an_article_of_the_opening_is_not_the_new_article() -> None:
    tale = story()
    tale.tell([event(OLD, 1, "new")])
    assert "a new article" in tale.missing
    assert "publishes" in tale.act(ACT)
    tale.tell([event(NEW, 2, "new")])
    assert "a new article" not in tale.missing


def test_a_spelling_edit_is_no_edit() -> None:
    tale = story()
    tale.tell([event(OLD, 3, "orthographic", version=2)])
    assert "an edit" in tale.missing
    assert tale.versions == 1


def test_nothing_is_missing_after_everything_and_the_rest_of_the_cycle_is_unseen() -> None:
    tale = story()
    tale.act(ACT)
    tale.tell(EVERYTHING)
    assert tale.missing == ()
    assert tale.unseen == {"headline", "orthographic", "returned"}
    lines = summary(tale, 99.6, "12 records agree", ["5 leaves", "Signature Verified Successfully"])
    assert lines[0].startswith(
        "archived  2 articles, 3 versions (0 headline, 1 body, 0 spelling), 1 gone, 0 returned, 1 seed files"
    )
    assert lines[1:4] == ["verified  12 records agree", "signed    5 leaves", "          Signature Verified Successfully"]
    assert "elapsed   100 s" in lines
    assert [line.split()[1] for line in lines[5:]] == [f"http://ui/{NEW[:4]}", "http://ui/aaaa", "http://ui/bbbb"]


def test_the_opening_is_not_told() -> None:
    assert story().act({"step": 0, "kind": "open"}) == ""


def test_arabic_stays_in_logical_order_and_cannot_break_out() -> None:
    assert isolate("نص\u2069\u202e\x1b[31m عادي") == "\u2068نص[31m عادي\u2069"
    assert isolate("می\u200cخواهم") == "\u2068می\u200cخواهم\u2069"


class FakeAirflow:
    """Answers like Airflow: the runs that are active, and the tries that failed."""

    def __init__(self) -> None:
        self.active: list[dict[str, str]] = []
        self.failed: list[dict[str, object]] = []
        self.posts: list[str] = []
        self.down = False

    def get(self, path: str) -> dict[str, object]:
        if self.down:
            raise OSError("connection refused")
        return {"task_instances": self.failed} if "taskInstances" in path else {"dag_runs": self.active}

    def post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        self.posts.append(path)
        return {}


def test_a_run_is_asked_for_when_none_is_active(tmp_path: Path) -> None:
    airflow = FakeAirflow()
    runs = Runs(airflow, "warraq_sandbox", tmp_path)
    runs.go_on()
    airflow.active = [{"dag_run_id": "one"}]
    runs.go_on()
    assert airflow.posts == ["/api/v2/dags/warraq_sandbox/dagRuns"]
    airflow.down = True
    runs.go_on()
    assert "connection refused" in runs.waiting_for


def failing(tmp_path: Path, state: str) -> tuple[FakeAirflow, dict[str, object]]:
    airflow = FakeAirflow()
    row = {"dag_run_id": "one", "task_id": "crawl", "try_number": 1, "state": state}
    airflow.failed = [row]
    log = tmp_path / "dag_id=warraq_sandbox" / "run_id=one" / "task_id=crawl" / "attempt=1.log"
    log.parent.mkdir(parents=True)
    entries = [{"event": "begins"}, {"event": "failed", "error_detail": [{"exc_value": "the disk is full"}]}, {"event": "ends"}]
    log.write_text("\n".join(json.dumps(entry) for entry in entries) + "\nno json", "utf-8")
    return airflow, row


def test_a_failed_step_is_told_once_with_its_reason(tmp_path: Path) -> None:
    airflow, _ = failing(tmp_path, "failed")
    runs = Runs(airflow, "warraq_sandbox", tmp_path)
    assert runs.troubles() == ["trouble   step crawl failed in one: the disk is full"]
    assert runs.troubles() == []
    assert runs.failed == "step crawl failed in one: the disk is full"


def test_a_step_that_airflow_tries_again_is_no_failure_yet(tmp_path: Path) -> None:
    airflow, _ = failing(tmp_path, "up_for_retry")
    runs = Runs(airflow, "warraq_sandbox", tmp_path)
    assert runs.troubles()[0].endswith("the disk is full; Airflow tries it again")
    assert runs.failed == ""


def test_a_log_without_an_exception_is_named(tmp_path: Path) -> None:
    assert reason(tmp_path / "none.log") == f"no log at {tmp_path / 'none.log'}"
    (tmp_path / "quiet.log").write_text('{"event": "killed"}\n"text"\n')
    assert reason(tmp_path / "quiet.log") == f"see {tmp_path / 'quiet.log'}"


class FakeCatalog:
    """Gives one more event each time it is asked, newest first."""

    def __init__(self, events: list[EventRow]) -> None:
        self.events, self.shown = events, 0

    def changes(self, outlet: str, limit: int) -> list[EventRow]:
        self.shown += 1
        return self.events[: self.shown][::-1][:limit]

    def history(self, article: str) -> SimpleNamespace:
        links = [SimpleNamespace(name="000_orchard.txt", relation="contains")] if article == OLD else []
        return SimpleNamespace(links=links)


class FakeStack:
    """A stack that runs: `stops_after` rounds somebody presses Ctrl-C."""

    def __init__(self, folder: Path, stops_after: int = 1000) -> None:
        self.mode = SimpleNamespace(state=folder)
        self.url, self.newsroom_port = "http://127.0.0.1:7480", 7481
        self.airflow, self.left = FakeAirflow(), stops_after
        (folder / "newsroom").mkdir()
        (folder / "newsroom" / "ledger.jsonl").write_text(json.dumps({"kind": "open"}) + "\n" + json.dumps(ACT) + "\n", "utf-8")

    def api(self) -> FakeAirflow:
        return self.airflow

    def logins(self) -> dict[str, str]:
        return {"admin": "secret"}

    def wait(self, timeout: float) -> bool:
        self.left -= 1
        return self.left < 0


def demo(stack: FakeStack, events: list[EventRow], limit: float | None = 60.0, age: float = 0.0) -> Demo:
    return Demo(
        stack,
        FakeCatalog(events),
        lambda: "12 records agree",
        lambda: ["5 leaves"],
        began=time.monotonic() - age,
        limit=limit,
        poll=0,
    )


def test_once_ends_with_0_when_everything_was_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = FakeStack(tmp_path)
    assert demo(stack, EVERYTHING).run() == 0
    said = capsys.readouterr().out
    assert "user admin, password secret" in said
    assert "stack env --mode demo" in said
    assert "newsroom  publishes: \u2068بئر جديدة\u2069" in said
    assert "verified  12 records agree" in said
    assert f"edited    http://127.0.0.1:7480/warraq/article/{OLD}" in said
    assert f"deleted   http://127.0.0.1:7480/warraq/article/{OTHER}" in said
    assert stack.airflow.posts


def test_once_ends_with_a_reason_when_time_is_up(tmp_path: Path) -> None:
    with pytest.raises(TryAgain, match=r"after 60 s still missing: .*a deletion") as caught:
        demo(FakeStack(tmp_path), EVERYTHING[:3], age=61).run()
    assert "a run was just asked for" in caught.value.remedy or "Airflow has not read" in caught.value.remedy


def test_once_ends_at_a_failed_run(tmp_path: Path) -> None:
    stack = FakeStack(tmp_path)
    stack.airflow.failed = [{"dag_run_id": "one", "task_id": "seal", "try_number": 4, "state": "failed"}]
    with pytest.raises(Broken, match="step seal failed in one"):
        demo(stack, EVERYTHING[:2]).run()


def test_what_cannot_be_verified_is_no_success(tmp_path: Path) -> None:
    def damaged() -> str:
        raise Broken("one record was altered")

    broken = demo(FakeStack(tmp_path), EVERYTHING)
    broken.verify = damaged
    with pytest.raises(Broken, match="altered"):
        broken.run()


def test_a_checkpoint_that_openssl_does_not_take_is_no_success(tmp_path: Path) -> None:
    key = SigningKey("warraq/demo", bytes(32))
    text = "warraq/demo\n5\n" + "A" * 43 + "=\n"
    note, verifier = bytes(sign(text, [key])), f"{key.public}\n".encode()
    said = checkpoint.show(note, verifier, tmp_path / "right")
    assert said[0] == f"5 leaves, root {'A' * 43}=, by warraq/demo {key.public.id.hex()}"
    assert said[-1] == "Signature Verified Successfully"
    with pytest.raises(Broken, match="openssl does not take"):
        checkpoint.show(note.replace(b"\n5\n", b"\n6\n"), verifier, tmp_path / "wrong")


def test_without_once_it_goes_on_until_it_is_stopped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stack = FakeStack(tmp_path, stops_after=9)
    events = [
        *EVERYTHING,
        event(OTHER, 5, "returned"),
        event(OLD, 6, "headline", version=3),
        event(OLD, 7, "orthographic", version=4),
    ]
    assert demo(stack, events, limit=None).run() == 0
    said = capsys.readouterr().out
    assert "archive   returned" in said
    assert said.index("verified") < said.index("archive   returned")
    assert len(stack.airflow.posts) < 8  # once the whole cycle was seen, the schedule is enough


def test_a_stop_before_everything_was_shown_is_no_success(tmp_path: Path) -> None:
    assert demo(FakeStack(tmp_path, stops_after=1), EVERYTHING).run() == 130


# The real thing


def processes_of(folder: Path) -> list[str]:
    """Command lines of the processes that were started with `folder` as their state."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"WARRAQ_STATE={folder}".encode() in (entry / "environ").read_bytes().split(b"\0"):
                found.append((entry / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for orphans in /proc")
def test_the_demo_from_nothing_to_its_summary(tmp_path: Path) -> None:
    state = tmp_path / "demo"
    env = {**os.environ, "WARRAQ_DEMO_STATE": str(state), "WARRAQ_DEMO_PORT": str(free_row())}
    command = [sys.executable, "-m", "stack.demo", "--once", "--limit", "420"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "; 0 findings" in done.stdout
    assert (state / "log.key").stat().st_mode & 0o777 == 0o600
    assert "openssl pkeyutl -verify" in done.stdout
    assert "Signature Verified Successfully" in done.stdout
    assert "2 seed files linked" in done.stdout
    for word in ("new ", "edited ", "deleted "):
        assert any(line.startswith(word) and "/warraq/article/" in line for line in done.stdout.splitlines()), word
    assert done.stdout.splitlines()[-1] == "stopped"
    assert processes_of(state) == []
