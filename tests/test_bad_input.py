"""What is wrong from outside ends in one clear line that names the thing and the remedy, and leaves the archive as it was."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from archive.errors import Refused
from archive.steps import clock
from archive.steps.workshop import utc_now
from tests.servers import Relay, Server
from tests.wadi import ROOT, WARRAQ, Wadi, seed_folder, wadi

Done = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def at(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    """An archive that holds one run."""
    with wadi(weed, tmp_path_factory.mktemp("bad"), articles=3) as made:
        made.run()
        yield made


@pytest.fixture(scope="module", autouse=True)
def mute(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wadi, Future[Done]]]:
    """An archive of a site that stops answering after the first run; the second one is patient, so it is in the background."""
    with wadi(weed, tmp_path_factory.mktemp("mute"), articles=3) as made, ThreadPoolExecutor(1) as pool:

        def twice() -> Done:
            assert made.warraq("run", "wadi").returncode == 0
            made.site.mute = True
            return made.warraq("run", "wadi")

        yield made, pool.submit(twice)


def one_line(done: Done, status: int, *words: str) -> None:
    assert done.returncode == status, done.stderr
    said = done.stderr.splitlines()
    assert len(said) == 1, done.stderr
    assert said[0].startswith("warraq: ")
    assert " — " in said[0], "no remedy"
    for word in words:
        assert word in said[0]
    assert "Traceback" not in done.stdout


@contextmanager
def unchanged(at: Wadi, *, but: str = "nothing/") -> Iterator[None]:
    """The bucket's listing, ETags included, is the same afterwards; keys that begin with `but` may be new."""
    before = at.held()
    assert any(key.startswith("warc/") for key in before)
    yield
    assert {key: tag for key, tag in at.held().items() if key in before or not key.startswith(but)} == before


