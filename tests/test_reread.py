"""warraq reread: old captures under new rules, beside what was read before; whole, half, twice, and killed at any put."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from archive import keys, observation, order, rules, snapshot, warc
from archive.address import article_id
from archive.catalog import Catalog
from archive.errors import NOTHING_DUE, Refused
from archive.outlet import Layout, Outlet
from archive.prove.make import Asked, prove
from archive.rereading import Scope
from archive.steps import again, compared
from archive.steps import reread as rereading_step
from archive.steps.compared import report
from archive.steps.extract import extract
from archive.steps.past import Past
from archive.steps.pictured import Pictured
from archive.steps.readers import readers
from archive.steps.rebuild import rebuild
from archive.steps.reread import Wish, reread, waiting
from archive.steps.seal import seal
from archive.steps.workshop import Outcome
from archive.verify import run as verification
from tests.faults.gate import Gate
from tests.servers import Server
from tests.test_unattended import NOW, ROOT, Archive, Memory

AS_IT_WAS = Layout("site", match="//article", body="//article")
BETTER = replace(AS_IT_WAS, drop_lines=(r"رقم الطلب: \d+",))  # a line that says another thing at every request
OUTLET = Outlet("site", "موقع", "https://example.org/", gone_after=0.0, layouts=(AS_IT_WAS,))
NEW = replace(OUTLET, layouts=(BETTER,))
NEWS = "افتتح صباح اليوم سوق القرية أبوابه أمام الزوار بعد غياب طويل دام ثلاثة أعوام كاملة، وحضر الافتتاح جمع من الأهالي."
EDIT = NEWS.replace("ثلاثة", "أربعة")


def page(text: str, request: int = 0) -> str:
    line = f"<p>رقم الطلب: {request}</p>" if request else ""
    return f"<html><head><title>سوق القرية</title></head><body><h1>سوق القرية</h1><article><p>{text}</p>{line}</article></body></html>"


def url(number: int) -> str:
    return f"https://example.org/{number}/"


RUNS = (  # what the site served: 1 never changes, 2 has clutter that changes, 3 is edited, 4 has both
    {url(1): page(NEWS), url(2): page(NEWS, 1), url(3): page(NEWS), url(4): page(NEWS, 1)},
    {url(1): page(NEWS), url(2): page(NEWS, 2), url(3): page(EDIT), url(4): page(NEWS, 2)},
    {url(1): page(NEWS), url(2): page(NEWS, 3), url(3): page(EDIT), url(4): page(EDIT, 3)},
)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    made = Archive(tmp_path / "state")
    for hour, pages in enumerate(RUNS):
        made.read(made.crawled(1 + 2 * hour, pages), OUTLET)
    return made


def run_of(number: int) -> str:
    return keys.run_id(NOW, "test", "reread", str(number))


def again_(archive: Archive, outlet: Outlet = NEW, number: int = 1, **wish: Any) -> Outcome:
    return reread(archive.shop(), outlet, run_of(number), Wish(**wish))


def events(archive: Archive) -> set[tuple[int, tuple[str, ...], str]]:
    rows = archive.shop().catalog.changes(limit=1000)
    return {(int(row.url.split("/")[3]), row.kinds, row.time) for row in rows}


def versions(archive: Archive) -> dict[int, int]:
    return {int(row.url.split("/")[3]): row.versions for row in archive.shop().catalog.articles()}


def texts(archive: Archive) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in sorted(archive.shop().catalog.versions("site"), key=lambda row: (row.url, row.number)):
        found.setdefault(int(row.url.split("/")[3]), []).append(snapshot.load(archive.store.get(row.snapshot))["faithful"])
    return found


def verified(archive: Archive) -> list[Any]:
    report = verification.verify(archive.store, NOW, pause=lambda: None)
    return [*report.findings, *report.information]


def rebuilt(archive: Archive, folder: Path, outlet: Outlet = NEW) -> dict[str, Any]:
    """The tables of a catalog that another machine makes from the bucket."""
    shop = archive.shop()
    shop.__dict__["catalog"] = Catalog(f"sqlite:///{folder}/rebuilt.db")
    shop.catalog.migrate()
    rebuild(shop, {"site": outlet}, lambda *_: None)
    return shop.catalog.tables()


def of(number: int, archive: Archive) -> Any:
    return next(row for row in archive.shop().catalog.articles() if row.url == url(number))


# The whole


def test_clutter_that_made_versions_makes_none_under_better_rules_and_the_report_says_so(archive: Archive) -> None:
    assert versions(archive) == {1: 1, 2: 3, 3: 2, 4: 3}
    before, held = events(archive), dict(archive.store.held)
    done = again_(archive)
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 2}
    assert texts(archive) == {1: [NEWS], 2: [NEWS], 3: [NEWS, EDIT], 4: [NEWS, EDIT]}
    assert events(archive) < before, "no event comes from new rules, three go"
    assert len(before - events(archive)) == 3
    counts = done.data["changes"]["counts"]
    assert {name: counts[name] for name in ("captures", "articles", "read", "equal", "text", "merged", "went")} == {
        "captures": 9,
        "articles": 4,
        "read": 9,
        "equal": 3,
        "text": 6,
        "merged": 3,
        "went": 3,
    }
    assert (counts["versions before"], counts["versions after"], counts.get("came", 0), counts.get("split", 0)) == (9, 6, 0, 0)
    merged = done.data["changes"]["examples"]["merged"][0]["what"]
    assert "[-1-]{+2+}" in merged.replace(" ", "") or "[-2-]{+3+}" in merged.replace(" ", "")
    assert done.data["rate"] > 0
    assert {key: data for key, data in archive.store.held.items() if key in held and key != keys.CHECKPOINT} == {
        key: data for key, data in held.items() if key != keys.CHECKPOINT
    }, "what was there stands, byte for byte"


def test_only_texts_that_are_not_stored_yet_are_stored(archive: Archive) -> None:
    before = set(archive.store.list("snapshots/"))
    again_(archive)
    new = set(archive.store.list("snapshots/")) - before
    articles = sorted(snapshot.load(archive.store.get(key))["url"] for key in new)
    assert articles == [url(2), url(4), url(4)]


def test_it_is_in_the_log_verified_and_the_same_in_every_catalog(archive: Archive, tmp_path: Path) -> None:
    again_(archive)
    assert verified(archive) == []
    assert rebuilt(archive, tmp_path) == archive.shop().catalog.tables()
    found = [key for key in archive.store.list("warc/") if run_of(1) in key]
    assert len(found) == 1
    stem = keys.parse_stem(found[0])
    assert {stem.observations, stem.cdxj} <= archive.store.held.keys()
    lines = observation.load(archive.store.get(stem.observations))
    assert all(line.reread and line.run == run_of(1) and line.warc != stem.warc for line in lines)
    assert archive.store.get(stem.cdxj) == b"", "no capture of its own"


def test_what_was_read_again_can_be_proven(archive: Archive, tmp_path: Path) -> None:
    """The snapshots of both versions are new ones, in the log with the order's file."""
    again_(archive)
    done = prove(archive.shop(), of(4, archive).article, Asked(between=("1", "2")), tmp_path / "evidence.zip")
    assert "versions 1 to 2, 3 captures, 2 snapshots" in done.line
    assert (tmp_path / "evidence.zip").is_file()


