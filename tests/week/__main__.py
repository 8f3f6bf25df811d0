"""make week: a scaled week of six real sites; prints each figure, then ok or short, and exits non-zero when short."""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from tempfile import gettempdir
from typing import Any
from urllib.parse import quote, unquote

from archive import observation
from archive.address import article_id
from tests.testbed import bed
from tests.testbed.bed import SITES, Warraq, wpbed
from tests.week import bedside, faults, place
from tests.week.editor import Editor, wishes
from tests.week.oracle import Event, Round, Verdict, judge
from tests.week.record import Record
from tests.week.report import Report, chains, clock
from tests.week.scale import Scale, address, write_outlets

ALIVE = ("live", "edited", "returned")
BEFORE = "week-before"  # snapshot of the test bed as it was found, and is left
SETTLE = 4  # rounds without faults after the week: nothing may be lost, nothing made up late


def options() -> argparse.Namespace:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--minutes", type=float, default=32, help="how long the week takes")
    given.add_argument("--dated", type=float, default=0, help="use the base load that was made for a week of so many minutes")
    given.add_argument("--posts", type=int, default=1000, help="articles a site before the week")
    given.add_argument("--changes", type=int, default=2000)
    given.add_argument("--every", type=float, default=4.5, help="scaled hours between the starts of two rounds of a site")
    given.add_argument("--faults", action="store_true", help="all the week through the fault proxy, every fault, rate 0.1")
    given.add_argument("--sites", nargs="*", default=list(SITES))
    given.add_argument("--seed", type=int, default=1)
    given.add_argument("--folder", type=Path, default=Path(gettempdir()) / "warraq-week")
    given.add_argument("--fresh", action="store_true", help="make the base load anew")
    given.add_argument("--rebuild", action="store_true", help="make the catalog anew from the bucket before the week")
    given.add_argument("--judge", action="store_true", help="only judge the week that is in the folder")
    return given.parse_args()


def main() -> None:
    given = options()
    if not bed.WPBED.is_file():
        sys.exit("week: skipped: ../shared/testbed is not here")
    if os.geteuid():
        sys.exit("week: skipped: it installs packages and starts daemons as other users, so it needs root")
    scale = Scale.of_week(given.minutes)
    folder = given.folder / ("faults" if given.faults else "week")
    report = Report()
    if not given.judge:
        wpbed("up")
        base = load_base(given, scale)
        place.copy(base, folder)
        bedside.restore(base.name)
    write_outlets(folder / "outlets", scale, budget=max(45.0, given.every * scale.hour))
    with place.serving(folder) as warraq:
        if given.rebuild:
            warraq("rebuild")
        if not given.judge:
            run_week(given, scale, warraq)
            bedside.restore(BEFORE)
        tell(given, scale, warraq, report)
    print(f"week: {'short: ' + '; '.join(report.short) if report.short else 'ok'}")
    sys.exit(bool(report.short))


def load_base(given: argparse.Namespace, scale: Scale) -> Path:
    """The sites as they are before the week, and an archive that has captured all of it. Kept for the next week."""
    name = f"week-{given.posts}-{given.dated or given.minutes:g}"  # articles are dated in scaled days
    base = given.folder / name
    if (base / "done").exists() and bedside.has_snapshot(name) and not given.fresh:
        return base
    if not bedside.has_snapshot(BEFORE):
        bed.fill(max(1000, given.posts))
        bedside.snapshot(BEFORE)
    else:
        bedside.restore(BEFORE)
    bedside.base_state(given.sites, given.posts, 24 * scale.hour)
    bedside.snapshot(name)
    shutil.rmtree(base, ignore_errors=True)
    write_outlets(base / "outlets", scale, budget=3600.0)
    began = time.time()
    with place.serving(base) as warraq:
        warraq("doctor", "--create")
        with place.rounds(warraq, given.sites, "--rounds", "1", "--walk") as processes:
            for process in processes:
                process.wait()
        counts = {site: sum(a.versions > 0 for a in warraq.catalog().articles(outlet=site)) for site in given.sites}
    print(f"base load: {counts} articles in {time.time() - began:.0f} s", flush=True)
    for row in _rows(base):
        print(f"      {row['site']}: {'; '.join(row['lines'])} {row['error']} {row['seconds']}")
    if wrong := [row["error"] for row in _rows(base) if row["error"]]:
        sys.exit(f"week: the base load failed: {wrong[0]}")
    (base / "done").touch()
    return base


