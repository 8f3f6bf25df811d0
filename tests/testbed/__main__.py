"""make testbed: six real sites, 1,000 posts each; prints each figure, then ok or short, and exits non-zero when short."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from pathlib import Path
from tempfile import gettempdir

from tests.testbed import bed
from tests.testbed.bed import SITES, Warraq, address, truth, wpbed

KINDS = ["append", "drop", "numbers", "word", "typo", "title", "replace", "swap"]
EXPECT = {"typo": "orthographic", "title": "headline"}  # every other kind is an edit of the body
SEEDED = {"xeber24": "000", "hadi": "001", "nashra": "002", "reuters": "002", "mena": "003", "alwatan": "004"}


class Score:
    """Counts what held and what did not; every line is printed as it is known."""

    def __init__(self) -> None:
        self.short: list[str] = []
        self.began = time.monotonic()

    def check(self, what: str, got: object, wanted: object) -> None:
        held = got == wanted
        print(
            f"[{time.monotonic() - self.began:6.0f} s] {'ok   ' if held else 'SHORT'} {what}: {got}"
            + ("" if held else f", wanted {wanted}"),
            flush=True,
        )
        if not held:
            self.short.append(what)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--posts", type=int, default=1000)
    options.add_argument("--sites", nargs="*", default=list(SITES))
    options.add_argument("--keep", action="store_true", help="leave the test bed running and the archive in place")
    given = options.parse_args()
    if not bed.WPBED.is_file():
        sys.exit("testbed: skipped: ../shared/testbed is not here")
    if os.geteuid():
        sys.exit("testbed: skipped: it installs packages and starts daemons as other users, so it needs root")
    running = "18200" in wpbed("status") if Path("/var/tmp/wpbed/run/nginx.pid").exists() else False
    wpbed("up")
    score = Score()
    try:
        bed.fill(given.posts)
        with bed.warraq(Path(gettempdir()) / "warraq-testbed") as warraq:
            whole(warraq, given.sites, score)
            noise(warraq, given.sites, score)
            changes(warraq, given.sites, score)
            proof(warraq, score)
    finally:
        if not (given.keep or running):
            wpbed("down")
    print(f"testbed: {'short: ' + '; '.join(score.short) if score.short else 'ok'}")
    sys.exit(bool(score.short))


def published(site: str) -> dict[str, dict]:
    """Posts that are articles: published and without a password."""
    locked = bed.locked_posts().get(site)
    return {i: row for i, row in truth(site).items() if row["status"] == "publish" and i != locked}


def whole(warraq: Warraq, sites: list[str], score: Score) -> None:
    """Articles in the archive = the answer sheet; seed links = the seeds' articles, nothing else."""
    warraq("seeds", "add", str(bed.SHARED / "seeds"))
    for site in sites:
        warraq("run", site)
        want = {canonical(address(site, row["path"])) for row in published(site).values()}
        have = {canonical(row.url) for row in warraq.catalog().articles(outlet=site) if row.versions}
        score.check(f"{site}: articles missing of {len(want)}", sorted(want - have)[:3], [])
        score.check(f"{site}: articles invented", sorted(have - want)[:3], [])
        spelled = {row.article: canonical(row.url) for row in warraq.catalog().articles(outlet=site)}
        linked = {
            (link.name[:3], link.relation in ("identical", "contains"), spelled[link.article])
            for link in warraq.catalog().links(outlet=site)
        }
        home = {canonical(address(site, row["path"])) for row in published(site).values() if row.get("seed")}
        score.check(f"{site}: seed links", linked, {(SEEDED[site], True, url) for url in home})


def canonical(url: str) -> str:
    from archive.address import canonical as spell

    return spell(url)


def versions(warraq: Warraq, site: str) -> dict[str, int]:
    return {canonical(row.url): row.versions for row in warraq.catalog().articles(outlet=site)}