def test_again_it_has_nothing_to_do(archive: Archive) -> None:
    again_(archive)
    held = dict(archive.store.held)
    done = again_(archive, number=2)
    assert (done.nothing_due, archive.store.held) == (True, held)
    assert waiting(archive.shop(), NEW, Wish()) == 0


def test_a_dry_run_says_the_same_and_writes_nothing(archive: Archive) -> None:
    held, tables = dict(archive.store.held), archive.shop().catalog.tables()
    told = again_(archive, dry=True)
    assert (archive.store.held, archive.shop().catalog.tables()) == (held, tables)
    real = again_(archive)
    mine, its = (one.data["changes"] for one in (told, real))
    assert its["counts"].pop("snapshots") == 3
    assert mine == its
    assert "nothing written" in told.line


def test_the_report_is_told_again_from_the_bucket(archive: Archive) -> None:
    done = again_(archive)
    told = compared.report(archive.shop(), NEW, run_of(1))
    real = done.data["changes"]
    del real["counts"]["snapshots"]
    assert told.data["changes"]["counts"] == {
        name: n for name, n in real["counts"].items() if n or name in told.data["changes"]["counts"]
    }
    assert told.data["changes"]["examples"] == real["examples"]
    assert compared.report(archive.shop(), NEW, run_of(5)).nothing_due


def test_a_new_reader_that_reads_the_same_changes_nothing(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    before = events(archive), versions(archive), set(archive.store.list("snapshots/"))
    monkeypatch.setattr(rules, "READER", "99")
    done = again_(archive, OUTLET)
    assert done.data["changes"]["counts"]["equal"] == 9
    assert (events(archive), versions(archive), set(archive.store.list("snapshots/"))) == before


# Half of it


def test_no_order_in_which_captures_are_read_again_makes_an_event(archive: Archive) -> None:
    """After each single capture, history is one that the old or the new rules tell; in the end it is that of the new."""
    before = events(archive)
    for number in range(9):
        done = again_(archive, number=number, limit=1)
        assert done.data["changes"]["counts"]["captures"] == 1
        assert events(archive) <= before
    assert again_(archive, number=9).nothing_due
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 2}