def run_week(given: argparse.Namespace, scale: Scale, warraq: Warraq) -> None:
    rng = random.Random(given.seed)
    record = Record()
    began = time.time()
    editor = Editor(given.sites, scale, record, rng, lambda line: print(f"[{time.time() - began:6.0f} s] {line}", flush=True))
    editor.load()
    usual = faults.rules() if given.faults else []

    def set_rules(extra: list[dict[str, Any]]) -> None:
        bedside.rules([*extra, *usual], seed=given.seed + int(time.time()))

    set_rules([])
    try:
        with place.rounds(warraq, given.sites, "--every", str(given.every * scale.hour)):
            editor.week(wishes(given.sites, given.changes, scale.week, rng), set_rules)
    finally:
        record.faults = bedside.fault_counts()
        bedside.rules([])
        record.save(warraq.folder / "record.json")
    print(f"[{time.time() - began:6.0f} s] the week is over, {len(record.changes)} changes were made", flush=True)
    pause = scale.seconds(21_600)
    with place.rounds(warraq, given.sites, "--every", str(pause), "--rounds", str(SETTLE)) as processes:
        for process in processes:
            process.wait()
    truth = {site: {str(row["id"]): row["path"] for row in bedside.posts(site)} for site in given.sites}
    (warraq.folder / "truth.json").write_text(json.dumps(truth))


def tell(given: argparse.Namespace, scale: Scale, warraq: Warraq, report: Report) -> None:
    """Judge and print."""
    record = Record.load(warraq.folder / "record.json")
    rounds = [_round(row, record) for row in _rows(warraq.folder)]
    week = [one for one in rounds if one.ended <= record.ended + 600 and one.began < record.ended]
    posts = Posts(record)
    events = [_event(e) for site in given.sites for e in warraq.catalog().changes(outlet=site, limit=10**6)]
    during = [e for e in events if e.time >= record.began]
    verdict = judge(record, during, week, posts.of, scale.seconds(21_600), scale.hour)
    around = Around(warraq, record, posts).lines
    print(
        f"\nA week of {given.minutes:g} minutes (an hour is {scale.hour:.2f} s), {len(record.changes)} changes, faults: {given.faults}"
    )
    for row in _rows(warraq.folder):
        if row["error"]:
            print(f"    {row['site']} {clock(row['began'])}: {row['error'].strip().splitlines()[-1][:200]}")
    _pace(week, scale)
    report.recall(verdict.expected, strict=not given.faults)
    report.sites(verdict.expected)
    report.latency(verdict.expected, scale.hour)
    if given.faults:
        print(f"      what the proxy did: {dict(Counter(record.faults).most_common())}")
    reports = _reports(warraq, given.sites, {one.run for one in week})
    report.requests(reports, verdict.right)
    counts = {site: chains(_lines(warraq, site, {one.run for one in week})) for site in given.sites}
    report.fetches(counts, {site: len(record.paths[site]) for site in given.sites}, posts.name)
    report.false(verdict, around)
    report.missed(verdict.expected, around)
    _settled(given, warraq, posts, report, verdict)


def trashed(path: str) -> str:
    """Where WordPress lists an article for some milliseconds while it is thrown away (wp_add_trashed_suffix_to_post_name_for_post)."""
    head, _, slug = path.rstrip("/").rpartition("/")
    name = unquote(slug)
    while len(quote(name)) > 191:
        name = name[:-1]
    return f"{head}/{quote(name).lower()}__trashed/"


class Posts:
    """Which post has or had an address."""

    def __init__(self, record: Record) -> None:
        self._by_id: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
        for site, posts in record.paths.items():
            for post, paths in posts.items():
                for path in paths:
                    for spelled in (path, trashed(path)):
                        self._by_id[site].setdefault(article_id(address(site, spelled)), (post, path))

    def of(self, site: str, article: str) -> str | None:
        return self._by_id[site].get(article, (None, ""))[0]

    def name(self, site: str, article: str) -> str:
        return self._by_id[site].get(article, ("", article))[1][:80]

    def articles(self, site: str, post: str) -> list[str]:
        return [ident for ident, (known, _) in self._by_id[site].items() if known == post]


