"""Articles of several outlets put into an archive as a run would: snapshots in the bucket, observations in the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from archive import digest, keys, sketch, snapshot
from archive.address import article_id
from archive.catalog.pairs import Pair
from archive.keys import Stem
from archive.observation import Observation
from archive.outlet import Outlet
from archive.steps.republished import republished
from archive.steps.workshop import Outcome, Workshop
from tests.histories import START, at, content, sha


def outlet(name: str) -> Outlet:
    return Outlet(name=name, title=name, url=f"https://{name}.example/")


def url(name: str, slug: str) -> str:
    return f"https://{name}.example/{slug}"


@dataclass
class Newsrooms:
    """`hours` after START it is now; what is printed is captured in the same moment."""

    shop: Workshop
    hours: float = 1000.0
    printed: list[Observation] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.shop.clock = lambda: START + timedelta(hours=self.hours)
        self.shop.say = self.said.append

    def print(
        self,
        name: str,
        slug: str,
        hours: float,
        paragraphs: Sequence[str],
        title: str = "",
        published: str = "",
        post: str = "",
    ) -> str:
        """One capture of an article; the address."""
        text, where = "\n".join(paragraphs), url(name, slug)
        title = title or f"خبر {slug}"
        line = content(hours, text, title=title, url=where, outlet=name, post=post)
        key = keys.snapshot(name, line.article, START + timedelta(hours=hours), sha(text), "0" * 12)
        body = digest.digests(text)
        fields = {"title": title, "faithful": text, "text": text, "digests": {"body": {"t": body.t, "k": body.k}}, "seeds": []}
        self.shop.store.put(key, snapshot.pack(fields))
        assert line.reading is not None
        reading = replace(line.reading, body=body, snapshot=key, sketch=sketch.sketch(text), published=published)
        self.take(replace(line, reading=reading))
        self.printed.append(replace(line, reading=reading))
        return where

    def take(self, line: Observation) -> None:
        stem = Stem(line.outlet, line.run, 1, 1, sha(line.record, 12))
        self.shop.catalog.apply(stem.observations, [line], outlet(line.outlet))

    def find(self, **how: object) -> Outcome:
        return republished(self.shop, budget=None, **how)  # type: ignore[arg-type]

    def pairs(self, where: str = "") -> list[Pair]:
        return self.shop.catalog.republished(article_id(where) if where else "")

    def linked(self) -> dict[tuple[str, str], str]:
        """(address captured first, address captured second) → relation."""
        return {(pair.url, pair.other_url): pair.link.relation for pair in self.pairs()}


__all__ = ["Newsrooms", "at", "outlet", "url"]
