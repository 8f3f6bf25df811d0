"""Counts by outlet and UTC day, kept as lines come and events change, so that no page counts a million rows.

A row counts one thing, `what`, on one day; the row of day "" is the sum of all days, and counts articles besides. Rows follow
from lines, articles and events alone. Those of withheld articles are counted too, and taken off when people ask (`Hidden`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter

from sqlalchemy import Connection, Table, case, func, literal, select

from archive.catalog import acted, models, waiting
from archive.catalog.bulk import chunks, put_sums
from archive.catalog.derive import Row
from archive.catalog.rows import DayRow
from archive.history import at
from archive.observation import Observation

Counts = Counter[tuple[str, str]]  # (day, what) → how many
EVENT, LINE = "event ", "line "  # before the kinds of an event, before the class of an article's line
CHANNEL, FAILED, ASIDE = "channel", "channel failed", "channel aside"  # lists: obtained; not; what is no list
DUE = "due "  # before the reason of a visit: of the day on which it is due, in a table of its own
OBJECTS, BYTES = "records ", "bytes "  # before a kind of line: records of the WARCs that such lines name, and their bytes
_A, _E = models.article.c.keys(), models.event.c.keys()
_ARTICLE = itemgetter(*(_A.index(name) for name in ("versions", "last_fetch", "state", "captures")))
_VISITS = itemgetter(*(_A.index(name) for name in ("why", "due", "news", "news_due")))
_EVENT = itemgetter(_E.index("time"), _E.index("kinds"))
_t, _o = models.tally.c, models.observation.c
_EDITS = frozenset(("headline", "body"))
_KINDS = {"new": "new", "orthographic": "spelling", "gone": "gone", "returned": "returned", "moved": "moved"}
_LISTS = {CHANNEL: "channels", FAILED: "lists_failed", ASIDE: "aside"}
NO_LISTS, OBTAINED, TROUBLE = ("robots", "nowhere"), ("channel", "not-modified"), ("blocked", "broken")
_CLASSES = {"content": "content", "blocked": "blocked", "broken": "broken", "not-modified": "not_modified"}


def of_lines(lines: Iterable[Observation]) -> Counts:
    """What the lines of one observations object count. A record that two lines name is one record."""
    found: Counts = Counter()
    seen: set[str] = set()
    for line in lines:
        if line.kind == "run" or line.reread:
            continue
        day = at(line.time)[:10]
        if line.kind != "picture":
            found[day, LINE + line.klass if line.kind == "article" else _of_list(line)] += 1
        if line.record not in seen:
            seen.add(line.record)
            found[day, OBJECTS + line.kind] += 1
            found[day, BYTES + line.kind] += line.length
    return found


def _of_list(line: Observation) -> str:
    """What a line of a list counts as. robots.txt, and an address that cannot exist, list nothing; trouble they can be."""
    if line.channel in NO_LISTS:
        return FAILED if line.klass in TROUBLE else ASIDE
    return CHANNEL if line.klass in OBTAINED else FAILED


def of_rows(into: Counts, table: Table, rows: Iterable[Row], sign: int) -> None:
    """Count rows of `article` or `event` that came (`sign` 1) or went (-1)."""
    if table is models.event:
        for time, kinds in map(_EVENT, rows):
            into[time[:10], EVENT + kinds] += sign
    elif table is models.article:
        for versions, last_fetch, state, captures in map(_ARTICLE, rows):
            into["", "articles"] += sign * (versions > 0)
            into["", "waiting"] += sign * (last_fetch == "")
            into["", "gone"] += sign * (state == "gone")
            into["", "versions"] += sign * versions
            into["", "captures"] += sign * captures
        for visits in map(_VISITS, rows):
            for why, day in waiting.of_article(*visits):
                into[day, DUE + why] += sign


def write(connection: Connection, outlet: str, counts: Counts) -> None:
    """Add these to the rows of the outlet; what comes to nothing has no row."""
    sums: Counts = Counter()
    due: list[Row] = []
    for (day, what), n in counts.items():
        if n and what.startswith(DUE):
            due.append((outlet, what.removeprefix(DUE), day, n))
        elif n:
            sums[day, what] += n
            if day:
                sums["", what] += n
    put_sums(connection, models.tally, [(outlet, *key, n) for key, n in sums.items() if n])
    put_sums(connection, models.due_day, due)


class Hidden:
    """What withheld articles have added to the counts; nothing when the transaction shows them."""

    def __init__(self, connection: Connection, since: str = "", *, articles_alone: bool = False) -> None:
        self.counts: dict[str, Counts] = defaultdict(Counter)
        withheld = [] if connection.get_execution_options().get(acted.SHOWN) else acted.withheld(connection)
        for part in chunks(withheld):
            if articles_alone:
                self._articles(connection, part)
            else:
                self._events(connection, part, since)
                self._lines(connection, part, since)

    def _articles(self, connection: Connection, part: Sequence[str]) -> None:
        a = models.article.c
        query = select(a.outlet, a.versions, a.last_fetch, a.state, a.captures).where(a.article.in_(part))
        for outlet, versions, last_fetch, state, captures in connection.execute(query):
            mine = {"articles": versions > 0, "waiting": last_fetch == "", "gone": state == "gone"}
            self.counts[outlet].update({("", what): int(n) for what, n in mine.items()})
            self.counts[outlet].update({("", "versions"): versions, ("", "captures"): captures})

    def _events(self, connection: Connection, part: Sequence[str], since: str) -> None:
        e = models.event.c
        names = select(models.outlet.c.outlet)  # with it, the key of the table finds them
        query = select(e.outlet, e.time, e.kinds).where(e.outlet.in_(names), e.article.in_(part), e.time >= since)
        for outlet, time, kinds in connection.execute(query):
            self.counts[outlet][time[:10], EVENT + " ".join(kinds)] += 1

    def _lines(self, connection: Connection, part: Sequence[str], since: str) -> None:
        names = select(models.outlet.c.outlet)
        reread = _o.data.contains(literal('"reread":true'))  # a quote in a text is written \"
        day = func.substr(_o.time, 1, 10)
        query = select(_o.outlet, day, _o.klass, func.count(case((~reread, 1))))
        query = query.where(_o.outlet.in_(names), _o.article.in_(part), _o.time >= since).group_by(_o.outlet, day, _o.klass)
        for outlet, of, klass, n in connection.execute(query):
            self.counts[outlet][of, LINE + klass] += n


def days(connection: Connection, since: str, outlet: str | None) -> list[DayRow]:
    """By outlet and day, from the day `since` on; days on which nothing was counted have no row."""
    names = [outlet] if outlet else list(connection.scalars(select(models.outlet.c.outlet)))
    since = since[:10] or "0"
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, day, what, n in connection.execute(
        select(_t.outlet, _t.day, _t.what, _t.n).where(_t.outlet.in_(names), _t.day >= since)
    ):
        found[name, day][what] = n
    for name, counts in Hidden(connection, since).counts.items():
        for (day, what), n in counts.items():
            if (name, day) in found:
                found[name, day][what] -= n
    return [_day(*key, whats) for key, whats in sorted(found.items()) if any(whats.values())]


def _day(outlet: str, day: str, whats: Mapping[str, int]) -> DayRow:
    sums: dict[str, int] = defaultdict(int)
    for what, n in whats.items():
        for name in _columns(what):
            sums[name] += n
    return DayRow(outlet, day, **sums)


@cache
def _columns(what: str) -> tuple[str, ...]:
    """The columns of a DayRow that this counts in. There are as many as combinations of kinds."""
    word, _, rest = what.partition(" ")
    if what.startswith(EVENT):
        kinds = rest.split()
        edits = () if _EDITS.isdisjoint(kinds) else ("edits",)
        return *(_KINDS[kind] for kind in kinds if kind in _KINDS), *edits
    if what.startswith(LINE):
        return "captures", _CLASSES.get(rest, "other")
    if what in _LISTS:
        return (_LISTS[what],)
    return ("requests" if word == OBJECTS.strip() else "bytes",)


def first_days(connection: Connection) -> dict[str, str]:
    """By outlet, the first day on which anything was counted."""
    o = models.outlet.c.outlet
    first = select(func.min(_t.day)).where(_t.outlet == o, _t.day > "").scalar_subquery()
    return {name: day for name, day in connection.execute(select(o, first)) if day}


def totals(connection: Connection, names: Collection[str]) -> dict[str, Counter[str]]:
    """By outlet, its sums over all days, with what is withheld."""
    found: dict[str, Counter[str]] = {name: Counter() for name in names}
    for outlet, what, n in connection.execute(select(_t.outlet, _t.what, _t.n).where(_t.outlet.in_(list(names)), _t.day == "")):
        found[outlet][what] = n
    return found


def of_articles(connection: Connection, names: Collection[str]) -> dict[str, Counter[str]]:
    """By outlet: articles, waiting, gone, versions, captures, as people may see them."""
    found = totals(connection, names)
    for name, counts in Hidden(connection, articles_alone=True).counts.items():
        if name in found:
            found[name].subtract({what: n for (_, what), n in counts.items()})
    return found