def test_newest_first_makes_none_either(archive: Archive) -> None:
    before = events(archive)
    for number, hour in enumerate((5, 3, 1)):
        again_(archive, number=number, scope=Scope(since=f"2026-11-21T0{hour}:00:00.000000Z"))
        assert events(archive) <= before
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 2}


def test_captures_that_come_between_are_compared_under_the_new_rules(archive: Archive, tmp_path: Path) -> None:
    again_(archive, limit=4)
    archive.read(archive.crawled(7, {url(2): page(NEWS, 4), url(4): page(NEWS, 4)}), NEW)
    again_(archive, NEW, 2)
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 3}
    assert rebuilt(archive, tmp_path) == archive.shop().catalog.tables()


def test_two_at_once_do_no_harm(archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one reads all of it while the first one does: both put it, and history is told once."""
    honest = again.read
    other: list[Outcome] = []

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(again, "read", honest)
        other.append(again_(archive, number=2))
        return honest(*args)

    monkeypatch.setattr(again, "read", meanwhile)
    again_(archive, number=1)
    assert other[0].data["changes"]["counts"]["read"] == 9
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 2}
    assert (verified(archive), again_(archive, number=3).nothing_due) == ([], True)
    assert rebuilt(archive, tmp_path) == archive.shop().catalog.tables()


def test_parts_share_the_articles_and_leave_none(archive: Archive) -> None:
    captures = 0
    for part in (1, 2, 3):
        done = again_(archive, number=1, part=part, parts=3)
        captures += done.data.get("changes", {}).get("counts", {}).get("captures", 0)
    assert (captures, again_(archive, number=2).nothing_due) == (9, True)
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 2}
    assert verified(archive) == []


# What is meant


def test_rules_layout_and_article_narrow_it(archive: Archive) -> None:
    old = rules.rules_id(AS_IT_WAS)
    shop = archive.shop()
    assert waiting(shop, NEW, Wish(Scope(rules=old))) == waiting(shop, NEW, Wish(Scope(layout="site"))) == 9
    assert waiting(shop, NEW, Wish(Scope(rules="0" * 12))) == waiting(shop, NEW, Wish(Scope(layout="other"))) == 0
    again_(archive, scope=Scope(article=of(2, archive).article))
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 3}


def test_without_a_key_to_sign_nothing_is_read(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    (archive.folder / "log.key").unlink()
    monkeypatch.setattr(again, "read", lambda *_: pytest.fail("it was read"))
    with pytest.raises(Refused):
        again_(archive)


def test_a_damaged_capture_is_told_and_stops_no_other(archive: Archive) -> None:
    (line,) = [
        one
        for key in archive.store.list("observations/")
        for one in observation.load(archive.store.get(key))
        if one.url == url(3) and one.time.startswith("2026-11-21T03")
    ]
    whole = archive.store.held[line.warc]
    archive.store.held[line.warc] = whole[: line.offset + 40] + b"\0" * 40 + whole[line.offset + 80 :]
    done = again_(archive)
    assert (done.data["changes"]["counts"]["lost"], done.data["changes"]["counts"]["read"]) == (1, 8)
    assert any("warraq verify" in said for said in archive.said)


def test_what_no_layout_fits_is_named(archive: Archive) -> None:
    done = again_(archive, replace(NEW, layouts=(replace(BETTER, match="//section"),)), dry=True)
    assert done.data["changes"]["counts"]["unreadable"] == 9
    assert len(done.data["changes"]["examples"]["unreadable"]) == 5


def test_an_order_about_captures_that_are_not_in_the_log_is_not_followed(archive: Archive) -> None:
    run = archive.crawled(9, {url(5): page(NEWS)})
    (key,) = [key for key in archive.store.list("warc/") if run in key]
    (one,) = warc.captures(archive.store.get(key))
    shop = archive.shop()
    with readers(shop, NEW) as read:
        past = Past(shop, NEW, read, Pictured(shop, NEW, ()))
        wanted = [order.Wanted(key, one.offset, one.length, article_id(url(5)))]
        assert past.ordered(wanted, run) == []
        archive.read(run, NEW)
        assert [found.observation.url for found in past.ordered(wanted, run)] == [url(5)]


# A new theme

BESIDE = "".join(f"<li>وقال شاهد في خبر آخر رقم {n} إن الحركة عادت إلى الطريق العام.</li>" for n in range(9))


def themed(text: str) -> str:
    head = (
        '<html class="modern"><head><title>سوق القرية</title></head><body class="two wide"><header><h1>سوق القرية</h1></header>'
    )
    return f"{head}<main><section id='s'><p>{text}</p></section><ul class='beside'>{BESIDE}</ul></main></body></html>"


@pytest.mark.parametrize("match", ["//article", ""], ids=["unread", "in doubt"])
def test_a_second_layout_after_a_new_theme_repairs_all(tmp_path: Path, match: str) -> None:
    """No event while nobody can read the new pages, or only badly; the right ones, an edit among them, once somebody can."""
    made = Archive(tmp_path / "state")
    first = replace(AS_IT_WAS, match=match)
    outlet = replace(OUTLET, layouts=(first,))
    pages = {url(n): f"{NEWS} الخبر رقم {n}." for n in range(1, 8)}
    made.read(made.crawled(1, {one: page(text) for one, text in pages.items()}), outlet)
    made.read(made.crawled(3, {one: themed(text) for one, text in pages.items()}), outlet)
    made.read(made.crawled(5, {one: themed(text) for one, text in (pages | {url(1): EDIT}).items()}), outlet)
    right = [(1, ("body",)), *((n, ("new",)) for n in range(1, 8))]
    assert {one[:2] for one in events(made)} <= set(right)
    second = Layout("second", since=NOW.replace(day=21, hour=2), match="//section[@id='s']", body="//section[@id='s']")
    both = replace(outlet, layouts=(first, second))
    told = [(one.time, one.article, one.kinds) for one in made.shop().catalog.events()]
    done = again_(made, both)
    assert done.data["changes"]["counts"]["captures"] == 8
    now = [(one.time, one.article, one.kinds) for one in made.shop().catalog.events()]
    counts = report(made.shop(), both, done.data["run"]).data["changes"]["counts"]
    for of in (counts, done.data["changes"]["counts"]):
        found = [of.get(name, 0) for name in ("came", "went", "versions before", "versions after")]
        assert found == [len(set(now) - set(told)), len(set(told) - set(now)), len(told), len(now)], "as the catalog has it"
    assert again_(made, both, 2).nothing_due
    assert sorted(one[:2] for one in events(made)) == right
    assert {number: found[-1] for number, found in texts(made).items()} == {n: pages[url(n)] for n in range(2, 8)} | {1: EDIT}
    assert made.shop().catalog.unread("site") == []
    assert verified(made) == []


# Killed


class Dies(Memory):
    """A store whose process dies at its n-th put: before it, or after it was stored."""

    def __init__(self, held: dict[str, bytes], at: int, *, after: bool) -> None:
        super().__init__()
        self.held, self.left, self.after = held, at, after

    def _strike(self, *, stored: bool) -> None:
        if self.left == 0 and stored == self.after:
            raise KeyboardInterrupt

    def put(self, key: str, data: bytes) -> bool:
        self.left -= 1
        self._strike(stored=False)
        done = super().put(key, data)
        self._strike(stored=True)
        return done

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        self.left -= 1
        self._strike(stored=False)
        done = super().publish(checkpoint, tag)
        self._strike(stored=True)
        return done


@dataclass
class Copy:
    """The archive as it was, to be killed again and again."""

    archive: Archive
    folder: Path

    def fresh(self, number: int) -> Archive:
        made = Archive.__new__(Archive)
        made.__dict__ |= self.archive.__dict__
        made.folder, made.said, made.store = self.folder / str(number), [], Memory()
        made.store.held = dict(self.archive.store.held)
        shutil.copytree(self.archive.folder, made.folder)
        return made


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.long)])
def test_killed_in_any_gap_between_two_puts_and_run_again_it_is_whole(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    monkeypatch.setattr(rereading_step, "CAPTURES", 5)  # two orders
    copies, kills, before = Copy(archive, tmp_path / "copies"), 0, events(archive)
    (tmp_path / "copies").mkdir()
    for number in range(0, 200, every):
        at, after = 1 + number // 2, bool(number % 2)
        made = copies.fresh(number)
        shop = made.shop()
        shop.__dict__["store"] = Dies(made.store.held, at, after=after)
        try:
            reread(shop, NEW, run_of(1), Wish())
            break  # it has not so many puts
        except KeyboardInterrupt:
            kills += 1
        assert verification.verify(made.store, NOW, pause=lambda: None).findings == []
        assert events(made) <= before
        if number % 4 < 2:  # its own retry, or the next run of the outlet and then another one
            again_(made, number=1, attempt=2)
        else:
            extract(made.shop(), NEW, run_of(3))
            seal(made.shop(), NEW, run_of(3))
            again_(made, number=2)
        assert versions(made) == {1: 1, 2: 1, 3: 2, 4: 2}, (at, after)
        assert verified(made) == []
        shutil.rmtree(made.folder)
    assert kills >= 40 // every


@pytest.fixture
def stored(
    weed: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: Archive
) -> Iterator[tuple[Gate, dict[str, str]]]:
    """The same archive in a real store behind a gate, and what a command needs."""
    import boto3

    gate, prefix = Gate(weed.endpoint), f"{tmp_path.name}-{os.getpid()}"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("WARRAQ_", "AWS_"))}
    env |= weed.environment() | {
        "WARRAQ_STATE": str(archive.folder),
        "WARRAQ_BUCKET": f"s3://shared/{prefix}",
        "WARRAQ_OUTLETS": str(tmp_path / "outlets"),
        "WARRAQ_SEEDS_LOCK": str(tmp_path / "none"),
        "WARRAQ_READERS": "1",
        "PYTHONDONTWRITEBYTECODE": "",
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", region_name="us-east-1")
    if "shared" not in (one["Name"] for one in client.list_buckets()["Buckets"]):
        client.create_bucket(Bucket="shared")
    for key, data in archive.store.held.items():
        client.put_object(Bucket="shared", Key=f"{prefix}/{key}", Body=data)
    (tmp_path / "outlets").mkdir()
    head = 'name = "site"\ntitle = "موقع"\nurl = "https://example.org/"\ngone_after = 0.0\n[[layouts]]\nname = "site"\n'
    rest = 'match = "//article"\nbody = "//article"\ndrop_lines = [\'رقم الطلب: \\d+\']\n'
    (tmp_path / "outlets" / "site.toml").write_text(head + rest, "utf-8")
    yield gate, env
    gate.server.shutdown()
    gate.server.server_close()


def test_a_process_that_is_killed_with_9_again_and_again_leaves_what_the_next_one_finishes(
    stored: tuple[Gate, dict[str, str]], archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, env = stored
    command = [sys.executable, "-c", "from archive.cli import main; main()", "reread", "--outlet", "site"]
    for at in (3, 6):  # among the snapshots; in the log
        process = subprocess.Popen(command, env={**env, "AWS_ENDPOINT_URL_S3": gate.endpoint}, cwd=ROOT, start_new_session=True)
        gate.arm(at, True, lambda process=process: os.killpg(process.pid, signal.SIGKILL))
        assert process.wait(timeout=60) == -signal.SIGKILL
    call(monkeypatch, "reread", "--outlet", "site", may_skip=True)
    assert versions(archive) == {1: 1, 2: 1, 3: 2, 4: 2}
    assert call(monkeypatch, "reread", "--count", may_skip=True) == "reread: 0 captures wait: none\n"


def call(monkeypatch: pytest.MonkeyPatch, *words: str, may_skip: bool = False) -> str:
    """What the command prints, in this process, at its own pace."""
    from typer.testing import CliRunner

    from archive.cli import commands

    monkeypatch.setattr(os, "nice", lambda _: 0)
    done = CliRunner().invoke(commands(), list(words), catch_exceptions=False)
    assert done.exit_code in ((0, NOTHING_DUE) if may_skip else (0,)), done.output
    return done.stdout


def test_the_command_says_what_it_did_and_readings_lists_what_each_was_read_as(
    stored: tuple[Gate, dict[str, str]], archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    warraq = partial(call, monkeypatch)
    assert warraq("reread", "--count") == "reread: 9 captures wait: site=1\n"
    said = warraq("reread", "--dry-run").splitlines()
    assert "nothing written" in said[-1]
    assert "a CPU second" in said[-1]
    assert any(line.startswith("  events that went: https://example.org/") for line in said)
    done = orjson.loads(warraq("reread", "--outlet", "site", "--until", "2026-11-22", "--json"))
    assert done["changes"]["counts"]["merged"] == 3
    assert warraq("reread", "--report", "--run", done["run"], "--outlet", "site").endswith(f"read again in {done['run']}\n")
    rows = orjson.loads(warraq("readings", of(2, archive).article, "--json"))
    assert [row["reread"] for row in rows].count(True) == 3
    assert len({row["body"] for row in rows if row["reread"]}) == 1
    assert "read again in" in warraq("readings", of(2, archive).article)
