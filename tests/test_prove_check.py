"""What is wrong with a bundle is found and named, whoever made it wrong; and what should not be opened is not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import stat
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from archive.cli import commands
from archive.errors import Refused
from archive.log import leaf, merkle, note
from archive.log.note import Checkpoint, SigningKey
from archive.prove import check, examine, proof
from archive.prove.bundle import OBSERVATIONS, load_leaves
from archive.prove.proof import Proof
from tests.evidence import Bundles, kept, pack
from tests.servers import Server

Contents = dict[str, bytes]


@pytest.fixture(scope="module")
def bundles(weed: Server, tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    return kept(weed, tmp_path_factory.mktemp("bundles"))


def named_again(contents: Contents) -> Contents:
    """As somebody who knows the format would: the manifest names the bytes that are there."""
    manifest = json.loads(contents["manifest.json"])
    manifest["files"] = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items() if name != "manifest.json"}
    return contents | {"manifest.json": json.dumps(manifest).encode()}


def found(contents: Contents, folder: Path) -> set[tuple[str, str]]:
    _, findings = check(pack(contents, folder / "bundle.zip"))
    assert all(one.what and one.remedy for one in findings)
    assert len({one.key for one in findings}) == len(findings)
    return {(one.kind, one.key) for one in findings}


def flip(data: bytes, at: int = -1) -> bytes:
    at = at if at >= 0 else len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def edit(contents: Contents, change: Callable[[dict[str, Any]], None]) -> Contents:
    manifest = json.loads(contents["manifest.json"])
    change(manifest)
    return contents | {"manifest.json": json.dumps(manifest).encode()}


def test_a_bundle_that_was_packed_again_is_right(bundles: Bundles, tmp_path: Path) -> None:
    """Compressed, in another order, with entries for folders, as `zip -r` does."""
    contents = bundles.files("between")
    with zipfile.ZipFile(tmp_path / "again.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("captures/", b"")
        archive.writestr("checkpoints/000000000001/", b"")
        for name in reversed(contents):
            archive.writestr(name, contents[name])
    assert check(tmp_path / "again.zip")[1] == []


@pytest.mark.parametrize("name", ["newest", "gone"])
def test_no_file_can_be_changed_by_a_bit_or_taken_away(bundles: Bundles, name: str, tmp_path: Path) -> None:
    contents = bundles.files(name)
    for one in sorted(set(contents) - {"manifest.json"}):
        if not contents[one]:
            continue
        assert one in {key for _, key in found(contents | {one: flip(contents[one])}, tmp_path)}, one
        without = {other: data for other, data in contents.items() if other != one}
        assert ("missing", one) in found(without, tmp_path)


@pytest.mark.parametrize("name", ["newest", "gone"])
def test_nor_by_somebody_who_writes_the_manifest_again(bundles: Bundles, name: str, tmp_path: Path) -> None:
    contents = bundles.files(name)
    for one in sorted(set(contents) - {"manifest.json"}):
        if contents[one]:
            # Of a line of observations what other files bear out is checked (docs/EVIDENCE.md), not every letter of it.
            at = contents[one].index(b'"record_digest":"sha256:') + 40 if one == OBSERVATIONS else -1
            assert found(named_again(contents | {one: flip(contents[one], at)}), tmp_path), one
            without = {other: data for other, data in contents.items() if other != one}
            assert found(named_again(without), tmp_path), one


def test_a_file_that_nobody_named(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    extra = contents | {"captures/9.warc.gz": contents["captures/1.warc.gz"]}
    assert found(extra, tmp_path) == {("added unlogged", "captures/9.warc.gz")}
    assert ("added unlogged", "captures/9.warc.gz") in found(named_again(extra), tmp_path)


def test_a_leaf_that_was_made_up(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    rows = contents["leaves"].decode()
    other = rows.replace("captures/1.warc.gz warc/wadi/2026/11/01", "captures/1.warc.gz warc/wadi/2026/10/01")
    assert ("altered", "captures/1.warc.gz") in found(named_again(contents | {"leaves": other.encode()}), tmp_path)
    without = "".join(row for row in rows.splitlines(keepends=True) if "captures/1" not in row)
    assert ("added unlogged", "captures/1.warc.gz") in found(named_again(contents | {"leaves": without.encode()}), tmp_path)
    kind = rows.replace("capture captures/1", "snapshot captures/1")
    assert ("altered", "captures/1.warc.gz") in found(named_again(contents | {"leaves": kind.encode()}), tmp_path)
    twice = rows + rows.splitlines(keepends=True)[0]
    assert ("altered", "leaves") in found(named_again(contents | {"leaves": twice.encode()}), tmp_path)


def test_two_captures_exchanged(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("gone")
    one, two = "captures/2.warc.gz", "captures/3.warc.gz"
    swapped = contents | {one: contents[two], two: contents[one]}
    assert {("altered", one), ("altered", two)} <= found(named_again(swapped), tmp_path)
    proofs = {f"{a}.tlog-proof": contents[f"{b}.tlog-proof"] for a, b in ((one, two), (two, one))}
    rows = contents["leaves"].decode().replace(one, "X").replace(two, one).replace("X", two).encode()
    assert {("altered", one), ("altered", two)} <= found(named_again(swapped | proofs | {"leaves": rows}), tmp_path)


def test_another_checkpoint(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    older = next(data for name, data in sorted(contents.items()) if name.endswith("/checkpoint"))
    assert ("altered", "captures/1.warc.gz") in found(named_again(contents | {"checkpoint": older}), tmp_path)
    proofs = {
        name: proof.dump(replace(proof.load(data), checkpoint=older))
        for name, data in contents.items()
        if name.endswith(".tlog-proof")
    }
    assert ("altered", "captures/1.warc.gz") in found(named_again(contents | proofs | {"checkpoint": older}), tmp_path)


def forged(contents: Contents, key: SigningKey) -> Contents:
    """A whole log of somebody else over the same files, one of them changed, signed with their key."""
    stolen = dict(contents)
    snapshot = json.loads(stolen["snapshots/1.json"])
    snapshot["faithful"] = snapshot["text"] = "نص لم يكتبه أحد."
    stolen["snapshots/1.json"] = json.dumps(snapshot, ensure_ascii=False, separators=(",", ":")).encode()
    stolen["snapshots/1.json.gz"] = gzip.compress(stolen["snapshots/1.json"], mtime=0)
    stolen = {
        name: data for name, data in stolen.items() if not name.startswith(("keys/", "checkpoints/", "roots", "witnesses"))
    }
    stolen["keys/000000000000"] = f"{key.public}\n".encode()
    rows = [row for row in load_leaves(contents["leaves"]) if row.kind != "key"]
    lines = [f"key keys/000000000000 log/keys/{key.public.id.hex()}", *(f"{row.kind} {row.file} {row.key}" for row in rows)]
    stolen["leaves"] = "".join(f"{line}\n" for line in lines).encode()
    entries = [_entry(line, stolen) for line in lines]
    edge, tiles = merkle.Edge().extend(merkle.leaf_hash(entry) for entry in entries)
    signed = bytes(note.sign(Checkpoint(key.name, edge.size, edge.root).text(), [key]))
    tree = merkle.Tiles(edge.size, lambda tile: tiles[tile])
    stolen["checkpoint"] = signed
    for index, line in enumerate(lines):
        path = tuple(merkle.inclusion(index, tree))
        stolen[line.split(" ")[1] + ".tlog-proof"] = proof.dump(Proof(index, path, signed))
    return named_again(stolen)


def _entry(line: str, contents: Contents) -> bytes:
    kind, file, key = line.split(" ")
    digest = hashlib.sha256(contents[file]).hexdigest()
    return leaf.Leaf(kind, json.loads(contents[file])["sha256"] if kind == "seed" else digest, key).entry


def test_a_log_of_somebody_elses_is_told_by_its_key(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    stranger = SigningKey(bundles.key.partition("+")[0], b"x" * 32)
    path = pack(forged(contents, stranger), tmp_path / "forged.zip")
    report = examine(path)
    assert {(one.kind, one.key) for one in report.findings} == {("altered", "report.html")}
    assert any(str(stranger.public) in what for what in report.unchecked)
    findings = examine(path, key=bundles.key).findings
    assert ("wrong signer", "checkpoint") in {(one.kind, one.key) for one in findings}
    whole = pack(contents, tmp_path / "whole.zip")
    assert CliRunner().invoke(commands(), ["verify", str(whole), "--key", bundles.key]).exit_code == 0
    assert CliRunner().invoke(commands(), ["verify", str(whole), "--key", str(stranger.public)]).exit_code == 65


def test_another_key(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    stranger = SigningKey(bundles.key.partition("+")[0], b"x" * 32)
    last = max(name for name in contents if name.startswith("keys/") and not name.endswith("proof"))
    told = found(named_again(contents | {last: f"{stranger.public}\n".encode()}), tmp_path)
    assert {("altered", last), ("wrong signer", "checkpoint")} <= told
    assert found(named_again(contents | {last: b"no key at all"}), tmp_path) >= {("altered", last)}
    without = {name: data for name, data in contents.items() if not name.startswith("keys/")}
    assert ("missing", "keys/") in found(named_again(without), tmp_path)


def test_a_key_that_nobody_handed_over_to(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    both = next(name for name in contents if name.endswith("/checkpoint") and len(note.parse(contents[name]).signatures) == 2)
    last = max(name for name in contents if name.startswith("keys/") and not name.endswith("proof"))
    gone = {name: data for name, data in contents.items() if not name.startswith(both.removesuffix("checkpoint"))}
    assert found(named_again(gone), tmp_path) == {("altered", last)}


def test_a_number_without_end_is_named(bundles: Bundles, tmp_path: Path) -> None:
    """Python refuses to read numbers of more than 4,300 digits with an error of its own."""
    name = "captures/1.warc.gz.tlog-proof"
    head, _, rest = bundles.files("newest")[name].split(b"\n", 2)
    contents = bundles.files("newest") | {name: b"\n".join((head, b"index " + b"9" * 5000, rest))}
    assert ("altered", "captures/1.warc.gz") in found(named_again(contents), tmp_path)


def test_time_from_outside(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("between")
    (first, second) = sorted(name for name in contents if name.endswith(".tsr"))
    assert found(named_again(contents | {first: contents[second]}), tmp_path) == {("altered", first)}
    (one, two) = sorted(name for name in contents if name.endswith(".cosig"))
    assert found(named_again(contents | {one: contents[two]}), tmp_path) == {("altered", one)}
    stranger = contents["roots.pem"].replace(b"M", b"N", 1)
    assert ("altered", "roots.pem") in found(named_again(contents | {"roots.pem": stranger}), tmp_path)
    later = {name: data for name, data in contents.items() if not name.endswith((".tsr", ".cosig"))}
    report = examine(pack(named_again(later), tmp_path / "later.zip"))
    assert {one.key for one in report.findings} == {"report.html"}  # it names the times that were told
    assert "the time: nobody outside has told one that can be checked" in report.unchecked


def test_a_log_that_did_not_grow_from_the_earlier_one(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("between")
    name = sorted(name for name in contents if name.endswith("/consistency"))[0]
    hashes = [base64.b64decode(line) for line in contents[name].splitlines()]
    other = proof.dump_path([*hashes[:-1], hashlib.sha256(b"another").digest()])
    assert ("forked", name.replace("consistency", "checkpoint")) in found(named_again(contents | {name: other}), tmp_path)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda m: m["sightings"][0].update(time="2026-10-01T00:00:00.000000Z"), "captures/1.warc.gz"),
        (lambda m: m["sightings"][0].update(status=404), "captures/1.warc.gz"),
        (lambda m: m["sightings"][0].update(url="https://other.example/"), "captures/1.warc.gz"),
        (lambda m: m["sightings"][1].update(whole=""), "captures/2.warc.gz"),
        (lambda m: m["sightings"][0].update(chain=""), "captures/1.warc.gz"),
        (lambda m: m["sightings"][0].update({"class": "gone"}), "observations.jsonl"),
        (lambda m: m["sightings"].pop(), "captures/2.warc.gz"),
        (lambda m: m["versions"][0].update(time="2026-10-01T00:00:00.000000Z"), "snapshots/1.json.gz"),
        (lambda m: m["versions"][0].update(snapshot=""), "snapshots/1.json.gz"),
        (lambda m: m["versions"].clear(), "snapshots/1.json.gz"),
        (lambda m: m["article"].update(id="0" * 32), "snapshots/1.json.gz"),
        (lambda m: m["article"].update(state="gone"), "report.html"),
        (lambda m: m["article"].update(outlet_title="Another"), "report.html"),
        (lambda m: m["links"][0].update(version=2), "seeds/1.json"),
        (lambda m: m.update(surprise=1), "manifest.json"),
        (lambda m: m.update(v=2), "manifest.json"),
        (lambda m: m.pop("sightings"), "manifest.json"),
    ],
)
def test_the_manifest_says_what_the_captures_say(
    bundles: Bundles, change: Callable[[dict[str, Any]], None], named: str, tmp_path: Path
) -> None:
    assert named in {key for _, key in found(edit(bundles.files("newest"), change), tmp_path)}


def test_an_absence_is_a_capture(bundles: Bundles, tmp_path: Path) -> None:
    def earlier(manifest: dict[str, Any]) -> None:
        manifest["events"][0]["since"] = "2026-10-01T00:00:00.000000Z"

    assert ("altered", "manifest.json") in found(edit(bundles.files("gone"), earlier), tmp_path)


def test_observations_are_about_this_article_and_these_captures(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("gone")
    first, *rest = contents["observations.jsonl"].splitlines(keepends=True)
    article = json.loads(first)["article"].encode()
    for other in (
        first.replace(article, b"0" * 32),
        first.replace(b'"class":"content"', b'"class":"gone"'),
        first.replace(b'"record_digest":"sha256:', b'"record_digest":"sha256:0')[:-1],
        b"no JSON\n",
        b"",
    ):
        told = found(named_again(contents | {"observations.jsonl": other + b"".join(rest)}), tmp_path)
        assert ("altered", "observations.jsonl") in told


def test_a_link_that_the_snapshot_does_not_say(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    link = json.loads(contents["seeds/1.json"])
    link["relation"] = "identical" if link["relation"] != "identical" else "derived"
    told = found(named_again(contents | {"seeds/1.json": json.dumps(link).encode()}), tmp_path)
    assert ("altered", "seeds/1.json") in told


def test_of_another_version_of_our_code_only_what_it_wrote_cannot_be_told(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest") | {"report.html": b"<p>other words</p>"}
    other = edit(named_again(contents), lambda m: m.update(maker="0" * 12))
    report = examine(pack(other, tmp_path / "other.zip"))
    assert report.findings == []
    assert "README, check.sh, report.html, seeds/VERIFY.md: written by another version of Warraq" in report.unchecked


# What should not be opened


def damaged(path: Path, data: bytes) -> set[tuple[str, str]]:
    path.write_bytes(data)
    return {(one.kind, one.key) for one in check(path)[1]}


def test_a_zip_that_is_damaged_is_a_finding(bundles: Bundles, tmp_path: Path) -> None:
    data = bundles.made["newest"].read_bytes()
    path = tmp_path / "bundle.zip"
    for other in (
        data[: len(data) // 2],
        data[:-1],
        data + b"x",
        b"",
        b"PK",
        data[:100] + data[200:],
        flip(data, 200),
    ):
        assert damaged(path, other) == {("altered", "bundle.zip")}


def entry(name: str, data: bytes = b"x", **fields: Any) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


HOSTILE: dict[str, list[tuple[zipfile.ZipInfo, bytes]]] = {
    "up": [entry("../captures/1.warc.gz")],
    "root": [entry("/etc/passwd")],
    "drive": [entry("C:/README")],
    "backslash": [entry("captures\\1.warc.gz")],
    "deep": [entry("captures/../README")],
    "stranger": [entry("captures/1.exe")],
    "arabic digits": [entry("captures/١.warc.gz")],
    "newline": [entry("README\n")],
    "link": [entry("README", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)],
    "device": [entry("README", external_attr=(stat.S_IFCHR | 0o777) << 16)],
    "twice": [entry("README"), entry("README", b"y")],
    "bzip": [entry("README", compress_type=zipfile.ZIP_BZIP2)],
    "many": [entry(f"captures/{n}.warc.gz", b"") for n in range(1, 20_002)],
    "bomb": [entry(f"captures/{n}.warc.gz", bytes(40 << 20), compress_type=zipfile.ZIP_DEFLATED) for n in range(1, 28)],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_zip_is_not_opened(name: str, tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for info, data in HOSTILE[name]:
            archive.writestr(info, data)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Refused, match="not opened"):
        check(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_encrypted_zip_and_a_zip64_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("README", b"x")
    data = bytearray(held.getvalue())
    start = data.index(b"PK\1\2")
    data[start + 8] |= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Refused, match="not opened"):
        check(path)
    plain = held.getvalue()
    path.write_bytes(plain[:-22] + b"PK\6\7" + bytes(16) + plain[-22:])
    with pytest.raises(Refused, match="not opened"):
        check(path)
    path.write_bytes(plain[:-10] + struct.pack("<L", 9 << 20) + plain[-6:])
    with pytest.raises(Refused, match="not opened"):
        check(path)


def test_a_capture_that_unpacks_to_far_too_much(bundles: Bundles, tmp_path: Path) -> None:
    contents = bundles.files("newest")
    bomb = gzip.compress(bytes(300 << 20), compresslevel=9, mtime=0)
    stranger = SigningKey(bundles.key.partition("+")[0], b"x" * 32)
    told = found(forged(contents | {"captures/1.warc.gz": bomb, "warcinfos/1.warc.gz": bomb}, stranger), tmp_path)
    assert {("altered", "captures/1.warc.gz"), ("altered", "warcinfos/1.warc.gz")} <= told
