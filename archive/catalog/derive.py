"""The rows that follow from an article's history and from where it was announced. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from archive.address import article_id
from archive.observation import Observation
from archive.version import Event, History, Version, at

_CHANNELS = ("rest", "feed", "sitemap", "archive", "home")  # the one that knows an article best comes first
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article as one kind of channel announced it: its own words from the last time, first and last time."""

    outlet: str
    article: str
    channel: str
    url: str
    post: str
    published: str
    modified: str
    title: str
    first_seen: str
    last_seen: str

    @property
    def words(self) -> tuple[str, ...]:
        return self.url, self.post, self.published, self.modified, self.title

    def merge(self, other: Sighting) -> Sighting:
        """Both as one. Which comes first changes nothing."""
        last = max(self, other, key=lambda one: (one.last_seen, one.words))
        first_seen = min(self.first_seen, other.first_seen)
        return replace(last, first_seen=first_seen)


def stamp(when: datetime) -> str:
    """UTC with microseconds, as WARC-Date has it."""
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def sightings(outlet: str, lines: Iterable[Observation]) -> dict[tuple[str, str], Sighting]:
    """Of each (article, kind of channel) that `lines` announce."""
    found: dict[tuple[str, str], Sighting] = {}
    for line in lines:
        time = at(line.time)
        for item in line.items:
            key = str(item.get("article") or article_id(str(item["url"]))), line.channel
            words = {name: str(item.get(name) or "") for name in ("url", "post", "published", "modified", "title")}
            one = Sighting(outlet, *key, **words, first_seen=time, last_seen=time)
            found[key] = found[key].merge(one) if key in found else one
    return found


def rows(outlet: str, article: str, history: History, announced: list[Sighting]) -> Iterator[tuple[str, Row]]:
    """(table, row) of all that is known about one article, as it is stored: words joined by spaces."""
    yield "article", _article(outlet, article, history, announced)
    for version in history.versions:
        yield "version", _version(outlet, article, version)
        yield from (("seed_link", row) for row in _links(outlet, article, version))
    for number, event in enumerate(history.events, 1):
        yield "event", _event(outlet, article, number, event)
    for one in history.unread:
        line = one.line
        where = (line.url, at(line.time), line.warc, line.offset, line.length, line.body)
        yield "unread", (outlet, article, line.record, *where, " ".join(one.rules))


def _article(outlet: str, article: str, history: History, announced: list[Sighting]) -> Row:
    known = sorted(announced, key=lambda one: (_CHANNELS.index(one.channel) if one.channel in _CHANNELS else 99, one.channel))

    def first(pick: Callable[[Sighting], str]) -> str:
        return next((word for word in map(pick, known) if word), "")

    alive = bool(history.last_seen)
    first_seen = min(filter(None, [at(history.first_seen), *(one.first_seen for one in known)]), default="")
    previous = history.previous
    return (
        outlet,
        article,
        history.url if alive else first(lambda one: one.url) or history.url,
        history.title or first(lambda one: one.title),
        history.state,
        at(history.since) or first_seen,
        history.reason,
        first_seen,
        at(history.last_seen),
        at(history.last_fetch),
        at(history.unconfirmed),
        history.failures,
        history.post or first(lambda one: one.post),
        history.published or first(lambda one: one.published),
        history.moved_to,
        len(history.versions),
        history.captures,
        at(history.events[-1].time) if history.events else "",
        *((previous.url, previous.time, previous.record, previous.payload, previous.body) if previous else ("",) * 5),
    )


def _version(outlet: str, article: str, version: Version) -> Row:
    first, reading = version.first, version.reading
    return (
        *(
            outlet,
            article,
            version.number,
            at(version.time),
            at(version.last),
            version.captures,
            " ".join(version.kinds),
            " ".join(version.flags),
        ),
        *(reading.title, first.url, reading.published, reading.modified, reading.language, reading.chars),
        *(reading.layout, reading.rules, reading.headline.t, reading.headline.k, reading.body.t, reading.body.k),
        *(first.warc, first.offset, first.length, first.record, first.payload, first.body, version.snapshot),
    )


def _event(outlet: str, article: str, number: int, event: Event) -> Row:
    what = (" ".join(event.kinds), " ".join(event.flags), event.version, at(event.since), event.reason, event.title, event.url)
    return (outlet, article, number, at(event.time), *what)


def _links(outlet: str, article: str, version: Version) -> Iterator[Row]:
    for link in version.reading.links:
        key = (str(link.get("name", "")), str(link.get("sha256", "")), str(link.get("set", "")))
        detail = orjson.dumps(link, option=orjson.OPT_SORT_KEYS).decode()
        yield (outlet, article, version.number, *key, str(link.get("relation", "")), detail)


def sighting_row(one: Sighting) -> Row:
    return astuple(one)
