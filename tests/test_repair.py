"""`warraq repair`: what a crash left unlogged, what follows from the log, what a copy has; and that nothing is legitimised in
silence. Every archive here is a clone of one that went through a whole run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from archive import acts, keys, snapshot
from archive.errors import StoreUnreachable
from archive.log.writer import Log, published, walk
from archive.steps import act as act_step
from archive.steps import record as recording
from archive.steps import seal as seal_step
from archive.steps import seeds as seeds_step
from archive.steps.workshop import utc_now
from tests.copies import Place, another, is_whole, place
from tests.servers import Server
from tests.wadi import Wadi, seed_folder, wadi


@pytest.fixture(scope="module")
def template(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    with wadi(weed, tmp_path_factory.mktemp("template")) as made:
        made.run()
        yield made


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with another(tmp_path_factory.mktemp("other")) as server:
        yield server


@pytest.fixture
def at(template: Wadi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wadi:
    """The archive of the template once more, under a prefix and with a state folder of its own."""
    state = tmp_path / "state"
    shutil.copytree(template.env["WARRAQ_STATE"], state)
    (state / "store.json").unlink()
    made = replace(
        template, env={**template.env, "WARRAQ_STATE": str(state), "WARRAQ_BUCKET": f"s3://shared/{uuid4().hex[:12]}"}
    )
    for name in ("WARRAQ_STATE", "WARRAQ_BUCKET"):  # the spider is a process of its own
        monkeypatch.setenv(name, made.env[name])
    for key in template.held():
        put(made, key, get(template, key))
    return made


def get(at: Wadi, key: str) -> bytes:
    return bytes(at.client.get_object(**at.place(key))["Body"].read())


def put(at: Wadi, key: str, data: bytes) -> None:
    at.client.put_object(**at.place(key), Body=data)


def remove(at: Wadi, key: str) -> None:
    at.client.delete_object(**at.place(key))


def some(at: Wadi, kind: str) -> str:
    return max(key for key in at.held() if key.startswith(f"{kind}/"))


def clean(at: Wadi) -> None:
    """What a verification by somebody else says: nothing is wrong, and nothing waits."""
    report = at.verified()
    assert (report.faults, report.waiting) == ([], {})


def repair(at: Wadi, *more: str, status: int = 0) -> str:
    done = at.call("repair", *more)
    assert done.returncode == status, done
    return done.stdout + done.stderr


def last_act(at: Wadi) -> acts.Act:
    return acts.load(get(at, some(at, "acts")))


def named(at: Wadi) -> dict[str, str]:
    """What the last act names: key → why."""
    act = last_act(at)
    assert (act.act, act.reason) == ("repair", "what a crash left unlogged or missing was put right")
    return {row["key"]: row["why"] for row in act.more["repaired"]}


def logged(at: Wadi) -> set[str]:
    return {leaf.key for batch in walk(at.shop().store, 0) for leaf in batch.leaves}


def crash(*_: object, **__: object) -> None:
    raise StoreUnreachable("the machine died here")


def dies(monkeypatch: pytest.MonkeyPatch, module: object, name: str, doing: Callable[[], object]) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, name, crash)
        with pytest.raises(StoreUnreachable):
            doing()


def test_an_archive_in_order_is_left_as_it_is(at: Wadi) -> None:
    before = at.held()
    assert repair(at) == "repair: nothing to repair\n"
    assert at.held() == before


class TestWhatACrashLeft:
    def test_a_file_that_was_indexed_and_not_logged(self, at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        at.site.edit(1)
        dies(monkeypatch, seal_step, "record", at.run)
        warc = some(at, "warc")
        assert warc not in logged(at)
        out = repair(at)
        assert out.splitlines()[-1] == "repair: 2 logged"
        assert set(named(at)) == {warc, some(at, "plans")}
        clean(at)
        assert at.shop().catalog.pending([some(at, "observations")]) == [], "and the catalog has it"

    def test_a_file_that_was_captured_and_not_read(self, at: Wadi) -> None:
        at.run_steps("plan", "crawl")
        assert "2 logged" in repair(at)
        clean(at)

    def test_a_batch_that_nobody_signed(self, at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        at.site.edit(1)
        before = published(at.shop().store)
        dies(monkeypatch, Log, "publish", at.run)
        assert some(at, "warc") in logged(at)
        assert repair(at) == "repair: nothing to repair\n"
        after = published(at.shop().store)
        assert before is not None
        assert after is not None
        assert after.size > before.size
        clean(at)

    def test_a_plan_of_a_run_that_came_to_nothing(self, at: Wadi) -> None:
        at.run_steps("plan")
        plan = some(at, "plans")
        assert plan in repair(at, "--json")
        assert named(at) == {plan: "to be logged: a plan"}
        clean(at)

    def test_an_act(self, at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        article = at.shop().catalog.articles()[0]

        def hold() -> None:
            made = act_step.make(at.shop(), "hold", "a court asks", outlet="wadi", article=article.article, url=article.url)
            act_step.perform(at.shop(), made)

        dies(monkeypatch, act_step, "record", hold)
        lost = some(at, "acts")
        assert "1 logged" in repair(at)
        assert lost in named(at)
        clean(at)

    def test_seed_files_are_logged_only_when_a_person_says_they_are_ours(
        self, at: Wadi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = seed_folder(at, {"seed_001.txt": "نص من نصوص المصدر", "seed_002.txt": "نص آخر"})
        dies(monkeypatch, seeds_step, "record", lambda: seeds_step.add(at.shop(), folder))
        sums = next(key for key in at.held() if key.endswith("SHA256SUMS"))
        before = logged(at)
        assert f"added unlogged: {sums}: a set of seed files, without a leaf" in repair(at, status=65)
        assert logged(at) == before
        assert repair(at, "--accept", sums).endswith("repair: 1 logged\n")
        assert named(at) == {sums: "to be logged: a set of seed files, accepted"}
        assert {key for key in at.held() if key.startswith("seeds/")} <= logged(at)
        clean(at)
        assert at.call("seeds", "add", str(folder)).returncode == 0
        assert sum(leaf.key == sums for batch in walk(at.shop().store, 0) for leaf in batch.leaves) == 1

    def test_a_snapshot_of_a_worker_that_was_too_slow_and_one_that_somebody_made_up(self, at: Wadi) -> None:
        held = snapshot.load(get(at, some(at, "snapshots")))
        held["reading"]["id"] = "0123456789ab"
        same = re.sub(r"[0-9a-f]{12}\.json\.gz$", "0123456789ab.json.gz", some(at, "snapshots"))
        put(at, same, snapshot.pack({name: value for name, value in held.items() if name != "v"}))
        held["faithful"], held["reading"]["id"] = f"{held['faithful']}\nولم يقل ذلك أحد.", "ba9876543210"
        forged = same.replace("0123456789ab", "ba9876543210")
        put(at, forged, snapshot.pack({name: value for name, value in held.items() if name != "v"}))
        out = repair(at, status=65)
        assert f"added unlogged: {forged}: a snapshot that no observation names" in out
        assert set(named(at)) == {same}
        assert forged not in logged(at)


class TestNothingInSilence:
    def planted(self, at: Wadi, when: str = "20260301T010000Z") -> str:
        """A WARC of ours as if it had been captured long ago; what it says is true to its name."""
        real = some(at, "warc")
        run = keys.parse_stem(real).run
        key = real.replace(run, f"{when}-{'a' * 12}").replace("/2026/11/22/", "/2026/03/01/")
        key = re.sub(r"/\d{4}/\d\d/\d\d/", f"/{when[:4]}/{when[4:6]}/{when[6:8]}/", key)
        put(at, key, get(at, real))
        return key

    def test_a_back_dated_file_is_sealed_by_no_sweep_and_logged_only_when_accepted(self, at: Wadi) -> None:
        planted = self.planted(at)
        before = logged(at)
        swept = at.call("seal", "--all")
        assert swept.returncode == 78
        assert f"1 WARC files of runs older than two days are not in the log, {planted} first" in swept.stderr
        at.run()
        out = repair(at, status=65)
        line = next(line for line in out.splitlines() if planted in line)
        assert line.startswith(f"added unlogged: {planted}: a WARC of a run of 2026-03-01 01:00 UTC that has no plan")
        assert line.endswith(f"if it is yours: warraq repair --accept {planted}")
        assert planted not in logged(at)
        assert [one.key for one in at.verified().faults if one.key == planted]
        assert repair(at, "--accept", planted).endswith("repair: 1 logged\n")
        assert planted in logged(at) - before
        assert named(at)[planted].endswith(", accepted")
        report = at.verified()
        assert report.faults == []
        assert [one.kind for one in report.information if one.key == planted] == ["logged late"]
        assert at.call("seal", "--all").returncode == 0

    def test_a_plan_beside_it_changes_nothing(self, at: Wadi) -> None:
        planted = self.planted(at)
        stem = keys.parse_stem(planted)
        old = get(at, some(at, "plans"))
        put(at, keys.plan("wadi", stem.run), old)
        out = repair(at, status=65)
        assert planted in out
        assert f"{keys.plan('wadi', stem.run)}: a plan, without a leaf: it is not what its name says" in out
        assert not logged(at) & {planted, keys.plan("wadi", stem.run)}

    def test_a_run_of_today_without_a_plan_is_listed_too(self, at: Wadi) -> None:
        planted = self.planted(at, f"{utc_now():%Y%m%dT%H%M%SZ}")
        assert "that has no plan" in repair(at, status=65)
        assert planted not in logged(at)

    def test_what_cannot_be_read_is_never_logged(self, at: Wadi) -> None:
        planted = self.planted(at)
        put(at, planted, b"\x1f\x8bno WARC")
        assert "it is not what its name says" in repair(at, "--accept", planted, status=65)
        assert planted not in logged(at)

    def test_a_day_s_worth_is_accepted_by_its_beginning(self, at: Wadi) -> None:
        planted = self.planted(at)
        repair(at, "--accept", "warc/wadi/2026/03/", "--reason", "spool of the machine that was away")
        assert planted in logged(at)
        assert last_act(at).reason == "spool of the machine that was away"

    def test_a_key_that_does_not_wait_is_refused_before_anything_is_done(self, at: Wadi) -> None:
        at.run_steps("plan")
        before = at.held()
        out = repair(at, "--accept", "warc/wadi/2020/", status=78)
        assert "warc/wadi/2020/ is not among what waits" in out
        assert at.held() == before

    def test_a_machine_without_the_key_repairs_nothing(self, at: Wadi) -> None:
        at.run_steps("plan", "crawl")
        Path(at.env["WARRAQ_STATE"], "log.key").unlink()
        before = at.held()
        assert "no key" in repair(at, status=78)
        assert at.held() == before

    def test_strangers_are_named_and_stay(self, at: Wadi) -> None:
        put(at, "holiday/beach.jpg", b"x")
        assert "added unlogged: holiday/beach.jpg: a stranger" in repair(at, status=65)

    def test_the_spool_of_this_machine_speaks_for_itself_after_days(self, at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        """It was away; what it captured then is uploaded by the sweep, and nobody has to accept it."""
        real = some(at, "warc")
        data, folder = get(at, real), Path(at.env["WARRAQ_STATE"]) / "spool" / "wadi"
        late = self.planted(at)
        remove(at, late)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / late.rpartition("/")[2]).write_bytes(data)
        assert at.call("seal", "--all").returncode == 0
        assert late in logged(at)


class TestTheSweep:
    def test_it_logs_plans_of_runs_that_captured_nothing_and_signs(self, at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        at.run_steps("plan")
        plan = some(at, "plans")
        done = at.call("seal", "--all")
        assert done.stdout.splitlines()[-1].startswith("sweep: 1 plans of runs that captured nothing logged")
        assert plan in logged(at)
        dies(monkeypatch, Log, "publish", at.run)
        assert at.call("seal", "--all").returncode == 0
        clean(at)
        assert at.call("seal", "--all").stdout.splitlines()[-1] == "sweep: nothing was left"

    def test_sweep_and_repair_leave_nothing_without_a_leaf(self, at: Wadi, monkeypatch: pytest.MonkeyPatch) -> None:
        at.run_steps("plan")
        at.run_steps("plan", "crawl")
        at.run_steps("plan", "crawl", "extract")
        dies(monkeypatch, seal_step, "record", at.run)
        dies(monkeypatch, recording, "not_shorter", at.run)
        assert at.call("seal", "--all").returncode == 0
        assert repair(at) == "repair: nothing to repair\n"
        clean(at)


class TestWhatFollowsFromTheLog:
    @pytest.mark.parametrize("prefix", ["log/tile/0/", "log/tile/entries/", "log/checkpoints/", "log/checkpoint", "log/keys/"])
    def test_what_is_missing_is_put_again(self, at: Wadi, prefix: str) -> None:
        key = max(key for key in at.held() if key.startswith(prefix) and (prefix != "log/checkpoint" or key == prefix))
        before = get(at, key)
        remove(at, key)
        assert "1 put again" in repair(at)
        assert named(at) == {key: "put again, as it follows from the batches"}
        if key != keys.CHECKPOINT:  # which has moved on, over the act
            assert get(at, key) == before
        clean(at)

    def test_what_is_altered_is_left_to_the_owner_of_the_bucket(self, at: Wadi) -> None:
        tile = max(key for key in at.held() if key.startswith("log/tile/entries/"))
        put(at, tile, b"\x00\x03abc")
        done = at.call("repair")
        assert done.returncode == 65, done
        assert get(at, tile) == b"\x00\x03abc"
        (line,) = [line for line in done.stdout.splitlines() if tile in line]
        assert line.startswith(f"altered: {tile}: it does not follow from the batches")
        by_hand = re.findall(r"aws s3api delete-object (.*?) \(", line)
        place = dict(zip(*[iter(by_hand[0].split())] * 2, strict=True))
        assert place["--endpoint-url"] == at.env["AWS_ENDPOINT_URL_S3"]
        at.client.delete_object(Bucket=place["--bucket"], Key=place["--key"])  # as the line says
        assert "1 put again" in repair(at)
        clean(at)

    def test_a_log_with_a_missing_batch_is_not_touched(self, at: Wadi) -> None:
        remove(at, keys.log_batch(0))
        before = at.held()
        assert "log/batches/000000000000.json.gz is missing" in repair(at, status=65)
        assert at.held() == before


class TestFromACopy:
    @pytest.fixture
    def copy(self, at: Wadi, other: Server) -> Place:
        copy = place(other)
        assert at.call("mirror", copy.address, env=copy.env).returncode == 0
        return copy

    def restore(self, at: Wadi, copy: Place, *more: str, status: int = 0) -> str:
        done = at.call("repair", "--from-copy", copy.address, *more, env=copy.env)
        assert done.returncode == status, done
        return done.stdout + done.stderr

    def test_whatever_is_missing_comes_back(self, at: Wadi, copy: Place) -> None:
        before = at.held()
        lost = {some(at, kind) for kind in ("warc", "plans", "observations", "cdxj", "snapshots", "log/batches", "log/tile")}
        for key in lost:
            remove(at, key)
        assert f"repair: {len(lost)} put back" in self.restore(at, copy)
        assert before.items() - at.held().items() == {(keys.CHECKPOINT, before[keys.CHECKPOINT])}
        assert lost == set(named(at))
        clean(at)

    def test_a_whole_archive_comes_back_into_an_empty_bucket(self, at: Wadi, copy: Place) -> None:
        before = at.held()
        for key in before:
            remove(at, key)
        self.restore(at, copy)
        assert before.items() - at.held().items() == {(keys.CHECKPOINT, before[keys.CHECKPOINT])}
        clean(at)
        at.run()
        clean(at)

    def test_a_log_that_was_rolled_back_goes_forward_again(self, at: Wadi, copy: Place) -> None:
        old = get(at, keys.CHECKPOINT)
        before = set(at.held())
        at.site.edit(2)
        at.run()
        assert at.call("mirror", copy.address, env=copy.env).returncode == 0
        held = at.held()
        for key in set(held) - before:
            remove(at, key)
        put(at, keys.CHECKPOINT, old)
        assert "rolled back" in repair(at, status=65)
        self.restore(at, copy)
        assert held.items() - at.held().items() == {(keys.CHECKPOINT, held[keys.CHECKPOINT])}
        clean(at)

    def test_what_was_altered_is_told_with_what_to_do_and_comes_back_after_that(self, at: Wadi, copy: Place) -> None:
        key = some(at, "snapshots")
        before = get(at, key)
        put(at, key, b"other")
        assert self.restore(at, copy) == "repair: nothing to repair\n", "only --full reads what is there"
        out = self.restore(at, copy, "--full", status=65)
        (line,) = [line for line in out.splitlines() if key in line]
        assert line.startswith(f"altered: {key}: the copy has it as it was")
        assert f"--key {at.place(key)['Key']}" in line
        assert get(at, key) == b"other"
        remove(at, key)
        assert "1 put back" in self.restore(at, copy)
        assert get(at, key) == before

    def test_a_damaged_copy_gives_nothing(self, at: Wadi, copy: Place) -> None:
        key = some(at, "warc")
        remove(at, key)
        copy.client.put_object(**copy.at(key), Body=b"other")
        assert f"missing: {key}: the archive lacks it, and the copy's is altered" in self.restore(at, copy, status=65)
        assert key not in at.held()
        copy.client.delete_object(**copy.at(key))
        assert f"missing: {key}: neither the archive nor the copy has it" in self.restore(at, copy, status=65)
        put(at, key, b"third")
        copy.client.put_object(**copy.at(key), Body=b"other")
        assert f"altered: {key}: and the copy's is no better" in self.restore(at, copy, "--full", status=65)

    def test_the_copy_of_another_archive_or_another_signer_is_refused(
        self, at: Wadi, copy: Place, weed: Server, other: Server, tmp_path: Path
    ) -> None:
        folder = tmp_path / "stranger"
        folder.mkdir()
        with wadi(weed, folder) as stranger:
            stranger.run_steps("plan", "crawl", "extract", "seal")
            theirs = place(other)
            assert stranger.call("mirror", theirs.address, env=theirs.env).returncode == 0
            foreign_key = Path(stranger.env["WARRAQ_STATE"], "log.key").read_text()
        before = at.held()
        assert "is no copy of" in self.restore(at, theirs, status=78)
        for key in before:  # with nothing left, only the key can tell
            remove(at, key)
        path = Path(at.env["WARRAQ_STATE"], "log.key")
        own = path.read_text()
        path.write_text(foreign_key)
        assert "is no copy of" in self.restore(at, copy, status=78)
        path.write_text(own)
        assert at.held() == {}

    def test_a_copy_of_before_a_change_of_key_still_serves(self, at: Wadi, copy: Place, tmp_path: Path) -> None:
        new = tmp_path / "new.key"
        assert at.call("key", "rotate", "--to", str(new)).returncode == 0
        made = replace(at, env={**at.env, "WARRAQ_LOG_KEY_FILE": str(new)})
        key = some(at, "warc")
        remove(at, key)
        assert "1 put back" in self.restore(made, copy)
        clean(made)

    def test_json_names_everything(self, at: Wadi, copy: Place) -> None:
        key = some(at, "cdxj")
        remove(at, key)
        told = json.loads(self.restore(at, copy, "--json"))
        assert (told["restored"], told["findings"], len(told["acts"])) == ([key], [], 1)
        assert is_whole(copy) > 0
