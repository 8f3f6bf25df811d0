"""rebuild: the catalog made anew from the bucket and the settings, row for row the same."""

from __future__ import annotations

from collections.abc import Callable, Collection

from archive import acts, observation
from archive.errors import Broken
from archive.keys import Stem
from archive.log.writer import walk
from archive.outlet import Outlet
from archive.steps import act, pending, rebuilding
from archive.steps.workshop import Outcome, Workshop

BATCH = 50  # observation files a transaction


def rebuild(shop: Workshop, outlets: dict[str, Outlet], tick: Callable[[int, int], None]) -> Outcome:
    """Empty the catalog, then apply every act, batch of the log and sealed object. `tick(done, all)` reports progress."""
    stems = _there(shop)
    strangers = {stem.outlet for stem in stems} - set(outlets)
    if strangers:
        raise Broken(
            f"the bucket holds outlets without a file: {', '.join(sorted(strangers))}",
            "put their TOML files back (enabled = false is enough); the catalog was not touched",
        )
    sign = rebuilding.Sign(shop, len(stems))
    ruled = act.sound(shop, sign.beside(shop.store.list(acts.PREFIX)))
    shop.catalog.clear(ruled)
    stems = _there(shop, outlets)  # again: what a seal put there and into the catalog meanwhile was cleared with the rest
    since = act.take_in(shop, (key for key in shop.store.list(acts.PREFIX) if key not in ruled))
    shop.catalog.note_batches(sign.beside(walk(shop.store, 0)))
    stems = _sealed(shop, stems)
    lines = done = 0
    for name in sorted({stem.outlet for stem in stems}):
        mine = [stem for stem in stems if stem.outlet == name]
        for part in (mine[i : i + BATCH] for i in range(0, len(mine), BATCH)):
            found = [(stem.observations, observation.load(shop.store.get(stem.observations))) for stem in part]
            shop.catalog.apply_all(found, outlets[name])
            lines += sum(len(of_file) for _, of_file in found)
            done += len(part)
            tick(done, len(stems))
            sign.alive(done)
    sign.over()
    return Outcome(
        f"rebuild: {len(stems)} observation files, {lines} lines, {len(ruled) + len(since)} acts",
        {"files": len(stems), "lines": lines, "acts": len(ruled) + len(since)},
    )


def _there(shop: Workshop, outlets: Collection[str] | None = None) -> list[Stem]:
    """What is in the bucket, oldest first; of these outlets, or all."""
    found = pending.in_order(set(pending.named(shop.store.list("cdxj/"))))
    return [stem for stem in found if outlets is None or stem.outlet in outlets]


def _sealed(shop: Workshop, stems: list[Stem]) -> list[Stem]:
    """Those that a seal would take: in the log, or of the last days. The rest may be anybody's, as in `seal`."""
    now, vouched = shop.clock(), pending.vouched(shop.settings)
    known = vouched.union(shop.catalog.logged([stem.warc for stem in stems]))
    found = [stem for stem in stems if stem.warc in known or not pending.late(stem.run, now)]
    if len(found) < len(stems):
        shop.say(
            f"rebuild: {len(stems) - len(found)} files of runs of long ago are not in the log: left out, see warraq repair"
        )
    return found
