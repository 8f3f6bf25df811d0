"""Which packed files still wait for a step: told by listing the bucket, never by remembering."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from archive import keys
from archive.errors import BadRecord
from archive.keys import Stem
from archive.settings import Settings
from archive.store import Store

LOOK_BACK = 7  # days; `--all` (the daily sweep) looks at everything
LATE = timedelta(days=2)  # the sweep seals daily: what is older and not in the log may have been put there by anybody


def stems(store: Store, kind: str, outlet: str, run: str | None, now: datetime) -> set[Stem]:
    """Stems of the outlet's `kind` objects: of the last days and the run's own day, or all when `run` is None."""
    if run is None:
        prefixes = [f"{kind}/{outlet}/"]
    else:
        days = {now - timedelta(days=n) for n in range(LOOK_BACK)} | {keys.run_time(run)}
        prefixes = keys.day_prefixes(kind, outlet, sorted({d.replace(hour=0, minute=0, second=0, microsecond=0) for d in days}))
    return set(named(key for prefix in prefixes for key in store.list(prefix)))


def named(found: Iterable[str]) -> Iterator[Stem]:
    """What no packed file is called is passed over: anybody may have put it there, and `warraq verify` names it."""
    for key in found:
        with suppress(BadRecord):
            yield keys.parse_stem(key)


def in_order(found: set[Stem]) -> list[Stem]:
    """Oldest run first, as their captures were made."""
    return sorted(found, key=str)


def late(run: str, now: datetime) -> bool:
    """Whether a run's objects are logged only if a person, or the machine that uploads them, vouches for them."""
    return not timedelta(days=-1) < now - keys.run_time(run) < LATE


def vouch(settings: Settings, own: Iterable[Stem], now: datetime) -> None:
    """Remember what this machine uploads from its own spool although its run is of long ago: nobody else put it there."""
    old = [stem for stem in own if late(stem.run, now)]
    if old:
        with _own(settings).open("a", encoding="utf-8") as file:
            file.writelines(f"{stem.warc}\n" for stem in old)


def vouched(settings: Settings) -> set[str]:
    """Keys of WARC files that this machine uploaded late."""
    try:
        return set(_own(settings).read_text("utf-8").split())
    except FileNotFoundError:
        return set()


def _own(settings: Settings) -> Path:
    return settings.state / "uploaded-late.txt"