def noise(warraq: Warraq, sites: list[str], score: Score) -> None:
    """Counters, nonces and shuffled boxes are no edits."""
    for site in sites:
        before = versions(warraq, site)
        if site != "reuters":
            wpbed("option", site, "noise", "1")
        warraq("run", site, "--everything")
        score.check(
            f"{site}: new versions after a second look with noise on",
            sum(versions(warraq, site).values()) - sum(before.values()),
            0,
        )


def changes(warraq: Warraq, sites: list[str], score: Score) -> None:
    """Each kind of edit, announced and silent: one new version of that article, with the right event. In the same
    pass two articles go: nothing is said at the first sighting, gone at the second, and the restored one returns.
    """
    for site in sites:
        sheet = {i: row for i, row in published(site).items() if not row.get("seed")}
        rng = random.Random(site)
        picks = rng.sample(sorted(i for i, row in sheet.items() if "،" in row["text"]), 2 * len(KINDS))
        deleted, trashed = rng.sample(sorted(set(sheet) - set(picks)), 2)
        url = {i: canonical(address(site, sheet[i]["path"])) for i in (*picks, deleted, trashed)}
        wanted: dict[str, str] = {}
        for pick, (kind, silent) in zip(picks, [(k, s) for k in KINDS for s in (False, True)], strict=True):
            edit(site, pick, kind, silent, sheet[pick]["text"])
            wanted[url[pick]] = EXPECT.get(kind, "body")
        wpbed("delete", site, deleted)
        wpbed("trash", site, trashed)
        before, mark = versions(warraq, site), seen(warraq, site)
        warraq("run", site, "--everything")
        got = fresh(warraq, site, mark)
        differ = {u: (got.get(u), wanted.get(u)) for u in wanted | got if got.get(u) != wanted.get(u)}
        score.check(f"{site}: events that differ from the {len(wanted)} edits made", differ, {})
        grown = {u: n - before.get(u, 0) for u, n in versions(warraq, site).items() if n != before.get(u, 0)}
        score.check(f"{site}: articles with one new version", grown, dict.fromkeys(wanted, 1))
        mark = seen(warraq, site)
        time.sleep(1.5)  # gone_after is a second here
        warraq("run", site)
        score.check(
            f"{site}: gone at the second sighting", fresh(warraq, site, mark), {url[deleted]: "gone", url[trashed]: "gone"}
        )
        wpbed("untrash", site, trashed)
        if site != "reuters":
            wpbed("set-status", site, "publish", trashed)
        mark = seen(warraq, site)
        warraq("run", site, "--everything")
        score.check(f"{site}: restored", fresh(warraq, site, mark), {url[trashed]: "returned"})


def seen(warraq: Warraq, site: str) -> set[str]:
    return {event.cursor for event in warraq.catalog().changes(outlet=site, limit=10**6)}


def fresh(warraq: Warraq, site: str, mark: set[str]) -> dict[str, str]:
    """Kinds of the events since `mark`, by address."""
    events = [event for event in warraq.catalog().changes(outlet=site, limit=10**6) if event.cursor not in mark]
    return {canonical(event.url): "+".join(event.kinds) for event in events}


def edit(site: str, pick: str, kind: str, silent: bool, old: str) -> None:
    """Edit until the text really changed: a typo or a number may find nothing to change in a paragraph."""
    for seed in range(40):
        wpbed("edit", site, pick, "--kind", kind, "--seed", str(seed), *(["--silent"] if silent else []))
        if kind == "title" or "".join(truth(site)[pick]["text"].split()) != "".join(old.split()):
            return
    sys.exit(f"testbed: {kind} changed nothing in {site} {pick}")


def proof(warraq: Warraq, score: Score) -> None:
    """The bucket verifies, and the catalog is the same when made anew from it."""
    score.check("verify: findings", warraq.json("verify")[-1]["findings"], [])
    before = warraq.catalog().tables()
    warraq("rebuild")
    after = warraq.catalog().tables()
    score.check("rebuild: tables that differ", [name for name in before if before[name] != after[name]], [])
    print(f"         rows: {', '.join(f'{len(rows)} {name}' for name, rows in after.items())}")


if __name__ == "__main__":
    main()
