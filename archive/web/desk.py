"""What the pages read: the catalog for what happened, the store for the texts."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from archive.errors import BadRecord

if TYPE_CHECKING:
    from archive.alarms.row import AlarmRow
    from archive.catalog.alarms import Measure
    from archive.catalog.gallery import PictureRow
    from archive.catalog.hits import Found, Wish
    from archive.catalog.pairs import Pair
    from archive.catalog.rooms import AnnouncedRow, LinkedRow, SeedFileRow
    from archive.catalog.rows import (
        ArticleRow,
        DayRow,
        DelayRow,
        DueRow,
        EventPage,
        EventRow,
        HistoryRow,
        OutletRow,
        RunRow,
        StoredRow,
    )
    from archive.catalog.stream import Asked
    from archive.outlet import Outlet
    from archive.settings import Settings
    from archive.steps.signed import Condition
    from archive.store import Store

LOOK_EVERY = 60.0  # seconds between two looks at the log, however often its page is opened


def _now() -> datetime:
    return datetime.now(UTC)


class Catalog(Protocol):
    """The part of archive.catalog.Catalog that the pages use. Its answers are without withheld articles."""

    def changes_page(self, asked: Asked, limit: int = 50) -> EventPage: ...

    def history(self, article: str) -> HistoryRow:
        """Refused when there is no such article, Withheld when it may not be shown."""

    def article(self, reference: str) -> ArticleRow:
        """The article alone; refused as `history`."""

    def twins(self, article: str) -> list[ArticleRow]:
        """Other articles that say the same, withheld ones too: for who may withhold one."""

    def withheld(self, articles: Collection[str]) -> set[str]:
        """Which of these ids are of withheld articles."""

    def outlets(self, now: datetime | None = None) -> list[OutletRow]: ...

    def runs(self, outlet: str | None = None, limit: int | None = 50) -> list[RunRow]: ...

    def newest_runs(self) -> list[RunRow]: ...

    def run(self, run: str) -> list[RunRow]: ...

    def of_run(self, outlet: str, run: str, until: str, limit: int = 200) -> list[EventRow]: ...

    def days(self, since: str, outlet: str | None = None) -> list[DayRow]: ...

    def first_days(self) -> dict[str, str]: ...

    def waiting(self, now: datetime) -> list[DueRow]: ...

    def delays(self, outlet: str | None = None, since: str = "") -> list[DelayRow]: ...

    def stored(self) -> list[StoredRow]: ...

    def measures(self, name: str, since: str = "", subject: str | None = None) -> list[Measure]: ...

    def republished(self, article: str) -> list[Pair]: ...

    def veiled(self, outlet: str, article: str) -> set[str]: ...

    def announced(self, outlet: str, article: str) -> list[AnnouncedRow]: ...

    def seed_files(self) -> list[SeedFileRow]: ...

    def linked(self, sha256: str, article: str = "", start: int = 0, limit: int | None = None) -> list[LinkedRow]: ...

    def picture_captures(self, outlet: str, urls: Collection[str]) -> list[PictureRow]: ...

    def logged(self, units: Sequence[str]) -> dict[str, int]: ...

    def log_size(self) -> int: ...

    def search(self, wish: Wish, limit: int = 20) -> Found: ...

    def unindexed(self, most: int = 1000) -> int: ...

    def alarms(self, open_only: bool = True, limit: int = 500) -> list[AlarmRow]: ...


@dataclass
class Desk:
    """`titles`: what people call each outlet, by name; an outlet without a file is called by its name."""

    catalog: Catalog
    store: Callable[[], Store]  # opened when a text is needed; the list of changes needs none
    titles: dict[str, str] = field(default_factory=dict)
    outlets: Mapping[str, Outlet] = field(default_factory=dict)  # by name: the files that can be used, and the watch list
    broken: Mapping[str, str] = field(default_factory=dict)  # name of the file → why it cannot be used
    now: Callable[[], datetime] = _now
    settings: Callable[[], Settings] | None = None  # of the installation; None: there is none to tell of
    condition: Callable[[], Condition] | None = None  # of the log; WarraqError when the store cannot be asked

    def snapshot(self, key: str) -> dict[str, Any] | None:
        """The snapshot under `key`; None when the version has none (yet) or the bucket lacks it."""
        if not key:
            return None
        try:
            data = self.store().get(key)
        except KeyError:
            return None
        try:
            found = json.loads(gzip.decompress(data))
        except (OSError, EOFError, ValueError) as error:
            raise BadRecord(f"{key} is no snapshot: {error}", "run `warraq verify`") from error
        if not isinstance(found, dict):
            raise BadRecord(f"{key} is no snapshot: not a JSON object", "run `warraq verify`")
        return found

    def title(self, outlet: str) -> str:
        return self.titles.get(outlet, outlet)


def opener(settings: Callable[[], Settings]) -> Callable[[], Desk]:
    """The desk of the installation. Catalog and store are opened once, at the first page that needs them."""
    held: dict[str, Any] = {}

    def store() -> Store:
        if "store" not in held:
            from archive.s3 import open_store

            held["store"] = open_store(settings(), write=False)
        return held["store"]  # type: ignore[no-any-return]

    def condition() -> Condition:
        """Kept for a while: it is a dozen requests, and signatures come once an hour."""
        from archive.steps.signed import look

        if monotonic() - held.get("looked", -LOOK_EVERY) >= LOOK_EVERY:
            held["condition"], held["looked"] = look(store(), settings()), monotonic()  # type: ignore[arg-type]
        return held["condition"]  # type: ignore[no-any-return]

    def desk() -> Desk:
        from archive import outlet, watch
        from archive.catalog import Catalog

        if "catalog" not in held:
            held["catalog"] = Catalog(settings().catalog)
        good, bad = outlet.load_folder(settings().outlets)
        files = {**good, watch.NAME: watch.outlet()}
        titles = {name: one.title for name, one in files.items()}
        broken = {name: str(error) for name, error in bad.items()}
        return Desk(held["catalog"], store, titles, files, broken, settings=settings, condition=condition)

    return desk
