"""Seed files in the bucket: adding a set, and finding the one in force."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from archive import keys
from archive.errors import BadSeeds
from archive.log.leaf import Unit, of_object
from archive.settings import Settings
from archive.steps.record import record
from archive.steps.workshop import Outcome, Workshop
from archive.store import Store, put_once

if TYPE_CHECKING:
    from archive.seed import SeedSet

SUMS = "SHA256SUMS"


def add(shop: Workshop, folder: Path) -> Outcome:
    """Check `folder` against seeds.lock and store it under the digest of its SHA256SUMS."""
    from archive import seed

    lock = seed.load_lock(shop.settings.seeds_lock)
    files = seed.check_folder(folder, lock)
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()
    set12 = hashlib.sha256(sums).hexdigest()[:12]
    new, log = 0, shop.log
    mark = log.mark()
    for name, data in [*sorted(files.items()), (SUMS, sums)]:  # the sums last: a set is there when they are
        new += put_once(shop.store, keys.seed(set12, name), data)
    stored = [(SUMS, sums), *sorted(files.items())]
    unit = Unit(tuple(of_object("seed", keys.seed(set12, name), data) for name, data in stored))
    if unit.key not in shop.catalog.logged([unit.key]):
        record(shop, log, [unit], mark if new == len(stored) else 0)
    state = f"{new} objects stored" if new else "all were there already"
    return Outcome(
        f"seeds: {len(files)} files agree with {shop.settings.seeds_lock.name}, set {set12}, {state}",
        {"set": set12, "new": new},
    )


def current(store: Store, settings: Settings) -> SeedSet | None:
    """The set of seeds.lock when it was added, else None (no seeds: no links, not an error)."""
    from archive import seed

    if not settings.seeds_lock.is_file():
        return None
    lock = seed.load_lock(settings.seeds_lock)
    sums = "".join(f"{entry.sha256}  {entry.name}\n" for entry in sorted(lock, key=lambda e: e.name)).encode()
    set12 = hashlib.sha256(sums).hexdigest()[:12]
    try:
        if store.get(keys.seed(set12, SUMS)) != sums:
            raise BadSeeds(f"seeds/{set12}/{SUMS} in the bucket is not what its name says", "run `warraq verify`")
        files = {entry.name: store.get(keys.seed(set12, entry.name)) for entry in lock}
    except KeyError:
        return None
    for entry in lock:
        if hashlib.sha256(files[entry.name]).hexdigest() != entry.sha256:
            raise BadSeeds(
                f"seeds/{set12}/{entry.name} in the bucket was altered", "run `warraq verify`; restore it from your own copy"
            )
    return seed.SeedSet(set12, tuple((name, data) for name, data in sorted(files.items())))
