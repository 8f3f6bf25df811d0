"""`warraq verify` on a small archive of its own and a real S3 server: what is whole, what waits, what is remembered."""

from __future__ import annotations

import gzip
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from archive import keys, observation, snapshot
from archive.acts import Act, dump, key_of, stamp
from archive.errors import StoreUnreachable
from archive.log import book, leaf, note
from archive.log.leaf import Unit, of_object
from archive.log.note import SigningKey
from archive.log.writer import Log
from archive.observation import Observation
from archive.s3 import connect
from archive.steps import extract as extracting
from archive.steps import seal as sealing
from archive.steps import seeds
from archive.steps.act import bring_in, make, perform
from archive.steps.rebuild import rebuild
from archive.steps.record import record
from archive.store import Store
from archive.verify import structure
from archive.verify.finding import (
    ALTERED,
    FORKED,
    LATE,
    MISSING,
    REDACTED,
    ROLLED_BACK,
    SWAPPED,
    TRUNCATED,
    UNLOGGED,
    UNPUBLISHED,
    Report,
)
from archive.verify.progress import Progress
from archive.verify.run import Scope, verify
from tests.servers import Server
from tests.wadi import Wadi, new_run, seed_folder, wadi


@pytest.fixture(scope="module")
def template(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    """Three runs: an edit and a deletion between them, seed files before."""
    with wadi(weed, tmp_path_factory.mktemp("verify")) as at:
        first = at.site.articles[1]
        texts = {"001.txt": "\n\n".join([first.title, *first.paragraphs]), "002.txt": "نص آخر لا يعرفه أحد في الوادي."}
        seeds.add(at.shop(), seed_folder(at, texts))
        at.run()
        at.site.edit(1)
        at.site.articles.pop(2)
        at.run()
        at.run()
        yield at


@pytest.fixture
def at(template: Wadi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wadi:
    """The same archive under a prefix and with a state folder of its own: what a test does to it ends with the test."""
    state = tmp_path / "state"
    shutil.copytree(template.env["WARRAQ_STATE"], state)
    (state / "store.json").unlink()
    moved = {"WARRAQ_STATE": str(state), "WARRAQ_BUCKET": f"s3://shared/{uuid4().hex[:12]}"}
    made = replace(template, env={**template.env, **moved})
    for name in moved:  # the spider is a process of its own
        monkeypatch.setenv(name, made.env[name])
    for key in template.held():
        put(made, key, get(template, key))
    return made


def get(at: Wadi, key: str) -> bytes:
    return bytes(at.client.get_object(**at.place(key))["Body"].read())


def put(at: Wadi, key: str, data: bytes | None) -> None:
    if data is None:
        at.client.delete_object(**at.place(key))
    else:
        at.client.put_object(**at.place(key), Body=data)


def of_kind(at: Wadi, prefix: str) -> list[str]:
    return sorted(key for key in at.held() if key.startswith(prefix))


def named(report: Report) -> list[tuple[str, str]]:
    return sorted((one.kind, one.key) for one in report.findings)


def ahead(at: Wadi, days: float) -> Report:
    """What a verification says some days from now."""
    shop = at.shop()
    return verify(shop.store, shop.clock() + timedelta(days=days), pause=lambda: None)


class Dies:
    """A store whose worker is killed at a put: before it, or after."""

    def __init__(self, store: Store, key: Callable[[str], bool], *, after: bool = False) -> None:
        self.store, self.key, self.after = store, key, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def put(self, key: str, data: bytes) -> bool:
        if self.key(key) and not self.after:
            raise KeyboardInterrupt
        taken = self.store.put(key, data)
        if self.key(key):
            raise KeyboardInterrupt
        return taken

    def publish(self, checkpoint: bytes, tag: str) -> bool:
        if self.key(keys.CHECKPOINT):
            raise KeyboardInterrupt
        return self.store.publish(checkpoint, tag)


def by_order(act: Act, signer: SigningKey) -> bytes:
    """A redaction that this key has signed."""
    line = str(note.sign(dump(act).decode(), [signer]).signatures[0]).rstrip("\n")
    return dump(replace(act, more={**act.more, "signature": line}))


def killed(at: Wadi, step: Any, run: str, key: Callable[[str], bool], *, after: bool = False) -> None:
    shop = at.shop()
    shop.__dict__["store"] = Dies(shop.store, key, after=after)
    with pytest.raises(KeyboardInterrupt):
        step(shop, shop.outlet("wadi"), run)


# What is whole


def test_a_whole_archive_has_no_finding_and_everything_is_counted(at: Wadi) -> None:
    report = at.verified()
    assert (report.findings, report.information, report.waiting, report.unchecked) == ([], [], {}, {})
    held = at.held()
    counted = {
        "WARC files": "warc/",
        "CDXJ files": "cdxj/",
        "snapshots": "snapshots/",
        "plans": "plans/",
        "seed files": "seeds/",
    }
    assert {what: report.counts[what] for what in counted} == {
        what: sum(key.startswith(prefix) for key in held) for what, prefix in counted.items()
    }
    lines = [line for key in of_kind(at, "observations/") for line in observation.load(get(at, key))]
    assert report.counts["observations"] == len(lines)
    assert (
        report.counts["seed links"]
        == sum(bool(line.reading and line.reading.snapshot and line.reading.links) for line in lines)
        > 0
    )
    assert report.log["size"] == report.log["published"] == report.counts["leaves"]
    assert report.uncaptured == {"count": 0, "oldest": []}


def test_the_command_tells_it_in_a_line_as_json_and_in_a_file(at: Wadi, tmp_path: Path) -> None:
    done = at.call("verify", "--report", str(tmp_path / "report.json"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("verify: ")
    assert done.stdout.endswith("; 0 findings\n")
    assert json.loads((tmp_path / "report.json").read_text("utf-8"))["findings"] == []
    key = of_kind(at, "snapshots/")[0]
    put(at, key, None)
    done = at.call("verify", "--json")
    (found,) = json.loads(done.stdout)["findings"]
    assert done.returncode == 65
    assert (found["kind"], found["key"]) == (MISSING, key)
    assert found["remedy"]


def test_one_outlet_is_limited_to_its_own_objects(at: Wadi) -> None:
    put(at, of_kind(at, "seeds/")[0], b"x")
    assert at.call("verify", "wadi").returncode == 0
    assert at.call("verify").returncode == 65


def test_an_outlet_that_nobody_knows_is_refused_and_one_that_only_the_bucket_knows_is_not(at: Wadi, tmp_path: Path) -> None:
    done = at.call("verify", "sahil")
    assert (done.returncode, "no outlet 'sahil'" in done.stderr) == (78, True)
    assert at.call("verify", "wadi", env={"WARRAQ_OUTLETS": str(tmp_path)}).returncode == 0


def test_a_marker_that_is_gone_is_a_finding_not_the_end(at: Wadi) -> None:
    put(at, "meta/archive.json", None)
    done = at.call("verify", "--json")
    assert [(one["kind"], one["key"]) for one in json.loads(done.stdout)["findings"]] == [(MISSING, "meta/archive.json")]


def test_a_bucket_without_an_archive_is_refused(at: Wadi) -> None:
    assert at.call("verify", env={"WARRAQ_BUCKET": "s3://shared/nothing"}).returncode == 78


# What waits


@pytest.mark.long
def test_captures_that_go_on_while_it_verifies_raise_no_alarm(at: Wadi) -> None:
    over = threading.Event()
    found: list[Report] = []

    def look() -> None:
        while not over.is_set():
            shop = at.shop()
            found.append(verify(shop.store, shop.clock()))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for _ in range(2):
            at.site.edit(3)
            at.run()
    finally:
        over.set()
        watcher.join()
    assert len(found) > 1
    assert [(named(report), report.information) for report in found if report.findings or report.information] == []
    assert named(at.verified()) == []


def test_a_run_is_waiting_at_every_step_and_added_when_nobody_seals_it_for_a_day(at: Wadi) -> None:
    before = set(at.held())
    at.site.edit(3)
    run = new_run(at.shop())
    at.step("plan", run)
    assert at.verified().waiting == {"plans": 1}
    at.step("crawl", run, 1)
    assert at.verified().waiting == {"plans": 1, "WARC files": 1}
    killed(at, extracting.extract, run, lambda key: key.startswith("observations/"))
    report = at.verified()
    assert (report.findings, report.waiting) == ([], {"plans": 1, "WARC files": 1, "snapshots": 1})
    at.step("extract", run)
    killed(at, sealing.seal, run, lambda key: key.startswith("cdxj/"), after=True)
    report = at.verified()
    assert (report.findings, report.waiting) == ([], {"plans": 1, "WARC files": 1, "snapshots": 1})

    new = {key for key in at.held() if key not in before}
    report = ahead(at, 2)
    assert named(report) == sorted((UNLOGGED, key) for key in new)
    assert all("warraq" in one.remedy for one in report.findings)

    at.step("seal", run)
    assert (at.verified().findings, at.verified().waiting) == ([], {})
    assert ahead(at, 2).findings == []


def test_what_waits_is_looked_into_too(at: Wadi) -> None:
    """It has no leaf: its own digests must hold, and what was derived must follow from it."""
    run = new_run(at.shop())
    at.step("plan", run)
    at.step("crawl", run, 1)
    at.step("extract", run)
    warc, read = (next(key for key in of_kind(at, kind) if run in key) for kind in ("warc/", "observations/"))
    whole = get(at, warc)
    put(at, warc, whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])
    assert named(at.verified()) == [(ALTERED, warc)]
    put(at, warc, whole)
    lines = observation.load(get(at, read))
    put(at, read, observation.dump([replace(lines[0], record="urn:uuid:another"), *lines[1:]]))
    assert named(at.verified()) == [(ALTERED, read)]


def test_an_extra_snapshot_that_says_what_was_observed_is_harmless_and_any_other_is_not(at: Wadi) -> None:
    """Two workers read one file with another past in sight: one of them put a snapshot that no line names."""
    key = of_kind(at, "snapshots/")[0]
    fields = snapshot.load(get(at, key))
    extra = f"{key.rpartition('/')[0]}/{'0' * 12}.json.gz"
    put(at, extra, snapshot.pack({name: value for name, value in fields.items() if name != "v"}))
    report = at.verified()
    assert (report.findings, report.waiting) == ([], {"snapshots that say what another says": 1})
    fields["faithful"] += " وأضيفت جملة لم تُنشر."
    put(at, extra, snapshot.pack({name: value for name, value in fields.items() if name != "v"}))
    assert named(at.verified()) == [(UNLOGGED, extra)]


def test_an_act_waits_an_hour_for_its_leaf(at: Wadi) -> None:
    shop = at.shop()
    for age, kind in ((timedelta(minutes=5), []), (timedelta(hours=5), [UNLOGGED])):
        data = dump(Act("restrict", stamp(shop.clock() - age), "amal", "طلب شاهد", "wadi", "0" * 32))
        put(at, key_of(data), data)
        assert [one.kind for one in at.verified().findings] == kind
        put(at, key_of(data), None)


def test_a_writer_that_died_between_batch_and_checkpoint_left_nothing_wrong(at: Wadi) -> None:
    run = new_run(at.shop())
    for step in ("plan", "crawl"):
        at.step(step, run, *([1] if step == "crawl" else []))
    at.step("extract", run)
    killed(at, sealing.seal, run, lambda key: key.startswith("log/tile/"))
    assert (at.verified().findings, at.verified().waiting) == ([], {})
    killed_at_last = at.shop()
    killed_at_last.__dict__["store"] = Dies(killed_at_last.store, lambda key: key == keys.CHECKPOINT)
    with pytest.raises(KeyboardInterrupt):
        killed_at_last.log.publish()
    report = at.verified()
    assert (report.findings, [one.kind for one in report.information]) == ([], [UNPUBLISHED])
    assert [at.call("verify").returncode for _ in range(2)] == [0, 0], "what was not published is not remembered as if it was"
    at.shop().log.publish()
    assert (at.verified().findings, at.verified().information) == ([], [])


def test_a_batch_that_nobody_signed_is_added_when_it_holds_what_no_worker_logs(at: Wadi) -> None:
    shop = at.shop()
    size = shop.log.size()
    old = keys.parse_stem(of_kind(at, "warc/")[0])
    stale = replace(old, run="20190101T000000Z-" + "0" * 12, sha12="0" * 12)
    for first in (of_object("snapshot", "snapshots/wadi/x", b"x"), of_object("warc", stale.warc, b"x")):
        put(at, keys.log_batch(size), leaf.dump(leaf.Batch(size, (Unit((first,)),))))
        assert (UNLOGGED, keys.log_batch(size)) in named(at.verified())


def test_a_run_that_was_logged_late_is_told_as_information(at: Wadi) -> None:
    """Its place in the log proves nothing about the time that it names."""
    shop = at.shop()
    key = of_kind(at, "warc/")[0]
    late = replace(keys.parse_stem(key), run="20190101T000000Z-" + "0" * 12)
    data = get(at, key)
    unit = sealing.units.of_stem(late, data, [], observation.dump([]), b"")
    for place, content in ((late.warc, data), (late.observations, observation.dump([])), (late.cdxj, b"")):
        put(at, place, content)
    record(shop, shop.log, [unit], 0)
    report = at.verified()
    assert [(one.kind, one.key) for one in report.information] == [(LATE, late.warc)]
    assert "behind one of" in report.information[0].what


# What is remembered


def history(at: Wadi) -> list[str]:
    return of_kind(at, "log/checkpoints/")


def test_an_older_checkpoint_put_back_is_rolled_back_by_one_step_only_if_somebody_remembers(at: Wadi) -> None:
    """One step back looks like a writer that died before it published: a stranger cannot tell, this machine can."""
    assert at.call("verify").returncode == 0
    put(at, keys.CHECKPOINT, get(at, history(at)[-2]))
    assert (at.verified().findings, [one.kind for one in at.verified().information]) == ([], [UNPUBLISHED])
    done = at.call("verify", "--json")
    assert [(one["kind"], one["key"]) for one in json.loads(done.stdout)["findings"]] == [(ROLLED_BACK, keys.CHECKPOINT)]
    put(at, keys.CHECKPOINT, get(at, history(at)[-3]))
    assert named(at.verified()) == [(ROLLED_BACK, keys.CHECKPOINT)]


def cut_back(at: Wadi) -> None:
    """The log as it was one append ago; the objects of that append stay."""
    size = int(history(at)[-2][-12:])
    kept = note.parse_checkpoint(note.parse(get(at, history(at)[-2])))
    assert kept.size == size
    put(at, keys.CHECKPOINT, get(at, history(at)[-2]))
    for key in of_kind(at, "log/"):
        number = int("".join(filter(str.isdigit, key.rpartition("/")[2])) or 0)
        beyond = {"log/batches": number >= size, "log/checkpoints": number > size, "log/tile": ".p/" in key and number > size}
        if any(gone and key.startswith(folder) for folder, gone in beyond.items()):
            put(at, key, None)


def test_the_end_of_the_log_cut_off_is_told_by_catalog_book_or_a_kept_checkpoint(at: Wadi, tmp_path: Path) -> None:
    newest = get(at, keys.CHECKPOINT)
    cut_back(at)
    nowhere = {"WARRAQ_STATE": str(tmp_path / "none"), "WARRAQ_CATALOG": "", "WARRAQ_BOOK": ""}

    def found(*more: str, **env: str) -> list[tuple[str, str]]:
        done = at.call("verify", "--json", *more, env={**nowhere, **env})
        return [(one["kind"], one["key"]) for one in json.loads(done.stdout)["findings"]]

    catalog = f"sqlite:///{at.env['WARRAQ_STATE']}/catalog.db"
    assert found(WARRAQ_CATALOG=catalog) == [(ROLLED_BACK, keys.CHECKPOINT)]
    kept, held = tmp_path / "kept.txt", tmp_path / "book.txt"
    kept.write_bytes(newest)
    held.write_bytes(book.entry(datetime.now(UTC), newest))
    assert found("--checkpoints", str(kept)) == [(ROLLED_BACK, keys.CHECKPOINT)]
    assert found("--checkpoints", str(held)) == [(ROLLED_BACK, keys.CHECKPOINT)]
    assert found(WARRAQ_BOOK=str(held)) == [(ROLLED_BACK, keys.CHECKPOINT)]
    assert found() == [], "a stranger sees a shorter log, and objects that wait: their run was just now"


def test_a_kept_checkpoint_with_another_root_is_a_fork_and_one_that_nobody_signed_is_not_believed(
    at: Wadi, tmp_path: Path
) -> None:
    signer = at.shop().log.signer
    assert signer is not None
    said = note.parse_checkpoint(note.parse(get(at, keys.CHECKPOINT)))
    other = replace(said, root=bytes(32))
    thief = note.SigningKey(signer.name, bytes(32))
    for who, kinds in ((signer, [FORKED]), (thief, [])):
        path = tmp_path / "kept.txt"
        path.write_bytes(bytes(note.sign(other.text(), [who])))
        report = json.loads(at.call("verify", "--json", "--checkpoints", str(path)).stdout)
        assert [one["kind"] for one in report["findings"]] == kinds
        assert bool(report["unchecked"]) == (not kinds)
    path.write_text("nothing")
    assert at.call("verify", "--checkpoints", str(path)).returncode == 78


def test_a_line_of_the_book_that_cannot_be_read_is_told(at: Wadi) -> None:
    at.settings.book.write_bytes(b"noted yesterday\nsomething\n")
    assert "(not checked: 1 entries of a checkpoint book" in at.call("verify").stdout


# What is told apart


def test_bytes_of_another_object_are_swapped_and_by_order_is_no_fault(at: Wadi) -> None:
    one, other = of_kind(at, "snapshots/")[:2]
    first, second = get(at, one), get(at, other)
    put(at, one, second)
    assert named(at.verified()) == [(SWAPPED, one)]
    put(at, one, b"[]")
    assert named(at.verified()) == [(ALTERED, one)]

    shop = at.shop()
    digest, new = (leaf.of_object("snapshot", one, data).sha256 for data in (first, b"[]"))
    act = make(
        shop, "repair", "حكم محكمة", more={"removed": [{"key": one, "sha256": digest, "new": new}], "authority": "محكمة"}
    )
    act = replace(act, act="redact")
    signer = shop.log.signer
    assert signer is not None
    thief = SigningKey(signer.name, b"t" * 32)
    for nobody in (dump(act), *(by_order(act, key) for key in (thief,))):
        put(at, key_of(nobody), nobody)
        record(shop, shop.log, [Unit((of_object("act", key_of(nobody), nobody),))], 0)
        assert named(at.verified()) == [(ALTERED, one)], "who can write to the bucket has an act logged, and no more"
    data = by_order(act, signer)
    put(at, key_of(data), data)
    unsigned = Unit((of_object("act", key_of(data), data),))
    end = shop.log.size()
    assert ALTERED in {one.kind for one in at.verified().findings}, "an act that is not in the log explains nothing"
    assert at.call("verify", one.split("/")[2]).returncode == 65, "nor when the article alone is verified"
    put(at, keys.log_batch(end), leaf.dump(leaf.Batch(end, (unsigned,))))
    assert named(at.verified()) == [(ALTERED, one)], "nor one that no checkpoint covers"
    record(shop, shop.log, [], 0)
    report = at.verified()
    assert (named(report), report.faults) == ([(REDACTED, one)], [])
    assert key_of(data) in report.findings[0].what
    done = at.call("verify")
    assert done.returncode == 0
    assert done.stdout.endswith("0 findings, 1 redacted by order\n")
    put(at, one, b"[1]")
    assert named(at.verified()) == [(ALTERED, one)], "only what the order put there may stand there"


def appended(at: Wadi, *units: Unit) -> None:
    """A batch that somebody put who can write to the bucket; our worker signs over it."""
    shop = at.shop()
    end = shop.log.size()
    put(at, keys.log_batch(end), leaf.dump(leaf.Batch(end, units)))
    record(shop, shop.log, [], 0)


@pytest.mark.parametrize("within", ["act", "seed", "snapshot", "lichen"])
def test_what_hides_in_a_unit_of_another_kind_is_added(at: Wadi, within: str) -> None:
    old = keys.Stem("wadi", "20200101T000000Z-" + "a" * 12, 1, 1, "b" * 12).warc
    put(at, old, b"anything")
    hidden = leaf.Leaf("warc", of_object("warc", old, b"anything").sha256, old)
    data = dump(make(at.shop(), "repair", "nothing"))
    put(at, key_of(data), data)
    units = {
        "act": Unit((of_object("act", key_of(data), data), hidden)),
        "seed": Unit((replace(hidden, kind="seed"),)),
        "snapshot": Unit((replace(hidden, kind="snapshot"),)),
        "lichen": Unit((leaf.Leaf("lichen", "0" * 64, "lichen/x"), hidden)),
    }
    appended(at, units[within])
    found = named(at.verified())
    assert (UNLOGGED, old) in found
    assert {key for _, key in found} <= {old, key_of(data), "lichen/x"}


ODD = (
    "warc/~x",
    "warc/ا",
    "acts/2026/11/22/a b.json",
    "acts/ا.json",
    "seeds/a b/c",
    "log/anchors/000000000003/a b.tsr",
    "~/x",
    "x y",
)


def test_a_rebuild_takes_nothing_from_long_ago_that_the_log_does_not_have(at: Wadi) -> None:
    """Who can write to the bucket puts lines and an index of a run that never was: a past that we never saw."""
    old = keys.parse_stem(of_kind(at, "observations/")[0])
    forged = replace(old, run="20190101T000000Z-" + "0" * 12)
    lines = observation.load(get(at, old.observations))
    told = [replace(one, run=forged.run, warc=forged.warc, time="2019-01-01T00:00:00.000000Z") for one in lines]
    put(at, forged.observations, observation.dump(told))
    put(at, forged.cdxj, b"")
    put(at, "cdxj/wadi/x", b"")
    shop = at.shop()
    done = rebuild(shop, {"wadi": shop.outlet("wadi")}, lambda *_: None)
    assert done.data["files"] == len(of_kind(at, "cdxj/")) - 2
    assert at.said[-1].startswith("rebuild: 1 files of runs of long ago are not in the log")
    assert all(one.first_seen > "2020" for one in shop.catalog.articles())


def test_an_old_plan_that_is_none_is_added(at: Wadi) -> None:
    key = keys.plan("wadi", "20200101T000000Z-" + "a" * 12)
    for data in (b"junk", get(at, of_kind(at, "plans/")[0])):
        put(at, key, data)
        assert named(at.verified()) == [(UNLOGGED, key)]


def test_names_that_none_of_ours_has_end_nothing(at: Wadi) -> None:
    for key in (*ODD, "observations/wadi/2026/11/22/x", f"warc/wadi/{at.shop().clock():%Y/%m/%d}/x"):
        put(at, key, b"x")
    report = at.verified()
    assert {key for kind, key in named(report) if kind == UNLOGGED} >= set(ODD)
    assert at.run()["seal"].data["sealed"], "captures go on"
    assert bring_in(at.shop(), whole=True).nothing_due


def test_a_seed_link_is_counted_again(at: Wadi) -> None:
    """A link that was logged so, and is not what both texts give: a fault of whoever logged it, found all the same."""

    def lie(fields: dict[str, Any]) -> None:
        fields["seeds"][0]["seed_in_article"]["shared"] += 1

    key, report = relogged(at, lie)
    assert named(report) == [(ALTERED, key)]
    assert "001.txt" in report.findings[0].what


def relogged(at: Wadi, change: Callable[[dict[str, Any]], None]) -> tuple[str, Report]:
    """A snapshot that says something else, its observation made to fit, both logged by somebody with the key: its key."""
    shop = at.shop()
    stem = keys.parse_stem(of_kind(at, "warc/")[0])
    lines = observation.load(get(at, stem.observations))
    n, line = next((n, one) for n, one in enumerate(lines) if one.reading and one.reading.snapshot and one.reading.links)
    assert line.reading is not None
    fields = snapshot.load(get(at, line.reading.snapshot))
    change(fields)
    data = snapshot.pack({name: value for name, value in fields.items() if name != "v"})
    key, links = line.reading.snapshot, tuple(fields["seeds"])
    told = replace(line.reading, links=links, snapshot_digest=f"sha256:{leaf.of_object('snapshot', key, data).sha256}")
    lines[n] = replace(line, reading=told)
    put(at, key, data)
    put(at, stem.observations, observation.dump(lines))
    rebuilt(at, stem, lines)
    return key, verify(shop.store, shop.clock(), pause=lambda: None)


def rebuilt(at: Wadi, stem: keys.Stem, lines: list[Observation]) -> None:
    """The log made anew over what is there now, with the archive's own key."""
    shop = at.shop()
    units = [unit for key in of_kind(at, "log/batches/") for unit in leaf.load(get(at, key)).units]
    for key in of_kind(at, "log/"):
        put(at, key, None)
    held = {key: get(at, key) for key in at.held()}
    made = []
    for unit in units:
        if unit.leaves[0].kind in ("archive", "key"):
            continue
        mine = unit.key == stem.warc
        of = sealing.units.of_stem
        made.append(of(stem, held[stem.warc], lines, held[stem.observations], held[stem.cdxj]) if mine else unit)
    log = Log(shop.store, shop.log.signer)
    log.append(made, 0)
    log.publish()


# What somebody may put there

FOREIGN: dict[str, bytes] = {
    "no bytes": b"",
    "noise": bytes(range(256)) * 9,
    "a list": gzip.compress(b"[]"),
    "another shape": gzip.compress(b'{"v":1,"capture":3,"reading":[],"seeds":7,"title":5,"faithful":null}\n'),
    "half a shape": gzip.compress(b'{"v":1,"capture":{"warc":"warc/x","offset":"1"},"reading":{"rules":{}},"text":[]}\n'),
    "deep": gzip.compress(b"[" * 100_000 + b"]" * 100_000),
    "much in little": gzip.compress(bytes(9 << 20)),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_whatever_stands_in_an_objects_place_is_named_and_ends_nothing(
    at: Wadi, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.verify.structure._PIECE", 1 << 16)
    for function in ("unpack", "bounded"):
        kept = getattr(structure, function)
        monkeypatch.setitem(kept.__kwdefaults__ or {}, "limit", 8 << 20)
        monkeypatch.setattr(kept, "__defaults__", (8 << 20,))
    chosen = [
        of_kind(at, kind)[0] for kind in ("snapshots/", "observations/", "plans/", "warc/", "cdxj/", "seeds/", "log/batches/")
    ]
    for key in chosen:
        data = get(at, key)
        put(at, key, FOREIGN[name])
        found = at.verified().findings
        assert [one.key for one in found] == [key], found
        assert found[0].kind in (ALTERED, TRUNCATED)
        put(at, key, data)


@pytest.mark.parametrize("name", FOREIGN)
def test_whatever_is_put_beside_is_added_and_ends_nothing(at: Wadi, name: str) -> None:
    shop = at.shop()
    run = new_run(shop)
    at.step("plan", run)
    stem = keys.Stem("wadi", run, 1, 1, leaf.of_object("warc", "", FOREIGN[name]).sha256[:12])
    places = [
        "snapshots/wadi/x/y/z.json.gz",
        "acts/2026/11/22/20261122T000000000000Z-000000000000.json",
        "exports.txt",
        "warc/wadi/x",
        "seeds/000000000000/SHA256SUMS",
    ]
    for key in places:
        put(at, key, FOREIGN[name])
    waits = [stem.warc, stem.observations, stem.cdxj]
    for key in waits:
        put(at, key, FOREIGN[name])
    found = named(at.verified())
    assert {key for kind, key in found if kind == UNLOGGED} | {places[0]} == set(places), "that snapshot may wait with the rest"
    assert {kind for kind, key in found if key in waits} == {ALTERED}


# One article


def test_one_article_is_proved_up_to_the_signed_checkpoint(at: Wadi) -> None:
    rows = {int(row.url.rpartition("/")[2]): row for row in at.shop().catalog.articles()}
    done = at.call("verify", rows[1].url, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["findings"]) == (0, [])
    captures = len(at.shop().catalog.history(rows[1].url).captures)
    files = len({capture.warc for capture in at.shop().catalog.history(rows[1].url).captures})
    snapshots = sum(f"/{rows[1].article}/" in key for key in at.held())
    assert snapshots == 2
    assert report["checked"]["inclusion proofs"] == captures + 3 * files + snapshots + 3, "and the seed files of its links"
    assert report["log"]["size"] == at.shop().log.mark()
    assert at.call("verify", rows[1].article[:10]).returncode == 0
    assert at.call("verify", "https://example.org/unknown").returncode == 78


def test_one_article_names_damage_of_its_own_objects_only(at: Wadi) -> None:
    rows = {int(row.url.rpartition("/")[2]): row for row in at.shop().catalog.articles()}
    mine, other = (next(key for key in of_kind(at, "snapshots/") if f"/{rows[n].article}/" in key) for n in (3, 4))
    put(at, other, None)
    assert at.call("verify", rows[3].url).returncode == 0
    put(at, mine, None)
    done = at.call("verify", rows[3].url, "--json")
    assert [(one["kind"], one["key"]) for one in json.loads(done.stdout)["findings"]] == [(MISSING, mine)]


@pytest.mark.parametrize("damaged", ["log/tile/0/", "log/checkpoint", "log/batches/"])
def test_one_article_is_not_proved_by_a_log_that_is_damaged(at: Wadi, damaged: str) -> None:
    row = at.shop().catalog.articles()[0]
    for key in of_kind(at, damaged):
        if not key.startswith("log/checkpoints/"):
            data = get(at, key)
            put(at, key, data[:-40] + bytes(40))
    assert at.call("verify", row.url).returncode == 65


def test_an_article_whose_run_is_not_sealed_yet_waits(at: Wadi) -> None:
    row = next(row for row in at.shop().catalog.articles() if row.url.endswith("/3"))
    at.site.edit(3)
    run = new_run(at.shop())
    at.step("plan", run)
    at.step("crawl", run, 1)
    at.step("extract", run)
    killed(at, sealing.seal, run, lambda key: key.startswith("log/checkpoints/"))
    assert at.call("verify", row.url).returncode == 0


# Interrupted


def test_an_interrupted_verification_goes_on_where_it_was(at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.verify.progress.EVERY", 0.0)
    path = at.settings.state / "verify.json"
    missing = of_kind(at, "seeds/")[0]
    put(at, missing, None)  # found before the interruption, and still told after it
    whole = at.verified()
    shop = at.shop()

    def stop(done: int, total: int) -> None:
        if done > total * 0.75:
            raise StoreUnreachable("gone")

    with pytest.raises(StoreUnreachable):
        verify(shop.store, shop.clock(), tick=stop, progress=Progress(path))
    kept = json.loads(path.read_text("utf-8"))["open"]
    assert 0 < kept["next"] < kept["size"]

    read = Reads(connect(at.settings, write=False))
    report = verify(read, shop.clock(), progress=Progress(path, take_up=True))  # type: ignore[arg-type]
    assert named(report) == named(whole) == [(MISSING, missing)]
    assert report.counts == whole.counts
    assert report.uncaptured == whole.uncaptured
    warcs = len(of_kind(at, "warc/"))
    assert 0 < read.count("warc/") < warcs
    assert "open" not in json.loads(path.read_text("utf-8"))

    again = Reads(connect(at.settings, write=False))
    verify(again, shop.clock(), progress=Progress(path, take_up=True))  # type: ignore[arg-type]
    assert again.count("warc/") >= warcs, "nothing is open: it begins anew"


def test_it_begins_anew_when_the_log_is_another(at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archive.verify.progress.EVERY", 0.0)
    path = at.settings.state / "verify.json"
    shop = at.shop()

    def stop(done: int, total: int) -> None:
        if done > total * 0.75:
            raise StoreUnreachable("gone")

    with pytest.raises(StoreUnreachable):
        verify(shop.store, shop.clock(), tick=stop, progress=Progress(path))
    row = json.loads(path.read_text("utf-8"))
    row["open"]["root"] = "00" * 32
    path.write_text(json.dumps(row), "utf-8")
    read = Reads(connect(at.settings, write=False))
    verify(read, shop.clock(), progress=Progress(path, take_up=True))  # type: ignore[arg-type]
    assert read.count("warc/") >= len(of_kind(at, "warc/"))
    path.write_text("{")
    assert at.call("verify", "--resume").returncode == 78


class Reads:
    """A store that remembers what was read of it."""

    def __init__(self, store: Store) -> None:
        self.store, self.asked = store, list[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def get(self, key: str, start: int = 0, length: int | None = None) -> bytes:
        self.asked.append(key)
        return self.store.get(key, start, length)

    def read(self, key: str) -> bytes:
        return self.get(key)

    def count(self, prefix: str) -> int:
        return sum(key.startswith(prefix) for key in self.asked)


def test_bodies_are_checked_where_they_are_wanted(at: Wadi) -> None:
    """Every payload's digest is computed in any case; those of content-decoded bodies follow from them."""
    shop = at.shop()
    report = verify(shop.store, shop.clock(), scope=Scope(bodies=False))
    assert report.counts == at.verified().counts


def test_acts_are_objects_like_all_others(at: Wadi) -> None:
    shop = at.shop()
    row = shop.catalog.articles()[0]
    done = perform(shop, make(shop, "restrict", "طلب شاهد", outlet="wadi", article=row.article, url=row.url))
    report = at.verified()
    assert (report.findings, report.counts["acts"]) == ([], 1)
    put(at, str(done.data["key"]), None)
    assert named(at.verified()) == [(MISSING, str(done.data["key"]))]
    assert at.call("verify", row.url).returncode == 0, "what is withheld can be verified"
