"""Bodies against the answer sheet of the test bed: what Warraq reads is what the editors typed.

    python -m tests.testbed.bodies [SITE ...] [--most N]

Every published article is fetched once and read twice: by its outlet's layout, and by the generic rules. Equal means
letter for letter but for white space (a line that the answer sheet wraps is one line of the page). Last line: ok or short.
"""

from __future__ import annotations

import argparse
import sys
from urllib.request import urlopen

from archive.outlet import Outlet, load_folder
from archive.rules import GENERIC, layout_for
from bench.corpus import Sample
from bench.extraction import capture, read
from tests.testbed.bed import ROOT, SITES, address, locked_posts, truth


def fetched(site: str, row: dict) -> Sample:
    url = address(site, row["path"])
    with urlopen(url, timeout=60) as answer:
        return Sample(str(row["id"]), answer.read(), row["text"], url, site, "ar", "", "")


def plain(text: str) -> str:
    return " ".join(text.split())


def outlets() -> dict[str, Outlet]:
    good, bad = load_folder(ROOT / "outlets")
    if bad:
        sys.exit(f"bodies: {bad}")
    return good


def looked_at(site: str, most: int, outlet: Outlet | None) -> list[str]:
    """What is wrong on one site, an article and a way a line."""
    from datetime import UTC, datetime

    from archive import reader

    rows = [row for i, row in truth(site).items() if row["status"] == "publish" and i != locked_posts().get(site)]
    rows.sort(key=lambda row: (not row.get("seed"), str(row["id"])))
    wrong = []
    for row in rows[:most]:
        sample = fetched(site, row)
        ways = {"generic": GENERIC}
        page = reader.parse(capture(sample)) if outlet else None
        if outlet and page is not None:
            layout = layout_for(outlet, datetime.now(UTC), page.tree)
            ways["layout"] = layout or GENERIC
            wrong += [] if layout else [f"{site} {row['id']}: no layout of {outlet.name} matches"]
        for way, layout in ways.items():
            fields = read(sample, layout)
            if plain(fields["faithful"]) != plain(row["text"]):
                wrong.append(f"{site} {row['id']} {way}: {difference(row['text'], fields['faithful'])} log {fields['log'][:3]}")
    print(f"{site}: {len(rows[:most])} articles, {len(wrong)} readings differ", flush=True)
    return wrong


def difference(want: str, have: str) -> str:
    lines, other = {plain(one) for one in want.split("\n")}, {plain(one) for one in have.split("\n")}
    return f"lacks {sorted(lines - other)[:2]}, has {sorted(other - lines)[:2]}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("sites", nargs="*", default=list(SITES))
    options.add_argument("--most", type=int, default=10_000)
    given = options.parse_args()
    known = outlets()
    wrong = [line for site in given.sites for line in looked_at(site, given.most, known.get(SITES[site]))]
    print(*wrong[:20], sep="\n")
    print(f"bodies: {f'short: {len(wrong)} readings differ' if wrong else 'ok'}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
