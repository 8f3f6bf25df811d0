"""The five steps against a site on loopback: whole runs, runs again, what a dead worker left, verify and rebuild.

One archive goes through a story, run by run; the tests look at what each run said and at what is in the bucket then.
"""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from archive import observation, warc
from archive import outlet as outlets
from archive.acts import Act
from archive.catalog import Catalog
from archive.steps import seeds
from archive.steps.rebuild import rebuild
from archive.steps.workshop import Outcome
from archive.verify import Finding
from tests.servers import Server
from tests.wadi import ROOT, WARRAQ, Wadi, new_run, seed_folder, wadi

LAYOUT = """
[[layouts]]
name = "wadi"
match = "//div[contains(@class, 'entry-content')]"
body = "//div[contains(@class, 'entry-content')]"
"""


@dataclass
class Story:
    """What happened to one archive, in its order."""

    at: Wadi
    cli: subprocess.CompletedProcess[str]
    runs: dict[str, dict[str, Outcome]] = field(default_factory=dict)
    events: dict[str, list[tuple[int, tuple[str, ...]]]] = field(default_factory=dict)  # (article's number, kinds)

    def tell(self, name: str) -> None:
        before = len(events(self.at))
        self.runs[name] = self.at.run()
        self.events[name] = events(self.at)[before:]


def events(at: Wadi) -> list[tuple[int, tuple[str, ...]]]:
    """(article's number, kinds), oldest first."""
    rows = sorted(at.shop().catalog.changes(limit=1000), key=lambda row: row.time)
    return [(int(row.url.rpartition("/")[2]), row.kinds) for row in rows]


def versions(at: Wadi) -> dict[int, int]:
    return {int(row.url.rpartition("/")[2]): row.versions for row in at.shop().catalog.articles()}


def lines(at: Wadi, kind: str = "article") -> list[observation.Observation]:
    store = at.shop().store
    loaded = [line for key in sorted(store.list("observations/")) for line in observation.load(store.get(key))]
    return [line for line in loaded if line.kind == kind]


