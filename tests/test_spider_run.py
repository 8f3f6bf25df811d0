"""`python -m spiders.run` as the crawl step starts it: plan in, WARCs in the bucket, report and result out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive import plan as plans
from archive import warc
from archive.plan import Plan
from archive.records import digest
from archive.s3 import S3Store
from archive.settings import Settings
from tests.site import Post, Reply, WordPress, serving
from tests.spider_process import ROOT, RUN

DAY = "2026/11/22"


@pytest.fixture
def site() -> Iterator[WordPress]:
    posts = [Post(n, f"سوق القرية في يومه {n}", f"2019-03-{n % 28 + 1:02d}T10:00:00") for n in range(1, 31)]
    with serving(WordPress(posts)) as one:
        yield one


def start(folder: Path, settings: Settings, url: str, text: str = "", *more: str, limit: int = 0) -> subprocess.Popen[str]:
    outlet = folder / "site.toml"
    lines = f'name = "site"\ntitle = "موقع"\nurl = "{url}"\nprivate = true\n'
    outlet.write_text(lines + (text or "delay = 0\n"), "utf-8")
    (folder / "plan").write_bytes(plans.dump(Plan(RUN, "site", walk=True)))
    env = {
        **os.environ,
        "WARRAQ_STATE": str(settings.state),
        "WARRAQ_BUCKET": settings.bucket,
        "WARRAQ_CONTACT": "mailto:t@example.org",
    }
    command = [
        sys.executable,
        "-m",
        "spiders.run",
        "--plan",
        str(folder / "plan"),
        "--outlet-file",
        str(outlet),
        "--attempt",
        "2",
    ]
    command += ["--result", str(folder / "result"), *more]
    if limit:  # bytes a file may have
        small = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); os.execv(sys.argv[1], sys.argv[1:])"
        command = [sys.executable, "-c", small, *command]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def run(folder: Path, settings: Settings, url: str, text: str = "", *more: str) -> tuple[int, str]:
    process = start(folder, settings, url, text, *more)
    said, _ = process.communicate(timeout=180)
    return process.returncode, said


def captured(store: S3Store) -> list[Any]:
    return [one for key in sorted(store.list("warc/")) for one in warc.captures(store.get(key))]


def test_everything_asked_is_in_the_bucket_and_the_spool_is_empty(
    tmp_path: Path, settings: Settings, store: S3Store, site: WordPress
) -> None:
    (tmp_path / "known").write_text("0" * 32, "ascii")
    status, said = run(tmp_path, settings, site.url, "", "--known", str(tmp_path / "known"), "--clock-offset", "0.4")
    assert status == 0, said
    result = json.loads((tmp_path / "result").read_text("utf-8"))
    assert result["uploaded"] == sorted(store.list("warc/"))
    assert all(key.startswith(f"warc/site/{DAY}/{RUN}.2-") for key in result["uploaded"])
    assert list((settings.state / "spool" / "site").iterdir()) == []
    captures = captured(store)
    assert len(captures) == result["report"]["asked"] == len(site.asked)
    assert {one.url for one in captures if one.note.role == "article"} == {site.url + post.path[1:] for post in site.posts}
    reports = [one.report for key in store.list("warc/") for one in warc.run_reports(store.get(key))]
    assert reports == [result["report"]]
    assert (reports[0]["run"], reports[0]["attempt"], reports[0]["walk"]["complete"]) == (RUN, 2, True)
    assert "mailto:t@example.org" in site.agents.pop()


def test_each_file_says_at_its_head_which_code_fetched_it_for_which_run(
    tmp_path: Path, settings: Settings, store: S3Store, site: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of_airflow = {"DAG_ID": "warraq_site", "DAG_RUN_ID": "scheduled__2026-11-22T01:12:00+00:00", "TRY_NUMBER": "2"}
    for name, value in {
        **{f"AIRFLOW_CTX_{name}": value for name, value in run_of_airflow.items()},
        "WARRAQ_DEPLOYMENT": "north",
    }.items():
        monkeypatch.setenv(name, value)
    status, said = run(tmp_path, settings, site.url, "", "--clock-offset", "0.4")
    assert status == 0, said
    [key] = store.list("warc/")
    told = warc.info(store.get(key))
    agent = site.agents.pop()
    assert {
        name: value for name, value in told.items() if name not in ("software", "code", "code-changed", "lock", "conformsTo")
    } == {
        "operator": "mailto:t@example.org",
        "http-header-user-agent": agent,
        "robots": "RFC 9309",
        "deployment": "north",
        "airflow-dag": "warraq_site",
        "airflow-run": "scheduled__2026-11-22T01:12:00+00:00",
        "airflow-try": "2",
        "clock-offset": "+0.4",
        "format": "WARC File Format 1.1",
        "outlet": "site",
        "run": RUN,
        "attempt": "2",
        "seq": "1",
    }
    assert told["lock"] == digest((ROOT / "requirements.txt").read_bytes())
    assert told["code"] == "unknown" or len(told["code"]) == 40
    requests = [record for record in warc.records(store.get(key)) if record.kind == "request"]
    assert requests
    assert all(f"User-Agent: {agent}\r\n".encode() in record.block for record in requests)


def test_the_rest_can_be_left_to_the_caller(tmp_path: Path, settings: Settings, store: S3Store, site: WordPress) -> None:
    status, said = run(tmp_path, settings, site.url, "", "--leave-rest")
    assert status == 0, said
    assert list(store.list("warc/")) == []
    assert len(list((settings.state / "spool" / "site").glob("*.warc.gz"))) == 1


def test_without_the_store_nothing_is_lost_and_the_status_says_try_again(
    tmp_path: Path, settings: Settings, site: WordPress, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    status, said = run(tmp_path, settings, site.url)
    assert status == 75, said
    assert "Traceback" not in said
    assert len(list((settings.state / "spool" / "site").glob("*.warc.gz"))) == 1


def test_a_signal_ends_the_run_in_order(tmp_path: Path, settings: Settings, store: S3Store, site: WordPress) -> None:
    process = start(tmp_path, settings, site.url, "delay = 0.2\n")
    while len(site.asked) < 5:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 75, said
    captures = captured(store)
    assert len(captures) == len(site.asked) < 20
    assert list((settings.state / "spool" / "site").iterdir()) == []


def test_a_disk_that_fills_up_ends_the_run_in_one_line(tmp_path: Path, settings: Settings, site: WordPress) -> None:
    site.routes["/khabar-27/"] = Reply(200, os.urandom(300_000))

    process = start(tmp_path, settings, site.url, "", limit=200_000)
    said, _ = process.communicate(timeout=180)
    assert process.returncode == 78, said
    assert "cannot be written" in said
    assert "Traceback" not in said
    assert len(site.asked) < 30
    left = list((settings.state / "spool" / "site").glob("*.warc.gz"))
    assert len(left) == 1
    assert not warc.check(left[0].read_bytes()).findings


def test_a_spool_that_cannot_be_made_is_one_line_before_anything_is_asked(
    tmp_path: Path, settings: Settings, site: WordPress
) -> None:
    settings.spool.mkdir(parents=True)
    (settings.spool / "site").write_text("a file where the folder should be", "ascii")
    status, said = run(tmp_path, settings, site.url)
    assert status == 78, said
    assert site.asked == []
    assert said.strip().count("\n") == 0


@pytest.mark.parametrize(("text", "word"), [("dealy = 1\n", "delay"), ("spider = 'drupal'\n", "wordpress")])
def test_what_cannot_be_used_is_named(tmp_path: Path, settings: Settings, text: str, word: str) -> None:
    status, said = run(tmp_path, settings, "http://127.0.0.1:9/", text)
    assert status == 78, said
    assert word in said
    assert "Traceback" not in said


def test_a_page_that_is_too_large_is_cut_recorded_and_counted(
    tmp_path: Path, settings: Settings, store: S3Store, site: WordPress
) -> None:
    site.routes["/khabar-1/"] = Reply(200, b"x" * (17 * 1024 * 1024))
    status, said = run(tmp_path, settings, site.url)
    assert status == 0, said
    report = json.loads((tmp_path / "result").read_text("utf-8"))["report"]
    assert report["failures"] == {"too-large": 1}
    assert len(site.times("/khabar-1/")) == 1
    assert report["asked"] == sum(report["outcomes"].values())
