"""The newest events of many stretches of the index (outlet, kinds, time, article, number), merged as they are read.

Each question asks all stretches of which little is left, and what is read is kept until its turn comes: of a page that looks at
6000 events, few more are read. The order is Python's (by code point), whatever collation the database has: within a stretch
the database compares times, ids and numbers alone, which are in the same order everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select, tuple_, union_all

from archive.catalog import models
from archive.catalog.rows import EventRow

LEAST = 20  # events of a stretch with one question
AT_A_TIME = 100  # stretches in one question; SQLite takes 500
_e = models.event.c
_COLUMNS = tuple(_e[name] for name in EventRow.__dataclass_fields__)
_ANY, _NONE = "g", ""  # after and before every article's id, which is hexadecimal
_NEVER = "9"  # after every time
Key = tuple[str, str, str, int]  # time, outlet, article, number
Kinds = tuple[str, tuple[str, ...]]  # an outlet, and the kinds that its events have


def place(row: EventRow) -> Key:
    return row.time, row.outlet, row.article, row.number


@dataclass(slots=True)
class _Stretch:
    of: Kinds
    below: tuple[str, str, int]  # time, article, number: read down to there
    many: int  # events that the next question asks for


def newest(
    connection: Connection, of: Sequence[Kinds], cursor: Key | None, where: Sequence[Any], *, wanted: int, most: int
) -> Iterator[EventRow]:
    """Events of these stretches that come after the cursor, newest first, of which about `wanted` will be taken.

    `where`: what else must be so of them. `most`: how many of one stretch a question asks for.
    """
    first = min(most, max(LEAST, 2 * wanted // max(1, len(of))), wanted)
    going = [_Stretch(one, _below(one[0], cursor), first) for one in of]
    held: list[EventRow] = []  # read, and not given yet
    while going:
        left = Counter((row.outlet, row.kinds) for row in held)
        wanting = [one for one in going if 2 * left[one.of] < one.many]
        ended = set[Kinds]()
        for i in range(0, len(wanting), AT_A_TIME):
            held += _read(connection, wanting[i : i + AT_A_TIME], where, most, ended)
        going = [one for one in going if one.of not in ended]
        known = max(((one.below[0], one.of[0], *one.below[1:]) for one in going), default=None)  # all before it has been read
        held.sort(key=place, reverse=True)
        ready = len(held) if known is None else sum(place(row) >= known for row in held)
        yield from held[:ready]
        del held[:ready]


def _below(outlet: str, cursor: Key | None) -> tuple[str, str, int]:
    """Where a stretch of the outlet begins: at one time, outlets come by name, the last one first."""
    if cursor is None:
        return _NEVER, _NONE, 0
    time, its, article, number = cursor
    return (time, article, number) if outlet == its else (time, _ANY if outlet < its else _NONE, 0)


def _read(
    connection: Connection, stretches: Sequence[_Stretch], where: Sequence[Any], most: int, ended: set[Kinds]
) -> list[EventRow]:
    """The next events of each, in no order; moves them on, and tells those that have no more."""
    found = [EventRow(*row) for row in connection.execute(union_all(*(_next(one, where) for one in stretches)))]
    last: dict[Kinds, EventRow] = {}
    many = Counter[Kinds]()
    for row in found:
        which = (row.outlet, row.kinds)
        many[which] += 1
        last[which] = min(last.get(which, row), row, key=place)
    for one in stretches:
        if many[one.of] < one.many:
            ended.add(one.of)
        else:
            row = last[one.of]
            one.below, one.many = (row.time, row.article, row.number), min(most, 2 * one.many)
    return found


def _next(one: _Stretch, where: Sequence[Any]) -> Any:
    outlet, kinds = one.of
    time, article, number = one.below
    under = or_(_e.time < time, tuple_(_e.article, _e.number) < tuple_(article, number))
    query = select(*_COLUMNS).where(_e.outlet == outlet, _e.kinds == kinds, *where, _e.time <= time, under)
    order = (_e.time.desc(), _e.article.desc(), _e.number.desc())
    return select(query.order_by(*order).limit(one.many).subquery())
