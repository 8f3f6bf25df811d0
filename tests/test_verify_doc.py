"""docs/VERIFY.md, run as it stands there: what a third party counts is what a snapshot claims."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from archive import snapshot
from archive.digest import digests
from archive.seed import SeedSet, link

DOC = Path(__file__).parent.parent / "docs" / "VERIFY.md"
SHARED = Path(__file__).parent.parent.parent / "shared" / "seeds"
HEADLINE = "أمطار غزيرة تقطع الطريق بين القريتين"
PARAGRAPHS = (
    "قال رئيس البلدية إنّ السيول جرفت ٢٫٥ كيلومتر من الطريق الواصل بين القريتين، ولم تُسجَّل إصابات.",
    "وأضاف أن فرق الصيانة بدأت العمل منذ الفجر، وأن «الطريق لن يُفتح قبل يومين» على الأقل.",
    "ودعا الأهالي إلى سلوك طريق الوادي القديم، وهو أطول بنحو 12 كيلومتراً لكنه سالك في الاتجاهين.",
    "وكانت الأرصاد قد حذرت مساء الأحد من منخفض جوي يستمر ثلاثة أيام ويترافق مع رياح شديدة.",
)


def commands() -> str:
    """Every ```sh block of the document, in order."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", DOC.read_text("utf-8"), re.M | re.S)
    assert len(blocks) >= 6
    return "".join(blocks)


def run(folder: Path, seed: bytes, packed: bytes) -> subprocess.CompletedProcess[str]:
    (folder / "given.txt").write_bytes(seed)
    (folder / "given.json.gz").write_bytes(packed)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "SEED": "given.txt", "SNAPSHOT": "given.json.gz"}
    return subprocess.run(
        ["sh", "-eu", "-c", commands()], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def pack(title: str, faithful: str, name: str, seed: bytes, **altered: object) -> bytes:
    links = link(f"{title}\n{faithful}", SeedSet("0" * 12, ((name, seed),)))
    body = digests(faithful)
    fields = {"title": title, "faithful": faithful, "seeds": links, "digests": {"body": {"t": body.t, "k": body.k}}}
    return snapshot.pack(fields | altered)


@pytest.mark.parametrize(
    ("relation", "faithful", "seed"),
    [
        ("identical", "\n".join(PARAGRAPHS), "\n\n".join((HEADLINE, *PARAGRAPHS))),
        (
            "contains",
            "\n".join(PARAGRAPHS),
            "\n".join((HEADLINE, *PARAGRAPHS)) + "تعليق ملصق بآخر النص بلا مسافة\nزر الذهاب إلى الأعلى",
        ),
        ("derived", "\n".join((*PARAGRAPHS[:2], *(p[::-1] for p in PARAGRAPHS[2:]))), "\n".join((HEADLINE, *PARAGRAPHS))),
    ],
)
def test_a_third_party_counts_what_the_snapshot_claims(tmp_path: Path, relation: str, faithful: str, seed: str) -> None:
    faithful = faithful.replace("السيول", "السـيول\u200f").replace("يومين", "يوميـن\u200c")  # invisible, and blind to it
    done = run(tmp_path, seed.encode(), pack(HEADLINE, faithful, "one.txt", seed.encode()))
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"the link is as claimed: {relation}" in done.stdout
    assert "the text is the one that was digested" in done.stdout


def test_a_claim_that_is_false_is_found(tmp_path: Path) -> None:
    seed = "\n".join((HEADLINE, *PARAGRAPHS)).encode()
    honest = snapshot.load(pack(HEADLINE, "\n".join(PARAGRAPHS), "one.txt", seed))
    honest["seeds"][0]["seed_in_article"]["shared"] += 1
    done = run(tmp_path, seed, snapshot.pack(honest))
    assert done.returncode != 0
    assert "as claimed" not in done.stdout


def test_another_text_than_the_digested_one_is_found(tmp_path: Path) -> None:
    seed = "\n".join((HEADLINE, *PARAGRAPHS)).encode()
    packed = pack(HEADLINE, "\n".join(PARAGRAPHS), "one.txt", seed, digests={"body": {"t": "0" * 32, "k": "0" * 32}})
    assert run(tmp_path, seed, packed).returncode != 0


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared/seeds")
@pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
def test_the_users_seed_files_count_alike(tmp_path: Path, number: str) -> None:
    """Each seed file against its own upper two thirds: shape and letters are theirs, with all their oddities."""
    path = next(SHARED.glob(f"{number}_*.txt"))
    data = path.read_bytes()
    lines = data.decode().split("\n")
    faithful = "\n".join(line for line in lines[1 : 2 * len(lines) // 3] if line)
    done = run(tmp_path, data, pack(lines[0], faithful, path.name, data))
    assert done.returncode == 0, done.stdout + done.stderr
    assert hashlib.sha256(data).hexdigest() in (SHARED / "SHA256SUMS").read_text()
