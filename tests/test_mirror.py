"""`warraq mirror`: a second copy on another server, of another owner, with another key."""

from __future__ import annotations

import base64
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive import keys
from archive.settings import from_environment
from tests.copies import Place, another, is_whole, place
from tests.faults.kill import ROOT
from tests.servers import CarelessStore, Relay, Server
from tests.wadi import WARRAQ, Wadi, new_run, seed_folder, wadi


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with another(tmp_path_factory.mktemp("other")) as server:
        yield server


@pytest.fixture(scope="module")
def made(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wadi]:
    """An archive with one run in it. Tests may add runs; what they damage they put back."""
    with wadi(weed, tmp_path_factory.mktemp("wadi")) as made:
        made.run()
        yield made


@pytest.fixture
def copy(other: Server) -> Place:
    return place(other)


def mirror(made: Wadi, copy: Place, *more: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return made.call("mirror", copy.address, *more, env={**copy.env, **(env or {})})


@contextmanager
def damaged(made: Wadi | Place, key: str, data: bytes | None) -> Iterator[None]:
    """The object holds `data` for a while, or is gone."""
    at = made.place(key) if isinstance(made, Wadi) else made.at(key)
    before = made.client.get_object(**at)["Body"].read()
    if data is None:
        made.client.delete_object(**at)
    else:
        made.client.put_object(**at, Body=data)
    try:
        yield
    finally:  # one test that fails is one failure, not that of all behind it
        made.client.put_object(**at, Body=before)


def some(made: Wadi, kind: str) -> str:
    return max(key for key in made.held() if key.startswith(f"{kind}/"))


def test_the_first_copy_is_the_archive_object_for_object(made: Wadi, copy: Place) -> None:
    done = mirror(made, copy)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"mirror: \d+ objects copied, [\d.]+ MB; the copy has \d+ leaves\n", done.stdout)
    assert copy.held() == made.held()
    assert is_whole(copy) > 0


def test_a_run_with_nothing_new_costs_a_few_requests(made: Wadi, copy: Place) -> None:
    with Relay(made.env["AWS_ENDPOINT_URL_S3"]) as ours, Relay(copy.server.endpoint) as theirs:
        env = {"AWS_ENDPOINT_URL_S3": ours.endpoint, "WARRAQ_MIRROR_ENDPOINT": theirs.endpoint}
        assert mirror(made, copy, env=env).returncode == 0
        ours.seen.clear(), theirs.seen.clear()
        done = mirror(made, copy, env=env)
        assert done.stdout.startswith("mirror: nothing new; the copy has ")
        assert len(ours.seen) + len(theirs.seen) <= 20, (ours.seen, theirs.seen)
        assert {method for method, _ in theirs.seen} == {"GET"}


def test_what_the_copy_holds_is_not_fetched_again_and_nothing_is_ever_replaced(made: Wadi, copy: Place) -> None:
    with Relay(made.env["AWS_ENDPOINT_URL_S3"]) as ours, Relay(copy.server.endpoint) as theirs:
        env = {"AWS_ENDPOINT_URL_S3": ours.endpoint, "WARRAQ_MIRROR_ENDPOINT": theirs.endpoint}
        assert mirror(made, copy, env=env).returncode == 0
        before = copy.held()
        made.site.edit(2)
        made.run()
        ours.seen.clear(), theirs.seen.clear()
        assert mirror(made, copy, env=env).returncode == 0
        prefix = "/" + made.place("")["Bucket"] + "/" + made.place("")["Key"]
        fetched = {path.partition("?")[0].removeprefix(prefix) for method, path in ours.seen if method == "GET"}
        tiles = {key for key in before if key.startswith("log/tile/")}  # to see that the log was not rewritten
        assert fetched & set(before) - tiles == {"meta/archive.json", "log/checkpoint"}
        assert copy.held() == made.held()
        unchanged = {key: tag for key, tag in before.items() if key != keys.CHECKPOINT}
        assert unchanged.items() <= copy.held().items()
        assert {method for method, _ in theirs.seen} == {"GET", "PUT"}


