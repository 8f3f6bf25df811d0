"""What every step works with: settings, store, catalog, outlets, clock. Opened when first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archive import outlet as outlets
from archive import watch
from archive.errors import BadOutlet
from archive.outlet import Outlet
from archive.settings import Settings
from archive.store import Store

if TYPE_CHECKING:
    from archive.catalog import Catalog
    from archive.log.writer import Log
    from archive.seed import SeedSet


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Outcome:
    """What a step did: one line for people, the same as data for machines."""

    line: str
    data: dict[str, Any] = field(default_factory=dict)
    nothing_due: bool = False
    progress: tuple[str, ...] = ()


@dataclass
class Workshop:
    settings: Settings
    clock: Callable[[], datetime] = utc_now
    say: Callable[[str], None] = print
    updates: bool = True  # may update an older catalog; what a timer runs may not, since an upgrade keeps a copy first

    @cached_property
    def store(self) -> Store:
        from archive.s3 import open_store

        return open_store(self.settings)

    @property
    def log(self) -> Log:
        """The archive's log, its checkpoint read anew; the key of this machine signs, if it has one."""
        from archive.log import keyring
        from archive.log.writer import Log

        return Log(self.store, keyring.load(self.settings))

    @cached_property
    def catalog(self) -> Catalog:
        from archive.catalog import Catalog

        catalog = Catalog(self.settings.catalog)
        catalog.migrate(update=self.updates and not self.settings.supervised)
        return catalog

    def outlet_file(self, name: str) -> Path:
        return self.settings.outlets / f"{name}.toml"

    def names(self) -> list[str]:
        """Every outlet that may have objects in the bucket: those with a file, and the watch list."""
        return [*sorted(path.stem for path in self.settings.outlets.glob("*.toml") if path.stem != watch.NAME), watch.NAME]

    def outlet(self, name: str) -> Outlet:
        """The outlet of that name; BadOutlet lists the known ones."""
        if name == watch.NAME:
            return watch.outlet(sandbox=self.settings.sandbox)
        path = self.outlet_file(name)
        if not path.is_file():
            known = ", ".join(sorted(p.stem for p in self.settings.outlets.glob("*.toml"))) or "none"
            raise BadOutlet(f"no outlet {name!r} in {self.settings.outlets}", f"known: {known}")
        return outlets.load(path)

    @cached_property
    def seeds(self) -> SeedSet | None:
        """The newest set of seed files in the bucket, or None when none was added."""
        from archive.steps.seeds import current

        return current(self.store, self.settings)
