"""reread: captures of long ago read again by the rules of today, as new readings beside the old ones; and what that changed.

Articles are taken in the order of their ids, some hundred captures at a time: fetched by range, read in the pool, then an
order (archive.order), the snapshots of texts that are not stored yet, the observations. Each of these is sealed before the
next begins, and what the catalog says is read already is left alone: whoever dies loses one of them at the most.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from archive import order, rereading, rules
from archive.catalog.again import Kindred
from archive.changed import Changes
from archive.crossing import Settled
from archive.errors import WarraqError
from archive.judge import Judged
from archive.observation import Observation
from archive.outlet import Outlet
from archive.plan import Plan
from archive.rereading import Scope, Today
from archive.steps import again
from archive.steps.compared import Comparing, of_run
from archive.steps.extract import put_lines, stored
from archive.steps.pictured import Pictured
from archive.steps.plan import keep
from archive.steps.readers import Read, readers
from archive.steps.record import ready
from archive.steps.seal import seal
from archive.steps.workshop import Outcome, Workshop
from archive.store import put_once

ARTICLES = 200  # asked of the catalog at once
CAPTURES = 500  # read and kept at once, those of one article together
PART = 2000  # captures of one task, when many machines or tasks share the work
PARTS = 200  # of one outlet at the most: Airflow maps a thousand tasks
NOTHING = "reread: nothing is to be read again"


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants."""

    scope: Scope = field(default_factory=Scope)
    dry: bool = False  # read and compare, and write nothing
    limit: int = 0  # captures; 0: all
    part: int = 1  # of so many `parts`, which share the articles
    parts: int = 1
    attempt: int = 1


@dataclass
class Chunk:
    """Captures to be read, and all that is known of their articles."""

    kindred: Kindred
    due: list[Observation] = field(default_factory=list)


def reread(shop: Workshop, outlet: Outlet, run: str, wish: Wish) -> Outcome:
    """Read again what `wish` means, in `run`; `data`: `changes` (Changes.row), captures a CPU second and the run.

    Raises Refused without a signing key, before anything is read; and what went wrong with the log, once all is read.
    """
    rules.check(outlet)
    if not wish.dry:
        ready(shop)
    began, total, settled = _cpu(), Changes(), _settled(shop, outlet)
    with readers(shop, outlet) as read, ThreadPoolExecutor(4) as putters:
        work = _Work(shop, outlet, run, wish, read, putters)
        if not wish.dry:
            work.seal()  # what another one read and died over is read
        for chunk in chunks(shop, outlet, wish):
            total += work.do(chunk)
    seconds = _cpu() - began
    if work.problems:
        shop.say(_told(outlet, run, wish, total, seconds))
        raise work.problems[0]
    data: dict[str, Any] = {"outlet": outlet.name, "run": run}
    if not total.counts["captures"]:
        return Outcome(f"{NOTHING} of {outlet.name}", data, nothing_due=True)
    if not wish.dry and wish.parts == 1 and _settled(shop, outlet) != settled:
        total = _as_settled(shop, outlet, run, total)
    data |= {"rate": round(total.counts["captures"] / max(seconds, 0.01), 2), "changes": total.row()}
    return Outcome(_told(outlet, run, wish, total, seconds), data, progress=tuple(total.lines()))


def _settled(shop: Workshop, outlet: Outlet) -> Settled:
    return shop.catalog.kindred(outlet.name, ()).settled


def _as_settled(shop: Workshop, outlet: Outlet, run: str, total: Changes) -> Changes:
    """What changed by what is settled of the outlet's looks now that all is read: it could not be told chunk by chunk."""
    told = of_run(shop, outlet, run)
    if told is None:  # all of it waits to be sealed
        return total
    for name in ("captures", "articles", "read", "unreadable", "lost", "snapshots"):
        told.counts[name] = total.counts[name]
    told.examples["unreadable"] = total.examples["unreadable"]
    return told


def _told(outlet: Outlet, run: str, wish: Wish, total: Changes, seconds: float) -> str:
    counts = total.counts
    told = f"reread: {outlet.name}: {counts['captures']} captures of {counts['articles']} articles read again" + (
        ", nothing written" if wish.dry else f" in {run}, {counts['snapshots']} snapshots"
    )
    return f"{told}; {seconds:.1f} CPU s, {counts['captures'] / max(seconds, 0.01):.1f} captures a CPU second"