class TestWhatIsNoCopy:
    """Refused before anything of the archive is put there."""

    def refused(self, done: subprocess.CompletedProcess[str], *words: str) -> None:
        assert done.returncode == 78, done
        (line,) = done.stderr.splitlines()
        assert all(word in line for word in words), line

    def test_a_store_that_ignores_conditional_puts(self, made: Wadi) -> None:
        with CarelessStore() as careless:
            there = Place(Server(careless.endpoint, "k", "s"), "s3://copies/careless")
            self.refused(mirror(made, there), "ignores If-None-Match", careless.endpoint)
            assert [path for path in careless.objects if "/probe/" not in path] == []

    def test_the_copy_of_another_archive(self, made: Wadi, copy: Place, weed: Server, tmp_path: Path) -> None:
        with wadi(weed, tmp_path) as stranger:
            assert mirror(stranger, copy).returncode == 0
        before = copy.held()
        self.refused(mirror(made, copy), "another archive", copy.address)
        assert copy.held() == before

    def test_a_bucket_with_other_things_in_it(self, made: Wadi, copy: Place) -> None:
        copy.client.put_object(**copy.at("holiday/beach.jpg"), Body=b"x")
        self.refused(mirror(made, copy), "holiday/beach.jpg", "no archive")
        assert list(copy.held()) == ["holiday/beach.jpg"]

    def test_the_bucket_of_the_archive_itself_by_its_own_or_another_name(self, made: Wadi, weed: Server) -> None:
        before = made.held()
        bucket = made.env["WARRAQ_BUCKET"].rpartition("/")[0]
        self.refused(mirror(made, Place(weed, f"{bucket}/copy")), "the bucket of the archive itself")
        with Relay(weed.endpoint) as alias:
            there = Place(weed.at(alias.endpoint), made.env["WARRAQ_BUCKET"])
            self.refused(mirror(made, there), "under another name")
        assert made.held() == before

    def test_no_address_and_no_setting(self, made: Wadi) -> None:
        self.refused(made.call("mirror"), "WARRAQ_MIRROR")
        self.refused(made.call("mirror", "ftp://elsewhere"), "DEST=ftp://elsewhere")

    def test_a_key_that_is_wrong_or_half_or_one_of_two(self, made: Wadi, copy: Place) -> None:
        self.refused(
            mirror(made, copy, env={"WARRAQ_MIRROR_SECRET_ACCESS_KEY": "wrong"}),
            "refuses the key",
            "WARRAQ_MIRROR_ACCESS_KEY_ID",
        )
        self.refused(mirror(made, copy, env={"WARRAQ_MIRROR_SECRET_ACCESS_KEY": ""}), "WARRAQ_MIRROR_SECRET_ACCESS_KEY")
        self.refused(mirror(made, copy, env={"WARRAQ_MIRROR_PROFILE": "press"}), "WARRAQ_MIRROR_PROFILE")


def test_the_address_may_be_a_setting_and_the_key_in_a_profile_or_a_connection(made: Wadi, copy: Place, tmp_path: Path) -> None:
    keys_of = copy.server
    credentials = tmp_path / "credentials"
    credentials.write_text(
        f"[press]\naws_access_key_id = {keys_of.access_key}\naws_secret_access_key = {keys_of.secret_key}\n", "utf-8"
    )
    env = {"WARRAQ_MIRROR": copy.address, "WARRAQ_MIRROR_ENDPOINT": keys_of.endpoint}
    profile = {"WARRAQ_MIRROR_PROFILE": "press", "AWS_SHARED_CREDENTIALS_FILE": str(credentials)}
    assert made.call("mirror", env=env | profile).returncode == 0
    assert copy.held() == made.held()
    fields = {"conn_type": "aws", "login": keys_of.access_key, "password": keys_of.secret_key}
    connection = {"WARRAQ_MIRROR_CONNECTION": "press", "AIRFLOW_CONN_PRESS": json.dumps(fields)}
    assert made.call("mirror", "--json", env=env | connection).returncode == 0


def test_secrets_show_nowhere(made: Wadi, copy: Place) -> None:
    assert copy.server.secret_key not in repr(from_environment({**made.env, **copy.env}))
    told = mirror(made, copy, env={"WARRAQ_MIRROR_ENDPOINT": "http://127.0.0.1:9"})
    assert copy.server.secret_key not in told.stderr + told.stdout


