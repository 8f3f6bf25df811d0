"""Evidence bundles of a small archive on a real S3 server: what is in them, and what is refused."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archive import cdx, keys, observation, warc
from archive.catalog import Catalog
from archive.log import note, units
from archive.prove import check, examine, kept
from archive.prove.make import Asked, prove
from archive.steps.anchor import anchor
from archive.steps.extract import extract
from tests.evidence import HOSTILE, NEW, OLD, PEM, SECRET, Story, at, files, lines, text, unpack
from tests.evidence import story as tell
from tests.servers import Server


@pytest.fixture(scope="module")
def story(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with tell(weed, tmp_path_factory.mktemp("prove")) as told:
        yield told


def manifest(contents: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(contents["manifest.json"])
    return found


def sightings(contents: dict[str, bytes]) -> list[tuple[str, str, list[str]]]:
    """(hour, class, roles) of each capture."""
    return [(one["time"][5:13], one["class"], one["roles"]) for one in manifest(contents)["sightings"]]


def logged(contents: dict[str, bytes]) -> dict[str, tuple[str, str]]:
    """(kind, key) by file."""
    rows = (line.split(" ") for line in contents["leaves"].decode().splitlines())
    return {file: (kind, key) for kind, file, key in rows}


@pytest.mark.parametrize("name", ["newest", "time", "gone", "front", "never", "between", "returned", "hostile"])
def test_every_bundle_is_right(story: Story, name: str) -> None:
    counts, findings = check(story.bundles.made[name])
    assert findings == []
    contents = story.bundles.files(name)
    assert counts["captures"] == len(manifest(contents)["sightings"]) > 0
    assert counts["leaves"] == len(logged(contents))
    assert counts["files"] == len(contents) - 1
    told = list(examine(story.bundles.made[name]).unchecked)
    assert told[0].startswith(f"whose key it is: compare {story.bundles.key}")
    rest = [
        f"whose keys these are: compare {file}, which came with it, with what its owners publish"
        for file in ("roots.pem", "witnesses")
    ]
    assert told[1:] == rest
    assert list(examine(story.bundles.made[name], key=story.bundles.key).unchecked) == rest


def test_what_is_in_it_are_the_bytes_that_lie_in_the_archive(story: Story) -> None:
    store = story.shop().store
    contents = story.bundles.files("newest")
    for file, (kind, key) in logged(contents).items():
        whole, _, span = key.partition("#")
        offset, _, length = span.partition("+")
        data = store.get(whole)
        if span:
            assert contents[file] == data[int(offset) : int(offset) + int(length)]
        elif kind == "seed":
            assert json.loads(contents[file])["sha256"] == hashlib.sha256(data).hexdigest()
        else:
            assert contents[file] == data
    assert {kind for kind, _ in logged(contents).values()} == {"capture", "warcinfo", "resource", "snapshot", "seed", "key"}
    held = store.checkpoint()
    assert held is not None
    assert contents["checkpoint"] == held[0]


def test_the_captures_are_warc_files_for_everybody(story: Story, tmp_path: Path) -> None:
    contents = story.bundles.files("between")
    captures = [name for name in contents if name.startswith("captures/") and name.endswith(".gz")]
    for name in captures:
        number = next(one for one in manifest(contents)["sightings"] if one["capture"] == name)
        for data in (contents[name], contents[number["warcinfo"]] + contents[number["chain"]] + contents[name]):
            path = tmp_path / "one.warc.gz"
            path.write_bytes(data)
            assert subprocess.run(["gzip", "-t", path], check=False).returncode == 0
            warcio = Path(sys.executable).with_name("warcio")
            assert subprocess.run([warcio, "check", path], capture_output=True, check=False).returncode == 0
    (first,) = warc.captures(contents["captures/1.warc.gz"])
    assert OLD[0] in first.body.decode()
    assert {record.kind for record in warc.records(contents["captures/1.warc.gz"])} == {"request", "response", "metadata"}


def test_the_newest_version_with_its_first_and_last_capture(story: Story) -> None:
    contents = story.bundles.files("newest")
    assert sightings(contents) == [("11-01T18", "content", ["first", "text"]), ("11-02T00", "content", ["last"])]
    first, last = manifest(contents)["sightings"]
    assert (first["record_type"], last["record_type"], last["whole"]) == ("response", "revisit", first["record"])
    assert "تصحيح" in text(contents, "snapshots/1.json.gz")["faithful"]
    (chain,) = {contents[one["chain"]] for one in (first,)}
    assert next(warc.records(chain)).block == PEM


def test_a_revisit_comes_with_what_it_refers_to(story: Story) -> None:
    contents = files(story.prove(101, "--at", "2026-11-01T08:00:00+00:00"))
    assert sightings(contents) == [
        ("11-01T00", "content", ["first", "text"]),
        ("11-01T06", "content", ["last", "before"]),
        ("11-01T12", "content", ["after"]),
    ]
    contents = story.bundles.files("time")  # the version's first capture holds what both revisits refer to
    assert [one["record_type"] for one in manifest(contents)["sightings"]] == ["response", "revisit", "revisit", "response"]
    assert {one["whole"] for one in manifest(contents)["sightings"][1:3]} == {manifest(contents)["sightings"][0]["record"]}


def test_what_a_revisit_refers_to_need_not_be_the_first_of_its_version(story: Story) -> None:
    contents = files(story.prove(111))
    assert sightings(contents) == [
        ("11-01T00", "content", ["first", "text"]),
        ("11-01T06", "content", ["whole"]),
        ("11-01T12", "content", ["last"]),
    ]


def test_a_time_comes_with_what_was_seen_around_it_whatever_that_was(story: Story) -> None:
    contents = files(story.prove(101, "--at", "2100-01-01"))
    assert [klass for _, klass, roles in sightings(contents) if "before" in roles] == ["gone"]  # once, not confirmed
    contents = files(story.prove(101, "--at", "2026-11-01T11:00:00Z"))
    assert [(hour, klass) for hour, klass, roles in sightings(contents) if "after" in roles] == [("11-01T12", "content")]
    assert [version["number"] for version in manifest(contents)["versions"]] == [1]


def test_the_version_in_force_at_a_time(story: Story) -> None:
    def shown(when: str) -> tuple[int, str]:
        contents = files(story.prove(101, "--at", when))
        (version,) = manifest(contents)["versions"]
        return version["number"], manifest(contents)["asked"][0]

    assert shown("2026-11-01T14:00:00+02:00") == (1, "2026-11-01T12:00:00.000000Z")
    assert shown("2026-11-01T14:03:00+02:00") == (2, "2026-11-01T12:03:00.000000Z")
    assert shown("2026-11-01") == (3, "2026-11-01T23:59:59.999999Z")
    contents = story.bundles.files("time")
    assert sightings(contents)[2] == ("11-01T15", "not-modified", ["before"])
    contents = files(story.prove(109, "--at", "2026-11-01T03:00:00Z"))
    assert [(hour, roles) for hour, _, roles in sightings(contents)] == [
        ("11-01T00", ["first", "text", "before"]),
        ("11-01T06", ["last", "after"]),
    ]


def test_a_page_that_is_gone(story: Story) -> None:
    contents = story.bundles.files("gone")
    assert [(hour, klass, roles) for hour, klass, roles in sightings(contents)[:3]] == [
        ("11-01T00", "content", ["first", "last", "text"]),
        ("11-01T06", "gone", ["absent"]),
        ("11-01T18", "gone", ["confirmed"]),
    ]
    assert sightings(contents)[-1][1:] == ("gone", ["latest"])
    assert [one["status"] for one in manifest(contents)["sightings"]] == [200, 404, 404, 404]
    (event,) = manifest(contents)["events"]
    assert (event["since"][5:13], event["time"][5:13]) == ("11-01T06", "11-01T18")


def test_a_page_that_led_to_the_front_page_comes_with_the_redirect(story: Story) -> None:
    found = sightings(story.bundles.files("front"))
    assert found[1] == ("11-01T12", "elsewhere", ["absent", "hop"])
    assert found[2] == ("11-01T12", "elsewhere", ["confirmed"])
    led = manifest(story.bundles.files("front"))["sightings"][2]
    assert (led["url"], led["to"]) == (story.url(103), story.made.url)


def test_a_page_that_went_before_anybody_read_it(story: Story) -> None:
    contents = story.bundles.files("never")
    assert manifest(contents)["versions"] == []
    assert [roles for _, _, roles in sightings(contents)] == [["absent"], ["confirmed", "latest"]]


def test_two_versions_and_all_between(story: Story) -> None:
    contents = story.bundles.files("between")
    assert [version["number"] for version in manifest(contents)["versions"]] == [1, 2, 3]
    assert [text(contents, f"snapshots/{n}.json.gz")["faithful"].splitlines()[1] for n in (1, 2)] == [OLD[1], NEW[1]]
    by_time = story.prove(101, "--between", "2026-11-01T01:00:00Z", "2026-11-03")
    assert manifest(files(by_time))["asked"] == ["1", "3"]
    roles = [roles for _, _, roles in sightings(story.bundles.files("returned"))]
    assert roles == [["first", "last", "text"], ["absent"], ["confirmed"], ["first", "last", "text", "returned"]]


def test_the_key_that_changed_was_signed_in_by_the_one_before(story: Story) -> None:
    contents = story.bundles.files("newest")
    names = sorted(name for name in contents if name.startswith("keys/") and not name.endswith("proof"))
    assert [contents[name].decode().strip() for name in names] == [story.bundles.first_key, story.bundles.key]
    both = [name for name in contents if name.endswith("/checkpoint") and len(note.parse(contents[name]).signatures) == 2]
    assert len(both) == 1


def test_each_capture_has_the_first_time_that_somebody_told(story: Story) -> None:
    contents = story.bundles.files("between")
    stamped = sorted(int(name.split("/")[1]) for name in contents if name.endswith(".tsr"))
    cosigned = sorted(int(name.split("/")[1]) for name in contents if name.endswith(".cosig"))
    assert len(stamped) == 2
    assert stamped == cosigned
    assert stamped[0] < int(contents["checkpoint"].split(b"\n")[1])
    assert contents["roots.pem"] == story.bundles.roots


def test_the_same_archive_gives_the_same_bytes(story: Story) -> None:
    for name, (number, *options) in {"newest": (101,), "gone": (102, "--gone")}.items():
        assert story.prove(number, *options).read_bytes() == story.bundles.made[name].read_bytes()


@pytest.mark.parametrize("name", ["newest", "time", "gone", "front", "between", "returned", "hostile"])
def test_nothing_of_another_article_is_in_it(story: Story, name: str) -> None:
    contents = story.bundles.files(name)
    mine = manifest(contents)["article"]
    plain = b"\n".join(gzip.decompress(data) if file.endswith(".gz") else data for file, data in contents.items()).decode(
        "utf-8", "replace"
    )
    for other in story.shop().catalog.with_withheld().articles():
        if other.article != mine["id"]:
            assert other.article not in plain
            assert other.url not in plain.replace(mine["url"], "")
    assert SECRET[0] not in plain
    assert {line["article"] for line in lines(contents)} == {mine["id"]}
    assert {line["record"] for line in lines(contents)} == {one["record"] for one in manifest(contents)["sightings"]}


def test_what_is_withheld_needs_the_word_for_it(story: Story) -> None:
    assert "withheld" in story.refused(105)
    assert "led to another article" in story.refused(106, "--gone")
    assert check(story.prove(105, "--restricted"))[1] == []
    contents = files(story.prove(106, "--gone", "--restricted"))
    assert any(SECRET[0].encode() in gzip.decompress(data) for name, data in contents.items() if name.startswith("captures/") and name.endswith(".gz"))  # fmt: skip
    assert b"a threatened witness" not in b"".join(contents.values())


@pytest.mark.parametrize(
    ("number", "options", "said"),
    [
        (101, ["--gone"], "is not known to be gone: not found at 2026-"),
        (1, ["--gone"], "is not known to be gone: it is live since"),
        (108, [], "has no version"),
        (102, ["--at", "2026-11-02"], "the page was gone at 2026-11-02T23:59:59.999999Z, since 2026-11-01T06:01:42.000000Z"),
        (107, ["--at", "2026-11-01T12:30:00Z"], "the page was gone at"),
        (101, ["--at", "2026-10-02"], "no version had been captured by 2026-10-02T23:59:59.999999Z"),
        (101, ["--at", "2026-11-02T00:00"], "is no time"),
        (101, ["--at", "yesterday"], "is no time"),
        (101, ["--between", "3", "1"], "version 3 is not older than version 1"),
        (101, ["--between", "1", "1"], "version 1 is not older than version 1"),
        (101, ["--between", "1", "9"], "no version 9"),
        (101, ["--between", "2026-10-01", "2"], "no version had been captured by"),
        (101, ["--gone", "--at", "2026-11-01"], "three questions"),
        (999, [], "no article"),
    ],
)  # fmt: skip
def test_what_cannot_be_proven_is_refused_in_a_line(story: Story, number: int, options: list[str], said: str) -> None:
    told = story.refused(number, *options)
    assert said in told
    assert " — " in told
    assert len(told.splitlines()) == 1


def test_a_file_that_is_there_is_not_written_over(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "evidence.zip"
    path.write_bytes(b"mine")
    done = story.made.call("prove", story.url(101), "--out", str(path))
    assert (done.returncode, path.read_bytes()) == (78, b"mine")
    assert "is there already" in done.stderr


def test_it_says_in_a_line_what_it_made(story: Story, tmp_path: Path) -> None:
    done = story.made.call("prove", story.url(101), "--out", str(tmp_path / "one.zip"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(
        f"prove: {tmp_path}/one.zip: 2 captures, 1 snapshot, 1 seed link; stamped 20"
    )
    assert story.bundles.key in done.stdout
    asked = story.made.call("prove", story.url(101), "--at", "2026-11-01", "--out", str(tmp_path / "two.zip"))
    assert "two.zip: as of 2026-11-01T23:59:59.999999Z, " in asked.stdout  # which moment a date means
    done = story.made.call("verify", str(tmp_path / "one.zip"), env={"WARRAQ_BUCKET": "s3://nowhere"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith("; 0 findings")


def test_kept_it_lies_where_the_pages_offer_it(story: Story, tmp_path: Path) -> None:
    state = story.shop().settings.state
    for words, restricted in (([], False), (["--restricted"], True)):
        before = {one.name for one in kept.listed(state)}
        done = story.made.call("prove", "--keep", *words, "--", story.url(101))
        assert done.returncode == 0, done.stderr
        (one,) = [one for one in kept.listed(state) if one.name not in before]
        assert (one.article, one.restricted) == (story.shop().catalog.history(story.url(101)).article.article, restricted)
        assert check(state / kept.FOLDER / one.name)[1] == []
    assert (state / kept.FOLDER).stat().st_mode & 0o077 == 0
    done = story.made.call("prove", "--keep", "--out", str(tmp_path / "x.zip"), "--", story.url(101))
    assert (done.returncode, list(tmp_path.iterdir())) == (78, [])


@pytest.mark.parametrize("kind", ["warc", "snapshots", "observations", "log/tile/0"])
def test_a_bundle_is_never_made_of_what_was_not_logged(story: Story, kind: str, tmp_path: Path) -> None:
    version = story.shop().catalog.history(story.url(101)).versions[-1]
    store, client = story.shop().store, story.made.client
    names = {"warc": version.warc, "snapshots": version.snapshot, "observations": keys.parse_stem(version.warc).observations}
    name = names.get(kind) or next(key for key in store.list("log/tile/0/") if key.endswith(f".p/{_size(story) % 256}"))
    kept = store.get(name)
    at_byte = version.offset + version.length // 2 if kind == "warc" else len(kept) // 2
    client.put_object(**story.made.place(name), Body=kept[:at_byte] + bytes([kept[at_byte] ^ 1]) + kept[at_byte + 1 :])
    try:
        done = story.made.call("prove", story.url(101), "--out", str(tmp_path / "one.zip"))
    finally:
        client.put_object(**story.made.place(name), Body=kept)
    assert done.returncode == 65, done.stdout + done.stderr
    assert not (tmp_path / "one.zip").exists()


def _size(story: Story) -> int:
    return story.shop().log.mark()


def test_a_capture_that_is_not_logged_or_not_signed_yet_is_refused_with_what_to_run(story: Story, tmp_path: Path) -> None:
    shop = story.press.shop(30)
    story.press.content(30, 110, OLD)
    extract(shop, shop.outlet("wadi"), story.press.write(30))
    stem = next(
        one
        for key in shop.store.list("observations/wadi/2026/11/02/")
        if (one := keys.parse_stem(key)).run.startswith("20261102T06")
    )
    data = shop.store.get(stem.observations)
    found = observation.load(data)
    catalog = Catalog(f"sqlite:///{tmp_path}/other.db")
    catalog.migrate()
    catalog.apply(stem.observations, found, shop.outlet("wadi"))  # as on a machine that has not read the log
    other = replace(shop.settings, catalog=catalog.url)
    done = story.made.call(
        "prove",
        story.url(110),
        env={"WARRAQ_CATALOG": other.catalog},
    )
    assert done.returncode == 78
    assert "the catalog does not know the key of this log — run `warraq rebuild`" in done.stderr

    shop.catalog.apply(stem.observations, found, shop.outlet("wadi"))
    assert "is not in the log — run `warraq seal --all`" in story.refused(110)

    log = shop.log
    unit = units.of_stem(stem, shop.store.get(stem.warc), found, data, cdx.lines(found))
    shop.catalog.note_batches(log.append([unit], log.mark()).batches)
    told = story.refused(110)
    assert "the signed checkpoint covers" in told
    assert "warraq anchor" in told
    anchor(story.shop(), force=True)
    path = story.prove(110)
    assert check(path)[1] == []
    done = subprocess.run(["sh", "check.sh"], cwd=unpack(path, tmp_path / "out"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr  # the stamped checkpoint is the one that all leads to
    assert f"checkpoints/{_size(story):012}/" in " ".join(files(path))


def test_a_machine_without_those_outside_says_that_nobody_told_a_time(story: Story, tmp_path: Path) -> None:
    shop = story.shop(authority_roots="", witnesses=(), authorities=())
    done = prove(shop, story.url(101), Asked(), tmp_path / "one.zip")
    assert done.line.endswith("no time from outside yet: `warraq anchor`")
    report = examine(tmp_path / "one.zip")
    assert report.findings == []
    assert {"time stamps, for want of their authority's certificate", "the time: nobody outside has told one that can be checked"} < set(report.unchecked)  # fmt: skip


def test_hostile_titles_do_not_leave_their_place(story: Story) -> None:
    assert text(story.bundles.files("hostile"), "snapshots/1.json.gz")["title"].startswith("سوق <script src=//evil")
    assert "\u202e" in HOSTILE
    assert at(0).tzinfo is not None
