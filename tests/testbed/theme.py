"""python -m tests.testbed.theme: real sites change their theme in the middle of a run.

For each site: a run; a run during which the theme is switched and two articles are edited at once, one of them silently; one
more; two more edits under the new theme, one silent, and a run; a second `[[layouts]]` entry, `warraq reread`, and
a run. The alarm must fire in the run of the switch and name the layout, nothing may be called an edit but the four, which must
all be told in the end, and all must be read. The theme is put back. The bed must be up; it is left running.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from urllib.parse import unquote

from tests.testbed import bed
from tests.testbed.__main__ import Score, canonical, edit, fresh, published, seen
from tests.testbed.bed import ROOT, Warraq, address, wpbed

THEMES = {"mena": ("wpbed-jannah", "wpbed-sahifa"), "alwatan": ("wpbed-jannah", "twentytwentyone")}
PART = {"mena": "^/تقارير/[ا-ح]", "alwatan": r"^/archives/\d*7$"}  # a tenth of a thousand articles
BEFORE = 30  # articles asked for before the theme is switched
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
    options.add_argument("--listless", nargs="*", default=[], help="sites that are watched without REST: no list shows a text")
    options.add_argument("--keep", type=Path, help="a new folder for the archive, which is left in place")
    given = options.parse_args()
    if not bed.WPBED.is_file():
        sys.exit("testbed: skipped: ../shared/testbed is not here")
    score = Score()
    with TemporaryDirectory(prefix="warraq-theme-") as folder, bed.warraq(given.keep or Path(folder) / "warraq") as warraq:
        for site in given.sites:
            old, _ = THEMES[site]
            wpbed("theme", site, old)
            try:
                if site in given.listless:
                    _unlist(Path(warraq.env["WARRAQ_OUTLETS"]) / f"{site}.toml")
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
    warraq("run", site)
    _, new = THEMES[site]
    mark = seen(warraq, site)
    picks, sheet = _picks(warraq, site)
    url = {i: canonical(address(site, sheet[i]["path"])) for i in picks}
    gap, later = dict.fromkeys((url[i] for i in picks[:2]), "body"), dict.fromkeys((url[i] for i in picks[2:]), "body")

    def change(two: list[str]) -> None:
        edit(site, two[0], "append", False, sheet[two[0]]["text"])
        edit(site, two[1], "numbers", True, sheet[two[1]]["text"])

    def switch() -> None:
        wpbed("theme", site, new)
        change(picks[:2])

    said, status = _run(warraq, site, Thread(target=_amid, args=(site, switch)))
    alarm = said.partition("ALARM")[2].partition("\n")[0]
    print(f"         {site}: ALARM{alarm[:700]}", flush=True)
    score.check(f"{site}: the alarm fires in the run of the switch", bool(alarm), True)
    red = "no layout fits" in alarm or "read otherwise" in alarm
    score.check(f"{site}: red when a person must act", status, 78 if red else 0)
    score.check(f"{site}: it names the layout", ("generic" if bare else "jannah") in alarm, True)
    score.check(f"{site}: called an edit in that run, but for the 2", _beyond(fresh(warraq, site, mark), gap), {})
    said, status = _run(warraq, site)
    score.check(f"{site}: the next run says since when, and is not red", ("alarm since" in said, status), (red, 0))
    told = fresh(warraq, site, mark)
    score.check(f"{site}: called an edit in the next run, but for the 2", _beyond(told, gap), {})
    print(f"         {site}: {len(told)} of the 2 edits made as the theme was switched are told by now", flush=True)
    change(picks[2:])
    _run(warraq, site)
    wanted = gap | later
    other = (ROOT / "outlets" / "xeber24.toml").read_text("utf-8").partition("[[layouts]]")[2] if new.endswith("sahifa") else ""
    file.write_text(f"{head}\n[[layouts]]{layouts}\n" + (f"[[layouts]]{other}" if other else PLAIN), "utf-8")
    print(f"         {site}: {warraq('reread', '--outlet', site).strip().splitlines()[-1][:300]}", flush=True)
    told = fresh(warraq, site, mark)  # a site may have answered 304 to a silent edit so far
    score.check(f"{site}: called an edit after reading again, but for the 4", _beyond(told, wanted), {})
    said, status = _run(warraq, site)
    score.check(f"{site}: the run after is quiet", ("ALARM" in said, "alarm since" in said, status), (False, False, 0))
    score.check(f"{site}: events that differ from the 4 edits", _differ(fresh(warraq, site, mark), wanted), {})
    found = warraq.catalog().drift(site)
    score.check(f"{site}: articles that wait, captures that are unread", (found.waiting, _unread(warraq, site)), (0, 0))


def _unlist(file: Path) -> None:
    """Watch it as a site without REST."""
    file.write_text(file.read_text("utf-8").replace('spider = "wordpress"', 'spider = "newsroom"'), "utf-8")


def _picks(warraq: Warraq, site: str) -> tuple[list[str], dict[str, dict]]:
    """Four articles that the archive has and that have a number to change; and the answer sheet."""
    known = {canonical(row.url) for row in warraq.catalog().articles(outlet=site) if row.versions}
    sheet = {i: row for i, row in published(site).items() if not row.get("seed")}
    mine = sorted(i for i, row in sheet.items() if "،" in row["text"] and any(c.isdigit() for c in row["text"]))
    return random.Random(site).sample([i for i in mine if canonical(address(site, sheet[i]["path"])) in known], 4), sheet


def _amid(site: str, switch: Callable[[], None]) -> None:
    """Do it once some articles of the run have been asked for, by the site's own log; after two minutes in any case."""
    log, port, end = bed.STATE / "log" / "access.log", f"127.0.0.1:{bed.PORTS[site]} ", time.monotonic() + 120
    begun, asked = log.stat().st_size, 0
    with log.open("rb") as lines:
        lines.seek(begun)
        while asked < BEFORE and time.monotonic() < end:
            for row in lines.read().decode("utf-8", "replace").splitlines():
                path = unquote(row.partition('"GET ')[2].partition(" ")[0])
                asked += port in row and bool(re.search(PART[site], path))
            time.sleep(0.1)
    switch()


def _run(warraq: Warraq, site: str, beside: Thread | None = None) -> tuple[str, int]:
    """A look at every article and list: a site that answers 304 to a silent edit is given away by its lists alone. `beside` does
    what it does in the meantime."""
    if beside:
        beside.start()
    command = [sys.executable, "-c", "from archive.cli import main; main()", "run", site, "--everything", "--walk"]
    done = subprocess.run(command, env=warraq.env, capture_output=True, text=True, check=False, cwd=ROOT)
    if beside:
        beside.join()
    said = done.stdout + done.stderr
    with (warraq.folder / "warraq.log").open("a") as log:
        log.write(said)
    return said, done.returncode


def _unread(warraq: Warraq, site: str) -> int:
    from archive.outlet import load
    from archive.steps.past import waits

    outlet = load(Path(warraq.env["WARRAQ_OUTLETS"]) / f"{site}.toml")
    return sum(waits(outlet, row) for row in warraq.catalog().unread(site))


def _beyond(got: dict[str, str], allowed: dict[str, str]) -> dict[str, str]:
    return {url: kind for url, kind in got.items() if allowed.get(url) != kind}


def _differ(got: dict[str, str], wanted: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    return {url: (got.get(url), wanted.get(url)) for url in sorted(got | wanted) if got.get(url) != wanted.get(url)}


if __name__ == "__main__":
    main()
