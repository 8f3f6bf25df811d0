"""Older captures fetched and read once more, under the rules of today: what `extract` and `reread` have in common."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from archive import warc
from archive.errors import BadRecord
from archive.judge import Judged
from archive.order import Wanted
from archive.steps.readers import Page, Read
from archive.steps.workshop import Workshop

AT_ONCE = 128  # captures in memory: pages of some 100 KB each
FETCHERS = 8  # requests on their way; a range is a few milliseconds, a reading some ten


@dataclass
class Found:
    """What came of them: lines with `reread`, each with its snapshot; how many could not be read, or fetched."""

    found: list[Judged] = field(default_factory=list)
    unreadable: int = 0
    lost: list[str] = field(default_factory=list)  # why, one a capture that is damaged or missing


def read(shop: Workshop, reader: Read, wanted: Sequence[Wanted], run: str) -> Found:
    """Read these captures again, in `run`. What the rules of today cannot read gives no line: what was read before stands."""
    out = Found()
    with ThreadPoolExecutor(FETCHERS) as fetchers:
        for part in (wanted[i : i + AT_ONCE] for i in range(0, len(wanted), AT_ONCE)):
            pages: list[Page] = []
            for one, page in zip(part, fetchers.map(lambda one: _fetch(shop, one), part), strict=True):
                if isinstance(page, str):
                    out.lost.append(page)
                else:
                    pages.append((one.warc, page))
            articles = {(one.warc, one.offset): one.article for one in part}
            judged = [one for one in reader(pages, run) if _is_it(one, articles)]
            out.unreadable += len(pages) - len(judged)
            out.found += [replace(one, observation=replace(one.observation, reread=True)) for one in judged]
    return out


def _fetch(shop: Workshop, one: Wanted) -> warc.StoredCapture | str:
    """The capture; or, when it is damaged or missing, what to say: that stops no other one, and `warraq verify` finds it."""
    try:
        return warc.capture_at(shop.store.get(one.warc, one.offset, one.length), one.offset)
    except (KeyError, BadRecord) as error:
        return f"{one.warc} at {one.offset}: {error if isinstance(error, BadRecord) else 'missing'}"


def _is_it(one: Judged, articles: dict[tuple[str, int], str]) -> bool:
    """A reading of the article that was meant: a capture at the end of a redirect has a line for its first address, too."""
    line = one.observation
    return line.reading is not None and line.article == articles.get((line.warc, line.offset))
