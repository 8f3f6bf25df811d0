"""Puts units into the log and signs it; every step that puts objects into the archive ends here."""

from __future__ import annotations

from collections.abc import Sequence

from archive.errors import Broken
from archive.log import keyring
from archive.log.leaf import Unit
from archive.log.writer import Log
from archive.steps.workshop import Workshop


def ready(shop: Workshop) -> Log:
    """The log, if this machine can sign it. Refused otherwise: to be asked before anything is put."""
    log = shop.log
    if log.signer is None:
        raise keyring.absent()
    return log


def record(shop: Workshop, log: Log, units: Sequence[Unit], since: int) -> int:
    """Log each unit once (`since` as in `Log.append`), note it in the catalog, sign; the leaves that are new.

    Without units it signs what a worker that died left unsigned. Raises Broken when the log is shorter than it was, Refused
    when this machine has no key: before anything is added.
    """
    if log.signer is None:
        raise keyring.absent()
    not_shorter(shop, log)
    done = log.append(units, since)
    shop.catalog.note_batches(done.batches)
    log.publish()
    if done.differing:
        raise Broken(f"the log says other bytes of {', '.join(done.differing)}", "somebody else logged them: run warraq verify")
    return done.new


def not_shorter(shop: Workshop, log: Log) -> None:
    """The catalog has seen the log grow: it can only be longer now."""
    seen = shop.catalog.log_size()
    if seen > log.mark() and seen > (size := log.size()):
        raise Broken(
            f"rolled back: the log has {size} leaves in the bucket, and had {seen}",
            "nothing was added; run warraq verify, and restore log/ from your second copy",
        )
