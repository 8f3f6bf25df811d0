"""Bundles that are kept on this machine for whoever asked in Airflow: what they are called, and which there are.

They lie in `bundles/` of the state folder; nothing is lost with them, for a bundle can be made again at any time. So they go
after DAYS, and the oldest before that when there are more than MOST or they take more than ROOM.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = "bundles"
DAYS = 30
MOST = 200
ROOM = 2 << 30  # bytes
_NAME = re.compile(r"evidence-(?P<article>[0-9a-f]{32})-(?P<made>\d{8}T\d{6}Z)(?P<restricted>-restricted)?\.zip", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kept:
    """One bundle. `made`: UTC, as the catalog writes times; `restricted`: it may hold what is withheld from others."""

    name: str
    article: str
    made: str
    restricted: bool
    size: int = 0  # bytes

    def over(self, now: datetime) -> bool:
        """Whether it is too old to be offered."""
        return datetime.fromisoformat(self.made) < now - timedelta(days=DAYS)


def name(article: str, now: datetime, *, restricted: bool) -> str:
    """What a bundle about an article (its id), made now, is called."""
    return f"evidence-{article}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{'-restricted' if restricted else ''}.zip"


def parse(text: str) -> Kept | None:
    """What the name of a bundle says; None for any other name, so for one of a day or an hour that there is not."""
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    try:
        made = datetime.strptime(match["made"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Kept(text, match["article"], f"{made.isoformat()[:19]}Z", bool(match["restricted"]))


def listed(state: Path, article: str = "") -> list[Kept]:
    """The bundles in the state folder, of one article or all, newest first."""
    found = _kept((state / FOLDER).glob(f"evidence-{article}*.zip"))
    return sorted(found, key=lambda one: (one.made, one.name), reverse=True)


def surplus(found: Sequence[Kept], now: datetime) -> list[Kept]:
    """Which of these, newest first, are to go. The newest stays if it is not too old, however large it is."""
    gone, room = list[Kept](), ROOM
    for number, one in enumerate(found):
        room -= one.size
        if one.over(now) or number >= MOST or (room < 0 and number):
            gone.append(one)
    return gone


def prune(state: Path, now: datetime) -> list[Kept]:
    """Delete the surplus; what went."""
    gone = surplus(listed(state), now)
    for one in gone:
        (state / FOLDER / one.name).unlink(missing_ok=True)
    return gone


def _kept(paths: Iterable[Path]) -> list[Kept]:
    """The bundles among them; one that is pruned meanwhile is none."""
    found = []
    for path in paths:
        if (one := parse(path.name)) is None:
            continue
        try:
            told = path.stat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(told.st_mode):
            found.append(replace(one, size=told.st_size))
    return found
