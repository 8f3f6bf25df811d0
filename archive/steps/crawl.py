"""crawl: run the spider of an outlet as a process of its own, and see that every WARC reached the bucket."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from archive import keys, warc
from archive import plan as planning
from archive.address import article_id, host_of
from archive.catalog.lease import this_process
from archive.errors import Broken, HostBusy, Refused, TryAgain, WarraqError
from archive.outlet import RESERVED, Outlet
from archive.plan import Plan
from archive.spool import finished, recover, upload
from archive.steps import clock, pending, scrapy_process
from archive.steps.workshop import Outcome, Workshop

LEASE = 60.0  # seconds
BY_HAND = 120.0  # seconds that a page asked for by hand waits for another one of its host
# What the spider's outcomes (spiders/ledger.py) are called in its line; the others as they are.
SAID = {"content": "pages", "channel": "lists", "not-modified": "unchanged", "picture": "pictures", "redirect": "redirects"}


def crawl(shop: Workshop, outlet: Outlet, run: str, attempt: int) -> Outcome:
    """Fetch what the run's plan asks for; succeeds only when every WARC is in the bucket."""
    if shop.catalog.has_run(outlet.name, run):
        return Outcome(f"crawl: {run} is sealed already, nothing was fetched", {"sealed": True})
    plan = _plan(shop, outlet, run)
    offset = clock.offset(shop)
    left: list[str] = []
    try:
        left = rescue(shop, outlet)
    except Broken as error:  # a damaged file stays in the spool; the spider's own upload fails by it, after the others
        shop.say(f"crawl: {error}")
    done = _captured(shop, outlet, run) if attempt > 1 or left else set()
    with _leases(shop, outlet, plan), TemporaryDirectory(prefix="warraq-") as folder:
        result = _spider(
            shop,
            outlet,
            _write(Path(folder), _without(plan, done), shop, done),
            ["--attempt", str(attempt), "--clock-offset", str(offset)],
        )
    _complete(shop, outlet, run)
    counts = result["report"]
    line = f"{asked(counts)}; {len(result['uploaded'])} WARC uploaded"
    if left:
        line += f" and {len(left)} left by an earlier worker"
    if counts.get("stopped"):
        line += f"; stopped: {counts['stopped']}"
    return Outcome(line, {**result, "clock_offset": offset, "rescued": left})


def asked(report: Mapping[str, Any]) -> str:
    """What was asked and what came of it, most first: `crawl: 214 asked = 180 unchanged + 21 pages + 13 lists`."""
    found = sorted(report.get("outcomes", {}).items(), key=lambda one: (-one[1], one[0]))
    parts = " + ".join(f"{n} {SAID.get(what, what)}" for what, n in found if n)
    return f"crawl: {report.get('asked', 0)} asked = {parts or '0'}"


def rescue(shop: Workshop, outlet: Outlet) -> list[str]:
    """Finish and upload what a worker that died left in this machine's spool."""
    folder = shop.settings.spool / outlet.name
    if not folder.is_dir():
        return []
    recover(folder)
    pending.vouch(shop.settings, [stem for _, stem in finished(folder)], shop.clock())  # first: a kill may come between
    return upload(shop.store, folder)


def _complete(shop: Workshop, outlet: Outlet, run: str) -> None:
    """Only of this run: another one of the outlet, for a page by hand, may be about to upload its own."""
    folder = shop.settings.spool / outlet.name
    rest = sorted(folder.glob(f"{run}.*.warc.gz")) if folder.is_dir() else []
    if rest:
        raise TryAgain(
            f"{len(rest)} WARC files are not in the bucket yet, {rest[0].name} first", "they stay in the spool; run crawl again"
        )


def _plan(shop: Workshop, outlet: Outlet, run: str) -> Plan:
    try:
        return planning.load(shop.store.get(keys.plan(outlet.name, run)))
    except KeyError:
        raise Refused(f"{run} of {outlet.name} has no plan", f"run `warraq plan {outlet.name} --run {run}` first") from None


