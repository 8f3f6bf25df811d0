"""Attacks on a real bucket with 10,000 captures: each must be detected and named right, the clean archive must give nothing.

python -m tests.attacks                     (make attacks)
python -m tests.attacks --only snapshot     those whose name holds the word
python -m tests.attacks --keep FOLDER       keeps the archive there, and takes it from there the next time
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tarfile
import tempfile
import time
from pathlib import Path

from stack.weed import serving
from tests.attacks.build import SMALL, WHOLE, Archive, Size, build, describe
from tests.attacks.scene import Scene
from tests.attacks.stage import ATTACKS, SHOWN, Result, cleanly, play, scene_of
from tests.servers import Server


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="attacks whose name holds this")
    options.add_argument("--keep", type=Path, help="folder to keep the made archive in")
    options.add_argument("--small", action="store_true", help="on a few hundred captures")
    given = options.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="warraq-attacks-"))
    size = SMALL if given.small else WHOLE
    try:
        kept = given.keep / f"{size.articles}x{size.runs}.tar" if given.keep else None
        if kept is not None and not kept.is_file():
            _make(folder, size)
            _pack(folder, kept)
        elif kept is not None:
            with tarfile.open(kept) as tar:
                tar.extractall(folder, filter="data")
        sys.exit(not _attack(folder, size, given.only, fresh=kept is None))
    finally:
        shutil.rmtree(folder)


def _make(folder: Path, size: Size) -> None:
    with serving(folder / "weed") as server:
        _built(describe(folder, Server(*server), size))


def _built(made: Archive) -> None:
    began = time.monotonic()
    build(made)
    print(f"archive made in {time.monotonic() - began:.0f} s", flush=True)


def _pack(folder: Path, kept: Path) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(kept, "w") as tar:
        for path in sorted(folder.iterdir()):
            tar.add(path, path.name, filter=lambda one: one if one.isfile() or one.isdir() else None)


def _attack(folder: Path, size: Size, only: str, *, fresh: bool) -> bool:
    """Every attack; whether all of them were detected and named, and nothing else was."""
    with serving(folder / "weed") as server:
        made = describe(folder, Server(*server), size)
        if fresh:
            _built(made)
        at = scene_of(made)
        print(f"{_captures(at)} captures, {len(at.clean)} objects, {at.size} leaves in {len(at.batches)} batches", flush=True)
        before = _clean(at, "before")
        chosen = [one for one in ATTACKS if only in one.name]
        with made.inside():
            results = [_told(n, play(at, one)) for n, one in enumerate(chosen, 1)]
        clean = not before and not _clean(at, "after")
    good = sum(one.ok for one in results)
    words = f"{good} of {len(results)} detected and named; clean archive: {'0 findings' if clean else 'findings'}"
    print(f"attacks: {'ok' if good == len(results) and clean else 'short'} ({words})")
    return good == len(results) and clean


def _captures(at: Scene) -> int:
    return sum(one.kind == "capture" for batch in at.batches for one in batch.leaves)


def _clean(at: Scene, when: str) -> list[str]:
    began = time.monotonic()
    problems = cleanly(at)
    print(f"clean archive {when} the attacks: {len(problems)} findings, {time.monotonic() - began:.1f} s", flush=True)
    _list(problems)
    return problems


def _told(number: int, one: Result) -> Result:
    if number == 1:
        print(f"{'':3} {'attack':74} {'expected':24} {'found':24} {'s':>5}  ok")
    line = f"{number:3} {one.attack.name:74} {one.expected.words:24} {one.found:24} {one.report.seconds:5.1f}  {'ok' if one.ok else 'NO'}"
    print(line, flush=True)
    _list(one.problems)
    return one


def _list(problems: list[str]) -> None:
    for problem in problems[:SHOWN]:
        print(f"      {problem}")
    if len(problems) > SHOWN:
        print(f"      and {len(problems) - SHOWN} more", flush=True)


if __name__ == "__main__":
    main()