STORE = {
    "wrong secret": ("run wadi", {"AWS_SECRET_ACCESS_KEY": "falsch"}, 78, ("refuses the key", "AWS_SECRET_ACCESS_KEY")),
    "wrong key": ("verify", {"AWS_ACCESS_KEY_ID": "nobody"}, 78, ("refuses the key", "AWS_ACCESS_KEY_ID")),
    "no key": ("seal --all", {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 78, ("no complete credentials",)),
    "missing bucket": ("run wadi", {"WARRAQ_BUCKET": "s3://not-there"}, 78, ("not-there", "WARRAQ_BUCKET")),
    "an empty prefix": ("rebuild", {"WARRAQ_BUCKET": "s3://shared/nothing-here"}, 78, ("holds no archive", "doctor --create")),
    "no bucket's name": ("run wadi", {"WARRAQ_BUCKET": "gs://x"}, 78, ("WARRAQ_BUCKET=gs://x", "s3://name")),
    "unreachable": ("run wadi", {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9"}, 75, ("127.0.0.1:9", "AWS_ENDPOINT_URL_S3")),
    "no endpoint": ("run wadi", {"AWS_ENDPOINT_URL_S3": "127.0.0.1"}, 78, ("127.0.0.1", "AWS_ENDPOINT_URL_S3")),
    "a real archive as a sandbox": ("run wadi", {"WARRAQ_SANDBOX": "1"}, 78, ("real records", "bucket of its own")),
}


@pytest.mark.parametrize(("command", "env", "status", "words"), STORE.values(), ids=STORE.keys())
def test_store(at: Wadi, command: str, env: dict[str, str], status: int, words: tuple[str, ...]) -> None:
    with unchanged(at):
        one_line(at.call(*command.split(), env=env), status, *words)


SETTINGS = {
    "state that is no folder": ("run wadi", {"WARRAQ_STATE": "/dev/null"}, ("/dev/null", "WARRAQ_STATE")),
    "catalog in no folder": ("ls", {"WARRAQ_CATALOG": "sqlite:////dev/null/catalog.db"}, ("/dev/null", "WARRAQ_CATALOG")),
    "catalog that is no address": ("ls", {"WARRAQ_CATALOG": "catalog.db"}, ("WARRAQ_CATALOG", "sqlite:///PATH")),
    "no outlets": ("run", {"WARRAQ_OUTLETS": "/nowhere"}, ("/nowhere", "WARRAQ_OUTLETS")),
    "unknown outlet": ("run wady", {}, ("wady", "known: wadi")),
}


@pytest.mark.parametrize(("command", "env", "words"), SETTINGS.values(), ids=SETTINGS.keys())
def test_settings(at: Wadi, command: str, env: dict[str, str], words: tuple[str, ...]) -> None:
    with unchanged(at):
        one_line(at.call(*command.split(), env=env), 78, *words)


def test_a_catalog_that_is_no_database(at: Wadi, tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_text("هذا ليس قاعدة بيانات\n" * 99, "utf-8")
    with unchanged(at):
        done = at.call("run", "wadi", env={"WARRAQ_CATALOG": f"sqlite:///{tmp_path}/catalog.db"})
        one_line(done, 65, "catalog.db", "warraq rebuild")


OUTLETS = {
    "cut off": ('name = "wadi"\ntitle = "أخبار', ("wadi.toml: cannot be read", "outlets/README.md")),
    "not UTF-8": ('name = "wadi"\ntitle = "أخبار"'.encode("cp1256"), ("wadi.toml: cannot be read", "outlets/README.md")),
    "a wrong key": ('name = "wadi"\ndealy = 5\n', ("wadi.toml", "'dealy'", "'delay'")),
    "a spider that is none": (
        'name = "wadi"\ntitle = "و"\nurl = "http://127.0.0.1:9/"\nspider = "drupal"\n',
        ("'drupal'", "wordpress"),
    ),
}


@pytest.mark.parametrize(("text", "words"), OUTLETS.values(), ids=OUTLETS.keys())
def test_outlet_file(at: Wadi, tmp_path: Path, text: str | bytes, words: tuple[str, ...]) -> None:
    (tmp_path / "wadi.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with unchanged(at, but="plans/"):
        one_line(at.call("run", "wadi", env={"WARRAQ_OUTLETS": str(tmp_path)}), 78, *words)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: [path.unlink() for path in folder.iterdir()], ("no seed file", "give the folder")),
        (lambda folder: (folder / "001.txt").write_text("نص تغير", "utf-8"), ("001.txt", "not the file of seeds.lock")),
        (lambda folder: (folder / "002.txt").unlink(), ("002.txt is missing", "nothing was stored")),
        (lambda folder: (folder / "003.txt").write_text("زائد", "utf-8"), ("003.txt is not in seeds.lock", "remove it")),
        (lambda folder: folder.rename(folder.with_name("away")), ("seeds", "give the folder")),
    ],
    ids=["empty", "altered", "one missing", "one too many", "no folder"],
)
def test_seed_folder(at: Wadi, tmp_path: Path, change, words: tuple[str, ...]) -> None:
    made = Wadi(at.site, at.url, tmp_path, {**at.env, "WARRAQ_SEEDS_LOCK": str(tmp_path / "seeds.lock")})
    folder = seed_folder(made, {"001.txt": "نص أول من الوادي.", "002.txt": "نص ثان من الوادي."})
    change(folder)
    with unchanged(at):
        one_line(made.call("seeds", "add", str(folder)), 78, *words)


def test_a_seed_file_that_was_altered_in_the_bucket_stops_reading_and_not_capturing(at: Wadi, tmp_path: Path) -> None:
    made = Wadi(at.site, at.url, tmp_path, {**at.env, "WARRAQ_SEEDS_LOCK": str(tmp_path / "seeds.lock")})
    folder = seed_folder(made, {"001.txt": "نص أول من الوادي."})
    assert made.call("seeds", "add", str(folder)).returncode == 0
    key = next(key for key in at.held() if key.startswith("seeds/") and key.endswith("001.txt"))
    kept = at.client.get_object(**at.place(key))["Body"].read()
    at.client.put_object(**at.place(key), Body="نص آخر".encode())
    try:
        done = made.call("run", "wadi")
        one_line(done, 78, "001.txt", "altered", "warraq verify")
        assert "1 WARC uploaded" in done.stdout
    finally:
        at.client.put_object(**at.place(key), Body=kept)
    assert made.call("seal", "--all").returncode == 0
    assert at.verified().findings == []


@pytest.mark.parametrize("seconds", [-45, 45])
def test_clock(at: Wadi, seconds: int) -> None:
    with Relay(at.env["AWS_ENDPOINT_URL_S3"]) as relay, unchanged(at):
        relay.date = format_datetime(utc_now() - timedelta(seconds=seconds), usegmt=True)
        done = at.call("run", "wadi", env={"AWS_ENDPOINT_URL_S3": relay.endpoint})
        one_line(done, 78, "clock", f"{'+' if seconds > 0 else '-'}4", "set the clock")


def test_a_clock_that_goes_wrong_between_two_steps_is_refused_and_a_little_off_is_a_warning(at: Wadi) -> None:
    shop = at.shop()
    shop.clock = lambda: utc_now() + timedelta(seconds=40)  # the storage tells whole seconds, and not at once
    with unchanged(at), pytest.raises(Refused, match="off the storage's"):
        clock.offset(shop)
    shop.clock = lambda: utc_now() + timedelta(seconds=10)
    assert clock.offset(shop) == pytest.approx(10, abs=1)
    assert "check NTP" in at.said[-1]


# a full disk


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 KiB."""
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted by root only; the test with a limit on files runs")
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "none", folder], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount here")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)  # SQLite's file may be open in this process


def test_a_disk_that_fills_up_while_crawling_and_the_run_after_it_was_freed(at: Wadi, small: Path) -> None:
    state = small / "state"
    env = {
        "WARRAQ_STATE": str(state),
        "WARRAQ_CATALOG": f"sqlite:///{small.parent}/catalog.db",
        "WARRAQ_LOG_KEY_FILE": str(at.settings.log_key_file),
    }
    for number in range(4, 40):
        at.site.publish(number)
    with unchanged(at, but="plans/"):
        done = at.call("run", "wadi", "--walk", env=env)
        one_line(done, 78, str(state / "spool"), "No space left", "free space or set WARRAQ_STATE")
    held = [path.name for path in (state / "spool" / "wadi").iterdir()]
    assert len(held) == 1
    subprocess.run(["mount", "-o", "remount,size=10m", small], check=True)
    done = at.call("run", "wadi", env=env)
    assert done.returncode == 0, done.stderr
    assert "1 left by an earlier worker" in done.stdout
    assert list((state / "spool" / "wadi").iterdir()) == []
    assert at.verified().findings == []


@pytest.mark.parametrize("catalog", ["", "elsewhere"])
def test_a_disk_that_is_full_already(at: Wadi, small: Path, catalog: str) -> None:
    env = {"WARRAQ_STATE": str(small / "state")}
    if catalog:
        (small / "ballast").write_bytes(b"x" * 24 * 1024)
        env["WARRAQ_CATALOG"] = f"sqlite:///{small.parent}/catalog.db"
    with unchanged(at):
        done = at.call("run", "wadi", env=env)
        one_line(done, 78, str(small), "free")


def test_files_that_may_not_grow(at: Wadi, tmp_path: Path) -> None:
    """The same without a disk of its own: no file may have more than 8 KiB (RLIMIT_FSIZE)."""
    state = tmp_path / "state"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    command = [sys.executable, "-B", *WARRAQ[1:], "crawl", "wadi", "--run", at.run_steps("plan")["plan"].data["run"]]
    env = {**at.env, "WARRAQ_STATE": str(state), "WARRAQ_CATALOG": at.settings.catalog, "PYTHONDONTWRITEBYTECODE": "1"}
    with unchanged(at):
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=limit, timeout=120
        )
        one_line(done, 78, "free")


# a site that answers nothing: nobody's fault here, so the run is green and the state says since when


def test_a_site_that_answers_nothing(mute: tuple[Wadi, Future[Done]]) -> None:
    at, second = mute
    done = second.result(timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing readable since" in done.stdout.splitlines()[-1]
    row = next(row for row in at.shop().catalog.outlets() if row.outlet == "wadi")
    assert row.failing_since
    status = at.call("status")
    assert status.returncode == 0
    assert f"nothing readable since {row.failing_since}" in status.stdout
    assert {(article.state, article.versions) for article in at.shop().catalog.articles()} == {("live", 1)}
    assert at.verified().findings == []
