"""Bundles that are kept on this machine for whoever asked in Airflow: what they are called, and which there are.

They lie in `bundles/` of the state folder; nothing is lost with them, for a bundle can be made again at any time. So they go
after DAYS, and the oldest before that when there are more than MOST or they take more than ROOM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
    """What the name of a bundle says; None for any other name."""
    match = _NAME.fullmatch(text)
    if match is None:
        return None
    d = match["made"]
    made = f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[9:11]}:{d[11:13]}:{d[13:15]}Z"
    return Kept(text, match["article"], made, bool(match["restricted"]))


def listed(state: Path, article: str = "") -> list[Kept]:
    """The bundles in the state folder, of one article or all, newest first."""
    found = _kept(path for path in (state / FOLDER).glob(f"evidence-{article}*.zip") if path.is_file())
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
    return [
        Kept(one.name, one.article, one.made, one.restricted, path.stat().st_size)
        for path in paths
        if (one := parse(path.name)) is not None
    ]