class TestATroubledStore:
    def test_unreachable_is_tried_again_later(self, made: Wadi, copy: Place) -> None:
        done = mirror(made, copy, env={"WARRAQ_MIRROR_ENDPOINT": "http://127.0.0.1:9"})
        assert done.returncode == 75
        assert "WARRAQ_MIRROR_ENDPOINT" in done.stderr

    @pytest.mark.parametrize("fault", ["507 InsufficientStorage", "403 QuotaExceeded", "500 InternalError"])
    def test_a_full_one_is_tried_again_and_keeps_what_it_has(self, made: Wadi, copy: Place, fault: str) -> None:
        with Relay(copy.server.endpoint) as relay:
            env = {"WARRAQ_MIRROR_ENDPOINT": relay.endpoint}
            relay.faults.extend([""] * 14 + [fault] * 1000)  # it fills up in the middle
            done = mirror(made, copy, env=env)
            assert done.returncode == 75, done
            relay.faults.clear()
            assert 0 < len(copy.held()) < len(made.held())
            is_whole(copy)
            assert mirror(made, copy, env=env).returncode == 0
        assert copy.held() == made.held()


class TestDamage:
    def test_a_damaged_object_is_not_copied_and_the_rest_is_until_it_is_restored(self, made: Wadi, copy: Place) -> None:
        for key, data, kind in (
            (some(made, "snapshots"), b"\x1f\x8bother bytes", "altered"),
            (some(made, "warc"), made.client.get_object(**made.place(some(made, "warc")))["Body"].read()[:-9], "altered"),
            (some(made, "observations"), None, "missing"),
        ):
            there = place(copy.server)
            with damaged(made, key, data):
                done = mirror(made, there)
                assert done.returncode == 65
                assert done.stdout.startswith(f"{kind}: {key}: ")
                assert set(made.held()) - set(there.held()) <= {key}
                assert key not in there.held()
                again = mirror(made, there, "--json")
                assert again.returncode == 65, "it is told again every day"
                assert [found["key"] for found in json.loads(again.stdout)["findings"]] == [key]
            assert mirror(made, there).returncode == 0
            assert there.held() == made.held()

    def test_damage_is_told_on_a_machine_that_never_copied(self, made: Wadi, copy: Place, tmp_path: Path) -> None:
        key = some(made, "snapshots")
        with damaged(made, key, b"other"):
            assert mirror(made, copy).returncode == 65
            fresh = {"WARRAQ_STATE": str(tmp_path), "WARRAQ_LOG_KEY_FILE": f"{made.env['WARRAQ_STATE']}/log.key"}
            done = mirror(made, copy, env=fresh)
            assert done.returncode == 65
            assert key in done.stdout
        assert mirror(made, copy, env=fresh).returncode == 0

    @pytest.mark.long
    def test_damage_in_the_copy_is_found_by_full_and_left_to_its_owner(self, made: Wadi, copy: Place) -> None:
        assert mirror(made, copy).returncode == 0
        key = some(made, "snapshots")
        with damaged(copy, key, b"other"):
            assert mirror(made, copy).returncode == 0
            done = mirror(made, copy, "--full")
            assert done.returncode == 65
            assert done.stdout.startswith(f"altered: {key}: the copy holds other bytes")
            bucket, inside = copy.at(key)["Bucket"], copy.at(key)["Key"]
            assert f"delete-object --endpoint-url {copy.server.endpoint} --bucket {bucket} --key {inside}" in done.stdout
            assert copy.client.get_object(**copy.at(key))["Body"].read() == b"other"
            assert mirror(made, copy).returncode == 65, "once known, it is told every day"
        assert mirror(made, copy, "--full").returncode == 0

    @pytest.mark.long
    def test_a_damaged_tile_of_the_copy_stops_nothing(self, made: Wadi, copy: Place) -> None:
        assert mirror(made, copy).returncode == 0
        tile = max(key for key in copy.held() if key.startswith("log/tile/0/"))
        with damaged(copy, tile, b"x" * 32):
            made.run()
            done = mirror(made, copy)
            assert (done.returncode, made.held().keys() - copy.held().keys()) == (65, set())
            assert tile in done.stdout

    def test_a_damaged_tile_of_the_archive_is_not_copied_but_computed(self, made: Wadi, copy: Place) -> None:
        tile = max(key for key in made.held() if key.startswith("log/tile/entries/"))
        with damaged(made, tile, b"x"):
            assert mirror(made, copy).returncode == 0
        assert copy.held() == made.held()

    def test_a_checkpoint_of_another_signer_is_not_copied(self, made: Wadi, copy: Place) -> None:
        kept = max(key for key in made.held() if key.startswith("log/checkpoints/"))
        made.run()  # so that it is not the newest, whichever tests ran before
        assert kept < max(key for key in made.held() if key.startswith("log/checkpoints/"))
        with damaged(made, kept, self.of_another(made, kept)):
            done = mirror(made, copy)
            assert done.returncode == 65
            assert f"altered: {kept}: it is not signed with the key in force" in done.stdout
            assert kept not in copy.held()
        assert mirror(made, copy, "--full").returncode == 0
        assert copy.held() == made.held()

    def test_for_the_newest_the_one_in_force_is_put_there(self, made: Wadi, copy: Place) -> None:
        newest = max(key for key in made.held() if key.startswith("log/checkpoints/"))
        with damaged(made, newest, self.of_another(made, newest)):
            done = mirror(made, copy)
            assert done.returncode == 65
            assert f"altered: {newest}: it is not signed with the key in force" in done.stdout
        assert copy.held() == made.held()

    def of_another(self, made: Wadi, kept: str) -> bytes:
        """The checkpoint that was kept there, with a signature that the key did not make."""
        data = bytes(made.client.get_object(**made.place(kept))["Body"].read())
        return data.replace(data.splitlines()[-1][-20:], b"A" * 20)


