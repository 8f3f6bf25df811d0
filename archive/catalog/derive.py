"""The rows that follow from an article's history and from where it was announced. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from archive.catalog.sightings import Sighting, baseline, words
from archive.observation import Observation
from archive.outlet import Outlet
from archive.plan import newness, news
from archive.schedule import Visit, next_visit
from archive.version import Event, History, Version, at

_NEVER = datetime.min.replace(tzinfo=UTC)
_CHANNELS = ("rest", "feed", "sitemap", "archive", "home")  # the one that knows an article best comes first
Row = tuple[Any, ...]


def stamp(when: datetime) -> str:
    """UTC with microseconds, as WARC-Date has it."""
    return when.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"  # three times as fast as a format


def rows(
    outlet: Outlet, article: str, lines: Iterable[Observation], history: History, announced: list[Sighting]
) -> Iterator[tuple[str, Row]]:
    """(table, row) of all that is known about one article, as it is stored: words joined by spaces."""
    name = outlet.name
    yield "article", _article(outlet, article, lines, history, announced)
    yield from (("trial", row) for row in _trials(name, article, lines, history))
    for version in history.versions:
        yield "version", _version(name, article, version)
        yield from (("seed_link", row) for row in _links(name, article, version))
    for number, event in enumerate(history.events, 1):
        yield "event", _event(name, article, number, event)
    yield from (("crossing", row) for row in _crossings(name, article, history))
    for one in history.unread:
        line = one.line
        where = (line.url, at(line.time), line.warc, line.offset, line.length, line.body)
        yield "unread", (name, article, line.record, *where, " ".join(one.rules))


def _article(outlet: Outlet, article: str, lines: Iterable[Observation], history: History, announced: list[Sighting]) -> Row:
    known = sorted(announced, key=lambda one: (_CHANNELS.index(one.channel) if one.channel in _CHANNELS else 99, one.channel))

    def first(pick: Callable[[Sighting], str]) -> str:
        return next((word for word in map(pick, known) if word), "")

    first_seen = min(filter(None, [at(history.first_seen), *(one.first_seen for one in known)]), default="")
    published = history.published or first(lambda one: one.published)
    visit = _visit(lines, history, known, first_seen, published)
    previous = history.previous
    return (
        outlet.name,
        article,
        history.url if history.last_seen else first(lambda one: one.url) or history.url,
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
        published,
        history.moved_to,
        len(history.versions),
        history.captures,
        at(history.events[-1].time) if history.events else "",
        *((previous.url, previous.time, previous.record, previous.payload, previous.body) if previous else ("",) * 5),
        history.etag,
        history.last_modified,
        history.agreed,
        history.lied,
        at(history.doubt),
        orjson.dumps(visit.answered, option=orjson.OPT_SORT_KEYS).decode(),
        int(visit.seeded),
        visit.looks,
        *_due(visit, outlet),
    )


def _visit(lines: Iterable[Observation], history: History, announced: list[Sighting], first_seen: str, published: str) -> Visit:
    """What its next visit follows from."""
    looks = {line.record for line in lines if line.klass in ("content", "not-modified") and not line.reread}
    return Visit(
        first_seen=when(first_seen) or _NEVER,
        last_fetch=when(at(history.last_fetch)),
        published=published,
        state=history.state,
        since=when(at(history.since) or first_seen),
        unconfirmed=when(at(history.unconfirmed)),
        doubt=when(at(history.doubt)),
        failures=history.failures,
        announced=words(announced),
        answered={**baseline(announced), **history.answered},
        seeded=any(version.reading.links for version in history.versions),
        looks=max(0, len(looks) - 1),
        edits=max(0, len(history.versions) - 1),
    )


def when(time: str) -> datetime | None:
    """A time of the catalog's; None for never."""
    return datetime.fromisoformat(time) if time else None


def _due(visit: Visit, outlet: Outlet) -> tuple[str, ...]:
    """(due, why, due_unshown) by age and state alone, (news_due, news) by what lists say and no capture has answered.

    What told nothing when it was last asked is a retry, whatever for.
    """
    if visit.first_seen == _NEVER:  # it was only read again so far, its own sightings are still to come
        return ("",) * 5
    if visit.last_fetch is None:
        return stamp(newness(visit)), "backlog", "", "", ""
    kinds = () if visit.failures else news(visit)
    soon, _ = next_visit(visit, outlet) if kinds else (None, "")
    usual = visit if visit.failures or not visit.announced else replace(visit, announced={})
    blind, why = next_visit(usual, outlet)
    due = next_visit(replace(usual, shown=True), outlet)[0] if "text" in visit.announced else blind
    why = "retry" if visit.failures and due else why
    return stamp(due) if due else "", why, stamp(blind) if blind else "", stamp(soon) if soon else "", " ".join(kinds)


def _trials(outlet: str, article: str, lines: Iterable[Observation], history: History) -> Iterator[Row]:
    """Visits for the sake of a list's word: did the article say anything new?"""
    changed = {version.first.record for version in history.versions}
    seen: set[str] = set()
    for line in lines:
        if line.why not in ("modified", "text") or line.klass not in ("content", "not-modified") or line.reread:
            continue
        if line.record not in seen:
            seen.add(line.record)
            word = "text" if line.why == "text" else "rest" if "rest" in line.announced else "sitemap"
            yield outlet, article, line.record, word, at(line.time), int(line.record in changed)


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
        reading.sketch,
    )


def _event(outlet: str, article: str, number: int, event: Event) -> Row:
    what = (" ".join(event.kinds), " ".join(event.flags), event.version, at(event.since), event.reason, event.title, event.url)
    return (outlet, article, number, at(event.time), *what)


def _crossings(outlet: str, article: str, history: History) -> Iterator[Row]:
    """The last one says since when the article waits to be compared, "" for not."""
    for number, one in enumerate(history.crossings, 1):
        told = (one.time, one.run, one.before, one.after, int(one.same), int(one.headline), int(one.last), int(one.told))
        waits = at(history.unsettled) if one.last else ""
        yield outlet, article, number, *told, " ".join(one.came), " ".join(one.went), waits


def _links(outlet: str, article: str, version: Version) -> Iterator[Row]:
    for link in version.reading.links:
        key = (str(link.get("name", "")), str(link.get("sha256", "")), str(link.get("set", "")))
        detail = orjson.dumps(link, option=orjson.OPT_SORT_KEYS).decode()
        yield (outlet, article, version.number, *key, str(link.get("relation", "")), detail)
