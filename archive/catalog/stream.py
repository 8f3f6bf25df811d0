"""What happened, newest first, as narrowly as people ask: by outlet, kind, time, seed file, words. Straight from indexes.

Few articles (a seed file's, those that have rare words) are asked for their events; many (a word that everybody uses) are
looked for among the newest events. Events with the same kinds of one outlet are one stretch of an index, and which kinds an
outlet has the tally says, so a rare kind is not looked for among all events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest
from itertools import islice
from typing import Any

from sqlalchemy import Connection, or_, select, tuple_

from archive.catalog import acted, bulk, models, stretches, tally, textmatch
from archive.catalog.bulk import chunks
from archive.catalog.hits import Wish
from archive.catalog.rows import EventPage, EventRow

FEW = 4000  # articles whose events are asked for; more of them are looked for among the newest events
OF_A_SEED = 10_000  # articles of a seed file, likewise: their events may all be long ago
EDITED, EDITS = "edited", frozenset(("headline", "body"))  # a kind to ask for, and the kinds that it means
LOOKED_AT, AT_ONCE = 6000, 500  # events, for one page; with one question
_e, _l, _d, _t = models.event.c, models.seed_link.c, models.document.c, models.tally.c
_ORDER = (_e.time, _e.outlet, _e.article, _e.number)
_NAMES = tuple(EventRow.__dataclass_fields__)  # outlet, article, number, time, kinds, flags …
_KINDS, _FLAGS = (_NAMES.index(name) for name in ("kinds", "flags"))
_COLUMNS = tuple(_e[name] for name in _NAMES)
Key = tuple[str, str]  # outlet, article


@dataclass(frozen=True, slots=True)
class Asked:
    """`before`: a time, or the cursor of an event. `since`, `until`: days or times; a day is meant whole.

    `seed`: SHA-256 or name of a seed file, of which the article shares words. `words`: that some version has.
    """

    outlet: str = ""
    kind: str = ""
    before: str = ""
    article: str = ""
    since: str = ""
    until: str = ""
    seed: str = ""
    words: str = ""

    @property
    def cursor(self) -> tuple[str, str, str, int] | None:
        if "|" not in self.before:
            return None
        time, outlet, article, number = self.before.split("|")
        return time, outlet, article, int(number)

    def span(self) -> tuple[str, str]:
        """First time, and what no time of the answer reaches."""
        until = f"{self.until}T99" if len(self.until) == len("2026-11-22") else self.until
        ends = [end for end in (until, "" if self.cursor else self.before) if end]
        return self.since, min(ends, default="")


def page(connection: Connection, asked: Asked, limit: int) -> EventPage:
    """Up to `limit`, newest first. Refused when there is no word in `words`."""
    names = [asked.outlet] if asked.outlet else list(connection.scalars(select(models.outlet.c.outlet)))
    few, test = _few(connection, asked, names)
    if few is not None:
        return _cut(connection, _of_articles(connection, asked, few, limit + 1), limit)
    if test is None:
        return _cut(connection, _page(connection, asked, names, limit + 1), limit)
    kept: list[EventRow] = []
    looked = 0
    for events in _pages(connection, asked, names):
        kept += test(events)
        looked += len(events)
        if len(kept) > limit:
            break
        if looked >= LOOKED_AT and len(events) == AT_ONCE:
            return replace(_cut(connection, kept, limit), older=events[-1].cursor, looked_to=events[-1].time)
    return _cut(connection, kept, limit)


def _cut(connection: Connection, found: list[EventRow], limit: int) -> EventPage:
    rows = tuple(acted.veil(connection, found[:limit]))
    return EventPage(rows, rows[-1].cursor if rows and len(found) > limit else "")


Test = Callable[[Sequence[EventRow]], Iterable[EventRow]]


def _few(connection: Connection, asked: Asked, names: Sequence[str]) -> tuple[set[Key] | None, Test | None]:
    """The few articles that may answer, or else how to tell those that do; neither when all may."""
    sets: list[set[Key]] = [{(name, asked.article) for name in names}] if asked.article else []
    if asked.seed:
        column = _l.sha256 if len(asked.seed) == 64 else _l.name
        rows = connection.execute(select(_l.outlet, _l.article).where(column == asked.seed).distinct())
        sets.append({(row[0], row[1]) for row in rows})
    test: Test | None = None
    if asked.words:
        found, match = _with_words(connection, asked)
        if found is None and sets and len(set.intersection(*sets)) <= FEW:
            near = set.intersection(*sets)
            sets.append(_answering(connection, match, {article for _, article in near}))
        elif found is None:
            test = _reader(connection, match)
        else:
            sets.append(found)
    if not sets:
        return None, test
    both = set.intersection(*sets)
    if len(both) <= (OF_A_SEED if asked.seed else FEW):
        return both, None
    return None, lambda page: [row for row in (test(page) if test else page) if (row.outlet, row.article) in both]


def _with_words(connection: Connection, asked: Asked) -> tuple[set[Key] | None, textmatch.Match]:
    """The articles of which any version has the words; None when they are many."""
    from archive.search.query import parse

    match = textmatch.match(connection, parse(asked.words), asked.outlet)
    low, high = Wish(parse(asked.words)).span()
    ids, below = match.ids(connection, low, high, FEW)
    if below > low:
        return None, match
    found: set[Key] = set()
    for i in range(0, len(ids), bulk.CHUNK):
        rows = connection.execute(select(_d.outlet, _d.article).where(_d.id.in_(ids[i : i + bulk.CHUNK])))
        found.update((row[0], row[1]) for row in rows)
    return found, match


def _answering(connection: Connection, match: textmatch.Match, articles: Collection[str]) -> set[Key]:
    """Those of some articles of which a text answers."""
    texts: dict[int, Key] = {}
    for part in chunks(sorted(articles)):
        rows = connection.execute(select(_d.id, _d.outlet, _d.article).where(_d.article.in_(part)))
        texts |= {row[0]: (row[1], row[2]) for row in rows}
    return {texts[one] for one in match.among(connection, sorted(texts))}


def _reader(connection: Connection, match: textmatch.Match) -> Test:
    known: dict[Key, bool] = {}

    def test(page: Sequence[EventRow]) -> Iterator[EventRow]:
        new = {(row.outlet, row.article) for row in page} - known.keys()
        answering = _answering(connection, match, {article for _, article in new})
        known.update({key: key in answering for key in new})
        return (row for row in page if known[row.outlet, row.article])

    return test


def _of_articles(connection: Connection, asked: Asked, articles: Iterable[Key], limit: int) -> list[EventRow]:
    """The newest `limit` events of these articles that answer. They may have thousands, of which only these are read whole."""
    of: dict[str, list[str]] = defaultdict(list)
    hidden = set() if connection.get_execution_options().get(acted.SHOWN) else set(acted.withheld(connection))
    for outlet, article in articles:
        if asked.outlet in ("", outlet) and article not in hidden:
            of[outlet].append(article)
    low, high = asked.span()
    cursor = asked.cursor
    found: list[stretches.Key] = []
    for outlet, ids in of.items():
        for time, article, number, kinds in bulk.rows(
            connection, models.event, outlet, ids, ("time", "article", "number", "kinds")
        ):
            place = (time, outlet, article, number)
            if time >= low and (not high or time < high) and (not cursor or place < cursor) and _is(kinds.split(), asked.kind):
                found.append(place)
    return _read(connection, nlargest(limit, found))


def _read(connection: Connection, places: Sequence[stretches.Key]) -> list[EventRow]:
    rows: dict[stretches.Key, EventRow] = {}
    for outlet in {place[1] for place in places}:
        ids = sorted({place[2] for place in places if place[1] == outlet})
        for raw in bulk.rows(connection, models.event, outlet, ids, _NAMES):
            row = _row(raw)
            rows[stretches.place(row)] = row
    return [rows[place] for place in places]


def _row(raw: Sequence[Any]) -> EventRow:
    return replace(EventRow(*raw), kinds=tuple(raw[_KINDS].split()), flags=tuple(raw[_FLAGS].split()))


def _pages(connection: Connection, asked: Asked, names: Sequence[str]) -> Iterator[list[EventRow]]:
    """All that may answer, newest first, so many at a time; the last ones are fewer."""
    if asked.outlet or asked.kind:
        merged = _merged(connection, asked, names, AT_ONCE)
        while True:
            events = list(islice(merged, AT_ONCE))
            yield events
            if len(events) < AT_ONCE:
                return
    while True:
        events = _page(connection, asked, names, AT_ONCE)
        yield events
        if len(events) < AT_ONCE:
            return
        asked = Asked(before=events[-1].cursor, since=asked.since, until=asked.until)


def _page(connection: Connection, asked: Asked, names: Sequence[str], limit: int) -> list[EventRow]:
    """The newest events of an outlet, a kind, a time."""
    if asked.outlet or asked.kind:
        return list(islice(_merged(connection, asked, names, limit), limit))
    where = _where(connection, asked)
    if cursor := asked.cursor:
        where += [_e.time <= cursor[0], or_(_e.time < cursor[0], tuple_(*_ORDER) < tuple_(*cursor))]
    query = select(*_COLUMNS).where(*where).order_by(*(column.desc() for column in _ORDER)).limit(limit)
    return [EventRow(*row) for row in connection.execute(query)]


def _merged(connection: Connection, asked: Asked, names: Sequence[str], wanted: int) -> Iterator[EventRow]:
    """Events of an outlet, a kind, a time, newest first, of which about `wanted` will be taken."""
    of = _kinds(connection, names, asked.kind)
    return stretches.newest(connection, of, asked.cursor, _where(connection, asked), wanted=wanted, most=AT_ONCE)


def _where(connection: Connection, asked: Asked) -> list[Any]:
    low, high = asked.span()
    where: list[Any] = [_e.time >= low] if low else []
    if high:
        where.append(_e.time < high)
    return [*where, *acted.hidden(connection, models.event)]


def _kinds(connection: Connection, names: Sequence[str], kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """(outlet, kinds) that events of these outlets have, those with this kind among them."""
    query = select(_t.outlet, _t.what).where(_t.outlet.in_(names), _t.day == "", _t.what.startswith(tally.EVENT))
    told = ((outlet, tuple(what.removeprefix(tally.EVENT).split())) for outlet, what in connection.execute(query))
    return [(outlet, kinds) for outlet, kinds in told if _is(kinds, kind)]


def _is(kinds: Collection[str], kind: str) -> bool:
    return not kind or kind in kinds or (kind == EDITED and not EDITS.isdisjoint(kinds))