class TestARewrittenLog:
    """The copy is the memory of what the log said: it follows no log that says something else."""

    def test_an_older_checkpoint_put_back(self, made: Wadi, copy: Place) -> None:
        assert mirror(made, copy).returncode == 0
        before = copy.held()
        oldest = min(key for key in made.held() if key.startswith("log/checkpoints/"))
        made.run()
        assert mirror(made, copy).returncode == 0
        before = copy.held()
        with damaged(made, keys.CHECKPOINT, made.client.get_object(**made.place(oldest))["Body"].read()):
            done = mirror(made, copy)
            assert done.returncode == 65
            assert "rolled back: the archive's log has" in done.stderr
        assert copy.held() == before

    @pytest.mark.parametrize("longer", [False, True])
    def test_a_log_that_was_written_anew(self, weed: Server, copy: Place, tmp_path: Path, longer: bool) -> None:
        with wadi(weed, tmp_path) as made:
            made.run()
            assert mirror(made, copy).returncode == 0
            before = copy.held()
            for key in [key for key in made.held() if key.startswith("log/") and "/keys/" not in key]:
                made.client.delete_object(**made.place(key))
            made.shop().catalog.clear()
            if longer:  # with the same key, and more in it than there was
                made.site.edit(3)
                made.run()
            else:
                made.call("seeds", "add", str(seed_folder(made, {"seed_001.txt": "نص"})))
            done = mirror(made, copy)
            assert done.returncode == 65
            assert ("forked: the archive's first" if longer else "rolled back: the archive's log has") in done.stderr
            assert copy.held() == before


class TestNotLoggedYet:
    def test_what_a_run_in_progress_has_put_is_copied_as_it_is(self, made: Wadi, copy: Place) -> None:
        run = new_run(made.shop())
        made.step("plan", run)
        made.step("crawl", run, 1)
        done = mirror(made, copy)
        assert "2 objects that are not logged yet" in done.stdout
        assert {key for key in made.held() if run in key} == {key for key in copy.held() if run in key}
        made.step("extract", run)
        made.step("seal", run)
        assert mirror(made, copy).returncode == 0
        assert copy.held() == made.held()

    def test_what_cannot_be_read_is_left_and_stops_nothing(self, made: Wadi, copy: Place) -> None:
        real = some(made, "warc")
        planted = re.sub(r"1-\d{5}-[0-9a-f]{12}", "1-00009-0123456789ab", real)
        made.client.put_object(**made.place(planted), Body=b"\x1f\x8bno WARC")
        done = mirror(made, copy)
        made.client.delete_object(**made.place(planted))
        assert done.returncode == 0, done
        assert f"{planted} is not logged, and was not copied" in done.stdout
        assert "1 that are not logged and cannot be read" in done.stdout
        assert planted not in copy.held()


@pytest.mark.long
def test_a_mirror_that_is_killed_leaves_a_valid_copy_and_goes_on(made: Wadi, other: Server) -> None:
    """kill -9 after a random put, and some that may be in flight; every copy on the way is an archive of its own.

    The copy's checkpoint is moved after every batch here, not after thousands of leaves.
    """
    made.run()
    rng = random.Random(20261122)
    start = "from archive.steps import mirror; mirror.STRETCH = 1; from archive.cli import main; main()"
    sizes = []
    with Relay(other.endpoint) as relay:
        for n in range(6):
            copy = place(other)
            env = {**copy.env, "WARRAQ_MIRROR_ENDPOINT": relay.endpoint}
            relay.seen.clear()
            process = subprocess.Popen(
                [sys.executable, "-c", start, "mirror", copy.address],
                env={**made.env, **env},
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
            )
            after = 3 + len(made.held()) * n // 6 + rng.randrange(4)  # two are the probe
            while process.poll() is None and sum(method == "PUT" for method, _ in relay.seen) < after:
                time.sleep(0.0005)
            process.kill()
            process.wait()
            assert copy.held().keys() < made.held().keys()
            sizes.append(is_whole(copy))
            assert made.call("mirror", copy.address, env=env).returncode == 0
            assert copy.held() == made.held(), after
    assert sum(map(bool, sizes)) > 1, sizes
    print(f"leaves that were signed in the copy when it was killed: {sizes}")


