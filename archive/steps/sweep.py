"""sweep: what the seals of all outlets left: plans of runs that captured nothing, batches that nobody signed.

A plan is logged although nothing came of it: it is the evidence of what was meant to be captured.
"""

from __future__ import annotations

from archive import keys
from archive import plan as planning
from archive.errors import BadRecord
from archive.log.leaf import Unit, of_object
from archive.steps import pending
from archive.steps.record import ready, record
from archive.steps.workshop import Outcome, Workshop


def sweep(shop: Workshop) -> Outcome:
    """Log the plans of the last days that are not logged, and sign the log as far as it goes."""
    log, now = ready(shop), shop.clock()
    units, since, first = list[Unit](), [log.mark()], f"{now - pending.LATE:%Y/%m/%d}"
    for name in filter(keys.OUTLET.fullmatch, shop.names()):
        found = sorted(shop.store.list(f"plans/{name}/", after=f"plans/{name}/{first}"))
        for key in sorted(set(found) - set(shop.catalog.logged(found))):
            data = shop.store.get(key)
            try:
                made = planning.load(data)
                if keys.plan(made.outlet, made.run) != key or pending.late(made.run, now):
                    continue
            except BadRecord as error:
                shop.say(f"sweep: {key} is not logged: {error}")
                continue
            units.append(Unit((of_object("plan", key, data),)))
            since.append(made.log_size)
    if not units and (log.mark() == log.size() or not log.size()):
        return Outcome("sweep: nothing was left", nothing_due=True)
    leaves = record(shop, log, units, min(since))
    return Outcome(f"sweep: {leaves} plans of runs that captured nothing logged; the log is signed", {"plans": leaves})
