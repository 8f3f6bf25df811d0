"""Which packed files still wait for a step: told by listing the bucket, never by remembering."""

from __future__ import annotations

from datetime import datetime, timedelta

from archive import keys
from archive.keys import Stem
from archive.store import Store

LOOK_BACK = 7  # days; `--all` (the daily sweep) looks at everything


def stems(store: Store, kind: str, outlet: str, run: str | None, now: datetime) -> set[Stem]:
    """Stems of the outlet's `kind` objects: of the last days and the run's own day, or all when `run` is None."""
    if run is None:
        prefixes = [f"{kind}/{outlet}/"]
    else:
        days = {now - timedelta(days=n) for n in range(LOOK_BACK)} | {keys.run_time(run)}
        prefixes = keys.day_prefixes(kind, outlet, sorted({d.replace(hour=0, minute=0, second=0, microsecond=0) for d in days}))
    return {keys.parse_stem(key) for prefix in prefixes for key in store.list(prefix)}


def in_order(found: set[Stem]) -> list[Stem]:
    """Oldest run first, as their captures were made."""
    return sorted(found, key=str)
