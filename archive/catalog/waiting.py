"""How much waits: visits by outlet and reason. Of days before today a table has the sums (`due_day`), kept as the tally is: the
index of a million overdue visits is not counted through each time that somebody looks. The days around now are counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, true, union_all

from archive.catalog import acted, models
from archive.catalog.bulk import chunks
from archive.catalog.derive import stamp
from archive.catalog.rows import DueRow

SOON = timedelta(hours=24)
WHYS = ("confirm", "retry", "revisit")  # whose time `due` tells (archive.catalog.visits)
NEWS = ("rest", "rest sitemap", "rest sitemap text", "rest text", "sitemap", "sitemap text", "text")  # all that `news` can be
ANNOUNCED, BACKLOG = "announced", "backlog"
_a, _d, _o, _t = models.article.c, models.due_day.c, models.outlet.c, models.tally.c
_Sums = dict[str, Counter[tuple[str, bool]]]  # outlet → (reason, due already?) → how many


def of_article(why: str, due: str, news: str, news_due: str) -> Iterator[tuple[str, str]]:
    """(reason, day) of the visits that an article's row asks for; those of the backlog wait for no day."""
    if why in WHYS and due:
        yield why, due[:10]
    if news:
        yield ANNOUNCED, news_due[:10]


def waiting(connection: Connection, now: datetime) -> list[DueRow]:
    """By outlet: WHYS, announced, backlog, those that have any. Of the backlog all, for it waits for no time."""
    found: _Sums = defaultdict(Counter)
    at, soon = stamp(now), stamp(now + SOON)
    for outlet, why, due, later in connection.execute(_dated(at, soon).union_all(_announced(at, soon))):
        found[outlet].update({(why, True): due, (why, False): later})
    backlog = select(_t.outlet, _t.n).where(_t.outlet.in_(select(_o.outlet)), _t.day == "", _t.what == "waiting")
    for outlet, n in connection.execute(backlog):
        found[outlet][BACKLOG, True] = n
    _take_off(connection, found, at, soon)
    every = [(outlet, why) for outlet in sorted(found) for why in (*WHYS, ANNOUNCED, BACKLOG)]
    rows = (DueRow(outlet, why, found[outlet][why, True], found[outlet][why, False]) for outlet, why in every)
    return [row for row in rows if row.due or row.later]


def _dated(now: str, soon: str) -> Any:
    whys = union_all(*(select(literal(why).label("why")) for why in WHYS)).subquery()
    mine = (_a.outlet == _o.outlet, _a.why == whys.c.why)
    return select(_o.outlet, whys.c.why, *_counted(mine, _a.due, whys.c.why, now, soon)).join_from(models.outlet, whys, true())


def _announced(now: str, soon: str) -> Any:
    # Each value named, or the index (outlet, news, news_due) is read from end to end.
    mine = (_a.outlet == _o.outlet, _a.news.in_(NEWS), models.some("news"))
    return select(_o.outlet, literal(ANNOUNCED), *_counted(mine, _a.news_due, literal(ANNOUNCED), now, soon))


def _counted(mine: tuple[Any, ...], time: ColumnElement[str], why: Any, now: str, soon: str) -> Iterator[ColumnElement[int]]:
    """(due, due later) of each row of a question, both from stretches of an index no longer than two days."""
    before = select(func.coalesce(func.sum(_d.n), 0)).where(_d.outlet == _o.outlet, _d.why == why, _d.day < now[:10])
    near = ((time >= now[:10], time <= now), (time > now, time <= soon))
    due, later = (select(func.count()).select_from(models.article).where(*mine, *when).scalar_subquery() for when in near)
    yield before.scalar_subquery() + due
    yield later


def _take_off(connection: Connection, found: _Sums, now: str, soon: str) -> None:
    """What withheld articles have added, unless the transaction shows them."""
    hidden = [] if connection.get_execution_options().get(acted.SHOWN) else acted.withheld(connection)
    for part in chunks(hidden):
        query = select(_a.outlet, _a.last_fetch, _a.why, _a.due, _a.news, _a.news_due).where(_a.article.in_(part))
        for outlet, last_fetch, why, due, news, news_due in connection.execute(query):
            times = {why: due} if why in WHYS and due else {}
            times |= {ANNOUNCED: news_due} if news else {}
            off = Counter({(one, when <= now): 1 for one, when in times.items() if when <= soon})
            off[BACKLOG, True] = last_fetch == ""
            found[outlet].subtract(off)
