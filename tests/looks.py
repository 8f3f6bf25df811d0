"""Captures of many articles of one outlet, drawn by one theme and then by another: for the tests of drift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from archive import crossing, line_digests
from archive.crossing import Settled
from archive.history import History
from archive.observation import Observation
from archive.version import fold
from tests.histories import GONE_AFTER, content, sha

OLD, NEW = sha("old theme", 8), sha("new theme", 8)


def url(number: int) -> str:
    return f"https://news.example/a-{number}"


def drawn(hours: float, text: str, shape: str = OLD, number: int = 1, word: str = "", **more: Any) -> Observation:
    """A page of article `number` in a theme, its body `text`; `word`: what REST said of its text when it was asked."""
    noise = f"{shape} {more.pop('noise', '')}"
    line = content(hours, text, url=url(number), noise=noise, announced={"text": word} if word else {}, **more)
    assert line.reading is not None
    return replace(line, reading=replace(line.reading, shape=shape, lines=line_digests.of_text(text)))


def told(lines: Iterable[Observation], accepted: Iterable[str] = ()) -> tuple[dict[str, History], Settled]:
    """The histories of all the articles as the catalog has them: first each alone, then by what they tell together."""
    of: dict[str, list[Observation]] = defaultdict(list)
    for line in lines:
        of[line.article].append(line)
    alone = {article: fold(mine, GONE_AFTER) for article, mine in of.items()}
    found = [(article, one) for article, history in alone.items() for one in history.crossings]
    settled = crossing.settle(found, set(accepted))
    return {article: fold(mine, GONE_AFTER, settled=settled) for article, mine in of.items()}, settled


def events(histories: dict[str, History]) -> list[str]:
    """Kinds of all events but `new`, sorted."""
    return sorted("+".join(e.kinds) for h in histories.values() for e in h.events if e.kinds != ("new",))