class TestVerifyingTheCopy:
    def verify(self, made: Wadi, copy: Place) -> subprocess.CompletedProcess[str]:
        return made.call("verify", "--store", copy.address, env=copy.env)

    def test_a_copy_that_is_behind_is_in_order_and_damage_in_it_is_named(self, made: Wadi, copy: Place) -> None:
        assert made.call("anchor", "--force").returncode == 0  # the book knows
        assert mirror(made, copy).returncode == 0
        made.run()
        assert made.call("anchor", "--force").returncode == 0
        done = self.verify(made, copy)
        assert done.returncode == 0, done
        assert done.stdout.endswith("; 0 findings\n")
        key = max(key for key in copy.held() if key.startswith("snapshots/"))
        with damaged(copy, key, b"x"):
            done = self.verify(made, copy)
        assert done.returncode == 65
        assert key in done.stdout
        with damaged(copy, keys.CHECKPOINT, b"half a note"):
            done = self.verify(made, copy)
        assert done.returncode == 65
        assert f": {keys.CHECKPOINT}: " in done.stdout

    @pytest.mark.long
    def test_a_copy_that_was_cut_back_is_named_and_filled_up_again(self, made: Wadi, copy: Place) -> None:
        made.run()
        assert mirror(made, copy).returncode == 0
        before = copy.held()
        kept = sorted(key for key in before if key.startswith("log/checkpoints/"))
        older = copy.client.get_object(**copy.at(kept[-2]))["Body"].read()
        lost = {key for key in before if key >= keys.log_batch(int(kept[-2][-12:])) and key.startswith("log/batches/")}
        for key in lost | {kept[-1], some(made, "warc")}:
            copy.client.delete_object(**copy.at(key))
        copy.client.put_object(**copy.at(keys.CHECKPOINT), Body=older)
        done = self.verify(made, copy)
        assert done.returncode == 65
        assert "rolled back" in done.stdout
        done = mirror(made, copy)
        assert done.returncode == 65
        assert f"rolled back: {copy.address}: the copy has " in done.stdout
        assert copy.held() == before
        assert mirror(made, copy).returncode == 0


def test_what_others_say_of_checkpoints_is_copied_whenever_they_say_it(made: Wadi, copy: Place) -> None:
    assert mirror(made, copy).returncode == 0
    older = min(key for key in made.held() if key.startswith("log/checkpoints/")).rpartition("/")[2]
    line = f"— witness.example.org/w1 {base64.b64encode(bytes(76)).decode()}\n".encode()
    good, bad = f"log/anchors/{older}/00000000.cosig", f"log/anchors/{older}/0123456789ab.tsr"
    made.client.put_object(**made.place(good), Body=line)
    made.client.put_object(**made.place(bad), Body=b"no token")
    done = mirror(made, copy)
    made.client.delete_object(**made.place(bad))
    made.client.delete_object(**made.place(good))
    assert done.returncode == 0
    assert f"{bad} was not copied" in done.stdout
    assert copy.client.get_object(**copy.at(good))["Body"].read() == line
    assert bad not in copy.held()


def test_two_at_once_are_one_copy(made: Wadi, copy: Place) -> None:
    env = {**made.env, **copy.env}
    both = [
        subprocess.Popen([*WARRAQ, "mirror", copy.address], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert copy.held() == made.held()


def test_a_change_of_key_is_followed(made: Wadi, copy: Place, tmp_path: Path) -> None:
    assert mirror(made, copy).returncode == 0
    before = copy.held()
    assert made.call("key", "rotate", "--to", str(tmp_path / "new.key"), "--reason", "its year is over").returncode == 0
    assert mirror(made, copy).returncode == 0
    assert copy.held() == made.held() != before
    fresh = place(copy.server)
    assert mirror(made, fresh).returncode == 0
    is_whole(fresh)
