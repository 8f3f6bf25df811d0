"""python -m tests.testbed.theme: real sites change their theme in the middle of a run.

For each site: a run; a run during which the theme is switched; one more; two edits under the new theme and a run; a second
`[[layouts]]` entry, `warraq reread`, and a run. The alarm must fire in the run of the switch and name the layout, nothing may
be called an edit but the two, and all must be read in the end. The theme is put back. The bed must be up; it is left running.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

from tests.testbed import bed
from tests.testbed.__main__ import Score, canonical, edit, fresh, published, seen
from tests.testbed.bed import ROOT, Warraq, address, wpbed

THEMES = {"mena": ("wpbed-jannah", "wpbed-sahifa"), "alwatan": ("wpbed-jannah", "twentytwentyone")}
PART = {"mena": "^/تقارير/[ا-ح]", "alwatan": r"^/archives/\d*7$"}  # a tenth of a thousand articles
PLAIN = """
[[layouts]]
name = "plain"
match = "//div[contains(concat(' ', @class, ' '), ' entry-content ')]"
body = "(//div[contains(concat(' ', @class, ' '), ' entry-content ')])[1]"
title = "//h1[contains(@class, 'entry-title')]"
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sites", nargs="*", default=list(THEMES))
    options.add_argument("--all", action="store_true", help="every article, not only those whose paths PART says")
    options.add_argument("--bare", nargs="*", default=["alwatan"], help="sites that begin without any [[layouts]]")
    given = options.parse_args()
    if not bed.WPBED.is_file():
        sys.exit("testbed: skipped: ../shared/testbed is not here")
    score = Score()
    with TemporaryDirectory(prefix="warraq-theme-") as folder, bed.warraq(Path(folder) / "warraq") as warraq:
        for site in given.sites:
            old, _ = THEMES[site]
            wpbed("theme", site, old)
            try:
                _site(warraq, site, part="" if given.all else PART[site], bare=site in given.bare, score=score)
            finally:
                wpbed("theme", site, old)
        score.check("verify: findings", warraq.json("verify")[-1]["findings"], [])
        before = warraq.catalog().tables()
        warraq("rebuild")
        after = warraq.catalog().tables()
        score.check("rebuild: tables that differ", [name for name in before if before[name] != after[name]], [])
    print(f"theme: {'short: ' + '; '.join(score.short) if score.short else 'ok'}")
    sys.exit(bool(score.short))


def _site(warraq: Warraq, site: str, *, part: str, bare: bool, score: Score) -> None:
    file = Path(warraq.env["WARRAQ_OUTLETS"]) / f"{site}.toml"
    layouts = (ROOT / "outlets" / f"{bed.SITES[site]}.toml").read_text("utf-8").partition("[[layouts]]")[2]
    head = file.read_text("utf-8").partition("[[layouts]]")[0]
    if part:
        head = "".join(row for row in head.splitlines(keepends=True) if not row.startswith("article ="))
        head += f"article = {json.dumps(part, ensure_ascii=False)}\n"
    file.write_text(head if bare else f"{head}\n[[layouts]]{layouts}", "utf-8")
    begun = time.monotonic()
    warraq("run", site)
    took = time.monotonic() - begun
    _, new = THEMES[site]
    mark = seen(warraq, site)
    said, status = _run(warraq, site, switch=(took * 0.35, new))
    alarm = said.partition("ALARM")[2].partition("\n")[0]
    print(f"         {site}: ALARM{alarm[:700]}", flush=True)
    score.check(f"{site}: the alarm fires in the run of the switch", bool(alarm), True)
    red = "no layout fits" in alarm or "read otherwise" in alarm
    score.check(f"{site}: red when a person must act", status, 78 if red else 0)
    score.check(f"{site}: it names the layout", ("generic" if bare else "jannah") in alarm, True)
    score.check(f"{site}: called an edit in that run", fresh(warraq, site, mark), {})
    said, status = _run(warraq, site)
    score.check(f"{site}: the next run says since when, and is not red", ("alarm since" in said, status), (red, 0))
    score.check(f"{site}: called an edit in the next run", fresh(warraq, site, mark), {})
    known = {canonical(row.url) for row in warraq.catalog().articles(outlet=site) if row.versions}
    sheet = {i: row for i, row in published(site).items() if not row.get("seed")}
    sheet = {i: row for i, row in sheet.items() if canonical(address(site, row["path"])) in known}
    picks = random.Random(site).sample(sorted(i for i, row in sheet.items() if "،" in row["text"]), 2)
    edit(site, picks[0], "append", False, sheet[picks[0]]["text"])
    edit(site, picks[1], "numbers", False, sheet[picks[1]]["text"])
    _run(warraq, site)
    wanted = {canonical(address(site, sheet[i]["path"])): "body" for i in picks}
    other = (ROOT / "outlets" / "xeber24.toml").read_text("utf-8").partition("[[layouts]]")[2] if new.endswith("sahifa") else ""
    file.write_text(f"{head}\n[[layouts]]{layouts}\n" + (f"[[layouts]]{other}" if other else PLAIN), "utf-8")
    print(f"         {site}: {warraq('reread', '--outlet', site).strip().splitlines()[-1][:300]}", flush=True)
    score.check(
        f"{site}: events that differ from the 2 edits after reading again", _differ(fresh(warraq, site, mark), wanted), {}
    )
    said, status = _run(warraq, site)
    score.check(f"{site}: the run after is quiet", ("ALARM" in said, "alarm since" in said, status), (False, False, 0))
    score.check(f"{site}: events that differ from the 2 edits", _differ(fresh(warraq, site, mark), wanted), {})
    found = warraq.catalog().drift(site)
    score.check(f"{site}: articles that wait, captures that are unread", (found.waiting, _unread(warraq, site)), (0, 0))


def _run(warraq: Warraq, site: str, switch: tuple[float, str] | None = None) -> tuple[str, int]:
    """A look at every article; during it, after so many seconds, the theme becomes another one."""
    timer = Timer(switch[0], wpbed, ("theme", site, switch[1])) if switch else None
    if timer:
        timer.start()
    command = [sys.executable, "-c", "from archive.cli import main; main()", "run", site, "--everything"]
    done = subprocess.run(command, env=warraq.env, capture_output=True, text=True, check=False, cwd=ROOT)
    if timer:
        timer.join()
    said = done.stdout + done.stderr
    with (warraq.folder / "warraq.log").open("a") as log:
        log.write(said)
    return said, done.returncode


def _unread(warraq: Warraq, site: str) -> int:
    from archive.outlet import load
    from archive.steps.past import waits

    outlet = load(Path(warraq.env["WARRAQ_OUTLETS"]) / f"{site}.toml")
    return sum(waits(outlet, row) for row in warraq.catalog().unread(site))


def _differ(got: dict[str, str], wanted: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    return {url: (got.get(url), wanted.get(url)) for url in sorted(got | wanted) if got.get(url) != wanted.get(url)}


if __name__ == "__main__":
    main()