class Around:
    """What happened to one article: its captures and changes, in the order of time."""

    def __init__(self, warraq: Warraq, record: Record, posts: Posts) -> None:
        self.catalog, self.record, self.posts = warraq.catalog(), record, posts

    def lines(self, site: str, post: str) -> list[str]:
        rows = []
        for article in self.posts.articles(site, post) or [post]:
            for _, line in self.catalog.lines(site, article):
                told = f"{line.klass} {line.reason} {line.status} why={line.why} site={line.site} doubt={line.doubt}"
                to = f" to={line.to}" if line.to else ""
                body = line.reading.body.t[:6] if line.reading else ""
                reread = " reread" if line.reread else ""
                rows.append((_seconds(line.time), f"{article[:6]} {told} text={body} announced={line.announced}{to}{reread}"))
        rows += [
            (c.before, f"MADE {c.what}{' silent' if c.silent else ''}")
            for c in self.record.changes
            if (c.site, c.post) == (site, post)
        ]
        return [f"{clock(at)} {text}" for at, text in sorted(rows)]


def _settled(given: argparse.Namespace, warraq: Warraq, posts: Posts, report: Report, verdict: Verdict) -> None:
    """After the last rounds the archive holds as alive what the sites have, and nothing else."""
    truth = json.loads((warraq.folder / "truth.json").read_text())
    for site in given.sites:
        alive = {posts.of(site, a.article) for a in warraq.catalog().articles(outlet=site) if a.state in ALIVE and a.versions}
        want = set(truth[site])
        missing, extra = sorted(want - alive), sorted(str(p) for p in alive - want)
        names = [f"{p} {truth[site][p][:60]}" for p in missing[:3]] + [f"+{p}" for p in extra[:5]]
        report.check(
            f"{site}: at the end, of {len(want)} articles alive",
            f"{len(missing)} missing, {len(extra)} too many {names}",
            not missing and not extra,
        )
    lost = [
        one for one in verdict.expected if one.counted and one.found is None and one.late is None and one.until == float("inf")
    ]
    kinds = Counter((one.change.site, one.group) for one in lost if not one.change.silent)
    report.check("announced changes in force at the end and never found", str(dict(kinds)), not kinds)


def _pace(rounds: list[Round], scale: Scale) -> None:
    for site in sorted({one.site for one in rounds}):
        own = sorted((one for one in rounds if one.site == site), key=lambda r: r.began)
        gaps = sorted(b.began - a.began for a, b in pairwise(own))
        if gaps:
            middle = gaps[len(gaps) // 2]
            print(
                f"      {site:8} {len(own)} rounds ({sum(one.ok for one in own)} good), every {middle:.0f} s = {scale.hours(middle):.1f} h; longest {scale.hours(gaps[-1]):.1f} h"
            )


def _rows(folder: Path) -> list[dict[str, Any]]:
    rows = [json.loads(line) for file in sorted(folder.glob("rounds-*.jsonl")) for line in file.read_text().splitlines()]
    return sorted(rows, key=lambda row: row["began"])


def _round(row: dict[str, Any], record: Record) -> Round:
    site, began, ended = record.outage
    down = row["site"] == site and row["began"] < ended and row["ended"] > began
    return Round(row["site"], row["run"], row["began"], row["ended"], not row["error"] and not down)


def _event(event: Any) -> Event:
    since = _seconds(event.since) if event.since else 0.0
    return Event(event.outlet, event.article, _seconds(event.time), event.kinds, since, event.reason, event.url)


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _reports(warraq: Warraq, sites: list[str], runs: set[str]) -> list[dict[str, Any]]:
    return [row.report for site in sites for row in warraq.catalog().runs(outlet=site, limit=None) if row.run in runs]


def _lines(warraq: Warraq, site: str, runs: set[str]) -> list[observation.Observation]:
    """Every line of these runs, from the bucket."""
    from archive.s3 import open_store
    from archive.settings import from_environment

    os.environ.update({key: value for key, value in warraq.env.items() if key.startswith("AWS_")})
    store = open_store(from_environment(warraq.env))
    keys = [key for key in store.list(f"observations/{site}/") if any(run in key for run in runs)]
    return [line for key in keys for line in observation.load(store.get(key))]


if __name__ == "__main__":
    main()