def _captured(shop: Workshop, outlet: Outlet, run: str) -> set[str]:
    """Article ids that earlier tries of this run have captured and uploaded."""
    prefix = f"{keys.day_prefixes('warc', outlet.name, [keys.run_time(run)])[0]}{run}."
    found: set[str] = set()
    for key in shop.store.list(prefix):
        for capture in warc.captures(shop.store.get(key)):
            if capture.note.role == "article" and capture.status:
                found |= {article_id(url) for url in (capture.url, *capture.note.via)}
    return found


def _without(plan: Plan, done: set[str]) -> Plan:
    return replace(
        plan,
        revisits=tuple(t for t in plan.revisits if article_id(t.url) not in done),
        backlog=tuple(t for t in plan.backlog if article_id(t.url) not in done),
    )


@contextmanager
def _leases(shop: Workshop, outlet: Outlet, plan: Plan) -> Iterator[None]:
    """The leases of a crawl.

    Pages that somebody asked for by hand wait for no crawl of their host: a page is one more request there. So they take
    another lease, of each of their hosts, and wait for each other. In one order, so that no two wait for ever.
    """
    by_hand = plan.only and all(task.why == "asked" for task in plan.revisits)
    hosts = sorted({f"by hand: {host_of(task.url)}" for task in plan.revisits}) if by_hand else [host_of(outlet.url)]
    with ExitStack() as held:
        for host in hosts:
            held.enter_context(lease(shop, host, BY_HAND if by_hand else 0.0))
        yield


@contextmanager
def lease(shop: Workshop, host: str, patience: float = 0.0) -> Iterator[None]:
    """Hold the politeness lease of a host: one crawler at a time, whoever it is. Waits `patience` seconds for it."""
    me, catalog, until = this_process(), shop.catalog, time.monotonic() + patience
    while not catalog.lease(host, me, LEASE, shop.clock()):
        if time.monotonic() >= until:
            raise HostBusy(f"{host} is being crawled by another run", "it is tried again by itself; see `warraq status`")
        time.sleep(0.5)
    stop = threading.Event()

    def renew() -> None:
        while not stop.wait(LEASE / 3):
            with suppress(WarraqError):  # a database that is busy now may answer in time yet: two more tries
                catalog.lease(host, me, LEASE, shop.clock())

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        with suppress(WarraqError):  # it runs out by itself, and the crawl is done
            catalog.release(host, me)


def _write(folder: Path, plan: Plan, shop: Workshop, done: set[str]) -> Path:
    """The files a spider reads: the plan, the articles somebody asked for before, as `spiders.known` has them, and the
    addresses of pictures that were answered. `done`: ids of articles that an earlier try of this run captured.
    """
    (folder / "plan").write_bytes(planning.dump(plan))
    ignored = shop.catalog.habits(plan.outlet, shop.clock()).ignored
    left = set(done)
    with (folder / "known").open("w", encoding="utf-8", newline="\n") as file:
        for article, post, published, url, words, alive in shop.catalog.asked(plan.outlet, ignored):
            left.discard(article)
            said = orjson.dumps(words, option=orjson.OPT_SORT_KEYS).decode()
            columns = (article, *(" ".join(text.split()) for text in (post, published, url)), said, str(alive))
            file.write("\t".join(columns) + "\n")
        file.writelines(f"{article}\n" for article in sorted(left))
    (folder / "pictures").write_text("".join(f"{url}\n" for url in sorted(shop.catalog.pictures(plan.outlet))), "utf-8")
    return folder


def _spider(shop: Workshop, outlet: Outlet, folder: Path, options: list[str]) -> dict[str, Any]:
    """Run the spider over the files in `folder`; its result."""
    files = ["--plan", str(folder / "plan"), "--known", str(folder / "known"), "--pictures", str(folder / "pictures")]
    if outlet.name != RESERVED:
        files += ["--outlet-file", str(shop.outlet_file(outlet.name))]
    found = scrapy_process.run("spiders.run", "crawl", [*files, *options], folder / "result.json", shop.say)
    loaded: dict[str, Any] = orjson.loads(found)
    return loaded
