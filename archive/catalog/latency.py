"""The live clock in the catalog. A measurement of this installation: it follows from nothing in the bucket, and no rebuild
makes it again or takes it away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, func, select

from archive import latency
from archive.catalog import acted, bulk, models
from archive.catalog.bulk import chunks
from archive.catalog.rows import EventRow
from archive.latency import Latency, Said

_LISTS = ("rest", "sitemap", "feed")  # which announce times, the surest first
_EXISTENCE = ("rest", "sitemap")  # what these list is there
_l = models.latency.c


def note(connection: Connection, outlet: str, events: Sequence[EventRow], sealed: datetime) -> list[Latency]:
    """Take down the clock of events that were sealed just now; what was taken down before stays as it is."""
    begun = connection.scalar(select(func.min(models.channel_capture.c.time)).where(models.channel_capture.c.outlet == outlet))
    found: dict[tuple[str, str, str], Latency] = {}
    of: dict[str, list[EventRow]] = defaultdict(list)
    for event in events:
        of[event.article].append(event)
    for some in chunks(sorted(of)):
        told = _Told(connection, outlet, some, begun or "")
        for event in (event for article in some for event in of[article]):
            one = latency.measure(outlet, event.article, event.time, event.kinds, told.of(event), sealed=sealed)
            if one is not None:
                found.setdefault((one.article, one.time, one.kind), one)
        for row in bulk.rows(connection, models.latency, outlet, some, ("article", "time", "kind")):
            found.pop((row[0], row[1], row[2]), None)
    bulk.put(connection, models.latency, [_row(one) for one in found.values()])
    return list(found.values())


def rows(connection: Connection, which: str | None, since: str) -> list[Latency]:
    """What was measured of events from `since` on, oldest first; without withheld articles."""
    where = (_l.time >= since, *acted.hidden(connection, models.latency), *((_l.outlet == which,) if which else ()))
    query = select(*(_l[field.name] for field in fields(Latency))).where(*where).order_by(_l.time, _l.article)
    return [
        Latency(outlet, article, time, kind, site, bool(exact), sealed)
        for outlet, article, time, kind, site, exact, sealed in connection.execute(query)
    ]


def _row(one: Latency) -> tuple[str, str, str, str, str, int, str]:
    return one.outlet, one.article, one.time, one.kind, one.site, int(one.exact), one.sealed


class _Told:
    """What versions and lists say of some articles."""

    def __init__(self, connection: Connection, outlet: str, articles: Collection[str], begun: str) -> None:
        self.begun = begun
        some = list(articles)
        self.versions: dict[str, dict[int, tuple[str, str, str]]] = defaultdict(dict)  # number → published, modified, last
        for article, number, *rest in bulk.rows(connection, models.version, outlet, some, _VERSION):
            self.versions[article][number] = (rest[0], rest[1], rest[2])
        self.lists: dict[str, dict[str, tuple[str, str, str]]] = defaultdict(dict)  # kind → published, modified, last seen
        for article, kind, *rest in bulk.rows(connection, models.sighting, outlet, some, _SIGHTING):
            self.lists[article][kind] = (rest[0], rest[1], rest[2])

    def of(self, event: EventRow) -> Said:
        versions, lists = self.versions[event.article], self.lists[event.article]
        published, modified, _ = versions.get(event.version, ("", "", ""))
        known = [lists[kind] for kind in _LISTS if kind in lists]
        gone = "gone" in event.kinds
        until = event.since if gone else event.time
        seen = [last for number, (_, _, last) in versions.items() if gone or number < event.version]
        seen += [lists[kind][2] for kind in _EXISTENCE if gone and kind in lists]
        return Said(
            begun=self.begun,
            published=(*_first(one[0] for one in known), published),
            modified=(*_first(one[1] for one in known), modified),
            before=max((one for one in seen if one <= until), default=""),
        )


_VERSION = ("article", "number", "published", "modified", "last")
_SIGHTING = ("article", "channel", "published", "modified", "last_seen")


def _first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, words))
