"""Two verifiers that share no code with ours take a real log and refuse a forged one: Go's sumdb, and a shell script written
from docs/FORMAT.md."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from archive import keys
from archive.log import keyring, leaf, note
from archive.log.leaf import Batch, Leaf, Unit
from archive.log.note import SigningKey
from archive.log.writer import Log
from archive.s3 import S3Store, init_archive
from archive.settings import Settings
from tests import go
from tests.log_audit import fetched
from tests.servers import Server
from tests.test_log_seal import Archive
from tests.test_log_writer import unit

SCRIPT = Path(__file__).with_name("verify_log.sh")
Verify = Callable[[Path], tuple[bool, str]]


@pytest.fixture(scope="module")
def made(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SigningKey, SigningKey]:
    """A copied-out archive of some 300 leaves and six checkpoints, whose key was changed once; the keys."""
    folder, patch = tmp_path_factory.mktemp("verifiers"), pytest.MonkeyPatch()
    with patch.context() as context:
        settings = _settings(weed, folder, context)
        store = init_archive(settings, make_bucket=True)
        archive = Archive(settings, store, folder)
        old = keyring.load(settings)
        assert old is not None
        for pages in (3, 1):
            archive.seal(archive.waiting(pages))
        many = Log(store, old)
        many.append([unit("many", 270)], many.mark())
        many.publish()
        new = SigningKey(old.name, hashlib.sha256(b"the next").digest())
        change = Log(store, new, old)
        change.append([change.key_unit(new)], change.mark())
        change.publish()
        settings.log_key_file.unlink()
        keyring.save(new, settings.log_key_file)
        for pages in (2, 1):
            archive.seal(archive.waiting(pages))
        return _copied(store, folder / "copy"), old, new


def _settings(weed: Server, folder: Path, context: pytest.MonkeyPatch) -> Settings:
    from archive.settings import from_environment

    for name, value in weed.environment().items():
        context.setenv(name, value)
    given = {"WARRAQ_STATE": str(folder / "state"), "WARRAQ_BUCKET": "s3://shared/verifiers", "WARRAQ_READERS": "1"}
    return from_environment(given | {"WARRAQ_SEEDS_LOCK": str(folder / "none")})


def _copied(store: S3Store, folder: Path) -> Path:
    for key, data in fetched(store, store.list("")).items():
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


@pytest.fixture(params=["go", "sh"])
def verify(request: pytest.FixtureRequest, made: tuple[Path, SigningKey, SigningKey]) -> Verify:
    """Whether the verifier accepts a folder, and what it says."""
    _, old, new = made
    if request.param == "go":
        if reason := go.why_not():
            pytest.skip(reason)

        def by_go(folder: Path) -> tuple[bool, str]:
            verdict = go.verify(folder, str(old.public), str(new.public))
            return verdict.accepted, verdict.said

        return by_go

    def by_sh(folder: Path) -> tuple[bool, str]:
        done = subprocess.run(["sh", str(SCRIPT), str(folder), str(new.public)], capture_output=True, text=True, check=False)
        return done.returncode == 0, (done.stdout + done.stderr).strip()

    return by_sh


def test_a_log_of_ours_is_accepted(made: tuple[Path, SigningKey, SigningKey], verify: Verify) -> None:
    accepted, said = verify(made[0])
    size = int((made[0] / "log/checkpoint").read_text().split("\n")[1])
    checkpoints = len(list((made[0] / "log/checkpoints").iterdir()))
    assert accepted, said
    assert size > 300
    assert checkpoints == 6
    assert said.startswith(f"ok: {size} leaves")
    assert f"{checkpoints} checkpoints" in said


def batches(folder: Path) -> list[Path]:
    return sorted((folder / "log/batches").iterdir())


def edit(path: Path, at: int = -1) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(bytes(data))


def a_forged_leaf(folder: Path, _: SigningKey) -> None:
    path = batches(folder)[1]
    batch = leaf.load(path.read_bytes())
    first, *rest = batch.units
    forged = Unit((Leaf(first.leaves[0].kind, "0" * 64, first.leaves[0].key), *first.leaves[1:]))
    path.write_bytes(leaf.dump(Batch(batch.first, (forged, *rest))))


def a_leaf_about_another_object(folder: Path, _: SigningKey) -> None:
    path = batches(folder)[2]
    batch = leaf.load(path.read_bytes())
    first, *rest = batch.units
    forged = Unit((Leaf(first.leaves[0].kind, first.leaves[0].sha256, "warc/another"), *first.leaves[1:]))
    path.write_bytes(leaf.dump(Batch(batch.first, (forged, *rest))))


def a_leaf_more(folder: Path, _: SigningKey) -> None:
    path = batches(folder)[-1]
    batch = leaf.load(path.read_bytes())
    path.write_bytes(leaf.dump(Batch(batch.first, (*batch.units, Unit((Leaf("act", "0" * 64, "acts/x"),))))))


def a_batch_less(folder: Path, _: SigningKey) -> None:
    batches(folder)[3].unlink()


def an_edited_tile(folder: Path, _: SigningKey) -> None:
    edit(folder / "log/tile/0/000", 7 * 32)


def an_edited_tile_above(folder: Path, _: SigningKey) -> None:
    edit(folder / "log/tile/1/000.p/1")


def an_edited_partial_tile(folder: Path, _: SigningKey) -> None:
    edit(min((folder / "log/tile/0").rglob("*.p/*")), 3)


def an_edited_entry(folder: Path, _: SigningKey) -> None:
    edit(folder / "log/tile/entries/000", 300)


def another_signer(folder: Path, signer: SigningKey) -> None:
    """The right name, another key."""
    resign(folder, SigningKey(signer.name, hashlib.sha256(b"a stranger").digest()))


def another_root(folder: Path, signer: SigningKey) -> None:
    resign(folder, signer, root=bytes(32))


def a_forked_past(folder: Path, signer: SigningKey) -> None:
    """An older checkpoint of another history, signed by the right key."""
    path = sorted((folder / "log/checkpoints").iterdir())[4]
    said = note.parse_checkpoint(note.parse(path.read_bytes()))
    path.write_bytes(bytes(note.sign(note.Checkpoint(said.origin, said.size, bytes(32)).text(), [signer])))


def a_checkpoint_that_was_not_kept(folder: Path, _: SigningKey) -> None:
    max((folder / "log/checkpoints").iterdir()).unlink()


def a_damaged_signature(folder: Path, _: SigningKey) -> None:
    for path in (folder / "log/checkpoint", max((folder / "log/checkpoints").iterdir())):
        text, _, line = path.read_text().rpartition(" ")
        path.write_text(f"{text} {line[:20]}{'A' if line[20] != 'A' else 'B'}{line[21:]}")


def resign(folder: Path, signer: SigningKey, root: bytes | None = None) -> None:
    said = note.parse_checkpoint(note.parse((folder / "log/checkpoint").read_bytes()))
    made = bytes(note.sign(note.Checkpoint(said.origin, said.size, root or said.root).text(), [signer]))
    for key in (keys.CHECKPOINT, keys.log_checkpoint(said.size)):
        (folder / key).write_bytes(made)


FORGED = [
    a_forged_leaf,
    a_leaf_about_another_object,
    a_leaf_more,
    a_batch_less,
    an_edited_tile,
    an_edited_tile_above,
    an_edited_partial_tile,
    an_edited_entry,
    another_signer,
    another_root,
    a_forked_past,
    a_checkpoint_that_was_not_kept,
    a_damaged_signature,
]


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__)
def test_a_forged_log_is_refused(
    made: tuple[Path, SigningKey, SigningKey], verify: Verify, forge: Callable[[Path, SigningKey], None], tmp_path: Path
) -> None:
    folder = tmp_path / "forged"
    shutil.copytree(made[0] / "log", folder / "log")
    forge(folder, made[2])
    accepted, said = verify(folder)
    assert not accepted, said
    assert said.startswith(("verifylog: ", "verify_log: "))


def test_the_script_looks_at_the_objects_too(made: tuple[Path, SigningKey, SigningKey], tmp_path: Path) -> None:
    folder = tmp_path / "altered"
    shutil.copytree(made[0], folder)
    warc = next(folder.rglob("*.warc.gz"))
    edit(warc, 700)
    done = subprocess.run(["sh", str(SCRIPT), str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert warc.name in done.stderr


def test_the_script_wants_the_key_that_it_was_given(made: tuple[Path, SigningKey, SigningKey]) -> None:
    folder, old, new = made
    done = subprocess.run(["sh", str(SCRIPT), str(folder), str(old.public)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"signed by {new.public}, not by {old.public}" in done.stderr
