"""python -m tests.testbed.survey: `warraq outlets add` on the six sites of the test bed, and a first run of each.

A site counts as found when that run captures every article of its answer sheet and nothing else. Other tests may change
the sites meanwhile: what was published both before and after must be there, what was at neither time must not.
Exits non-zero when a site falls short. The bed must be up (`make testbed` says how); it is left running.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from archive.address import canonical
from archive.outlet import load
from spiders.survey import LIMIT
from tests.testbed import bed
from tests.testbed.bed import SITES, Warraq, address, truth


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sites", nargs="*", default=list(SITES))
    given = options.parse_args()
    if not bed.WPBED.is_file():
        sys.exit("testbed: skipped: ../shared/testbed is not here")
    with TemporaryDirectory(prefix="warraq-survey-") as folder, bed.warraq(Path(folder) / "warraq") as warraq:
        for file in Path(warraq.env["WARRAQ_OUTLETS"]).glob("*.toml"):
            file.unlink()  # the bed's own outlet files: here they are to be found anew
        short = [site for site in given.sites if not found(warraq, site)]
    print(f"survey: {f'short: {short}' if short else 'ok'}")
    sys.exit(bool(short))


def published(site: str) -> set[str]:
    """Canonical addresses of the posts that are articles: published, and without a password."""
    locked = bed.locked_posts().get(site)
    rows = {number: row for number, row in truth(site).items() if row["status"] == "publish" and number != locked}
    return {canonical(address(site, row["path"])) for row in rows.values()}


def found(warraq: Warraq, site: str) -> bool:
    """Add the site, run it once, and compare."""
    began = time.monotonic()
    said = warraq("outlets", "add", address(site, "/"), "--name", site, "--private")
    requests = next(int(line.split()[1]) for line in said.splitlines() if line.endswith("nothing of them is archived"))
    outlet = load(Path(warraq.env["WARRAQ_OUTLETS"]) / f"{site}.toml")
    surveyed = time.monotonic()
    before = published(site)
    warraq("run", site)
    after = published(site)
    have = {canonical(row.url) for row in warraq.catalog().articles(outlet=site) if row.versions}
    missing, invented = sorted((before & after) - have), sorted(have - (before | after))
    good = not missing and not invented and requests <= LIMIT
    print(
        f"{'ok   ' if good else 'SHORT'} {site}: {outlet.spider}, {requests} requests in {surveyed - began:.1f} s;"
        f" {len(have)} of {len(before & after)} articles in {time.monotonic() - surveyed:.1f} s;"
        f" missing {missing[:2]}, invented {invented[:2]}",
        flush=True,
    )
    return good


if __name__ == "__main__":
    main()
