"""README's commands in bare shells: sha256sum, openssl, gzip, awk and cat are all there is; no Python, nothing of ours."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.log.note import SigningKey
from archive.prove import proof
from tests.evidence import Bundles, kept, pack, unpack
from tests.servers import Server
from tests.test_prove_check import Contents, flip, forged

TOOLS = ("sha256sum", "openssl", "gzip", "cat")


@pytest.fixture(scope="module")
def bundles(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    return kept(weed, tmp_path_factory.mktemp("bundles"))


@dataclass(frozen=True)
class Bare:
    """A shell, and a PATH of five programs."""

    shell: str
    path: Path

    def run(self, folder: Path, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.shell, *command], cwd=folder, env={"PATH": str(self.path), **variables}, capture_output=True, text=True, timeout=300, check=False
        )  # fmt: skip


@pytest.fixture(scope="module", params=[("dash", "mawk"), ("bash", "gawk")], ids="-".join)
def bare(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bare:
    shell, awk = (shutil.which(name) for name in request.param)
    if shell is None or awk is None:
        pytest.skip(f"needs {' and '.join(request.param)}")
    return Bare(shell, _programs(tmp_path_factory.mktemp("bin"), awk))


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Bare:
    return Bare(shutil.which("dash") or "/bin/sh", _programs(tmp_path_factory.mktemp("bin"), shutil.which("mawk") or "awk"))


def _programs(folder: Path, awk: str) -> Path:
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None, f"the tests need {name}"
        (folder / name).symlink_to(os.path.realpath(found))
    (folder / "awk").symlink_to(os.path.realpath(awk))
    return folder


def test_there_is_no_python_and_nothing_else_where_they_run(bare: Bare, tmp_path: Path) -> None:
    assert sorted(path.name for path in bare.path.iterdir()) == sorted([*TOOLS, "awk"])
    for name in ("python", "python3", "perl", "warraq", "od", "tail", "xxd"):
        assert bare.run(tmp_path, "-c", f"command -v {name}").returncode != 0


@pytest.mark.parametrize("name", ["newest", "time", "gone", "front", "never", "between", "returned", "hostile"])
def test_check_sh_finds_every_bundle_right(bundles: Bundles, dash: Bare, name: str, tmp_path: Path) -> None:
    folder = unpack(bundles.made[name], tmp_path)
    done = dash.run(folder, "check.sh", KEY=bundles.key)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("PROVEN")
    assert done.stderr == ""
    for file in folder.glob("captures/*.gz"):
        assert re.search(rf"(?m)^[0-9a-f]{{64}}  captures/{file.name}: leaf \d+$", done.stdout)


def test_in_every_shell_with_every_awk_and_what_a_stranger_has(bundles: Bundles, bare: Bare, tmp_path: Path) -> None:
    folder = unpack(bundles.made["between"], tmp_path)
    (tmp_path / "my-roots.pem").write_bytes(bundles.roots)
    (tmp_path / "my-seed.txt").write_bytes(bundles.seed)
    done = bare.run(folder, "check.sh", KEY=bundles.key, ROOTS="my-roots.pem", SEED="my-seed.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my-seed.txt is its seed file" in done.stdout
    assert re.search(r"captures/1\.warc\.gz: existed at \w+ +\d+ \d\d:\d\d:\d\d 20\d\d GMT", done.stdout)
    assert "captures/5.warc.gz: existed at a time that nobody outside has told" in done.stdout
    assert len(re.findall(r"is a link that snapshots/\d\.json\.gz says", done.stdout)) == 3
    assert f"keys/{1:012}: leaf 1" in done.stdout
    assert "both signed checkpoints/" in done.stdout


def typed(folder: Path) -> str:
    """What a reader of README types: the indented lines of its last part."""
    _, _, rest = (folder / "README").read_text("utf-8").partition("WHAT check.sh DOES")
    body, _, _ = rest.partition("بالعربية")
    return "".join(f"{line[4:]}\n" for line in body.splitlines() if line.startswith("    "))


def test_readme_has_every_line_of_it_and_a_person_may_type_them(bundles: Bundles, bare: Bare, tmp_path: Path) -> None:
    folder = unpack(bundles.made["newest"], tmp_path)
    script = (folder / "check.sh").read_text("utf-8")
    assert [line for line in typed(folder).splitlines() if line] == [line for line in script.splitlines() if line]
    (folder / "typed").write_text(typed(folder), "utf-8")
    done = bare.run(folder, "typed")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("PROVEN")


def wrong(contents: Contents, dash: Bare, folder: Path, **variables: str) -> str:
    """Why it is not proven."""
    path = pack(contents, folder / "bundle.zip")
    done = dash.run(unpack(path, folder / "unpacked"), "check.sh", **variables)
    assert done.returncode != 0, done.stdout
    assert "PROVEN:" not in done.stdout.replace("NOT PROVEN", "")
    assert done.stderr.startswith("NOT PROVEN: "), done.stderr
    return done.stderr


def _older(contents: Contents) -> bytes:
    return next(data for name, data in sorted(contents.items()) if name.endswith("/checkpoint"))


def _proof(contents: Contents) -> bytes:
    held = proof.load(contents["captures/1.warc.gz.tlog-proof"])
    return proof.dump(proof.Proof(held.index, (flip(held.path[0]), *held.path[1:]), held.checkpoint))


def _key(contents: Contents) -> Contents:
    last = max(name for name in contents if name.startswith("keys/") and not name.endswith("proof"))
    name = contents[last].decode().partition("+")[0]
    return {last: f"{SigningKey(name, b'x' * 32).public}\n".encode()}


def _swap(contents: Contents, ending: str) -> Contents:
    first, second = sorted(name for name in contents if name.endswith(ending))
    return {first: contents[second]}


def _line(contents: Contents, old: str, new: str) -> Contents:
    changed = contents["leaves"].decode().replace(old, new, 1)
    assert changed != contents["leaves"].decode()
    return {"leaves": changed.encode()}


def _consistency(contents: Contents) -> Contents:
    name = sorted(name for name in contents if name.endswith("/consistency"))[0]
    first, _, rest = contents[name].partition(b"\n")
    return {name: base64.b64encode(flip(base64.b64decode(first))) + b"\n" + rest}


def _link(contents: Contents) -> Contents:
    link = json.loads(contents["seeds/1.json"])
    link["seed_in_article"]["shared"] += 1
    return {"seeds/1.json": json.dumps(link, sort_keys=True, separators=(",", ":")).encode() + b"\n"}


def _unfinished(contents: Contents) -> Contents:
    """The line of a forged capture is the last of `leaves`, and has no newline: `read` says that there is none."""
    lines = contents["leaves"].decode().splitlines(keepends=True)
    mine = next(line for line in lines if line.startswith("capture captures/1.warc.gz "))
    rest = "".join(line for line in lines if line != mine)
    return {"leaves": (rest + mine.rstrip("\n")).encode(), "captures/1.warc.gz": flip(contents["captures/1.warc.gz"])}


def _two_lines(contents: Contents) -> Contents:
    """A link of our own with the digest of a logged seed file, then a line that any snapshot has."""
    link = json.loads(contents["seeds/1.json"])
    link["seed_in_article"]["shared"] += 1
    return {"seeds/1.json": json.dumps(link, sort_keys=True, separators=(",", ":")).encode() + b"\n{\n"}


def _moved(contents: Contents) -> Contents:
    """An early checkpoint, and what others said of it then, under the name of the newest size."""
    first, *_ = sorted(name for name in contents if name.endswith(".tsr"))
    old = first.rpartition("/")[0]
    size = int(contents["checkpoint"].split(b"\n")[1])
    return {name.replace(old, f"checkpoints/{size:012}"): data for name, data in contents.items() if name.startswith(f"{old}/")}


def _beyond(contents: Contents) -> Contents:
    """The same proof for a leaf that the log does not have."""
    name = "captures/1.warc.gz.tlog-proof"
    held = proof.load(contents[name])
    size = int(contents["checkpoint"].split(b"\n")[1])
    high = 1 << size.bit_length()
    return {name: proof.dump(proof.Proof(held.index + high, held.path, held.checkpoint))}


BREAKS: dict[str, tuple[Callable[[Contents], Contents], str]] = {
    "a bit of a capture": (lambda c: {"captures/2.warc.gz": flip(c["captures/2.warc.gz"])}, "captures/2.warc.gz is not leaf"),
    "a bit of a snapshot": (lambda c: {"snapshots/1.json.gz": flip(c["snapshots/1.json.gz"])}, "snapshots/1.json.gz is not leaf"),
    "a bit of who wrote it": (lambda c: {"warcinfos/1.warc.gz": flip(c["warcinfos/1.warc.gz"])}, "warcinfos/1.warc.gz is not leaf"),
    "a bit of a proof": (lambda c: {"captures/1.warc.gz.tlog-proof": _proof(c)}, "captures/1.warc.gz is not leaf"),
    "another checkpoint": (lambda c: {"checkpoint": _older(c)}, "about another checkpoint"),
    "another root": (lambda c: {"checkpoint": c["checkpoint"].replace(c["checkpoint"].split(b"\n")[2][:4], b"AAAA", 1)}, "is not signed by"),
    "another key": (_key, "is not signed by"),
    "a leaf that was made up": (lambda c: _line(c, "captures/1.warc.gz warc/wadi/2026/11/01", "captures/1.warc.gz warc/wadi/2026/10/01"), "captures/1.warc.gz is not leaf"),
    "a leaf of another kind": (lambda c: _line(c, "capture captures/1", "plan captures/1"), "is no plan"),
    "a capture without a leaf": (lambda c: _line(c, c["leaves"].decode().splitlines(keepends=True)[0], ""), "captures/1.warc.gz is not in leaves"),
    "another log before it": (_consistency, "is not the beginning of this log"),
    "a time stamp of another checkpoint": (lambda c: _swap(c, ".tsr"), "is not a time stamp of its checkpoint"),
    "a cosignature of another checkpoint": (lambda c: _swap(c, ".cosig"), "is not a cosignature of its checkpoint"),
    "a link that no snapshot says": (_link, "no snapshot says seeds/1.json"),
    "another text to read": (lambda c: {"snapshots/1.json": c["snapshots/1.json"] + b" "}, "is not what snapshots/1.json.gz holds"),
    "a text from nowhere": (lambda c: {"snapshots/7.json": c["snapshots/1.json"]}, "snapshots/7.json is not in leaves"),
    "a last line that nobody ends": (_unfinished, "captures/1.warc.gz is not leaf"),
    "a link of two lines": (_two_lines, "seeds/1.json is not one line"),
    "an old time for a new size": (_moved, "is not that of its folder"),
    "a leaf beyond the end": (_beyond, "is not a leaf of"),
    "code in a number": (lambda c: {"captures/1.warc.gz.tlog-proof": re.sub(rb"index \d+", b"index a[$(:>pwned)]", c["captures/1.warc.gz.tlog-proof"])}, "is no number"),
    "code in a size": (lambda c: {"checkpoint": re.sub(rb"\n\d+\n", b"\na[$(:>pwned)]\n", c["checkpoint"], count=1)}, "is no number"),
}  # fmt: skip


NEEDS_TWO = ("a time stamp of another checkpoint", "a cosignature of another checkpoint")  # of them


@pytest.mark.parametrize("name", list(BREAKS))
def test_what_breaks_it(bundles: Bundles, dash: Bare, name: str, tmp_path: Path) -> None:
    change, said = BREAKS[name]
    contents = bundles.files("between" if name in NEEDS_TWO else "newest")
    assert said in wrong(contents | change(contents), dash, tmp_path)
    assert not list(tmp_path.rglob("pwned"))


def test_what_a_stranger_has_from_elsewhere_breaks_it_too(bundles: Bundles, dash: Bare, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    assert "not by the key you gave" in wrong(contents, dash, tmp_path, KEY=bundles.first_key)
    (tmp_path / "other.txt").write_text("نص آخر", "utf-8")
    assert "is not the file of seeds/1.json" in wrong(contents, dash, tmp_path, SEED="../other.txt")
    assert "is not there" in wrong(contents, dash, tmp_path, ROOTS="../none.pem")


def test_roots_of_another_authority(bundles: Bundles, dash: Bare, tmp_path: Path) -> None:
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Other", "-days", "9"]
    subprocess.run(
        ["openssl", *new, "-keyout", tmp_path / "k", "-out", tmp_path / "other.pem"], check=True, capture_output=True
    )
    told = wrong(bundles.files("newest"), dash, tmp_path, ROOTS="../other.pem")
    assert "is not a time stamp of its checkpoint by an authority in ../other.pem" in told


def test_a_log_of_somebody_elses_is_told_by_its_key_alone(bundles: Bundles, dash: Bare, tmp_path: Path) -> None:
    stranger = SigningKey(bundles.key.partition("+")[0], b"x" * 32)
    contents = forged(bundles.files("newest"), stranger)
    done = dash.run(unpack(pack(contents, tmp_path / "forged.zip"), tmp_path / "forged"), "check.sh")
    assert done.returncode == 0, done.stderr
    assert f"signed by {stranger.public}" in done.stdout
    assert "not by the key you gave" in wrong(contents, dash, tmp_path, KEY=bundles.key)


def test_without_roots_a_token_is_told_as_unchecked(bundles: Bundles, dash: Bare, tmp_path: Path) -> None:
    contents = {name: data for name, data in bundles.files("newest").items() if name != "roots.pem"}
    done = dash.run(unpack(pack(contents, tmp_path / "bundle.zip"), tmp_path / "unpacked"), "check.sh")
    assert done.returncode == 0, done.stderr
    assert "not checked, set ROOTS" in done.stdout


def test_openssl_alone_checks_a_checkpoint_and_a_token(bundles: Bundles, tmp_path: Path) -> None:
    """As docs/EVIDENCE.md has it."""
    folder = unpack(bundles.made["newest"], tmp_path)
    token = next(folder.glob("checkpoints/*/*.tsr"))
    done = subprocess.run(
        ["openssl", "ts", "-verify", "-in", token, "-data", token.parent / "checkpoint", "-CAfile", folder / "roots.pem"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "Verification: OK"
