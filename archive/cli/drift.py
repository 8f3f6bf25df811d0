"""`warraq drift` and `warraq accept-layout`: how outlets are read, run by run, and what to do when a site has a new look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from archive.cli.common import Json, OutletName, Restricted, finish, isolate, print_json, shown, workshop

Shape = Annotated[
    str, typer.Argument(help="Shape of the new look: 8 hex digits, as `warraq drift` names it.", show_default=False)
]
Why = Annotated[str, typer.Option("--reason", help="Why; kept with the act, never in the log.", show_default=False)]
Limit = Annotated[int, typer.Option(help="How many runs of the past.", min=1)]


def register(app: typer.Typer) -> None:
    app.command()(drift)
    app.command("accept-layout")(accept_layout)


def drift(
    outlet: Annotated[str, typer.Argument(help="One outlet; all when left out.")] = "",
    runs: Limit = 10,
    restricted: Restricted = False,
    as_json: Json = False,
) -> None:
    """Alarms of each outlet, those that stand first; of one outlet also its figures run by run."""
    shop = workshop(as_json)
    for name in [outlet] if outlet else shop.names():
        for line in _of(shop.outlet(name), shown(shop, restricted), runs if outlet else 0, as_json):
            print(line)


def _of(outlet, catalog, runs: int, as_json: bool) -> Iterator[str]:  # type: ignore[no-untyped-def]
    from archive.alarm import words
    from archive.drift import FAULTS
    from archive.steps.drift import rows

    found, names = catalog.drift(outlet.name), [one.name or "unnamed" for one in outlet.layouts]
    if as_json:
        figures = [{"run": run, "layouts": {layout: one.row() for layout, one in of.items()}} for run, of in found.runs[-runs:]]
        told = {"accepted": found.settled.accepted, "waiting": found.waiting}
        print_json({"outlet": outlet.name, "alarms": rows(found, names), **told, "runs": figures if runs else []})
        return
    yield f"{outlet.name}: {len(found.standing)} alarms, {found.waiting} articles wait for a look to be settled"
    for one in sorted(found.alarms, key=lambda one: bool(one.closed)):
        state = f"{one.opened} to {one.closed}" if one.closed else f"since {one.opened}"
        yield f"  {'     ' if one.closed else 'ALARM'} {words(one, names)}, {state}"
        yield from (f"          {isolate(url)}" for _, url in one.examples)
    for run, of in found.runs[-runs:] if runs else ():
        for layout, one in sorted(of.items()):
            faults = ", ".join(f"{one.faults[fault]} {fault}" for fault in FAULTS if one.faults[fault]) or "no fault"
            shapes = ", ".join(f"{n} {shape}" for shape, n in one.shapes.most_common(3))
            yield f"  {run}  {layout or 'no container':14} {one.pages} pages: {faults}{f'; shapes {shapes}' if shapes else ''}"


def accept_layout(outlet: OutletName, shape: Shape, reason: Why, as_json: Json = False) -> None:
    """Accept an outlet's new look: what it changed in the texts read is no edit, what changes after it is."""
    from archive.steps.drift import accept

    shop = workshop(as_json)
    finish(accept(shop, shop.outlet(outlet), shape, reason), as_json)
