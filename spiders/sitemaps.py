"""Which sitemaps of an index are worth a request, and whether all of them were read. No network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from archive.capture import Previous
from archive.channels.model import Channel, ChannelAddress
from archive.channels.scope import join
from spiders.frontier import Rank

YOUNG = timedelta(days=7)  # a sitemap named after a day or month that ended later than this may still change


class Tree:
    """The sitemaps of one run: those that robots.txt names, else the first of some guesses that there is, and below.

    `before`: address → the last document that earlier runs stored.
    """

    def __init__(self, before: Mapping[str, Previous], now: datetime) -> None:
        self._before = before
        self._young = f"{now - YOUNG:%Y%m%d}"
        self._hoped: set[str] = set()  # asked for, not answered yet
        self._guesses: list[str] = []  # still to try
        self._children: set[str] = set()
        self._sought = False
        self._read = self._missed = 0

    def named(self, rows: Iterable[ChannelAddress]) -> None:
        """Those of robots.txt."""
        self._hoped = {row.url for row in rows}

    def begin(self, home: str, guesses: Iterable[str]) -> list[str]:
        """What to ask for first; nothing the second time. `guesses`: paths, tried below the home page and at the root."""
        if self._sought:
            return []
        self._sought = True
        folder = home if home.endswith("/") else f"{home}/"  # a site in a folder may have them there
        self._guesses = list(dict.fromkeys(join(folder, link) for name in guesses for link in (name.removeprefix("/"), name)))
        self._hoped = self._hoped or {self._guesses.pop(0)}
        return sorted(self._hoped)

    def answered(self, url: str, channel: Channel | None) -> str:
        """A sitemap was answered; None: it was not, which is a loss when an index named it. The next guess, or ""."""
        self._hoped.discard(url)
        if channel is not None:
            self._read += 1
            self._guesses = []
        elif url in self._children:
            self._missed += 1
        elif not self._hoped and self._guesses:
            self._hoped = {self._guesses.pop(0)}
            return next(iter(self._hoped))
        return ""

    def skipped(self) -> None:
        """A child is not asked for: an earlier run of this walk read it."""
        self._missed += 1

    def whole(self) -> bool:
        """To be asked when none is on its way: was all that the site has read in this run? Yes once at most."""
        whole = self._read > 0 and not self._missed
        self._missed += whole
        return whole

    def children(self, rows: tuple[ChannelAddress, ...], *, walking: bool) -> Iterator[tuple[str, Rank]]:
        """The children of an index to ask for, newest first.

        At once: the first, the last, the two that look newest, and those of young days; of an index that tells when
        its children changed, only those that did. Later: what was never seen or changed, and on a walk the rest.
        """
        newest = {row.url for row in sorted(filter(_newness, rows), key=_newness, reverse=True)[:2]}
        ends = {row.url for row in (*rows[:1], *rows[-1:])}
        for row in sorted(rows, key=_newness, reverse=True):
            before = self._before.get(row.url)
            day = _newness(row)
            young = bool(day) and day.ljust(8, "9") >= self._young
            changed = before is None or _changed(row.modified, before.time)
            quiet = bool(row.modified) and not changed
            self._children.add(row.url)
            if (row.url in newest and young) or (not quiet and (young or row.url in newest | ends)):
                yield row.url, Rank.FRONT
            elif changed or walking:
                yield row.url, Rank.DEEP
            else:
                self._missed += 1


def name_of(url: str) -> str:
    """The file name in a sitemap's address."""
    return urlsplit(url).path.rsplit("/", 1)[-1].lower()


def later(value: str, than: str) -> bool:
    """Is one ISO time later than another? A time without offset counts as UTC; what is no time is not later."""
    try:
        left, right = (datetime.fromisoformat(text) for text in (value, than))
    except ValueError:
        return False
    left, right = (when if when.tzinfo else when.replace(tzinfo=UTC) for when in (left, right))
    return left > right


def _changed(modified: str, before: str) -> bool:
    """Does an index say that a child changed since it was read? A day alone may be any hour of it, anywhere on earth."""
    if len(modified) == len("2019-03-24"):
        modified = f"{modified}T23:59:59-12:00"
    return later(modified, before)


def _newness(row: ChannelAddress) -> str:
    """What orders the children of an index: the day in their lastmod, else the one in their name, else nothing."""
    day = re.search(r"(?:19|20)\d\d-?[01]\d(?:-?[0-3]\d)?", row.modified or name_of(row.url))
    return day[0].replace("-", "") if day else ""
