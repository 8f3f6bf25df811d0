"""The drill: an archive is captured and mirrored, its store and machine are destroyed, and a fresh machine goes on from the copy.

`make drill` runs it alone and tells what it does. The commands of the fresh machine are those of docs/OPERATIONS.md, "When
the first store is lost", pasted into a shell.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from stack.weed import serving
from tests.copies import Place, another, place
from tests.faults.kill import ROOT
from tests.servers import Server
from tests.wadi import Wadi, seed_folder, wadi

Say = Callable[[str], None]
VIEWS = ("articles", "versions", "events")


def drill(folder: Path, say: Say = print) -> None:
    """The whole of it, in `folder`. AssertionError says what went wrong."""
    with ExitStack() as life:
        other = life.enter_context(another(_made(folder / "other")))
        copy = place(other)
        backup = _made(folder / "backup")
        with ExitStack() as first:
            endpoint, access, secret = first.enter_context(serving(_made(folder / "first") / "data"))
            at = life.enter_context(wadi(Server(endpoint, access, secret), _made(folder / "work")))
            _capture(at, say)
            before = {what: _ok(at, "export", what, "--restricted").splitlines() for what in VIEWS}
            size = _mirror(at, copy, backup, say)
        shutil.rmtree(folder / "first")
        shutil.rmtree(at.env["WARRAQ_STATE"])
        say(
            f"destroyed: the first store, its data and the machine's state folder. What is left: the copy of {size} leaves, {backup}"
        )

        fresh = replace(at, env=_environment(at, copy, folder / "fresh"))
        for line in _pasted(fresh, backup):
            say(f"  {line}")
        after = {what: _ok(fresh, "export", what, "--restricted").splitlines() for what in VIEWS}
        _same_history(before, after)
        say(f"the same {len(before['articles'])} articles, {len(before['versions'])} versions, {len(before['events'])} events")
        _goes_on(fresh, before, size, say)


def _capture(at: Wadi, say: Say) -> None:
    article = at.site.articles[1]
    seeds = seed_folder(at, {"001.txt": "\n\n".join([article.title, *article.paragraphs])})
    _ok(at, "seeds", "add", str(seeds))
    _ok(at, "run", "wadi")
    at.site.edit(1)
    del at.site.articles[4]
    _ok(at, "run", "wadi", "--everything")
    _ok(at, "hold", f"{at.url}archives/2", "--reason", "a court asks for it")
    _ok(at, "anchor", "--force")
    run = _ok(at, "plan", "wadi").splitlines()[0]
    _ok(at, "crawl", "wadi", "--run", run)
    say(
        "captured: two runs with an edit and a deletion, seed files, an act; the book has a checkpoint; a third run is not sealed yet"
    )


def _mirror(at: Wadi, copy: Place, backup: Path, say: Say) -> int:
    """Mirror, and keep what an operator keeps elsewhere; the leaves of the copy."""
    told = json.loads(_ok(at, "mirror", copy.address, "--json", env=copy.env))
    assert told["waiting"] == 2, "the plan and the WARC of the run that is not sealed"
    assert copy.held() == at.held()
    for name in ("log.key", "checkpoint-book.txt"):
        shutil.copy(Path(at.env["WARRAQ_STATE"], name), backup)
    say(told["done"])
    return int(told["leaves"])


def _environment(at: Wadi, copy: Place, state: Path) -> dict[str, str]:
    """What the `export` lines of the docs say, for this place."""
    return {
        **at.env,
        **copy.server.environment(),
        "WARRAQ_BUCKET": copy.address,
        "WARRAQ_STATE": str(state),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def _pasted(at: Wadi, backup: Path) -> list[str]:
    """Run the commands of the docs in a shell, as they stand there; what they print."""
    text = (ROOT / "docs" / "OPERATIONS.md").read_text("utf-8").partition("## When the first store is lost")[2]
    block = re.findall(r"(?ms)^```\n(.*?)^```", text)[0]
    lines = [line for line in block.splitlines() if not line.startswith("export ")]
    assert sum(line.startswith("warraq ") for line in lines) == 5, lines
    script = "\n".join(["set -eu", *lines]).replace("/media/backup", str(backup))
    done = subprocess.run(["bash", "-c", script], env=dict(at.env), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    verified = [line for line in done.stdout.splitlines() if line.startswith("verify: ")]
    assert len(verified) == 2, done.stdout
    assert all(line.endswith("; 0 findings") for line in verified), done.stdout
    return [line for line in done.stdout.splitlines() if line]


def _same_history(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    """Everything that was known is known again. The run that was not sealed has added sightings, and no more than that."""
    rows = [[json.loads(row) for row in rows["versions"]] for rows in (before, after)]
    versions = [[{name: row[name] for name in row if name not in ("last", "captures")} for row in some] for some in rows]
    assert versions[0] == versions[1]
    assert set(before["events"]) <= set(after["events"]), set(before["events"]) - set(after["events"])
    ids = [{json.loads(row)["article"] for row in rows["articles"]} for rows in (before, after)]
    assert ids[0] == ids[1]


def _goes_on(at: Wadi, before: dict[str, list[str]], size: int, say: Say) -> None:
    """The next runs append to the log; nobody who remembers it sees a step back; a new copy can be made."""
    at.site.edit(2)
    at.site.publish(99)
    _ok(at, "run", "wadi", "--everything")
    versions = _ok(at, "export", "versions", "--restricted").splitlines()
    assert len(versions) >= len(before["versions"]) + 2, "an edit, and a new article"
    told = json.loads(_ok(at, "verify", "--json"))
    assert told["findings"] == []
    assert told["waiting"] == {}
    leaves = told["checked"]["leaves"]
    assert leaves > size, (leaves, size)
    anchored = _ok(at, "anchor", "--force")  # refuses a log that does not contain what the book has
    book = Path(at.env["WARRAQ_STATE"], "checkpoint-book.txt").read_text()
    assert book.count("noted ") == 2, book
    acts = _ok(at, "acts")
    assert "a court asks for it" in acts
    say(f"went on: the log has {leaves} leaves, {size} of them from before; verify: 0 findings; {anchored.strip()}")


def _ok(at: Wadi, *arguments: str, env: dict[str, str] | None = None) -> str:
    done = at.warraq(*arguments, env=env)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="warraq-drill-"))
    try:
        drill(folder)
    finally:
        shutil.rmtree(folder)
    print("drill: ok")


if __name__ == "__main__":
    main()