def waiting(shop: Workshop, outlet: Outlet, wish: Wish) -> int:
    """How many captures `reread` would read."""
    return sum(len(chunk.due) for chunk in chunks(shop, outlet, wish))


def chunks(shop: Workshop, outlet: Outlet, wish: Wish) -> Iterator[Chunk]:
    """What is due, CAPTURES or a few more at a time, all of an article in one."""
    today, left = Today(outlet), wish.limit or None
    for articles in _articles(shop, outlet, wish):
        kindred = shop.catalog.kindred(outlet.name, articles)
        chunk = Chunk(kindred)
        for article in articles:
            due = rereading.due(kindred.lines.get(article, ()), today, wish.scope)[:left]
            chunk.due += due
            left = left - len(due) if left is not None else None
            if len(chunk.due) >= CAPTURES:
                yield chunk
                chunk = Chunk(kindred)
            if left == 0:
                break
        if chunk.due:
            yield chunk
        if left == 0:
            return


def _articles(shop: Workshop, outlet: Outlet, wish: Wish) -> Iterator[list[str]]:
    if wish.scope.article:
        yield [wish.scope.article]
        return
    after = ""
    while ids := shop.catalog.article_ids(outlet.name, after, ARTICLES * wish.parts):
        after = ids[-1]
        mine = [one for one in ids if int(one[-8:], 16) % wish.parts == wish.part - 1]
        if mine:
            yield mine


@dataclass
class _Work:
    shop: Workshop
    outlet: Outlet
    run: str
    wish: Wish
    read: Read
    putters: ThreadPoolExecutor
    problems: list[WarraqError] = field(default_factory=list)
    orders: int = 0

    def __post_init__(self) -> None:
        self.today = Today(self.outlet)
        self.pictures = Pictured(self.shop, self.outlet, ())
        self.comparing = Comparing(self.shop, self.outlet)

    def do(self, chunk: Chunk) -> Changes:
        """Read, compare, keep, seal."""
        lines = chunk.kindred.lines
        found = again.read(self.shop, self.read, [rereading.wanted(one) for one in chunk.due], self.run)
        for why in found.lost:
            self.shop.say(f"reread: not read: {why}: run warraq verify")
        new = [
            one
            for of in rereading.by_article(found.found)
            for one in rereading.beside(of, lines.get(of[0].observation.article, ()))
        ]
        changes = self.comparing.of(chunk.kindred, chunk.due, new)
        changes.counts["lost"] = len(found.lost)
        changes.counts["unreadable"] -= len(found.lost)  # its examples may be among them: they are told above
        if new and not self.wish.dry:
            changes.counts["snapshots"] += self._keep(new)
            self.seal()
        return changes

    def _keep(self, new: Sequence[Judged]) -> int:
        """Put what was read. The order first: from then on, whoever finds it finishes what this process does not."""
        if not self.orders:
            keep(self.shop, self.outlet, self.run, lambda: Plan(self.run, self.outlet.name, walk=False))
        seq = self.wish.part + self.wish.parts * self.orders
        self.orders += 1
        lines = [one.observation for one in new]
        texts = {one.observation.reading.snapshot: one.snapshot for one in new if one.observation.reading and one.snapshot}
        stem, data = order.pack(
            order.Work(self.outlet.name, self.run, self.wish.attempt, seq),
            [rereading.wanted(line) for line in lines],
            self.today.as_told(),
            self._who(),
        )
        texts = self.pictures.fill(stem, texts)
        put_once(self.shop.store, stem.warc, data)
        told, puts = stored(self.shop, self.putters, lines, texts)
        put_lines(self.shop, stem, told)
        return puts

    def _who(self) -> dict[str, str]:
        settings = self.shop.settings
        sandbox = {"sandbox": "yes"} if settings.sandbox else {}
        return {"software": f"Warraq/{version('warraq')}", "deployment": settings.deployment, **sandbox}

    def seal(self) -> None:
        """A file that somebody else left damaged keeps nothing from being read: its error is raised in the end."""
        try:
            seal(self.shop, self.outlet, self.run)
        except WarraqError as error:
            if str(error) not in map(str, self.problems):
                self.problems.append(error)


def _cpu() -> float:
    """CPU seconds of this process and of the readers that it has ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
