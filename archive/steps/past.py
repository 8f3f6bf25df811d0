"""The last content of the articles in hand, and older captures under the rules of today."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from archive import rereading, rules, warc
from archive.catalog.rows import UnreadRow
from archive.judge import Judged
from archive.observation import Observation, Reading
from archive.order import Wanted
from archive.outlet import Outlet
from archive.steps import again
from archive.steps.nowhere import Nowhere
from archive.steps.pictured import Pictured
from archive.steps.readers import Read
from archive.steps.workshop import Workshop

LATE, FRUITLESS = 480, 8  # captures read late in one go; how many in a row may give nothing


@dataclass
class Past:
    """What `extract` compares with, for one step."""

    shop: Workshop
    outlet: Outlet
    read: Read
    pictures: Pictured
    last: dict[str, Observation] = field(default_factory=dict)  # article → its last content, with its newest reading
    _asked: set[str] = field(default_factory=set)
    _over: bool = False  # what waits was looked at

    def __post_init__(self) -> None:
        self.nowhere = Nowhere(self.shop, self.outlet)

    def late(self, run: str) -> list[Judged]:
        """Captures that no rules could read, or that cannot be compared, under the rules of today. Once in a step.

        In an order that differs from run to run, so that pages which will never be readable keep none waiting.
        """
        if self._over:
            return []
        self._over = True
        rows = [row for row in self.shop.catalog.unread(self.outlet.name) if waits(self.outlet, row)]
        rows.sort(key=lambda row: hashlib.sha256(f"{run} {row.record}".encode()).digest())
        found: list[Judged] = []
        fruitless = 0
        for row in rows[:LATE]:
            member = self.shop.store.get(row.warc, row.offset, row.length)
            judged = self.read([(row.warc, warc.capture_at(member, row.offset))], run)
            read = [one for one in judged if one.observation.reading is not None and one.observation.article == row.article]
            found += [Judged(replace(one.observation, reread=True), one.snapshot) for one in read]
            fruitless = 0 if read else fruitless + 1
            if fruitless >= FRUITLESS:
                break
        return found

    def ordered(self, wanted: Sequence[Wanted], run: str) -> list[Judged]:
        """The captures of an order that somebody died over, read again: only those of files that are in the log."""
        known = self.shop.catalog.logged(sorted({one.warc for one in wanted}))
        mine = [one for one in wanted if one.warc in known]
        lines = self.shop.catalog.kindred(self.outlet.name, sorted({one.article for one in mine})).lines
        found = again.read(self.shop, self.read, mine, run).found
        return [one for of in rereading.by_article(found) for one in rereading.beside(of, lines.get(article_of(of), []))]

    def load(self, judged: list[Judged]) -> None:
        new = {one.observation.article for one in judged if one.observation.article} - self._asked
        self._asked |= new
        found = self.shop.catalog.last_content(self.outlet.name, new)
        self.last |= {article: line for article, line in found.items() if article not in self.last}

    def note(self, seen: Observation) -> None:
        self.last[seen.article] = seen

    def same_text(self, seen: Observation) -> bool:
        """Does `seen` say, letter for letter, what the content before it said, read by the same rules?"""
        before = self.last.get(seen.article)
        return before is not None and _texts(before.reading) == _texts(seen.reading) and before.time <= seen.time

    def reread_for(self, seen: Observation) -> list[Observation]:
        """The content before `seen` again, under the rules of `seen`, when it was read under others."""
        before = self.last.get(seen.article)
        if before is None or before.reading is None or seen.reading is None or before.body == seen.body:
            return []
        if before.reading.rules == seen.reading.rules:
            return []
        member = self.shop.store.get(before.warc, before.offset, before.length)
        judged = self.read([(before.warc, warc.capture_at(member, before.offset))], before.run)
        lines = [
            replace(one.observation, reread=True, reading=replace(one.observation.reading, snapshot=""))
            for one in judged
            if one.observation.reading is not None and one.observation.article == seen.article
        ]
        if lines:
            self.last[seen.article] = lines[0]
        return lines


def waits(outlet: Outlet, row: UnreadRow) -> bool:
    """Would a capture that waits be read by other rules today, or by some at all?"""
    return rules.today(outlet, datetime.fromisoformat(row.time)).isdisjoint(row.rules)


def article_of(judged: Sequence[Judged]) -> str:
    return judged[0].observation.article


def _texts(reading: Reading | None) -> tuple[object, ...] | None:
    return None if reading is None else (reading.rules, reading.headline, reading.body)