@pytest.fixture(scope="module")
def story(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with wadi(weed, tmp_path_factory.mktemp("story")) as at:
        first = at.site.articles[1]
        texts = {"001.txt": "\n\n".join([first.title, *first.paragraphs]), "002.txt": "نص آخر لا يعرفه أحد في الوادي."}
        seeds.add(at.shop(), seed_folder(at, texts))
        told = Story(at, at.warraq("run", "wadi"))
        told.tell("same")
        at.site.edit(1)
        gone = at.site.articles.pop(2)
        told.tell("edit, delete")
        told.tell("still away")
        at.site.articles[2] = gone
        at.outlet_file(LAYOUT)
        told.tell("restored, under a new layout")
        yield told


def test_a_whole_run_from_the_command_line(story: Story) -> None:
    assert story.cli.returncode == 0, story.cli.stderr
    said = story.cli.stdout.splitlines()
    assert [line.split(": ")[:2] for line in said] == [
        ["wadi", name] for name in ("plan", "crawl", "extract", "seal", "inspect")
    ]
    assert said[3].endswith("; 6 new")
    assert story.cli.stderr == ""
    assert {number for number, kinds in events(story.at)[:6] if kinds == ("new",)} == {1, 2, 3, 4, 5, 6}


def test_a_run_on_an_unchanged_site_makes_nothing_new(story: Story) -> None:
    run = story.runs["same"]
    assert story.events["same"] == []
    assert run["crawl"].data["report"]["outcomes"]["content"] == 6
    assert run["extract"].data["snapshots"] == 0
    assert run["seal"].data["events"] == {}


def test_an_edit_is_one_version_and_a_deletion_a_tombstone_after_the_second_sighting(story: Story) -> None:
    """What was alive is asked for once more in the same run; this outlet says that no time need lie between (gone_after)."""
    assert story.events["edit, delete"] == [(1, ("body",)), (2, ("gone",))]
    looks = [line for line in lines(story.at) if line.url.endswith("/2") and line.klass == "gone"]
    assert [line.run for line in looks[:2]] == [story.runs["edit, delete"]["plan"].data["run"]] * 2
    assert story.events["still away"] == []
    assert versions(story.at) == {1: 2, 2: 1, 3: 1, 4: 1, 5: 1, 6: 1}


def test_new_rules_read_the_page_before_again_and_make_no_event(story: Story) -> None:
    assert story.events["restored, under a new layout"] == [(2, ("returned",))]
    again = [line for line in lines(story.at) if line.reread]
    assert len(again) == 6
    assert {line.reading.layout for line in again if line.reading} == {"wadi"}
    assert story.at.shop().catalog.unread("wadi") == []


def test_the_article_that_is_a_seed_file_is_linked_to_it_until_it_is_edited(story: Story) -> None:
    catalog = story.at.shop().catalog
    links = {
        (link.relation, int(catalog.article(link.article).url.rpartition("/")[2]), link.version) for link in catalog.links()
    }
    assert {link for link in links if link[1] == 1} == {("identical", 1, 1), ("contains", 1, 2)}
    assert {link[0] for link in links if link[1] != 1} == {"derived"}  # they share some of its sentences
    assert {link.name for link in catalog.links()} == {"001.txt"}


def test_a_sealed_run_that_is_cleared_fetches_nothing_and_says_so(story: Story) -> None:
    run = story.runs["same"]["plan"].data["run"]
    asked, held = len(story.at.site.log), story.at.held()
    assert story.at.step("crawl", run, 2).line == f"crawl: {run} is sealed already, nothing was fetched"
    assert story.at.step("extract", run).nothing_due
    assert story.at.step("seal", run).nothing_due
    assert story.at.step("plan", run).line.endswith("(kept the plan of an earlier try)")
    assert (len(story.at.site.log), story.at.held()) == (asked, held)


def test_rebuild_gives_the_same_rows_from_the_bucket_and_the_settings_alone(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what a seal put there after the rebuild's first look, and into the catalog before that was cleared."""
    at = story.at
    kept = at.shop().catalog.tables()
    fresh = at.shop(state=tmp_path / "state", catalog=f"sqlite:///{tmp_path}/catalog.db")
    cleared: list[bool] = []
    before, listed = fresh.catalog.clear, fresh.store.list

    def clear(ruled: dict[str, Act]) -> None:
        before(ruled)
        cleared.append(True)

    monkeypatch.setattr(fresh.catalog, "clear", clear)
    monkeypatch.setattr(fresh.store, "list", lambda prefix: list(listed(prefix))[not cleared and prefix.startswith("cdxj/") :])
    rebuild(fresh, {"wadi": outlets.load(at.outlet_file(LAYOUT))}, lambda *_: None)
    made = Catalog(f"sqlite:///{tmp_path}/catalog.db").tables()
    assert made.keys() == kept.keys()
    assert [name for name in kept if kept[name] != made[name]] == []
    assert len(kept["version"]) == 7


def test_rebuild_refuses_before_it_empties_anything_when_an_outlet_file_is_missing(story: Story) -> None:
    kept = story.at.shop().catalog.tables()
    with pytest.raises(Exception, match="without a file: wadi"):
        rebuild(story.at.shop(), {}, lambda *_: None)
    assert story.at.shop().catalog.tables() == kept


# verify


def findings(at: Wadi) -> list[Finding]:
    return at.verified().findings


def test_verify_reads_everything_and_finds_nothing(story: Story) -> None:
    report = story.at.verified()
    counts = report.counts
    assert (report.findings, report.information, report.waiting) == ([], [], {})
    kinds = {key.partition("/")[0]: 0 for key in story.at.held()}
    assert {"warc", "observations", "cdxj", "snapshots", "seeds", "plans", "meta", "log"} == set(kinds)
    assert counts["WARC files"] == counts["CDXJ files"] == 5
    assert counts["snapshots"] == sum(key.startswith("snapshots/") for key in story.at.held())
    assert counts["seed files"] == 3  # two, and their SHA256SUMS


def changed(data: bytes, **fields: Any) -> bytes:
    """A snapshot that says something else."""
    return gzip.compress(json.dumps(json.loads(gzip.decompress(data)) | fields).encode())


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGE: list[tuple[str, str, Any, str, str]] = [
    ("an altered WARC", "warc/", lambda data: flipped(data, len(data) // 2), "altered", "is not what was logged"),
    ("a WARC cut short", "warc/", lambda data: data[:-100], "truncated", "breaks off after"),
    ("a missing WARC", "warc/", None, "missing", "the bucket has not"),
    (
        "a snapshot with another text",
        "snapshots/",
        lambda data: changed(data, faithful="نص لم ينشره أحد."),
        "altered",
        "its text",
    ),
    ("a snapshot with another title", "snapshots/", lambda data: changed(data, title="عنوان آخر"), "altered", "its headline"),
    ("a snapshot with another date", "snapshots/", lambda data: changed(data, published=None), "altered", "its published"),
    ("a snapshot without its links", "snapshots/", lambda data: changed(data, seeds=[{"name": "x"}]), "altered", "its seeds"),
    ("a snapshot that is none", "snapshots/", lambda data: gzip.compress(b"[]"), "altered", "SHA-256"),
    ("a missing snapshot", "snapshots/", None, "missing", "the bucket has not"),
    ("an altered seed file", "seeds/", lambda data: data + b" ", "altered", "SHA-256"),
    ("a missing seed file", "seeds/", None, "missing", "the bucket has not"),
    ("missing observations", "observations/", None, "missing", "the bucket has not"),
    ("observations cut short", "observations/", lambda data: data[:50], "truncated", "breaks off"),
    ("an altered index", "cdxj/", lambda data: data.replace(b'"200"', b'"404"'), "altered", "SHA-256"),
]


@pytest.mark.parametrize(("place", "damage", "kind", "word"), [row[1:] for row in DAMAGE], ids=[row[0] for row in DAMAGE])
def test_verify_names_the_object_that_is_not_what_it_was(story: Story, place: str, damage: Any, kind: str, word: str) -> None:
    at = story.at
    key = next(key for key in sorted(at.held()) if key.startswith(place) and not key.endswith("SHA256SUMS"))
    kept = at.client.get_object(**at.place(key))["Body"].read()
    if damage is None:
        at.client.delete_object(**at.place(key))
    else:
        at.client.put_object(**at.place(key), Body=damage(kept))
    try:
        found = findings(at)
    finally:
        at.client.put_object(**at.place(key), Body=kept)
    assert [(one.kind, one.key) for one in found] == [(kind, key)]
    assert word in found[0].what
    assert found[0].remedy


def test_verify_names_what_is_no_object_of_ours(story: Story) -> None:
    at = story.at
    at.client.put_object(**at.place("warc/wadi/notes.txt"), Body=b"x")
    try:
        found = findings(at)
    finally:
        at.client.delete_object(**at.place("warc/wadi/notes.txt"))
    assert [(one.key, one.what[:10]) for one in found] == [("warc/wadi/notes.txt", "a stranger")]


# a worker that dies


@pytest.fixture
def killed(weed: Server, tmp_path: Path) -> Iterator[tuple[Wadi, str]]:
    """An archive and its run, killed with -9 while it crawled: the spool holds what came so far."""
    with wadi(weed, tmp_path, articles=20) as at:
        at.site.pause = 0.25
        run = new_run(at.shop())
        at.step("plan", run)
        with (tmp_path / "log").open("wb") as log:
            command = [*WARRAQ, "crawl", "wadi", "--run", run]
            process = subprocess.Popen(command, env=at.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 30
        while len(fetched(at)) < 8 and time.monotonic() < until:
            time.sleep(0.005)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        at.site.pause = 0
        assert 8 <= len(fetched(at)) < 20, (tmp_path / "log").read_text()
        assert list(at.settings.spool.glob("wadi/*.open"))
        assert [key for key in at.held() if key.startswith("warc/")] == []
        yield at, run


def fetched(at: Wadi) -> list[str]:
    return [one.path for one in at.site.log if one.path.startswith("/archives/")]


def recorded(at: Wadi, key: str) -> set[str]:
    data = at.shop().store.get(key)
    return {one.url.rpartition("/")[2] for one in warc.captures(data) if one.note.role == "article" and one.status == 200}


def test_the_next_run_uploads_what_a_dead_worker_left_and_the_retry_skips_it(killed: tuple[Wadi, str]) -> None:
    at, run = killed
    following = at.run_steps("plan", "crawl")["crawl"]
    assert [run in key for key in following.data["rescued"]] == [True]
    assert "1 left by an earlier worker" in following.line
    assert list(at.settings.spool.glob("wadi/*")) == []
    left = recorded(at, following.data["rescued"][0])
    assert 0 < len(left) < 20

    plans = {key: tag for key, tag in at.held().items() if key.startswith("plans/")}
    assert at.step("plan", run, walk=True, everything=True).line.endswith("(kept the plan of an earlier try)")
    assert {key: tag for key, tag in at.held().items() if key.startswith("plans/")} == plans

    before = len(fetched(at))
    at.step("crawl", run, 2)
    now = {path.rpartition("/")[2] for path in fetched(at)[before:]}
    assert not left & now
    assert left | now == {str(number) for number in range(1, 21)}

    done = at.warraq("seal", "--all")  # the daily sweep
    assert (done.returncode, done.stderr) == (0, "")
    assert versions(at) == dict.fromkeys(range(1, 21), 1)
    assert sorted(events(at)) == [(number, ("new",)) for number in range(1, 21)]
    assert findings(at) == []
